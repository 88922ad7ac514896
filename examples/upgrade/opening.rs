//! Output of the client before it has received anything.

use std::io;

use bytes::BytesMut;
use segue::{Buffer, Exchange, Handoff, Output};
use segue_websocket::{ClientHandshake, Messages, Writer};

use crate::GLUED;

/// A client that has sent its request, with messages glued to it.
pub struct Opening {
    pub handshake: ClientHandshake,
    pub messages: Messages,
    pub writer: Writer,
    said: Output,
}

impl Opening {
    pub fn new() -> io::Result<Self> {
        let mut said = Output::new();
        let mut handshake = ClientHandshake::new("localhost", "/echo");
        // With nothing received yet it queues its request.
        handshake.advance(&mut Buffer::new(), false, &mut said).map_err(io::Error::other)?;
        let (messages, mut writer) = segue_websocket::client();
        for message in GLUED {
            said.try_encode(&mut writer, message).map_err(io::Error::other)?;
        }
        Ok(Self { handshake, messages, writer, said })
    }

    /// Returns the transport together with the first output on it.
    pub fn on<T>(&mut self, io: T) -> Handoff<T> {
        Handoff::from_parts(io, BytesMut::new(), std::mem::take(&mut self.said), false)
    }
}
