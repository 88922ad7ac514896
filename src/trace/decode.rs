//! A stage that reads, traced.

use super::{Made, Traced, Why, lane::end_of};
use crate::{Ahead, Decode, Fault, Framing, Output, Record, Say};

impl<S: Decode> Traced<S> {
    /// Writes down what the stage has answered, with `held` bytes shown.
    fn framed(&self, framing: &Result<Framing, Fault<S::Error>>, held: usize) {
        match framing {
            Ok(Framing::Record(_) | Framing::Absorb(_)) => {}
            Ok(Framing::Need(need)) => self.place.needs(held, *need),
            Ok(Framing::Done) => self.place.ends(Some(held)),
            Err(fault) => self.place.failed(fault, None),
        }
    }

    /// Writes down that the stage takes a record.
    fn takes(&self, record: &Record<'_>, made: Made) -> u64 {
        self.place.takes(record.len(), made, record.as_slice())
    }
}

impl<S: Decode> Decode for Traced<S> {
    type Item<'a>
        = S::Item<'a>
    where
        Self: 'a;
    type Error = S::Error;

    const WIRE: bool = S::WIRE;
    const AHEAD: bool = S::AHEAD;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Self::Error>> {
        self.place.is_shown(input.len());
        let framing = self.part.frame(input, eof);
        self.framed(&framing, input.len());
        framing
    }

    fn frame_ahead(
        &mut self,
        whole: &[u8],
        eof: bool,
        ahead: &mut Ahead,
    ) -> Result<Framing, Fault<Self::Error>> {
        let held = whole.len() - ahead.front;
        self.place.is_shown(held);
        let framing = self.part.frame_ahead(whole, eof, ahead);
        self.framed(&framing, held);
        framing
    }

    fn absorb(
        &mut self,
        record: Record<'_>,
        answers: &mut Output,
    ) -> Result<(), Fault<Self::Error>> {
        let front = self.takes(&record, Made::Nothing);
        let before = end_of(answers);
        let absorbed = self.part.absorb(record, answers);
        self.place.queued(answers, before, Why::Answer);
        absorbed.inspect_err(|fault| self.place.failed(fault, Some(front)))
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Self::Item<'a>, Fault<Self::Error>> {
        let front = self.takes(&record, Made::Item);
        let Self { part, place, .. } = self;
        part.parse(record).inspect_err(|fault| place.failed(fault, Some(front)))
    }

    fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<Self::Error>> {
        let before = end_of(say.output());
        let spoken = self.part.speak(say);
        self.place.queued(say.output(), before, Why::Spoken);
        spoken.inspect_err(|fault| self.place.failed(fault, None))
    }

    fn progress(&self) -> u64 {
        self.part.progress()
    }

    fn residue(&self) -> (usize, usize) {
        self.part.residue()
    }
}
