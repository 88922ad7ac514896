//! Stages made of nom parsers, against the laws and against our own stages.
//!
//! | byte | says |
//! |---|---|
//! | 0 | which stage |
//! | 1 | the longest record |
#![no_main]

use libfuzzer_sys::fuzz_target;
use nom::{Err, IResult, Needed, Parser, bytes, character, number};
use segue::length::{self, Decimal, Prefix, Scan};
use segue::nom::{body, lending, length_data, prefix, streaming};
use segue::{DecodeExt, laws, separator};

/// A kind in one byte and a text behind its length.
fn field(input: &[u8]) -> IResult<&[u8], (u8, &[u8])> {
    (number::u8(), length_data(length::U8)).parse(input)
}

fn owned_field(input: &[u8]) -> IResult<&[u8], (u8, Vec<u8>)> {
    field.map(|(kind, text)| (kind, text.to_vec())).parse(input)
}

/// A number up to a byte that is no digit, which it leaves.
fn digits(input: &[u8]) -> IResult<&[u8], u64> {
    let fold =
        |value: u64, digit: &u8| value.wrapping_mul(10).wrapping_add(u64::from(*digit - b'0'));
    character::streaming::digit1.map(|digits: &[u8]| digits.iter().fold(0, fold)).parse(input)
}

/// A number and the semicolon that ends it.
fn number(input: &[u8]) -> IResult<&[u8], u64> {
    nom::sequence::terminated(digits, bytes::streaming::tag(&b";"[..])).parse(input)
}

/// Names and values up to an empty line: how many, and the last value.
fn head(input: &[u8]) -> IResult<&[u8], (usize, &[u8])> {
    let (mut rest, mut lines, mut last) = (input, 0, &b""[..]);
    loop {
        let (behind, line) = bytes::streaming::take_until(&b"\n"[..])(rest)?;
        (rest, _) = bytes::streaming::tag(&b"\n"[..])(behind)?;
        if line.is_empty() {
            return Ok((rest, (lines, last)));
        }
        let (value, _) = bytes::complete::take_until(&b":"[..])(line)?;
        (lines, last) = (lines + 1, value);
    }
}

fn owned_head(input: &[u8]) -> IResult<&[u8], usize> {
    head.map(|(lines, _)| lines).parse(input)
}

/// As `field`, and the end of the input is an end.
fn whole_field(input: &[u8]) -> IResult<&[u8], (u8, &[u8])> {
    (number::u8(), length_data(length::U8)).parse_complete(input)
}

fn fields(input: &[u8]) -> IResult<&[u8], usize> {
    nom::multi::many0_count(whole_field).parse(input)
}

/// A parser that takes nothing where it sees a dot, and fails without a word at a sign.
fn odd(input: &[u8]) -> IResult<&[u8], u8, ()> {
    match input {
        [] => Err(Err::Incomplete(Needed::Unknown)),
        [b'.', ..] => Ok((input, 0)),
        [b'!', ..] => Err(Err::Failure(())),
        [byte, rest @ ..] => Ok((rest, *byte)),
    }
}

fn netstring(input: &[u8]) -> IResult<&[u8], Vec<u8>> {
    nom::sequence::terminated(length_data(Decimal), bytes::tag(&b","[..]))
        .map(<[u8]>::to_vec)
        .parse(input)
}

fn varint_payload(input: &[u8]) -> IResult<&[u8], &[u8]> {
    length_data(length::QuicVarint).parse(input)
}

fn leb128_payload(input: &[u8]) -> IResult<&[u8], &[u8]> {
    length_data(length::Leb128).parse(input)
}

fn der_payload(input: &[u8]) -> IResult<&[u8], &[u8]> {
    length_data(length::Der).parse(input)
}

fuzz_target!(|data: &[u8]| {
    let [pick, max, data @ ..] = data else { return };
    let max = usize::from(*max);
    match pick % 20 {
        0 => laws::fuzz(|| body(length::u8().max(max), field), data),
        1 => laws::fuzz(|| body(length::netstring().max(max), fields), data),
        2 => laws::fuzz(|| body(separator::line().max(max), number), data),
        3 => laws::fuzz(|| body(separator::head().bare_lf().max(max), head), data),
        4 => laws::fuzz(|| body(length::u8(), number).skip_oversize(max), data),
        5 => laws::fuzz(|| body(separator::byte(b'\n'), digits).skip_oversize(max), data),
        6 => laws::fuzz(|| streaming(owned_field).max(max), data),
        7 => laws::fuzz(|| streaming(owned_field).trust_needed().max(max), data),
        8 => laws::fuzz(|| streaming(number).max(max), data),
        9 => laws::fuzz(|| streaming(owned_head).max(max), data),
        10 => laws::fuzz(|| streaming(digits).max(max), data),
        11 => laws::fuzz(|| streaming(odd).max(max), data),
        12 => laws::fuzz(|| lending(field).max(max), data),
        13 => laws::fuzz(|| lending(field).trust_needed().max(max), data),
        14 => laws::fuzz(|| lending(head).max(max), data),
        15 => laws::fuzz(|| lending(odd).max(max), data),
        // The same formats by our stages.
        16 => laws::agree(length::netstring, || streaming(netstring), [data]),
        17 => laws::agree(length::quic_varint, || lending(varint_payload), [data]),
        18 => laws::agree(length::leb128, || lending(leb128_payload), [data]),
        _ => {
            laws::agree(length::der, || lending(der_payload), [data]);
            parses_as_it_reads(length::U24Le, data);
            parses_as_it_reads(length::Leb128Padded, data);
            parses_as_it_reads(length::Decimal, data);
            parses_as_it_reads(length::Ber, data);
        }
    }
});

/// A prefix parses to what it reads, and is incomplete by what it misses.
fn parses_as_it_reads<P: Prefix + Copy>(written: P, data: &[u8]) {
    let parsed: IResult<&[u8], u64> = prefix(written).parse(data);
    let complete: IResult<&[u8], u64> = prefix(written).parse_complete(data);
    match written.read(data) {
        Ok(Scan::Whole { value, size }) => {
            assert_eq!(parsed, Ok((&data[size..], value)));
            assert_eq!(complete, parsed);
        }
        Ok(Scan::Short { missing }) => {
            assert_eq!(parsed, Err(Err::Incomplete(Needed::Size(missing))));
            assert!(matches!(complete, Err(Err::Error(_))));
        }
        Err(fault) => {
            let Err(Err::Error(error)) = parsed else { panic!("it parses to {parsed:?}") };
            assert_eq!(data.len() - error.input.len(), usize::try_from(fault.at).unwrap());
        }
    }
}
