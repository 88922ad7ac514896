//! A connection of many streams, traced: its own bytes as those of a stage, the streams as they
//! are.

use bytes::Bytes;

use super::Traced;
use crate::{
    Buffer,
    mux::{Carrier, Datagrams, Direction, Ended, Event, Opens, Priority, StreamMut},
};

impl<S: Carrier> Carrier for Traced<S> {
    type Id = S::Id;

    fn next_event(&mut self) -> Option<Event<Self::Id>> {
        self.part.next_event()
    }

    fn stream(&mut self, id: Self::Id) -> Option<StreamMut<'_>> {
        self.part.stream(id)
    }

    fn number(&self, id: Self::Id) -> u64 {
        self.part.number(id)
    }

    fn release_credit(&mut self, id: Self::Id, count: usize) {
        self.part.release_credit(id, count);
    }

    fn want(&mut self, id: Self::Id, at_least: usize) -> bool {
        self.part.want(id, at_least)
    }

    fn finish(&mut self, id: Self::Id) {
        self.part.finish(id);
    }

    fn reset(&mut self, id: Self::Id, code: u64) {
        self.part.reset(id, code);
    }

    fn stop(&mut self, id: Self::Id, code: u64) -> bool {
        self.part.stop(id, code)
    }

    fn let_go(&mut self, id: Self::Id) {
        self.part.let_go(id);
    }

    fn prioritise(&mut self, id: Self::Id, priority: Priority) {
        self.part.prioritise(id, priority);
    }

    fn lend(&mut self, id: Self::Id) -> Option<Buffer> {
        self.part.lend(id)
    }

    fn give_back(&mut self, id: Self::Id, lent: Buffer) {
        self.part.give_back(id, lent);
    }

    fn is_early(&self, id: Self::Id) -> bool {
        self.part.is_early(id)
    }

    fn away(&mut self, code: u64) {
        self.part.away(code);
    }

    fn close(&mut self, code: u64, why: &str) {
        self.part.close(code, why);
    }

    fn ended(&self) -> Option<Ended> {
        self.part.ended()
    }
}

impl<S: Opens> Opens for Traced<S> {
    fn open(&mut self, direction: Direction) -> Option<Self::Id> {
        self.part.open(direction)
    }

    fn opens_later(&self, direction: Direction) -> bool {
        self.part.opens_later(direction)
    }
}

impl<S: Datagrams> Datagrams for Traced<S> {
    fn datagram(&mut self) -> Option<Bytes> {
        self.part.datagram()
    }

    fn put_datagram(&mut self, parts: &[&[u8]]) -> bool {
        self.part.put_datagram(parts)
    }

    fn datagram_room(&self) -> usize {
        self.part.datagram_room()
    }
}
