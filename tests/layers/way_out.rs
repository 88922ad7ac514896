//! Layered connections as plain streams of bytes, for code that knows nothing of the toolkit.

use segue::{
    DecodeExt,
    driver::{ByteStream, Layered, futures, sync, tokio as polled},
    length,
};
use std::{
    io::{self, BufRead, Read, Write},
    thread,
};

use crate::{deflate::Deflate, numbered::Numbered};

type Stream<T> = ByteStream<Layered<Layered<polled::Tokio<T>, Numbered>, Deflate>>;

fn stream<T>(io: T) -> Stream<T>
where
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let connection = polled::Connection::new(io, ());
    connection.layered(Numbered::default()).layered(Deflate::new()).into_byte_stream()
}

/// Copies and copies back, in two tasks that share one stream by a lock.
#[test]
fn two_tasks_share_a_stream() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, server) = tokio::io::duplex(3000);
        let echo = tokio::spawn(async move {
            let (mut read, mut write) = tokio::io::split(stream(server));
            tokio::io::copy(&mut read, &mut write).await.unwrap();
            // The peer may be gone once the upper layer has said its end.
            let ended = tokio::io::AsyncWriteExt::shutdown(&mut write).await;
            drop(read);
            if let Err(error) = ended {
                assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
            }
        });
        let (mut read, mut write) = tokio::io::split(stream(client));
        let writing = tokio::spawn(async move {
            for at in 0..1000_u32 {
                let bytes = at.to_be_bytes().repeat(500);
                tokio::io::AsyncWriteExt::write_all(&mut write, &bytes).await.unwrap();
            }
            tokio::io::AsyncWriteExt::shutdown(&mut write).await.unwrap();
        });
        let mut all = Vec::new();
        let reading = tokio::io::AsyncReadExt::read_to_end(&mut read, &mut all);
        tokio::time::timeout(crate::PATIENCE, reading).await.unwrap().unwrap();
        let expected: Vec<u8> = (0..1000_u32).flat_map(|at| at.to_be_bytes().repeat(500)).collect();
        assert!(all == expected);
        writing.await.unwrap();
        echo.await.unwrap();
    });
}

#[test]
fn std_io_reads_and_writes_over_a_layer() {
    let (client, server) = crate::sockets();
    let of =
        |socket| sync::Connection::new(socket, ()).layered(Numbered::default()).into_byte_stream();
    let (mut client, mut server) = (of(client), of(server));
    let echo = thread::spawn(move || {
        let mut line = String::new();
        server.read_line(&mut line).unwrap();
        assert_eq!(line, "hello\n");
        let copied = io::copy(&mut server, &mut io::sink()).unwrap();
        write!(server, "{copied}").unwrap();
        server.connection_mut().close_write().unwrap();
        // The socket stays until the peer has read.
        server
    });
    client.write_all(b"hello\n").unwrap();
    client.write_all(&[1; 500_000]).unwrap();
    client.flush().unwrap();
    client.connection_mut().close_write().unwrap();
    let mut text = String::new();
    client.read_to_string(&mut text).unwrap();
    assert_eq!(text, "500000");
    drop(echo.join().unwrap());
}

/// A reader gets the bytes first that were read too far for a stage.
#[test]
fn what_was_read_too_far_is_read_first() {
    smol::block_on(async {
        let io = smol::io::Cursor::new(b"\x01arest".to_vec());
        let mut connection = futures::Connection::new(io, length::u8().take(1));
        assert_eq!(connection.turn().await.unwrap().unwrap().item, "a");
        let connection = connection.follow(|_| ()).unwrap();
        let mut rest = String::new();
        smol::io::AsyncReadExt::read_to_string(&mut connection.into_byte_stream(), &mut rest)
            .await
            .unwrap();
        assert_eq!(rest, "rest");
    });
}
