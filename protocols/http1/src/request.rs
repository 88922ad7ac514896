use core::fmt;

use segue::{Decode, Fault, Framing, Output, Record};
use segue_http::{Fields, is_token};

use crate::block::Machine;
use crate::lines::{RequestLine, Stop};
use crate::named::Named;
use crate::stage::{INLINE, Stage, Start};
use crate::text::ascii;
use crate::{Error, Limits, Relaxed, Version};
use segue_http::class::{TOKEN, is};

/// A stage that reads the head of one request: its request line and headers (RFC 9112 §2.1, §3,
/// §5).
///
/// The stage is done with the empty line that ends the head; the bytes that follow are left to the
/// next stage. Empty lines before the head are skipped (RFC 9112 §2.2). The item borrows everything
/// from the buffer, and the list of headers from the stage, which allocates for more than 32 of
/// them.
///
/// A stream that ends before the empty line is truncated, even before the first byte: only the
/// caller knows if another request had to come.
///
/// Lines end in CRLF; see [`Relaxed::bare_lf`] for others. Each byte is searched once for the end
/// of the head, in any number of reads.
///
/// ```
/// use segue::{Buffer, Output, Step};
/// use segue_http1::{BodyLength, Error, RequestDecoder};
///
/// let (mut head, mut output) = (RequestDecoder::new(), Output::new());
/// let mut buffer = Buffer::from(&b"POST /a HTTP/1.1\r\nHost: b\r\nContent-Length: 2\r\n"[..]);
/// assert!(matches!(buffer.step(&mut head, false, &mut output), Ok(Step::Need(_))));
///
/// buffer.extend(b"\r\nhi");
/// let Step::Item(request) = buffer.step(&mut head, false, &mut output).unwrap() else { panic!() };
/// assert_eq!((request.method(), request.target()), ("POST", "/a"));
/// assert_eq!(request.headers().find("host"), Some(&b"b"[..]));
/// assert_eq!(request.body(), Ok(BodyLength::Known(2)));
/// assert_eq!(buffer.step(&mut head, false, &mut output).unwrap(), Step::Done);
/// assert_eq!(buffer.as_slice(), b"hi");
///
/// let mut buffer = Buffer::from(&b"GET / HTTP/1.1\r\nHost : b\r\n\r\n"[..]);
/// let fault = buffer.step(&mut RequestDecoder::new(), false, &mut output).unwrap_err();
/// assert_eq!((fault.error(), fault.at), (Some(&Error::SpaceBeforeColon), 20));
/// ```
#[derive(Debug, Clone)]
pub struct RequestDecoder {
    stage: Stage<RequestLine, INLINE>,
}

impl RequestDecoder {
    /// Creates a stage with the [default limits](Limits::DEFAULT) that is strict in everything.
    #[must_use]
    pub const fn new() -> Self {
        Self { stage: Stage::new() }
    }

    /// Sets the limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.stage.set_limits(limits);
        self
    }

    /// Accepts the departures that `relaxed` names for requests: [`Relaxed::bare_lf`].
    #[must_use]
    pub fn relaxed(mut self, relaxed: Relaxed) -> Self {
        self.stage.relaxed = relaxed.of_requests();
        self
    }

    /// Prepares a stage that is done for another head, with the same limits and memory.
    pub fn begin_again(&mut self) {
        self.stage.begin_again();
    }

    /// Does as [`parse`](Decode::parse) does, and marks the headers that are meant for one connection.
    pub(crate) fn parse_marked<'a>(
        &'a mut self,
        record: Record<'a>,
    ) -> Result<(Request<'a>, Named), Fault<Error>> {
        let head: &[u8] = record.into_slice();
        let line = self.stage.finish(head)?;
        let named = Named::mark(head, self.stage.spans.as_mut_slice());
        let headers = Fields::new(head, self.stage.spans.as_slice());
        Ok((Request { line, headers }, named))
    }

    /// Handles a head that is incomplete or not plain.
    #[inline(never)]
    fn frame_on(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Error>> {
        if !self.stage.in_start_line() {
            return self.stage.frame(input, eof);
        }
        match input {
            // A peer that speaks something else, such as TLS, is told so at its first byte.
            [first, ..] if is(*first, TOKEN) => {}
            // The next byte may show that this is no head, or make an empty line.
            [] | [b'\r'] => return Ok(self.stage.look(input)),
            [b'\r' | b'\n', ..] => match self.stage.empty_lines(input) {
                0 => {}
                length => return Ok(Framing::Absorb(length)),
            },
            _ => return Err(Fault::new(Error::Method)),
        }
        self.stage.frame(input, eof)
    }
}

impl Default for RequestDecoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decode for RequestDecoder {
    type Item<'a> = Request<'a>;
    type Error = Error;

    #[inline]
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Error>> {
        if let Some(need) = self.stage.wait(input, eof) {
            return Ok(need);
        }
        match self.stage.plain(input) {
            0 => self.frame_on(input, eof),
            length => Ok(Framing::Record(length)),
        }
    }

    fn absorb(&mut self, record: Record<'_>, _: &mut Output) -> Result<(), Fault<Error>> {
        self.stage.skip(record.len());
        Ok(())
    }

    #[inline]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Request<'a>, Fault<Error>> {
        let head: &[u8] = record.into_slice();
        let line = self.stage.finish(head)?;
        Ok(Request { line, headers: Fields::new(head, self.stage.spans.as_slice()) })
    }
}

impl Start for RequestLine {
    const NONE: Self = Self::NONE;

    fn too_long(line: &[u8]) -> Error {
        if is_token(line) { Error::MethodTooLong } else { Error::TargetTooLong }
    }

    #[inline(always)]
    fn plain<M: Machine>(machine: M, head: &[u8], limits: &Limits) -> Option<(Self, usize)> {
        Self::plain(machine, head, limits)
    }

    fn read(head: &[u8], limits: &Limits, relaxed: Relaxed) -> Result<(Self, usize), Stop> {
        Self::read(head, limits, relaxed)
    }
}

/// The head of a request, lent from the buffer that it was received into.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    line: RequestLine,
    headers: Fields<'a>,
}

impl<'a> Request<'a> {
    /// Returns the method: a token, whose case matters (RFC 9110 §9.1).
    #[inline]
    #[must_use]
    pub fn method(&self) -> &'a str {
        ascii(self.headers.bytes(), self.line.method())
    }

    #[inline]
    pub(crate) fn method_bytes(&self) -> &'a [u8] {
        &self.headers.bytes()[self.line.method()]
    }

    /// Returns the target as it was written, in any of the four forms (RFC 9112 §3.2): visible
    /// ASCII.
    #[inline]
    #[must_use]
    pub fn target(&self) -> &'a str {
        ascii(self.headers.bytes(), self.line.target())
    }

    #[inline]
    pub(crate) fn target_bytes(&self) -> &'a [u8] {
        &self.headers.bytes()[self.line.target()]
    }

    /// Returns the version.
    #[inline]
    #[must_use]
    pub fn version(&self) -> Version {
        self.line.version
    }

    /// Returns the headers.
    #[inline]
    #[must_use]
    pub fn headers(&self) -> Fields<'a> {
        self.headers
    }

    /// Returns the whole head as it was received, from the method to the empty line.
    #[inline]
    #[must_use]
    pub fn as_bytes(&self) -> &'a [u8] {
        self.headers.bytes()
    }
}

/// Heads with the same bytes are equal.
impl PartialEq for Request<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Request<'_> {}

/// Shows method, version and the names of headers: targets and values may hold secrets.
impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method())
            .field("version", &self.version())
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}
