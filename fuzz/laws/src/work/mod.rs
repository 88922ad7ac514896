//! The check that work is linear in the length of a stream that dribbles in (L8).
//!
//! A count of instructions is the same each time. Where there is none, the time counts that this
//! thread has run. That is never the same twice, so the line is drawn where nothing is: work that is
//! linear grows by the power 1 of the length, give or take a fifth, and a square by 2 as soon as the
//! stream is long enough for it to outweigh what is the same for each byte. What lies in between is
//! measured on longer streams, until it has come down on either side.

mod late;

pub(crate) use late::slows_down;

#[cfg(unix)]
use rustix::time::{ClockId, clock_gettime};

use crate::{
    Answer, Ending, Parser, parser::wordless, questions::Bench, quiet, run::Plan,
    stretch::Stretched,
};

/// A stream on which work is not linear, and how it grows.
pub(crate) struct Slow {
    pub(crate) stream: Stretched,
    pub(crate) what: String,
}

/// The way in which work grows on streams that are made so long, in words, if it is more than
/// linear.
pub(crate) type Measured = fn(&Bench<'_>, &dyn Fn(usize) -> Vec<u8>) -> Option<String>;

/// Looks for a stream, of the first so many that are taken, on which work is not linear.
pub(crate) fn slow(
    bench: &Bench<'_>,
    streams: &[Stretched],
    most: usize,
    measured: Measured,
) -> Option<Slow> {
    // Those that are refused early say nothing about long ones.
    let taken = streams.iter().filter(|stream| taken(bench, &stream.fill(512)));
    taken.take(most).find_map(|stream| {
        let what = measured(bench, &|length| stream.fill(length))?;
        Some(Slow { stream: stream.clone(), what })
    })
}

/// Returns the way in which work grows on these streams, if it is more than linear.
pub(crate) fn superlinear(bench: &Bench<'_>, fill: &dyn Fn(usize) -> Vec<u8>) -> Option<String> {
    match bench.terms.work {
        None => by_time(bench, fill, [SHORT, 4 * SHORT, 16 * SHORT])
            .then(|| "twice the stream, byte by byte, is far more than twice the work".into()),
        Some(_) => {
            over_two_doublings(bench, fill, SHORT).filter(|power| *power > LINEAR).map(|power| {
                format!("twice the stream, byte by byte, is {:.1} times the work", power.exp2())
            })
        }
    }
}

/// The same on short streams alone, which a heavy square shows on: for many calls.
pub(crate) fn soon_superlinear(
    bench: &Bench<'_>,
    fill: &dyn Fn(usize) -> Vec<u8>,
) -> Option<String> {
    match bench.terms.work {
        None => by_time(bench, fill, [SHORT])
            .then(|| "twice the stream, byte by byte, is far more than twice the work".into()),
        Some(_) => superlinear(bench, fill),
    }
}

/// Returns whether the clock shows that work is not linear, on streams of lengths that grow by
/// four.
fn by_time<const N: usize>(
    bench: &Bench<'_>,
    fill: &dyn Fn(usize) -> Vec<u8>,
    lengths: [usize; N],
) -> bool {
    /// By so much a square shows on the stream before the longest, if it is to show on that.
    const HOPEFUL: f64 = 1.15;
    let certain = |length| over_two_doublings(bench, fill, length).is_some_and(is_certain);
    let work_of = |length| {
        let stream = fill(length);
        Some((stream.len(), least(bench, &[&stream], 1)?[0]))
    };
    let Some(mut before) = work_of(SHORT / 4) else { return false };
    let mut growth = 0.0;
    // A heavy square shows on short streams, and would take too long on others.
    for length in lengths {
        let Some(after) = work_of(length) else { return false };
        growth = power(before, after);
        if is_certain(growth) && certain(length / 4) {
            return true;
        }
        before = after;
    }
    growth > HOPEFUL && lengths.last().is_some_and(|&longest| certain(longest))
}

/// By which power of the length work grows from `length` to twice that, and to four times: the
/// lesser of both, since what is done once on the way makes a step in one of them only.
fn over_two_doublings(
    bench: &Bench<'_>,
    fill: &dyn Fn(usize) -> Vec<u8>,
    length: usize,
) -> Option<f64> {
    /// Of so many measurements the least counts.
    const CARE: usize = 3;
    let streams = [length, 2 * length, 4 * length].map(fill);
    let work = least(bench, &streams.each_ref().map(Vec::as_slice), CARE)?;
    let measured: Vec<_> = streams.iter().map(Vec::len).zip(work).collect();
    measured.windows(2).map(|pair| power(pair[0], pair[1])).reduce(f64::min)
}

/// By which power of the length, in bytes, work grows from the one stream to the other.
fn power((short, less): (usize, u64), (long, more): (usize, u64)) -> f64 {
    let longer = (long as f64 / short.max(1) as f64).log2();
    (more.max(1) as f64 / less.max(1) as f64).log2() / longer.max(0.5)
}

fn is_certain(power: f64) -> bool {
    power > CERTAIN
}

/// The least work of each stream, over some measurements.
fn least(bench: &Bench<'_>, streams: &[&[u8]], repeats: usize) -> Option<Vec<u64>> {
    let once = work(bench, streams.first()?)?;
    // A short measurement is repeated, so that the clock does not count.
    let (repeats, rounds) = match bench.terms.work {
        Some(_) => (1, 1),
        None => (repeats, (ENOUGH / once.max(1)).clamp(1, ROUNDS)),
    };
    let mut least = vec![u64::MAX; streams.len()];
    let mut spent = 0;
    for _ in 0..repeats {
        // In turns, so that a time in which all is slow makes no difference between them.
        for (least, stream) in least.iter_mut().zip(streams) {
            let several = (0..rounds).map(|_| work(bench, stream)).sum::<Option<u64>>()?;
            *least = (*least).min(several / rounds);
            spent += several;
        }
        if spent > PATIENCE {
            break;
        }
    }
    bench.worked.set(true);
    Some(least)
}

/// The work of a stream that comes byte by byte; `None` where it is not to be had, as from a count
/// that stands still.
fn work(bench: &Bench<'_>, stream: &[u8]) -> Option<u64> {
    // The number of measurements depends on the clock, and is no count of what was looked at.
    bench.tells(stream, &[]);
    let count = bench.terms.work.unwrap_or(time);
    let dribbled = quiet::catch(bench.terms.panics_shown, || {
        let mut parser = bench.fresh();
        let before = count();
        wordless(|| dribble(&mut *parser, stream))?;
        count().checked_sub(before)
    });
    let stands_still = |work: &u64| *work == 0 && bench.terms.work.is_some();
    dribbled.ok().flatten().filter(|work| !stands_still(work))
}

/// Gives the stream byte by byte; `None` where it is refused or over before most of it was given,
/// since two such streams have no work to compare.
fn dribble(parser: &mut dyn Parser, stream: &[u8]) -> Option<()> {
    /// More than this for each byte is an endless loop.
    const STEPS: usize = 64;
    let mut steps = STEPS * stream.len() + 1024;
    for (at, byte) in stream.chunks(1).enumerate() {
        parser.push(byte);
        loop {
            steps = steps.checked_sub(1)?;
            match parser.step() {
                Answer::Item(_) | Answer::Piece(_) => {}
                Answer::Need(_) => break,
                Answer::End | Answer::Error(_) | Answer::Stuck => {
                    return (at >= nearly(stream)).then_some(());
                }
            }
        }
    }
    while parser.end().goes_on() {
        steps = steps.checked_sub(1)?;
    }
    Some(())
}

/// Returns where a stream is nearly at its end.
fn nearly(stream: &[u8]) -> usize {
    stream.len() * 15 / 16
}

/// Returns whether the stream is read to its end, or nearly.
pub(crate) fn taken(bench: &Bench<'_>, stream: &[u8]) -> bool {
    let seen = bench.run(Plan::new(&stream[..nearly(stream)], &[]).open()).seen;
    seen.ending == Ending::Waiting
}

/// Nanoseconds that this thread has run, whoever else did meanwhile.
#[cfg(unix)]
pub(crate) fn time() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let (seconds, nanos) = (u64::try_from(time.tv_sec), u64::try_from(time.tv_nsec));
    seconds.unwrap_or(0).wrapping_mul(1_000_000_000).wrapping_add(nanos.unwrap_or(0))
}

/// Nanoseconds that have passed, where no time of the thread is to be had.
#[cfg(not(unix))]
pub(crate) fn time() -> u64 {
    use std::{sync::LazyLock, time::Instant};
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(START.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// Length in bytes of the shorter of two streams.
const SHORT: usize = 4096;

/// Up to this power of the length, counted work is linear. By time it certainly is not beyond the
/// other, which is far from what the clock says of lines, and from what it says of squares.
const LINEAR: f64 = 1.1;
const CERTAIN: f64 = 1.35;

/// After so many nanoseconds a measurement is not repeated any more, and the shortest stream takes
/// at least so many, in at most so many rounds.
const PATIENCE: u64 = 500_000_000;
const ENOUGH: u64 = 200_000;
const ROUNDS: u64 = 50;
