//! Ends of records behind the record in front.

/// The ends of records that a stage has seen behind the one in front.
///
/// A stage that looks for the end of one record compares many bytes at once and so finds the ends
/// of the next. [`Records`](crate::Records) keeps these from one record to the next: while it
/// lives, nothing else consumes or changes bytes, or asks the stage. Any other caller may do so,
/// and nothing is kept for it.
///
/// Offsets count from where the loan began. They stay valid when a record is consumed, and the next
/// look at the bytes does not wait for the end of that record.
#[doc(hidden)]
#[derive(Debug)]
pub struct Ahead {
    /// A bit for each of the 64 bytes in front of `searched`, the highest for the last of them: set
    /// if a record may end there. Bits of records that were found are cleared.
    pub(crate) marks: u64,
    /// The number of bytes that were looked at.
    pub(crate) searched: usize,
    /// The number of bytes that were consumed: the start of the input.
    pub(crate) front: usize,
    /// The buffer's front when the loan began.
    pub(super) begun: usize,
}

impl Ahead {
    /// Knows nothing about a buffer whose front is at `begun`, and of which nothing was consumed.
    #[inline]
    pub(super) const fn nothing(begun: usize) -> Self {
        Self { marks: 0, searched: 0, front: 0, begun }
    }

    /// Forgets what was found ahead.
    #[inline]
    pub(crate) const fn forget(&mut self) {
        (self.marks, self.searched) = (0, 0);
    }
}
