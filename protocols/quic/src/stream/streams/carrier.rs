//! The streams as a carrier.

use alloc::{string::String, vec::Vec};

use segue::mux::{Carrier, Direction, Event, Opens, Priority, StreamMut, Window};

use super::{Streams, entry::Writing, index};
use crate::stream::StreamId;

impl Carrier for Streams {
    type Id = StreamId;

    fn next_event(&mut self) -> Option<Event<StreamId>> {
        self.take_event()
    }

    fn stream(&mut self, id: StreamId) -> Option<StreamMut<'_>> {
        let entry = self.streams.get_mut(&id).filter(|entry| entry.held)?;
        let writes = entry.writing == Writing::Open;
        if writes {
            // The consumer may write: whether it did is seen when it has its turn.
            self.turns.enqueue(id, entry.priority);
        }
        let ending = entry.ending();
        let input = entry.receive.as_mut().map(|receive| receive.parts().0);
        Some(StreamMut { input, ending, output: writes.then_some(&mut entry.output) })
    }

    fn number(&self, id: StreamId) -> u64 {
        id.value()
    }

    fn release_credit(&mut self, id: StreamId, count: usize) {
        let Some(entry) = self.streams.get_mut(&id) else { return };
        let read = entry.is_read();
        let Some(receive) = &mut entry.receive else { return };
        let before = receive.window().excess();
        receive.consume(count as u64, &mut self.window);
        self.grants.take_back(before - receive.window().excess());
        if read && receive.window_mut().announce().is_some() {
            entry.raise = true;
            self.owe(id);
        }
        self.raise |= self.window.announce().is_some();
        self.grant_to_others();
        self.settle(id);
    }

    fn want(&mut self, id: StreamId, at_least: usize) -> bool {
        self.lacks(id, at_least)
    }

    fn finish(&mut self, id: StreamId) {
        if let Some(entry) = self.streams.get_mut(&id)
            && entry.writing == Writing::Open
        {
            entry.writing = Writing::Finishing;
            self.turns.enqueue(id, entry.priority);
        }
    }

    fn reset(&mut self, id: StreamId, code: u64) {
        self.break_off(id, code);
    }

    /// Stops the stream and drops received data.
    fn stop(&mut self, id: StreamId, code: u64) -> bool {
        self.stop_reading(id, code);
        true
    }

    /// Lets the stream go. Data that still comes is stopped with the code 0; for another one call
    /// [`stop`](Self::stop) first.
    fn let_go(&mut self, id: StreamId) {
        if self.streams.get(&id).is_none_or(|entry| !entry.held) {
            return;
        }
        self.stop_reading(id, 0);
        if self.writes(id) {
            self.finish(id);
        }
        let Some(entry) = self.streams.get_mut(&id) else { return };
        entry.held = false;
        entry.events.clear();
        if let Some(receive) = &mut entry.receive {
            // Data that is whole and was not read is dropped.
            receive.stop(0);
            self.raise |= self.window.announce().is_some();
        }
        if self.closing.is_some() {
            // No end of the peer's is awaited.
            entry.receive = None;
        }
        self.settle(id);
    }

    fn prioritise(&mut self, id: StreamId, priority: Priority) {
        if let Some(entry) = self.streams.get_mut(&id) {
            entry.priority = priority;
            self.turns.prioritise(id, priority);
        }
    }

    fn is_early(&self, id: StreamId) -> bool {
        self.streams.get(&id).is_some_and(|entry| entry.early)
    }

    fn away(&mut self, code: u64) {
        self.refuse = Some(code);
    }

    fn close(&mut self, code: u64, why: &str) {
        if self.closing.is_some() {
            return;
        }
        self.closing = Some((code, String::from(why)));
        let ids: Vec<_> = self.streams.iter().map(|(id, _)| *id).collect();
        for id in ids {
            self.stop_reading(id, code);
            // Nothing is awaited of the peer any more.
            if let Some(entry) = self.streams.get_mut(&id) {
                entry.writing = Writing::Over;
                entry.output.clear();
                entry.send = None;
                if !entry.held {
                    entry.receive = None;
                }
            }
            self.turns.remove(id);
            self.settle(id);
        }
    }
}

impl Opens for Streams {
    fn open(&mut self, direction: Direction) -> Option<StreamId> {
        if self.closing.is_some() {
            return None;
        }
        let counts = &mut self.counts[index(direction)];
        let opened = counts.credit.used();
        if counts.credit.take(1) == 0 {
            counts.waits = true;
            return None;
        }
        let id = StreamId::of(self.role, direction, opened)?;
        self.add(id);
        Some(id)
    }

    fn opens_later(&self, direction: Direction) -> bool {
        let used = self.counts[index(direction)].credit.used();
        self.closing.is_none() && used < Window::MAX_STREAMS
    }
}
