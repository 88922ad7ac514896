//! A clock that stands still until everybody sleeps.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
    time::Duration,
};

use segue::driver::Timer;

/// A timer of one task; all of them share the time.
#[derive(Debug)]
pub(crate) struct Clock {
    time: Time,
    id: usize,
    /// The last request, to be repeated by a task.
    asked: Option<Duration>,
}

/// The time of a scene.
#[derive(Debug, Clone, Default)]
pub(crate) struct Time(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    now: Duration,
    deadlines: BTreeMap<usize, (Duration, Waker)>,
    clocks: usize,
}

impl Time {
    pub(crate) fn clock(&self) -> Clock {
        let mut state = self.0.lock().unwrap();
        state.clocks += 1;
        Clock { time: self.clone(), id: state.clocks, asked: None }
    }

    /// Goes on to the next deadline. Whether there is one.
    pub(crate) fn goes_on(&self) -> bool {
        let mut state = self.0.lock().unwrap();
        let deadlines = state.deadlines.values().map(|(at, _)| *at);
        let Some(at) = deadlines.filter(|at| *at < Duration::MAX).min() else { return false };
        state.now = state.now.max(at);
        let due = state.deadlines.iter().filter(|(_, (until, _))| *until <= at);
        let due = due.map(|(id, _)| *id).collect::<Vec<_>>();
        for id in due {
            if let Some((_, waker)) = state.deadlines.remove(&id) {
                waker.wake();
            }
        }
        true
    }
}

impl Clock {
    /// Wakes a task when the deadline has come that was asked for last.
    pub(crate) fn register(&mut self, cx: &mut Context<'_>) {
        if let Some(at) = self.asked
            && self.poll_at(cx, at).is_ready()
        {
            cx.waker().wake_by_ref();
        }
    }
}

impl Timer for Clock {
    fn now(&mut self) -> Duration {
        self.time.0.lock().unwrap().now
    }

    fn poll_at(&mut self, cx: &mut Context<'_>, at: Duration) -> Poll<()> {
        self.asked = Some(at);
        let mut state = self.time.0.lock().unwrap();
        if state.now >= at {
            return Poll::Ready(());
        }
        state.deadlines.insert(self.id, (at, cx.waker().clone()));
        Poll::Pending
    }
}

/// A call that was dropped is not waited for.
impl Drop for Clock {
    fn drop(&mut self) {
        self.time.0.lock().unwrap().deadlines.remove(&self.id);
    }
}
