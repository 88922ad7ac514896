//! Single payloads of a known length.

use core::convert::Infallible;

use crate::{Decode, Fault, Framing, Record};

/// Makes a stage of one record of `length` bytes, done after it.
///
/// A `length` of 0 yields one empty record: a caller that waits for a payload gets one. The whole
/// payload is buffered before it is lent, so compare a `length` that comes from a peer with a limit
/// of your own, or use [`pieces`](super::pieces).
///
/// ```
/// use segue::{Buffer, Output, Step, length};
///
/// let mut stage = length::payload(5);
/// let mut output = Output::new();
/// let mut buffer = Buffer::from(&b"hel"[..]);
/// let Step::Need(need) = buffer.step(&mut stage, false, &mut output).unwrap() else { panic!() };
/// assert_eq!(need.claim, 2);
/// buffer.extend(b"lo, next");
/// let Step::Item(record) = buffer.step(&mut stage, false, &mut output).unwrap() else { panic!() };
/// assert_eq!(record, b"hello");
/// assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Done)));
/// assert_eq!(buffer.as_slice(), b", next");
/// ```
#[must_use]
pub const fn payload(length: usize) -> Payload {
    Payload { length: Some(length) }
}

/// The stage of [`payload`].
#[derive(Debug, Clone)]
pub struct Payload {
    /// `None` once the payload has been lent.
    length: Option<usize>,
}

impl Decode for Payload {
    type Item<'a> = Record<'a>;
    type Error = Infallible;

    #[inline]
    fn frame(&mut self, input: &[u8], _: bool) -> Result<Framing, Fault<Infallible>> {
        Ok(match self.length {
            None => Framing::Done,
            Some(length) if length <= input.len() => Framing::Record(length),
            Some(length) => Framing::need(length - input.len()),
        })
    }

    #[inline]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Record<'a>, Fault<Infallible>> {
        self.length = None;
        Ok(record)
    }
}
