//! Correct stages, and what makes broken ones of them.

use segue::{Decode, Fault, Framing, Need, Output, Record, Say};

pub(crate) type Answer = Result<Framing, Fault<&'static str>>;
pub(crate) type Item = Result<Vec<u8>, Fault<&'static str>>;

/// What a stage says.
pub(crate) type Speech = fn(&mut Memory, &mut Say<'_>) -> Result<(), Fault<&'static str>>;

/// A stage made of a few functions and what they remember.
#[derive(Clone)]
pub(crate) struct Planted {
    frame: fn(&mut Memory, &[u8], bool) -> Answer,
    parse: fn(&mut Memory, &[u8]) -> Item,
    speak: Speech,
    memory: Memory,
}

#[derive(Clone, Default)]
pub(crate) struct Memory {
    /// How far a separator was looked for.
    pub(crate) searched: usize,
    /// How many records were parsed.
    pub(crate) records: usize,
    /// Whether it was asked.
    pub(crate) asked: bool,
    pub(crate) kept: Vec<u8>,
    /// How many bytes were said, and how many of them are still to be told of.
    pub(crate) said: usize,
    pub(crate) untold: usize,
}

impl Decode for Planted {
    type Item<'a> = Vec<u8>;
    type Error = &'static str;

    fn frame(&mut self, input: &[u8], eof: bool) -> Answer {
        (self.frame)(&mut self.memory, input, eof)
    }

    /// What is absorbed is answered.
    fn absorb(&mut self, _: Record<'_>, answers: &mut Output) -> Result<(), Fault<&'static str>> {
        answers.put(b"!");
        Ok(())
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Item {
        let item = (self.parse)(&mut self.memory, record.as_slice());
        self.memory.records += 1;
        self.memory.searched = 0;
        self.memory.asked = false;
        item
    }

    fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<&'static str>> {
        (self.speak)(&mut self.memory, say)
    }
}

pub(crate) fn planted(
    frame: fn(&mut Memory, &[u8], bool) -> Answer,
    parse: fn(&mut Memory, &[u8]) -> Item,
) -> impl FnMut() -> Planted {
    speaking(frame, parse, |_, _| Ok(()))
}

pub(crate) fn speaking(
    frame: fn(&mut Memory, &[u8], bool) -> Answer,
    parse: fn(&mut Memory, &[u8]) -> Item,
    speak: Speech,
) -> impl FnMut() -> Planted + Clone {
    move || Planted { frame, parse, speak, memory: Memory::default() }
}

/// Texts behind their length in one byte, which is at most 100, up to the end of the stream.
pub(crate) fn text(_: &mut Memory, input: &[u8], eof: bool) -> Answer {
    match input.first() {
        None if eof => Ok(Framing::Done),
        None => Ok(Framing::need(1)),
        Some(101..) => Err(Fault::too_long(101)),
        Some(&length) => {
            let whole = 1 + usize::from(length);
            let missing = whole.saturating_sub(input.len());
            Ok(if missing > 0 { Framing::need(missing) } else { Framing::Record(whole) })
        }
    }
}

/// One text, and the stage is done.
pub(crate) fn one_text(memory: &mut Memory, input: &[u8], eof: bool) -> Answer {
    match memory.records {
        0 if input.is_empty() => Ok(Framing::need(1)),
        0 => text(memory, input, eof),
        _ => Ok(Framing::Done),
    }
}

pub(crate) fn text_item(_: &mut Memory, record: &[u8]) -> Item {
    let text = record[1..].to_vec();
    match text.iter().position(|&byte| byte == b'!') {
        Some(at) => Err(Fault::new("shouting").at(1 + at as u64).recoverable()),
        None => Ok(text),
    }
}

/// Lines of at most 60 bytes that end with CR LF, up to the end of the stream.
pub(crate) fn line(memory: &mut Memory, input: &[u8], eof: bool) -> Answer {
    let end = input[memory.searched..].windows(2).position(|pair| pair == b"\r\n");
    let length = end.map_or(input.len(), |end| memory.searched + end + 2);
    match end {
        _ if length > 60 => Err(Fault::too_long(60)),
        Some(_) => Ok(Framing::Record(length)),
        None if eof && input.is_empty() => Ok(Framing::Done),
        None => {
            memory.searched = input.len().saturating_sub(1);
            Ok(Framing::Need(if input.ends_with(b"\r") { Need::ONE } else { Need::exactly(2) }))
        }
    }
}

pub(crate) fn line_item(_: &mut Memory, record: &[u8]) -> Item {
    Ok(record[..record.len() - 2].to_vec())
}

pub(crate) const TEXTS: [&[u8]; 5] = [
    b"",
    b"\x00",
    b"\x02hi\x00\x05there",
    b"\x03one\x03two",
    b"\x61more bytes than are cut everywhere, so that places have to be chosen: more than forty-eight bytes",
];
pub(crate) const ONE_TEXT: [&[u8]; 3] = [b"\x00", b"\x02hi", b"\x08\x00\x00\x01\x02\r\nzz"];
pub(crate) const LINES: [&[u8]; 4] =
    [b"", b"\r\n", b"GET / HTTP/1.1\r\n\r\n", b"a\rb\nc\r\r\nd\r\n"];
