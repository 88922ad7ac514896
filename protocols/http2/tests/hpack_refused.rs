//! Each rule of RFC 7541 that a block can break, by name, with the offset of the violation; and what
//! stands near it and is let through.

use segue_http::{Arena, Field, Full, Known, Limits};
use segue_http2::hpack::{BlockError, BlockErrorKind as Kind, Decoder, EncodeError, Encoder};

#[track_caller]
fn refused_by(mut decoder: Decoder, block: &[u8], kind: Kind, at: usize) {
    let error = decoder.decode(block, &mut Arena::new()).expect_err("it breaks a rule");
    let BlockError { kind: found, at: place, .. } = error;
    assert_eq!((found, place), (kind, at));
    assert!(error.to_string().contains(kind.section()), "{error}");
}

#[track_caller]
fn refused(block: &[u8], kind: Kind, at: usize) {
    refused_by(Decoder::new(4096), block, kind, at);
}

#[test]
fn blocks_that_end_inside_a_field() {
    refused(b"\x82\xff", Kind::Truncated, 2);
    refused(b"\x40", Kind::Truncated, 1);
    refused(b"\x82\x40\x03ab", Kind::Truncated, 5);
    refused(b"\x40\x02ab", Kind::Truncated, 4);
    refused(b"\x00\x01a\x7f\xff", Kind::Truncated, 5);
    refused(b"\x41\x83\xff", Kind::Truncated, 3);
    refused(b"\x3f", Kind::Truncated, 1);
}

/// RFC 7541 §5.1.
#[test]
fn integers_that_are_too_long() {
    refused(b"\x82\xff\x80\x80\x80\x80\x00", Kind::Integer, 1);
    refused(b"\x7f\xff\xff\xff\xff\x7f", Kind::Integer, 0);
    refused(b"\x00\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", Kind::Integer, 1);
    refused(b"\x3f\xff\xff\xff\xff\xff\xff", Kind::Integer, 0);
    // Four bytes are read: there is no such field, and no such string.
    refused(b"\xff\xff\xff\xff\x7f", Kind::Index((1 << 28) + 126), 0);
    refused(b"\x00\x7f\xff\xff\xff\x7f", Kind::Truncated, 6);
}

/// RFC 7541 §2.3.3, §6.1.
#[test]
fn indices_of_nothing() {
    refused(b"\x80", Kind::Index(0), 0);
    refused(b"\x82\xbe", Kind::Index(62), 1);
    refused(b"\x40\x01a\x01b\xbf", Kind::Index(63), 5);
    refused(b"\x7f\x00\x01b", Kind::Index(63), 0);
    refused(b"\x0f\x2f\x01b", Kind::Index(62), 0);
    refused(b"\x1f\x2f\x01b", Kind::Index(62), 0);
}

/// RFC 7541 §5.2.
#[test]
fn huffman_code() {
    refused(b"\x00\x84\xff\xff\xff\xff\x00", Kind::HuffmanEnd, 2);
    refused(b"\x00\x01a\x81\x00", Kind::HuffmanPadding, 4);
    refused(b"\x00\x01a\x82\x1f\xff", Kind::HuffmanPadding, 4);
    refused(b"\x00\x81\x1e\x01a", Kind::HuffmanPadding, 2);
}

/// RFC 7541 §4.2, §6.3.
#[test]
fn sizes_of_the_table() {
    refused(b"\x3f\xe2\x1f", Kind::TableSize { size: 4097, max: 4096 }, 0);
    refused(b"\x20\x3f\xe2\x1f", Kind::TableSize { size: 4097, max: 4096 }, 1);
    refused(b"\x82\x20", Kind::LateTableSize, 1);
    refused(b"\x20\x82\x3f\xe1\x1f", Kind::LateTableSize, 2);
    let smaller = || {
        let mut decoder = Decoder::new(4096);
        decoder.set_max_table(100);
        decoder
    };
    refused_by(smaller(), b"\x82", Kind::MissingTableSize, 0);
    refused_by(smaller(), b"\x3f\x46\x82", Kind::TableSize { size: 101, max: 100 }, 0);
    let mut decoder = smaller();
    let mut arena = Arena::new();
    // An empty block has no field that could come too early.
    for block in [&b""[..], b"\x20\x3f\x45\x82", b"\x82", b"\x20\x20\x20\x82"] {
        decoder.decode(block, &mut arena).expect("the size is small enough");
    }
    // A larger one need not be used, nor one that the table keeps within.
    decoder.set_max_table(4096);
    decoder.set_max_table(0);
    decoder.decode(b"\x82", &mut arena).expect("the table has the size 0 already");
}

/// What is too large for the arena is not copied, and the table stays right.
#[test]
fn heads_beyond_the_limits_are_decoded_to_their_end() {
    let fields = |fields: &[(&str, &str)]| {
        let mut block = vec![];
        for (name, value) in fields {
            block.push(0x40);
            for text in [name, value] {
                assert!(text.len() < 127);
                block.push(u8::try_from(text.len()).expect("it is short"));
                block.extend(text.bytes());
            }
        }
        block
    };
    let block = fields(&[("first", "one"), ("second", "two"), ("third", "three")]);
    let size = |limits| {
        let (mut decoder, mut arena) = (Decoder::new(4096), Arena::with_limits(limits));
        let decoded = decoder.decode(&block, &mut arena).expect("it is well-formed");
        assert_eq!(decoded.size, 40 + 41 + 42);
        // All three are in the table.
        let mut after = Arena::new();
        decoder.decode(b"\xbe\xbf\xc0", &mut after).expect("there are three");
        let fields = after.fields();
        assert_eq!(fields.find("first"), Some(&b"one"[..]));
        assert_eq!(fields.find("third"), Some(&b"three"[..]));
        (decoded.refused, arena.len())
    };
    assert_eq!(size(Limits::DEFAULT.max_size(123)), (None, 3));
    assert_eq!(size(Limits::DEFAULT.max_size(122)), (Some(Full::Size), 2));
    assert_eq!(size(Limits::DEFAULT.max_size(0)), (Some(Full::Size), 0));
    assert_eq!(size(Limits::DEFAULT.max_lines(1)), (Some(Full::Lines), 1));
}

/// A field that no table can hold empties it, even where nobody looks at it.
#[test]
fn large_fields_empty_the_table() {
    for huffman in [false, true] {
        for max_size in [0, 1 << 20] {
            let mut decoder = Decoder::new(4096);
            let mut arena = Arena::with_limits(Limits::DEFAULT.max_size(max_size));
            decoder.decode(b"\x40\x01a\x01b", &mut arena).expect("it is well-formed");
            assert_eq!(decoder.table_size(), 34);
            // A string of 5,000 zeros, whose code is five zeros.
            let (first, length, content) =
                if huffman { (0xff, 3125_usize, 0) } else { (0x7f, 5000, b'0') };
            let mut block = vec![0x40, 1, b'b', first];
            let rest = length - 127;
            block.push(u8::try_from(rest & 0x7f).expect("7 bits") | 0x80);
            block.push(u8::try_from(rest >> 7).expect("it is small"));
            block.extend(vec![content; length]);
            let decoded = decoder.decode(&block, &mut arena).expect("it is well-formed");
            assert_eq!(decoder.table_size(), 0);
            assert_eq!(decoded.refused.is_some(), max_size == 0);
        }
    }
}

#[test]
fn memory_is_bounded_by_the_limits() {
    // 30 bits make one byte at worst, so a block is the larger of the two.
    let mut decoder = Decoder::new(4096);
    let mut arena = Arena::with_limits(Limits::DEFAULT.max_size(16 * 1024));
    // One entry of 4,000 bytes, and two bytes for each time that it comes again.
    let mut block = vec![0x40, 1, b'n', 0x7f, 0xa1, 0x1e];
    block.extend([b'v'; 4000]);
    block.extend([0xbe; 60_000]);
    let decoded = decoder.decode(&block, &mut arena).expect("it is well-formed");
    assert_eq!(decoded.refused, Some(Full::Size));
    assert_eq!(decoded.size, 60_001 * 4033);
    assert!(arena.held() <= 64 * 1024, "{}", arena.held());
    assert!(decoder.held() <= 8 * 1024, "{}", decoder.held());
}

#[test]
fn a_refused_head_leaves_the_encoder_as_it_was() {
    let field = |name, value| Field { name, value, flags: 0 };
    let good = [field(b":status", b"200"), field(b"x-good", b"yes")];
    let mut encoder = Encoder::new(4096);
    encoder.set_max_list(100);
    for (fields, error) in [
        (vec![good[1], field(b"X-Bad", b"1")], EncodeError::Name(1)),
        (vec![good[1], field(b"", b"1")], EncodeError::Name(1)),
        (vec![good[1], field(b"a b", b"1")], EncodeError::Name(1)),
        (vec![good[1], field(b"::status", b"1")], EncodeError::Name(1)),
        (vec![good[1], field(b"x", b"1\r\ny: 2")], EncodeError::Value(1)),
        (vec![good[1], field(b"x", b" 1")], EncodeError::Value(1)),
        (vec![good[1], good[1], good[1]], EncodeError::Size { size: 123, max: 100 }),
    ] {
        let mut block = b"before".to_vec();
        assert_eq!(encoder.encode(fields, &mut block), Err(error));
        assert_eq!((&block[..], encoder.table_size()), (&b"before"[..], 0), "{error}");
        assert!(error.to_string().contains("RFC 9113"));
    }
    let mut block = vec![];
    encoder.encode(good, &mut block).expect("it is valid");
    let mut arena = Arena::new();
    Decoder::new(4096).decode(&block, &mut arena).expect("it is well-formed");
    assert_eq!(arena.fields().get(Known::PseudoStatus), Some(&b"200"[..]));
}

#[test]
fn secrets_are_never_remembered() {
    let field = |name, value| Field { name, value, flags: 0 };
    let marked = Field { name: b"x-key", value: b"a long and secret key", flags: 1 };
    let mut encoder = Encoder::new(4096);
    for (secret, never) in [
        (field(b"authorization", b"Basic dXNlcjpwYXNzd29yZA=="), true),
        (field(b"proxy-authorization", b"Basic dXNlcjpwYXNzd29yZA=="), true),
        (field(b"cookie", b"pin=1234"), true),
        (field(b"set-cookie", b"pin=1234"), true),
        (field(b"set-cookie", b"id=0123456789abcdef0123456789abcdef"), false),
        (marked, true),
        (Field { name: b":method", value: b"GET", flags: 1 }, true),
    ] {
        let (mut block, mut arena) = (vec![], Arena::new());
        encoder.encode([secret], &mut block).expect("it is valid");
        assert_eq!(encoder.table_size(), 0);
        Decoder::new(4096).decode(&block, &mut arena).expect("it is well-formed");
        let flags = if never { 1 } else { 0 };
        assert_eq!(arena.fields().lines().next(), Some(Field { flags, ..secret }));
    }
    encoder
        .encode([field(b"cookie", b"id=0123456789abcdef0123456789abcdef")], &mut vec![])
        .unwrap();
    assert!(encoder.table_size() > 0);
}
