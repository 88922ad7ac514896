//! Integers with a prefix (RFC 7541 §5.1).
//!
//! The first byte holds as much as its `prefix` low bits can; more follows in groups of seven bits,
//! the lowest first, each but the last with the highest bit set.

use alloc::vec::Vec;

use super::{BlockError, BlockErrorKind};

/// Reads the integer at `at`, in the low `prefix` bits of the byte there. Returns it and the place
/// behind it.
///
/// At most four bytes follow the prefix, which is a bound on leading zeros as well (`0x80 0x80 ..`).
/// The largest integer is then 2^28 - 1 more than the prefix holds: no length and no index is larger.
#[inline]
pub(super) fn read(block: &[u8], at: usize, prefix: u32) -> Result<(u32, usize), BlockError> {
    let most = (1 << prefix) - 1;
    match block.get(at) {
        Some(first) if u32::from(*first) & most < most => Ok((u32::from(*first) & most, at + 1)),
        Some(_) => read_on(block, at, most),
        None => Err(BlockErrorKind::Truncated.at(at)),
    }
}

#[inline(never)]
fn read_on(block: &[u8], at: usize, most: u32) -> Result<(u32, usize), BlockError> {
    let mut value = most;
    for (place, shift) in (at + 1..).zip([0, 7, 14, 21]) {
        let Some(&byte) = block.get(place) else {
            return Err(BlockErrorKind::Truncated.at(block.len()));
        };
        value += u32::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok((value, place + 1));
        }
    }
    Err(BlockErrorKind::Integer.at(at))
}

/// Appends an integer. `first` has the bits in front of the prefix.
#[inline]
pub(super) fn write(block: &mut Vec<u8>, first: u8, prefix: u32, value: u32) {
    let most = (1 << prefix) - 1;
    if value < most {
        block.push(first | low(value));
        return;
    }
    block.push(first | low(most));
    let mut rest = value - most;
    while rest >= 0x80 {
        block.push(low(rest) | 0x80);
        rest >>= 7;
    }
    block.push(low(rest));
}

/// Returns the lowest byte of a number.
const fn low(value: u32) -> u8 {
    value.to_le_bytes()[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    /// The largest value that can be read with any prefix.
    const MAX: u32 = (1 << 28) - 1;

    fn written(first: u8, prefix: u32, value: u32) -> Vec<u8> {
        let mut block = vec![];
        write(&mut block, first, prefix, value);
        block
    }

    /// RFC 7541 C.1.
    #[test]
    fn the_examples_of_the_rfc() {
        assert_eq!(written(0, 5, 10), [0b01010]);
        assert_eq!(written(0, 5, 1337), [0b11111, 0b1001_1010, 0b1010]);
        assert_eq!(written(0, 8, 42), [42]);
        assert_eq!(read(&[0b1110_1010], 0, 5), Ok((10, 1)));
        assert_eq!(read(&[0b11111, 0b1001_1010, 0b1010], 0, 5), Ok((1337, 3)));
        assert_eq!(read(&[42], 0, 8), Ok((42, 1)));
    }

    #[test]
    fn every_prefix_takes_every_value() {
        for prefix in 4..=8 {
            for value in (0..70_000).step_by(if cfg!(miri) { 997 } else { 1 }).chain([MAX - 1, MAX])
            {
                let block = written(0, prefix, value);
                assert_eq!(read(&block, 0, prefix), Ok((value, block.len())));
                let cut = &block[..block.len() - 1];
                assert_eq!(read(cut, 0, prefix), Err(BlockErrorKind::Truncated.at(cut.len())));
            }
        }
    }

    #[test]
    fn four_bytes_follow_at_most() {
        assert_eq!(read(&[0x1f, 0xff, 0xff, 0xff, 0x7f], 0, 5), Ok((MAX + 31, 5)));
        let long = BlockErrorKind::Integer.at(0);
        assert_eq!(read(&[0x1f, 0xff, 0xff, 0xff, 0xff, 0x00], 0, 5), Err(long));
        assert_eq!(read(&[0x1f, 0x80, 0x80, 0x80, 0x80, 0x80], 0, 5), Err(long));
        assert_eq!(read(&[0x1f, 0x80, 0x80, 0x80, 0x00], 0, 5), Ok((31, 5)));
    }
}
