//! The state of this end's close frame, shared by the reader that answers and the writer.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicBool, Ordering};

/// The record of this end's close frame, which must be sent once (RFC 6455 §5.5.1).
///
/// The reader answers the peer's, the writer sends the caller's; a pair of them shares this, so
/// that the one knows of the other wherever the halves have gone.
#[derive(Debug, Default)]
pub(crate) struct Closing {
    alone: bool,
    /// Made when two are paired: neither alone needs an allocation.
    shared: Option<Arc<AtomicBool>>,
}

impl Closing {
    /// One that knows what `self` knows, from now on.
    pub(crate) fn pair(&mut self) -> Self {
        let shared = self.shared.get_or_insert_with(|| Arc::new(AtomicBool::new(self.alone)));
        Self { alone: self.alone, shared: Some(Arc::clone(shared)) }
    }

    /// Returns true if the close frame has been sent.
    #[inline]
    pub(crate) fn is_sent(&self) -> bool {
        match &self.shared {
            Some(shared) => shared.load(Ordering::Acquire),
            None => self.alone,
        }
    }

    /// Counts it as sent, and says whether it had been before.
    pub(crate) fn send(&mut self) -> bool {
        match &self.shared {
            Some(shared) => shared.swap(true, Ordering::AcqRel),
            None => core::mem::replace(&mut self.alone, true),
        }
    }
}
