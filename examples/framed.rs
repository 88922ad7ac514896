//! A codec of segue in a tokio-util `Framed`, for a server that already uses one.
//!
//! ```text
//! cargo run --release --example framed
//! ```
//!
//! Messages are lines at first. The line `frames` switches to length-prefixed records: the `Framed`
//! is taken apart, and its parts have the bytes that it had read too far.

use futures_util::{SinkExt, StreamExt};
use segue::{Handoff, combine::DecodeExt, driver::codec::Codec, length, separator};
use std::{error::Error, io, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_util::codec::Framed;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    println!("listening on {address}");
    let client = tokio::spawn(client(TcpStream::connect(address).await?));
    let (socket, _) = listener.accept().await?;
    // A `Framed` knows no deadlines: bound a whole conversation by one.
    tokio::time::timeout(Duration::from_secs(60), serve(socket)).await??;
    let answer = client.await??;
    assert_eq!(answer, b"hello\nframes\n\0\x05glued\0\x03end");
    println!("nothing was lost");
    Ok(())
}

async fn serve(socket: TcpStream) -> Result<(), Box<dyn Error>> {
    let writer = separator::line().max(1024);
    let lines = separator::line().max(1024).through(|line| line == b"frames\n").owned();
    // A `Framed` that ends with its stage, by `None`.
    let mut framed = Codec::new(lines, writer).over(socket);
    while let Some(line) = framed.next().await.transpose()? {
        println!("line   {line:?}");
        framed.send(&line[..]).await?;
    }

    // Bytes that the client has sent behind the line are in these parts, and go on with them.
    let (handoff, _lines) = Handoff::from_framed_parts(framed.into_parts());
    println!("{} bytes had been read too far", handoff.read().len());
    let codec = Codec::new(length::u16_be().max(4096).owned(), length::u16_be());
    let mut framed = Framed::from_parts(handoff.unbound().into_framed_parts(codec));
    while let Some(record) = framed.next().await.transpose()? {
        println!("record {record:?}");
        framed.send(record).await?;
    }
    Ok(())
}

/// Sends everything in one write.
async fn client(mut socket: TcpStream) -> io::Result<Vec<u8>> {
    socket.write_all(b"hello\nframes\n\0\x05glued\0\x03end").await?;
    socket.shutdown().await?;
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await?;
    Ok(answer)
}
