//! What the items of these stages say, for the law suite.

use segue::laws::{Log, Observe};

use crate::{Accepted, Frame, Message, Opened};

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

impl Observe for Opened {
    fn observe(&self, log: &mut Log) {
        log.event(self);
    }
}
