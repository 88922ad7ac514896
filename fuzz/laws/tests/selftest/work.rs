//! L8: work that grows faster than the stream.

use std::{cell::Cell, convert::Infallible, io, io::BufRead};

use bytes::{Buf, BytesMut};
use segue::{Decode, Fault, Framing, Record};
use segue_laws::{Law, Subject, Verdict, adapt, parser};

use super::{LINES, TEXTS, caught, line};

#[track_caller]
fn slow(subject: Subject) {
    let defect = caught(subject, Law::L8);
    assert!(defect.repeated().is_some(), "{defect}");
}

#[test]
fn looks_at_all_of_a_line_again() {
    let make = || adapt::slice(|input: &[u8]| Ok::<_, Infallible>(line(input)));
    slow(parser("slice", make).accepts(LINES));
    let make = || {
        adapt::bytes_mut(|input: &mut BytesMut| {
            Ok::<_, Infallible>(line(input).map(|(line, length)| {
                input.advance(length);
                line
            }))
        })
    };
    slow(parser("bytes_mut", make).accepts(LINES));
}

#[test]
fn validates_what_it_holds_again() {
    let make = || {
        adapt::machine(
            Vec::new(),
            |held: &mut Vec<u8>, bytes| held.extend(bytes),
            |held| {
                let text = str::from_utf8(held).map_err(|_| "no UTF-8")?;
                let Some(end) = text.chars().position(|letter| letter == ';') else {
                    return Ok(None);
                };
                let field: String = text.chars().take(end).collect();
                held.drain(..=field.len());
                Ok::<_, &str>(Some(field))
            },
        )
    };
    slow(parser("machine", make).accepts(["a;bc;"]).ends_anywhere());
}

#[test]
fn copies_the_line_for_each_read() {
    /// A line, put together as strings are by those who come from elsewhere.
    fn next(reader: &mut impl BufRead) -> io::Result<Option<String>> {
        let mut line = String::new();
        loop {
            let lent = reader.fill_buf()?;
            let Some(&byte) = lent.first() else { break };
            reader.consume(1);
            if byte == b'\n' {
                return Ok(Some(line));
            }
            line = line.chars().chain([char::from(byte)]).collect();
        }
        Ok((!line.is_empty()).then_some(line))
    }
    let make = || adapt::blocking(|source| source, next);
    slow(parser("blocking", make).accepts(["one\ntwo\n"]).ends_anywhere());
}

#[test]
fn a_stage_forgets_how_far_it_looked() {
    struct Lines;
    impl Decode for Lines {
        type Item<'a> = Vec<u8>;
        type Error = Infallible;

        fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Infallible>> {
            Ok(match line(input) {
                Some((_, length)) => Framing::Record(length),
                None if eof && input.is_empty() => Framing::Done,
                None => Framing::need(1),
            })
        }

        fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Vec<u8>, Fault<Infallible>> {
            Ok(record.to_vec())
        }
    }
    slow(parser("stage", || adapt::stage(Lines)).accepts(LINES));
}

#[test]
fn linear_parsers_are_so_each_time() {
    let lines = || adapt::stage(segue::separator::line().max(1 << 16));
    let texts = || adapt::stage(segue::length::u8());
    for _ in 0..3 {
        let lines = parser("lines", lines).accepts(LINES).verdicts();
        assert!(lines.violation(Law::L8).is_none(), "{lines}");
        let texts = parser("texts", texts).accepts(TEXTS);
        let verdicts = texts.linear(|length| b"\xff".repeat(length)).verdicts();
        assert!(verdicts.violation(Law::L8).is_none(), "{verdicts}");
    }
}

thread_local!(static DONE: Cell<u64> = const { Cell::new(0) });

/// Lines, read by what does so much work at each byte, of which there are so many in the line so far.
fn counted(work: fn(u64) -> u64) -> Subject {
    let make = move || {
        adapt::machine(
            (0, false),
            move |(held, ended): &mut (u64, bool), bytes| {
                for byte in bytes {
                    *held += 1;
                    *ended = *byte == b'\n';
                    DONE.set(DONE.get() + work(*held));
                }
            },
            // Streams that dribble in are all that is given to it.
            |(held, ended)| {
                let line = std::mem::take(ended).then(|| std::mem::take(held));
                Ok::<_, Infallible>(line)
            },
        )
    };
    parser("counted", make).accepts(["a\n"]).only([Law::L8]).work(|| DONE.get())
}

#[test]
fn counted_work_is_judged_by_the_count_alone() {
    // Each byte is looked at again by vectors of 32, beside much that is the same for each.
    for square in [|held| held, |held| 500 + held, |held| 300 + held / 32] {
        let verdicts = counted(square).verdicts();
        let defect = verdicts.violation(Law::L8).expect("a square");
        assert_eq!(counted(square).verdicts().violation(Law::L8), Some(defect));
    }
    for line in [|_| 1, |_| 5000, |held: u64| if held.is_power_of_two() { held } else { 9 }] {
        assert_eq!(counted(line).verdicts().of(Law::L8), Verdict::Holds);
    }
}

#[test]
fn a_count_that_stands_still_shows_nothing() {
    let verdicts = counted(|_| 0).verdicts();
    assert!(matches!(verdicts.of(Law::L8), Verdict::Vacuous(_)), "{verdicts}");
}

#[test]
fn what_is_done_once_is_no_square() {
    // A table that is made when the stream gets long.
    let verdicts = counted(|held| if held == 12_000 { 2_000_000 } else { 40 }).verdicts();
    assert_eq!(verdicts.of(Law::L8), Verdict::Holds, "{verdicts}");
}
