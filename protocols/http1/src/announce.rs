//! What the headers of a head that is written say of its framing and its connection.

use core::cell::Cell;

use crate::framing::decimal;
use crate::{HeaderLine, WriteError};

/// What the headers that pass by say, noted on their way to the output.
#[derive(Debug, Default)]
pub(crate) struct Announced {
    notes: Cell<Notes>,
}

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Notes {
    pub(crate) length: Option<u64>,
    pub(crate) chunked: bool,
    /// There is a line that contradicts another, or that nobody could act on.
    pub(crate) contradicts: bool,
    pub(crate) close: bool,
    pub(crate) keep_alive: bool,
    /// `Connection` names `upgrade`.
    pub(crate) connection_upgrade: bool,
    /// There is an `Upgrade`.
    pub(crate) upgrade: bool,
    pub(crate) hosts: u8,
    pub(crate) expects: bool,
}

impl Announced {
    /// The `headers`, noted as they pass by, and behind them what `added` makes of the notes. A
    /// `Transfer-Encoding` is left out where `without_encoding`.
    pub(crate) fn pass<'n, H, A>(
        &'n self,
        headers: H,
        without_encoding: bool,
        added: A,
    ) -> impl Iterator<Item = Line<H::Item>> + use<'n, H, A>
    where
        H: IntoIterator<Item: HeaderLine>,
        A: FnOnce(Notes) -> [Option<Line<H::Item>>; 2] + 'n,
    {
        let own = headers.into_iter().filter_map(move |line| {
            self.note(&line);
            let left_out = without_encoding && is(line.name(), b"transfer-encoding");
            (!left_out).then_some(Line::Own(line))
        });
        own.chain(core::iter::once_with(move || added(self.notes.get())).flatten().flatten())
    }

    /// Looks at a header line.
    fn note(&self, line: &impl HeaderLine) {
        let (name, value) = (line.name(), line.value());
        let mut notes = self.notes.get();
        if is(name, b"host") {
            notes.hosts = notes.hosts.saturating_add(1);
        } else if is(name, b"expect") {
            notes.expects |= value.eq_ignore_ascii_case(b"100-continue");
        } else if is(name, b"upgrade") {
            notes.upgrade = true;
        } else if is(name, b"connection") {
            for token in value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii) {
                notes.close |= token.eq_ignore_ascii_case(b"close");
                notes.keep_alive |= token.eq_ignore_ascii_case(b"keep-alive");
                notes.connection_upgrade |= token.eq_ignore_ascii_case(b"upgrade");
            }
        } else if is(name, b"content-length") {
            let length = decimal(value).ok();
            notes.contradicts |= length.is_none() || notes.length.is_some() || notes.chunked;
            notes.length = length;
        } else if is(name, b"transfer-encoding") {
            let chunked = value.eq_ignore_ascii_case(b"chunked");
            notes.contradicts |= !chunked || notes.length.is_some() || notes.chunked;
            notes.chunked = chunked;
        } else {
            return;
        }
        self.notes.set(notes);
    }
}

impl Notes {
    /// The framing that the headers announce.
    ///
    /// # Errors
    /// [`WriteError::Framing`] where they announce two, or one that nobody could act on.
    pub(crate) fn framing(&self) -> Result<Framing, WriteError> {
        match (self.length, self.chunked) {
            _ if self.contradicts => Err(WriteError::Framing),
            (Some(length), _) => Ok(Framing::Length(length)),
            (None, true) => Ok(Framing::Chunked),
            (None, false) => Ok(Framing::Nothing),
        }
    }
}

/// What the headers announce of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    Nothing,
    Length(u64),
    Chunked,
}

/// A header line of the caller, or one that is added.
pub(crate) enum Line<L> {
    Own(L),
    Added(&'static str, &'static str),
    Length(Digits),
}

impl<L: HeaderLine> HeaderLine for Line<L> {
    fn name(&self) -> &[u8] {
        match self {
            Self::Own(line) => line.name(),
            Self::Added(name, _) => name.as_bytes(),
            Self::Length(_) => b"Content-Length",
        }
    }

    fn value(&self) -> &[u8] {
        match self {
            Self::Own(line) => line.value(),
            Self::Added(_, value) => value.as_bytes(),
            Self::Length(digits) => digits.as_bytes(),
        }
    }
}

/// A number as it is written in decimal or hexadecimal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Digits {
    bytes: [u8; 20],
    start: usize,
}

impl Digits {
    pub(crate) fn decimal(number: u64) -> Self {
        Self::new::<10>(number)
    }

    pub(crate) fn hexadecimal(number: u64) -> Self {
        Self::new::<16>(number)
    }

    fn new<const BASE: u64>(mut number: u64) -> Self {
        let (mut bytes, mut start) = ([0; 20], 20);
        loop {
            start -= 1;
            let digit = usize::try_from(number % BASE).unwrap_or(0);
            bytes[start] = b"0123456789abcdef"[digit];
            number /= BASE;
            if number == 0 {
                return Self { bytes, start };
            }
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }
}

/// Whether `name` is `wanted`, which is in lower case.
fn is(name: &[u8], wanted: &[u8]) -> bool {
    name.eq_ignore_ascii_case(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn digits_of_the_greatest_and_the_least() {
        for number in [0, 9, 10, 255, 256, u64::MAX] {
            assert_eq!(Digits::decimal(number).as_bytes(), format!("{number}").as_bytes());
            assert_eq!(Digits::hexadecimal(number).as_bytes(), format!("{number:x}").as_bytes());
        }
    }
}
