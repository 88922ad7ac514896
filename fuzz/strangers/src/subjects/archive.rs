//! Archives of tar.

use segue_laws::Answer;
use std::{
    collections::VecDeque,
    io::{self, Read},
};
use tar::{Archive, Builder, Header};

use crate::{adapt, drive, entry::Entry};

pub fn entries() -> Vec<Entry> {
    vec![
        Entry::new(
            "tar",
            "tar",
            "Archive::entries",
            || Box::new(adapt::blocking(Files::new, Files::next)),
            |reads| drive::blocking(reads, Files::new, Files::next),
        )
        .accepts([archive(&[("a", b"one")]), archive(&[("a", b""), ("b/c", &[b'x'; 600])])]),
    ]
}

/// An archive of the crate's own builder.
fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        let _ = builder.append_data(&mut header, path, *content);
    }
    builder.into_inner().unwrap_or_default()
}

/// An archive that is read whole when it is first asked, since its entries borrow it.
struct Files<R> {
    reader: Option<R>,
    said: VecDeque<io::Result<Answer>>,
}

impl<R: Read> Files<R> {
    fn new(reader: R) -> Self {
        Self { reader: Some(reader), said: VecDeque::new() }
    }

    fn next(&mut self) -> io::Result<Option<Answer>> {
        if let Some(reader) = self.reader.take() {
            let read = self.read(reader);
            self.said.extend(read.err().map(Err));
        }
        self.said.pop_front().transpose()
    }

    fn read(&mut self, reader: R) -> io::Result<()> {
        let mut archive = Archive::new(reader);
        for entry in archive.entries()? {
            let mut entry = entry?;
            let path = entry.path_bytes().escape_ascii().to_string();
            self.said.push_back(Ok(Answer::Item(format!("{path}, {} bytes", entry.size()))));
            loop {
                let mut room = [0; 256];
                let length = entry.read(&mut room)?;
                if length == 0 {
                    break;
                }
                self.said.push_back(Ok(Answer::Piece(room[..length].to_vec())));
            }
        }
        Ok(())
    }
}
