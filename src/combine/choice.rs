//! Decisions by the first bytes, which are not consumed.

use core::{convert::Infallible, fmt, num::NonZeroUsize};

use super::Switch;
use crate::{Cause, Decode, Fault, Framing, Need, Record};

/// A stage that looks at the first bytes, decides, and consumes nothing.
///
/// Its only record has no bytes, and the decision as its item; then it is done. Everything it
/// looked at is there for the next stage, which follows by [`switch`](Self::switch), by
/// [`then`](crate::DecodeExt::then), or by the driver.
///
/// On partial input it asks for more and claims none of it ([`Need::claim`] is 0), since the bytes
/// are not its own: a connection that reads exactly peeks at them or refuses. The function decides
/// how far it looks; [`limit`](crate::DecodeExt::limit) bounds it.
///
/// ```
/// use segue::{Buffer, Need, Output, Step, combine::{Decision, choice}};
///
/// // TLS records begin with a content type of 20 to 24 (RFC 8446 §5.1), requests with a letter.
/// let mut tls = choice(|input, _eof| match input.first() {
///     None => Decision::MORE,
///     Some(first) => Decision::Pick((20..=24).contains(first)),
/// });
/// let mut buffer = Buffer::new();
/// let mut output = Output::new();
/// assert_eq!(buffer.step(&mut tls, false, &mut output), Ok(Step::Need(Need::LOOK)));
/// buffer.extend(b"\x16\x03\x01");
/// assert_eq!(buffer.step(&mut tls, false, &mut output), Ok(Step::Item(true)));
/// assert_eq!(buffer.step(&mut tls, false, &mut output), Ok(Step::Done));
/// assert_eq!(buffer.as_slice(), b"\x16\x03\x01");
/// ```
#[derive(Clone)]
pub struct Choice<T, L> {
    look: L,
    picked: Option<T>,
    delivered: bool,
}

/// The result of a look at the first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision<T> {
    /// The decision. More input would not have changed it.
    Pick(T),
    /// The function needs at least this many more bytes. At the end of the stream this means that
    /// the stream is truncated: a function that can decide there as well must do so.
    More(NonZeroUsize),
}

impl<T> Decision<T> {
    /// At least one more byte.
    pub const MORE: Self = Self::More(NonZeroUsize::MIN);
}

/// A decision by the first bytes: a closure, or a table of [`Prefixes`](super::Prefixes).
///
/// The decision must depend on the bytes alone and not on how many of them are shown at once: with
/// fewer bytes, ask for more until the decision would be the same with all of them.
pub trait Look<T> {
    /// Decides by `input`; `eof` says that nothing follows it.
    fn look(&mut self, input: &[u8], eof: bool) -> Decision<T>;
}

impl<T, F: FnMut(&[u8], bool) -> Decision<T>> Look<T> for F {
    fn look(&mut self, input: &[u8], eof: bool) -> Decision<T> {
        self(input, eof)
    }
}

/// Makes a stage that decides by the first bytes with `look`. See [`Choice`].
pub const fn choice<T, F: FnMut(&[u8], bool) -> Decision<T>>(look: F) -> Choice<T, F> {
    Choice::new(look)
}

impl<T, L> Choice<T, L> {
    /// Makes a stage that decides with `look`.
    pub const fn new(look: L) -> Self {
        Self { look, picked: None, delivered: false }
    }

    /// Returns the decision, once it has been made.
    pub const fn picked(&self) -> Option<&T> {
        self.picked.as_ref()
    }

    /// Returns the decision as a value, once it has been made. In [`then`](crate::DecodeExt::then)
    /// there always is one.
    pub fn into_picked(self) -> Option<T> {
        self.picked
    }

    /// Goes on at once with the stage that `make` makes out of the decision, without an item for
    /// the decision itself. See [`Switch`].
    pub fn switch<B, F>(self, make: F) -> Switch<T, L, B, F>
    where
        L: Look<T>,
        B: Decode,
        F: FnOnce(T) -> Result<B, Fault<B::Error>>,
    {
        Switch::new(self.look, make)
    }
}

impl<T: Clone, L: Look<T>> Decode for Choice<T, L> {
    type Item<'a>
        = T
    where
        Self: 'a;
    type Error = Infallible;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Infallible>> {
        if self.delivered {
            return Ok(Framing::Done);
        }
        if self.picked.is_none() {
            match self.look.look(input, eof) {
                Decision::Pick(picked) => self.picked = Some(picked),
                Decision::More(at_least) => return Ok(Framing::Need(Need::look(at_least))),
            }
        }
        Ok(Framing::Record(0))
    }

    fn parse<'a>(&'a mut self, _: Record<'a>) -> Result<T, Fault<Infallible>> {
        self.delivered = true;
        self.picked.clone().ok_or(Fault::from_cause(Cause::Contract))
    }
}

impl<T: fmt::Debug, L> fmt::Debug for Choice<T, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Choice").field("picked", &self.picked).finish_non_exhaustive()
    }
}
