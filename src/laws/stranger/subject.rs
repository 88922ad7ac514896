//! A parser under test, and what is known of it.

use std::{
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    rc::Rc,
};

use super::{Defect, Stranger, Verdicts, examine};
use crate::laws::{Law, cuts};

/// The laws for a parser that was written elsewhere: `make` makes a fresh one, with its adapter.
///
/// See [the module](mod@crate::laws::stranger) for adapters and an example.
pub fn stranger<S: Stranger + 'static>(
    name: impl Into<String>,
    make: impl Fn() -> S + 'static,
) -> Subject {
    Subject {
        name: name.into(),
        make: Box::new(move || Box::new(make())),
        terms: Terms::default(),
        accepts: Vec::new(),
        refuses: Vec::new(),
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

/// A parser under test, made by [`stranger()`].
#[must_use = "nothing is checked until `verdicts` or `check` is called"]
pub struct Subject {
    pub(super) name: String,
    pub(super) make: Make,
    pub(super) terms: Terms,
    pub(super) accepts: Vec<Vec<u8>>,
    pub(super) refuses: Vec<Vec<u8>>,
    pub(super) words: Vec<Vec<u8>>,
    /// How many streams are made of the others.
    pub(super) generated: usize,
    pub(super) seed: u64,
    pub(super) streams: Vec<Box<dyn Fn(usize) -> Vec<u8>>>,
    pub(super) peers: Vec<(String, Make)>,
    pub(super) again: Option<Box<dyn Fn(&[u8]) -> Option<Vec<u8>>>>,
    /// What is no law for it, and why.
    pub(super) exempt: Vec<(Law, String)>,
    /// Nothing else is looked at.
    pub(super) only: Option<Vec<Law>>,
    pub(super) tells: Option<Box<dyn Fn(&Defect)>>,
}

pub(super) type Make = Box<dyn Fn() -> Box<dyn Stranger>>;

/// What is known of a parser.
#[derive(Clone, Default)]
pub(super) struct Terms {
    /// The most bytes that it is said to hold.
    pub(super) limit: Option<usize>,
    /// Whether errors are compared by their texts.
    pub(super) errors_compared: bool,
    /// Whether what it says it needs is more than a hint.
    pub(super) honest_needs: bool,
    /// Whether the end of the stream is a proper end wherever it comes.
    pub(super) ends_anywhere: bool,
    /// Whether there is one way only to write what a stream says.
    pub(super) canonical: bool,
    pub(super) normalise: Option<Rc<dyn Fn(&str) -> Option<String>>>,
    /// The most bytes that were allocated at once since it was last asked.
    pub(super) memory: Option<fn() -> usize>,
    /// Work done so far by this thread.
    pub(super) work: Option<fn() -> u64>,
    /// Is told each run before it is made.
    pub(super) tries: Option<Rc<dyn Fn(&[u8], &[usize])>>,
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

    /// The most bytes that the parser is said to hold of what it was given (L4).
    pub fn limit(mut self, bytes: usize) -> Self {
        self.terms.limit = Some(bytes);
        self
    }

    /// Errors are the same only if they read the same.
    pub fn compares_errors(mut self) -> Self {
        self.terms.errors_compared = true;
        self
    }

    /// What the parser says it needs is documented as a lower bound, and not as a hint (L3).
    pub fn needs_are_honest(mut self) -> Self {
        self.terms.honest_needs = true;
        self
    }

    /// The end of the stream is a proper end wherever it comes, as documented: L9 says nothing.
    pub fn ends_anywhere(mut self) -> Self {
        self.terms.ends_anywhere = true;
        self
    }

    /// What of an item is compared; `None` where nothing is. For items that carry what depends on
    /// reads as documented, and for L7.
    pub fn normalise(mut self, by: impl Fn(&str) -> Option<String> + 'static) -> Self {
        self.terms.normalise = Some(Rc::new(by));
        self
    }

    /// How much memory the process has held at most since this was last asked, in bytes (L4): for
    /// a program with a counting allocator.
    pub fn memory(mut self, most: fn() -> usize) -> Self {
        self.terms.memory = Some(most);
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
    pub fn agrees_with<S: Stranger + 'static>(
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

    /// How many streams are made of the valid ones and the words; 400 unless told.
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

    /// Looks at one stream, cut at these offsets and asked twice: L1 to L5 and L10, and L7. For
    /// property tests, and whoever makes streams of their own. Offsets may be in any order, and
    /// those that lie outside the stream do not count.
    ///
    /// ```
    /// use proptest::prelude::*;
    /// use segue::{laws::{self, stranger}, length};
    ///
    /// proptest!(|(stream: Vec<u8>, cuts in prop::collection::vec(0..64_usize, 0..8))| {
    ///     let records = laws::stranger("records", || stranger::stage(length::u8()));
    ///     prop_assert_eq!(records.on(&stream, &cuts), Ok(()));
    /// });
    /// ```
    ///
    /// # Errors
    /// The first defect that is found, as small as it gets.
    pub fn on(&self, stream: &[u8], cuts: &[usize]) -> Result<(), Box<Defect>> {
        let inside = |cut: &usize| (1..stream.len()).contains(cut);
        let mut cuts: Vec<usize> = cuts.iter().copied().filter(inside).collect();
        cuts.sort_unstable();
        cuts.dedup();
        examine::one(self, stream, &cuts).map_or(Ok(()), |defect| Err(Box::new(defect)))
    }

    /// Looks at one stream with cuts that are derived from it: what a fuzz target calls with its
    /// data. See [`fuzz_target`](crate::fuzz_target).
    ///
    /// # Panics
    /// If a law is broken, with a report.
    #[track_caller]
    pub fn fuzz(&self, data: &[u8]) {
        let mut hasher = DefaultHasher::new();
        data.hash(&mut hasher);
        let few = cuts::random(data.len(), hasher.finish()).cuts;
        for cuts in [Vec::from_iter(1..data.len()), few] {
            if let Err(defect) = self.on(data, &cuts) {
                panic!("{}: {defect}", self.name);
            }
        }
    }

    pub(super) fn looks_at(&self, law: Law) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&law)) && self.excuse(law).is_none()
    }

    /// Why this is no law for the parser.
    pub(super) fn excuse(&self, law: Law) -> Option<&str> {
        let exempt = self.exempt.iter().find(|(exempt, _)| *exempt == law);
        exempt.map(|(_, why)| why.as_str())
    }

    /// Looks at every law. The same is found each time.
    #[must_use]
    pub fn verdicts(&self) -> Verdicts {
        examine::examine(self)
    }

    /// Looks at every law.
    ///
    /// # Panics
    /// If one is broken, with a report; and if there is no valid stream to look at.
    #[track_caller]
    pub fn check(&self) {
        assert!(!self.accepts.is_empty(), "no valid stream was given to check {} on", self.name);
        let verdicts = self.verdicts();
        assert!(verdicts.defects().is_empty(), "{verdicts}");
    }
}
