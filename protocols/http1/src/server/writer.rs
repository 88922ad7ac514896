//! The writing half of a server.

use core::time::Duration;

use alloc::string::ToString;
use bytes::Bytes;
use segue::{Encode, Fault, Output};
use segue_http::{Date, reason};

use super::plan::{Given, ResponseKind, final_plan, other_plan};
use crate::announce::{Notes, is_encoding, is_framing};
use crate::encode::{self, put_header, put_status_line};
use crate::machine::{Event, Kind, Shared, State, Word};
use crate::sending::Sending;
use crate::{
    End, Error, ForwardedTrailers, HeaderLine, Payload, Refusal, ResponseParts, Trailers, Version,
    Whole, WriteError,
};

/// A writer of the responses of a connection, in the order of the requests that its
/// [`Reader`](super::Reader) reads.
///
/// Items:
/// - [`ResponseParts`]: a head. 1xx heads are informational, and the final one follows. 101 changes
///   the protocol, if the request has offered that, and so does a 2xx to `CONNECT`.
/// - `&[u8]` and [`Bytes`]: a piece of the body.
/// - [`End`] or [`Trailers`]: the end of the response.
/// - [`Whole`]: all of that at once.
/// - [`&ResponseHead`](segue_http::ResponseHead) and [`ForwardedTrailers`]: a response that was
///   read elsewhere, sent on.
/// - `&Fault<Error>`: the answer to a client that has broken the rules.
/// - [`Refusal`]: the answer to one that is too slow, or too much.
///
/// The given headers decide the framing of the body: `Content-Length` or `Transfer-Encoding:
/// chunked`. With neither, the body is sent in chunks, or, to an HTTP/1.0 client, up to the end of
/// the connection. A body for `HEAD` is accepted and not sent. `Connection: close` and `keep-alive`
/// are added where they are due. To close, give that header yourself; [`is_done`](Self::is_done)
/// tells when. A `Date` is added once the [time is set](Self::set_time).
///
/// Items are checked before any byte is queued, so a refused item leaves the output and the
/// connection as they were.
///
/// ```
/// use segue::{Buffer, Encode, Output, Step};
/// use segue_http1::{End, RequestEvent, ResponseParts, Trailers, WriteError};
///
/// let (mut requests, mut writer) = segue_http1::server();
/// let mut output = Output::new();
/// let early = writer.encode(ResponseParts::new(200, [("A", "b")]), &mut output);
/// assert_eq!(early, Err(WriteError::NoRequest));
///
/// let mut buffer = Buffer::from(&b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"[..]);
/// while let Step::Item(_) = buffer.step(&mut requests, false, &mut output)? {}
/// writer.encode(ResponseParts::new(200, [("Trailer", "Sum")]), &mut output)?;
/// writer.encode(&b"hello"[..], &mut output)?;
/// writer.encode(Trailers([("Sum", "5")]), &mut output)?;
/// assert_eq!(
///     output.to_vec().escape_ascii().to_string().replace("\\r\\n", "|"),
///     "HTTP/1.1 200 OK|Trailer: Sum|Transfer-Encoding: chunked|Connection: close||\
///      5|hello|0|Sum: 5||",
/// );
/// assert!(writer.is_done());
/// assert_eq!(writer.encode(End, &mut output), Err(WriteError::NoHead));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Writer {
    shared: Shared,
    sending: Sending,
    /// The current time, once it was set.
    date: Option<DateLine>,
    /// A connection goes on behind a CONNECT that was declined.
    keeps_declined: bool,
    /// The trailers left out of the last response.
    dropped: usize,
}

impl Writer {
    pub(crate) fn new(shared: Shared) -> Self {
        Self { shared, sending: Sending::Nothing, date: None, keeps_declined: false, dropped: 0 }
    }

    /// Sets the current time, counted from the beginning of 1970 (UTC). From then on a `Date` is
    /// added to final responses that have none, as a server with a clock must do (RFC 9110 §6.6.1).
    ///
    /// The clock is the caller's: for instance
    /// `SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)`, read before an answer is queued.
    /// A set time holds until another is set. The line is kept, and made anew for another second.
    ///
    /// ```
    /// use core::time::Duration;
    /// use segue::{Buffer, Encode, Output, Step};
    /// use segue_http1::{ResponseParts, Whole};
    ///
    /// let (mut requests, mut writer) = segue_http1::server();
    /// let (mut buffer, mut output) = (Buffer::from(&b"GET / HTTP/1.0\r\n\r\n"[..]), Output::new());
    /// while let Step::Item(_) = buffer.step(&mut requests, false, &mut output)? {}
    /// writer.set_time(Duration::from_secs(784_111_777));
    /// writer.encode(Whole::new(ResponseParts::bare(204), &b""[..]), &mut output)?;
    /// assert_eq!(
    ///     output.to_vec().escape_ascii().to_string().replace("\\r\\n", "|"),
    ///     "HTTP/1.1 204 No Content|Connection: close|Date: Sun, 06 Nov 1994 08:49:37 GMT||",
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn set_time(&mut self, since_1970: Duration) {
        let second = since_1970.as_secs();
        if self.date.as_ref().is_none_or(|date| date.second != second) {
            self.date = Some(DateLine::of(since_1970));
        }
    }

    /// Keeps connections behind a `CONNECT` that is declined, or closes them, which is the default.
    ///
    /// A client that does not wait for the answer sends the bytes of its tunnel right behind the
    /// request, and these must not be read as a request (RFC 9931). Keep connections only for
    /// clients that are known to wait, as some must that answer 407 on the connection that it
    /// came over.
    pub fn keep_declined_connects(&mut self, kept: bool) {
        self.keeps_declined = kept;
    }

    /// Returns true if a request waits for an answer, or for the rest of one.
    #[must_use]
    pub fn owes(&self) -> bool {
        self.shared.load().owed() > 0
    }

    /// Returns true if the client waits for `100 Continue` before it sends the body of its request,
    /// and all requests before it have been answered. A final response instead closes the
    /// connection, since the body may come or not (RFC 9110 §10.1.1).
    #[must_use]
    pub fn is_awaited(&self) -> bool {
        self.shared.load().expects_now()
    }

    /// Returns true if nothing more can be sent: the connection is to be closed, or belongs to
    /// another protocol.
    #[must_use]
    pub fn is_done(&self) -> bool {
        let word = self.shared.load();
        let read = matches!(word.requests(), State::Ended | State::Failed);
        matches!(word.responses(), State::Ended | State::Switched | State::Failed)
            || (read && word.owed() == 0)
    }

    /// Gives the response under way up: nothing more is sent of it, and the connection is to be
    /// closed, by a reset if its length is the end of the connection. The client finds it
    /// truncated (RFC 9112 §8). Without one under way nothing happens.
    pub fn abandon(&mut self) {
        if !self.sending.is_done() {
            self.sending = Sending::Nothing;
            self.shared.apply(Event::ResponseFault);
        }
    }

    /// Returns the number of trailers that were left out of the last response that
    /// [`ForwardedTrailers`] ended.
    #[must_use]
    pub fn dropped_trailers(&self) -> usize {
        self.dropped
    }

    /// Returns true if a change of protocol has been agreed on.
    #[must_use]
    pub fn is_switched(&self) -> bool {
        self.shared.load().responses() == State::Switched
    }

    /// Writes a head, for a body of `whole` bytes that follows it at once if that is given.
    fn head<H>(
        &mut self,
        parts: ResponseParts<'_, H>,
        whole: Option<u64>,
        output: &mut Output,
    ) -> Result<(), WriteError>
    where
        H: IntoIterator<Item: HeaderLine>,
    {
        let word = self.shared.load();
        let kind = self.next(word)?;
        let (status, http10) = (parts.status, kind.is_http10() || parts.version == Version::Http10);
        let form = ResponseKind::of(status, kind);
        encode::whole(output, |output| {
            let ResponseParts { version, reason, headers, .. } = parts;
            put_status_line(version, status, reason, output).map_err(WriteError::Head)?;
            let mut notes = Notes::default();
            for line in headers {
                if form.is_silent(status) && is_framing(line.name()) {
                    continue;
                }
                notes.note(&line);
                if !(http10 && is_encoding(line.name())) {
                    put_header(&line, output).map_err(WriteError::Head)?;
                }
            }
            let given = Given { word, kind, status, http10, whole, notes };
            let (plan, added) = match form {
                ResponseKind::Final => final_plan(given, kind.is_connect() && !self.keeps_declined),
                _ => other_plan(given, form, &self.shared.offered()),
            }?;
            added.into_iter().flatten().for_each(|line| line.put(output));
            match &self.date {
                Some(date) if form == ResponseKind::Final && !notes.date => output.put(&date.line),
                _ => {}
            }
            output.put(b"\r\n");
            if !self.shared.apply(plan.event) {
                // The plan was possible when it was made.
                return Err(WriteError::NoRequest);
            }
            self.sending = plan.sending;
            Ok(())
        })
    }

    /// The request that is answered next.
    fn next(&self, word: Word) -> Result<Kind, WriteError> {
        match word.responses() {
            _ if !self.sending.is_done() => Err(WriteError::Unfinished),
            State::Owed => word.oldest().ok_or(WriteError::NoRequest),
            State::Ended | State::Failed => Err(WriteError::Closing),
            State::Switched => Err(WriteError::Switched),
            _ => Err(WriteError::NoRequest),
        }
    }

    /// Takes the content of a response that can have none, and sends nothing of it.
    pub(crate) fn drop_body(&mut self) {
        self.sending = Sending::Dropped;
    }

    fn finish(&mut self) {
        self.shared.apply(Event::ResponseEnd);
    }
}

/// The header line that tells a second.
#[derive(Debug, Clone)]
struct DateLine {
    second: u64,
    line: [u8; 37],
}

impl DateLine {
    #[cold]
    fn of(since_1970: Duration) -> Self {
        let date = Date::of(since_1970);
        let mut line = *b"Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n";
        line[6..35].copy_from_slice(date.as_bytes());
        Self { second: date.second(), line }
    }
}

impl<H> Encode<ResponseParts<'_, H>> for Writer
where
    H: IntoIterator<Item: HeaderLine>,
{
    type Error = WriteError;

    fn encode(
        &mut self,
        parts: ResponseParts<'_, H>,
        output: &mut Output,
    ) -> Result<(), WriteError> {
        self.head(parts, None, output)
    }
}

impl<H, B> Encode<Whole<ResponseParts<'_, H>, B>> for Writer
where
    H: IntoIterator<Item: HeaderLine>,
    B: Payload,
{
    type Error = WriteError;

    fn encode(
        &mut self,
        whole: Whole<ResponseParts<'_, H>, B>,
        output: &mut Output,
    ) -> Result<(), WriteError> {
        let Whole { head, body } = whole;
        self.head(head, Some(body.as_ref().len() as u64), output)?;
        // It has the length that was just announced.
        self.sending.piece(body, output)?;
        self.encode(End, output)
    }
}

/// A piece of the body.
impl Encode<&[u8]> for Writer {
    type Error = WriteError;

    fn encode(&mut self, piece: &[u8], output: &mut Output) -> Result<(), WriteError> {
        self.sending.piece(piece, output)
    }
}

/// A piece of the body. From [`Output::WHOLE`] bytes on it is not copied.
impl Encode<Bytes> for Writer {
    type Error = WriteError;

    fn encode(&mut self, piece: Bytes, output: &mut Output) -> Result<(), WriteError> {
        self.sending.piece(piece, output)
    }
}

impl Encode<End> for Writer {
    type Error = WriteError;

    fn encode(&mut self, _: End, output: &mut Output) -> Result<(), WriteError> {
        self.sending.end(output)?;
        self.finish();
        Ok(())
    }
}

impl<H> Encode<Trailers<H>> for Writer
where
    H: IntoIterator<Item: HeaderLine>,
{
    type Error = WriteError;

    fn encode(&mut self, trailers: Trailers<H>, output: &mut Output) -> Result<(), WriteError> {
        self.sending.trailers(trailers.0, output)?;
        self.finish();
        Ok(())
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
        self.dropped = self.sending.forwarded(trailers.0, output)?;
        self.finish();
        Ok(())
    }
}

/// An answer that no request has asked for: see [`Refusal`].
impl Encode<Refusal> for Writer {
    type Error = WriteError;

    fn encode(&mut self, refusal: Refusal, output: &mut Output) -> Result<(), WriteError> {
        if !self.sending.is_done() || self.shared.load().owed() > 1 {
            return Err(WriteError::Unfinished);
        }
        self.shared.apply(Event::Fault);
        let body = [reason(refusal.0), "\n"].concat();
        let headers = [("Content-Type", "text/plain"), ("Connection", "close")];
        self.encode(Whole::new(ResponseParts::new(refusal.0, headers), body.as_bytes()), output)
    }
}

/// Answers a client that has broken the rules: [`Error::status`] with the fault in words as its
/// body, then the connection closes. A request that ends too early is answered with 400.
///
/// Fails with [`WriteError::Unfinished`] while an answer is under way or requests before the bad
/// one are unanswered, and with [`WriteError::NoRequest`] if the bad one has been answered.
impl Encode<&Fault<Error>> for Writer {
    type Error = WriteError;

    fn encode(&mut self, fault: &Fault<Error>, output: &mut Output) -> Result<(), WriteError> {
        // If it was found while reading, it is known already; a truncation only the driver sees.
        self.shared.apply(Event::Fault);
        if self.shared.load().owed() > 1 {
            return Err(WriteError::Unfinished);
        }
        let status = fault.error().map_or(400, Error::status);
        let body = fault.to_string() + "\n";
        let kind = [("Content-Type", "text/plain; charset=utf-8")];
        self.encode(Whole::new(ResponseParts::new(status, kind), body.as_bytes()), output)
    }
}
