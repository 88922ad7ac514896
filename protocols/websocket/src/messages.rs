//! Whole messages.

use alloc::{boxed::Box, string::String, vec::Vec};
#[cfg(feature = "std")]
use bytes::Bytes;
use segue::{Decode, Fault, Output, Record};

use crate::{
    Close, Error, Frames, Limits, MaskKeys, Opcode, Role, Writer,
    controls::Controls,
    deflate::{COMPRESSED, Inflate},
    frames::FrameHead,
    header::{Front, Header, WHOLE_BINARY, refused},
    mask::mask_short,
    utf8::{self, Carry},
};

/// A message or a control frame, lent from the buffer of the connection. If it came in fragments,
/// or as text in several reads, it is lent from the stage that joined it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message<'a> {
    /// A text message.
    Text(&'a str),
    /// A binary message.
    Binary(&'a [u8]),
    /// A ping, if [`Messages::pings`] shows them.
    Ping(&'a [u8]),
    /// A pong: the answer to a ping, or a sign of life.
    Pong(&'a [u8]),
    /// The peer's close frame, with its code and reason if it has any. The stage is done behind it.
    Close(Option<Close<'a>>),
}

/// The handling of a control frame: who answers, and if the caller sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reply {
    /// The stage answers; the caller does not see the frame.
    Hidden,
    /// The stage answers; the caller sees the frame.
    Shown,
    /// The caller sees the frame and has to answer.
    Manual,
}

/// A stage that reads whole messages, and answers pings and the close frame.
///
/// - Complete input: each message is an item. A message in a single frame is lent from the buffer,
///   unmasked in place; fragments are gathered in the stage and the whole is lent from there.
///   Control frames may come between fragments and are handled at once. Behind the close frame the
///   stage is done, and leaves the bytes that follow.
/// - Partial input: the stage needs the rest of a binary frame of up to 16 MiB. Longer ones are
///   gathered in the stage as they come, and so is text, which is refused at the first byte that is
///   not UTF-8; headers that break a rule or a limit are refused at once.
/// - End of the stream: a truncation, since only a close frame ends a connection properly (RFC 6455
///   §7.1.4; the close code to report is then [`CloseCode::ABNORMAL`](crate::CloseCode::ABNORMAL)).
///
/// Pings are answered and hidden unless [`pings`](Self::pings) changes that; a close frame is
/// answered with its own code, and shown, unless [`closes`](Self::closes) changes that. A stage
/// that is [`paired`](Self::paired) with the [`Writer`] of its connection knows when the caller has
/// sent a close frame. It then does not answer the peer's, which is the answer already.
///
/// ```
/// use segue::{Buffer, Output, Step};
/// use segue_websocket::{Message, Messages};
///
/// let mut messages = Messages::client(); // the other end is a server
/// let mut answers = Output::new();
/// // Two fragments of a text with a ping between them, and the beginning of something else.
/// let mut buffer = Buffer::from(&b"\x01\x03Hel\x89\x01?\x80\x02lo\x82"[..]);
/// let item = buffer.step(&mut messages, false, &mut answers)?;
/// assert_eq!(item, Step::Item(Message::Text("Hello")));
/// assert_eq!(answers.to_vec()[..2], [0x8A, 0x81]); // a pong of one byte, masked
/// assert!(matches!(buffer.step(&mut messages, false, &mut answers)?, Step::Need(_)));
/// buffer.extend(b"\x02\xfe\xff");
/// let item = buffer.step(&mut messages, false, &mut answers)?;
/// assert_eq!(item, Step::Item(Message::Binary(b"\xfe\xff")));
/// # Ok::<(), segue::Fault<segue_websocket::Error>>(())
/// ```
#[derive(Debug)]
pub struct Messages {
    frames: Frames,
    controls: Controls,
    max_message: usize,
    max_frame: usize,
    /// The longest frame, header included, that can be taken as a whole message without further
    /// checks; 0 while something else comes first. [`settle`](Self::settle) keeps it current.
    simple: usize,
    gathered: Gathered,
    /// `gathered` has been lent as a message, and is forgotten when the next frame is asked for.
    lent: bool,
    /// The decompressor, if compression was negotiated.
    inflate: Option<Box<Inflate>>,
}

/// A message, and the bytes that it is lent from if those can be shared.
#[cfg(feature = "std")]
pub(crate) type Held<'a> = (Message<'a>, Option<&'a Bytes>);

/// The fragments of a message so far.
#[derive(Debug)]
enum Gathered {
    Text(String, Carry),
    Binary(Vec<u8>),
}

impl Messages {
    /// From this length on, in bytes, a message may take its part of the buffer over.
    #[cfg(feature = "std")]
    const SHARED: usize = 16 * 1024;

    /// The longest frame in bytes that is awaited whole in the buffer, to be lent from there; a
    /// longer one is gathered as it comes. Without it a connection would need room for the longest
    /// frame in one record, and refuse in one frame what it accepts in several.
    const WHOLE: usize = 16 << 20;

    /// The number of bytes kept of the memory that fragments were gathered in. An idle connection
    /// should hold next to nothing, and one with many small fragmented messages should not allocate
    /// for each.
    const KEPT: usize = 256;

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
            frames: Frames::new(role).max_fragments(Limits::DEFAULT.fragments),
            controls: Controls::new(keys),
            max_message: Limits::DEFAULT.message,
            max_frame: Limits::DEFAULT.frame,
            simple: 0,
            gathered: Gathered::Binary(Vec::new()),
            lent: false,
            inflate: None,
        }
        .settled()
    }

    /// Recomputes the limit for simple frames: to be called where a frame that is not simple, or a
    /// builder method, has changed what it depends on.
    #[inline(always)]
    fn settle(&mut self) {
        let is_owed = self.controls.is_owed();
        self.simple = if is_owed { 0 } else { self.max_simple() };
    }

    /// The longest simple frame, if nothing is owed.
    #[inline(always)]
    fn max_simple(&self) -> usize {
        self.frames.max_simple().min(self.max_message).min(self.max_frame)
    }

    #[inline]
    fn settled(mut self) -> Self {
        self.settle();
        self
    }

    /// Sets the limits on messages, their frames and fragments.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.frames = self.frames.max_fragments(limits.fragments);
        (self.max_message, self.max_frame) = (limits.message, limits.frame);
        self.settled()
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

    /// Accepts compressed messages, as `agreed` in the handshake (RFC 7692). They are lent from the
    /// stage, and [`Limits::message`] bounds their inflated length.
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

    /// Returns who answers the close frame.
    #[cfg(feature = "std")]
    pub(crate) fn closing_reply(&self) -> Reply {
        self.controls.closes
    }

    /// Returns true if the peer's close frame has been read and this end's has been sent: the
    /// connection can be closed (RFC 6455 §7.1.1).
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.frames.is_closed() && self.controls.closing.is_sent()
    }

    /// The number of gathered bytes of the message under way.
    #[inline]
    fn gathered(&self) -> usize {
        match &self.gathered {
            Gathered::Text(text, carry) => text.len() + carry.held(),
            Gathered::Binary(bytes) => bytes.len(),
        }
    }

    /// Returns true if the data frame of `header` belongs to a compressed message.
    #[inline]
    fn is_compressed(&self, header: &Header) -> bool {
        match header.opcode {
            Opcode::Continuation => self.inflating().is_some(),
            _ => header.reserved & COMPRESSED != 0,
        }
    }

    /// The compressed message under way.
    #[inline]
    fn inflating(&self) -> Option<&Inflate> {
        self.inflate.as_deref().filter(|inflate| inflate.is_open())
    }

    /// Checks that the data frame of `header` keeps its message within the limits. Frames of
    /// compressed messages are checked when they are inflated.
    #[inline]
    fn within(&self, header: &Header) -> Result<(), Fault<Error>> {
        header.within(self.max_frame, self.gathered(), self.max_message)
    }

    /// Forgets the message that was lent, and most of the memory that it was gathered in.
    fn forget(&mut self) {
        self.lent = false;
        if let Some(inflate) = &mut self.inflate {
            inflate.forget();
        }
        let empty = Gathered::Binary(Vec::new());
        let mut memory = match core::mem::replace(&mut self.gathered, empty) {
            Gathered::Text(text, _) => text.into_bytes(),
            Gathered::Binary(bytes) => bytes,
        };
        if memory.capacity() <= Self::KEPT {
            memory.clear();
            self.gathered = Gathered::Binary(memory);
        }
    }

    /// Adds a fragment to the message under way.
    fn gather(&mut self, opcode: Opcode, payload: &[u8]) -> Result<(), (Error, usize)> {
        if opcode == Opcode::Text
            && let Gathered::Binary(memory) = &mut self.gathered
        {
            // Between messages the memory is empty, and nothing is UTF-8.
            let memory = core::mem::take(memory);
            let text = String::from_utf8(memory).map_err(|_| (Error::Unreachable, 0))?;
            self.gathered = Gathered::Text(text, Carry::default());
        }
        match &mut self.gathered {
            Gathered::Text(text, carry) => {
                text.reserve(payload.len());
                carry.push(payload, |part| text.push_str(part)).map_err(|at| (Error::Utf8, at))
            }
            Gathered::Binary(bytes) => {
                bytes.extend_from_slice(payload);
                Ok(())
            }
        }
    }

    /// Adds a piece to the compressed message under way.
    fn inflate_part(&mut self, payload: &[u8]) -> Result<(), Fault<Error>> {
        match &mut self.inflate {
            Some(inflate) => inflate.push(payload, self.max_message),
            // A frame is only marked as compressed where that was negotiated.
            None => Err(Fault::new(Error::Unreachable)),
        }
    }

    /// As [`frame`](Decode::frame), for frames that are not simple.
    #[inline(never)]
    fn frame_any(&mut self, input: &[u8]) -> Result<segue::Framing, Fault<Error>> {
        if input.is_empty() && self.simple > 0 && !self.lent {
            // Nothing has come, and nothing was begun: as a connection asks at each wait.
            return Ok(self.frames.unbegun());
        }
        if self.lent {
            self.forget();
        }
        if self.controls.is_owed() {
            return Ok(segue::Framing::Record(0));
        }
        if self.frames.is_closed() {
            return Ok(segue::Framing::Done);
        }
        if let Some(inside) = self.frames.inside() {
            return Ok(match inside.there(input) {
                Ok(length) if inside.ends_in(length) => segue::Framing::Record(length),
                Ok(length) => segue::Framing::Absorb(length),
                Err(need) => segue::Framing::Need(need),
            });
        }
        let header = match self.frames.front(input)? {
            Front::Header(header) => header,
            Front::Need(need) => return Ok(segue::Framing::Need(need)),
        };
        let absorbed = match header.opcode {
            Opcode::Text | Opcode::Binary | Opcode::Continuation => {
                let compressed = self.is_compressed(&header);
                if !compressed {
                    self.within(&header)?;
                }
                if input.len() < header.whole() && (compressed || self.looks_into(&header)) {
                    return Ok(Frames::part(input, &header));
                }
                !header.fin
            }
            control => self.controls.answers(control),
        };
        Ok(match Frames::delimit(input, &header) {
            segue::Framing::Record(length) if absorbed => segue::Framing::Absorb(length),
            delimited => delimited,
        })
    }

    /// Returns true for frames that are read before they are whole: text, to find the first bad
    /// byte, and those that no record holds.
    #[inline]
    fn looks_into(&self, header: &Header) -> bool {
        if header.length > Self::WHOLE {
            return true;
        }
        match header.opcode {
            Opcode::Continuation => matches!(self.gathered, Gathered::Text(..)),
            opcode => opcode == Opcode::Text,
        }
    }

    /// Makes an item that is not a message in one frame, which is rare.
    #[inline(never)]
    fn seldom<'a>(
        &'a mut self,
        FrameHead { first, opcode, size }: FrameHead,
        payload: &'a [u8],
    ) -> Result<Message<'a>, Fault<Error>> {
        self.begin(opcode, first);
        match opcode {
            Opcode::Text | Opcode::Binary | Opcode::Continuation => {
                self.complete(opcode, payload, size)
            }
            control => Controls::show(control, payload, size),
        }
    }

    /// Begins a compressed message, if this is the first frame of one.
    fn begin(&mut self, opcode: Opcode, first: u8) {
        if first & COMPRESSED != 0
            && let Some(inflate) = &mut self.inflate
        {
            inflate.begin(opcode == Opcode::Text);
        }
    }

    /// As [`parse`](Decode::parse), for frames that are not simple.
    #[inline(never)]
    fn parse_any<'a>(&'a mut self, record: &'a mut [u8]) -> Result<Message<'a>, Fault<Error>> {
        let mut record = Record::from(record);
        if self.controls.is_owed() || self.frames.inside().is_some() {
            return self.parse_rest(record);
        }
        let Some(opened) = self.frames.open(&mut record) else { return Err(Frames::unasked()) };
        self.settle();
        self.seldom(opened, record.into_slice())
    }

    /// As [`parse`](Decode::parse). A long binary message in one frame, of `share_from` bytes at
    /// least, takes its part of the buffer over: it is put into `held` and lent from there, and can
    /// be shared.
    #[cfg(feature = "std")]
    #[inline(always)]
    pub(crate) fn parse_held<'a>(
        &'a mut self,
        mut record: Record<'a>,
        share_from: usize,
        held: &'a mut Bytes,
    ) -> Result<Held<'a>, Fault<Error>> {
        if record.len() >= share_from.max(Self::SHARED)
            && self.simple > 0
            && record.first() == Some(&WHOLE_BINARY)
            && let Ok((_, size, _)) = Frames::open_simple(record.as_mut())
        {
            record.advance(size);
            *held = record.into_bytes();
            let held: &Bytes = held;
            return Ok((Message::Binary(held), Some(held)));
        }
        Ok((self.parse(record)?, None))
    }

    /// An item that is owed, or the last piece of a frame.
    #[inline(never)]
    fn parse_rest<'a>(&'a mut self, mut record: Record<'a>) -> Result<Message<'a>, Fault<Error>> {
        if self.controls.is_owed() {
            // Nothing is owed any more; the item, which says so, cannot be made before.
            self.simple = self.max_simple();
            return Ok(self.controls.pay());
        }
        if self.frames.open_part(&mut record).is_none() {
            return Err(Frames::unasked());
        }
        self.settle();
        self.complete(Opcode::Continuation, record.into_slice(), 0)
    }

    /// Adds the last fragment, which may be the first as well and whose header has `size` bytes,
    /// and lends the whole message.
    fn complete(
        &mut self,
        opcode: Opcode,
        payload: &[u8],
        size: usize,
    ) -> Result<Message<'_>, Fault<Error>> {
        self.lent = true;
        if self.inflating().is_some() {
            return match &mut self.inflate {
                Some(inflate) => inflate.finish(payload, self.max_message),
                None => Err(Fault::new(Error::Unreachable)),
            };
        }
        self.gather(opcode, payload).map_err(|(error, at)| refused(error, size + at))?;
        match &self.gathered {
            Gathered::Text(_, carry) if !carry.is_whole() => {
                Err(refused(Error::Utf8, size + payload.len()))
            }
            Gathered::Text(text, _) => Ok(Message::Text(text)),
            Gathered::Binary(bytes) => Ok(Message::Binary(bytes)),
        }
    }
}

impl Decode for Messages {
    type Item<'a> = Message<'a>;
    type Error = Error;

    #[inline(always)]
    fn frame(&mut self, input: &[u8], _eof: bool) -> Result<segue::Framing, Fault<Error>> {
        match self.frames.simple(input, self.simple) {
            Some(length) => Ok(segue::Framing::Record(length)),
            None => self.frame_any(input),
        }
    }

    fn absorb(&mut self, mut record: Record<'_>, answers: &mut Output) -> Result<(), Fault<Error>> {
        let Some(FrameHead { first, opcode, size }) = self.frames.open_part(&mut record) else {
            return Err(Frames::unasked());
        };
        let payload = record.into_slice();
        self.begin(opcode, first);
        let absorbed = match opcode {
            Opcode::Ping => {
                self.controls.ping(payload, answers);
                Ok(())
            }
            Opcode::Close => self.controls.close(payload, size, answers),
            _ if self.inflating().is_some() => self.inflate_part(payload),
            _ => self.gather(opcode, payload).map_err(|(error, at)| refused(error, size + at)),
        };
        self.settle();
        absorbed
    }

    #[inline(always)]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Message<'a>, Fault<Error>> {
        let record = record.into_mut();
        if self.simple == 0 {
            return self.parse_any(record);
        }
        // Short, masked and binary: nothing is left to be computed.
        if let Some((&mut [WHOLE_BINARY, 0x80..=0xFD, ref key @ ..], _)) =
            record.split_first_chunk_mut::<6>()
        {
            let key = *key;
            let payload = &mut record[6..];
            mask_short(key, payload);
            return Ok(Message::Binary(payload));
        }
        match Frames::open_simple(record) {
            Ok((WHOLE_BINARY, _, payload)) => Ok(Message::Binary(payload)),
            Ok((_, size, payload)) => match utf8::whole(payload) {
                Ok(text) => Ok(Message::Text(text)),
                Err(at) => Err(refused(Error::Utf8, size + at)),
            },
            Err(record) => self.parse_any(record),
        }
    }

    /// The gathered bytes of a message that has not ended.
    fn residue(&self) -> (usize, usize) {
        let inflated = self.inflating().map_or(0, Inflate::gathered);
        (if self.lent { 0 } else { self.gathered() + inflated }, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header::{self, FIN};
    use segue::{Buffer, Step};

    #[test]
    fn fragments_of_a_message_whose_end_has_not_come_are_a_residue() {
        let mut messages = Messages::client_with(MaskKeys::from_fn(|| [0; 4]));
        let (mut buffer, mut output) = (Buffer::new(), Output::new());
        header::put_frame(&mut output, Opcode::Text as u8, b"hello", None);
        buffer.extend(&output.to_vec());
        assert!(matches!(buffer.step(&mut messages, false, &mut output), Ok(Step::Need(_))));
        assert_eq!(messages.residue(), (5, 0));
        output.clear();
        header::put_frame(&mut output, FIN, b" you", None);
        buffer.extend(&output.to_vec());
        assert!(matches!(buffer.step(&mut messages, false, &mut output), Ok(Step::Item(_))));
        assert_eq!(messages.residue(), (0, 0));
    }

    #[test]
    fn what_fragments_were_gathered_in_is_given_back_before_the_connection_waits() {
        for (length, kept) in [(100, true), (Messages::KEPT + 1, false)] {
            let mut messages = Messages::client_with(MaskKeys::from_fn(|| [0; 4]));
            let (mut buffer, mut output) = (Buffer::new(), Output::new());
            for first in [Opcode::Text as u8, FIN] {
                let part = alloc::vec![b'a'; length / 2 + 1];
                header::put_frame(&mut output, first, &part, None);
            }
            buffer.extend(&output.to_vec());
            let item = buffer.step(&mut messages, false, &mut output);
            assert!(matches!(item, Ok(Step::Item(Message::Text(_)))));
            assert!(matches!(buffer.step(&mut messages, false, &mut output), Ok(Step::Need(_))));
            let Gathered::Binary(memory) = &messages.gathered else { panic!("not given back") };
            assert!(memory.is_empty());
            assert_eq!(memory.capacity() > 0, kept);
        }
    }
}
