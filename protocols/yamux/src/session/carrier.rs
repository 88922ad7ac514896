//! The session as a carrier of streams.

use segue::mux::{Carrier, Direction, Ended, Event, Opens, Priority, StreamMut, Wanted};

use super::{
    Life, Session, Told,
    stream::{self, Buffers, Consumer, Greeting, Reading, Writing},
};
use crate::StreamId;

impl Carrier for Session {
    type Id = StreamId;

    fn next_event(&mut self) -> Option<Event<StreamId>> {
        self.take_event()
    }

    fn stream(&mut self, id: StreamId) -> Option<StreamMut<'_>> {
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
        Some(StreamMut { input: Some(&mut buffers.input), ending, output })
    }

    fn number(&self, id: StreamId) -> u64 {
        id.0.into()
    }

    fn release_credit(&mut self, id: StreamId, count: usize) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        let before = stream.window.excess();
        stream.window.consume(count as u64);
        if stream.is_read() {
            self.grants.take_back(before - stream.window.excess());
            if stream.window.is_worthwhile() {
                self.owe(id);
            }
        }
        self.pay(count);
        self.grant_to_others();
        self.tidy(id);
    }

    fn want(&mut self, id: StreamId, at_least: usize) -> bool {
        let Some(stream) = self.streams.get_mut(&id).filter(|stream| stream.is_read()) else {
            return true;
        };
        let arrived = stream.window.reached();
        match self.grants.want(id, &mut stream.window, arrived, at_least as u64) {
            Wanted::Granted(more) => self.tell_granted(id, more),
            Wanted::Allowed | Wanted::Waits => {}
            Wanted::Never => return false,
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

    /// `why` is not sent: yamux has no field for it.
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
    /// All streams of yamux go both ways, and [`Direction::Sending`] opens one of these as well.
    /// The peer is not told that it must not send: its data stays in the input, up to the window.
    /// [Let go](Carrier::let_go) of the stream once everything is written, and its data is dropped.
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
    /// Returns true if the limits let this end open one more stream.
    fn has_room_to_open(&self) -> bool {
        self.counts.unaccepted < self.limits.backlog && self.counts.outgoing < self.limits.opened
    }

    /// Reports that a stream can be opened again.
    pub(super) fn may_open(&mut self) {
        if self.has_room_to_open() {
            self.events.may();
        }
    }

    /// Stops counting a released stream that has sent everything.
    pub(super) fn uncount(&mut self, id: StreamId) {
        if id.initiator() == self.role {
            self.counts.outgoing -= 1;
            self.may_open();
        } else {
            self.counts.incoming -= 1;
        }
    }

    /// Notes more credit on a stream, to be told to the peer.
    fn tell_granted(&mut self, id: StreamId, more: u64) {
        if let Some(stream) = self.streams.get_mut(&id) {
            // At most the limit on what a stream is granted, and the window.
            let more = u32::try_from(more).unwrap_or(u32::MAX);
            stream.granted = stream.granted.saturating_add(more);
            self.owe(id);
        }
    }

    /// Gives grants that have become free to the streams that wait, in their order.
    pub(super) fn grant_to_others(&mut self) {
        while let Some(id) = self.grants.first() {
            let Some(stream) = self.streams.get_mut(&id).filter(|stream| stream.is_read()) else {
                self.grants.forget(id);
                continue;
            };
            let arrived = stream.window.reached();
            let Some(more) = self.grants.serve(&mut stream.window, arrived) else { return };
            self.tell_granted(id, more);
        }
    }
}
