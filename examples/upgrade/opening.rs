//! Output of the client before it has received anything.

use std::io;

use bytes::BytesMut;
use segue::{
    Buffer, Exchange, Handoff, Output,
    trace::{Recorder, Traced},
};
use segue_websocket::{ClientHandshake, Messages, Writer};

use crate::GLUED;

/// A client that has sent its request, with messages glued to it.
pub struct Opening {
    pub handshake: Traced<ClientHandshake>,
    pub messages: Traced<Messages>,
    pub writer: Traced<Writer>,
    said: Output,
}

impl Opening {
    pub fn new(recorder: &Recorder) -> io::Result<Self> {
        let mut said = Output::new();
        let handshake = ClientHandshake::new("localhost", "/echo");
        let mut handshake = recorder.trace("handshake", handshake);
        // With nothing received yet it queues its request.
        handshake.advance(&mut Buffer::new(), false, &mut said).map_err(io::Error::other)?;
        let (messages, writer) = segue_websocket::client();
        let mut writer = recorder.trace("writer", writer);
        let messages = recorder.trace("messages", messages);
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
