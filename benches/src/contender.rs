//! One way to do a job, ready to be timed.

use std::{
    fmt,
    hint::black_box,
    time::{Duration, Instant},
};

/// One way to do a job, ready to be timed.
///
/// All contenders of a [`Group`] go through the same bytes and show each record to `black_box`, as
/// a slice or as the owned value that they make of it. What they would do alike, such as getting
/// the bytes into a buffer, is kept out of the time where that can be done.
pub struct Contender<'i> {
    /// Unique in its group.
    pub name: &'static str,
    work: Box<dyn Work + 'i>,
}

impl fmt::Debug for Contender<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Contender").field(&self.name).finish()
    }
}

/// Contenders that do the same job over the same input.
#[derive(Debug)]
pub struct Group<'i> {
    /// The job and the size of what it is done to: `length/64`.
    pub name: String,
    /// The number of bytes in one pass.
    pub bytes: usize,
    /// The number of records in them.
    pub records: usize,
    /// In the order of a table: the floor first, which is a loop written for the job by hand.
    pub contenders: Vec<Contender<'i>>,
}

impl<'i> Contender<'i> {
    /// A contender whose `pass` leaves everything ready for the next; it gives the number of
    /// records that it has seen.
    pub fn new(name: &'static str, pass: impl FnMut() -> usize + 'i) -> Self {
        Self { name, work: Box::new(InPlace(pass)) }
    }

    /// A contender that uses its input up. `refill` makes it ready for the next `pass`, and is not
    /// timed.
    pub fn refilled<S: 'i>(
        name: &'static str,
        state: S,
        refill: impl FnMut(&mut S) + 'i,
        pass: impl FnMut(&mut S) -> usize + 'i,
    ) -> Self {
        Self { name, work: Box::new(Refilled { state, refill, pass }) }
    }

    /// Does the job once, untimed, and gives the number of records seen.
    pub fn pass(&mut self) -> usize {
        self.work.pass()
    }

    /// Returns the time that `passes` passes take.
    pub fn time(&mut self, passes: u64) -> Duration {
        self.work.time(passes)
    }
}

trait Work {
    fn pass(&mut self) -> usize;
    fn time(&mut self, passes: u64) -> Duration;
}

struct InPlace<P>(P);

struct Refilled<S, R, P> {
    state: S,
    refill: R,
    pass: P,
}

impl<P: FnMut() -> usize> Work for InPlace<P> {
    fn pass(&mut self) -> usize {
        (self.0)()
    }

    fn time(&mut self, passes: u64) -> Duration {
        let start = Instant::now();
        for _ in 0..passes {
            black_box((self.0)());
        }
        start.elapsed()
    }
}

impl<S, R: FnMut(&mut S), P: FnMut(&mut S) -> usize> Work for Refilled<S, R, P> {
    fn pass(&mut self) -> usize {
        (self.refill)(&mut self.state);
        (self.pass)(&mut self.state)
    }

    fn time(&mut self, passes: u64) -> Duration {
        let mut taken = Duration::ZERO;
        for _ in 0..passes {
            (self.refill)(&mut self.state);
            let start = Instant::now();
            black_box((self.pass)(&mut self.state));
            taken += start.elapsed();
        }
        taken
    }
}
