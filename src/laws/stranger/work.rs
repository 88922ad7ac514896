//! Whether work is linear in the length of a stream that dribbles in (L8).
//!
//! A count of instructions is the same each time. Where there is none, the time counts that this
//! thread has run: the least of several measurements, taken in turns; and where that leaves a
//! doubt, those of longer streams, on which a square has no way to look like a line. A law is only
//! said to be broken where that shows twice and clearly, so that another run says the same.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

#[cfg(unix)]
use rustix::time::{ClockId, clock_gettime};

use super::{
    Answer, Ending, Stranger,
    bench::Bench,
    run::Plan,
    stretch::{Stretched, stretches},
};

/// A stream on which work is not linear, and how it grows.
pub(super) struct Slow {
    pub(super) stream: Stretched,
    pub(super) what: String,
}

/// Looks for a stream, of those that `seeds` can be stretched to, on which work is not linear.
pub(super) fn slow(bench: &Bench<'_>, seeds: &[Vec<u8>]) -> Option<Slow> {
    /// So many stretched streams are measured, and so many of those with care.
    const MEASURED: usize = 24;
    const WITH_CARE: usize = 3;
    let confirmed = |stream: Stretched| {
        let what = superlinear(bench, &|length| stream.fill(length))?;
        Some(Slow { stream, what })
    };
    let mut all: Vec<_> = seeds.iter().flat_map(|seed| stretches(seed)).collect();
    all.sort_by_key(|stream| stream.fill(0).len());
    all.dedup();
    // Those that are refused early say nothing about long ones.
    let taken = all.into_iter().filter(|stream| taken(bench, &stream.fill(512)));
    let mut growing = Vec::new();
    for stream in taken.take(MEASURED) {
        let growth = growth(bench, &|length| stream.fill(length), SHORT / 4, 2).unwrap_or(0.0);
        if growth > CERTAIN
            && let Some(slow) = confirmed(stream.clone())
        {
            return Some(slow);
        }
        // A square that is small only shows on longer streams.
        let growth = self::growth(bench, &|length| stream.fill(length), 2 * SHORT, 1);
        growing.push((growth.unwrap_or(0.0), stream));
    }
    growing.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    growing.into_iter().take(WITH_CARE).find_map(|(_, stream)| confirmed(stream))
}

/// How work grows on these streams, if it is more than linear.
pub(super) fn superlinear(bench: &Bench<'_>, fill: &dyn Fn(usize) -> Vec<u8>) -> Option<String> {
    if bench.terms.work.is_none() {
        return by_time(bench, fill)
            .then(|| "twice the stream, byte by byte, is 3 to 4 times the work".into());
    }
    let growth = growth(bench, fill, SHORT, 1).filter(|growth| *growth > LINEAR)?;
    Some(format!("twice the stream, byte by byte, is {:.0} times the work", growth.exp2()))
}

/// Whether the clock shows beyond doubt, twice over on streams of one length, that work is not
/// linear. What lies in between is left at that: a longer stream shows a square more clearly, and
/// where the longest does not, another run could say something else.
fn by_time(bench: &Bench<'_>, fill: &dyn Fn(usize) -> Vec<u8>) -> bool {
    /// Less at this length never becomes certain at the longest: a square grows by its length.
    const LENGTHS: [(usize, f64); 3] = [(SHORT, 1.05), (4 * SHORT, 1.2), (16 * SHORT, CERTAIN)];
    let measure = |length| growth(bench, fill, length, 3).unwrap_or(0.0);
    for (length, hopeful) in LENGTHS {
        let first = measure(length);
        if first > CERTAIN && measure(length) > CERTAIN {
            return true;
        }
        if first <= hopeful {
            return false;
        }
    }
    false
}

/// By which power of the length work grows between `length` and twice that.
fn growth(
    bench: &Bench<'_>,
    fill: &dyn Fn(usize) -> Vec<u8>,
    length: usize,
    repeats: usize,
) -> Option<f64> {
    let (short, long) = (fill(length), fill(2 * length));
    // What is over in no time is measured several times over, so that the clock does not count.
    let once = work(bench, &short)?;
    let (repeats, rounds) = match bench.terms.work {
        Some(_) => (1, 1),
        None => (repeats, (ENOUGH / once.max(1)).clamp(1, ROUNDS)),
    };
    let several = |stream: &[u8]| (0..rounds).map(|_| work(bench, stream)).sum::<Option<u64>>();
    let (mut least_short, mut least_long) = (u64::MAX, u64::MAX);
    let start = Instant::now();
    for _ in 0..repeats {
        least_short = least_short.min(several(&short)?);
        least_long = least_long.min(several(&long)?);
        if start.elapsed() > PATIENCE {
            break;
        }
    }
    let longer = (long.len() as f64 / short.len() as f64).log2();
    Some((least_long.max(1) as f64 / least_short.max(1) as f64).log2() / longer.max(0.5))
}

/// The work of a stream that comes byte by byte; `None` where it is not to be had.
fn work(bench: &Bench<'_>, stream: &[u8]) -> Option<u64> {
    bench.begins(stream, &[]);
    let count = bench.terms.work.unwrap_or(time);
    let dribbled = catch_unwind(AssertUnwindSafe(|| {
        let mut stranger = bench.fresh();
        let before = count();
        dribble(&mut *stranger, stream)?;
        count().checked_sub(before)
    }));
    dribbled.ok().flatten()
}

/// Gives the stream byte by byte; `None` where it is refused or over before most of it was given,
/// since two such streams have no work to compare.
fn dribble(stranger: &mut dyn Stranger, stream: &[u8]) -> Option<()> {
    /// More than this for each byte is an endless loop.
    const STEPS: usize = 64;
    let mut steps = STEPS * stream.len() + 1024;
    for (at, byte) in stream.chunks(1).enumerate() {
        stranger.push(byte);
        loop {
            steps = steps.checked_sub(1)?;
            match stranger.step() {
                Answer::Item(_) | Answer::Piece(_) => {}
                Answer::Need(_) => break,
                Answer::End | Answer::Error(_) => return (at >= nearly(stream)).then_some(()),
            }
        }
    }
    while stranger.end().goes_on() {
        steps = steps.checked_sub(1)?;
    }
    Some(())
}

/// Where a stream is nearly at its end.
fn nearly(stream: &[u8]) -> usize {
    stream.len() * 15 / 16
}

/// Whether the stream is read to its end, or nearly.
fn taken(bench: &Bench<'_>, stream: &[u8]) -> bool {
    let seen = bench.run(Plan::new(&stream[..nearly(stream)], &[]).open()).seen;
    seen.ending == Ending::Waiting
}

/// Nanoseconds that this thread has run, whoever else did meanwhile.
#[cfg(unix)]
fn time() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let (seconds, nanos) = (u64::try_from(time.tv_sec), u64::try_from(time.tv_nsec));
    seconds.unwrap_or(0).wrapping_mul(1_000_000_000).wrapping_add(nanos.unwrap_or(0))
}

/// Nanoseconds that have passed, where no time of the thread is to be had.
#[cfg(not(unix))]
fn time() -> u64 {
    static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    u64::try_from(START.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// Length in bytes of the shorter of two streams, at first.
const SHORT: usize = 4096;

/// Up to this power of the length, counted work is linear; by time it certainly is not beyond the
/// other.
const LINEAR: f64 = 1.1;
const CERTAIN: f64 = 1.7;

/// After this long a measurement is not repeated any more.
const PATIENCE: Duration = Duration::from_millis(300);

/// A measurement takes at least this many nanoseconds, in at most so many rounds.
const ENOUGH: u64 = 1_000_000;
const ROUNDS: u64 = 50;
