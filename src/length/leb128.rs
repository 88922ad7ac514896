//! Lengths in LEB128: seven bits a byte, the least significant first.

use super::{Error, Prefix, PrefixBytes, Scan};
use crate::Fault;

/// A length in LEB128: seven bits a byte, the least significant first; the high bit of a byte says
/// that another follows. Up to 64 bits, and so up to ten bytes.
///
/// Each length has one form. One that takes more bytes than it needs is refused
/// ([`Error::NotMinimal`]), as by multiformats, since two forms of one value deceive code that
/// compares bytes. Protobuf and WebAssembly allow padded lengths: [`Leb128Padded`].
///
/// ```
/// use segue::length::{Error, Leb128, Prefix, Scan};
///
/// assert_eq!(Leb128.read(&[0xe5, 0x8e, 0x26]), Ok(Scan::Whole { value: 624_485, size: 3 }));
/// assert_eq!(Leb128.read(&[0xe5, 0x8e]), Ok(Scan::short(1)));
/// assert_eq!(Leb128.read(&[0x80, 0x00]).unwrap_err().error(), Some(&Error::NotMinimal));
/// assert_eq!(&Leb128.write(300).unwrap()[..], [0xac, 0x02]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Leb128;

/// A length as [`Leb128`] reads it, in which up to ten bytes may be padding.
///
/// ```
/// use segue::length::{Leb128Padded, Prefix, Scan};
///
/// let complete = Leb128Padded.read(&[0x85, 0x80, 0x00]);
/// assert_eq!(complete, Ok(Scan::Whole { value: 5, size: 3 }));
/// assert_eq!(Leb128Padded.read(&[0x85, 0x80]), Ok(Scan::short(1)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Leb128Padded;

/// Nine bytes have 63 bits; the tenth has one more.
const MAX_SIZE: usize = 10;

impl Prefix for Leb128 {
    const MIN_SIZE: usize = 1;
    const MAX_SIZE: usize = MAX_SIZE;
    const MAX_VALUE: u64 = u64::MAX;

    #[inline]
    fn read(&self, input: &[u8]) -> Result<Scan, Fault<Error>> {
        read::<false>(input)
    }

    fn write(&self, value: u64) -> Option<PrefixBytes> {
        write(value)
    }
}

impl Prefix for Leb128Padded {
    const MIN_SIZE: usize = 1;
    const MAX_SIZE: usize = MAX_SIZE;
    const MAX_VALUE: u64 = u64::MAX;

    #[inline]
    fn read(&self, input: &[u8]) -> Result<Scan, Fault<Error>> {
        read::<true>(input)
    }

    fn write(&self, value: u64) -> Option<PrefixBytes> {
        write(value)
    }
}

#[inline]
fn read<const PADDED: bool>(input: &[u8]) -> Result<Scan, Fault<Error>> {
    match input.first() {
        Some(&byte) if byte < 0x80 => Ok(Scan::Whole { value: u64::from(byte), size: 1 }),
        Some(_) => read_long::<PADDED>(input),
        None => Ok(Scan::short(1)),
    }
}

fn read_long<const PADDED: bool>(input: &[u8]) -> Result<Scan, Fault<Error>> {
    let mut value = 0;
    for (index, &byte) in input.iter().take(MAX_SIZE).enumerate() {
        let bits = u64::from(byte & 0x7f);
        if index == MAX_SIZE - 1 && byte > 1 {
            return Err(Fault::new(Error::Overflow).at(index as u64));
        }
        value |= bits << (7 * index);
        if byte < 0x80 {
            if byte == 0 && index > 0 && !PADDED {
                return Err(Fault::new(Error::NotMinimal).at(index as u64));
            }
            return Ok(Scan::Whole { value, size: index + 1 });
        }
    }
    Ok(Scan::short(1))
}

fn write(mut value: u64) -> Option<PrefixBytes> {
    let mut bytes = [0; MAX_SIZE];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = value.to_le_bytes()[0] & 0x7f;
        value >>= 7;
        if value == 0 {
            return PrefixBytes::new(&bytes[..=index]);
        }
        *byte |= 0x80;
    }
    None
}
