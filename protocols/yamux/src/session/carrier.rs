//! What is done with streams.

use segue::mux::{Carrier, Direction, Ended, Event, Opens, Priority, Stream};

use super::{
    Life, Session, Told,
    stream::{self, Buffers, Consumer, Greeting, Reading, Writing},
};
use crate::{StreamId, limits::WINDOW};

impl Carrier for Session {
    type Id = StreamId;

    fn next_event(&mut self) -> Option<Event<StreamId>> {
        self.take_event()
    }

    fn stream(&mut self, id: StreamId) -> Option<Stream<'_>> {
        let stream = self.streams.get_mut(&id)?;
        if stream.consumer != Consumer::Holds {
            return None;
        }
        let ending = stream.ending();
        let (position, writes) = (stream.position(), stream.writing == Writing::Open);
        if writes {
            // The consumer may write: whether it did is seen when it has its turn.
            self.turns.enqueue(id, stream.priority);
        }
        let spare = &mut self.spare;
        let buffers = stream
            .buffers
            .get_or_insert_with(|| Buffers::reused(spare, position, self.limits.output));
        let output = writes.then_some(&mut buffers.output);
        Some(Stream { input: Some(&mut buffers.input), ending, output })
    }

    fn number(&self, id: StreamId) -> u64 {
        id.0.into()
    }

    fn release_credit(&mut self, id: StreamId, count: usize) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        let before = stream.window.excess();
        stream.window.consume(count as u64);
        if stream.is_read() {
            self.counts.excess -= before - stream.window.excess();
            if stream.window.is_worthwhile() {
                self.owe(id);
            }
        }
        self.pay(count);
        self.grant_to_others();
        self.tidy(id);
    }

    fn want(&mut self, id: StreamId, at_least: usize) -> bool {
        let Some(stream) = self.streams.get(&id) else { return true };
        if !stream.is_read() {
            return true;
        }
        let window = &stream.window;
        let to = window.reached().saturating_add(at_least as u64);
        if to <= window.limit() {
            return true;
        }
        let beyond = to.saturating_sub(window.consumed().saturating_add(WINDOW));
        // The last is what other implementations can count.
        if beyond > self.limits.excess.min(self.limits.excess_of_all).min(1 << 31) {
            return false;
        }
        if !self.grant(id, to) {
            match self.wanting.iter_mut().find(|(other, _)| *other == id) {
                Some((_, position)) => *position = to,
                None => self.wanting.push((id, to)),
            }
        }
        true
    }

    fn finish(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        if stream.writing == Writing::Open {
            stream.writing = Writing::Finishing;
            self.turns.enqueue(id, stream.priority);
        }
    }

    fn reset(&mut self, id: StreamId, _: u64) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        if stream.reading != Reading::Open
            && matches!(stream.writing, Writing::Finished | Writing::Reset)
        {
            return;
        }
        // The peer knows nothing of a stream that was not announced.
        if stream.greeting == Greeting::Opening {
            self.break_off(id);
        } else {
            self.break_by_itself(id);
        }
    }

    fn let_go(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        if stream.consumer != Consumer::Holds {
            return;
        }
        self.settle_window(id);
        let Some(stream) = self.streams.get_mut(&id) else { return };
        stream.consumer = if stream.unsent() > 0 { Consumer::Sends } else { Consumer::LetGo };
        let is_sent = stream.consumer == Consumer::LetGo;
        // Nobody is told of it any more. The peer is to know that it was accepted, by its end.
        self.events.forget(stream);
        if stream.greeting == Greeting::Untold {
            stream.greeting = Greeting::Accepting;
        }
        if let Some(buffers) = &mut stream.buffers {
            let unread = buffers.input.len();
            buffers.input.consume(unread);
        }
        // The peer may have to send before it reads.
        stream.window.consume(u64::MAX);
        if stream.reading == Reading::Open && stream.window.is_worthwhile() {
            self.owe(id);
        }
        if is_sent {
            self.uncount(id);
        }
        self.pay(1);
        self.finish(id);
        self.tidy(id);
        self.settle(id);
    }

    fn prioritise(&mut self, id: StreamId, priority: Priority) {
        if let Some(stream) = self.streams.get_mut(&id) {
            stream.priority = priority;
            self.turns.prioritise(id, priority);
        }
    }

    fn away(&mut self, code: u64) {
        if self.told == Told::Nothing {
            self.told = Told::Due(u32::try_from(code).unwrap_or(u32::MAX));
        }
    }

    /// yamux has no place for `why`.
    fn close(&mut self, code: u64, _: &str) {
        if self.life != Life::Open {
            return;
        }
        // It is told the code even if it was told of another before: this one says that it is over.
        self.told = Told::Due(u32::try_from(code).unwrap_or(u32::MAX));
        self.life = Life::Closed;
        for (_, stream) in self.streams.iter_mut() {
            if stream.reading == Reading::Open {
                stream.reading = Reading::Reset;
            }
            stream.writing = Writing::Reset;
            if let Some(buffers) = &mut stream.buffers {
                buffers.output.clear();
            }
        }
        self.counts.read = 0;
    }

    fn ended(&self) -> Option<Ended> {
        self.ended
    }
}

impl Opens for Session {
    /// yamux has streams on which both sides send, and gives one for [`Direction::Sending`] as well:
    /// the peer is not told that it should not send. What comes on it lies in its input, up to the
    /// window; [let go](Carrier::let_go) of the stream once all is written, and it is thrown away.
    fn open(&mut self, _: Direction) -> Option<StreamId> {
        if self.peer_away.is_some() || self.life != Life::Open {
            return None;
        }
        if !self.has_room_to_open() {
            self.events.wait();
            return None;
        }
        let id = self.next?;
        self.next = id.checked_add(2);
        let id = StreamId(id);
        self.streams.insert(id, stream::Stream::new(Greeting::Opening));
        self.counts.outgoing += 1;
        self.counts.unaccepted += 1;
        self.counts.read += 1;
        self.pay(1);
        self.owe(id);
        Some(id)
    }

    fn opens_later(&self, _: Direction) -> bool {
        let is_open = self.peer_away.is_none() && self.life == Life::Open;
        is_open && self.next.is_some() && self.limits.backlog > 0 && self.limits.opened > 0
    }
}

impl Session {
    /// Whether the limits let this end open one more.
    fn has_room_to_open(&self) -> bool {
        self.counts.unaccepted < self.limits.backlog && self.counts.outgoing < self.limits.opened
    }

    /// One may be opened that could not before.
    pub(super) fn may_open(&mut self) {
        if self.has_room_to_open() {
            self.events.may();
        }
    }

    /// A stream that was let go of has sent all: it counts against its limit no more.
    pub(super) fn uncount(&mut self, id: StreamId) {
        if id.opener() == self.role {
            self.counts.outgoing -= 1;
            self.may_open();
        } else {
            self.counts.incoming -= 1;
        }
    }

    /// Grants a stream everything up to a position, if the sum allows that now.
    fn grant(&mut self, id: StreamId, to: u64) -> bool {
        let Some(stream) = self.streams.get(&id) else { return true };
        let window = &stream.window;
        if !stream.is_read() || to <= window.limit() {
            return true;
        }
        // A consumer that looks for a separator only knows that it lacks a byte. Granted that alone,
        // the peer would send byte by byte.
        let most = window.consumed() + WINDOW + self.limits.excess;
        let worthwhile = (window.reached() + WORTHWHILE).min(most).max(to);
        self.grant_just(id, worthwhile) || self.grant_just(id, to)
    }

    fn grant_just(&mut self, id: StreamId, to: u64) -> bool {
        let Some(stream) = self.streams.get_mut(&id) else { return true };
        let before = stream.window.excess();
        let mut window = stream.window.clone();
        let more = window.allow(to);
        let excess = self.counts.excess - before + window.excess();
        if excess > self.limits.excess_of_all {
            return false;
        }
        self.counts.excess = excess;
        stream.window = window;
        // At most the limit on what a stream is granted, and the window.
        stream.granted = stream.granted.saturating_add(u32::try_from(more).unwrap_or(u32::MAX));
        self.owe(id);
        true
    }

    /// Grants those that wait what has become free, in their order.
    pub(super) fn grant_to_others(&mut self) {
        while let Some(&(id, to)) = self.wanting.first()
            && self.grant(id, to)
        {
            self.wanting.remove(0);
        }
    }
}

/// How much is granted at least: what is told of as the consumer lets go, too.
const WORTHWHILE: u64 = WINDOW / 2;
