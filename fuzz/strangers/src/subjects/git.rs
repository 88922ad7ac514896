//! The packet lines of Git.

use gix_packetline::{
    PacketLineRef,
    blocking_io::StreamingPeekableIter,
    decode::{Stream, streaming},
};
use segue_laws::Answer;
use std::io::{self, Read};

use crate::{
    adapt, drive,
    entry::{Entry, Way},
};

pub fn entries() -> Vec<Entry> {
    let new = |parser, make, drive| {
        Entry::new("Git", "gix-packetline", parser, make, drive)
            .accepts([&b"000ahello\n0000"[..], b"0009hello0001000bfoobar\n0000", b"0006a\n0000"])
            .refuses([&b"xxxxhello"[..], b"ffffhello"])
            .words([&b"0000"[..], b"0001", b"0002", b"0003", b"0004", b"fff0", b"fff4"])
    };
    vec![
        new(
            "decode::streaming",
            || adapt::needing(adapt::front(line)),
            |reads| drive::needing(reads, adapt::front(line)),
        )
        .needs("`bytes_needed`: the amount of additional bytes needed for the parsing to complete")
        .way(Way::Partial),
        new(
            "StreamingPeekableIter::read_line",
            || Box::new(adapt::blocking(lines, next).left(|_| Vec::new())),
            |reads| drive::blocking(reads, lines, next),
        )
        .ends_anywhere("the lines end at a delimiter; the end of the stream is an error"),
    ]
}

fn line(input: &[u8]) -> (usize, Answer) {
    match streaming(input) {
        Ok(Stream::Complete { line, bytes_consumed }) => (bytes_consumed, Answer::item(said(line))),
        Ok(Stream::Incomplete { bytes_needed }) => (0, Answer::Need(Some(bytes_needed))),
        Err(error) => (0, Answer::Error(error.to_string())),
    }
}

fn said(line: PacketLineRef<'_>) -> String {
    format!("{line:?}")
}

fn lines<R: Read>(reader: R) -> StreamingPeekableIter<R> {
    StreamingPeekableIter::new(reader, &[PacketLineRef::Flush], false)
}

/// A line; none behind the delimiter. The reader's errors and those of the format are both errors.
fn next<R: Read>(lines: &mut StreamingPeekableIter<R>) -> io::Result<Option<String>> {
    let Some(line) = lines.read_line() else { return Ok(None) };
    line?.map(|line| Some(said(line))).map_err(|error| io::Error::other(error.to_string()))
}
