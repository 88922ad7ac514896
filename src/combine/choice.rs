//! A decision by the first bytes, which stay where they are.

use core::{convert::Infallible, fmt, num::NonZeroUsize};

use super::Switch;
use crate::{Cause, Decode, Fault, Framing, Need, Record};

/// Looks at the first bytes, decides, and consumes nothing.
///
/// Its only record is one of no bytes, whose item is the decision; then it is done, and all that
/// it looked at is there for the stage that the decision is about. That stage comes after it by
/// [`switch`](Self::switch), by [`then`](crate::DecodeExt::then), or by whoever drives it.
///
/// On partial input it asks for more and claims none of it ([`Need::claim`] is 0), for the bytes
/// are not its own: a connection that reads exactly peeks at them or refuses. How far it may look
/// is up to the function; [`limit`](crate::DecodeExt::limit) caps it.
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

/// What a look at the first bytes comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision<T> {
    /// The decision. More input would not have changed it.
    Pick(T),
    /// It takes at least this many more bytes to decide. At the end of the stream, that the stream
    /// is truncated: a function that can decide there as well does so.
    More(NonZeroUsize),
}

impl<T> Decision<T> {
    /// At least one more byte.
    pub const MORE: Self = Self::More(NonZeroUsize::MIN);
}

/// A way to decide by the first bytes: a closure, or a table of [`Prefixes`](super::Prefixes).
///
/// The decision must depend on the bytes alone and not on how many of them are shown at once:
/// whoever sees less asks for more until it would decide the same with all of them.
pub trait Look<T> {
    /// Decides by `input`; `eof` says that nothing will follow it.
    fn look(&mut self, input: &[u8], eof: bool) -> Decision<T>;
}

impl<T, F: FnMut(&[u8], bool) -> Decision<T>> Look<T> for F {
    fn look(&mut self, input: &[u8], eof: bool) -> Decision<T> {
        self(input, eof)
    }
}

/// A stage that decides by the first bytes with `look`. See [`Choice`].
pub const fn choice<T, F: FnMut(&[u8], bool) -> Decision<T>>(look: F) -> Choice<T, F> {
    Choice::new(look)
}

impl<T, L> Choice<T, L> {
    /// A stage that decides with `look`.
    pub const fn new(look: L) -> Self {
        Self { look, picked: None, delivered: false }
    }

    /// The decision, once it has been made.
    pub const fn picked(&self) -> Option<&T> {
        self.picked.as_ref()
    }

    /// The decision as a value, once it has been made: for [`then`](crate::DecodeExt::then), where
    /// there always is one.
    pub fn into_picked(self) -> Option<T> {
        self.picked
    }

    /// Goes on at once with the stage that `make` makes of the decision; no item tells of the
    /// decision itself. See [`Switch`].
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
