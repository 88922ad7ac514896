//! What is driven: a stage here, and whatever else can be pushed and stepped.

use std::fmt::Debug;

use super::{FaultSeen, Law, Log, Observe};
use crate::{Buffer, Decode, Fault, Framing, Need, Output, Record};

/// Something that is pushed bytes and stepped.
///
/// All checks are written against this, and know neither stages nor buffers.
pub(super) trait Subject {
    /// More of the stream arrives.
    fn push(&mut self, bytes: &[u8]);

    /// Nothing follows what was pushed.
    fn end(&mut self);

    /// Goes on by one item, and logs what it says.
    fn step(&mut self, how: How, log: &mut Log) -> Answer;

    /// How many bytes of `ahead`, which is what will be pushed next, it is sure to belong to it.
    /// 0 where it cannot tell, or can only tell by [`Answer::Need`].
    fn belonging(&mut self, ahead: &[u8]) -> usize {
        let _ = ahead;
        0
    }

    /// How many bytes it has consumed.
    fn consumed(&self) -> u64;

    /// What was pushed and not consumed.
    fn left(&self) -> &[u8];

    /// What it has sent.
    fn sent(&mut self) -> Vec<u8>;
}

/// How a subject is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// Once, and acting upon what it answers.
    Once,
    /// Twice, and acting upon the second answer, which must be the first. Where a subject can be
    /// lent a record in two ways this is the other one.
    Twice,
    /// Only asked. A subject that cannot be asked without acting acts.
    AskOnly,
}

/// What a subject answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// It went on, or would.
    Moved,
    Need(Need),
    Done,
    Fault(FaultSeen),
    /// It broke a law that only its adapter can see.
    Broke(Law, String),
}

/// A stage over a buffer, with the loop that every driver of it is made of.
pub(super) struct Staged<D> {
    stage: D,
    buffer: Buffer,
    eof: bool,
    answers: Output,
}

impl<D> Staged<D> {
    pub(super) fn new(stage: D) -> Self {
        Self { stage, buffer: Buffer::new(), eof: false, answers: Output::new() }
    }
}

impl<D> Staged<D>
where
    D: Decode,
    D::Error: Debug,
{
    fn frame(&mut self) -> Result<Framing, Answer> {
        let position = self.buffer.position();
        self.stage
            .frame(self.buffer.as_slice(), self.eof)
            .map_err(|fault| Answer::Fault(FaultSeen::new(&fault.moved(position))))
    }

    /// Counts a record that is about to be consumed.
    fn pay(&mut self, length: usize) -> Result<(), Answer> {
        let shown = self.buffer.len();
        if length > shown {
            let what = format!("it answered a record of {length} bytes when shown {shown}");
            return Err(Answer::Broke(Law::L5, what));
        }
        if length > 0 {
            return Ok(());
        }
        self.buffer
            .pay(&self.stage)
            .map_err(|_| Answer::Broke(Law::L5, "it yields records of no bytes without end".into()))
    }
}

impl<D> Subject for Staged<D>
where
    D: Decode + 'static,
    for<'a> D::Item<'a>: Observe,
    D::Error: Debug,
{
    fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend(bytes);
    }

    fn end(&mut self) {
        self.eof = true;
    }

    fn step(&mut self, how: How, log: &mut Log) -> Answer {
        self.try_step(how, log).unwrap_or_else(|answer| answer)
    }

    fn consumed(&self) -> u64 {
        self.buffer.position()
    }

    fn left(&self) -> &[u8] {
        self.buffer.as_slice()
    }

    fn sent(&mut self) -> Vec<u8> {
        self.answers.to_vec()
    }
}

impl<D> Staged<D>
where
    D: Decode + 'static,
    for<'a> D::Item<'a>: Observe,
    D::Error: Debug,
{
    fn try_step(&mut self, how: How, log: &mut Log) -> Result<Answer, Answer> {
        let frame = match self.frame() {
            Err(Answer::Fault(FaultSeen { fatal: false, .. })) => {
                let what = "frame answered a fault that is not fatal: the stage cannot go on";
                return Err(Answer::Broke(Law::L5, what.into()));
            }
            answer => answer?,
        };
        if how == How::Twice {
            let again = self.frame();
            if again.as_ref() != Ok(&frame) {
                let again = again.map_or_else(|fault| format!("{fault:?}"), |it| format!("{it:?}"));
                let what = format!("frame answered {frame:?}, and on the same input {again}");
                return Err(Answer::Broke(Law::L10, what));
            }
        }
        let position = self.buffer.position();
        let seen = |fault: Fault<D::Error>| Answer::Fault(FaultSeen::new(&fault.moved(position)));
        match frame {
            Framing::Record(_) | Framing::Absorb(_) if how == How::AskOnly => {}
            Framing::Record(length) => {
                self.pay(length)?;
                if how == How::Twice {
                    // As a record of a plain slice, which is what `Buffer::records` lends.
                    let mut copy = self.buffer.as_slice()[..length].to_vec();
                    self.buffer.consume(length);
                    self.stage.parse(Record::from(&mut copy[..])).map_err(seen)?.observe(log);
                } else {
                    self.stage.parse(self.buffer.take(length)).map_err(seen)?.observe(log);
                }
            }
            Framing::Absorb(length) => {
                self.pay(length)?;
                let record = self.buffer.take(length);
                self.stage.absorb(record, &mut self.answers).map_err(seen)?;
            }
            Framing::Need(_) if self.eof => {
                return Err(seen(Fault::truncated(self.buffer.len() as u64)));
            }
            Framing::Need(need) => return Ok(Answer::Need(need)),
            Framing::Done => return Ok(Answer::Done),
        }
        Ok(Answer::Moved)
    }
}
