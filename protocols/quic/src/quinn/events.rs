//! Events of a connection, turned into events of a carrier.

use quinn_proto::{ConnectionError, Dir, Event as Heard, StreamEvent, StreamId};
use segue::mux::{Ended, Event};

use super::{
    Life, Streams, index,
    stream::{Events, Reading, Stream, Writing},
    varint,
};

impl Streams {
    /// Acts upon all that the connection has to tell.
    pub(super) fn hear(&mut self, early: bool) {
        // The connection tells those first that were blocked last.
        let mut writable = Vec::new();
        while let Some(event) = self.connection.poll() {
            match event {
                Heard::Connected => {
                    self.connected = true;
                    self.forget_rejected();
                    self.may_open();
                }
                Heard::ConnectionLost { reason } => self.lose(reason),
                Heard::Stream(StreamEvent::Opened { dir }) => self.accept(dir, early),
                Heard::Stream(StreamEvent::Readable { id }) => self.fill(id),
                Heard::Stream(StreamEvent::Writable { id }) => {
                    if let Some(stream) = self.streams.get_mut(&id) {
                        stream.blocked = false;
                        writable.push((stream.wrote, id));
                    }
                }
                Heard::Stream(StreamEvent::Finished { id }) => self.finished(id),
                Heard::Stream(StreamEvent::Stopped { id, error_code }) => {
                    self.stopped(id, error_code.into_inner());
                }
                Heard::Stream(StreamEvent::Available { .. }) => self.may_open(),
                Heard::HandshakeDataReady | Heard::DatagramReceived | Heard::DatagramsUnblocked => {
                }
            }
        }
        writable.sort_unstable();
        for (_, id) in writable {
            self.has_to_write(id);
        }
        self.measure_datagrams();
    }

    fn may_open(&mut self) {
        self.told.may |= std::mem::take(&mut self.told.waits);
    }

    /// Takes streams that the peer has opened, as many as may be held.
    pub(super) fn accept(&mut self, direction: Dir, early: bool) {
        // Before the handshake is over all are taken, or it would not be known which are early. The
        // connection's own limit bounds them.
        while (early || self.counted[index(direction)] < self.limits.streams)
            && !self.is_done()
            && let Some(id) = self.connection.streams().accept(direction)
        {
            if let Some(code) = self.refuse {
                let _ = self.connection.recv_stream(id).stop(code);
                if direction == Dir::Bi {
                    let _ = self.connection.send_stream(id).reset(code);
                }
                continue;
            }
            let (window, output) = (self.limits.window, self.limits.output);
            let mut stream = Stream::new(true, direction == Dir::Bi, window, output);
            (stream.counts, stream.early) = (true, early && self.connection.side().is_server());
            self.counted[index(direction)] += 1;
            self.streams.insert(id, stream);
            self.tell(id, Events::OPENED);
            self.fill(id);
            // Earlier events were of a stream that nobody knew.
            if direction == Dir::Bi
                && let Ok(Some(code)) = self.connection.send_stream(id).stopped()
            {
                self.stopped(id, code.into_inner());
            }
        }
    }

    /// Forgets the streams of early data that the server did not take. Before the handshake was over
    /// a client could open no others.
    fn forget_rejected(&mut self) {
        if self.connection.side().is_client() && !self.connection.accepted_0rtt() {
            self.rejected.extend(self.streams.iter().map(|(id, _)| *id));
            for id in &self.rejected {
                self.streams.remove(id);
                self.turns.remove(*id);
            }
            self.telling.clear();
            self.grants.clear();
        }
    }

    /// The peer has acknowledged everything.
    fn finished(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        stream.end_writing();
        self.settle(id);
    }

    /// The peer does not want what is sent.
    pub(super) fn stopped(&mut self, id: StreamId, code: u64) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        if matches!(stream.writing, Writing::Open | Writing::Finishing) {
            stream.end_writing();
            let _ = self.connection.send_stream(id).reset(varint(code));
        }
        stream.stopped = code;
        self.turns.remove(id);
        self.tell(id, Events::STOPPED);
        self.settle(id);
    }

    /// Nothing more leaves, and nothing comes but what has come.
    fn lose(&mut self, reason: ConnectionError) {
        let why = match &reason {
            ConnectionError::ApplicationClosed(close) => close.error_code.into_inner(),
            ConnectionError::ConnectionClosed(close) => close.error_code.into(),
            ConnectionError::TransportError(error) => error.code.into(),
            _ => 0,
        };
        if !self.is_done() {
            self.told.away = Some(why);
        }
        let by_peer = matches!(
            reason,
            ConnectionError::ApplicationClosed(_) | ConnectionError::ConnectionClosed(_)
        );
        let tells = by_peer && !self.is_done();
        let mut streams = 0;
        self.life = Life::Lost(reason);
        let code = self.broken().unwrap_or(0);
        let ids: Vec<_> = self.streams.iter().map(|(id, _)| *id).collect();
        for id in ids {
            let Some(stream) = self.streams.get_mut(&id) else { continue };
            let cut = !matches!(stream.writing, Writing::Never | Writing::Over);
            stream.end_writing();
            let reading = stream.reading;
            if cut {
                stream.stopped = code;
            }
            self.fill(id);
            if reading == Reading::Open
                && let Some(stream) = self.streams.get(&id)
                && stream.held
                && stream.reading != Reading::Ended
            {
                streams += 1;
            }
            // A stream that is not read tells it all the same, and so does one whose data was read.
            if cut && !matches!(reading, Reading::Open) {
                self.tell(id, Events::RESET);
            }
            self.settle(id);
        }
        self.ended = (tells && streams > 0).then_some(Ended { code: why, streams });
        while let Some(id) = self.turns.next() {
            self.turns.remove(id);
        }
    }

    /// The code that streams break off with, once the connection is over.
    pub(super) fn broken(&self) -> Option<u64> {
        match &self.life {
            Life::Open => None,
            Life::Closing(..) | Life::Closed => Some(0),
            Life::Lost(ConnectionError::ApplicationClosed(close)) => {
                Some(close.error_code.into_inner())
            }
            Life::Lost(_) => Some(0),
        }
    }

    /// Notes an event of a stream.
    pub(super) fn tell(&mut self, id: StreamId, event: Events) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        // Nobody is told of a stream that was let go of, but for its end.
        if !stream.held && event != Events::RELEASED {
            return;
        }
        if !std::mem::replace(&mut stream.tells, true) {
            self.telling.push_back(id);
        }
        stream.events.add(event);
    }

    /// Looks whether a stream is done with: for the limit, and for its consumer.
    pub(super) fn settle(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        if stream.held {
            return;
        }
        let uncounted = stream.counts && stream.unsent() == 0;
        if uncounted {
            stream.counts = false;
        }
        if stream.is_sent() {
            self.tell(id, Events::RELEASED);
        }
        if uncounted {
            self.counted[index(id.dir())] -= 1;
            self.accept(id.dir(), false);
        }
    }

    pub(super) fn take_event(&mut self) -> Option<Event<StreamId>> {
        self.hear(self.connection.is_handshaking());
        if let Some(id) = self.rejected.pop_front() {
            return Some(Event::Released(id));
        }
        while let Some(&id) = self.telling.front() {
            let Some(stream) = self.streams.get_mut(&id) else {
                self.telling.pop_front();
                continue;
            };
            let event = stream.next_event(id);
            if stream.events.is_empty() {
                stream.tells = false;
                self.telling.pop_front();
            }
            if let Some(Event::Released(_)) = event {
                self.streams.remove(&id);
            }
            if event.is_some() {
                return event;
            }
        }
        if let Some(code) = self.told.away.take() {
            return Some(Event::Away(code));
        }
        std::mem::take(&mut self.told.may).then_some(Event::May)
    }
}
