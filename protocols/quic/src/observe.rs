//! Observations of the items of these stages, for the law suite.

use segue::laws::{Log, Observe};

use crate::{
    KeyLogEntry, Packet, VarInt, frame::Frame, tls::HandshakeMessage,
    transport_parameters::Parameter,
};

impl Observe for VarInt {
    fn observe(&self, log: &mut Log) {
        log.event(self);
    }
}

impl Observe for Packet<'_> {
    fn observe(&self, log: &mut Log) {
        // One entry: the last packet of a datagram may be cut off without a fault.
        log.event((self.layout(), self.header(), self.follows_another(), self.as_slice()));
    }
}

impl Observe for KeyLogEntry {
    fn observe(&self, log: &mut Log) {
        log.event((self.label, self.client_random));
        log.bytes(self.secret());
    }
}

impl Observe for HandshakeMessage<'_> {
    fn observe(&self, log: &mut Log) {
        log.event((self.kind, self.hello()));
        log.bytes(self.body);
    }
}

impl Observe for Frame<'_> {
    fn observe(&self, log: &mut Log) {
        log.event(self);
    }
}

impl Observe for Parameter<'_> {
    fn observe(&self, log: &mut Log) {
        log.event(self.id);
        log.bytes(self.value);
    }
}
