//! Every prefix with every option through the law suite.

use core::num::NonZeroUsize;
use segue::{laws, length};

use crate::reference::{Counts, Settings};
use crate::{Kind, with_prefix};

const MAX: usize = 300;

/// Settings that protocols use, for one kind of prefix.
fn settings(kind: Kind) -> Vec<Settings> {
    let plain = Settings { max: MAX, ..Settings::plain(kind) };
    vec![
        plain.clone(),
        Settings { counts: Counts::Itself, ..plain.clone() },
        Settings { counts: Counts::Header, ..plain.clone() },
        Settings { strip: Some(0), ..plain.clone() },
        Settings { offset: 3, ..plain.clone() },
        Settings { offset: 3, counts: Counts::Itself, ..plain.clone() },
        Settings { offset: 2, counts: Counts::Header, strip: Some(2), ..plain.clone() },
        Settings { adjust: 4, ..plain.clone() },
        Settings { offset: 1, adjust: -2, strip: Some(1), ..plain },
    ]
}

#[test]
fn prefixed() {
    for settings in Kind::ALL.into_iter().flat_map(settings) {
        // The shortest that some settings can say is 4 bytes: the adjustment counts for as many.
        let records = [4_usize, 5, 64, 127, 128, 200]
            .map(|length| settings.record(&vec![0x5a; length]))
            .into_iter()
            .flatten()
            .collect::<Vec<_>>();
        assert!(records.len() >= 5, "{settings:?}");
        let streams = [
            vec![],
            records[0].clone(),
            records[..2].concat(),
            records.concat(),
            [&records[0][..], &settings.record(b"").unwrap_or_default(), &records[1]].concat(),
        ];
        let too_long = settings.record(&[0; MAX + 1]).into_iter();
        let too_long = too_long.map(|record| record[..record.len() - MAX].to_vec());
        let header = usize::from(settings.offset) + settings.field(200).unwrap().len();
        with_prefix!(settings.kind, prefix => {
            laws::stage(|| settings.build(prefix))
                .accepts(streams)
                .too_long(too_long)
                .limit(header + MAX)
                .check();
        });
    }
}

#[test]
fn prefixed_is_linear() {
    laws::stage(length::u32_be).linear(|bytes| many(bytes, b"\0\0\0\x03abc")).check();
    laws::stage(length::leb128)
        .linear(|bytes| many(bytes, &[&[0x80, 0x01][..], &[5; 128]].concat()))
        .check();
    laws::stage(length::decimal).linear(|bytes| many(bytes, b"3:abc")).check();
    laws::stage(length::netstring).linear(|bytes| many(bytes, b"3:abc,")).check();
    laws::stage(length::u32_be)
        .linear(|bytes| {
            let length = u32::try_from(bytes).unwrap().to_be_bytes();
            [&length[..], &vec![7; bytes]].concat()
        })
        .check();
}

fn many(bytes: usize, record: &[u8]) -> Vec<u8> {
    record.repeat(bytes / record.len())
}

#[test]
fn netstring() {
    laws::stage(|| length::netstring().max(12))
        .accepts(["", "0:,", "5:hello,", "0:,5:hello,0:,12:hello world!,"])
        .refuses(["5:hello;", "5:hello world!,", "05:hello,", ":,", "a", "5hello", "5:hell", "5"])
        .too_long(["13:", "3:abc,99999:", "18446744073709551615:"])
        // A length is judged when all of its digits are there.
        .limit("18446744073709551615:".len() + 12 + ",".len())
        .check();
}

#[test]
fn fixed_sizes() {
    let three = NonZeroUsize::new(3).unwrap();
    laws::stage(|| length::fixed(three))
        .accepts(["", "abc", "abcdef"])
        .refuses(["a", "abcde"])
        .limit(3)
        .linear(|bytes| many(bytes, b"abc"))
        .check();
    laws::stage(length::array::<4>)
        .accepts(["", "abcd", "abcdefgh"])
        .refuses(["abc", "abcdefg"])
        .limit(4)
        .check();
}

#[test]
fn payloads() {
    laws::stage(|| length::payload(5)).accepts(["hello"]).refuses(["", "hell"]).limit(5).check();
    laws::stage(|| length::payload(0)).accepts([""]).limit(0).check();
    laws::stage(|| length::pieces(5))
        .in_pieces()
        .accepts(["hello"])
        .refuses(["", "hell"])
        .limit(5)
        .check();
    laws::stage(|| length::pieces(5).max_piece(2))
        .in_pieces()
        .accepts(["hello"])
        .refuses(["hell"])
        .check();
    laws::stage(|| length::pieces(0)).in_pieces().accepts([""]).limit(0).check();
    for stage in [length::rest, || length::rest().max_piece(0)] {
        laws::stage(stage)
            .in_pieces()
            .ends_anywhere()
            .accepts(["", "hello"])
            .linear(|bytes| vec![1; bytes])
            .check();
    }
}
