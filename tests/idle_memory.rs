//! Stages with memory of their own hold none while nothing is left in them.

#[path = "support/counting.rs"]
mod counting;

use segue::{
    Buffer, Decode, DecodeExt, Fault, Framing, Output, Record, Step, driver::codec::FromTokio,
    length,
};
use tokio_util::codec::{LengthDelimitedCodec, LinesCodec};

/// Bytes that are still allocated when `stage` has read all of `input` and waits for more.
fn held(mut stage: impl Decode, input: &[u8]) -> isize {
    let before = counting::held();
    let mut output = Output::new();
    let mut buffer = Buffer::from(input);
    while let Ok(Step::Item(_)) = buffer.step(&mut stage, false, &mut output) {}
    assert!(buffer.is_empty(), "{buffer:?}");
    drop(buffer);
    counting::held() - before
}

/// The most bytes that were allocated while `total` bytes of `record` went through `stage` in
/// pieces of a read, beyond those of the input, and how many still are in the end.
fn streamed(mut stage: impl Decode, record: &[u8], total: usize) -> (isize, isize) {
    let piece = record.repeat(16 * 1024 / record.len());
    let mut buffer = Buffer::with_capacity(2 * piece.len());
    let mut output = Output::new();
    output.put(&piece);
    output.clear();
    let before = counting::held();
    let peak = counting::peak(|| {
        for _ in 0..total / piece.len() {
            buffer.extend(&piece);
            while let Ok(Step::Item(_)) = buffer.step(&mut stage, false, &mut output) {}
            assert!(buffer.is_empty(), "{buffer:?}");
            output.clear();
        }
    });
    (peak, counting::held() - before)
}

/// Answers each of its records, which have a length in two bytes, and yields none.
struct Pings;

impl Decode for Pings {
    type Item<'a> = Record<'a>;
    type Error = length::Error;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<length::Error>> {
        Ok(match length::u16_be().frame(input, eof)? {
            Framing::Record(length) => Framing::Absorb(length),
            framing => framing,
        })
    }

    fn absorb(
        &mut self,
        record: Record<'_>,
        answers: &mut Output,
    ) -> Result<(), Fault<length::Error>> {
        answers.put(&record);
        Ok(())
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Record<'a>, Fault<length::Error>> {
        Ok(record)
    }
}

#[test]
fn a_stage_that_has_read_all_there_was_holds_no_memory() {
    let record = [&b"\x66\0\x64"[..], &[b'x'; 100]].concat();
    assert_eq!(held(length::u8().nested(length::u16_be()), &record.repeat(80)), 0);
    assert_eq!(held(length::u8().nested(length::u16_be().owned()), &record.repeat(80)), 0);
    let long = [&b"\x04\x02\x04\0"[..], &[b'x'; 1024]].concat();
    assert_eq!(held(length::u16_be().nested(length::u16_be().owned()), &long.repeat(8)), 0);

    let (peak, left) = streamed(length::u8().nested(length::u16_be()), &record, 16 << 20);
    assert!(peak < 64 * 1024 && left == 0, "{peak} bytes at most, {left} in the end");
    let (peak, left) = streamed(length::u8().nested(length::u16_be().owned()), &record, 16 << 20);
    assert!(peak < 64 * 1024 && left == 0, "{peak} bytes at most, {left} in the end");
    let pings = length::u8().nested(Pings).answering(length::u8(), 255);
    let (peak, left) = streamed(pings, &record, 16 << 20);
    assert!(peak < 64 * 1024 && left == 0, "{peak} bytes at most, {left} in the end");

    let line = [&[b'x'; 100][..], b"\n"].concat();
    assert_eq!(held(FromTokio::new(LinesCodec::new()), &line.repeat(80)), 0);
    let records = LengthDelimitedCodec::builder().length_field_length(2).new_codec();
    assert_eq!(held(FromTokio::new(records), &record[1..].repeat(80)), 0);
}
