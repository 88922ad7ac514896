//! One stream of a connection.

use segue::{
    Output,
    mux::{Ending, Event, Priority},
};

use crate::stream::{ReceiveStream, SendStream, StreamId, told::Events};

pub(super) struct Entry {
    pub(super) receive: Option<ReceiveStream>,
    pub(super) send: Option<SendStream>,
    /// The bytes that the consumer has written and no frame has taken yet.
    pub(super) output: Output,
    pub(super) writing: Writing,
    pub(super) priority: Priority,
    /// The consumer uses the stream.
    pub(super) held: bool,
    /// It was opened by a 0-RTT packet.
    pub(super) early: bool,
    /// The code with which this end, or the end of the connection, broke the peer's side off.
    pub(super) broken: Option<u64>,
    /// A MAX_STREAM_DATA frame is to be sent.
    pub(super) raise: bool,
    /// The stream is in the queue of those with control frames to send.
    pub(super) due: bool,
    /// The stream waits for credit of the connection.
    pub(super) starved: bool,
    pub(super) events: Events,
    /// The stream is in the queue of those with events.
    pub(super) tells: bool,
    pub(super) sent: usize,
    /// The code of the peer's STOP_SENDING frame.
    pub(super) stopped: u64,
}

/// This end's side, as its consumer has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Writing {
    Open,
    /// It ends behind what waits in the output.
    Finishing,
    Over,
}

impl Entry {
    pub(super) fn new(
        receive: Option<ReceiveStream>,
        send: Option<SendStream>,
        output: usize,
    ) -> Self {
        let writing = if send.is_some() { Writing::Open } else { Writing::Over };
        Self {
            receive,
            send,
            output: Output::with_high_water(output),
            writing,
            priority: Priority::SHARED,
            held: true,
            early: false,
            broken: None,
            raise: false,
            due: false,
            starved: false,
            events: Events::default(),
            tells: false,
            sent: 0,
            stopped: 0,
        }
    }

    pub(super) fn ending(&self) -> Ending {
        match (&self.receive, self.broken) {
            (_, Some(code)) => Ending::Reset(code),
            (None, _) => Ending::Ended,
            (Some(receive), None) => match receive.reset_code() {
                Some(code) => Ending::Reset(code),
                None if receive.is_whole() => Ending::Ended,
                None => Ending::Open,
            },
        }
    }

    /// Returns true if data that the peer may still send has a reader.
    pub(super) fn is_read(&self) -> bool {
        self.held && self.ending() == Ending::Open
    }

    /// The peer's side, if somebody reads what may still come of it.
    pub(super) fn read_mut(&mut self) -> Option<&mut ReceiveStream> {
        if self.is_read() { self.receive.as_mut() } else { None }
    }

    /// Returns true if there is data or an end to send, credit permitting.
    pub(super) fn has_more(&self) -> bool {
        !self.output.is_empty()
            || self.writing == Writing::Finishing
            || self.send.as_ref().is_some_and(|send| send.queue().has_more() || send.has_more())
    }

    /// Returns true if the stream is over in every direction it has.
    pub(super) fn is_done(&self) -> bool {
        !self.held
            && self.send.as_ref().is_none_or(SendStream::is_done)
            && self.receive.as_ref().is_none_or(ReceiveStream::is_done)
    }

    /// Gives this end's side up.
    pub(super) fn end_writing(&mut self, code: u64) {
        self.writing = Writing::Over;
        self.output.clear();
        if let Some(send) = &mut self.send {
            send.reset(code);
        }
    }

    /// Takes the next event.
    pub(super) fn next_event(&mut self, id: StreamId) -> Option<Event<StreamId>> {
        let code = match self.ending() {
            Ending::Reset(code) => code,
            _ => 0,
        };
        Some(match self.events.next() {
            Events::OPENED => Event::Opened(id),
            Events::READABLE => Event::Readable(id),
            Events::SENT => Event::Sent(id, core::mem::take(&mut self.sent)),
            Events::WRITABLE => Event::Writable(id),
            Events::RESET => Event::Reset(id, code),
            Events::STOPPED => Event::Stopped(id, self.stopped),
            Events::RELEASED => Event::Released(id),
            _ => return None,
        })
    }
}
