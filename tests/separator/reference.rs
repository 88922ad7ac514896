//! Naive references, and a way to hold stages against them on every cut.

use segue::combine::{Measured, SkipOversize, skip_oversize};
use segue::separator::{EncodeError, Terminated};
use segue::{Buffer, Decode, Encode, Fault, Output, Record, Step};
use std::fmt::Debug;

/// The items and the end that a stage makes of a whole stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome<E> {
    pub(crate) items: Vec<String>,
    pub(crate) fault: Option<Fault<E>>,
    pub(crate) left: Vec<u8>,
}

/// An item, written down.
pub(crate) trait Show {
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
pub(crate) fn run<D: Decode>(mut stage: D, pieces: &[&[u8]]) -> Outcome<D::Error>
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
                    let behind = pieces.get(turn + 1..).unwrap_or_default().concat();
                    let left = [buffer.as_slice(), &behind].concat();
                    return Outcome { items, fault: None, left };
                }
                Err(fault) if !fault.fatal => items.push(format!("!{}", fault.at)),
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
pub(crate) fn everyhow<D: Decode>(make: impl Fn() -> D, input: &[u8]) -> Outcome<D::Error>
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
pub(crate) fn texts(alphabet: &[u8], length: usize) -> Vec<Vec<u8>> {
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

/// Reads a stream in a naive way, as a reference: its contents, and a verdict.
pub(crate) fn reference<E>(
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

pub(crate) fn window(text: &[u8], separator: &[u8]) -> Option<(usize, usize)> {
    text.windows(separator.len()).position(|part| part == separator).map(|at| (at, separator.len()))
}

pub(crate) fn skipping<D: segue::combine::Skim>(
    make: impl Fn() -> D,
    max: usize,
) -> impl Fn() -> SkipOversize<D> {
    move || skip_oversize(make(), max)
}

impl<B: Debug> Show for Terminated<'_, B> {
    fn show(self) -> String {
        format!("{} by {:?}", self.content.show(), self.by)
    }
}

/// As `reference`, for items that tell their separator.
pub(crate) fn reference_by<E>(
    input: &[u8],
    max: usize,
    find: impl Fn(&[u8]) -> Option<(usize, usize, String)>,
) -> Outcome<E> {
    let mut plain =
        reference(input, max, false, true, |rest| find(rest).map(|found| (found.0, found.1)));
    let mut rest = input;
    for item in &mut plain.items {
        let (length, by) = match find(rest) {
            Some((content, ending, by)) => (content + ending, format!("Some({by})")),
            None => (rest.len(), "None".to_owned()),
        };
        *item = format!("{item} by {by}");
        rest = &rest[length..];
    }
    plain
}

/// An encoded item decodes to the same, and a refused one would not have.
pub(crate) fn encodes_what_it_decodes<D>(make: impl Fn() -> D, ending: &[u8], contents: &[Vec<u8>])
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
