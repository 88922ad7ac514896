//! The check that a byte that arrives late costs no more than one that arrives early (L8).
//!
//! Work that is only done again once a buffer is long shows on no short stream, and a long one that
//! dribbles in from its beginning takes a restarting parser the square of its length. So the front of
//! a stream is given in large reads, and only a few bytes behind it one by one, each of which is
//! measured. The middle of those counts: what is done once, as memory that grows, makes no
//! difference.

use super::time;
use crate::{Answer, Parser, parser::wordless, questions::Bench, quiet};

/// Returns the way in which late bytes cost more, in words, if they do.
pub(crate) fn slows_down(bench: &Bench<'_>, fill: &dyn Fn(usize) -> Vec<u8>) -> Option<String> {
    /// A first look, and what a doubtful one is decided by.
    const CARE: usize = 5;
    let found = |repeats: usize| {
        let [early, later, latest] =
            [EARLY, LATER, LATEST].map(|at| least(bench, fill, at, repeats));
        let (early, later, latest) = (early?, later?, latest?);
        // By time, a miss of every cache is no growth.
        let (times, besides) = if bench.terms.work.is_some() { (4, 2000) } else { (8, 1500) };
        Some(latest > times * early + besides && 2 * latest > 3 * later)
    };
    (found(1)? && found(CARE)?).then(|| {
        bench.worked.set(true);
        format!("a byte behind {LATEST} others costs far more than one behind {EARLY}")
    })
}

/// The places of late bytes: near no power of two, since memory grows there.
const EARLY: usize = 3000;
const LATER: usize = 100_000;
const LATEST: usize = 200_000;

/// The least that a byte behind `at` others costs, over some measurements.
fn least(
    bench: &Bench<'_>,
    fill: &dyn Fn(usize) -> Vec<u8>,
    at: usize,
    repeats: usize,
) -> Option<u64> {
    let stream = fill(at + 2 * BYTES);
    bench.tells(&stream, &[]);
    (0..repeats)
        .map(|_| quiet::catch(bench.terms.panics_shown, || cost(bench, &stream, at)).ok()?)
        .min()?
}

/// Returns the cost of a byte behind `at` others; `None` if the stream is refused or over before.
fn cost(bench: &Bench<'_>, stream: &[u8], at: usize) -> Option<u64> {
    /// As reads are.
    const READ: usize = 4096;
    let count = bench.terms.work.unwrap_or(time);
    let mut parser = bench.fresh();
    let late = stream.get(at..at + BYTES)?;
    wordless(|| {
        for read in stream[..at].chunks(READ) {
            parser.push(read);
            pull(&mut *parser, read.len())?;
        }
        let mut costs = Vec::with_capacity(BYTES);
        for byte in late.chunks(1) {
            let before = count();
            parser.push(byte);
            pull(&mut *parser, 1)?;
            costs.push(count().saturating_sub(before));
        }
        costs.sort_unstable();
        Some(costs[BYTES / 2])
    })
}

/// The number of bytes that are measured.
const BYTES: usize = 48;

/// Asks until it needs more.
fn pull(parser: &mut dyn Parser, read: usize) -> Option<()> {
    (0..64 * read + 1024).find_map(|_| match parser.step() {
        Answer::Item(_) | Answer::Piece(_) => None,
        Answer::Need(_) => Some(Some(())),
        Answer::End | Answer::Error(_) | Answer::Stuck => Some(None),
    })?
}
