//! One run: a stream pushed into a subject as a schedule says, and what was seen.

use std::{
    any::Any,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
};

use super::{
    End, Law, Log, Trace,
    cuts::{Eof, Manner, Schedule},
    subject::{Answer, How, Subject},
};
use crate::Need;

/// Gives `input` to the subject as `schedule` says. No more than `limit` bytes may have to be held
/// at once; `in_pieces` joins all payloads.
pub(super) fn drive(
    make: &mut dyn FnMut() -> Box<dyn Subject>,
    input: &[u8],
    schedule: &Schedule,
    limit: Option<usize>,
    in_pieces: bool,
) -> Trace {
    let mut log = Log::new(in_pieces);
    let run = catch_unwind(AssertUnwindSafe(|| {
        let subject = make();
        let mut run = Run {
            subject,
            input,
            schedule,
            limit,
            log: &mut log,
            pushed: 0,
            eof: false,
            reads: 0,
            last: false,
            floor: 0,
            owned: 0,
        };
        run.go()
    }));
    run.unwrap_or_else(|panic| {
        let end = End::Broke(Law::L5, format!("it panicked: {}", message(&*panic)));
        let entries = mem::take(&mut log).into_entries();
        let (consumed, left, sent) = (0, Vec::new(), Vec::new());
        Trace { entries, end, consumed, left, sent, ended_by_itself: false }
    })
}

struct Run<'r> {
    subject: Box<dyn Subject>,
    input: &'r [u8],
    schedule: &'r Schedule,
    limit: Option<usize>,
    log: &'r mut Log,
    /// How much of the input the subject has been given.
    pushed: usize,
    eof: bool,
    reads: usize,
    /// Nothing comes any more, bytes or end: every answer is acted upon.
    last: bool,
    /// Until this much has been pushed nothing may complete: the subject said that it needs it.
    floor: u64,
    /// Up to here the stream belongs to the subject: it said so.
    owned: u64,
}

impl Run<'_> {
    fn go(&mut self) -> Trace {
        let end = self.give();
        let by_itself = !self.eof && end == End::Done;
        let end = match end {
            End::Broke(..) => end,
            End::Done => self.settled().unwrap_or(end),
            _ => self.accounted().unwrap_or(end),
        };
        self.push_to(self.input.len());
        let trace = Trace {
            entries: mem::take(self.log).into_entries(),
            consumed: self.subject.consumed(),
            left: self.subject.left().to_vec(),
            sent: self.subject.sent(),
            ended_by_itself: by_itself,
            end,
        };
        if matches!(trace.end, End::Fault(_)) {
            // It is dead, and need not say anything sensible; it must not panic.
            self.subject.step(How::AskOnly, &mut Log::default());
        }
        trace
    }

    /// Pushes and pulls until the subject is over or the stream is.
    fn give(&mut self) -> End {
        if self.schedule.exact {
            return self.give_exactly();
        }
        for &cut in &self.schedule.cuts {
            self.push_to(cut);
            if let Some(end) = self.pull() {
                return end;
            }
        }
        self.push_to(self.input.len());
        if self.schedule.eof == Eof::WithLast {
            self.tell_end();
        }
        self.last_pull()
    }

    /// Reads what is claimed and no more.
    fn give_exactly(&mut self) -> End {
        loop {
            if let Some(end) = self.pull() {
                return end;
            }
            if self.pushed == self.input.len() {
                return self.last_pull();
            }
            let claimed = usize::try_from(self.owned).unwrap_or(usize::MAX);
            // Where nothing is claimed one byte is looked at.
            self.push_to(claimed.clamp(self.pushed + 1, self.input.len()));
        }
    }

    fn last_pull(&mut self) -> End {
        let eof_follows = !self.eof && self.schedule.eof != Eof::Never;
        self.last = !eof_follows;
        let mut end = self.pull();
        if end.is_none() && eof_follows {
            self.tell_end();
            self.last = true;
            end = self.pull();
        }
        end.unwrap_or(End::Waiting)
    }

    fn push_to(&mut self, cut: usize) {
        self.subject.push(&self.input[self.pushed..cut]);
        self.pushed = cut;
        self.reads += 1;
    }

    fn tell_end(&mut self) {
        self.subject.end();
        self.eof = true;
    }

    fn how(&self) -> How {
        match self.schedule.manner {
            Manner::Twice => How::Twice,
            Manner::Hesitant if self.reads % 2 == 1 && !self.last => How::AskOnly,
            Manner::Spoken => How::Spoken,
            Manner::Once | Manner::Hesitant => How::Once,
        }
    }

    /// Steps until the subject has nothing more from what was pushed; `None` if it wants more.
    fn pull(&mut self) -> Option<End> {
        let how = self.how();
        loop {
            if let Some(end) = self.looked_ahead() {
                return Some(end);
            }
            match self.subject.step(how, self.log) {
                Answer::Moved => {
                    if let Some(end) = self.completed() {
                        return Some(end);
                    }
                    if how == How::AskOnly {
                        return None;
                    }
                    self.floor = 0;
                }
                Answer::Need(need) => return self.needs(need),
                Answer::Done => {
                    if let Some(end) = self.completed().or_else(|| self.kept_to_claims()) {
                        return Some(end);
                    }
                    return (how != How::AskOnly).then_some(End::Done);
                }
                Answer::Fault(fault) if fault.fatal => return Some(End::Fault(fault)),
                Answer::Fault(fault) => {
                    self.log.fault(fault);
                    self.floor = 0;
                }
                Answer::Broke(law, what) => return Some(End::Broke(law, what)),
            }
        }
    }

    /// Asks what belongs to the subject, where it can tell by looking.
    fn looked_ahead(&mut self) -> Option<End> {
        /// A look into a kernel's queue seldom shows more.
        const SHOWN: usize = 4096;
        let ahead = &self.input[self.pushed..];
        for shown in [ahead.len() / 2, ahead.len()] {
            let shown = &ahead[..shown.min(SHOWN)];
            let belonging = self.subject.belonging(shown);
            if belonging > self.subject.left().len() + shown.len() {
                let what = format!("{belonging} bytes are to belong to it, more than were shown");
                return Some(End::Broke(Law::L3, what));
            }
            self.owned = self.owned.max(self.subject.consumed() + belonging as u64);
        }
        None
    }

    /// Something completed: that must not have been ruled out.
    fn completed(&self) -> Option<End> {
        let pushed = self.pushed as u64;
        (!self.eof && pushed < self.floor).then(|| {
            let floor = self.floor;
            let what = format!("it completed with {pushed} bytes after it said it needs {floor}");
            End::Broke(Law::L3, what)
        })
    }

    /// The subject is over: all that it claimed must have been its own. At the end of the stream
    /// a claim that could not be fulfilled is none.
    fn kept_to_claims(&self) -> Option<End> {
        let consumed = self.subject.consumed();
        (!self.eof && consumed < self.owned).then(|| {
            let what = match self.owned {
                u64::MAX => "it is done after it claimed the whole stream".into(),
                owned => {
                    format!("it is done at {consumed} after it claimed what is before {owned}")
                }
            };
            End::Broke(Law::L3, what)
        })
    }

    /// The subject asks for more.
    fn needs(&mut self, need: Need) -> Option<End> {
        let held = self.subject.left().len();
        let at_least = need.at_least.get();
        let Some(hold) = held.checked_add(at_least) else {
            let what = format!("it needs {at_least} bytes beside the {held} that are there");
            return Some(End::Broke(Law::L4, what));
        };
        if let Some(limit) = self.limit.filter(|&limit| hold > limit) {
            let what = format!("it holds {held} bytes and needs {at_least}: more than {limit}");
            return Some(End::Broke(Law::L4, what));
        }
        let pushed = self.pushed as u64;
        self.floor = self.floor.max(pushed.saturating_add(at_least as u64));
        if need.claim > 0 {
            let claim = if need.claim == usize::MAX { u64::MAX } else { need.claim as u64 };
            self.owned = self.owned.max(pushed.saturating_add(claim));
        }
        None
    }

    /// The subject is over: it must stay so, and leave alone what follows.
    fn settled(&mut self) -> Option<End> {
        if let Some(end) = self.accounted() {
            return Some(end);
        }
        let consumed = self.subject.consumed();
        for when in ["on the same input", "with more behind it", "at the end of the stream"] {
            let answer = self.subject.step(How::AskOnly, &mut Log::default());
            if answer != Answer::Done || self.subject.consumed() != consumed {
                let what = format!("it was done, and asked again {when} it answered {answer:?}");
                return Some(End::Broke(Law::L10, what));
            }
            self.push_to(self.input.len());
            if when != "on the same input" {
                self.tell_end();
            }
        }
        self.accounted()
    }

    /// What was consumed and what is left must be what was pushed.
    fn accounted(&self) -> Option<End> {
        let (consumed, left) = (self.subject.consumed(), self.subject.left());
        let front = usize::try_from(consumed).ok();
        let expected = front.and_then(|front| self.input[..self.pushed].get(front..));
        (expected != Some(left)).then(|| {
            let what = format!("{consumed} bytes are consumed, and what is left is not the rest");
            End::Broke(Law::L2, what)
        })
    }
}

/// What a panic said.
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
