//! Every length stage, whichever the first byte picks, against the laws.
#![no_main]

use libfuzzer_sys::fuzz_target;
use segue::{laws, length};
use std::num::NonZeroUsize;

fuzz_target!(|data: &[u8]| {
    let Some((pick, data)) = data.split_first() else { return };
    const MAX: usize = 4096;
    match pick % 16 {
        0 => laws::fuzz(|| length::u8(), data),
        1 => laws::fuzz(|| length::u16_be().max(MAX), data),
        2 => laws::fuzz(|| length::u24_le().max(MAX), data),
        3 => laws::fuzz(|| length::u32_be().max(MAX).counts_itself(), data),
        4 => laws::fuzz(|| length::u64_le().max(MAX), data),
        5 => laws::fuzz(|| length::leb128().max(MAX), data),
        6 => laws::fuzz(|| length::quic_varint().max(MAX), data),
        7 => laws::fuzz(|| length::ber().max(MAX), data),
        8 => laws::fuzz(|| length::netstring().max(MAX), data),
        9 => laws::fuzz(|| length::u16_be().offset(3).adjust(-2).max(MAX), data),
        10 => laws::fuzz(|| length::leb128().counts_itself().keep_header().max(MAX), data),
        11 => laws::fuzz(|| length::fixed(NonZeroUsize::new(7).unwrap()), data),
        12 => laws::fuzz(|| length::payload(9), data),
        13 => laws::fuzz(|| length::pieces(33).max_piece(5), data),
        14 => laws::fuzz(|| length::quic_varint().offset(1).adjust(i32::MAX).max(MAX), data),
        _ => laws::fuzz(|| length::u64_be().counts_header().offset(2).max(MAX), data),
    }
});
