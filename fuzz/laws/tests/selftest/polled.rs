//! Parsers that are polled: over an `AsyncRead` of either kind, and streams.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use segue_laws::{Law, Parser, Symptom, adapt, parser};
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};
use tokio_util::codec::{FramedRead, LengthDelimitedCodec};

use super::TEXTS;

/// The next text with its length in a byte; `None` at the end of the stream.
async fn text(reader: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0];
    if reader.read(&mut length).await? == 0 {
        return Ok(None);
    }
    let mut text = vec![0; length[0].into()];
    reader.read_exact(&mut text).await?;
    Ok(Some(text))
}

#[track_caller]
fn clean<P: Parser + 'static>(make: impl Fn() -> P + 'static) {
    let verdicts = parser("texts", make).accepts(TEXTS).verdicts();
    assert!(verdicts.defects().is_empty(), "{verdicts}");
}

#[test]
fn readers_of_tokio() {
    clean(|| adapt::reading(|pipe| pipe, async |pipe| text(pipe).await).reads_exactly());
    clean(|| adapt::reading(tokio::io::BufReader::new, async |reader| text(reader).await));
}

#[test]
fn readers_of_futures() {
    use futures_util::AsyncReadExt;
    clean(|| {
        adapt::reading(
            |pipe| pipe,
            async |pipe| {
                let mut length = [0];
                if AsyncReadExt::read(pipe, &mut length).await? == 0 {
                    return Ok(None);
                }
                let mut text = vec![0; length[0].into()];
                AsyncReadExt::read_exact(pipe, &mut text).await?;
                Ok::<_, io::Error>(Some(text))
            },
        )
    });
}

#[test]
fn streams() {
    let make = || adapt::stream(|pipe| FramedRead::new(pipe, LengthDelimitedCodec::new()));
    let subject = parser("frames", make).accepts([b"\0\0\0\x02hi\0\0\0\0"]);
    // It takes a length off its buffer before the payload has come.
    let verdicts = subject.ends_anywhere().verdicts();
    assert!(verdicts.defects().iter().all(|defect| defect.law() == Law::L4), "{verdicts}");
    // A frame of up to 8 MiB is made room for when it is announced.
    let defect = verdicts.violation(Law::L4).unwrap_or_else(|| panic!("{verdicts}"));
    assert!(defect.input().len() <= 6, "{defect}");
}

/// A transport that now and then yields, and does not always arrange to be woken.
struct Yielding<R>(R, bool, bool);

impl<R: AsyncRead + Unpin> AsyncRead for Yielding<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.1 = !self.1;
        if self.1 {
            if self.2 {
                context.waker().wake_by_ref();
            }
            return Poll::Pending;
        }
        Pin::new(&mut self.0).poll_read(context, room)
    }
}

#[test]
fn a_wake_up_that_is_not_arranged() {
    let make = |wakes| {
        move || {
            adapt::reading(
                move |pipe| Yielding(pipe, false, wakes),
                async |reader| text(reader).await,
            )
        }
    };
    clean(make(true));
    let verdicts = parser("texts", make(false)).accepts([b"\x01a"]).only([Law::L5]).verdicts();
    let defect = verdicts.violation(Law::L5).unwrap_or_else(|| panic!("{verdicts}"));
    assert_eq!(defect.symptom(), Symptom::Ends, "{defect}");
    assert!(defect.input().len() <= 1, "{defect}");
}

#[test]
fn what_is_lost_between_two_polls() {
    // `read` where `read_exact` belongs.
    async fn number(reader: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<u16>> {
        let mut number = [0; 2];
        let read = reader.read(&mut number).await?;
        Ok((read > 0).then(|| u16::from_be_bytes(number)))
    }
    let make = || adapt::reading(|pipe| pipe, async |pipe| number(pipe).await);
    let subject = parser("numbers", make).accepts([b"abcd"]).only([Law::L1]);
    let verdicts = subject.verdicts();
    let defect = verdicts.violation(Law::L1).unwrap_or_else(|| panic!("{verdicts}"));
    assert_eq!((defect.input().len(), defect.cuts()), (2, &[1][..]), "{defect}");
}
