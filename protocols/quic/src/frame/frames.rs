//! The frames of a packet, as a stage.

use core::fmt;

use segue::{Cause, Decode, Encode, Fault, Need, Output, Record};

use super::{
    Drafts, ExtensionLength, Frame, MaxStreamData, Stream,
    ack::Kept,
    input::{Broken, Input},
    payload::Rules,
};
use crate::{PacketKind, Role, TransportError, VarInt};

/// A stage that reads the frames of one payload, and writes frames.
///
/// - Complete input: each frame is an item, up to the end of the payload.
/// - Partial input: nothing. A packet is authenticated as a whole, so its payload is always whole,
///   and the end of the payload ends a frame without a length: show it with `eof` set. Until then
///   all input is claimed.
/// - End of the payload: done between two frames; inside one it is an error, and so is a payload
///   without a frame.
///
/// All errors are fatal to the connection. [`Payload`](super::Payload) does the same for a slice,
/// and reads each frame once. The stage reads most kinds twice, to delimit them and to make items
/// of them, but the frequent ones, STREAM, ACK and MAX_STREAM_DATA, only once.
///
/// ```
/// use segue::{Buffer, Encode, Output, Step};
/// use segue_quic::{PacketKind, VarInt, frame::{Frame, Frames, MaxData}};
///
/// let mut frames = Frames::new(PacketKind::OneRtt);
/// let mut output = Output::new();
/// let credit = Frame::from(MaxData { maximum: VarInt::from(1024_u16) });
/// frames.encode(&credit, &mut output)?;
///
/// let mut payload = Buffer::from(&output.to_vec()[..]);
/// assert!(matches!(payload.step(&mut frames, false, &mut output)?, Step::Need(_)));
/// assert_eq!(payload.step(&mut frames, true, &mut output)?, Step::Item(credit));
/// assert_eq!(payload.step(&mut frames, true, &mut output)?, Step::Done);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Frames {
    rules: Rules,
    /// A frame has been read.
    begun: bool,
    /// The known facts about the frame in front.
    front: Front,
}

/// The facts found while a frame was delimited, so that it is not read again. Most frames of most
/// connections are STREAM frames.
#[derive(Debug, Clone)]
enum Front {
    /// Nothing is kept: the frame is read again.
    Any,
    /// A STREAM frame. Its data is the end of the record.
    Stream {
        /// The length of the record.
        whole: usize,
        /// The length of the data.
        data: usize,
        id: VarInt,
        offset: VarInt,
    },
    /// An ACK frame.
    Ack {
        /// The length of the record.
        whole: usize,
        ack: Kept,
    },
    /// A MAX_STREAM_DATA frame.
    MaxStreamData {
        /// The length of the record.
        whole: usize,
        frame: MaxStreamData,
    },
}

impl Frames {
    /// The frames of a payload that came in a packet of the kind `packet`.
    #[must_use]
    pub const fn new(packet: PacketKind) -> Self {
        Self { rules: Rules::new(packet), begun: false, front: Front::Any }
    }

    /// Limits DATAGRAM frames: see
    /// [`Payload::max_datagram_frame`](super::Payload::max_datagram_frame).
    #[must_use]
    pub const fn max_datagram_frame(mut self, size: VarInt) -> Self {
        self.rules = self.rules.max_datagram_frame(size);
        self
    }
}

impl Frames {
    /// Accepts the frames of these drafts: see [`Payload::drafts`](super::Payload::drafts).
    #[must_use]
    pub const fn drafts(mut self, drafts: Drafts) -> Self {
        self.rules = self.rules.drafts(drafts);
        self
    }

    /// Accepts the frames that `length` knows: see
    /// [`Payload::extensions`](super::Payload::extensions).
    #[must_use]
    pub const fn extensions(mut self, length: ExtensionLength) -> Self {
        self.rules = self.rules.extensions(length);
        self
    }

    /// Refuses what `sender` must not send: see [`Payload::sent_by`](super::Payload::sent_by).
    #[must_use]
    pub const fn sent_by(mut self, sender: Role) -> Self {
        self.rules = self.rules.sent_by(sender);
        self
    }
}

impl Decode for Frames {
    type Item<'a> = Frame<'a>;
    type Error = TransportError;

    #[inline]
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<segue::Framing, Fault<TransportError>> {
        if !eof {
            return Ok(segue::Framing::Need(Need::to_the_end(1)));
        }
        if input.is_empty() && self.begun {
            return Ok(segue::Framing::Done);
        }
        if let Some(&kind) = input.first()
            && let Some((stream, rest)) = self.rules.stream(input, kind)
        {
            let whole = input.len() - rest.len();
            let Stream { id, offset, data, .. } = stream;
            self.front = Front::Stream { whole, data: data.len(), id, offset };
            return Ok(segue::Framing::Record(whole));
        }
        let mut rest = Input::new(input);
        let frame = self.rules.read(&mut rest)?;
        let whole = input.len() - rest.left();
        self.front = match frame {
            Frame::Ack(ack) => ack.kept().map_or(Front::Any, |ack| Front::Ack { whole, ack }),
            Frame::MaxStreamData(frame) => Front::MaxStreamData { whole, frame },
            _ => Front::Any,
        };
        Ok(segue::Framing::Record(whole))
    }

    #[inline]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Frame<'a>, Fault<TransportError>> {
        self.begun = true;
        let record = record.into_slice();
        if let Front::Stream { whole, data, id, offset } = self.front
            && whole == record.len()
            && let Some(&kind) = record.first()
            && let Some(data) = whole.checked_sub(data).and_then(|from| record.get(from..))
        {
            return Ok(Frame::Stream(Stream::of(kind, id, offset, data)));
        }
        if let Front::Ack { whole, ack } = self.front
            && whole == record.len()
        {
            return Ok(Frame::Ack(ack.of(record)));
        }
        if let Front::MaxStreamData { whole, frame } = self.front
            && whole == record.len()
        {
            return Ok(Frame::MaxStreamData(frame));
        }
        let mut input = Input::new(record);
        let frame = self.rules.read(&mut input)?;
        if input.left() > 0 {
            return Err(Fault::from_cause(Cause::Contract));
        }
        Ok(frame)
    }
}

impl Encode<&Frame<'_>> for Frames {
    type Error = Unsendable;

    fn encode(&mut self, frame: &Frame<'_>, output: &mut Output) -> Result<(), Unsendable> {
        frame.encode(output)
    }
}

/// The error for a frame that cannot be sent: a peer would close the connection for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsendable {
    /// The rule that it breaks.
    pub reason: &'static str,
    /// The section of the standard with the rule.
    pub section: &'static str,
}

impl From<Broken> for Unsendable {
    fn from(broken: Broken) -> Self {
        Self { reason: broken.reason, section: broken.section }
    }
}

impl fmt::Display for Unsendable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.reason, self.section)
    }
}

impl core::error::Error for Unsendable {}
