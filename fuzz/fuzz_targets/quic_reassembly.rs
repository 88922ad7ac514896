//! Streams of QUIC as sequences of operations, against plain maps of bytes.
//!
//! | byte | says |
//! |---|---|
//! | 0 | what: segments, a stream with its rules, what is sent, a set of ranges, packet numbers |
//! | 1.. | the operations, each a few bytes: see the types of their plans |
#![no_main]

use std::{collections::BTreeSet, ops::Range};

use arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use segue::{Buffer, Output, Step, length};
use segue_quic::{
    RangeSet, ReceivedPackets,
    stream::{ConnectionWindow, ReadError, Reassembler, ReceiveStream, SendQueue},
};

/// A segment: where it begins, how long it is, in which steps, and what its bytes are.
#[derive(Clone, Copy)]
struct Segment {
    offset: u16,
    length: u8,
    /// The low two bits say by how much the length counts; then what ends the stream.
    bits: u8,
}

impl<'a> Arbitrary<'a> for Segment {
    fn arbitrary(plan: &mut Unstructured<'a>) -> Result<Self> {
        let (offset, length, bits) = plan.arbitrary()?;
        Ok(Self { offset, length, bits })
    }
}

impl Segment {
    fn offset(self) -> usize {
        usize::from(self.offset) % 10_000
    }

    fn length(self) -> usize {
        usize::from(self.length) * [1, 3, 16, 64][usize::from(self.bits % 4)]
    }

    /// Bytes that tell which segment they came with.
    fn data(self) -> Vec<u8> {
        (0..self.length()).map(|at| self.bits ^ self.length ^ at as u8).collect()
    }
}

/// For each offset, the byte that came first.
#[derive(Default)]
struct Map(Vec<Option<u8>>);

impl Map {
    fn write(&mut self, offset: usize, data: &[u8]) {
        if !data.is_empty() {
            self.0.resize(self.0.len().max(offset + data.len()), None);
        }
        for (byte, new) in self.0.iter_mut().skip(offset).zip(data) {
            byte.get_or_insert(*new);
        }
    }

    fn in_order(&self) -> Vec<u8> {
        self.0.iter().map_while(|byte| *byte).collect()
    }
}

fuzz_target!(|data: &[u8]| {
    let [pick, data @ ..] = data else { return };
    let mut plan = Unstructured::new(data);
    match pick % 5 {
        0 => segments(&mut plan),
        1 => stream(&mut plan),
        2 => sending(&mut plan),
        3 => ranges(&mut plan),
        _ => packets(&mut plan),
    }
});

/// The next operation; none once the plan is used up.
fn next<'a, T: Arbitrary<'a>>(plan: &mut Unstructured<'a>) -> Option<T> {
    if plan.is_empty() { None } else { plan.arbitrary().ok() }
}

fn segments(plan: &mut Unstructured<'_>) {
    let (mut map, mut stream, mut buffer) = (Map::default(), Reassembler::new(), Buffer::new());
    while let Some(segment) = next::<Segment>(plan) {
        let (offset, data) = (segment.offset(), segment.data());
        let before = buffer.len() as u64;
        map.write(offset, &data);
        let new = stream.write(offset as u64, &data, &mut buffer);
        let in_order = map.in_order();
        assert_eq!(buffer.as_slice(), in_order);
        assert_eq!((before + new, stream.position()), (in_order.len() as u64, before + new));
        let held = map.0.iter().flatten().count() - in_order.len();
        assert_eq!(stream.out_of_order(), held);
        let window = map.0.len() - in_order.len();
        assert!(stream.held() <= (window / 2048 + 3) * 2312, "{} bytes", stream.held());
    }
}

/// Segments with the rules on ends and limits, read by a stage: it sees what it would in one read.
fn stream(plan: &mut Unstructured<'_>) {
    let mut connection = ConnectionWindow::new(14_000);
    let mut stream = ReceiveStream::new(12_000, &connection);
    let (mut map, mut reached, mut size) = (Map::default(), 0, None);
    let (mut stage, mut items, mut dead) = (length::u16_be().max(5000), Vec::new(), false);
    while let Some(segment) = next::<Segment>(plan) {
        let (offset, data) = (segment.offset(), segment.data());
        let end = offset + data.len();
        let (fin, reset) = (segment.bits & 12 == 12, segment.bits & 0xf0 == 0x50);
        let last = fin || reset;
        let wrong = match size {
            Some(size) => end > size || (last && end != size),
            None => last && end < reached,
        };
        let whole = size == Some(map.in_order().len());
        let taken = match reset {
            true => stream.reset(9, end as u64, &mut connection),
            false => stream.receive(offset as u64, &data, fin, &mut connection),
        };
        if wrong {
            assert!(taken.is_err());
        }
        let Ok(taken) = taken else { return };
        reached = reached.max(end);
        size = if last { Some(end) } else { size };
        if reset {
            assert_eq!(taken, !whole);
            if taken {
                let read = stream.step(&mut stage, &mut Output::new());
                assert!(matches!(read, Err(ReadError::Reset(9))));
                assert_eq!(stream.held(), 0);
                assert_eq!(stream.settle(&mut connection), None);
                assert_eq!(connection.consumed(), reached as u64);
                return;
            }
        } else {
            map.write(offset, &data);
        }
        loop {
            match stream.step(&mut stage, &mut Output::new()) {
                _ if dead => break,
                Ok(Step::Item(item)) => items.push(item.to_vec()),
                Ok(_) => break,
                Err(_) => dead = true,
            }
        }
        stream.settle(&mut connection);
        assert_eq!(connection.reached(), reached as u64);
        assert!(connection.consumed() <= connection.reached());
    }
    drop(stream);
    assert_eq!(connection.consumed(), reached as u64);
    // One read of all that is in order.
    let in_order = map.in_order();
    let mut buffer = Buffer::from(&in_order[..]);
    let (mut stage, mut expected) = (length::u16_be().max(5000), Vec::new());
    while let Ok(Step::Item(item)) =
        buffer.step(&mut stage, size == Some(in_order.len()), &mut Output::new())
    {
        expected.push(item.to_vec());
    }
    assert_eq!(items, expected);
}

/// A byte that says which, and then its figures.
enum Sending {
    Put(u8),
    PutBytes(u16),
    Next(u8, u8),
    Acknowledge(u8),
    Lose(u8),
    /// Of what was perhaps never sent.
    Made(u16, u8),
}

impl<'a> Arbitrary<'a> for Sending {
    fn arbitrary(plan: &mut Unstructured<'a>) -> Result<Self> {
        Ok(match plan.arbitrary::<u8>()? % 6 {
            0 => Self::Put(plan.arbitrary()?),
            1 => Self::PutBytes(plan.arbitrary()?),
            2 => Self::Next(plan.arbitrary()?, plan.arbitrary()?),
            3 => Self::Acknowledge(plan.arbitrary()?),
            4 => Self::Lose(plan.arbitrary()?),
            _ => Self::Made(plan.arbitrary()?, plan.arbitrary()?),
        })
    }
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Byte {
    Fresh,
    Sent,
    Lost,
    Acknowledged,
}

fn pattern(from: usize, length: usize) -> Vec<u8> {
    (from..from + length).map(|at| (at ^ at >> 8) as u8).collect()
}

fn sending(plan: &mut Unstructured<'_>) {
    let (mut queue, mut bytes, mut frames) = (SendQueue::new(), Vec::new(), Vec::new());
    while let Some(operation) = next::<Sending>(plan) {
        let end = bytes.len();
        let sent_again = |frames: &[Range<u64>], which: u8| {
            frames.get(usize::from(which) % frames.len().max(1)).cloned()
        };
        let (sent, change) = match operation {
            Sending::Put(length) => {
                queue.put(&pattern(end, usize::from(length)));
                bytes.resize(end + usize::from(length), Byte::Fresh);
                continue;
            }
            Sending::PutBytes(length) => {
                let length = usize::from(length) % 5000;
                queue.put_bytes(pattern(end, length).into());
                bytes.resize(end + length, Byte::Fresh);
                continue;
            }
            Sending::Next(room, credit) => {
                let (room, credit) = (usize::from(room) * 6, u64::from(credit) * 8);
                let lost = bytes.iter().position(|byte| *byte == Byte::Lost);
                let fresh = bytes.iter().position(|byte| *byte == Byte::Fresh);
                let may = room > 0 && (lost.is_some() || (fresh.is_some() && credit > 0));
                let Some(piece) = queue.next(room, credit) else {
                    assert!(!may, "there was something to send");
                    continue;
                };
                let from = piece.offset as usize;
                assert!(may && !piece.data.is_empty() && piece.data.len() <= room);
                assert_eq!(Some(from), lost.or(fresh));
                assert_eq!(piece.data, pattern(from, piece.data.len()));
                assert!(lost.is_some() || piece.data.len() as u64 <= credit);
                frames.push(piece.range());
                (piece.range(), Byte::Sent)
            }
            Sending::Acknowledge(which) => {
                let Some(sent) = sent_again(&frames, which) else { continue };
                queue.acknowledged(sent.clone());
                (sent, Byte::Acknowledged)
            }
            Sending::Lose(which) => {
                let Some(sent) = sent_again(&frames, which) else { continue };
                queue.lost(sent.clone());
                (sent, Byte::Lost)
            }
            Sending::Made(offset, length) => {
                let sent = u64::from(offset)..u64::from(offset) + u64::from(length);
                queue.acknowledged(sent.clone());
                (sent, Byte::Acknowledged)
            }
        };
        let length = (sent.end - sent.start) as usize;
        for byte in bytes.iter_mut().skip(sent.start as usize).take(length) {
            let was_sent = *byte != Byte::Fresh || change == Byte::Sent;
            if was_sent && *byte != Byte::Acknowledged {
                *byte = change;
            }
        }
        let left = bytes.iter().filter(|byte| **byte != Byte::Acknowledged).count();
        assert_eq!(queue.unacknowledged(), left as u64);
        let more = bytes.iter().any(|byte| matches!(byte, Byte::Fresh | Byte::Lost));
        assert_eq!(queue.has_more(), more);
    }
}

fn ranges(plan: &mut Unstructured<'_>) {
    let (mut set, mut plain) = (RangeSet::new(), BTreeSet::new());
    while let Some((insert, start, length)) = next::<(bool, u8, u8)>(plan) {
        let range = u64::from(start)..u64::from(start) + u64::from(length % 32);
        let before = plain.len() as u64;
        if insert {
            plain.extend(range.clone());
            assert_eq!(set.insert(range.clone()), plain.len() as u64 - before);
        } else {
            plain.retain(|value| !range.contains(value));
            assert_eq!(set.remove(range.clone()), before - plain.len() as u64);
        }
        assert!(set.iter().flatten().eq(plain.iter().copied()), "{set:?}");
        let ends: Vec<_> = set.iter().collect();
        assert!(ends.windows(2).all(|two| two[0].end < two[1].start), "{set:?}");
        let missing = set.missing(10..200).flatten();
        assert!(missing.eq((10..200).filter(|value| !plain.contains(value))), "{set:?}");
        assert_eq!(set.contains(range.start), plain.contains(&range.start));
    }
}

/// No packet is taken twice, and those that are told have come.
fn packets(plan: &mut Unstructured<'_>) {
    let mut packets = ReceivedPackets::with_max(4);
    let mut taken = BTreeSet::new();
    while let Some((number, bits)) = next::<(u8, u8)>(plan) {
        let number = u64::from(number);
        if bits == 0xff {
            packets.told(number);
            continue;
        }
        let known = packets.contains(number);
        assert_eq!(packets.receive(number), !known);
        assert!(known || taken.insert(number), "packet {number} was taken twice");
        assert!(packets.contains(number) && packets.ranges().len() <= 4);
        assert!(packets.ranges().flatten().all(|number| taken.contains(&number)));
        assert_eq!(packets.largest(), taken.last().copied());
    }
}
