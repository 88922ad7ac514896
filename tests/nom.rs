//! nom parsers as stages, and our prefixes as nom parsers.

use std::cell::Cell;
use std::rc::Rc;

use nom::error::ErrorKind;
use nom::{Err, IResult, Needed, Parser, bytes, character, number};
use proptest::prelude::*;
use segue::combine::{Measured, skip_oversize};
use segue::length::{self, Decimal, Leb128, Prefix, QuicVarint, U8, U24Be};
use segue::nom::{Error, body, lending, length_data, prefix, streaming};
use segue::{Buffer, Cause, Decode, Fault, Framing, Need, Output, Step, laws};

/// A kind in one byte and a text behind its length.
fn field(input: &[u8]) -> IResult<&[u8], (u8, &[u8])> {
    (number::u8(), length_data(U8)).parse(input)
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
    let (input, value) = digits(input)?;
    let (input, _) = bytes::streaming::tag(&b";"[..])(input)?;
    Ok((input, value))
}

/// As `field`, and the end of the input is an end.
fn whole_field(input: &[u8]) -> IResult<&[u8], (u8, &[u8])> {
    (number::u8(), length_data(U8)).parse_complete(input)
}

/// Parses the number of fields.
fn fields(input: &[u8]) -> IResult<&[u8], usize> {
    nom::multi::many0_count(whole_field).parse(input)
}

fn varint_payload(input: &[u8]) -> IResult<&[u8], &[u8]> {
    length_data(QuicVarint).parse(input)
}

fn netstring(input: &[u8]) -> IResult<&[u8], Vec<u8>> {
    nom::sequence::terminated(length_data(Decimal), bytes::tag(&b","[..]))
        .map(<[u8]>::to_vec)
        .parse(input)
}

#[test]
fn bodies_keep_the_laws() {
    laws::stage(|| body(length::u8(), field))
        .accepts([&b""[..], b"\x02a\x00", b"\x04a\x02hi\x02b\x00"])
        .refuses([&b"\x00"[..], b"\x03a\x00x", b"\x03a\x02x", b"\x04a\x02hi\x01"])
        .limit(256)
        .check();
    laws::stage(|| body(length::netstring(), fields))
        .accepts(["", "0:,", "4:a\x02hi,0:,", "6:a\x02hib\x00,"])
        .refuses(["5:a\x02hi!,", "4:a\x02hi;"])
        .check();
}

#[test]
fn streaming_parsers_keep_the_laws() {
    let streams = [&b""[..], b"a\x00", b"a\x02hib\x00c\x03abc"];
    laws::stage(|| streaming(owned_field)).accepts(streams).refuses([b"a\x02h"]).check();
    laws::stage(|| streaming(owned_field).trust_needed()).accepts(streams).check();
    laws::stage(|| lending(field)).accepts(streams).refuses([b"a"]).check();
    laws::stage(|| lending(field).trust_needed()).accepts(streams).check();
    laws::stage(|| streaming(number).max(8))
        .accepts(["", "1;", "1;22;333;"])
        .refuses(["1", "1;2", ";", "1;x;", "12x;"])
        .too_long(["123456789;", "1;12345678;", "12345678"])
        .limit(8)
        .linear(|bytes| b"123456;".repeat(bytes / 7))
        .check();
    laws::stage(|| lending(number).max(8))
        .accepts(["", "1;22;1234567;"])
        .too_long(["12345678;"])
        .limit(8)
        .check();
}

/// L7: the same protocol by our stage and by nom.
#[test]
fn stages_and_parsers_agree() {
    let streams =
        [&b""[..], b"\x00", b"\x03abc\x00\x40\x02hi", b"\x05abc", b"\x80\x00\x00", b"\xc0"];
    laws::agree(length::quic_varint, || lending(varint_payload), streams);
    let streams = ["", "0:,5:hello,", "5:hello;", "05:hello,", "5:hell", "x", "5:hello,:,"];
    laws::agree(length::netstring, || streaming(netstring), streams);
}

fn faults<D: Decode>(mut stage: D, input: &[u8]) -> Fault<D::Error> {
    let mut buffer = Buffer::from(input);
    let mut output = Output::new();
    loop {
        match buffer.step(&mut stage, true, &mut output) {
            Ok(Step::Item(_)) => {}
            Ok(_) => panic!("no fault in {}", input.escape_ascii()),
            Err(fault) => return fault,
        }
    }
}

#[track_caller]
fn is<E: PartialEq + std::fmt::Debug>(fault: Fault<E>, cause: Cause<E>, at: u64, fatal: bool) {
    assert_eq!((fault.cause, fault.at, fault.fatal), (cause, at, fatal));
}

#[test]
fn faults_of_bodies_are_placed_in_the_stream() {
    let stage = || body(length::u16_be().offset(1), field);
    let trailing = faults(stage(), b"t\0\x02a\0t\0\x04a\x01xy");
    is(trailing, Cause::Stage(Error::Trailing), 11, false);
    let short = faults(stage(), b"t\0\x03a\x02h");
    is(short, Cause::Stage(Error::Incomplete), 6, false);
    let short = faults(body(length::u8(), whole_field), b"\x03a\x02h");
    is(short, Cause::Stage(Error::Rejected(ErrorKind::Eof)), 3, false);
    let short = faults(body(length::u8(), number), b"\x021;\x0212");
    is(short, Cause::Stage(Error::Incomplete), 6, false);
    let rejected = faults(body(length::u8(), number), b"\x0412x;");
    is(rejected, Cause::Stage(Error::Rejected(ErrorKind::Tag)), 3, false);
    // A record with something behind its content.
    let trailing = faults(body(length::netstring(), number), b"3:1;2,");
    is(trailing, Cause::Stage(Error::Trailing), 4, false);
    // The stage's own.
    let own = faults(body(length::u8().counts_itself(), number), b"\x00");
    is(own, Cause::Stage(Error::Stage(length::Error::TooSmall)), 0, true);
    is(faults(body(length::u8(), number), b"\x031;"), Cause::Truncated, 3, true);
}

#[test]
fn a_stage_goes_on_behind_a_body_that_is_refused() {
    let mut buffer = Buffer::from(&b"\x02x;\x021;"[..]);
    let mut stage = body(length::u8(), number);
    let mut output = Output::new();
    assert!(!buffer.step(&mut stage, true, &mut output).unwrap_err().fatal);
    assert_eq!(buffer.step(&mut stage, true, &mut output), Ok(Step::Item(1)));
    assert_eq!(buffer.step(&mut stage, true, &mut output), Ok(Step::Done));
}

#[test]
fn over_long_bodies_are_skipped() {
    let mut buffer = Buffer::from(&b"\x021;\x07123456;\x022;"[..]);
    let mut stage = skip_oversize(body(length::u8(), number), 4);
    let mut output = Output::new();
    let expected = [Measured::Fits(1), Measured::TooLong { bytes: 7 }, Measured::Fits(2)];
    for item in expected {
        assert_eq!(buffer.step(&mut stage, true, &mut output), Ok(Step::Item(item)));
    }
    assert_eq!(buffer.step(&mut stage, true, &mut output), Ok(Step::Done));
}

#[test]
fn faults_of_streaming_parsers() {
    is(faults(streaming(number), b"1;22x"), Cause::Stage(Error::Rejected(ErrorKind::Tag)), 4, true);
    is(faults(streaming(number), b"1;22"), Cause::Truncated, 4, true);
    is(faults(streaming(number).max(4), b"1;2222;"), Cause::TooLong, 6, true);
    is(faults(lending(field), b"a\x03hi"), Cause::Truncated, 4, true);
    is(faults(lending(number), b"x"), Cause::Stage(Error::Rejected(ErrorKind::Digit)), 0, true);
}

/// A line, in which another parser finds a colon.
fn line_with_a_colon(input: &[u8]) -> IResult<&[u8], Vec<u8>> {
    let (input, line) = bytes::streaming::is_not("\n")(input)?;
    let (input, _) = bytes::streaming::tag("\n")(input)?;
    let (value, _) = bytes::complete::take_until(":")(line)?;
    Ok((input, value.to_vec()))
}

#[test]
fn faults_in_a_part_of_the_input_are_placed_in_it_whatever_follows() {
    let kind = ErrorKind::TakeUntil;
    for stream in [&b"a:b\ncd\n"[..], b"a:b\ncd\ne:f\n"] {
        is(
            faults(streaming(line_with_a_colon), stream),
            Cause::Stage(Error::Rejected(kind)),
            4,
            true,
        );
    }
    let whole = faults(body(length::u8(), line_with_a_colon), b"\x03cd\n");
    is(whole, Cause::Stage(Error::Rejected(kind)), 1, false);
    laws::stage(|| streaming(line_with_a_colon))
        .accepts(["a:b\ncd:\n"])
        .refuses(["a:b\ncd\ne:f\n", "cd\ne"])
        .check();
}

#[test]
fn a_parser_that_takes_nothing_is_refused() {
    fn nothing(input: &[u8]) -> IResult<&[u8], ()> {
        Ok((input, ()))
    }
    is(faults(streaming(nothing), b"abc"), Cause::NoProgress, 0, true);
    is(faults(lending(nothing), b"abc"), Cause::NoProgress, 0, true);
}

#[test]
fn parsers_that_look_ahead() {
    // Values are kept, so nothing has to be found again.
    let mut buffer = Buffer::from(&b"12x"[..]);
    let mut output = Output::new();
    let mut stage = streaming(digits);
    assert_eq!(buffer.step(&mut stage, false, &mut output), Ok(Step::Item(12)));
    assert_eq!(buffer.as_slice(), b"x");
    // A parser that is run again on the record alone does not find its end.
    is(faults(lending(digits), b"12x"), Cause::Stage(Error::LooksAhead), 2, true);
}

/// A parser that counts how often it is run, and what it says it needs.
fn counted(
    runs: &Rc<Cell<usize>>,
    needed: Needed,
) -> impl for<'a> Fn(&'a [u8]) -> IResult<&'a [u8], Vec<u8>> + use<> {
    let runs = Rc::clone(runs);
    move |input| {
        runs.set(runs.get() + 1);
        match input.iter().position(|&byte| byte == b'.') {
            Some(end) => Ok((&input[end + 1..], input[..end].to_vec())),
            None => Err(Err::Incomplete(needed)),
        }
    }
}

#[test]
fn a_parser_runs_once_for_each_read() {
    let runs = Rc::new(Cell::new(0));
    let mut stage = streaming(counted(&runs, Needed::Unknown));
    let input = [&[b'x'; 99][..], b"."].concat();
    for length in 1..=100 {
        // Asked twice, as drivers may.
        assert_eq!(stage.frame(&input[..length], false), stage.frame(&input[..length], false));
        assert_eq!(runs.get(), length);
    }
    // A record that was found stays found.
    let longer = [&input[..], b"more"].concat();
    assert_eq!(stage.frame(&longer, false), Ok(Framing::Record(100)));
    assert_eq!(runs.get(), 100);
}

#[test]
fn needed_is_not_believed_unless_it_is_said_to_be_exact() {
    let runs = Rc::new(Cell::new(0));
    let over = Needed::new(1000);
    let mut stage = streaming(counted(&runs, over));
    assert_eq!(stage.frame(b"x", false), Ok(Framing::Need(Need::LOOK)));
    assert_eq!(stage.frame(b"x.", false), Ok(Framing::Record(2)));

    let mut stage = streaming(counted(&runs, Needed::new(3))).trust_needed();
    runs.set(0);
    assert_eq!(stage.frame(b"xx", false), Ok(Framing::need(3)));
    assert_eq!(stage.frame(b"xxxx", false), Ok(Framing::need(1)));
    assert_eq!(runs.get(), 1);
    assert_eq!(stage.frame(b"xxxx.", false), Ok(Framing::Record(5)));
    assert_eq!(runs.get(), 2);
    // Bytes that cannot become a record within the limit are refused at once.
    let mut stage = streaming(counted(&runs, over)).trust_needed().max(100);
    is(stage.frame(b"x", false).unwrap_err(), Cause::TooLong, 100, true);
}

#[test]
fn other_errors_of_nom() {
    fn silent(input: &[u8]) -> IResult<&[u8], u8, ()> {
        number::streaming::u8::<_, ()>(input).and_then(|(rest, byte)| match byte {
            b'!' => Err(Err::Failure(())),
            byte => Ok((rest, byte)),
        })
    }
    fn pair(input: &[u8]) -> IResult<&[u8], u64, (&[u8], ErrorKind)> {
        nom::sequence::preceded(bytes::tag(&b"#"[..]), prefix(U24Be)).parse(input)
    }
    is(faults(streaming(silent), b"a!"), Cause::Stage(Error::Rejected(ErrorKind::Fail)), 1, true);
    is(faults(lending(pair), b"#abc!"), Cause::Stage(Error::Rejected(ErrorKind::Tag)), 4, true);
}

type Read<'a> = IResult<&'a [u8], u64>;

#[test]
fn prefixes_as_parsers() {
    let read: Read<'_> = prefix(U24Be).parse(&[1, 2, 3, 4]);
    assert_eq!(read, Ok((&[4][..], 0x01_0203)));
    let read: Read<'_> = prefix(U24Be).parse(&[1]);
    assert_eq!(read, Err(Err::Incomplete(Needed::new(2))));
    let error = |input, code| Err(Err::Error(nom::error::Error { input, code }));
    let read: Read<'_> = prefix(U24Be).parse_complete(&[1]);
    assert_eq!(read, error(&[1][..], ErrorKind::Eof));
    let read: Read<'_> = prefix(Decimal).parse(b"1x");
    assert_eq!(read, error(b"x", ErrorKind::Digit));
    let read: Read<'_> = prefix(Leb128).parse(&[0x80, 0]);
    assert_eq!(read, error(&[0], ErrorKind::Verify));
    let read: Read<'_> = prefix(Decimal).parse(b"99999999999999999999:");
    assert_eq!(read, error(b"9:", ErrorKind::TooLarge));
    let data: IResult<&[u8], &[u8]> = length_data(QuicVarint).parse(&[0x40]);
    assert_eq!(data, Err(Err::Incomplete(Needed::new(1))));
    let data: IResult<&[u8], &[u8]> = length_data(Leb128).parse_complete(&[2, 1]);
    assert_eq!(data, Err(Err::Error(nom::error::Error { input: &[1][..], code: ErrorKind::Eof })));
    // An absurd length is only a length.
    let announced = QuicVarint.write((1 << 62) - 1).unwrap();
    let data: IResult<&[u8], &[u8]> = length_data(QuicVarint).parse(&announced);
    assert!(matches!(data, Err(Err::Incomplete(_)) | Err(Err::Error(_))));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_prefix_parses_as_it_is_read(bytes in prop::collection::vec(any::<u8>(), 0..12)) {
        let parsed: Read<'_> = prefix(QuicVarint).parse(&bytes);
        match QuicVarint.read(&bytes).unwrap() {
            length::Scan::Whole { value, size } => {
                prop_assert_eq!(parsed, Ok((&bytes[size..], value)));
            }
            length::Scan::Short { missing } => {
                prop_assert_eq!(parsed, Err(Err::Incomplete(Needed::Size(missing))));
            }
        }
        let parsed: Read<'_> = prefix(Leb128).parse(&bytes);
        prop_assert_eq!(parsed.is_ok(), matches!(Leb128.read(&bytes), Ok(length::Scan::Whole { .. })));
    }

    #[test]
    fn laws_hold_for_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..60), max in 1..20_usize) {
        laws::stage(|| streaming(owned_field).max(max)).fuzz(&bytes);
        laws::stage(|| lending(field).trust_needed().max(max)).fuzz(&bytes);
        laws::stage(|| streaming(netstring)).fuzz(&bytes);
        laws::stage(|| body(length::u8(), fields)).fuzz(&bytes);
    }
}
