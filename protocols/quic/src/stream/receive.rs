use segue::{Buffer, Decode, Output, Step, mux::Window};

use super::{ConnectionWindow, ReadError, Reassembler, StreamError, connection_window::Returned};

/// The receiving side of a stream: its data in order, its end, its limit (RFC 9000 §3.2).
///
/// Give STREAM frames to [`receive`](Self::receive) as they come. Any stage then reads the stream
/// by [`step`](Self::step), or from the [`Buffer`] of [`parts`](Self::parts). Data that was read
/// makes room for more: [`settle`](Self::settle) counts it, and tells when to send the peer a new
/// limit. A stream that is reset, stopped or dropped settles with its connection by itself.
///
/// ```
/// use segue::{Output, Step, separator};
/// use segue_quic::{ErrorCode, stream::{ConnectionWindow, ReceiveStream}};
///
/// let mut connection = ConnectionWindow::new(1000);
/// let mut stream = ReceiveStream::new(10, &connection);
/// stream.receive(3, b"\nfour", false, &mut connection)?;
/// stream.receive(0, b"one", false, &mut connection)?;
///
/// let (mut lines, mut answers) = (separator::line(), Output::new());
/// assert!(matches!(stream.step(&mut lines, &mut answers)?, Step::Item(line) if line == b"one"));
///
/// // Four of ten bytes were read: not worth a frame yet.
/// assert_eq!(stream.settle(&mut connection), None);
/// let error = stream.receive(8, b"...", true, &mut connection).unwrap_err();
/// assert_eq!(error.code(), ErrorCode::FLOW_CONTROL_ERROR);
/// stream.receive(8, b".\n", true, &mut connection)?;
/// assert!(matches!(stream.step(&mut lines, &mut answers)?, Step::Item(line) if line == b"four."));
/// assert!(matches!(stream.step(&mut lines, &mut answers)?, Step::Done));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Memory
/// A stream holds at most its window of `w` bytes: data in order in the buffer, which doubles as it
/// grows, and the rest as in [`Reassembler`]. A window of the connection bounds the sum over all
/// streams.
#[derive(Debug)]
pub struct ReceiveStream {
    reassembler: Reassembler,
    buffer: Buffer,
    window: Window,
    /// The place in the window of the connection for what nobody will read.
    returned: Returned,
    final_size: Option<u64>,
    /// The error code, once the peer reset the stream.
    reset: Option<u64>,
    /// The error code, once the rest has no reader.
    stopped: Option<u64>,
    /// A STOP_SENDING frame is to be sent.
    stop_due: bool,
}

impl ReceiveStream {
    /// Creates a stream of a connection with a window of `window` bytes: the
    /// `initial_max_stream_data_..` that the peer was sent.
    #[must_use]
    pub fn new(window: u64, connection: &ConnectionWindow) -> Self {
        Self {
            reassembler: Reassembler::new(),
            buffer: Buffer::new(),
            window: Window::new(window),
            returned: connection.returned(),
            final_size: None,
            reset: None,
            stopped: None,
            stop_due: false,
        }
    }

    /// Takes the data of a STREAM frame; `connection` is the window that the stream was
    /// [made](Self::new) with. Returns true if
    /// there is more to read than before: data or the end.
    ///
    /// # Errors
    /// If the frame breaks the limit of the stream or of the connection, or contradicts its known
    /// end. Nothing has changed then: close the connection.
    #[inline]
    pub fn receive(
        &mut self,
        offset: u64,
        data: &[u8],
        fin: bool,
        connection: &mut ConnectionWindow,
    ) -> Result<bool, StreamError> {
        let length = data.len() as u64;
        let end = match offset.checked_add(length) {
            Some(end) if end <= Window::MAX_DATA => end,
            _ => return Err(StreamError::TooLong { offset, length }),
        };
        let new_end = fin && self.final_size.is_none();
        self.count(end, fin, connection)?;
        if self.is_dropped() {
            self.settle(connection);
            return Ok(false);
        }
        let new = self.reassembler.write(offset, data, &mut self.buffer);
        Ok(new > 0 || (new_end && self.is_whole()))
    }

    /// Takes a RESET_STREAM frame: the peer gives the stream up (RFC 9000 §19.4). Unread data is
    /// dropped, unless all of it has come: then the reset is too late and is ignored (§3.2).
    /// Returns true if the stream was reset by it.
    ///
    /// # Errors
    /// If the final size breaks a limit, or contradicts the known one.
    pub fn reset(
        &mut self,
        code: u64,
        final_size: u64,
        connection: &mut ConnectionWindow,
    ) -> Result<bool, StreamError> {
        if final_size > Window::MAX_DATA {
            return Err(StreamError::TooLong { offset: final_size, length: 0 });
        }
        // The final size that a reset tells is no end: what has come may well be all that was sent.
        let was_whole = self.is_whole();
        self.count(final_size, true, connection)?;
        if self.reset.is_some() || was_whole {
            return Ok(false);
        }
        self.reset = Some(code);
        self.drop_data();
        self.settle(connection);
        Ok(true)
    }

    /// Drops past and future data: it has no reader any more, for the reason that `code` of the
    /// application protocol says. [`next_stop`](Self::next_stop) returns the frame for the peer (RFC
    /// 9000 §3.5). Data that comes is still counted. A stream that was stopped keeps its first code.
    pub fn stop(&mut self, code: u64) {
        if self.stopped.is_none() {
            self.stopped = Some(code);
            self.stop_due = true;
            self.drop_data();
            self.give_up();
        }
    }

    /// Returns the code for a STOP_SENDING frame, if one is due. It counts as sent. None is due once
    /// the end of the stream is known: nothing more will be sent (RFC 9000 §3.5).
    pub fn next_stop(&mut self) -> Option<u64> {
        let due = core::mem::take(&mut self.stop_due) && self.final_size.is_none();
        self.stopped.filter(|_| due)
    }

    /// Notes that the STOP_SENDING frame was lost.
    pub fn stop_lost(&mut self) {
        self.stop_due = self.stopped.is_some() && self.final_size.is_none();
    }

    /// Returns the next item of `stage`, or its need: [`Buffer::step`] over the data in order, with
    /// the end of the stream as `eof`.
    ///
    /// # Errors
    /// [`ReadError::Reset`] if the peer reset the stream, and faults of the stage.
    #[inline]
    pub fn step<'a, D: Decode>(
        &'a mut self,
        stage: &'a mut D,
        answers: &mut Output,
    ) -> Result<Step<D::Item<'a>>, ReadError<D::Error>> {
        if let Some(code) = self.reset {
            return Err(ReadError::Reset(code));
        }
        let eof = self.is_whole();
        self.buffer.step(stage, eof, answers).map_err(ReadError::Fault)
    }

    /// Returns the buffer with the unread data in order, and true if the stream ends behind it: for
    /// [`Buffer::records`], exchanges, or your own reading.
    #[inline]
    pub fn parts(&mut self) -> (&mut Buffer, bool) {
        let eof = self.is_whole();
        (&mut self.buffer, eof)
    }

    /// Counts the data read since the last call as room in the windows of the stream and of the
    /// connection. Returns the limit for a MAX_STREAM_DATA frame if one is due; for MAX_DATA see
    /// [`Window::announce`] of `connection`.
    pub fn settle(&mut self, connection: &mut ConnectionWindow) -> Option<u64> {
        let done = if self.is_dropped() { self.window.reached() } else { self.buffer.position() };
        let new = done.saturating_sub(self.window.consumed());
        self.window.consume(new);
        connection.consume(new);
        // No credit is needed once the end is known (RFC 9000 §3.2).
        if self.final_size.is_some() || self.stopped.is_some() {
            None
        } else {
            self.window.announce()
        }
    }

    /// Returns the end of the data in order, read or not.
    pub(super) fn arrived(&self) -> u64 {
        self.reassembler.position()
    }

    /// Notes that the consumer has read up to here, wherever the buffer is.
    pub(super) fn consume(&mut self, count: u64, connection: &mut ConnectionWindow) {
        let before = self.window.consumed();
        self.window.consume(count);
        connection.consume(self.window.consumed() - before);
    }

    /// Returns the window: the credit that the peer has on this stream.
    #[must_use]
    pub fn window(&self) -> &Window {
        &self.window
    }

    /// Returns the window, to resize it.
    pub fn window_mut(&mut self) -> &mut Window {
        &mut self.window
    }

    /// Returns the length of the whole stream, once the peer has told it.
    #[must_use]
    pub fn final_size(&self) -> Option<u64> {
        self.final_size
    }

    /// Returns the error code with which the peer reset the stream, if it did.
    #[must_use]
    pub fn reset_code(&self) -> Option<u64> {
        self.reset
    }

    /// Returns true if all data has come, read or not.
    #[inline]
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.final_size == Some(self.reassembler.position())
    }

    /// Returns true if the stream is over: all was read, or it was reset, or it was stopped and its
    /// end is known. It does not count as open any more: see [`Window::streams`].
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.reset.is_some()
            || (self.stopped.is_some() && self.final_size.is_some())
            || (self.is_whole() && self.buffer.is_empty())
    }

    /// Returns the number of bytes that have come and were not read,
    #[must_use]
    pub fn unread(&self) -> usize {
        self.buffer.len() + self.reassembler.out_of_order()
    }

    /// Returns the memory that holds them, used or not, in bytes.
    #[must_use]
    pub fn held(&self) -> usize {
        self.buffer.capacity() + self.reassembler.held()
    }

    /// Releases unused memory, which is otherwise kept for more data.
    pub fn release_memory(&mut self) {
        if self.buffer.is_empty() {
            drop(self.buffer.take_rest());
        }
        self.reassembler.release_memory();
    }

    /// Returns true if incoming data is only counted.
    fn is_dropped(&self) -> bool {
        self.stopped.is_some() || self.reset.is_some()
    }

    /// Gives back to the connection what was counted there and will not be read.
    fn give_up(&mut self) {
        let unread = self.window.reached() - self.window.consumed();
        self.window.consume(unread);
        self.returned.add(unread);
    }

    fn drop_data(&mut self) {
        drop(self.buffer.take_rest());
        self.reassembler.clear();
    }

    /// Counts everything below `end` as sent by the peer, and as all there is if it is the `last`.
    #[inline]
    fn count(
        &mut self,
        end: u64,
        last: bool,
        all: &mut ConnectionWindow,
    ) -> Result<(), StreamError> {
        let reached = self.window.reached();
        match self.final_size {
            Some(size) if end > size => return Err(StreamError::BeyondFinalSize { size, end }),
            Some(size) if last && end != size => {
                return Err(StreamError::FinalSizeChanged { size, other: end });
            }
            None if last && end < reached => {
                return Err(StreamError::FinalSizeTooSmall { received: reached, size: end });
            }
            _ => {}
        }
        if end > reached {
            self.window.check(end).map_err(StreamError::StreamData)?;
            all.advance(end - reached).map_err(StreamError::ConnectionData)?;
            self.window.reach(end).map_err(StreamError::StreamData)?;
        }
        if last {
            self.final_size = Some(end);
        }
        Ok(())
    }
}

/// Settles with the connection.
impl Drop for ReceiveStream {
    fn drop(&mut self) {
        self.give_up();
    }
}
