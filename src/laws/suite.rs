//! The suite that every stage is run through.

use std::{
    any::type_name,
    fmt::Debug,
    hash::{DefaultHasher, Hash, Hasher},
};

use super::{
    Observe, Trace, Violation,
    checks::{Bench, Terms},
    cuts::Schedule,
    drive::drive,
    linear::{self, Streams},
    subject::{Staged, Subject},
};
use crate::Decode;

/// The laws for the stages that `make` makes; say what they accept and refuse, and
/// [`check`](StageLaws::check).
pub fn stage<D, F>(make: F) -> StageLaws<F>
where
    D: Decode + 'static,
    F: FnMut() -> D,
{
    StageLaws {
        make,
        name: type_name::<D>(),
        terms: Terms::default(),
        accepts: Vec::new(),
        refuses: Vec::new(),
        too_long: Vec::new(),
        linear: Vec::new(),
    }
}

/// Checks the laws that hold for any bytes: what a fuzz target calls with its data.
///
/// The cuts are derived from the data. [`StageLaws::fuzz`] takes a limit as well.
///
/// # Panics
/// If a law is broken, with a report.
pub fn fuzz<D, F>(make: F, data: &[u8])
where
    D: Decode + 'static,
    for<'a> D::Item<'a>: Observe,
    D::Error: Debug,
    F: FnMut() -> D,
{
    stage(make).fuzz(data);
}

/// Runs `stage` over `input`, cut at the offsets `cuts` in bytes, which ascend; the stage is told
/// the end of the stream after that.
///
/// ```
/// use segue::laws::{self, End};
///
/// let trace = laws::observe((), b"rest", &[1, 3]);
/// assert_eq!((trace.end, trace.left), (End::Done, b"rest".to_vec()));
/// ```
#[must_use]
pub fn observe<D>(stage: D, input: &[u8], cuts: &[usize]) -> Trace
where
    D: Decode + 'static,
    for<'a> D::Item<'a>: Observe,
    D::Error: Debug,
{
    let mut stage = Some(stage);
    let mut make = move || -> Box<dyn Subject> {
        match stage.take() {
            Some(stage) => Box::new(Staged::new(stage)),
            // A run makes one subject.
            None => Box::new(Staged::new(())),
        }
    };
    let within = cuts.iter().map(|&cut| cut.min(input.len())).collect::<Vec<_>>();
    drive(&mut make, input, &Schedule::at(within), None, false)
}

/// The laws for one kind of stage, made by [`stage`].
#[must_use = "nothing is checked until `check` is called"]
pub struct StageLaws<F> {
    make: F,
    name: &'static str,
    terms: Terms,
    accepts: Vec<Vec<u8>>,
    refuses: Vec<Vec<u8>>,
    too_long: Vec<Vec<u8>>,
    linear: Vec<Streams>,
}

impl<F> StageLaws<F> {
    /// Well-formed streams, each up to its end: all laws are checked, L9 with every prefix.
    pub fn accepts<I: AsRef<[u8]>>(mut self, inputs: impl IntoIterator<Item = I>) -> Self {
        self.accepts.extend(inputs.into_iter().map(|input| input.as_ref().to_vec()));
        self
    }

    /// Streams with a violation in them: the same fault must be found wherever they are cut.
    pub fn refuses<I: AsRef<[u8]>>(mut self, inputs: impl IntoIterator<Item = I>) -> Self {
        self.refuses.extend(inputs.into_iter().map(|input| input.as_ref().to_vec()));
        self
    }

    /// Streams with a record that is longer than its limit: as [`refuses`](Self::refuses), and
    /// the first fault must be [`Cause::TooLong`](crate::Cause::TooLong) (L4).
    pub fn too_long<I: AsRef<[u8]>>(mut self, inputs: impl IntoIterator<Item = I>) -> Self {
        self.too_long.extend(inputs.into_iter().map(|input| input.as_ref().to_vec()));
        self
    }

    /// The most bytes that the stage may need in front, those that it holds counted in (L4).
    ///
    /// A length that is announced counts as needed at once, so it must be refused when it is
    /// read and not when it has been fulfilled.
    pub fn limit(mut self, bytes: usize) -> Self {
        self.terms.limit = Some(bytes);
        self
    }

    /// Items are pieces of one payload, which may be cut as the stream is: they are joined before
    /// comparing. For stages whose items are bare bytes; others say [`Log::piece`](super::Log).
    pub fn in_pieces(mut self) -> Self {
        self.terms.in_pieces = true;
        self
    }

    /// The end of the stream is a proper end wherever it comes: a payload up to the end of the
    /// stream, a last line without terminator. Takes L9 out.
    pub fn ends_anywhere(mut self) -> Self {
        self.terms.ends_anywhere = true;
        self
    }

    /// Streams of about as many bytes as `make` is told, well-formed, to see that work is linear
    /// (L8): with one record as long as the stage may have it, or with many records.
    ///
    /// Two things are measured. A stream four times as long must not take ten times as long, on
    /// one read and in reads of 1460 bytes; and a byte that arrives late must not cost ten times
    /// what an early one does. Streams are up to 512 KiB long.
    pub fn linear(mut self, make: impl FnMut(usize) -> Vec<u8>) -> Self {
        self.linear.push(Streams::new(make));
        self
    }

    /// Checks all laws on all inputs, and tells of the first that is broken.
    ///
    /// # Errors
    /// The violation, which is to be displayed.
    pub fn verdict<D>(mut self) -> Result<(), Box<Violation>>
    where
        D: Decode + 'static,
        for<'a> D::Item<'a>: Observe,
        D::Error: Debug,
        F: FnMut() -> D,
    {
        let make = &mut self.make;
        let mut make = || -> Box<dyn Subject> { Box::new(Staged::new(make())) };
        let mut bench = Bench { make: &mut make, name: self.name, terms: self.terms };
        self.accepts.iter().try_for_each(|input| bench.accepted(input))?;
        self.refuses.iter().try_for_each(|input| bench.refused(input, false))?;
        self.too_long.iter().try_for_each(|input| bench.refused(input, true))?;
        self.linear.iter().try_for_each(|streams| linear::check(&mut bench, streams))
    }

    /// Checks all laws on all inputs.
    ///
    /// # Panics
    /// If a law is broken: with the law, the input, the cuts, and what was seen. And if there is
    /// nothing to check it on.
    #[track_caller]
    pub fn check<D>(self)
    where
        D: Decode + 'static,
        for<'a> D::Item<'a>: Observe,
        D::Error: Debug,
        F: FnMut() -> D,
    {
        let inputs = [&self.accepts, &self.refuses, &self.too_long];
        let nothing = inputs.iter().all(|inputs| inputs.is_empty()) && self.linear.is_empty();
        assert!(!nothing, "no input was given to check {} on", self.name);
        if let Err(violation) = self.verdict() {
            panic!("{violation}");
        }
    }

    /// Checks the laws that hold for any bytes, with cuts that are derived from them: L1 to L5
    /// and L10.
    ///
    /// # Panics
    /// If a law is broken, with a report.
    #[track_caller]
    pub fn fuzz<D>(mut self, data: &[u8])
    where
        D: Decode + 'static,
        for<'a> D::Item<'a>: Observe,
        D::Error: Debug,
        F: FnMut() -> D,
    {
        let make = &mut self.make;
        let mut make = || -> Box<dyn Subject> { Box::new(Staged::new(make())) };
        let mut bench = Bench { make: &mut make, name: self.name, terms: self.terms };
        let mut seed = DefaultHasher::new();
        data.hash(&mut seed);
        if let Err(violation) = bench.arbitrary(data, seed.finish()) {
            panic!("{violation}");
        }
    }
}
