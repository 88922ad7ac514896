//! The parts of frames: where each ends, which are right, and what they say.

use core::ops::ControlFlow;

use segue::{Fault, Framing, Need};

use super::{
    Dependency, Flags, Frame, FrameError, FrameErrorKind, GoAway, Header, Headers, Kind, Ping,
    Priority, PriorityUpdate, PushPromise, RstStream, Setting, Settings, StreamId, WindowUpdate,
};
use crate::ErrorCode;

/// Delimits a piece of data behind the `front` bytes of its frame. The padding comes with the last
/// one if all of it is there.
pub(super) fn piece(front: usize, data: usize, padding: usize, available: usize) -> Framing {
    let behind = available.saturating_sub(front);
    match behind.min(data) {
        here if here == data && behind - here >= padding => Framing::Record(front + data + padding),
        0 if data > 0 => Framing::Need(Need::ONE.claiming(data + padding)),
        here => Framing::Record(front + here),
    }
}

/// Finds the parts of a DATA frame: the length of what is in front of the data, of the data, and of
/// the padding.
pub(super) fn parts(
    header: Header,
    input: &[u8],
) -> Result<ControlFlow<Framing, (usize, usize, usize)>, Fault<FrameError>> {
    if !header.flags.has(Flags::PADDED) {
        return Ok(ControlFlow::Continue((Header::LENGTH, header.payload(), 0)));
    }
    let Some(&padding) = input.get(Header::LENGTH) else {
        return Ok(ControlFlow::Break(Framing::need(1)));
    };
    match (header.payload() - 1).checked_sub(usize::from(padding)) {
        Some(data) => Ok(ControlFlow::Continue((Header::LENGTH + 1, data, usize::from(padding)))),
        None => Err(fault(FrameErrorKind::Padding, header.kind).at(Header::LENGTH as u64)),
    }
}

/// Returns true for frames of which nobody is told.
pub(super) fn is_skipped(header: Header) -> bool {
    match header.kind {
        Kind::PRIORITY_UPDATE => header.payload() > 4 + PriorityUpdate::MAX_VALUE,
        Kind(kind) => kind > Kind::CONTINUATION.0,
    }
}

/// Checks the stream and the length of a frame, as far as they end the connection.
pub(super) fn check(header: Header) -> Result<(), Fault<FrameError>> {
    let Header { kind, flags, length, stream } = header;
    let on_stream = match kind {
        Kind::SETTINGS | Kind::PING | Kind::GOAWAY | Kind::PRIORITY_UPDATE => Some(false),
        Kind::WINDOW_UPDATE => None,
        Kind(known) if known <= Kind::CONTINUATION.0 => Some(true),
        _ => None,
    };
    if on_stream == Some(stream == StreamId::CONNECTION) {
        let is_lost = stream == StreamId::CONNECTION;
        let rule = if is_lost { FrameErrorKind::NoStream } else { FrameErrorKind::OnStream };
        return Err(fault(rule, kind).at(5));
    }
    let padded = usize::from(flags.has(Flags::PADDED));
    let payload = header.payload();
    let is_right = match kind {
        Kind::CONTINUATION => return Err(fault(FrameErrorKind::NothingToContinue, kind).at(3)),
        Kind::DATA => payload >= padded,
        Kind::HEADERS if flags.has(Flags::PRIORITY) => payload >= padded + Dependency::LENGTH,
        Kind::HEADERS => payload >= padded,
        Kind::PUSH_PROMISE => payload >= padded + 4,
        Kind::RST_STREAM => payload == RstStream::LENGTH,
        Kind::SETTINGS if flags.has(Flags::ACK) => payload == 0,
        Kind::SETTINGS => payload.is_multiple_of(Setting::LENGTH),
        Kind::PING => payload == Ping::LENGTH,
        Kind::GOAWAY => payload >= GoAway::LENGTH,
        Kind::WINDOW_UPDATE => payload == WindowUpdate::LENGTH,
        Kind::PRIORITY_UPDATE => payload >= 4,
        // That of PRIORITY ends its stream only.
        _ => true,
    };
    if is_right { Ok(()) } else { Err(fault(FrameErrorKind::Length(length), kind)) }
}

/// Finds the parts of the first frame of a header block: where its fixed part begins, its fields, and
/// its padding. A wrong padding is refused at once, and not only when the block is whole.
pub(super) fn block_parts(
    header: Header,
    input: &[u8],
) -> Result<ControlFlow<Framing, (usize, usize, usize)>, Fault<FrameError>> {
    let end = Header::LENGTH + header.payload();
    let (mut front, mut padding) = (Header::LENGTH, 0);
    if header.flags.has(Flags::PADDED) {
        let Some(&announced) = input.get(front) else {
            return Ok(ControlFlow::Break(Framing::need(1)));
        };
        padding = usize::from(announced);
        front += 1;
    }
    let fixed = match header.kind {
        Kind::PUSH_PROMISE => 4,
        _ if header.flags.has(Flags::PRIORITY) => Dependency::LENGTH,
        _ => 0,
    };
    // The length was checked to be enough for all but the padding.
    let start = front + fixed;
    if padding > end - start {
        return Err(fault(FrameErrorKind::Padding, header.kind).at(Header::LENGTH as u64));
    }
    Ok(ControlFlow::Continue((front, start, end - padding)))
}

/// Parses a header block, and joins its parts in place.
pub(super) fn parse_block<'a>(
    header: Header,
    record: &'a mut [u8],
) -> Result<Frame<'a>, Fault<FrameError>> {
    let Header { kind, flags, stream, .. } = header;
    let ControlFlow::Continue((front, start, mut end)) = block_parts(header, record)? else {
        return Err(Fault::from_cause(segue::Cause::Contract));
    };
    let front = front..start;
    let mut next = Header::LENGTH + header.payload();
    while let Some(continuation) = record.get(next..).and_then(<[u8]>::first_chunk) {
        let from = next + Header::LENGTH;
        next = from + Header::decode(continuation).payload();
        record.copy_within(from..next, end);
        end += next - from;
    }
    let record = &*record;
    let (front, block) = (&record[front], &record[start..end]);
    if kind == Kind::PUSH_PROMISE {
        let promised = front.first_chunk().map_or(StreamId::CONNECTION, |id| StreamId::read(*id));
        return Ok(Frame::PushPromise(PushPromise { stream, promised, block }));
    }
    let dependency = front.first_chunk().map(Dependency::decode);
    let end_stream = flags.has(Flags::END_STREAM);
    Ok(Frame::Headers(Headers { stream, block, end_stream, dependency }))
}

/// Parses a frame of a short or fixed length. Offsets are those in the payload.
pub(super) fn parse_short<'a>(
    header: Header,
    payload: &'a [u8],
) -> Result<Frame<'a>, Fault<FrameError>> {
    let Header { kind, flags, stream, .. } = header;
    let word = |at: usize| {
        let bytes = payload.get(at..).and_then(<[u8]>::first_chunk);
        u32::from_be_bytes(bytes.copied().unwrap_or_default())
    };
    let id = |at: usize| StreamId(word(at) & StreamId::MAX.0);
    let of_stream = |rule| {
        let error = FrameError { kind: rule, frame: kind, stream };
        let fault = Fault::new(error);
        if stream == StreamId::CONNECTION { fault } else { fault.recoverable() }
    };
    Ok(match kind {
        Kind::PRIORITY => {
            let Ok(bytes) = <&[u8; Priority::LENGTH]>::try_from(payload) else {
                // The length is in the header, in front.
                return Err(of_stream(FrameErrorKind::Length(header.length)));
            };
            let dependency = Dependency::decode(bytes);
            if dependency.on == stream {
                return Err(of_stream(FrameErrorKind::SelfDependency));
            }
            Frame::Priority(Priority { stream, dependency })
        }
        Kind::RST_STREAM => Frame::RstStream(RstStream { stream, code: ErrorCode(word(0)) }),
        Kind::SETTINGS if flags.has(Flags::ACK) => Frame::Settings(Settings::Ack),
        Kind::SETTINGS => {
            let settings = Settings::Set(payload.as_chunks().0);
            for (nth, setting) in settings.iter().enumerate() {
                let at = nth * Setting::LENGTH;
                setting.check().map_err(|rule| fault(rule, kind).at(at as u64))?;
            }
            Frame::Settings(settings)
        }
        Kind::PING => {
            let data = payload.first_chunk().copied().unwrap_or_default();
            Frame::Ping(Ping { ack: flags.has(Flags::ACK), data })
        }
        Kind::GOAWAY => Frame::GoAway(GoAway { last: id(0), code: ErrorCode(word(4)) }),
        Kind::WINDOW_UPDATE => {
            let increment = word(0) & 0x7fff_ffff;
            if increment == 0 {
                return Err(of_stream(FrameErrorKind::ZeroIncrement));
            }
            Frame::WindowUpdate(WindowUpdate { stream, increment })
        }
        Kind::PRIORITY_UPDATE => {
            Frame::PriorityUpdate(PriorityUpdate { prioritized: id(0), value: &payload[4..] })
        }
        _ => return Err(Fault::from_cause(segue::Cause::Contract)),
    })
}

/// A fault that ends the connection.
pub(super) const fn fault(kind: FrameErrorKind, frame: Kind) -> Fault<FrameError> {
    Fault::new(FrameError { kind, frame, stream: StreamId::CONNECTION })
}
