//! Two ends that are connected in memory, with little room between them.

use std::{
    collections::VecDeque,
    io::{self, Read, Write},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker, ready},
};

use crate::executor;

/// One end. What is written at it can be read at the other.
#[derive(Debug)]
pub(crate) struct Pipe {
    incoming: Arc<Mutex<Lane>>,
    outgoing: Arc<Mutex<Lane>>,
}

#[derive(Debug)]
struct Lane {
    bytes: VecDeque<u8>,
    room: usize,
    is_over: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// Two ends with room for so many bytes in each direction.
pub(crate) fn pipe(room: usize) -> (Pipe, Pipe) {
    let lane = || {
        Arc::new(Mutex::new(Lane {
            bytes: VecDeque::new(),
            room,
            is_over: false,
            reader: None,
            writer: None,
        }))
    };
    let (there, back) = (lane(), lane());
    let end = Pipe { incoming: Arc::clone(&there), outgoing: Arc::clone(&back) };
    (end, Pipe { incoming: back, outgoing: there })
}

impl Pipe {
    fn poll_receive(&self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<usize> {
        let mut lane = self.incoming.lock().unwrap();
        if lane.bytes.is_empty() && !lane.is_over && !into.is_empty() {
            lane.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let count = lane.bytes.read(into).unwrap();
        if let Some(writer) = lane.writer.take() {
            writer.wake();
        }
        Poll::Ready(count)
    }

    fn poll_transmit(&self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<usize> {
        let mut lane = self.outgoing.lock().unwrap();
        let count = bytes.len().min(lane.room - lane.bytes.len());
        if count == 0 {
            lane.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        lane.bytes.extend(&bytes[..count]);
        if let Some(reader) = lane.reader.take() {
            reader.wake();
        }
        Poll::Ready(count)
    }

    fn end(&self) {
        let mut lane = self.outgoing.lock().unwrap();
        lane.is_over = true;
        if let Some(reader) = lane.reader.take() {
            reader.wake();
        }
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        self.end();
    }
}

fn now(poll: Poll<usize>) -> io::Result<usize> {
    match poll {
        Poll::Ready(count) => {
            executor::will_be_ready();
            Ok(count)
        }
        Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
    }
}

impl Read for Pipe {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        now(self.poll_receive(&mut Context::from_waker(Waker::noop()), into))
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        now(self.poll_transmit(&mut Context::from_waker(Waker::noop()), bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl segue::driver::sync::CloseWrite for Pipe {
    fn close_write(&mut self) -> io::Result<()> {
        self.end();
        Ok(())
    }
}

impl tokio::io::AsyncRead for Pipe {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let count = ready!(self.poll_receive(cx, into.initialize_unfilled()));
        into.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl tokio::io::AsyncWrite for Pipe {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_transmit(cx, bytes).map(Ok)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.end();
        Poll::Ready(Ok(()))
    }
}

impl futures_io::AsyncRead for Pipe {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_receive(cx, into).map(Ok)
    }
}

impl futures_io::AsyncWrite for Pipe {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_transmit(cx, bytes).map(Ok)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.end();
        Poll::Ready(Ok(()))
    }
}
