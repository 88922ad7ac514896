//! The send side held against a plain map of what has become of each byte.

#![expect(clippy::cast_possible_truncation, reason = "bytes of a pattern, and small offsets")]

use std::ops::Range;

use bytes::Bytes;
use proptest::{collection::vec, prelude::*};
use segue::{Output, mux::Credit};
use segue_quic::{
    VarInt,
    stream::{SendError, SendQueue, SendStream, Sent, StreamId, WrongStream},
};

/// The state of a byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Byte {
    Fresh,
    Sent,
    Lost,
    Acknowledged,
}

#[derive(Debug, Clone)]
enum Step {
    Put(usize),
    PutBytes(usize),
    Append(usize, usize),
    Next(usize, u64),
    /// Of the frames that were sent, which.
    Acknowledge(usize),
    Lose(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0..700_usize).prop_map(Step::Put),
        1 => (0..9000_usize).prop_map(Step::Put),
        1 => (0..6000_usize).prop_map(Step::PutBytes),
        1 => (0..100_usize, 0..5000_usize).prop_map(|(put, whole)| Step::Append(put, whole)),
        8 => (0..1500_usize, prop_oneof![Just(u64::MAX), 0..2000_u64])
            .prop_map(|(room, credit)| Step::Next(room, credit)),
        5 => (0..1000_usize).prop_map(Step::Acknowledge),
        4 => (0..1000_usize).prop_map(Step::Lose),
    ]
}

fn pattern(from: usize, length: usize) -> Vec<u8> {
    (from..from + length).map(|at| (at ^ at >> 8) as u8).collect()
}

fn set(bytes: &mut [Byte], sent: &Range<u64>, change: impl Fn(Byte) -> Byte) {
    let sent = sent.start as usize..sent.end as usize;
    bytes[sent].iter_mut().for_each(|byte| *byte = change(*byte));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn same_as_the_map(steps in vec(step(), 1..80)) {
        let (mut queue, mut bytes, mut frames) = (SendQueue::new(), Vec::new(), Vec::new());
        for step in steps {
            let end = bytes.len();
            match step {
                Step::Put(length) => {
                    queue.put(&pattern(end, length));
                    bytes.resize(end + length, Byte::Fresh);
                }
                Step::PutBytes(length) => {
                    queue.put_bytes(Bytes::from(pattern(end, length)));
                    bytes.resize(end + length, Byte::Fresh);
                }
                Step::Append(put, whole) => {
                    let mut output = Output::new();
                    output.put(&pattern(end, put));
                    output.put_bytes(Bytes::from(pattern(end + put, whole)));
                    queue.append(&mut output);
                    prop_assert!(output.is_empty());
                    bytes.resize(end + put + whole, Byte::Fresh);
                }
                Step::Next(room, credit) => {
                    let lost = bytes.iter().position(|byte| *byte == Byte::Lost);
                    let fresh = bytes.iter().position(|byte| *byte == Byte::Fresh);
                    let Some(piece) = queue.next(room, credit) else {
                        let may = lost.is_some() || (fresh.is_some() && credit > 0);
                        prop_assert!(room == 0 || !may);
                        continue;
                    };
                    prop_assert!(piece.data.len() <= room && !piece.data.is_empty());
                    let from = piece.offset as usize;
                    // Lost data comes first, and nothing comes twice.
                    prop_assert_eq!(Some(from), lost.or(fresh));
                    prop_assert!(lost.is_some() || piece.data.len() as u64 <= credit);
                    let expected = if lost.is_some() { Byte::Lost } else { Byte::Fresh };
                    let all = &bytes[from..from + piece.data.len()];
                    prop_assert!(all.iter().all(|byte| *byte == expected));
                    prop_assert_eq!(piece.data, &pattern(from, piece.data.len())[..]);
                    frames.push(piece.range());
                    set(&mut bytes, &piece.range(), |_| Byte::Sent);
                }
                Step::Acknowledge(which) | Step::Lose(which) if frames.is_empty() => {
                    // Nothing of what was never sent is acknowledged.
                    let sent = which as u64..2 * which as u64;
                    queue.acknowledged(sent.clone());
                    queue.lost(sent);
                }
                // Frames stay in the list: what was lost may be acknowledged after all, or again.
                Step::Acknowledge(which) => {
                    let sent: Range<u64> = frames[which % frames.len()].clone();
                    queue.acknowledged(sent.clone());
                    set(&mut bytes, &sent, |_| Byte::Acknowledged);
                }
                Step::Lose(which) => {
                    let sent: Range<u64> = frames[which % frames.len()].clone();
                    queue.lost(sent.clone());
                    let keep = |byte| if byte == Byte::Acknowledged { byte } else { Byte::Lost };
                    set(&mut bytes, &sent, keep);
                }
            }
            let left = bytes.iter().filter(|byte| **byte != Byte::Acknowledged).count();
            prop_assert_eq!(queue.unacknowledged(), left as u64);
            let more = bytes.iter().any(|byte| matches!(byte, Byte::Fresh | Byte::Lost));
            prop_assert_eq!(queue.has_more(), more);
            prop_assert!(left > 0 || queue.held() <= 64 * 64, "{} bytes", queue.held());
        }
    }
}

/// `Bytes` are let go as soon as all of them are acknowledged, whatever is before them.
#[test]
fn memory_goes_in_any_order() {
    let mut queue = SendQueue::new();
    let chunks: Vec<Bytes> = (0..4).map(|_| Bytes::from(vec![7; 4000])).collect();
    chunks.iter().for_each(|chunk| queue.put_bytes(chunk.clone()));
    let mut sent = Vec::new();
    while let Some(piece) = queue.next(1000, u64::MAX) {
        sent.push(piece.range());
    }
    assert_eq!(sent.len(), 16);
    let free = |chunks: &[Bytes]| -> Vec<bool> { chunks.iter().map(Bytes::is_unique).collect() };
    for frame in [8, 11, 10] {
        queue.acknowledged(sent[frame].clone());
    }
    assert_eq!(free(&chunks), [false; 4]);
    queue.acknowledged(sent[9].clone());
    assert_eq!(free(&chunks), [false, false, true, false]);
    sent.iter().rev().for_each(|sent| queue.acknowledged(sent.clone()));
    assert_eq!(free(&chunks), [true; 4]);
    assert_eq!(queue.unacknowledged(), 0);
}

fn id(id: u8) -> StreamId {
    StreamId::from(VarInt::from(id))
}

fn stream(limit: u64) -> (SendStream, Credit) {
    (SendStream::new(id(4), limit), Credit::new(1 << 20))
}

#[test]
fn the_end_arrives_by_itself_and_again() {
    let (mut stream, mut connection) = stream(100);
    stream.put(b"abc").expect("it is open");
    let data = stream.next(100, &mut connection).expect("there is data").sent();
    assert!(!data.fin && !stream.has_more());
    stream.finish();
    assert_eq!(stream.put(b"d"), Err(SendError::Closed));
    assert!(stream.has_more());
    let end = stream.next(100, &mut connection).expect("the end is data").sent();
    assert_eq!((end.offset, end.length, end.fin), (3, 0, true));
    assert!(stream.next(100, &mut connection).is_none());
    // Lost together they are sent together.
    stream.lost(end).expect("it is of it");
    stream.lost(data).expect("it is of it");
    let both = stream.next(100, &mut connection).expect("both are lost").sent();
    assert_eq!((both.offset, both.length, both.fin), (0, 3, true));
    assert!(stream.next(100, &mut connection).is_none());
    stream.acknowledged(data).expect("it is of it");
    assert!(!stream.is_done());
    stream.acknowledged(end).expect("it is of it");
    assert!(stream.is_done() && !stream.has_more());
    // None of which matters any more.
    stream.lost(both).expect("it is of it");
    assert!(stream.is_done() && !stream.has_more());
    assert_eq!(connection.used(), 3);
}

#[test]
fn a_reset_drops_what_was_written() {
    let (mut stream, mut connection) = stream(5);
    stream.put(b"abcdefgh").expect("it is open");
    let sent = stream.next(100, &mut connection).expect("there is data").sent();
    stream.finish();
    stream.reset(9);
    assert_eq!((stream.queue().unacknowledged(), stream.put(b"x")), (0, Err(SendError::Closed)));
    assert!(stream.next(100, &mut connection).is_none());
    assert_eq!((stream.next_reset(), stream.next_reset()), (Some((9, 5)), None));
    stream.lost(sent).expect("it is of it");
    assert!(!stream.has_more());
    stream.reset_lost();
    assert!(stream.has_more());
    stream.reset(10);
    assert_eq!(stream.next_reset(), Some((9, 5)));
    stream.acknowledged(sent).expect("it is of it");
    assert!(!stream.is_done());
    stream.reset_acknowledged();
    stream.reset_lost();
    assert!(stream.is_done() && stream.next_reset().is_none());
}

/// Frames are as long as there is room for, to the byte.
#[test]
fn frames_fill_their_room() {
    fn varint(value: u64) -> usize {
        segue_quic::VarInt::new(value).expect("it is small").size()
    }
    let data = Bytes::from(vec![7; 100_000]);
    for (from, frame) in [(0, 0), (1, 10), (50, 30), (64, 60), (20_000, 3000)] {
        for room in (0..140).chain(16_300..16_420) {
            let (mut stream, mut connection) = stream(u64::MAX);
            connection.raise_to(u64::MAX);
            stream.put_bytes(data.clone()).expect("it is open");
            while stream.queue().sent() < from {
                assert!(stream.next(frame, &mut connection).is_some());
            }
            let offset = stream.queue().sent();
            let header = 2 + if offset > 0 { varint(offset) } else { 0 };
            let whole = |data: usize| header + varint(data as u64) + data;
            let fits = (0..room).rev().find(|&data| whole(data) <= room).unwrap_or(0);
            let cut = stream.next(room, &mut connection).map_or(0, |piece| piece.data.len());
            assert_eq!(cut, fits, "{room} bytes at {offset}");
        }
    }
}

/// What is not acknowledged is bounded, whatever credit the peer gives.
#[test]
fn no_more_is_taken_than_may_wait() {
    let (stream, mut connection) = stream(u64::MAX);
    assert_eq!(stream.room(), SendStream::MAX);
    let mut stream = stream.max(10);
    stream.put(b"1234567").expect("there is room");
    assert_eq!(stream.put(b"8901"), Err(SendError::Full { room: 3 }));
    assert_eq!(stream.put_bytes(Bytes::from_static(b"8901")), Err(SendError::Full { room: 3 }));
    let mut output = Output::new();
    output.put(b"8901");
    assert_eq!(stream.append(&mut output), Err(SendError::Full { room: 3 }));
    assert_eq!((output.len(), stream.queue().end()), (4, 7));
    // It is sent, and still counts until it is acknowledged.
    let sent = stream.next(100, &mut connection).expect("there is data").sent();
    assert_eq!(stream.room(), 3);
    stream.acknowledged(sent).expect("it is of it");
    assert_eq!((stream.room(), stream.append(&mut output)), (10, Ok(())));
}

/// A record of one stream does nothing to another.
#[test]
fn what_was_sent_knows_its_stream() {
    let (mut stream, mut connection) = stream(100);
    stream.put(b"abc").expect("it is open");
    let mut other = SendStream::new(id(8), 100);
    other.put(b"abc").expect("it is open");
    let of_other = other.next(100, &mut connection).expect("there is data").sent();
    let of_this = stream.next(100, &mut connection).expect("there is data").sent();
    assert_eq!((of_this.stream, of_other.stream), (stream.id(), other.id()));
    let wrong = Err(WrongStream { sent: other.id(), here: stream.id() });
    assert_eq!((stream.acknowledged(of_other), stream.lost(of_other)), (wrong, wrong));
    assert_eq!((stream.queue().unacknowledged(), stream.has_more()), (3, false));
    let made_up = Sent { stream: stream.id(), offset: 50, length: 9, fin: true };
    assert_eq!((stream.acknowledged(made_up), stream.is_done()), (Ok(()), false));
}
