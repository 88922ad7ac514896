//! Items converted, or refused.

use core::fmt;

use super::{
    Family, Lending,
    forward::{accessors, forward, look_ahead},
};
use crate::{Decode, Fault, Framing, Output, Record, Say};

/// A stage whose items are passed through a function that may refuse them.
///
/// On partial and on complete input it acts as the wrapped stage does, since the function is asked
/// about whole records only. It returns `Err(Fault<E>)` to refuse one: a fault made by
/// [`Fault::new`] ends the stage, one made [`recoverable`](Fault::recoverable) leaves the bad
/// record out and goes on with the next. The offset of the fault counts from the front of the whole
/// record on the wire, header included; 0, the default, is its first byte.
///
/// The error type is the closure's `E`, and the stage's own errors are converted into it by
/// [`From`]: a protocol has one error enum and needs no wrapping. If there is no conversion, use
/// [`map_err`](crate::DecodeExt::map_err) first.
///
/// Made by [`DecodeExt::try_map`] from a closure with an owned result, by
/// [`DecodeExt::try_map_lent`] from one whose result borrows, and by
/// [`DecodeExt::try_map_with`] from any [`TryMapItem`].
///
/// ```
/// use segue::{Buffer, Cause, DecodeExt, Fault, Output, Step, combine::Text, length};
///
/// #[derive(Debug, PartialEq)]
/// enum Error {
///     Length,
///     NotText,
/// }
///
/// let mut lines = length::u16_be().map_err(|_| Error::Length).try_map_lent::<Text, _, _, _>((), |(), record| {
///     // Two bytes of length come before the text.
///     core::str::from_utf8(record.into_slice()).map_err(|error| {
///         Fault::new(Error::NotText).at(2 + error.valid_up_to() as u64).recoverable()
///     })
/// });
///
/// let mut buffer = Buffer::from(&b"\x00\x03a\xff\xff\x00\x02ok\x00"[..]);
/// let mut output = Output::new();
/// let fault = buffer.step(&mut lines, false, &mut output).unwrap_err();
/// assert_eq!((fault.cause, fault.at, fault.fatal), (Cause::Stage(Error::NotText), 3, false));
/// assert_eq!(buffer.step(&mut lines, false, &mut output).unwrap(), Step::Item("ok"));
/// assert!(matches!(buffer.step(&mut lines, false, &mut output).unwrap(), Step::Need(_)));
/// ```
///
/// [`DecodeExt::try_map`]: crate::DecodeExt::try_map
/// [`DecodeExt::try_map_lent`]: crate::DecodeExt::try_map_lent
/// [`DecodeExt::try_map_with`]: crate::DecodeExt::try_map_with
#[derive(Clone)]
pub struct TryMap<D, F> {
    stage: D,
    map: F,
}

/// A function from the items of `D` to something that may borrow from them, or to a fault.
///
/// The counterpart of [`MapItem`](super::MapItem) for functions that may refuse. Closures
/// `FnMut(D::Item<'_>) -> Result<T, Fault<E>>` with an owned `T` implement it if `D` is `'static`,
/// and closures whose result borrows by [`Lending`].
pub trait TryMapItem<D: Decode> {
    /// The result for an item.
    type Output<'a>
    where
        D: 'a,
        Self: 'a;
    /// The error of a refused item, into which the stage's own errors are converted.
    type Error: From<D::Error>;

    /// Converts an item.
    ///
    /// # Errors
    /// When the item is refused, with an offset from the front of its record.
    fn try_map<'a>(&'a mut self, item: D::Item<'a>) -> Result<Self::Output<'a>, Fault<Self::Error>>
    where
        D: 'a;
}

impl<D, F> TryMap<D, F> {
    /// Passes the items of `stage` through `map`.
    pub const fn new(stage: D, map: F) -> Self {
        Self { stage, map }
    }
}

accessors!(TryMap<D, F>);

impl<D: Decode, F: TryMapItem<D>> Decode for TryMap<D, F> {
    type Item<'a>
        = F::Output<'a>
    where
        Self: 'a;
    type Error = F::Error;

    #[inline]
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Self::Error>> {
        self.stage.frame(input, eof).map_err(convert).map_err(Fault::fatal)
    }

    #[inline]
    fn absorb(
        &mut self,
        record: Record<'_>,
        answers: &mut Output,
    ) -> Result<(), Fault<Self::Error>> {
        self.stage.absorb(record, answers).map_err(convert)
    }

    #[inline]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Self::Item<'a>, Fault<Self::Error>> {
        let item = self.stage.parse(record).map_err(convert)?;
        self.map.try_map(item)
    }

    #[inline]
    fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<Self::Error>> {
        self.stage.speak(say).map_err(convert).map_err(Fault::fatal)
    }

    forward!(D, stage, but speak);
    look_ahead!(D, stage, |self, fault| convert(fault));
}

impl<D, F, T, E> TryMapItem<D> for F
where
    D: Decode + 'static,
    F: for<'a> FnMut(D::Item<'a>) -> Result<T, Fault<E>>,
    E: From<D::Error>,
{
    type Output<'a>
        = T
    where
        Self: 'a;
    type Error = E;

    #[inline]
    fn try_map<'a>(&'a mut self, item: D::Item<'a>) -> Result<T, Fault<E>>
    where
        D: 'a,
    {
        self(item)
    }
}

impl<D, L, C, F, E> TryMapItem<D> for Lending<L, C, F>
where
    D: Decode + 'static,
    L: Family,
    F: for<'a> FnMut(&'a mut C, D::Item<'a>) -> Result<L::Of<'a>, Fault<E>>,
    E: From<D::Error>,
{
    type Output<'a>
        = L::Of<'a>
    where
        Self: 'a;
    type Error = E;

    #[inline]
    fn try_map<'a>(&'a mut self, item: D::Item<'a>) -> Result<L::Of<'a>, Fault<E>>
    where
        D: 'a,
    {
        (self.map)(&mut self.context, item)
    }
}

impl<D: fmt::Debug, F> fmt::Debug for TryMap<D, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TryMap").field("stage", &self.stage).finish_non_exhaustive()
    }
}

#[inline]
fn convert<E: From<D>, D>(fault: Fault<D>) -> Fault<E> {
    fault.map(E::from)
}
