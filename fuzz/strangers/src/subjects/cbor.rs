//! CBOR: values one after the other, and behind their lengths.

use ciborium::Value;
use futures::task::noop_waker_ref;
use minicbor_io::{AsyncReader, Reader};
use segue_laws::Answer;
use std::{
    future::Future,
    io::{BufRead, BufReader},
    pin::pin,
    task::{Context, Poll},
};

use crate::{
    adapt::{self, Pipe},
    drive,
    entry::Entry,
};

const FAMILY: &str = "CBOR";

pub fn entries() -> Vec<Entry> {
    let new = |dependency, parser, make, drive| Entry::new(FAMILY, dependency, parser, make, drive);
    vec![
        new(
            "ciborium",
            "from_reader",
            || Box::new(adapt::blocking(|reader| reader, value).left(|_| Vec::new())),
            |reads| drive::blocking(reads, BufReader::new, value),
        )
        .encodes(|mut stream| {
            let mut again = Vec::new();
            while let Some(value) = value(&mut stream).ok()? {
                ciborium::into_writer(&value, &mut again).ok()?;
            }
            Some(again)
        })
        .accepts([
            &b"\xa1\x61a\x01\x82\x01\x02\x61x"[..],
            b"\x19\x01\x00\xf6\x44abcd\xfb\x3f\xf0\0\0\0\0\0\0",
            b"\x9f\x01\xff\x7f\x61a\x62bc\xff\xc1\x1a\0\0\0\x01",
        ])
        .refuses([&b"\xff\x01"[..], b"\x1c"]),
        new(
            "minicbor-io",
            "Reader",
            || {
                let reader = adapt::blocking(Reader::new, |reader| reader.read::<String>());
                Box::new(reader.left(|_| Vec::new()))
            },
            |reads| drive::blocking(reads, Reader::new, |reader| reader.read::<String>()),
        )
        .accepts(FRAMES)
        .refuses(NO_FRAMES),
        new(
            "minicbor-io",
            "AsyncReader",
            || adapt::exact(frames),
            |reads| drive::stepping(reads, frames),
        )
        .limit(512 << 10, "`AsyncReader::new`: a max. buffer size of 512KiB")
        .accepts(FRAMES)
        .refuses(NO_FRAMES),
    ]
}

const FRAMES: [&[u8]; 2] = [b"\0\0\0\x03\x62hi\0\0\0\x01\x60", b"\0\0\0\x06\x65hello"];
const NO_FRAMES: [&[u8]; 2] = [b"\0\0\0\x01\x01", b"\x7f\xff\xff\xff\x60"];

/// A value, if anything follows.
fn value<R: BufRead>(reader: &mut R) -> Result<Option<Value>, ciborium::de::Error<std::io::Error>> {
    if reader.fill_buf()?.is_empty() {
        return Ok(None);
    }
    ciborium::from_reader(reader).map(Some)
}

/// Each time a new future, since the reader says that it goes on where the last one was dropped.
fn frames(pipe: Pipe) -> impl FnMut() -> Answer {
    let mut reader = AsyncReader::new(pipe);
    move || {
        let read = pin!(reader.read::<String>());
        match read.poll(&mut Context::from_waker(noop_waker_ref())) {
            Poll::Ready(Ok(Some(value))) => Answer::item(value),
            Poll::Ready(Ok(None)) => Answer::End,
            Poll::Ready(Err(error)) => Answer::error(error),
            Poll::Pending => Answer::Need(None),
        }
    }
}
