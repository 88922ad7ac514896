//! The memory that long records take, counted where it is allocated.

#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

#[path = "support/counting.rs"]
mod counting;

use segue::{
    driver::{Options, Turn, sync::Connection},
    length,
};
use std::io::{self, Read, Write};

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// The large storage that the pool keeps.
const POOL: usize = 64 * MIB;

/// A non-blocking transport that brings what it was given, and takes all.
#[derive(Default)]
struct Given {
    brings: Vec<u8>,
    at: usize,
    /// Bytes that were not zero where it was to read into.
    strange: usize,
}

impl Read for Given {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let rest = &self.brings[self.at..];
        let count = rest.len().min(into.len());
        if count == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.strange += into.iter().filter(|&&byte| byte != 0).count();
        into[..count].copy_from_slice(&rest[..count]);
        self.at += count;
        Ok(count)
    }
}

impl Write for Given {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

type Echo = Connection<Given, length::Prefixed<length::U32Be>>;

fn echo() -> Echo {
    let options = Options::new().nonblocking(true).max_work(Some(usize::MAX));
    Connection::new(Given::default(), length::u32_be().max(64 * MIB)).with_options(options)
}

/// The first `count` bytes of a record of `length` bytes.
fn part(length: usize, count: usize) -> Vec<u8> {
    let mut bytes = u32::try_from(length).unwrap().to_be_bytes().to_vec();
    bytes.resize(count, 7);
    bytes
}

/// Has the connection echo all that `bytes` have, until it would block.
fn serve(connection: &mut Echo, bytes: Vec<u8>) {
    *connection.io_mut() = Given { brings: bytes, at: 0, strange: 0 };
    loop {
        match connection.turn() {
            Ok(Some(Turn { item, mut output })) => {
                output.queue(&mut length::u32_be().max(64 * MIB), item.as_slice()).unwrap();
            }
            Ok(None) => panic!("it does not end"),
            Err(error) => return assert!(error.is_again() || error.would_block(), "{error}"),
        }
    }
}

#[test]
fn an_announced_length_allocates_nothing() {
    for count in [4, 100, 5000] {
        let mut connection = echo();
        let bytes = part(16 * MIB, count);
        let peak = counting::peak(|| serve(&mut connection, bytes));
        assert!(peak < 64 * 1024, "{peak} bytes for {count} of 16 MiB");
    }
    // Nor does it where the thread and the connection have seen such a record before.
    let mut connection = echo();
    serve(&mut connection, part(2 * MIB, 2 * MIB + 4));
    let bytes = part(16 * MIB, 5000);
    let peak = counting::peak(|| serve(&mut connection, bytes));
    assert!(peak < 64 * 1024, "{peak} bytes");
    assert!(connection.held() <= 10_000, "{} bytes", connection.held());
}

#[test]
fn a_transport_is_lent_zeros_though_another_record_was_there_before() {
    let (mut first, mut second) = (echo(), echo());
    for length in [20 * KIB, 100 * KIB, 300 * KIB, 3 * MIB, 50 * KIB] {
        for connection in [&mut first, &mut second] {
            serve(connection, part(length, length + 4));
            assert_eq!(connection.io_mut().strange, 0, "{length}");
        }
    }
}

#[test]
fn many_idle_connections_hold_what_the_pool_may() {
    let record = part(MIB, MIB + 4);
    let mut connections: Vec<Echo> = (0..50).map(|_| echo()).collect();
    let before = counting::held();
    for connection in &mut connections {
        serve(connection, record.clone());
        *connection.io_mut() = Given::default();
        assert_eq!(connection.held(), 0);
    }
    let held = counting::held() - before;
    // Each has had two megabytes at least, one after the other.
    assert!(held <= (POOL + MIB).cast_signed(), "{held} bytes");
}

#[test]
fn a_long_record_uses_the_memory_of_the_last_one() {
    let (mut first, mut second) = (echo(), echo());
    let record = part(3 * MIB, 3 * MIB + 4);
    for _ in 0..3 {
        serve(&mut first, record.clone());
        serve(&mut second, record.clone());
    }
    for connection in [&mut first, &mut second] {
        let bytes = record.clone();
        let peak = counting::peak(|| serve(connection, bytes));
        // The copy of the record is given up when another one comes.
        assert!(peak < 4 * KIB.cast_signed(), "{peak} bytes more");
    }
}

#[test]
fn the_pool_gives_large_storage_up_where_it_is_not_needed() {
    let mut long = echo();
    let before = counting::held();
    for _ in 0..4 {
        serve(&mut long, part(16 * MIB, 16 * MIB + 4));
    }
    drop(long);
    let kept = counting::held() - before;
    assert!(kept > 16 * MIB.cast_signed(), "it was kept: {kept}");
    assert!(kept <= (POOL + MIB).cast_signed(), "the pool has a bound: {kept}");
    let mut short = echo();
    let mut held = kept;
    for round in 0..32 {
        for _ in 0..16 {
            serve(&mut short, part(100, 104));
        }
        let now = counting::held() - before;
        assert!(now <= held, "round {round}");
        held = now;
    }
    assert!(held < MIB.cast_signed(), "{held} bytes are still kept");
}
