//! Every separator stage with every option, against the laws.
//!
//! | byte | says |
//! |---|---|
//! | 0 | which stage |
//! | 1 | the options, in bits: see [`Terms`] |
//! | 2 | the longest record |
#![no_main]

use libfuzzer_sys::fuzz_target;
use segue::combine::Measured;
use segue::laws::{self, Log, Observe};
use segue::separator::{self, EndOfText, Separator, Terminated, Until};
use segue::{Buffer, Cause, Decode, DecodeExt, Encode, Output, Record, Step};
use std::fmt::Debug;

/// The options that separators share.
#[derive(Clone, Copy)]
struct Terms {
    bits: u8,
    max: usize,
}

impl Terms {
    fn has(self, bit: u8) -> bool {
        self.bits & bit != 0
    }

    fn stage<S: Separator>(self, stage: Until<S>) -> Until<S> {
        let stage = stage.max(self.max);
        let stage = if self.has(1) { stage.keep_terminator() } else { stage };
        let stage = if self.has(2) { stage.last_unterminated() } else { stage };
        if self.has(4) { stage.skip_empty() } else { stage }
    }

    fn keep_the_laws<S>(self, make: impl Fn() -> Until<S>, data: &[u8])
    where
        S: Separator + 'static,
        for<'a> S::Item<'a>: Observe,
        S::Error: Debug + PartialEq,
    {
        let make = || self.stage(make());
        if self.has(8) {
            let most = self.max / 2;
            laws::fuzz(|| make().skip_oversize(most), data);
            same_where_nothing_is_too_long(make, most, data);
        } else {
            laws::fuzz(make, data);
        }
    }
}

/// A stage that skips is the stage, up to the first record that is too long.
fn same_where_nothing_is_too_long<S>(make: impl Fn() -> Until<S>, most: usize, data: &[u8])
where
    S: Separator,
    for<'a> S::Item<'a>: Observe,
    S::Error: Debug + PartialEq,
{
    let (mut plain, mut skipping) = (make().max(most), make().skip_oversize(most));
    let (mut one, mut other) = (Buffer::from(data), Buffer::from(data));
    let (mut output, mut answers) = (Output::new(), Output::new());
    loop {
        let plain = one.step(&mut plain, true, &mut output);
        let skipped = other.step(&mut skipping, true, &mut answers);
        match (plain, skipped) {
            (Ok(Step::Item(item)), Ok(Step::Item(Measured::Fits(same)))) => {
                assert_eq!(said(&item), said(&same));
            }
            (Ok(Step::Done), Ok(Step::Done)) => return,
            (Err(fault), skipped) if fault.cause == Cause::TooLong => {
                assert!(!matches!(skipped, Ok(Step::Item(Measured::Fits(_)) | Step::Done)));
                return;
            }
            (Err(fault), Err(same)) => return assert_eq!(fault, same),
            _ => panic!("one goes on where the other does not"),
        }
    }
}

fn said(item: &impl Observe) -> String {
    let mut log = Log::default();
    item.observe(&mut log);
    format!("{:?}", log.entries())
}

/// Checks that a decoder gives back what an encoder takes, and leaves what follows it.
fn returns<S>(make: impl Fn() -> S, data: &[u8])
where
    S: for<'a> Decode<Item<'a> = Record<'a>> + for<'a> Encode<&'a [u8]>,
    <S as Decode>::Error: Debug,
{
    let mut output = Output::new();
    if make().encode(data, &mut output).is_err() {
        assert!(output.is_empty(), "an item that was refused is in the output");
        return;
    }
    let mut buffer = Buffer::from(&[&output.to_vec()[..], b"\r\n.\r\n"].concat()[..]);
    match buffer.step(&mut make(), false, &mut Output::new()) {
        Ok(Step::Item(record)) => assert_eq!(*record, *data),
        Ok(_) => panic!("nothing came back"),
        Err(fault) => panic!("what was encoded is refused: {fault:?}"),
    }
    assert_eq!(buffer.as_slice(), b"\r\n.\r\n");
}

/// The lines of a text come back, and its end is seen.
fn text_returns(make: impl Fn() -> separator::DotStuffedLines, data: &[u8]) {
    let (mut writer, mut output, mut lines) = (make(), Output::new(), Vec::new());
    for line in data.split(|&byte| byte == b'/') {
        if writer.encode(line, &mut output).is_ok() {
            lines.push(line);
        }
    }
    writer.encode(EndOfText, &mut output).expect("a text may end anywhere");
    let mut buffer = Buffer::from(&[&output.to_vec()[..], b"QUIT"].concat()[..]);
    let (mut reader, mut answers) = (make(), Output::new());
    for line in lines {
        match buffer.step(&mut reader, false, &mut answers) {
            Ok(Step::Item(record)) => assert_eq!(*record, *line),
            other => panic!("not a line but {other:?}"),
        }
    }
    assert!(matches!(buffer.step(&mut reader, false, &mut answers), Ok(Step::Done)));
    assert_eq!(buffer.as_slice(), b"QUIT");
}

/// Checks that records of several separators are told apart by the separator they came with.
fn by_is_what_ended_it(separators: &[&[u8]], data: &[u8]) {
    let mut stage = separator::any_of_strings(separators).max(data.len()).keep_terminator();
    let mut buffer = Buffer::from(data);
    while let Ok(Step::Item(Terminated { content, by })) =
        buffer.step(&mut stage, true, &mut Output::new())
    {
        let by = by.expect("a record that is not terminated is none");
        assert!(content.ends_with(separators[by]));
    }
}

fuzz_target!(|data: &[u8]| {
    const SEVERAL: [&[u8]; 4] = [b"\n", b"\r\n", b"<br>", b"bra"];
    let [pick, bits, max, data @ ..] = data else { return };
    let terms = Terms { bits: *bits, max: usize::from(*max) };
    let (max, bits) = (terms.max, *bits);
    let lines = || match bits >> 4 & 3 {
        0 | 3 => separator::line(),
        1 => separator::line().lf(),
        _ => separator::line().crlf(),
    };
    let has_plain_ends = bits & 7 == 0;
    match pick % 20 {
        0 => {
            terms.keep_the_laws(lines, data);
            if has_plain_ends {
                returns(|| lines().max(max), data);
            }
        }
        1 => {
            terms.keep_the_laws(|| lines().strict(), data);
            if has_plain_ends {
                returns(|| lines().strict().max(max), data);
            }
        }
        2 => {
            terms.keep_the_laws(|| separator::byte(0), data);
            returns(|| separator::byte(0).max(max), data);
        }
        // Strings that begin again within themselves.
        3 => {
            terms.keep_the_laws(|| separator::bytes(b"aab"), data);
            returns(|| separator::bytes(b"aab").max(max), data);
        }
        4 => terms.keep_the_laws(|| separator::bytes(b"abab"), data),
        5 => terms.keep_the_laws(|| separator::bytes(b"aa"), data),
        6 => terms.keep_the_laws(|| separator::bytes(b"\r\n--b\r\n"), data),
        7 => terms.keep_the_laws(|| separator::any_of(*b";"), data),
        8 => terms.keep_the_laws(|| separator::any_of(*b";\n"), data),
        9 => terms.keep_the_laws(|| separator::any_of(*b";,\n"), data),
        10 => terms.keep_the_laws(|| separator::any_of(*b";,|\n"), data),
        11 => {
            terms.keep_the_laws(|| separator::any_of_strings(SEVERAL), data);
            by_is_what_ended_it(&SEVERAL, data);
        }
        12 => terms.keep_the_laws(
            || if bits & 0x10 == 0 { separator::head() } else { separator::head().bare_lf() },
            data,
        ),
        13 => terms.keep_the_laws(|| separator::quoted(b'\n', b'"'), data),
        14 => {
            let make = || {
                let stage = separator::slip().max(max);
                if bits & 1 == 0 { stage } else { stage.no_leading_end() }
            };
            laws::fuzz(make, data);
            returns(make, data);
        }
        15 => {
            let make = || separator::cobs().max(max);
            laws::fuzz(make, data);
            returns(make, data);
        }
        16 => {
            // Groups of 254 bytes and more.
            let make = || separator::cobs();
            let long = data.repeat(1 + max % 64);
            returns(make, &long);
        }
        17 => {
            let make = || {
                let stage = separator::dot_stuffed().max(max);
                if bits & 1 == 0 { stage } else { stage.strict() }
            };
            laws::fuzz(make, data);
            returns(make, data);
        }
        18 => {
            // The byte in front of a line's end announces the payload, unless it is a letter.
            let announced = |line: &[u8]| match line.last() {
                Some(byte) if byte.is_ascii_alphabetic() => Ok(None),
                Some(b'!') => Err("no length"),
                length => Ok(Some(length.copied().unwrap_or_default().into())),
            };
            let make = || {
                let stage = terms.stage(lines()).with_payload(announced).max_payload(max);
                let stage = if bits & 8 == 0 { stage } else { stage.continued() };
                if bits & 0x80 == 0 { stage } else { stage.terminated_by(b"aab") }
            };
            laws::fuzz(make, data);
        }
        _ => {
            let make = || {
                let stage = separator::dot_stuffed_lines().max(max);
                if bits & 1 == 0 { stage } else { stage.strict() }
            };
            laws::fuzz(make, data);
            text_returns(make, data);
        }
    }
});
