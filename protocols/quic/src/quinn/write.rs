//! Writing: the outputs by turns, as far as the connection takes them.

use bytes::Buf;
use quinn_proto::{FinishError, StreamId, WriteError};

use super::{
    Streams,
    stream::{Events, Writing},
};

/// The number of bytes that a stream writes in its turn: at 100 Mbit/s another waits 1.3 ms for it.
const PIECE: usize = 16 * 1024;

impl Streams {
    /// Queues a stream for its turn to write.
    pub(super) fn has_to_write(&mut self, id: StreamId) {
        if let Some(stream) = self.streams.get(&id)
            && matches!(stream.writing, Writing::Open | Writing::Finishing)
        {
            self.turns.enqueue(id, stream.priority);
        }
    }

    /// Writes the outputs, by turns.
    pub(super) fn write_all(&mut self) {
        while let Some(id) = self.turns.next() {
            let more = self.write(id);
            // It may have been taken out.
            if self.turns.next() == Some(id) {
                self.turns.served(more);
            }
        }
    }

    /// Writes a piece of the output, and the end behind it. Returns true if the stream can go on.
    fn write(&mut self, id: StreamId) -> bool {
        let Some(stream) = self.streams.get_mut(&id) else { return false };
        if !matches!(stream.writing, Writing::Open | Writing::Finishing) {
            return false;
        }
        let was_full = !stream.output.has_room();
        if stream.front.is_empty()
            && let Some(next) = stream.output.pop()
        {
            stream.front = next;
            stream.mark(self.limits.output);
        }
        if stream.front.is_empty() {
            if stream.writing == Writing::Finishing {
                match self.connection.send_stream(id).finish() {
                    Ok(()) => stream.writing = Writing::Finished,
                    Err(FinishError::Stopped(code)) => self.stopped(id, code.into_inner()),
                    Err(FinishError::ClosedStream) => stream.end_writing(),
                }
                self.settle(id);
            }
            return false;
        }
        let mut piece = [stream.front.slice(..stream.front.len().min(PIECE))];
        let written = self.connection.send_stream(id).write_chunks(&mut piece);
        let goes_on = match written {
            Ok(written) => {
                stream.front.advance(written.bytes);
                stream.mark(self.limits.output);
                stream.sent += written.bytes;
                self.writes += 1;
                stream.wrote = self.writes;
                self.tell(id, Events::SENT);
                true
            }
            // An event tells when it can go on.
            Err(WriteError::Blocked) => {
                stream.blocked = true;
                false
            }
            Err(WriteError::Stopped(code)) => {
                self.stopped(id, code.into_inner());
                return false;
            }
            Err(WriteError::ClosedStream) => {
                stream.end_writing();
                self.settle(id);
                return false;
            }
        };
        if was_full && self.streams.get(&id).is_some_and(|stream| stream.output.has_room()) {
            self.tell(id, Events::WRITABLE);
        }
        goes_on
    }
}
