//! Stages confined to bytes or to records.

use core::{convert::Infallible, num::NonZeroUsize};
use segue::combine::repeat;
use segue::{
    Buffer, Cause, Decode, DecodeExt, Fault, Framing, Need, Output, Record, Step, laws, length,
    separator,
};

#[test]
fn limit_does_not_depend_on_what_has_arrived() {
    laws::stage(|| separator::line().limit(6))
        .accepts([&b"12345\n\n123\n"[..], b""])
        .too_long([&b"12345\n123456\n"[..], b"1234567", b"123456789\n"])
        .limit(7)
        .check();
    laws::stage(|| length::u8().limit(4)).too_long([&b"\x03abc\x04abcd"[..]]).check();
    // A complete record that is too long is refused where an incomplete one is.
    for input in [&b"12\n123456\n"[..], b"12\n1234567"] {
        let trace = laws::observe(separator::line().limit(6), input, &[]);
        let fault = trace.fault().unwrap().clone();
        assert_eq!((fault.at, fault.too_long, fault.fatal), (9, true, true), "{trace}");
    }
    laws::stage(|| length::rest().limit(3))
        .accepts([b"in pieces"])
        .in_pieces()
        .ends_anywhere()
        .check();
}

#[test]
fn limit_waits_for_no_more_than_the_first_byte_too_many() {
    let mut stage = length::u32_be().limit(100);
    let frame = stage.frame(b"\x00\x00\xff\xff", false).unwrap();
    assert_eq!(frame, Framing::Need(Need::exactly(97)));
    let mut stage = length::u8().limit(100);
    assert_eq!(stage.frame(b"\x09", false).unwrap(), Framing::need(9));
}

#[test]
fn take_is_exact() {
    laws::stage(|| length::u8().take(2))
        .accepts([&b"\x02hi\x00"[..]])
        .refuses([&b""[..], b"\x02hi"])
        .check();
    laws::stage(|| length::u8().take(0)).accepts([b""]).check();
}

#[test]
fn through_ends_with_the_last_and_not_before_it() {
    let commands = || separator::line().through(|line| line.trim_ascii_end() == b"DATA");
    laws::stage(commands)
        .accepts([&b"HELO\r\nDATA\r\n"[..], b"DATA\n", b"NODATA\nDATA\r\n"])
        .check();
    // The end of the stage inside is an end as well, and can be told apart.
    laws::stage(commands).accepts([&b""[..], b"HELO\r\n"]).refuses([&b"HELO\r\nDATA"[..]]).check();
    for (input, is_done) in [(&b"HELO\nDATA\n"[..], true), (b"HELO\n", false)] {
        let (mut buffer, mut stage) = (Buffer::from(input), commands());
        while let Step::Item(_) = buffer.step(&mut stage, true, &mut Output::new()).unwrap() {}
        assert_eq!(stage.is_done(), is_done);
    }
    // A last record that breaks the rules is the last all the same.
    let small = separator::line().try_map(|line| {
        let number = u8::try_from(line.len() * 100);
        number.map_err(|error: core::num::TryFromIntError| Fault::new(error).recoverable())
    });
    let trace = laws::observe(small.through(|line| line.len() > 3), b"ok\nlong\nok\n", &[]);
    assert_eq!((trace.consumed, trace.fault().is_some()), (8, true), "{trace}");
}

#[test]
fn repeat_ends_before_a_round_and_not_in_it() {
    let pairs = || repeat(|| length::u8().take(2));
    laws::stage(pairs)
        .accepts([&b"\x01a\x01b\x00\x00"[..], b""])
        .refuses([&b"\x01a\x01b\x00"[..]])
        .check();
}

#[test]
fn repeat_of_what_never_consumes_is_found_out() {
    let mut stage = repeat(|| ());
    for _ in 0..2 {
        let fault = stage.frame(b"x", false).unwrap_err();
        assert_eq!(fault.cause, Cause::NoProgress);
    }
    // Rounds that consume something may go on for ever, and each may end with a few that do not.
    let mut rounds = 0;
    let stage = move || {
        rounds += 1;
        length::fixed(NonZeroUsize::MIN).take(u64::from(rounds % 10 == 0))
    };
    let input = [b'x'; 1000];
    assert_eq!(laws::observe(repeat(stage), &input, &[]).entries.len(), 1000);
}

#[test]
fn region_is_left_at_its_end() {
    laws::stage(|| length::u8().region(6))
        .accepts([b"\x02hi\x00\x01!"])
        .refuses([&b"\x02hi"[..], b"\x02hi\x05abc", b"\x02hi\x00\x02!"])
        .check();
    // It stops early, and the rest is skipped.
    laws::stage(|| length::u8().take(1).region(8)).accepts([b"\x02hipadPA"]).check();
    laws::stage(|| ().region(3)).accepts([b"pad"]).check();
    laws::stage(|| length::u8().region(0)).accepts([b""]).check();
    laws::stage(|| length::rest().region(9)).accepts([b"in pieces"]).in_pieces().check();
}

#[test]
fn region_claims_what_is_left_of_it() {
    let mut stage = separator::line().region(10);
    let frame = stage.frame(b"1234", false).unwrap();
    assert_eq!(frame, Framing::Need(Need::ONE.claiming(6)));
    // It is never known to need more than there is: at the region's end the verdict falls.
    let mut stage = length::u8().region(10);
    assert_eq!(stage.frame(b"\xff", false).unwrap(), Framing::need(9));
    let fault = stage.frame(b"\xff123456789and more", false).unwrap_err();
    assert_eq!((fault.cause, fault.at), (Cause::Truncated, 10));
    // Regions may be longer than memory, and are skipped all the same.
    let mut stage = ().region(u64::MAX);
    assert!(matches!(stage.frame(b"abc", false).unwrap(), Framing::Absorb(n) if n == 3));
    stage.absorb(Record::from(&mut b"abc".to_owned()[..]), &mut Output::new()).unwrap();
    assert_eq!(stage.left(), u64::MAX - 3);
}

/// Announces more than it is shown.
struct Liar;

impl Decode for Liar {
    type Item<'a> = Record<'a>;
    type Error = Infallible;

    fn frame(&mut self, input: &[u8], _: bool) -> Result<Framing, Fault<Infallible>> {
        Ok(Framing::Record(input.len() + 1))
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Record<'a>, Fault<Infallible>> {
        Ok(record)
    }
}

#[test]
fn a_stage_that_announces_too_much_does_not_get_out() {
    let contract = Err(Fault::from_cause(Cause::Contract));
    assert_eq!(Liar.region(3).frame(b"abcdef", false), contract);
    assert_eq!(Liar.limit(3).frame(b"abcdef", false), contract);
    assert_eq!(Liar.limit(9).frame(b"abcdef", false), contract);
    let mut carried = length::u8().nested(Liar);
    let fault =
        Buffer::from(&b"\x01a"[..]).step(&mut carried, false, &mut Output::new()).unwrap_err();
    assert_eq!((fault.cause, fault.layer), (Cause::Contract, 1));
}
