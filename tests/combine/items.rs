//! Combinators that change items and errors.

use segue::combine::{Slice, Text};
use segue::{Buffer, Decode, DecodeExt, Fault, Output, Step, laws, length};

/// The error of a stage of these tests, by the stage that found it.
#[derive(Debug, PartialEq)]
enum Wrong {
    Length,
    Text,
}

impl From<length::Error> for Wrong {
    fn from(_: length::Error) -> Self {
        Self::Length
    }
}

#[test]
fn map_keeps_the_laws() {
    laws::stage(|| length::u16_be().map(|record| record.to_vec()))
        .accepts([&b"\x00\x02hi\x00\x00\x00\x01!"[..], b""])
        .check();
    laws::stage(|| length::u8().map_lent::<Slice, _, _>((), |(), r| &r.into_slice()[1..]))
        .accepts([b"\x02hi\x01!"])
        .check();
    laws::stage(|| {
        length::u8().map_lent::<Slice, _, _>(Vec::new(), |scratch, record| {
            scratch.clear();
            scratch.extend(record.iter().rev());
            scratch
        })
    })
    .accepts([b"\x02hi\x01!"])
    .check();
}

#[test]
fn try_map_refuses_for_good_or_for_once() {
    fn text(recoverable: bool) -> impl for<'a> Decode<Item<'a> = &'a str, Error = Wrong> {
        length::u8().max(9).try_map_lent::<Text, _, _, Wrong>((), move |(), record| {
            core::str::from_utf8(record.into_slice()).map_err(|error| {
                let fault = Fault::new(Wrong::Text).at(1 + error.valid_up_to() as u64);
                if recoverable { fault.recoverable() } else { fault }
            })
        })
    }
    for recoverable in [true, false] {
        laws::stage(|| text(recoverable))
            .accepts([&b"\x02hi\x00\x02\xc3\xa4"[..], b""])
            .refuses([&b"\x01a\x02b\xff\x01c"[..], b"\x02hi\x0a"])
            .limit(10)
            .check();
    }
    let trace = laws::observe(text(true), b"\x01a\x02b\xff\x01c", &[]);
    let fault = trace.fault().unwrap();
    assert_eq!((fault.at, fault.fatal, trace.end), (4, false, laws::End::Done));
    let trace = laws::observe(text(false), b"\x01a\x02b\xff\x01c", &[]);
    assert!(matches!(trace.end, laws::End::Fault(fault) if fault.at == 4));
}

#[test]
fn owned_records_outlive_the_buffer() {
    laws::stage(|| length::u8().owned()).accepts([b"\x02hi\x00\x01!"]).check();
    let mut buffer = Buffer::from(&b"\x02hi\x01!"[..]);
    let mut stage = length::u8().owned();
    let mut kept = Vec::new();
    while let Step::Item(bytes) = buffer.step(&mut stage, true, &mut Output::new()).unwrap() {
        kept.push(bytes);
    }
    drop(buffer);
    assert_eq!(kept, ["hi", "!"]);
}

#[test]
fn what_is_left_out_is_parsed_all_the_same() {
    let stage = || {
        let texts = length::u8().try_map(|record| {
            let bad = Fault::new(Wrong::Text).recoverable();
            if record.is_ascii() { Ok(record.to_vec()) } else { Err(bad) }
        });
        texts.absorbing(|record| record[1..].starts_with(b"#"))
    };
    laws::stage(stage)
        .accepts([&b"\x02#a\x02hi\x02#b"[..], b"\x02#c"])
        .refuses([&b"\x02#\xff\x02hi"[..], b"\x03#"])
        .check();
    let trace = laws::observe(stage(), b"\x02#a\x02hi\x02#\xff\x01!", &[]);
    assert_eq!(trace.entries.len(), 3, "{trace}");
}
