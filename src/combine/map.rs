//! Items converted.

use core::{fmt, marker::PhantomData};

use super::{
    Family,
    forward::{accessors, forward, look_ahead},
};
use crate::{Decode, Fault, Framing, Output, Record};

/// A stage whose items are passed through a function that cannot fail.
///
/// On partial and on complete input it acts as the wrapped stage does, byte for byte; only the
/// result of [`parse`](Decode::parse) differs. Made by [`DecodeExt::map`] from a closure with an
/// owned result, by [`DecodeExt::map_lent`] from one whose result borrows, and by
/// [`DecodeExt::map_with`] from any [`MapItem`].
///
/// ```
/// use segue::{Buffer, DecodeExt, Output, Step, combine::Slice, length};
///
/// let mut buffer = Buffer::from(&b"\x00\x05hello\x00\x05wor"[..]);
/// let mut output = Output::new();
///
/// let mut sizes = length::u16_be().map(|record| record.len());
/// assert_eq!(buffer.step(&mut sizes, false, &mut output).unwrap(), Step::Item(5));
/// assert!(matches!(buffer.step(&mut sizes, false, &mut output).unwrap(), Step::Need(_)));
///
/// buffer.extend(b"ld");
/// let mut tails = length::u16_be().map_lent::<Slice, _, _>((), |(), record| &record.into_slice()[1..]);
/// assert_eq!(buffer.step(&mut tails, false, &mut output).unwrap(), Step::Item(&b"orld"[..]));
/// ```
///
/// [`DecodeExt::map`]: crate::DecodeExt::map
/// [`DecodeExt::map_lent`]: crate::DecodeExt::map_lent
/// [`DecodeExt::map_with`]: crate::DecodeExt::map_with
#[derive(Clone)]
pub struct Map<D, F> {
    stage: D,
    map: F,
}

/// A function from the items of `D` to a value that may borrow from them and from the function.
///
/// Closures `FnMut(D::Item<'_>) -> T` are such functions if `T` is owned and `D` is `'static`;
/// [`Lending`] makes one out of a closure whose result borrows. Implement the trait if neither fits
/// because the stage itself borrows.
pub trait MapItem<D: Decode> {
    /// The result for an item.
    type Output<'a>
    where
        D: 'a,
        Self: 'a;

    /// Converts an item.
    fn map<'a>(&'a mut self, item: D::Item<'a>) -> Self::Output<'a>
    where
        D: 'a;
}

/// A closure whose result borrows, with the family `L` of its result and a context `C`.
///
/// The context is lent to the closure along with each item, and results may borrow from both: it is
/// the place for scratch space. Pass `()` if there is none.
///
/// ```
/// use segue::{Buffer, DecodeExt, Output, Step, combine::Slice, length};
///
/// // Each record in upper case, in scratch space: the record itself stays as it came.
/// let mut shouts = length::u16_be().map_lent::<Slice, _, _>(Vec::new(), |scratch, record| {
///     scratch.clear();
///     scratch.extend(record.iter().map(u8::to_ascii_uppercase));
///     scratch
/// });
/// let mut buffer = Buffer::from(&b"\x00\x02hi"[..]);
/// let item = buffer.step(&mut shouts, true, &mut Output::new()).unwrap();
/// assert_eq!(item, Step::Item(&b"HI"[..]));
/// ```
pub struct Lending<L, C, F> {
    pub(super) context: C,
    pub(super) map: F,
    family: PhantomData<fn() -> L>,
}

impl<D, F> Map<D, F> {
    /// Passes the items of `stage` through `map`.
    pub const fn new(stage: D, map: F) -> Self {
        Self { stage, map }
    }
}

accessors!(Map<D, F>);

impl<D: Decode, F: MapItem<D>> Decode for Map<D, F> {
    type Item<'a>
        = F::Output<'a>
    where
        Self: 'a;
    type Error = D::Error;

    #[inline]
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Self::Error>> {
        self.stage.frame(input, eof).map_err(Fault::fatal)
    }

    #[inline]
    fn absorb(
        &mut self,
        record: Record<'_>,
        answers: &mut Output,
    ) -> Result<(), Fault<Self::Error>> {
        self.stage.absorb(record, answers)
    }

    #[inline]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Self::Item<'a>, Fault<Self::Error>> {
        let item = self.stage.parse(record)?;
        Ok(self.map.map(item))
    }

    forward!(D, stage);
    look_ahead!(D, stage, |self, fault| fault);
}

impl<D, F, T> MapItem<D> for F
where
    D: Decode + 'static,
    F: for<'a> FnMut(D::Item<'a>) -> T,
{
    type Output<'a>
        = T
    where
        Self: 'a;

    #[inline]
    fn map<'a>(&'a mut self, item: D::Item<'a>) -> T
    where
        D: 'a,
    {
        self(item)
    }
}

impl<L: Family, C, F> Lending<L, C, F> {
    /// Declares that `map` returns members of the family `L`, which may borrow from `context`.
    pub const fn new(context: C, map: F) -> Self {
        Self { context, map, family: PhantomData }
    }
}

impl<D, L, C, F> MapItem<D> for Lending<L, C, F>
where
    D: Decode + 'static,
    L: Family,
    F: for<'a> FnMut(&'a mut C, D::Item<'a>) -> L::Of<'a>,
{
    type Output<'a>
        = L::Of<'a>
    where
        Self: 'a;

    #[inline]
    fn map<'a>(&'a mut self, item: D::Item<'a>) -> L::Of<'a>
    where
        D: 'a,
    {
        (self.map)(&mut self.context, item)
    }
}

impl<L, C: Clone, F: Clone> Clone for Lending<L, C, F> {
    fn clone(&self) -> Self {
        Self { context: self.context.clone(), map: self.map.clone(), family: PhantomData }
    }
}

impl<L, C, F> fmt::Debug for Lending<L, C, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lending").finish_non_exhaustive()
    }
}

impl<D: fmt::Debug, F> fmt::Debug for Map<D, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Map").field("stage", &self.stage).finish_non_exhaustive()
    }
}
