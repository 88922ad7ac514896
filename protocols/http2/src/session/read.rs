//! The reading half of a session: what each frame does.

use segue::{Fault, Output, mux::Priority};

use super::{
    Core, Told,
    heads::read_priority,
    state::{Change, State},
    stream::{Flags, Message},
    streams::{Acknowledged, DEFAULT_WINDOW, Leaving, MAX_WINDOW},
};
use crate::{
    Error, ErrorCode, Excess, Role, StreamError,
    frame::{
        Data, Frame, FrameError, GoAway, Kind, Ping, PriorityUpdate, RstStream, Settings, StreamId,
        WindowUpdate,
    },
};

impl Core {
    /// Reads a frame of which nothing is lent.
    pub(super) fn read(&mut self, frame: Frame<'_>, answers: &mut Output) -> Result<(), Error> {
        match frame {
            Frame::Data(data) => self.read_data(&data).map(drop),
            Frame::Headers(headers) => self.read_headers(&headers),
            Frame::Priority(_) => self.streams.budgets.spend(Excess::Control),
            Frame::RstStream(reset) => self.read_reset(reset),
            Frame::Settings(settings) => self.read_settings(&settings, answers),
            Frame::PushPromise(_) => Err(Error::Push),
            Frame::Ping(ping) => self.read_ping(ping, answers),
            Frame::GoAway(away) => {
                self.read_away(away);
                Ok(())
            }
            Frame::WindowUpdate(update) => self.read_window_update(update),
            Frame::PriorityUpdate(update) => self.read_priority_update(&update),
        }
    }

    /// Handles a frame that breaks the rules.
    pub(super) fn read_broken(&mut self, fault: Fault<FrameError>) -> Result<(), Fault<Error>> {
        match fault.error() {
            Some(error) if !fault.fatal => {
                let stream = error.stream;
                self.check_idle(Kind::PRIORITY, stream).or_else(|_| {
                    // PRIORITY may come for any stream.
                    if error.frame == Kind::PRIORITY {
                        Ok(())
                    } else {
                        Err(Error::Idle(error.frame, stream))
                    }
                })?;
                self.fail(stream, StreamError::Frame(*error))
                    .map_err(|it| Fault::new(it).at(fault.at))
            }
            _ => Err(fault.map(Error::Frame)),
        }
    }

    /// Checks that a stream was opened. Once this end has said which stream is the last, those above
    /// it are dropped with all of their frames, so that any may have been (RFC 9113 §6.8).
    pub(super) fn check_idle(&self, kind: Kind, id: StreamId) -> Result<(), Error> {
        let was_opened = if id.is_client() == (self.streams.role == Role::Client) {
            self.streams.next.is_none_or(|next| id < next) && self.streams.role == Role::Client
        } else {
            id <= self.streams.last || self.streams.leaving == Leaving::Gone
        };
        if was_opened { Ok(()) } else { Err(Error::Idle(kind, id)) }
    }

    /// Checks that a message frame of a stream that is not there may come: its sender cannot know
    /// that this end has reset the stream a moment ago. Once more streams were reset than are
    /// remembered it may be one of those, and counts as a frame without a message.
    pub(super) fn check_late(&mut self, kind: Kind, id: StreamId) -> Result<(), Error> {
        let streams = &mut self.streams;
        let is_ignored = streams.reset.contains(&id)
            || streams.leaving == Leaving::Gone
            || streams.peer.away.is_some();
        match is_ignored {
            true => Ok(()),
            false if streams.resets > streams.reset.len() => streams.budgets.spend(Excess::Control),
            false => Err(Error::Closed(kind, id)),
        }
    }

    /// Reads a piece of data. Returns true if the consumer gets it.
    pub(super) fn read_data(&mut self, data: &Data<'_>) -> Result<bool, Error> {
        let (id, count) = (data.stream, data.payload.len());
        let streams = &mut self.streams;
        if let Some(length) = data.length {
            if streams.window.advance(length.into()).is_err() {
                return Err(Error::Window);
            }
            let content = length - data.padding;
            if content == 0 && !data.end_stream {
                streams.budgets.spend(Excess::EmptyData)?;
            }
            let Some(stream) = streams.table.get_mut(&id) else {
                streams.window.consume(length.into());
                self.check_idle(Kind::DATA, id)?;
                return self.check_late(Kind::DATA, id).map(|()| false);
            };
            let is_gone = stream.flags.has(Flags::GONE);
            if let Err(error) = stream.check_data(length, content.into()) {
                streams.window.consume(length.into());
                // Frames may have been under way when it was reset.
                let is_late = stream.state == State::Closed && streams.reset.contains(&id);
                return if is_late { Ok(false) } else { self.fail(id, error).map(|()| false) };
            }
            stream.window -= i32::try_from(length).unwrap_or(0);
            if let Some(expected) = &mut stream.expected {
                *expected -= u64::from(content);
            }
            stream.released += data.padding;
            if is_gone {
                streams.window.consume(length.into());
            } else {
                stream.held += content;
                streams.window.consume(data.padding.into());
            }
            streams.owe(id);
        }
        self.streams.budgets.moved(count, &self.streams.limits);
        let Some(stream) = self.streams.table.get(&id) else { return Ok(false) };
        let is_kept = stream.state.receives() && !stream.flags.has(Flags::GONE);
        if data.end_stream && stream.state.receives() {
            self.read_end(id, false)?;
        }
        Ok(is_kept)
    }

    /// The peer's message has ended.
    pub(super) fn read_end(&mut self, id: StreamId, trailers: bool) -> Result<(), Error> {
        let Some(stream) = self.streams.table.get_mut(&id) else { return Ok(()) };
        if stream.expected.is_some_and(|expected| expected > 0) {
            return self.fail(id, StreamError::ContentLength);
        }
        stream.change(Change::EndReceived);
        if !stream.flags.has(Flags::GONE) && stream.reading != Message::Nothing {
            self.told = Some(Told::End { id, trailers });
        }
        if stream.state == State::Closed {
            self.streams.budgets.finished(&self.streams.limits);
        }
        self.streams.settle(id);
        Ok(())
    }

    /// Resets a stream that nobody was told of.
    pub(super) fn refuse(&mut self, id: StreamId, code: ErrorCode) -> Result<(), Error> {
        RstStream { stream: id, code }.encode(&mut self.streams.control);
        self.streams.remember_reset(id);
        self.streams.budgets.spend(Excess::Resets)
    }

    /// Resets a stream because of what the peer did on it, and tells the consumer.
    pub(super) fn fail(&mut self, id: StreamId, error: StreamError) -> Result<(), Error> {
        let Some(stream) = self.streams.table.get(&id) else {
            return self.refuse(id, error.code());
        };
        let is_told = !stream.flags.has(Flags::GONE) && stream.state != State::Closed;
        if stream.state == State::Closed {
            RstStream { stream: id, code: error.code() }.encode(&mut self.streams.control);
            self.streams.remember_reset(id);
        } else {
            self.streams.reset(id, error.code());
        }
        if is_told {
            self.told = Some(Told::Failed { id, error });
        }
        self.streams.budgets.spend(Excess::Resets)
    }

    fn read_reset(&mut self, reset: RstStream) -> Result<(), Error> {
        let RstStream { stream: id, code } = reset;
        self.check_idle(Kind::RST_STREAM, id)?;
        let Some(stream) = self.streams.table.get(&id).filter(|it| it.state != State::Closed)
        else {
            return self.streams.budgets.spend(Excess::Control);
        };
        if !stream.flags.has(Flags::GONE) {
            let stopped = !stream.state.receives();
            self.told =
                Some(if stopped { Told::Stopped { id, code } } else { Told::Reset { id, code } });
        }
        self.streams.close_stream(id);
        if self.streams.role == Role::Server {
            self.streams.budgets.spend(Excess::Resets)?;
        }
        Ok(())
    }

    fn read_settings(
        &mut self,
        settings: &Settings<'_>,
        answers: &mut Output,
    ) -> Result<(), Error> {
        let streams = &mut self.streams;
        streams.budgets.spend(Excess::Control)?;
        if *settings == Settings::Ack {
            if matches!(streams.settings, Acknowledged::Sent(_)) {
                streams.settings = Acknowledged::Yes;
                self.decoder.set_max_table(streams.limits.table);
                let own = streams.limits.window.min(MAX_WINDOW);
                let shrink = i32::try_from(DEFAULT_WINDOW.saturating_sub(own)).unwrap_or(0);
                if shrink > 0 {
                    streams.table.iter_mut().for_each(|(_, stream)| stream.window -= shrink);
                }
            }
            return Ok(());
        }
        let changes = streams.peer.apply(settings);
        if changes.takes_push && streams.role == Role::Client {
            return Err(Error::Push);
        }
        if let Some((least, last)) = changes.table {
            streams.encoder.set_max_table(least);
            streams.encoder.set_max_table(last);
        }
        if let Some(max) = changes.max_list {
            streams.encoder.set_max_list(usize::try_from(max).unwrap_or(usize::MAX));
        }
        if changes.window != 0 {
            for (id, stream) in streams.table.iter_mut() {
                let credit = i64::from(stream.credit) + changes.window;
                stream.credit = i32::try_from(credit).map_err(|_| Error::WindowOverflow)?;
                if changes.window > 0 && stream.has_work() {
                    streams.turns.enqueue(*id, stream.priority);
                }
            }
        }
        if streams.waits && streams.may_open() {
            (streams.waits, streams.room) = (false, true);
        }
        // Heads that wait were encoded by the settings before: they go in front of the word that the
        // new ones count (RFC 9113 §6.5.3).
        streams.control.move_to(answers, usize::MAX);
        Settings::encode_ack(answers);
        Ok(())
    }

    fn read_ping(&mut self, ping: Ping, answers: &mut Output) -> Result<(), Error> {
        self.streams.budgets.spend(Excess::Control)?;
        if !ping.ack {
            Ping { ack: true, ..ping }.encode(answers);
        } else if ping.data == super::LEAVING && self.streams.leaving == Leaving::Announced {
            self.streams.leaving = Leaving::Due;
        }
        Ok(())
    }

    fn read_away(&mut self, away: GoAway) {
        let GoAway { last, code } = away;
        let streams = &mut self.streams;
        let last = streams.peer.away.map_or(last, |(before, _)| before.min(last));
        streams.peer.away = Some((last, code));
        let is_own = |id: StreamId| id.is_client() == (streams.role == Role::Client);
        let refused = streams
            .table
            .iter()
            .filter(|(id, stream)| is_own(**id) && **id > last && stream.state != State::Closed);
        let refused: alloc::vec::Vec<_> = refused.map(|(id, _)| *id).collect();
        for id in refused {
            if let Some(stream) = streams.table.get_mut(&id) {
                stream.flags.set(Flags::REFUSED);
            }
            streams.tell(id);
            streams.close_stream(id);
        }
        self.told = Some(Told::Away { last, code });
    }

    fn read_window_update(&mut self, update: WindowUpdate) -> Result<(), Error> {
        let WindowUpdate { stream: id, increment } = update;
        let streams = &mut self.streams;
        streams.budgets.spend(Excess::Control)?;
        if id == StreamId::CONNECTION {
            if !streams.credit.raise_by(increment.into(), MAX_WINDOW.into()) {
                return Err(Error::WindowOverflow);
            }
            for id in streams.blocked.drain(..) {
                let Some(stream) = streams.table.get_mut(&id) else { continue };
                stream.flags.clear(Flags::BLOCKED);
                if stream.has_work() {
                    streams.turns.enqueue(id, stream.priority);
                }
            }
            return Ok(());
        }
        self.check_idle(Kind::WINDOW_UPDATE, id)?;
        let streams = &mut self.streams;
        let Some(stream) = streams.table.get_mut(&id).filter(|it| it.state != State::Closed) else {
            return Ok(());
        };
        let increment = i32::try_from(increment).unwrap_or(i32::MAX);
        let Some(credit) = stream.credit.checked_add(increment) else {
            return self.fail(id, StreamError::WindowOverflow);
        };
        stream.credit = credit;
        if stream.has_work() {
            streams.turns.enqueue(id, stream.priority);
        }
        Ok(())
    }

    fn read_priority_update(&mut self, update: &PriorityUpdate<'_>) -> Result<(), Error> {
        self.streams.budgets.spend(Excess::Control)?;
        if self.streams.role == Role::Server {
            let priority = read_priority(update.value, Priority::default());
            self.streams.prioritise(update.prioritized, priority);
        }
        Ok(())
    }

    /// Returns true if data in front is lent: it is the first piece of a frame that fits, or the
    /// stream is still there.
    pub(super) fn wants(&self, id: StreamId, first: Option<(u32, u64)>) -> bool {
        let Some(stream) = self.streams.table.get(&id) else { return false };
        let fits = match first {
            Some((length, content)) => {
                let room = self.streams.window.limit() - self.streams.window.reached();
                content > 0
                    && stream.check_data(length, content).is_ok()
                    && u64::from(length) <= room
            }
            None => stream.state.receives(),
        };
        fits && !stream.flags.has(Flags::GONE)
    }
}
