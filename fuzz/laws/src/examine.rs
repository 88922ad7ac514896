//! Looks at every law: at valid streams first, over all schedules, then at what is made of them.

use std::ops::Range;

use crate::{
    Defect, Law, Origin, Symptom, Verdicts,
    cuts::{self, Random},
    long, memory,
    number::lengthened,
    questions::{self, Bench, Found, Question},
    shrink::shrink,
    stretch::{Stretched, stretches},
    subject::Subject,
    tokens::Tokens,
    verdict::Standing,
    work,
};

/// Looks at every law.
pub(crate) fn examine(subject: &Subject) -> Verdicts {
    let bench = Bench::new(subject);
    let mut search = Search { subject, bench: &bench, defects: Vec::new() };
    subject.accepts.iter().for_each(|input| search.valid(input));
    subject.refuses.iter().for_each(|input| search.refused(input));
    search.errors();
    search.long();
    search.memory();
    search.work();
    let mut tokens = Tokens::new(&subject.accepts, &subject.words, subject.seed);
    let mut random = Random::new(subject.seed);
    for _ in 0..subject.generated {
        let Some(input) = tokens.next() else { break };
        search.generated(&input, &mut random);
    }
    let defects = search.defects;
    let (name, runs) = (subject.name.clone(), bench.runs.get());
    Verdicts { name, laws: standings(subject, &bench), defects, runs }
}

/// The laws that are looked at on a single stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// All that can be.
    All,
    /// All but work, which takes the longest.
    NoWork,
    /// Only what depends on the cuts.
    CutsAlone,
}

/// Looks at one stream that is cut so, and tells the first defect.
pub(crate) fn one(subject: &Subject, input: &[u8], cuts: &[usize], depth: Depth) -> Option<Defect> {
    let bench = Bench::new(subject);
    let mut search = Search { subject, bench: &bench, defects: Vec::new() };
    search.any(Origin::Generated, input, cuts);
    if depth != Depth::CutsAlone {
        search.as_a_whole(Origin::Generated, input);
        let ends = cuts.iter().copied().chain(cuts::places(input.len()));
        search.truncated(Origin::Generated, input, ends);
    }
    if depth == Depth::All && search.defects.is_empty() {
        search.work_on(input);
    }
    search.defects.into_iter().next()
}

struct Search<'s> {
    subject: &'s Subject,
    bench: &'s Bench<'s>,
    defects: Vec<Defect>,
}

impl Search<'_> {
    /// A valid stream: over all schedules, with other bytes behind it, and cut off everywhere.
    fn valid(&mut self, input: &[u8]) {
        let whole = self.bench.whole(input);
        if !whole.proper() && !whole.broke() && self.subject.looks_at(Law::Accepts) {
            let what = "a stream that was said to be valid is not taken for one".into();
            let found = Found { symptom: Symptom::Refuses, what, seen: vec![("one read", whole)] };
            self.stated(Law::Accepts, Origin::Seed, input, found);
        }
        for cuts in cuts::schedules(input.len()) {
            self.any(Origin::Seed, input, &cuts);
        }
        for junk in JUNK.iter().copied().chain([input]) {
            let more = [input, junk].concat();
            self.ask(Law::L2, questions::takes_what_follows, Origin::Seed, &more, &[input.len()]);
        }
        self.truncated(Origin::Seed, input, cuts::places(input.len()));
        self.as_a_whole(Origin::Seed, input);
    }

    fn refused(&mut self, input: &[u8]) {
        let whole = self.bench.whole(input);
        if whole.proper() && self.subject.looks_at(Law::Refuses) {
            let what = "a stream that was said to be refused is taken for a valid one".into();
            let found = Found { symptom: Symptom::Accepts, what, seen: vec![("one read", whole)] };
            self.stated(Law::Refuses, Origin::Refused, input, found);
        }
        for cuts in cuts::schedules(input.len()) {
            self.any(Origin::Refused, input, &cuts);
        }
        self.as_a_whole(Origin::Refused, input);
    }

    /// Records that are refused and gone on from, with valid streams behind them.
    fn errors(&mut self) {
        /// Of more valid streams no more is learnt.
        const BEHIND: usize = 4;
        let subject = self.subject;
        for broken in &subject.broken {
            let stays = questions::stays_with_an_error;
            self.ask(Law::L2, stays, Origin::Refused, broken, &[]);
            for next in subject.accepts.iter().take(BEHIND) {
                let input = [&broken[..], next].concat();
                let at = [broken.len()];
                self.ask(Law::L2, questions::keeps_an_error, Origin::Refused, &input, &at);
                let input = [next, &broken[..], next].concat();
                for cuts in cuts::schedules(input.len()) {
                    self.any(Origin::Refused, &input, &cuts);
                }
            }
        }
    }

    fn generated(&mut self, input: &[u8], random: &mut Random) {
        self.any(Origin::Generated, input, &Vec::from_iter(1..input.len()));
        let mut ends = Vec::new();
        for _ in 0..3 {
            let cut = 1 + random.below(input.len().saturating_sub(1).max(1));
            if cut < input.len() {
                self.any(Origin::Generated, input, &[cut]);
                ends.push(cut);
            }
        }
        self.ask(Law::L4, memory::takes_too_much, Origin::Generated, input, &[]);
        self.truncated(Origin::Generated, input, ends);
        self.as_a_whole(Origin::Generated, input);
    }

    /// L9: the stream ends at each of these places, and comes there on one read, byte by byte, and
    /// in two.
    fn truncated(&mut self, origin: Origin, input: &[u8], ends: impl IntoIterator<Item = usize>) {
        /// Up to here each two reads that bring a prefix are tried.
        const EACH: usize = 16;
        if self.bench.terms.ends_anywhere || !self.subject.looks_at(Law::L9) {
            return;
        }
        if !self.bench.whole(input).proper() {
            return;
        }
        let mut ask = |cuts: &[usize]| {
            self.ask(Law::L9, questions::accepts_truncated, origin, input, cuts);
        };
        for end in ends {
            ask(&[end]);
            if end > 2 && end <= 4096 {
                ask(&Vec::from_iter(1..=end));
            }
            let first = if end <= EACH { 1 } else { end - 1 };
            (first..end).for_each(|at| ask(&[at, end]));
        }
    }

    /// Long streams, cut where buffers end.
    fn long(&mut self) {
        let is_broken = self.defects.iter().any(|defect| defect.law == Law::L5);
        // A parser that never ends takes longest on a long stream, and shows nothing more there.
        if is_broken || !self.subject.looks_at(Law::L1) && !self.subject.looks_at(Law::L5) {
            return;
        }
        for suspect in long::suspects(self.bench, &self.subject.accepts) {
            let (input, cuts) = (suspect.input, suspect.cuts);
            self.ask(suspect.law, suspect.question, Origin::Generated, &input, &cuts);
        }
    }

    /// L4: announced lengths, records that go on beyond the limit, and what is kept for ever.
    fn memory(&mut self) {
        /// The number of valid streams that are changed: others differ little from them.
        const SEEDS: usize = 8;
        /// The number of streams that are made that long.
        const FLOODS: usize = 32;
        let subject = self.subject;
        if !subject.looks_at(Law::L4) {
            return;
        }
        let seeds = &subject.accepts[..subject.accepts.len().min(SEEDS)];
        if self.bench.counts_memory {
            for input in seeds.iter().flat_map(|seed| memory::announcing(seed)) {
                self.ask(Law::L5, questions::breaks_down, Origin::Generated, &input, &[]);
                self.ask(Law::L4, memory::takes_too_much, Origin::Generated, &input, &[]);
            }
            for stream in seeds.iter().map(|seed| Stretched::repeated(seed)) {
                if let Some(what) = memory::keeps(self.bench, &stream) {
                    return self.stretched(Law::L4, &stream, what);
                }
            }
        }
        let Some(limit) = subject.terms.limit else { return };
        let streams = seeds.iter().flat_map(|seed| stretches(seed)).take(FLOODS);
        for stream in streams {
            let (flood, cuts) = memory::flood(&stream, limit);
            for question in [memory::takes_too_much, questions::holds_too_much] {
                if let Some(found) = question(self.bench, &flood, &cuts) {
                    return self.stretched(Law::L4, &stream, found.what);
                }
            }
        }
    }

    /// L8: streams of the author, and those that valid ones are stretched to.
    fn work(&mut self) {
        /// The number of stretched streams that are measured.
        const MEASURED: usize = 24;
        const MEASURED_LATE: usize = 6;
        if !self.subject.looks_at(Law::L8) {
            return;
        }
        for stream in &self.subject.streams {
            let what = work::superlinear(self.bench, stream);
            if let Some(what) = what.or_else(|| work::slows_down(self.bench, stream)) {
                let stream = Stretched::repeated(&stream(64));
                return self.stretched(Law::L8, &stream, what);
            }
        }
        let seeds = &self.subject.accepts;
        let mut streams: Vec<_> = seeds.iter().flat_map(|seed| stretches(seed)).collect();
        streams.extend(seeds.iter().flat_map(|seed| lengthened(self.bench, seed)));
        // Those that are said in the fewest bytes first; the lengthened ones among those of late.
        streams.sort_by_key(|stream| stream.shortest().0.len());
        streams.dedup();
        let slow = work::slow(self.bench, &streams, MEASURED, work::superlinear)
            .or_else(|| work::slow(self.bench, &streams, MEASURED_LATE, work::slows_down));
        if let Some(slow) = slow {
            self.stretched(Law::L8, &slow.stream, slow.what);
        }
    }

    /// L8, in short: one of the streams that this one can be stretched to.
    fn work_on(&mut self, input: &[u8]) {
        if !self.subject.looks_at(Law::L8) {
            return;
        }
        let mut streams = stretches(input);
        if streams.is_empty() {
            return;
        }
        let nth = usize::try_from(cuts::digest(input) % streams.len() as u64).unwrap_or(0);
        streams.rotate_left(nth);
        if let Some(slow) = work::slow(self.bench, &streams, 1, work::soon_superlinear) {
            self.stretched(Law::L8, &slow.stream, slow.what);
        }
    }

    /// Asks about a stream on one read: L6 and L7.
    fn as_a_whole(&mut self, origin: Origin, input: &[u8]) {
        self.ask(Law::L6, questions::returns_as_another, origin, input, &[]);
        if self.bench.terms.normalise.is_some() {
            self.ask(Law::L7, questions::disagrees, origin, input, &[]);
        }
    }

    /// Asks about any stream, however it is cut.
    fn any(&mut self, origin: Origin, input: &[u8], cuts: &[usize]) {
        for (law, question) in questions::suspects(self.bench, input, cuts) {
            self.ask(law, question, origin, input, cuts);
        }
    }

    /// Asks, and makes what is found as small as it gets.
    fn ask(&mut self, law: Law, question: Question, origin: Origin, input: &[u8], cuts: &[usize]) {
        /// The number of bytes that are given to the parser to make a find smaller.
        const BUDGET: usize = 8 << 20;
        let bench = self.bench;
        if !self.subject.looks_at(law) {
            return;
        }
        let Some(found) = question(bench, input, cuts) else { return };
        if self.defects.iter().any(|known| (known.law, known.symptom) == (law, found.symptom)) {
            return;
        }
        let shows = |input: &[u8], cuts: &[usize]| Some(question(bench, input, cuts)?.kind());
        let (small, fewer) = shrink(input, cuts, BUDGET, found.kind(), &shows);
        let found = question(bench, &small, &fewer).unwrap_or(found);
        let found_on = (input.to_vec(), cuts.to_vec());
        self.put_down(law, origin, found_on, (small, fewer), None, found);
    }

    /// A stream that is not what its author said.
    fn stated(&mut self, law: Law, origin: Origin, input: &[u8], found: Found) {
        let stream = (input.to_vec(), Vec::new());
        self.put_down(law, origin, stream.clone(), stream, None, found);
    }

    /// A defect that takes a long stream to show.
    fn stretched(&mut self, law: Law, stream: &Stretched, what: String) {
        let (shortest, repeated) = stream.shortest();
        let stream = (shortest, Vec::new());
        let found = Found { symptom: Symptom::Lies, what, seen: Vec::new() };
        self.put_down(law, Origin::Generated, stream.clone(), stream, Some(repeated), found);
    }

    fn put_down(
        &mut self,
        law: Law,
        origin: Origin,
        found_on: (Vec<u8>, Vec<usize>),
        smallest: (Vec<u8>, Vec<usize>),
        repeated: Option<Range<usize>>,
        found: Found,
    ) {
        let Found { symptom, what, seen } = found;
        let (input, cuts) = smallest;
        let defect = Defect { law, symptom, what, origin, input, cuts, repeated, seen, found_on };
        if let Some(tells) = &self.subject.tells {
            tells(&defect);
        }
        self.defects.push(defect);
    }
}

/// Returns each law with the reason why it was not looked at, where it was not.
fn standings(subject: &Subject, bench: &Bench<'_>) -> Vec<(Law, Standing)> {
    use Standing::{Looked, NotApplicable, Vacuous, Within};
    let terms = &subject.terms;
    let unless = |looked: bool, otherwise: Standing| if looked { Looked } else { otherwise };
    let left = unless(bench.showed_left.get(), Vacuous("what is left over cannot be seen".into()));
    let needs = match (terms.honest_needs, bench.hinted.get()) {
        (_, false) => Vacuous("it never said how much it needs".into()),
        (false, true) => NotApplicable("what it says it needs is only a hint".into()),
        (true, true) => Looked,
    };
    let memory = match (terms.limit, bench.counts_memory) {
        (Some(limit), true) => Within(limit),
        (None, true) => Looked,
        (Some(_), false) if bench.showed_left.get() => {
            Vacuous("memory is not counted; what is left over kept within the limit".into())
        }
        (_, false) => {
            Vacuous("memory is not counted: `segue_laws::Counting` is not the allocator".into())
        }
    };
    let encodes = NotApplicable("it has no encoder here".into());
    let agrees = match (subject.peers.is_empty(), &terms.normalise) {
        (true, _) => NotApplicable("there is no other parser to hold it against".into()),
        (false, None) => NotApplicable("nothing brings both to one form".into()),
        (false, Some(_)) => Looked,
    };
    let truncated = unless(
        !terms.ends_anywhere,
        NotApplicable("every end is a proper one, as documented".into()),
    );
    let no_work = Vacuous("of no stream could a long one be made and its work be measured".into());
    let standings = [
        (Law::L1, Looked),
        (Law::L2, left),
        (Law::L3, needs),
        (Law::L4, memory),
        (Law::L5, Looked),
        (Law::L6, unless(subject.again.is_some(), encodes)),
        (Law::L7, agrees),
        (Law::L8, unless(bench.worked.get(), no_work)),
        (Law::L9, truncated),
        (Law::L10, Looked),
        (Law::Accepts, Looked),
        (Law::Refuses, Looked),
    ];
    let asked_for = |(law, standing)| match (subject.excuse(law), subject.looks_at(law)) {
        (Some(why), _) => (law, NotApplicable(why.into())),
        (None, true) => (law, standing),
        (None, false) => (law, NotApplicable("it was not asked for".into())),
    };
    standings.into_iter().map(asked_for).collect()
}

/// Bytes that may follow a parser that is over.
const JUNK: &[&[u8]] = &[b"junk", b"\0", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff", b"\r\n\r\n"];
