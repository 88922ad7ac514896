//! A clock that stands still until everybody sleeps.

use std::{
    cell::RefCell,
    io,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll, Waker},
    time::Duration,
};

use segue::driver::Timer;

thread_local! {
    /// The clock of the test that runs on this thread.
    static CLOCK: RefCell<Option<Clock>> = const { RefCell::new(None) };
}

/// A [`Timer`] whose time goes on to the next deadline when there is nothing else to wait for.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    now: Duration,
    /// The time that the last poll waits for.
    deadline: Option<(Duration, Waker)>,
    /// When blocking calls come back.
    alarm: Option<Duration>,
    /// True if blocking calls of the script return at the alarm, as those of a socket do.
    has_time_outs: bool,
    /// True if the alarm cannot be taken back.
    keeps_alarm: bool,
}

impl Clock {
    /// The clock of this thread from now on. `has_time_outs` says whether blocking calls of the
    /// script come back at the alarm.
    pub(crate) fn new(has_time_outs: bool) -> Self {
        let state = State { has_time_outs, ..State::default() };
        let clock = Self { state: Arc::new(Mutex::new(state)) };
        CLOCK.set(Some(clock.clone()));
        clock
    }

    /// The same clock; to take an alarm back is an error of the transport.
    pub(crate) fn keeping_its_alarm(self) -> Self {
        self.state().keeps_alarm = true;
        self
    }

    /// The time.
    pub(crate) fn time(&self) -> Duration {
        self.state().now
    }

    /// When blocking calls come back.
    pub(crate) fn alarm(&self) -> Option<Duration> {
        self.state().alarm
    }

    /// Returns true if anybody waits for a deadline.
    pub(crate) fn is_waited_for(&self) -> bool {
        self.state().deadline.is_some()
    }

    /// So much time passes.
    pub(crate) fn goes_on(&self, by: Duration) {
        self.ring(self.time() + by);
    }

    /// It is `at`, and who waits for that is woken.
    fn ring(&self, at: Duration) {
        let mut state = self.state();
        let now = state.now.max(at);
        state.now = now;
        let due = state.deadline.take_if(|(at, _)| *at <= now);
        drop(state);
        if let Some((_, waker)) = due {
            waker.wake();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl Timer for Clock {
    fn now(&mut self) -> Duration {
        self.time()
    }

    fn poll_at(&mut self, cx: &mut Context<'_>, at: Duration) -> Poll<()> {
        let mut state = self.state();
        if state.now >= at {
            return Poll::Ready(());
        }
        state.deadline = Some((at, cx.waker().clone()));
        Poll::Pending
    }

    fn arm(&mut self, at: Option<Duration>) -> io::Result<bool> {
        let mut state = self.state();
        if at.is_none() && state.keeps_alarm {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        state.alarm = at;
        Ok(state.has_time_outs)
    }
}

/// Everybody sleeps: time goes on to the deadline that is waited for. Whether there is one.
pub(crate) fn goes_on() -> bool {
    CLOCK.with_borrow(|clock| {
        let Some(clock) = clock else { return false };
        let deadline = clock.state().deadline.as_ref().map(|(at, _)| *at);
        deadline.inspect(|at| clock.ring(*at)).is_some()
    })
}

/// A blocking call waits: it comes back at the alarm, if the transport has time-outs.
pub(crate) fn times_out() -> bool {
    CLOCK.with_borrow(|clock| {
        let Some(clock) = clock else { return false };
        let alarm = clock.alarm().filter(|_| clock.state().has_time_outs);
        alarm.inspect(|at| clock.ring(*at)).is_some()
    })
}
