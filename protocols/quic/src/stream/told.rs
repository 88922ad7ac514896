//! Events of a stream that were not reported yet.

/// The events of a stream that were not told, in the order in which they will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Events(u8);

impl Events {
    pub(crate) const OPENED: Self = Self(1);
    pub(crate) const READABLE: Self = Self(2);
    pub(crate) const SENT: Self = Self(4);
    pub(crate) const WRITABLE: Self = Self(8);
    pub(crate) const RESET: Self = Self(16);
    pub(crate) const STOPPED: Self = Self(32);
    pub(crate) const RELEASED: Self = Self(64);

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn add(&mut self, event: Self) {
        self.0 |= event.0;
    }

    pub(crate) const fn clear(&mut self) {
        self.0 = 0;
    }

    /// Takes the first out.
    pub(crate) fn next(&mut self) -> Self {
        let first = self.0 & self.0.wrapping_neg();
        self.0 ^= first;
        Self(first)
    }
}
