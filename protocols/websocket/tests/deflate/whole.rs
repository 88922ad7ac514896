//! The check that a compressed message is whole at its end (RFC 7692 §7.2.2).

use segue::{Buffer, Encode, Fault, Output, Step};
use segue_websocket::{Agreed, CloseCode, Deflate, Error, Messages, Outgoing, Piece, Pieces, Role};

use super::{
    opened,
    support::{Owned, feed, frame, frames},
};

fn agreed() -> Agreed {
    *opened(Deflate::new(), Deflate::new()).0.deflate().unwrap()
}

/// The outcome of each reader for compressed messages: the number that comes through, and the
/// error.
#[track_caller]
fn read(payloads: &[&[u8]]) -> (usize, Option<Error>) {
    let marked: Vec<_> = payloads.iter().map(|payload| (0xC2, *payload)).collect();
    let stream = frames(Role::Client, &marked);
    let seen = feed(&mut Messages::client().deflate(&agreed()), [&stream[..]]);
    let error = |fault: &Fault<Error>| fault.error().copied().unwrap();
    let found = (seen.messages.len(), seen.end.as_ref().err().map(error));

    let dribbled = feed(&mut Messages::client().deflate(&agreed()), stream.chunks(1));
    assert_eq!((&dribbled.messages, &dribbled.end), (&seen.messages, &seen.end));

    let mut pieces = Pieces::client().deflate(&agreed());
    let (mut buffer, mut answers) = (Buffer::from(&stream[..]), Output::new());
    let mut whole = 0;
    let why = loop {
        match buffer.step(&mut pieces, false, &mut answers) {
            Ok(Step::Item(Piece::Part(part))) => whole += usize::from(part.last),
            Ok(Step::Item(other)) => panic!("{other:?}"),
            Ok(_) => break None,
            Err(fault) => break Some(error(&fault)),
        }
    };
    assert_eq!((whole, why), found, "in pieces");
    found
}

const HELLO: &[u8] = b"\xf2\x48\xcd\xc9\xc9\x07\x00";

/// The writer's output for `text`, without a header.
fn compressed(level: u8, text: &[u8]) -> Vec<u8> {
    let terms = Deflate::new().level(level).threshold(0);
    let (_, mut writer) = opened(terms, Deflate::new()).0.halves();
    let mut output = Output::new();
    writer.encode(Outgoing::Binary(text), &mut output).unwrap();
    let frame = output.to_vec();
    frame[if frame[1] == 126 { 4 } else { 2 }..].to_vec()
}

#[test]
fn a_message_that_is_cut_off_anywhere_is_not_whole() {
    // Compressed by fixed codes, by codes of its own, and not at all.
    let words: Vec<u8> = (0..300_u32).flat_map(|i| format!("{} ", i * i).into_bytes()).collect();
    let stored = compressed(0, &words);
    assert_eq!(stored[0], 0, "its first byte alone is a message of nothing");
    for (whole, first) in [(HELLO.to_vec(), 1), (compressed(9, &words), 1), (stored, 2)] {
        assert_eq!(read(&[HELLO, &whole, HELLO]), (3, None));
        for cut in first..whole.len() {
            let found = read(&[HELLO, &whole[..cut], HELLO]);
            assert_eq!(found, (1, Some(Error::DeflateUnfinished)), "cut at {cut}");
        }
    }
}

#[test]
fn what_is_told_of_one_that_is_cut_off() {
    let stream = frames(Role::Client, &[(0xC1, HELLO), (0xC1, &HELLO[..5])]);
    let seen = feed(&mut Messages::client().deflate(&agreed()), [&stream[..]]);
    assert_eq!(seen.messages, [Owned::Text("Hello".into())]);
    let error = Error::DeflateUnfinished;
    // Behind what both messages have inflated to.
    assert_eq!(seen.end, Err(Fault::new(error).at(5 + 4).nested()));
    assert_eq!(error.close_code(), CloseCode::INVALID_DATA);
    assert!(error.to_string().ends_with("inside a block of DEFLATE (RFC 7692 §7.2.2)"));
}

#[test]
fn a_last_fragment_may_be_what_is_missing() {
    let stream = |last: &'static [u8]| {
        frames(Role::Client, &[(0x41, &HELLO[..3]), (0x00, b""), (0x80, last)])
    };
    let whole = feed(&mut Messages::client().deflate(&agreed()), [&stream(&HELLO[3..])[..]]);
    assert_eq!((whole.messages, whole.end), (vec![Owned::Text("Hello".into())], Ok(false)));
    let cut = feed(&mut Messages::client().deflate(&agreed()), [&stream(b"")[..]]);
    assert_eq!(*cut.end.unwrap_err().error().unwrap(), Error::DeflateUnfinished);
}

#[test]
fn messages_of_nothing() {
    // As §7.2.3.6 has it, and as compressors come to it that end in blocks by fixed codes.
    assert_eq!(read(&[b"\x00", b"\x02\x00", b"\x00", HELLO]), (4, None));
    // No byte at all is no block either.
    assert_eq!(read(&[HELLO, b""]), (1, Some(Error::Deflate)));
    // Not compressed, it is not marked.
    let stream = frame(Role::Client, 0x82, b"");
    let seen = feed(&mut Messages::client().deflate(&agreed()), [&stream[..]]);
    assert_eq!((seen.messages, seen.end), (vec![Owned::Binary(vec![])], Ok(false)));
}

#[test]
fn a_block_may_say_that_it_is_the_last() {
    // §7.2.3.4: what follows the last block is a block of nothing, less the tail.
    let last = b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00";
    assert_eq!(read(&[last, HELLO, last, last]), (4, None));
    // The last block is the one that the tail belongs to.
    let tail = b"\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00\xff\xff\x01";
    assert_eq!(read(&[tail, b"\x01", HELLO, b"\x01"]), (4, None));
    // Without it the tail is no end of anything.
    assert_eq!(read(&[&last[..7]]), (0, Some(Error::DeflateUnfinished)));
    assert_eq!(read(&[b"\x03\x00", HELLO]), (0, Some(Error::DeflateUnfinished)));
}

/// Writes bits, the lowest first.
#[derive(Default)]
struct Bits(Vec<bool>);

impl Bits {
    fn number(&mut self, count: usize, value: usize) -> &mut Self {
        self.0.extend((0..count).map(|i| value >> i & 1 == 1));
        self
    }

    /// A word of a Huffman code, which stands the other way round.
    fn word(&mut self, word: &str) -> &mut Self {
        self.0.extend(word.chars().map(|bit| bit == '1'));
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let byte = |bits: &[bool]| {
            bits.iter().enumerate().fold(0, |byte, (i, &bit)| byte | u8::from(bit) << i)
        };
        self.0.chunks(8).map(byte).collect()
    }
}

#[test]
fn a_tail_that_ends_a_block_with_bits_left_over_is_none() {
    // Codes in which the tail is: the rest of a copy from far back, another copy, and the end of
    // the block, one bit before the tail is over.
    let mut bits = Bits::default();
    bits.number(1, 0).number(2, 2); // not the last block, codes of its own
    bits.number(5, 258 - 257).number(5, 30 - 1).number(4, 18 - 4);
    for symbol in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1] {
        bits.number(
            3,
            match symbol {
                1 => 1,
                2 | 18 => 2,
                _ => 0,
            },
        );
    }
    let (one, two, zeros) = ("0", "10", "11");
    bits.word(zeros).number(7, 97 - 11).word(two); // the byte 97 is 10
    bits.word(zeros).number(7, 138 - 11).word(zeros).number(7, 20 - 11);
    bits.word(two).word(one); // the end is 11, a copy of three is 0
    bits.word(zeros).number(7, 28 - 11).word(one).word(one); // from 16385 is 0, from 24577 is 1
    while bits.0.len() % 8 != 7 {
        bits.word("0").word("0").number(13, 0);
    }
    bits.word("0"); // the beginning of a copy
    let before = [&b"\x00\x30\x75\xcf\x8a"[..], &[7; 30_000], b"\x00"].concat();
    assert_eq!(read(&[&before]), (1, None));
    assert_eq!(read(&[&before, &bits.bytes()]), (1, Some(Error::DeflateUnfinished)));
    // So it is no failure of the codes.
    bits.word("0").number(13, 0).word("11").number(3, 0);
    bits.0.resize(bits.0.len().next_multiple_of(8), false);
    let seen = read(&[&before, &bits.bytes(), HELLO]);
    assert_eq!(seen, (3, None));
}
