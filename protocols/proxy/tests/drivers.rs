//! A header in front of lines, with both ends under the drivers.
#![allow(clippy::unwrap_used, reason = "a scene is a test, though it may not be marked as one")]

mod support;

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread,
    time::Duration,
};

use segue::{
    DecodeExt as _, Edge, Encode as _, Fault, Output,
    combine::Either,
    driver::{Deadlines, Options, ReadPolicy, sync, tokio as polled},
    separator,
};
use segue_proxy::{Error, Header, OptionalHeader, Presence, ProxyHeader};

fn sockets() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let server = listener.accept().unwrap().0;
    for socket in [&client, &server] {
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    }
    (client, server)
}

fn headers() -> [Header<'static>; 3] {
    [Header::v1(support::inet()), Header::v2(support::inet()), support::full(support::inet())]
}

#[test]
fn lines_behind_a_header_by_blocking_ends() {
    for header in headers() {
        let (client, server) = sockets();
        let sent = header.clone();
        let serving = thread::spawn(move || {
            let mut connection = sync::Connection::new(server, ProxyHeader::new());
            let received = connection.turn().unwrap().unwrap().item.into_owned();
            assert_eq!(received.source(), sent.source());
            assert_eq!(received.tlvs().iter().count(), sent.tlvs().iter().count());
            let mut connection = connection.follow(|_| separator::line()).unwrap();
            while let Some(mut turn) = connection.turn().unwrap() {
                turn.output.queue(&mut separator::line(), &turn.item[..]).unwrap();
            }
            assert!(connection.close(0).unwrap());
        });
        // The header and the first line leave in one piece.
        let mut connection = sync::Connection::new(client, separator::line());
        connection.queue(&mut ProxyHeader::new(), &header).unwrap();
        connection.send(&mut separator::line(), &b"one"[..]).unwrap();
        assert_eq!(connection.turn().unwrap().unwrap().item, "one");
        connection.close_write().unwrap();
        assert!(connection.turn().unwrap().is_none());
        serving.join().unwrap();
    }
}

#[tokio::test]
async fn lines_behind_a_header_under_tokio() {
    for header in headers() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = tokio::net::TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        let serving = async {
            let stage = OptionalHeader::new(Presence::Optional).then(|_| Ok(separator::line()));
            let mut connection = polled::Connection::new(server, stage);
            let mut seen = None;
            while let Some(mut turn) = connection.turn().await.unwrap() {
                match turn.item {
                    Either::Left(header) => seen = header.and_then(|header| header.source()),
                    Either::Right(line) => {
                        turn.output.queue(&mut separator::line(), &line[..]).unwrap();
                    }
                }
            }
            connection.close(0).await.unwrap();
            seen
        };
        let asking = async {
            let mut connection = polled::Connection::new(client, separator::line());
            connection.queue(&mut ProxyHeader::new(), &header).await.unwrap();
            connection.send(&mut separator::line(), &b"one"[..]).await.unwrap();
            assert_eq!(connection.turn().await.unwrap().unwrap().item, "one");
            connection.close_write().await.unwrap();
            assert!(connection.turn().await.unwrap().is_none());
        };
        let (seen, ()) = tokio::join!(serving, asking);
        assert_eq!(seen, header.source());
    }
}

/// A socket whose header was read exactly can be given to any other library.
#[test]
fn bytes_behind_a_header_stay_in_the_socket() {
    for header in headers() {
        let (mut client, server) = sockets();
        let mut output = Output::new();
        ProxyHeader::new().encode(&header, &mut output).unwrap();
        client.write_all(&[&output.to_vec()[..], b"behind"].concat()).unwrap();
        drop(client);
        let options = Options::new().policy(ReadPolicy::Exact);
        let mut connection =
            sync::Connection::new(server, ProxyHeader::new()).with_options(options);
        assert_eq!(connection.turn().unwrap().unwrap().item, header_as_read(&header));
        let mut socket = connection.hand_off(Edge::MustBeEmpty).unwrap().into_io().unwrap();
        let mut behind = String::new();
        socket.read_to_string(&mut behind).unwrap();
        assert_eq!(behind, "behind");
    }
}

/// With the checksum that was computed.
fn header_as_read(header: &Header<'static>) -> Header<'static> {
    let bytes = support::written(header).unwrap();
    let mut buffer = segue::Buffer::from(&bytes[..]);
    let mut stage = ProxyHeader::new();
    match buffer.step(&mut stage, true, &mut Output::new()) {
        Ok(segue::Step::Item(header)) => header.into_owned(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_header_of_a_stranger_ends_the_connection() {
    let (mut client, server) = sockets();
    client.write_all(b"PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\nGET / HTTP/1.1\r\n").unwrap();
    let stage = OptionalHeader::new(Presence::Forbidden);
    let mut connection = sync::Connection::new(server, stage);
    let error = connection.turn().expect_err("it is not trusted");
    assert_eq!(error.fault(), Some(&Fault::new(Error::Untrusted)));
}

/// A proxy that sends no header, or a part of one, is given up after a while.
#[test]
fn a_header_that_does_not_come_is_given_up() {
    for part in [&b""[..], b"PROXY TCP4 127.0.0.1"] {
        let (mut client, server) = sockets();
        client.write_all(part).unwrap();
        let deadlines =
            Deadlines::new().idle(Duration::from_millis(50)).record(Duration::from_millis(50));
        let mut connection =
            sync::Connection::new(server, ProxyHeader::new()).with_deadlines(deadlines);
        let error = connection.turn_by(&mut sync::SocketClock::new()).expect_err("it is silent");
        let segue::driver::Error::Io(error) = error else { panic!("{error}") };
        assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    }
}
