use core::fmt;

use bytes::Bytes;
use segue::{Output, mux::Credit};

use super::{Piece, SendQueue, Sent, StreamId};
use crate::VarInt;

/// The sending side of a stream: its data until it is acknowledged, its end, its credit (RFC 9000
/// §3.1).
///
/// [`next`](Self::next) cuts written data into STREAM frames, within the credit of the stream and
/// that of the connection. Keep the [`Piece::sent`] of each frame with its packet, and report when
/// that is [`acknowledged`](Self::acknowledged) or [`lost`](Self::lost).
///
/// ```
/// use segue::mux::Credit;
/// use segue_quic::stream::{SendStream, StreamId};
///
/// let mut connection = Credit::new(1000);
/// let mut stream = SendStream::new(StreamId::new(0), 8); // initial_max_stream_data_..
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
/// stream.acknowledged(second);
/// stream.acknowledged(first);
/// assert!(stream.is_done());
/// # Ok::<(), segue_quic::stream::Closed>(())
/// ```
#[derive(Debug)]
pub struct SendStream {
    id: StreamId,
    queue: SendQueue,
    credit: Credit,
    fin: Told,
    /// The application's error code, once this side reset the stream, and the final size.
    reset: Option<(u64, u64)>,
    reset_told: Told,
}

/// The progress of something that is told in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// There is nothing to tell.
    Nothing,
    /// It is to be sent, for the first time or again.
    Due,
    /// It is under way.
    Sent,
    /// It has arrived.
    Acknowledged,
}

impl SendStream {
    /// Creates a stream on which `limit` bytes may be sent at first, as in the peer's transport
    /// parameters.
    #[must_use]
    pub fn new(id: StreamId, limit: u64) -> Self {
        Self {
            id,
            queue: SendQueue::new(),
            credit: Credit::new(limit),
            fin: Told::Nothing,
            reset: None,
            reset_told: Told::Nothing,
        }
    }

    /// Writes a copy of `bytes`.
    ///
    /// # Errors
    /// If the stream was finished or reset.
    pub fn put(&mut self, bytes: &[u8]) -> Result<(), Closed> {
        self.open()?.put(bytes);
        Ok(())
    }

    /// Writes `bytes`, from [`Output::WHOLE`] bytes on without a copy.
    ///
    /// # Errors
    /// As [`put`](Self::put).
    pub fn put_bytes(&mut self, bytes: Bytes) -> Result<(), Closed> {
        self.open()?.put_bytes(bytes);
        Ok(())
    }

    /// Writes all bytes of `output`: items of encoders, and answers of stages.
    ///
    /// # Errors
    /// As [`put`](Self::put), unless nothing waits.
    pub fn append(&mut self, output: &mut Output) -> Result<(), Closed> {
        if !output.is_empty() {
            self.open()?.append(output);
        }
        Ok(())
    }

    /// Ends the stream behind the written data.
    pub fn finish(&mut self) {
        if self.fin == Told::Nothing && self.reset.is_none() {
            self.fin = Told::Due;
        }
    }

    /// Resets the stream with an error code of the application protocol, on its own account or
    /// since the peer asked for it in a STOP_SENDING frame (RFC 9000 §3.5). Written data is
    /// dropped, and [`next_reset`](Self::next_reset) returns the frame. A stream that was reset
    /// already, or has arrived as a whole, is unchanged.
    pub fn reset(&mut self, code: u64) {
        if self.reset.is_none() && !self.is_done() {
            self.reset = Some((code, self.queue.sent()));
            self.reset_told = Told::Due;
            self.fin = Told::Nothing;
            self.queue.clear();
        }
    }

    /// Takes the next piece to send, cut so that its STREAM frame has at most `room` bytes, length
    /// included. None if there is nothing to send, no room, or no credit: of the stream and of the
    /// `connection`. Lost data takes no credit again.
    ///
    /// The piece counts as sent.
    pub fn next(&mut self, room: usize, connection: &mut Credit) -> Option<Piece<'_>> {
        let credit = self.credit.available().min(connection.available());
        let (end, fin_due) = (self.queue.end(), self.fin == Told::Due);
        let candidate = self.queue.candidate(credit);
        // The end alone, where all before it was sent.
        let fin_alone = || (fin_due && self.queue.sent() == end).then_some((end, 0));
        let (offset, most) = candidate.or_else(fin_alone)?;
        let room = self.room_for_data(offset, room)?;
        if room == 0 && most > 0 {
            return None;
        }
        let before = self.queue.sent();
        let (fin, credit, queue) = (&mut self.fin, &mut self.credit, &mut self.queue);
        if most == 0 {
            *fin = Told::Sent;
            return Some(Piece { offset, data: &[], fin: true });
        }
        let mut piece = queue.take(offset, most.min(room as u64));
        let piece_end = offset + piece.data.len() as u64;
        let new = piece_end.saturating_sub(before);
        credit.take(new);
        connection.take(new);
        if piece_end == end && *fin != Told::Nothing {
            piece.fin = true;
            if *fin == Told::Due {
                *fin = Told::Sent;
            }
        }
        Some(piece)
    }

    /// Returns the error code and the final size for a RESET_STREAM frame, if one is due. It counts
    /// as sent.
    pub fn next_reset(&mut self) -> Option<(u64, u64)> {
        if self.reset_told != Told::Due {
            return None;
        }
        self.reset_told = Told::Sent;
        self.reset
    }

    /// Notes that a STREAM frame that carried `sent` was acknowledged.
    pub fn acknowledged(&mut self, sent: Sent) {
        self.queue.acknowledged(sent);
        if sent.fin && matches!(self.fin, Told::Sent | Told::Due) && self.is_end(sent) {
            self.fin = Told::Acknowledged;
        }
    }

    /// Notes that a STREAM frame that carried `sent` was lost.
    pub fn lost(&mut self, sent: Sent) {
        self.queue.lost(sent);
        if sent.fin && self.fin == Told::Sent && self.is_end(sent) {
            self.fin = Told::Due;
        }
    }

    /// Notes that the RESET_STREAM frame was acknowledged.
    pub fn reset_acknowledged(&mut self) {
        if self.reset.is_some() {
            self.reset_told = Told::Acknowledged;
        }
    }

    /// Notes that the RESET_STREAM frame was lost.
    pub fn reset_lost(&mut self) {
        if self.reset_told == Told::Sent {
            self.reset_told = Told::Due;
        }
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
        self.queue.has_more() || self.fin == Told::Due || self.reset_told == Told::Due
    }

    /// Returns true if the stream is closed on this side: the peer has acknowledged everything with
    /// the end, or the reset.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.reset_told == Told::Acknowledged
            || (self.fin == Told::Acknowledged && self.queue.unacknowledged() == 0)
    }

    fn open(&mut self) -> Result<&mut SendQueue, Closed> {
        match (self.fin, self.reset) {
            (Told::Nothing, None) => Ok(&mut self.queue),
            _ => Err(Closed),
        }
    }

    fn is_end(&self, sent: Sent) -> bool {
        sent.offset.checked_add(sent.length as u64) == Some(self.queue.end())
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

/// The stream was finished or reset: nothing more can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the stream was finished or reset")
    }
}

impl core::error::Error for Closed {}

fn varint_size(value: u64) -> usize {
    VarInt::new(value).map_or(VarInt::MAX_SIZE, VarInt::size)
}
