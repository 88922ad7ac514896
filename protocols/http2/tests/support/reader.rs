//! A session as a stage under the laws: for the tests, and for the fuzz target.
#![allow(dead_code, reason = "each test file uses its part of it")]

use segue::{
    Decode, Fault, Framing, Output, Record, Say,
    laws::{Log, Observe},
};
use segue_http2::{Error, Event, Session, What};

use super::end::in_words;

/// A session whose consumer releases all that comes, and lets go of each stream that has ended.
pub(crate) struct Reader(pub(crate) Session);

/// Something that a session told.
pub(crate) enum Heard {
    Data(Vec<u8>),
    Words(String),
}

impl Observe for Heard {
    fn observe(&self, log: &mut Log) {
        match self {
            Self::Data(data) => log.piece(data),
            Self::Words(words) => log.event(words),
        }
    }
}

impl Decode for Reader {
    type Item<'a> = Heard;
    type Error = Error;

    const WIRE: bool = false;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Error>> {
        self.0.frame(input, eof)
    }

    fn absorb(&mut self, record: Record<'_>, answers: &mut Output) -> Result<(), Fault<Error>> {
        self.0.absorb(record, answers)
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Heard, Fault<Error>> {
        let Event { stream, what, streams, .. } = self.0.parse(record)?;
        if let What::Data(data) = what {
            streams.release(stream, data.len());
            return Ok(Heard::Data(data.to_vec()));
        }
        let ends = match &what {
            What::Request(head) => head.length == segue_http::Length::None,
            What::End(_) | What::Reset(_) | What::Failed(_) | What::Stopped(_) => true,
            _ => false,
        };
        let words = in_words(Event { stream, what, streams }).unwrap_or_default();
        if ends {
            self.0.streams().let_go(stream);
        }
        Ok(Heard::Words(words))
    }

    fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<Error>> {
        self.0.speak(say)
    }

    fn progress(&self) -> u64 {
        self.0.progress()
    }

    fn residue(&self) -> (usize, usize) {
        self.0.residue()
    }
}
