//! Refused records, with the reason and the place.

use segue::length::{self, Error, Prefix, Prefixed};
use segue::{Buffer, Cause, Decode, Fault, Framing, Output, Record, Step};

fn frame<P: Prefix>(mut stage: Prefixed<P>, input: &[u8]) -> Result<Framing, Fault<Error>> {
    stage.frame(input, false)
}

#[track_caller]
fn refuses<P: Prefix>(stage: Prefixed<P>, input: &[u8], cause: Cause<Error>, at: u64) {
    let fault = frame(stage, input).unwrap_err();
    assert_eq!((fault.cause, fault.at, fault.fatal), (cause, at, true));
}

#[test]
fn an_announcement_over_the_limit_is_refused_before_any_payload() {
    refuses(length::u16_be().max(0x10), b"\x00\x11", Cause::TooLong, 0);
    assert_eq!(frame(length::u16_be().max(0x10), b"\x00\x10"), Ok(Framing::need(0x10)));
    refuses(length::u16_be().offset(2).max(0x10), b"ab\x00\x11", Cause::TooLong, 2);
    refuses(length::u32_be(), b"\x00\x80\x00\x01", Cause::TooLong, 0);
    assert_eq!(frame(length::u32_be(), b"\x00\x80\x00\x00"), Ok(Framing::need(8 << 20)));
    refuses(length::u64_le(), &[0xff; 8], Cause::TooLong, 0);
    // The limit is on what is behind the header, whatever the length counts.
    assert_eq!(frame(length::u8().max(4).counts_itself(), b"\x05"), Ok(Framing::need(4)));
    refuses(length::u8().max(4).counts_itself(), b"\x06", Cause::TooLong, 0);
}

#[test]
fn no_limit_is_so_great_that_sums_overflow() {
    let huge = || length::u64_be().max(usize::MAX);
    refuses(huge(), &[0xff; 8], Cause::TooLong, 0);
    refuses(huge().adjust(i32::MAX), &[0xff; 8], Cause::TooLong, 0);
    refuses(huge().adjust(i32::MIN), &[0xff; 8], Cause::TooLong, 0);
    refuses(huge().adjust(8), &[0x80, 0, 0, 0, 0, 0, 0, 0], Cause::TooLong, 0);
    refuses(huge().adjust(-8), &[0x80, 0, 0, 0, 0, 0, 0, 0], Cause::TooLong, 0);
    let ceiling = usize::MAX / 4;
    let greatest = (ceiling as u64).to_be_bytes();
    assert_eq!(frame(huge(), &greatest), Ok(Framing::need(ceiling)));
    refuses(huge(), &(ceiling as u64 + 1).to_be_bytes(), Cause::TooLong, 0);
    refuses(huge().adjust(1), &greatest, Cause::TooLong, 0);
    assert_eq!(frame(huge().adjust(-1), &greatest), Ok(Framing::need(ceiling - 1)));
    // Everything at its greatest at once.
    let adjust = i32::try_from(ceiling).unwrap_or(i32::MAX);
    let stage = huge().offset(u16::MAX).adjust(adjust);
    let mut header = vec![0; usize::from(u16::MAX)];
    header.extend((ceiling as u64 - u64::from(adjust.unsigned_abs())).to_be_bytes());
    assert_eq!(frame(stage, &header), Ok(Framing::need(ceiling)));
}

#[test]
fn a_length_below_what_it_counts_is_refused() {
    refuses(length::u16_be().counts_itself(), b"\x00\x01", Cause::Stage(Error::TooSmall), 0);
    assert_eq!(frame(length::u16_be().counts_itself(), b"\x00\x02"), Ok(Framing::Record(2)));
    let tpkt = || length::u16_be().offset(2).counts_header();
    refuses(tpkt(), b"\x03\x00\x00\x03", Cause::Stage(Error::TooSmall), 2);
    assert_eq!(frame(tpkt(), b"\x03\x00\x00\x04"), Ok(Framing::Record(4)));
    refuses(length::u32_le().adjust(-5), b"\x04\0\0\0", Cause::Stage(Error::TooSmall), 0);
    refuses(length::leb128().counts_itself(), b"\x80\x00", Cause::Stage(Error::NotMinimal), 1);
    refuses(length::leb128_padded().counts_itself(), b"\x81\x00", Cause::Stage(Error::TooSmall), 0);
    assert_eq!(frame(length::leb128_padded().counts_itself(), b"\x82\x00"), Ok(Framing::Record(2)));
}

#[test]
fn a_fault_in_the_prefix_is_placed_behind_the_offset() {
    refuses(length::decimal().offset(3), b"abc1x", Cause::Stage(Error::NotADigit(b'x')), 4);
    refuses(length::ber().offset(1), b"\x30\x80", Cause::Stage(Error::Indefinite), 1);
    refuses(length::der().offset(1), b"\x30\x81\x01", Cause::Stage(Error::NotMinimal), 1);
}

#[test]
fn needs_are_exact_as_soon_as_they_can_be() {
    let stage = || length::u32_be().offset(3);
    assert_eq!(frame(stage(), b""), Ok(Framing::need(7)));
    assert_eq!(frame(stage(), b"abc\0"), Ok(Framing::need(3)));
    assert_eq!(frame(stage(), b"abc\0\0\0\x02x"), Ok(Framing::need(1)));
    assert_eq!(frame(length::quic_varint().offset(1), b""), Ok(Framing::need(2)));
    assert_eq!(frame(length::quic_varint().offset(1), b"a\xc0"), Ok(Framing::need(7)));
}

#[test]
fn a_stream_ends_between_records_only() {
    let ended = |input: &[u8]| length::u16_be().offset(1).frame(input, true);
    assert_eq!(ended(b""), Ok(Framing::Done));
    for partial in [&b"a"[..], b"a\0", b"a\0\x02", b"a\0\x02x"] {
        assert!(matches!(ended(partial), Ok(Framing::Need(_))));
    }
    assert_eq!(ended(b"a\0\x02xy"), Ok(Framing::Record(5)));
}

#[test]
fn a_record_shorter_than_what_is_stripped_is_passed_over() {
    let mut buffer = Buffer::from(&b"\x00\x03abc\x01d"[..]);
    let mut stage = length::u8().strip(2);
    let mut output = Output::new();
    let fault = buffer.step(&mut stage, true, &mut output).map(drop).unwrap_err();
    assert_eq!((fault.cause, fault.at, fault.fatal), (Cause::Stage(Error::TooSmall), 0, false));
    let mut items = Vec::new();
    while let Step::Item(record) = buffer.step(&mut stage, true, &mut output).unwrap() {
        items.push(record.to_vec());
    }
    assert_eq!(items, [b"bc".to_vec(), b"".to_vec()]);
}

#[test]
fn records_of_nothing_are_records() {
    let mut buffer = Buffer::from(&[0; 1000][..]);
    let mut stage = length::u8();
    let mut output = Output::new();
    let mut records = buffer.records(&mut stage, true, &mut output);
    let mut count = 0;
    while let Step::Item(record) = records.next().unwrap() {
        assert!(record.is_empty());
        count += 1;
    }
    assert_eq!(count, 1000);
}

#[test]
fn one_payload_and_no_second() {
    for size in [0, 3] {
        let mut stage = length::payload(size);
        assert_eq!(stage.frame(b"abcd", false), Ok(Framing::Record(size)));
        let mut bytes = vec![0; size];
        assert_eq!(stage.parse(Record::from(&mut bytes[..])).unwrap().len(), size);
        assert_eq!(stage.frame(b"d", false), Ok(Framing::Done));
    }
}

#[test]
fn pieces_longer_than_memory() {
    let mut stage = length::pieces(u64::MAX).max_piece(2);
    let Ok(Framing::Need(need)) = stage.frame(b"", false) else { panic!() };
    assert_eq!((need.at_least.get(), need.claim), (1, usize::MAX));
    assert_eq!(stage.frame(b"abc", false), Ok(Framing::Record(2)));
    stage.parse(Record::from(&mut [1, 2][..])).unwrap();
    assert_eq!(stage.left(), u64::MAX - 2);
}

#[test]
fn errors_say_what_is_wrong() {
    let fault = frame(length::decimal(), b"\x01").unwrap_err();
    assert_eq!(fault.to_string(), "at byte 0: 0x01 is neither a digit nor a colon");
    for error in [
        Error::NotMinimal,
        Error::Overflow,
        Error::Indefinite,
        Error::Reserved,
        Error::TooSmall,
        Error::NoComma(0),
        Error::Malformed,
    ] {
        assert!(error.to_string().len() > 10);
    }
}
