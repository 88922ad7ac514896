//! Variable-length integers: the samples of RFC 9000 §A.1, every width, the laws.

use nom::Parser;
use proptest::prelude::*;
use segue::{
    Output, laws,
    length::{Prefix, QuicVarint, Scan},
};
use segue_quic::{VarInt, VarInts, Width, varint};

const WIDTHS: [Width; 4] = [Width::One, Width::Two, Width::Four, Width::Eight];

/// RFC 9000 §A.1: the bytes, and what they say.
const SAMPLES: [(&[u8], u64); 5] = [
    (&[0xc2, 0x19, 0x7c, 0x5e, 0xff, 0x14, 0xe8, 0x8c], 151_288_809_941_952_652),
    (&[0x9d, 0x7f, 0x3e, 0x7d], 494_878_333),
    (&[0x7b, 0xbd], 15_293),
    (&[0x25], 37),
    (&[0x40, 0x25], 37),
];

fn number(value: u64) -> VarInt {
    VarInt::new(value).expect("at most 62 bits")
}

#[test]
fn the_samples_of_the_standard() {
    for (bytes, value) in SAMPLES {
        assert_eq!(VarInt::decode(bytes), Some((number(value), bytes.len())));
        // With more behind, so that eight bytes can be loaded.
        let longer = [bytes, &[0xff; 9]].concat();
        assert_eq!(VarInt::decode(&longer), Some((number(value), bytes.len())));
        let width = Width::of(bytes[0]);
        assert_eq!(width.size(), bytes.len());
        assert_eq!(number(value).to_bytes_in(width).as_deref(), Some(bytes));
        for cut in 0..bytes.len() {
            assert_eq!(VarInt::decode(&bytes[..cut]), None);
        }
    }
}

#[test]
fn the_edges_of_each_width() {
    let mut smallest = 0;
    for width in WIDTHS {
        let greatest = width.greatest().value();
        assert_eq!(greatest, (1 << (8 * width.size() - 2)) - 1);
        for value in [smallest, greatest] {
            assert_eq!(number(value).width(), width);
            assert_eq!(number(value).size(), width.size());
            assert_eq!(number(value).to_bytes().len(), width.size());
        }
        for wider in WIDTHS {
            let fits = number(greatest).to_bytes_in(wider);
            assert_eq!(fits.is_some(), wider >= width);
        }
        smallest = greatest + 1;
    }
    assert_eq!(VarInt::new(smallest), None);
    assert_eq!(VarInt::MAX.value() + 1, smallest);
    assert!(VarInt::try_from(u64::MAX).is_err());
    // Any count of a 32-bit machine fits.
    assert_eq!(VarInt::try_from(usize::MAX).is_err(), usize::BITS > 62);
}

#[test]
fn the_stage_keeps_the_laws() {
    let samples = SAMPLES.map(|(bytes, _)| bytes.to_vec());
    laws::stage(|| VarInts)
        .accepts([vec![], samples.concat()])
        .accepts(samples)
        .limit(8)
        .linear(|length| [0x40, 0x25, 0x07].repeat(length / 3))
        .check();
    for (bytes, value) in SAMPLES {
        laws::round_trip(|| VarInts, || VarInts, [number(value)]);
        if number(value).size() == bytes.len() {
            laws::canonical(|| VarInts, || VarInts, [bytes], |value| value);
        }
    }
}

proptest! {
    /// Three readers of one format, and what was written comes back.
    #[test]
    fn readers_agree(bytes in prop::collection::vec(any::<u8>(), 0..12)) {
        let ours = VarInt::decode(&bytes);
        let theirs = match QuicVarint.read(&bytes).unwrap() {
            Scan::Whole { value, size } => Some((number(value), size)),
            Scan::Short { .. } => None,
        };
        prop_assert_eq!(ours, theirs);
        let parsed: nom::IResult<&[u8], VarInt> = varint().parse(&bytes);
        prop_assert_eq!(parsed.ok().map(|(rest, value)| (value, bytes.len() - rest.len())), ours);
    }

    /// However integers are read one behind the other, they are the same, and so is what is left.
    #[test]
    fn ways_to_read_many_agree(runs in prop::collection::vec((0..4_u8, any::<u64>(), 1..9_usize), 0..20), cut in 0..8_usize) {
        let mut bytes = Vec::new();
        for (class, value, times) in runs {
            let run = value.to_be_bytes()[..1 << class].repeat(times);
            bytes.extend(run.chunks(1 << class).flat_map(|one| [&[class << 6 | one[0] & 0x3f], &one[1..]].concat()));
        }
        bytes.truncate(bytes.len().saturating_sub(cut));
        let (mut rest, mut taken) = (&bytes[..], Vec::new());
        while let Some(value) = VarInt::take(&mut rest) {
            taken.push(value);
        }
        let mut integers = VarInt::all(&bytes);
        prop_assert_eq!(&integers.by_ref().collect::<Vec<_>>(), &taken);
        prop_assert_eq!((integers.rest(), integers.next()), (rest, None));
        let folded = VarInt::all(&bytes).fold(Vec::new(), |mut all, value| { all.push(value); all });
        prop_assert_eq!(folded, taken);
    }

    #[test]
    fn every_width_returns(value in 0..1_u64 << 62, shift in 0..62, behind in 0..9_usize) {
        let value = number(value >> shift);
        let mut minimal = Vec::new();
        value.put(&mut minimal);
        prop_assert_eq!(minimal.len(), value.size());
        prop_assert_eq!(&*QuicVarint.write(value.value()).unwrap(), &minimal[..]);
        let mut output = Output::new();
        value.put(&mut output);
        prop_assert_eq!(output.to_vec(), minimal);
        for width in WIDTHS {
            if let Some(bytes) = value.to_bytes_in(width) {
                let mut read = bytes.to_vec();
                read.resize(bytes.len() + behind, 0xff);
                prop_assert_eq!(VarInt::decode(&read), Some((value, width.size())));
            }
        }
    }
}
