//! A small protocol of three parts: a greeting of both sides, short records with pings among them,
//! and lines.

use segue::{
    Buffer, Decode, DecodeExt, Exchange, Fault, Framing, Need, Output, Progress, Record,
    separator::{self, Line},
    trace::{Recorder, Recording, Traced},
};
use std::{convert::Infallible, ops::Range};

/// The words of a peer: `HI`, two records with a ping in between, the end of the records, two lines.
pub(crate) const SAID: &[u8] = b"HI\n\x03one\x00\x05three\xffgood\nbye\n";

/// The range of each record in it.
pub(crate) const RANGES: [Range<u64>; 7] = [0..3, 3..7, 7..8, 8..14, 14..15, 15..20, 20..24];

/// The ranges that are sent: a greeting and the answer to the ping.
pub(crate) const SENT: [Range<u64>; 2] = [0..6, 6..7];

/// Sends `HELLO`, and waits for a line.
#[derive(Debug, Default)]
pub(crate) struct Greeting {
    has_said: bool,
}

impl Exchange for Greeting {
    type Output = ();
    type Error = Infallible;

    fn advance(
        &mut self,
        input: &mut Buffer,
        eof: bool,
        output: &mut Output,
    ) -> Result<Progress<()>, Fault<Infallible>> {
        if !std::mem::replace(&mut self.has_said, true) {
            output.put(b"HELLO\n");
        }
        match input.as_slice().iter().position(|byte| *byte == b'\n') {
            Some(end) => {
                input.consume(end + 1);
                Ok(Progress::Done(()))
            }
            None if eof => Err(Fault::truncated(input.len() as u64).moved(input.position())),
            None => Ok(Progress::NeedRead(Need::ONE)),
        }
    }
}

/// Records behind a length of one byte. Those of length 0 are pings and answered; 255 is the end.
#[derive(Debug, Default)]
pub(crate) struct Records {
    is_over: bool,
}

impl Decode for Records {
    type Item<'a> = Record<'a>;
    type Error = Infallible;

    fn frame(&mut self, input: &[u8], _: bool) -> Result<Framing, Fault<Infallible>> {
        Ok(match input.first() {
            _ if self.is_over => Framing::Done,
            None => Framing::need(1),
            Some(0 | 255) => Framing::Absorb(1),
            Some(length) => match 1 + usize::from(*length) {
                whole if whole > input.len() => Framing::need(whole - input.len()),
                whole => Framing::Record(whole),
            },
        })
    }

    fn absorb(
        &mut self,
        record: Record<'_>,
        answers: &mut Output,
    ) -> Result<(), Fault<Infallible>> {
        match record.as_slice() {
            [255] => self.is_over = true,
            _ => answers.put(b"\x00"),
        }
        Ok(())
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Record<'a>, Fault<Infallible>> {
        Ok(record)
    }
}

/// The three parts, traced.
pub(crate) fn greeting(recorder: &Recorder) -> Traced<Greeting> {
    recorder.trace("greeting", Greeting::default())
}

/// See [`greeting`].
pub(crate) fn records(recorder: &Recorder) -> Traced<Records> {
    recorder.trace("records", Records::default())
}

/// See [`greeting`].
pub(crate) fn lines(recorder: &Recorder) -> segue::combine::Take<Traced<Line>> {
    recorder.trace("lines", separator::line().max(16)).take(2)
}

/// Asserts that the ranges follow one another from 0 up to `end`, without a hole or an overlap.
pub(crate) fn assert_cover(ranges: impl IntoIterator<Item = Range<u64>>, end: u64) {
    let mut position = 0;
    for range in ranges {
        assert_eq!(range.start, position, "a hole or an overlap");
        position = range.end;
    }
    assert_eq!(position, end);
}

/// Asserts what every recording of the protocol shows, however its input was cut.
pub(crate) fn assert_recorded(recording: &Recording) {
    let taken: Vec<_> = recording.received("stream").collect();
    assert_eq!(taken, RANGES);
    assert_cover(taken, SAID.len() as u64);
    assert_eq!(recording.sent("stream").collect::<Vec<_>>(), SENT);
}
