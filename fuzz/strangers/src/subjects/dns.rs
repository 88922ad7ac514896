//! DNS over TCP: messages behind their lengths.

use futures::{AsyncRead, AsyncWrite, StreamExt, stream};
use hickory_net::{
    runtime::{DnsTcpStream, TokioTime},
    tcp::TcpStream,
};
use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use crate::{
    adapt::{self, Pipe},
    drive,
    entry::Entry,
};

const FAMILY: &str = "DNS over TCP";

pub fn entries() -> Vec<Entry> {
    vec![
        Entry::new(
            FAMILY,
            "hickory-net",
            "tcp::TcpStream",
            || Box::new(adapt::stream(messages).reads_exactly()),
            |reads| drive::stream(reads, messages),
        )
        .limit(2 + 0xffff, "RFC 1035 \u{a7}4.2.2: the length of a message has 16 bits")
        .accepts([
            &b"\x00\x11\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x01\x00\x0c\x12\x35\x81\x80\x00\x00\x00\x00\x00\x00\x00\x00"[..],
            b"\x00\x01a\x00\x02bc",
        ]),
    ]
}

/// The transport, as the crate wants one.
struct Connection(Pipe);

impl DnsTcpStream for Connection {
    type Time = TokioTime;
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        room: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        AsyncRead::poll_read(Pin::new(&mut self.0), context, room)
    }
}

impl AsyncWrite for Connection {
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

fn messages(pipe: Pipe) -> impl stream::Stream<Item = io::Result<Vec<u8>>> + Unpin {
    let (stream, sender) =
        TcpStream::from_stream(Connection(pipe), SocketAddr::from(([192, 0, 2, 1], 53)));
    stream.map(move |message| {
        // Nothing is sent, yet the connection is one that could.
        let _open = &sender;
        Ok(message?.into_parts().0)
    })
}
