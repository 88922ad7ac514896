//! A small handshake.

use std::time::Duration;

use segue::{Buffer, Exchange, Fault, Need, Output, Progress};

/// Says `knock`, waits for a line, says `thanks`, and comes to the line.
///
/// With a deadline it knocks again, some times, and gives up.
#[derive(Debug, Default)]
pub(crate) struct Knock {
    has_knocked: bool,
    answer: Option<String>,
    /// It comes to its value only when everything has been sent.
    sends_all: bool,
    every: Option<Duration>,
    retries: u32,
    due: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unanswered {
    /// Nobody came to the door.
    NobodyHome,
    /// The line was `go away`; `bye` is to be sent.
    SentAway,
}

impl Knock {
    /// It comes to its value only when everything has been sent.
    pub(crate) fn sending_all(self) -> Self {
        Self { sends_all: true, ..self }
    }

    /// It knocks again each time that so much time has passed, so many times.
    pub(crate) fn again(self, every: Duration, retries: u32) -> Self {
        Self { every: Some(every), retries, ..self }
    }

    fn knock(&mut self, now: Duration, output: &mut Output) {
        output.put(b"knock\n");
        self.due = self.every.map(|every| now + every);
    }
}

impl Exchange for Knock {
    type Output = String;
    type Error = Unanswered;

    fn advance(
        &mut self,
        input: &mut Buffer,
        _: bool,
        output: &mut Output,
    ) -> Result<Progress<String>, Fault<Unanswered>> {
        if !self.has_knocked {
            self.has_knocked = true;
            self.knock(Duration::ZERO, output);
        }
        if self.answer.is_none() {
            let Some(end) = input.as_slice().iter().position(|byte| *byte == b'\n') else {
                return Ok(Progress::NeedRead(Need::ONE));
            };
            let line = input.take(end + 1).to_vec();
            if line == b"go away\n" {
                output.put(b"bye\n");
                return Err(Fault::new(Unanswered::SentAway).at(input.position()));
            }
            output.put(b"thanks\n");
            self.answer = Some(String::from_utf8_lossy(&line[..end]).into_owned());
        }
        if self.sends_all && !output.is_empty() {
            return Ok(Progress::NeedWrite);
        }
        Ok(Progress::Done(self.answer.clone().unwrap()))
    }

    fn belonging(&mut self, shown: &[u8]) -> usize {
        shown.iter().position(|byte| *byte == b'\n').map_or(shown.len(), |end| end + 1)
    }

    fn deadline(&self) -> Option<Duration> {
        self.due
    }

    fn on_deadline(&mut self, now: Duration, output: &mut Output) -> Result<(), Fault<Unanswered>> {
        let Some(retries) = self.retries.checked_sub(1) else {
            return Err(Unanswered::NobodyHome.into());
        };
        self.retries = retries;
        self.knock(now, output);
        Ok(())
    }
}
