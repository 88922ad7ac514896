//! A layered connection writes nothing behind its end.

use segue::{
    Output,
    driver::sync::{CloseWrite, Connection},
    separator,
};
use std::{
    cell::{Cell, RefCell},
    io::{self, Cursor, ErrorKind, Read, Write},
};

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

/// Takes nothing at first, and is used through a shared reference, as a socket is.
#[derive(Default)]
struct Slow {
    incoming: RefCell<Cursor<Vec<u8>>>,
    blocked: Cell<usize>,
    written: RefCell<Vec<u8>>,
    ended: Cell<bool>,
}

impl Read for &Slow {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.incoming.borrow_mut().read(into) {
            Ok(0) => Err(ErrorKind::WouldBlock.into()),
            read => read,
        }
    }
}

impl Write for &Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        assert!(!self.ended.get(), "something is written behind the end");
        if self.blocked.get() > 0 {
            self.blocked.set(self.blocked.get() - 1);
            return Err(ErrorKind::WouldBlock.into());
        }
        self.written.borrow_mut().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl CloseWrite for &Slow {
    fn close_write(&mut self) -> io::Result<()> {
        self.ended.set(true);
        Ok(())
    }
}

impl Read for Slow {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        (&mut &*self).read(into)
    }
}

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&mut &*self).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl CloseWrite for Slow {
    fn close_write(&mut self) -> io::Result<()> {
        (&mut &*self).close_write()
    }
}

/// A close that would block leaves the layers' ends in them. Halves that take over from there send
/// them before they end the transport, or the peer would take it for a cut.
#[test]
fn ends_that_wait_in_the_layers_are_sent_by_the_halves() {
    for attempts in 1..4 {
        let slow = Slow { blocked: Cell::new(attempts), ..Slow::default() };
        let connection = Connection::new(slow, ()).layered(Numbered::default());
        let mut connection = connection.layered(Numbered::default()).begin(separator::line());
        for _ in 0..attempts {
            let refused = connection.close_write().unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::WouldBlock);
        }
        let (reader, mut writer) = connection.split();
        writer.close_write().unwrap();
        let connection = reader.unsplit(writer).unwrap_or_else(|_| panic!("they are of one"));
        let (mut above, mut below) = (Numbered::default(), Numbered::default());
        let (mut plain, mut wire) = (Output::new(), Output::new());
        above.put(END, b"", &mut plain);
        below.put(DATA, &plain.to_vec(), &mut wire);
        below.put(END, b"", &mut wire);
        assert_eq!(*connection.io().written.borrow(), wire.to_vec());
        assert!(connection.io().ended.get());
    }
}

/// The alert of the layer below waits, and what was queued above it cannot be sealed any more. A
/// close that says it is done has sent the alert and ended the transport.
#[test]
fn a_close_behind_a_failed_layer_waits_until_the_alert_has_left() {
    let wrong_number = vec![0, 0, 0, 0, 0, 7, DATA];
    let slow = Slow { blocked: Cell::new(2), ..Slow::default() };
    *slow.incoming.borrow_mut() = Cursor::new(wrong_number);
    let connection = Connection::new(slow, ()).layered(Numbered::default());
    let connection = connection.layered(Numbered::default()).begin(separator::line());
    let (mut reader, mut writer) = connection.split();
    reader.turn().unwrap_err();
    writer.queue(&mut separator::line(), "more").unwrap();
    assert_eq!(writer.flush().unwrap_err().kind(), ErrorKind::BrokenPipe);
    let mut connection = reader.unsplit(writer).unwrap_or_else(|_| panic!("they are of one"));
    assert!(connection.io().written.borrow().is_empty(), "it was to be blocked");
    while let Err(error) = connection.close_write() {
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
    }
    assert!(connection.io().ended.get(), "a close is done and the transport has not ended");
    assert_eq!(connection.io().written.borrow().len(), Numbered::ALERTED);
}
