//! Bytes over messages, with tungstenite at the other end, and what a peer can do wrong.
#![allow(clippy::unwrap_used, reason = "a scene is a test, though it may not be marked as one")]

use segue::{
    driver::{Error, sync::Connection},
    length, separator,
};
use segue_websocket::{ClientHandshake, ServerHandshake, TunnelError};
use std::{
    net::{TcpListener, TcpStream},
    thread,
};
use tokio_tungstenite::tungstenite::{self, Message};

fn sockets() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let server = listener.accept().unwrap().0;
    for socket in [&client, &server] {
        socket.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
    }
    (client, server)
}

/// tungstenite cuts messages where it likes; records are whole all the same.
#[test]
fn records_pass_a_tunnel_to_a_client_of_tungstenite() {
    let (client, server) = sockets();
    let peer = thread::spawn(move || {
        let (mut socket, _) = tungstenite::client("ws://a/tunnel", client).unwrap();
        let mut wire = Vec::new();
        for at in 0..300_u16 {
            wire.extend(at.to_be_bytes());
            wire.extend(vec![7; usize::from(at)]);
        }
        for piece in wire.chunks(701) {
            socket.send(Message::binary(piece.to_vec())).unwrap();
            socket.send(Message::Ping(b"?"[..].into())).unwrap();
        }
        let mut echoed = Vec::new();
        let mut largest = 0;
        while echoed.len() < wire.len() {
            if let Message::Binary(bytes) = socket.read().unwrap() {
                largest = largest.max(bytes.len());
                echoed.extend_from_slice(&bytes);
            }
        }
        assert!(echoed == wire && largest <= 1000);
        socket.close(None).unwrap();
        while socket.read().is_ok() {}
    });
    let mut connection = Connection::new(server, ());
    let accepted = connection.exchange(&mut ServerHandshake::new()).unwrap();
    let tunnel = accepted.tunnel().max_message(1000);
    let mut records = connection.layered(tunnel).begin(length::u16_be());
    let mut count = 0;
    while let Some(mut turn) = records.turn().unwrap() {
        turn.output.queue(&mut length::u16_be(), &turn.item[..]).unwrap();
        count += 1;
    }
    assert_eq!(count, 300);
    records.close(1024).unwrap();
    peer.join().unwrap();
}

#[test]
fn lines_pass_a_tunnel_to_a_server_of_tungstenite() {
    let (client, server) = sockets();
    let peer = thread::spawn(move || {
        let mut socket = tungstenite::accept(server).unwrap();
        loop {
            match socket.read() {
                Ok(message @ Message::Binary(_)) => socket.send(message).unwrap(),
                Ok(_) => {}
                Err(tungstenite::Error::ConnectionClosed) => break,
                Err(error) => panic!("{error}"),
            }
        }
    });
    let mut connection = Connection::new(client, ());
    let opened = connection.exchange(&mut ClientHandshake::new("a", "/tunnel")).unwrap();
    let mut lines = connection.layered(opened.tunnel()).begin(separator::line());
    for at in 0..200 {
        let line = format!("line {at} {}", "x".repeat(at * 11));
        lines.send(&mut separator::line(), line.as_bytes()).unwrap();
        assert_eq!(lines.turn().unwrap().unwrap().item, line.as_str());
    }
    lines.close_write().unwrap();
    assert!(lines.turn().unwrap().is_none(), "the close frame is a clean end");
    peer.join().unwrap();
}

/// One end has ended its side before the other has said anything.
#[test]
fn a_side_that_has_ended_still_hears_a_mebibyte() {
    const RECORDS: usize = 64;
    let (client, server) = sockets();
    let answers = thread::spawn(move || {
        let mut connection = Connection::new(server, ());
        let accepted = connection.exchange(&mut ServerHandshake::new()).unwrap();
        let mut records = connection.layered(accepted.tunnel()).begin(length::u16_be());
        assert_eq!(records.turn().unwrap().unwrap().item, b"all of it, please");
        assert!(records.turn().unwrap().is_none());
        for at in 0..RECORDS {
            let record = vec![u8::try_from(at).unwrap(); 16 * 1024];
            records.queue(&mut length::u16_be(), &record[..]).unwrap();
        }
        assert!(records.close(1024).unwrap());
    });
    let mut connection = Connection::new(client, ());
    let opened = connection.exchange(&mut ClientHandshake::new("a", "/tunnel")).unwrap();
    let mut records = connection.layered(opened.tunnel()).begin(length::u16_be());
    records.send(&mut length::u16_be(), &b"all of it, please"[..]).unwrap();
    records.close_write().unwrap();
    for at in 0..RECORDS {
        let turn = records.turn().unwrap().unwrap();
        assert!(turn.item.len() == 16 * 1024 && turn.item.iter().all(|b| usize::from(*b) == at));
    }
    assert!(records.turn().unwrap().is_none(), "the close frame is a clean end");
    answers.join().unwrap();
}

/// A message that a tunnel does not carry, and a socket that ends without a close frame.
#[test]
fn a_peer_that_breaks_the_rules_is_told_and_a_cut_is_no_end() {
    for (message, code) in [(Some(Message::text("hello")), 1003), (None, 0)] {
        let (client, server) = sockets();
        let peer = thread::spawn(move || {
            let (mut socket, _) = tungstenite::client("ws://a/tunnel", client).unwrap();
            socket.send(Message::binary(b"first\r\n".to_vec())).unwrap();
            match message {
                Some(message) => {
                    socket.send(message).unwrap();
                    match socket.read().unwrap() {
                        Message::Close(Some(close)) => assert_eq!(u16::from(close.code), code),
                        other => panic!("{other:?}"),
                    }
                }
                None => socket.get_ref().shutdown(std::net::Shutdown::Both).unwrap(),
            }
        });
        let mut connection = Connection::new(server, ());
        let accepted = connection.exchange(&mut ServerHandshake::new()).unwrap();
        let mut lines = connection.layered(accepted.tunnel()).begin(separator::line());
        assert_eq!(lines.turn().unwrap().unwrap().item, "first");
        let error = lines.turn().map(drop).unwrap_err();
        let fault = error.layer::<TunnelError>().unwrap();
        match code {
            0 => assert!(matches!(&error, Error::Io(io)
                if io.kind() == std::io::ErrorKind::UnexpectedEof)),
            _ => assert_eq!(fault.cause, segue::Cause::Stage(TunnelError::Text)),
        }
        peer.join().unwrap();
    }
}
