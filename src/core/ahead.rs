//! What is known of the bytes behind the record in front.

/// The ends of records that a stage has seen behind the one in front.
///
/// Many bytes are compared at once, so a stage that looks for the end of one record comes upon those
/// of the next. [`Records`](crate::Records) keeps them from one record to the next: while it lives,
/// nobody else consumes bytes, changes them, or asks the stage. Where a stage is shown its input by
/// somebody else, none of that is sure, and nothing is kept.
///
/// Offsets count from where the loan began. So they stay as they are when a record is consumed, and
/// the next look at the bytes does not wait for where that ended.
#[doc(hidden)]
#[derive(Debug)]
pub struct Ahead {
    /// A bit for each of the 64 bytes in front of `searched`: whether a record may end there. The
    /// highest is for the last of them. Those of records that were found are gone.
    pub(crate) marks: u64,
    /// How many bytes were looked at.
    pub(crate) searched: usize,
    /// How many bytes were consumed: where the input begins.
    pub(crate) front: usize,
    /// The buffer's front when the loan began.
    pub(super) begun: usize,
}

impl Ahead {
    /// Nothing is known, and nothing was consumed, of a buffer whose front is at `begun`.
    #[inline]
    pub(super) const fn nothing(begun: usize) -> Self {
        Self { marks: 0, searched: 0, front: 0, begun }
    }

    /// Nothing is known any more.
    #[inline]
    pub(crate) const fn forget(&mut self) {
        (self.marks, self.searched) = (0, 0);
    }
}
