//! What the items of these stages say, for the law suite.

use segue::laws::{Log, Observe};

use crate::VarInt;

impl Observe for VarInt {
    fn observe(&self, log: &mut Log) {
        log.event(self);
    }
}
