//! A transport that always has something, up to a limit, and takes everything.

use std::{
    io::{self, Read, Write},
    pin::Pin,
    task::{Context, Poll},
};

use segue::driver::sync::CloseWrite;

use crate::talk::record;

const SIZE: usize = 128;

/// Never has anybody wait: each read is filled with padding, as far as that goes.
#[derive(Debug)]
pub(crate) struct Endless {
    records: Vec<u8>,
    /// The offset in a record at which the last read ended.
    offset: usize,
    left: usize,
}

impl Endless {
    /// `records` of padding of 128 bytes each.
    pub(crate) fn new(records: usize) -> Self {
        Self { left: records * SIZE, records: record(b'-', &[7; SIZE - 2]).repeat(1024), offset: 0 }
    }

    /// The number of bytes that were not read.
    pub(crate) fn left(&self) -> usize {
        self.left
    }

    fn give(&mut self, into: &mut [u8]) -> usize {
        let there = &self.records[self.offset..];
        let count = into.len().min(self.left).min(there.len());
        into[..count].copy_from_slice(&there[..count]);
        self.offset = (self.offset + count) % SIZE;
        self.left -= count;
        count
    }
}

impl Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        Ok(self.give(into))
    }
}

impl Write for Endless {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl CloseWrite for Endless {
    fn close_write(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl tokio::io::AsyncRead for Endless {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        into: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let count = self.give(into.initialize_unfilled());
        into.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl tokio::io::AsyncWrite for Endless {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl futures_io::AsyncRead for Endless {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(self.give(into)))
    }
}

impl futures_io::AsyncWrite for Endless {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
