//! Polls as an executor does: what is pending is asked again when something woke it.
//!
//! A future that is pending must have arranged to be woken, by the transport or by itself. One that
//! has not sleeps for ever, with what it waits for in front of it: no cut and no error shows that,
//! and a loop that polls it all the same hides it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll, Wake, Waker},
};

use segue::laws::Answer;

use crate::pipe::Pipe;

/// What is polled over a pipe.
pub struct Task {
    pipe: Pipe,
    woken: Arc<Woken>,
    waker: Waker,
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Relaxed);
    }
}

impl Task {
    /// One that has not been polled yet.
    pub fn new(pipe: &Pipe) -> Self {
        let woken = Arc::new(Woken(AtomicBool::new(true)));
        Self { pipe: pipe.clone(), waker: Waker::from(woken.clone()), woken }
    }

    /// What it comes to: [`Answer::Need`] where it waits, [`Answer::Stuck`] where it does although
    /// there is something to read, and nothing will wake it.
    pub fn poll<T>(
        &self,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
        say: impl FnOnce(T) -> Answer,
    ) -> Answer {
        /// Who yields more often than that is polled again when there is more to read.
        const YIELDS: usize = 1000;
        if !self.woken.0.load(Relaxed) && self.pipe.is_ready() {
            return Answer::Stuck;
        }
        for _ in 0..YIELDS {
            self.woken.0.store(false, Relaxed);
            match poll(&mut Context::from_waker(&self.waker)) {
                Poll::Ready(said) => {
                    // Its caller goes on without being woken.
                    self.woken.0.store(true, Relaxed);
                    return say(said);
                }
                Poll::Pending if self.woken.0.load(Relaxed) => {}
                Poll::Pending if self.pipe.is_ready() => return Answer::Stuck,
                Poll::Pending => break,
            }
        }
        Answer::Need(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::AsyncRead;
    use std::{pin::Pin, task::ready};

    /// Reads two bytes, each by itself, and does between them what it is told.
    fn two_bytes(between: fn(&mut Context<'_>) -> Poll<()>) -> (Pipe, impl FnMut() -> Answer) {
        let pipe = Pipe::default();
        let (task, mut reader, mut read) = (Task::new(&pipe), pipe.clone(), 0);
        let step = move || {
            task.poll(
                |context| {
                    loop {
                        let byte = Pin::new(&mut reader).poll_read(context, &mut [0]);
                        let _ = ready!(byte);
                        read += 1;
                        if read == 2 {
                            return Poll::Ready("both");
                        }
                        ready!(between(context));
                    }
                },
                Answer::item,
            )
        };
        (pipe, step)
    }

    #[test]
    fn who_reads_until_there_is_nothing_is_woken() {
        let (pipe, mut step) = two_bytes(|_| Poll::Ready(()));
        assert_eq!(step(), Answer::Need(None));
        assert_eq!(step(), Answer::Need(None), "asked in vain");
        pipe.push(b"1");
        assert_eq!(step(), Answer::Need(None));
        pipe.push(b"2");
        assert_eq!(step(), Answer::Item("\"both\"".into()));
    }

    #[test]
    fn who_yields_is_polled_again() {
        let (pipe, mut step) = two_bytes(|context| {
            context.waker().wake_by_ref();
            Poll::Pending
        });
        pipe.push(b"12");
        assert_eq!(step(), Answer::Item("\"both\"".into()));
    }

    #[test]
    fn who_forgets_to_be_woken_is_stuck() {
        let (pipe, mut step) = two_bytes(|_| Poll::Pending);
        pipe.push(b"1");
        assert_eq!(step(), Answer::Need(None), "there is nothing to read yet");
        pipe.push(b"2");
        assert_eq!(step(), Answer::Stuck);
        let (pipe, mut step) = two_bytes(|_| Poll::Pending);
        pipe.push(b"12");
        assert_eq!(step(), Answer::Stuck);
        let (pipe, mut step) = two_bytes(|_| Poll::Pending);
        pipe.push(b"1");
        assert_eq!(step(), Answer::Need(None));
        pipe.end();
        assert_eq!(step(), Answer::Stuck);
    }
}
