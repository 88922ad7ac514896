//! One trace over a blocking connection, tokio's and futures-io's, through two hand-offs.

use segue::{
    driver::{futures, sync, tokio},
    trace::{Event, Recorder, Recording, What},
};
use std::{
    collections::VecDeque,
    io::{self, Read, Write},
    pin::Pin,
    task::{Context, Poll},
};

use crate::protocol::{SAID, assert_recorded, greeting, lines, records};

/// Reads that were made before, and what is written.
#[derive(Debug)]
struct Script {
    reads: VecDeque<&'static [u8]>,
    written: Vec<u8>,
}

impl Script {
    /// Gives `SAID` in reads of up to `most` bytes.
    fn new(most: usize) -> Self {
        Self { reads: SAID.chunks(most).collect(), written: Vec::new() }
    }
}

impl Read for Script {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Some(mut next) = self.reads.pop_front() else { return Ok(0) };
        let count = next.read(into)?;
        if !next.is_empty() {
            self.reads.push_front(next);
        }
        Ok(count)
    }
}

impl Write for Script {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.written.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl ::tokio::io::AsyncRead for Script {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        into: &mut ::tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let count = self.read(into.initialize_unfilled())?;
        into.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl ::tokio::io::AsyncWrite for Script {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(self.write(bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl smol::io::AsyncRead for Script {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(self.read(into))
    }
}

impl smol::io::AsyncWrite for Script {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(self.write(bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Reads everything over one driver. `wait` is what a call is followed by.
macro_rules! read {
    ($Connection:path, $most:expr $(, $wait:tt)?) => {{
        let recorder = Recorder::new();
        let mut connection = <$Connection>::new(Script::new($most), ());
        connection.exchange(&mut greeting(&recorder))$(.$wait)?.unwrap();
        let mut connection = connection.follow(|()| records(&recorder)).unwrap();
        while connection.turn()$(.$wait)?.unwrap().is_some() {}
        let mut connection = connection.follow(|_| lines(&recorder)).unwrap();
        while connection.turn()$(.$wait)?.unwrap().is_some() {}
        assert_eq!(connection.io().written, b"HELLO\n\x00");
        recorder.recording()
    }};
}

type Blocking<S> = sync::Connection<Script, S>;
type OnTokio<S> = tokio::Connection<Script, S>;
type OnFutures<S> = futures::Connection<Script, S>;

/// The events, without their times.
fn what(recording: &Recording) -> Vec<(usize, What)> {
    recording.events.iter().map(|Event { lane, what, .. }| (*lane, what.clone())).collect()
}

#[test]
fn each_driver_gives_the_same_trace() {
    for most in 1..=SAID.len() {
        let blocking = read!(Blocking<_>, most);
        let on_tokio = smol::block_on(async { read!(OnTokio<_>, most, await) });
        let on_futures = smol::block_on(async { read!(OnFutures<_>, most, await) });
        for recording in [&blocking, &on_tokio, &on_futures] {
            assert_recorded(recording);
        }
        assert_eq!(what(&blocking), what(&on_tokio), "reads of {most}");
        assert_eq!(what(&on_tokio), what(&on_futures), "reads of {most}");
    }
}
