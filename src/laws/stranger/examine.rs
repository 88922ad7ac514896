//! Looks at every law: at valid streams first, over all schedules, then at what is made of them.

use std::ops::Range;

use super::{
    Defect, Origin, Symptom, Verdicts,
    bench::{self, Bench, Found, Question},
    memory,
    shrink::shrink,
    stretch::{Stretched, stretches},
    subject::Subject,
    tokens::Tokens,
    verdict::Standing,
    work,
};
use crate::laws::{
    Law,
    cuts::{self, Random},
};

/// Looks at every law.
pub(super) fn examine(subject: &Subject) -> Verdicts {
    let bench = Bench::new(subject);
    let mut search = Search { subject, bench: &bench, defects: Vec::new() };
    subject.accepts.iter().for_each(|input| search.valid(input));
    subject.refuses.iter().for_each(|input| search.refused(input));
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

/// Looks at one stream that is cut so, and tells the first defect.
pub(super) fn one(subject: &Subject, input: &[u8], cuts: &[usize]) -> Option<Defect> {
    let bench = Bench::new(subject);
    let mut search = Search { subject, bench: &bench, defects: Vec::new() };
    search.any(Origin::Generated, input, cuts);
    search.agrees(Origin::Generated, input);
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
        for cuts in everywhere(input.len()) {
            self.any(Origin::Seed, input, &cuts);
        }
        for junk in JUNK.iter().copied().chain([input]) {
            let more = [input, junk].concat();
            self.ask(Law::L2, bench::takes_what_follows, Origin::Seed, &more, &[input.len()]);
        }
        if !self.bench.terms.ends_anywhere {
            for at in cuts::places(input.len()) {
                self.ask(Law::L9, bench::accepts_truncated, Origin::Seed, input, &[at]);
            }
        }
        self.ask(Law::L6, bench::returns_as_another, Origin::Seed, input, &[]);
        self.agrees(Origin::Seed, input);
    }

    fn refused(&mut self, input: &[u8]) {
        let whole = self.bench.whole(input);
        if whole.proper() && self.subject.looks_at(Law::Refuses) {
            let what = "a stream that was said to be refused is taken for a valid one".into();
            let found = Found { symptom: Symptom::Accepts, what, seen: vec![("one read", whole)] };
            self.stated(Law::Refuses, Origin::Refused, input, found);
        }
        for cuts in everywhere(input.len()) {
            self.any(Origin::Refused, input, &cuts);
        }
        self.agrees(Origin::Refused, input);
    }

    fn generated(&mut self, input: &[u8], random: &mut Random) {
        self.any(Origin::Generated, input, &Vec::from_iter(1..input.len()));
        for _ in 0..3 {
            let cut = 1 + random.below(input.len().saturating_sub(1).max(1));
            if cut < input.len() {
                self.any(Origin::Generated, input, &[cut]);
            }
        }
        self.ask(Law::L4, memory::takes_too_much, Origin::Generated, input, &[]);
        self.ask(Law::L6, bench::returns_as_another, Origin::Generated, input, &[]);
        self.agrees(Origin::Generated, input);
    }

    /// L4: announced lengths, and records that go on beyond the limit.
    fn memory(&mut self) {
        let subject = self.subject;
        if !subject.looks_at(Law::L4) {
            return;
        }
        if subject.terms.memory.is_some() {
            for input in subject.accepts.iter().flat_map(|seed| memory::announcing(seed)) {
                self.ask(Law::L5, bench::breaks_down, Origin::Generated, &input, &[]);
                self.ask(Law::L4, memory::takes_too_much, Origin::Generated, &input, &[]);
            }
        }
        let Some(limit) = subject.terms.limit else { return };
        /// How many streams are made that long.
        const FLOODS: usize = 32;
        let streams = subject.accepts.iter().flat_map(|seed| stretches(seed)).take(FLOODS);
        for stream in streams {
            let (flood, cuts) = memory::flood(&stream, limit);
            for question in [memory::takes_too_much, bench::holds_too_much] {
                if let Some(found) = question(self.bench, &flood, &cuts) {
                    return self.stretched(Law::L4, &stream, found.what);
                }
            }
        }
    }

    /// L8: streams of the author, and those that valid ones are stretched to.
    fn work(&mut self) {
        if !self.subject.looks_at(Law::L8) {
            return;
        }
        for stream in &self.subject.streams {
            if let Some(what) = work::superlinear(self.bench, stream) {
                let stream = Stretched { front: stream(64), unit: Vec::new(), back: Vec::new() };
                return self.stretched(Law::L8, &stream, what);
            }
        }
        if let Some(slow) = work::slow(self.bench, &self.subject.accepts) {
            self.stretched(Law::L8, &slow.stream, slow.what);
        }
    }

    fn agrees(&mut self, origin: Origin, input: &[u8]) {
        if self.bench.terms.normalise.is_some() {
            self.ask(Law::L7, bench::disagrees, origin, input, &[]);
        }
    }

    /// What is asked of every stream, however it is cut.
    fn any(&mut self, origin: Origin, input: &[u8], cuts: &[usize]) {
        for (law, question) in bench::suspects(self.bench, input, cuts) {
            self.ask(law, question, origin, input, cuts);
        }
    }

    /// Asks, and makes what is found as small as it gets.
    fn ask(&mut self, law: Law, question: Question, origin: Origin, input: &[u8], cuts: &[usize]) {
        /// How many questions are asked to make a find smaller.
        const BUDGET: usize = 4000;
        let bench = self.bench;
        if !self.subject.looks_at(law) {
            return;
        }
        let Some(found) = question(bench, input, cuts) else { return };
        if self.defects.iter().any(|known| (known.law, known.symptom) == (law, found.symptom)) {
            return;
        }
        let kind = found.kind();
        let mut budget = BUDGET;
        let (small, fewer) = shrink(input, cuts, &mut budget, &mut |input, cuts| {
            question(bench, input, cuts).is_some_and(|found| found.kind() == kind)
        });
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
        let Stretched { front, unit, back } = stream;
        let repeated = Some(front.len()..front.len() + unit.len());
        let stream = ([&front[..], unit, back].concat(), Vec::new());
        let found = Found { symptom: Symptom::Lies, what, seen: Vec::new() };
        self.put_down(law, Origin::Generated, stream.clone(), stream, repeated, found);
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

/// Every way in which a valid stream of this length is cut, the simplest first.
fn everywhere(length: usize) -> Vec<Vec<usize>> {
    let singles = cuts::places(length).into_iter().filter(|&at| at > 0).map(|at| vec![at]);
    let mut all = vec![vec![]];
    all.extend(singles);
    all.push(Vec::from_iter(1..length));
    for seed in 0..4 {
        let mut cuts = cuts::random(length, seed).cuts;
        cuts.retain(|&cut| cut > 0);
        cuts.dedup();
        all.push(cuts);
    }
    all
}

/// Why a law was not looked at, where it was not.
fn standings(subject: &Subject, bench: &Bench<'_>) -> Vec<(Law, Standing)> {
    use Standing::{Looked, NotApplicable, Vacuous};
    let terms = &subject.terms;
    let unless = |looked: bool, otherwise: Standing| if looked { Looked } else { otherwise };
    let left = unless(bench.showed_left.get(), Vacuous("what is left over cannot be seen".into()));
    let needs = match (terms.honest_needs, bench.hinted.get()) {
        (_, false) => Vacuous("it never said how much it needs".into()),
        (false, true) => NotApplicable("what it says it needs is only a hint".into()),
        (true, true) => Looked,
    };
    let memory = match (terms.limit, terms.memory) {
        (_, Some(_)) => Looked,
        (Some(_), None) => unless(
            bench.showed_left.get(),
            Vacuous("neither memory nor what is left over can be seen".into()),
        ),
        (None, None) => Vacuous("memory is not counted, and it has no limit".into()),
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

/// What may follow a parser that is over.
const JUNK: &[&[u8]] = &[b"junk", b"\0", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff", b"\r\n\r\n"];
