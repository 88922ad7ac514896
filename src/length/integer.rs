//! Lengths in a fixed number of bytes.

use super::{Error, Prefix, PrefixBytes, Scan};
use crate::Fault;

macro_rules! integers {
    ($($(#[$doc:meta])* $name:ident($size:literal): $read:expr, $write:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct $name;

        impl Prefix for $name {
            const MIN_SIZE: usize = $size;
            const MAX_SIZE: usize = $size;
            const MAX_VALUE: u64 = u64::MAX >> (64 - 8 * $size);

            #[inline]
            fn read(&self, input: &[u8]) -> Result<Scan, Fault<Error>> {
                let read: fn([u8; $size]) -> u64 = $read;
                Ok(match input.first_chunk() {
                    Some(&bytes) => Scan::Whole { value: read(bytes), size: $size },
                    None => Scan::short($size - input.len()),
                })
            }

            #[inline]
            fn write(&self, value: u64) -> Option<PrefixBytes> {
                let write: fn(u64) -> [u8; $size] = $write;
                if value > Self::MAX_VALUE { None } else { PrefixBytes::new(&write(value)) }
            }
        }
    )*};
}

integers! {
    /// A length in one byte.
    U8(1): |[a]| u64::from(a), |value| low(value);
    /// A length in two bytes, the most significant first.
    U16Be(2): |bytes| u64::from(u16::from_be_bytes(bytes)), |value| reversed(low(value));
    /// A length in two bytes, the least significant first.
    U16Le(2): |bytes| u64::from(u16::from_le_bytes(bytes)), |value| low(value);
    /// A length in three bytes, the most significant first.
    U24Be(3): |[a, b, c]| u64::from(u32::from_be_bytes([0, a, b, c])), |value| reversed(low(value));
    /// A length in three bytes, the least significant first.
    U24Le(3): |[a, b, c]| u64::from(u32::from_le_bytes([a, b, c, 0])), |value| low(value);
    /// A length in four bytes, the most significant first.
    U32Be(4): |bytes| u64::from(u32::from_be_bytes(bytes)), |value| reversed(low(value));
    /// A length in four bytes, the least significant first.
    U32Le(4): |bytes| u64::from(u32::from_le_bytes(bytes)), |value| low(value);
    /// A length in eight bytes, the most significant first.
    U64Be(8): u64::from_be_bytes, u64::to_be_bytes;
    /// A length in eight bytes, the least significant first.
    U64Le(8): u64::from_le_bytes, u64::to_le_bytes;
}

/// Returns the `N` least significant bytes of `value`, the least significant first.
#[inline]
fn low<const N: usize>(value: u64) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&value.to_le_bytes()[..N]);
    bytes
}

#[inline]
fn reversed<const N: usize>(mut bytes: [u8; N]) -> [u8; N] {
    bytes.reverse();
    bytes
}
