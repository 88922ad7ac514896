//! multipart/form-data.

use multer::{Error, Field, Multipart};
use segue_laws::Answer;

use crate::{
    adapt::{self, Pipe},
    drive,
    entry::Entry,
};

pub fn entries() -> Vec<Entry> {
    vec![
        Entry::new(
            "multipart",
            "multer",
            "Multipart",
            || Box::new(adapt::reading(form, async |form| form.next().await)),
            |reads| drive::reading(reads, form, async |form| form.next().await),
        )
        .accepts([
            &b"--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n--X--\r\n"[..],
            b"--X\r\nContent-Disposition: form-data; name=\"a\"; filename=\"b\"\r\n\
              Content-Type: text/plain\r\n\r\n\r\n--X\r\n\
              Content-Disposition: form-data; name=\"c\"\r\n\r\n-\r\n-\r\n--X--\r\n",
        ])
        .refuses([&b"--X\r\nContent-Disposition form-data\r\n\r\none\r\n--X--\r\n"[..]])
        .words([&b"--X\r\n"[..], b"--X--", b"\r\n--X", b"--", b"\r\n\r\n"]),
    ]
}

/// A form, with the field whose content is read.
struct Form {
    parts: Multipart<'static>,
    field: Option<Field<'static>>,
}

fn form(pipe: Pipe) -> Form {
    Form { parts: Multipart::new(pipe, "X"), field: None }
}

impl Form {
    /// A field's headers, then its content in pieces.
    async fn next(&mut self) -> Result<Option<Answer>, Error> {
        if let Some(field) = &mut self.field {
            if let Some(chunk) = field.chunk().await? {
                return Ok(Some(Answer::Piece(chunk.to_vec())));
            }
            // One field at a time is lent.
            self.field = None;
        }
        let Some(field) = self.parts.next_field().await? else { return Ok(None) };
        let said = (field.name(), field.file_name(), field.content_type());
        let said = Answer::Item(format!("{said:?}"));
        self.field = Some(field);
        Ok(Some(said))
    }
}
