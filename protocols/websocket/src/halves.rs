//! Both halves of a connection, made together.

use crate::{Accepted, Connected, Messages, Pieces, Writer, deflate::Agreed};

/// Makes the two halves of a server's connection, paired so that only one of them sends the close
/// frame.
///
/// ```
/// use segue::{Buffer, Encode, Output, Step};
/// use segue_websocket::{Message, Outgoing, WriteError};
///
/// let (mut messages, mut writer) = segue_websocket::server();
/// let mut output = Output::new();
/// writer.encode(Outgoing::Close(None), &mut output)?;
/// output.clear();
///
/// // The peer's close frame is the answer to that one, and gets none.
/// let mut buffer = Buffer::from(&b"\x88\x80\x00\x00\x00\x00"[..]);
/// let item = buffer.step(&mut messages, false, &mut output).unwrap();
/// assert_eq!(item, Step::Item(Message::Close(None)));
/// assert!(output.is_empty() && messages.is_closed());
/// # Ok::<(), WriteError>(())
/// ```
#[must_use]
pub fn server() -> (Messages, Writer) {
    let mut writer = Writer::server();
    (Messages::server().paired(&mut writer), writer)
}

/// Makes the two halves of a client's connection, paired so that only one of them sends the close
/// frame.
#[cfg(feature = "std")]
#[must_use]
pub fn client() -> (Messages, Writer) {
    let mut writer = Writer::client();
    (Messages::client().paired(&mut writer), writer)
}

impl Accepted {
    /// Returns the two halves of the connection, with the agreed extensions.
    #[must_use]
    pub fn halves(&self) -> (Messages, Writer) {
        with(server(), self.deflate.as_ref())
    }

    /// Returns the two halves of the connection, with a reader that reads messages in pieces: for
    /// messages that are too long to be held, or are needed before they are whole.
    #[must_use]
    pub fn pieces(&self) -> (Pieces, Writer) {
        let (_, mut writer) = self.halves();
        (in_pieces(Pieces::server().paired(&mut writer), self.deflate.as_ref()), writer)
    }

    /// Returns the agreed parameters of compression, if there is any.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn deflate(&self) -> Option<&Agreed> {
        self.deflate.as_ref()
    }
}

impl Connected {
    /// Returns the two halves of the connection, with the agreed extensions.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn halves(&self) -> (Messages, Writer) {
        with(client(), self.deflate.as_ref())
    }

    /// Returns the two halves of the connection, with a reader that reads messages in pieces: for
    /// messages that are too long to be held, or are needed before they are whole.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn pieces(&self) -> (Pieces, Writer) {
        let (_, mut writer) = self.halves();
        (in_pieces(Pieces::client().paired(&mut writer), self.deflate.as_ref()), writer)
    }

    /// Returns the agreed parameters of compression, if there is any.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn deflate(&self) -> Option<&Agreed> {
        self.deflate.as_ref()
    }
}

#[cfg(feature = "deflate")]
fn with((messages, writer): (Messages, Writer), agreed: Option<&Agreed>) -> (Messages, Writer) {
    match agreed {
        Some(agreed) => (messages.deflate(agreed), writer.deflate(agreed)),
        None => (messages, writer),
    }
}

#[cfg(feature = "deflate")]
fn in_pieces(pieces: Pieces, agreed: Option<&Agreed>) -> Pieces {
    match agreed {
        Some(agreed) => pieces.deflate(agreed),
        None => pieces,
    }
}

#[cfg(not(feature = "deflate"))]
fn in_pieces(pieces: Pieces, _: Option<&Agreed>) -> Pieces {
    pieces
}

#[cfg(not(feature = "deflate"))]
fn with(halves: (Messages, Writer), _: Option<&Agreed>) -> (Messages, Writer) {
    halves
}
