//! The variable-length integer of QUIC and HTTP/3.

use super::{Error, Prefix, PrefixBytes, Scan};
use crate::Fault;

/// The variable-length integer of RFC 9000 §16: the two high bits of the first byte say whether the
/// length takes 1, 2, 4 or 8 bytes, and the other bits are the length, the most significant byte
/// first. Up to 62 bits.
///
/// Reading accepts a length in more bytes than necessary, as §16 requires; writing uses the fewest.
///
/// ```
/// use segue::length::{Prefix, QuicVarint, Scan};
///
/// assert_eq!(QuicVarint.read(&[0x25]), Ok(Scan::Whole { value: 37, size: 1 }));
/// assert_eq!(QuicVarint.read(&[0x40, 0x25]), Ok(Scan::Whole { value: 37, size: 2 }));
/// assert_eq!(QuicVarint.read(&[0x9d, 0x7f]), Ok(Scan::short(2)));
/// assert_eq!(&QuicVarint.write(494_878_333).unwrap()[..], [0x9d, 0x7f, 0x3e, 0x7d]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QuicVarint;

impl Prefix for QuicVarint {
    const MIN_SIZE: usize = 1;
    const MAX_SIZE: usize = 8;
    const MAX_VALUE: u64 = (1 << 62) - 1;

    #[inline]
    fn read(&self, input: &[u8]) -> Result<Scan, Fault<Error>> {
        let Some(&first) = input.first() else {
            return Ok(Scan::short(1));
        };
        let size = 1 << (first >> 6);
        let Some(bytes) = input.get(..size) else {
            return Ok(Scan::short(size - input.len()));
        };
        let value = match *bytes {
            [a] => u64::from(a),
            [a, b] => u64::from(u16::from_be_bytes([a & 0x3f, b])),
            [a, b, c, d] => u64::from(u32::from_be_bytes([a & 0x3f, b, c, d])),
            [a, b, c, d, e, f, g, h] => u64::from_be_bytes([a & 0x3f, b, c, d, e, f, g, h]),
            _ => return Err(Fault::new(Error::Malformed)),
        };
        Ok(Scan::Whole { value, size })
    }

    fn write(&self, value: u64) -> Option<PrefixBytes> {
        let bytes = value.to_be_bytes();
        match value {
            0..0x40 => PrefixBytes::new(&bytes[7..]),
            0x40..0x4000 => PrefixBytes::new(&[0x40 | bytes[6], bytes[7]]),
            0x4000..0x4000_0000 => {
                PrefixBytes::new(&[0x80 | bytes[4], bytes[5], bytes[6], bytes[7]])
            }
            _ if value <= Self::MAX_VALUE => {
                let [a, b, c, d, e, f, g, h] = bytes;
                PrefixBytes::new(&[0xc0 | a, b, c, d, e, f, g, h])
            }
            _ => None,
        }
    }
}
