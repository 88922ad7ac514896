//! `Buffer`: bytes received and not consumed.

use bytes::BytesMut;
use proptest::{collection::vec, prelude::*};
use segue::{Buffer, Cause, Decode, Fault, Framing, Output, Record, Step, length};

/// The operations on a buffer.
#[derive(Debug, Clone)]
enum Deed {
    Extend(Vec<u8>),
    /// Makes room for so much, and fills so much of it.
    Read(usize, usize),
    Consume(usize),
    /// Takes a record of so many bytes, in a way.
    Take(usize, Way),
    Change,
    TakeRest,
    SetPosition(u64),
    /// Replaces it by one made of its own rest.
    Remake,
}

#[derive(Debug, Clone, Copy)]
enum Way {
    Drop,
    Slice,
    Vec,
    Bytes,
    BytesMut,
    /// Less so many bytes at the front and at the end.
    Trimmed(usize, usize),
}

fn lengths() -> impl Strategy<Value = usize> {
    prop_oneof![4 => 0..20usize, 2 => 0..700usize, 1 => 1000..1100usize, 1 => 0..5000usize]
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let way = prop_oneof![
        Just(Way::Drop),
        Just(Way::Slice),
        Just(Way::Vec),
        Just(Way::Bytes),
        Just(Way::BytesMut),
        (0..9usize, 0..9usize).prop_map(|(front, end)| Way::Trimmed(front, end)),
    ];
    let deed = prop_oneof![
        5 => vec(any::<u8>(), 0..50).prop_map(Deed::Extend),
        5 => (lengths(), lengths()).prop_map(|(room, count)| Deed::Read(room, count)),
        3 => lengths().prop_map(Deed::Consume),
        8 => (lengths(), way).prop_map(|(count, way)| Deed::Take(count, way)),
        1 => Just(Deed::Change),
        1 => Just(Deed::TakeRest),
        1 => any::<u64>().prop_map(Deed::SetPosition),
        1 => Just(Deed::Remake),
    ];
    vec(deed, 0..60)
}

/// A buffer, and what it should be.
struct Pair {
    buffer: Buffer,
    model: Vec<u8>,
    position: u64,
    /// The bytes taken as owned values, which must not change while the buffer goes on.
    kept: Vec<(BytesMut, Vec<u8>)>,
    next: u8,
}

impl Pair {
    fn act(&mut self, deed: &Deed) {
        let Self { buffer, model, position, kept, next } = self;
        match deed {
            Deed::Extend(bytes) => {
                buffer.extend(bytes);
                model.extend(bytes);
            }
            Deed::Read(room, count) => {
                buffer.reserve(*room);
                let spare = buffer.spare_mut();
                assert!(spare.len() >= *room, "{} bytes instead of {room}", spare.len());
                let count = (*count).min(spare.len());
                for byte in &mut spare[..count] {
                    *next = next.wrapping_add(1);
                    *byte = *next;
                    model.push(*next);
                }
                buffer.commit(count);
            }
            Deed::Consume(count) => {
                let count = (*count).min(model.len());
                buffer.consume(count);
                model.drain(..count);
                *position = position.wrapping_add(count as u64);
            }
            Deed::Take(count, way) => {
                let count = (*count).min(model.len());
                let expected: Vec<u8> = model.drain(..count).collect();
                *position = position.wrapping_add(count as u64);
                let mut record = buffer.take(count);
                assert_eq!((record.len(), record.is_empty()), (count, count == 0));
                assert_eq!(record, expected[..]);
                match way {
                    Way::Drop => {}
                    Way::Slice => {
                        record.as_mut().reverse();
                        assert!(record.into_slice().iter().eq(expected.iter().rev()));
                    }
                    Way::Vec => assert_eq!(record.to_vec(), expected),
                    Way::Bytes => kept.push((record.into_bytes().into(), expected)),
                    Way::BytesMut => kept.push((record.into_bytes_mut(), expected)),
                    Way::Trimmed(front, end) => {
                        let front = (*front).min(count);
                        let length = (count - front).saturating_sub(*end);
                        record.advance(front);
                        record.truncate(length);
                        let expected = expected[front..front + length].to_vec();
                        kept.push((record.into_bytes().into(), expected));
                    }
                }
            }
            Deed::Change => {
                buffer.as_mut_slice().reverse();
                model.reverse();
            }
            Deed::TakeRest => {
                let rest = buffer.take_rest();
                assert_eq!(rest, &model[..]);
                *position = position.wrapping_add(model.len() as u64);
                kept.push((rest, std::mem::take(model)));
            }
            Deed::SetPosition(new) => {
                buffer.set_position(*new);
                *position = *new;
            }
            Deed::Remake => {
                *buffer = Buffer::from(buffer.take_rest());
                buffer.set_position(*position);
            }
        }
        assert_eq!(buffer.as_slice(), model);
        assert_eq!((buffer.len(), buffer.is_empty()), (model.len(), model.is_empty()));
        assert_eq!(buffer.position(), *position);
    }
}

proptest! {
    #[test]
    fn a_buffer_is_a_vector(deeds in deeds(), capacity in lengths()) {
        let mut pair = Pair {
            buffer: Buffer::with_capacity(capacity),
            model: Vec::new(),
            position: 0,
            kept: Vec::new(),
            next: 0,
        };
        for deed in &deeds {
            pair.act(deed);
        }
        for (kept, expected) in &mut pair.kept {
            assert_eq!(kept, expected);
            // They are their owner's alone.
            kept.fill(0xee);
        }
        assert_eq!(pair.buffer.as_slice(), pair.model);
    }
}

#[test]
fn memory_is_bounded_by_what_is_held() {
    // Records of any size go through in reads of any size, the last always half-read.
    for record in [1, 100, 1000, 5000] {
        for read in [1, 7, 1460, 16 * 1024] {
            let mut buffer = Buffer::new();
            let (mut most, mut total) = (0, 0);
            while total < 300_000 {
                buffer.reserve(read);
                buffer.commit(read);
                total += read;
                while buffer.len() > record {
                    buffer.consume(record);
                }
                most = most.max(buffer.capacity());
            }
            assert!(most <= 4 * (record + read), "{most} bytes for {record} + {read}");
        }
    }
}

#[test]
fn bytes_that_come_one_by_one_are_moved_seldom() {
    const TOTAL: usize = 1 << 20;
    let mut buffer = Buffer::new();
    let (mut moved, mut place) = (0, std::ptr::null());
    for _ in 0..TOTAL {
        let held = buffer.len();
        buffer.reserve(1);
        buffer.commit(1);
        if buffer.as_slice().as_ptr() != place {
            moved += held;
            place = buffer.as_slice().as_ptr();
        }
    }
    assert_eq!(buffer.len(), TOTAL);
    assert!(moved <= 2 * TOTAL, "{moved} bytes were moved for {TOTAL}");
}

#[test]
fn an_empty_buffer_starts_over_at_its_front() {
    let mut buffer = Buffer::with_capacity(64);
    let front = buffer.spare_mut().as_ptr();
    for round in 1..100 {
        buffer.extend(&[1; 40]);
        assert_eq!(buffer.as_slice().as_ptr(), front);
        buffer.consume(40);
        assert_eq!((buffer.position(), buffer.capacity()), (40 * round, 64));
    }
}

#[test]
fn positions_wrap_and_do_not_panic() {
    let mut buffer = Buffer::from(&b"\x00\x02hi\x00"[..]);
    buffer.set_position(u64::MAX - 1);
    let (mut stage, mut output) = (length::u16_be(), Output::new());
    assert!(matches!(buffer.step(&mut stage, true, &mut output), Ok(Step::Item(_))));
    assert_eq!(buffer.position(), 2);
    buffer.set_position(u64::MAX);
    let fault = buffer.step(&mut stage, true, &mut output).unwrap_err();
    assert_eq!((fault.cause, fault.at), (Cause::Truncated, u64::MAX));
    let mut records = buffer.records(&mut stage, true, &mut output);
    assert_eq!(records.next().unwrap_err(), fault);
    assert_eq!(buffer.take_rest(), &b"\x00"[..]);
    assert_eq!(buffer.position(), 0);
}

#[test]
#[should_panic(expected = "consumed more than is buffered")]
fn more_than_there_is_cannot_be_consumed() {
    Buffer::from(&b"four"[..]).consume(5);
}

#[test]
#[should_panic(expected = "consumed more than is buffered")]
fn more_than_there_is_cannot_be_taken() {
    let _ = Buffer::from(&b"four"[..]).take(5);
}

#[test]
#[should_panic(expected = "committed more than there was room for")]
fn more_than_there_is_room_for_cannot_have_been_received() {
    let mut buffer = Buffer::with_capacity(4);
    buffer.commit(5);
}

#[test]
#[should_panic(expected = "capacity overflow")]
fn room_that_no_memory_has_is_refused() {
    let mut buffer = Buffer::from(&b"four"[..]);
    buffer.consume(2);
    buffer.reserve(usize::MAX);
}

#[test]
fn no_payload_is_shown() {
    let shown = format!("{:?}", Buffer::from(&b"secret"[..]));
    assert!(shown.contains("len: 6") && !shown.contains("secret"), "{shown}");
}

/// One record of each kind of misbehaviour.
#[derive(Debug, Clone, Copy)]
enum Odd {
    OverlongRecord,
    OverlongAbsorb,
    BadAbsorb,
    BadRecord,
    BadFrame,
}

impl Decode for Odd {
    type Item<'a> = ();
    type Error = &'static str;

    fn frame(&mut self, input: &[u8], _: bool) -> Result<Framing, Fault<&'static str>> {
        match self {
            Self::OverlongRecord => Ok(Framing::Record(input.len() + 1)),
            Self::OverlongAbsorb => Ok(Framing::Absorb(input.len() + 1)),
            Self::BadAbsorb => Ok(Framing::Absorb(2)),
            Self::BadRecord => Ok(Framing::Record(2)),
            Self::BadFrame => Err(Fault::new("frame").at(3)),
        }
    }

    fn absorb(&mut self, _: Record<'_>, _: &mut Output) -> Result<(), Fault<&'static str>> {
        Err(Fault::new("absorb").at(1).recoverable())
    }

    fn parse<'a>(&'a mut self, _: Record<'a>) -> Result<(), Fault<&'static str>> {
        Err(Fault::new("parse").at(1).recoverable())
    }
}

#[test]
fn faults_are_at_their_offset_in_the_stream() {
    for (mut stage, cause, at, left) in [
        (Odd::OverlongRecord, Cause::Contract, 10, 4),
        (Odd::OverlongAbsorb, Cause::Contract, 10, 4),
        (Odd::BadAbsorb, Cause::Stage("absorb"), 11, 2),
        (Odd::BadRecord, Cause::Stage("parse"), 11, 2),
        (Odd::BadFrame, Cause::Stage("frame"), 13, 4),
    ] {
        for by_records in [false, true] {
            let mut buffer = Buffer::from(&b"0123456789abcd"[..]);
            buffer.consume(10);
            let mut output = Output::new();
            let fault = if by_records {
                buffer.records(&mut stage, false, &mut output).next().unwrap_err()
            } else {
                buffer.step(&mut stage, false, &mut output).unwrap_err()
            };
            assert_eq!((fault.cause, fault.at), (cause, at), "{stage:?}");
            assert_eq!(fault.fatal, !matches!(stage, Odd::BadAbsorb | Odd::BadRecord));
            // A bad record is consumed, so nobody loops over it for ever.
            assert_eq!(buffer.len(), left, "{stage:?}");
        }
    }
}

#[test]
fn records_that_are_left_early_lose_nothing() {
    let mut buffer = Buffer::from(&b"\x01a\x01b\x01c"[..]);
    let (mut stage, mut output) = (length::u8(), Output::new());
    for expected in [b"a", b"b"] {
        let mut records = buffer.records(&mut stage, false, &mut output);
        let Step::Item(record) = records.next().unwrap() else { panic!("it is whole") };
        assert_eq!(record, expected);
    }
    assert_eq!((buffer.as_slice(), buffer.position()), (&b"\x01c"[..], 4));
}
