//! Owned messages.

use alloc::string::String;
use alloc::vec::Vec;
use bytes::Bytes;
use core::{fmt, str::Utf8Error};
use segue::Output;

use crate::{Close, CloseCode, CloseFrame, Message, Outgoing};

/// A message or a control frame that owns its payload; [`Message`] borrows it from the connection.
///
/// ```
/// use segue_websocket::{Outgoing, OwnedMessage};
///
/// let message = OwnedMessage::from("hello");
/// assert_eq!(message.as_bytes(), b"hello");
/// assert_eq!(Outgoing::from(&message), Outgoing::Text("hello"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub enum OwnedMessage {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Bytes),
    /// A ping, if [`Messages::pings`](crate::Messages::pings) shows them.
    Ping(Bytes),
    /// A pong.
    Pong(Bytes),
    /// The peer's close frame, with its code and reason if it has any.
    Close(Option<(CloseCode, String)>),
}

impl OwnedMessage {
    /// Returns the payload; of a close frame the reason, possibly empty.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(payload) | Self::Ping(payload) | Self::Pong(payload) => payload,
            Self::Close(Some((_, reason))) => reason.as_bytes(),
            Self::Close(None) => &[],
        }
    }

    /// Returns the payload, without a copy; of a close frame the reason, possibly empty.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        match self {
            Self::Text(text) | Self::Close(Some((_, text))) => text.into_bytes().into(),
            Self::Binary(payload) | Self::Ping(payload) | Self::Pong(payload) => payload,
            Self::Close(None) => Bytes::new(),
        }
    }

    /// Returns the payload as text, if it is UTF-8. That of a text message always is.
    ///
    /// # Errors
    /// The place of the first byte that is not UTF-8.
    pub fn to_text(&self) -> Result<&str, Utf8Error> {
        match self {
            Self::Text(text) | Self::Close(Some((_, text))) => Ok(text),
            other => str::from_utf8(other.as_bytes()),
        }
    }

    /// Returns the payload as text, if it is UTF-8. That of a text message always is, and is not
    /// copied.
    ///
    /// # Errors
    /// As [`to_text`](Self::to_text).
    pub fn into_text(self) -> Result<String, Utf8Error> {
        match self {
            Self::Text(text) | Self::Close(Some((_, text))) => Ok(text),
            other => other.to_text().map(String::from),
        }
    }

    /// Returns the length of the payload in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.as_bytes().len()
    }

    /// Returns true if there is no payload.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }
}

/// Writes the questions that both kinds of messages answer.
macro_rules! kinds {
    ($Message:ty) => {
        impl $Message {
            /// Returns true for text and binary messages, false for control frames.
            #[must_use]
            pub const fn is_data(&self) -> bool {
                matches!(self, Self::Text(_) | Self::Binary(_))
            }

            /// Returns true for a text message.
            #[must_use]
            pub const fn is_text(&self) -> bool {
                matches!(self, Self::Text(_))
            }

            /// Returns true for a binary message.
            #[must_use]
            pub const fn is_binary(&self) -> bool {
                matches!(self, Self::Binary(_))
            }

            /// Returns true for a ping.
            #[must_use]
            pub const fn is_ping(&self) -> bool {
                matches!(self, Self::Ping(_))
            }

            /// Returns true for a pong.
            #[must_use]
            pub const fn is_pong(&self) -> bool {
                matches!(self, Self::Pong(_))
            }

            /// Returns true for a close frame.
            #[must_use]
            pub const fn is_close(&self) -> bool {
                matches!(self, Self::Close(_))
            }
        }
    };
}

kinds!(OwnedMessage);
kinds!(Message<'_>);

/// Copies a lent message.
impl From<Message<'_>> for OwnedMessage {
    fn from(message: Message<'_>) -> Self {
        match message {
            Message::Text(text) => Self::Text(text.into()),
            Message::Binary(payload) => Self::Binary(Bytes::copy_from_slice(payload)),
            Message::Ping(payload) => Self::Ping(Bytes::copy_from_slice(payload)),
            Message::Pong(payload) => Self::Pong(Bytes::copy_from_slice(payload)),
            Message::Close(close) => {
                Self::Close(close.map(|close| (close.code, close.reason.into())))
            }
        }
    }
}

impl From<&str> for OwnedMessage {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for OwnedMessage {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Bytes> for OwnedMessage {
    fn from(payload: Bytes) -> Self {
        Self::Binary(payload)
    }
}

impl From<Vec<u8>> for OwnedMessage {
    fn from(payload: Vec<u8>) -> Self {
        Self::Binary(payload.into())
    }
}

impl From<&[u8]> for OwnedMessage {
    fn from(payload: &[u8]) -> Self {
        Self::Binary(Bytes::copy_from_slice(payload))
    }
}

impl From<CloseFrame<'_>> for OwnedMessage {
    fn from(close: CloseFrame<'_>) -> Self {
        Self::from(Message::Close(close.content()))
    }
}

/// Sends it as it was received, and gives its memory to the output if that saves a copy.
impl From<OwnedMessage> for Outgoing<'_> {
    fn from(message: OwnedMessage) -> Self {
        Self::Owned(message)
    }
}

impl From<String> for Outgoing<'_> {
    fn from(text: String) -> Self {
        Self::Owned(OwnedMessage::Text(text))
    }
}

impl From<Vec<u8>> for Outgoing<'_> {
    fn from(payload: Vec<u8>) -> Self {
        Self::Bytes(payload.into())
    }
}

impl<'a> From<&'a Vec<u8>> for Outgoing<'a> {
    fn from(payload: &'a Vec<u8>) -> Self {
        Self::Binary(payload)
    }
}

impl<'a> From<CloseFrame<'a>> for Outgoing<'a> {
    fn from(close: CloseFrame<'a>) -> Self {
        Self::Close(close.content())
    }
}

/// Sends it as it was received. Binary payloads of [`Output::WHOLE`] bytes or more are shared, not
/// copied; sharing a shorter one costs more than copying it to the output.
impl<'a> From<&'a OwnedMessage> for Outgoing<'a> {
    fn from(message: &'a OwnedMessage) -> Self {
        match message {
            OwnedMessage::Text(text) => Self::Text(text),
            OwnedMessage::Binary(payload) if payload.len() < Output::WHOLE => Self::Binary(payload),
            OwnedMessage::Binary(payload) => Self::Bytes(payload.clone()),
            OwnedMessage::Ping(payload) => Self::Ping(payload),
            OwnedMessage::Pong(payload) => Self::Pong(payload),
            OwnedMessage::Close(close) => {
                Self::Close(close.as_ref().map(|(code, reason)| Close { code: *code, reason }))
            }
        }
    }
}

impl<'a> From<&'a str> for Outgoing<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Outgoing<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a [u8]> for Outgoing<'a> {
    fn from(payload: &'a [u8]) -> Self {
        Self::Binary(payload)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Outgoing<'a> {
    fn from(payload: &'a [u8; N]) -> Self {
        Self::Binary(payload)
    }
}

impl From<Bytes> for Outgoing<'_> {
    fn from(payload: Bytes) -> Self {
        Self::Bytes(payload)
    }
}

/// Shows kinds and lengths, but no payload.
impl fmt::Debug for OwnedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Text(_) => "Text",
            Self::Binary(_) => "Binary",
            Self::Ping(_) => "Ping",
            Self::Pong(_) => "Pong",
            Self::Close(close) => return f.debug_tuple("Close").field(close).finish(),
        };
        write!(f, "{name}({} bytes)", self.as_bytes().len())
    }
}
