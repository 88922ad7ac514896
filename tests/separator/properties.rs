//! The stages on arbitrary content, arbitrarily cut.

use proptest::prelude::*;
use segue::combine::skip_oversize;
use segue::separator::{self, EndOfText};
use segue::{Decode, Encode, Output};
use std::fmt::Debug;

use crate::reference::{Outcome, Show, reference, run, window};

/// Bytes among which separators, escapes and their parts are not rare.
fn content(longest: usize) -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        4 => prop::sample::select(&b"\r\n.\"\0ab\x01\xc0\xdb\xdc\xdd"[..]),
        1 => any::<u8>(),
    ];
    prop::collection::vec(byte, 0..longest)
}

/// `stream` in pieces of the lengths given, over and over.
fn cut<'s>(stream: &'s [u8], lengths: &[usize]) -> Vec<&'s [u8]> {
    let (mut rest, mut pieces) = (stream, Vec::new());
    for &length in lengths.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, behind) = rest.split_at(length.min(rest.len()));
        pieces.push(piece);
        rest = behind;
    }
    pieces
}

fn lengths() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(1_usize..40, 1..8)
}

/// Returns the items that `stage` reads from what it wrote itself, and those that it wrote.
fn echo<D>(
    make: impl Fn() -> D,
    items: &[Vec<u8>],
    lengths: &[usize],
) -> (Outcome<String>, Vec<String>)
where
    D: Decode + for<'a> Encode<&'a [u8]>,
    for<'a> D::Item<'a>: Show,
    <D as Decode>::Error: Debug,
{
    let mut output = Output::new();
    let mut writer = make();
    let sent = items.iter().filter(|item| output.try_encode(&mut writer, &item[..]).is_ok());
    let sent = sent.map(|item| item.escape_ascii().to_string()).collect();
    let Outcome { items, fault, left } = run(make(), &cut(&output.to_vec(), lengths));
    let fault = fault.map(|fault| fault.map(|error| format!("{error:?}")));
    (Outcome { items, fault, left }, sent)
}

proptest! {
    #[test]
    fn lines_are_what_they_are_in_one_read(
        stream in content(400),
        lengths in lengths(),
        max in 0_usize..60,
    ) {
        let either = |rest: &[u8]| {
            let (lf, _) = window(rest, b"\n")?;
            let cr = lf > 0 && rest[lf - 1] == b'\r';
            Some(if cr { (lf - 1, 2) } else { (lf, 1) })
        };
        let make = || separator::line().last_unterminated();
        let pieces = cut(&stream, &lengths);
        prop_assert_eq!(
            run(make().max(max), &pieces),
            reference(&stream, max, false, true, either)
        );
        prop_assert_eq!(
            run(skip_oversize(make(), max), &pieces),
            reference(&stream, max, true, true, either)
        );
    }

    #[test]
    fn byte_strings_are_found_where_they_first_occur(
        text in prop::collection::vec(prop::sample::select(&b"abc"[..]), 0..600),
        separator in prop::collection::vec(prop::sample::select(&b"abc"[..]), 1..7),
        lengths in lengths(),
        max in 0_usize..300,
    ) {
        let make = || separator::bytes(&separator).last_unterminated();
        let find = |rest: &[u8]| window(rest, &separator);
        let pieces = cut(&text, &lengths);
        prop_assert_eq!(
            run(make().max(max), &pieces),
            reference(&text, max, false, true, find)
        );
        prop_assert_eq!(
            run(skip_oversize(make(), max), &pieces),
            reference(&text, max, true, true, find)
        );
    }

    #[test]
    fn what_is_sent_arrives(
        items in prop::collection::vec(content(40), 0..12),
        separator in content(4).prop_filter("none", |separator| !separator.is_empty()),
        lengths in lengths(),
    ) {
        macro_rules! check {
            ($($make:expr),* $(,)?) => {$(
                let (read, sent) = echo($make, &items, &lengths);
                prop_assert_eq!((read.items, read.fault), (sent, None));
            )*};
        }
        check!(
            separator::line,
            || separator::line().lf(),
            || separator::line().crlf(),
            || separator::line().strict(),
            || separator::line().crlf().strict(),
            || separator::line().skip_empty().max(20),
            || separator::byte(0),
            || separator::bytes(&separator),
            separator::slip,
            || separator::slip().no_leading_end().max(30),
            separator::cobs,
            || separator::cobs().max(20),
        );
    }

    #[test]
    fn packets_of_any_content_can_be_sent(packet in content(700), lengths in lengths()) {
        let packets = [packet];
        let (read, sent) = echo(separator::cobs, &packets, &lengths);
        prop_assert_eq!((read.items, sent.len()), (sent, 1));
        let (read, sent) = echo(separator::slip, &packets, &lengths);
        prop_assert_eq!((read.items, sent.len()), (sent, usize::from(!packets[0].is_empty())));
    }

    #[test]
    fn texts_arrive_with_what_is_behind_them(
        lines in prop::collection::vec(content(20), 0..12),
        behind in content(20),
        lengths in lengths(),
    ) {
        let mut writer = separator::dot_stuffed_lines();
        let mut output = Output::new();
        let mut sent = Vec::new();
        for line in &lines {
            if output.try_encode(&mut writer, &line[..]).is_ok() {
                sent.push(&line[..]);
            }
        }
        writer.encode(EndOfText, &mut output).unwrap();
        let text: Vec<u8> = sent.iter().flat_map(|line| [line, &b"\r\n"[..]].concat()).collect();
        let mut whole = Output::new();
        separator::dot_stuffed().encode(&text, &mut whole).unwrap();
        prop_assert_eq!(whole.to_vec(), output.to_vec());

        let stream = [&output.to_vec()[..], &behind].concat();
        let pieces = cut(&stream, &lengths);
        let read = run(separator::dot_stuffed_lines(), &pieces);
        let expected: Vec<_> = sent.iter().map(|line| line.escape_ascii().to_string()).collect();
        prop_assert_eq!((read.items, read.left), (expected, behind.clone()));
        let read = run(separator::dot_stuffed(), &pieces);
        let expected = vec![text.escape_ascii().to_string()];
        prop_assert_eq!((read.items, read.left), (expected, behind));
    }
}
