//! Random settings, random streams, random cuts, against the reference.

use proptest::prelude::*;
use segue::length::{self, Error, Prefix, Scan};
use segue::{Cause, Encode, Output, laws};

use crate::reference::{self, Counts, Read, Seen, Settings};
use crate::{Kind, with_prefix};

fn kinds() -> impl Strategy<Value = Kind> {
    (0..Kind::ALL.len()).prop_map(|index| Kind::ALL[index])
}

/// Adjustments: small ones that make sense, and the greatest there are.
fn adjustments() -> impl Strategy<Value = i32> {
    prop_oneof![4 => Just(0), 4 => -12..12_i32, 1 => any::<i32>()]
}

fn settings() -> impl Strategy<Value = Settings> {
    let counts = prop_oneof![Just(Counts::Nothing), Just(Counts::Itself), Just(Counts::Header)];
    let strip = prop_oneof![2 => Just(None), 2 => (0..12_usize).prop_map(Some)];
    let max = prop_oneof![3 => 0..80_usize, 1 => Just(usize::MAX)];
    (kinds(), 0..5_u16, adjustments(), counts, strip, max).prop_map(
        |(kind, offset, adjust, counts, strip, max)| Settings {
            kind,
            offset,
            adjust,
            counts,
            strip,
            max,
        },
    )
}

/// Makes the parts of a stream: records of this many bytes, or noise.
fn segments() -> impl Strategy<Value = Vec<(usize, Vec<u8>)>> {
    let noise = prop_oneof![9 => Just(vec![]), 1 => prop::collection::vec(any::<u8>(), 1..12)];
    prop::collection::vec((0..70_usize, noise), 0..6)
}

fn stream(settings: &Settings, segments: &[(usize, Vec<u8>)], cut_short: usize) -> Vec<u8> {
    let mut stream = Vec::new();
    for (length, noise) in segments {
        let rest = (0..*length).map(|byte| byte.to_le_bytes()[0]).collect::<Vec<_>>();
        stream.extend(settings.record(&rest).unwrap_or_default());
        stream.extend(noise);
    }
    let left = stream.len() - cut_short.min(stream.len());
    stream.truncate(left);
    stream
}

fn cuts(stream: &[u8], cuts: &[prop::sample::Index]) -> Vec<usize> {
    let mut cuts = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect::<Vec<_>>();
    cuts.sort_unstable();
    cuts
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn a_stage_does_what_the_reference_says(
        settings in settings(),
        segments in segments(),
        cut_short in prop_oneof![2 => Just(0), 1 => 0..40_usize],
        at in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let stream = stream(&settings, &segments, cut_short);
        let cuts = cuts(&stream, &at);
        prop_assert_eq!(settings.run(&stream, &cuts), settings.expect(&stream));
    }

    #[test]
    fn noise_is_refused_as_the_reference_says(
        settings in settings(),
        noise in prop::collection::vec(prop_oneof![Just(0_u8), Just(0xff), any::<u8>()], 0..40),
        at in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let cuts = cuts(&noise, &at);
        prop_assert_eq!(settings.run(&noise, &cuts), settings.expect(&noise));
    }

    #[test]
    fn prefixes_read_as_the_reference_does(
        kind in kinds(),
        bytes in prop_oneof![
            prop::collection::vec(prop_oneof![Just(0_u8), Just(0x80), any::<u8>()], 0..24),
            prop::collection::vec(b'0'..=b':', 0..24),
        ],
    ) {
        let read = kind.read(&bytes);
        match reference::read(kind, &bytes) {
            Read::Whole(value, size) => {
                let value = u64::try_from(value).unwrap();
                prop_assert_eq!(read, Ok(Scan::Whole { value, size }));
            }
            Read::Short => prop_assert!(matches!(read, Ok(Scan::Short { .. })), "{read:?}"),
            Read::Bad(why, at) => {
                let fault = read.unwrap_err();
                prop_assert_eq!(format!("{:?}", fault.error().unwrap()), why);
                prop_assert_eq!(fault.at, at as u64);
            }
        }
    }

    #[test]
    fn what_is_written_is_read(kind in kinds(), value in values(), behind in any::<[u8; 3]>()) {
        let max = with_prefix!(kind, prefix => max_value(&prefix));
        let Some(written) = kind.write(value) else {
            prop_assert!(value > max);
            return Ok(());
        };
        prop_assert!(value <= max);
        let size = written.len();
        let mut input = written.clone();
        input.extend(behind);
        prop_assert_eq!(kind.read(&input), Ok(Scan::Whole { value, size }));
        for partial in 0..size {
            let scan = kind.read(&written[..partial]);
            let Ok(Scan::Short { missing }) = scan else {
                panic!("{partial} of {size} bytes: {scan:?}");
            };
            prop_assert!(missing.get() <= size - partial);
        }
    }

    #[test]
    fn encoders_write_what_decoders_read(
        mut settings in settings(),
        item in prop::collection::vec(any::<u8>(), 0..90),
    ) {
        settings.strip = None;
        settings.offset = 0;
        let mut output = Output::new();
        output.put(b"!");
        let result = with_prefix!(settings.kind, prefix => {
            settings.build(prefix).encode(&item[..], &mut output)
        });
        let written = output.to_vec().split_off(1);
        if item.len() <= settings.max && settings.field(item.len()).is_some() {
            prop_assert_eq!(result, Ok(()));
            prop_assert_eq!(settings.run(&written, &[]), [Seen::Item(item), Seen::Done]);
        } else {
            prop_assert!(result.is_err());
            prop_assert!(written.is_empty());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn laws_hold_for_any_bytes(
        settings in settings(),
        segments in segments(),
        cut_short in 0..4_usize,
    ) {
        let stream = stream(&settings, &segments, cut_short);
        with_prefix!(settings.kind, prefix => {
            laws::stage(|| settings.build(prefix)).fuzz(&stream);
        });
    }

    #[test]
    fn laws_hold_for_netstrings_and_fixed_sizes(
        bytes in prop::collection::vec(prop_oneof![b'0'..=b':', Just(b','), any::<u8>()], 0..60),
        size in 1..20_usize,
    ) {
        laws::stage(|| length::netstring().max(40)).fuzz(&bytes);
        let size = core::num::NonZeroUsize::new(size).unwrap();
        laws::stage(|| length::fixed(size)).fuzz(&bytes);
        laws::stage(|| length::payload(size.get())).fuzz(&bytes);
        laws::stage(|| length::pieces(size.get() as u64).max_piece(3)).in_pieces().fuzz(&bytes);
        laws::stage(|| length::rest().max_piece(7)).in_pieces().fuzz(&bytes);
    }
}

/// Values about the places where prefixes grow.
fn values() -> impl Strategy<Value = u64> {
    let near = (0..64_u32, 0..3_u64).prop_map(|(bit, more)| (1 << bit) - 1 + more);
    let tens = (0..20_u32, 0..3_u64).prop_map(|(zeros, more)| 10_u64.pow(zeros) - 1 + more);
    prop_oneof![0..300_u64, near, tens, any::<u64>(), Just(u64::MAX)]
}

fn max_value<P: Prefix>(_: &P) -> u64 {
    P::MAX_VALUE
}

/// The reference and the stage name causes by their `Debug`: this is what they look like.
#[test]
fn causes_have_the_names_that_the_reference_uses() {
    assert_eq!(format!("{:?}", Cause::Stage(Error::TooSmall)), "Stage(TooSmall)");
    assert_eq!(format!("{:?}", Cause::<Error>::TooLong), "TooLong");
}
