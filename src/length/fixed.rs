//! Records of one size.

use core::{convert::Infallible, num::NonZeroUsize};

use crate::{Cause, Decode, Fault, Framing, Record};

/// Makes a stage of records of `size` bytes each. It is done if the stream ends between two
/// records.
///
/// Use [`array()`] for a size that is known at compile time.
///
/// ```
/// use core::num::NonZeroUsize;
/// use segue::{Buffer, Output, Step, length};
///
/// let mut stage = length::fixed(NonZeroUsize::new(3).unwrap());
/// let mut buffer = Buffer::from(&b"abcde"[..]);
/// let mut output = Output::new();
/// let Step::Item(record) = buffer.step(&mut stage, false, &mut output).unwrap() else { panic!() };
/// assert_eq!(record, b"abc");
/// let Step::Need(need) = buffer.step(&mut stage, false, &mut output).unwrap() else { panic!() };
/// assert_eq!(need.claim, 1);
/// ```
#[must_use]
pub const fn fixed(size: NonZeroUsize) -> Fixed {
    Fixed { size }
}

/// Makes a stage of records of `N` bytes each, lent as arrays. It is done if the stream ends
/// between two records.
///
/// `N` of 0 does not compile, since the records would never end.
///
/// ```
/// use segue::{Buffer, Output, Step, length};
///
/// let mut stage = length::array::<2>();
/// let mut buffer = Buffer::from(&b"\x01\x02\x03"[..]);
/// let mut output = Output::new();
/// let Step::Item(bytes) = buffer.step(&mut stage, false, &mut output).unwrap() else { panic!() };
/// assert_eq!(u16::from_be_bytes(*bytes), 0x0102);
/// let Step::Need(need) = buffer.step(&mut stage, false, &mut output).unwrap() else { panic!() };
/// assert_eq!(need.claim, 1);
/// ```
///
/// ```compile_fail
/// segue::length::array::<0>();
/// ```
#[must_use]
pub const fn array<const N: usize>() -> Array<N> {
    const { assert!(N > 0, "records of no bytes would never end") }
    Array(())
}

/// The stage of [`fixed`].
#[derive(Debug, Clone)]
pub struct Fixed {
    size: NonZeroUsize,
}

/// The stage of [`array()`].
#[derive(Debug, Clone)]
pub struct Array<const N: usize>(());

impl Decode for Fixed {
    type Item<'a> = Record<'a>;
    type Error = Infallible;

    #[inline]
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Infallible>> {
        Ok(frame(self.size.get(), input, eof))
    }

    #[inline]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Record<'a>, Fault<Infallible>> {
        Ok(record)
    }
}

impl<const N: usize> Decode for Array<N> {
    type Item<'a> = &'a [u8; N];
    type Error = Infallible;

    #[inline]
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Infallible>> {
        Ok(frame(N, input, eof))
    }

    #[inline]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<&'a [u8; N], Fault<Infallible>> {
        record.into_slice().first_chunk().ok_or(Fault::from_cause(Cause::Contract))
    }
}

#[inline]
fn frame(size: usize, input: &[u8], eof: bool) -> Framing {
    if input.len() >= size {
        Framing::Record(size)
    } else if eof && input.is_empty() {
        Framing::Done
    } else {
        Framing::need(size - input.len())
    }
}
