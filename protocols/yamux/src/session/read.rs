//! The reading half of a session.

use segue::{Fault, Output, mux::Exceeded};

use super::{
    Life, Session, Told,
    stream::{Buffers, Consumer, Events, Greeting, Owes, Reading, Stream, Writing},
};
use crate::{
    Error, GoAway, StreamId,
    header::{Flags, HEADER, Header, Kind, LENGTH, STREAM},
};

/// The data of a frame, while it comes.
#[derive(Debug)]
pub(super) struct Body {
    id: StreamId,
    left: u32,
    /// The frame is the last of its stream.
    fin: bool,
    /// The data has a reader.
    kept: bool,
}

impl Body {
    /// Returns the number of bytes still to come.
    pub(super) fn left(&self) -> usize {
        usize::try_from(self.left).unwrap_or(usize::MAX)
    }
}

impl Session {
    pub(super) fn read_header(&mut self, bytes: &[u8]) -> Result<(), Fault<Error>> {
        let Ok(bytes) = <[u8; HEADER]>::try_from(bytes) else {
            return Err(Fault::from_cause(segue::Cause::Contract));
        };
        let header = Header::read(bytes)?;
        self.pings.heard();
        match header.kind {
            Kind::Ping if header.flags.has(Flags::SYN) => {
                self.pings.pinged(header.length, &self.limits);
                Ok(())
            }
            Kind::Ping => {
                self.pings.answered(header.length);
                Ok(())
            }
            Kind::GoAway => {
                self.peer_away = Some(GoAway(header.length));
                self.events.away(header.length.into());
                Ok(())
            }
            Kind::Data | Kind::WindowUpdate => self.read_stream(header),
        }
    }

    fn read_stream(&mut self, header: Header) -> Result<(), Fault<Error>> {
        let Header { kind, flags, stream, length } = header;
        let id = StreamId(stream);
        let known = if flags.has(Flags::SYN) {
            self.read_syn(id, flags)?
        } else {
            self.streams.contains(&id)
        };
        if !known {
            self.read_unknown(header)?;
        } else if flags.has(Flags::RST) {
            self.read_reset(id)?;
        } else {
            if flags.has(Flags::ACK) {
                self.read_ack(id);
            }
            if kind == Kind::WindowUpdate {
                self.read_credit(id, length)?;
            }
        }
        let fin = flags.has(Flags::FIN);
        if kind == Kind::Data && (length > 0 || (fin && known)) {
            let kept = known && !flags.has(Flags::RST) && self.is_kept(id, length, fin)?;
            self.body = Some(Body { id, left: length, fin, kept });
            if length == 0 {
                self.read_body(&[]);
            }
        } else if fin && known && !flags.has(Flags::RST) {
            self.read_end(id);
        }
        Ok(())
    }

    /// Handles a new stream. Returns true if it is accepted.
    fn read_syn(&mut self, id: StreamId, flags: Flags) -> Result<bool, Fault<Error>> {
        if id.initiator() == self.role {
            return Err(Fault::new(Error::WrongSide(id.0)).at(STREAM));
        }
        if !self.opened.insert(self.number_of(id)) {
            return Err(Fault::new(Error::OpenedTwice(id.0)).at(STREAM));
        }
        if flags.has(Flags::RST) {
            self.count_reset()?;
            return Ok(false);
        }
        if self.counts.incoming >= self.limits.streams || self.told != Told::Nothing {
            self.refuse(id)?;
            return Ok(false);
        }
        let mut stream = Stream::new(Greeting::Untold);
        self.events.add(id, &mut stream, Events::OPENED);
        self.streams.insert(id, stream);
        self.counts.incoming += 1;
        self.counts.read += 1;
        Ok(true)
    }

    /// Handles a frame of a stream that does not exist: over, refused, or never opened.
    fn read_unknown(&mut self, header: Header) -> Result<(), Fault<Error>> {
        let id = StreamId(header.stream);
        let was_opened = if id.initiator() == self.role {
            self.next.is_none_or(|next| id.0 < next)
        } else {
            self.opened.contains(self.number_of(id))
        };
        if was_opened {
            return Ok(());
        }
        // The yamux crate announces a stream by its first byte, and tells of the end of one that
        // was dropped before.
        let is_end = header.flags.has(Flags::FIN) || header.flags.has(Flags::RST);
        if header.length > 0 || !is_end || id.initiator() == self.role {
            return Err(Fault::new(Error::NeverOpened(id.0)).at(STREAM));
        }
        self.opened.insert(self.number_of(id));
        if header.flags.has(Flags::RST) { self.count_reset() } else { self.refuse(id) }
    }

    /// Refuses a stream of the peer.
    fn refuse(&mut self, id: StreamId) -> Result<(), Fault<Error>> {
        if self.refused.len() >= self.limits.refused {
            return Err(Fault::new(Error::TooManyRefused).at(STREAM));
        }
        self.refused.push_back(id);
        Ok(())
    }

    fn read_ack(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        if stream.greeting == Greeting::Opened {
            stream.greeting = Greeting::Done;
            self.accepted();
        }
    }

    /// Stops counting a stream of this end as unaccepted.
    pub(super) fn accepted(&mut self) {
        self.counts.unaccepted -= 1;
        self.may_open();
    }

    fn read_credit(&mut self, id: StreamId, more: u32) -> Result<(), Fault<Error>> {
        let Some(stream) = self.streams.get_mut(&id) else { return Ok(()) };
        if !stream.credit.raise_by(more.into(), u32::MAX.into()) {
            return Err(Fault::new(Error::TooMuchCredit(id.0)).at(LENGTH));
        }
        if stream.unsent() > 0 {
            self.turns.enqueue(id, stream.priority);
        }
        Ok(())
    }

    /// Handles a reset by the peer.
    fn read_reset(&mut self, id: StreamId) -> Result<(), Fault<Error>> {
        let Some(stream) = self.streams.get_mut(&id) else { return Ok(()) };
        let was_over = stream.reading != Reading::Open && stream.writing == Writing::Finished;
        if stream.owes == Owes::Reset {
            stream.owes = Owes::Something;
        }
        self.events.add(id, stream, Events::RESET);
        self.break_off(id);
        if id.initiator() != self.role && !was_over {
            self.count_reset()?;
        }
        Ok(())
    }

    /// Counts a reset by the peer against the limit.
    fn count_reset(&mut self) -> Result<(), Fault<Error>> {
        self.counts.resets += 1;
        if self.counts.resets > self.limits.resets {
            return Err(Fault::new(Error::TooManyResets).at(STREAM));
        }
        Ok(())
    }

    /// Makes up for resets by bytes of data.
    pub(super) fn count_bytes(&mut self, count: usize) {
        self.counts.bytes += count as u64;
        if self.counts.bytes >= FORGIVEN_BY_BYTES {
            let forgiven = u32::try_from(self.counts.bytes / FORGIVEN_BY_BYTES).unwrap_or(u32::MAX);
            self.counts.bytes %= FORGIVEN_BY_BYTES;
            self.counts.resets = self.counts.resets.saturating_sub(forgiven);
        }
    }

    /// Decides if the announced data of a frame is kept: it is refused where the peer must not send
    /// it, and dropped where the peer could not know better.
    fn is_kept(&mut self, id: StreamId, length: u32, fin: bool) -> Result<bool, Fault<Error>> {
        let Some(stream) = self.streams.get_mut(&id) else { return Ok(false) };
        match stream.reading {
            Reading::Reset => return Ok(false),
            Reading::Ended if length > 0 || fin => {
                return Err(Fault::new(Error::DataAfterEnd(id.0)).at(STREAM));
            }
            Reading::Ended => return Ok(false),
            Reading::Open => {}
        }
        let to = stream.window.reached() + u64::from(length);
        stream
            .window
            .check(to)
            .map_err(|exceeded: Exceeded| Fault::new(Error::Window(exceeded)).at(LENGTH))?;
        Ok(true)
    }

    /// Some of the data that a frame announced.
    pub(super) fn read_body(&mut self, bytes: &[u8]) {
        let Some(mut body) = self.body.take() else { return };
        body.left -= u32::try_from(bytes.len()).unwrap_or(body.left);
        let (id, done, fin) = (body.id, body.left == 0, body.fin);
        if body.kept && !bytes.is_empty() {
            self.keep(id, bytes);
        }
        if !done {
            self.body = Some(body);
        } else if fin && body.kept {
            self.read_end(id);
        }
    }

    fn keep(&mut self, id: StreamId, bytes: &[u8]) {
        self.count_bytes(bytes.len());
        let Some(stream) = self.streams.get_mut(&id) else { return };
        // The consumer may have reset it since the frame began.
        if stream.reading != Reading::Open {
            return;
        }
        // The announced length was checked against the window.
        let fits = stream.window.advance(bytes.len() as u64);
        debug_assert!(fits.is_ok());
        if stream.consumer == Consumer::Holds {
            let before = stream.position() - bytes.len() as u64;
            let spare = &mut self.spare;
            let buffers = stream
                .buffers
                .get_or_insert_with(|| Buffers::reused(spare, before, self.limits.output));
            buffers.input.extend(bytes);
            self.events.add(id, stream, Events::READABLE);
        } else if stream.consumer != Consumer::Lingers {
            stream.window.consume(bytes.len() as u64);
            if stream.window.is_worthwhile() {
                self.owe(id);
            }
        } else if stream.is_exhausted() {
            self.break_by_itself(id);
        }
    }

    /// The peer ends its side.
    fn read_end(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        if stream.reading != Reading::Open {
            return;
        }
        self.events.add(id, stream, Events::READABLE);
        self.stop_reading(id, Reading::Ended);
        self.settle(id);
    }

    /// Ends the session because of a fault.
    pub(super) fn die(&mut self, fault: &Fault<Error>, answers: &mut Output) {
        self.life = Life::Dead(fault.error().copied());
        let code = fault.error().map_or(GoAway::INTERNAL_ERROR, Error::go_away);
        Header { kind: Kind::GoAway, flags: Flags::NONE, stream: 0, length: code.0 }.write(answers);
    }

    /// The number of a stream of the peer: 0 for the first.
    fn number_of(&self, id: StreamId) -> u32 {
        (id.0 - self.role.peer().first()) / 2
    }
}

/// The number of bytes that make up for a reset: the cost of opening and ending a stream, compared
/// with data.
const FORGIVEN_BY_BYTES: u64 = 4096;
