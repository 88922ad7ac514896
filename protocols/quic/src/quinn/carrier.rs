//! The connection as a carrier of streams.

use bytes::{Bytes, BytesMut};
use quinn_proto::{Dir, StreamId, VarInt};
use segue::mux::{Carrier, Datagrams, Direction, Ended, Event, Opens, Priority, StreamMut};

use super::{
    Life, Streams,
    stream::{self, Reading, Writing},
    varint,
};

impl Carrier for Streams {
    type Id = StreamId;

    fn next_event(&mut self) -> Option<Event<StreamId>> {
        self.take_event()
    }

    fn stream(&mut self, id: StreamId) -> Option<StreamMut<'_>> {
        let stream = self.streams.get_mut(&id).filter(|stream| stream.held)?;
        let writes = stream.writing == Writing::Open;
        if writes && !stream.blocked {
            // The consumer may write: whether it did is seen when it has its turn.
            self.turns.enqueue(id, stream.priority);
        }
        let ending = stream.ending();
        let input = (stream.reading != Reading::Never).then_some(&mut stream.input);
        let output = writes.then_some(&mut stream.output);
        Some(StreamMut { input, ending, output })
    }

    fn number(&self, id: StreamId) -> u64 {
        VarInt::from(id).into_inner()
    }

    fn release_credit(&mut self, id: StreamId, count: usize) {
        self.consumed(id, count);
    }

    fn want(&mut self, id: StreamId, at_least: usize) -> bool {
        self.lacks(id, at_least)
    }

    fn finish(&mut self, id: StreamId) {
        if let Some(stream) = self.streams.get_mut(&id)
            && stream.writing == Writing::Open
        {
            stream.writing = Writing::Finishing;
            self.has_to_write(id);
        }
    }

    fn reset(&mut self, id: StreamId, code: u64) {
        self.reset_sending(id, code);
        self.stop(id, code);
        self.settle(id);
    }

    /// Stops the stream. Received data is kept, and the stream counts as reset with this code.
    fn stop(&mut self, id: StreamId, code: u64) -> bool {
        if let Some(stream) = self.streams.get_mut(&id)
            && stream.reading == Reading::Open
        {
            stream.reading = Reading::Reset(code);
            let _ = self.connection.recv_stream(id).stop(varint(code));
            self.read_no_more(id);
        }
        true
    }

    /// Lets the stream go. Data that still comes is stopped with the code 0; for another one call
    /// [`stop`](Self::stop) first.
    fn let_go(&mut self, id: StreamId) {
        if self.streams.get(&id).is_none_or(|stream| !stream.held) {
            return;
        }
        self.stop(id, 0);
        self.finish(id);
        let Some(stream) = self.streams.get_mut(&id) else { return };
        stream.held = false;
        stream.input = segue::Buffer::new();
        // Unreported events are dropped, but the stream stays in the queue, where it stands once.
        stream.events.clear();
        if self.is_done() {
            let Some(stream) = self.streams.get_mut(&id) else { return };
            stream.end_writing();
        }
        self.settle(id);
    }

    fn prioritise(&mut self, id: StreamId, priority: Priority) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        stream.priority = priority;
        self.turns.prioritise(id, priority);
        if !stream.is_sent() {
            let priority = 7 - i32::from(priority.urgency.min(7));
            let _ = self.connection.send_stream(id).set_priority(priority);
        }
    }

    fn is_early(&self, id: StreamId) -> bool {
        self.streams.get(&id).is_some_and(|stream| stream.early)
    }

    fn away(&mut self, code: u64) {
        self.refuse = Some(varint(code));
        for direction in [Dir::Bi, Dir::Uni] {
            self.connection.set_max_concurrent_streams(direction, VarInt::from_u32(0));
            self.accept(direction, false);
        }
    }

    /// Closes the connection; the peer is told in the next packet.
    fn close(&mut self, code: u64, why: &str) {
        if self.is_done() {
            return;
        }
        self.life = Life::Closing(varint(code), why.as_bytes().to_vec());
        let ids: Vec<_> = self.streams.iter().map(|(id, _)| *id).collect();
        for id in ids {
            let Some(stream) = self.streams.get_mut(&id) else { continue };
            stream.end_writing();
            if stream.reading == Reading::Open {
                stream.reading = Reading::Reset(code);
                self.read_no_more(id);
            }
            self.turns.remove(id);
            self.settle(id);
        }
        self.measure_datagrams();
    }

    /// The code is the application's if the peer's application has closed the connection, and
    /// QUIC's if the peer itself has. [`lost`](Streams::lost) tells which, and all other reasons.
    fn ended(&self) -> Option<Ended> {
        self.ended
    }
}

impl Opens for Streams {
    fn open(&mut self, direction: Direction) -> Option<StreamId> {
        if self.is_done() {
            return None;
        }
        let both = direction == Direction::Both;
        let Some(id) = self.connection.streams().open(if both { Dir::Bi } else { Dir::Uni }) else {
            self.told.waits = true;
            return None;
        };
        let stream = stream::Stream::new(both, true, self.limits.window, self.limits.output);
        self.streams.insert(id, stream);
        self.prioritise(id, Priority::SHARED);
        Some(id)
    }

    fn opens_later(&self, _: Direction) -> bool {
        !self.is_done()
    }
}

/// Datagrams that are longer than a packet are not sent (RFC 9221 §5).
impl Datagrams for Streams {
    fn datagram(&mut self) -> Option<Bytes> {
        self.connection.datagrams().recv()
    }

    fn put_datagram(&mut self, parts: &[&[u8]]) -> bool {
        self.measure_datagrams();
        let length = parts.iter().fold(0_usize, |sum, part| sum.saturating_add(part.len()));
        if length > self.datagram_room || self.is_done() {
            return false;
        }
        let mut datagram = BytesMut::with_capacity(length);
        parts.iter().for_each(|part| datagram.extend_from_slice(part));
        let sent = self.connection.datagrams().send(datagram.freeze(), false).is_ok();
        self.measure_datagrams();
        sent
    }

    fn datagram_room(&self) -> usize {
        self.datagram_room
    }
}

impl Streams {
    /// Resets this end's side of a stream alone, with a code of the application (RFC 9000 §3.1): what
    /// the peer sends is still read. [`reset`](Carrier::reset) ends both sides, and
    /// [`stop`](Carrier::stop) the peer's alone.
    pub fn reset_sending(&mut self, id: StreamId, code: u64) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        if !stream.is_sent() {
            stream.end_writing();
            let _ = self.connection.send_stream(id).reset(varint(code));
            self.turns.remove(id);
        }
        self.settle(id);
    }

    /// Computes the length of the longest datagram.
    pub(super) fn measure_datagrams(&mut self) {
        let datagrams = self.connection.datagrams();
        let room = datagrams.max_size().unwrap_or(0).min(datagrams.send_buffer_space());
        self.datagram_room = if self.is_done() { 0 } else { room };
    }
}
