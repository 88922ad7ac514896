//! The streams of a session, as those who use them see them.

use alloc::{boxed::Box, collections::VecDeque, vec::Vec};
use core::{fmt, time::Duration};

use segue::{
    Output,
    mux::{Credit, Priority, Scheduler, Table, Window},
};
use segue_http::Arena;

use super::{
    budget::Budgets,
    peer::Peer,
    state::{Change, State},
    stream::{Flags, Message, Out, Stream},
};
use crate::{
    ErrorCode, Limits, Role,
    frame::{RstStream, StreamId},
    hpack::Encoder,
};

/// The streams of a [`Session`](crate::Session): where requests are made and answered.
///
/// Nothing here does I/O. Heads and data are queued, and leave when the session is asked to
/// [speak](segue::Decode::speak).
///
/// Each stream is to be [let go](Self::let_go) of once, also one that was reset or failed; until then
/// it counts against the limit on streams. All methods ignore streams that do not exist.
pub struct Streams {
    pub(super) role: Role,
    pub(super) limits: Limits,
    pub(super) table: Table<StreamId, Stream>,
    /// Those with something to send.
    pub(super) turns: Scheduler<StreamId>,
    /// Those with a window update to send.
    pub(super) due: VecDeque<StreamId>,
    /// Those with something to tell.
    pub(super) events: VecDeque<StreamId>,
    /// Frames that go in front of data: heads, resets.
    pub(super) control: Output,
    pub(super) encoder: Encoder,
    /// The block that is being encoded.
    pub(super) scratch: Vec<u8>,
    pub(super) window: Window,
    pub(super) credit: Credit,
    pub(super) peer: Peer,
    pub(super) budgets: Budgets,
    /// The number of streams of the peer, and of this end.
    pub(super) incoming: u32,
    pub(super) outgoing: u32,
    /// The next stream of this end.
    pub(super) next: Option<StreamId>,
    /// The last stream that the peer has opened.
    pub(super) last: StreamId,
    /// The streams that this end has reset last.
    pub(super) reset: [StreamId; 32],
    pub(super) resets: usize,
    /// A stream could not be opened; one can be again.
    pub(super) waits: bool,
    pub(super) room: bool,
    pub(super) leaving: Leaving,
    /// Those that wait for credit of the connection.
    pub(super) blocked: Vec<StreamId>,
    /// Empty boxes for what is to be sent, to be used again.
    #[expect(clippy::vec_box, reason = "streams hold boxes")]
    pub(super) spare: Vec<Box<Out>>,
    pub(super) settings: Acknowledged,
    /// What pays for events.
    pub(super) progress: u64,
}

/// The progress of this end's settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Acknowledged {
    Unsent,
    /// Since when they were sent, once the session is told the time.
    Sent(Option<Duration>),
    Yes,
}

/// The steps in which this end leaves (RFC 9113 §6.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaving {
    No,
    /// It is to say that it will.
    Asked,
    /// It has, and waits for the answer to a ping: by then all streams that were under way are here.
    Announced,
    /// It is to say which stream is the last.
    Due,
    /// It has: no stream above the last is taken.
    Gone,
    /// It is to end at once.
    Closing(ErrorCode),
    Closed,
}

impl Streams {
    pub(super) fn new(role: Role, limits: Limits) -> Self {
        Self {
            role,
            limits,
            table: Table::new(),
            turns: Scheduler::new(),
            due: VecDeque::new(),
            events: VecDeque::new(),
            control: Output::new(),
            encoder: Encoder::new(limits.encoder_table),
            scratch: Vec::new(),
            window: Window::new(limits.connection_window.clamp(DEFAULT_WINDOW, MAX_WINDOW).into()),
            credit: Credit::new(DEFAULT_WINDOW.into()),
            peer: Peer::new(),
            budgets: Budgets::new(&limits),
            incoming: 0,
            outgoing: 0,
            next: (role == Role::Client).then_some(StreamId(1)),
            last: StreamId(0),
            reset: [StreamId(0); 32],
            resets: 0,
            waits: false,
            room: false,
            leaving: Leaving::No,
            blocked: Vec::new(),
            spare: Vec::new(),
            settings: Acknowledged::Unsent,
            progress: 0,
        }
    }

    /// Returns the number of streams, including those that were let go of and have something left to
    /// send.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.table.len()
    }

    /// Returns true if there are no streams.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// Lets the peer send as many bytes more on a stream as were dealt with. Never more than came.
    pub fn release(&mut self, id: StreamId, count: usize) {
        let Some(stream) = self.table.get_mut(&id) else { return };
        let count = u32::try_from(count).unwrap_or(u32::MAX).min(stream.held);
        stream.held -= count;
        stream.released += count;
        self.window.consume(count.into());
        self.progress += u64::from(count);
        self.owe(id);
    }

    /// Queues a window update for a stream if it is worth a frame.
    pub(super) fn owe(&mut self, id: StreamId) {
        let least = self.limits.window / 2;
        if let Some(stream) = self.table.get_mut(&id)
            && stream.state.receives()
            && stream.released >= least.max(1)
            && !stream.flags.has(Flags::OWES)
        {
            stream.flags.set(Flags::OWES);
            self.due.push_back(id);
        }
    }

    /// Resets a stream: what was not sent is dropped, and nothing more comes of it. It must still be
    /// [let go](Self::let_go) of.
    pub fn reset(&mut self, id: StreamId, code: ErrorCode) {
        let Some(stream) = self.table.get(&id) else { return };
        if stream.state != State::Closed {
            RstStream { stream: id, code }.encode(&mut self.control);
            self.remember_reset(id);
            self.close_stream(id);
        }
    }

    /// Gives up a stream, and returns the credit of what came on it. What was put on it is still
    /// sent. If its message has no end yet, it is reset with [`CANCEL`](ErrorCode::CANCEL), or by a
    /// server that has not answered with [`INTERNAL_ERROR`](ErrorCode::INTERNAL_ERROR).
    ///
    /// An event of the stream that a driver has found before may still be told.
    ///
    /// A server that has ended its response before it has read the request asks for no more of it,
    /// once the response has left (RFC 9113 §8.1).
    pub fn let_go(&mut self, id: StreamId) {
        let Some(stream) = self.table.get_mut(&id) else { return };
        if stream.flags.has(Flags::GONE) {
            return;
        }
        stream.flags.set(Flags::GONE);
        let held = core::mem::take(&mut stream.held);
        self.window.consume(held.into());
        self.progress += 1;
        let Some(stream) = self.table.get(&id) else { return };
        if stream.state.sends() && stream.writing != Message::Ending {
            let code = match stream.writing {
                Message::Head => ErrorCode::INTERNAL_ERROR,
                _ => ErrorCode::CANCEL,
            };
            self.reset(id, code);
        } else if stream.state == State::HalfClosedLocal {
            self.stop(id);
        }
        self.settle(id);
    }

    /// Resets a stream behind this end's last frame: nobody reads what still comes.
    fn stop(&mut self, id: StreamId) {
        let code = match self.role {
            Role::Server => ErrorCode::NO_ERROR,
            Role::Client => ErrorCode::CANCEL,
        };
        self.reset(id, code);
    }

    /// Sets the priority of what is sent on a stream (RFC 9218).
    pub fn prioritise(&mut self, id: StreamId, priority: Priority) {
        if let Some(stream) = self.table.get_mut(&id) {
            stream.priority = priority;
            self.turns.prioritise(id, priority);
        }
    }

    /// Takes no new streams of the peer any more, in two steps so that none that is under way is
    /// lost, and ends the session when the present ones are over (RFC 9113 §6.8).
    pub fn drain(&mut self) {
        if self.leaving == Leaving::No {
            self.leaving = Leaving::Asked;
        }
    }

    /// Ends the session at once with this reason. All streams are over.
    pub fn close(&mut self, code: ErrorCode) {
        if !matches!(self.leaving, Leaving::Closing(_) | Leaving::Closed) {
            self.leaving = Leaving::Closing(code);
        }
    }

    /// Makes the budgets for resets, control frames and empty data full again. Call it from time to
    /// time where the session is not told the time; else it does so by itself.
    pub fn calm(&mut self) {
        self.budgets.calm(&self.limits);
    }

    /// Returns true if the peer's settings and the limits let this end open a stream.
    pub(super) fn may_open(&self) -> bool {
        self.outgoing < self.peer.max_streams.min(self.limits.opened)
    }

    /// The window that a new stream has for the peer.
    pub(super) fn initial_window(&self) -> i32 {
        let own = self.limits.window.min(MAX_WINDOW);
        // The peer may go by the default until it has acknowledged the setting.
        let is_known = self.settings == Acknowledged::Yes;
        let size = if is_known { own } else { own.max(DEFAULT_WINDOW) };
        i32::try_from(size).unwrap_or(i32::MAX)
    }

    pub(super) fn remember_reset(&mut self, id: StreamId) {
        self.reset[self.resets % 32] = id;
        self.resets += 1;
    }

    /// This end's last frame of a stream was written or queued.
    pub(super) fn end_sent(&mut self, id: StreamId) {
        let Some(stream) = self.table.get_mut(&id) else { return };
        stream.change(Change::EndSent);
        if stream.state == State::Closed {
            self.budgets.finished(&self.limits);
        } else if stream.flags.has(Flags::GONE) {
            self.stop(id);
        }
        self.settle(id);
    }

    /// Both sides of a stream are over, because of a reset.
    pub(super) fn close_stream(&mut self, id: StreamId) {
        let Some(stream) = self.table.get_mut(&id) else { return };
        stream.change(Change::Reset);
        if let Some(out) = stream.out.take() {
            out.give_back(&mut self.spare);
        }
        if stream.flags.clear(Flags::BLOCKED) {
            self.blocked.retain(|other| *other != id);
        }
        self.turns.remove(id);
        self.settle(id);
    }

    /// Forgets a stream that is over and was let go of.
    pub(super) fn settle(&mut self, id: StreamId) {
        let Some(stream) = self.table.get(&id) else { return };
        if stream.state != State::Closed || !stream.flags.has(Flags::GONE) {
            return;
        }
        self.table.remove(&id);
        self.turns.remove(id);
        if id.is_client() == (self.role == Role::Client) {
            self.outgoing -= 1;
            if self.waits && self.may_open() {
                (self.waits, self.room) = (false, true);
            }
        } else {
            self.incoming -= 1;
        }
    }

    /// Queues a stream for the events in its flags.
    pub(super) fn tell(&mut self, id: StreamId) {
        if let Some(stream) = self.table.get_mut(&id)
            && !stream.flags.has(Flags::GONE)
            && !stream.flags.has(Flags::QUEUED)
        {
            stream.flags.set(Flags::QUEUED);
            self.events.push_back(id);
        }
    }

    /// Returns the memory that the streams hold, used or not, in bytes, without long
    /// [`Bytes`](bytes::Bytes) that wait to be sent.
    #[must_use]
    pub fn held(&self) -> usize {
        let outs = self.table.iter().filter_map(|(_, stream)| stream.out.as_deref());
        let outs = outs.map(|out| {
            size_of::<Out>() + out.data.capacity() + out.trailers.as_ref().map_or(0, Arena::held)
        });
        self.table.held()
            + self.turns.held()
            + (self.due.capacity() + self.events.capacity() + self.blocked.capacity())
                * size_of::<StreamId>()
            + self.spare.iter().map(|out| size_of::<Out>() + out.data.capacity()).sum::<usize>()
            + self.spare.capacity() * size_of::<Box<Out>>()
            + self.control.capacity()
            + self.scratch.capacity()
            + self.encoder.held()
            + outs.sum::<usize>()
    }

    /// Releases memory that only a busy session needs, before a wait.
    pub(super) fn rest(&mut self) {
        if self.control.is_empty() {
            self.control.release();
        }
        if self.table.is_empty() {
            self.table.release();
            self.turns.release();
            (self.due, self.events, self.scratch) = Default::default();
            (self.blocked, self.spare) = Default::default();
            self.encoder.rest();
        }
    }
}

/// The window that a stream or a connection has without any setting (RFC 9113 §6.9.2).
pub(super) const DEFAULT_WINDOW: u32 = 65_535;

/// The largest window (RFC 9113 §6.9.1).
pub(super) const MAX_WINDOW: u32 = 0x7fff_ffff;

/// Shows the number of streams, but not their content.
impl fmt::Debug for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streams")
            .field("role", &self.role)
            .field("len", &self.table.len())
            .field("leaving", &self.leaving)
            .finish_non_exhaustive()
    }
}
