//! Reading: as far as the window allows, and further for records that are longer.

use quinn_proto::{ReadError, StreamId};
use segue::mux::Wanted;

use super::{
    Streams,
    stream::{Events, Reading, Stream},
};

impl Streams {
    /// Reads from a stream as far as its window allows.
    pub(super) fn fill(&mut self, id: StreamId) {
        let broken = self.broken();
        let Some(stream) = self.streams.get_mut(&id) else { return };
        if stream.reading != Reading::Open || !stream.held {
            return;
        }
        let before = (stream.window.reached(), stream.reading);
        let mut recv = self.connection.recv_stream(id);
        stream.held_up = stream.window.reached() >= stream.window.limit();
        if stream.held_up {
            // A reset is seen all the same.
            if let Ok(Some(code)) = recv.received_reset() {
                stream.reading = Reading::Reset(code.into_inner());
            }
        } else if let Ok(mut chunks) = recv.read(true) {
            loop {
                let room = stream.window.limit() - stream.window.reached();
                if room == 0 {
                    stream.held_up = true;
                    break;
                }
                match chunks.next(usize::try_from(room).unwrap_or(usize::MAX)) {
                    Ok(Some(chunk)) => {
                        stream.input.extend(&chunk.bytes);
                        // It is no more than there was room for.
                        let _ = stream.window.advance(chunk.bytes.len() as u64);
                    }
                    Ok(None) => stream.reading = Reading::Ended,
                    Err(ReadError::Reset(code)) => {
                        stream.reading = Reading::Reset(code.into_inner());
                    }
                    Err(ReadError::Blocked) => {
                        // The missing bytes will not come.
                        if let Some(code) = broken {
                            stream.reading = Reading::Reset(code);
                        }
                        break;
                    }
                }
                if stream.reading != Reading::Open {
                    break;
                }
            }
            // The caller checks for something to send in any case.
            let _ = chunks.finalize();
        } else {
            // The connection knows nothing of the stream: early data was rejected.
            stream.reading = Reading::Reset(0);
        }
        let (reached, reading) = (stream.window.reached(), stream.reading);
        if (reached, reading) != before {
            self.tell(id, Events::READABLE);
        }
        if matches!(reading, Reading::Reset(_)) {
            self.tell(id, Events::RESET);
        }
        if reading != Reading::Open {
            self.read_no_more(id);
        }
    }

    /// Takes back the grant of a stream beyond its window.
    pub(super) fn read_no_more(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        self.grants.take_back(stream.window.excess());
        // Nothing is in excess of this.
        stream.window.resize(u64::MAX);
        self.grant_to_others();
    }

    /// Notes that the consumer has read this much.
    pub(super) fn consumed(&mut self, id: StreamId, count: usize) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        let before = stream.window.excess();
        stream.window.consume(count as u64);
        self.grants.take_back(before - stream.window.excess());
        stream.window.announce_all();
        if stream.held_up {
            self.fill(id);
        }
        self.grant_to_others();
    }

    /// Notes that the consumer lacks this much. Returns false if it will not be granted.
    pub(super) fn lacks(&mut self, id: StreamId, at_least: usize) -> bool {
        let reads = |stream: &&mut Stream| stream.reading == Reading::Open;
        let Some(stream) = self.streams.get_mut(&id).filter(reads) else { return true };
        let arrived = stream.window.reached();
        match self.grants.want(id, &mut stream.window, arrived, at_least as u64) {
            Wanted::Granted(_) => self.fill(id),
            Wanted::Allowed | Wanted::Waits => {}
            Wanted::Never => return false,
        }
        true
    }

    /// Gives grants that have become free to the streams that wait, in their order.
    fn grant_to_others(&mut self) {
        let reads = |stream: &&mut Stream| stream.held && stream.reading == Reading::Open;
        while let Some(id) = self.grants.first() {
            let Some(stream) = self.streams.get_mut(&id).filter(reads) else {
                self.grants.forget(id);
                continue;
            };
            let arrived = stream.window.reached();
            if self.grants.serve(&mut stream.window, arrived).is_none() {
                return;
            }
            // It may end the stream, which grants to others again.
            self.fill(id);
        }
    }
}
