//! L4 by a count of what is allocated.

use std::{
    convert::Infallible,
    io::{self, Read},
};

use bytes::{Buf, BytesMut};
use segue::length;
use segue_laws::{Answer, Law, Subject, Symptom, adapt, parser};

/// Payloads with their length in four bytes in front.
const RECORDS: [&[u8]; 2] = [b"\0\0\0\x03one\0\0\0\0", b"\0\0\0\x05three"];

#[track_caller]
fn caught(subject: Subject) {
    let subject = subject.only([Law::L4]);
    let verdicts = subject.verdicts();
    let Some(defect) = verdicts.violation(Law::L4) else { panic!("not caught: {verdicts}") };
    assert_eq!(defect.symptom(), Symptom::Lies, "{defect}");
    assert!(defect.input().len() <= 32 && defect.cuts().len() <= 1, "{defect}");
}

/// The payload in front, if its length does not pass `longest` and it is there.
fn payload(input: &[u8], longest: usize) -> Result<Option<&[u8]>, &'static str> {
    let Some((length, rest)) = input.split_first_chunk() else { return Ok(None) };
    let length = u32::from_be_bytes(*length) as usize;
    if length > longest {
        return Err("too long");
    }
    Ok(rest.get(..length))
}

#[test]
fn makes_room_for_what_is_announced() {
    let make = || {
        adapt::bytes_mut(|input: &mut BytesMut| {
            let Some(length) = input.first_chunk() else { return Ok(None) };
            let length = 4 + u32::from_be_bytes(*length).min(1 << 24) as usize;
            if input.len() < length {
                // As examples of decoders have it.
                input.reserve(length - input.len());
                return Ok(None);
            }
            Ok::<_, Infallible>(Some(input.split_to(length).split_off(4).to_vec()))
        })
    };
    caught(parser("reserves", make).accepts(RECORDS));
}

#[test]
fn makes_room_before_it_reads() {
    fn next(reader: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
        let mut length = [0; 4];
        if reader.read(&mut length)? == 0 {
            return Ok(None);
        }
        let mut payload = vec![0; u32::from_be_bytes(length).min(1 << 24) as usize];
        reader.read_exact(&mut payload)?;
        Ok(Some(payload))
    }
    let make = || adapt::non_blocking(|source| source, next);
    // Each byte of it may set aside 16 MiB.
    caught(parser("vec![0; length]", make).accepts([b"\0\0\0\x03one"]).generated(10));
}

#[test]
fn keeps_every_row() {
    let make = || {
        // A row of 256 bytes for each of a count, and none is ever given back.
        let mut table: Vec<u8> = Vec::new();
        adapt::bytes_mut(move |input: &mut BytesMut| {
            Ok::<_, Infallible>(input.has_remaining().then(|| {
                let count = usize::from(input.get_u8());
                table.resize(table.len() + 256 * count, 0);
                count
            }))
        })
    };
    caught(parser("a table", make).accepts([b"\x00\x01"]));
}

#[test]
fn waits_for_the_end_of_a_line() {
    let make = || {
        let mut line = Vec::new();
        adapt::calling(move |bytes: Option<&[u8]>, said: &mut Vec<Answer>| {
            for &byte in bytes.unwrap_or_default() {
                match byte {
                    b'\n' if line.len() > 80 => return Err("too long"),
                    b'\n' => said.push(Answer::item(std::mem::take(&mut line))),
                    byte => line.push(byte),
                }
            }
            Ok(())
        })
    };
    caught(parser("lines", make).accepts(["one\ntwo\n"]).limit(80));
}

#[test]
fn correct_parsers_stay_clean() {
    let slice = || {
        adapt::slice(|input: &[u8]| {
            let payload = payload(input, 1 << 30)?;
            Ok::<_, &str>(payload.map(|payload| (payload.to_vec(), 4 + payload.len())))
        })
    };
    let stage = || adapt::stage(length::u32_be().max(1000));
    for subject in [
        parser("slice", slice).accepts(RECORDS),
        parser("stage", stage).accepts(RECORDS).limit(1004),
    ] {
        let verdicts = subject.verdicts();
        assert!(verdicts.defects().is_empty(), "{verdicts}");
    }
}
