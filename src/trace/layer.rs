//! A layer, traced.

use super::{Made, Traced, Why, lane::end_of};
use crate::{Buffer, Fault, Layer, Output, Step};

impl<S: Layer> Traced<S> {
    /// Writes down what the last call has consumed, now that `wire` is no longer lent.
    fn settle(&mut self, wire: &Buffer) {
        let taken = self.stood.map_or(0, |stood| wire.position().saturating_sub(stood));
        let lent = self.lent.take();
        if taken > 0 || lent.is_some() {
            let (plain, payload) = lent.unwrap_or_default();
            let taken = usize::try_from(taken).unwrap_or(usize::MAX);
            self.place.takes(taken, Made::Plain(plain), &payload);
        }
    }
}

impl<S: Layer> Layer for Traced<S> {
    type Plain<'a>
        = S::Plain<'a>
    where
        Self: 'a;
    type Error = S::Error;

    const ENDS: bool = S::ENDS;

    fn open<'a>(
        &'a mut self,
        wire: &'a mut Buffer,
        eof: bool,
        answers: &mut Output,
    ) -> Result<Step<Self::Plain<'a>>, Fault<Self::Error>> {
        self.settle(wire);
        self.place.queues_behind(answers);
        let (held, before, limit) = (wire.len(), end_of(answers), self.place.payload());
        self.place.is_shown_at(wire.position(), held);
        self.stood = Some(wire.position());
        let Self { part, place, lent, .. } = self;
        let step = part.open(wire, eof, answers);
        place.queued(answers, before, Why::Answer);
        match &step {
            Ok(Step::Item(plain)) => {
                let plain = plain.as_ref();
                *lent = Some((plain.len(), plain[..plain.len().min(limit)].to_vec()));
            }
            Ok(Step::Need(need)) => place.needs(held, *need),
            Ok(Step::Done) => place.ends(None),
            Err(fault) => place.failed(fault, Some(0)),
        }
        step
    }

    fn seal(&mut self, plain: &mut Output, wire: &mut Output) -> Result<(), Self::Error> {
        self.place.queues_behind(wire);
        let (waiting, before) = (plain.len(), end_of(wire));
        let sealed = self.part.seal(plain, wire);
        self.place.queued(wire, before, Why::Sealed(waiting.saturating_sub(plain.len())));
        sealed
    }

    fn close(&mut self, wire: &mut Output) {
        self.place.queues_behind(wire);
        let before = end_of(wire);
        self.part.close(wire);
        self.place.queued(wire, before, Why::Closed);
    }

    fn lease(&self) -> usize {
        self.part.lease()
    }
}
