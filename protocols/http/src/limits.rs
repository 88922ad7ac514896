/// Bounds on the fields of one head that an [`Arena`](crate::Arena) holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Limits {
    /// The most bytes of names and values, with 32 more a field: the size of a field section as
    /// HTTP/2 and HTTP/3 count and announce it (RFC 9113 §6.5.2, RFC 9114 §4.2.2).
    ///
    /// 64 KiB unless set: servers take 8 to 64 KiB, and cookies of browsers alone can reach 16.
    pub max_size: u32,
    /// The most fields.
    ///
    /// 128 unless set: browsers send 10 to 25, and a field costs its receiver far more than 32
    /// bytes.
    pub max_lines: u16,
}

impl Limits {
    /// The limits unless others are set.
    pub const DEFAULT: Self = Self { max_size: 64 * 1024, max_lines: 128 };

    /// Sets [`max_size`](Self::max_size).
    #[must_use]
    pub const fn max_size(mut self, max: u32) -> Self {
        self.max_size = max;
        self
    }

    /// Sets [`max_lines`](Self::max_lines).
    #[must_use]
    pub const fn max_lines(mut self, max: u16) -> Self {
        self.max_lines = max;
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
