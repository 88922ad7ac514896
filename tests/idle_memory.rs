//! Stages with memory of their own hold none while nothing is left in them. The count is that of
//! the process, so all of this is one test in a program of its own.

use peak_alloc::PeakAlloc;
use segue::{Buffer, Decode, DecodeExt, Output, Step, driver::codec::FromTokio, length};
use tokio_util::codec::{LengthDelimitedCodec, LinesCodec};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Bytes that are still allocated when `stage` has read all of `input` and waits for more.
fn held(mut stage: impl Decode, input: &[u8]) -> usize {
    let before = MEMORY.current_usage();
    let mut output = Output::new();
    let mut buffer = Buffer::from(input);
    while let Ok(Step::Item(_)) = buffer.step(&mut stage, false, &mut output) {}
    assert!(buffer.is_empty(), "{buffer:?}");
    drop(buffer);
    MEMORY.current_usage() - before
}

#[test]
fn a_stage_that_has_read_all_there_was_holds_no_memory() {
    let record = [&b"\x66\0\x64"[..], &[b'x'; 100]].concat();
    assert_eq!(held(length::u8().nested(length::u16_be()), &record.repeat(80)), 0);
    assert_eq!(held(length::u8().nested(length::u16_be().owned()), &record.repeat(80)), 0);
    let long = [&b"\x04\x02\x04\0"[..], &[b'x'; 1024]].concat();
    assert_eq!(held(length::u16_be().nested(length::u16_be().owned()), &long.repeat(8)), 0);

    let line = [&[b'x'; 100][..], b"\n"].concat();
    assert_eq!(held(FromTokio::new(LinesCodec::new()), &line.repeat(80)), 0);
    let records = LengthDelimitedCodec::builder().length_field_length(2).new_codec();
    assert_eq!(held(FromTokio::new(records), &record[1..].repeat(80)), 0);
}
