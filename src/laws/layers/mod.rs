//! The law of layers (L12).

mod end;
mod plan;
mod scenes;

use std::{
    any::type_name,
    cell::RefCell,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};

use super::{Law, Violation};
use crate::{Layer, Output};

/// The law for layers: two ends that `make` makes, which agree on keys and counters.
///
/// They are made anew for each run, so keys may differ from one run to the next.
///
/// ```
/// use segue::{DecodeExt, combine::Paired, laws, length};
///
/// // Chunks with their length in front; an empty one is the end.
/// let chunks = || {
///     let chunks = length::u16_be().through(|chunk| chunk == [0, 0]);
///     Paired::new(chunks, length::u16_be(), 1000).ending(|wire| wire.put(&[0, 0]))
/// };
/// laws::layers(|| (chunks(), chunks())).check();
/// ```
pub fn layers<'m, L: Layer, R: Layer>(make: impl FnMut() -> (L, R) + 'm) -> Layers<'m, L, R> {
    Layers { make: Box::new(make), left_asks: None, right_asks: None }
}

/// The law L12 for one kind of layer, made by [`layers`].
///
/// - Where the wire is cut does not matter: whole, at every place, at many, and byte by byte, the
///   plain bytes are those that were sealed, in their order, whatever their size.
/// - Each call of [`seal`](Layer::seal) takes at least one byte. Once all was sealed, all can be
///   opened, and nothing of the wire is left over.
/// - The end that [`close`](Layer::close) says is [`Done`](crate::Step::Done), and nothing behind it is
///   consumed. A wire that is cut is a fault, never an end; where the layer has no end of its own
///   ([`ENDS`](Layer::ENDS)), it may end between two records.
/// - What is answered is bounded by what was read, and two ends do not answer each other for ever.
///   Asked again with nothing new, a layer consumes and answers nothing.
/// - A wire with a bit flipped, or of any bytes, makes no panic and no endless loop.
#[must_use = "nothing is checked until `check` is called"]
pub struct Layers<'m, L, R> {
    make: Box<dyn FnMut() -> (L, R) + 'm>,
    left_asks: Option<Asks<'m, L>>,
    right_asks: Option<Asks<'m, R>>,
}

/// Appends a question to the wire.
type Asks<'m, L> = Box<dyn FnMut(&mut L, &mut Output) + 'm>;

/// `None`, or what is wrong.
type Verdict = Result<(), String>;

/// The wire of the present run, and how it was cut: for the report, also after a panic.
#[derive(Debug, Default)]
struct Note {
    wire: Vec<u8>,
    cuts: String,
}

impl<L, R> fmt::Debug for Layers<'_, L, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Layers").finish_non_exhaustive()
    }
}

impl<'m, L: Layer, R: Layer> Layers<'m, L, R> {
    /// Says how the left end asks something that the right one answers: `ask` appends a ping, or a
    /// key update, to the wire.
    pub fn left_asks(mut self, ask: impl FnMut(&mut L, &mut Output) + 'm) -> Self {
        self.left_asks = Some(Box::new(ask));
        self
    }

    /// Says how the right end asks something that the left one answers.
    pub fn right_asks(mut self, ask: impl FnMut(&mut R, &mut Output) + 'm) -> Self {
        self.right_asks = Some(Box::new(ask));
        self
    }

    /// Checks the law, in both directions.
    ///
    /// # Errors
    /// The violation, which is to be displayed.
    pub fn verdict(mut self) -> Result<(), Box<Violation>> {
        let note = RefCell::default();
        let one_way = scenes::OneWay::new(&mut self.make, self.left_asks.as_mut(), &note);
        told::<L>(&note, || one_way.check())?;
        let make = &mut || {
            let (left, right) = (self.make)();
            (right, left)
        };
        let other_way = scenes::OneWay::new(make, self.right_asks.as_mut(), &note);
        told::<R>(&note, || other_way.check())?;
        told::<L>(&note, || {
            let asks = (self.left_asks.as_mut(), self.right_asks.as_mut());
            scenes::both_ways(&mut self.make, asks, &note)
        })
    }

    /// Checks the law.
    ///
    /// # Panics
    /// If it is broken.
    #[track_caller]
    pub fn check(self) {
        if let Err(violation) = self.verdict() {
            panic!("{violation}");
        }
    }

    /// Checks what must hold for any bytes on the wire of both ends: for fuzz targets.
    ///
    /// # Panics
    /// If it does not.
    #[track_caller]
    pub fn fuzz(mut self, data: &[u8]) {
        let note = RefCell::default();
        let verdict = told::<L>(&note, || {
            scenes::any_bytes(&mut || (self.make)().0, data, &note)?;
            scenes::any_bytes(&mut || (self.make)().1, data, &note)
        });
        if let Err(violation) = verdict {
            panic!("{violation}");
        }
    }
}

/// Runs scenes, and makes a violation of what they find or how they panic.
fn told<L>(note: &RefCell<Note>, run: impl FnOnce() -> Verdict) -> Result<(), Box<Violation>> {
    let what = match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(what)) => what,
        Err(panic) => {
            let message = panic.downcast_ref::<String>().map(String::as_str);
            let message = message.or_else(|| panic.downcast_ref::<&str>().copied());
            format!("panic: {}", message.unwrap_or("?"))
        }
    };
    let mut violation = Violation::new(Law::L12, type_name::<L>(), what);
    let Note { wire, cuts } = note.take();
    (violation.input, violation.cuts) = (wire, cuts);
    Err(violation)
}
