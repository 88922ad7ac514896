//! The frames of a connection, one by one.

use segue::{Decode, Fault, Record};

use crate::{
    Error, Opcode, Role,
    header::{
        self, EIGHT_BYTES, FIN, Front, Header, LENGTH, MASK, OPCODE, RESERVED, Rules, TWO_BYTES,
    },
    mask,
};

/// One frame (RFC 6455 §5.2), its payload unmasked where it lies.
#[derive(Debug)]
#[non_exhaustive]
pub struct Frame<'a> {
    /// Whether it ends its message.
    pub fin: bool,
    /// The reserved bits that are set, as they lie in the first byte: 0x40, 0x20, 0x10.
    pub reserved: u8,
    /// What it is for.
    pub opcode: Opcode,
    /// What it carries.
    pub payload: Record<'a>,
}

/// A stage that reads frames and keeps every rule that concerns frames alone.
///
/// Payloads are unmasked in place and lent. Reserved bits, opcodes, lengths, masks and the order of
/// fragments are checked; what payloads mean (UTF-8, close codes) is for [`Messages`].
///
/// - Complete input: each frame is an item, up to the close frame, after which the stage is done
///   and leaves what follows.
/// - Partial input: it needs the rest of the header, then the rest of the frame. A header that
///   breaks a rule, or the limit, is refused as soon as it is there.
/// - At the end of the stream: a truncation, since only a close frame ends a connection properly
///   (RFC 6455 §7.1.4).
///
/// ```
/// use segue::{Buffer, Output, Step};
/// use segue_websocket::{Frames, Opcode};
///
/// let mut frames = Frames::client(); // the other end is a server
/// let mut buffer = Buffer::from(&b"\x01\x03Hel\x80\x02l"[..]);
/// let mut answers = Output::new();
///
/// let Step::Item(frame) = buffer.step(&mut frames, false, &mut answers)? else { panic!() };
/// assert_eq!((frame.opcode, frame.fin, &*frame.payload), (Opcode::Text, false, &b"Hel"[..]));
/// assert!(matches!(buffer.step(&mut frames, false, &mut answers)?, Step::Need(need)
///     if need.at_least.get() == 1));
/// buffer.extend(b"o");
/// let Step::Item(frame) = buffer.step(&mut frames, false, &mut answers)? else { panic!() };
/// assert_eq!((frame.opcode, frame.fin, &*frame.payload), (Opcode::Continuation, true, &b"lo"[..]));
/// # Ok::<(), segue::Fault<segue_websocket::Error>>(())
/// ```
///
/// [`Messages`]: crate::Messages
#[derive(Debug, Clone)]
pub struct Frames {
    rules: Rules,
    /// Whether the close frame has been read.
    closed: bool,
}

impl Frames {
    /// The longest payload that is taken unless another limit is set, in bytes: 16 MiB. A frame is
    /// held in memory whole, so this is what any peer can make a connection hold. Those who send
    /// more in one frame than browsers do know to raise it.
    pub const MAX_PAYLOAD: usize = 16 << 20;

    /// Frames of clients: all masked.
    #[must_use]
    pub fn server() -> Self {
        Self::new(Role::Server)
    }

    /// Frames of a server: none masked.
    #[must_use]
    pub fn client() -> Self {
        Self::new(Role::Client)
    }

    /// Frames as the end `role` reads them.
    #[must_use]
    pub fn new(role: Role) -> Self {
        let rules = Rules { role, reserved: 0, open: false, limit: Self::MAX_PAYLOAD };
        Self { rules, closed: false }
    }

    /// Takes payloads of at most `limit` bytes. Control frames are bound to 125 in any case.
    #[must_use]
    pub fn max_payload(mut self, limit: usize) -> Self {
        self.rules.limit = limit.min(isize::MAX as usize - header::LONGEST);
        self
    }

    /// Lets the reserved bits `bits` (of 0x40, 0x20, 0x10) be set in the first frame of a message,
    /// for an extension that was negotiated: permessage-deflate uses 0x40 (RFC 7692 §6).
    #[must_use]
    pub fn reserved_bits(mut self, bits: u8) -> Self {
        self.rules.reserved = bits & RESERVED;
        self
    }

    /// Which end reads.
    #[must_use]
    pub fn role(&self) -> Role {
        self.rules.role
    }

    /// Whether the close frame has been read.
    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// The header in front of `input`, whether or not its payload is there.
    #[inline]
    pub(crate) fn front(&self, input: &[u8]) -> Result<Front, Fault<Error>> {
        self.rules.read(input)
    }

    /// Whether the frame of `header` is whole in `input`, or what is missing.
    #[inline]
    pub(crate) fn delimit(input: &[u8], header: &Header) -> segue::Frame {
        let whole = header.whole();
        if input.len() < whole {
            segue::Frame::need(whole - input.len())
        } else {
            segue::Frame::Record(whole)
        }
    }

    /// Unmasks a whole frame, whose header has been checked, and moves on behind it. Also says how
    /// long the header was.
    ///
    /// # Errors
    /// If it is no frame that [`front`](Self::front) has seen.
    #[inline]
    pub(crate) fn open<'a>(
        &mut self,
        mut record: Record<'a>,
    ) -> Result<(Frame<'a>, usize), Fault<Error>> {
        let bytes = record.as_mut();
        let (Some(&[first, second]), Some(opcode)) = (
            bytes.first_chunk(),
            bytes.first().and_then(|first| Opcode::from_bits(first & OPCODE)),
        ) else {
            return Err(Fault::from_cause(segue::Cause::Contract));
        };
        let mut size = match second & LENGTH {
            TWO_BYTES => 4,
            EIGHT_BYTES => 10,
            _ => 2,
        };
        if second & MASK != 0 {
            let Some((header, payload)) = bytes.split_at_mut_checked(size + 4) else {
                return Err(Fault::from_cause(segue::Cause::Contract));
            };
            if let Some(&key) = header.last_chunk() {
                mask(key, payload);
            }
            size += 4;
        }
        record.advance(size.min(record.len()));
        let fin = first & FIN != 0;
        match opcode {
            Opcode::Close => self.closed = true,
            Opcode::Ping | Opcode::Pong => {}
            _ => self.rules.open = !fin,
        }
        Ok((Frame { fin, reserved: first & RESERVED, opcode, payload: record }, size))
    }
}

impl Decode for Frames {
    type Item<'a> = Frame<'a>;
    type Error = Error;

    #[inline]
    fn frame(&mut self, input: &[u8], _eof: bool) -> Result<segue::Frame, Fault<Error>> {
        if self.closed {
            return Ok(segue::Frame::Done);
        }
        Ok(match self.front(input)? {
            Front::Header(header) => Self::delimit(input, &header),
            Front::Need(need) => segue::Frame::Need(need),
        })
    }

    #[inline]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Frame<'a>, Fault<Error>> {
        self.open(record).map(|(frame, _)| frame)
    }
}
