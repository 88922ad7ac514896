//! Frames, one by one.

use segue::{Cause, Decode, Fault, Need, Record};

use crate::{
    Error, Limits, Opcode, Role,
    header::{
        self, EIGHT_BYTES, FIN, Front, Header, LENGTH, MASK, OPCODE, RESERVED, Rules, TWO_BYTES,
        WHOLE_BINARY, WHOLE_TEXT,
    },
    mask,
};

/// A frame (RFC 6455 §5.2), its payload unmasked in place.
#[derive(Debug)]
#[non_exhaustive]
pub struct Frame<'a> {
    /// The frame ends its message.
    pub fin: bool,
    /// The reserved bits that are set, as they lie in the first byte: 0x40, 0x20, 0x10.
    pub reserved: u8,
    /// The kind of the frame.
    pub opcode: Opcode,
    /// The payload.
    pub payload: Record<'a>,
}

/// A stage that reads frames and enforces every rule that concerns frames alone.
///
/// Payloads are unmasked in place and lent. Reserved bits, opcodes, lengths, masks and the order of
/// fragments are checked; [`Messages`] checks the payloads (UTF-8, close codes).
///
/// - Complete input: each frame is an item, up to the close frame, after which the stage is done
///   and leaves what follows.
/// - Partial input: the stage needs the rest of the header, then the rest of the frame. A header
///   that breaks a rule or the limit is refused as soon as it is there.
/// - End of the stream: a truncation, since only a close frame ends a connection properly (RFC 6455
///   §7.1.4).
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
    place: Place,
}

/// The place of the stage in the stream.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// In front of a frame.
    Between,
    /// In the payload of a data frame.
    Inside(Inside),
    /// Behind the close frame.
    Closed,
}

/// A data frame that is read in pieces.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Inside {
    /// The number of payload bytes still to come; never 0.
    left: usize,
    /// The masking key, rotated to begin with the next byte; zeros if nothing is masked.
    key: [u8; 4],
    /// The frame ends its message.
    pub(crate) fin: bool,
}

impl Inside {
    /// Returns the number of payload bytes in `input`, or the need if there is none.
    #[inline]
    pub(crate) fn there(&self, input: &[u8]) -> Result<usize, Need> {
        if input.is_empty() {
            return Err(Need::ONE.claiming(self.left));
        }
        Ok(input.len().min(self.left))
    }

    /// Returns true if the next `length` bytes end the message.
    #[inline]
    pub(crate) fn ends_in(&self, length: usize) -> bool {
        self.fin && length == self.left
    }
}

impl Frames {
    /// Creates a stage for the frames of clients, all masked.
    #[must_use]
    pub fn server() -> Self {
        Self::new(Role::Server)
    }

    /// Creates a stage for the frames of a server, none masked.
    #[must_use]
    pub fn client() -> Self {
        Self::new(Role::Client)
    }

    /// Creates a stage for the end `role`.
    #[must_use]
    pub fn new(role: Role) -> Self {
        Self { rules: Rules::new(role), place: Place::Between }.limits(Limits::DEFAULT)
    }

    /// Sets the limits on frames and on the number of fragments. No frame may be longer than a
    /// message may be.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self::limited(self, limits.frame.min(limits.message), limits.fragments)
    }

    /// Sets the limit on the number of fragments. The caller checks the length of each frame, which
    /// it knows to be compressed or not.
    pub(crate) fn max_fragments(self, fragments: u32) -> Self {
        Self::limited(self, usize::MAX, fragments)
    }

    fn limited(mut self, payload: usize, fragments: u32) -> Self {
        self.rules.max_payload = payload.min(isize::MAX as usize - header::MAX_SIZE);
        self.rules.max_fragments = fragments.max(1);
        self
    }

    /// Allows the reserved bits `bits` (of 0x40, 0x20, 0x10) in the first frame of a message, for a
    /// negotiated extension: permessage-deflate uses 0x40 (RFC 7692 §6).
    #[must_use]
    pub fn reserved_bits(mut self, bits: u8) -> Self {
        self.rules.reserved = bits & RESERVED;
        self
    }

    /// Returns the end that reads.
    #[must_use]
    pub fn role(&self) -> Role {
        self.rules.role()
    }

    /// Returns true if the close frame has been read.
    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        matches!(self.place, Place::Closed)
    }

    /// Returns true if no message is under way.
    pub(crate) fn is_between_messages(&self) -> bool {
        self.rules.fragments == 0 && !matches!(self.place, Place::Inside(_))
    }

    /// The data frame that is being read in pieces.
    #[inline(always)]
    pub(crate) fn inside(&self) -> Option<Inside> {
        match self.place {
            Place::Inside(inside) => Some(inside),
            _ => None,
        }
    }

    /// The length of the frame in front of `input`, if it is a valid whole message of less than 64
    /// KiB that has arrived and has at most `longest` bytes. `longest` is never above
    /// [`max_simple`](Self::max_simple).
    #[inline(always)]
    pub(crate) fn simple(&self, input: &[u8], longest: usize) -> Option<usize> {
        self.rules.simple(input, longest)
    }

    /// The longest frame, header included, that can be a whole message here; 0 where none may
    /// begin. The limit is one on the payload; checking the whole frame against it is stricter by
    /// the few bytes of the header.
    #[inline(always)]
    pub(crate) fn max_simple(&self) -> usize {
        match self.place {
            Place::Between if self.rules.fragments == 0 => self.rules.max_payload,
            _ => 0,
        }
    }

    /// What is needed where nothing of a frame has come.
    #[inline(always)]
    pub(crate) const fn unbegun(&self) -> segue::Framing {
        segue::Framing::Need(self.rules.unbegun())
    }

    /// The header in front of `input`, whatever it is.
    pub(crate) fn front(&self, input: &[u8]) -> Result<Front, Fault<Error>> {
        self.rules.read(input)
    }

    /// The framing of the frame of `header`: a record if it is whole in `input`, otherwise a need.
    pub(crate) fn delimit(input: &[u8], header: &Header) -> segue::Framing {
        let whole = header.whole();
        if input.len() < whole {
            segue::Framing::need(whole - input.len())
        } else {
            segue::Framing::Record(whole)
        }
    }

    /// As [`frame`](Decode::frame), for frames that are not simple.
    #[inline(never)]
    fn frame_any(&self, input: &[u8]) -> Result<segue::Framing, Fault<Error>> {
        if self.is_closed() {
            return Ok(segue::Framing::Done);
        }
        Ok(match self.front(input)? {
            Front::Header(header) => Self::delimit(input, &header),
            Front::Need(need) => segue::Framing::Need(need),
        })
    }

    /// Unmasks a whole frame whose header has been checked, moves behind it, and leaves its payload
    /// in `record`. `None` for a frame that [`front`](Self::front) has not seen.
    #[inline(always)]
    pub(crate) fn open(&mut self, record: &mut Record<'_>) -> Option<FrameHead> {
        let frame = record.as_mut();
        let &mut [first, second, ..] = frame else { return None };
        let opcode = Opcode::from_bits(first & OPCODE)?;
        let mut size = match second & LENGTH {
            TWO_BYTES => 4,
            EIGHT_BYTES => 10,
            _ => 2,
        };
        if second & MASK != 0 {
            size += 4;
            let (header, payload) = frame.split_at_mut_checked(size)?;
            mask(*header.last_chunk()?, payload);
        } else if frame.len() < size {
            return None;
        }
        record.advance(size);
        match opcode {
            Opcode::Close => self.place = Place::Closed,
            Opcode::Ping | Opcode::Pong => {}
            _ => self.rules.count(first & FIN != 0),
        }
        Some(FrameHead { first, opcode, size })
    }

    /// Unmasks a whole message in one frame, as found by [`simple`](Self::simple). Returns its
    /// first byte, the length of its header, and its payload. The state of the stage is the same
    /// behind it. Anything else is returned unchanged. Call it only where a message may begin.
    #[inline(always)]
    pub(crate) fn open_simple(frame: &mut [u8]) -> Result<Simple<'_>, &mut [u8]> {
        let &mut [first @ (WHOLE_TEXT | WHOLE_BINARY), second, ..] = frame else {
            return Err(frame);
        };
        let size = match second & LENGTH {
            TWO_BYTES => 4,
            EIGHT_BYTES => 10,
            _ => 2,
        };
        let size = size + if second & MASK != 0 { 4 } else { 0 };
        if size > frame.len() {
            return Err(frame);
        }
        let (header, payload) = frame.split_at_mut(size);
        if second & MASK != 0
            && let Some(&key) = header.last_chunk()
        {
            mask(key, payload);
        }
        Ok((first, size, payload))
    }

    /// The framing of an incomplete frame that is read as a [part](Self::open_part): absorbed once
    /// its header is there, otherwise a need.
    pub(crate) fn part(input: &[u8], header: &Header) -> segue::Framing {
        match header.size.checked_sub(input.len()) {
            None | Some(0) => segue::Framing::Absorb(input.len().min(header.whole())),
            Some(missing) => {
                segue::Framing::Need(Need::exactly(missing).claiming(header.whole() - input.len()))
            }
        }
    }

    /// Unmasks a whole frame, the start of one with its header, or the next part of one that was
    /// begun. `None` for a frame that [`front`](Self::front) has not seen.
    pub(crate) fn open_part(&mut self, record: &mut Record<'_>) -> Option<FrameHead> {
        let (opened, mut inside) = match self.place {
            Place::Closed => return None,
            Place::Inside(inside) => {
                (FrameHead { first: 0, opcode: Opcode::Continuation, size: 0 }, inside)
            }
            Place::Between => {
                let Ok(Front::Header(header)) = self.rules.read(record) else { return None };
                let Header { fin, opcode, size, length, .. } = header;
                let first = *record.first()?;
                let head = record.get(..size)?;
                let key = match self.rules.role() {
                    Role::Server => *head.last_chunk()?,
                    Role::Client => [0; 4],
                };
                record.advance(size);
                match opcode {
                    Opcode::Close => self.place = Place::Closed,
                    Opcode::Ping | Opcode::Pong => {}
                    _ => self.rules.count(fin),
                }
                (FrameHead { first, opcode, size }, Inside { left: length, key, fin })
            }
        };
        let piece = record.as_mut();
        if inside.key != [0; 4] {
            mask(inside.key, piece);
            inside.key.rotate_left(piece.len() % 4);
        }
        inside.left = inside.left.checked_sub(piece.len())?;
        if !opened.opcode.is_control() {
            self.place = if inside.left > 0 { Place::Inside(inside) } else { Place::Between };
        }
        Some(opened)
    }

    /// The fault for a driver that consumed without asking `frame` first.
    #[cold]
    #[inline(never)]
    pub(crate) fn unasked() -> Fault<Error> {
        Fault::from_cause(Cause::Contract)
    }
}

/// The first byte of a whole message, the length of its header, and its payload.
pub(crate) type Simple<'a> = (u8, usize, &'a mut [u8]);

/// The header of a frame whose payload has been unmasked; all 0 for a later part of a frame.
#[derive(Clone, Copy)]
pub(crate) struct FrameHead {
    pub(crate) first: u8,
    pub(crate) opcode: Opcode,
    /// Length of the header in bytes.
    pub(crate) size: usize,
}

impl Decode for Frames {
    type Item<'a> = Frame<'a>;
    type Error = Error;

    #[inline]
    fn frame(&mut self, input: &[u8], _eof: bool) -> Result<segue::Framing, Fault<Error>> {
        match self.simple(input, self.max_simple()) {
            Some(length) => Ok(segue::Framing::Record(length)),
            None => self.frame_any(input),
        }
    }

    #[inline]
    fn parse<'a>(&'a mut self, mut record: Record<'a>) -> Result<Frame<'a>, Fault<Error>> {
        match self.open(&mut record) {
            Some(FrameHead { first, opcode, .. }) => Ok(Frame {
                fin: first & FIN != 0,
                reserved: first & RESERVED,
                opcode,
                payload: record,
            }),
            None => Err(Self::unasked()),
        }
    }
}
