//! Whatever is encoded is decoded to the same, by the decoder and by a slow one, with tables of any
//! size that change between blocks; and arbitrary bytes never make the decoder panic, or its memory
//! grow.

#[path = "support/slow.rs"]
mod slow;

use proptest::prelude::*;
use segue_http::{Arena, Field, Limits, Line};
use segue_http2::hpack::{Decoder, Encoder};
use slow::{Owned, Slow};

#[derive(Debug, Clone)]
enum Step {
    /// A head; those of `bool` are marked.
    Head(Vec<(Owned, bool)>),
    /// The reading end changes the size of the table.
    Resize(u32),
    /// A head that is refused.
    Refused,
}

fn names() -> impl Strategy<Value = Vec<u8>> {
    let known = proptest::sample::select(vec![
        ":method",
        ":path",
        ":status",
        "accept",
        "cookie",
        "content-length",
        "authorization",
        "te",
    ]);
    prop_oneof![
        known.prop_map(|name| name.as_bytes().to_vec()),
        "[a-z0-9-]{1,30}".prop_map(String::into_bytes),
        "x-[ab]".prop_map(String::into_bytes),
    ]
}

fn values() -> impl Strategy<Value = Vec<u8>> {
    let odd = proptest::collection::vec(0x80_u8..=0xff, 0..60);
    prop_oneof![
        4 => "[a-c/;=, -~]{0,40}".prop_map(|text| text.trim().as_bytes().to_vec()),
        2 => "[ab]".prop_map(String::into_bytes),
        1 => odd,
        1 => (0_usize..3000).prop_map(|length| vec![b'l'; length]),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let head = proptest::collection::vec(((names(), values()), prop::bool::weighted(0.1)), 0..12);
    let sizes = prop_oneof![Just(0), Just(4096), 0_u32..10_000];
    let step = prop_oneof![
        5 => head.prop_map(Step::Head),
        2 => sizes.prop_map(Step::Resize),
        1 => Just(Step::Refused),
    ];
    proptest::collection::vec(step, 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_encoded_is_decoded(steps in steps(), own in prop_oneof![Just(4096), 0_u32..20_000]) {
        let (mut encoder, mut decoder) = (Encoder::new(own), Decoder::new(4096));
        let mut slow = Slow::new(CODES.with(Clone::clone));
        let mut arena = Arena::with_limits(Limits::DEFAULT.max_size(1 << 20));
        for step in steps {
            match step {
                Step::Resize(max) => {
                    decoder.set_max_table(max);
                    encoder.set_max_table(max);
                }
                Step::Refused => {
                    let before = encoder.table_size();
                    let bad = Field { name: b"x-bad", value: b"\n", flags: 0 };
                    let good = Field { name: b"x-new", value: b"1", flags: 0 };
                    prop_assert!(encoder.encode([good, bad], &mut vec![]).is_err());
                    prop_assert_eq!(encoder.table_size(), before);
                }
                Step::Head(head) => {
                    let fields = head.iter().map(|((name, value), never)| Field {
                        name,
                        value,
                        flags: if *never { Line::NEVER_INDEXED } else { 0 },
                    });
                    let mut block = vec![];
                    encoder.encode(fields.clone(), &mut block).expect("the head is valid");
                    arena.clear();
                    let decoded = decoder.decode(&block, &mut arena).expect("it was encoded");
                    prop_assert_eq!((decoded.refused, decoded.size), (None, arena.size()));
                    let told = arena.fields().lines();
                    let pairs = |field: Field<'_>| (field.name.to_vec(), field.value.to_vec());
                    prop_assert!(told.clone().map(pairs).eq(head.iter().map(|(pair, _)| pair.clone())));
                    for (got, wanted) in told.zip(fields) {
                        prop_assert!(got.flags & wanted.flags == wanted.flags);
                    }
                    let read: Vec<Owned> = slow.decode(&block);
                    prop_assert!(read.iter().eq(head.iter().map(|(pair, _)| pair)));
                    prop_assert_eq!(slow.size(), decoder.table_size());
                    prop_assert_eq!(encoder.table_size(), decoder.table_size());
                    prop_assert!(decoder.held() <= 2 * decoder.max_table().max(512) as usize);
                }
            }
        }
    }

    #[test]
    fn arbitrary_blocks_are_bounded(blocks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 1..5)) {
        let mut decoder = Decoder::new(4096);
        let mut arena = Arena::with_limits(Limits::DEFAULT.max_size(2000).max_lines(20));
        for block in blocks {
            arena.clear();
            match decoder.decode(&block, &mut arena) {
                Ok(decoded) => {
                    prop_assert!(decoded.refused.is_some() || decoded.size == arena.size());
                    prop_assert!(arena.size() <= 2000 && arena.len() <= 20);
                }
                Err(error) => {
                    prop_assert!(error.at <= block.len());
                    break;
                }
            }
            prop_assert!(decoder.held() < 8192 && arena.held() < 8192);
        }
    }
}

/// Fields are found in the table when their head is checked, and may not be there any more when they
/// are written: fields in front of them, or a smaller table, have driven them out.
#[test]
fn fields_that_are_driven_out_by_their_head() {
    let [a, b, c, d] = [b"a", b"b", b"c", b"d"].map(|name| Field {
        name,
        value: b"a value of forty bytes, a value of forty",
        flags: 0,
    });
    // Two of them fit.
    let (mut encoder, mut decoder) = (Encoder::new(200), Decoder::new(4096));
    let mut slow = Slow::new(CODES.with(Clone::clone));
    let mut arena = Arena::new();
    let heads = [vec![a, b], vec![c, d, a, b], vec![b, a], vec![c, c, c], vec![c, a], vec![a, a]];
    for (number, head) in heads.into_iter().enumerate() {
        if number == 4 {
            encoder.set_max_table(100);
            encoder.set_max_table(4096);
        }
        let mut block = vec![];
        encoder.encode(head.iter().copied(), &mut block).expect("the head is valid");
        arena.clear();
        decoder.decode(&block, &mut arena).expect("it was encoded");
        assert!(arena.fields().lines().eq(head.iter().copied()), "head {number}");
        let pairs = head.iter().map(|field| (field.name.to_vec(), field.value.to_vec()));
        assert!(slow.decode(&block).into_iter().eq(pairs));
        assert_eq!(encoder.table_size(), decoder.table_size());
        // The same again is an index, of one byte.
        assert!(number != 3 || block.len() < 50, "{}", block.len());
    }
}

thread_local! {
    static CODES: std::collections::HashMap<Vec<bool>, u8> = slow::codes();
}
