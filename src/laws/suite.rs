//! The suite that every stage is run through.

use std::{
    any::type_name,
    fmt::{self, Debug},
    hash::{DefaultHasher, Hash, Hasher},
};

use super::{
    Observe, Trace, Violation,
    checks::{Bench, Terms},
    cuts::Schedule,
    drive::drive,
    exchange::Exchanging,
    linear::{self, Streams},
    subject::{Staged, Subject},
};
use crate::{Decode, Exchange};

/// The laws for the stages that `make` makes: say what they accept and refuse, and
/// [`check`](Suite::check).
pub fn stage<'m, D>(mut make: impl FnMut() -> D + 'm) -> Suite<'m>
where
    D: Decode + 'static,
    for<'a> D::Item<'a>: Observe,
    D::Error: Debug,
{
    Suite::new(type_name::<D>(), move || Box::new(Staged::new(make())))
}

/// The laws for the exchanges that `make` makes, as those of [`stage`]; and what is sent must not
/// depend on the cuts either, nor must a truncated exchange ever come to something.
///
/// Whatever is random in an exchange must be the same in each that `make` makes.
///
/// ```
/// use segue::{Buffer, Exchange, Fault, Output, Progress, Step, laws, length};
///
/// /// Sends a greeting, and waits for one.
/// #[derive(Default)]
/// struct Greeting {
///     greeted: bool,
/// }
///
/// impl Exchange for Greeting {
///     type Output = Vec<u8>;
///     type Error = core::convert::Infallible;
///
///     fn advance(
///         &mut self,
///         input: &mut Buffer,
///         eof: bool,
///         output: &mut Output,
///     ) -> Result<Progress<Vec<u8>>, Fault<Self::Error>> {
///         if !self.greeted {
///             output.put(b"\x05hello");
///             self.greeted = true;
///         }
///         let need = match input.as_slice() {
///             [length, rest @ ..] => usize::from(*length).saturating_sub(rest.len()),
///             [] => 1,
///         };
///         if need > 0 {
///             return Ok(Progress::NeedRead(segue::Need::exactly(need)));
///         }
///         let mut greeting = input.take(1 + usize::from(input.as_slice()[0]));
///         greeting.advance(1);
///         Ok(Progress::Done(greeting.to_vec()))
///     }
/// }
///
/// laws::exchange(Greeting::default).accepts([b"\x02hi"]).refuses([b"\x04cut"]).check();
/// ```
pub fn exchange<'m, X>(mut make: impl FnMut() -> X + 'm) -> Suite<'m>
where
    X: Exchange + 'static,
    X::Output: Observe,
    X::Error: Debug,
{
    let suite = Suite::new(type_name::<X>(), move || Box::new(Exchanging::new(make())));
    Suite { terms: Terms { all_or_nothing: true, ..suite.terms }, ..suite }
}

/// Checks the laws that hold for any bytes: what a fuzz target calls with its data.
///
/// The cuts are derived from the data. [`Suite::fuzz`] does the same with a limit, and for an
/// exchange.
///
/// # Panics
/// If a law is broken, with a report.
#[track_caller]
pub fn fuzz<D>(make: impl FnMut() -> D, data: &[u8])
where
    D: Decode + 'static,
    for<'a> D::Item<'a>: Observe,
    D::Error: Debug,
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
///
/// # Panics
/// If the cuts do not ascend or pass the end of the input.
#[must_use]
#[track_caller]
pub fn observe<D>(stage: D, input: &[u8], cuts: &[usize]) -> Trace
where
    D: Decode + 'static,
    for<'a> D::Item<'a>: Observe,
    D::Error: Debug,
{
    let ascending = cuts.is_sorted() && cuts.last().is_none_or(|&last| last <= input.len());
    assert!(ascending, "cuts ascend and lie within the input");
    let mut stage = Some(stage);
    // A run makes one subject.
    let mut make = move || -> Box<dyn Subject> {
        match stage.take() {
            Some(stage) => Box::new(Staged::new(stage)),
            None => Box::new(Staged::new(())),
        }
    };
    drive(&mut make, input, &Schedule::at(cuts), None, false)
}

/// The laws for one kind of stage or exchange, made by [`stage`] and [`exchange`].
#[must_use = "nothing is checked until `check` is called"]
pub struct Suite<'m> {
    make: Box<dyn FnMut() -> Box<dyn Subject> + 'm>,
    name: &'static str,
    terms: Terms,
    accepts: Vec<Vec<u8>>,
    refuses: Vec<Vec<u8>>,
    too_long: Vec<Vec<u8>>,
    linear: Vec<Streams>,
}

impl fmt::Debug for Suite<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Suite")
            .field("name", &self.name)
            .field("accepts", &self.accepts.len())
            .field("refuses", &self.refuses.len())
            .finish_non_exhaustive()
    }
}

impl<'m> Suite<'m> {
    fn new(name: &'static str, make: impl FnMut() -> Box<dyn Subject> + 'm) -> Self {
        Self {
            make: Box::new(make),
            name,
            terms: Terms::default(),
            accepts: Vec::new(),
            refuses: Vec::new(),
            too_long: Vec::new(),
            linear: Vec::new(),
        }
    }

    /// Well-formed streams, each up to its end.
    ///
    /// They must be read without a fault and to the last byte. All laws are checked: L9 with
    /// every prefix, and those that hold for any bytes also with streams that differ from these
    /// in a byte or two.
    pub fn accepts<I: AsRef<[u8]>>(mut self, inputs: impl IntoIterator<Item = I>) -> Self {
        self.accepts.extend(owned(inputs));
        self
    }

    /// Streams with a violation in them: the same fault must be found wherever they are cut.
    pub fn refuses<I: AsRef<[u8]>>(mut self, inputs: impl IntoIterator<Item = I>) -> Self {
        self.refuses.extend(owned(inputs));
        self
    }

    /// Streams with a record that is longer than its limit: as [`refuses`](Self::refuses), and
    /// the first fault must be [`Cause::TooLong`](crate::Cause::TooLong) (L4).
    pub fn too_long<I: AsRef<[u8]>>(mut self, inputs: impl IntoIterator<Item = I>) -> Self {
        self.too_long.extend(owned(inputs));
        self
    }

    /// The most bytes that may be needed in front, those that are held already counted in (L4).
    ///
    /// A length that is announced counts as needed at once, so it must be refused when it is
    /// read and not when it has been fulfilled.
    pub fn limit(mut self, bytes: usize) -> Self {
        self.terms.limit = Some(bytes);
        self
    }

    /// Items are pieces of one payload, which may be cut as the stream is: they are joined before
    /// comparing. For stages whose items are bare bytes; for others see
    /// [`Log::piece`](super::Log::piece).
    pub fn in_pieces(mut self) -> Self {
        self.terms.in_pieces = true;
        self
    }

    /// Records may be consumed in pieces as they come, to find a violation before its record is
    /// whole, or to hold less. Of L1 it leaves open how much of the record with a fatal violation
    /// was consumed when the stage died of it; everything else must not depend on the cuts.
    pub fn absorbs_records(mut self) -> Self {
        self.terms.absorbs = true;
        self
    }

    /// The end of the stream is a proper end wherever it comes: a payload up to the end of the
    /// stream, a last line without terminator. Of L9 it leaves that all but the last item of a
    /// truncated stream are those of the whole one.
    pub fn ends_anywhere(mut self) -> Self {
        self.terms.ends_anywhere = true;
        self
    }

    /// What a peer may send depends on what the stage has said: a session of streams takes late
    /// bytes of a stream that it has ended, and refuses them before. Of L11 it leaves that speaking
    /// does not change what is in front, and stops without room.
    pub fn speech_counts(mut self) -> Self {
        self.terms.speech_counts = true;
        self
    }

    /// Streams of about as many bytes as `make` is told, well-formed, to see that work is linear
    /// (L8): with one record as long as may be, or with many records.
    ///
    /// Two things are measured. A stream eight times as long must not take more than three times
    /// that, on one read and in reads of 1460 bytes; and a byte that arrives late must not cost
    /// ten times what an early one does. Streams are up to 256 KiB long.
    pub fn linear(mut self, make: impl FnMut(usize) -> Vec<u8>) -> Self {
        self.linear.push(Streams::new(make));
        self
    }

    /// Checks all laws on all inputs, and tells of the first that is broken.
    ///
    /// # Errors
    /// The violation, which is to be displayed.
    pub fn verdict(mut self) -> Result<(), Box<Violation>> {
        let mut bench = Bench { make: &mut *self.make, name: self.name, terms: self.terms };
        self.accepts.iter().try_for_each(|input| bench.accepted(input))?;
        self.refuses.iter().try_for_each(|input| bench.refused(input, false))?;
        self.too_long.iter().try_for_each(|input| bench.refused(input, true))?;
        self.accepts.iter().try_for_each(|input| bench.changed(input))?;
        self.linear.iter().try_for_each(|streams| linear::check(&mut bench, streams))
    }

    /// Checks all laws on all inputs.
    ///
    /// # Panics
    /// If a law is broken: with the law, the input, the cuts, and what was seen. And if there is
    /// nothing to check them on.
    #[track_caller]
    pub fn check(self) {
        let inputs = [&self.accepts, &self.refuses, &self.too_long];
        let nothing = inputs.iter().all(|inputs| inputs.is_empty()) && self.linear.is_empty();
        assert!(!nothing, "no input was given to check {} on", self.name);
        if let Err(violation) = self.verdict() {
            panic!("{violation}");
        }
    }

    /// Checks the laws that hold for any bytes, L1 to L5, L10 and L11, with cuts that are derived from
    /// them.
    ///
    /// # Panics
    /// If a law is broken, with a report.
    #[track_caller]
    pub fn fuzz(mut self, data: &[u8]) {
        let mut bench = Bench { make: &mut *self.make, name: self.name, terms: self.terms };
        let mut seed = DefaultHasher::new();
        data.hash(&mut seed);
        if let Err(violation) = bench.arbitrary(data, seed.finish()) {
            panic!("{violation}");
        }
    }
}

fn owned<I: AsRef<[u8]>>(inputs: impl IntoIterator<Item = I>) -> impl Iterator<Item = Vec<u8>> {
    inputs.into_iter().map(|input| input.as_ref().to_vec())
}
