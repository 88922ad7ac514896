//! Both halves of a connection, made together.

use crate::{Messages, Writer};

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
