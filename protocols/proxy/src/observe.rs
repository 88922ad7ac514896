//! Observations of headers, for the law suite.

use alloc::vec::Vec;

use segue::laws::{Log, Observe};

use crate::Header;

impl Observe for Header<'_> {
    fn observe(&self, log: &mut Log) {
        log.event((self.version(), self.endpoints()));
        // A checksum is computed when it is written, and was checked when it is read.
        log.event(self.tlvs().iter().map(|tlv| tlv.kind()).collect::<Vec<_>>());
        let sum = self.tlvs().checksum_at();
        let mut bytes = self.tlvs().as_bytes().to_vec();
        if let Some(place) = sum.and_then(|at| bytes.get_mut(at..at + 4)) {
            place.fill(0);
        }
        log.bytes(&bytes);
    }
}
