//! Whether memory is bounded by the limit and by what was received (L4).

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{
    Answer, Symptom,
    bench::{Bench, Found},
    run::Plan,
    stretch::Stretched,
    tokens::split,
};

/// L4, by a count of what is allocated.
pub(super) fn takes_too_much(bench: &Bench<'_>, input: &[u8], cuts: &[usize]) -> Option<Found> {
    let most = bench.terms.memory?;
    bench.begins(input, cuts);
    let mut stranger = bench.fresh();
    // What was most until now does not count; what is there now does.
    most();
    let before = most();
    let held = catch_unwind(AssertUnwindSafe(|| {
        let mut pushed = 0;
        for &cut in cuts.iter().chain([&input.len()]) {
            let read = cut - pushed;
            stranger.push(&input[pushed..cut]);
            pushed = cut;
            let answers = 64 * pushed + 1024;
            let ended = (0..answers).map(|_| stranger.step()).find(|answer| !answer.goes_on());
            let held = most().saturating_sub(before);
            if held > allowed(bench.terms.limit, pushed, read) {
                return Some((pushed, held));
            }
            if !matches!(ended, Some(Answer::Need(_))) {
                break;
            }
        }
        None
    }));
    // A panic breaks a law of its own.
    let (pushed, held) = held.ok()??;
    let what = format!("having been given {pushed} bytes it takes {held}");
    let seen = bench.run(Plan::new(input, cuts).open()).seen;
    Some(Found { symptom: Symptom::Lies, what, seen: vec![("seen", seen)] })
}

/// How much memory may be held after `pushed` bytes of which the last read brought `read`.
fn allowed(limit: Option<usize>, pushed: usize, read: usize) -> usize {
    /// Buffers that are there from the first byte on, and tables.
    const BESIDES: usize = 128 * 1024;
    /// An item may be larger than its bytes, and is put in words here.
    const PER_BYTE: usize = 32;
    let received = match limit {
        // What was consumed is gone, and a buffer has twice what it needs when it grows.
        Some(limit) => (PER_BYTE * read).saturating_add(limit.saturating_mul(4)),
        None => PER_BYTE * pushed,
    };
    received.saturating_add(BESIDES)
}

/// A stream that goes on beyond the limit within one record, if any of these is one: it must be
/// refused, or what is held stay small.
pub(super) fn flood(stream: &Stretched, limit: usize) -> (Vec<u8>, Vec<usize>) {
    /// As reads are.
    const READ: usize = 4096;
    let flood = stream.fill(limit.saturating_mul(8).clamp(64 * 1024, 4 * 1024 * 1024));
    let cuts = (1..flood.len().div_ceil(READ)).map(|read| read * READ).collect();
    (flood, cuts)
}

/// Streams that announce far more than they bring, at every place where a number may be: as large
/// as shows, as small as can be had.
pub(super) fn announcing(seed: &[u8]) -> Vec<Vec<u8>> {
    /// Places where a binary number may be: formats have theirs in front.
    const PLACES: usize = 32;
    let mut all = Vec::new();
    let mut at = 0;
    for token in split(seed) {
        if token.iter().all(u8::is_ascii_hexdigit) {
            for number in [&b"16777216"[..], b"ffffff"] {
                all.push([&seed[..at], number, &seed[at + token.len()..]].concat());
            }
        }
        at += token.len();
    }
    for (at, &byte) in seed.iter().enumerate().take(PLACES) {
        // Sixteen million in four bytes from either end, in three, and in as many groups of seven
        // bits as that takes; behind a byte that says how long it is, with its type or with all.
        let (kind, mask) = (byte & 0xe0 | 0x1a, byte | 0x7f);
        let numbers: [(usize, &[u8]); 7] = [
            (4, &[1, 0, 0, 0]),
            (4, &[0, 0, 0, 1]),
            (3, &[0xff, 0xff, 0xff]),
            (2, &[0xff, 0xff]),
            (1, &[0xff, 0xff, 0xff, 0x07]),
            (1, &[kind, 1, 0, 0, 0]),
            (1, &[mask, 0, 0, 0, 0, 1, 0, 0, 0]),
        ];
        let numbers = numbers.into_iter().filter(|(width, _)| at + width <= seed.len());
        all.extend(
            numbers.map(|(width, number)| [&seed[..at], number, &seed[at + width..]].concat()),
        );
    }
    all
}
