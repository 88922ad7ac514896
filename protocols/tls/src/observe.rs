//! Observations of records and messages, for the law suite.

use segue::laws::{Log, Observe};

use crate::{ReceivedHello, WireRecord};

impl Observe for WireRecord<'_> {
    fn observe(&self, log: &mut Log) {
        log.event((self.content, self.version));
        log.bytes(self.payload);
    }
}

impl Observe for ReceivedHello {
    fn observe(&self, log: &mut Log) {
        log.event("ClientHello");
        log.bytes(self.as_bytes());
    }
}
