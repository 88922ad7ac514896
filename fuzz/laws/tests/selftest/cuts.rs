//! L1 and L10: what depends on where a stream is cut, and on how often is asked.

use std::{
    convert::Infallible,
    io::{self, BufRead, Read},
};

use bytes::{Buf, BytesMut};
use segue_laws::{Answer, Law, Origin, Symptom, adapt, parser};
use tokio_util::codec::Decoder;

use super::{LINES, TEXTS, caught, line, text};

#[test]
fn takes_a_part_for_the_whole() {
    let make = || {
        adapt::slice(|input: &[u8]| {
            let Some((&length, rest)) = input.split_first() else { return Ok(None) };
            let text = &rest[..rest.len().min(length.into())];
            Ok::<_, Infallible>(Some((text.to_vec(), 1 + text.len())))
        })
    };
    let defect = caught(parser("slice", make).accepts(TEXTS), Law::L1);
    assert_eq!(defect.origin(), Origin::Seed);
}

#[test]
fn drops_what_came_with_an_item() {
    let make = || {
        adapt::bytes_mut(|input: &mut BytesMut| {
            let line = line(input).map(|(line, _)| line);
            if line.is_some() {
                input.clear();
            }
            Ok::<_, Infallible>(line)
        })
    };
    let defect = caught(parser("bytes_mut", make).accepts(LINES), Law::L1);
    assert_eq!(defect.symptom(), Symptom::Invents, "on one read one is lost: {defect}");
}

#[test]
fn looks_for_a_line_end_too_far_on() {
    #[derive(Default)]
    struct Lines {
        searched: usize,
    }
    impl Decoder for Lines {
        type Item = String;
        type Error = io::Error;

        fn decode(&mut self, input: &mut BytesMut) -> io::Result<Option<String>> {
            match line(&input[self.searched..]) {
                Some((_, length)) => {
                    let line = input.split_to(self.searched + length);
                    self.searched = 0;
                    Ok(Some(String::from_utf8_lossy(&line[..line.len() - 2]).into_owned()))
                }
                None => {
                    // The CR may be in the last byte.
                    self.searched = input.len();
                    Ok(None)
                }
            }
        }
    }
    let make = || adapt::decoder(Lines::default());
    let defect = caught(parser("decoder", make).accepts(LINES), Law::L1);
    assert_eq!((defect.input(), defect.cuts()), (&b"\r\n\r\n"[..], &[1][..]));
}

#[test]
fn forgets_what_it_was_pushed() {
    let make = || {
        adapt::machine(
            Vec::new(),
            |held: &mut Vec<u8>, bytes| *held = bytes.to_vec(),
            |held| {
                Ok::<_, Infallible>(text(held).map(|(text, length)| {
                    held.drain(..length);
                    text
                }))
            },
        )
    };
    caught(parser("machine", make).accepts(TEXTS), Law::L1);
}

#[test]
fn decodes_each_read_by_itself() {
    let make = || {
        adapt::calling(|bytes: Option<&[u8]>, said: &mut Vec<Answer>| {
            let text = str::from_utf8(bytes.unwrap_or_default())?;
            said.extend(text.chars().map(Answer::item));
            Ok::<_, std::str::Utf8Error>(())
        })
    };
    let subject = parser("calling", make).accepts(["größer"]).ends_anywhere();
    let defect = caught(subject, Law::L1);
    assert_eq!((defect.symptom(), defect.input().len()), (Symptom::Loses, 2), "{defect}");
}

#[test]
fn takes_a_buffer_for_a_line() {
    fn next(reader: &mut impl BufRead) -> io::Result<Option<String>> {
        let lent = reader.fill_buf()?;
        let length = lent.iter().position(|&byte| byte == b'\n').map_or(lent.len(), |end| end + 1);
        let line = String::from_utf8_lossy(&lent[..length]).into_owned();
        reader.consume(length);
        Ok((length > 0).then_some(line))
    }
    let make = || adapt::blocking(|source| source, next);
    caught(parser("blocking", make).accepts(LINES).ends_anywhere(), Law::L1);
}

#[test]
fn expects_a_read_to_fill() {
    fn next(reader: &mut impl Read) -> io::Result<Option<u16>> {
        let mut number = [0; 2];
        // The place for a `read_exact`.
        let read = reader.read(&mut number)?;
        Ok((read > 0).then(|| u16::from_be_bytes(number)))
    }
    let make = || adapt::blocking(|source| source, next);
    let subject = parser("read", make).accepts([b"\x01\x02\x03\x04"]).ends_anywhere();
    let defect = caught(subject, Law::L1);
    assert_eq!(defect.input().len(), 2, "{defect}");
}

#[test]
fn loses_what_it_had_when_it_would_block() {
    fn next(reader: &mut impl BufRead) -> io::Result<Option<String>> {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        Ok((!line.is_empty()).then_some(line))
    }
    let make = || adapt::non_blocking(|source| source, next);
    let subject = parser("non_blocking", make).accepts(LINES).ends_anywhere();
    let defect = caught(subject, Law::L1);
    assert_eq!(defect.cuts().len(), 1, "{defect}");
}

#[test]
fn takes_would_block_for_the_end() {
    fn next(reader: &mut impl Read) -> io::Result<Option<u8>> {
        let mut byte = [0];
        Ok(matches!(reader.read(&mut byte), Ok(1)).then_some(byte[0]))
    }
    let make = || adapt::non_blocking(|source| source, next);
    let defect = caught(parser("would block", make).accepts([b"ab"]), Law::L1);
    assert_eq!(defect.symptom(), Symptom::Loses, "{defect}");
}

#[test]
fn counts_how_often_it_is_asked() {
    let make = || {
        let mut asked = 0;
        adapt::bytes_mut(move |input: &mut BytesMut| {
            asked += 1;
            Ok::<_, Infallible>(input.has_remaining().then(|| (asked, input.get_u8())))
        })
    };
    let subject = || parser("asked", make).accepts([b"ab"]);
    // A count of questions depends on the cuts, too.
    caught(subject(), Law::L10);
    caught(subject(), Law::L1);
}

#[test]
fn gives_up_waiting() {
    let make = || {
        let mut waited = 0;
        adapt::machine(
            Vec::new(),
            |held: &mut Vec<u8>, bytes| held.extend(bytes),
            move |held| {
                let text = text(held);
                waited = if text.is_some() { 0 } else { waited + 1 };
                match text {
                    _ if waited > 1 => Err("nothing comes"),
                    None => Ok(None),
                    Some((text, length)) => {
                        held.drain(..length);
                        Ok(Some(text))
                    }
                }
            },
        )
    };
    caught(parser("patience", make).accepts(TEXTS), Law::L10);
}

#[test]
fn takes_a_read_of_nothing_for_the_end() {
    let make = || {
        adapt::calling(|bytes: Option<&[u8]>, said: &mut Vec<Answer>| {
            match bytes {
                Some([]) => said.push(Answer::End),
                Some(bytes) => said.extend(bytes.iter().copied().map(Answer::item)),
                None => {}
            }
            Ok::<_, Infallible>(())
        })
    };
    caught(parser("nothing", make).accepts([b"abc"]), Law::L10);
}
