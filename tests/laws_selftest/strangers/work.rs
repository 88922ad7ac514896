//! L8: work that grows faster than the stream.

use std::{convert::Infallible, io, io::BufRead};

use bytes::{Buf, BytesMut};
use segue::{
    Decode, Fault, Frame, Record,
    laws::{
        self, Law,
        stranger::{self, Subject},
    },
};

use super::{LINES, TEXTS, caught, line};

#[track_caller]
fn slow(subject: Subject) {
    let defect = caught(subject, Law::L8);
    assert!(defect.repeated().is_some(), "{defect}");
}

#[test]
fn looks_at_all_of_a_line_again() {
    let make = || stranger::slice(|input: &[u8]| Ok::<_, Infallible>(line(input)));
    slow(laws::stranger("slice", make).accepts(LINES));
    let make = || {
        stranger::bytes_mut(|input: &mut BytesMut| {
            Ok::<_, Infallible>(line(input).map(|(line, length)| {
                input.advance(length);
                line
            }))
        })
    };
    slow(laws::stranger("bytes_mut", make).accepts(LINES));
}

#[test]
fn validates_what_it_holds_again() {
    let make = || {
        stranger::machine(
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
    slow(laws::stranger("machine", make).accepts(["a;bc;"]).ends_anywhere());
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
    let make = || stranger::blocking(|source| source, next);
    slow(laws::stranger("blocking", make).accepts(["one\ntwo\n"]).ends_anywhere());
}

#[test]
fn a_stage_forgets_how_far_it_looked() {
    struct Lines;
    impl Decode for Lines {
        type Item<'a> = Vec<u8>;
        type Error = Infallible;

        fn frame(&mut self, input: &[u8], eof: bool) -> Result<Frame, Fault<Infallible>> {
            Ok(match line(input) {
                Some((_, length)) => Frame::Record(length),
                None if eof && input.is_empty() => Frame::Done,
                None => Frame::need(1),
            })
        }

        fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Vec<u8>, Fault<Infallible>> {
            Ok(record.to_vec())
        }
    }
    slow(laws::stranger("stage", || stranger::stage(Lines)).accepts(LINES));
}

#[test]
fn linear_parsers_are_so_each_time() {
    let lines = || stranger::stage(segue::separator::line().max(1 << 16));
    let texts = || stranger::stage(segue::length::u8());
    for _ in 0..3 {
        let lines = laws::stranger("lines", lines).accepts(LINES).verdicts();
        assert!(lines.violation(Law::L8).is_none(), "{lines}");
        let texts = laws::stranger("texts", texts).accepts(TEXTS);
        let verdicts = texts.linear(|length| b"\xff".repeat(length)).verdicts();
        assert!(verdicts.violation(Law::L8).is_none(), "{verdicts}");
    }
}
