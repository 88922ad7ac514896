//! Blocking transports that miscount, and errors that mean another thing than they say.

use std::{
    collections::VecDeque,
    io::{self, ErrorKind, IoSlice, Read, Write},
};

use segue::{
    Handoff,
    driver::{
        Error, Options, ReadPolicy,
        sync::{Connection, Peek},
    },
};

use crate::talk::{Talk, messages};

/// Each call comes to the next of these; then reads come to the end, and writes succeed.
#[derive(Default)]
struct Odd {
    reads: VecDeque<io::Result<usize>>,
    peeks: VecDeque<io::Result<usize>>,
    writes: VecDeque<io::Result<usize>>,
}

impl Read for Odd {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        into.fill(b'-');
        self.reads.pop_front().unwrap_or(Ok(0))
    }
}

impl Peek for Odd {
    fn peek(&mut self, into: &mut [u8]) -> io::Result<usize> {
        into.fill(b'-');
        self.peeks.pop_front().unwrap_or(Ok(0))
    }
}

impl Write for Odd {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writes.pop_front().unwrap_or(Ok(bytes.len()))
    }

    fn write_vectored(&mut self, chunks: &[IoSlice<'_>]) -> io::Result<usize> {
        let length = chunks.iter().map(|chunk| chunk.len()).sum();
        self.writes.pop_front().unwrap_or(Ok(length))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn failure<T>(result: Result<T, Error<crate::talk::Mistake>>) -> ErrorKind {
    match result {
        Err(Error::Io(error)) => error.kind(),
        Err(error) => panic!("{error:?}"),
        Ok(_) => panic!("it went well"),
    }
}

#[test]
fn a_read_of_more_than_there_was_room_for_is_a_failure() {
    // As many bytes as the buffer has room for, and more than that.
    for count in [3, 17, 100_000, usize::MAX] {
        let odd = Odd { reads: [Ok(count)].into(), ..Odd::default() };
        let options = Options::new().policy(ReadPolicy::Exact).read_size(16);
        let handoff = Handoff::new(odd, &[][..]);
        let mut connection =
            Connection::from_handoff(handoff, Talk::default()).with_options(options);
        assert_eq!(failure(connection.turn()), ErrorKind::InvalidData, "{count}");
        assert!(connection.buffer().is_empty(), "nothing was received");
        assert!(connection.turn().unwrap().is_none());
    }
}

#[test]
fn a_look_at_more_than_there_was_room_for_is_a_failure() {
    let odd = Odd { peeks: [Ok(17)].into(), ..Odd::default() };
    let options = Options::new().policy(ReadPolicy::Peek).read_size(16);
    let mut connection = Connection::new(odd, Talk::default()).with_options(options).peeking();
    assert_eq!(failure(connection.turn()), ErrorKind::InvalidData);
}

#[test]
fn a_read_of_more_than_there_was_room_for_is_one_with_an_item_in_hand_too() {
    let odd = Odd {
        reads: [Ok(17)].into(),
        writes: [Err(ErrorKind::WouldBlock.into())].into(),
        ..Odd::default()
    };
    let options = Options::new().nonblocking(true).read_size(16).high_water(1);
    let handoff = Handoff::new(odd, messages(["one"]));
    let mut connection = Connection::from_handoff(handoff, Talk::default()).with_options(options);
    {
        let mut turn = connection.turn().unwrap().unwrap();
        turn.output.queue(&mut Talk::default(), turn.item).unwrap();
        turn.output.room().unwrap();
    }
    assert_eq!(failure(connection.turn()), ErrorKind::InvalidData);
    assert!(connection.turn().unwrap().is_none());
}

#[test]
fn a_write_of_more_than_there_was_is_a_failure() {
    for count in [6, usize::MAX] {
        let odd = Odd { writes: [Ok(count)].into(), ..Odd::default() };
        let mut connection = Connection::new(odd, Talk::default());
        connection.queue(&mut Talk::default(), &b"one"[..]).unwrap();
        assert_eq!(connection.flush().unwrap_err().kind(), ErrorKind::InvalidData);
        assert!(connection.output().is_empty(), "it is not known what was sent");
    }
}

/// The error of a connection that the kernel has given up, where it is told from a time-out.
#[cfg(unix)]
fn given_up() -> io::Error {
    let codes = (1..200).map(io::Error::from_raw_os_error);
    codes.into_iter().find(|error| error.kind() == ErrorKind::TimedOut).unwrap()
}

#[cfg(unix)]
#[test]
fn a_connection_that_was_given_up_has_failed_and_has_not_ended() {
    let odd = Odd { reads: [Err(given_up())].into(), ..Odd::default() };
    let mut connection = Connection::new(odd, Talk::default());
    assert_eq!(failure(connection.turn()), ErrorKind::TimedOut);

    let odd = Odd { writes: [Err(given_up())].into(), ..Odd::default() };
    let mut connection = Connection::new(odd, Talk::default());
    connection.queue(&mut Talk::default(), &b"one"[..]).unwrap();
    assert_eq!(connection.flush().unwrap_err().kind(), ErrorKind::TimedOut);
    assert!(!connection.wants_write());
}

#[test]
fn a_time_out_that_a_transport_makes_up_is_would_block() {
    let odd = Odd { reads: [Err(ErrorKind::TimedOut.into())].into(), ..Odd::default() };
    let mut connection = Connection::new(odd, Talk::default());
    assert_eq!(failure(connection.turn()), ErrorKind::WouldBlock);
    assert!(connection.turn().unwrap().is_none());
}

#[test]
fn the_end_of_a_transport_from_elsewhere_is_sent_by_the_caller() {
    let odd =
        Odd { reads: [Ok(4), Err(ErrorKind::WouldBlock.into()), Ok(3)].into(), ..Odd::default() };
    let mut connection = Connection::new(odd, Talk::default());
    connection.queue(&mut Talk::default(), &b"one"[..]).unwrap();
    let mut asked = Vec::new();
    let mut end = |_: &mut Odd| {
        asked.push(());
        match asked.len() {
            1 => Err(ErrorKind::WouldBlock.into()),
            2 => Err(ErrorKind::Interrupted.into()),
            _ => Ok(()),
        }
    };
    for _ in 0..2 {
        let error = connection.close_with(100, &mut end).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
    }
    assert!(connection.close_with(100, &mut end).unwrap(), "the peer has ended");
    // It is sent once, behind everything else.
    connection.close_write_with(&mut end).unwrap();
    assert_eq!(asked.len(), 3);
    assert!(!connection.wants_write());
}
