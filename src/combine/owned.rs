//! Records as owned values.

use bytes::Bytes;

use super::forward::{accessors, forward, look_ahead};
use crate::{Decode, Fault, Framing, Output, Record};

/// A stage whose records are [`Bytes`], which may be kept and sent to other threads.
///
/// Short ones are copied, long ones share the buffer's allocation: see [`Record::into_bytes`].
/// Lending costs a fifth of either, or less. On partial and on complete input it acts as the
/// wrapped stage does. Made by [`DecodeExt::owned`](crate::DecodeExt::owned).
///
/// ```
/// use bytes::Bytes;
/// use segue::{Buffer, DecodeExt, Output, Step, length};
///
/// let mut stage = length::u8().owned();
/// let mut buffer = Buffer::from(&b"\x01a\x02b"[..]);
/// let mut output = Output::new();
/// let first = buffer.step(&mut stage, false, &mut output).unwrap();
/// assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Need(_))));
/// buffer.extend(b"c");
/// let second = buffer.step(&mut stage, false, &mut output).unwrap();
/// assert_eq!(first, Step::Item(Bytes::from("a")));
/// assert_eq!(second, Step::Item(Bytes::from("bc")));
/// ```
#[derive(Debug, Clone)]
pub struct Owned<D> {
    stage: D,
}

impl<D> Owned<D> {
    /// Wraps `stage` to yield owned records.
    pub const fn new(stage: D) -> Self {
        Self { stage }
    }
}

accessors!(Owned<D>);

impl<D> Decode for Owned<D>
where
    D: for<'a> Decode<Item<'a> = Record<'a>> + 'static,
{
    type Item<'a>
        = Bytes
    where
        Self: 'a;
    type Error = D::Error;

    #[inline]
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<D::Error>> {
        self.stage.frame(input, eof).map_err(Fault::fatal)
    }

    #[inline]
    fn absorb(&mut self, record: Record<'_>, answers: &mut Output) -> Result<(), Fault<D::Error>> {
        self.stage.absorb(record, answers)
    }

    #[inline]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Bytes, Fault<D::Error>> {
        self.stage.parse(record).map(Record::into_bytes)
    }

    forward!(D, stage);
    look_ahead!(D, stage, |self, fault| fault);
}
