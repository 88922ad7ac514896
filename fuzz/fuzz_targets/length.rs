//! Every length stage with every option, against the laws.
//!
//! | byte | says |
//! |---|---|
//! | 0 | which stage: a prefix, or one of those behind the prefixes |
//! | 1 | the options, in bits: see [`Terms`] |
//! | 2 | the greatest length, or the length of what has none of its own |
//! | 3 | what is added to lengths, signed |
#![no_main]

use libfuzzer_sys::fuzz_target;
use segue::length::{self, Prefix, Prefixed};
use segue::{Buffer, Decode, DecodeExt, Encode, Output, Step, laws};
use std::num::NonZeroUsize;

/// The options of a prefixed stage.
#[derive(Clone, Copy)]
struct Terms {
    bits: u8,
    max: u8,
    adjust: u8,
}

impl Terms {
    fn stage<P: Prefix>(self, prefix: P) -> Prefixed<P> {
        let stage = length::prefixed(prefix).max(usize::from(self.max));
        let stage = match self.bits & 3 {
            0 | 3 => stage,
            1 => stage.counts_itself(),
            _ => stage.counts_header(),
        };
        let stage = match self.bits >> 2 & 3 {
            0 => stage,
            1 => stage.offset(1),
            2 => stage.offset(3),
            _ => stage.offset(u16::from(self.max)),
        };
        let stage = match self.bits >> 4 & 3 {
            0 | 3 => stage,
            1 => stage.keep_header(),
            _ => stage.strip(usize::from(self.max % 8)),
        };
        // Both ends of what can be added, and what is near to nothing.
        stage.adjust(match self.adjust {
            0x7f => i32::MAX,
            0x80 => i32::MIN,
            near => i32::from(near.cast_signed()),
        })
    }

    fn skips(self) -> bool {
        self.bits & 0x40 != 0
    }

    /// Returns whether records tell all there is to know of them.
    fn returns(self) -> bool {
        self.bits & 0x3c == 0
    }

    fn keep_the_laws<P: Prefix + Clone + 'static>(self, prefix: P, data: &[u8]) {
        let make = || self.stage(prefix.clone());
        if self.bits & 0x80 != 0 {
            laws::fuzz(|| make().owned(), data);
        } else if self.skips() {
            let most = usize::from(self.max / 2);
            laws::fuzz(|| make().skip_oversize(most), data);
            same_where_nothing_is_too_long(&make, most, data);
        } else {
            laws::stage(make).fuzz(data);
        }
        if self.returns() {
            returns(&make, &make, data);
        }
    }
}

/// Checks that a decoder gives back what an encoder takes.
fn returns<D, E>(decoder: impl Fn() -> D, encoder: impl Fn() -> E, data: &[u8])
where
    D: for<'a> Decode<Item<'a> = segue::Record<'a>>,
    D::Error: std::fmt::Debug,
    E: for<'a> Encode<&'a [u8]>,
{
    let mut output = Output::new();
    if encoder().encode(data, &mut output).is_err() {
        assert!(output.is_empty(), "an item that was refused is in the output");
        return;
    }
    let mut buffer = Buffer::from(&output.to_vec()[..]);
    match buffer.step(&mut decoder(), true, &mut Output::new()) {
        Ok(Step::Item(record)) => assert_eq!(*record, *data),
        Ok(_) => panic!("nothing came back"),
        Err(fault) => panic!("what was encoded is refused: {fault:?}"),
    }
    assert!(buffer.is_empty(), "what was encoded is longer than a record");
}

/// A stage that skips is the stage, up to the first record that is too long.
fn same_where_nothing_is_too_long<P: Prefix>(
    make: impl Fn() -> Prefixed<P>,
    most: usize,
    data: &[u8],
) {
    let (mut plain, mut skipping) = (make().max(most), make().skip_oversize(most));
    let (mut one, mut other) = (Buffer::from(data), Buffer::from(data));
    loop {
        let plain = one.step(&mut plain, true, &mut Output::new());
        let skipped = other.step(&mut skipping, true, &mut Output::new());
        match (plain, skipped) {
            (Ok(Step::Item(record)), Ok(Step::Item(segue::combine::Measured::Fits(same)))) => {
                assert_eq!(*record, *same);
            }
            (Ok(Step::Done), Ok(Step::Done)) => return,
            (Err(fault), skipped) if fault.cause == segue::Cause::TooLong => {
                // An over-long record that is cut off is truncated instead.
                assert!(!matches!(skipped, Ok(Step::Item(segue::combine::Measured::Fits(_)))));
                return;
            }
            (Err(fault), Err(same)) => {
                assert_eq!(fault, same);
                if fault.fatal {
                    return;
                }
            }
            (plain, skipped) => panic!("one says {plain:?}, the other {skipped:?}"),
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let [pick, bits, max, adjust, data @ ..] = data else { return };
    let terms = Terms { bits: *bits, max: *max, adjust: *adjust };
    let size = usize::from(*max);
    match pick % 21 {
        0 => terms.keep_the_laws(length::U8, data),
        1 => terms.keep_the_laws(length::U16Be, data),
        2 => terms.keep_the_laws(length::U16Le, data),
        3 => terms.keep_the_laws(length::U24Be, data),
        4 => terms.keep_the_laws(length::U24Le, data),
        5 => terms.keep_the_laws(length::U32Be, data),
        6 => terms.keep_the_laws(length::U32Le, data),
        7 => terms.keep_the_laws(length::U64Be, data),
        8 => terms.keep_the_laws(length::U64Le, data),
        9 => terms.keep_the_laws(length::Leb128, data),
        10 => terms.keep_the_laws(length::Leb128Padded, data),
        11 => terms.keep_the_laws(length::QuicVarint, data),
        12 => terms.keep_the_laws(length::Decimal, data),
        13 => terms.keep_the_laws(length::Ber, data),
        14 => terms.keep_the_laws(length::Der, data),
        15 => {
            let make = || length::netstring().max(size);
            if terms.skips() {
                laws::fuzz(|| make().skip_oversize(size / 2), data);
            } else {
                laws::fuzz(make, data);
                returns(make, make, data);
            }
        }
        16 => {
            let size = NonZeroUsize::new(size).unwrap_or(NonZeroUsize::MIN);
            laws::fuzz(|| length::fixed(size), data);
        }
        17 => laws::fuzz(length::array::<3>, data),
        18 => laws::fuzz(|| length::payload(size), data),
        // Into which pieces a payload falls is up to the cuts.
        19 => {
            let length = if terms.skips() { u64::MAX } else { size as u64 };
            laws::stage(|| length::pieces(length).max_piece(usize::from(*adjust)))
                .in_pieces()
                .fuzz(data);
        }
        _ => laws::stage(|| length::rest().max_piece(size)).in_pieces().fuzz(data),
    }
});
