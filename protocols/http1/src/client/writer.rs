//! The writing half of a client.

use bytes::Bytes;
use segue::{Encode, Output};
use segue_http::Target;

use crate::announce::{Announced, Notes, put_length};
use crate::encode::{self, put_header, put_request_line};
use crate::machine::{Event, Kind, Shared, State, Word};
use crate::sending::Sending;
use crate::{
    End, ForwardedTrailers, HeaderLine, Payload, RequestParts, Trailers, Version, Whole, WriteError,
};

/// A writer of the requests of a connection, whose answers its [`Reader`](super::Reader) reads.
///
/// Items:
/// - [`RequestParts`]: a head.
/// - `&[u8]` and [`Bytes`]: a piece of the body.
/// - [`End`] or [`Trailers`]: the end of the request.
/// - [`Whole`]: all of that at once.
/// - [`&RequestHead`](segue_http::RequestHead) and [`ForwardedTrailers`]: a request that was read
///   elsewhere, sent on.
///
/// A request has a body if the given headers announce one, by `Content-Length` or
/// `Transfer-Encoding: chunked`, or if it is [`Whole`]. The next request may be sent before this
/// one is answered, up to [`Limits::pipelined`](crate::Limits::pipelined); do so only with requests
/// that can be repeated (RFC 9112 §9.3.2). After a request that offers another protocol, or `CONNECT`,
/// wait for the answer.
///
/// The writer knows what its [`Reader`](super::Reader) has read. A server whose last answer was of
/// HTTP/1.0 is sent no chunks (RFC 9112 §6.1), and no further request unless it has said
/// `keep-alive`. After a refused answer no more requests are accepted.
///
/// Items are checked before any byte is queued, so a refused item leaves the output and the
/// connection as they were.
///
/// ```
/// use segue::{Encode, Output};
/// use segue_http1::{End, RequestParts, Whole, WriteError};
///
/// let (_, mut writer) = segue_http1::client();
/// let mut output = Output::new();
/// writer.encode(RequestParts::new("PUT", "/", [("Host", "a"), ("Content-Length", "5")]), &mut output)?;
/// writer.encode(&b"hel"[..], &mut output)?;
/// assert_eq!(writer.encode(End, &mut output), Err(WriteError::TooShort(2)));
/// assert_eq!(writer.encode(&b"lo!"[..], &mut output), Err(WriteError::TooLong));
/// writer.encode(&b"lo"[..], &mut output)?;
/// writer.encode(End, &mut output)?;
/// assert_eq!(output.to_vec(), b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
/// # Ok::<(), WriteError>(())
/// ```
#[derive(Debug)]
pub struct Writer {
    shared: Shared,
    sending: Sending,
    /// The trailers left out of the last request.
    dropped: usize,
}

/// The use that a connection still has for a client: see [`Writer::good_for`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoodFor {
    /// Another request, once the limit of unanswered ones allows it.
    Requests,
    /// The rest of the request under way, and requests behind it.
    Body,
    /// Answers to what has been sent; no more requests.
    Answers,
    /// Nothing: close it, or leave it to the other protocol.
    Nothing,
}

impl Writer {
    pub(crate) fn new(shared: Shared) -> Self {
        Self { shared, sending: Sending::Nothing, dropped: 0 }
    }

    /// Returns the number of requests that have not been answered to the end.
    #[must_use]
    pub fn unanswered(&self) -> u32 {
        self.shared.load().owed()
    }

    /// Returns true if the server was asked for `100 Continue` and has sent neither that nor
    /// anything else. The body may wait for it, but not for ever (RFC 9110 §10.1.1).
    #[must_use]
    pub fn awaits_continue(&self) -> bool {
        self.shared.load().expects()
    }

    /// Returns what the connection can still be used for.
    ///
    /// After an early answer, such as a 417 or a 413 before the body has been sent, that is the
    /// rest of the body if the connection is to be kept: send it, or [`abandon`](Self::abandon) it
    /// and close.
    #[must_use]
    pub fn good_for(&self) -> GoodFor {
        let word = self.shared.load();
        match word.responses() {
            State::Switched | State::Ended | State::Failed => GoodFor::Nothing,
            _ if self.is_open() && !self.sending.is_done() => GoodFor::Body,
            _ if self.is_open() && word.requests() == State::Idle => GoodFor::Requests,
            _ if word.owed() > 0 => GoodFor::Answers,
            _ => GoodFor::Nothing,
        }
    }

    /// Returns true if the request under way has been answered before its end, so that the server
    /// may not want the rest of its body (RFC 9112 §9.3).
    #[must_use]
    pub fn is_answered_early(&self) -> bool {
        let word = self.shared.load();
        let answered = word.owed() == 0 || (word.owed() == 1 && word.responses() == State::Body);
        !self.sending.is_done() && self.sending != Sending::Empty && answered
    }

    /// Gives the request under way up: nothing more is sent of it or behind it, and the server finds
    /// it truncated once the connection is closed (RFC 9112 §8). Its answer can still be read.
    /// Without one under way nothing happens.
    pub fn abandon(&mut self) {
        if self.sending != Sending::Empty && !self.sending.is_done() {
            self.shared.apply(Event::Fault);
        }
        self.sending = Sending::Nothing;
    }

    /// Returns the number of trailers that were left out of the last request that
    /// [`ForwardedTrailers`] ended.
    #[must_use]
    pub fn dropped_trailers(&self) -> usize {
        self.dropped
    }

    /// Returns true if another request can be sent on this connection, now or once the one under
    /// way has ended.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let word = self.shared.load();
        let open = matches!(word.requests(), State::Idle | State::Body | State::Offered);
        open && !word.requests_close() && !word.response_closes()
    }

    fn head<H>(
        &mut self,
        parts: RequestParts<'_, H>,
        whole: Option<u64>,
        output: &mut Output,
    ) -> Result<(), WriteError>
    where
        H: IntoIterator<Item: HeaderLine>,
    {
        let word = self.shared.load();
        match word.requests() {
            _ if !self.sending.is_done() => return Err(WriteError::Unfinished),
            State::Idle if word.owed() >= self.shared.max_owed() => {
                return Err(WriteError::TooManyRequests);
            }
            State::Idle => {}
            State::Offered => return Err(WriteError::Waiting),
            State::Switched => return Err(WriteError::Switched),
            _ => return Err(WriteError::Closing),
        }
        let RequestParts { method, target, version, headers } = parts;
        encode::whole(output, |output| {
            put_request_line(method, target, version, output).map_err(WriteError::Head)?;
            if Target::read_for(method.as_bytes(), target).is_none() {
                return Err(WriteError::TargetForm);
            }
            let mut notes = Notes::default();
            for line in headers {
                notes.note(&line);
                put_header(&line, output).map_err(WriteError::Head)?;
            }
            let (sending, step, length) =
                planned(method, version, word.server_is_http10(), whole, notes)?;
            if let Some(length) = length {
                put_length(length, output);
            }
            output.put(b"\r\n");
            if let Some(offered) = &notes.upgrade {
                self.shared.offer(offered);
            }
            if !self.shared.apply(step) {
                // The plan was possible when it was made; an answer that closes may have arrived
                // since.
                return Err(WriteError::Closing);
            }
            self.sending = sending;
            // The server knows that it has the whole, and may answer.
            if sending == Sending::Empty {
                self.shared.apply(Event::RequestEnd);
            }
            Ok(())
        })
    }

    fn piece(&mut self, piece: impl Payload, output: &mut Output) -> Result<(), WriteError> {
        let word = self.shared.load();
        self.still_heard(word)?;
        self.sending.piece(piece, output)?;
        if word.expects() {
            self.shared.apply(Event::RequestPiece);
        }
        Ok(())
    }

    /// Fails if the server's answers can no longer be understood.
    fn still_heard(&self, word: Word) -> Result<(), WriteError> {
        match word.responses() {
            State::Failed if !self.sending.is_done() => Err(WriteError::Closing),
            _ => Ok(()),
        }
    }

    /// Ends the request by `end`.
    fn finish(
        &mut self,
        end: impl FnOnce(&mut Sending) -> Result<usize, WriteError>,
    ) -> Result<(), WriteError> {
        self.still_heard(self.shared.load())?;
        let has_ended = self.sending == Sending::Empty;
        self.dropped = end(&mut self.sending)?;
        if !has_ended {
            self.shared.apply(Event::RequestEnd);
        }
        Ok(())
    }
}

/// Plans the framing of a request's body (RFC 9112 §6.3) and the `Content-Length` to add.
fn planned(
    method: &str,
    version: Version,
    server_is_http10: bool,
    whole: Option<u64>,
    notes: Notes,
) -> Result<(Sending, Event, Option<u64>), WriteError> {
    let http10 = version == Version::Http10;
    if notes.hosts > 1 || (notes.hosts == 0 && !http10) || notes.bad_host {
        return Err(WriteError::Host);
    }
    if notes.upgrade.is_some_and(|offered| !offered.is_whole()) {
        return Err(WriteError::TooManyProtocols);
    }
    let (sending, added) = match (notes.announced()?, whole) {
        (Announced::Chunked, _) if http10 || server_is_http10 => return Err(WriteError::Http10),
        // No server has to know another coding (RFC 9112 §6.1), and ours does not.
        (Announced::Chunked, _) if notes.coded => return Err(WriteError::Framing),
        (Announced::Chunked, Some(_)) => return Err(WriteError::Framing),
        (Announced::Length(length), Some(whole)) if length != whole => {
            return Err(WriteError::Framing);
        }
        (Announced::Chunked, None) => (Sending::Chunked, None),
        (Announced::Length(length), _) => (Sending::Known(length), None),
        (Announced::Nothing, Some(length @ 1..)) => (Sending::Known(length), Some(length)),
        // These methods expect a body, so an empty one is announced as well (RFC 9110 §8.6).
        (Announced::Nothing, _) if matches!(method, "POST" | "PUT" | "PATCH") => {
            (Sending::Empty, Some(0))
        }
        (Announced::Nothing, _) => (Sending::Empty, None),
    };
    let has_body = !matches!(sending, Sending::Empty | Sending::Known(0));
    if method == "CONNECT" && (has_body || sending != Sending::Empty) {
        return Err(WriteError::NoBody);
    }
    if notes.expects && !has_body {
        return Err(WriteError::Expect);
    }
    let step = Event::Request {
        kind: Kind::of(
            method.as_bytes(),
            http10,
            notes.upgrade.is_some() && notes.connection_upgrade,
        ),
        closes: notes.close || (http10 && !notes.keep_alive),
        // A server of HTTP/1.0 does not know what is expected of it, and says nothing to that.
        expects: notes.expects && !http10 && !server_is_http10,
    };
    Ok((sending, step, added))
}

impl<H> Encode<RequestParts<'_, H>> for Writer
where
    H: IntoIterator<Item: HeaderLine>,
{
    type Error = WriteError;

    fn encode(
        &mut self,
        parts: RequestParts<'_, H>,
        output: &mut Output,
    ) -> Result<(), WriteError> {
        self.head(parts, None, output)
    }
}

impl<H, B> Encode<Whole<RequestParts<'_, H>, B>> for Writer
where
    H: IntoIterator<Item: HeaderLine>,
    B: Payload,
{
    type Error = WriteError;

    fn encode(
        &mut self,
        whole: Whole<RequestParts<'_, H>, B>,
        output: &mut Output,
    ) -> Result<(), WriteError> {
        let Whole { head, body } = whole;
        self.head(head, Some(body.as_ref().len() as u64), output)?;
        // It has the length that was just announced.
        self.piece(body, output)?;
        self.encode(End, output)
    }
}

/// A piece of the body.
impl Encode<&[u8]> for Writer {
    type Error = WriteError;

    fn encode(&mut self, piece: &[u8], output: &mut Output) -> Result<(), WriteError> {
        self.piece(piece, output)
    }
}

/// A piece of the body. From [`Output::WHOLE`] bytes on it is not copied.
impl Encode<Bytes> for Writer {
    type Error = WriteError;

    fn encode(&mut self, piece: Bytes, output: &mut Output) -> Result<(), WriteError> {
        self.piece(piece, output)
    }
}

impl Encode<End> for Writer {
    type Error = WriteError;

    fn encode(&mut self, _: End, output: &mut Output) -> Result<(), WriteError> {
        self.finish(|sending| sending.end(output).map(|()| 0))
    }
}

impl<H> Encode<Trailers<H>> for Writer
where
    H: IntoIterator<Item: HeaderLine>,
{
    type Error = WriteError;

    fn encode(&mut self, trailers: Trailers<H>, output: &mut Output) -> Result<(), WriteError> {
        self.finish(|sending| sending.trailers(trailers.0, output).map(|()| 0))
    }
}

/// The end, with the trailers of a message that was read.
impl Encode<ForwardedTrailers<'_>> for Writer {
    type Error = WriteError;

    fn encode(
        &mut self,
        trailers: ForwardedTrailers<'_>,
        output: &mut Output,
    ) -> Result<(), WriteError> {
        self.finish(|sending| sending.forwarded(trailers.0, output))
    }
}
