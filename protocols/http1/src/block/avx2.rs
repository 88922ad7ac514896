//! 32 bytes compared by AVX2, where the processor has it.
//!
//! Work is compiled once more for this machine: [`run`] has the features, and all that it calls is
//! inlined into it. Nobody else can make an [`Avx2`]. What calls its methods must be inlined
//! always: a closure is not, and an instruction that is called is no gain.

use std::arch::x86_64::{
    __m256i, _mm256_add_epi8, _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_cmpgt_epi8,
    _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_set1_epi8, _mm256_setzero_si256,
    _mm256_shuffle_epi8, _mm256_srli_epi16,
};

use std::arch::is_x86_feature_detected;

use super::{HALF, Machine, NAME, Work};
use segue_http::class::{TOKEN, is};

/// Proof that the processor has AVX2: code that holds one is compiled for it.
#[derive(Clone, Copy)]
pub(super) struct Avx2(());

/// Does `work` by AVX2, or gives it back where the processor has none.
#[inline(always)]
pub(super) fn run<W: Work>(work: W) -> Result<W::Output, W> {
    if !is_x86_feature_detected!("avx2") {
        return Err(work);
    }
    // SAFETY: the processor has it, as was just asked.
    Ok(unsafe { run_here(work) })
}

#[inline(never)]
#[target_feature(enable = "avx2")]
fn run_here<W: Work>(work: W) -> W::Output {
    work.on(Avx2(()))
}

impl Machine for Avx2 {
    #[inline(always)]
    fn not_text_of_half(self, half: &[u8; HALF]) -> u32 {
        // SAFETY: `self` is only made where the processor has AVX2.
        unsafe {
            // One more than `~` is negative, and so is the rest, but for 0xff, which becomes 0.
            let moved = _mm256_add_epi8(load(half), _mm256_set1_epi8(1));
            mask(_mm256_cmpgt_epi8(_mm256_set1_epi8((b' ' + 1).cast_signed()), moved))
        }
    }

    #[inline(always)]
    fn not_visible(self, half: &[u8; HALF]) -> u32 {
        // SAFETY: as above.
        unsafe {
            let moved = _mm256_add_epi8(load(half), _mm256_set1_epi8(1));
            mask(_mm256_cmpgt_epi8(_mm256_set1_epi8((b'!' + 1).cast_signed()), moved))
        }
    }

    /// All bytes of tokens are of the class: a byte is one if the set of upper halves that its
    /// lower half goes with has its own.
    #[inline(always)]
    fn not_name(self, block: &[u8; NAME]) -> u32 {
        let bytes = load(block);
        // SAFETY: `self` is only made where the processor has AVX2.
        unsafe {
            // Bytes from 0x80 on find 0 in the first table.
            let sets = _mm256_shuffle_epi8(load(&LOWER), bytes);
            let upper = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(0x0f));
            let token = _mm256_and_si256(sets, _mm256_shuffle_epi8(load(&UPPER), upper));
            mask(_mm256_cmpeq_epi8(token, _mm256_setzero_si256()))
        }
    }
}

#[inline(always)]
fn load(bytes: &[u8; 32]) -> __m256i {
    // SAFETY: only methods of an `Avx2` call this. The pointer is that of a reference to the 32
    // bytes that are read, and the instruction takes it however it is aligned.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

/// The highest bit of each byte.
#[inline(always)]
fn mask(bytes: __m256i) -> u32 {
    // SAFETY: only methods of an `Avx2` call this.
    unsafe { _mm256_movemask_epi8(bytes).cast_unsigned() }
}

/// By the lower half of a byte: the set of upper halves with which it is the byte of a token.
static LOWER: [u8; 32] = {
    let mut table = [0; 32];
    let mut byte = 0;
    while byte < 0x80 {
        if is(byte, TOKEN) {
            table[(byte & 0x0f) as usize] |= 1 << (byte >> 4);
            table[16 + (byte & 0x0f) as usize] |= 1 << (byte >> 4);
        }
        byte += 1;
    }
    table
};

/// The set that has an upper half alone, for those of ASCII.
static UPPER: [u8; 32] = {
    let mut table = [0; 32];
    let mut upper = 0;
    while upper < 8 {
        table[upper] = 1 << upper;
        table[16 + upper] = 1 << upper;
        upper += 1;
    }
    table
};
