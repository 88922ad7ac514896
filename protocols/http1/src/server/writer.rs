//! The writing half of a server.

use core::time::Duration;

use alloc::string::ToString;
use bytes::Bytes;
use segue::{Encode, Fault, Output};
use segue_http::Date;

use crate::announce::{Announced, Notes, is_encoding, put_length};
use crate::encode::{self, put_header, put_status_line};
use crate::machine::{Event, Kind, Shared, State, Word};
use crate::sending::Sending;
use crate::{End, Error, HeaderLine, Payload, ResponseParts, Trailers, Version, Whole, WriteError};

/// A writer of the responses of a connection, in the order of the requests that its
/// [`Reader`](super::Reader) reads.
///
/// Items:
/// - [`ResponseParts`]: a head. 1xx heads are informational, and the final one follows. 101 changes
///   the protocol, if the request has offered that, and so does a 2xx to `CONNECT`.
/// - `&[u8]` and [`Bytes`]: a piece of the body.
/// - [`End`] or [`Trailers`]: the end of the response.
/// - [`Whole`]: all of that at once.
/// - `&Fault<Error>`: the answer to a client that has broken the rules.
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
}

/// The kind of response that a head begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ResponseKind {
    Informational,
    Switch,
    Final,
}

/// The framing of the body behind a head, and the event for the state machine.
#[derive(Debug, Clone, Copy)]
struct Plan {
    sending: Sending,
    event: Event,
}

impl Writer {
    pub(crate) fn new(shared: Shared) -> Self {
        Self { shared, sending: Sending::Nothing, date: None }
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
    /// writer.encode(Whole::new(ResponseParts::new(204, [("", ""); 0]), &b""[..]), &mut output)?;
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
        matches!(word.responses(), State::Ended | State::Switched) || (read && word.owed() == 0)
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
                notes.note(&line);
                if !(http10 && is_encoding(line.name())) {
                    put_header(&line, output).map_err(WriteError::Head)?;
                }
            }
            let (plan, added) = match form {
                ResponseKind::Final => final_plan(word, kind, status, http10, whole, notes),
                _ => other_plan(word, kind, form, status, http10, whole, notes),
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
            State::Ended => Err(WriteError::Closing),
            State::Switched => Err(WriteError::Switched),
            _ => Err(WriteError::NoRequest),
        }
    }

    fn finish(&mut self) {
        self.shared.apply(Event::ResponseEnd);
    }
}

impl ResponseKind {
    fn of(status: u16, kind: Kind) -> Self {
        match status {
            101 => Self::Switch,
            100..=199 => Self::Informational,
            200..=299 if kind.is_connect() => Self::Switch,
            _ => Self::Final,
        }
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

/// A header line that is added to those of the caller.
#[derive(Debug, Clone, Copy)]
enum Added {
    Length(u64),
    Chunked,
    Upgrade,
    Close,
    KeepAlive,
}

impl Added {
    #[inline]
    fn put(self, output: &mut Output) {
        match self {
            Self::Length(length) => put_length(length, output),
            Self::Chunked => output.put(b"Transfer-Encoding: chunked\r\n"),
            Self::Upgrade => output.put(b"Connection: Upgrade\r\n"),
            Self::Close => output.put(b"Connection: close\r\n"),
            Self::KeepAlive => output.put(b"Connection: keep-alive\r\n"),
        }
    }
}

type Planned = Result<(Plan, [Option<Added>; 2]), WriteError>;

/// An informational response, or one that changes the protocol: there is no body in either.
fn other_plan(
    word: Word,
    kind: Kind,
    form: ResponseKind,
    status: u16,
    http10: bool,
    whole: Option<u64>,
    notes: Notes,
) -> Planned {
    if whole.is_some() {
        return Err(WriteError::Informational);
    }
    if notes.announced()? != Announced::Nothing {
        return Err(WriteError::Framing);
    }
    let plan = |event| Plan { sending: Sending::Nothing, event };
    if form == ResponseKind::Informational {
        let event = Event::Informational { status };
        return if http10 { Err(WriteError::Http10) } else { Ok((plan(event), [None, None])) };
    }
    let names_protocol = notes.upgrade && !kind.is_connect();
    if (status == 101 && !names_protocol) || word.after(Event::Switch).is_none() {
        return Err(WriteError::NotOffered);
    }
    let bare = status == 101 && !notes.connection_upgrade;
    Ok((plan(Event::Switch), [bare.then_some(Added::Upgrade), None]))
}

/// Plans a final response: the framing of its body (RFC 9112 §6.3), and the end of the connection
/// (RFC 9112 §9.3).
fn final_plan(
    word: Word,
    kind: Kind,
    status: u16,
    http10: bool,
    whole: Option<u64>,
    notes: Notes,
) -> Planned {
    let framing = match notes.announced()? {
        // It was left out.
        Announced::Chunked if http10 => Announced::Nothing,
        framing => framing,
    };
    let framing = match (whole, framing) {
        (Some(whole), Announced::Length(length)) if whole != length => {
            return Err(WriteError::Framing);
        }
        (Some(_), Announced::Chunked) => return Err(WriteError::Framing),
        (_, framing) => framing,
    };
    let (sending, added) = match status {
        204 if framing != Announced::Nothing => return Err(WriteError::Framing),
        204 | 304 => match whole {
            Some(1..) => return Err(WriteError::NoBody),
            _ => (Sending::Empty, None),
        },
        _ => match (framing, whole) {
            (Announced::Length(length), _) => (Sending::Known(length), None),
            (Announced::Chunked, _) => (Sending::Chunked, None),
            (Announced::Nothing, Some(length)) => {
                (Sending::Known(length), Some(Added::Length(length)))
            }
            (Announced::Nothing, None) if kind.is_head() => (Sending::Dropped, None),
            (Announced::Nothing, None) if http10 => (Sending::UntilClose, None),
            (Announced::Nothing, None) => (Sending::Chunked, Some(Added::Chunked)),
        },
    };
    let unheard = word.expects() && word.owed() == 1;
    let closes = notes.close || sending == Sending::UntilClose || word.answers_last() || unheard;
    let connection = match (closes, http10) {
        (true, _) if !notes.close => Some(Added::Close),
        (false, true) if !notes.keep_alive => Some(Added::KeepAlive),
        _ => None,
    };
    let sending = match sending {
        Sending::Empty => Sending::Empty,
        _ if kind.is_head() => Sending::Dropped,
        sending => sending,
    };
    Ok((Plan { sending, event: Event::Response { closes, http10: false } }, [added, connection]))
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
