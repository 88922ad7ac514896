//! Many bytes tested together: a bit for each byte that is not of a class.
//!
//! The tests are comparisons, so a class here is one range or four. Callers look up the other bytes
//! of the class in the table of [`class`](crate::class).
//!
//! Every `x86_64` has the instructions of SSE2, which compare sixteen bytes at once, and nearly all
//! have those of AVX2, which compare 32 and look up classes as well. Elsewhere the same is done in
//! words of eight, and the tests hold all of them against each other. [`dispatch`] chooses.

#[cfg(all(feature = "std", target_arch = "x86_64"))]
#[expect(unsafe_code, reason = "a head takes two thirds of the time that it takes by SSE2")]
mod avx2;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
#[expect(unsafe_code, reason = "a head takes half the time")]
mod sse2;
#[cfg(any(test, not(all(target_arch = "x86_64", target_feature = "sse2"))))]
mod words;

#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
use sse2 as machine;
#[cfg(not(all(target_arch = "x86_64", target_feature = "sse2")))]
use words as machine;

use segue_http::class::{VISIBLE, run};

/// The number of bytes compared at once where nothing is known of the processor.
pub(crate) const BLOCK: usize = 16;

/// The number of bytes that one mask covers.
pub(crate) const WINDOW: usize = 64;

const HALF: usize = WINDOW / 2;

/// In how many bytes the end of a name is looked for: few are longer.
pub(crate) const NAME: usize = 32;

/// A way to compare many bytes.
pub(crate) trait Machine: Copy {
    /// The bytes that are neither visible ASCII nor a space, the first as the lowest bit.
    #[inline(always)]
    fn not_text(self, window: &[u8; WINDOW]) -> u64 {
        let [front, back] = halves(window);
        u64::from(self.not_text_of_half(front)) | u64::from(self.not_text_of_half(back)) << HALF
    }

    /// The same for half a window.
    fn not_text_of_half(self, half: &[u8; HALF]) -> u32;

    /// The bytes that are not visible ASCII.
    fn not_visible(self, half: &[u8; HALF]) -> u32;

    /// The bytes that end a name: no letter, digit or hyphen is among them. Of other bytes that
    /// names may have, it is up to the machine.
    fn not_name(self, block: &[u8; NAME]) -> u32;
}

/// The instructions that every processor of the target has.
#[derive(Clone, Copy)]
pub(crate) struct Every;

impl Machine for Every {
    #[inline(always)]
    fn not_text_of_half(self, half: &[u8; HALF]) -> u32 {
        both(half, machine::not_text)
    }

    #[inline(always)]
    fn not_visible(self, half: &[u8; HALF]) -> u32 {
        both(half, machine::not_visible)
    }

    #[inline(always)]
    fn not_name(self, block: &[u8; NAME]) -> u32 {
        both(block, machine::not_name)
    }
}

/// Both halves of a window.
#[inline(always)]
fn halves(window: &[u8; WINDOW]) -> [&[u8; HALF]; 2] {
    match window.as_chunks() {
        ([front, back], _) => [front, back],
        _ => [&[0; HALF]; 2],
    }
}

/// Work that is compiled for each machine there may be.
pub(crate) trait Work {
    /// The result of the work.
    type Output;

    /// Does it. To be inlined always, with all that it calls.
    fn on<M: Machine>(self, machine: M) -> Self::Output;
}

/// Does `work` on the best machine that this processor has.
#[inline(always)]
pub(crate) fn dispatch<W: Work>(work: W) -> W::Output {
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    let work = match avx2::run(work) {
        Ok(output) => return output,
        Err(work) => work,
    };
    on_every(work)
}

#[inline(never)]
fn on_every<W: Work>(work: W) -> W::Output {
    work.on(Every)
}

/// A mask of the first [`WINDOW`] bytes of `rest`, which is the end of `head`: a bit for each that
/// is neither visible ASCII nor a space, the first as the lowest bit.
#[inline(always)]
pub(crate) fn not_text<M: Machine>(machine: M, head: &[u8], rest: &[u8]) -> u64 {
    if let Some(window) = rest.first_chunk() {
        return machine.not_text(window);
    }
    // The window lies at the end of a whole one.
    if rest.len() <= HALF
        && let Some((half, before)) = half_of(head, rest)
    {
        return u64::from(machine.not_text_of_half(half)) >> before;
    }
    if let Some(window) = head.last_chunk() {
        return machine.not_text(window) >> (WINDOW - rest.len());
    }
    // Two halves cover it; that some is seen twice does not matter.
    if let (Some(front), Some(back)) = (rest.first_chunk(), rest.last_chunk()) {
        let [front, back] = [front, back].map(|half| u64::from(machine.not_text_of_half(half)));
        return front | back << (rest.len() - HALF);
    }
    rest.iter().rev().fold(0, |mask, byte| mask << 1 | u64::from(!matches!(byte, b' '..=b'~')))
}

/// Counts the leading bytes of `line`, which is the end of `head`, that belong to a name: at most
/// [`NAME`], or 0 if that was not computed.
#[inline(always)]
pub(crate) fn name_of<M: Machine>(machine: M, head: &[u8], line: &[u8]) -> usize {
    if let Some(block) = line.first_chunk() {
        return machine.not_name(block).trailing_zeros() as usize;
    }
    let Some((block, before)) = half_of(head, line) else { return 0 };
    let ends = u64::from(machine.not_name(block)) | 1 << NAME;
    (ends >> before).trailing_zeros() as usize
}

/// Counts the leading bytes of `rest`, which is the end of `head`, that are visible ASCII.
#[inline(always)]
pub(crate) fn visible<M: Machine>(machine: M, head: &[u8], rest: &[u8]) -> usize {
    let mut at = 0;
    while let Some(rest) = rest.get(at..)
        && let Some((half, before)) = half_of(head, rest)
    {
        let ends = u64::from(machine.not_visible(half)) | 1 << HALF;
        let length = (ends >> before).trailing_zeros() as usize;
        at += length;
        if length < HALF {
            return at;
        }
    }
    run(rest, VISIBLE)
}

/// A block with the first [`HALF`] bytes of `rest`, or all of them, and the number of bytes before
/// them.
#[inline(always)]
fn half_of<'h>(head: &'h [u8], rest: &'h [u8]) -> Option<(&'h [u8; HALF], usize)> {
    match rest.first_chunk() {
        Some(half) => Some((half, 0)),
        None => head.last_chunk().map(|half| (half, HALF - rest.len())),
    }
}

/// Applies `not` to both blocks of `bytes`.
#[inline(always)]
fn both(bytes: &[u8; HALF], not: impl Fn(&[u8; BLOCK]) -> u16) -> u32 {
    let (blocks, _) = bytes.as_chunks();
    blocks.iter().rev().fold(0, |mask, block| mask << BLOCK | u32::from(not(block)))
}

/// Counts the leading letters, digits and hyphens of `block`.
#[inline(always)]
pub(crate) fn name(block: &[u8; BLOCK]) -> usize {
    first(machine::not_name(block))
}

/// The place of the lowest bit in the mask of a block, or [`BLOCK`].
#[inline(always)]
fn first(mask: u16) -> usize {
    (u32::from(mask) | 1 << BLOCK).trailing_zeros() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use segue_http::class::{TOKEN, is};

    /// Bytes on either side of where a class begins or ends.
    const LIMITS: [u8; 16] = *b"\x1f !-/09:@AZ[az~\x7f";

    /// The results of a machine for a window and for its first half.
    struct Look<'a>(&'a [u8; WINDOW]);

    impl Work for Look<'_> {
        type Output = (u64, [u32; 3]);

        #[inline(always)]
        fn on<M: Machine>(self, machine: M) -> Self::Output {
            let [half, _] = halves(self.0);
            let text = machine.not_text_of_half(half);
            (machine.not_text(self.0), [text, machine.not_visible(half), machine.not_name(half)])
        }
    }

    fn agree(window: &[u8; WINDOW]) {
        let expected = |bytes: &[u8], of: fn(u8) -> bool| {
            bytes.iter().rev().fold(0, |mask, &byte| mask << 1 | u64::from(!of(byte)))
        };
        let half = &window[..HALF];
        let text = expected(window, |byte| matches!(byte, b' '..=b'~'));
        let visible = expected(half, |byte| is(byte, VISIBLE));
        let name = expected(half, |byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let token = expected(half, |byte| is(byte, TOKEN));
        for (all, [of_half, not_visible, not_name]) in
            [Look(window).on(Every), dispatch(Look(window))]
        {
            assert_eq!(all, text, "{window:x?}");
            assert_eq!(u64::from(of_half), text & u64::from(u32::MAX), "{window:x?}");
            assert_eq!(u64::from(not_visible), visible, "{window:x?}");
            let is_name = [name, token].contains(&u64::from(not_name));
            assert!(is_name, "{not_name:x}, {name:x} or {token:x} of {window:x?}");
        }
        for block in window.as_chunks::<BLOCK>().0 {
            assert_eq!(words::not_text(block), machine::not_text(block), "{block:x?}");
            assert_eq!(words::not_visible(block), machine::not_visible(block), "{block:x?}");
            assert_eq!(words::not_name(block), machine::not_name(block), "{block:x?}");
        }
    }

    /// Every byte at every place, with others around it that a carry could spoil.
    #[test]
    fn all_ways_to_compare_agree_with_the_classes() {
        // Miri is slow: it has fewer places and neighbours, and the bytes at the limits.
        for around in
            [b'~', 0xff, b'a', 0, 0x7f, 0x80].into_iter().take(if cfg!(miri) { 2 } else { 6 })
        {
            for place in (0..WINDOW).step_by(if cfg!(miri) { 21 } else { 1 }) {
                for byte in (0..=255).filter(|byte| !cfg!(miri) || LIMITS.contains(byte)) {
                    let mut window = [around; WINDOW];
                    window[place] = byte;
                    agree(&window);
                }
            }
        }
    }

    #[test]
    fn all_ways_to_compare_agree_on_any_bytes() {
        let mut random = 1_u64;
        for _ in 0..if cfg!(miri) { 5 } else { 5000 } {
            let mut window = [0; WINDOW];
            for byte in &mut window {
                random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
                *byte = random.to_le_bytes()[7];
            }
            agree(&window);
        }
    }

    #[test]
    fn names_are_tokens() {
        for byte in 0..=255 {
            assert!(name(&[byte; BLOCK]) == 0 || is(byte, TOKEN), "{byte:#x}");
        }
    }

    /// Searches a rest, of any length, of a head that may be longer.
    struct Find<'a>(&'a [u8], &'a [u8]);

    impl Work for Find<'_> {
        type Output = (u64, usize, usize);

        #[inline(always)]
        fn on<M: Machine>(self, machine: M) -> Self::Output {
            let Self(head, rest) = self;
            let name = name_of(machine, head, rest);
            (not_text(machine, head, rest), name, visible(machine, head, rest))
        }
    }

    #[test]
    fn masks_tell_of_what_there_is() {
        let step = if cfg!(miri) { 7 } else { 1 };
        for length in (0..WINDOW + 20).step_by(step) {
            for before in (0..WINDOW + 10).step_by(3 * step) {
                // Bytes before the rest are loaded and must not show in the result.
                let mut head = alloc::vec![b'\n'; before + length];
                head[before..].fill(b'a');
                for place in (0..=length).step_by(step) {
                    if let Some(byte) = head.get_mut(before + place) {
                        *byte = b'\r';
                    }
                    let rest = &head[before..];
                    let mask = if place < length.min(WINDOW) { 1 << place } else { 0 };
                    for (odd, name, target) in
                        [Find(&head, rest).on(Every), dispatch(Find(&head, rest))]
                    {
                        assert_eq!(odd, mask, "{place} of {length} bytes behind {before}");
                        let short = head.len() < NAME;
                        assert_eq!(name, if short { 0 } else { place.min(NAME) });
                        assert_eq!(target, place);
                    }
                    if let Some(byte) = head.get_mut(before + place) {
                        *byte = b'a';
                    }
                }
            }
        }
    }
}
