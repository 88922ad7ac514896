//! Records of no bytes, which are legal, and stages that yield nothing else, which are not.

use segue::{
    Buffer, Cause, Decode, DecodeExt, Fault, Framing, Handoff, Output, Record, Step, driver::sync,
    length,
};
use std::{convert::Infallible, io};

/// A count in one byte, then as many empty items; without end if it is 255.
#[derive(Default)]
struct Empties {
    owed: u8,
}

impl Decode for Empties {
    type Item<'a> = usize;
    type Error = Infallible;

    fn frame(&mut self, input: &[u8], _: bool) -> Result<Framing, Fault<Infallible>> {
        Ok(match input {
            _ if self.owed > 0 => Framing::Record(0),
            [] => Framing::Done,
            _ => Framing::Record(1),
        })
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<usize, Fault<Infallible>> {
        match record.first() {
            Some(count) => self.owed = *count,
            None if self.owed == u8::MAX => {}
            None => self.owed -= 1,
        }
        Ok(record.len())
    }
}

/// Counts the items, and returns the fault that ended them as well.
fn items(input: &[u8]) -> (usize, Result<(), Fault<Infallible>>) {
    let mut buffer = Buffer::from(input);
    let (mut stage, mut output) = (Empties::default(), Output::new());
    let mut records = buffer.records(&mut stage, true, &mut output);
    for count in 0.. {
        match records.next() {
            Ok(Step::Item(_)) => {}
            Ok(Step::Done) => return (count, Ok(())),
            Ok(Step::Need(need)) => panic!("it needs nothing: {need:?}"),
            Err(fault) => return (count, Err(fault)),
        }
    }
    unreachable!("it ends, or fails")
}

#[test]
fn items_without_bytes_are_items() {
    assert_eq!(items(b""), (0, Ok(())));
    assert_eq!(items(b"\x03\x00\x02"), (8, Ok(())));
    // 60 at once are not too many, and 60 again are: what is free is free once.
    assert_eq!(items(b"\x3c"), (61, Ok(())));
    assert_eq!(items(b"\x3c\x3c").1, Err(no_progress(2)));
    // A stage that consumes ten times what it owes may go on for ever.
    assert_eq!(items(&b"\x09\0\0\0\0\0\0\0\0\0".repeat(1000)), (19_000, Ok(())));
}

/// As [`items`], by a loop over `Buffer::step` and with each of `inputs` as it comes.
fn items_by_step(inputs: &[&[u8]]) -> (usize, Result<(), Fault<Infallible>>) {
    let mut buffer = Buffer::new();
    let (mut stage, mut output) = (Empties::default(), Output::new());
    let mut count = 0;
    for input in inputs {
        buffer.extend(input);
        loop {
            match buffer.step(&mut stage, false, &mut output) {
                Ok(Step::Item(_)) => count += 1,
                Ok(_) => break,
                Err(fault) => return (count, Err(fault)),
            }
        }
    }
    (count, Ok(()))
}

#[test]
fn step_stops_a_stage_that_never_ends() {
    assert_eq!(items_by_step(&[b"\x00\x00\x00\xff"]), (4 + 4 + 64, Err(no_progress(4))));
    // However the bytes came and whatever became of the memory they were in.
    let (first, second) = (vec![0; 3000], [&[0; 3000][..], b"\xff"].concat());
    let (count, end) = items_by_step(&[&first, &second, &second]);
    assert_eq!((count, end), (2 * 6001 + 64, Err(no_progress(6001))));
    assert_eq!(items_by_step(&[&b"\x09\0\0\0\0\0\0\0\0\0".repeat(1000)]), (19_000, Ok(())));
}

#[test]
fn one_account_is_kept_of_a_buffer_however_it_is_read() {
    let mut buffer = Buffer::from(&b"\xff"[..]);
    let (mut stage, mut output) = (Empties::default(), Output::new());
    // A buffer that takes over in mid-stream owes nothing to what came before.
    buffer.set_position(1 << 40);
    let mut count = 0;
    let fault = loop {
        // A loop that makes the iterator anew for each item.
        let item = if count % 2 == 0 {
            buffer.records(&mut stage, false, &mut output).next().map(drop)
        } else {
            buffer.step(&mut stage, false, &mut output).map(drop)
        };
        match item {
            Ok(()) => count += 1,
            Err(fault) => break fault,
        }
    };
    assert_eq!((count, fault), (1 + 1 + 64, no_progress((1 << 40) + 1)));
}

#[test]
fn a_stage_that_never_ends_is_stopped() {
    let (count, result) = items(b"\x00\x00\x00\xff");
    assert_eq!(result, Err(no_progress(4)));
    // Each byte pays for an item, and some are free.
    assert!((5..=4 + 4 + 64).contains(&count), "{count} items");
}

fn no_progress(at: u64) -> Fault<Infallible> {
    Fault::from_cause(Cause::NoProgress).at(at)
}

/// A count in one byte, then as many steps that no bytes belong to, and an item; without end if
/// the count is 255.
#[derive(Default)]
struct Silent {
    owed: u8,
    yields: bool,
}

impl Decode for Silent {
    type Item<'a> = &'static str;
    type Error = Infallible;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Infallible>> {
        Ok(match input {
            _ if self.owed > 0 => Framing::Absorb(0),
            _ if self.yields => Framing::Record(0),
            [] if eof => Framing::Done,
            [] => Framing::need(1),
            _ => Framing::Absorb(1),
        })
    }

    fn absorb(&mut self, record: Record<'_>, _: &mut Output) -> Result<(), Fault<Infallible>> {
        match record.first() {
            Some(count) => (self.owed, self.yields) = (*count, true),
            None if self.owed == u8::MAX => {}
            None => self.owed -= 1,
        }
        Ok(())
    }

    fn parse<'a>(&'a mut self, _: Record<'a>) -> Result<&'static str, Fault<Infallible>> {
        self.yields = false;
        Ok("item")
    }
}

#[test]
fn steps_without_bytes_are_taken_and_paid_for_however_a_stage_is_driven() {
    let outcomes = |input: &[u8]| {
        let (mut output, mut outcomes) = (Output::new(), Vec::new());
        let (mut buffer, mut stage) = (Buffer::from(input), Silent::default());
        outcomes.push(buffer.step(&mut stage, true, &mut output).map_err(|fault| fault.cause));
        let (mut buffer, mut stage) = (Buffer::from(input), Silent::default());
        let next = buffer.records(&mut stage, true, &mut output).next();
        outcomes.push(next.map_err(|fault| fault.cause));
        // Inside the records of another stage, where nobody else counts them.
        let whole = [&[u8::try_from(input.len()).unwrap()], input].concat();
        let mut buffer = Buffer::from(&whole[..]);
        let mut stage = length::u8().take(1).nested(Silent::default());
        let step = buffer.step(&mut stage, true, &mut output).map_err(|fault| fault.cause);
        outcomes.push(step.map_err(|cause| match cause {
            Cause::NoProgress => Cause::NoProgress,
            cause => panic!("{cause:?}"),
        }));
        let handoff = Handoff::from_parts(io::empty(), input.into(), Output::new(), true);
        let mut connection = sync::Connection::from_handoff(handoff, Silent::default());
        outcomes.push(match connection.turn() {
            Ok(Some(turn)) => Ok(Step::Item(turn.item)),
            Ok(None) => Ok(Step::Done),
            Err(error) => Err(error.fault().unwrap().cause),
        });
        outcomes
    };
    for count in [0, 1, 60] {
        assert_eq!(outcomes(&[count]), [Ok(Step::Item("item")); 4], "{count}");
    }
    assert_eq!(outcomes(&[u8::MAX]), [Err(Cause::NoProgress); 4]);
}
