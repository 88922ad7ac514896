//! The queue of events.

use alloc::collections::VecDeque;

use segue::mux::Event;

use super::{
    Session,
    speak::KEPT,
    stream::{Consumer, Events, Greeting, Stream},
};
use crate::StreamId;

/// The events that were not reported yet.
///
/// A stream is in the queue once, whatever number of events it has, so the queue is never longer
/// than the number of streams.
#[derive(Debug, Default)]
pub(super) struct Queue {
    streams: VecDeque<StreamId>,
    /// The number of streams with an event to report. The queue also holds streams that had one.
    telling: usize,
    /// The peer went away, with this code.
    away: Option<u64>,
    /// A stream can be opened again.
    may: May,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum May {
    #[default]
    Open,
    /// A stream could not be opened, and an event will tell when one can.
    Wait,
    /// The event is due.
    Told,
}

impl Queue {
    pub(super) fn is_empty(&self) -> bool {
        self.telling == 0 && self.away.is_none() && self.may != May::Told
    }

    pub(super) fn held(&self) -> usize {
        self.streams.capacity() * size_of::<StreamId>()
    }

    pub(super) fn release(&mut self) {
        self.streams.shrink_to_fit();
    }

    /// Releases memory that only many streams at once need.
    pub(super) fn rest(&mut self) {
        if self.telling == 0 && self.held() > KEPT {
            self.streams = VecDeque::new();
        }
    }

    /// The peer went away.
    pub(super) fn away(&mut self, code: u64) {
        self.away = Some(code);
    }

    /// A stream could not be opened.
    pub(super) fn wait(&mut self) {
        self.may = May::Wait;
    }

    /// One can.
    pub(super) fn may(&mut self) {
        if self.may == May::Wait {
            self.may = May::Told;
        }
    }

    /// Something happened on a stream.
    pub(super) fn add(&mut self, id: StreamId, stream: &mut Stream, event: Events) {
        // Nobody is told of a stream that was let go of, but for its end.
        if stream.consumer != Consumer::Holds && event != Events::RELEASED {
            return;
        }
        if stream.events.is_empty() {
            self.streams.push_back(id);
            self.telling += 1;
        }
        stream.events.add(event);
    }

    /// Drops the events of a stream.
    pub(super) fn forget(&mut self, stream: &mut Stream) {
        if !stream.events.is_empty() {
            stream.events = Events::default();
            self.telling -= 1;
        }
    }
}

impl Session {
    pub(super) fn take_event(&mut self) -> Option<Event<StreamId>> {
        while let Some(&id) = self.events.streams.front() {
            let Some(stream) = self.streams.get_mut(&id) else {
                self.events.streams.pop_front();
                continue;
            };
            let event = stream.next_event(id);
            if stream.events.is_empty() {
                self.events.streams.pop_front();
                self.events.telling -= usize::from(event.is_some());
            }
            match event {
                Some(Event::Opened(_)) if stream.greeting == Greeting::Untold => {
                    stream.greeting = Greeting::Accepting;
                    self.owe(id);
                }
                Some(Event::Released(_)) => {
                    self.streams.remove(&id);
                }
                Some(_) => {}
                None => continue,
            }
            return event;
        }
        if let Some(code) = self.events.away.take() {
            return Some(Event::Away(code));
        }
        if self.events.may == May::Told {
            self.events.may = May::Open;
            return Some(Event::May);
        }
        None
    }
}
