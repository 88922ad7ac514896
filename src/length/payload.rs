//! One payload whose length is known already.

use core::convert::Infallible;

use crate::{Decode, Fault, Framing, Record};

/// One payload of `length` bytes as one record; then the stage is over.
///
/// With a `length` of 0 it yields one empty record all the same: whoever waits for a payload gets
/// one. The whole payload is buffered before it is lent, so compare `length` with a limit of your
/// own if it comes from a peer, or take [`pieces`](super::pieces).
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
    /// None once it has been lent.
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
