//! The check that memory is bounded by the limit and by what was received (L4).
//!
//! A parser is judged by what it holds at its worst: allocated and not yet freed, whether that is a
//! moment or for good. What counts as too much is told from the parser itself. Its valid streams
//! show what it holds without cause for alarm, buffers that are there from the first byte on among
//! it; a stream that *announces* much and brings little may add to that what it brings.

mod counting;

pub use counting::Counting;
pub(crate) use counting::is_counting;

use counting::{held, mark, most};

use crate::{
    Answer, Parser, Symptom,
    parser::wordless,
    questions::{Bench, Found},
    quiet,
    run::Plan,
    stretch::Stretched,
    tokens::split,
};

/// L4, by a count of what is allocated.
pub(crate) fn takes_too_much(bench: &Bench<'_>, input: &[u8], cuts: &[usize]) -> Option<Found> {
    if !bench.counts_memory {
        return None;
    }
    let usual = bench.usual_memory();
    let (pushed, holds) = reads(bench, input, cuts, |pushed, read, holds| {
        holds > allowed(bench.terms.limit, usual, pushed, read)
    })?;
    let what = format!("having been given {pushed} bytes it holds {holds}");
    let seen = bench.run(Plan::new(input, cuts).open()).seen;
    Some(Found { symptom: Symptom::Lies, what, seen: vec![("seen", seen)] })
}

/// Returns the most that is held while these streams are read, on one read and byte by byte; not
/// where the cuts mislead the parser, which then takes for a length what is none.
pub(crate) fn usual(bench: &Bench<'_>, streams: &[Vec<u8>]) -> usize {
    let mut usual = 0;
    for stream in streams {
        let bytes = Vec::from_iter(1..stream.len().min(4096));
        let cut = bench.run(Plan::new(stream, &bytes)).seen;
        let misled = bench.differs(&bench.whole(stream), &cut);
        let ways = [Some(vec![]), (!misled).then_some(bytes)];
        for cuts in ways.into_iter().flatten() {
            reads(bench, stream, &cuts, |_, _, holds| {
                usual = usual.max(holds);
                false
            });
        }
    }
    usual
}

/// Gives a stream to a fresh parser, and tells after each read how much it was given, how much of
/// that was the read, and what it has held at its worst; until that is too much, or it is over.
fn reads(
    bench: &Bench<'_>,
    input: &[u8],
    cuts: &[usize],
    mut is_too_much: impl FnMut(usize, usize, usize) -> bool,
) -> Option<(usize, usize)> {
    bench.begins(input, cuts);
    let found = quiet::catch(bench.terms.panics_shown, || {
        let before = held();
        let mut parser = bench.fresh();
        let mut pushed = 0;
        for &cut in cuts.iter().chain([&input.len()]) {
            let read = cut - pushed;
            mark();
            parser.push(&input[pushed..cut]);
            pushed = cut;
            let ended = pull(&mut *parser, pushed);
            let holds = most().wrapping_sub(before);
            let holds = usize::try_from(holds).unwrap_or(0).saturating_sub(parser.waiting());
            if is_too_much(pushed, read, holds) {
                return Some((pushed, holds));
            }
            if !matches!(ended, Some(Answer::Need(_))) {
                break;
            }
        }
        None
    });
    // A panic breaks a law of its own.
    found.ok()?
}

/// Asks until it has nothing more to say about what it was given; `None` if it never ends.
fn pull(parser: &mut dyn Parser, pushed: usize) -> Option<Answer> {
    wordless(|| {
        let answers = 64 * pushed + 1024;
        (0..answers).map(|_| parser.step()).find(|answer| !answer.goes_on())
    })
}

/// Returns how much may be held after `pushed` bytes of which the last read brought `read`, by a
/// parser that has held the `usual` on valid streams.
fn allowed(limit: Option<usize>, usual: usize, pushed: usize, read: usize) -> usize {
    /// Tables and buffers of those that have shown none before.
    const BESIDES: usize = 16 * 1024;
    /// An item may be larger than its bytes.
    const PER_BYTE: usize = 32;
    let received = match limit {
        // Consumed bytes are gone, and a buffer has twice what it needs when it grows.
        Some(limit) => (PER_BYTE * read).saturating_add(limit.saturating_mul(4)),
        None => PER_BYTE * pushed,
    };
    received.saturating_add(usual).saturating_add(BESIDES)
}

/// Returns what a parser keeps of a long stream of which it has consumed all but the end, if that
/// grows with the stream: how much it has kept of how much.
pub(crate) fn keeps(bench: &Bench<'_>, stream: &Stretched) -> Option<String> {
    /// As reads are.
    const READ: usize = 4096;
    /// Below this it may be a table that fills up.
    const LEAST: isize = 24 * 1024;
    let long = stream.fill(LONGER);
    bench.begins(&long, &[]);
    let kept = quiet::catch(bench.terms.panics_shown, || {
        let mut parser = bench.fresh();
        let (mut items, mut pushed, mut half) = (0, 0, None);
        for read in long.chunks(READ) {
            parser.push(read);
            pushed += read.len();
            let ended = wordless(|| {
                (0..64 * READ).map(|_| parser.step()).find(|answer| {
                    items += usize::from(answer.goes_on());
                    !answer.goes_on()
                })
            });
            if !matches!(ended, Some(Answer::Need(_))) {
                return None;
            }
            let waiting = isize::try_from(parser.waiting()).ok()?;
            let now = (pushed, items, held().wrapping_sub(waiting));
            if pushed >= long.len() / 2 {
                half.get_or_insert(now);
            }
            if pushed == long.len() {
                return half.map(|half| (half, now));
            }
        }
        None
    });
    let ((pushed, items, before), (all, all_items, after)) = kept.ok()??;
    let (bytes, grown) = (all - pushed, after.wrapping_sub(before));
    // A record without an end may be held; items that come as before show that there were ends.
    let consumed = all_items - items >= (items / 2).max(16);
    let keeps = grown > LEAST && grown > isize::try_from(bytes / 8).ok()?;
    (consumed && keeps).then(|| {
        format!("behind {bytes} more bytes, which it has consumed, it holds {grown} bytes more")
    })
}

/// The length of a stream by which it is seen whether all that was ever read is kept.
const LONGER: usize = 256 * 1024;

/// Returns a stream that goes on beyond the limit within one record, if any of these is one: it must
/// be refused, or what is held stay small.
pub(crate) fn flood(stream: &Stretched, limit: usize) -> (Vec<u8>, Vec<usize>) {
    /// As reads are.
    const READ: usize = 4096;
    let flood = stream.fill(limit.saturating_mul(8).clamp(64 * 1024, 4 * 1024 * 1024));
    let cuts = (1..flood.len().div_ceil(READ)).map(|read| read * READ).collect();
    (flood, cuts)
}

/// Returns streams that announce far more than they bring, at every place where a number may be.
///
/// Announced is what a parser with a cap takes: a bit less than 64 KiB, 1, 8, 16 and 32 MiB.
pub(crate) fn announcing(seed: &[u8]) -> Vec<Vec<u8>> {
    /// Places where a number may be: formats have theirs in front.
    const PLACES: usize = 32;
    const ANNOUNCED: [u32; 6] = [60_000, 1_000_000, 8_000_000, 16_000_000, 32_000_000, 1 << 24];
    let mut all = Vec::new();
    let with = |at: usize, width: usize, number: &[u8]| {
        [&seed[..at], number, &seed[at + width..]].concat()
    };
    let mut at = 0;
    for token in split(seed).into_iter().take(PLACES) {
        if token.iter().all(u8::is_ascii_hexdigit) {
            let numbers = ANNOUNCED.map(|number| number.to_string().into_bytes());
            all.extend(numbers.iter().map(|number| with(at, token.len(), number)));
            let numbers = ANNOUNCED.map(|number| format!("{number:x}").into_bytes());
            all.extend(numbers.iter().map(|number| with(at, token.len(), number)));
        }
        at += token.len();
    }
    for (at, &byte) in seed.iter().enumerate().take(PLACES) {
        for number in ANNOUNCED {
            let (big, little) = (number.to_be_bytes(), number.to_le_bytes());
            // Behind a byte that says how long it is, with its type (CBOR) or with a flag beside
            // (WebSocket).
            let kind = [&[byte & 0xe0 | 0x1a], &big[..]].concat();
            let flagged = [&[byte | 0x7f, 0, 0, 0, 0], &big[..]].concat();
            let (wide_big, wide_little) =
                (u64::from(number).to_be_bytes(), u64::from(number).to_le_bytes());
            let varint = varint(number);
            let numbers: [(usize, &[u8]); 9] = [
                (4, &big),
                (4, &little),
                (3, &big[1..]),
                (3, &little[..3]),
                (8, &wide_big),
                (8, &wide_little),
                (1, &varint),
                (1, &kind),
                (1, &flagged),
            ];
            let fits = |width: usize| at + width <= seed.len() && (width != 3 || number < 1 << 24);
            let numbers = numbers.into_iter().filter(|(width, _)| fits(*width));
            all.extend(numbers.map(|(width, number)| with(at, width, number)));
        }
        let short: [(usize, &[u8]); 3] =
            [(2, &[0xea, 0x60]), (2, &[0x60, 0xea]), (2, &[0xff, 0xff])];
        let short = short.into_iter().filter(|(width, _)| at + width <= seed.len());
        all.extend(short.map(|(width, number)| with(at, width, number)));
    }
    all
}

/// Returns the number in groups of seven bits, the lowest first.
pub(crate) fn varint(number: u32) -> Vec<u8> {
    let mut groups = Vec::new();
    let mut rest = number;
    while rest >= 0x80 {
        groups.push(rest.to_le_bytes()[0] | 0x80);
        rest >>= 7;
    }
    groups.push(rest.to_le_bytes()[0]);
    groups
}
