use core::{fmt, ops::Range};

use bytes::Bytes;
use segue::{Output, mux::Credit};

use super::{
    SendQueue, StreamId,
    send_state::{SendEvent, SendState},
};
use crate::VarInt;

/// The sending side of a stream: its data until it is acknowledged, its end, its credit (RFC 9000
/// §3.1).
///
/// [`next`](Self::next) cuts written data into STREAM frames, within the credit of the stream and
/// that of the connection. Keep the [`StreamPiece::sent`] of each frame with its packet, and report
/// when that is [`acknowledged`](Self::acknowledged) or [`lost`](Self::lost).
///
/// ```
/// use segue::mux::Credit;
/// use segue_quic::stream::{SendStream, StreamId};
///
/// let mut connection = Credit::new(1000);
/// let id = StreamId::new(0).expect("it has 62 bits");
/// let mut stream = SendStream::new(id, 8); // initial_max_stream_data_..
/// stream.put(b"hello world")?;
/// stream.finish();
///
/// let piece = stream.next(100, &mut connection).unwrap();
/// assert_eq!((piece.data, piece.fin), (&b"hello wo"[..], false));
/// let first = piece.sent();
/// assert!(stream.next(100, &mut connection).is_none());
/// assert_eq!(stream.credit_mut().blocked(), Some(8)); // for a STREAM_DATA_BLOCKED frame
///
/// stream.credit_mut().raise_to(100); // a MAX_STREAM_DATA frame came
/// let piece = stream.next(100, &mut connection).unwrap();
/// assert_eq!((piece.offset, piece.data, piece.fin), (8, &b"rld"[..], true));
/// let second = piece.sent();
/// assert_eq!(second.stream, stream.id()); // where a connection has many
/// stream.acknowledged(second)?;
/// stream.acknowledged(first)?;
/// assert!(stream.is_done());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Memory
/// A stream takes at most [`MAX`](Self::MAX) bytes that are not acknowledged, or what
/// [`max`](Self::max) says: see [`room`](Self::room).
#[derive(Debug)]
pub struct SendStream {
    id: StreamId,
    queue: SendQueue,
    credit: Credit,
    state: SendState,
    /// The application's error code, once this side reset the stream, and the final size.
    reset: Option<(u64, u64)>,
    limit: usize,
}

/// A part of a stream for one STREAM frame, borrowed from the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamPiece<'a> {
    /// The stream.
    pub stream: StreamId,
    /// The offset of its first byte in the stream.
    pub offset: u64,
    /// The bytes.
    pub data: &'a [u8],
    /// The stream ends behind it.
    pub fin: bool,
}

/// The content of a STREAM frame, to be kept with its packet until that is acknowledged or lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sent {
    /// The stream.
    pub stream: StreamId,
    /// The offset of the first byte in the stream.
    pub offset: u64,
    /// The number of bytes carried.
    pub length: usize,
    /// The frame told the end of the stream.
    pub fin: bool,
}

impl StreamPiece<'_> {
    /// Returns the record to keep with the packet.
    #[must_use]
    pub fn sent(&self) -> Sent {
        let Self { stream, offset, data, fin } = *self;
        Sent { stream, offset, length: data.len(), fin }
    }
}

impl Sent {
    fn range(&self) -> Range<u64> {
        self.offset..self.offset.saturating_add(self.length as u64)
    }
}

impl SendStream {
    /// The most bytes that are written and not acknowledged by default: 4 MiB, which is 335 Mbit/s
    /// at a round trip of 100 ms.
    pub const MAX: usize = 4 << 20;

    /// Creates a stream on which `limit` bytes may be sent at first, as in the peer's transport
    /// parameters.
    #[must_use]
    pub fn new(id: StreamId, limit: u64) -> Self {
        Self {
            id,
            queue: SendQueue::new(),
            credit: Credit::new(limit),
            state: SendState::Open,
            reset: None,
            limit: Self::MAX,
        }
    }

    /// Takes up to `bytes` bytes that are not acknowledged.
    #[must_use]
    pub fn max(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    /// Returns the number of bytes that may be written now: [`max`](Self::max), less what is not
    /// acknowledged.
    #[must_use]
    pub fn room(&self) -> usize {
        let held = usize::try_from(self.queue.unacknowledged()).unwrap_or(usize::MAX);
        self.limit.saturating_sub(held)
    }

    /// Writes a copy of `bytes`.
    ///
    /// # Errors
    /// If the stream was finished or reset, or has no [room](Self::room) for all of it. Nothing is
    /// written then.
    pub fn put(&mut self, bytes: &[u8]) -> Result<(), SendError> {
        self.open(bytes.len())?.put(bytes);
        Ok(())
    }

    /// Writes `bytes`, from [`Output::WHOLE`] bytes on without a copy.
    ///
    /// # Errors
    /// As [`put`](Self::put).
    pub fn put_bytes(&mut self, bytes: Bytes) -> Result<(), SendError> {
        self.open(bytes.len())?.put_bytes(bytes);
        Ok(())
    }

    /// Writes all bytes of `output`: items of encoders, and answers of stages.
    ///
    /// # Errors
    /// As [`put`](Self::put), unless nothing waits.
    pub fn append(&mut self, output: &mut Output) -> Result<(), SendError> {
        if !output.is_empty() {
            self.open(output.len())?.append(output);
        }
        Ok(())
    }

    /// Ends the stream behind the written data.
    pub fn finish(&mut self) {
        self.on(SendEvent::Finish);
    }

    /// Resets the stream with an error code of the application protocol, on its own account or
    /// since the peer asked for it in a STOP_SENDING frame (RFC 9000 §3.5). Written data is
    /// dropped, and [`next_reset`](Self::next_reset) returns the frame. A stream that was reset
    /// already, or has arrived as a whole, is unchanged.
    pub fn reset(&mut self, code: u64) {
        if self.reset.is_none() && !self.is_done() {
            self.on(SendEvent::Reset);
            self.reset = Some((code, self.queue.sent()));
            self.queue.clear();
        }
    }

    /// Takes the next piece to send, cut so that its STREAM frame has at most `room` bytes, length
    /// included. None if there is nothing to send, no room, or no credit: of the stream and of the
    /// `connection`. Lost data takes no credit again.
    ///
    /// The piece counts as sent.
    pub fn next(&mut self, room: usize, connection: &mut Credit) -> Option<StreamPiece<'_>> {
        let stream = self.id;
        let credit = self.credit.available().min(connection.available());
        let (end, before) = (self.queue.end(), self.queue.sent());
        let candidate = self.queue.candidate(credit);
        // The end alone, where all before it was sent.
        let fin_alone = self.state == SendState::FinDue && before == end;
        let (offset, most) = candidate.or_else(|| fin_alone.then_some((end, 0)))?;
        let room = self.room_for_data(offset, room)?;
        if room == 0 && most > 0 {
            return None;
        }
        if most == 0 {
            self.on(SendEvent::FinSent);
            return Some(StreamPiece { stream, offset, data: &[], fin: true });
        }
        let data = self.queue.take(offset, most.min(room as u64)).data;
        let piece_end = offset + data.len() as u64;
        let new = piece_end.saturating_sub(before);
        self.credit.take(new);
        connection.take(new);
        let fin = piece_end == end && self.state.is_finished();
        if fin {
            self.state = self.state.after(SendEvent::FinSent);
        }
        Some(StreamPiece { stream, offset, data, fin })
    }

    /// Returns the error code and the final size for a RESET_STREAM frame, if one is due. It counts
    /// as sent.
    pub fn next_reset(&mut self) -> Option<(u64, u64)> {
        if self.state != SendState::ResetDue {
            return None;
        }
        self.on(SendEvent::ResetSent);
        self.reset
    }

    /// Notes that a STREAM frame that carried `sent` was acknowledged.
    ///
    /// # Errors
    /// If it was of another stream. Nothing has changed then.
    pub fn acknowledged(&mut self, sent: Sent) -> Result<(), WrongStream> {
        self.check(sent)?;
        self.queue.acknowledged(sent.range());
        if self.is_end(sent) {
            self.on(SendEvent::FinAcknowledged);
        }
        Ok(())
    }

    /// Notes that a STREAM frame that carried `sent` was lost.
    ///
    /// # Errors
    /// As [`acknowledged`](Self::acknowledged).
    pub fn lost(&mut self, sent: Sent) -> Result<(), WrongStream> {
        self.check(sent)?;
        self.queue.lost(sent.range());
        if self.is_end(sent) {
            self.on(SendEvent::FinLost);
        }
        Ok(())
    }

    /// Notes that the RESET_STREAM frame was acknowledged.
    pub fn reset_acknowledged(&mut self) {
        self.on(SendEvent::ResetAcknowledged);
    }

    /// Notes that the RESET_STREAM frame was lost.
    pub fn reset_lost(&mut self) {
        self.on(SendEvent::ResetLost);
    }

    /// Returns the id of the stream.
    #[must_use]
    pub fn id(&self) -> StreamId {
        self.id
    }

    /// Returns the queue of written and unacknowledged data.
    #[must_use]
    pub fn queue(&self) -> &SendQueue {
        &self.queue
    }

    /// Returns the credit: how much may be sent.
    #[must_use]
    pub fn credit(&self) -> &Credit {
        &self.credit
    }

    /// Returns the credit, to raise it by MAX_STREAM_DATA frames.
    pub fn credit_mut(&mut self) -> &mut Credit {
        &mut self.credit
    }

    /// Returns true if there is something to send, given credit and room: data, the end, or a
    /// reset.
    #[must_use]
    pub fn has_more(&self) -> bool {
        self.queue.has_more() || matches!(self.state, SendState::FinDue | SendState::ResetDue)
    }

    /// Returns true if the stream is closed on this side: the peer has acknowledged everything with
    /// the end, or the reset.
    #[must_use]
    pub fn is_done(&self) -> bool {
        match self.state {
            SendState::ResetAcknowledged => true,
            SendState::FinAcknowledged => self.queue.unacknowledged() == 0,
            _ => false,
        }
    }

    fn on(&mut self, event: SendEvent) {
        self.state = self.state.after(event);
    }

    /// The queue, if it takes `length` bytes more.
    fn open(&mut self, length: usize) -> Result<&mut SendQueue, SendError> {
        let room = self.room();
        match self.state {
            SendState::Open if length <= room => Ok(&mut self.queue),
            SendState::Open => Err(SendError::Full { room }),
            _ => Err(SendError::Closed),
        }
    }

    fn check(&self, sent: Sent) -> Result<(), WrongStream> {
        let Self { id, .. } = *self;
        if sent.stream == id { Ok(()) } else { Err(WrongStream { sent: sent.stream, here: id }) }
    }

    /// Returns true if the frame told the end of what was written.
    fn is_end(&self, sent: Sent) -> bool {
        sent.fin
            && sent.offset.checked_add(sent.length as u64) == Some(self.queue.end())
            && self.queue.sent() == self.queue.end()
    }

    /// Returns the number of data bytes that fit in a STREAM frame of `room` bytes (RFC 9000
    /// §19.8); none if not even an empty one fits.
    fn room_for_data(&self, offset: u64, room: usize) -> Option<usize> {
        let offset = if offset == 0 { 0 } else { varint_size(offset) };
        let room = room.checked_sub(1 + varint_size(self.id.value()) + offset)?;
        match room {
            0 => None,
            1..=64 => Some(room - 1),
            65 => Some(63),
            66..=16_385 => Some(room - 2),
            16_386..=16_387 => Some(16_383),
            // A datagram has less than 64 KiB.
            _ => Some(room - 4),
        }
    }
}

/// The reason why bytes were not written to a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError {
    /// The stream was finished or reset: nothing more can be written.
    Closed,
    /// As much as is allowed waits to be acknowledged.
    Full {
        /// The number of bytes that could be written.
        room: usize,
    },
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the stream was finished or reset"),
            Self::Full { room } => {
                write!(f, "the stream has room for {room} bytes until more is acknowledged")
            }
        }
    }
}

impl core::error::Error for SendError {}

/// The error for a record of a frame that was sent on another stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrongStream {
    /// The stream that the frame was sent on.
    pub sent: StreamId,
    /// The stream that it was reported to.
    pub here: StreamId,
}

impl fmt::Display for WrongStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a frame of stream {} was reported to stream {}", self.sent, self.here)
    }
}

impl core::error::Error for WrongStream {}

fn varint_size(value: u64) -> usize {
    VarInt::new(value).map_or(VarInt::MAX_SIZE, VarInt::size)
}
