//! Messages that are sent: heads, content, ends.

use bytes::Bytes;
use segue::Output;
use segue_http::{Arena, Field, Fields, Known, Length, RequestHead, ResponseHead};

use super::{
    state::Change,
    stream::{Flags, Message, Method, Out, Stream},
    streams::{Leaving, Streams},
};
use crate::{
    OpenError, PutError, Role,
    frame::{Data, Headers, StreamId},
};

impl Streams {
    /// Opens a stream with a request. Its content follows by [`put`](Self::put) and
    /// [`end`](Self::end), unless its length is [`None`](Length::None).
    ///
    /// Fields that are marked as meant for another connection are left out, and so is `host` where
    /// there is an authority.
    ///
    /// # Errors
    /// [`OpenError`]; nothing is sent then.
    pub fn open(&mut self, head: &RequestHead<'_>) -> Result<StreamId, OpenError> {
        let id = match self.next {
            _ if self.role == Role::Server => return Err(OpenError::Server),
            Some(id) if self.peer.away.is_none() && self.leaving == Leaving::No => id,
            _ => return Err(OpenError::Draining),
        };
        if head.protocol.is_some() && !self.peer.connect_protocol {
            return Err(OpenError::ConnectProtocol);
        }
        if !self.may_open() {
            self.waits = true;
            return Err(OpenError::Full);
        }
        let has_authority = !head.authority.is_empty();
        let fields = head
            .fields
            .iter()
            .filter(|field| !(has_authority && field.name.eq_ignore_ascii_case(b"host")));
        let tunnel = head.method == b"CONNECT";
        let pseudo = [
            (Known::PseudoMethod, head.method),
            (Known::PseudoScheme, head.scheme),
            (Known::PseudoAuthority, head.authority),
            (Known::PseudoPath, head.path),
            (Known::PseudoProtocol, head.protocol.unwrap_or_default()),
        ];
        let pseudo = pseudo.into_iter().filter(|(_, value)| !value.is_empty());
        let pseudo =
            pseudo.map(|(known, value)| Field { name: known.as_str().as_bytes(), value, flags: 0 });
        let ends = head.length == Length::None && !tunnel;
        self.encode(id, pseudo.chain(fields), ends).map_err(OpenError::Put)?;

        let mut stream = Stream::new(self.peer.window, self.initial_window());
        stream.method = Method::of(head.method);
        stream.writing = if tunnel { Message::Tunnel } else { Message::Body };
        if ends {
            stream.change(Change::EndSent);
        }
        self.table.insert(id, stream);
        self.outgoing += 1;
        self.next = id.0.checked_add(2).map(StreamId).filter(|id| *id <= StreamId::MAX);
        self.progress += 1;
        Ok(id)
    }

    /// Answers a request: with an interim response, or with the final one, whose content follows by
    /// [`put`](Self::put) and [`end`](Self::end) unless its length is [`None`](Length::None).
    ///
    /// Fields that are marked as meant for another connection are left out.
    ///
    /// # Errors
    /// [`PutError`]; nothing is sent then.
    pub fn respond(&mut self, id: StreamId, head: &ResponseHead<'_>) -> Result<(), PutError> {
        let stream = self.table.get(&id).ok_or(PutError::Gone)?;
        if !stream.state.sends() {
            return Err(PutError::Gone);
        }
        let is_final = !head.is_informational();
        if self.role == Role::Client || stream.writing != Message::Head {
            return Err(PutError::State);
        }
        if head.status == 101 || !(100..=999).contains(&head.status) {
            return Err(PutError::Status(head.status));
        }
        let ends = is_final && head.length == Length::None;
        let status = [head.status / 100, head.status / 10 % 10, head.status % 10]
            .map(|digit| b'0' + digit.to_le_bytes()[0]);
        let name = Known::PseudoStatus.as_str().as_bytes();
        let pseudo = core::iter::once(Field { name, value: &status, flags: 0 });
        self.encode(id, pseudo.chain(head.fields.iter()), ends)?;
        let Some(stream) = self.table.get_mut(&id) else { return Ok(()) };
        if is_final {
            stream.writing =
                if head.length == Length::Tunnel { Message::Tunnel } else { Message::Body };
        }
        if ends {
            self.end_sent(id);
        }
        Ok(())
    }

    /// Queues content, copied.
    ///
    /// Everything is taken. Stop when there is no [room](Self::has_room), until
    /// [`Writable`](crate::What::Writable).
    ///
    /// # Errors
    /// [`PutError::Gone`] if the stream is not there or was reset, [`PutError::State`] in front of
    /// the head and behind the end.
    pub fn put(&mut self, id: StreamId, data: &[u8]) -> Result<(), PutError> {
        self.output(id)?.put(data);
        Ok(())
    }

    /// Queues content without a copy where it is long.
    ///
    /// # Errors
    /// As [`put`](Self::put).
    pub fn put_bytes(&mut self, id: StreamId, data: Bytes) -> Result<(), PutError> {
        self.output(id)?.put_bytes(data);
        Ok(())
    }

    fn output(&mut self, id: StreamId) -> Result<&mut Output, PutError> {
        let stream = self.table.get_mut(&id).ok_or(PutError::Gone)?;
        match stream.writing {
            _ if !stream.state.sends() => return Err(PutError::Gone),
            Message::Body | Message::Tunnel => {}
            Message::Head | Message::Ending | Message::Nothing => return Err(PutError::State),
        }
        self.turns.enqueue(id, stream.priority);
        let (spare, high_water) = (&mut self.spare, self.limits.output);
        let out = stream.out.get_or_insert_with(|| Out::reused(spare, high_water));
        Ok(&mut out.data)
    }

    /// Returns true if the output of a stream is below its [high-water mark](crate::Limits::output). If it
    /// is not, [`Writable`](crate::What::Writable) tells when it is.
    #[must_use]
    pub fn has_room(&mut self, id: StreamId) -> bool {
        let Some(stream) = self.table.get_mut(&id) else { return false };
        let has_room = stream.out.as_ref().is_none_or(|out| out.data.has_room());
        if !has_room {
            stream.flags.set(Flags::FULL);
        }
        has_room && stream.state.sends()
    }

    /// Returns the number of bytes put on a stream that have not gone into frames.
    #[must_use]
    pub fn unsent(&self, id: StreamId) -> usize {
        self.table.get(&id).map_or(0, Stream::unsent)
    }

    /// Ends the message behind what was put on the stream, with these trailers if there are any.
    ///
    /// # Errors
    /// As [`put`](Self::put), and for trailers that cannot be sent; then the message has not ended.
    pub fn end(&mut self, id: StreamId, trailers: Fields<'_>) -> Result<(), PutError> {
        let stream = self.table.get(&id).ok_or(PutError::Gone)?;
        match stream.writing {
            _ if !stream.state.sends() => return Err(PutError::Gone),
            Message::Tunnel if !trailers.is_empty() => return Err(PutError::State),
            Message::Body | Message::Tunnel => {}
            Message::Head | Message::Ending | Message::Nothing => return Err(PutError::State),
        }
        let mut kept = None;
        if trailers.iter().next().is_some() {
            let mut arena = Arena::with_limits(self.limits.fields);
            arena.extend(trailers).map_err(PutError::Full)?;
            self.encoder.check_only(arena.fields().lines(), check)?;
            kept = Some(arena);
        }
        let Some(stream) = self.table.get_mut(&id) else { return Ok(()) };
        stream.writing = Message::Ending;
        if kept.is_some() {
            let (spare, high_water) = (&mut self.spare, self.limits.output);
            stream.out.get_or_insert_with(|| Out::reused(spare, high_water)).trailers = kept;
        }
        self.turns.enqueue(id, stream.priority);
        Ok(())
    }

    /// Encodes a head, and queues it.
    pub(super) fn encode<'a>(
        &mut self,
        stream: StreamId,
        fields: impl Iterator<Item = Field<'a>> + Clone,
        end_stream: bool,
    ) -> Result<(), PutError> {
        self.scratch.clear();
        self.encoder.encode_checked(fields, &mut self.scratch, check)?;
        Headers { stream, block: &self.scratch, end_stream, dependency: None }
            .encode(self.peer.max_frame, &mut self.control);
        Ok(())
    }

    /// Encodes trailers, which were checked, behind the data of their stream.
    pub(super) fn encode_trailers(
        &mut self,
        stream: StreamId,
        trailers: &Arena,
        output: &mut Output,
    ) {
        self.scratch.clear();
        if self.encoder.encode(trailers.fields().lines(), &mut self.scratch).is_err() {
            // The peer's limit has become smaller: the message ends without them.
            self.scratch.clear();
        }
        if self.scratch.is_empty() {
            Data::encode_header(stream, 0, true, output);
        } else {
            Headers { stream, block: &self.scratch, end_stream: true, dependency: None }
                .encode(self.peer.max_frame, output);
        }
    }

    /// Answers a request whose head is larger than the limits (RFC 6585 §5).
    pub(super) fn answer_too_large(&mut self, id: StreamId) {
        let status = segue_http::Field {
            name: segue_http::Known::PseudoStatus.as_str().as_bytes(),
            value: b"431",
            flags: 0,
        };
        // A peer that takes no head of this size gets the reset alone.
        let _ = self.encode(id, core::iter::once(status), true);
    }
}

/// Checks that a field is not meant for one connection (RFC 9113 §8.2.2).
fn check(line: usize, field: &Field<'_>) -> Result<(), PutError> {
    let is_te = field.name == b"te" && field.value == b"trailers";
    let is_hop = Known::of(field.name).is_some_and(Known::is_hop_by_hop);
    if is_hop && !is_te { Err(PutError::Connection(line)) } else { Ok(()) }
}
