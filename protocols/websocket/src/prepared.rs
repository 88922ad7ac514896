//! Messages for many connections.

use alloc::{string::String, sync::Arc, vec::Vec};
use bytes::Bytes;
use core::fmt;
#[cfg(feature = "deflate")]
use std::sync::OnceLock;

use crate::{Opcode, Outgoing, OwnedMessage};

/// A message that is sent on many connections, and compressed once for all of them.
///
/// It is sent like any other: by `send`, `queue` and `queue_all` of every endpoint and by a
/// [`Writer`](crate::Writer), which refuse it behind a close frame. A clone is another handle to
/// the same message, and servers share its memory from [`Output::WHOLE`](segue::Output::WHOLE)
/// bytes on.
///
/// Where compression was negotiated it is compressed with the first connection that sends it, by
/// itself: it refers to no earlier message, and no later one to it. There is one compressed form for
/// each size of window. Between prepared messages a connection with takeover of the context begins
/// anew, so mixing them with others costs those some of their compression.
///
/// ```
/// use segue::{Encode, Output};
/// use segue_websocket::{Outgoing, Prepared, Writer};
///
/// let news = Prepared::from("good news for all");
/// let mut outputs = [Output::new(), Output::new(), Output::new()];
/// for output in &mut outputs {
///     Writer::server().encode(Outgoing::from(&news), output)?;
/// }
/// assert_eq!(outputs[2].to_vec(), b"\x81\x11good news for all");
/// # Ok::<(), segue_websocket::WriteError>(())
/// ```
#[derive(Clone)]
pub struct Prepared(Arc<Message>);

struct Message {
    text: bool,
    payload: Bytes,
    /// The payload compressed, for windows of 2⁹ to 2¹⁵ bytes.
    #[cfg(feature = "deflate")]
    compressed: [OnceLock<Bytes>; 7],
}

impl Prepared {
    fn new(text: bool, payload: Bytes) -> Self {
        Self(Arc::new(Message {
            text,
            payload,
            #[cfg(feature = "deflate")]
            compressed: [const { OnceLock::new() }; 7],
        }))
    }

    /// Returns true for a text message.
    #[must_use]
    pub fn is_text(&self) -> bool {
        self.0.text
    }

    /// Returns the payload.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0.payload
    }

    pub(crate) fn opcode(&self) -> Opcode {
        if self.0.text { Opcode::Text } else { Opcode::Binary }
    }

    /// Another handle to the payload.
    pub(crate) fn payload(&self) -> Bytes {
        self.0.payload.clone()
    }

    /// The payload compressed in a window of 2^`bits` bytes, 9 to 15, by `compress` if it is the
    /// first time.
    #[cfg(feature = "deflate")]
    pub(crate) fn compressed(&self, bits: u8, compress: impl FnOnce(&[u8]) -> Vec<u8>) -> Bytes {
        let cells = &self.0.compressed;
        let last = cells.len() - 1;
        let cell = &cells[usize::from(bits.saturating_sub(9)).min(last)];
        cell.get_or_init(|| compress(&self.0.payload).into()).clone()
    }
}

impl From<String> for Prepared {
    fn from(text: String) -> Self {
        Self::new(true, text.into())
    }
}

impl From<&str> for Prepared {
    fn from(text: &str) -> Self {
        Self::from(String::from(text))
    }
}

impl From<Bytes> for Prepared {
    fn from(payload: Bytes) -> Self {
        Self::new(false, payload)
    }
}

impl From<Vec<u8>> for Prepared {
    fn from(payload: Vec<u8>) -> Self {
        Self::new(false, payload.into())
    }
}

/// Prepares a text or binary message that was received; control frames are not for many and are
/// given back.
impl TryFrom<OwnedMessage> for Prepared {
    type Error = OwnedMessage;

    fn try_from(message: OwnedMessage) -> Result<Self, OwnedMessage> {
        match message {
            OwnedMessage::Text(text) => Ok(text.into()),
            OwnedMessage::Binary(payload) => Ok(payload.into()),
            control => Err(control),
        }
    }
}

impl From<Prepared> for Outgoing<'_> {
    fn from(message: Prepared) -> Self {
        Self::Prepared(message)
    }
}

impl From<&Prepared> for Outgoing<'_> {
    fn from(message: &Prepared) -> Self {
        Self::Prepared(message.clone())
    }
}

impl PartialEq for Prepared {
    fn eq(&self, other: &Self) -> bool {
        self.is_text() == other.is_text() && self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Prepared {}

/// Shows kind and length, but no payload.
impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.is_text() { "Text" } else { "Binary" };
        write!(f, "Prepared({name}, {} bytes)", self.as_bytes().len())
    }
}
