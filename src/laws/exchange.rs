//! What is driven: an exchange.

use std::{fmt::Debug, mem};

use super::{
    FaultSeen, Law, Log, Observe,
    subject::{Answer, How, Subject},
};
use crate::{Buffer, Exchange, Fault, Need, Output, Progress, core::Budget};

/// An exchange over a buffer, and whatever it sends sent at once.
pub(super) struct Exchanging<X> {
    exchange: X,
    buffer: Buffer,
    eof: bool,
    output: Output,
    sent: Vec<u8>,
    budget: Budget,
    /// It has come to something, and is not asked again.
    over: bool,
}

impl<X> Exchanging<X> {
    pub(super) fn new(exchange: X) -> Self {
        let mut buffer = Buffer::new();
        buffer.set_position(BEFORE);
        let (output, sent, budget) = (Output::new(), Vec::new(), Budget::new());
        Self { exchange, buffer, eof: false, output, sent, budget, over: false }
    }

    /// Takes what was queued, and tells how much it was.
    fn send(&mut self) -> usize {
        let sent = self.output.len();
        self.sent.extend(self.output.to_vec());
        self.output.clear();
        sent
    }
}

impl<X> Exchanging<X>
where
    X: Exchange,
    X::Error: Debug,
{
    fn advance(&mut self) -> Result<Progress<X::Output>, Answer> {
        let progress = self.exchange.advance(&mut self.buffer, self.eof, &mut self.output);
        progress.map_err(|fault| seen(&fault))
    }

    /// It waits for the peer: on the same input it must go on doing so.
    fn waits_again(&mut self, need: Need) -> Result<(), Answer> {
        let consumed = self.buffer.position();
        let again = match self.advance()? {
            Progress::Done(_) => "is done".into(),
            Progress::NeedWrite => "wants to write".into(),
            Progress::NeedRead(other) if other != need => format!("needs {other:?}"),
            Progress::NeedRead(_) if self.buffer.position() != consumed => "consumes some".into(),
            Progress::NeedRead(_) if !self.output.is_empty() => "has more to send".into(),
            Progress::NeedRead(_) => return Ok(()),
        };
        let what = format!("advance needs {need:?}, and on the same input it {again}");
        Err(Answer::Broke(Law::L10, what))
    }
}

impl<X> Subject for Exchanging<X>
where
    X: Exchange + 'static,
    X::Output: Observe,
    X::Error: Debug,
{
    fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend(bytes);
    }

    fn end(&mut self) {
        self.eof = true;
    }

    fn step(&mut self, how: How, log: &mut Log) -> Answer {
        if self.over {
            return Answer::Done;
        }
        let consumed = self.buffer.position();
        let progress = self.advance();
        let sent = self.send();
        match progress {
            Err(answer) => answer,
            Ok(Progress::Done(value)) => {
                value.observe(log);
                self.over = true;
                Answer::Done
            }
            Ok(Progress::NeedWrite) if sent == 0 => {
                let what = "it waits for its output to be sent, and there is none";
                Answer::Broke(Law::L5, what.into())
            }
            Ok(Progress::NeedWrite) => {
                let taken = usize::try_from(self.buffer.position() - consumed).unwrap_or(0);
                let endless = |_: Fault<()>| {
                    Answer::Broke(Law::L5, "it writes without end, and reads nothing".into())
                };
                self.budget.spend(taken).map_or_else(endless, |()| Answer::Moved)
            }
            Ok(Progress::NeedRead(need)) => {
                if how == How::Twice
                    && let Err(answer) = self.waits_again(need)
                {
                    return answer;
                }
                if self.eof {
                    let end = self.buffer.position() + self.buffer.len() as u64;
                    return seen(&Fault::<X::Error>::truncated(end));
                }
                Answer::Need(need)
            }
        }
    }

    fn belonging(&mut self, ahead: &[u8]) -> usize {
        if self.over {
            return 0;
        }
        let shown = [self.buffer.as_slice(), ahead].concat();
        self.exchange.belonging(&shown)
    }

    fn consumed(&self) -> u64 {
        self.buffer.position().saturating_sub(BEFORE)
    }

    fn left(&self) -> &[u8] {
        self.buffer.as_slice()
    }

    fn sent(&mut self) -> Vec<u8> {
        self.send();
        mem::take(&mut self.sent)
    }
}

/// A fault with its offset counted from where the exchange began.
fn seen<E: Debug>(fault: &Fault<E>) -> Answer {
    let mut fault = FaultSeen::new(fault);
    if fault.layer == 0 {
        let Some(at) = fault.at.checked_sub(BEFORE) else {
            let what = format!("{fault}: the offset does not count from the front of the stream");
            return Answer::Broke(Law::L1, what);
        };
        fault.at = at;
    }
    // A driver gives up on any fault of an exchange.
    fault.fatal = true;
    Answer::Fault(fault)
}

/// How many bytes of the stream other stages have consumed before, so that an exchange which
/// takes its buffer's front for that of the stream is found.
const BEFORE: u64 = 1000;
