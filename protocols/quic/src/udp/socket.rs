//! What datagrams are driven over.

use std::{
    io,
    net::SocketAddr,
    task::{Context, Poll},
};

/// A socket that sends and receives whole datagrams.
///
/// A socket that would have to wait gives [`Poll::Pending`], and wakes the task if it has any.
pub trait Socket {
    /// Puts the next datagram that has come in front of `into`, and gives its length, and whom it
    /// is from. What does not fit is cut off, or is an error.
    ///
    /// # Errors
    /// The socket's.
    fn poll_receive(
        &mut self,
        cx: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<(usize, SocketAddr)>>;

    /// Sends a datagram, to the peer of a connected socket if no other is named.
    ///
    /// # Errors
    /// The socket's.
    fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        datagram: &[u8],
        to: Option<SocketAddr>,
    ) -> Poll<io::Result<()>>;

    /// Whether receiving once more, where nothing has come, does not block.
    fn never_blocks(&self) -> bool {
        true
    }
}
