//! tokio's sockets.

use std::{
    io,
    task::{Context, Poll},
};

use ::tokio::{io::ReadBuf, net::TcpStream};

use crate::driver::PollPeek;

impl PollPeek for TcpStream {
    fn poll_peek(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        Self::poll_peek(self, cx, &mut ReadBuf::new(into))
    }
}
