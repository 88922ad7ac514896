//! The stages of `segue::separator`: against naive references, on every cut, at every limit.

use segue::combine::{Measured, SkipOversize, skip_oversize};
use segue::separator::{self, EncodeError, LineError};
use segue::{Buffer, Cause, Decode, Encode, Fault, Output, Record, Step};
use std::fmt::Debug;

/// What a stage makes of a whole stream.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Outcome<E> {
    items: Vec<String>,
    fault: Option<Fault<E>>,
    left: Vec<u8>,
}

/// An item, written down.
trait Show {
    fn show(self) -> String;
}

impl Show for Record<'_> {
    fn show(self) -> String {
        self.escape_ascii().to_string()
    }
}

impl<T: Show> Show for Measured<T> {
    fn show(self) -> String {
        match self {
            Measured::Fits(item) => item.show(),
            Measured::TooLong { bytes } => format!("<{bytes}>"),
        }
    }
}

/// Feeds `stage` a stream that comes in `pieces`, and keeps an eye on what it needs.
fn run<D: Decode>(mut stage: D, pieces: &[&[u8]]) -> Outcome<D::Error>
where
    for<'a> D::Item<'a>: Show,
{
    let mut buffer = Buffer::new();
    let mut output = Output::new();
    let mut items = Vec::new();
    let mut needed = 0;
    for turn in 0..=pieces.len() {
        let eof = turn == pieces.len();
        if !eof {
            buffer.extend(pieces[turn]);
            needed = pieces[turn].len().max(needed) - pieces[turn].len();
        }
        loop {
            let step = match buffer.step(&mut stage, eof, &mut output) {
                Ok(Step::Item(item)) => Ok(Step::Item(item.show())),
                Ok(Step::Need(need)) => Ok(Step::Need(need)),
                Ok(Step::Done) => Ok(Step::Done),
                Err(fault) => Err(fault),
            };
            match step {
                Ok(Step::Item(item)) => {
                    assert!(eof || needed == 0, "complete with {needed} bytes less than needed");
                    items.push(item);
                }
                Ok(Step::Need(need)) => {
                    needed = needed.max(need.at_least.get());
                    break;
                }
                Ok(Step::Done) => {
                    let left = buffer.as_slice().to_vec();
                    return Outcome { items, fault: None, left };
                }
                Err(fault) => {
                    assert!(eof || needed == 0, "a fault with {needed} bytes less than needed");
                    let left = Vec::new();
                    return Outcome { items, fault: Some(fault), left };
                }
            }
        }
    }
    unreachable!("a stream has an end");
}

/// The same outcome whole, byte by byte and with every single cut.
fn everyhow<D: Decode>(make: impl Fn() -> D, input: &[u8]) -> Outcome<D::Error>
where
    for<'a> D::Item<'a>: Show,
    D::Error: Debug + PartialEq,
{
    let whole = run(make(), &[input]);
    let bytes: Vec<&[u8]> = input.chunks(1).collect();
    assert_eq!(run(make(), &bytes), whole, "{:?} byte by byte", input.escape_ascii().to_string());
    for cut in 1..input.len() {
        let (front, behind) = input.split_at(cut);
        let outcome = run(make(), &[front, behind]);
        assert_eq!(outcome, whole, "{:?} cut at {cut}", input.escape_ascii().to_string());
    }
    whole
}

/// All strings over `alphabet` of up to `length` bytes, the empty one first.
fn texts(alphabet: &[u8], length: usize) -> Vec<Vec<u8>> {
    let mut all = vec![Vec::new()];
    let mut from = 0;
    for _ in 0..length {
        let longest = from..all.len();
        from = all.len();
        for text in longest {
            for &byte in alphabet {
                let mut longer = all[text].clone();
                longer.push(byte);
                all.push(longer);
            }
        }
    }
    all
}

/// How a naive reference cuts a stream up: contents and a verdict.
fn reference<E>(
    input: &[u8],
    max: usize,
    skip: bool,
    last: bool,
    find: impl Fn(&[u8]) -> Option<(usize, usize)>,
) -> Outcome<E> {
    let (mut items, mut at, mut fault) = (Vec::new(), 0, None);
    while at < input.len() {
        let rest = &input[at..];
        let (content, ending) = match find(rest) {
            Some(found) => found,
            None if last => (rest.len(), 0),
            None => {
                fault = Some(Fault::truncated(input.len() as u64));
                break;
            }
        };
        if content <= max {
            items.push(rest[..content].escape_ascii().to_string());
        } else if skip {
            items.push(format!("<{content}>"));
        } else {
            fault = Some(Fault::too_long((at + max) as u64));
            break;
        }
        at += content + ending;
    }
    Outcome { items, fault, left: Vec::new() }
}

fn window(text: &[u8], separator: &[u8]) -> Option<(usize, usize)> {
    text.windows(separator.len()).position(|part| part == separator).map(|at| (at, separator.len()))
}

#[test]
fn every_self_overlapping_byte_string_is_found_where_it_first_occurs() {
    for separator in texts(b"ab", 4).into_iter().skip(1) {
        for text in texts(b"ab", 8) {
            let expected = reference(&text, 100, false, false, |rest| window(rest, &separator));
            assert_eq!(everyhow(|| separator::bytes(&separator), &text), expected);
        }
    }
}

fn skipping<D: segue::combine::Skim>(
    make: impl Fn() -> D,
    max: usize,
) -> impl Fn() -> SkipOversize<D> {
    move || skip_oversize(make(), max)
}

#[test]
fn limits_judge_complete_and_incomplete_records_alike() {
    let separators: [&[u8]; 5] = [b"b", b"ab", b"aab", b"aba", b"abab"];
    for separator in separators {
        for text in texts(b"ab", 8) {
            for max in [0, 1, 2, 4] {
                let find = |rest: &[u8]| window(rest, separator);
                for last in [false, true] {
                    let make = || {
                        let stage = separator::bytes(separator).max(max);
                        if last { stage.last_unterminated() } else { stage }
                    };
                    let seen = everyhow(make, &text);
                    let skipped = everyhow(skipping(make, max), &text);
                    // Whether an unfinished record is truncated or over-long hangs on how much of
                    // it can be the beginning of a separator; a naive search does not tell.
                    let expected = reference(&text, max, false, last, find);
                    let unsure =
                        matches!(expected.fault, Some(Fault { cause: Cause::Truncated, .. }));
                    if !unsure {
                        assert_eq!(seen, expected);
                    }
                    assert_eq!(skipped, reference(&text, max, true, last, find));
                }
            }
        }
    }
}

#[test]
fn lines_end_as_they_are_told_to() {
    type Find = fn(&[u8]) -> Option<(usize, usize)>;
    let either: Find = |rest| {
        let (lf, _) = window(rest, b"\n")?;
        let cr = lf > 0 && rest[lf - 1] == b'\r';
        Some(if cr { (lf - 1, 2) } else { (lf, 1) })
    };
    let lf: Find = |rest| window(rest, b"\n");
    let crlf: Find = |rest| window(rest, b"\r\n");
    let line = separator::line;
    for (stage, find) in [(line(), either), (line().lf(), lf), (line().crlf(), crlf)] {
        for text in texts(b"a\r\n", 7) {
            let expected = reference(&text, 100, false, false, find);
            assert_eq!(everyhow(|| stage.clone(), &text), expected);
            let last = || stage.clone().last_unterminated();
            assert_eq!(everyhow(last, &text), reference(&text, 100, false, true, find));
            for max in [0, 1, 3] {
                let expected = reference(&text, max, false, true, find);
                assert_eq!(everyhow(|| last().max(max), &text), expected);
                let expected = reference(&text, max, true, true, find);
                assert_eq!(everyhow(skipping(last, max), &text), expected);
            }
        }
    }
}

#[test]
fn strict_lines_refuse_what_is_no_ending() {
    let fault = |error, at| Some(Fault::new(error).at(at));
    let either = || separator::line().strict();
    let crlf = || separator::line().crlf().strict();
    let lf = || separator::line().lf().strict();
    assert_eq!(everyhow(either, b"a\r\nb\nc\rd\n").fault, fault(LineError::StrayCr, 6));
    assert_eq!(everyhow(either, b"\r\r\n").fault, fault(LineError::StrayCr, 0));
    assert_eq!(everyhow(crlf, b"a\r\nb\n").fault, fault(LineError::BareLf, 4));
    assert_eq!(everyhow(crlf, b"a\rb\r\n").fault, fault(LineError::StrayCr, 1));
    assert_eq!(everyhow(lf, b"a\nb\r\n").fault, fault(LineError::StrayCr, 3));
    for text in texts(b"a\r\n", 6) {
        for max in [0, 1, 2, 100] {
            for stage in [either(), crlf(), lf()] {
                everyhow(|| stage.clone().max(max), &text);
                everyhow(|| stage.clone().max(max).last_unterminated(), &text);
                everyhow(skipping(|| stage.clone(), max), &text);
                everyhow(skipping(|| stage.clone().last_unterminated(), max), &text);
            }
        }
    }
}

/// What is encoded decodes to the same, and what is refused would not have.
fn encodes_what_it_decodes<D>(make: impl Fn() -> D, ending: &[u8], contents: &[Vec<u8>])
where
    D: Decode + for<'a> Encode<&'a [u8], Error = EncodeError>,
    for<'a> D::Item<'a>: Show,
    <D as Decode>::Error: Debug + PartialEq,
{
    for content in contents {
        let mut output = Output::new();
        let encoded = make().encode(&content[..], &mut output);
        let wire = [&content[..], ending].concat();
        let read = run(make(), &[&wire]);
        let same = read.items == [content.escape_ascii().to_string()] && read.fault.is_none();
        assert_eq!(encoded.is_ok(), same, "{:?}", content.escape_ascii().to_string());
        assert_eq!(output.to_vec(), if same { wire } else { Vec::new() });
    }
}

#[test]
fn content_that_would_not_come_back_is_refused() {
    let lines = texts(b"a\r\n", 5);
    encodes_what_it_decodes(separator::line, b"\n", &lines);
    encodes_what_it_decodes(|| separator::line().lf(), b"\n", &lines);
    encodes_what_it_decodes(|| separator::line().crlf(), b"\r\n", &lines);
    encodes_what_it_decodes(|| separator::line().strict(), b"\n", &lines);
    encodes_what_it_decodes(|| separator::line().lf().strict(), b"\n", &lines);
    encodes_what_it_decodes(|| separator::line().crlf().strict(), b"\r\n", &lines);
    encodes_what_it_decodes(|| separator::byte(b'a').max(3), b"a", &texts(b"ab", 5));
    for separator in texts(b"ab", 4).into_iter().skip(1) {
        let make = || separator::bytes(&separator).max(4);
        encodes_what_it_decodes(make, &separator, &texts(b"ab", 5));
    }
}
