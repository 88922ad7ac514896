//! What is driven: a stage here, and whatever else can be pushed and stepped.

use std::fmt::Debug;

use super::{FaultSeen, Law, Log, Observe};
use crate::{Buffer, Decode, Fault, Framing, Moment, Need, Output, Record, Say};

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
    /// Once, and let speak before the answer is acted upon.
    Spoken,
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
    /// It has said that it cannot go on, and is not let speak again.
    is_mute: bool,
}

impl<D> Staged<D> {
    pub(super) fn new(stage: D) -> Self {
        Self { stage, buffer: Buffer::new(), eof: false, answers: Output::new(), is_mute: false }
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
        if how == How::Spoken {
            self.let_speak(&frame)?;
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

    /// L11: lets the stage speak, which has just answered `before`.
    fn let_speak(&mut self, before: &Framing) -> Result<(), Answer> {
        /// More than any control message has, and less than most data.
        const ROOM: usize = 100;
        if matches!(before, Framing::Record(0) | Framing::Absorb(0)) {
            // What it tells of may be what it has said, and that comes first.
            return Ok(());
        }
        for room in [0, ROOM] {
            self.speak(room)?;
            // Control messages may pass the room, each once.
            let said = self.speak(0)?;
            if said > 0 {
                let what = format!("asked again without room it adds {said} bytes");
                return Err(Answer::Broke(Law::L11, what));
            }
            self.is_as(before)?;
        }
        Ok(())
    }

    /// Lets the stage speak once. Returns how many bytes it has added.
    fn speak(&mut self, room: usize) -> Result<usize, Answer> {
        if self.is_mute {
            return Ok(0);
        }
        let mut moment = Moment::unknown();
        let length = self.answers.len();
        let spoken = self.stage.speak(&mut Say::new(&mut self.answers, room, &mut moment));
        let Some(said) = self.answers.len().checked_sub(length) else {
            return Err(Answer::Broke(Law::L11, "it takes away what was to be sent".into()));
        };
        self.buffer.earn(said as u64);
        if spoken.is_err() {
            self.is_mute = true;
            let again = self.stage.speak(&mut Say::new(&mut self.answers, room, &mut moment));
            if again.is_ok() {
                let what = "it cannot go on, and asked again it can".into();
                return Err(Answer::Broke(Law::L11, what));
            }
        }
        Ok(said)
    }

    /// What is read must be as it was, behind items of no bytes that tell of what was said.
    fn is_as(&mut self, before: &Framing) -> Result<(), Answer> {
        loop {
            let after = self.frame();
            match after {
                Ok(frame) if frame == *before => return Ok(()),
                Ok(Framing::Record(0)) => {
                    self.pay(0)?;
                    // It is not in the run without, so it is not written down.
                    if let Err(fault) = self.stage.parse(self.buffer.take(0)) {
                        return Err(Answer::Fault(FaultSeen::new(&fault)));
                    }
                }
                Ok(Framing::Absorb(0)) => {
                    self.pay(0)?;
                    let absorbed = self.stage.absorb(self.buffer.take(0), &mut self.answers);
                    absorbed.map_err(|fault| Answer::Fault(FaultSeen::new(&fault)))?;
                }
                after => {
                    let after = after.map_or_else(|it| format!("{it:?}"), |it| format!("{it:?}"));
                    let what = format!("frame answered {before:?}, and after it spoke {after}");
                    return Err(Answer::Broke(Law::L11, what));
                }
            }
        }
    }
}
