//! Payloads in pieces, as they come.

use core::convert::Infallible;

use crate::{Decode, Fault, Framing, Need, Record};

/// Makes a stage of one payload of `length` bytes in pieces as they come, done after it.
///
/// It never waits for the whole payload, which may be longer than memory; hence 64 bits. The pieces
/// depend on how the payload was received. None is empty, and a `length` of 0 has none.
///
/// ```
/// use segue::{Buffer, Output, Step, length};
///
/// let mut stage = length::pieces(5);
/// let mut output = Output::new();
/// let mut buffer = Buffer::from(&b"hel"[..]);
/// let Step::Item(record) = buffer.step(&mut stage, false, &mut output).unwrap() else { panic!() };
/// assert_eq!(record, b"hel");
/// let Step::Need(need) = buffer.step(&mut stage, false, &mut output).unwrap() else { panic!() };
/// assert_eq!((need.at_least.get(), need.claim), (1, 2));
/// buffer.extend(b"lo, next");
/// let Step::Item(record) = buffer.step(&mut stage, false, &mut output).unwrap() else { panic!() };
/// assert_eq!(record, b"lo");
/// assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Done)));
/// ```
#[must_use]
pub const fn pieces(length: u64) -> Pieces {
    Pieces { left: length, most: PIECE }
}

/// Makes a stage of everything up to the end of the stream, in pieces as they come.
///
/// ```
/// use segue::{Buffer, Output, Step, length};
///
/// let mut stage = length::rest();
/// let mut output = Output::new();
/// let mut buffer = Buffer::from(&b"the rest"[..]);
/// let Step::Item(record) = buffer.step(&mut stage, false, &mut output).unwrap() else { panic!() };
/// assert_eq!(record, b"the rest");
/// let Step::Need(need) = buffer.step(&mut stage, false, &mut output).unwrap() else { panic!() };
/// assert_eq!((need.at_least.get(), need.claim), (1, usize::MAX));
/// assert!(matches!(buffer.step(&mut stage, true, &mut output), Ok(Step::Done)));
/// ```
#[must_use]
pub const fn rest() -> Rest {
    Rest { most: PIECE }
}

/// The default of the longest piece, in bytes: about what one read brings.
const PIECE: usize = 64 * 1024;

/// The stage of [`pieces`]. Items are never empty.
#[derive(Debug, Clone)]
pub struct Pieces {
    left: u64,
    most: usize,
}

/// The stage of [`rest`]. Items are never empty.
#[derive(Debug, Clone)]
pub struct Rest {
    most: usize,
}

impl Pieces {
    /// Lends no more than `bytes` bytes at once; 0 counts as 1. The default is 64 KiB.
    #[must_use]
    pub fn max_piece(self, bytes: usize) -> Self {
        Self { most: bytes.max(1), ..self }
    }

    /// Returns the number of bytes of the payload that were not lent yet.
    #[must_use]
    pub const fn left(&self) -> u64 {
        self.left
    }
}

impl Rest {
    /// Lends no more than `bytes` bytes at once; 0 counts as 1. The default is 64 KiB.
    #[must_use]
    pub fn max_piece(self, bytes: usize) -> Self {
        Self { most: bytes.max(1) }
    }
}

impl Decode for Pieces {
    type Item<'a> = Record<'a>;
    type Error = Infallible;

    #[inline]
    fn frame(&mut self, input: &[u8], _: bool) -> Result<Framing, Fault<Infallible>> {
        // If memory cannot hold what is left, no piece is longer than memory anyway.
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        Ok(if left == 0 {
            Framing::Done
        } else if input.is_empty() {
            Framing::Need(Need::ONE.claiming(left))
        } else {
            Framing::Record(input.len().min(self.most).min(left))
        })
    }

    #[inline]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Record<'a>, Fault<Infallible>> {
        self.left = self.left.saturating_sub(record.len() as u64);
        Ok(record)
    }
}

impl Decode for Rest {
    type Item<'a> = Record<'a>;
    type Error = Infallible;

    #[inline]
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Infallible>> {
        Ok(if !input.is_empty() {
            Framing::Record(input.len().min(self.most))
        } else if eof {
            Framing::Done
        } else {
            Framing::Need(Need::to_the_end(1))
        })
    }

    #[inline]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Record<'a>, Fault<Infallible>> {
        Ok(record)
    }
}
