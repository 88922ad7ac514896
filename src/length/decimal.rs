//! Lengths in decimal digits.

use super::{Error, Prefix, PrefixBytes, Scan};
use crate::Fault;

/// A length in ASCII digits followed by a colon, as in netstrings and bencode.
///
/// A leading zero ([`Error::NotMinimal`]) and a length of no digits are refused. A length that does
/// not fit 64 bits is refused at the digit that exceeds them, the twentieth or the one after it.
///
/// ```
/// use segue::length::{Decimal, Error, Prefix, Scan};
///
/// assert_eq!(Decimal.read(b"12:hello world!"), Ok(Scan::Whole { value: 12, size: 3 }));
/// assert_eq!(Decimal.read(b"12"), Ok(Scan::short(1)));
/// assert_eq!(Decimal.read(b"012:").unwrap_err().error(), Some(&Error::NotMinimal));
/// assert_eq!(&Decimal.write(0).unwrap()[..], b"0:");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Decimal;

impl Prefix for Decimal {
    const MIN_SIZE: usize = 2;
    const MAX_SIZE: usize = 21;
    const MAX_VALUE: u64 = u64::MAX;

    #[inline]
    fn read(&self, input: &[u8]) -> Result<Scan, Fault<Error>> {
        let mut value = 0_u64;
        for (index, &byte) in input.iter().enumerate() {
            let fault = |error| Err(Fault::new(error).at(index as u64));
            match byte {
                b':' if index > 0 => return Ok(Scan::Whole { value, size: index + 1 }),
                b'0'..=b'9' if index > 0 && value == 0 => return fault(Error::NotMinimal),
                b'0'..=b'9' => {
                    let longer = value
                        .checked_mul(10)
                        .and_then(|value| value.checked_add(u64::from(byte - b'0')));
                    match longer {
                        Some(longer) => value = longer,
                        None => return fault(Error::Overflow),
                    }
                }
                _ => return fault(Error::NotADigit(byte)),
            }
        }
        Ok(Scan::short(1))
    }

    fn write(&self, mut value: u64) -> Option<PrefixBytes> {
        let mut bytes = [b':'; Self::MAX_SIZE];
        let mut start = Self::MAX_SIZE - 1;
        loop {
            start -= 1;
            bytes[start] = b'0' + (value % 10).to_le_bytes()[0];
            value /= 10;
            if value == 0 {
                return PrefixBytes::new(&bytes[start..]);
            }
        }
    }
}
