//! Runs futures, and knows when one sleeps with nobody to wake it.

use crate::clock;

use std::{
    cell::Cell,
    future::{Future, poll_fn},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

/// The fate of a future that is pending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// It is waited for.
    Waits,
    /// It is dropped once it has been woken, and another one made: what `select!` does.
    Drops,
}

thread_local! {
    static PATIENCE: Cell<Patience> = const { Cell::new(Patience::Waits) };
    /// True if a transport without a waker, a non-blocking one, will be ready again.
    static WILL_BE_READY: Cell<bool> = const { Cell::new(false) };
}

/// Runs `body` once with each patience.
pub(crate) fn with_each_patience(mut body: impl FnMut()) {
    for patience in [Patience::Waits, Patience::Drops] {
        PATIENCE.set(patience);
        body();
    }
    PATIENCE.set(Patience::Waits);
}

/// Runs `body` with this patience.
pub(crate) fn with_patience<R>(patience: Patience, body: impl FnOnce() -> R) -> R {
    PATIENCE.set(patience);
    let result = body();
    PATIENCE.set(Patience::Waits);
    result
}

/// Runs a future to its end. When everybody sleeps, the [`Clock`] goes on.
///
/// # Panics
/// When it is pending and nobody will wake it: every waker is either used at once by the script or
/// never.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let flag = Arc::new(Flag(AtomicBool::new(false)));
    let waker = Waker::from(Arc::clone(&flag));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        if !flag.0.load(Ordering::Relaxed) {
            clock::goes_on();
        }
        assert!(flag.0.swap(false, Ordering::Relaxed), "a task sleeps for ever");
    }
}

/// Runs two futures side by side.
pub(crate) async fn both<A: Future, B: Future>(a: A, b: B) -> (A::Output, B::Output) {
    let (mut a, mut b) = (pin!(a), pin!(b));
    let (mut first, mut second) = (None, None);
    poll_fn(|cx| {
        if first.is_none()
            && let Poll::Ready(output) = a.as_mut().poll(cx)
        {
            first = Some(output);
        }
        if second.is_none()
            && let Poll::Ready(output) = b.as_mut().poll(cx)
        {
            second = Some(output);
        }
        match (first.take(), second.take()) {
            (Some(first), Some(second)) => Poll::Ready((first, second)),
            waiting => {
                (first, second) = waiting;
                Poll::Pending
            }
        }
    })
    .await
}

/// Polls a future once and drops it.
pub(crate) fn once<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// Waits for `future` as the patience of this thread has it; `None` where it was dropped.
pub(crate) async fn patiently<F: Future>(future: F) -> Option<F::Output> {
    let drops = PATIENCE.get() == Patience::Drops;
    let mut future = pin!(future);
    let mut was_pending = false;
    poll_fn(|cx| {
        if drops && was_pending {
            return Poll::Ready(None);
        }
        was_pending = true;
        future.as_mut().poll(cx).map(Some)
    })
    .await
}

/// A transport without a waker says that it will be ready when it is asked again.
pub(crate) fn will_be_ready() {
    WILL_BE_READY.set(true);
}

/// Waits as a readiness loop does on would-block.
///
/// # Panics
/// When no transport will be ready, and no deadline comes.
pub(crate) fn wait_until_ready() {
    assert!(WILL_BE_READY.take() || clock::goes_on(), "a readiness loop sleeps for ever");
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}
