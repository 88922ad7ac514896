//! Masking in place, all by itself.

use std::hint::black_box;

use super::super::names;
use crate::{Contender, Group};

/// A way to mask in place.
pub type Mask = fn(&mut [u8], [u8; 4]);

/// All the ways there are, with whose they are.
#[must_use]
pub fn masks() -> Vec<(&'static str, Mask)> {
    vec![
        (names::MASK, |bytes, key| segue_websocket::mask(key, bytes)),
        (names::SOCKUDO, sockudo_ws::simd::apply_mask),
        (names::YAWC, yawc::mask::apply_mask),
        (names::FASTWEBSOCKETS, fastwebsockets::unmask),
    ]
}

/// Length of the header in front of a long payload, masked.
const HEADER: usize = 14;

/// Those who mask `length` bytes in place, beside a copy of as many.
#[must_use]
pub fn mask<'i>(length: usize) -> Group<'i> {
    let (source, mut copy) = (vec![7_u8; length], vec![0_u8; length]);
    let mut contenders = vec![Contender::new(names::MEMCPY, move || {
        copy.copy_from_slice(black_box(&source));
        black_box(&mut copy);
        1
    })];
    contenders.extend(masks().into_iter().map(|(name, mask)| {
        // At the same place in a cache line for all, and at no good one: behind a header.
        let mut storage = vec![7_u8; length + 64 + HEADER];
        let from = storage.as_ptr().align_offset(64) + HEADER;
        Contender::new(name, move || {
            let bytes = &mut storage[from..from + length];
            mask(black_box(&mut *bytes), black_box([0x37, 0xfa, 0x21, 0x3d]));
            black_box(bytes);
            1
        })
    }));
    Group { name: format!("websocket-mask/{length}"), bytes: length, records: 1, contenders }
}
