//! Errors converted.

use core::fmt;

use super::forward::{accessors, forward, look_ahead};
use crate::{Decode, Fault, Framing, Output, Record, Say};

/// A stage whose own errors are passed through a function; their offset and whether they are fatal
/// stay.
///
/// On partial and on complete input it acts as the wrapped stage does. Made by
/// [`DecodeExt::map_err`](crate::DecodeExt::map_err).
///
/// ```
/// use segue::{Buffer, Cause, DecodeExt, Fault, Output, Step, length};
///
/// let mut records = length::u16_be().map_err(|error| error.to_string());
/// let mut buffer = Buffer::from(&b"\x00\x02h"[..]);
/// assert!(matches!(buffer.step(&mut records, false, &mut Output::new()), Ok(Step::Need(_))));
/// // Truncation is not the stage's own error, and stays what it is.
/// let fault: Fault<String> = buffer.step(&mut records, true, &mut Output::new()).unwrap_err();
/// assert_eq!((fault.cause, fault.at), (Cause::Truncated, 3));
/// ```
#[derive(Clone)]
pub struct MapErr<D, F> {
    stage: D,
    map: F,
}

impl<D, F> MapErr<D, F> {
    /// Passes the errors of `stage` through `map`.
    pub const fn new(stage: D, map: F) -> Self {
        Self { stage, map }
    }
}

accessors!(MapErr<D, F>);

impl<D: Decode, F: FnMut(D::Error) -> E, E> Decode for MapErr<D, F> {
    type Item<'a>
        = D::Item<'a>
    where
        Self: 'a;
    type Error = E;

    #[inline]
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<E>> {
        self.stage.frame(input, eof).map_err(|fault| fault.map(&mut self.map).fatal())
    }

    #[inline]
    fn absorb(&mut self, record: Record<'_>, answers: &mut Output) -> Result<(), Fault<E>> {
        self.stage.absorb(record, answers).map_err(|fault| fault.map(&mut self.map))
    }

    #[inline]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Self::Item<'a>, Fault<E>> {
        self.stage.parse(record).map_err(|fault| fault.map(&mut self.map))
    }

    #[inline]
    fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<E>> {
        self.stage.speak(say).map_err(|fault| fault.map(&mut self.map).fatal())
    }

    forward!(D, stage, but speak);
    look_ahead!(D, stage, |self, fault| fault.map(&mut self.map));
}

impl<D: fmt::Debug, F> fmt::Debug for MapErr<D, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MapErr").field("stage", &self.stage).finish_non_exhaustive()
    }
}
