//! Stages of the toolkit, read such that the socket can be given away: nothing is read too far,
//! however the stream comes.

use segue::{
    Decode, DecodeExt, Edge, Handoff,
    driver::{Options, ReadPolicy},
    length, separator,
};

use super::Connection;
use crate::script::Script;

/// Goes through `stage` as `policy` has it, and gives how many items there were. What follows the
/// stage must still be in the transport.
fn given_away<D: Decode>(stage: impl Fn() -> D, stream: &[u8], items: usize) {
    const NEXT: &[u8] = b"\x16\x03\x01 and what follows\r\n\r\n";
    let whole = [stream, NEXT].concat();
    for policy in [ReadPolicy::Exact, ReadPolicy::Peek] {
        for size in (1..12).chain([stream.len(), whole.len()]) {
            for read_size in [8, 1024] {
                run!({
                    let script = Script::new().gives_in_pieces(&whole, size).ends();
                    let options = Options::new().policy(policy).read_size(read_size);
                    let handoff = Handoff::new(script.clone(), &[][..]);
                    let mut connection =
                        Connection::from_handoff(handoff, stage()).with_options(options).peeking();
                    let mut count = 0;
                    while let Ok(Some(_)) = wait!(connection.turn()) {
                        count += 1;
                    }
                    assert_eq!(count, items, "{policy:?} in pieces of {size}");
                    assert_eq!(connection.position(), stream.len() as u64);
                    let handoff = connection.hand_off(Edge::MustBeEmpty).unwrap();
                    assert!(handoff.into_io().is_ok());
                    assert_eq!(script.unread(), NEXT, "{policy:?} in pieces of {size}");
                });
            }
        }
    }
}

#[test]
fn records_with_their_length_in_front() {
    given_away(|| length::u16_be().take(3), b"\x00\x02hi\x00\x00\x00\x0612345\n", 3);
    given_away(|| length::leb128().take(2), b"\x00\x05hello", 2);
    given_away(|| length::quic_varint().take(1), b"\x40\x03abc", 1);
    given_away(|| length::netstring().take(2), b"5:hello,0:,", 2);
    given_away(|| length::payload(30), b"one payload and nothing beside", 1);
    given_away(|| length::u8().region(9), b"\x01a\x02bc\x00\x02de", 4);
}

#[test]
fn records_that_end_at_a_separator() {
    given_away(|| separator::line().take(2), b"one\r\ntwo\n", 2);
    given_away(|| separator::line().crlf().strict().take(2), b"one\r\n\r\n", 2);
    given_away(|| separator::head().take(1), b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 1);
    given_away(|| separator::bytes(b"aab").take(2), b"aaab-aab", 2);
    given_away(|| separator::slip().take(2), b"one\xc0two\xdb\xdc\xc0", 2);
    given_away(|| separator::cobs().take(1), b"\x03ab\x02c\x00", 1);
    given_away(separator::dot_stuffed, b"a line\r\n..dot\r\n.\r\n", 1);
}

#[test]
fn a_long_record_that_is_skipped() {
    let lines = || separator::line().skip_oversize(5).take(3);
    given_away(lines, b"short\nmuch too long a line\nshort\n", 3);
    given_away(|| length::u8().skip_oversize(3).take(2), b"\x0bmuch longer\x01a", 2);
}

#[test]
fn one_stage_behind_another() {
    let stages = || separator::line().take(1).then(|_| Ok(length::payload(5)));
    given_away(stages, b"five\r\nbytes", 2);
}
