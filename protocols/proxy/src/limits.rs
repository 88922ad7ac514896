/// Limits on what a peer may send.
///
/// A line of version 1 has its own bound of 107 bytes, which the specification sets.
///
/// ```
/// use segue_proxy::Limits;
///
/// let limits = Limits { header: 536, ..Limits::DEFAULT };
/// # let _ = limits;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of a header of version 2, from its signature to its last TLV. A header that
    /// announces more is refused by what it announces.
    pub header: usize,
}

impl Limits {
    /// 4 KiB for a header, of the 65,551 bytes that one can announce: addresses, names and a
    /// checksum take less than 536 bytes, for which the format was made, and the certificate of a
    /// client takes one to three thousand.
    pub const DEFAULT: Self = Self { header: 4096 };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
