//! The ways to pull a stage of segue.

use segue::{Buffer, Decode, Output, Record, Step};

use super::{names, see, see_owned};
use crate::Contender;

/// A stage whose items are records.
pub(super) trait Stage: for<'a> Decode<Item<'a> = Record<'a>> + 'static {}
impl<D: for<'a> Decode<Item<'a> = Record<'a>> + 'static> Stage for D {}

/// Lent one after the other by `Buffer::records`.
pub(super) fn records(input: &[u8], stage: impl Stage) -> Contender<'_> {
    lent(names::RECORDS, input, stage, see)
}

/// As [`records`], made a `String` each.
pub(super) fn strings(input: &[u8], stage: impl Stage) -> Contender<'_> {
    lent(names::STRING, input, stage, |record| {
        if let Ok(line) = std::str::from_utf8(record) {
            see_owned(String::from(line));
        }
    })
}

fn lent<'i>(
    name: &'static str,
    input: &'i [u8],
    mut stage: impl Stage,
    mut see: impl FnMut(&[u8]) + 'i,
) -> Contender<'i> {
    let (mut buffer, mut output) = (Buffer::from(input), Output::new());
    Contender::new(name, move || {
        receive_again(&mut buffer, input.len());
        let mut records = buffer.records(&mut stage, false, &mut output);
        let mut count = 0;
        while let Ok(Step::Item(record)) = records.next() {
            see(&record);
            count += 1;
        }
        count
    })
}

/// Lent by `Buffer::step`.
pub(super) fn step(input: &[u8], mut stage: impl Stage) -> Contender<'_> {
    let (mut buffer, mut output) = (Buffer::from(input), Output::new());
    Contender::new(names::STEP, move || {
        receive_again(&mut buffer, input.len());
        let mut count = 0;
        while let Ok(Step::Item(record)) = buffer.step(&mut stage, false, &mut output) {
            see(&record);
            count += 1;
        }
        count
    })
}

/// Taken by `Buffer::step` as `Bytes`: short ones copied, long ones sharing the buffer's storage.
pub(super) fn owned(input: &[u8], mut stage: impl Stage) -> Contender<'_> {
    let mut output = Output::new();
    Contender::refilled(
        names::OWNED,
        Buffer::new(),
        move |buffer| buffer.extend(input),
        move |buffer| {
            let mut count = 0;
            while let Ok(Step::Item(record)) = buffer.step(&mut stage, false, &mut output) {
                see_owned(record.into_bytes());
                count += 1;
            }
            count
        },
    )
}

/// Makes a buffer hold what it held before, as if that had been read into it at no cost: what was
/// consumed is still where it was received, and is committed once more.
#[inline]
pub(super) fn receive_again(buffer: &mut Buffer, length: usize) {
    let left = buffer.len();
    buffer.consume(left);
    buffer.reserve(length);
    buffer.commit(length);
}
