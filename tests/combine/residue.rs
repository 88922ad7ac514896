//! Bytes inside a stage, counted through every combinator.

use core::convert::Infallible;
use segue::combine::{Either, Erased, Lent, Skim, Skimmed, Verdict, choice, repeat, skip_oversize};
use segue::{Buffer, Decode, DecodeExt, Fault, Framing, Output, Record, Step, length};

use crate::{chunks::Chunks, nested::Questions};

/// A record of one byte after the other, and bytes inside all along.
struct Holding;

const HELD: (usize, usize) = (3, 5);

impl Decode for Holding {
    type Item<'a> = Record<'a>;
    type Error = Infallible;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Infallible>> {
        Ok(match input {
            [] if eof => Framing::Done,
            [] => Framing::need(1),
            _ => Framing::Record(1),
        })
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Record<'a>, Fault<Infallible>> {
        Ok(record)
    }

    fn residue(&self) -> (usize, usize) {
        HELD
    }
}

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

/// Asks the stage for its first record, and then for its residue.
fn after_one<D: Decode>(mut stage: D) -> (usize, usize) {
    let (mut buffer, mut output) = (Buffer::from(&b"x"[..]), Output::new());
    assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Item(_))));
    stage.residue()
}

#[test]
fn every_combinator_tells_what_the_stages_in_it_hold() {
    let residues = [
        ("&mut", after_one(&mut Holding)),
        ("map", after_one(Holding.map(|record: Record<'_>| record.len()))),
        ("owned", after_one(Holding.owned())),
        (
            "try_map",
            after_one(
                Holding.try_map(|record: Record<'_>| Ok::<_, Fault<Infallible>>(record.len())),
            ),
        ),
        ("map_err", after_one(Holding.map_err(Some))),
        ("absorbing", after_one(Holding.absorbing(|_| false))),
        ("limit", after_one(Holding.limit(9))),
        ("skip_oversize", after_one(skip_oversize(Holding, 9))),
        ("take", after_one(Holding.take(9))),
        ("through", after_one(Holding.through(|_| false))),
        ("repeat", after_one(repeat(|| Holding))),
        ("region", after_one(Holding.region(9))),
        ("then, the first", after_one(Holding.then(|_| Ok(Chunks::default())))),
        ("then, the second", after_one(().then(|()| Ok(Holding)))),
        ("switch", after_one(choice(|_, _| Verdict::Pick(())).switch(|()| Ok(Holding)))),
        ("Either, left", after_one(Either::<_, Chunks>::Left(Holding))),
        ("Either, right", after_one(Either::<Chunks, _>::Right(Holding))),
        ("stages!", after_one(OneOf::Held(Holding))),
        ("boxed", after_one(Erased::<Lent, Infallible>::new(Holding))),
    ];
    for (combinator, residue) in residues {
        assert_eq!(residue, HELD, "{combinator}");
    }
    assert_eq!(OneOf::Bytes(length::u8()).residue(), (0, 0), "only the stage that is there");
}

#[test]
fn a_nested_stream_counts_what_was_not_read_and_not_sent() {
    let mut stage = Chunks::default().nested(Questions.take(1));
    let mut buffer = Buffer::from(&b"\x09?abc\nd\nef"[..]);
    let mut output = Output::new();
    assert_eq!(stage.residue(), (0, 0));
    assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Item(_))));
    assert_eq!(stage.residue(), (2, 5), "the two bytes behind the line, and the answer");
    assert!(matches!(buffer.step(&mut stage, false, &mut output), Ok(Step::Done)));
    assert_eq!(stage.residue(), (2, 5));

    // What the two stages hold themselves comes on top.
    let stage = Holding.nested(Holding);
    assert_eq!(stage.residue(), (2 * HELD.0, 2 * HELD.1));
}
