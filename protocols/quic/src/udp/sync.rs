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
/// A blocking one has one datagram a turn, since only the kernel knows whether there are more; a
/// non-blocking one has a batch, and [`WouldBlock`](io::ErrorKind::WouldBlock) where there is none.
pub type Datagrams = datagrams::Datagrams<Std>;

/// A [`UdpSocket`] as it is driven.
#[derive(Debug)]
pub struct Std {
    socket: UdpSocket,
    blocks: bool,
}

impl Datagrams {
    /// Drives a blocking socket, bound, and connected if datagrams are queued without an address.
    #[must_use]
    pub fn new(socket: UdpSocket) -> Self {
        Self::with_options(socket, Options::default())
    }

    /// The same, with other than the default options.
    #[must_use]
    pub fn with_options(socket: UdpSocket, options: Options) -> Self {
        Self::over(Std { socket, blocks: true }, options)
    }

    /// Makes `socket` non-blocking and drives it: for a readiness loop.
    ///
    /// # Errors
    /// The socket's.
    pub fn nonblocking(socket: UdpSocket, options: Options) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self::over(Std { socket, blocks: false }, options))
    }

    /// The driven socket.
    #[must_use]
    pub fn socket(&self) -> &UdpSocket {
        &self.io().socket
    }

    /// Sends what is queued, then gives what has come, and waits for it if need be.
    ///
    /// # Errors
    /// The socket's, and [`WouldBlock`](io::ErrorKind::WouldBlock) of one that is non-blocking or
    /// has a time-out: call again when it is readable, or writable if something is still queued.
    pub fn turn(&mut self) -> io::Result<DatagramTurn<'_>> {
        match self.poll_ready(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(ready) => ready?,
            Poll::Pending => return Err(io::ErrorKind::WouldBlock.into()),
        }
        Ok(self.take())
    }

    /// The same, with an empty turn once `until` has come by `timer`, which says when a blocking
    /// socket is to come back.
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

    /// Sends what is queued.
    ///
    /// # Errors
    /// The socket's, and [`WouldBlock`](io::ErrorKind::WouldBlock) with a rest still queued.
    pub fn flush(&mut self) -> io::Result<()> {
        match self.poll_flush(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(flushed) => flushed,
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl Std {
    /// The socket.
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

/// What would have to wait, or has waited for as long as it may.
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
