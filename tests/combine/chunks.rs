//! The outer stage of these tests.

use segue::{Decode, Fault, Framing, Output, Record};

/// Chunks with their length in a byte, the last of them empty.
#[derive(Default)]
pub(crate) struct Chunks {
    over: bool,
}

impl Decode for Chunks {
    type Item<'a> = Record<'a>;
    type Error = &'static str;

    fn frame(&mut self, input: &[u8], _: bool) -> Result<Framing, Fault<&'static str>> {
        Ok(match input {
            _ if self.over => Framing::Done,
            [] => Framing::need(1),
            [0xff, ..] => return Err(Fault::new("no chunk")),
            // A comment in between, answered by a dot.
            [b'#', ..] => Framing::Absorb(1),
            [length, rest @ ..] => match usize::from(*length) {
                length if length <= rest.len() => Framing::Record(1 + length),
                length => Framing::need(length - rest.len()),
            },
        })
    }

    fn absorb(&mut self, _: Record<'_>, answers: &mut Output) -> Result<(), Fault<&'static str>> {
        answers.put(b".");
        Ok(())
    }

    fn parse<'a>(&'a mut self, mut record: Record<'a>) -> Result<Record<'a>, Fault<&'static str>> {
        self.over = record.len() == 1;
        if record.ends_with(b"!") {
            return Err(Fault::new("bad chunk").at(record.len() as u64 - 1).recoverable());
        }
        record.advance(1);
        Ok(record)
    }
}
