//! Bytes that are known to be ASCII, as text.
//!
//! The callers have read them as a token or as visible ASCII before. But a stage may be asked to
//! parse another record than it has framed, so the bytes are checked again, a whole name at once,
//! which costs a fifth of what [`str::from_utf8`] does.

#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
#[expect(unsafe_code, reason = "the names of nine headers as text take 15 ns and not 65")]
mod sse2;

use core::{ops::Range, str};

/// Returns the bytes of `head` in `range` as text: they are ASCII, or the text is empty.
///
/// # Panics
/// If the range is outside of `head`.
#[inline]
pub(crate) fn ascii(head: &[u8], range: Range<usize>) -> &str {
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    if let Some(text) = sse2::ascii(head, range.clone()) {
        return text;
    }
    plain(&head[range])
}

#[inline]
fn plain(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    /// Every byte at every place, in words of every length at every place of a head.
    #[test]
    fn text_is_what_is_ascii() {
        let lengths = if cfg!(miri) { [0, 1, 31, 32, 33, 64] } else { [0, 1, 2, 31, 32, 33] };
        for length in lengths.into_iter().chain(if cfg!(miri) { 0..0 } else { 3..31 }) {
            for (before, behind) in [(0, 0), (3, 0), (0, 5), (40, 40), (31, 1), (1, 31)] {
                let mut head = vec![0xff; before + length + behind];
                let range = before..before + length;
                head[range.clone()].fill(b'a');
                assert_eq!(ascii(&head, range.clone()), plain(&head[range.clone()]));
                for place in range.clone().step_by(if cfg!(miri) { 7 } else { 1 }) {
                    for byte in (0..=255).step_by(if cfg!(miri) { 0x7f } else { 1 }) {
                        head[place] = byte;
                        let expected = if byte < 0x80 { plain(&head[range.clone()]) } else { "" };
                        assert_eq!(ascii(&head, range.clone()), expected, "{byte:#x} at {place}");
                    }
                    head[place] = b'a';
                }
            }
        }
    }
}
