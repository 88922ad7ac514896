//! Whether work is linear in the length of the stream (L8).

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use super::{
    Law, Log, Violation,
    checks::Bench,
    cuts::Schedule,
    subject::{Answer, How, Subject},
};

/// Streams of two lengths and of the same make.
pub(super) struct Streams {
    short: Vec<u8>,
    long: Vec<u8>,
}

impl Streams {
    pub(super) fn new(mut make: impl FnMut(usize) -> Vec<u8>) -> Self {
        Self { short: make(LONG / 4), long: make(LONG) }
    }
}

/// What is timed must show several times in a row: a machine that is busy with something else
/// shows once.
pub(super) fn check(bench: &mut Bench<'_>, streams: &Streams) -> Result<(), Box<Violation>> {
    let mut what = None;
    for _ in 0..3 {
        what = grows(bench, streams).or_else(|| slows_down(bench, &streams.long));
        if what.is_none() {
            return Ok(());
        }
    }
    let what = what.unwrap_or_default();
    Err(Violation::new(Law::L8, bench.name, what).on(&streams.long, &Schedule::at([])))
}

/// A stream four times as long must not take ten times as long.
fn grows(bench: &mut Bench<'_>, streams: &Streams) -> Option<String> {
    for read in [usize::MAX, 1460] {
        let short = least(|| time(bench, &streams.short, read));
        let long = least(|| time(bench, &streams.long, read));
        let factor = streams.long.len() as f64 / streams.short.len().max(1) as f64;
        // What takes no time has no ratio either.
        if long > Duration::from_millis(2)
            && long.as_secs_f64() > 2.5 * factor * short.as_secs_f64()
        {
            let lengths = (streams.short.len(), streams.long.len());
            return Some(format!(
                "in reads of up to {read} bytes, {} bytes took {short:?} and {} took {long:?}",
                lengths.0, lengths.1
            ));
        }
    }
    None
}

/// Bytes that arrive one by one must cost at the end of the stream what they cost at its front.
fn slows_down(bench: &mut Bench<'_>, stream: &[u8]) -> Option<String> {
    let window = WINDOW.min(stream.len() / 4);
    let early = least(|| dribble(bench, &stream[..window], 0));
    let late = least(|| dribble(bench, stream, stream.len() - window));
    (late > 10 * early + Duration::from_micros(1)).then(|| {
        let length = stream.len();
        format!("a byte that arrives first takes {early:?}, one behind {length} others {late:?}")
    })
}

fn least(mut time: impl FnMut() -> Duration) -> Duration {
    (0..3).map(|_| time()).min().unwrap_or_default()
}

/// How long the stream takes in reads of `read` bytes.
fn time(bench: &mut Bench<'_>, stream: &[u8], read: usize) -> Duration {
    let mut subject = (bench.make)();
    let start = Instant::now();
    for piece in stream.chunks(read.min(stream.len().max(1))) {
        subject.push(piece);
        pull(&mut *subject);
    }
    start.elapsed()
}

/// How long a byte takes on average from offset `from` on. The slowest few are left out: they
/// are those in which a record is completed, memory grows, or the machine does something else.
fn dribble(bench: &mut Bench<'_>, stream: &[u8], from: usize) -> Duration {
    let mut subject = (bench.make)();
    subject.push(&stream[..from]);
    pull(&mut *subject);
    let mut times = Vec::with_capacity(stream.len() - from);
    for byte in stream[from..].chunks(1) {
        subject.push(byte);
        let start = Instant::now();
        pull(&mut *subject);
        times.push(start.elapsed());
    }
    times.sort_unstable();
    times.truncate((times.len() - times.len() / 8).max(1));
    let count = u32::try_from(times.len()).unwrap_or(u32::MAX).max(1);
    times.iter().sum::<Duration>() / count
}

fn pull(subject: &mut dyn Subject) {
    // Of its own for each read, so that what is measured is not the log.
    let mut log = Log::default();
    while subject.step(How::Once, &mut log) == Answer::Moved {}
    black_box(&log);
}

/// Length in bytes of the longer stream: so long that looking at all of it again for each byte
/// cannot be taken for anything else, so short that a linear stage takes a few milliseconds.
const LONG: usize = 512 * 1024;

/// How many bytes are timed one by one.
const WINDOW: usize = 512;
