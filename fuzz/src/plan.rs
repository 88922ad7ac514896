//! Plans made of arbitrary bytes, such that seeds can be written by hand: each list has its length
//! in a byte in front, and each choice is a byte.

use arbitrary::{Arbitrary, Result, Unstructured};

/// Up to `most` of something.
pub fn list<'a, T: Arbitrary<'a>>(u: &mut Unstructured<'a>, most: u8) -> Result<Vec<T>> {
    let count = u.arbitrary::<u8>()?.min(most);
    (0..count).map(|_| u.arbitrary()).collect()
}

/// All that is left.
pub fn rest<'a>(u: &mut Unstructured<'a>) -> Result<&'a [u8]> {
    u.bytes(u.len())
}
