//! Looks at every law: at valid streams first, over all schedules, then at what is made of them.

use super::{
    Defect, Origin, Symptom, Verdicts,
    bench::{self, Bench, Found, Question},
    shrink::shrink,
    subject::Subject,
    verdict::Standing,
};
use crate::laws::{
    Law,
    cuts::{self, Random},
    mutants::mutants,
};

/// Looks at every law.
pub(super) fn examine(subject: &Subject) -> Verdicts {
    let bench = Bench::new(&subject.make, &subject.terms);
    let mut search = Search { bench: &bench, defects: Vec::new() };
    for input in &subject.accepts {
        search.valid(input);
    }
    for input in &subject.refuses {
        search.refused(input);
    }
    let mut random = Random::new(0);
    for input in subject.accepts.iter().flat_map(|input| mutants(input)).take(subject.generated) {
        search.generated(&input, &mut random);
    }
    let defects = search.defects;
    Verdicts {
        name: subject.name.clone(),
        laws: standings(subject, &bench),
        defects,
        runs: bench.runs.get(),
    }
}

struct Search<'s> {
    bench: &'s Bench<'s>,
    defects: Vec<Defect>,
}

/// What is asked of every stream, however it is cut.
const OF_ANY: &[(Law, Question)] = &[
    (Law::L5, bench::breaks_down),
    (Law::L1, bench::cuts_matter),
    (Law::L3, bench::overestimates),
    (Law::L10, bench::asking_matters),
    (Law::L2, bench::loses_count),
    (Law::L4, bench::holds_too_much),
];

impl Search<'_> {
    /// A valid stream: over all schedules, with other bytes behind it, and cut off everywhere.
    fn valid(&mut self, input: &[u8]) {
        let whole = self.bench.whole(input);
        if !whole.proper() && !whole.broke() {
            let what = "a stream that was said to be valid is not taken for one".into();
            let found = Found { symptom: Symptom::Refuses, what, seen: vec![("one read", whole)] };
            self.put_down(Law::Accepts, Origin::Seed, (input, &[]), (input, &[]), found);
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
    }

    fn refused(&mut self, input: &[u8]) {
        let whole = self.bench.whole(input);
        if whole.proper() {
            let what = "a stream that was said to be refused is taken for a valid one".into();
            let found = Found { symptom: Symptom::Accepts, what, seen: vec![("one read", whole)] };
            self.put_down(Law::Refuses, Origin::Refused, (input, &[]), (input, &[]), found);
        }
        for cuts in everywhere(input.len()) {
            self.any(Origin::Refused, input, &cuts);
        }
    }

    fn generated(&mut self, input: &[u8], random: &mut Random) {
        self.any(Origin::Generated, input, &Vec::from_iter(1..input.len()));
        for _ in 0..4 {
            let cut = 1 + random.below(input.len().max(1));
            self.any(Origin::Generated, input, &[cut.min(input.len())]);
        }
    }

    fn any(&mut self, origin: Origin, input: &[u8], cuts: &[usize]) {
        for &(law, question) in OF_ANY {
            self.ask(law, question, origin, input, cuts);
        }
    }

    /// Asks, and makes what is found as small as it gets.
    fn ask(&mut self, law: Law, question: Question, origin: Origin, input: &[u8], cuts: &[usize]) {
        /// How many questions are asked to make a find smaller.
        const BUDGET: usize = 4000;
        let bench = self.bench;
        if law == Law::L3 && !bench.terms.honest_needs {
            return;
        }
        let Some(found) = question(bench, input, cuts) else { return };
        if self.defects.iter().any(|known| (known.law, known.symptom) == (law, found.symptom)) {
            return;
        }
        let kind = found.kind();
        let same = |found: &Found| found.kind() == kind;
        let (small, fewer) = shrink(input, cuts, BUDGET, &mut |input, cuts| {
            question(bench, input, cuts).is_some_and(|found| same(&found))
        });
        let found = question(bench, &small, &fewer).unwrap_or(found);
        self.put_down(law, origin, (input, cuts), (&small, &fewer), found);
    }

    fn put_down(
        &mut self,
        law: Law,
        origin: Origin,
        found_on: (&[u8], &[usize]),
        smallest: (&[u8], &[usize]),
        found: Found,
    ) {
        let Found { symptom, what, seen } = found;
        let found_on = (found_on.0.to_vec(), found_on.1.to_vec());
        let (input, cuts) = (smallest.0.to_vec(), smallest.1.to_vec());
        self.defects.push(Defect { law, symptom, what, origin, input, cuts, seen, found_on });
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
    let terms = &subject.terms;
    let vacuous = |unless: bool, why: &str| match unless {
        true => Standing::Looked,
        false => Standing::Vacuous(why.into()),
    };
    let applies = |if_so: bool, why: &str, standing: Standing| match if_so {
        true => standing,
        false => Standing::NotApplicable(why.into()),
    };
    let needs = vacuous(bench.hinted.get(), "it never said how much it needs");
    vec![
        (Law::L1, Standing::Looked),
        (Law::L2, vacuous(bench.showed_left.get(), "what is left over cannot be seen")),
        (Law::L3, applies(terms.honest_needs, "what it says it needs is only a hint", needs)),
        (Law::L4, applies(terms.limit.is_some(), "it has no limit", Standing::Looked)),
        (Law::L5, Standing::Looked),
        (Law::L9, applies(!terms.ends_anywhere, "every end is a proper one", Standing::Looked)),
        (Law::L10, Standing::Looked),
        (Law::Accepts, Standing::Looked),
        (Law::Refuses, Standing::Looked),
    ]
}

/// What may follow a parser that is over.
const JUNK: &[&[u8]] = &[b"junk", b"\0", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff", b"\r\n\r\n"];
