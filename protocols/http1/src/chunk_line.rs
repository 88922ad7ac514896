//! The line in front of a chunk: its size and extensions.

use core::ops::Range;

use segue::Fault;

use crate::Error;
use segue_http::class::{TOKEN, VALUE, is, run};

/// `chunk-size [ chunk-ext ] CRLF` (RFC 9112 §7.1).
#[derive(Debug, PartialEq)]
pub(crate) struct ChunkLine {
    /// Bytes of data in the chunk; 0 for the last chunk, which has none.
    pub(crate) size: u64,
    /// The range of the extensions in the line.
    pub(crate) extensions: Range<usize>,
}

impl ChunkLine {
    /// Reads the line in front of `input` if it is whole and has nothing in it but a size that is
    /// not too long; its length and the size.
    #[inline]
    pub(crate) fn plain(input: &[u8]) -> Option<(usize, u64)> {
        let mut size = 0;
        for (at, &byte) in input.iter().enumerate().take(9) {
            match hex(byte) {
                Some(digit) => size = size << 4 | u64::from(digit),
                None if at > 0 && input[at..].starts_with(b"\r\n") => return Some((at + 2, size)),
                None => return None,
            }
        }
        None
    }

    /// Reads a line that ends in its first LF; whitespace may end it if `spaces`.
    pub(crate) fn read(line: &[u8], spaces: bool) -> Result<Self, Fault<Error>> {
        let mut size = 0u64;
        let mut at = 0;
        while let Some(digit) = line.get(at).and_then(|&byte| hex(byte)) {
            if size >> 60 != 0 {
                return Err(Fault::new(Error::ChunkSizeOverflow).at(at as u64));
            }
            size = size << 4 | u64::from(digit);
            at += 1;
        }
        if at == 0 {
            return Err(refuse(line, at, Error::ChunkSize));
        }
        if spaces {
            let blanks = line[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t'));
            let end = at + blanks.count();
            if line[end..] == *b"\r\n" {
                at = end;
            }
        }
        let start = at;
        if line[at..] != *b"\r\n" {
            at = extensions(line, at)?;
        }
        Ok(Self { size, extensions: start..at })
    }
}

/// Goes through the extensions from `at` on, and tells where the line ends (RFC 9112 §7.1.1).
///
/// They are `;` and a name, with or without `=` and a token or a quoted string, and whitespace in
/// between that should not be there.
fn extensions(line: &[u8], mut at: usize) -> Result<usize, Fault<Error>> {
    let skip = |at: usize, class| at + run(line.get(at..).unwrap_or_default(), class);
    let blank = |at: usize| {
        at + line.iter().skip(at).take_while(|byte| matches!(byte, b' ' | b'\t')).count()
    };
    let mut otherwise = Error::ChunkSize;
    while line[at..] != *b"\r\n" {
        // Whitespace must lead to an extension: at the end of a line it is an error.
        let semicolon = blank(at);
        if line.get(semicolon) != Some(&b';') {
            return Err(refuse(line, semicolon, otherwise));
        }
        otherwise = Error::ChunkExtension;
        let name = blank(semicolon + 1);
        at = skip(name, TOKEN);
        if at == name {
            return Err(refuse(line, at, Error::ChunkExtension));
        }
        let equals = blank(at);
        if line.get(equals) != Some(&b'=') {
            continue;
        }
        let value = blank(equals + 1);
        at = match line.get(value) {
            Some(b'"') => quoted_end(line, value)?,
            _ => skip(value, TOKEN),
        };
        if at == value {
            return Err(refuse(line, at, Error::ChunkExtension));
        }
    }
    Ok(at)
}

/// The end of the quoted string that begins at `at` (RFC 9110 §5.6.4).
fn quoted_end(line: &[u8], mut at: usize) -> Result<usize, Fault<Error>> {
    loop {
        at += 1;
        let escaped = line.get(at) == Some(&b'\\');
        at += usize::from(escaped);
        match line.get(at) {
            Some(b'"') if !escaped => return Ok(at + 1),
            Some(&byte) if is(byte, VALUE) => {}
            _ => return Err(refuse(line, at, Error::ChunkExtension)),
        }
    }
}

/// The fault for the byte at `at`: `error`, unless it is a broken line end.
#[cold]
fn refuse(line: &[u8], at: usize, error: Error) -> Fault<Error> {
    let error = match line.get(at..).unwrap_or_default() {
        [b'\r', b'\n', ..] => error,
        [b'\r', ..] => Error::BareCr,
        [b'\n', ..] => Error::BareLf,
        _ => error,
    };
    Fault::new(error).at(at as u64)
}

#[inline]
fn hex(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fast and the careful reader agree on every line that the fast one accepts.
    #[test]
    fn plain_lines_are_what_careful_reading_sees() {
        let mut plain = 0;
        for line in [&b"0\r\n\r\n"[..], b"400\r\ndata", b"DEADbeef\r\n\r\n", b"1;a=b\r\n\r\n"] {
            for place in 0..line.len() {
                for byte in 0..=255 {
                    let mut line = line.to_vec();
                    line[place] = byte;
                    let Some((length, size)) = ChunkLine::plain(&line) else { continue };
                    let expected = ChunkLine { size, extensions: length - 2..length - 2 };
                    assert_eq!(ChunkLine::read(&line[..length], false), Ok(expected));
                    assert_eq!(
                        line[..length].iter().position(|&byte| byte == b'\n'),
                        Some(length - 1)
                    );
                    assert_eq!(ChunkLine::plain(&line[..length - 1]), None);
                    plain += 1;
                }
            }
        }
        assert!(plain > 1000, "{plain} lines");
    }
}
