//! Separators that content may have in it, escaped: against naive references.

use segue::combine::skip_oversize;
use segue::separator::{self, EncodeError, EndOfText, LineError};
use segue::{Cause, Encode, Fault, Output};

use crate::reference::{Outcome, everyhow, texts};

const END: u8 = 0xc0;
const ESC: u8 = 0xdb;
const ESC_END: u8 = 0xdc;
const ESC_ESC: u8 = 0xdd;

fn shown(item: &[u8]) -> String {
    item.escape_ascii().to_string()
}

/// Packets that end at `end`, each made an item or a fault at an offset in it.
fn packets<E>(input: &[u8], end: u8, item: impl Fn(&[u8]) -> Result<Vec<u8>, usize>) -> Outcome<E> {
    let (mut items, mut at) = (Vec::new(), 0);
    while let Some(length) = input[at..].iter().position(|&byte| byte == end) {
        let packet = &input[at..at + length];
        match item(packet) {
            _ if packet.is_empty() => {}
            Ok(item) => items.push(shown(&item)),
            Err(offset) => items.push(format!("!{}", at + offset)),
        }
        at += length + 1;
    }
    let fault = (at < input.len()).then(|| Fault::truncated(input.len() as u64));
    Outcome { items, fault, left: Vec::new() }
}

#[test]
fn slip_packets_are_unescaped_one_byte_after_the_other() {
    let unescaped = |packet: &[u8]| {
        let (mut item, mut at) = (Vec::new(), 0);
        while at < packet.len() {
            match packet[at..] {
                [ESC, ESC_END, ..] => item.push(END),
                [ESC, ESC_ESC, ..] => item.push(ESC),
                [ESC, ..] => return Err(at),
                [byte, ..] => {
                    item.push(byte);
                    at += 1;
                    continue;
                }
                [] => unreachable!("at is within the packet"),
            }
            at += 2;
        }
        Ok(item)
    };
    for text in texts(&[b'a', END, ESC, ESC_END, ESC_ESC], 6) {
        assert_eq!(everyhow(separator::slip, &text), packets(&text, END, unescaped));
    }
}

#[test]
fn slip_errors_say_what_follows_the_escape() {
    use segue::separator::SlipError;
    let error = |input: &[u8]| {
        let mut buffer = segue::Buffer::from(input);
        let step = buffer.step(&mut separator::slip(), true, &mut Output::new()).map(drop);
        step.unwrap_err().cause
    };
    assert_eq!(error(b"ab\xdbc\xc0"), Cause::Stage(SlipError::Escape(Some(b'c'))));
    assert_eq!(error(b"ab\xdb\xc0"), Cause::Stage(SlipError::Escape(None)));
}

#[test]
fn cobs_packets_are_put_together_group_after_group() {
    let joined = |packet: &[u8]| {
        let (mut item, mut at) = (Vec::new(), 0);
        while at < packet.len() {
            let end = at + usize::from(packet[at]);
            item.extend_from_slice(packet.get(at + 1..end).ok_or(at)?);
            if packet[at] != 255 && end < packet.len() {
                item.push(0);
            }
            at = end;
        }
        Ok(item)
    };
    for text in texts(&[0, 1, 2, 3, b'a'], 6) {
        assert_eq!(everyhow(separator::cobs, &text), packets(&text, 0, joined));
    }
}

#[test]
fn cobs_groups_end_at_254_bytes() {
    for length in [253, 254, 255, 508, 509] {
        let packet = vec![b'x'; length];
        let mut output = Output::new();
        separator::cobs().encode(&packet, &mut output).unwrap();
        // A count for each 254 bytes or part of them, and the separator.
        assert_eq!(output.len(), length + length.div_ceil(254) + 1);
        let wire = output.to_vec();
        assert_eq!(everyhow(separator::cobs, &wire).items, [shown(&packet)]);
    }
}

#[test]
fn packets_that_cannot_be_sent_are_refused() {
    let mut output = Output::new();
    assert_eq!(separator::slip().encode("", &mut output), Err(EncodeError::Empty));
    let too_long = EncodeError::TooLong { length: 5, max: 4 };
    let refused = separator::slip().max(4).encode(b"a\xc0b\xdb", &mut output);
    assert_eq!(refused, Err(EncodeError::TooLong { length: 6, max: 4 }));
    assert_eq!(separator::slip().max(4).encode(b"a\xc0bc", &mut output), Err(too_long));
    assert_eq!(separator::cobs().max(4).encode(b"a\0bc", &mut output), Err(too_long));
    assert!(output.is_empty());
    separator::slip().max(4).no_leading_end().encode(b"a\xc0b", &mut output).unwrap();
    separator::cobs().max(4).encode(b"a\0b", &mut output).unwrap();
    assert_eq!(output.to_vec(), b"a\xdb\xdcb\xc0\x02a\x02b\0");
}

/// The text in front of a lone dot, without added dots, and what is behind; none without a dot.
fn text_of(input: &[u8]) -> Option<(Vec<Vec<u8>>, Vec<u8>)> {
    let mut lines = Vec::new();
    let mut rest = input;
    loop {
        let end = rest.windows(2).position(|pair| pair == b"\r\n")? + 2;
        let line = &rest[..end];
        rest = &rest[end..];
        match line {
            b".\r\n" => return Some((lines, rest.to_vec())),
            [b'.', line @ ..] => lines.push(line.to_vec()),
            line => lines.push(line.to_vec()),
        }
    }
}

#[test]
fn a_dot_alone_ends_a_text() {
    for input in texts(b"a.\r\n", 7) {
        let whole = everyhow(separator::dot_stuffed, &input);
        let lines = everyhow(separator::dot_stuffed_lines, &input);
        if let Some((text, left)) = text_of(&input) {
            assert_eq!(whole.items, [shown(&text.concat())]);
            let each: Vec<_> = text.iter().map(|line| shown(&line[..line.len() - 2])).collect();
            assert_eq!(lines.items, each);
            assert_eq!((&whole.left, &lines.left), (&left, &left));
            assert_eq!((whole.fault, lines.fault), (None, None));
        } else {
            let truncated = Some(Fault::truncated(input.len() as u64));
            assert_eq!((whole.items.is_empty(), whole.fault), (true, truncated));
            assert_eq!(lines.fault, truncated);
        }
    }
}

#[test]
fn what_only_looks_like_the_end_of_a_text_is_content_or_refused() {
    let imitations: [&[u8]; 7] =
        [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n", b"\r\n.\r", b"\r.\r\n", b"\r\n\0.\r\n"];
    for imitation in imitations {
        let input = [b"text", imitation, b"MAIL FROM:<a@b>\r\n.\r\nQUIT\r\n"].concat();
        let whole = everyhow(separator::dot_stuffed, &input);
        assert_eq!((whole.items.len(), &whole.left[..]), (1, &b"QUIT\r\n"[..]));
        let lines = everyhow(separator::dot_stuffed_lines, &input);
        assert!(lines.items.iter().any(|line| line.ends_with("MAIL FROM:<a@b>")));
        assert_eq!(lines.left, b"QUIT\r\n");
        let strict = everyhow(|| separator::dot_stuffed().strict(), &input);
        let strict_lines = everyhow(|| separator::dot_stuffed_lines().strict(), &input);
        assert_eq!(strict.fault, strict_lines.fault);
        assert_eq!(strict.fault.is_none(), imitation == b"\r\n\0.\r\n");
    }
}

#[test]
fn strict_texts_are_the_same_on_every_cut() {
    for input in texts(b"a.\r\n", 6) {
        for max in [0, 2, 99] {
            let whole = everyhow(|| separator::dot_stuffed().strict().max(max), &input);
            let lines = everyhow(|| separator::dot_stuffed_lines().strict().max(max), &input);
            everyhow(|| separator::dot_stuffed().max(max), &input);
            everyhow(|| separator::dot_stuffed_lines().max(max), &input);
            if max == 99 {
                let first = input.iter().enumerate().find_map(|(at, byte)| match byte {
                    b'\r' if input.get(at + 1).is_some_and(|&next| next != b'\n') => {
                        Some((LineError::StrayCr, at))
                    }
                    b'\n' if at == 0 || input[at - 1] != b'\r' => Some((LineError::BareLf, at)),
                    _ => None,
                });
                // A violation behind the end is not for this stage to find.
                let over = text_of(&input).map_or(usize::MAX, |(_, left)| input.len() - left.len());
                let expected = match first {
                    Some((error, at)) if at < over => Some(Fault::new(error).at(at as u64)),
                    _ if over == usize::MAX => Some(Fault::truncated(input.len() as u64)),
                    _ => None,
                };
                assert_eq!((whole.fault, lines.fault), (expected, expected));
            }
        }
    }
}

#[test]
fn texts_come_back_as_they_were_sent() {
    for text in texts(b"a.\r\n", 6) {
        for strict in [false, true] {
            let make = || match strict {
                true => separator::dot_stuffed().strict(),
                false => separator::dot_stuffed(),
            };
            let mut output = Output::new();
            let sent = make().encode(&text, &mut output);
            let lines = text.is_empty() || text.ends_with(b"\r\n");
            let bare = String::from_utf8_lossy(&text).replace("\r\n", "").contains(['\r', '\n']);
            assert_eq!(sent.is_ok(), lines && !(strict && bare), "{sent:?}");
            if sent.is_ok() {
                let read = everyhow(make, &output.to_vec());
                assert_eq!((read.items, read.left), (vec![shown(&text)], Vec::new()));
            } else {
                assert!(output.is_empty());
            }
        }
    }
}

#[test]
fn lines_of_texts_come_back_as_they_were_sent() {
    for line in texts(b"a.\r\n", 5) {
        for strict in [false, true] {
            let make = || match strict {
                true => separator::dot_stuffed_lines().strict().max(4),
                false => separator::dot_stuffed_lines().max(4),
            };
            let mut output = Output::new();
            let sent = make().encode(&line, &mut output);
            let stuffed = line.len() + usize::from(line.starts_with(b"."));
            let ends = if strict { line.iter().any(|byte| b"\r\n".contains(byte)) } else { false };
            let ends = ends || line.windows(2).any(|pair| pair == b"\r\n");
            assert_eq!(sent.is_ok(), stuffed <= 4 && !ends, "{sent:?}");
            if sent.is_ok() {
                make().encode(EndOfText, &mut output).unwrap();
                let read = everyhow(make, &output.to_vec());
                assert_eq!((read.items, read.fault), (vec![shown(&line)], None));
            } else {
                assert!(output.is_empty());
            }
        }
    }
}

#[test]
fn empty_records_are_skipped_on_demand() {
    let lines = everyhow(|| separator::line().skip_empty(), b"\n\r\none\n\n\r\r\n");
    assert_eq!(lines.items, ["one", "\\r"]);
    let heads = everyhow(|| separator::head().skip_empty(), b"\r\n\r\na: b\r\n\r\n\r\n");
    assert_eq!(heads.items, ["a: b\\r\\n\\r\\n"]);
    let make = || skip_oversize(separator::line().skip_empty(), 2);
    assert_eq!(everyhow(make, b"\n\nlong\n\nab\n").items, ["<4>", "ab"]);
    let refused = separator::line().skip_empty().encode("", &mut Output::new());
    assert_eq!(refused, Err(EncodeError::Empty));
}
