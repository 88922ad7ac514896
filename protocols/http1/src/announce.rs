//! The framing and the connection options that the headers of a sent head announce.

use segue::Output;
use segue_http::{Authority, Tokens, is_token};

use crate::framing::decimal;
use crate::machine::Offered;
use crate::{HeaderLine, WriteError};

/// Facts noted from the headers of a head while they are written.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Notes {
    pub(crate) length: Option<u64>,
    pub(crate) chunked: bool,
    /// There are other codings in front of `chunked`.
    pub(crate) coded: bool,
    /// A line contradicts another, or is meaningless.
    pub(crate) contradicts: bool,
    pub(crate) close: bool,
    pub(crate) keep_alive: bool,
    /// `Connection` names `upgrade`.
    pub(crate) connection_upgrade: bool,
    /// The protocols in `Upgrade`.
    pub(crate) upgrade: Option<Offered>,
    pub(crate) hosts: u8,
    /// A `Host` is none that a reader takes.
    pub(crate) bad_host: bool,
    pub(crate) expects: bool,
    /// There is a `Date`.
    pub(crate) date: bool,
}

impl Notes {
    /// Looks at a header line. Names of other lengths than these are not compared.
    #[inline]
    pub(crate) fn note(&mut self, line: &impl HeaderLine) {
        let (name, value) = (line.name(), line.value());
        match name.len() {
            4 if is(name, b"host") => {
                self.hosts = self.hosts.saturating_add(1);
                self.bad_host |= !value.is_empty() && Authority::read(value).is_err();
            }
            4 if is(name, b"date") => self.date = true,
            6 if is(name, b"expect") => self.expects |= is(value, b"100-continue"),
            7 if is(name, b"upgrade") => self.upgrade.get_or_insert_default().add(value),
            10 if is(name, b"connection") => self.note_connection(value),
            14 if is(name, b"content-length") => {
                let length = decimal(value).ok();
                self.contradicts |= length.is_none() || self.length.is_some() || self.chunked;
                self.length = length;
            }
            17 if is_encoding(name) => self.note_encoding(value),
            _ => {}
        }
    }

    /// Codings that end in one `chunked`. Those before it are the caller's, or the sender's whose
    /// message is sent on.
    fn note_encoding(&mut self, value: &[u8]) {
        let (mut chunked, mut broken) = (false, false);
        for coding in Tokens::of(value) {
            broken |= chunked || !is_token(coding);
            chunked = is(coding, b"chunked");
            self.coded |= !chunked;
        }
        self.contradicts |= !chunked || broken || self.length.is_some() || self.chunked;
        self.chunked = chunked;
    }

    fn note_connection(&mut self, value: &[u8]) {
        for token in Tokens::of(value) {
            self.close |= is(token, b"close");
            self.keep_alive |= is(token, b"keep-alive");
            self.connection_upgrade |= is(token, b"upgrade");
        }
    }

    /// The framing of the body, as the headers announce it.
    ///
    /// # Errors
    /// [`WriteError::Framing`] if they announce two framings, or a meaningless one.
    pub(crate) fn announced(&self) -> Result<Announced, WriteError> {
        match (self.length, self.chunked) {
            _ if self.contradicts => Err(WriteError::Framing),
            (Some(length), _) => Ok(Announced::Length(length)),
            (None, true) => Ok(Announced::Chunked),
            (None, false) => Ok(Announced::Nothing),
        }
    }
}

/// The framing of a body, as its head announces it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Announced {
    Nothing,
    Length(u64),
    Chunked,
}

/// Appends the line that tells the length of a body.
pub(crate) fn put_length(length: u64, output: &mut Output) {
    const NAME: &[u8; 16] = b"Content-Length: ";
    // Put together from its end, so that it is appended at once.
    let mut line = *b"Content-Length: 18446744073709551615\r\n";
    let (mut start, mut left) = (line.len() - 2, length);
    loop {
        start -= 1;
        line[start] = b'0' + u8::try_from(left % 10).unwrap_or(0);
        left /= 10;
        if left == 0 {
            break;
        }
    }
    line[start - NAME.len()..start].copy_from_slice(NAME);
    output.put(&line[start - NAME.len()..]);
}

/// A number as it is written in hexadecimal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Digits {
    bytes: [u8; 16],
    start: usize,
}

impl Digits {
    pub(crate) fn hexadecimal(mut number: u64) -> Self {
        let (mut bytes, mut start) = ([0; 16], 16);
        loop {
            start -= 1;
            let digit = usize::try_from(number % 16).unwrap_or(0);
            bytes[start] = b"0123456789abcdef"[digit];
            number /= 16;
            if number == 0 {
                return Self { bytes, start };
            }
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }
}

/// Returns true if `name` is `Transfer-Encoding` or `Content-Length`.
pub(crate) fn is_framing(name: &[u8]) -> bool {
    is_encoding(name) || is(name, b"content-length")
}

/// Returns true if `name` is `Transfer-Encoding`.
pub(crate) fn is_encoding(name: &[u8]) -> bool {
    is(name, b"transfer-encoding")
}

/// Compares `name` with `wanted`, which is in lower case, without regard to case.
fn is(name: &[u8], wanted: &[u8]) -> bool {
    name.eq_ignore_ascii_case(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn lengths_are_written_as_anybody_does() {
        for length in (0..20).map(|digits| 10_u64.pow(digits) - 1).chain([0, 10, 13, u64::MAX]) {
            let mut output = Output::new();
            put_length(length, &mut output);
            assert_eq!(output.to_vec(), format!("Content-Length: {length}\r\n").as_bytes());
        }
    }

    #[test]
    fn digits_of_the_greatest_and_the_least() {
        for number in [0, 9, 10, 255, 256, u64::MAX] {
            assert_eq!(Digits::hexadecimal(number).as_bytes(), format!("{number:x}").as_bytes());
        }
    }
}
