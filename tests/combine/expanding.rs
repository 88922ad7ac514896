//! Few bytes outside that carry many inside: what pays for it, and what is stopped.

use segue::{
    Buffer, Cause, Decode, DecodeExt, Fault, Framing, Output, Record, Step, laws, length, separator,
};
use std::convert::Infallible;

use crate::expanders::{Endless, Inflate, Repeats, deflated};

/// Counts the items by `step`, and returns the fault that ended them as well.
fn by_step<D: Decode>(mut stage: D, input: &[u8]) -> (usize, Option<Fault<D::Error>>) {
    let (mut buffer, mut output) = (Buffer::from(input), Output::new());
    let mut count = 0;
    loop {
        match buffer.step(&mut stage, true, &mut output) {
            Ok(Step::Item(_)) => count += 1,
            Ok(_) => return (count, None),
            Err(fault) => return (count, Some(fault)),
        }
    }
}

/// The same by `records`.
fn by_records<D: Decode>(mut stage: D, input: &[u8]) -> (usize, Option<Fault<D::Error>>) {
    let (mut buffer, mut output) = (Buffer::from(input), Output::new());
    let mut records = buffer.records(&mut stage, true, &mut output);
    let mut count = 0;
    loop {
        match records.next() {
            Ok(Step::Item(_)) => count += 1,
            Ok(_) => return (count, None),
            Err(fault) => return (count, Some(fault)),
        }
    }
}

#[test]
fn four_bytes_carry_two_hundred_lines() {
    let stage = || Repeats::default().nested(separator::line());
    assert_eq!(by_step(stage(), b"\x64\n\x64\n"), (200, None));
    assert_eq!(by_records(stage(), b"\x64\n\x64\n"), (200, None));
    laws::stage(stage)
        .accepts([&b"\x64\n\x64\n"[..], b"\x09x\x02\n\xff\n\x01\n", b"\x00\n\x00x"])
        .refuses([&b"\x64\n\x01x"[..], b"\x64\n\x01"])
        .check();
}

#[test]
fn a_deflate_stream_carries_a_hundred_thousand_lines() {
    let lines = deflated(&b"\n".repeat(100_000));
    assert!(lines.len() < 150, "{} bytes", lines.len());
    let stage = || Inflate::new().nested(separator::line());
    assert_eq!(by_step(stage(), &lines), (100_000, None));
    assert_eq!(by_records(stage(), &lines), (100_000, None));

    // And what is deflated twice is a few bytes.
    let twice = deflated(&deflated(&b"\n".repeat(1_000_000)));
    assert!(twice.len() < 100, "{} bytes", twice.len());
    let stage = || Inflate::new().nested(Inflate::new()).nested(separator::line());
    assert_eq!(by_step(stage(), &twice), (1_000_000, None));
    let stage = || Inflate::new().nested(Inflate::new().nested(separator::line()));
    assert_eq!(by_records(stage(), &twice), (1_000_000, None));

    // Long lines as well: records of no bytes outside bring no record inside for long.
    let long = deflated(&[&b"x".repeat(60_000)[..], b"\n"].concat().repeat(20));
    for most in [1, 7, 1024] {
        let stage = || Inflate::in_pieces(most).nested(separator::line().max(60_000));
        assert_eq!(by_step(stage(), &long), (20, None));
    }
}

#[test]
fn records_that_carry_nothing_are_paid_for_by_what_they_are_made_of() {
    // Fifty thousand empty records inside, with one that carries a line.
    let records = [&[0; 50_000][..], b"\x03hi\n", &[0; 50_000]].concat();
    let stage = || Inflate::new().nested(length::u8()).nested(separator::line());
    assert_eq!(by_step(stage(), &deflated(&records)), (1, None));
    assert_eq!(by_records(stage(), &deflated(&records)), (1, None));
}

#[test]
fn cuts_do_not_matter_where_a_few_bytes_carry_many() {
    let text = b"abc\n".repeat(700);
    let good = deflated(&text);
    let cut = deflated(&text[..text.len() - 1]);
    laws::stage(|| Inflate::new().nested(separator::line()))
        .accepts([good.clone()])
        .refuses([&cut[..], &good[..good.len() - 1]])
        .check();
    // The bytes behind the deflate stream are left for the next stage.
    let glued = [&good[..], b"next"].concat();
    let trace = laws::observe(Inflate::new().nested(separator::line()), &glued, &[]);
    assert_eq!((trace.entries.len(), &trace.left[..]), (700, &b"next"[..]), "{trace}");
}

#[test]
fn an_inner_stage_that_never_ends_is_stopped_in_its_layer() {
    for absorbs in [false, true] {
        let endless = || Endless::new(absorbs);
        // However much was carried, since what is not consumed pays for nothing.
        for input in [&b"\x01x"[..], b"\x64x\x64x\x64x"] {
            let stage = || Repeats::default().nested(endless());
            for (count, fault) in [by_step(stage(), input), by_records(stage(), input)] {
                let fault = fault.unwrap();
                assert_eq!((fault.cause, fault.layer, fault.at), (Cause::NoProgress, 1, 1));
                assert!(fault.fatal && count <= 64 + 2, "{count}");
            }
        }
        let stage = Repeats::default().nested(Repeats::default().nested(endless()));
        let (_, fault) = by_step(stage, b"\x02\x64");
        assert_eq!(fault.map(|fault| (fault.cause, fault.layer)), Some((Cause::NoProgress, 2)));
    }
}

#[test]
fn an_inner_stage_is_told_apart_from_one_that_owes_items() {
    /// A count in one byte, then as many empty items.
    struct Empties(u8);
    impl Decode for Empties {
        type Item<'a> = ();
        type Error = Infallible;
        fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Infallible>> {
            Ok(match input {
                _ if self.0 > 0 => Framing::Record(0),
                [] if eof => Framing::Done,
                [] => Framing::need(1),
                _ => Framing::Record(1),
            })
        }
        fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<(), Fault<Infallible>> {
            self.0 = record.first().copied().unwrap_or(self.0.wrapping_sub(1));
            Ok(())
        }
    }
    // An empty item for each byte goes on for ever, alone, carried byte by byte, and inflated.
    let input = b"\x01".repeat(50_000);
    assert_eq!(by_step(Empties(0), &input), (100_000, None));
    let carried = input.iter().flat_map(|&byte| [1, byte]).collect::<Vec<_>>();
    assert_eq!(by_step(length::u8().nested(Empties(0)), &carried), (100_000, None));
    let deflated = deflated(&input);
    assert_eq!(by_step(Inflate::new().nested(Empties(0)), &deflated), (100_000, None));
}
