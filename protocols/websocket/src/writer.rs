//! The encoder of frames and messages.

use alloc::boxed::Box;
use bytes::Bytes;
use core::fmt;
use segue::{Encode, Output};

use crate::{
    Close, CloseCode, MaskKeys, Message, Opcode, OwnedMessage, Prepared, Role,
    closing::Closing,
    deflate::{COMPRESSED, Compress},
    header::{self, FIN},
    mask,
    utf8::Carry,
};

/// An item that a [`Writer`] sends.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outgoing<'a> {
    /// A text message, in one frame.
    Text(&'a str),
    /// A binary message, in one frame.
    Binary(&'a [u8]),
    /// A binary message, in one frame. From [`Output::WHOLE`] bytes on a server sends the payload
    /// from where it is; so does a client that holds the only handle to it, masking it in place.
    Bytes(Bytes),
    /// A part of a message, in a frame of its own.
    Fragment(Fragment<'a>),
    /// A ping of at most 125 bytes.
    Ping(&'a [u8]),
    /// A pong of at most 125 bytes: the answer to a ping, or a sign of life.
    Pong(&'a [u8]),
    /// The close frame, with or without a code and a reason.
    Close(Option<Close<'a>>),
    /// A message or a control frame that owns its payload.
    Owned(OwnedMessage),
    /// A text or binary message that is sent on many connections.
    Prepared(Prepared),
}

impl Outgoing<'_> {
    /// Returns true for a close frame.
    #[must_use]
    pub const fn is_close(&self) -> bool {
        matches!(self, Self::Close(_) | Self::Owned(OwnedMessage::Close(_)))
    }
}

/// A part of a message (RFC 6455 §5.4). Text may be cut anywhere, even inside a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fragment<'a> {
    /// [`Opcode::Text`] or [`Opcode::Binary`] for the first part, [`Opcode::Continuation`] for the
    /// others.
    pub opcode: Opcode,
    /// The fragment is the last one.
    pub fin: bool,
    /// The bytes, possibly none.
    pub payload: &'a [u8],
}

impl<'a> From<Message<'a>> for Outgoing<'a> {
    fn from(message: Message<'a>) -> Self {
        match message {
            Message::Text(text) => Self::Text(text),
            Message::Binary(payload) => Self::Binary(payload),
            Message::Ping(payload) => Self::Ping(payload),
            Message::Pong(payload) => Self::Pong(payload),
            Message::Close(close) => Self::Close(close),
        }
    }
}

/// An encoder of messages, whole or in fragments, and of control frames.
///
/// Items are checked before any byte is queued, so a refused item leaves the output and the
/// connection as they were. Frames of clients are masked in the output.
///
/// ```
/// use segue::{Encode, Output};
/// use segue_websocket::{Close, CloseCode, Fragment, Opcode, Outgoing, WriteError, Writer};
///
/// let mut writer = Writer::server();
/// let mut output = Output::new();
/// writer.encode(Outgoing::Text("Hello"), &mut output)?;
/// assert_eq!(output.to_vec(), b"\x81\x05Hello"); // RFC 6455 §5.7
///
/// output.clear();
/// for (opcode, fin, payload) in
///     [(Opcode::Text, false, &b"Hel"[..]), (Opcode::Continuation, true, b"lo")]
/// {
///     writer.encode(Outgoing::Fragment(Fragment { opcode, fin, payload }), &mut output)?;
/// }
/// assert_eq!(output.to_vec(), b"\x01\x03Hel\x80\x02lo"); // RFC 6455 §5.7
///
/// output.clear();
/// let close = Close { code: CloseCode::GOING_AWAY, reason: "restart" };
/// writer.encode(Outgoing::Close(Some(close)), &mut output)?;
/// assert_eq!(output.to_vec(), b"\x88\x09\x03\xe9restart");
/// assert_eq!(writer.encode(Outgoing::Text("?"), &mut output), Err(WriteError::Closed));
/// # Ok::<(), WriteError>(())
/// ```
#[derive(Debug)]
pub struct Writer {
    /// The keys that mask the frames of a client.
    keys: Option<MaskKeys>,
    /// The message whose first fragment has been sent, and not its last.
    open: Option<Open>,
    pub(crate) closing: Closing,
    /// The compressor, if compression was negotiated.
    compress: Option<Box<Compress>>,
}

/// A message that is sent in fragments.
#[derive(Debug)]
enum Open {
    Text(Carry),
    Binary,
}

impl Writer {
    /// Creates the writer of a server: nothing is masked.
    #[must_use]
    pub fn server() -> Self {
        Self::new(None)
    }

    /// Creates the writer of a client: frames are masked by [`MaskKeys::random`].
    #[cfg(feature = "std")]
    #[must_use]
    pub fn client() -> Self {
        Self::client_with(MaskKeys::random())
    }

    /// Creates the writer of a client: frames are masked by `keys`.
    #[must_use]
    pub fn client_with(keys: MaskKeys) -> Self {
        Self::new(Some(keys))
    }

    fn new(keys: Option<MaskKeys>) -> Self {
        Self { keys, open: None, closing: Closing::default(), compress: None }
    }

    /// Compresses messages, as `agreed` in the handshake (RFC 7692). Messages below the threshold
    /// are sent as they are, but not fragments: the length of a fragmented message is not known
    /// when it begins.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn deflate(mut self, agreed: &crate::Agreed) -> Self {
        self.compress = Some(Box::new(Compress::new(agreed, self.role())));
        self
    }

    /// Returns the end that writes.
    #[must_use]
    pub fn role(&self) -> Role {
        if self.keys.is_some() { Role::Client } else { Role::Server }
    }

    /// Returns true if the close frame of this end has been sent, by this writer or by the
    /// [`Messages`](crate::Messages) it is paired with.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closing.is_sent()
    }

    /// Fails if no message may begin now.
    #[inline]
    fn may_begin(&self) -> Result<(), WriteError> {
        if self.closing.is_sent() {
            return Err(WriteError::Closed);
        }
        if self.open.is_some() {
            return Err(WriteError::UnfinishedMessage);
        }
        Ok(())
    }

    #[inline]
    fn put(&mut self, first: u8, payload: &[u8], output: &mut Output) {
        match &mut self.keys {
            None => header::put_bare(output, first, payload),
            Some(keys) => header::put_masked(output, first, payload, keys.next_key()),
        }
    }

    /// A whole message.
    #[inline]
    fn whole(
        &mut self,
        opcode: Opcode,
        payload: &[u8],
        output: &mut Output,
    ) -> Result<(), WriteError> {
        self.may_begin()?;
        let first = FIN | opcode as u8;
        if self.compress.as_ref().is_some_and(|compress| compress.pays(payload.len())) {
            return self.put_compressed(first | COMPRESSED, payload, true, output);
        }
        self.put(first, payload, output);
        Ok(())
    }

    /// A part of a compressed message in a frame, `fin` the last one.
    fn put_compressed(
        &mut self,
        first: u8,
        payload: &[u8],
        fin: bool,
        output: &mut Output,
    ) -> Result<(), WriteError> {
        // Callers have seen that there is one.
        let Some(compress) = &mut self.compress else { return Err(WriteError::Unreachable) };
        let key = self.keys.as_mut().map(MaskKeys::next_key);
        header::put_frame(output, first, compress.part(payload, fin), key);
        compress.forget();
        Ok(())
    }

    /// A whole binary message, without a copy if it pays.
    fn bytes(&mut self, payload: Bytes, output: &mut Output) -> Result<(), WriteError> {
        self.may_begin()?;
        if self.compress.as_ref().is_some_and(|compress| compress.pays(payload.len())) {
            return self.whole(Opcode::Binary, &payload, output);
        }
        let first = FIN | Opcode::Binary as u8;
        let Some(keys) = &mut self.keys else {
            header::put(output, first, payload.len(), None);
            output.put_bytes(payload);
            return Ok(());
        };
        let key = keys.next_key();
        match payload.try_into_mut() {
            Ok(mut payload) if payload.len() >= Output::WHOLE => {
                mask(key, &mut payload);
                header::put(output, first, payload.len(), Some(key));
                output.put_bytes(payload.freeze());
            }
            Ok(payload) => header::put_masked(output, first, &payload, key),
            Err(payload) => header::put_masked(output, first, &payload, key),
        }
        Ok(())
    }

    /// A message for many connections, which is compressed once.
    #[inline(never)]
    fn prepared(&mut self, message: &Prepared, output: &mut Output) -> Result<(), WriteError> {
        self.may_begin()?;
        let (mut first, mut payload) = (FIN | message.opcode() as u8, message.payload());
        if let Some(compress) = &mut self.compress
            && compress.pays(payload.len())
        {
            first |= COMPRESSED;
            payload = compress.prepared(message);
        }
        if self.keys.is_none() && payload.len() >= Output::WHOLE {
            header::put(output, first, payload.len(), None);
            output.put_bytes(payload);
        } else {
            self.put(first, &payload, output);
        }
        Ok(())
    }

    /// A message that owns its payload, without a copy if it pays.
    #[inline(never)]
    fn owned(&mut self, message: OwnedMessage, output: &mut Output) -> Result<(), WriteError> {
        match message {
            OwnedMessage::Binary(payload) => self.bytes(payload, output),
            other => self.encode(Outgoing::from(&other), output),
        }
    }

    fn fragment(
        &mut self,
        Fragment { opcode, fin, payload }: Fragment<'_>,
        output: &mut Output,
    ) -> Result<(), WriteError> {
        let mut open = match opcode {
            Opcode::Text => self.may_begin().map(|()| Open::Text(Carry::default()))?,
            Opcode::Binary => self.may_begin().map(|()| Open::Binary)?,
            Opcode::Continuation if self.closing.is_sent() => return Err(WriteError::Closed),
            Opcode::Continuation => match &self.open {
                None => return Err(WriteError::NothingToContinue),
                Some(Open::Text(carry)) => Open::Text(*carry),
                Some(Open::Binary) => Open::Binary,
            },
            _ => return Err(WriteError::FragmentedControl),
        };
        if let Open::Text(carry) = &mut open {
            carry.push(payload, |_| {}).map_err(|at| WriteError::Utf8 { at })?;
            if fin && !carry.is_whole() {
                return Err(WriteError::Utf8 { at: payload.len() });
            }
        }
        self.open = (!fin).then_some(open);
        let first = if fin { FIN } else { 0 } | opcode as u8;
        if self.compress.is_some() {
            let mark = if opcode == Opcode::Continuation { 0 } else { COMPRESSED };
            return self.put_compressed(first | mark, payload, fin, output);
        }
        self.put(first, payload, output);
        Ok(())
    }

    fn control(
        &mut self,
        opcode: Opcode,
        payload: &[u8],
        output: &mut Output,
    ) -> Result<(), WriteError> {
        // A ping of the peer is to be answered until its close frame has come (RFC 6455 §5.5.2).
        if opcode != Opcode::Pong && self.closing.is_sent() {
            return Err(WriteError::Closed);
        }
        if payload.len() > MAX_CONTROL {
            return Err(WriteError::ControlTooLong { length: payload.len() });
        }
        self.put(FIN | opcode as u8, payload, output);
        Ok(())
    }

    fn close(&mut self, close: Option<Close<'_>>, output: &mut Output) -> Result<(), WriteError> {
        let mut payload = [0; MAX_CONTROL];
        let mut length = 0;
        if let Some(Close { code, reason }) = close {
            if !code.is_sendable() {
                return Err(WriteError::CloseCode(code));
            }
            let (head, tail) = payload.split_at_mut(2);
            let Some(tail) = tail.get_mut(..reason.len()) else {
                return Err(WriteError::ControlTooLong { length: 2 + reason.len() });
            };
            head.copy_from_slice(&code.0.to_be_bytes());
            tail.copy_from_slice(reason.as_bytes());
            length = 2 + reason.len();
        }
        if self.closing.send() {
            return Err(WriteError::Closed);
        }
        self.put(FIN | Opcode::Close as u8, &payload[..length], output);
        Ok(())
    }
}

impl<'a> Encode<Outgoing<'a>> for Writer {
    type Error = WriteError;

    #[inline]
    fn encode(&mut self, item: Outgoing<'a>, output: &mut Output) -> Result<(), WriteError> {
        match item {
            Outgoing::Text(text) => self.whole(Opcode::Text, text.as_bytes(), output),
            Outgoing::Binary(payload) => self.whole(Opcode::Binary, payload, output),
            Outgoing::Bytes(payload) => self.bytes(payload, output),
            Outgoing::Fragment(fragment) => self.fragment(fragment, output),
            Outgoing::Ping(payload) => self.control(Opcode::Ping, payload, output),
            Outgoing::Pong(payload) => self.control(Opcode::Pong, payload, output),
            Outgoing::Close(close) => self.close(close, output),
            Outgoing::Owned(message) => self.owned(message, output),
            Outgoing::Prepared(message) => self.prepared(&message, output),
        }
    }
}

/// Sends a message as it was received, as an echo does.
impl<'a> Encode<Message<'a>> for Writer {
    type Error = WriteError;

    #[inline]
    fn encode(&mut self, item: Message<'a>, output: &mut Output) -> Result<(), WriteError> {
        self.encode(Outgoing::from(item), output)
    }
}

/// The reason why a [`Writer`] refuses to send: a mistake of this end, of which the peer learns
/// nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WriteError {
    /// The close frame has been sent, and nothing may follow it (RFC 6455 §5.5.1).
    Closed,
    /// A new message begins before the last fragment of the one under way (RFC 6455 §5.4).
    UnfinishedMessage,
    /// A continuation without a message under way (RFC 6455 §5.4).
    NothingToContinue,
    /// A fragment with the opcode of a control frame (RFC 6455 §5.4).
    FragmentedControl,
    /// The fragments of a text are not UTF-8; `at` is the index in this one of the first bad byte.
    Utf8 {
        /// Index in the payload that was refused.
        at: usize,
    },
    /// The payload of a control frame passes 125 bytes (RFC 6455 §5.5); a reason in a close frame
    /// has two less.
    ControlTooLong {
        /// The length it would have, in bytes.
        length: usize,
    },
    /// The code must not stand in a close frame (RFC 6455 §7.4).
    CloseCode(CloseCode),
    /// A case that this crate has ruled out before: a bug in it, and not a mistake of the caller.
    Unreachable,
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the close frame has been sent"),
            Self::UnfinishedMessage => f.write_str("the fragmented message has not ended"),
            Self::NothingToContinue => f.write_str("no fragmented message to continue"),
            Self::FragmentedControl => f.write_str("control frames cannot be fragments"),
            Self::Utf8 { at } => write!(f, "the fragments are not UTF-8 at byte {at} of this one"),
            Self::ControlTooLong { length } => {
                write!(f, "control frame of {length} bytes, at most {MAX_CONTROL} are allowed")
            }
            Self::CloseCode(code) => write!(f, "close code {code} is not for the wire"),
            Self::Unreachable => f.write_str("a bug in segue-websocket: an impossible case"),
        }
    }
}

impl core::error::Error for WriteError {}

/// The longest payload of a control frame in bytes (RFC 6455 §5.5).
const MAX_CONTROL: usize = 125;
