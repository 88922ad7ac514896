//! Observations of the items of these stages, for the law suite.

use segue::laws::{Log, Observe};

use crate::frame::{Data, Frame};

impl Observe for Frame<'_> {
    fn observe(&self, log: &mut Log) {
        match self {
            Self::Data(data) => data.observe(log),
            Self::Headers(headers) => {
                log.event(headers);
                log.bytes(headers.block);
            }
            Self::PushPromise(promise) => {
                log.event(promise);
                log.bytes(promise.block);
            }
            other => log.event(other),
        }
    }
}

impl Observe for Data<'_> {
    fn observe(&self, log: &mut Log) {
        if let Some(length) = self.length {
            log.event((self.stream, length));
        }
        log.piece(&self.payload);
        if self.end_stream {
            log.event("end of the stream");
        }
    }
}
