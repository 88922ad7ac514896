//! Correct parsers, through each adapter: all laws hold, or are vacuous for a reason.

use std::{
    convert::Infallible,
    io::{self, BufRead, BufReader, ErrorKind, Read},
};

use bytes::{Buf, BytesMut};
use segue::{Buffer, Exchange, Fault, Need, Output, Progress, length};
use segue_laws::{Answer, Law, Subject, Verdict, adapt, parser};
use tokio_util::codec::{LengthDelimitedCodec, LinesCodec};

use super::{LINES, TEXTS, line, text};

#[track_caller]
fn clean(subject: &Subject, vacuous: &[Law]) {
    let verdicts = subject.verdicts();
    assert!(verdicts.defects().is_empty(), "{verdicts}");
    let seen: Vec<Law> = verdicts
        .all()
        .filter_map(|(law, verdict)| matches!(verdict, Verdict::Vacuous(_)).then_some(law))
        .collect();
    assert_eq!(seen, vacuous, "{verdicts}");
}

#[test]
fn slices() {
    let lines = || adapt::slice(|input: &[u8]| Ok::<_, Infallible>(line(input)));
    let texts = || adapt::slice(|input: &[u8]| Ok::<_, Infallible>(text(input)));
    // Each time it is shown all again, and looks at all again.
    let verdicts = parser("lines", lines).accepts(LINES).verdicts();
    assert!(verdicts.defects().iter().all(|defect| defect.law() == Law::L8), "{verdicts}");
    clean(&parser("texts", texts).accepts(TEXTS), &[Law::L3]);
}

#[test]
fn slices_with_needs_and_an_end() {
    /// Texts up to an empty one.
    fn texts(input: &[u8], eof: bool) -> (usize, Answer) {
        match (text(input), input.first()) {
            (Some((text, length)), _) if text.is_empty() => (length, Answer::End),
            (Some((text, length)), _) => (length, Answer::item(text)),
            (None, Some(&length)) => (0, Answer::Need(Some(1 + usize::from(length) - input.len()))),
            (None, None) if eof => (0, Answer::Error("no empty text at the end".into())),
            (None, None) => (0, Answer::Need(Some(1))),
        }
    }
    let make = || {
        let mut over = false;
        adapt::consuming(move |input, eof| {
            let (length, answer) = if over { (0, Answer::End) } else { texts(input, eof) };
            over |= answer == Answer::End;
            (length, answer)
        })
    };
    let subject = parser("texts up to an empty one", make)
        .accepts([&b"\x03one\x05three\x00"[..], b"\x00"])
        .refuses([b"\x01a"])
        .limit(256)
        .needs_are_honest();
    clean(&subject, &[]);
}

#[test]
fn bytes_mut() {
    let texts = || {
        adapt::bytes_mut(|input: &mut BytesMut| {
            let text = text(input);
            Ok::<_, Infallible>(text.map(|(text, length)| {
                input.advance(length);
                text
            }))
        })
    };
    clean(&parser("texts", texts).accepts(TEXTS), &[Law::L3]);
}

#[test]
fn decoders() {
    let make = || adapt::decoder(LengthDelimitedCodec::builder().max_frame_length(64).new_codec());
    let inputs = [&b"\0\0\0\x02hi\0\0\0\0"[..], b"\0\0\0\x0esome more text"];
    let subject =
        parser("length-delimited", make).accepts(inputs).refuses([b"\0\0\x01\0"]).limit(68);
    // It takes a length off the buffer before its payload has come, so a stream that ends right
    // behind a length ends well. All else holds.
    clean(&subject.ends_anywhere(), &[Law::L3]);
    let subject = parser("lines", || adapt::decoder(LinesCodec::new()));
    clean(&subject.accepts(LINES).ends_anywhere(), &[Law::L3]);
}

#[test]
fn machines() {
    #[derive(Default)]
    struct Texts {
        held: Vec<u8>,
    }
    let make = || {
        adapt::machine(
            Texts::default(),
            |texts, bytes| texts.held.extend(bytes),
            |texts| {
                let text = text(&texts.held);
                Ok::<_, Infallible>(text.map(|(text, length)| {
                    texts.held.drain(..length);
                    text
                }))
            },
        )
        .left(|texts| texts.held.clone())
    };
    clean(&parser("texts", make).accepts(TEXTS), &[Law::L3]);
}

#[test]
fn callers() {
    let make = || {
        let (mut line, mut after_cr) = (String::new(), false);
        adapt::calling(move |bytes: Option<&[u8]>, said: &mut Vec<Answer>| {
            let Some(bytes) = bytes else {
                return if line.is_empty() && !after_cr { Ok(()) } else { Err("cut off") };
            };
            for &byte in bytes {
                match byte {
                    b'\r' if !after_cr => after_cr = true,
                    b'\n' if after_cr => {
                        said.push(Answer::item(std::mem::take(&mut line)));
                        after_cr = false;
                    }
                    _ if after_cr || byte == b'\n' => return Err("a line end by half"),
                    _ => line.push(byte.into()),
                }
            }
            Ok(())
        })
    };
    let subject = parser("lines", make).accepts(LINES).refuses(["a\rb", "a\nb"]);
    clean(&subject.compares_errors(), &[Law::L2, Law::L3]);
}

#[test]
fn readers() {
    /// The next text, which is not there at the end of the stream.
    fn text(reader: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
        let mut length = [0];
        if reader.read(&mut length)? == 0 {
            return Ok(None);
        }
        let mut text = vec![0; length[0].into()];
        reader.read_exact(&mut text)?;
        Ok(Some(text))
    }
    let make = || adapt::blocking(|source| source, text).left(|_| Vec::new());
    clean(&parser("texts", make).accepts(TEXTS), &[Law::L3]);
    let make = || adapt::blocking(BufReader::new, text).left(|reader| reader.buffer().to_vec());
    clean(&parser("texts, buffered", make).accepts(TEXTS), &[Law::L3]);
}

#[test]
fn readers_that_would_block() {
    struct Lines<R> {
        reader: R,
        line: Vec<u8>,
    }
    impl<R: BufRead> Lines<R> {
        fn next(&mut self) -> io::Result<Option<String>> {
            // Bytes that are there before it would block stay in the line.
            self.reader.read_until(b'\n', &mut self.line)?;
            match self.line.strip_suffix(b"\r\n") {
                Some(line) => {
                    let line = String::from_utf8_lossy(line).into_owned();
                    self.line.clear();
                    Ok(Some(line))
                }
                None if self.line.is_empty() => Ok(None),
                None if self.line.ends_with(b"\n") => Err(ErrorKind::InvalidData.into()),
                None => Err(ErrorKind::UnexpectedEof.into()),
            }
        }
    }
    let make = || {
        adapt::non_blocking(|reader| Lines { reader, line: Vec::new() }, Lines::next)
            .left(|lines| lines.line.clone())
    };
    clean(&parser("lines", make).accepts(LINES), &[Law::L3]);
}

#[test]
fn our_own() {
    let subject = parser("records", || adapt::stage(length::u8().max(100)))
        .accepts(TEXTS)
        .refuses([b"\x65"])
        .limit(101)
        .needs_are_honest();
    clean(&subject, &[]);

    /// A text, answered by a greeting.
    #[derive(Default)]
    struct Greeting(bool);
    impl Exchange for Greeting {
        type Output = Vec<u8>;
        type Error = Infallible;

        fn advance(
            &mut self,
            input: &mut Buffer,
            _: bool,
            output: &mut Output,
        ) -> Result<Progress<Vec<u8>>, Fault<Infallible>> {
            if !std::mem::replace(&mut self.0, true) {
                output.put(b"\x05hello");
                return Ok(Progress::NeedWrite);
            }
            let Some((text, length)) = text(input.as_slice()) else {
                return Ok(Progress::NeedRead(Need::ONE));
            };
            input.consume(length);
            Ok(Progress::Done(text))
        }
    }
    let subject = parser("greeting", || adapt::exchange(Greeting::default()))
        .accepts([b"\x02hi"])
        .needs_are_honest();
    // It is over before a stream gets long.
    clean(&subject, &[Law::L8]);
}
