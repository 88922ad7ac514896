//! DNS over TCP: messages behind their lengths.

use futures::{StreamExt, stream};
use hickory_net::{
    runtime::{DnsTcpStream, TokioTime},
    tcp::TcpStream,
};
use std::{io, net::SocketAddr};

use crate::{adapt, drive, entry::Entry, pipe::Pipe};

const FAMILY: &str = "DNS over TCP";

pub fn entries() -> Vec<Entry> {
    vec![
        Entry::new(
            FAMILY,
            "hickory-net",
            "tcp::TcpStream",
            || adapt::exact(|pipe| adapt::polling(pipe, messages)),
            |reads| drive::stream(reads, messages),
        )
        .accepts([
            &b"\x00\x11\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x01\x00\x0c\x12\x35\x81\x80\x00\x00\x00\x00\x00\x00\x00\x00"[..],
            b"\x00\x01a\x00\x02bc",
        ]),
    ]
}

impl DnsTcpStream for Pipe {
    type Time = TokioTime;
}

fn messages(pipe: Pipe) -> impl stream::Stream<Item = io::Result<Vec<u8>>> + Unpin {
    let (stream, sender) = TcpStream::from_stream(pipe, SocketAddr::from(([192, 0, 2, 1], 53)));
    stream.map(move |message| {
        // Nothing is sent, yet the connection is one that could.
        let _open = &sender;
        Ok(message?.into_parts().0)
    })
}
