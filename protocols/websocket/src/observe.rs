//! Observations of the items of these stages, for the law suite.

use segue::laws::{Log, Observe};

use crate::{Accepted, Connected, Frame, Message, Part, Piece};

impl Observe for Frame<'_> {
    fn observe(&self, log: &mut Log) {
        log.event((self.fin, self.reserved, self.opcode));
        log.bytes(&self.payload);
    }
}

impl Observe for Message<'_> {
    fn observe(&self, log: &mut Log) {
        match self {
            Self::Text(text) => {
                log.event("text");
                log.bytes(text.as_bytes());
            }
            Self::Binary(payload) => {
                log.event("binary");
                log.bytes(payload);
            }
            Self::Ping(payload) => {
                log.event("ping");
                log.bytes(payload);
            }
            Self::Pong(payload) => {
                log.event("pong");
                log.bytes(payload);
            }
            Self::Close(close) => log.event(close),
        }
    }
}

impl Observe for Accepted {
    fn observe(&self, log: &mut Log) {
        log.event(self);
    }
}

impl Observe for Connected {
    fn observe(&self, log: &mut Log) {
        log.event(self);
    }
}

impl Observe for Piece<'_> {
    fn observe(&self, log: &mut Log) {
        match self {
            // All is said at the end: whether a message began before it was refused is a matter
            // of reads.
            Self::Part(Part { text, last, payload, .. }) => {
                log.piece(payload);
                if *last {
                    log.event(if *text { "text" } else { "binary" });
                }
            }
            Self::Ping(payload) => Message::Ping(payload).observe(log),
            Self::Pong(payload) => Message::Pong(payload).observe(log),
            Self::Close(close) => Message::Close(*close).observe(log),
        }
    }
}
