//! A parser under test, and what is known of it.

use std::{env, fmt, rc::Rc};

use crate::{Defect, Law, Parser, Verdicts, cuts, examine, report::Format};

/// Returns a parser to look at: `make` makes a fresh one, with its adapter.
///
/// See the [crate](crate) for an example, and [`adapt`](crate::adapt) for adapters.
pub fn parser<P: Parser + 'static>(
    name: impl Into<String>,
    make: impl Fn() -> P + 'static,
) -> Subject {
    Subject {
        name: name.into(),
        make: Box::new(move || Box::new(make())),
        terms: Terms::default(),
        accepts: Vec::new(),
        refuses: Vec::new(),
        broken: Vec::new(),
        words: Vec::new(),
        generated: 400,
        seed: 0,
        streams: Vec::new(),
        peers: Vec::new(),
        again: None,
        exempt: Vec::new(),
        only: None,
        tells: None,
    }
}

/// A parser under test and what is known of it, made by [`parser`].
#[must_use = "nothing is checked until `verdicts` or `check` is called"]
pub struct Subject {
    pub(crate) name: String,
    pub(crate) make: Make,
    pub(crate) terms: Terms,
    pub(crate) accepts: Vec<Vec<u8>>,
    pub(crate) refuses: Vec<Vec<u8>>,
    /// Records that are refused and gone on from, each whole.
    pub(crate) broken: Vec<Vec<u8>>,
    pub(crate) words: Vec<Vec<u8>>,
    /// The number of streams that are made of the others.
    pub(crate) generated: usize,
    pub(crate) seed: u64,
    pub(crate) streams: Vec<Box<dyn Fn(usize) -> Vec<u8>>>,
    pub(crate) peers: Vec<(String, Make)>,
    pub(crate) again: Option<Box<dyn Fn(&[u8]) -> Option<Vec<u8>>>>,
    /// The laws that are none for it, each with the reason.
    pub(crate) exempt: Vec<(Law, String)>,
    /// Nothing else is looked at.
    pub(crate) only: Option<Vec<Law>>,
    pub(crate) tells: Option<Box<dyn Fn(&Defect)>>,
}

pub(crate) type Make = Box<dyn Fn() -> Box<dyn Parser>>;

/// The facts that are known of a parser.
#[derive(Clone, Default)]
pub(crate) struct Terms {
    /// The most bytes that it is said to hold.
    pub(crate) limit: Option<usize>,
    /// True if errors are compared by their texts.
    pub(crate) errors_compared: bool,
    /// True if what it says it needs is more than a hint.
    pub(crate) honest_needs: bool,
    /// True if the end of the stream is a proper end wherever it comes.
    pub(crate) ends_anywhere: bool,
    /// True if the last item of a stream may be one that could have gone on.
    pub(crate) last_may_go_on: bool,
    /// True if it goes on behind an error.
    pub(crate) recovers: bool,
    /// True if panics are printed.
    pub(crate) panics_shown: bool,
    /// True if there is one way only to write what a stream says.
    pub(crate) canonical: bool,
    pub(crate) normalise: Option<Rc<dyn Fn(&str) -> Option<String>>>,
    /// Work done so far by this thread.
    pub(crate) work: Option<fn() -> u64>,
    /// Is told each run before it is made.
    pub(crate) tries: Option<Rc<dyn Fn(&[u8], &[usize])>>,
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("name", &self.name)
            .field("accepts", &self.accepts.len())
            .field("refuses", &self.refuses.len())
            .finish_non_exhaustive()
    }
}

impl Subject {
    /// Valid streams, each whole.
    pub fn accepts<I: AsRef<[u8]>>(mut self, inputs: impl IntoIterator<Item = I>) -> Self {
        self.accepts.extend(inputs.into_iter().map(|input| input.as_ref().to_vec()));
        self
    }

    /// Streams that are to be refused.
    pub fn refuses<I: AsRef<[u8]>>(mut self, inputs: impl IntoIterator<Item = I>) -> Self {
        self.refuses.extend(inputs.into_iter().map(|input| input.as_ref().to_vec()));
        self
    }

    /// Words of the protocol, of which streams are made beside those of the valid ones.
    pub fn words<I: AsRef<[u8]>>(mut self, words: impl IntoIterator<Item = I>) -> Self {
        self.words.extend(words.into_iter().map(|word| word.as_ref().to_vec()));
        self
    }

    /// The parser goes on behind an error, as documented, and these are records that it refuses so,
    /// each whole. It is asked on after an error: what follows must not depend on the cuts (L1), and
    /// behind each of these records a valid stream is read as if it stood alone (L2).
    ///
    /// ```
    /// use segue_laws::{adapt, parser};
    ///
    /// use bytes::{Buf, BytesMut};
    ///
    /// /// A byte from 0 to 9, or an error for the byte.
    /// fn digit(input: &mut BytesMut) -> Result<Option<u8>, u8> {
    ///     match input.try_get_u8() {
    ///         Ok(digit) if digit < 10 => Ok(Some(digit)),
    ///         Ok(byte) => Err(byte),
    ///         Err(_) => Ok(None),
    ///     }
    /// }
    /// parser("digits", || adapt::bytes_mut(digit)).accepts([[1, 2, 3]]).recovers([[99]]).check();
    /// ```
    pub fn recovers<I: AsRef<[u8]>>(mut self, broken: impl IntoIterator<Item = I>) -> Self {
        self.terms.recovers = true;
        self.broken.extend(broken.into_iter().map(|record| record.as_ref().to_vec()));
        self
    }

    /// The most bytes that the parser is documented to hold (L4). Memory is then held against this
    /// and not against what was received, and a verdict that it holds says so.
    pub fn limit(mut self, bytes: usize) -> Self {
        self.terms.limit = Some(bytes);
        self
    }

    /// Errors are the same only if they read the same.
    pub fn compares_errors(mut self) -> Self {
        self.terms.errors_compared = true;
        self
    }

    /// The number of bytes that the parser says it needs is documented as a lower bound, and not as
    /// a hint (L3).
    pub fn needs_are_honest(mut self) -> Self {
        self.terms.honest_needs = true;
        self
    }

    /// The end of the stream is a proper end wherever it comes, as documented: L9 says nothing.
    pub fn ends_anywhere(mut self) -> Self {
        self.terms.ends_anywhere = true;
        self
    }

    /// The last item of a stream may be one that could have gone on, as documented: a number that is
    /// ended by what follows it, a word without a line end. L9 leaves the last item of a truncated
    /// stream open, and holds all else.
    pub fn last_may_go_on(mut self) -> Self {
        self.terms.last_may_go_on = true;
        self
    }

    /// Prints panics of the parser as they happen. Without this they are caught and are told in the
    /// report alone.
    pub fn shows_panics(mut self) -> Self {
        self.terms.panics_shown = true;
        self
    }

    /// Brings an item to the form that is compared; `None` where nothing is. For items that carry
    /// what depends on reads as documented, and for L7.
    pub fn normalise(mut self, by: impl Fn(&str) -> Option<String> + 'static) -> Self {
        self.terms.normalise = Some(Rc::new(by));
        self
    }

    /// A count of the work that this thread has done so far, such as its instructions (L8).
    /// Without it the time counts that the thread has run.
    pub fn work(mut self, count: fn() -> u64) -> Self {
        self.terms.work = Some(count);
        self
    }

    /// Valid streams of about as many bytes as `make` is told, to see whether work is linear (L8),
    /// beside those that valid streams are stretched to.
    pub fn linear(mut self, make: impl Fn(usize) -> Vec<u8> + 'static) -> Self {
        self.streams.push(Box::new(make));
        self
    }

    /// Another parser of the same protocol, which is to say the same (L7). What both say should be
    /// brought to one form by [`normalise`](Self::normalise).
    pub fn agrees_with<S: Parser + 'static>(
        mut self,
        name: impl Into<String>,
        make: impl Fn() -> S + 'static,
    ) -> Self {
        self.peers.push((name.into(), Box::new(move || Box::new(make()))));
        self
    }

    /// Decodes a stream and encodes what was decoded, with the parser's own encoder: what comes of
    /// it must decode to the same (L6). `None` where there is nothing to encode.
    pub fn encodes_again(mut self, again: impl Fn(&[u8]) -> Option<Vec<u8>> + 'static) -> Self {
        self.again = Some(Box::new(again));
        self
    }

    /// There is one way only to write what a stream says: what is encoded again must be the same
    /// bytes, so a stream in any other form is to be refused (L6).
    pub fn canonical(mut self) -> Self {
        self.terms.canonical = true;
        self
    }

    /// This is no law for the parser, for the reason that its verdict then gives: a machine that
    /// takes all it is given leaves nothing over (L2), and one whose answer has no room for a
    /// number cannot say how much it needs (L3).
    pub fn exempt(mut self, law: Law, why: impl Into<String>) -> Self {
        self.exempt.push((law, why.into()));
        self
    }

    /// Sets the number of streams that are made of the valid ones and the words; 400 unless told.
    pub fn generated(mut self, streams: usize) -> Self {
        self.generated = streams;
        self
    }

    /// Makes other streams of the valid ones than it does by itself: the same for the same number.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Looks at these laws, and at no other.
    pub fn only(mut self, laws: impl IntoIterator<Item = Law>) -> Self {
        self.only = Some(laws.into_iter().collect());
        self
    }

    /// Is told each defect when it is found: for a process that may not live to the verdicts.
    pub fn tells(mut self, of: impl Fn(&Defect) + 'static) -> Self {
        self.tells = Some(Box::new(of));
        self
    }

    /// Is told each stream and its cuts before they are tried: so that it is known what a process
    /// died of, or never came back from.
    pub fn tries(mut self, of: impl Fn(&[u8], &[usize]) + 'static) -> Self {
        self.terms.tries = Some(Rc::new(of));
        self
    }

    /// Looks at one stream, cut at these offsets: every law, with L8 on what the stream can be
    /// stretched to. For property tests, and for streams that you make yourself. Offsets may be in
    /// any order, and those that lie outside the stream do not count.
    ///
    /// ```
    /// use proptest::prelude::*;
    /// use segue_laws::{adapt, parser};
    ///
    /// fn records(input: &[u8]) -> Result<Option<(Vec<u8>, usize)>, ()> {
    ///     let Some((&length, rest)) = input.split_first() else { return Ok(None) };
    ///     Ok(rest.get(..length.into()).map(|record| (record.to_vec(), 1 + record.len())))
    /// }
    ///
    /// proptest!(|(stream: Vec<u8>, cuts in prop::collection::vec(0..64_usize, 0..8))| {
    ///     let records = parser("records", || adapt::slice(records));
    ///     prop_assert_eq!(records.on(&stream, &cuts), Ok(()));
    /// });
    /// ```
    ///
    /// # Errors
    /// The first defect that is found, as small as it gets.
    pub fn on(&self, stream: &[u8], cuts: &[usize]) -> Result<(), Box<Defect>> {
        self.looks(stream, cuts, examine::Depth::All)
    }

    fn looks(
        &self,
        stream: &[u8],
        cuts: &[usize],
        depth: examine::Depth,
    ) -> Result<(), Box<Defect>> {
        let inside = |cut: &usize| (1..stream.len()).contains(cut);
        let mut cuts: Vec<usize> = cuts.iter().copied().filter(inside).collect();
        cuts.sort_unstable();
        cuts.dedup();
        examine::one(self, stream, &cuts, depth).map_or(Ok(()), |defect| Err(Box::new(defect)))
    }

    /// Looks at one stream with cuts that are derived from it: what a fuzz target calls with its
    /// data. See [`fuzz_target`](crate::fuzz_target).
    ///
    /// # Panics
    /// If a law is broken, with a report.
    #[track_caller]
    pub fn fuzz(&self, data: &[u8]) {
        /// Work is measured on one of so many streams, since that takes longer than all else.
        const MEASURED: u64 = 16;
        let digest = cuts::digest(data);
        let measured = digest.is_multiple_of(MEASURED);
        let depth = if measured { examine::Depth::All } else { examine::Depth::NoWork };
        let few = cuts::many(data.len(), digest);
        for (cuts, depth) in
            [(Vec::from_iter(1..data.len()), depth), (few, examine::Depth::CutsAlone)]
        {
            if let Err(defect) = self.looks(data, &cuts, depth) {
                panic!("{}: {defect}", self.name);
            }
        }
    }

    /// The name that reports give the parser.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn looks_at(&self, law: Law) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&law)) && self.excuse(law).is_none()
    }

    /// Returns the reason why this is no law for the parser, if there is one.
    pub(crate) fn excuse(&self, law: Law) -> Option<&str> {
        let exempt = self.exempt.iter().find(|(exempt, _)| *exempt == law);
        exempt.map(|(_, why)| why.as_str())
    }

    /// Looks at every law. The same is found each time.
    #[must_use]
    pub fn verdicts(&self) -> Verdicts {
        examine::examine(self)
    }

    /// Looks at every law. Under GitHub Actions, each defect is an annotation as well.
    ///
    /// # Panics
    /// If one is broken, with a report; and if there is no valid stream to look at.
    #[track_caller]
    pub fn check(&self) {
        assert!(!self.accepts.is_empty(), "no valid stream was given to check {} on", self.name);
        let verdicts = self.verdicts();
        if env::var_os("GITHUB_ACTIONS").is_some() {
            print!("{}", Format::GitHub.of(std::slice::from_ref(&verdicts)));
        }
        assert!(verdicts.defects().is_empty(), "{verdicts}");
    }
}
