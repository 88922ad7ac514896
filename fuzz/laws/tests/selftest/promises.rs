//! L3, L4 and L5: what a parser says it needs, holds, and does.

use std::{
    convert::Infallible,
    io::{self, Read},
};

use bytes::{Buf, BytesMut};
use segue::{Decode, Fault, Framing, Record};
use segue_laws::{Answer, Law, Parser, Subject, Symptom, Verdict, adapt, parser};

use super::{LINES, TEXTS, caught, line, text};

/// Texts, with what is needed for the next one as `need` tells from what there is of it.
fn needing(need: fn(&[u8]) -> usize) -> Subject {
    let make = move || {
        adapt::consuming(move |input, eof| match text(input) {
            Some((text, length)) => (length, Answer::item(text)),
            None if eof && input.is_empty() => (0, Answer::End),
            None if input.is_empty() => (0, Answer::Need(Some(1))),
            None => (0, Answer::Need(Some(need(input)))),
        })
    };
    parser("needs", make).accepts(TEXTS).ends_anywhere()
}

#[test]
fn needs_what_it_has_already() {
    let honest = needing(|input| 1 + usize::from(input[0]) - input.len());
    let verdicts = honest.needs_are_honest().verdicts();
    assert!(verdicts.defects().is_empty(), "{verdicts}");
    // The length, and not what is missing of it.
    let subject = needing(|input| usize::from(input[0]) + 1);
    caught(subject.needs_are_honest(), Law::L3);
    let hint = needing(|input| usize::from(input[0]) + 1).verdicts();
    assert!(matches!(hint.of(Law::L3), Verdict::NotApplicable(_)), "{hint}");
}

#[test]
fn needs_nothing_and_waits() {
    caught(needing(|_| 0).needs_are_honest(), Law::L3);
}

#[test]
fn needs_a_head_that_may_be_shorter() {
    // Four bytes are asked for, though an empty text has one.
    let make = || {
        adapt::buffered(|input, eof| match text(input) {
            Some((text, length)) => {
                input.advance(length);
                Answer::item(text)
            }
            None if eof && input.is_empty() => Answer::End,
            None => Answer::Need(Some(4 - input.len().min(3))),
        })
    };
    let subject = parser("buffered", make).accepts([&b"\x00\x01a"[..], b"\x05three"]);
    caught(subject.needs_are_honest().ends_anywhere(), Law::L3);
}

#[test]
fn needs_less_than_it_said_before() {
    // The missing number is told rightly once the text has begun; before that it is guessed.
    let subject = needing(|input| match input.len() {
        1 => 20,
        length => 1 + usize::from(input[0]) - length,
    });
    let defect = caught(subject.needs_are_honest(), Law::L3);
    assert!(defect.what().contains("before what it said it needs"), "{defect}");
}

#[test]
fn what_is_no_law_for_it_says_why() {
    let subject = needing(|_| 0).needs_are_honest().exempt(Law::L3, "it only guesses");
    let verdicts = subject.verdicts();
    assert_eq!(verdicts.of(Law::L3), Verdict::NotApplicable("it only guesses"), "{verdicts}");
}

/// A function that begins again with each read is no defect where its caller bounds what it holds; it
/// is looked at for the rest all the same.
#[test]
fn a_restarting_parser_is_checked_for_the_rest() {
    let subject = |honest: bool| {
        let line = move |input: &[u8]| {
            let end = input.iter().position(|&byte| byte == b'\n');
            // A line of one read has an end, whatever it says.
            let end = end.or_else(|| (!honest && input.len() > 2).then(|| input.len() - 1));
            Ok::<_, Infallible>(end.map(|end| (end, end + 1)))
        };
        parser("lines", move || adapt::slice(line))
            .accepts(["one\ntwo\n"])
            .exempt(Law::L8, "its caller bounds a line")
    };
    subject(true).check();
    let verdicts = subject(false).verdicts();
    assert_eq!(verdicts.of(Law::L8), Verdict::NotApplicable("its caller bounds a line"));
    assert!(verdicts.violation(Law::L1).is_some(), "{verdicts}");
}

/// Texts, with a number of empty pieces before each answer that asks for more.
fn silent(pieces: usize) -> Subject {
    let make = move || {
        let mut silent = 0;
        adapt::consuming(move |input, eof| match text(input) {
            Some((text, length)) => (length, Answer::item(text)),
            None if eof && input.is_empty() => (0, Answer::End),
            None if silent < pieces => {
                silent += 1;
                (0, Answer::Piece(Vec::new()))
            }
            None => {
                silent = 0;
                (0, Answer::Need(Some(1)))
            }
        })
    };
    parser("silent", make).accepts(TEXTS).ends_anywhere()
}

#[test]
fn says_nothing_without_end() {
    let few = silent(3).needs_are_honest().verdicts();
    assert!(few.defects().is_empty(), "{few}");
    let defect = caught(silent(usize::MAX), Law::L5);
    assert_eq!(defect.symptom(), Symptom::Breaks, "{defect}");
}

#[test]
fn a_stage_needs_too_much() {
    struct Texts;
    impl Decode for Texts {
        type Item<'a> = Vec<u8>;
        type Error = Infallible;

        fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Infallible>> {
            Ok(match text(input) {
                Some((_, length)) => Framing::Record(length),
                None if eof && input.is_empty() => Framing::Done,
                // The next text's length is not needed for this one.
                None => Framing::need(input.first().map_or(1, |&length| 2 + usize::from(length))),
            })
        }

        fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Vec<u8>, Fault<Infallible>> {
            Ok(record.to_vec())
        }
    }
    let subject = parser("stage", || adapt::stage(Texts)).accepts(TEXTS);
    caught(subject.needs_are_honest(), Law::L3);
}

#[test]
fn looks_for_a_line_end_without_limit() {
    fn lines(input: &mut BytesMut) -> Result<Option<String>, &'static str> {
        match line(input) {
            // Only what is complete is held against the limit.
            Some((line, _)) if line.len() > 64 => Err("too long"),
            Some((line, length)) => {
                input.advance(length);
                Ok(Some(line))
            }
            None => Ok(None),
        }
    }
    let subject = parser("bytes_mut", || adapt::bytes_mut(lines));
    let defect = caught(subject.accepts(LINES).limit(66), Law::L4);
    assert!(defect.repeated().is_some(), "{defect}");
}

#[test]
fn waits_for_what_is_announced() {
    // The limit is there, and compared with the wrong number.
    let make = || {
        adapt::consuming(|input, eof| match text(input) {
            None if eof && input.is_empty() => (0, Answer::End),
            Some((text, _)) if text.len() > 200 => (0, Answer::Error("too long".into())),
            Some((text, length)) => (length, Answer::item(text)),
            None => (0, Answer::Need(None)),
        })
    };
    let subject = parser("consuming", make).accepts(TEXTS).limit(20);
    caught(subject.ends_anywhere(), Law::L4);
}

#[test]
fn holds_a_head_without_end() {
    let make = || {
        adapt::machine(
            Vec::new(),
            |held: &mut Vec<u8>, bytes| held.extend(bytes),
            |held| {
                let end = held.windows(4).position(|four| four == b"\r\n\r\n");
                Ok::<_, Infallible>(end.map(|end| held.drain(..end + 4).collect::<Vec<u8>>()))
            },
        )
        .left(Vec::clone)
    };
    let subject = parser("head", make).accepts(["a: b\r\n\r\n"]).limit(1024);
    caught(subject.ends_anywhere(), Law::L4);
}

#[test]
fn cuts_a_text_by_bytes() {
    let make = || {
        adapt::slice(|input: &[u8]| {
            let Some((line, length)) = line(input) else { return Ok(None) };
            // As some do to shorten what they log.
            let shown = line.get(..2).map_or(line.len(), |_| 2);
            assert!(line.is_char_boundary(shown.min(line.len())));
            Ok::<_, Infallible>(Some((line[..1.min(line.len())].to_owned(), length)))
        })
    };
    let subject = parser("slice", make).accepts(["one\r\n", "größe\r\n"]);
    let defect = caught(subject, Law::L5);
    assert_eq!(defect.symptom(), Symptom::Breaks, "{defect}");
}

#[test]
fn subtracts_from_a_short_length() {
    // The length counts itself, and a length of zero was not thought of.
    let make = || {
        adapt::bytes_mut(|input: &mut BytesMut| {
            let Some(&length) = input.first() else { return Ok(None) };
            let payload = usize::from(length) - 1;
            Ok::<_, Infallible>((input.len() > payload).then(|| {
                input.advance(1);
                input.split_to(payload)
            }))
        })
    };
    let defect = caught(parser("bytes_mut", make).accepts([b"\x03on\x01"]), Law::L5);
    assert_eq!(defect.input(), b"\0", "{defect}");
}

#[test]
fn yields_without_consuming() {
    let make = || {
        adapt::buffered(|input, _| match line(input) {
            Some((line, length)) => {
                // Empty lines are kept for whoever comes next.
                input.advance(if line.is_empty() { 0 } else { length });
                Answer::item(line)
            }
            None => Answer::Need(None),
        })
    };
    let defect = caught(parser("buffered", make).accepts(["one\r\n"]), Law::L5);
    assert_eq!(defect.input(), b"\r\n", "{defect}");
}

#[test]
fn wants_to_go_on_where_it_cannot() {
    /// Bytes, and a stage that does not know where the next one starts and says that it does.
    struct Undead;
    impl Decode for Undead {
        type Item<'a> = usize;
        type Error = &'static str;

        fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<&'static str>> {
            match input {
                [] if eof => Ok(Framing::Done),
                [] => Ok(Framing::need(1)),
                [b'!', ..] => Err(Fault::new("shouting").recoverable()),
                _ => Ok(Framing::Record(1)),
            }
        }

        fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<usize, Fault<&'static str>> {
            Ok(record.len())
        }
    }
    let subject = parser("undead", || adapt::stage(Undead)).accepts([b"ab"]);
    let defect = caught(subject.refuses([b"a!"]), Law::L5);
    assert_eq!(defect.symptom(), Symptom::Breaks, "{defect}");
}

#[test]
fn reads_on_behind_the_end() {
    fn next(reader: &mut impl Read) -> io::Result<Option<u8>> {
        let mut byte = [0];
        let read = reader.read(&mut byte)?;
        // The last byte comes again and again.
        Ok((read <= 1).then_some(byte[0]))
    }
    let make = || adapt::blocking(|source| source, next);
    caught(parser("blocking", make).accepts([b"ab"]), Law::L5);
}

#[test]
fn sleeps_although_there_is_more_to_read() {
    /// Takes one byte for each time that it is woken, and is woken by each read.
    struct Drowsy(Vec<u8>, bool);
    impl Parser for Drowsy {
        fn push(&mut self, bytes: &[u8]) {
            self.0.extend(bytes);
            self.1 = true;
        }

        fn step(&mut self) -> Answer {
            match (self.0.is_empty(), std::mem::take(&mut self.1)) {
                (true, _) => Answer::Need(None),
                (false, true) => Answer::item(self.0.remove(0)),
                (false, false) => Answer::Stuck,
            }
        }

        fn end(&mut self) -> Answer {
            if self.0.is_empty() { Answer::End } else { Answer::Stuck }
        }
    }
    let subject = parser("drowsy", || Drowsy(Vec::new(), false)).accepts([b"one"]);
    let defect = caught(subject.ends_anywhere(), Law::L5);
    assert_eq!((defect.symptom(), defect.input()), (Symptom::Ends, &b"aa"[..]), "{defect}");
}
