//! Dot-stuffed texts, whole.

use core::ops::Range;
use memchr::{memchr2, memmem};

use super::{EncodeError, LineError, Separator, Until, near::near, sealed, without};
use crate::{Content, Decode, Encode, Fault, Framing, Output, Record};

/// Makes a stage of one text of CRLF lines, which ends at a line with a dot alone, as in SMTP's
/// DATA (RFC 5321 §4.5.2), POP3 (RFC 1939 §3) and NNTP (RFC 3977 §3.1.1). A line of the text that
/// begins with a dot is sent with one more.
///
/// The item is the text, each line with its CRLF and without the added dot, decoded in place. After
/// it the stage is [`Done`](Framing::Done): commands follow. An end of the stream before the dot
/// truncates the text. The default limit is 64 KiB, the least that RFC 5321 §4.5.3.1.7 allows; use
/// [`dot_stuffed_lines()`](super::dot_stuffed_lines) for texts without bound.
///
/// Only CRLF dot CRLF ends a text, or dot CRLF at its very beginning. LF dot LF, LF dot CRLF and
/// the like do not: a server that accepted them would see commands where others see text, which is
/// how mail is smuggled. They are content. Refuse them by [`strict`](DotStuffed::strict) if you
/// pass the text on to a server that may accept them as the end.
///
/// ```
/// use segue::{Buffer, Output, Step, separator};
///
/// let mut stage = separator::dot_stuffed();
/// let mut output = Output::new();
/// let mut buffer = Buffer::from(&b"one\r\n..two\r\n.\r\nQUIT\r\n"[..]);
/// let Step::Item(text) = buffer.step(&mut stage, false, &mut output)? else { unreachable!() };
/// assert_eq!(text.into_slice(), b"one\r\n.two\r\n");
/// assert!(matches!(buffer.step(&mut stage, false, &mut output)?, Step::Done));
/// assert_eq!(buffer.as_slice(), b"QUIT\r\n");
/// # Ok::<_, segue::Fault<separator::LineError>>(())
/// ```
pub const fn dot_stuffed() -> DotStuffed {
    let separator = LoneDot { strict: false, line: 0 };
    DotStuffed { text: Until::new(separator).max(DotStuffed::MAX), over: false }
}

/// The stage of [`dot_stuffed()`].
#[derive(Debug, Clone)]
pub struct DotStuffed {
    text: Until<LoneDot>,
    over: bool,
}

impl DotStuffed {
    /// The default of the longest text, in bytes.
    pub const MAX: usize = 64 * 1024;

    /// Sets the longest text in bytes as sent, added dots included and the last line not.
    #[must_use]
    pub const fn max(mut self, bytes: usize) -> Self {
        self.text = self.text.max(bytes);
        self
    }

    /// Refuses a CR or LF without the other, by a fatal [`LineError`] (RFC 5321 §2.3.8).
    #[must_use]
    pub const fn strict(mut self) -> Self {
        self.text.separator.strict = true;
        self
    }
}

impl Decode for DotStuffed {
    type Item<'a> = Record<'a>;
    type Error = LineError;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<LineError>> {
        if self.over {
            return Ok(Framing::Done);
        }
        match self.text.frame(input, eof).map_err(Fault::fatal)? {
            // The end of the stream does not end a text.
            Framing::Done => Ok(Framing::need(LONE_DOT.len())),
            frame => Ok(frame),
        }
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Record<'a>, Fault<LineError>> {
        self.over = true;
        self.text.parse(record).map(unstuffed)
    }
}

/// Removes the first dot of each line.
fn unstuffed(mut text: Record<'_>) -> Record<'_> {
    let bytes = text.as_mut();
    let dots = memmem::Finder::new(CRLF_DOT);
    let mut read = usize::from(bytes.first() == Some(&b'.'));
    let mut written = 0;
    while let Some(at) = dots.find(&bytes[read..]) {
        let line = at + CRLF_DOT.len() - 1;
        bytes.copy_within(read..read + line, written);
        written += line;
        read += line + 1;
    }
    let rest = bytes.len() - read;
    if read > written {
        bytes.copy_within(read.., written);
    }
    text.truncate(written + rest);
    text
}

/// Writes the text with one more dot in front of each line that begins with one, and a line with a
/// dot alone. The text must be empty or end in CRLF.
///
/// ```
/// use segue::separator::{self, EncodeError};
/// use segue::{Encode, Output};
///
/// let mut output = Output::new();
/// separator::dot_stuffed().encode(".one\r\n\r\n.\r\n", &mut output)?;
/// assert_eq!(output.to_vec(), b"..one\r\n\r\n..\r\n.\r\n");
/// let refused = separator::dot_stuffed().encode("one", &mut output);
/// assert_eq!(refused, Err(EncodeError::Unterminated));
/// # Ok::<_, EncodeError>(())
/// ```
impl<C: Content> Encode<C> for DotStuffed {
    type Error = EncodeError;

    fn encode(&mut self, text: C, output: &mut Output) -> Result<(), EncodeError> {
        let text = text.as_bytes();
        if !text.is_empty() && !text.ends_with(b"\r\n") {
            return Err(EncodeError::Unterminated);
        }
        if self.text.separator.strict
            && let Some(at) = bare(text)
        {
            return Err(EncodeError::Separator { at });
        }
        let first = usize::from(text.first() == Some(&b'.'));
        let length = text.len() + first + memmem::find_iter(text, CRLF_DOT).count();
        if length > self.text.max {
            return Err(EncodeError::TooLong { length, max: self.text.max });
        }
        output.put(&LONE_DOT[..first]);
        let mut from = 0;
        for at in memmem::find_iter(text, CRLF_DOT) {
            output.put(&text[from..at]);
            output.put(CRLF_DOT);
            from = at + CRLF_DOT.len() - 1;
        }
        output.put(&text[from..]);
        output.put(LONE_DOT);
        Ok(())
    }
}

/// Returns the offset of the first CR or LF without the other.
fn bare(text: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = memchr2(b'\r', b'\n', &text[from..]).map(|at| from + at) {
        if !text[at..].starts_with(b"\r\n") {
            return Some(at);
        }
        from = at + 2;
    }
    None
}

/// The line with a dot alone. It is the separator of [`DotStuffed`].
#[derive(Debug, Clone)]
struct LoneDot {
    strict: bool,
    /// The offset of the line at which the search stopped.
    line: usize,
}

impl LoneDot {
    /// Returns the last byte of the next CRLF; there is none in front of `from`.
    fn line_end(&self, input: &[u8], from: usize) -> Result<Option<usize>, Fault<LineError>> {
        if self.strict {
            // A CR at the end of the last input was not judged yet; an LF was.
            let from = from.saturating_sub(1).max(self.line);
            let Some(unsearched) = input.get(from..) else { return Ok(None) };
            let Some(at) = memchr2(b'\r', b'\n', unsearched).map(|at| from + at) else {
                return Ok(None);
            };
            return match (input[at], input.get(at + 1)) {
                (b'\r', Some(b'\n')) => Ok(Some(at + 1)),
                (b'\r', None) => Ok(None),
                (b'\r', _) => Err(Fault::new(LineError::StrayCr).at(at as u64)),
                _ => Err(Fault::new(LineError::BareLf).at(at as u64)),
            };
        }
        let mut from = from;
        while let Some(unsearched) = input.get(from..)
            && let Some(lf) = near(b'\n', unsearched).map(|at| from + at)
        {
            if input.get(lf.wrapping_sub(1)) == Some(&b'\r') {
                return Ok(Some(lf));
            }
            from = lf + 1;
        }
        Ok(None)
    }
}

impl sealed::Sealed for LoneDot {}

impl Separator for LoneDot {
    type Item<'a> = Record<'a>;
    type Error = LineError;
    const STRICT: bool = true;

    fn find(
        &mut self,
        input: &[u8],
        mut searched: usize,
        _: bool,
    ) -> Result<Option<Range<usize>>, Fault<LineError>> {
        while let Some(lf) = self.line_end(input, searched)? {
            searched = lf + 1;
            if input[self.line..searched] == *LONE_DOT {
                return Ok(Some(self.line..searched));
            }
            self.line = searched;
        }
        Ok(None)
    }

    fn begun(&self, input: &[u8]) -> usize {
        match input.get(self.line..) {
            Some(line) if LONE_DOT.starts_with(line) => line.len(),
            // This CR is content, or a fault if the next byte is no LF.
            Some([.., b'\r']) if self.strict => 1,
            _ => 0,
        }
    }

    fn missing(&self, input: &[u8]) -> usize {
        match input.get(self.line..) {
            Some(line) if LONE_DOT.starts_with(line) => LONE_DOT.len() - line.len(),
            Some([.., b'\r']) => LONE_DOT.len() + 1,
            _ => LONE_DOT.len() + 2,
        }
    }

    fn item<'a>(&self, record: Record<'a>, content: usize, keep: bool) -> Record<'a> {
        without(record, content, keep)
    }

    fn begin(&mut self) {
        self.line = 0;
    }
}

const LONE_DOT: &[u8] = b".\r\n";
const CRLF_DOT: &[u8] = b"\r\n.";
