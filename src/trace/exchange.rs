//! A handshake, traced.

use core::time::Duration;

use super::{Made, Traced, Why, lane::end_of};
use crate::{Buffer, Exchange, Fault, Output, Progress};

impl<S: Exchange> Exchange for Traced<S> {
    type Output = S::Output;
    type Error = S::Error;

    fn advance(
        &mut self,
        input: &mut Buffer,
        eof: bool,
        output: &mut Output,
    ) -> Result<Progress<Self::Output>, Fault<Self::Error>> {
        let (held, before) = (input.len(), end_of(output));
        self.place.is_shown_at(input.position(), held);
        let shown = input.as_slice();
        let mut payload = shown[..held.min(self.place.payload())].to_vec();
        let progress = self.part.advance(input, eof, output);
        let taken = held.saturating_sub(input.len());
        if taken > 0 {
            payload.truncate(taken);
            self.place.takes(taken, Made::Nothing, &payload);
        }
        self.place.queued(output, before, Why::Answer);
        match &progress {
            Ok(Progress::Done(_)) => self.place.ends(Some(input.len())),
            Ok(Progress::NeedRead(need)) => self.place.needs(input.len(), *need),
            Ok(Progress::NeedWrite) => {}
            Err(fault) => self.place.failed(fault, Some(0)),
        }
        progress
    }

    fn belonging(&mut self, shown: &[u8]) -> usize {
        self.part.belonging(shown)
    }

    fn deadline(&self) -> Option<Duration> {
        self.part.deadline()
    }

    fn on_deadline(
        &mut self,
        now: Duration,
        output: &mut Output,
    ) -> Result<(), Fault<Self::Error>> {
        let before = end_of(output);
        let done = self.part.on_deadline(now, output);
        self.place.queued(output, before, Why::Spoken);
        done.inspect_err(|fault| self.place.failed(fault, Some(0)))
    }
}
