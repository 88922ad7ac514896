//! The socket that datagrams are driven over.

use std::{
    io,
    net::SocketAddr,
    task::{Context, Poll},
};

/// A socket that sends and receives whole datagrams.
///
/// A socket that would have to wait returns [`Poll::Pending`], and wakes the task if it has any.
pub trait Socket {
    /// Receives the next datagram into `into`. Returns its length and its sender. A datagram that
    /// does not fit is cut off, or is an error.
    ///
    /// # Errors
    /// Errors of the socket.
    fn poll_receive(
        &mut self,
        cx: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<(usize, SocketAddr)>>;

    /// Sends a datagram, to the peer of a connected socket if no address is given.
    ///
    /// # Errors
    /// Errors of the socket.
    fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        datagram: &[u8],
        to: Option<SocketAddr>,
    ) -> Poll<io::Result<()>>;

    /// Returns true if receiving once more never blocks, even if nothing has come.
    fn never_blocks(&self) -> bool {
        true
    }
}
