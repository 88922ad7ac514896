//! The lengths of ASN.1's basic and distinguished encoding rules (X.690).

use super::{Error, Prefix, PrefixBytes, Scan};
use crate::Fault;

/// A length in the definite forms of X.690 §8.1.3: one byte below 0x80, or 0x80 plus the number of
/// bytes that follow with the length, the most significant first.
///
/// Reading accepts a length in more bytes than necessary (§8.1.3.5 note 2; directory servers
/// usually write four), up to eight of them; more are refused ([`Error::Overflow`]) even if they
/// are zeros. The indefinite form is refused ([`Error::Indefinite`]): the end of its content can
/// only be found by parsing it. Writing uses the fewest bytes.
///
/// ```
/// use segue::length::{Ber, Error, Prefix, Scan};
///
/// assert_eq!(Ber.read(&[0x26]), Ok(Scan::Whole { value: 38, size: 1 }));
/// assert_eq!(Ber.read(&[0x82, 0x00, 0xc9]), Ok(Scan::Whole { value: 201, size: 3 }));
/// assert_eq!(Ber.read(&[0x82]), Ok(Scan::short(2)));
/// assert_eq!(Ber.read(&[0x80]).unwrap_err().error(), Some(&Error::Indefinite));
/// assert_eq!(&Ber.write(201).unwrap()[..], [0x81, 0xc9]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ber;

/// A length as [`Ber`] reads it, in the fewest bytes (X.690 §10.1).
///
/// ```
/// use segue::length::{Der, Error, Prefix, Scan};
///
/// assert_eq!(Der.read(&[0x81, 0xc9]), Ok(Scan::Whole { value: 201, size: 2 }));
/// assert_eq!(Der.read(&[0x81]), Ok(Scan::short(1)));
/// assert_eq!(Der.read(&[0x81, 0x26]).unwrap_err().error(), Some(&Error::NotMinimal));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Der;

const MAX_SIZE: usize = 9;

impl Prefix for Ber {
    const MIN_SIZE: usize = 1;
    const MAX_SIZE: usize = MAX_SIZE;
    const MAX_VALUE: u64 = u64::MAX;

    #[inline]
    fn read(&self, input: &[u8]) -> Result<Scan, Fault<Error>> {
        read(input)
    }

    fn write(&self, value: u64) -> Option<PrefixBytes> {
        write(value)
    }
}

impl Prefix for Der {
    const MIN_SIZE: usize = 1;
    const MAX_SIZE: usize = MAX_SIZE;
    const MAX_VALUE: u64 = u64::MAX;

    #[inline]
    fn read(&self, input: &[u8]) -> Result<Scan, Fault<Error>> {
        let scan = read(input)?;
        match scan {
            Scan::Whole { value, size } if size > 1 && size > fewest(value) => {
                Err(Fault::new(Error::NotMinimal))
            }
            _ => Ok(scan),
        }
    }

    fn write(&self, value: u64) -> Option<PrefixBytes> {
        write(value)
    }
}

#[inline]
fn read(input: &[u8]) -> Result<Scan, Fault<Error>> {
    match input.first() {
        Some(&byte) if byte < 0x80 => Ok(Scan::Whole { value: u64::from(byte), size: 1 }),
        Some(&byte) => read_long(byte, input),
        None => Ok(Scan::short(1)),
    }
}

fn read_long(first: u8, input: &[u8]) -> Result<Scan, Fault<Error>> {
    let size = match first {
        0x80 => return Err(Fault::new(Error::Indefinite)),
        0xff => return Err(Fault::new(Error::Reserved)),
        _ => 1 + usize::from(first & 0x7f),
    };
    if size > MAX_SIZE {
        return Err(Fault::new(Error::Overflow));
    }
    Ok(match input.get(1..size) {
        Some(bytes) => {
            let value = bytes.iter().fold(0, |value, &byte| value << 8 | u64::from(byte));
            Scan::Whole { value, size }
        }
        None => Scan::short(size - input.len()),
    })
}

fn write(value: u64) -> Option<PrefixBytes> {
    let size = fewest(value);
    let mut bytes = [0; MAX_SIZE];
    bytes[1..].copy_from_slice(&value.to_be_bytes());
    let first = MAX_SIZE - size;
    if size > 1 {
        bytes[first] = 0x80 | (size - 1).to_le_bytes()[0];
    }
    PrefixBytes::new(&bytes[first..])
}

/// Returns the fewest bytes that a length takes.
fn fewest(value: u64) -> usize {
    if value < 0x80 {
        return 1;
    }
    let bytes = value.to_be_bytes();
    1 + bytes.iter().skip_while(|&&byte| byte == 0).count()
}
