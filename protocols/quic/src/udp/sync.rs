//! Datagrams over the standard library's `UdpSocket`, blocking or not.

use std::{
    io,
    net::{SocketAddr, UdpSocket},
    task::{Context, Poll, Waker},
    time::Duration,
};

use segue::driver::Timer;

use super::{DatagramTurn, Options, Socket, datagrams};

/// Datagrams over a [`UdpSocket`].
///
/// A blocking one receives one datagram a turn, since only the kernel knows if there are more; a
/// non-blocking one receives a batch, or fails with [`WouldBlock`](io::ErrorKind::WouldBlock) if
/// there is none.
pub type Datagrams = datagrams::Datagrams<Std>;

/// A [`UdpSocket`] as a [`Socket`].
#[derive(Debug)]
pub struct Std {
    socket: UdpSocket,
    blocks: bool,
}

impl Datagrams {
    /// Drives a blocking socket. It must be bound, and connected if datagrams are queued without an
    /// address.
    #[must_use]
    pub fn new(socket: UdpSocket) -> Self {
        Self::with_options(socket, Options::default())
    }

    /// Drives a socket with these options.
    #[must_use]
    pub fn with_options(socket: UdpSocket, options: Options) -> Self {
        Self::over(Std { socket, blocks: true }, options)
    }

    /// Makes `socket` non-blocking and drives it, for a readiness loop.
    ///
    /// # Errors
    /// Errors of the socket.
    pub fn nonblocking(socket: UdpSocket, options: Options) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self::over(Std { socket, blocks: false }, options))
    }

    /// Returns the driven socket.
    #[must_use]
    pub fn socket(&self) -> &UdpSocket {
        &self.io().socket
    }

    /// Sends the queue, then receives, and waits if there is nothing.
    ///
    /// # Errors
    /// Errors of the socket, and [`WouldBlock`](io::ErrorKind::WouldBlock) of a socket that is
    /// non-blocking or has a time-out: call again when it is readable, or writable if something is
    /// still queued.
    pub fn turn(&mut self) -> io::Result<DatagramTurn<'_>> {
        match self.poll_ready(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(ready) => ready?,
            Poll::Pending => return Err(io::ErrorKind::WouldBlock.into()),
        }
        Ok(self.take())
    }

    /// Makes a turn, which is empty once `until` has come by `timer`. The timer makes a blocking
    /// socket return.
    ///
    /// # Errors
    /// As [`turn`](Self::turn), and those of the timer.
    pub fn turn_by(
        &mut self,
        until: Option<Duration>,
        timer: &mut impl Timer,
    ) -> io::Result<DatagramTurn<'_>> {
        let armed = self.io().blocks && until.is_some();
        if armed {
            timer.arm(until)?;
        }
        let ready = self.poll_ready_by(&mut Context::from_waker(Waker::noop()), until, timer);
        if armed {
            timer.arm(None)?;
        }
        match ready {
            Poll::Ready(ready) => ready?,
            Poll::Pending => return Err(io::ErrorKind::WouldBlock.into()),
        }
        Ok(self.take())
    }

    /// Sends the queue.
    ///
    /// # Errors
    /// Errors of the socket, and [`WouldBlock`](io::ErrorKind::WouldBlock) with the rest still
    /// queued.
    pub fn flush(&mut self) -> io::Result<()> {
        match self.poll_flush(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(flushed) => flushed,
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl Std {
    /// Returns the socket.
    #[must_use]
    pub fn into_socket(self) -> UdpSocket {
        self.socket
    }
}

impl Socket for Std {
    fn poll_receive(
        &mut self,
        _: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<(usize, SocketAddr)>> {
        pending(self.socket.recv_from(into))
    }

    fn poll_send(
        &mut self,
        _: &mut Context<'_>,
        datagram: &[u8],
        to: Option<SocketAddr>,
    ) -> Poll<io::Result<()>> {
        pending(match to {
            Some(to) => self.socket.send_to(datagram, to),
            None => self.socket.send(datagram),
        })
        .map_ok(drop)
    }

    fn never_blocks(&self) -> bool {
        !self.blocks
    }
}

/// Turns an error that says "would block" or "timed out" into pending.
fn pending<T>(result: io::Result<T>) -> Poll<io::Result<T>> {
    match result {
        Err(error)
            if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) =>
        {
            Poll::Pending
        }
        result => Poll::Ready(result),
    }
}
