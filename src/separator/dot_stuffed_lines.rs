//! Dot-stuffed texts, line by line.

use core::ops::Range;

use super::{
    EncodeError, LineEnd, LineError, Separator, StrictLineEnd, Until, Written, sealed, without,
};
use crate::{Content, Decode, Encode, Fault, Framing, Output, Record};

/// Makes a stage of the lines of one text as in [`dot_stuffed()`](super::dot_stuffed), which may
/// have any length.
///
/// An item is a line without its CRLF and without the added dot. The limit is that of [`Until`],
/// and counts an added dot; RFC 5321 §4.5.3.1.6 asks for at least 998 bytes. After the line with a
/// dot alone, which yields no item, the stage is [`Done`](Framing::Done).
///
/// ```
/// use segue::{Buffer, Output, Step, separator};
///
/// let mut stage = separator::dot_stuffed_lines();
/// let mut output = Output::new();
/// let mut buffer = Buffer::from(&b"one\r\n..two\r\n.\r\nQUIT\r\n"[..]);
/// let mut lines = buffer.records(&mut stage, false, &mut output);
/// let mut seen = Vec::new();
/// while let Step::Item(line) = lines.next()? {
///     seen.push(line.to_vec());
/// }
/// assert_eq!(seen, [&b"one"[..], b".two"]);
/// assert!(matches!(lines.next()?, Step::Done));
/// assert_eq!(buffer.as_slice(), b"QUIT\r\n");
/// # Ok::<_, segue::Fault<separator::LineError>>(())
/// ```
pub const fn dot_stuffed_lines() -> DotStuffedLines {
    DotStuffedLines { lines: Until::new(TextLine { strict: false }), over: false }
}

/// The stage of [`dot_stuffed_lines()`].
#[derive(Debug, Clone)]
pub struct DotStuffedLines {
    lines: Until<TextLine>,
    over: bool,
}

/// The end of a text that is sent line by line: a line with a dot alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndOfText;

impl DotStuffedLines {
    /// Sets the longest line in bytes as sent, an added dot included and CRLF not. 0 counts as 1,
    /// since the line that ends a text has one byte.
    #[must_use]
    pub const fn max(mut self, bytes: usize) -> Self {
        self.lines = self.lines.max(if bytes == 0 { 1 } else { bytes });
        self
    }

    /// Refuses a CR or LF without the other, by a fatal [`LineError`] (RFC 5321 §2.3.8).
    #[must_use]
    pub const fn strict(mut self) -> Self {
        self.lines.separator.strict = true;
        self
    }
}

impl Decode for DotStuffedLines {
    type Item<'a> = Record<'a>;
    type Error = LineError;

    #[inline]
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<LineError>> {
        if self.over {
            return Ok(Framing::Done);
        }
        match self.lines.frame(input, eof).map_err(Fault::fatal)? {
            Framing::Record(length) if input.starts_with(LONE_DOT) => Ok(Framing::Absorb(length)),
            // The end of the stream does not end a text.
            Framing::Done => Ok(Framing::need(1)),
            frame => Ok(frame),
        }
    }

    fn absorb(&mut self, record: Record<'_>, answers: &mut Output) -> Result<(), Fault<LineError>> {
        self.over = true;
        self.lines.absorb(record, answers)
    }

    #[inline]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Record<'a>, Fault<LineError>> {
        let mut line = self.lines.parse(record)?;
        if line.first() == Some(&b'.') {
            line.advance(1);
        }
        Ok(line)
    }
}

/// Writes a line, with a dot more if it begins with one, and CRLF.
///
/// ```
/// use segue::separator::{self, EndOfText, EncodeError};
/// use segue::{Encode, Output};
///
/// let mut writer = separator::dot_stuffed_lines();
/// let mut output = Output::new();
/// writer.encode("one", &mut output)?;
/// writer.encode(".two", &mut output)?;
/// writer.encode(EndOfText, &mut output)?;
/// assert_eq!(output.to_vec(), b"one\r\n..two\r\n.\r\n");
/// # Ok::<_, EncodeError>(())
/// ```
impl<C: Content> Encode<C> for DotStuffedLines {
    type Error = EncodeError;

    fn encode(&mut self, line: C, output: &mut Output) -> Result<(), EncodeError> {
        let line = line.as_bytes();
        let dot = usize::from(line.first() == Some(&b'.'));
        let (length, max) = (line.len() + dot, self.lines.max);
        if length > max {
            return Err(EncodeError::TooLong { length, max });
        }
        let mark = output.mark();
        output.put(&b"."[..dot]);
        self.lines.encode(line, output).inspect_err(|_| output.rollback(mark))
    }
}

impl Encode<EndOfText> for DotStuffedLines {
    type Error = EncodeError;

    fn encode(&mut self, _: EndOfText, output: &mut Output) -> Result<(), EncodeError> {
        output.put(LONE_DOT);
        Ok(())
    }
}

/// CRLF, with a CR or LF without the other as content or refused.
#[derive(Debug, Clone)]
struct TextLine {
    strict: bool,
}

impl sealed::Sealed for TextLine {}

impl Separator for TextLine {
    type Item<'a> = Record<'a>;
    type Error = LineError;
    const STRICT: bool = true;

    #[inline]
    fn find(
        &mut self,
        input: &[u8],
        searched: usize,
        whole: bool,
    ) -> Result<Option<Range<usize>>, Fault<LineError>> {
        let (mut lax, mut strict) = (LineEnd::CRLF, StrictLineEnd::CRLF);
        if self.strict {
            return strict.find(input, searched, whole);
        }
        lax.find(input, searched, whole).map_err(Fault::widen)
    }

    fn begun(&self, input: &[u8]) -> usize {
        LineEnd::CRLF.begun(input)
    }

    fn missing(&self, input: &[u8]) -> usize {
        LineEnd::CRLF.missing(input)
    }

    #[inline]
    fn item<'a>(&self, record: Record<'a>, content: usize, keep: bool) -> Record<'a> {
        without(record, content, keep)
    }
}

impl Written for TextLine {
    fn written(&self) -> &[u8] {
        b"\r\n"
    }

    fn clash(&self, content: &[u8]) -> Option<usize> {
        if self.strict { StrictLineEnd::CRLF.clash(content) } else { LineEnd::CRLF.clash(content) }
    }
}

const LONE_DOT: &[u8] = b".\r\n";
