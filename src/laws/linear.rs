//! Whether work is linear in the length of the stream (L8).
//!
//! Clocks of busy machines tell of their neighbours, the more so the longer something takes. So a
//! run is measured in small parts, each of which does the same in every run, and counts with the
//! shortest time that it ever took: it is enough that each part is left alone once. A step that
//! takes longer than a busy machine leaves anybody alone gets a second hearing, by the time that the
//! thread itself has run, where the system tells it.

use std::{
    fs, mem, thread,
    time::{Duration, Instant},
};

use super::{
    Law, Log, Violation,
    checks::Bench,
    cuts::{Eof, Schedule},
    subject::{Answer, How, Subject},
};

/// Streams of two lengths and of the same make.
pub(super) struct Streams {
    short: Vec<u8>,
    long: Vec<u8>,
}

impl Streams {
    pub(super) fn new(mut make: impl FnMut(usize) -> Vec<u8>) -> Self {
        Self { short: make(LONG / 8), long: make(LONG) }
    }
}

pub(super) fn check(bench: &mut Bench<'_>, streams: &Streams) -> Result<(), Box<Violation>> {
    let schedule = Schedule::at([]).told(Eof::Never);
    for stream in [&streams.short, &streams.long] {
        let trace = bench.run(stream, &schedule)?;
        if trace.fault().is_some() {
            let violation = Violation::new(Law::Accepts, bench.name, "it refuses it");
            return Err(violation.on(stream, &schedule).seen("seen", trace));
        }
    }
    let what = slows_down(bench, &streams.long)
        .or_else(|| grows(bench, streams, usize::MAX))
        .or_else(|| grows(bench, streams, PACKET));
    what.map_or(Ok(()), |what| {
        Err(Violation::new(Law::L8, bench.name, what).on(&streams.long, &schedule))
    })
}

/// Bytes that arrive one by one must cost at the end of the stream what they cost at its front.
fn slows_down(bench: &mut Bench<'_>, stream: &[u8]) -> Option<String> {
    let window = WINDOW.min(stream.len() / 4);
    let (mut early, mut late) = (Parts::default(), Parts::default());
    let (early, late) = persists(|| {
        early.measured(dribble(bench, &stream[..window], 0));
        late.measured(dribble(bench, stream, stream.len() - window));
        let (early, late) = (early.usual(), late.usual());
        (late > 10 * early + Duration::from_micros(1)).then_some((early, late))
    })?;
    let length = stream.len();
    Some(format!("a byte that comes first takes {early:?}, one behind {length} others {late:?}"))
}

/// A stream eight times as long must not take more than three times that.
fn grows(bench: &mut Bench<'_>, streams: &Streams, read: usize) -> Option<String> {
    let longer = streams.long.len() as f64 / streams.short.len().max(1) as f64;
    let (mut short, mut long) = (Parts::default(), Parts::default());
    let (short, long) = persists(|| {
        short.measured(parts(bench, &streams.short, read));
        long.measured(parts(bench, &streams.long, read));
        let (short, long) = (short.sum(), long.sum());
        // What takes no time has no ratio either.
        let much = long > short.mul_f64(3.0 * longer) && long > Duration::from_millis(1);
        much.then_some((short, long))
    })?;
    let own = |stream: &Vec<u8>| (0..3).map(|_| own_time_of(bench, stream, read)).min()?;
    if let [Some(short), Some(long)] = [&streams.short, &streams.long].map(own)
        && long <= short.mul_f64(3.0 * longer)
    {
        return None;
    }
    let reads =
        if read == usize::MAX { "on one read".into() } else { format!("in reads of {read}") };
    let lengths = (streams.short.len(), streams.long.len());
    Some(format!("{reads}, {} bytes take {short:?} and {} take {long:?}", lengths.0, lengths.1))
}

/// Measures again until nothing is found, or there is no doubt.
fn persists<T>(mut found: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    let mut last = None;
    for run in 1..=20 {
        last = found();
        let decided = last.is_none() || start.elapsed() > Duration::from_secs(1);
        if run >= 3 && decided {
            break;
        }
    }
    last
}

/// The shortest time that each part of a run took.
#[derive(Default)]
struct Parts(Vec<Duration>);

impl Parts {
    fn measured(&mut self, times: Vec<Duration>) {
        if self.0.is_empty() {
            self.0 = times;
        } else {
            self.0.iter_mut().zip(times).for_each(|(least, time)| *least = time.min(*least));
        }
    }

    fn sum(&self) -> Duration {
        self.0.iter().sum()
    }

    /// The average part, without the slowest eighth: those in which a record is completed or
    /// memory grows.
    fn usual(&self) -> Duration {
        let mut times = self.0.clone();
        times.sort_unstable();
        times.truncate((times.len() - times.len() / 8).max(1));
        let count = u32::try_from(times.len()).unwrap_or(u32::MAX).max(1);
        times.iter().sum::<Duration>() / count
    }
}

/// How long the parts of the stream take in reads of `read` bytes.
fn parts(bench: &mut Bench<'_>, stream: &[u8], read: usize) -> Vec<Duration> {
    /// Few enough that they are seldom interrupted, enough that the clock does not count.
    const STEPS: usize = 64;
    let mut subject = (bench.make)();
    let mut times = Vec::new();
    let (mut start, mut steps) = (Instant::now(), 0);
    let mut log = Log::discarded();
    for piece in stream.chunks(read.min(stream.len().max(1))) {
        subject.push(piece);
        loop {
            let moved = subject.step(How::Once, &mut log) == Answer::Moved;
            steps += 1;
            if steps % STEPS == 0 {
                let now = Instant::now();
                times.push(now - mem::replace(&mut start, now));
            }
            if !moved {
                break;
            }
        }
    }
    times.push(start.elapsed());
    times
}

/// How long this thread itself runs for the stream in reads of `read` bytes.
fn own_time_of(bench: &mut Bench<'_>, stream: &[u8], read: usize) -> Option<Duration> {
    let before = own_time()?;
    parts(bench, stream, read);
    let took = own_time()?.saturating_sub(before);
    (took > Duration::ZERO).then_some(took)
}

/// How long this thread has run, whoever else did meanwhile. Only Linux tells it by a file.
fn own_time() -> Option<Duration> {
    // It is counted when threads are switched.
    thread::yield_now();
    let told = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split(' ').next()?.parse().map(Duration::from_nanos).ok()
}

/// How long each byte takes from offset `from` on.
fn dribble(bench: &mut Bench<'_>, stream: &[u8], from: usize) -> Vec<Duration> {
    let mut subject = (bench.make)();
    subject.push(&stream[..from]);
    pull(&mut *subject);
    let mut time = |byte| {
        subject.push(byte);
        let start = Instant::now();
        pull(&mut *subject);
        start.elapsed()
    };
    stream[from..].chunks(1).map(&mut time).collect()
}

fn pull(subject: &mut dyn Subject) {
    let mut log = Log::discarded();
    while subject.step(How::Once, &mut log) == Answer::Moved {}
}

/// Length in bytes of the longer stream: so long that looking at all of it again for each byte
/// cannot be taken for anything else, so short that no step of a linear stage takes longer than a
/// machine that is busy leaves it alone.
const LONG: usize = 256 * 1024;

/// How many bytes are timed one by one.
const WINDOW: usize = 128;

/// The payload of a packet in an Ethernet: what a read often gives.
const PACKET: usize = 1460;
