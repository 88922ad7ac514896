//! Reads that are cut at hostile places.

use std::{
    io::{self, Read, Write},
    pin::Pin,
    task::{Context, Poll, ready},
};

use ::tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use clap::ValueEnum;
use smol::io::{AsyncRead as FuturesRead, AsyncWrite as FuturesWrite};

/// The places at which the reads of a run are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Place {
    Nowhere,
    Everywhere,
    InBlankLine,
    BehindHead,
    InFrameHeader,
    InMask,
    InPayload,
}

/// The length of the client's request in bytes; the run checks it.
pub const REQUEST: usize = 152;
/// The length of the server's answer in bytes; the run checks it.
pub const RESPONSE: usize = 129;

impl Place {
    pub const ALL: [Self; 7] = [
        Self::Nowhere,
        Self::Everywhere,
        Self::InBlankLine,
        Self::BehindHead,
        Self::InFrameHeader,
        Self::InMask,
        Self::InPayload,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Nowhere => "all in one read",
            Self::Everywhere => "byte by byte",
            Self::InBlankLine => "inside the blank line",
            Self::BehindHead => "right behind the head",
            Self::InFrameHeader => "inside a frame's header",
            Self::InMask => "inside a mask",
            Self::InPayload => "inside a payload",
        }
    }

    pub fn for_server(self) -> Sizes {
        self.behind(REQUEST)
    }

    pub fn for_client(self) -> Sizes {
        self.behind(RESPONSE)
    }

    /// Returns the sizes of reads, for a stream whose head is `head` bytes long.
    fn behind(self, head: usize) -> Sizes {
        let (first, then) = match self {
            Self::Nowhere => (usize::MAX, usize::MAX),
            Self::Everywhere => (1, 1),
            Self::InBlankLine => (head - 2, usize::MAX),
            Self::BehindHead => (head, usize::MAX),
            Self::InFrameHeader => (head + 1, usize::MAX),
            Self::InMask => (head + 4, usize::MAX),
            Self::InPayload => (head + 9, 7),
        };
        Sizes { first: Some(first), then }
    }
}

/// The lengths of the reads of one side.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    first: Option<usize>,
    then: usize,
}

impl Sizes {
    /// Returns the most bytes of the next read.
    fn most(&self) -> usize {
        self.first.unwrap_or(self.then)
    }

    /// Notes that `count` bytes were read. A read shorter than it might have been is continued.
    fn read(&mut self, count: usize) {
        self.first = self.first.map(|first| first - count).filter(|left| *left > 0);
    }
}

/// A transport whose reads are cut.
pub struct Cut<T> {
    io: T,
    sizes: Sizes,
}

impl<T> Cut<T> {
    pub fn new(io: T, sizes: Sizes) -> Self {
        Self { io, sizes }
    }
}

impl<T: Read> Read for Cut<T> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = into.len().min(self.sizes.most());
        let count = self.io.read(&mut into[..most])?;
        self.sizes.read(count);
        Ok(count)
    }
}

impl<T: Write> Write for Cut<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.io.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.io.flush()
    }
}

impl segue::driver::sync::CloseWrite for Cut<std::net::TcpStream> {
    fn close_write(&mut self) -> io::Result<()> {
        self.io.shutdown(std::net::Shutdown::Write)
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Cut<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let most = into.remaining().min(self.sizes.most());
        let mut part = ReadBuf::new(into.initialize_unfilled_to(most));
        ready!(Pin::new(&mut self.io).poll_read(cx, &mut part))?;
        let count = part.filled().len();
        into.advance(count);
        self.sizes.read(count);
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Cut<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

impl<T: FuturesRead + Unpin> FuturesRead for Cut<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let most = into.len().min(self.sizes.most());
        let count = ready!(Pin::new(&mut self.io).poll_read(cx, &mut into[..most]))?;
        self.sizes.read(count);
        Poll::Ready(Ok(count))
    }
}

impl<T: FuturesWrite + Unpin> FuturesWrite for Cut<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_close(cx)
    }
}
