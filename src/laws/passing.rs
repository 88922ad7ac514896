//! L11 of a stage made of another one: what the inner one tells, the outer one passes on.

use std::{any::type_name, time::Duration};

use super::{Law, report::escaped};
use crate::{Buffer, Decode, Moment, Output, Say, Step};

/// L11: a stage made of another one passes on what that one tells beside its items: what it
/// [says](Decode::speak) and when it wants to speak again, its [progress](Decode::progress) and its
/// [residue](Decode::residue).
///
/// A forgotten forward compiles and is silent: the inner stage is never let speak, and its peer
/// waits for ever. So a `wrapped` stage is held against the `plain` one in it over each of `inputs`,
/// behind each item. Items may differ; where one of the two stands behind an item and the other does
/// not, nothing is compared.
///
/// ```
/// use segue::{Decode, DecodeExt, Fault, Framing, Record, Say, laws, length::{Prefixed, U8, u8}};
///
/// /// Records behind their length, each of which lets it say a byte.
/// struct Credit(Prefixed<U8>, usize);
///
/// impl Decode for Credit {
///     type Item<'a> = Record<'a>;
///     type Error = segue::length::Error;
///
///     fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Self::Error>> {
///         self.0.frame(input, eof)
///     }
///
///     fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Record<'a>, Fault<Self::Error>> {
///         self.1 += 1;
///         self.0.parse(record)
///     }
///
///     fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<Self::Error>> {
///         let count = self.1.min(say.room());
///         self.1 -= count;
///         say.output().put(&vec![b'+'; count]);
///         Ok(())
///     }
/// }
///
/// let plain = || Credit(u8(), 0);
/// laws::passes_on(plain, || plain().take(9), [&b"\x02hi\x00"[..], b"\x01!"]);
/// ```
///
/// # Panics
/// If something is not passed on, with a report; and if `plain` tells nothing over all of `inputs`,
/// which would prove nothing.
#[track_caller]
pub fn passes_on<D, W, I>(
    mut plain: impl FnMut() -> D,
    mut wrapped: impl FnMut() -> W,
    inputs: impl IntoIterator<Item = I>,
) where
    D: Decode,
    W: Decode,
    I: AsRef<[u8]>,
{
    let mut compared = false;
    for input in inputs {
        let input = input.as_ref();
        let theirs = told(wrapped(), input);
        for (position, plain) in told(plain(), input) {
            let Some((_, wrapped)) = theirs.iter().find(|(at, _)| *at == position) else {
                continue;
            };
            compared |= plain != Told::default();
            assert!(
                plain == *wrapped,
                "{} is broken by {}\n  input: {}\n  at {position}: {plain:?} of {}\n  is passed on as {wrapped:?}",
                Law::L11,
                type_name::<W>(),
                escaped(input),
                type_name::<D>(),
            );
        }
    }
    assert!(compared, "{} tells nothing that could be passed on", type_name::<D>());
}

/// What a stage tells beside its items.
#[derive(Debug, Default, PartialEq)]
struct Told {
    said: Vec<u8>,
    wakes_after: Option<Duration>,
    progress: u64,
    residue: (usize, usize),
    fails: bool,
}

/// What `stage` tells behind each item of `input`, by the position behind it.
fn told<D: Decode>(mut stage: D, input: &[u8]) -> Vec<(u64, Told)> {
    const NOW: Duration = Duration::from_secs(1000);
    let (mut buffer, mut output) = (Buffer::from(input), Output::new());
    let mut all = Vec::<(u64, Told)>::new();
    while matches!(buffer.step(&mut stage, true, &mut output), Ok(Step::Item(_))) {
        let position = buffer.position();
        if all.last().is_some_and(|(last, _)| *last == position) {
            // Behind an item of no bytes, which the other may not have.
            continue;
        }
        output.clear();
        let mut moment = Moment::at(NOW);
        let fails = stage.speak(&mut Say::new(&mut output, 100, &mut moment)).is_err();
        let said = output.to_vec();
        output.clear();
        let wakes_after = moment.wake_at().map(|at| at.saturating_sub(NOW));
        let (progress, residue) = (stage.progress(), stage.residue());
        all.push((position, Told { said, wakes_after, progress, residue, fails }));
    }
    all
}
