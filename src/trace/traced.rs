//! A part of a protocol, and what passes through it.

use std::fmt;

use super::lane::Place;

/// A part of a protocol that records what passes through it, made by
/// [`Recorder::trace`](super::Recorder::trace).
///
/// It implements what the part implements, with the same items and errors: `Decode`, `Encode`,
/// `Exchange`, `Layer`, `Carrier` and its kin.
pub struct Traced<S> {
    pub(super) part: S,
    pub(super) place: Place,
    /// The bytes that a layer lent last: their number, and the first of them as payload.
    pub(super) lent: Option<(usize, Vec<u8>)>,
    /// The position of a layer's wire when the layer was last asked.
    pub(super) stood: Option<u64>,
}

impl<S> Traced<S> {
    pub(super) const fn new(part: S, place: Place) -> Self {
        Self { part, place, lent: None, stood: None }
    }

    /// Returns the part.
    pub const fn part(&self) -> &S {
        &self.part
    }

    /// Returns the part, to be changed. What is taken or queued by way of it is not recorded.
    pub const fn part_mut(&mut self) -> &mut S {
        &mut self.part
    }

    /// Gives the part back.
    pub fn into_part(self) -> S {
        self.part
    }
}

impl<S: fmt::Debug> fmt::Debug for Traced<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Traced").field(&self.part).finish()
    }
}
