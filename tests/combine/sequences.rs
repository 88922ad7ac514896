//! One stage after another, and decisions by the first bytes.

use core::convert::Infallible;
use segue::combine::{Decision, Either, Slice, choice, prefixes};
use segue::{
    Buffer, Cause, Decode, DecodeExt, Fault, Framing, Need, Output, Record, Step, laws, length,
    separator,
};

/// A line with a number in it, then a payload of so many bytes, then lines again.
fn letter() -> impl for<'a> Decode<
    Item<'a> = Either<Either<usize, Record<'a>>, &'a [u8]>,
    Error = Either<Either<&'static str, Infallible>, Infallible>,
> {
    struct Head(Option<usize>);

    impl Decode for Head {
        type Item<'a> = usize;
        type Error = &'static str;

        fn frame(&mut self, input: &[u8], _: bool) -> Result<Framing, Fault<&'static str>> {
            Ok(match input.iter().position(|&byte| byte == b'\n') {
                _ if self.0.is_some() => Framing::Done,
                Some(at) => Framing::Record(at + 1),
                None => Framing::need(1),
            })
        }

        fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<usize, Fault<&'static str>> {
            let number = core::str::from_utf8(record.trim_ascii()).ok();
            let number = number.and_then(|number| number.parse().ok());
            self.0 = number;
            number.ok_or(Fault::new("no number"))
        }
    }

    Head(None)
        .then(|head| match head.0 {
            Some(length) if length < 100 => Ok(length::payload(length)),
            _ => Err(Fault::new(Either::Left("too much"))),
        })
        .then(|_| Ok(separator::line().map_lent::<Slice, _, _>((), |(), line| line.into_slice())))
}

#[test]
fn then_hands_over_what_was_read_too_far() {
    laws::stage(letter)
        .accepts([&b"5\nhello\nworld\n"[..], b"0\n", b"3\nabcx\n"])
        .refuses([&b"x\n"[..], b"100\nhello", b"5\nhell"])
        .check();
    // At whatever place the first read ends.
    let input = b"5\nhello\nworld\nrest";
    for cut in 0..=input.len() {
        let trace = laws::observe(letter().take(4), input, &[cut]);
        assert_eq!((trace.end, &trace.left[..]), (laws::End::Done, &b"rest"[..]), "cut at {cut}");
    }
}

#[test]
fn a_hand_over_that_fails_is_where_the_first_stage_ended() {
    let trace = laws::observe(letter(), b"100\nhello", &[]);
    assert!(matches!(trace.end, laws::End::Fault(fault) if fault.at == 4 && fault.fatal));
    // And it is fatal even if its author says otherwise, since there is no stage to go on with.
    let mut stage =
        ().then(|()| -> Result<(), _> { Err(Fault::from_cause(Cause::TooLong).recoverable()) });
    assert!(stage.frame(b"", false).unwrap_err().fatal);
    assert!(stage.frame(b"", false).unwrap_err().fatal);
    assert!(stage.into_stage().is_none());
}

#[test]
fn choice_consumes_and_claims_nothing() {
    let tls = || {
        choice(|input, _| match *input {
            [] => Decision::MORE,
            [first, ..] => Decision::Pick(first == 0x16),
        })
    };
    laws::stage(tls).refuses([b""]).check();
    for (input, picked) in [(&b"\x16\x03"[..], true), (b"GET", false)] {
        let mut buffer = Buffer::from(input);
        let mut stage = tls();
        let mut output = Output::new();
        assert_eq!(buffer.step(&mut stage, false, &mut output), Ok(Step::Item(picked)));
        assert_eq!(buffer.step(&mut stage, false, &mut output), Ok(Step::Done));
        assert_eq!((buffer.as_slice(), stage.into_picked()), (input, Some(picked)));
    }
}

#[test]
fn the_longest_prefix_wins_as_early_as_can_be() {
    let table = [(&b"GET"[..], 1_u8), (b"GETAWAY", 2), (b"GE", 3), (b"", 4), (b"GET", 5)];
    let verdict = |input: &[u8], eof| match prefixes(table).otherwise(9).frame(input, eof) {
        Ok(Framing::Need(need)) => {
            assert_eq!(need, Need::LOOK);
            None
        }
        frame => {
            assert_eq!(frame, Ok(Framing::Record(0)));
            let trace = laws::observe(prefixes(table).otherwise(9), input, &[]);
            Some(trace.entries[0].to_string())
        }
    };
    let cases: [(&[u8], bool, Option<&str>); 12] = [
        (b"", false, None),
        (b"", true, Some("4")),
        (b"G", false, None),
        (b"G", true, Some("4")),
        (b"X", false, Some("4")),
        (b"GE", false, None),
        (b"GE", true, Some("3")),
        (b"GEX", false, Some("3")),
        (b"GETAWA", false, None),
        (b"GETAWA", true, Some("1")),
        (b"GETX", false, Some("1")),
        (b"GETAWAY", false, Some("2")),
    ];
    for (input, eof, expected) in cases {
        assert_eq!(verdict(input, eof).as_deref(), expected, "{}", input.escape_ascii());
    }
    let mut without = prefixes([(b"ab", 1_u8)]).otherwise(9);
    assert_eq!(without.frame(b"b", false), Ok(Framing::Record(0)));
    assert_eq!(without.picked(), Some(&9));
}

#[test]
fn switch_goes_on_as_the_stage_chosen() {
    let stage = || {
        prefixes([(b"\xff\x01", Some(true)), (b"\xff\x02", Some(false)), (b"\xff", None)])
            .otherwise(Some(false))
            .switch(|wide| match wide {
                Some(true) => Ok(Either::Left(length::u16_be().offset(2).keep_header())),
                Some(false) => Ok(Either::Right(length::u8())),
                None => Err(Fault::from_cause(Cause::TooLong).recoverable()),
            })
    };
    laws::stage(stage)
        .accepts([&b"\xff\x01\x00\x02hi"[..], b"\x02hi\x00", b""])
        .refuses([&b"\xff"[..], b"\xff\xff", b"\x02h"])
        .check();
    let mut refused = stage();
    assert!(refused.frame(b"\xff\xff", false).unwrap_err().fatal);
    assert!(refused.frame(b"\xff\xff", false).is_err());
}
