//! The stage that delimits frames.

use core::ops::ControlFlow;

use segue::{Decode, Fault, Framing, Need, Output, Record};

use super::parse::{block_parts, check, fault, is_skipped, parse_block, parse_short, parts, piece};
use super::{
    Data, Flags, FrameError, FrameErrorKind, GoAway, Header, Headers, Kind, Ping, Priority,
    PriorityUpdate, PushPromise, RstStream, Settings, StreamId, WindowUpdate,
};

/// A frame, lent from the buffer that it was received into.
#[derive(Debug)]
#[non_exhaustive]
pub enum Frame<'a> {
    /// DATA, or a piece of it.
    Data(Data<'a>),
    /// HEADERS with its CONTINUATION frames.
    Headers(Headers<'a>),
    /// PRIORITY.
    Priority(Priority),
    /// `RST_STREAM`.
    RstStream(RstStream),
    /// SETTINGS.
    Settings(Settings<'a>),
    /// `PUSH_PROMISE` with its CONTINUATION frames.
    PushPromise(PushPromise<'a>),
    /// PING.
    Ping(Ping),
    /// GOAWAY.
    GoAway(GoAway),
    /// `WINDOW_UPDATE`.
    WindowUpdate(WindowUpdate),
    /// `PRIORITY_UPDATE`.
    PriorityUpdate(PriorityUpdate<'a>),
}

/// The limits on frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FrameLimits {
    /// The longest payload of a frame, in bytes: what SETTINGS_MAX_FRAME_SIZE has told the peer.
    ///
    /// 16,384, the least that is allowed: longer frames save nothing where data is read in pieces,
    /// and let one stream hold up the others.
    pub payload: u32,
    /// The longest header block, in bytes, with padding.
    ///
    /// 64 KiB: servers take heads of 8 to 64 KiB.
    pub block: usize,
    /// The most frames of a header block, HEADERS and CONTINUATION together.
    ///
    /// 8: with those that everybody reads, more than enough for a block. Frames of nothing, one
    /// behind the other, end there too.
    pub block_frames: usize,
}

impl FrameLimits {
    /// The limits unless others are set.
    pub const DEFAULT: Self = Self { payload: 16_384, block: 64 * 1024, block_frames: 8 };

    /// Sets [`payload`](Self::payload).
    #[must_use]
    pub const fn payload(mut self, max: u32) -> Self {
        self.payload = max;
        self
    }

    /// Sets [`block`](Self::block).
    #[must_use]
    pub const fn block(mut self, max: usize) -> Self {
        self.block = max;
        self
    }

    /// Sets [`block_frames`](Self::block_frames).
    #[must_use]
    pub const fn block_frames(mut self, max: usize) -> Self {
        self.block_frames = max;
        self
    }
}

impl Default for FrameLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A stage that reads frames (RFC 9113 §4), behind the [preface](super::PREFACE) of a connection.
///
/// A header block is one record with its CONTINUATION frames. DATA comes in pieces as it arrives.
/// Frames of unknown types and the debug data of GOAWAY are absorbed in pieces. What follows from
/// the state of a stream or of the connection is not checked here.
///
/// A fault that is not fatal ends the stream that it names.
///
/// ```
/// use segue::{Buffer, Output, Step};
/// use segue_http2::frame::{Frame, Frames, Ping};
///
/// let mut wire = Output::new();
/// Ping { ack: false, data: *b"01234567" }.encode(&mut wire);
/// let wire = wire.to_vec();
///
/// let (mut buffer, mut frames, mut output) = (Buffer::new(), Frames::new(), Output::new());
/// buffer.extend(&wire[..10]);
/// assert!(matches!(buffer.step(&mut frames, false, &mut output)?, Step::Need(_)));
/// buffer.extend(&wire[10..]);
/// let Step::Item(Frame::Ping(ping)) = buffer.step(&mut frames, false, &mut output)? else {
///     panic!("it is whole now");
/// };
/// assert_eq!(ping.data, *b"01234567");
/// # Ok::<(), segue::Fault<segue_http2::frame::FrameError>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Frames {
    limits: FrameLimits,
    rest: Rest,
}

/// The rest of a frame that comes in pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Rest {
    #[default]
    Nothing,
    /// Data, and padding behind it.
    Data { stream: StreamId, data: usize, padding: usize, end_stream: bool },
    /// Bytes that nobody wants.
    Skipped(usize),
}

impl Frames {
    /// Makes the stage with the [default limits](FrameLimits::DEFAULT).
    #[must_use]
    pub const fn new() -> Self {
        Self { limits: FrameLimits::DEFAULT, rest: Rest::Nothing }
    }

    /// Sets the limits.
    #[must_use]
    pub const fn limits(mut self, limits: FrameLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Returns the header of the frame in front of `input`, unless it is the rest of a frame.
    pub(crate) fn peek(&self, input: &[u8]) -> Option<Header> {
        match self.rest {
            Rest::Nothing => input.first_chunk().map(Header::decode),
            _ => None,
        }
    }

    /// Returns the stream of the data in front of `input`. With the first piece of a frame come its
    /// length, and that of its content.
    pub(crate) fn data_in_front(&self, input: &[u8]) -> Option<(StreamId, Option<(u32, u64)>)> {
        if let Rest::Data { stream, .. } = self.rest {
            return Some((stream, None));
        }
        let header = self.peek(input).filter(|header| header.kind == Kind::DATA)?;
        match parts(header, input) {
            Ok(ControlFlow::Continue((_, data, _))) => {
                Some((header.stream, Some((header.length, data as u64))))
            }
            _ => None,
        }
    }

    /// Delimits a header block: its HEADERS frame, and CONTINUATION frames up to the last.
    fn block(&self, input: &[u8], first: Header) -> Result<Framing, Fault<FrameError>> {
        let (mut end, mut length, mut frames, mut header) = (0, 0, 0, first);
        loop {
            frames += 1;
            length += header.payload();
            let FrameLimits { block, block_frames, .. } = self.limits;
            let excess = if frames > block_frames {
                Some(FrameErrorKind::TooManyFrames(block_frames))
            } else if length > block {
                Some(FrameErrorKind::BlockTooLong { length, max: block })
            } else {
                None
            };
            if let Some(kind) = excess {
                return Err(fault(kind, header.kind).at(end as u64));
            }
            end += Header::LENGTH + header.payload();
            if header.flags.has(Flags::END_HEADERS) {
                let missing = end.saturating_sub(input.len());
                return Ok(if missing > 0 { Framing::need(missing) } else { Framing::Record(end) });
            }
            let Some(next) = input.get(end..).and_then(<[u8]>::first_chunk) else {
                return Ok(Framing::need(end + Header::LENGTH - input.len()));
            };
            header = Header::decode(next);
            if header.kind != Kind::CONTINUATION || header.stream != first.stream {
                return Err(fault(FrameErrorKind::Interrupted, header.kind).at(end as u64 + 3));
            }
            self.check_length(header).map_err(|fault| fault.moved(end as u64))?;
        }
    }

    fn check_length(&self, header: Header) -> Result<(), Fault<FrameError>> {
        let (length, max) = (header.length, self.limits.payload);
        if length > max {
            return Err(fault(FrameErrorKind::TooLong { length, max }, header.kind));
        }
        Ok(())
    }
}

impl Decode for Frames {
    type Item<'a> = Frame<'a>;
    type Error = FrameError;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<FrameError>> {
        match self.rest {
            Rest::Nothing => {}
            Rest::Data { data, padding, .. } => return Ok(piece(0, data, padding, input.len())),
            Rest::Skipped(left) if input.is_empty() => {
                return Ok(Framing::Need(Need::ONE.claiming(left)));
            }
            Rest::Skipped(left) => return Ok(Framing::Absorb(left.min(input.len()))),
        }
        let Some(bytes) = input.first_chunk() else {
            let missing = Header::LENGTH - input.len();
            return Ok(if eof && input.is_empty() {
                Framing::Done
            } else {
                Framing::need(missing)
            });
        };
        let header = Header::decode(bytes);
        self.check_length(header)?;
        check(header)?;
        let whole = Header::LENGTH + header.payload();
        let record = match header.kind {
            Kind::HEADERS | Kind::PUSH_PROMISE => {
                return match block_parts(header, input)? {
                    ControlFlow::Continue(_) => self.block(input, header),
                    ControlFlow::Break(need) => Ok(need),
                };
            }
            Kind::DATA => {
                let (front, data, padding) = match parts(header, input)? {
                    ControlFlow::Continue(parts) => parts,
                    ControlFlow::Break(need) => return Ok(need),
                };
                return Ok(piece(front, data, padding, input.len()));
            }
            Kind::GOAWAY => Header::LENGTH + GoAway::LENGTH,
            _ if is_skipped(header) => return Ok(Framing::Absorb(Header::LENGTH)),
            _ => whole,
        };
        let missing = record.saturating_sub(input.len());
        Ok(if missing > 0 { Framing::need(missing) } else { Framing::Record(record) })
    }

    fn absorb(&mut self, record: Record<'_>, _: &mut Output) -> Result<(), Fault<FrameError>> {
        self.rest = match self.rest {
            Rest::Nothing => match record.first_chunk() {
                Some(header) => Rest::skipped(Header::decode(header).payload()),
                None => return Err(Fault::from_cause(segue::Cause::Contract)),
            },
            Rest::Data { padding, .. } => Rest::skipped(padding.saturating_sub(record.len())),
            Rest::Skipped(left) => Rest::skipped(left.saturating_sub(record.len())),
        };
        Ok(())
    }

    fn parse<'a>(&'a mut self, mut record: Record<'a>) -> Result<Frame<'a>, Fault<FrameError>> {
        if let Rest::Data { stream, data, padding, end_stream } = self.rest {
            return Ok(Frame::Data(self.data(stream, None, data, padding, end_stream, record)));
        }
        let Some(header) = record.first_chunk().map(Header::decode) else {
            return Err(Fault::from_cause(segue::Cause::Contract));
        };
        let Header { kind, flags, stream, .. } = header;
        match kind {
            Kind::DATA => {
                let ControlFlow::Continue((front, data, padding)) = parts(header, &record)? else {
                    return Err(Fault::from_cause(segue::Cause::Contract));
                };
                record.advance(front);
                let end_stream = flags.has(Flags::END_STREAM);
                let piece = self.data(stream, None, data, padding, end_stream, record);
                // Both are at most the length, which is short.
                let overhead = header.length - u32::try_from(data).unwrap_or(header.length);
                Ok(Frame::Data(Data { length: Some(header.length), padding: overhead, ..piece }))
            }
            Kind::HEADERS | Kind::PUSH_PROMISE => parse_block(header, record.into_mut()),
            _ => {
                if kind == Kind::GOAWAY {
                    self.rest = Rest::skipped(header.payload() - GoAway::LENGTH);
                }
                let payload = &record.into_slice()[Header::LENGTH..];
                parse_short(header, payload).map_err(|fault| fault.moved(Header::LENGTH as u64))
            }
        }
    }
}

impl Frames {
    /// Takes a piece of data, with the padding behind it if that is there.
    fn data<'a>(
        &mut self,
        stream: StreamId,
        length: Option<u32>,
        data: usize,
        padding: usize,
        end_stream: bool,
        mut payload: Record<'a>,
    ) -> Data<'a> {
        let behind = payload.len().saturating_sub(data);
        payload.truncate(data);
        let data = data - payload.len();
        let padding = padding - behind;
        self.rest = match (data, padding) {
            (0, padding) => Rest::skipped(padding),
            (data, padding) => Rest::Data { stream, data, padding, end_stream },
        };
        Data { stream, payload, length, padding: 0, end_stream: end_stream && data == 0 }
    }
}

impl Rest {
    const fn skipped(count: usize) -> Self {
        if count > 0 { Self::Skipped(count) } else { Self::Nothing }
    }
}
