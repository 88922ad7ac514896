//! The writing half of a session: control frames first, then data by turns.

use segue::{Fault, Output, Say};

use super::{
    Core, LEAVING,
    stream::{Flags, Message},
    streams::{Acknowledged, DEFAULT_WINDOW, Leaving, MAX_WINDOW, Streams},
};
use crate::{
    Error, ErrorCode, Role,
    frame::{Data, GoAway, PREFACE, Ping, Setting, Settings, StreamId, WindowUpdate},
};

impl Core {
    pub(super) fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<Error>> {
        if let Some(error) = self.late {
            return Err(Fault::new(error));
        }
        if self.is_dead {
            return Ok(());
        }
        let before = say.output().len();
        self.greet(say.output());
        if let Err(error) = self.streams.tick(say) {
            self.late = Some(error);
            self.die(error.code(), say.output());
            return Err(Fault::new(error));
        }
        self.streams.say_leaving(say);
        let streams = &mut self.streams;
        streams.control.move_to(say.output(), usize::MAX);
        if streams.leaving == Leaving::Closed {
            return Ok(());
        }
        streams.say_windows(say);
        streams.say_data(say);
        if say.output().len() == before {
            streams.rest();
            if streams.is_empty() && self.told.is_none() {
                self.arena.release();
            }
        }
        Ok(())
    }

    /// Says the first frames, once, in front of all others (RFC 9113 §3.4).
    pub(super) fn greet(&mut self, output: &mut Output) {
        if core::mem::replace(&mut self.has_greeted, true) {
            return;
        }
        let limits = &self.streams.limits;
        let setting = |id, value| Setting { id, value };
        let size = limits.fields.max_size;
        let mut settings = alloc::vec![
            setting(Setting::INITIAL_WINDOW_SIZE, limits.window.min(MAX_WINDOW)),
            setting(Setting::MAX_HEADER_LIST_SIZE, size),
            setting(Setting::NO_RFC7540_PRIORITIES, 1),
        ];
        if limits.table != 4096 {
            settings.push(setting(Setting::HEADER_TABLE_SIZE, limits.table));
        }
        if limits.frames.payload > 16_384 {
            settings.push(setting(Setting::MAX_FRAME_SIZE, limits.frames.payload));
        }
        match self.streams.role {
            Role::Client => {
                output.put(PREFACE);
                settings.push(setting(Setting::ENABLE_PUSH, 0));
            }
            Role::Server => {
                settings.push(setting(Setting::MAX_CONCURRENT_STREAMS, limits.streams));
                if limits.connect_protocol {
                    settings.push(setting(Setting::ENABLE_CONNECT_PROTOCOL, 1));
                }
            }
        }
        Settings::encode(&settings, output);
        let more = self.streams.window.limit() - u64::from(DEFAULT_WINDOW);
        if let Some(increment) = u32::try_from(more).ok().filter(|more| *more > 0) {
            WindowUpdate { stream: StreamId::CONNECTION, increment }.encode(output);
        }
        self.streams.settings = Acknowledged::Sent(None);
    }
}

impl Streams {
    /// What happens with time.
    fn tick(&mut self, say: &mut Say<'_>) -> Result<(), Error> {
        let Some(now) = say.now() else { return Ok(()) };
        self.budgets.tick(now, &self.limits);
        if let Acknowledged::Sent(sent) = &mut self.settings {
            let at = *sent.get_or_insert(now) + self.limits.settings_ack;
            if now >= at {
                return Err(Error::SettingsTimeout);
            }
            say.wake_at(at);
        }
        Ok(())
    }

    fn say_leaving(&mut self, say: &mut Say<'_>) {
        let away = |last, code, say: &mut Say<'_>| GoAway { last, code }.encode("", say.output());
        match self.leaving {
            Leaving::Asked if self.role == Role::Server => {
                away(StreamId::MAX, ErrorCode::NO_ERROR, say);
                Ping { ack: false, data: LEAVING }.encode(say.output());
                self.leaving = Leaving::Announced;
            }
            Leaving::Asked | Leaving::Due => {
                away(self.last, ErrorCode::NO_ERROR, say);
                self.leaving = Leaving::Gone;
            }
            Leaving::Closing(code) => {
                away(self.last, code, say);
                self.leaving = Leaving::Closed;
            }
            Leaving::No | Leaving::Announced | Leaving::Gone | Leaving::Closed => {}
        }
    }

    /// Window updates, of the connection and of streams.
    fn say_windows(&mut self, say: &mut Say<'_>) {
        if let Some(more) = self.window.announce_increment() {
            // A window never grows by more than its size.
            let increment = u32::try_from(more).unwrap_or(MAX_WINDOW);
            WindowUpdate { stream: StreamId::CONNECTION, increment }.encode(say.output());
        }
        while let Some(id) = self.due.pop_front() {
            let Some(stream) = self.table.get_mut(&id) else { continue };
            stream.flags.clear(Flags::OWES);
            if stream.state.receives() {
                let increment = core::mem::take(&mut stream.released);
                stream.window = stream.window.saturating_add_unsigned(increment);
                WindowUpdate { stream: id, increment }.encode(say.output());
            }
        }
    }

    /// Data, a frame for each turn.
    fn say_data(&mut self, say: &mut Say<'_>) {
        while let Some(id) = self.turns.next() {
            let Some(stream) = self.table.get_mut(&id).filter(|stream| stream.has_work()) else {
                self.turns.served(false);
                self.tidy(id);
                continue;
            };
            let waiting = stream.unsent();
            let own = usize::try_from(stream.credit).unwrap_or(0);
            let all = usize::try_from(self.credit.available()).unwrap_or(usize::MAX);
            let may = waiting.min(own).min(all).min(self.peer.max_frame.min(FRAME) as usize);
            // A peer that updates half of a small window at a time still gets it.
            let half = usize::try_from(self.peer.window / 2).unwrap_or(0);
            let least = WORTHWHILE.min(half);
            let is_dribble =
                may < waiting && (may == 0 || may < least && stream.flags.has(Flags::SHORT));
            if is_dribble {
                self.turns.served(false);
                if all <= own && !stream.flags.has(Flags::BLOCKED) {
                    stream.flags.set(Flags::BLOCKED);
                    self.blocked.push(id);
                }
                continue;
            }
            let room = say.room();
            // A little of a frame now would only be another frame.
            if room == 0 || (room < may.min(WORTHWHILE) && !say.output().is_empty()) {
                return;
            }
            let length = may.min(room);
            let is_all = length == waiting;
            let ends = is_all && stream.writing == Message::Ending;
            let trailers = match &mut stream.out {
                Some(out) if ends => out.trailers.take(),
                _ => None,
            };
            if length < least && may < waiting && length == may {
                stream.flags.set(Flags::SHORT);
            } else {
                stream.flags.clear(Flags::SHORT);
            }
            if length > 0 || (ends && trailers.is_none()) {
                // It is at most `FRAME`.
                let announced = u32::try_from(length).unwrap_or(FRAME);
                Data::encode_header(id, announced, ends && trailers.is_none(), say.output());
                if let Some(out) = stream.out.as_mut().filter(|_| length > 0) {
                    out.data.move_to(say.output(), length);
                    stream.credit -= i32::try_from(announced).unwrap_or(0);
                    stream.sent = stream.sent.saturating_add(announced);
                    self.credit.take(length as u64);
                    if out.data.has_room() && stream.flags.clear(Flags::FULL) {
                        stream.flags.set(Flags::WRITABLE);
                    }
                }
            }
            let more = !is_all;
            self.turns.served(more);
            self.progress += length as u64;
            self.budgets.moved(length, &self.limits);
            if length > 0 {
                self.budgets.sent(&self.limits);
                self.tell(id);
            }
            if let Some(trailers) = trailers {
                self.encode_trailers(id, &trailers, say.output());
            }
            if !more {
                self.tidy(id);
            }
            if ends {
                self.end_sent(id);
            }
        }
    }

    /// Takes back the empty output of a stream.
    fn tidy(&mut self, id: StreamId) {
        if let Some(stream) = self.table.get_mut(&id)
            && let Some(out) =
                stream.out.take_if(|out| out.data.is_empty() && out.trailers.is_none())
        {
            out.give_back(&mut self.spare);
        }
    }
}

/// The longest frame of data, in bytes: at 100 Mbit/s another stream waits 1.3 ms for it.
const FRAME: u32 = 16 * 1024;

/// The least number of bytes in a frame of data, if there are that many. Below it one frame may be
/// sent, to use up the window, and then no other before there is a larger window: a peer that dribbles
/// its windows gets no more frames for that.
const WORTHWHILE: usize = 1024;
