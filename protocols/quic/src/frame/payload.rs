use super::{
    Drafts, Extension, ExtensionLength, Frame, FrameType, Stream, WithBytes,
    frame_type::{OF_SERVERS, allowed, is_in},
    input::{Input, MISPLACED, NO_FRAMES, Rule, UNKNOWN},
};
use crate::{ErrorCode, PacketKind, Role, TransportError, VarInt};

/// An iterator over the frames of a payload, which ends with its packet (RFC 9000 §12.4).
///
/// Frames borrow the payload only, so several can be kept. The first error is the last item. An
/// empty payload is an error: packets carry at least one frame.
///
/// ```
/// use segue_quic::{ErrorCode, PacketKind, frame::{FrameType, Payload}};
///
/// let types = |payload, packet| {
///     let frames = Payload::new(payload, packet);
///     frames.map(|frame| Ok(frame?.frame_type())).collect::<Result<Vec<_>, segue_quic::TransportError>>()
/// };
/// let crypto = b"\x06\x00\x01!\x00\x00\x00";
/// assert_eq!(types(crypto, PacketKind::Initial)?, [FrameType::CRYPTO, FrameType::PADDING]);
/// let error = types(crypto, PacketKind::ZeroRtt).unwrap_err();
/// assert_eq!(error.code, ErrorCode::PROTOCOL_VIOLATION);
/// let error = types(b"\x01\x06\x00", PacketKind::Initial).unwrap_err();
/// assert_eq!(error.code, ErrorCode::FRAME_ENCODING_ERROR);
/// assert_eq!(error.frame_type, FrameType::CRYPTO.value());
/// # Ok::<(), segue_quic::TransportError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Payload<'a> {
    pub(super) rest: &'a [u8],
    /// The number of bytes behind a wrong frame, for which `rest` was emptied.
    given_up: usize,
    /// Length of the whole payload in bytes.
    length: usize,
    rules: Rules,
    /// The error for an empty payload is still to be returned.
    nothing: bool,
}

impl<'a> Payload<'a> {
    /// Iterates over the frames of `payload`, which came in a packet
    #[inline]
    #[must_use]
    pub const fn new(payload: &'a [u8], packet: PacketKind) -> Self {
        let (length, nothing) = (payload.len(), payload.is_empty());
        Self { rest: payload, given_up: 0, length, rules: Rules::new(packet), nothing }
    }

    /// Accepts DATAGRAM frames of at most `size` bytes, including type and length: the
    /// `max_datagram_frame_size` that the receiver has sent (RFC 9221 §3). It is 0 by default, as that
    /// parameter is, so none are accepted.
    #[must_use]
    pub const fn max_datagram_frame(mut self, size: VarInt) -> Self {
        self.rules = self.rules.max_datagram_frame(size);
        self
    }

    /// Refuses what `sender` must not send: frames of servers only, and frames for a direction that
    /// their stream does not have, as [`Frame::check_sender`] does. Without a call either end may
    /// send anything.
    ///
    /// ```
    /// use segue_quic::{ErrorCode, PacketKind, Role, frame::Payload};
    ///
    /// let stream_3 = b"\x0a\x03\x02hi"; // on which only the server sends
    /// let mut frames = Payload::new(stream_3, PacketKind::OneRtt).sent_by(Role::Client);
    /// let error = frames.next().unwrap().unwrap_err();
    /// assert_eq!(error.code, ErrorCode::STREAM_STATE_ERROR);
    /// ```
    #[must_use]
    pub const fn sent_by(mut self, sender: Role) -> Self {
        self.rules = self.rules.sent_by(sender);
        self
    }

    /// Accepts the frames of these drafts, too: those that the receiver has agreed to by its
    /// [transport parameters](crate::transport_parameters::TransportParameters::drafts). None by
    /// default: they are unknown then.
    #[must_use]
    pub const fn drafts(mut self, drafts: Drafts) -> Self {
        self.rules = self.rules.drafts(drafts);
        self
    }

    /// Accepts the frames of other extensions that `length` knows, in 0-RTT and 1-RTT packets, and
    /// returns them as [`Frame::Extension`]. Without a call an unknown type is an error, and ends the
    /// payload (RFC 9000 §12.4).
    #[must_use]
    pub const fn extensions(mut self, length: ExtensionLength) -> Self {
        self.rules = self.rules.extensions(length);
        self
    }

    /// Returns each frame with its bytes, which [`Builder::push_encoded`](super::Builder::push_encoded)
    /// sends on as they are: integers in more bytes than necessary stay that.
    #[must_use]
    pub const fn with_bytes(self) -> WithBytes<'a> {
        WithBytes::new(self)
    }

    /// Returns the offset of the next frame in the payload, in bytes; after an error, that of the
    /// wrong frame.
    #[inline]
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.length - self.rest.len() - self.given_up
    }
}

impl<'a> Iterator for Payload<'a> {
    type Item = Result<Frame<'a>, TransportError>;

    // All in line: a frame is taken apart where it is used, and never put together in memory, which
    // costs more than reading it does. Most frames of most connections are STREAM frames, so these
    // have a way of their own.
    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        let Some(&kind) = self.rest.first() else {
            let nothing = core::mem::take(&mut self.nothing);
            return nothing.then(|| Err(NO_FRAMES.error(VarInt::ZERO)));
        };
        if let Some((stream, behind)) = self.rules.stream(self.rest, kind) {
            self.rest = behind;
            return Some(Ok(Frame::Stream(stream)));
        }
        Some(match any(self.rest, self.rules) {
            Ok((frame, behind)) => {
                self.rest = behind;
                Ok(frame)
            }
            Err(error) => {
                self.given_up = self.rest.len();
                self.rest = &[];
                Err(error)
            }
        })
    }
}

/// Reads the frame in front of `payload`. Returns it with the rest.
#[inline(always)]
fn any(payload: &[u8], rules: Rules) -> Result<(Frame<'_>, &[u8]), TransportError> {
    let mut input = Input::new(payload);
    let frame = rules.read(&mut input)?;
    Ok((frame, input.rest()))
}

impl core::iter::FusedIterator for Payload<'_> {}

/// The rules for the frames of a payload.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    /// A bit for each type.
    allowed: u64,
    max_datagram_frame: VarInt,
    /// The low bits of the ids of streams on which only the receiver sends; [`UNKNOWN_SENDER`] if it
    /// is not known which these are.
    foreign: u8,
    drafts: Drafts,
    extensions: Option<ExtensionLength>,
}

/// No low bits of an id.
const UNKNOWN_SENDER: u8 = u8::MAX;

impl Rules {
    pub(super) const fn new(packet: PacketKind) -> Self {
        Self {
            allowed: allowed(packet),
            max_datagram_frame: VarInt::ZERO,
            foreign: UNKNOWN_SENDER,
            drafts: Drafts::NONE,
            extensions: None,
        }
    }

    pub(super) const fn max_datagram_frame(mut self, size: VarInt) -> Self {
        self.max_datagram_frame = size;
        self
    }

    pub(super) const fn drafts(mut self, drafts: Drafts) -> Self {
        self.drafts = drafts;
        let of_the_packet = match self.space() {
            Space::Handshake => 0,
            Space::Early => 1 << 0x24,
            Space::Application => u64::MAX,
        };
        self.allowed |= drafts.table() & of_the_packet;
        self
    }

    pub(super) const fn extensions(mut self, length: ExtensionLength) -> Self {
        self.extensions = Some(length);
        self
    }

    /// The kind of packet, as far as it matters for extensions, by the types that it may carry.
    const fn space(self) -> Space {
        match (is_in(0x08, self.allowed), is_in(0x02, self.allowed)) {
            (false, _) => Space::Handshake,
            (true, false) => Space::Early,
            (true, true) => Space::Application,
        }
    }

    pub(super) const fn sent_by(mut self, sender: Role) -> Self {
        self.foreign = foreign(sender);
        if matches!(sender, Role::Client) {
            self.allowed &= !OF_SERVERS;
        }
        self
    }

    /// The frame in front of `payload`, whose type begins with the byte `kind`, and what follows it,
    /// if it is a STREAM frame that may stand there and is whole.
    #[inline(always)]
    pub(super) fn stream<'a>(&self, payload: &'a [u8], kind: u8) -> Option<(Stream<'a>, &'a [u8])> {
        if kind & 0xf8 == 0x08 && is_in(0x08, self.allowed) {
            let mut input = Input::new(payload);
            input.skip_type();
            if let Ok(stream) = Stream::read(&mut input, kind)
                && low_bits(stream.id) != self.foreign
            {
                return Some((stream, input.rest()));
            }
        }
        None
    }

    /// Takes the frame in front of `input`, to which that belongs which is left of the payload.
    #[inline(always)]
    pub(super) fn read<'a>(&self, input: &mut Input<'a>) -> Result<Frame<'a>, TransportError> {
        let Some(&kind) = input.rest().first() else { return Err(NO_FRAMES.error(VarInt::ZERO)) };
        if !is_in(u64::from(kind), self.allowed) {
            let (frame, rest) = self.unusual(input.rest())?;
            *input = Input::new(rest);
            return Ok(frame);
        }
        let whole = input.left();
        let frame = match Frame::read(kind, input) {
            Ok(frame) => frame,
            Err(broken) => return Err(broken.error(VarInt::from_u32(u32::from(kind)))),
        };
        if self.foreign != UNKNOWN_SENDER && wrong_way(&frame, self.foreign) {
            return Err(WRONG_WAY.error(VarInt::from_u32(u32::from(kind))));
        }
        if let Frame::Datagram(datagram) = &frame {
            let size = (whole - input.left()) as u64;
            if size > self.max_datagram_frame.value() {
                return Err(DATAGRAM_TOO_LONG.error(datagram.frame_type().value()));
            }
        }
        Ok(frame)
    }
}

impl Rules {
    /// The frame in front of `payload`, whose type is not among those that fit a byte and may stand
    /// there; and what follows it.
    #[cold]
    #[inline(never)]
    fn unusual<'a>(&self, payload: &'a [u8]) -> Result<(Frame<'a>, &'a [u8]), TransportError> {
        let (kind, size) = FrameType::decode(payload)?;
        if kind.is_known() {
            let of_servers = self.foreign != UNKNOWN_SENDER && kind.is_of_servers();
            let rule = if of_servers { OF_SERVERS_ONLY } else { MISPLACED };
            return Err(rule.error(kind.value()));
        }
        let agreed = match kind {
            FrameType::ACK_FREQUENCY | FrameType::IMMEDIATE_ACK => self.drafts.ack_frequency,
            FrameType::RESET_STREAM_AT => self.drafts.reset_stream_at,
            FrameType::TIMESTAMP => self.drafts.timestamp,
            _ => false,
        };
        match (agreed, self.space()) {
            // Those of one byte would not have come here if they might stand there.
            (true, Space::Application) if size > 1 => {
                let (frame, size) = Frame::decode(payload)?;
                return Ok((frame, payload.get(size..).unwrap_or_default()));
            }
            (true, _) => return Err(MISPLACED.error(kind.value())),
            (false, Space::Handshake) => return Err(UNKNOWN.error(kind.value())),
            (false, _) => {}
        }
        let content = payload.get(size..).unwrap_or_default();
        let length = self.extensions.and_then(|length| length(kind, content));
        let parts = length.and_then(|length| content.split_at_checked(length));
        let (content, rest) = parts.ok_or_else(|| UNKNOWN.error(kind.value()))?;
        Ok((Frame::Extension(Extension { kind, content }), rest))
    }
}

/// Packets, by what extensions may add to them.
#[derive(Clone, Copy)]
enum Space {
    /// Initial and Handshake packets, before anything is agreed on.
    Handshake,
    /// 0-RTT packets.
    Early,
    /// 1-RTT packets.
    Application,
}

/// The low bits of the ids of streams on which only the peer of `sender` sends (RFC 9000 §2.1).
const fn foreign(sender: Role) -> u8 {
    match sender {
        Role::Client => 3,
        Role::Server => 2,
    }
}

#[inline(always)]
fn low_bits(id: VarInt) -> u8 {
    id.value().to_le_bytes()[0] & 3
}

/// Returns true if a frame is for a direction that its stream does not have, where its sender does
/// not send on streams with the low bits `foreign`.
#[cold]
#[inline(never)]
fn wrong_way(frame: &Frame<'_>, foreign: u8) -> bool {
    // Of streams one way, the other low bit tells who sends.
    let (id, never) = match frame {
        Frame::Stream(frame) => (frame.id, foreign),
        Frame::ResetStream(frame) => (frame.id, foreign),
        Frame::ResetStreamAt(frame) => (frame.id, foreign),
        Frame::StreamDataBlocked(frame) => (frame.id, foreign),
        Frame::StopSending(frame) => (frame.id, foreign ^ 1),
        Frame::MaxStreamData(frame) => (frame.id, foreign ^ 1),
        _ => return false,
    };
    low_bits(id) == never
}

impl Frame<'_> {
    /// Checks that `sender` may send the frame: that it is not one of servers only, and that its
    /// stream has the direction it is for.
    ///
    /// # Errors
    /// `PROTOCOL_VIOLATION` for a client's NEW_TOKEN or HANDSHAKE_DONE (RFC 9000 §19.7, §19.20),
    /// `STREAM_STATE_ERROR` for a direction that the stream does not have (§19.4, §19.5, §19.8,
    /// §19.10, §19.13).
    pub fn check_sender(&self, sender: Role) -> Result<(), TransportError> {
        let kind = self.frame_type();
        if !kind.may_be_sent_by(sender) {
            return Err(OF_SERVERS_ONLY.error(kind.value()));
        }
        if wrong_way(self, foreign(sender)) {
            return Err(WRONG_WAY.error(kind.value()));
        }
        Ok(())
    }
}

static OF_SERVERS_ONLY: &Rule = &Rule {
    code: ErrorCode::PROTOCOL_VIOLATION,
    reason: "a client sent a frame that only servers send",
    section: "RFC 9000 §19.7, §19.20",
};
static WRONG_WAY: &Rule = &Rule {
    code: ErrorCode::STREAM_STATE_ERROR,
    reason: "a frame is for a direction that its stream does not have",
    section: "RFC 9000 §19.8",
};
static DATAGRAM_TOO_LONG: &Rule = &Rule {
    code: ErrorCode::PROTOCOL_VIOLATION,
    reason: "a DATAGRAM frame is longer than max_datagram_frame_size, which is 0 unless it was sent",
    section: "RFC 9221 §3",
};
