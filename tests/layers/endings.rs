//! What a layered connection writes behind its end: nothing.

use segue::{
    Output,
    driver::sync::{CloseWrite, Connection},
    separator,
};
use std::io::{self, Cursor, Read, Write};

use crate::numbered::{DATA, END, Numbered, QUESTION};

/// Gives what it has a few bytes at a time, and keeps what is written and where the end was.
struct Line {
    incoming: Cursor<Vec<u8>>,
    written: usize,
    ended: Option<usize>,
}

impl Read for Line {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = into.len().min(5);
        self.incoming.read(&mut into[..most])
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.written += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl CloseWrite for Line {
    fn close_write(&mut self) -> io::Result<()> {
        self.ended = Some(self.written);
        Ok(())
    }
}

/// A layer is asked after it has said its end: that is for nobody.
#[test]
fn a_layer_answers_nothing_behind_its_end() {
    let (mut layer, mut wire) = (Numbered::default(), Output::new());
    for _ in 0..3 {
        layer.put(QUESTION, b"", &mut wire);
        layer.put(DATA, b"more\r\n", &mut wire);
    }
    layer.put(END, b"", &mut wire);
    let line = Line { incoming: Cursor::new(wire.to_vec()), written: 0, ended: None };
    let connection = Connection::new(line, ()).layered(Numbered::default());
    let mut connection = connection.begin(separator::line());
    connection.close_write().unwrap();
    while let Some(turn) = connection.turn().unwrap() {
        assert_eq!(turn.item, "more");
    }
    assert!(!connection.wants_write(), "an answer waits to be sent");
    assert_eq!(connection.layer().answered, 3);
    assert_eq!(connection.io().ended, Some(connection.io().written));
}
