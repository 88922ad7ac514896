//! Over-long records passed over.

use proptest::prelude::*;
use segue::combine::{Measured, Skim, skip_oversize};
use segue::{Buffer, Cause, Fault, Output, Record, Step, laws, length};
use std::fmt::Debug;

use crate::reference::{Counts, Settings};
use crate::{Kind, with_prefix};

#[derive(Debug, PartialEq)]
enum Seen {
    Fits(Vec<u8>),
    TooLong(u64),
    Fault(String, u64),
    Done,
}

/// Feeds the stream in pieces; what is held must never pass `room` bytes after a turn.
fn run<D>(stage: D, max: usize, stream: &[u8], cuts: &[usize], room: usize) -> Vec<Seen>
where
    D: for<'a> Skim<Item<'a> = Record<'a>> + 'static,
    D::Error: Debug,
{
    let mut stage = skip_oversize(stage, max);
    let (mut buffer, mut output) = (Buffer::new(), Output::new());
    let mut seen = Vec::new();
    let mut start = 0;
    for turn in 0..=cuts.len() {
        let last = turn == cuts.len();
        let cut = if last { stream.len() } else { cuts[turn] };
        buffer.extend(&stream[start..cut]);
        start = cut;
        for eof in [false, true] {
            if eof && !last {
                continue;
            }
            loop {
                match buffer.step(&mut stage, eof, &mut output) {
                    Ok(Step::Item(Measured::Fits(record))) => {
                        seen.push(Seen::Fits(record.to_vec()));
                    }
                    Ok(Step::Item(Measured::TooLong { bytes })) => seen.push(Seen::TooLong(bytes)),
                    Ok(Step::Need(_)) => break,
                    Ok(Step::Done) => {
                        if eof {
                            seen.push(Seen::Done);
                        }
                        break;
                    }
                    Err(Fault { cause, at, .. }) => {
                        seen.push(Seen::Fault(format!("{cause:?}"), at));
                        return seen;
                    }
                }
            }
            assert!(buffer.len() <= room, "{} bytes held", buffer.len());
        }
    }
    seen
}

/// Returns the expected result.
fn expect(settings: &Settings, max: usize, stream: &[u8]) -> Vec<Seen> {
    let mut seen = Vec::new();
    let mut at = 0;
    while at < stream.len() {
        let Ok(delimited) = settings.delimit(&stream[at..]) else {
            seen.push(Seen::Fault("Truncated".into(), stream.len() as u64));
            return seen;
        };
        let rest = usize::try_from(delimited.rest).unwrap();
        let Some(record) = stream.get(at..at + delimited.header + rest) else {
            seen.push(Seen::Fault("Truncated".into(), stream.len() as u64));
            return seen;
        };
        seen.push(if rest > max {
            Seen::TooLong(rest as u64)
        } else {
            Seen::Fits(record[delimited.header..].to_vec())
        });
        at += record.len();
    }
    seen.push(Seen::Done);
    seen
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn records_are_kept_or_counted(
        kind in (0..Kind::ALL.len()).prop_map(|index| Kind::ALL[index]),
        offset in 0..3_u16,
        counts in prop_oneof![Just(Counts::Nothing), Just(Counts::Itself), Just(Counts::Header)],
        sizes in prop::collection::vec(0..60_usize, 0..6),
        max in 0..50_usize,
        missing in prop_oneof![2 => Just(0), 1 => 0..30_usize],
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let settings = Settings { offset, counts, ..Settings::plain(kind) };
        let mut stream = sizes
            .iter()
            .flat_map(|&size| settings.record(&vec![0x42; size]).unwrap())
            .collect::<Vec<_>>();
        stream.truncate(stream.len().saturating_sub(missing));
        let mut cuts = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect::<Vec<_>>();
        cuts.sort_unstable();
        let room = usize::from(offset) + 21 + max;
        let seen = with_prefix!(kind, prefix => {
            run(settings.build(prefix), max, &stream, &cuts, room)
        });
        prop_assert_eq!(seen, expect(&settings, max, &stream));
    }
}

#[test]
fn netstrings_are_passed_over_with_their_comma() {
    let stream = b"3:abc,10:0123456789,2:de,";
    let expected = || {
        vec![Seen::Fits(b"abc".to_vec()), Seen::TooLong(10), Seen::Fits(b"de".to_vec()), Seen::Done]
    };
    for cut in 0..=stream.len() {
        assert_eq!(run(length::netstring(), 5, stream, &[cut], 9), expected());
    }
    let every = (0..stream.len()).collect::<Vec<_>>();
    assert_eq!(run(length::netstring(), 5, stream, &every, 9), expected());
    for cut in 0..14 {
        let seen = run(length::netstring(), 5, b"10:0123456789;", &[cut], 9);
        assert_eq!(seen, [Seen::Fault("Stage(NoComma(59))".into(), 13)]);
    }
}

#[test]
fn a_record_longer_than_any_stream_is_passed_over_in_no_memory() {
    let mut stage = skip_oversize(length::u64_be(), 100);
    let (mut buffer, mut output) = (Buffer::new(), Output::new());
    buffer.extend(&u64::MAX.to_be_bytes()[..]);
    // Header and rest together pass 64 bits: that cannot be counted.
    let fault = buffer.step(&mut stage, false, &mut output).map(drop).unwrap_err();
    assert_eq!((fault.cause, fault.at), (Cause::Stage(length::Error::Overflow), 0));

    let mut stage = skip_oversize(length::u64_be(), 100);
    let mut buffer = Buffer::new();
    buffer.extend(&(u64::MAX - 8).to_be_bytes()[..]);
    for _ in 0..100 {
        buffer.extend(&[0; 1000]);
        assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Need(_))));
        assert!(buffer.is_empty());
    }
    let fault = buffer.step(&mut stage, true, &mut output).map(drop).unwrap_err();
    assert_eq!(fault.cause, Cause::Truncated);
}

#[test]
fn over_long_records_keep_the_laws() {
    for kind in Kind::ALL {
        let settings = Settings { offset: 1, ..Settings::plain(kind) };
        let [short, full, over, long] =
            [0, 20, 21, 120].map(|size| settings.record(&vec![0x42; size]).unwrap());
        let header = long.len() - 120;
        with_prefix!(kind, prefix => {
            laws::stage(|| skip_oversize(settings.build(prefix), 20))
                .accepts([
                    long.clone(),
                    [&over[..], &full].concat(),
                    [&short[..], &long, &long, &full, &over].concat(),
                ])
                .refuses([long[..100].to_vec(), [&long[..], &full[..9]].concat()])
                .limit(header + 20)
                .check();
        });
    }
    laws::stage(|| skip_oversize(length::netstring(), 5))
        .accepts(["6:abcdef,", "5:abcde,10:0123456789,0:,"])
        .refuses(["6:abcdef;", "6:abcde", "6:abcdef", "10:0123456789;"])
        .check();
}
