//! Messages in pieces.

use alloc::boxed::Box;
use segue::{Decode, Fault, Need, Output, Record};

use crate::{
    Close, Error, Frames, Limits, MaskKeys, Message, Opcode, Reply, Role, Writer,
    controls::Controls,
    deflate::{COMPRESSED, Inflate},
    frames::FrameHead,
    header::{Front, Header, refused},
    utf8::Carry,
};

/// A piece of a message, or a control frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A piece of a message.
    Part(Part<'a>),
    /// A ping, if [`Pieces::pings`] shows them.
    Ping(&'a [u8]),
    /// A pong: the answer to a ping, or a sign of life.
    Pong(&'a [u8]),
    /// The peer's close frame, with its code and reason if it has any. The stage is done behind it.
    Close(Option<Close<'a>>),
}

/// A piece of a message. The cuts depend on frames and reads, and mean nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part<'a> {
    /// The message is a text.
    pub text: bool,
    /// The message begins here.
    pub first: bool,
    /// The message ends here.
    pub last: bool,
    /// The bytes; possibly none. All pieces of a text together are UTF-8, but a piece may end
    /// within a character.
    pub payload: &'a [u8],
}

/// A stage that reads messages in pieces as they come, and answers pings and the close frame. Use
/// it for messages that are too long to be held, or are needed before they are whole.
///
/// - Complete input: each frame, or the part of it that is there, is an item, unmasked in place and
///   lent. Behind the close frame the stage is done, and leaves the bytes that follow.
/// - Partial input: the stage needs the rest of a header and a byte of payload, and the whole of a
///   control frame. Headers that break a rule or a limit are refused at once, text at the first
///   byte that is not UTF-8.
/// - End of the stream: a truncation, since only a close frame ends a connection properly (RFC 6455
///   §7.1.4).
///
/// The stage holds no payload: the buffer of the connection is all the memory it takes. Compressed
/// messages are inflated 120 bytes at a time, which give 121 KiB at most.
///
/// ```
/// use segue::{Buffer, Output, Step};
/// use segue_websocket::{Part, Piece, Pieces};
///
/// let mut pieces = Pieces::client(); // the other end is a server
/// let mut answers = Output::new();
/// // The beginning of a message of a thousand bytes.
/// let mut buffer = Buffer::from(&b"\x82\x7e\x03\xe8some of it"[..]);
/// let item = buffer.step(&mut pieces, false, &mut answers)?;
/// let part = Part { text: false, first: true, last: false, payload: b"some of it" };
/// assert_eq!(item, Step::Item(Piece::Part(part)));
/// assert!(matches!(buffer.step(&mut pieces, false, &mut answers)?, Step::Need(need)
///     if need.at_least.get() == 1 && need.claim == 990));
/// # Ok::<(), segue::Fault<segue_websocket::Error>>(())
/// ```
#[derive(Debug)]
pub struct Pieces {
    frames: Frames,
    controls: Controls,
    max_message: usize,
    max_frame: usize,
    /// The message under way: it is a text, the bytes of a character that is cut off, and the
    /// number of bytes so far.
    text: bool,
    carry: Carry,
    taken: usize,
    inflate: Option<Box<Inflate>>,
}

impl Pieces {
    /// The number of bytes of a compressed message that are inflated at a time. DEFLATE makes up to
    /// 1032 times as many of them, so the result fits in 128 KiB.
    const COMPRESSED: usize = 120;

    /// Creates a stage for the messages of clients.
    #[must_use]
    pub fn server() -> Self {
        Self::new(Role::Server, None)
    }

    /// Creates a stage for the messages of a server. Answers are masked by [`MaskKeys::random`].
    #[cfg(feature = "std")]
    #[must_use]
    pub fn client() -> Self {
        Self::client_with(MaskKeys::random())
    }

    /// Creates a stage for the messages of a server. Answers are masked by `keys`.
    #[must_use]
    pub fn client_with(keys: MaskKeys) -> Self {
        Self::new(Role::Client, Some(keys))
    }

    fn new(role: Role, keys: Option<MaskKeys>) -> Self {
        Self {
            frames: Frames::new(role).max_fragments(Limits::PIECES.fragments),
            controls: Controls::new(keys),
            max_message: Limits::PIECES.message,
            max_frame: Limits::PIECES.frame,
            text: false,
            carry: Carry::default(),
            taken: 0,
            inflate: None,
        }
    }

    /// Sets the limits on messages, their frames and fragments; [`Limits::PIECES`] unless it is
    /// called.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.frames = self.frames.max_fragments(limits.fragments);
        (self.max_message, self.max_frame) = (limits.message, limits.frame);
        self
    }

    /// Sets who answers pings, and if they are shown. [`Reply::Hidden`] by default.
    #[must_use]
    pub fn pings(mut self, reply: Reply) -> Self {
        self.controls.pings = reply;
        self
    }

    /// Sets who answers the close frame, and if it is shown. [`Reply::Shown`] by default.
    #[must_use]
    pub fn closes(mut self, reply: Reply) -> Self {
        self.controls.closes = reply;
        self
    }

    /// Pairs the stage with the `writer` of the same connection, so that only one of them sends the
    /// close frame.
    #[must_use]
    pub fn paired(mut self, writer: &mut Writer) -> Self {
        self.controls.closing = writer.closing.pair();
        self
    }

    /// Accepts compressed messages, as `agreed` in the handshake (RFC 7692).
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn deflate(mut self, agreed: &crate::Agreed) -> Self {
        let peer = self.role().peer();
        self.frames = self.frames.reserved_bits(COMPRESSED);
        self.inflate = Some(Box::new(Inflate::new(agreed, peer)));
        self
    }

    /// Returns the end that reads.
    #[must_use]
    pub fn role(&self) -> Role {
        self.frames.role()
    }

    /// Returns true if the peer's close frame has been read and this end's has been sent: the
    /// connection can be closed (RFC 6455 §7.1.1).
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.frames.is_closed() && self.controls.closing.is_sent()
    }

    fn is_inflating(&self) -> bool {
        self.inflate.as_ref().is_some_and(|inflate| inflate.is_open())
    }

    /// A data frame with this header in front of `input`.
    fn data(&self, input: &[u8], header: &Header) -> Result<segue::Framing, Fault<Error>> {
        let compressed = header.reserved & COMPRESSED != 0
            || header.opcode == Opcode::Continuation && self.is_inflating();
        let taken = if header.opcode == Opcode::Continuation { self.taken } else { 0 };
        if !compressed {
            header.within(self.max_frame, taken, self.max_message)?;
        }
        if header.length == 0 {
            return Ok(Frames::delimit(input, header));
        }
        let Some(there @ 1..) = input.len().checked_sub(header.size) else {
            let missing = header.size + 1 - input.len();
            let need = Need::exactly(missing).claiming(header.whole() - input.len());
            return Ok(segue::Framing::Need(need));
        };
        let most = if compressed { Self::COMPRESSED } else { usize::MAX };
        Ok(segue::Framing::Record(header.size + there.min(header.length).min(most)))
    }

    /// A piece of a message, the first one with its header.
    fn part<'a>(
        &'a mut self,
        FrameHead { first, opcode, size }: FrameHead,
        payload: &'a [u8],
    ) -> Result<Part<'a>, Fault<Error>> {
        let begins = opcode != Opcode::Continuation;
        if begins {
            (self.text, self.carry, self.taken) = (opcode == Opcode::Text, Carry::default(), 0);
            if first & COMPRESSED != 0
                && let Some(inflate) = &mut self.inflate
            {
                inflate.begin(self.text);
            }
        }
        let (text, last) = (self.text, self.frames.is_between_messages());
        if self.is_inflating() {
            let Some(inflate) = &mut self.inflate else {
                return Err(Fault::new(Error::Unreachable));
            };
            let payload = inflate.piece(payload, last, self.max_message)?;
            return Ok(Part { text, first: begins, last, payload });
        }
        self.taken = self.taken.saturating_add(payload.len());
        if text {
            let checked = self.carry.push(payload, |_| {});
            checked.map_err(|at| refused(Error::Utf8, size + at))?;
            if last && !self.carry.is_whole() {
                return Err(refused(Error::Utf8, size + payload.len()));
            }
        }
        Ok(Part { text, first: begins, last, payload })
    }
}

impl Decode for Pieces {
    type Item<'a> = Piece<'a>;
    type Error = Error;

    fn frame(&mut self, input: &[u8], _eof: bool) -> Result<segue::Framing, Fault<Error>> {
        if self.controls.is_owed() {
            return Ok(segue::Framing::Record(0));
        }
        if self.frames.is_closed() {
            return Ok(segue::Framing::Done);
        }
        if let Some(inside) = self.frames.inside() {
            let most = if self.is_inflating() { Self::COMPRESSED } else { usize::MAX };
            return Ok(match inside.there(input) {
                Ok(length) => segue::Framing::Record(length.min(most)),
                Err(need) => {
                    // The caller has seen the inflated bytes.
                    if let Some(inflate) = &mut self.inflate {
                        inflate.pass();
                    }
                    segue::Framing::Need(need)
                }
            });
        }
        let header = match self.frames.front(input)? {
            Front::Header(header) => header,
            Front::Need(need) => {
                if let Some(inflate) = &mut self.inflate {
                    inflate.pass();
                }
                return Ok(segue::Framing::Need(need));
            }
        };
        if !header.opcode.is_control() {
            return self.data(input, &header);
        }
        Ok(match Frames::delimit(input, &header) {
            segue::Framing::Record(length) if self.controls.answers(header.opcode) => {
                segue::Framing::Absorb(length)
            }
            delimited => delimited,
        })
    }

    fn absorb(&mut self, mut record: Record<'_>, answers: &mut Output) -> Result<(), Fault<Error>> {
        let Some(FrameHead { opcode, size, .. }) = self.frames.open_part(&mut record) else {
            return Err(Frames::unasked());
        };
        match opcode {
            Opcode::Ping => {
                self.controls.ping(&record, answers);
                Ok(())
            }
            Opcode::Close => self.controls.close(&record, size, answers),
            _ => Err(Frames::unasked()),
        }
    }

    fn parse<'a>(&'a mut self, mut record: Record<'a>) -> Result<Piece<'a>, Fault<Error>> {
        if self.controls.is_owed() {
            return Ok(self.controls.pay().into());
        }
        let Some(opened) = self.frames.open_part(&mut record) else {
            return Err(Frames::unasked());
        };
        let payload = record.into_slice();
        if opened.opcode.is_control() {
            return Controls::show(opened.opcode, payload, opened.size).map(Piece::from);
        }
        self.part(opened, payload).map(Piece::Part)
    }

    /// The beginning of a character whose end has not come.
    fn residue(&self) -> (usize, usize) {
        (self.carry.held(), 0)
    }
}

impl<'a> From<Message<'a>> for Piece<'a> {
    /// A whole message is a piece that is both the first and the last.
    fn from(message: Message<'a>) -> Self {
        let whole = |text, payload| Self::Part(Part { text, first: true, last: true, payload });
        match message {
            Message::Text(text) => whole(true, text.as_bytes()),
            Message::Binary(payload) => whole(false, payload),
            Message::Ping(payload) => Self::Ping(payload),
            Message::Pong(payload) => Self::Pong(payload),
            Message::Close(close) => Self::Close(close),
        }
    }
}
