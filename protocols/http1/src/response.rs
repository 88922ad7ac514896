use core::fmt;

use segue::{Decode, Fault, Framing, Output, Record};
use segue_http::Fields;

use crate::block::Machine;
use crate::lines::{StatusLine, Stop};
use crate::named::Named;
use crate::stage::{INLINE, Stage, Start};
use crate::{Error, Limits, Relaxed, Version};

/// A stage that reads the head of one response: its status line and headers (RFC 9112 §2.1, §4,
/// §5).
///
/// The stage is done with the empty line that ends the head, of an informational (1xx) response as
/// of a final one; the bytes that follow are left to the next stage. Otherwise it works as
/// [`RequestDecoder`](crate::RequestDecoder) does, except that empty lines before the head are refused.
///
/// ```
/// use segue::{Buffer, Output, Step};
/// use segue_http1::ResponseDecoder;
///
/// let (mut head, mut output) = (ResponseDecoder::new(), Output::new());
/// let mut buffer = Buffer::from(&b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"[..]);
/// assert!(matches!(buffer.step(&mut head, false, &mut output), Ok(Step::Need(_))));
///
/// buffer.extend(b"\r\n\x81\x02hi");
/// let Step::Item(response) = buffer.step(&mut head, false, &mut output).unwrap() else { panic!() };
/// assert_eq!((response.status(), response.reason()), (101, &b"Switching Protocols"[..]));
/// assert!(response.headers().contains_token("upgrade", "WebSocket"));
/// assert_eq!(buffer.as_slice(), b"\x81\x02hi");
/// ```
#[derive(Debug, Clone)]
pub struct ResponseDecoder {
    stage: Stage<StatusLine, INLINE>,
}

impl ResponseDecoder {
    /// Creates a stage with the [default limits](Limits::DEFAULT) that is strict in everything.
    #[must_use]
    pub const fn new() -> Self {
        Self { stage: Stage::new() }
    }

    /// Sets the limits; the one on targets is not used.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.stage.set_limits(limits);
        self
    }

    /// Accepts the departures from the standard that `relaxed` names.
    #[must_use]
    pub fn relaxed(mut self, relaxed: Relaxed) -> Self {
        self.stage.relaxed = relaxed;
        self
    }

    /// Prepares a stage that is done for another head, with the same limits and memory: for the
    /// response that follows an informational one, or the next of a connection that is kept.
    pub fn begin_again(&mut self) {
        self.stage.begin_again();
    }

    /// Does as [`parse`](Decode::parse) does, and marks the headers that are meant for one connection.
    pub(crate) fn parse_marked<'a>(
        &'a mut self,
        record: Record<'a>,
    ) -> Result<(Response<'a>, Named), Fault<Error>> {
        let head = record.into_mut();
        let line = self.stage.finish_relaxed(head)?;
        let named = Named::mark(head, self.stage.spans.as_mut_slice());
        let headers = Fields::new(head, self.stage.spans.as_slice());
        Ok((Response { line, headers }, named))
    }

    /// Handles a head that is incomplete or not plain.
    #[inline(never)]
    fn frame_on(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Error>> {
        if !self.stage.in_start_line() {
            return self.stage.frame(input, eof);
        }
        if self.stage.relaxed.empty_lines {
            match input {
                [] | [b'\r'] => return Ok(self.stage.look(input)),
                _ => match self.stage.empty_lines(input) {
                    0 => {}
                    length => return Ok(Framing::Absorb(length)),
                },
            }
        }
        // A peer that speaks something else is found out at its first byte. What a CR means
        // depends on the byte behind it; that is left to the parser.
        let differs = input.iter().zip(OPENING).position(|(byte, expected)| byte != expected);
        if let Some(at) = differs.filter(|&at| !matches!(input[at], b'\r' | b'\n')) {
            return Err(Fault::new(Error::Version).at(at as u64));
        }
        if differs.is_none() && input.len() < OPENING.len() {
            return Ok(self.stage.look(input));
        }
        self.stage.frame(input, eof)
    }
}

impl Default for ResponseDecoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decode for ResponseDecoder {
    type Item<'a> = Response<'a>;
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

    /// Empty lines before the head: see [`Relaxed::empty_lines`].
    fn absorb(&mut self, record: Record<'_>, _: &mut Output) -> Result<(), Fault<Error>> {
        self.stage.skip(record.len());
        Ok(())
    }

    #[inline]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Response<'a>, Fault<Error>> {
        let head = record.into_mut();
        let line = self.stage.finish_relaxed(head)?;
        Ok(Response { line, headers: Fields::new(head, self.stage.spans.as_slice()) })
    }
}

impl Start for StatusLine {
    const NONE: Self = Self { version: Version::Http11, status: 0, reason: 0, reason_end: 0 };

    fn too_long(_: &[u8]) -> Error {
        Error::HeadTooLarge
    }

    #[inline]
    fn plain<M: Machine>(_: M, head: &[u8], _: &Limits) -> Option<(Self, usize)> {
        Self::read(head, Relaxed::NOTHING).ok()
    }

    fn read(head: &[u8], _: &Limits, relaxed: Relaxed) -> Result<(Self, usize), Stop> {
        Self::read(head, relaxed)
    }
}

/// The head of a response, lent from the buffer that it was received into.
#[derive(Clone, Copy)]
pub struct Response<'a> {
    line: StatusLine,
    headers: Fields<'a>,
}

impl<'a> Response<'a> {
    /// Returns the version.
    #[inline]
    #[must_use]
    pub fn version(&self) -> Version {
        self.line.version
    }

    /// Returns the status, from 100 to 999 (RFC 9110 §15).
    #[inline]
    #[must_use]
    pub fn status(&self) -> u16 {
        self.line.status
    }

    /// Returns the reason phrase, which adds nothing to the status and is often empty.
    #[inline]
    #[must_use]
    pub fn reason(&self) -> &'a [u8] {
        &self.headers.bytes()[self.line.reason..self.line.reason_end]
    }

    /// Returns the headers.
    #[inline]
    #[must_use]
    pub fn headers(&self) -> Fields<'a> {
        self.headers
    }

    /// Returns the whole head as it was received, from the version to the empty line; see
    /// [`Relaxed::folds`].
    #[inline]
    #[must_use]
    pub fn as_bytes(&self) -> &'a [u8] {
        self.headers.bytes()
    }
}

/// Heads with the same bytes are equal.
impl PartialEq for Response<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Response<'_> {}

/// Shows version, status and the names of headers: values may hold secrets.
impl fmt::Debug for Response<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("version", &self.version())
            .field("status", &self.status())
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}

/// The first bytes of every response.
const OPENING: &[u8] = b"HTTP/";
