//! The lines of a head, and what is wrong with them.
//!
//! Each function reads one line of a head that may not have arrived whole, from the offset where
//! the line begins. Offsets count from the front of the head.

use core::ops::Range;

use crate::block::{self, Machine};
use crate::spans::{Span, pack, span, unpack};
use crate::{Error, Limits, Relaxed, Version};
use segue_http::class::{CONTROL, TOKEN, VALUE, VISIBLE, run};

/// The reason why a line cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It has not arrived whole, and what is there of it is as it should be.
    More,
    /// The byte at this offset is the first that cannot stand where it does.
    Fault(Error, usize),
}

/// `method SP request-target SP HTTP-version CRLF` (RFC 9112 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RequestLine {
    /// The ends of method and target in one word: it is stored and loaded again at once, and a load
    /// of a value stored in parts would stall.
    ends: u64,
    pub(crate) version: Version,
}

impl RequestLine {
    pub(crate) const NONE: Self = Self { ends: 0, version: Version::Http11 };

    #[inline(always)]
    fn new(method_end: usize, target_end: usize, version: Version) -> Self {
        Self { ends: pack(method_end, target_end), version }
    }

    /// Returns the range of the method.
    #[inline]
    pub(crate) fn method(&self) -> Range<usize> {
        0..unpack(self.ends).start
    }

    /// Returns the range of the target.
    #[inline]
    pub(crate) fn target(&self) -> Range<usize> {
        let ends = unpack(self.ends);
        ends.start + 1..ends.end
    }

    /// Reads the line in front if there is nothing odd about it, and tells where the next one
    /// begins.
    #[inline(always)]
    pub(crate) fn plain<M: Machine>(
        machine: M,
        head: &[u8],
        limits: &Limits,
    ) -> Option<(Self, usize)> {
        let method_end = match head.first_chunk().map(|word| u32::from_le_bytes(*word)) {
            // GET, which nearly every request is, needs no count.
            Some(GET) => 3,
            _ => block::name(head.first_chunk()?),
        };
        let [b' ', rest @ ..] = head.get(method_end..)? else { return None };
        let target = block::visible(machine, head, rest);
        let [b' ', version @ .., b'\r', b'\n'] = rest.get(target..)?.first_chunk::<11>()? else {
            return None;
        };
        let version = match u64::from_le_bytes(*version) {
            HTTP_1_1 => Version::Http11,
            HTTP_1_0 => Version::Http10,
            _ => return None,
        };
        if method_end == 0 || target == 0 || target > limits.target {
            return None;
        }
        let target_end = method_end + 1 + target;
        Some((Self::new(method_end, target_end, version), target_end + 11))
    }

    /// Reads the line in front, and tells where the next one begins.
    #[cold]
    pub(crate) fn read(
        head: &[u8],
        limits: &Limits,
        relaxed: Relaxed,
    ) -> Result<(Self, usize), Stop> {
        let short = Error::RequestLine;
        let method_end = run(head, TOKEN);
        if method_end == 0 || head.get(method_end) != Some(&b' ') {
            return Err(unexpected(head, method_end, Error::Method, short, relaxed));
        }
        let target = method_end + 1;
        let target_end = target + run(&head[target..], VISIBLE);
        if target_end - target > limits.target {
            return Err(Stop::Fault(Error::TargetTooLong, target + limits.target));
        }
        if target_end == target || head.get(target_end) != Some(&b' ') {
            return Err(unexpected(head, target_end, Error::Target, short, relaxed));
        }
        let (version, end) = version(head, target_end + 1, short, relaxed)?;
        let next = line_end(head, end, short, relaxed)?;
        Ok((Self::new(method_end, target_end, version), next))
    }
}

/// `HTTP-version SP status-code SP [ reason-phrase ] CRLF` (RFC 9112 §4).
#[derive(Debug, Clone, Copy)]
pub(crate) struct StatusLine {
    pub(crate) version: Version,
    pub(crate) status: u16,
    pub(crate) reason: usize,
    pub(crate) reason_end: usize,
}

impl StatusLine {
    /// Reads the line in front, and tells where the next one begins.
    #[inline]
    pub(crate) fn read(head: &[u8], relaxed: Relaxed) -> Result<(Self, usize), Stop> {
        let (version, space) = version(head, 0, Error::StatusLine, relaxed)?;
        let start = behind_space(head, space, relaxed);
        if start == space {
            return Err(unexpected(head, space, Error::StatusLine, Error::StatusLine, relaxed));
        }
        let mut status = 0;
        for at in start..start + 3 {
            match head.get(at) {
                Some(digit @ b'0'..=b'9') if status > 0 || *digit != b'0' => {
                    status = status * 10 + u16::from(digit - b'0');
                }
                _ => return Err(unexpected(head, at, Error::Status, Error::Status, relaxed)),
            }
        }
        let reason = behind_space(head, start + 3, relaxed);
        let (mut reason_end, mut otherwise) = (reason, Error::StatusLine);
        if reason > start + 3 {
            reason_end += text(&head[reason..], relaxed);
            otherwise = Error::Reason;
        } else if !relaxed.bare_status {
            return Err(unexpected(head, reason, otherwise, otherwise, relaxed));
        }
        let next = line_end(head, reason_end, otherwise, relaxed)?;
        Ok((Self { version, status, reason, reason_end }, next))
    }
}

/// Finds the start of the next word of a status line, given the end of the one before. Returns `at`
/// itself if no space is there.
#[inline]
fn behind_space(head: &[u8], at: usize, relaxed: Relaxed) -> usize {
    if relaxed.status_spaces {
        return at + blanks(head, at);
    }
    at + usize::from(head.get(at) == Some(&b' '))
}

/// Counts the spaces and tabs from `at` on.
fn blanks(head: &[u8], at: usize) -> usize {
    let rest = head.get(at..).unwrap_or_default();
    rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

/// Counts the leading bytes of `bytes` that may be in a value or a reason.
#[inline]
fn text(bytes: &[u8], relaxed: Relaxed) -> usize {
    if relaxed.controls { run(bytes, VALUE | CONTROL) } else { run(bytes, VALUE) }
}

/// A line behind the start line, and where the next one begins.
#[derive(Debug, Clone)]
pub(crate) enum Line {
    /// `field-name ":" OWS field-value OWS CRLF` (RFC 9112 §5).
    Header(Span, usize),
    /// More of the value before it, between these two places (RFC 9112 §5.2).
    Fold(Range<usize>, usize),
    /// The empty line that ends the head. Nothing of it begins behind this offset.
    Last(usize),
}

impl Line {
    /// Reads the line at `at`, with `before` headers before it.
    #[cold]
    pub(crate) fn read(
        head: &[u8],
        at: usize,
        before: usize,
        limits: &Limits,
        relaxed: Relaxed,
    ) -> Result<Self, Stop> {
        let name_end = at + run(head.get(at..).unwrap_or_default(), TOKEN);
        if name_end == at {
            return no_header(head, at, before, limits, relaxed);
        }
        if before >= limits.headers {
            return Err(Stop::Fault(Error::TooManyHeaders, at));
        }
        let mut colon = name_end;
        if relaxed.space_before_colon {
            colon += blanks(head, name_end);
        }
        if head.get(colon) != Some(&b':') {
            return Err(no_colon(head, colon, relaxed));
        }
        let (value, next) = value(head, colon + 1, relaxed)?;
        Ok(Self::Header(span(at, name_end, value.start, value.end), next))
    }
}

/// The value from `at` to the end of the line, without the whitespace around it, and where the next
/// line begins.
#[inline]
fn value(head: &[u8], at: usize, relaxed: Relaxed) -> Result<(Range<usize>, usize), Stop> {
    let start = at + blanks(head, at);
    let mut end = start + text(&head[start..], relaxed);
    let next = line_end(head, end, Error::HeaderValue, relaxed)?;
    while let [.., b' ' | b'\t'] = head[start..end] {
        end -= 1;
    }
    Ok((start..end, next))
}

/// A line that does not begin as a header does.
#[inline]
fn no_header(
    head: &[u8],
    at: usize,
    before: usize,
    limits: &Limits,
    relaxed: Relaxed,
) -> Result<Line, Stop> {
    match head.get(at) {
        Some(b' ' | b'\t') if before == 0 => Err(Stop::Fault(Error::SpaceBeforeHeaders, at)),
        Some(b' ' | b'\t') if relaxed.folds => {
            value(head, at, relaxed).map(|(more, next)| Line::Fold(more, next))
        }
        Some(b' ' | b'\t') => Err(Stop::Fault(Error::Fold, at)),
        Some(b'\r' | b'\n') => line_end(head, at, Error::HeaderName, relaxed).map(Line::Last),
        Some(_) if before >= limits.headers => Err(Stop::Fault(Error::TooManyHeaders, at)),
        Some(_) => Err(Stop::Fault(Error::HeaderName, at)),
        None => Err(Stop::More),
    }
}

/// A name behind which no colon follows.
#[cold]
fn no_colon(head: &[u8], name_end: usize, relaxed: Relaxed) -> Stop {
    let mut behind = head[name_end..].iter().skip_while(|byte| matches!(byte, b' ' | b'\t'));
    match (head.get(name_end), behind.next()) {
        (Some(b' ' | b'\t'), None) => Stop::More,
        (Some(b' ' | b'\t'), Some(b':')) => Stop::Fault(Error::SpaceBeforeColon, name_end),
        _ => unexpected(head, name_end, Error::HeaderName, Error::HeaderName, relaxed),
    }
}

/// Reads a version, and tells where it ends. A line that ends in it is refused as `short`.
#[inline]
fn version(
    head: &[u8],
    at: usize,
    short: Error,
    relaxed: Relaxed,
) -> Result<(Version, usize), Stop> {
    match head.get(at..at + 8) {
        Some(b"HTTP/1.1") => Ok((Version::Http11, at + 8)),
        Some(b"HTTP/1.0") => Ok((Version::Http10, at + 8)),
        _ => other_version(head, at, short, relaxed).map(|version| (version, at + 8)),
    }
}

/// A later version of HTTP/1 is one that says no more than 1.1 does to those who know only that
/// (RFC 9110 §2.5).
#[cold]
fn other_version(
    head: &[u8],
    start: usize,
    short: Error,
    relaxed: Relaxed,
) -> Result<Version, Stop> {
    for (at, expected) in (start..).zip(b"HTTP/0.0") {
        let fits = match expected {
            b'0' => head.get(at).is_some_and(u8::is_ascii_digit),
            _ => head.get(at) == Some(expected),
        };
        if !fits {
            return Err(unexpected(head, at, Error::Version, short, relaxed));
        }
    }
    match head.get(start + 5) {
        Some(b'1') => Ok(Version::Http11),
        _ => Err(Stop::Fault(Error::UnsupportedVersion, start + 5)),
    }
}

/// Finds the start of the next line, given the end of this one. Any other byte there is refused as
/// `otherwise`.
#[inline]
fn line_end(head: &[u8], at: usize, otherwise: Error, relaxed: Relaxed) -> Result<usize, Stop> {
    match head.get(at..).unwrap_or_default() {
        [b'\r', b'\n', ..] => Ok(at + 2),
        [b'\n', ..] if relaxed.bare_lf => Ok(at + 1),
        _ => Err(unexpected(head, at, otherwise, otherwise, relaxed)),
    }
}

/// The fault for the byte at `at`, or for its absence: `wrong` for the byte, `short` if the line
/// ends there. A broken line end has an error of its own.
#[cold]
fn unexpected(head: &[u8], at: usize, wrong: Error, short: Error, relaxed: Relaxed) -> Stop {
    let error = match head.get(at..).unwrap_or_default() {
        [] | [b'\r'] => return Stop::More,
        [b'\r', b'\n', ..] => short,
        [b'\r', ..] => Error::BareCr,
        [b'\n', ..] if relaxed.bare_lf => short,
        [b'\n', ..] => Error::BareLf,
        _ => wrong,
    };
    Stop::Fault(error, at)
}

/// Bytes are compared at once as a number.
const GET: u32 = u32::from_le_bytes(*b"GET ");
const HTTP_1_1: u64 = u64::from_le_bytes(*b"HTTP/1.1");
const HTTP_1_0: u64 = u64::from_le_bytes(*b"HTTP/1.0");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::{Every, Work, dispatch};

    struct Plain<'a>(&'a [u8], &'a Limits);

    impl Work for Plain<'_> {
        type Output = Option<(RequestLine, usize)>;

        #[inline(always)]
        fn on<M: Machine>(self, machine: M) -> Self::Output {
            RequestLine::plain(machine, self.0, self.1)
        }
    }

    fn plain_by_all(line: &[u8], limits: &Limits) -> Option<(RequestLine, usize)> {
        let read = dispatch(Plain(line, limits));
        assert_eq!(read, Plain(line, limits).on(Every), "{}", line.escape_ascii());
        read
    }

    /// The fast and the careful reader agree on every line that the fast one accepts.
    #[test]
    fn plain_request_lines_are_what_careful_reading_sees() {
        let lines: [&[u8]; 4] = [
            b"GET / HTTP/1.1\r\nrest",
            b"OPTIONS * HTTP/1.0\r\n",
            b"VERSION-CONTROL-AND /a/target/that/is/longer/than/a/block HTTP/1.1\r\n\r\n",
            b"PUT http://h/?q HTTP/1.1\r\nHost: h\r\n\r\n",
        ];
        let limits = Limits { target: 38, ..Limits::DEFAULT };
        let mut plain = 0;
        for line in lines {
            let end = line.iter().position(|&byte| byte == b'\n').unwrap();
            for place in 0..=end {
                assert_eq!(plain_by_all(&line[..place], &limits), None);
                for byte in 0..=255 {
                    let mut line = line.to_vec();
                    line[place] = byte;
                    let Some((read, next)) = plain_by_all(&line, &limits) else { continue };
                    let (expected, end) =
                        RequestLine::read(&line, &limits, Relaxed::NOTHING).unwrap();
                    assert_eq!(next, end, "{}", line.escape_ascii());
                    assert_eq!(read, expected, "{}", line.escape_ascii());
                    plain += 1;
                }
            }
        }
        assert!(plain > 1000, "{plain} lines");
    }
}
