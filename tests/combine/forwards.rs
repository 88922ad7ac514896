//! The calls that every combinator passes on: speaking, progress, and residue.

use core::convert::Infallible;
use segue::combine::{
    Decision, Either, Erased, Lent, Skim, Skimmed, choice, repeat, skip_oversize,
};
use segue::{Buffer, Decode, DecodeExt, Fault, Moment, Output, Record, Say, Step, laws, length};
use std::time::Duration;

use crate::{
    chunks::Chunks,
    holding::{HELD, Holding},
    nested::Questions,
};

impl Skim for Holding {
    fn skim(&mut self, input: &[u8], eof: bool, _: usize) -> Result<Skimmed, Fault<Infallible>> {
        self.frame(input, eof).map(Skimmed::Framing)
    }

    fn pass(&mut self, _: Skimmed) {}
}

segue::stages! {
    enum OneOf { Held(Holding), Bytes(length::Prefixed<length::U8>) }
    enum OneItem<'a>;
    enum OneError;
}

/// The values that a stage has passed on: its residue, its progress, its output, and the time at
/// which it wants to speak again.
type Passed = ((usize, usize), u64, Vec<u8>, Option<Duration>);

/// Asks the stage for its first record, and then for what it passes on.
fn after_one<D: Decode>(mut stage: D) -> Passed {
    let (mut buffer, mut output) = (Buffer::from(&b"x"[..]), Output::new());
    assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Item(_))));
    let mut moment = Moment::at(Duration::from_secs(5));
    assert!(stage.speak(&mut Say::new(&mut output, 1024, &mut moment)).is_ok());
    (stage.residue(), stage.progress(), output.to_vec(), moment.wake_at())
}

#[test]
fn every_combinator_passes_on_what_the_stages_in_it_tell() {
    /// Checks the values that a stage made of `Holding` passes on, and the law.
    macro_rules! passed {
        ($($combinator:literal: $stage:expr,)*) => {[$({
            laws::passes_on(|| Holding, || $stage, [&b"xyz"[..]]);
            ($combinator, after_one($stage))
        }),*]};
    }
    let passed = passed![
        "map": Holding.map(|record: Record<'_>| record.len()),
        "owned": Holding.owned(),
        "try_map": Holding.try_map(|record: Record<'_>| Ok::<_, Fault<Infallible>>(record.len())),
        "map_err": Holding.map_err(Some),
        "absorbing": Holding.absorbing(|_| false),
        "limit": Holding.limit(9),
        "skip_oversize": skip_oversize(Holding, 9),
        "take": Holding.take(9),
        "through": Holding.through(|_| false),
        "repeat": repeat(|| Holding),
        "region": Holding.region(9),
        "then, the first": Holding.then(|_| Ok(Chunks::default())),
        "then, the second": ().then(|()| Ok(Holding)),
        "switch": choice(|_, _| Decision::Pick(())).switch(|()| Ok(Holding)),
        "Either, left": Either::<_, Chunks>::Left(Holding),
        "Either, right": Either::<Chunks, _>::Right(Holding),
        "stages!": OneOf::Held(Holding),
        "boxed": Erased::<Lent, Infallible>::new(Holding),
    ];
    let passed = passed.into_iter().chain([("&mut", after_one(&mut Holding))]);
    for (combinator, passed) in passed {
        let expected = (HELD, 7, b"said".to_vec(), Some(Duration::from_secs(6)));
        assert_eq!(passed, expected, "{combinator}");
    }
    assert_eq!(OneOf::Bytes(length::u8()).residue(), (0, 0), "only the stage that is there");
}

#[test]
fn a_nested_stream_counts_what_was_not_read_and_not_sent() {
    let mut stage = Chunks::default().nested(Questions.take(1)).keeping_answers();
    let mut buffer = Buffer::from(&b"\x09?abc\nd\nef"[..]);
    let mut output = Output::new();
    assert_eq!(stage.residue(), (0, 0));
    assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Item(_))));
    assert_eq!(stage.residue(), (2, 5), "the two bytes behind the line, and the answer");
    assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Done)));
    assert_eq!(stage.residue(), (2, 5));

    // The two stages' own bytes come on top.
    let stage = Holding.nested(Holding);
    assert_eq!((stage.residue(), stage.progress()), ((2 * HELD.0, 2 * HELD.1), 14));
}
