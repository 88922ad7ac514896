//! Both halves of a connection, made together.

use crate::{Accepted, Connected, Messages, Pieces, Writer, deflate::Agreed};

/// The two halves of a server's connection, which know of each other's close frame.
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

/// The two halves of a client's connection, which know of each other's close frame.
#[cfg(feature = "std")]
#[must_use]
pub fn client() -> (Messages, Writer) {
    let mut writer = Writer::client();
    (Messages::client().paired(&mut writer), writer)
}

impl Accepted {
    /// The two halves of the connection, with the extensions that were agreed on.
    #[must_use]
    pub fn halves(&self) -> (Messages, Writer) {
        with(server(), self.deflate.as_ref())
    }

    /// The same, to read messages in pieces: such as are too long to be held, or wanted before
    /// they are whole.
    #[must_use]
    pub fn pieces(&self) -> (Pieces, Writer) {
        let (_, mut writer) = self.halves();
        (in_pieces(Pieces::server().paired(&mut writer), self.deflate.as_ref()), writer)
    }

    /// How both ends compress, if they do.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn deflate(&self) -> Option<&Agreed> {
        self.deflate.as_ref()
    }
}

impl Connected {
    /// The two halves of the connection, with the extensions that were agreed on.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn halves(&self) -> (Messages, Writer) {
        with(client(), self.deflate.as_ref())
    }

    /// The same, to read messages in pieces: such as are too long to be held, or wanted before
    /// they are whole.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn pieces(&self) -> (Pieces, Writer) {
        let (_, mut writer) = self.halves();
        (in_pieces(Pieces::client().paired(&mut writer), self.deflate.as_ref()), writer)
    }

    /// How both ends compress, if they do.
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
