//! Lines that announce a payload.

use alloc::vec::Vec;
use core::fmt;

use super::{EncodeError, Separator, Until, Written};
use crate::{Cause, Content, Decode, Encode, Fault, Framing, Need, Output, Record};

mod announced;
mod skim;

pub use announced::Announced;
use announced::Part;
use skim::Oversize;

/// A stage of records of a line and the payload that it announces, made by [`Until::with_payload`].
///
/// On the wire a record is
///
/// ```text
/// | line | its separator | payload | its terminator, if there is one |
/// ```
///
/// and the item has both parts. A function reads the line and returns the length of the payload, or
/// that there is none. Set the options of the line, which are those of [`Until`], before.
///
/// | protocol | stage |
/// |---|---|
/// | NATS (`PUB subject 5`), memcached (`set k 0 0 5`) | `line().crlf().with_payload(..)`[`.terminated_by(b"\r\n")`](Self::terminated_by) |
/// | STOMP | [`head()`](super::head())`.with_payload(..)`[`.terminated_by(b"\0")`](Self::terminated_by) |
/// | IMAP (`A1 LOGIN {4}`) | `line().crlf().with_payload(..)`[`.continued()`](Self::continued) |
///
/// - Partial input: it needs what the line needs. Once the line is there, it knows the missing
///   bytes exactly.
/// - A payload that is longer than [`max_payload`](Self::max_payload) is
///   [`Cause::TooLong`](crate::Cause::TooLong) as soon as it is announced, at its first byte.
///   [`skip_oversize`](crate::combine::skip_oversize) passes over it instead, and goes on behind it.
/// - All other faults are fatal, since the start of the next record is not known. A server that
///   answers a bad line and goes on wraps this in a stage of its own: `announced` returns `None` for
///   such a line, and the wrapper refuses it. The book does so in its chapter "A protocol of your
///   own".
///
/// ```
/// use segue::separator::{self, Announced};
/// use segue::{Buffer, Output, Step};
///
/// /// Returns the length in a memcached storage command: `set <key> <flags> <exptime> <bytes>`.
/// fn stored(line: &[u8]) -> Result<Option<usize>, &'static str> {
///     let mut words = line.split(|&byte| byte == b' ');
///     if words.next() != Some(b"set") {
///         return Ok(None);
///     }
///     let length = words.nth(3).and_then(|word| str::from_utf8(word).ok());
///     length.and_then(|word| word.parse().ok()).map(Some).ok_or("bad data chunk")
/// }
///
/// let commands = separator::line().crlf().max(512).with_payload(stored);
/// let mut commands = commands.max_payload(1 << 20).terminated_by(b"\r\n");
/// let mut buffer = Buffer::from(&b"set k 0 0 5\r\nhello\r\nget k\r\nset k 0 0 5\r\nhe"[..]);
/// let mut output = Output::new();
/// let Step::Item(command) = buffer.step(&mut commands, false, &mut output)? else { panic!() };
/// assert_eq!(command.line(), b"set k 0 0 5");
/// assert_eq!(command.payload(), Some(&b"hello"[..]));
/// let Step::Item(command) = buffer.step(&mut commands, false, &mut output)? else { panic!() };
/// assert_eq!((command.line(), command.payload()), (&b"get k"[..], None));
/// // Three bytes of the payload are missing, and the line end behind it.
/// let Step::Need(need) = buffer.step(&mut commands, false, &mut output)? else { panic!() };
/// assert_eq!(need.claim, 5);
/// # Ok::<(), segue::Fault<separator::PayloadError<std::convert::Infallible, &str>>>(())
/// ```
#[derive(Clone)]
pub struct WithPayload<S, F> {
    line: Until<S>,
    announced: F,
    max_payload: usize,
    terminator: &'static [u8],
    continued: bool,
    /// The parts found so far of the record in front. Memory is used again.
    parts: Vec<Part>,
    /// Bytes of the record in front up to the end of the last of `parts`.
    known: usize,
    state: State,
    /// The record in front, if its payload is too long and is being passed over.
    oversize: Option<Oversize>,
}

/// The state of the record in front.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Another line may belong to it.
    Open,
    /// No further line belongs to it.
    Whole,
    /// It was given out with `parts` in its item: the next record is another.
    Given,
}

/// A violation of the rules by a record of [`WithPayload`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PayloadError<L, E> {
    /// The line breaks the rules of its separator.
    Line(L),
    /// The function that reads the line found no valid length, with this error.
    Announcement(E),
    /// The payload is not followed by its terminator. The fault is at the byte that differs.
    Unterminated,
}

impl<S: Separator> Until<S> {
    /// Reads a line and the payload that it announces as one record. `announced` is given the line
    /// without its separator. It returns the length of the payload in bytes, `None` if the line has
    /// no payload at all (which is not the same as an empty one), or an error.
    ///
    /// It must return the same for the same line. See [`WithPayload`].
    pub const fn with_payload<F, E>(self, announced: F) -> WithPayload<S, F>
    where
        F: Fn(&[u8]) -> Result<Option<usize>, E>,
    {
        WithPayload {
            line: self,
            announced,
            max_payload: WithPayload::<S, F>::MAX_PAYLOAD,
            terminator: &[],
            continued: false,
            parts: Vec::new(),
            known: 0,
            state: State::Open,
            oversize: None,
        }
    }
}

impl<S, F> WithPayload<S, F> {
    /// The default of the longest payload, in bytes: 1 MiB, the default of NATS and memcached.
    pub const MAX_PAYLOAD: usize = 1 << 20;

    /// Sets the most bytes of payload in a record. With [`continued`](Self::continued) it bounds
    /// everything behind the first line, so that no record goes on for ever.
    #[must_use]
    pub const fn max_payload(mut self, bytes: usize) -> Self {
        self.max_payload = bytes;
        self
    }

    /// Expects these bytes behind each payload, also behind an empty one, but not behind a line
    /// without one. They are not part of the payload.
    #[must_use]
    pub const fn terminated_by(mut self, terminator: &'static [u8]) -> Self {
        self.terminator = terminator;
        self
    }

    /// Continues a record after a payload with another line, which may announce another payload. It
    /// ends with a line that announces none.
    #[must_use]
    pub const fn continued(mut self) -> Self {
        self.continued = true;
        self
    }

    fn begin(&mut self) {
        self.parts.clear();
        (self.known, self.state, self.oversize) = (0, State::Open, None);
    }

    /// Returns how many bytes may still follow the first line.
    fn room(&self) -> usize {
        let first = self.parts.first().map_or(self.known, |first| self.behind(first));
        self.max_payload.saturating_sub(self.known - first)
    }

    /// Returns the offset behind the line of a part, where its payload begins if it has one.
    fn behind(&self, part: &Part) -> usize {
        part.payload.as_ref().map_or(self.known, |payload| payload.start)
    }
}

impl<S, F, E> WithPayload<S, F>
where
    S: Separator,
    F: Fn(&[u8]) -> Result<Option<usize>, E>,
{
    /// Notes a line of `length` bytes at `known`, with its separator, `content` of them content.
    fn note(
        &mut self,
        input: &[u8],
        length: usize,
        content: usize,
    ) -> Result<(), Fault<PayloadError<S::Error, E>>> {
        let start = self.known;
        let announced = (self.announced)(&input[start..start + content])
            .map_err(|error| Fault::new(PayloadError::Announcement(error)).at(start as u64))?;
        let shown = if self.line.keep { length } else { content };
        let behind = start + length;
        let mut part = Part { line: start..start + shown, payload: None };
        self.known = behind;
        if let Some(payload) = announced {
            let room = if self.parts.is_empty() { self.max_payload } else { self.room() };
            if payload > room {
                // The first payload of a record may be passed over.
                self.oversize = Some(Oversize { line: length, payload })
                    .filter(|_| self.parts.is_empty() && !self.continued);
                return Err(Fault::too_long(behind as u64));
            }
            part.payload = Some(behind..behind.saturating_add(payload));
            self.known = behind.saturating_add(payload).saturating_add(self.terminator.len());
        }
        if announced.is_none() || !self.continued {
            self.state = State::Whole;
        }
        self.parts.push(part);
        Ok(())
    }

    /// Returns the offset of the first byte that differs from the terminator of the last payload.
    fn unterminated(&self, input: &[u8]) -> Option<usize> {
        let end = self.parts.last()?.payload.as_ref()?.end;
        let there = input.get(end..self.known)?;
        let differs =
            there.iter().zip(self.terminator).position(|(byte, expected)| byte != expected);
        differs.map(|at| end + at)
    }
}

impl<S, F, E> Decode for WithPayload<S, F>
where
    S: Separator + 'static,
    F: Fn(&[u8]) -> Result<Option<usize>, E>,
{
    type Item<'a>
        = Announced<'a>
    where
        Self: 'a;
    type Error = PayloadError<S::Error, E>;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Self::Error>> {
        if self.state == State::Given {
            self.begin();
        }
        loop {
            let Some(rest) = input.get(self.known..) else {
                return Ok(Framing::need(self.known - input.len()));
            };
            if let Some(at) = self.unterminated(input) {
                return Err(Fault::new(PayloadError::Unterminated).at(at as u64));
            }
            if self.state == State::Whole {
                return Ok(Framing::Record(self.known));
            }
            // The first line has a limit of its own. Of another one no more is shown than it takes
            // to call it too long.
            let first = self.parts.is_empty();
            let room = if first { usize::MAX } else { self.room() };
            let shown = rest.get(..room.saturating_add(1)).unwrap_or(rest);
            let too_long = |known: usize| Fault::too_long(known.saturating_add(room) as u64);
            let known = self.known;
            let line = self.line.frame(shown, eof && shown.len() == rest.len());
            let line =
                line.map_err(|fault| fault.map(PayloadError::Line).moved(known as u64).fatal())?;
            let (length, content) = match line {
                Framing::Record(length) if length > room => return Err(too_long(known)),
                Framing::Record(length) => (length, self.line.content),
                // Lines to pass over come in front of records, not within.
                Framing::Absorb(_) | Framing::Done if first => return Ok(line),
                Framing::Absorb(length) if length > room => return Err(too_long(known)),
                Framing::Absorb(length) => (length, 0),
                Framing::Need(_) if shown.len() > room => return Err(too_long(known)),
                // The first byte too many changes the answer.
                Framing::Need(need) => {
                    let most = (room - shown.len()).saturating_add(1);
                    let at_least = need.at_least.get().min(most);
                    return Ok(Framing::Need(
                        Need::exactly(at_least).claiming(need.claim.min(most)),
                    ));
                }
                // The stream ends where another line must come.
                Framing::Done => return Err(Fault::truncated(input.len() as u64)),
            };
            self.note(input, length, content)?;
            // The line was noted; the next question is about what follows.
            self.line.begin();
        }
    }

    fn absorb(
        &mut self,
        record: Record<'_>,
        answers: &mut Output,
    ) -> Result<(), Fault<Self::Error>> {
        self.line.absorb(record, answers).map_err(|fault| fault.map(PayloadError::Line))
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Announced<'a>, Fault<Self::Error>> {
        if self.state != State::Whole || record.len() != self.known {
            return Err(Fault::from_cause(Cause::Contract));
        }
        self.state = State::Given;
        Ok(Announced { record, parts: &self.parts })
    }
}

/// Writes a line that announces nothing.
impl<S, F, E, C> Encode<C> for WithPayload<S, F>
where
    S: Written,
    F: Fn(&[u8]) -> Result<Option<usize>, E>,
    C: Content,
{
    type Error = EncodeError;

    fn encode(&mut self, line: C, output: &mut Output) -> Result<(), EncodeError> {
        match (self.announced)(line.as_bytes()) {
            Ok(None) => self.line.encode(line, output),
            _ => Err(EncodeError::Payload),
        }
    }
}

/// Writes a line, the payload that it announces, and the terminator. A record that is
/// [`continued`](WithPayload::continued) goes on with the next item encoded.
impl<S, F, E, C, P> Encode<(C, P)> for WithPayload<S, F>
where
    S: Written,
    F: Fn(&[u8]) -> Result<Option<usize>, E>,
    C: Content,
    P: Content,
{
    type Error = EncodeError;

    fn encode(&mut self, item: (C, P), output: &mut Output) -> Result<(), EncodeError> {
        let (line, payload) = item;
        let (length, max) = (payload.as_bytes().len(), self.max_payload);
        if length > max {
            return Err(EncodeError::TooLong { length, max });
        }
        match (self.announced)(line.as_bytes()) {
            Ok(Some(announced)) if announced == length => {}
            _ => return Err(EncodeError::Payload),
        }
        self.line.encode(line, output)?;
        payload.put(output);
        output.put(self.terminator);
        Ok(())
    }
}

/// Shows lengths and not payload.
impl<S: fmt::Debug, F> fmt::Debug for WithPayload<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WithPayload")
            .field("line", &self.line)
            .field("max_payload", &self.max_payload)
            .field("terminator", &self.terminator.len())
            .field("continued", &self.continued)
            .finish_non_exhaustive()
    }
}

impl<L: fmt::Display, E: fmt::Display> fmt::Display for PayloadError<L, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(error) => error.fmt(f),
            Self::Announcement(error) => error.fmt(f),
            Self::Unterminated => f.write_str("the payload is longer than its line announces"),
        }
    }
}

impl<L: core::error::Error, E: core::error::Error> core::error::Error for PayloadError<L, E> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Line(error) => error.source(),
            Self::Announcement(error) => error.source(),
            Self::Unterminated => None,
        }
    }
}
