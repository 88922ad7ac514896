//! The tasks that wait for a connection: a reader and a writer.

use std::{
    sync::Arc,
    task::{Wake, Waker},
};

/// The direction that a task waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wants {
    Read,
    Write,
}

/// The tasks that were pending when they last polled a connection.
///
/// Usually it is one task, which costs nothing. But the halves of a `Stream` and `Sink` that a lock
/// shares (`futures::StreamExt::split`) are two tasks over one connection. A transport remembers a
/// single task for each direction, and each task polls in both directions: a flush reads on, and a
/// read flushes. So while two different tasks wait, the transport is polled with a waker that wakes
/// both.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Tasks {
    /// Returns a waker for this task and the one that waits for the other direction, if that is
    /// another.
    #[inline]
    pub(super) fn shared(&self, wants: Wants, waker: &Waker) -> Option<Waker> {
        let other = self.other(wants).as_ref()?;
        if other.will_wake(waker) { None } else { Some(both(other, waker)) }
    }

    /// Remembers this task while it is pending, and forgets it afterwards.
    #[inline]
    pub(super) fn note(&mut self, wants: Wants, waker: &Waker, is_pending: bool) {
        let slot = match wants {
            Wants::Read => &mut self.reader,
            Wants::Write => &mut self.writer,
        };
        match slot {
            Some(known) if is_pending => known.clone_from(waker),
            None if is_pending => *slot = Some(waker.clone()),
            Some(_) => *slot = None,
            None => {}
        }
    }

    /// Returns true if a task was pending in a read when it last polled.
    #[inline]
    pub(super) fn is_waited_for(&self) -> bool {
        self.reader.is_some()
    }

    /// Returns true if another task waits for the other direction.
    #[inline]
    pub(super) fn is_shared(&self, wants: Wants) -> bool {
        self.other(wants).is_some()
    }

    /// Wakes the task that waits for the other direction, unless it is this one.
    pub(super) fn wake_other(&self, wants: Wants, waker: &Waker) {
        if let Some(other) = self.other(wants)
            && !other.will_wake(waker)
        {
            other.wake_by_ref();
        }
    }

    #[inline]
    fn other(&self, wants: Wants) -> &Option<Waker> {
        match wants {
            Wants::Read => &self.writer,
            Wants::Write => &self.reader,
        }
    }
}

#[cold]
fn both(first: &Waker, second: &Waker) -> Waker {
    Waker::from(Arc::new(Both([first.clone(), second.clone()])))
}

struct Both([Waker; 2]);

impl Wake for Both {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.iter().for_each(Waker::wake_by_ref);
    }
}
