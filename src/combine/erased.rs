//! Stages behind a pointer.

use alloc::boxed::Box;
use core::{fmt, marker::PhantomData};

use super::Family;
use crate::{Decode, Fault, Framing, Output, Record, Say};

/// A stage whose type is known only at run time: plug-ins, tables of protocols.
///
/// `L` names the items and `E` is the error. `Erased<L, E>` can go to other threads;
/// [`LocalErased`] stays on its thread and so takes stages that must. On partial and on complete
/// input it acts as the wrapped stage does, at the cost of an indirect call for each question. Made
/// by [`DecodeExt::boxed`] and [`DecodeExt::boxed_local`] for owned items, and by
/// [`DecodeExt::boxed_lent`] for items that borrow.
///
/// ```
/// use segue::{Buffer, DecodeExt, Output, Step, combine::{Erased, Own}, length};
///
/// fn sizes(wide: bool) -> Erased<Own<usize>, String> {
///     if wide {
///         length::u16_be().map(|r| r.len()).map_err(|e| e.to_string()).boxed()
///     } else {
///         length::u8().map(|r| r.len()).map_err(|e| e.to_string()).boxed()
///     }
/// }
///
/// let mut stage = sizes(true);
/// let mut buffer = Buffer::from(&b"\x00"[..]);
/// let mut output = Output::new();
/// assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Need(_))));
/// buffer.extend(b"\x03abc");
/// assert_eq!(buffer.step(&mut stage, false, &mut output), Ok(Step::Item(3)));
/// ```
///
/// Items that borrow are named by their [`Family`]:
///
/// ```
/// use segue::{Buffer, DecodeExt, Output, Step, combine::Lent, length};
///
/// let mut stages = [length::u8().limit(4).boxed_lent::<Lent>(), length::u8().limit(9).boxed_lent::<Lent>()];
/// let mut buffer = Buffer::from(&b"\x02hi"[..]);
/// let Ok(Step::Item(record)) = buffer.step(&mut stages[1], true, &mut Output::new()) else { panic!() };
/// assert_eq!(record, b"hi");
/// ```
///
/// [`DecodeExt::boxed`]: crate::DecodeExt::boxed
/// [`DecodeExt::boxed_local`]: crate::DecodeExt::boxed_local
/// [`DecodeExt::boxed_lent`]: crate::DecodeExt::boxed_lent
pub struct Erased<L, E, S: ?Sized = dyn DynDecode<L, E> + Send> {
    stage: Box<S>,
    names: PhantomData<fn() -> (L, E)>,
}

/// An [`Erased`] stage that stays on its thread.
pub type LocalErased<L, E> = Erased<L, E, dyn DynDecode<L, E>>;

/// [`Decode`] in a form that fits behind a pointer. Every stage whose items are of the family `L`
/// implements it.
pub trait DynDecode<L: Family, E> {
    /// See [`Decode::frame`].
    ///
    /// # Errors
    /// Those of the stage.
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<E>>;

    /// See [`Decode::absorb`].
    ///
    /// # Errors
    /// Those of the stage.
    fn absorb(&mut self, record: Record<'_>, answers: &mut Output) -> Result<(), Fault<E>>;

    /// See [`Decode::parse`].
    ///
    /// # Errors
    /// Those of the stage.
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<L::Of<'a>, Fault<E>>;

    /// See [`Decode::speak`].
    ///
    /// # Errors
    /// Those of the stage.
    fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<E>>;

    /// See [`Decode::progress`].
    fn progress(&self) -> u64;

    /// See [`Decode::residue`].
    fn residue(&self) -> (usize, usize);
}

impl<L, E, D> DynDecode<L, E> for D
where
    L: Family,
    D: for<'a> Decode<Item<'a> = L::Of<'a>, Error = E> + 'static,
{
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<E>> {
        Decode::frame(self, input, eof)
    }

    fn absorb(&mut self, record: Record<'_>, answers: &mut Output) -> Result<(), Fault<E>> {
        Decode::absorb(self, record, answers)
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<L::Of<'a>, Fault<E>> {
        Decode::parse(self, record)
    }

    fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<E>> {
        Decode::speak(self, say)
    }

    fn progress(&self) -> u64 {
        Decode::progress(self)
    }

    fn residue(&self) -> (usize, usize) {
        Decode::residue(self)
    }
}

impl<L: Family, E> Erased<L, E> {
    /// Puts `stage` behind a pointer that can go to other threads.
    pub fn new<D>(stage: D) -> Self
    where
        D: for<'a> Decode<Item<'a> = L::Of<'a>, Error = E> + Send + 'static,
    {
        const { assert!(D::WIRE, "the records of this stage are not bytes of its stream") };
        Self { stage: Box::new(stage), names: PhantomData }
    }
}

impl<L: Family, E> LocalErased<L, E> {
    /// Puts `stage` behind a pointer that stays on its thread.
    pub fn local<D>(stage: D) -> Self
    where
        D: for<'a> Decode<Item<'a> = L::Of<'a>, Error = E> + 'static,
    {
        const { assert!(D::WIRE, "the records of this stage are not bytes of its stream") };
        Self { stage: Box::new(stage), names: PhantomData }
    }
}

impl<L, E, S> Decode for Erased<L, E, S>
where
    L: Family,
    S: DynDecode<L, E> + ?Sized,
{
    type Item<'a>
        = L::Of<'a>
    where
        Self: 'a;
    type Error = E;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<E>> {
        self.stage.frame(input, eof).map_err(Fault::fatal)
    }

    fn absorb(&mut self, record: Record<'_>, answers: &mut Output) -> Result<(), Fault<E>> {
        self.stage.absorb(record, answers)
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<L::Of<'a>, Fault<E>> {
        self.stage.parse(record)
    }

    fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<E>> {
        self.stage.speak(say).map_err(Fault::fatal)
    }

    fn progress(&self) -> u64 {
        self.stage.progress()
    }

    fn residue(&self) -> (usize, usize) {
        self.stage.residue()
    }
}

impl<L, E, S: ?Sized> fmt::Debug for Erased<L, E, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Erased").finish_non_exhaustive()
    }
}
