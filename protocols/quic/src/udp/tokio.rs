//! Datagrams over tokio's `UdpSocket`.

use std::{
    future::poll_fn,
    io,
    net::SocketAddr,
    task::{Context, Poll},
    time::Duration,
};

use ::tokio::{io::ReadBuf, net::UdpSocket};
use segue::driver::Timer;

use super::{DatagramTurn, Options, Socket, datagrams};

/// Datagrams over tokio's [`UdpSocket`].
///
/// `ECONNREFUSED` is reported when a turn begins: tokio wakes no task for it alone.
///
/// ```
/// use segue_quic::udp::tokio::Datagrams;
/// use tokio::net::UdpSocket;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let mut server = Datagrams::new(UdpSocket::bind("127.0.0.1:0").await?);
/// let mut client = Datagrams::new(UdpSocket::bind("127.0.0.1:0").await?);
/// client.outgoing().put(b"ping", Some(server.socket().local_addr()?));
/// client.flush().await?;
/// for datagram in server.turn().await?.datagrams {
///     assert_eq!(datagram.bytes, b"ping");
/// }
/// # Ok(())
/// # }
/// ```
pub type Datagrams = datagrams::Datagrams<Tokio>;

/// A tokio [`UdpSocket`] as a [`Socket`].
#[derive(Debug)]
pub struct Tokio(UdpSocket);

impl Datagrams {
    /// Drives a socket. It must be bound, and connected if datagrams are queued without an address.
    #[must_use]
    pub fn new(socket: UdpSocket) -> Self {
        Self::with_options(socket, Options::default())
    }

    /// Drives a socket with these options.
    #[must_use]
    pub fn with_options(socket: UdpSocket, options: Options) -> Self {
        Self::over(Tokio(socket), options)
    }

    /// Returns the driven socket.
    #[must_use]
    pub fn socket(&self) -> &UdpSocket {
        &self.io().0
    }

    /// Sends the queue, then waits for datagrams or notices. A dropped future loses nothing.
    ///
    /// # Errors
    /// Errors of the socket.
    pub async fn turn(&mut self) -> io::Result<DatagramTurn<'_>> {
        poll_fn(|cx| self.poll_ready(cx)).await?;
        Ok(self.take())
    }

    /// Makes a turn, which is empty once `until` has come by `timer`.
    ///
    /// # Errors
    /// As [`turn`](Self::turn).
    pub async fn turn_by(
        &mut self,
        until: Option<Duration>,
        timer: &mut impl Timer,
    ) -> io::Result<DatagramTurn<'_>> {
        poll_fn(|cx| self.poll_ready_by(cx, until, timer)).await?;
        Ok(self.take())
    }

    /// Sends the queue.
    ///
    /// # Errors
    /// Errors of the socket.
    pub async fn flush(&mut self) -> io::Result<()> {
        poll_fn(|cx| self.poll_flush(cx)).await
    }
}

impl Tokio {
    /// Returns the socket.
    #[must_use]
    pub fn into_socket(self) -> UdpSocket {
        self.0
    }
}

impl Socket for Tokio {
    fn poll_receive(
        &mut self,
        cx: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<(usize, SocketAddr)>> {
        let mut into = ReadBuf::new(into);
        match self.0.poll_recv_from(cx, &mut into) {
            Poll::Ready(from) => Poll::Ready(Ok((into.filled().len(), from?))),
            // An error alone does not make a socket readable for tokio.
            Poll::Pending => match self.0.take_error()? {
                Some(error) => Poll::Ready(Err(error)),
                None => Poll::Pending,
            },
        }
    }

    fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        datagram: &[u8],
        to: Option<SocketAddr>,
    ) -> Poll<io::Result<()>> {
        match to {
            Some(to) => self.0.poll_send_to(cx, datagram, to),
            None => self.0.poll_send(cx, datagram),
        }
        .map_ok(drop)
    }
}
