//! Combinators as methods.

use super::{
    Absorbing, Either, Erased, Family, Lending, Limit, LocalErased, Map, MapErr, MapItem, Nested,
    Own, Owned, Region, Skim, SkipOversize, Take, Then, Through, TryMap, TryMapItem,
};
use crate::{Decode, Fault, Record};

/// The combinators as methods of every stage.
///
/// ```
/// use segue::{Buffer, DecodeExt, Output, Step, length};
///
/// // Two records in a region of 8 bytes, and then a line of text for each length that follows.
/// let mut stage = length::u8().take(2).region(8).map(|record| record.len());
/// let mut buffer = Buffer::from(&b"\x03abc\x01d++next"[..]);
/// let mut output = Output::new();
/// assert_eq!(buffer.step(&mut stage, false, &mut output).unwrap(), Step::Item(3));
/// assert_eq!(buffer.step(&mut stage, false, &mut output).unwrap(), Step::Item(1));
/// assert_eq!(buffer.step(&mut stage, false, &mut output).unwrap(), Step::Done);
/// assert_eq!(buffer.as_slice(), b"next");
/// ```
///
/// Combinators that start without a stage ([`choice`](super::choice),
/// [`prefixes`](super::prefixes), [`repeat`](super::repeat)) are functions.
pub trait DecodeExt: Decode + Sized {
    /// Passes items through `map`, whose result is owned. See [`Map`].
    fn map<F, T>(self, map: F) -> Map<Self, F>
    where
        Self: 'static,
        F: for<'a> FnMut(Self::Item<'a>) -> T,
    {
        Map::new(self, map)
    }

    /// Passes items through `map`, whose result is of the family `L` and may borrow from the item
    /// and from `context`. See [`Map`] and [`Lending`].
    fn map_lent<L, C, F>(self, context: C, map: F) -> Map<Self, Lending<L, C, F>>
    where
        Self: 'static,
        L: Family,
        F: for<'a> FnMut(&'a mut C, Self::Item<'a>) -> L::Of<'a>,
    {
        Map::new(self, Lending::new(context, map))
    }

    /// Passes items through any [`MapItem`]. See [`Map`].
    fn map_with<M: MapItem<Self>>(self, map: M) -> Map<Self, M> {
        Map::new(self, map)
    }

    /// Passes items through `map`, which may refuse them and whose result is owned. See [`TryMap`].
    fn try_map<F, T, E>(self, map: F) -> TryMap<Self, F>
    where
        Self: 'static,
        F: for<'a> FnMut(Self::Item<'a>) -> Result<T, Fault<E>>,
        E: From<Self::Error>,
    {
        TryMap::new(self, map)
    }

    /// Passes items through `map`, which may refuse them and whose result is of the family `L` and
    /// may borrow from the item and from `context`. See [`TryMap`] and [`Lending`].
    fn try_map_lent<L, C, F, E>(self, context: C, map: F) -> TryMap<Self, Lending<L, C, F>>
    where
        Self: 'static,
        L: Family,
        F: for<'a> FnMut(&'a mut C, Self::Item<'a>) -> Result<L::Of<'a>, Fault<E>>,
        E: From<Self::Error>,
    {
        TryMap::new(self, Lending::new(context, map))
    }

    /// Passes items through any [`TryMapItem`]. See [`TryMap`].
    fn try_map_with<M: TryMapItem<Self>>(self, map: M) -> TryMap<Self, M> {
        TryMap::new(self, map)
    }

    /// Converts errors by `map`; their offset and whether they are fatal stay. See [`MapErr`].
    fn map_err<F, E>(self, map: F) -> MapErr<Self, F>
    where
        F: FnMut(Self::Error) -> E,
    {
        MapErr::new(self, map)
    }

    /// Yields owned records ([`Record::into_bytes`]) in place of lent ones. See [`Owned`].
    fn owned(self) -> Owned<Self>
    where
        Self: for<'a> Decode<Item<'a> = Record<'a>> + 'static,
    {
        Owned::new(self)
    }

    /// Yields no item for records for which `leave_out` returns true. See [`Absorbing`].
    fn absorbing<P: Fn(&[u8]) -> bool>(self, leave_out: P) -> Absorbing<Self, P> {
        Absorbing::new(self, leave_out)
    }

    /// Bounds records by `max` bytes, headers and separators included. See [`Limit`].
    ///
    /// Items of an inner stream are not bytes of this one ([`Decode::WIRE`]), so bound them there:
    ///
    /// ```
    /// use segue::{DecodeExt, length};
    ///
    /// let limited = length::u8().limit(9).nested(length::u8().limit(5));
    /// ```
    ///
    /// ```compile_fail
    /// use segue::{DecodeExt, length};
    ///
    /// let limited = length::u8().nested(length::u8()).limit(9);
    /// ```
    fn limit(self, max: usize) -> Limit<Self> {
        Limit::new(self, max)
    }

    /// Passes over records of more than `max` bytes of content, and reports them. See
    /// [`skip_oversize`](super::skip_oversize).
    fn skip_oversize(self, max: usize) -> SkipOversize<Self>
    where
        Self: Skim,
    {
        super::skip_oversize(self, max)
    }

    /// Ends after exactly `count` records. See [`Take`].
    fn take(self, count: u64) -> Take<Self> {
        Take::new(self, count)
    }

    /// Ends after the first record for which `is_last` returns true. See [`Through`].
    fn through<P: Fn(&[u8]) -> bool>(self, is_last: P) -> Through<Self, P> {
        Through::new(self, is_last)
    }

    /// Confines the stage to the next `length` bytes. See [`Region`].
    fn region(self, length: u64) -> Region<Self> {
        Region::new(self, length)
    }

    /// Goes on, when this stage is done, with the one that `next` makes out of it. See [`Then`].
    fn then<B, F>(self, next: F) -> Then<Self, B, F>
    where
        B: Decode,
        F: FnOnce(Self) -> Result<B, Fault<Either<Self::Error, B::Error>>>,
    {
        Then::new(self, next)
    }

    /// Carries the stream of `inner` in the records of this stage. See [`Nested`], also for answers
    /// of the inner stage.
    fn nested<I>(self, inner: I) -> Nested<Self, I>
    where
        Self: 'static,
        I: Decode,
        for<'a> Self::Item<'a>: AsRef<[u8]>,
    {
        Nested::new(self, inner)
    }

    /// Puts the stage behind a pointer that can go to other threads, with owned items. See
    /// [`Erased`].
    fn boxed<T>(self) -> Erased<Own<T>, Self::Error>
    where
        Self: for<'a> Decode<Item<'a> = T> + Send + 'static,
    {
        Erased::<Own<T>, _>::new(self)
    }

    /// Puts the stage behind a pointer that stays on its thread, with owned items. See [`Erased`].
    fn boxed_local<T>(self) -> LocalErased<Own<T>, Self::Error>
    where
        Self: for<'a> Decode<Item<'a> = T> + 'static,
    {
        LocalErased::<Own<T>, _>::local(self)
    }

    /// Puts the stage behind a pointer that can go to other threads, with items of the family `L`.
    /// See [`Erased`].
    fn boxed_lent<L: Family>(self) -> Erased<L, Self::Error>
    where
        Self: for<'a> Decode<Item<'a> = L::Of<'a>> + Send + 'static,
    {
        Erased::<L, _>::new(self)
    }
}

impl<D: Decode> DecodeExt for D {}
