//! Memory that connections of one thread use one after the other shows nothing of the earlier one.

#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

use segue::{
    Edge,
    driver::{
        Options, ReadPolicy,
        sync::{Connection, Peek},
    },
    length, separator,
};
use std::{
    cell::RefCell,
    io::{self, Read, Write},
    rc::Rc,
};

/// A transport that looks at all it is lent, and tells of what it saw that was not zero.
#[derive(Default, Clone)]
struct Curious {
    seen: Rc<RefCell<Seen>>,
    /// The bytes it brings, a part with each read; an empty part is would-block.
    brings: Vec<Vec<u8>>,
    /// It fails after that, with something left in the slice that it does not own up to.
    fails: bool,
}

#[derive(Default)]
struct Seen {
    /// Bytes that were not zero, in slices to be read into.
    strange: usize,
    /// The addresses of those slices.
    lent: Vec<usize>,
    written: Vec<u8>,
    /// The addresses of the bytes that were written.
    from: Vec<usize>,
}

impl Curious {
    fn bringing(brings: &[Vec<u8>]) -> Self {
        Self { brings: brings.iter().rev().cloned().collect(), ..Self::default() }
    }

    fn look(&self, into: &[u8]) {
        let mut seen = self.seen.borrow_mut();
        seen.strange += into.iter().filter(|&&byte| byte != 0).count();
        seen.lent.push(into.as_ptr().addr());
    }
}

impl Read for Curious {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.look(into);
        let Some(mut bytes) = self.brings.pop() else {
            if self.fails {
                into.fill(SECRET);
                return Err(io::ErrorKind::ConnectionReset.into());
            }
            return Err(io::ErrorKind::WouldBlock.into());
        };
        let count = bytes.len().min(into.len());
        into[..count].copy_from_slice(&bytes[..count]);
        bytes.drain(..count);
        if !bytes.is_empty() {
            self.brings.push(bytes);
        }
        Ok(count)
    }
}

impl Write for Curious {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut seen = self.seen.borrow_mut();
        seen.written.extend(bytes);
        seen.from.push(bytes.as_ptr().addr());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Peek for Curious {
    fn peek(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.look(into);
        let bytes = self.brings.last().ok_or(io::ErrorKind::WouldBlock)?;
        let count = bytes.len().min(into.len());
        into[..count].copy_from_slice(&bytes[..count]);
        Ok(count)
    }
}

const SECRET: u8 = 0xA5;

/// The secret in records of `length` bytes, with their length in front.
fn secrets(length: u16, count: usize) -> Vec<u8> {
    let mut records = Vec::new();
    for _ in 0..count {
        records.extend(length.to_be_bytes());
        records.resize(records.len() + usize::from(length), SECRET);
    }
    records
}

/// Serves all that the transport brings, until it would block or fails.
fn serve(transport: &Curious, options: Options) {
    let mut connection =
        Connection::new(transport.clone(), length::u16_be()).peeking().with_options(options);
    loop {
        match connection.turn() {
            Ok(Some(turn)) => drop(turn.item.into_bytes()),
            Ok(None) => return,
            Err(_) => return,
        }
    }
}

#[test]
fn a_transport_is_lent_zeros_whatever_another_connection_has_received() {
    let peek = Options::default().policy(ReadPolicy::Peek);
    let whole = secrets(1000, 16);
    let cut = secrets(300, 3)[..700].to_vec();
    let large = secrets(60_000, 8);
    let runs: &[(&[Vec<u8>], Options)] = &[
        (std::slice::from_ref(&whole), Options::default()),
        // One that waits with half a record, and goes on.
        (&[cut, vec![SECRET; 206]], Options::default()),
        // One that read much at a time, and had records that share the buffer's storage.
        (&[large], Options::default()),
        (&[vec![0, 3], vec![SECRET; 3], secrets(2000, 20)], Options::default()),
        // One whose bytes were only looked at first.
        (std::slice::from_ref(&whole), peek),
    ];
    for fails in [false, true] {
        for (brings, options) in runs {
            let first = Curious { fails, ..Curious::bringing(brings) };
            serve(&first, *options);
            let second = Curious::bringing(&[]);
            serve(&second, Options::default());
            let (first, second) = (first.seen.borrow(), second.seen.borrow());
            assert_eq!(second.strange, 0, "after {} reads", first.lent.len());
        }
    }
}

#[test]
fn the_memory_is_the_same_all_the_same() {
    let first = Curious::bringing(&[secrets(1000, 10)]);
    serve(&first, Options::default());
    let second = Curious::bringing(&[]);
    serve(&second, Options::default());
    // Else the other tests would show nothing.
    assert_eq!(first.seen.borrow().lent[0], second.seen.borrow().lent[0]);
}

#[test]
fn an_output_shows_nothing_of_what_another_connection_has_sent() {
    let send = |item: &[u8]| {
        let transport = Curious::default();
        let mut connection = Connection::new(transport.clone(), separator::line());
        connection.send(&mut separator::line(), item).unwrap();
        connection.flush().unwrap();
        (transport, connection)
    };
    let (first, _connection) = send(&[SECRET; 5000]);
    let (second, mut connection) = send(b"hello");
    assert_eq!(first.seen.borrow().from, second.seen.borrow().from, "the memory is the same");
    // Bytes that are appended without naming each.
    assert_eq!(connection.output_mut().put_zeroed(2000), [0; 2000]);
    connection.output_mut().put_with(3000, |tail| tail.put(*b"abc"));
    let mark = connection.output().mark();
    connection.output_mut().put(&[SECRET; 10]);
    connection.output_mut().rollback(mark);
    connection.flush().unwrap();
    assert_eq!(second.seen.borrow().written, [&b"hello\n"[..], &[0; 2000], b"abc"].concat());
    drop(connection.hand_off(Edge::MustBeEmpty));
}
