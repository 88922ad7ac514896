//! How much more work a crate's own driver does for longer streams that come byte by byte.

use std::{fs, sync::LazyLock, thread, time::Instant};

use serde::{Deserialize, Serialize};

/// By what work is judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Measure {
    /// The instructions that the thread ran, as the processor counted them.
    #[serde(rename = "instructions")]
    Instructions,
    /// The time that the thread ran, since the machine counts no instructions.
    #[default]
    #[serde(rename = "time")]
    Time,
}

/// Work of a driver, as it can be measured here.
#[derive(Clone, Copy)]
pub struct Work {
    /// Work done by this thread so far.
    so_far: fn() -> u64,
    /// Over how many runs the least is taken.
    repeats: usize,
    /// So many times the work for twice the stream is no longer a line.
    line: f64,
    /// After this much work it is not done again. After half of it for one stream, longer ones are
    /// not tried: they would take up to 16 times as much.
    patience: u64,
}

impl Work {
    /// By the count of instructions, where there is one; by time otherwise.
    pub fn by(count: Option<fn() -> u64>) -> Self {
        match count {
            // Powers of 1.1 and 1.35 of the length, as the harness has them.
            Some(so_far) => Self { so_far, repeats: 1, line: 2.14, patience: 2_000_000_000 },
            None => Self { so_far: own_time, repeats: 3, line: 2.55, patience: 1_000_000_000 },
        }
    }

    /// Whether work grows by more than a line between all of three lengths, each twice the one
    /// before. `run` makes a stream of about so many bytes, and has the driver read it.
    pub fn is_superlinear(self, run: impl Fn(usize)) -> bool {
        // What is the same for each byte hides a square that is small, so longer streams are
        // tried. A step, as an allocator takes when its blocks get large, is no square: that shows
        // between all of them.
        for length in [1024, 4096, 16 * 1024, 64 * 1024] {
            let lengths = [length, 2 * length, 4 * length];
            let mut least = [u64::MAX; 3];
            // In turns, so that a time in which all is slow makes no difference between them.
            let begun = (self.so_far)();
            for _ in 0..self.repeats {
                for (least, length) in least.iter_mut().zip(lengths) {
                    let before = (self.so_far)();
                    run(length);
                    *least = (*least).min((self.so_far)().saturating_sub(before));
                }
                if (self.so_far)().saturating_sub(begun) > self.patience {
                    break;
                }
            }
            let [once, twice, four_times] = least.map(|work| work.max(1) as f64);
            if (twice / once).min(four_times / twice) > self.line {
                return true;
            }
            if least[2] > self.patience / 2 {
                return false;
            }
        }
        false
    }
}

/// Nanoseconds that this thread has run, whoever else did meanwhile; that have passed, where that is
/// not told.
fn own_time() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    // It is counted when threads are switched.
    thread::yield_now();
    let told = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let told = told.and_then(|text| text.split(' ').next()?.parse().ok());
    told.unwrap_or_else(|| u64::try_from(START.elapsed().as_nanos()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    thread_local!(static DONE: Cell<u64> = const { Cell::new(0) });

    /// Judges work that is counted by hand: so much for a stream of so many bytes.
    fn superlinear(work: impl Fn(u64) -> u64) -> bool {
        Work::by(Some(|| DONE.get()))
            .is_superlinear(|length| DONE.set(DONE.get() + work(length as u64)))
    }

    #[test]
    fn a_line_is_one_whatever_it_costs() {
        assert!(!superlinear(|length| length));
        assert!(!superlinear(|length| 1_000_000 + 300 * length));
        // What doubles its buffer copies all of it each time.
        assert!(!superlinear(|length| 50 * length + 2 * length.next_power_of_two()));
        // A tree that gets higher, beside what is the same for each byte.
        assert!(!superlinear(|length| length * (50 + u64::from(length.ilog2()))));
    }

    #[test]
    fn a_square_shows_however_small_it_is() {
        assert!(superlinear(|length| length * length));
        // A search by vectors of 32 bytes that begins anew with each read, beside much else.
        assert!(superlinear(|length| 500 * length + length * length / 64));
        assert!(superlinear(|length| 300 * length + length * length / 2048));
    }

    #[test]
    fn a_step_is_no_square() {
        assert!(!superlinear(|length| if length > 8192 { 90 * length } else { 30 * length }));
        assert!(!superlinear(|length| if length > 20_000 { 90 * length } else { 30 * length }));
    }

    #[test]
    fn what_takes_too_long_is_not_tried_longer() {
        let longest = Cell::new(0);
        let line = |length: u64| {
            longest.set(longest.get().max(length));
            length * 200_000
        };
        assert!(!superlinear(line));
        assert_eq!(longest.get(), 16 * 1024);
    }
}
