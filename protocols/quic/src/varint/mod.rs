//! Variable-length integers (RFC 9000 §16).
//!
//! The two high bits of the first byte tell if an integer takes 1, 2, 4 or 8 bytes; the rest is its
//! value of up to 62 bits, most significant byte first.
//!
//! Single integers are read by a branch on their length, which processors predict for the fields of
//! a frame. For many in a row use [`VarInt::all`].

mod iter;

use core::fmt;

pub use iter::VarIntIter;

use segue::{Decode, Encode, Fault, Framing, Output, Record};

use crate::Sink;

/// An integer of at most 62 bits, as QUIC sends it (RFC 9000 §16).
///
/// A value may be sent in more bytes than necessary, except for the types of frames (§12.4), so the
/// value does not tell its encoded size: [`decode`](Self::decode) does.
///
/// ```
/// use segue_quic::VarInt;
///
/// // RFC 9000 §A.1
/// assert_eq!(VarInt::decode(&[0x7b, 0xbd, 0xff]), Some((VarInt::from(15_293_u16), 2)));
/// assert_eq!(VarInt::decode(&[0x7b]), None);
/// assert_eq!(&VarInt::from(15_293_u16).to_bytes()[..], [0x7b, 0xbd]);
/// assert!(VarInt::try_from(1_u64 << 62).is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct VarInt(u64);

impl VarInt {
    /// The greatest integer: 2^62 - 1.
    pub const MAX: Self = Self((1 << 62) - 1);

    /// 0.
    pub const ZERO: Self = Self(0);

    /// The size of the longest encoding in bytes.
    pub const MAX_SIZE: usize = 8;

    /// Creates the integer `value`; none if it has more than 62 bits.
    #[inline]
    #[must_use]
    pub const fn new(value: u64) -> Option<Self> {
        if value <= Self::MAX.0 { Some(Self(value)) } else { None }
    }

    /// Creates the integer `value`, which always fits.
    #[inline]
    #[must_use]
    pub const fn from_u32(value: u32) -> Self {
        Self(value as u64)
    }

    /// Returns the value.
    #[inline]
    #[must_use]
    pub const fn value(self) -> u64 {
        self.0
    }

    /// Returns the size of the shortest encoding in bytes: 1, 2, 4 or 8.
    #[inline]
    #[must_use]
    pub const fn size(self) -> usize {
        self.width().size()
    }

    /// Returns the smallest width in which it fits.
    #[inline]
    #[must_use]
    pub const fn width(self) -> Width {
        // Each of the limits of 6, 14 and 30 bits that the value passes takes one step up.
        match (self.0 >= 1 << 6) as u8 + (self.0 >= 1 << 14) as u8 + (self.0 >= 1 << 30) as u8 {
            0 => Width::One,
            1 => Width::Two,
            2 => Width::Four,
            _ => Width::Eight,
        }
    }

    /// Reads the integer in front of `input`. Returns it with its size in bytes; none if it is
    /// incomplete.
    ///
    /// [`Width::of`] returns the size from the first byte.
    #[inline(always)]
    #[must_use]
    pub const fn decode(input: &[u8]) -> Option<(Self, usize)> {
        let mut rest = input;
        match Self::take(&mut rest) {
            Some(value) => Some((value, input.len() - rest.len())),
            None => None,
        }
    }

    /// Reads as [`decode`](Self::decode) does, without a branch on the length; none if there are
    /// not eight bytes to load at once.
    #[inline(always)]
    const fn shift(input: &[u8]) -> Option<(Self, usize)> {
        let Some(&bytes) = input.first_chunk::<8>() else { return None };
        let word = u64::from_be_bytes(bytes);
        let class = word >> 62;
        // 8, 16, 32 or 64 bits belong to it, two of which are its class.
        Some((Self((word & Self::MAX.0) >> (64 - (8 << class))), 1 << class))
    }

    /// Removes the integer in front of `input`; none, with `input` unchanged, if it is incomplete.
    ///
    /// ```
    /// use segue_quic::VarInt;
    ///
    /// let mut input = &[0x25, 0x40, 0x25, 0x80][..];
    /// assert_eq!(VarInt::take(&mut input), Some(VarInt::from(37_u8)));
    /// assert_eq!(VarInt::take(&mut input), Some(VarInt::from(37_u8)));
    /// assert_eq!(VarInt::take(&mut input), None);
    /// assert_eq!(input, [0x80]);
    /// ```
    #[inline(always)]
    pub const fn take(input: &mut &[u8]) -> Option<Self> {
        // Each arm takes off its class by itself: a mask made of the size would hold up whoever waits
        // for the value, as the data behind a length does.
        macro_rules! split {
            ($size:literal, $Int:ty) => {
                match input.split_first_chunk::<$size>() {
                    Some((bytes, behind)) => {
                        *input = behind;
                        (<$Int>::from_be_bytes(*bytes) & (<$Int>::MAX >> 2)) as u64
                    }
                    None => return None,
                }
            };
        }
        Some(Self(match *input {
            [] => return None,
            [0..0x40, ..] => split!(1, u8),
            [0x40..0x80, ..] => split!(2, u16),
            [0x80..0xc0, ..] => split!(4, u32),
            _ => split!(8, u64),
        }))
    }

    /// Returns the shortest encoding.
    #[inline]
    #[must_use]
    pub const fn to_bytes(self) -> Encoded {
        self.shifted(self.width())
    }

    /// Returns the encoding in this width; none if it does not fit. Use it for a length that is
    /// filled in later.
    ///
    /// ```
    /// use segue_quic::{VarInt, Width};
    ///
    /// let length = VarInt::from(37_u8);
    /// assert_eq!(length.to_bytes_in(Width::Two).as_deref(), Some(&[0x40, 0x25][..]));
    /// assert_eq!(VarInt::from(64_u8).to_bytes_in(Width::One), None);
    /// ```
    #[inline]
    #[must_use]
    pub const fn to_bytes_in(self, width: Width) -> Option<Encoded> {
        if self.0 <= width.greatest().0 { Some(self.shifted(width)) } else { None }
    }

    #[inline]
    const fn shifted(self, width: Width) -> Encoded {
        let class = width as u64;
        let word = (class << 62) | (self.0 << (64 - (8 << class)));
        Encoded { bytes: word.to_be_bytes(), width }
    }

    /// Appends the shortest encoding to `sink`.
    #[inline]
    pub fn put(self, sink: &mut impl Sink) {
        sink.put(&self.to_bytes());
    }
}

/// The width of an encoded integer (RFC 9000 §16, table 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Width {
    /// One byte: up to 63.
    One,
    /// Two bytes: up to 16383.
    Two,
    /// Four bytes: up to 1073741823.
    Four,
    /// Eight bytes: up to [`VarInt::MAX`].
    Eight,
}

impl Width {
    /// Returns the width of the integer that begins with the byte `first`.
    #[inline]
    #[must_use]
    pub const fn of(first: u8) -> Self {
        match first >> 6 {
            0 => Self::One,
            1 => Self::Two,
            2 => Self::Four,
            _ => Self::Eight,
        }
    }

    /// Returns the width in bytes: 1, 2, 4 or 8.
    #[inline]
    #[must_use]
    pub const fn size(self) -> usize {
        1 << self as u8
    }

    /// Returns the greatest integer that fits.
    #[inline]
    #[must_use]
    pub const fn greatest(self) -> VarInt {
        VarInt(VarInt::MAX.0 >> (64 - (8 << self as u8)))
    }
}

/// The bytes of one integer, made by [`VarInt::to_bytes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoded {
    bytes: [u8; 8],
    width: Width,
}

impl core::ops::Deref for Encoded {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        &self.bytes[..self.width.size()]
    }
}

/// A stage that reads integers.
///
/// - Complete input: each integer is an item, with no byte between them.
/// - Partial input: the stage needs the rest of the integer, by its first byte.
/// - At the end of the stream: done between two integers, a truncation inside one.
///
/// ```
/// use segue::{Buffer, Encode, Output, Step};
/// use segue_quic::{VarInt, VarInts};
///
/// let mut output = Output::new();
/// VarInts.encode(VarInt::from(494_878_333_u32), &mut output).unwrap();
/// let mut buffer = Buffer::from(&output.to_vec()[..]);
/// let step = buffer.step(&mut VarInts, true, &mut output)?;
/// assert_eq!(step, Step::Item(VarInt::from(494_878_333_u32)));
/// assert_eq!(buffer.step(&mut VarInts, true, &mut output)?, Step::Done);
/// buffer.extend(&[0x9d, 0x7f]);
/// let Step::Need(need) = buffer.step(&mut VarInts, false, &mut output)? else { panic!() };
/// assert_eq!(need.claim, 2);
/// # Ok::<(), segue::Fault<core::convert::Infallible>>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct VarInts;

impl Decode for VarInts {
    type Item<'a> = VarInt;
    type Error = core::convert::Infallible;

    #[inline]
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Self::Error>> {
        let Some(&first) = input.first() else {
            return Ok(if eof { Framing::Done } else { Framing::need(1) });
        };
        let size = Width::of(first).size();
        let missing = size.saturating_sub(input.len());
        Ok(if missing > 0 { Framing::need(missing) } else { Framing::Record(size) })
    }

    #[inline]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<VarInt, Fault<Self::Error>> {
        match VarInt::decode(&record) {
            Some((value, _)) => Ok(value),
            None => Err(Fault::from_cause(segue::Cause::Contract)),
        }
    }
}

impl Encode<VarInt> for VarInts {
    type Error = core::convert::Infallible;

    fn encode(&mut self, item: VarInt, output: &mut Output) -> Result<(), Self::Error> {
        item.put(output);
        Ok(())
    }
}

/// A nom parser for one integer.
///
/// An incomplete integer is `Incomplete` by the number of missing bytes in streaming mode, and an
/// error (`Eof`) in complete mode.
///
/// ```
/// use nom::{Err, IResult, Needed, Parser};
/// use segue_quic::{VarInt, varint};
///
/// fn pair(input: &[u8]) -> IResult<&[u8], (VarInt, VarInt)> {
///     (varint(), varint()).parse(input)
/// }
///
/// let read = (VarInt::from(37_u8), VarInt::from(15_293_u16));
/// assert_eq!(pair(&[0x25, 0x7b, 0xbd, 7]), Ok((&[7][..], read)));
/// assert_eq!(pair(&[0x25, 0x9d]), Err(Err::Incomplete(Needed::new(3))));
/// ```
#[cfg(feature = "nom")]
pub fn varint<'a, E: nom::error::ParseError<&'a [u8]>>()
-> impl nom::Parser<&'a [u8], Output = VarInt, Error = E> {
    nom::Parser::map(segue::nom::prefix(segue::length::QuicVarint), VarInt)
}

/// The error for a number of more than 62 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLarge;

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the number has more than the 62 bits that can be sent (RFC 9000 §16)")
    }
}

impl core::error::Error for TooLarge {}

impl From<VarInt> for u64 {
    #[inline]
    fn from(value: VarInt) -> Self {
        value.0
    }
}

macro_rules! from_smaller {
    ($($Small:ty),*) => {$(
        impl From<$Small> for VarInt {
            #[inline]
            fn from(value: $Small) -> Self {
                Self(u64::from(value))
            }
        }
    )*};
}

from_smaller!(u8, u16, u32);

impl TryFrom<u64> for VarInt {
    type Error = TooLarge;

    #[inline]
    fn try_from(value: u64) -> Result<Self, TooLarge> {
        Self::new(value).ok_or(TooLarge)
    }
}

impl TryFrom<usize> for VarInt {
    type Error = TooLarge;

    #[inline]
    fn try_from(value: usize) -> Result<Self, TooLarge> {
        Self::new(value as u64).ok_or(TooLarge)
    }
}

impl TryFrom<VarInt> for usize {
    type Error = core::num::TryFromIntError;

    #[inline]
    fn try_from(value: VarInt) -> Result<Self, Self::Error> {
        Self::try_from(value.0)
    }
}

impl PartialEq<u64> for VarInt {
    fn eq(&self, other: &u64) -> bool {
        self.0 == *other
    }
}

impl PartialOrd<u64> for VarInt {
    fn partial_cmp(&self, other: &u64) -> Option<core::cmp::Ordering> {
        self.0.partial_cmp(other)
    }
}

impl fmt::Debug for VarInt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for VarInt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::LowerHex for VarInt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::LowerHex::fmt(&self.0, f)
    }
}
