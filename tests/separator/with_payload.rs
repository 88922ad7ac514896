//! Lines that announce a payload, in one record.

use segue::combine::Measured;
use segue::laws;
use segue::separator::{self, EncodeError, Line, LineEnd, PayloadError, WithPayload};
use segue::{Buffer, Cause, Decode, DecodeExt, Encode, Fault, Output, Record, Step};

type Announce = fn(&[u8]) -> Result<Option<usize>, &'static str>;

/// The last word of a line that begins with `word` is the length of its payload.
fn last_number(line: &[u8], word: &[u8]) -> Result<Option<usize>, &'static str> {
    if !line.starts_with(word) {
        return Ok(None);
    }
    let number = line.rsplit(|&byte| byte == b' ').next().unwrap_or_default();
    let number = str::from_utf8(number).ok().and_then(|number| number.parse().ok());
    number.map(Some).ok_or("no length")
}

fn nats() -> WithPayload<LineEnd, Announce> {
    fn published(line: &[u8]) -> Result<Option<usize>, &'static str> {
        last_number(line, b"PUB ")
    }
    crlf().with_payload(published as Announce).max_payload(100).terminated_by(b"\r\n")
}

fn crlf() -> Line {
    separator::line().crlf().max(64)
}

/// Literals as in IMAP: `{4}` at the end of a line.
fn imap() -> WithPayload<LineEnd, Announce> {
    fn literal(line: &[u8]) -> Result<Option<usize>, &'static str> {
        let Some(line) = line.strip_suffix(b"}") else { return Ok(None) };
        let number = line.rsplit(|&byte| byte == b'{').next().unwrap_or_default();
        let number = str::from_utf8(number).ok().and_then(|number| number.parse().ok());
        number.map(Some).ok_or("no length")
    }
    crlf().with_payload(literal as Announce).max_payload(60).continued()
}

#[test]
fn one_payload() {
    let greatest = format!("PUB s {}\r\n", usize::MAX);
    laws::stage(nats)
        .accepts([
            &b"PUB subject 5\r\nhello\r\nPING\r\nPUB s 0\r\n\r\n"[..],
            b"PUB s 4\r\n\r\n\r\n\r\nPUB s 1\r\nP\r\n",
            b"",
        ])
        .refuses([
            &b"PUB subject five\r\nhello\r\n"[..],
            b"PUB s 5\r\nhello!\r\n",
            b"PUB s 5\r\nhello\n\nPING\r\n",
            b"PUB s 5\r\nhello\r",
            b"PUB s 5\r\nhell",
            b"PUB s 5",
        ])
        .too_long([&b"PUB s 101\r\n"[..], greatest.as_bytes(), &[b'P'; 65]])
        .limit(64 + 2 + 100 + 2)
        .linear(|total| {
            b"PUB subject 50\r\n01234567890123456789012345678901234567890123456789\r\n"
                .repeat(total / 68)
        })
        .check();
    let large = || nats().max_payload(1 << 20);
    laws::stage(large)
        .linear(|total| {
            let mut record = format!("PUB subject {total}\r\n").into_bytes();
            record.resize(record.len() + total, b'x');
            [&record[..], b"\r\n"].concat()
        })
        .check();
    let kept =
        || crlf().keep_terminator().skip_empty().with_payload(|line| last_number(line, b"PUB "));
    laws::stage(kept)
        .accepts([&b"\r\nPUB s 5\r\nhello\r\n\r\nPING\r\n"[..]])
        .refuses([&b"PUB s 5\r\nhell"[..]])
        .check();
    let strict = || crlf().strict().with_payload(|line| last_number(line, b"PUB "));
    laws::stage(strict)
        .accepts([&b"PUB s 5\r\nhe\nlo"[..]])
        .refuses([&b"PUB\n s 5\r\nhello"[..], b"PUB s 5\r\nhelloP\rING\r\n"])
        .check();
    let stomp = || {
        let sent = |head: &[u8]| last_number(head.trim_ascii_end(), b"SEND");
        separator::head().with_payload(sent).terminated_by(b"\0")
    };
    laws::stage(stomp)
        .accepts([&b"SEND\r\ncontent-length: 3\r\n\r\na\0b\0"[..]])
        .refuses([&b"SEND\r\ncontent-length: 3\r\n\r\na\0bc"[..]])
        .check();
}

#[test]
fn several_payloads() {
    laws::stage(imap)
        .accepts([
            &b"A1 LOGIN {4}\r\nfred {7}\r\nfat man\r\nA2 NOOP\r\n"[..],
            b"A1 APPEND {0}\r\n\r\nA2 X {2}\r\n{} {2}\r\n\r\n ok\r\n",
        ])
        .refuses([
            &b"A1 LOGIN {four}\r\n"[..],
            b"A1 LOGIN {4}\r\nfred {x}\r\n",
            b"A1 LOGIN {4}\r\nfred",
            b"A1 LOGIN {4}\r\nfred {7}\r\nfat man",
        ])
        .too_long([
            &b"A1 LOGIN {61}\r\n"[..],
            b"A1 LOGIN {4}\r\nfred {52}\r\n",
            b"A1 LOGIN {40}\r\n0123456789012345678901234567890123456789 a line that is long\r\n",
            &[&b"A1 X {0}\r\n"[..], &b"{0}\r\n".repeat(13)].concat(),
        ])
        .limit(64 + 2 + 60 + 1)
        .check();
}

#[test]
fn arbitrary_bytes_read_the_same_however_they_come() {
    let mut seed = 1_u64;
    let words =
        [&b"PUB s "[..], b"5", b"0", b"\r\n", b"{", b"}", b"{3}", b"hello", b"\n", b"7", b"\r"];
    for _ in 0..2000 {
        let mut data = Vec::new();
        for _ in 0..seed >> 61 << 1 {
            seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            data.extend(words[usize::try_from(seed >> 40).unwrap() % words.len()]);
        }
        seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        laws::stage(nats).fuzz(&data);
        laws::stage(imap).fuzz(&data);
        laws::stage(|| imap().max_payload(7).terminated_by(b"7")).fuzz(&data);
    }
}

fn fault<D: Decode>(mut stage: D, input: &[u8]) -> Fault<D::Error> {
    let mut buffer = Buffer::from(input);
    loop {
        match buffer.step(&mut stage, false, &mut Output::new()) {
            Ok(Step::Item(_)) => {}
            Ok(_) => panic!("no fault"),
            Err(fault) => return fault,
        }
    }
}

#[test]
fn faults_are_at_what_is_wrong() {
    let unterminated = fault(nats(), b"PING\r\nPUB s 5\r\nhello!\r\n");
    assert_eq!((unterminated.at, unterminated.error()), (20, Some(&PayloadError::Unterminated)));
    let none = fault(nats(), b"PING\r\nPUB s x\r\n");
    assert_eq!((none.at, none.error()), (6, Some(&PayloadError::Announcement("no length"))));
    let long = fault(nats(), b"PING\r\nPUB s 101\r\n");
    assert_eq!((long.at, long.cause), (17, Cause::TooLong));
    let second = fault(imap(), b"A1 X {4}\r\nfred {x}\r\n");
    assert_eq!((second.at, second.error()), (14, Some(&PayloadError::Announcement("no length"))));
}

#[test]
fn an_item_has_all_parts() {
    let (mut stage, mut output) = (imap(), Output::new());
    let mut buffer = Buffer::from(&b"A1 LOGIN {4}\r\nfred {7}\r\nfat man\r\nA2 NOOP\r\n"[..]);
    let Ok(Step::Item(item)) = buffer.step(&mut stage, false, &mut output) else { panic!() };
    let parts: Vec<_> = item.parts().collect();
    let expected: [(&[u8], Option<&[u8]>); 3] =
        [(b"A1 LOGIN {4}", Some(b"fred")), (b" {7}", Some(b"fat man")), (b"", None)];
    assert_eq!(parts, expected);
    assert!(!format!("{item:?}").contains("fred"));
    assert_eq!(item.into_payload().unwrap(), "fred");
    let Ok(Step::Item(item)) = buffer.step(&mut stage, false, &mut output) else { panic!() };
    assert_eq!((item.line(), item.payload()), (&b"A2 NOOP"[..], None));
    assert_eq!(item.into_record(), "A2 NOOP\r\n");
}

#[test]
fn a_long_payload_is_taken_without_a_copy() {
    let mut bytes = b"PUB s 5000\r\n".to_vec();
    bytes.resize(bytes.len() + 5000, 7);
    bytes.extend(b"\r\n");
    let mut buffer = Buffer::from(&bytes[..]);
    let place = buffer.as_slice()[12..].as_ptr();
    let mut stage = nats().max_payload(5000);
    let Ok(Step::Item(item)) = buffer.step(&mut stage, false, &mut Output::new()) else { panic!() };
    let payload = item.into_payload().map(Record::into_bytes).unwrap();
    assert_eq!((payload.as_ptr(), payload.len()), (place, 5000));
}

#[test]
fn a_payload_that_is_too_long_is_passed_over() {
    let greatest = format!("PUB s {}\r\nabc", usize::MAX);
    for terminator in [&b""[..], b"\r\n", b"\0"] {
        let make = || nats().max_payload(2).terminated_by(terminator).skip_oversize(4);
        let records = |payloads: &[&[u8]]| -> Vec<u8> {
            let record = |payload: &&[u8]| {
                [format!("PUB s {}\r\n", payload.len()).as_bytes(), payload, terminator].concat()
            };
            payloads.iter().flat_map(record).collect()
        };
        let mut suite = laws::stage(make)
            .accepts([records(&[b"four", b"", b"more than four", b"fifth", b"in"])])
            .refuses([&b"PUB s 9\r\nnot"[..], greatest.as_bytes(), b"PUB s 9\r\n", b"PUB s x\r\n"])
            .refuses([records(&[b"not four"]).split_last().unwrap().1.to_vec()])
            .too_long([[b'P'; 65]])
            .limit(66 + 4 + terminator.len());
        if !terminator.is_empty() {
            suite = suite.refuses([&b"PUB s 5\r\nhello!\r\n"[..], b"PUB s 5\r\nhello\r!\n"]);
        }
        suite.check();
    }

    let mut buffer = Buffer::from(&b"PUB s 5000\r\n"[..]);
    let (mut stage, mut output) = (nats().skip_oversize(100), Output::new());
    for _ in 0..50 {
        let step = buffer.step(&mut stage, false, &mut output).unwrap();
        assert!(matches!(step, Step::Need(need) if need.claim >= 2), "more is needed");
        assert!(buffer.is_empty(), "none of it is held");
        buffer.extend(&[7; 100]);
    }
    buffer.extend(b"\r\nPUB s 3\r\nyes\r\n");
    let step = buffer.step(&mut stage, false, &mut output).unwrap();
    assert!(matches!(step, Step::Item(Measured::TooLong { bytes: 5000 })));
    let step = buffer.step(&mut stage, false, &mut output).unwrap();
    let Step::Item(Measured::Fits(item)) = step else { panic!() };
    assert_eq!(item.payload(), Some(&b"yes"[..]));
}

#[test]
fn a_continued_record_that_is_too_long_is_refused_all_the_same() {
    let mut stage = imap().skip_oversize(8);
    let mut buffer = Buffer::from(&b"A1 LOGIN {9}\r\n"[..]);
    let fault = buffer.step(&mut stage, false, &mut Output::new()).unwrap_err();
    assert_eq!((fault.cause, fault.fatal), (Cause::TooLong, true));
}

#[test]
fn what_is_written_is_read() {
    let mut output = Output::new();
    let mut stage = nats();
    stage.encode("PING", &mut output).unwrap();
    stage.encode(("PUB s 5", "hello"), &mut output).unwrap();
    stage.encode((&b"PUB s 0"[..], b""), &mut output).unwrap();
    let sent = output.to_vec();
    assert_eq!(sent, b"PING\r\nPUB s 5\r\nhello\r\nPUB s 0\r\n\r\n");
    let mut buffer = Buffer::from(&sent[..]);
    let mut read = Vec::new();
    while let Ok(Step::Item(item)) = buffer.step(&mut stage, true, &mut output) {
        read.push((item.line().to_vec(), item.payload().map(<[u8]>::to_vec)));
    }
    let expected = [
        (b"PING".to_vec(), None),
        (b"PUB s 5".to_vec(), Some(b"hello".to_vec())),
        (b"PUB s 0".to_vec(), Some(Vec::new())),
    ];
    assert_eq!(read, expected);

    let mut refused = Output::new();
    for item in [("PUB s 5", "hell"), ("PING", "hello"), ("PUB s x", "hello")] {
        assert_eq!(stage.encode(item, &mut refused), Err(EncodeError::Payload));
    }
    assert_eq!(stage.encode("PUB s 5", &mut refused), Err(EncodeError::Payload));
    let long = stage.encode(("PUB s 101", [0; 101]), &mut refused);
    assert_eq!(long, Err(EncodeError::TooLong { length: 101, max: 100 }));
    let two = stage.encode(("PUB s\r\nPUB s 5", "hello"), &mut refused);
    assert_eq!(two, Err(EncodeError::Separator { at: 5 }));
    assert!(refused.is_empty());
}
