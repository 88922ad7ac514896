//! L2 and L9: what becomes of the bytes behind the end, and of a stream that ends too early.

use std::{
    convert::Infallible,
    io::{self, BufRead, Read},
};

use bytes::{Buf, BytesMut};
use segue_laws::{Answer, Law, Symptom, adapt, parser};

use super::{LINES, TEXTS, caught, line, text};

#[test]
fn takes_the_byte_behind_its_end() {
    // One line, and the LF behind an empty one.
    let make = || {
        let mut over = false;
        adapt::consuming(move |input, _| match line(input) {
            _ if over => (0, Answer::End),
            None => (0, Answer::Need(None)),
            Some((_, length)) => {
                over = true;
                (input.len().min(length + 1), Answer::End)
            }
        })
    };
    let subject = parser("consuming", make).accepts(["HELO\r\n"]);
    let defect = caught(subject, Law::L2);
    assert_eq!(defect.symptom(), Symptom::Leaves, "{defect}");
}

#[test]
fn clears_its_buffer_at_its_end() {
    let make = || {
        let mut over = false;
        adapt::buffered(move |input, _| match text(input) {
            _ if over => Answer::End,
            None => Answer::Need(None),
            Some((text, _)) => {
                over = true;
                input.clear();
                Answer::item(text)
            }
        })
    };
    caught(parser("buffered", make).accepts([b"\x03one"]), Law::L2);
}

#[test]
fn says_otherwise_for_what_follows() {
    // The last record is longer if there is more.
    let make = || {
        let mut over = false;
        adapt::buffered(move |input, _| {
            if over {
                return Answer::End;
            }
            match text(input) {
                None => Answer::Need(None),
                Some((text, length)) => {
                    over = true;
                    input.advance(length);
                    let trailing = input.first() == Some(&b'\r');
                    Answer::item((text, trailing))
                }
            }
        })
    };
    caught(parser("looks behind its end", make).accepts([b"\x03one"]), Law::L2);
}

#[test]
fn shows_as_left_what_is_not() {
    let make = || {
        adapt::machine(
            Vec::new(),
            |held: &mut Vec<u8>, bytes| held.extend(bytes),
            |held| {
                Ok::<_, Infallible>(text(held).map(|(text, length)| {
                    held.drain(..length);
                    text
                }))
            },
        )
        // Of what it holds, the length is taken for consumed.
        .left(|held| held.iter().rev().copied().collect())
    };
    caught(parser("machine", make).accepts(TEXTS), Law::L2);
}

#[test]
fn drops_what_is_left_at_the_end() {
    let make = || {
        adapt::codec(
            (),
            |(), input: &mut BytesMut| {
                Ok::<_, Infallible>(line(input).map(|(line, length)| {
                    input.advance(length);
                    line
                }))
            },
            |(), _| Ok(None),
        )
    };
    let defect = caught(parser("codec", make).accepts(LINES), Law::L9);
    assert_eq!(defect.symptom(), Symptom::Accepts, "{defect}");
}

#[test]
fn drops_without_a_trace() {
    // Nothing shows what it holds.
    let make = || {
        adapt::machine(
            Vec::new(),
            |held: &mut Vec<u8>, bytes| held.extend(bytes),
            |held| {
                Ok::<_, Infallible>(text(held).map(|(text, length)| {
                    held.drain(..length);
                    text
                }))
            },
        )
    };
    let defect = caught(parser("machine", make).accepts(TEXTS), Law::L9);
    assert_eq!(defect.symptom(), Symptom::Loses, "{defect}");
}

#[test]
fn takes_a_cut_off_line_for_a_line() {
    fn next(reader: &mut impl BufRead) -> io::Result<Option<String>> {
        let mut line = String::new();
        let read = reader.read_line(&mut line)?;
        Ok((read > 0).then(|| line.trim_end().to_owned()))
    }
    let make = || adapt::blocking(|source| source, next);
    let defect = caught(parser("read_line", make).accepts(LINES), Law::L9);
    assert_eq!(defect.symptom(), Symptom::Invents, "{defect}");
}

#[test]
fn takes_a_part_of_a_payload_for_all() {
    /// A length in a byte, and that much in pieces as they come.
    fn next(state: &mut (impl Read, Option<u8>)) -> io::Result<Option<Answer>> {
        let (reader, missing) = state;
        let mut room = [0; 4];
        let Some(left) = missing else {
            let read = reader.read(&mut room[..1])?;
            *missing = Some(room[0]);
            return Ok((read > 0).then(|| Answer::item("length")));
        };
        let wanted = room.len().min((*left).into());
        let read = reader.read(&mut room[..wanted])?;
        *left -= u8::try_from(read).unwrap_or(0);
        Ok((read > 0).then(|| Answer::Piece(room[..read].to_vec())))
    }
    let make = || adapt::blocking(|source| (source, None), next);
    let defect = caught(parser("pieces", make).accepts([b"\x08in parts"]), Law::L9);
    assert_eq!(defect.symptom(), Symptom::Accepts, "{defect}");
}

#[test]
fn has_no_word_for_the_end() {
    let make = || {
        let mut field = String::new();
        adapt::calling(move |bytes: Option<&[u8]>, said: &mut Vec<Answer>| {
            for &byte in bytes.unwrap_or_default() {
                match byte {
                    b';' => said.push(Answer::item(std::mem::take(&mut field))),
                    byte => field.push(byte.into()),
                }
            }
            Ok::<_, Infallible>(())
        })
    };
    caught(parser("fields", make).accepts(["a;bc;"]), Law::L9);
}
