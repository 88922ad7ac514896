//! The writing half of a session: control frames first, then data by turns.

use alloc::collections::VecDeque;

use segue::{Fault, Output, Say};

use super::{
    Life, Session, Told,
    stream::{Buffers, Consumer, Events, Greeting, Owes, Reading, Writing},
};
use crate::{
    Error, StreamId,
    header::{Flags, Header, Kind},
};

impl Session {
    pub(super) fn say(&mut self, say: &mut Say<'_>) -> Result<(), Fault<Error>> {
        match self.life {
            Life::Dead(Some(Error::NoPong)) => return Err(Fault::new(Error::NoPong)),
            Life::Dead(_) => return Ok(()),
            Life::Open | Life::Closed => {}
        }
        if self.life == Life::Open {
            self.forgive(say);
            if let Err(fault) = self.pings.speak(say, &self.limits) {
                self.die(&fault, say.output());
                return Err(fault);
            }
        }
        if let Told::Due(code) = self.told {
            self.told = Told::Gone;
            write(say.output(), Kind::GoAway, Flags::NONE, StreamId(0), code);
        }
        if self.life == Life::Open {
            while let Some(id) = self.refused.pop_front() {
                write(say.output(), Kind::WindowUpdate, Flags::RST, id, 0);
            }
            let before = say.output().len();
            self.say_control(say);
            self.say_data(say);
            if say.output().len() == before {
                self.rest();
            }
        }
        Ok(())
    }

    /// Releases memory that only many busy streams need, before a wait.
    fn rest(&mut self) {
        for buffers in &mut self.spare {
            if buffers.input.capacity() + buffers.output.capacity() > 0 {
                **buffers = Buffers::default();
            }
        }
        if self.streams.is_empty() && self.streams.held() > KEPT {
            self.streams.release();
        }
        if self.turns.is_empty() && self.turns.held() > KEPT {
            self.turns.release();
        }
        self.events.rest();
        for queue in [&mut self.due, &mut self.refused, &mut self.lingering] {
            if queue.is_empty() && queue.capacity() * size_of::<StreamId>() > KEPT {
                *queue = VecDeque::new();
            }
        }
    }

    /// Time makes up for resets.
    fn forgive(&mut self, say: &Say<'_>) {
        let Some(now) = say.now() else { return };
        let last = self.counts.forgiven.get_or_insert(now);
        let times = now.saturating_sub(*last).as_millis() / FORGIVEN_BY_MILLIS;
        if times > 0 {
            *last = now;
            let times = u32::try_from(times).unwrap_or(u32::MAX);
            self.counts.resets = self.counts.resets.saturating_sub(times);
        }
    }

    /// Greetings, grants and resets.
    fn say_control(&mut self, say: &mut Say<'_>) {
        // Each is asked once.
        for _ in 0..self.due.len() {
            let Some(id) = self.due.pop_front() else { return };
            let Some(stream) = self.streams.get_mut(&id) else { continue };
            let owes = core::mem::replace(&mut stream.owes, Owes::Nothing);
            if owes == Owes::Reset {
                // The greeting goes with it: nobody waits for it any more.
                write(say.output(), Kind::WindowUpdate, Flags::RST, id, 0);
                self.settle(id);
                continue;
            }
            // Data that leaves at once carries that a stream is accepted. New ones are announced here,
            // in the order in which they were opened.
            let sends = stream.unsent() > 0 || stream.writing == Writing::Finishing;
            let carried = sends
                && stream.credit.available() > 0
                && say.room() > 0
                && stream.greeting != Greeting::Opening;
            let more = if stream.reading == Reading::Open {
                let told = stream.window.announce_increment().unwrap_or(0);
                u32::try_from(told + u64::from(core::mem::take(&mut stream.granted)))
            } else {
                Ok(0)
            };
            if more == Ok(0) && (carried || !stream.has_greeting()) {
                continue;
            }
            let flags = if stream.has_greeting() { stream.greet() } else { Flags::NONE };
            write(say.output(), Kind::WindowUpdate, flags, id, more.unwrap_or(u32::MAX));
        }
    }

    /// Data, a frame for each turn.
    fn say_data(&mut self, say: &mut Say<'_>) {
        while let Some(id) = self.turns.next() {
            let Some(stream) = self.streams.get_mut(&id) else {
                self.turns.served(false);
                continue;
            };
            let waiting = stream.unsent();
            let credit = usize::try_from(stream.credit.available()).unwrap_or(usize::MAX);
            let may = waiting.min(credit).min(self.limits.frame.max(1));
            let finishing = stream.writing == Writing::Finishing;
            if may == 0 && !(waiting == 0 && finishing) {
                // It comes back when there is credit, or something to send.
                self.turns.served(false);
                self.tidy(id);
                continue;
            }
            let room = say.room();
            // A little of a frame now would only be another frame.
            if room == 0 || (room < may.min(WORTHWHILE) && !say.output().is_empty()) {
                return;
            }
            let length = may.min(room);
            let last = finishing && length == waiting;
            let flags = stream.greet().and(if last { Flags::FIN } else { Flags::NONE });
            // It is not longer than the credit, which never passes 2^32 - 1.
            let announced = u32::try_from(length).unwrap_or(u32::MAX);
            write(say.output(), Kind::Data, flags, id, announced);
            if length > 0
                && let Some(buffers) = &mut stream.buffers
            {
                let had_room = buffers.output.has_room();
                buffers.output.move_to(say.output(), length);
                let has_room = buffers.output.has_room();
                stream.credit.take(u64::from(announced));
                stream.sent = stream.sent.saturating_add(announced);
                self.events.add(id, stream, Events::SENT);
                if !had_room && has_room && stream.writing == Writing::Open {
                    self.events.add(id, stream, Events::WRITABLE);
                }
            }
            if last {
                stream.writing = Writing::Finished;
            }
            let more = waiting > length && credit > length;
            self.turns.served(more);
            self.pay(length);
            self.count_bytes(length);
            if !more {
                self.tidy(id);
            }
            if last {
                self.settle(id);
            }
        }
    }

    /// Queues a stream for a control frame.
    pub(super) fn owe(&mut self, id: StreamId) {
        if let Some(stream) = self.streams.get_mut(&id)
            && stream.owes == Owes::Nothing
        {
            stream.owes = Owes::Something;
            self.due.push_back(id);
        }
    }

    /// Takes back the empty buffers of a stream.
    pub(super) fn tidy(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        let empty = stream
            .buffers
            .as_ref()
            .is_some_and(|buffers| buffers.input.is_empty() && buffers.output.is_empty());
        if empty
            && let Some(mut buffers) = stream.buffers.take()
            && self.spare.len() < SPARE
        {
            buffers.rest();
            self.spare.push(buffers);
        }
    }

    /// Ends both sides of a stream; pending frames are dropped.
    pub(super) fn break_off(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        if stream.writing != Writing::Finished {
            stream.writing = Writing::Reset;
        }
        if let Some(buffers) = &mut stream.buffers {
            buffers.output.clear();
        }
        let unaccepted = stream.is_unaccepted();
        stream.greeting = Greeting::Done;
        self.turns.remove(id);
        if unaccepted {
            self.accepted();
        }
        self.stop_reading(id, Reading::Reset);
        self.tidy(id);
        self.settle(id);
    }

    /// Resets a stream that nobody uses.
    pub(super) fn break_by_itself(&mut self, id: StreamId) {
        self.owe(id);
        if let Some(stream) = self.streams.get_mut(&id) {
            stream.owes = Owes::Reset;
            self.break_off(id);
        }
    }

    /// The peer's side is over.
    pub(super) fn stop_reading(&mut self, id: StreamId, how: Reading) {
        self.settle_window(id);
        if let Some(stream) = self.streams.get_mut(&id)
            && stream.reading == Reading::Open
        {
            stream.reading = how;
        }
    }

    /// Returns the grant beyond its window of a stream that gets no more data, or has no reader any
    /// more.
    pub(super) fn settle_window(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        if stream.is_read() {
            self.counts.read -= 1;
            self.grants.take_back(stream.window.excess());
            self.grants.forget(id);
            self.grant_to_others();
        }
    }

    /// Forgets a stream that is over, or has it linger.
    pub(super) fn settle(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        let sent = matches!(stream.writing, Writing::Finished | Writing::Reset);
        if !sent || stream.owes == Owes::Reset {
            return;
        }
        match stream.consumer {
            Consumer::Holds | Consumer::Gone => return,
            Consumer::Sends => self.uncount(id),
            Consumer::LetGo => {}
            Consumer::Lingers if stream.reading == Reading::Open => return,
            Consumer::Lingers => self.counts.lingering -= 1,
        }
        let Some(stream) = self.streams.get_mut(&id) else { return };
        if stream.reading == Reading::Open {
            stream.consumer = Consumer::Lingers;
            stream.window.consume(u64::MAX);
            if stream.window.is_worthwhile() {
                self.owe(id);
            }
            self.counts.lingering += 1;
            self.linger(id);
            return;
        }
        stream.consumer = Consumer::Gone;
        if stream.reading == Reading::Ended && stream.writing == Writing::Finished {
            self.counts.resets = self.counts.resets.saturating_sub(1);
        }
        stream.buffers = None;
        self.events.add(id, stream, Events::RELEASED);
    }

    /// Resets lingering streams beyond the limit.
    fn linger(&mut self, id: StreamId) {
        if self.lingering.len() >= 2 * self.limits.lingering.max(8) {
            let streams = &self.streams;
            self.lingering.retain(|id| {
                streams.get(id).is_some_and(|stream| stream.consumer == Consumer::Lingers)
            });
        }
        self.lingering.push_back(id);
        while self.counts.lingering > self.limits.lingering
            && let Some(id) = self.lingering.pop_front()
        {
            let stream = self.streams.get(&id);
            if stream.is_some_and(|stream| stream.consumer == Consumer::Lingers) {
                self.break_by_itself(id);
            }
        }
    }
}

fn write(output: &mut Output, kind: Kind, flags: Flags, id: StreamId, length: u32) {
    Header { kind, flags, stream: id.0, length }.write(output);
}

/// The number of milliseconds that make up for a reset by the peer: see
/// [`Limits::resets`](crate::Limits).
const FORGIVEN_BY_MILLIS: u128 = 10;

/// The number of boxes for buffers that are kept, a few hundred bytes each.
const SPARE: usize = 8;

/// The bytes of an empty table or queue of streams that are kept while the session waits: enough
/// for a few dozen streams, so that opening one at a time allocates nothing.
pub(super) const KEPT: usize = 4 * 1024;

/// The least number of bytes in a frame, if there are that many: below it, the header and the work
/// of its reader cost more than waiting.
const WORTHWHILE: usize = 1024;
