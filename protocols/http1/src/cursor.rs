//! Going through the lines of a head, with the offset of whatever is wrong.

use segue::{Cause, Fault};

use crate::class::{TOKEN, VALUE, is, run};
use crate::spans::{Span, Spans};
use crate::{Error, Limits, Relaxed, Version};

/// A place in a head that is whole: it ends in a line end.
pub(crate) struct Cursor<'a> {
    head: &'a [u8],
    at: usize,
    relaxed: Relaxed,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(head: &'a [u8], relaxed: Relaxed) -> Self {
        Self { head, at: 0, relaxed }
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// The byte here. Behind the end it is NUL, which may stand nowhere.
    #[inline]
    pub(crate) fn byte(&self) -> u8 {
        self.byte_at(self.at)
    }

    #[inline]
    fn byte_at(&self, at: usize) -> u8 {
        self.head.get(at).copied().unwrap_or(0)
    }

    /// Goes past the bytes of `classes` that are here.
    #[inline]
    pub(crate) fn run(&mut self, classes: u8) -> &'a [u8] {
        let rest = &self.head[self.at..];
        let (passed, _) = rest.split_at(run(rest, classes));
        self.at += passed.len();
        passed
    }

    /// Goes past `byte`, if it is here.
    #[inline]
    pub(crate) fn pass(&mut self, byte: u8) -> bool {
        let here = self.byte() == byte && self.at < self.head.len();
        self.at += usize::from(here);
        here
    }

    /// Goes past the line end that is here. Any other byte is refused as `otherwise`.
    #[inline]
    pub(crate) fn line_end(&mut self, otherwise: Error) -> Result<(), Fault<Error>> {
        if self.byte() == b'\r' && self.byte_at(self.at + 1) == b'\n' {
            self.at += 2;
        } else if self.byte() == b'\n' && self.relaxed.bare_lf {
            self.at += 1;
        } else {
            return Err(self.refuse(otherwise, otherwise));
        }
        Ok(())
    }

    /// Why the byte here is refused: `wrong`, or `short` where it ends the line, unless it is a
    /// line end that is broken itself.
    #[cold]
    pub(crate) fn refuse(&self, wrong: Error, short: Error) -> Fault<Error> {
        let error = match self.byte() {
            b'\r' if self.byte_at(self.at + 1) == b'\n' => short,
            b'\r' => Error::BareCr,
            b'\n' if self.relaxed.bare_lf => short,
            b'\n' => Error::BareLf,
            _ => wrong,
        };
        self.fault(error)
    }

    #[cold]
    pub(crate) fn fault(&self, error: Error) -> Fault<Error> {
        Fault::new(error).at(self.at as u64)
    }

    /// Goes past a version; `short` is what a line that ends too early is refused as.
    #[inline]
    pub(crate) fn version(&mut self, short: Error) -> Result<Version, Fault<Error>> {
        let version = match self.head.get(self.at..self.at + 8) {
            Some(b"HTTP/1.1") => Version::Http11,
            Some(b"HTTP/1.0") => Version::Http10,
            _ => return Err(self.refuse_version(short)),
        };
        self.at += 8;
        Ok(version)
    }

    #[cold]
    fn refuse_version(&mut self, short: Error) -> Fault<Error> {
        let start = self.at;
        for expected in *b"HTTP/0.0" {
            let fits = match expected {
                b'0' => self.byte().is_ascii_digit(),
                _ => self.byte() == expected,
            };
            if !fits {
                return self.refuse(Error::Version, short);
            }
            self.at += 1;
        }
        self.at = start + if self.byte_at(start + 5) == b'1' { 7 } else { 5 };
        self.fault(Error::UnsupportedVersion)
    }

    /// Goes past the three digits of a status.
    #[inline]
    pub(crate) fn status(&mut self) -> Result<u16, Fault<Error>> {
        let mut status = 0;
        for place in 0..3 {
            let digit = self.byte().wrapping_sub(b'0');
            if digit > 9 || (place == 0 && digit == 0) {
                return Err(self.refuse(Error::Status, Error::Status));
            }
            status = status * 10 + u16::from(digit);
            self.at += 1;
        }
        Ok(status)
    }

    /// Goes past all header lines and the empty line behind them, and notes where they are.
    #[inline]
    pub(crate) fn headers(
        &mut self,
        spans: &mut Spans,
        limits: &Limits,
    ) -> Result<(), Fault<Error>> {
        spans.clear();
        loop {
            match self.byte() {
                b'\r' | b'\n' => break,
                b' ' | b'\t' if spans.len() == 0 => {
                    return Err(self.fault(Error::SpaceBeforeHeaders));
                }
                b' ' | b'\t' => return Err(self.fault(Error::Fold)),
                _ if spans.len() >= limits.headers => {
                    return Err(self.fault(Error::TooManyHeaders));
                }
                _ => spans.push(self.header()?),
            }
        }
        self.line_end(Error::HeaderName)?;
        // A record that goes on behind the empty line is not what `frame` announced.
        if self.at == self.head.len() { Ok(()) } else { Err(Fault::from_cause(Cause::Contract)) }
    }

    #[inline]
    fn header(&mut self) -> Result<Span, Fault<Error>> {
        let name = self.at;
        let name_end = name + self.run(TOKEN).len();
        if name == name_end || !self.pass(b':') {
            return Err(self.refuse_name());
        }
        while matches!(self.byte(), b' ' | b'\t') {
            self.at += 1;
        }
        let value = self.at;
        let text = self.run(VALUE);
        let value_end = value + text.trim_ascii_end().len();
        self.line_end(Error::HeaderValue)?;
        Ok(Span {
            name: offset(name),
            name_end: offset(name_end),
            value: offset(value),
            value_end: offset(value_end),
        })
    }

    #[cold]
    fn refuse_name(&self) -> Fault<Error> {
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\t');
        let behind = self.head[self.at..].iter().find(|byte| !is_space(byte));
        if is_space(&self.byte()) && behind == Some(&b':') {
            return self.fault(Error::SpaceBeforeColon);
        }
        self.refuse(Error::HeaderName, Error::HeaderName)
    }
}

/// Whether `first` can begin a method.
pub(crate) const fn begins_method(first: u8) -> bool {
    is(first, TOKEN) || matches!(first, b'\r' | b'\n')
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "no head is longer than Limits::MOST_HEAD")]
fn offset(at: usize) -> u32 {
    at as u32
}
