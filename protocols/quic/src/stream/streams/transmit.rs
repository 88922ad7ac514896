//! Sent frames, and their acknowledgement or loss.

use alloc::vec::Vec;

use segue::Output;

use super::{Streams, entry::Writing, index, limits::varint};
use crate::{
    VarInt,
    frame::{
        Builder, DataBlocked, Frame, MaxData, MaxStreamData, MaxStreams, ResetStream, StopSending,
        StreamDataBlocked,
    },
    stream::{Direction, Sent, StreamId, told::Events},
};

/// The record of what a packet carries of the streams. Give it back when the packet is
/// [acknowledged](Streams::acknowledged) or [lost](Streams::lost).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carried(Kind);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Stream(Sent),
    Reset(StreamId),
    Stop(StreamId),
    MaxStreamData(StreamId),
    MaxData,
    MaxStreams(Direction),
    DataBlocked,
    StreamDataBlocked(StreamId),
}

/// The outcome of a stream's turn.
enum Filled {
    /// A frame was written, and there may be more.
    More,
    /// There is nothing, or no credit.
    Done,
    /// There is no room.
    Full,
}

/// The most that is in front of the data of a STREAM frame with its length, and a byte of it.
const LEAST_ROOM: usize = 20;

impl Streams {
    /// Fills a payload with frames: control frames first, then data by turns. Records of the
    /// content are appended to `carried`, if there is any.
    pub fn fill(&mut self, payload: &mut Builder<'_>, carried: &mut Vec<Carried>) {
        if self.closing.is_some() {
            return;
        }
        let mut push = |payload: &mut Builder<'_>, frame: Frame<'_>, kind| {
            let fits = payload.push(frame).is_ok();
            if fits {
                carried.push(Carried(kind));
            }
            fits
        };
        let maximum = varint(self.window.limit());
        if self.raise && push(payload, MaxData { maximum }.into(), Kind::MaxData) {
            self.raise = false;
        }
        for direction in [Direction::Both, Direction::Sending] {
            let counts = &mut self.counts[index(direction)];
            let frame = MaxStreams { direction, maximum: varint(counts.window.limit()) };
            if counts.raise && push(payload, frame.into(), Kind::MaxStreams(direction)) {
                counts.raise = false;
            }
        }
        while let Some(&id) = self.due.front() {
            if let Some(entry) = self.streams.get_mut(&id) {
                let wire = VarInt::from(id);
                if let Some(send) = &mut entry.send
                    && let Some((code, size)) = send.next_reset()
                {
                    let (error, final_size) = (varint(code), varint(size));
                    let frame = ResetStream { id: wire, error, final_size };
                    if !push(payload, frame.into(), Kind::Reset(id)) {
                        send.reset_lost();
                        return;
                    }
                }
                if let Some(receive) = &mut entry.receive
                    && let Some(code) = receive.next_stop()
                {
                    let frame = StopSending { id: wire, error: varint(code) };
                    if !push(payload, frame.into(), Kind::Stop(id)) {
                        receive.stop_lost();
                        return;
                    }
                }
                if entry.raise
                    && let Some(receive) = &entry.receive
                {
                    let maximum = varint(receive.window().limit());
                    let frame = MaxStreamData { id: wire, maximum };
                    if entry.is_read() && !push(payload, frame.into(), Kind::MaxStreamData(id)) {
                        return;
                    }
                    entry.raise = false;
                }
                entry.due = false;
            }
            self.due.pop_front();
        }
        while let Some(id) = self.turns.next() {
            match self.turn(id, payload, carried) {
                Filled::More => self.turns.served(true),
                Filled::Done => self.turns.served(false),
                Filled::Full => return,
            }
        }
    }

    /// Writes a STREAM frame.
    fn turn(
        &mut self,
        id: StreamId,
        payload: &mut Builder<'_>,
        carried: &mut Vec<Carried>,
    ) -> Filled {
        let Some(entry) = self.streams.get_mut(&id) else { return Filled::Done };
        let has_more = entry.has_more();
        let Some(send) = entry.send.as_mut().filter(|_| has_more) else { return Filled::Done };
        let room = payload.room();
        if room < LEAST_ROOM {
            return Filled::Full;
        }
        let was_full = !entry.output.has_room();
        if !send.queue().has_more() {
            // No more than leaves now, so that the output shows what waits.
            let most = send.credit().available().min(self.credit.available());
            let most = usize::try_from(most).unwrap_or(usize::MAX).min(room).min(send.room());
            let mut leaves = Output::new();
            entry.output.move_to(&mut leaves, most);
            // There is room for it, and it was not finished, or there would be no output.
            let _ = send.append(&mut leaves);
            if entry.output.is_empty() && entry.writing == Writing::Finishing {
                send.finish();
                entry.writing = Writing::Over;
            }
        }
        let before = send.queue().sent();
        let Some(piece) = send.next(room, &mut self.credit) else {
            let mut blocked = Vec::new();
            if let Some(limit) = send.credit_mut().blocked() {
                let frame = StreamDataBlocked { id: VarInt::from(id), limit: varint(limit) };
                blocked.push((Frame::from(frame), Kind::StreamDataBlocked(id)));
            }
            if self.credit.available() == 0 {
                if !core::mem::replace(&mut entry.starved, true) {
                    self.starved.push_back(id);
                }
                if let Some(limit) = self.credit.blocked() {
                    let frame = DataBlocked { limit: varint(limit) };
                    blocked.push((frame.into(), Kind::DataBlocked));
                }
            }
            for (frame, kind) in blocked {
                match payload.push(frame) {
                    Ok(()) => carried.push(Carried(kind)),
                    Err(_) => self.lost(Carried(kind)),
                }
            }
            return Filled::Done;
        };
        let sent = piece.sent();
        let (wire, offset) = (VarInt::from(id), varint(sent.offset));
        if payload.stream(wire, offset, piece.data, piece.fin) != Ok(Some(sent.length)) {
            // Room for it was seen to: the packet may not carry such frames.
            let _ = send.lost(sent);
            return Filled::Full;
        }
        carried.push(Carried(Kind::Stream(sent)));
        let new = usize::try_from(send.queue().sent() - before).unwrap_or(usize::MAX);
        entry.sent += new;
        let writable = was_full && entry.output.has_room() && entry.writing == Writing::Open;
        if new > 0 {
            self.tell(id, Events::SENT);
        }
        if writable {
            self.tell(id, Events::WRITABLE);
        }
        Filled::More
    }

    /// Notes that a packet that carried this was acknowledged.
    pub fn acknowledged(&mut self, carried: Carried) {
        let (Kind::Stream(Sent { stream: id, .. }) | Kind::Reset(id)) = carried.0 else { return };
        let Some(entry) = self.streams.get_mut(&id) else { return };
        let Some(send) = &mut entry.send else { return };
        let was_full = send.room() == 0;
        match carried.0 {
            // It was found by its stream.
            Kind::Stream(sent) => drop(send.acknowledged(sent)),
            _ => send.reset_acknowledged(),
        }
        if was_full && send.room() > 0 && entry.has_more() {
            self.turns.enqueue(id, entry.priority);
        }
        self.settle(id);
    }

    /// Notes that a packet that carried this was lost: the part that still matters is sent again.
    pub fn lost(&mut self, carried: Carried) {
        let id = match carried.0 {
            Kind::MaxData => return self.raise = true,
            Kind::MaxStreams(direction) => return self.counts[index(direction)].raise = true,
            Kind::DataBlocked => return self.credit.blocked_was_lost(),
            Kind::Stream(Sent { stream: id, .. })
            | Kind::Reset(id)
            | Kind::Stop(id)
            | Kind::MaxStreamData(id)
            | Kind::StreamDataBlocked(id) => id,
        };
        let Some(entry) = self.streams.get_mut(&id) else { return };
        match (carried.0, &mut entry.send) {
            (Kind::Stream(sent), Some(send)) => {
                // It was found by its stream.
                let _ = send.lost(sent);
                if send.has_more() {
                    self.turns.enqueue(id, entry.priority);
                }
                return;
            }
            (Kind::StreamDataBlocked(_), Some(send)) => {
                return send.credit_mut().blocked_was_lost();
            }
            (Kind::Reset(_), Some(send)) => send.reset_lost(),
            (Kind::Stop(_), _) => {
                if let Some(receive) = &mut entry.receive {
                    receive.stop_lost();
                }
            }
            _ => entry.raise = true,
        }
        self.owe(id);
    }
}
