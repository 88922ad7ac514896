//! Long streams, and where those are cut: what buffers of a fixed size, counters and powers of two
//! get wrong shows on no short one.

use crate::{
    Law, cuts,
    number::lengthened,
    questions::{Bench, Question, breaks_down, cuts_matter},
    run::Plan,
    stretch::{Stretched, stretches},
    work::taken,
};

/// A stream with the cuts that a question is asked of.
pub(crate) struct Suspect {
    pub(crate) law: Law,
    pub(crate) question: Question,
    pub(crate) input: Vec<u8>,
    pub(crate) cuts: Vec<usize>,
}

/// Looks for long streams on which cuts matter, or that the parser breaks down on.
pub(crate) fn suspects(bench: &Bench<'_>, seeds: &[Vec<u8>]) -> Vec<Suspect> {
    let mut found = Vec::new();
    for (shape, records) in shapes(bench, seeds) {
        for (length, all) in plans(records) {
            let input = shape.fill(length);
            let plans = all(input.len());
            for cuts in plans {
                if let Some((law, question)) = suspect(bench, &input, &cuts) {
                    found.push(Suspect { law, question, input, cuts });
                    break;
                }
            }
        }
    }
    found
}

/// Returns the question to ask, if there is one.
fn suspect(bench: &Bench<'_>, input: &[u8], cuts: &[usize]) -> Option<(Law, Question)> {
    if bench.whole(input).broke() {
        return Some((Law::L5, breaks_down));
    }
    let cut = bench.run(Plan::new(input, cuts));
    if cut.seen.broke() {
        return Some((Law::L5, breaks_down));
    }
    bench.differs(&bench.whole(input), &cut.seen).then_some((Law::L1, cuts_matter))
}

/// The parts that a stretched stream is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Records {
    Many,
    One,
}

/// The streams that are made long: valid ones over and over, and single records.
fn shapes(bench: &Bench<'_>, seeds: &[Vec<u8>]) -> Vec<(Stretched, Records)> {
    /// Seeds that are longer have many records already.
    const SEED: usize = 1024;
    /// The number of long records that are looked at.
    const LONG: usize = 2;
    let short: Vec<_> =
        seeds.iter().filter(|seed| seed.len() <= SEED && !seed.is_empty()).collect();
    let all = Stretched::repeated(&short.iter().copied().flatten().copied().collect::<Vec<_>>());
    let repeated = short.iter().map(|seed| Stretched::repeated(seed));
    let mut shapes: Vec<_> = [all]
        .into_iter()
        .filter(|all| !all.unit.is_empty() && taken(bench, &all.fill(512)))
        .chain(repeated.filter(|one| taken(bench, &one.fill(512))))
        .take(2)
        .map(|shape| (shape, Records::Many))
        .collect();
    shapes.dedup();
    let long = short.iter().flat_map(|seed| lengthened(bench, seed));
    // With the end that makes it whole, and none where it says one thing after the other.
    let text = short.iter().flat_map(|seed| stretches(seed)).filter(|stream| {
        !stream.back.is_empty() && stream.unit.len() <= 16 && {
            let (short, long) = (stream.fill(64), stream.fill(512));
            let [short, long] = [&short, &long].map(|it| bench.run(Plan::new(it, &[])).seen);
            short.proper() && long.proper() && short.said.len() == long.said.len()
        }
    });
    let long = long.chain(text).take(LONG);
    shapes.extend(long.map(|shape| (shape, Records::One)));
    shapes
}

type Cuts = fn(usize) -> Vec<Vec<usize>>;

/// Returns the lengths that streams of this kind are made in, and the cuts of each.
fn plans(records: Records) -> Vec<(usize, Cuts)> {
    /// Room behind the last power of two that is cut at, and no multiple of any record.
    const LONG: usize = 65_536 + 467;
    match records {
        Records::Many => vec![
            (300, each_place),
            (4096 + 67, shifted),
            (LONG, |length| [powers(length), fixed(length), bytes(length)].concat()),
        ],
        Records::One => {
            let mut plans: Vec<(usize, Cuts)> =
                vec![(300, each_place), (LONG, |length| [powers(length), fixed(length)].concat())];
            // A record over each power of two.
            plans.extend((5..=16).map(|power| ((1 << power) + 1, ends as Cuts)));
            plans
        }
    }
}

/// Each cut by itself, where a read of 64 bytes or more follows it.
fn each_place(length: usize) -> Vec<Vec<usize>> {
    (1..length.saturating_sub(64)).map(|at| vec![at]).collect()
}

/// Reads of 64 bytes, which begin at every offset.
fn shifted(length: usize) -> Vec<Vec<usize>> {
    (0..64).map(|first| cuts::reads(length, first, 64)).collect()
}

/// Cuts at each power of two, a byte before, and a byte behind.
fn powers(length: usize) -> Vec<Vec<usize>> {
    let at = |near: fn(usize) -> usize| {
        (4..=16).map(|power| near(1 << power)).filter(|&at| at < length).collect()
    };
    vec![at(|power| power), at(|power| power - 1), at(|power| power + 1)]
}

/// Reads of the sizes that buffers have, of packets, and of what is none of them.
fn fixed(length: usize) -> Vec<Vec<usize>> {
    let sizes = [512, 1000, 1460, 4096, 8192, 16_384, 32_768, 65_536];
    sizes.iter().map(|&read| cuts::reads(length, 0, read)).filter(|cuts| !cuts.is_empty()).collect()
}

/// Cuts near both ends, and in between.
fn ends(length: usize) -> Vec<Vec<usize>> {
    vec![vec![1], vec![length - 1], cuts::reads(length, 7, 1000)]
}

fn bytes(length: usize) -> Vec<Vec<usize>> {
    vec![Vec::from_iter(1..length)]
}
