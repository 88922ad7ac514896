//! Short text, checked by SSE2.

use core::arch::x86_64::{_mm_loadu_si128, _mm_movemask_epi8};
use core::{ops::Range, str};

/// The number of bytes looked at, of which the text is a part.
const MAX: usize = 32;

/// The bytes of `head` in `range` as text, if they are few and ASCII.
#[inline(always)]
pub(super) fn ascii(head: &[u8], range: Range<usize>) -> Option<&str> {
    let rest = head.get(range.start..)?;
    let bytes = rest.get(..range.len())?;
    if bytes.len() > MAX {
        return long(bytes);
    }
    let highest = match (rest.first_chunk(), head.last_chunk()) {
        (Some(block), _) => highest(block),
        // The end of a block that is whole; more bits than it has, so that all can be shifted out.
        (None, Some(block)) => highest(block) >> (MAX - rest.len()),
        (None, None) => return None,
    };
    if highest & ((1 << bytes.len()) - 1) != 0 {
        return None;
    }
    // SAFETY: no byte of it has its highest bit set, as was just seen, and so all are ASCII.
    Some(unsafe { str::from_utf8_unchecked(bytes) })
}

/// The same for at least [`MAX`] bytes.
#[inline(never)]
fn long(bytes: &[u8]) -> Option<&str> {
    let (blocks, _) = bytes.as_chunks();
    let front = blocks.iter().fold(0, |all, block| all | highest(block));
    if front | highest(bytes.last_chunk()?) != 0 {
        return None;
    }
    // SAFETY: as above; the last block covers what the others leave.
    Some(unsafe { str::from_utf8_unchecked(bytes) })
}

/// The highest bit of each byte, the first as the lowest.
#[inline(always)]
fn highest(block: &[u8; MAX]) -> u64 {
    let (halves, _) = block.as_chunks::<16>();
    halves.iter().rev().fold(0, |mask, half| {
        // SAFETY: this module is only compiled where SSE2 is there on every machine. The pointer is
        // that of a reference to the sixteen bytes that are read, however they are aligned.
        let half = unsafe { _mm_movemask_epi8(_mm_loadu_si128(half.as_ptr().cast())) };
        mask << 16 | u64::from(half.cast_unsigned())
    })
}
