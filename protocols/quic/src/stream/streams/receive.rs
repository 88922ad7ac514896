//! Received frames.

use segue::mux::{Ending, Wanted};

use super::{
    Streams,
    entry::{Entry, Writing},
    index,
};
use crate::{
    VarInt,
    frame::Frame,
    stream::{StreamError, StreamId, told::Events},
};

impl Streams {
    /// Takes a frame of the peer. Returns false, with nothing changed, for a frame that is not of
    /// streams.
    ///
    /// # Errors
    /// If it breaks a rule of streams: close the connection.
    pub fn receive(&mut self, frame: &Frame<'_>) -> Result<bool, StreamError> {
        match frame {
            Frame::Stream(part) => {
                let id = self.received_on(part.id)?;
                let Some(entry) = self.streams.get_mut(&id) else { return Ok(true) };
                let Some(receive) = &mut entry.receive else { return Ok(true) };
                let offset = part.offset.value();
                let more = receive.receive(offset, part.data, part.fin, &mut self.window)?;
                if more {
                    self.tell(id, Events::READABLE);
                }
                self.received(id);
            }
            Frame::ResetStream(reset) => {
                let id = self.received_on(reset.id)?;
                let Some(entry) = self.streams.get_mut(&id) else { return Ok(true) };
                let Some(receive) = &mut entry.receive else { return Ok(true) };
                let (code, size) = (reset.error.value(), reset.final_size.value());
                let news = receive.reset(code, size, &mut self.window)? && entry.broken.is_none();
                if news {
                    self.tell(id, Events::READABLE);
                    self.tell(id, Events::RESET);
                }
                self.received(id);
            }
            Frame::StopSending(stop) => {
                let id = self.sent_on(stop.id)?;
                let Some(entry) = self.streams.get_mut(&id) else { return Ok(true) };
                if entry.send.as_ref().is_some_and(|send| !send.is_done()) {
                    entry.stopped = stop.error.value();
                    entry.end_writing(entry.stopped);
                    self.turns.remove(id);
                    self.owe(id);
                    self.tell(id, Events::STOPPED);
                }
            }
            Frame::MaxStreamData(max) => {
                let id = self.sent_on(max.id)?;
                let Some(entry) = self.streams.get_mut(&id) else { return Ok(true) };
                if let Some(send) = &mut entry.send
                    && send.credit_mut().raise_to(max.maximum.value())
                    && entry.has_more()
                {
                    self.turns.enqueue(id, entry.priority);
                }
            }
            Frame::MaxData(max) => {
                if self.credit.raise_to(max.maximum.value()) {
                    while let Some(id) = self.starved.pop_front() {
                        if let Some(entry) = self.streams.get_mut(&id) {
                            entry.starved = false;
                            self.turns.enqueue(id, entry.priority);
                        }
                    }
                }
            }
            Frame::MaxStreams(max) => self.allow(max.direction, max.maximum.value()),
            Frame::StreamDataBlocked(blocked) => {
                self.received_on(blocked.id)?;
            }
            Frame::DataBlocked(_) | Frame::StreamsBlocked(_) => {}
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Finds a stream on which the peer sends, and opens it if necessary.
    fn received_on(&mut self, id: VarInt) -> Result<StreamId, StreamError> {
        let id = StreamId::from(id);
        if !id.is_sent_by(self.role.peer()) {
            return Err(StreamError::NoSuchDirection(id));
        }
        self.known(id)
    }

    /// Finds a stream on which this end sends.
    fn sent_on(&mut self, id: VarInt) -> Result<StreamId, StreamError> {
        let id = StreamId::from(id);
        if !id.is_sent_by(self.role) {
            return Err(StreamError::NoSuchDirection(id));
        }
        self.known(id)
    }

    /// Opens the streams that the peer has opened by naming one: those before it, too (RFC 9000
    /// §3.2).
    fn known(&mut self, id: StreamId) -> Result<StreamId, StreamError> {
        let counts = &mut self.counts[index(id.direction())];
        if id.initiator() == self.role {
            let opened = id.index() < counts.credit.used();
            return if opened { Ok(id) } else { Err(StreamError::NotOpened(id)) };
        }
        let before = counts.window.reached();
        counts.window.reach(id.count()).map_err(StreamError::StreamCount)?;
        for index in before..id.count() {
            let Some(id) = StreamId::of(self.role.peer(), id.direction(), index) else { break };
            self.add(id);
            match self.refuse {
                None if self.closing.is_none() => self.tell(id, Events::OPENED),
                code => {
                    self.break_off(id, code.unwrap_or(0));
                    if let Some(entry) = self.streams.get_mut(&id) {
                        entry.held = false;
                    }
                }
            }
        }
        Ok(id)
    }

    /// Handles the effects of a frame.
    fn received(&mut self, id: StreamId) {
        let Some(entry) = self.streams.get(&id) else { return };
        if entry.ending() != Ending::Open {
            self.read_no_more(id);
        }
        self.raise |= self.window.announce().is_some();
        self.settle(id);
    }

    /// Takes back the grant of a stream beyond its window.
    pub(super) fn read_no_more(&mut self, id: StreamId) {
        let Some(receive) = self.streams.get_mut(&id).and_then(|entry| entry.receive.as_mut())
        else {
            return;
        };
        self.grants.take_back(receive.window().excess());
        // Nothing is in excess of this.
        receive.window_mut().resize(u64::MAX);
        self.grant_to_others();
    }

    /// Resets both sides of a stream.
    pub(super) fn break_off(&mut self, id: StreamId, code: u64) {
        self.reset_sending(id, code);
        self.stop_reading(id, code);
        self.settle(id);
    }

    pub(super) fn stop_reading(&mut self, id: StreamId, code: u64) {
        let Some(entry) = self.streams.get_mut(&id) else { return };
        if entry.ending() != Ending::Open {
            return;
        }
        entry.broken = Some(code);
        let Some(receive) = &mut entry.receive else { return };
        receive.stop(code);
        self.owe(id);
        self.raise |= self.window.announce().is_some();
        self.read_no_more(id);
    }

    /// Notes that the consumer lacks this much. Returns false if it will not be granted.
    pub(super) fn lacks(&mut self, id: StreamId, at_least: usize) -> bool {
        let Some(receive) = self.streams.get_mut(&id).and_then(Entry::read_mut) else {
            return true;
        };
        let arrived = receive.arrived();
        match self.grants.want(id, receive.window_mut(), arrived, at_least as u64) {
            Wanted::Granted(more) => self.granted(id, more),
            Wanted::Allowed | Wanted::Waits => {}
            Wanted::Never => return false,
        }
        true
    }

    /// Notes more credit on a stream, to be told to the peer.
    fn granted(&mut self, id: StreamId, more: u64) {
        let Some(entry) = self.streams.get_mut(&id) else { return };
        let Some(receive) = &entry.receive else { return };
        // The connection has to let it through as well.
        let excess = receive.window().excess().min(more);
        self.window.allow(self.window.limit().saturating_add(excess));
        entry.raise = true;
        self.raise = true;
        self.owe(id);
    }

    /// Gives grants that have become free to the streams that wait, in their order.
    pub(super) fn grant_to_others(&mut self) {
        while let Some(id) = self.grants.first() {
            let Some(receive) = self.streams.get_mut(&id).and_then(Entry::read_mut) else {
                self.grants.forget(id);
                continue;
            };
            let arrived = receive.arrived();
            let Some(more) = self.grants.serve(receive.window_mut(), arrived) else { return };
            if more > 0 {
                self.granted(id, more);
            }
        }
    }

    /// Returns true if a consumer may still write.
    pub(super) fn writes(&self, id: StreamId) -> bool {
        self.streams.get(&id).is_some_and(|entry| entry.writing == Writing::Open)
    }
}
