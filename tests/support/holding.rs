//! A stage with everything that most stages have not: words of its own, bytes inside, a residue.

use core::convert::Infallible;
use segue::{Decode, Fault, Framing, Record, Say};
use std::time::Duration;

/// A record of one byte after the other, and bytes inside all along.
pub(crate) struct Holding;

/// Its residue.
pub(crate) const HELD: (usize, usize) = (3, 5);

impl Decode for Holding {
    type Item<'a> = Record<'a>;
    type Error = Infallible;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Infallible>> {
        Ok(match input {
            [] if eof => Framing::Done,
            [] => Framing::need(1),
            _ => Framing::Record(1),
        })
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Record<'a>, Fault<Infallible>> {
        Ok(record)
    }

    fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<Infallible>> {
        if let Some(now) = say.now() {
            say.wake_at(now + Duration::from_secs(1));
        }
        say.output().put(b"said");
        Ok(())
    }

    fn progress(&self) -> u64 {
        7
    }

    fn residue(&self) -> (usize, usize) {
        HELD
    }
}
