//! The bound on records of no bytes.

use super::{Cause, Fault};

/// Counts the records of no bytes that a stage may still yield (law L5).
///
/// Records of no bytes are legal: the end of a body has no bytes of its own, and an outer record
/// may carry many items of an inner stage. A stage that yields nothing else never ends. So each
/// byte consumed pays for one such record, and [`Budget::FREE`] more are allowed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    left: u64,
}

impl Budget {
    /// Records that a stage may yield before it has consumed anything. Each stage in a chain yields
    /// one or two at its end; a chain of more than 30 such stages is not to be expected.
    pub(super) const FREE: u64 = 64;

    pub(crate) const fn new() -> Self {
        Self { left: Self::FREE }
    }

    /// Adds the pay for a record of `length` bytes.
    #[inline]
    pub(crate) const fn earn(&mut self, length: usize) {
        self.left = self.left.saturating_add(length as u64);
    }

    /// Pays for a record of `length` bytes.
    #[inline]
    pub(crate) fn spend<E>(&mut self, length: usize) -> Result<(), Fault<E>> {
        if length > 0 {
            self.earn(length);
        } else if self.left == 0 {
            return Err(Fault::from_cause(Cause::NoProgress));
        } else {
            self.left -= 1;
        }
        Ok(())
    }

    /// Refuses a record that is longer than what the stage was shown.
    #[inline]
    pub(crate) fn within<E>(length: usize, shown: usize) -> Result<(), Fault<E>> {
        if length > shown { Err(Fault::from_cause(Cause::Contract)) } else { Ok(()) }
    }
}
