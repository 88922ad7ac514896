//! Heads and trailers that are received.

use segue::mux::Priority;
use segue_http::{Arena, Fields, Known, Length, RequestShape, ResponseShape, check_trailers};

use super::{
    Core, Told,
    state::{Change, State},
    stream::{Flags, Message, Method, Stream},
    streams::Leaving,
};
use crate::{
    Error, ErrorCode, Excess, Role, StreamError,
    frame::{FrameError, FrameErrorKind, Headers, Kind},
    hpack::Decoded,
};

impl Core {
    pub(super) fn read_headers(&mut self, headers: &Headers<'_>) -> Result<(), Error> {
        let id = headers.stream;
        self.arena.clear();
        // Also where nobody wants it: the next blocks build on it.
        let decoded = self.decoder.decode(headers.block, &mut self.arena).map_err(Error::Block)?;
        match self.streams.table.get(&id) {
            Some(stream) if !stream.state.receives() => {
                let is_late = stream.state == State::Closed && self.streams.reset.contains(&id);
                if is_late { Ok(()) } else { self.fail(id, StreamError::AfterEnd(Kind::HEADERS)) }
            }
            Some(_) if headers.dependency.is_some_and(|it| it.on == id) => self.fail_self(headers),
            Some(stream) if stream.reading == Message::Head => self.read_response(headers, decoded),
            Some(_) => self.read_trailers(headers, decoded),
            None if self.streams.role == Role::Client => {
                if !id.is_client() {
                    return Err(Error::WrongId(id));
                }
                self.check_idle(Kind::HEADERS, id)?;
                self.check_late(Kind::HEADERS, id)
            }
            None if !id.is_client() => Err(Error::WrongId(id)),
            None if id <= self.streams.last => self.check_late(Kind::HEADERS, id),
            None => self.read_request(headers, decoded),
        }
    }

    /// A stream depends on itself.
    fn fail_self(&mut self, headers: &Headers<'_>) -> Result<(), Error> {
        let kind = FrameErrorKind::SelfDependency;
        let stream = headers.stream;
        self.fail(stream, StreamError::Frame(FrameError { kind, frame: Kind::HEADERS, stream }))
    }

    fn read_request(&mut self, headers: &Headers<'_>, decoded: Decoded) -> Result<(), Error> {
        let id = headers.stream;
        let streams = &mut self.streams;
        if matches!(streams.leaving, Leaving::Gone) {
            // The peer was told that nothing happens to it.
            return Ok(());
        }
        streams.last = id;
        if headers.dependency.is_some_and(|it| it.on == id) {
            return self.refuse(id, ErrorCode::PROTOCOL_ERROR);
        }
        if streams.incoming >= streams.limits.streams {
            return self.refuse(id, ErrorCode::REFUSED_STREAM);
        }
        if decoded.refused.is_some() {
            streams.answer_too_large(id);
            if !headers.end_stream {
                return self.refuse(id, ErrorCode::NO_ERROR);
            }
            return streams.budgets.spend(Excess::Resets);
        }
        let Ok(shape) = RequestShape::read(self.arena.fields(), headers.end_stream) else {
            return self.refuse(id, ErrorCode::PROTOCOL_ERROR);
        };
        let head = shape.head(self.arena.fields());
        if head.protocol.is_some() && !streams.limits.connect_protocol {
            return self.refuse(id, ErrorCode::PROTOCOL_ERROR);
        }
        let mut stream = Stream::new(streams.peer.window, streams.initial_window());
        stream.method = Method::of(head.method);
        stream.expected = head.length.known();
        stream.reading =
            if head.length == Length::Tunnel { Message::Tunnel } else { Message::Body };
        if let Some(value) = head.fields.get(Known::Priority) {
            stream.priority = read_priority(value, stream.priority);
        }
        if headers.end_stream {
            stream.change(Change::EndReceived);
        }
        streams.table.insert(id, stream);
        streams.incoming += 1;
        self.told = Some(Told::Request { id, shape });
        Ok(())
    }

    fn read_response(&mut self, headers: &Headers<'_>, decoded: Decoded) -> Result<(), Error> {
        let (id, ended) = (headers.stream, headers.end_stream);
        if let Some(full) = decoded.refused {
            return self.fail(id, StreamError::TooLarge(full));
        }
        let Some(stream) = self.streams.table.get_mut(&id) else { return Ok(()) };
        let shape = match ResponseShape::read(self.arena.fields(), stream.method.name(), ended) {
            Ok(shape) => shape,
            Err(malformed) => return self.fail(id, StreamError::Malformed(malformed)),
        };
        if shape.is_informational() {
            if ended {
                return self.fail(id, StreamError::Unexpected(Kind::HEADERS));
            }
        } else {
            stream.expected = shape.length().known();
            stream.reading = match shape.length() {
                Length::Tunnel => Message::Tunnel,
                Length::None => {
                    stream.expected = Some(0);
                    Message::Nothing
                }
                _ => Message::Body,
            };
        }
        if !stream.flags.has(Flags::GONE) {
            self.told = Some(Told::Response { id, shape });
        }
        if ended {
            stream.change(Change::EndReceived);
            if stream.state == State::Closed {
                self.streams.budgets.finished(&self.streams.limits);
            }
            self.streams.settle(id);
        }
        Ok(())
    }

    fn read_trailers(&mut self, headers: &Headers<'_>, decoded: Decoded) -> Result<(), Error> {
        let id = headers.stream;
        let is_tunnel =
            self.streams.table.get(&id).is_some_and(|stream| stream.reading == Message::Tunnel);
        if !headers.end_stream || is_tunnel {
            return self.fail(id, StreamError::Unexpected(Kind::HEADERS));
        }
        if let Some(full) = decoded.refused {
            return self.fail(id, StreamError::TooLarge(full));
        }
        match check_trailers(self.arena.fields()) {
            Ok(()) => self.read_end(id, true),
            Err(malformed) => self.fail(id, StreamError::Malformed(malformed)),
        }
    }
}

/// Reads the parameters of a priority that this crate knows (RFC 9218 §4); what it does not know, or
/// cannot read, stays as it is.
pub(super) fn read_priority(value: &[u8], mut priority: Priority) -> Priority {
    for parameter in value.split(|byte| *byte == b',') {
        match segue_http::trim(parameter) {
            [b'u', b'=', digit @ b'0'..=b'7'] => priority.urgency = digit - b'0',
            b"i" | b"i=?1" => priority.incremental = true,
            b"i=?0" => priority.incremental = false,
            _ => {}
        }
    }
    priority
}

/// The fields behind the pseudo-fields.
pub(super) fn trailers(arena: &Arena, has_trailers: bool) -> Fields<'_> {
    if has_trailers { arena.fields() } else { Fields::EMPTY }
}
