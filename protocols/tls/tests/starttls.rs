//! The switch into TLS in the middle of a conversation, and what may not cross it.
#![cfg(feature = "rustls")]
#![allow(clippy::unwrap_used, reason = "a scene is a test, though it may not be marked as one")]

mod support;

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread,
    time::Duration,
};

use segue::{
    DecodeExt, Edge,
    driver::{Error as DriverError, sync::Connection},
    separator::{self, Line},
};
use segue_tls::Error;
use support::{Configs, Version};

fn sockets() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let server = listener.accept().unwrap().0;
    for socket in [&client, &server] {
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    }
    (client, server)
}

fn line() -> Line {
    separator::line().crlf()
}

/// The result of a server that waits for `STARTTLS`.
#[derive(Debug, PartialEq)]
enum Served {
    /// The line that came over TLS.
    Secret(Vec<u8>),
    /// Something came in the clear.
    Glued(Vec<u8>),
    NoTls,
}

fn serve(socket: TcpStream, configs: &Configs) -> Served {
    let commands = line().through(|line| line == b"STARTTLS\r\n");
    let mut connection = Connection::new(socket, commands);
    while let Some(mut turn) = connection.turn().unwrap() {
        turn.output.queue(&mut line(), &b"220 go ahead"[..]).unwrap();
    }
    let mut connection = match connection.follow_at(Edge::MustBeEmpty, |_| ()) {
        Ok(connection) => connection,
        Err(refused) => {
            let mut connection = refused.into_connection();
            let glued = connection.buffer().as_slice().to_vec();
            connection.send(&mut line(), &b"554 nothing may follow STARTTLS"[..]).unwrap();
            connection.close(64 * 1024).unwrap();
            return Served::Glued(glued);
        }
    };
    match connection.exchange(&mut configs.handshakes().1) {
        Ok(tls) => {
            let mut connection = connection.layered(tls).begin(line());
            let line = connection.turn().unwrap().unwrap().item.to_vec();
            connection.close(64 * 1024).unwrap();
            Served::Secret(line)
        }
        Err(DriverError::Fault(fault)) => {
            assert_eq!(fault.error(), Some(&Error::NotTls));
            Served::NoTls
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_client_that_waits_is_served() {
    let configs = Configs::new(Version::Tls13);
    let mut handshake = configs.handshakes().0;
    let (client, server) = sockets();
    let serving = thread::spawn(move || serve(server, &configs));
    let mut connection = Connection::new(client, line().take(1));
    connection.send(&mut line(), &b"STARTTLS"[..]).unwrap();
    assert_eq!(connection.turn().unwrap().unwrap().item[..], *b"220 go ahead");
    assert!(connection.turn().unwrap().is_none());
    let mut connection = connection.follow_at(Edge::MustBeEmpty, |_| ()).unwrap();
    let tls = connection.exchange(&mut handshake).unwrap();
    let mut connection = connection.layered(tls).begin(line());
    connection.send(&mut line(), &b"hello"[..]).unwrap();
    connection.close(64 * 1024).unwrap();
    assert_eq!(serving.join().unwrap(), Served::Secret(b"hello".to_vec()));
}

/// CVE-2011-0411: a command behind `STARTTLS`, in the same segment or in one of its own.
#[test]
fn a_command_glued_behind_the_switch_is_refused() {
    for (first, then, wanted) in [
        (
            &b"STARTTLS\r\nMAIL FROM:<mallory>\r\n"[..],
            &b""[..],
            Served::Glued(b"MAIL FROM:<mallory>\r\n".to_vec()),
        ),
        (b"STARTTLS\r\n", b"MAIL FROM:<mallory>\r\n", Served::NoTls),
    ] {
        let (mut client, server) = sockets();
        client.write_all(first).unwrap();
        let serving = thread::spawn(|| serve(server, &Configs::new(Version::Tls13)));
        let mut said = [0; 14];
        client.read_exact(&mut said).unwrap();
        assert_eq!(said, *b"220 go ahead\r\n");
        client.write_all(then).unwrap();
        client.shutdown(std::net::Shutdown::Write).unwrap();
        let _ = client.read_to_end(&mut Vec::new());
        assert_eq!(serving.join().unwrap(), wanted);
    }
}

/// The other way round, as it was found in clients in 2021: an answer behind the last one in the clear.
#[test]
fn an_answer_glued_behind_the_switch_is_refused() {
    let (client, mut server) = sockets();
    server.write_all(b"220 go ahead\r\n* BYE\r\n").unwrap();
    let mut connection = Connection::new(client, line().take(1));
    assert_eq!(connection.turn().unwrap().unwrap().item[..], *b"220 go ahead");
    assert!(connection.turn().unwrap().is_none());
    let refused = connection.follow_at(Edge::MustBeEmpty, |_| ()).unwrap_err();
    assert_eq!(refused.into_connection().buffer().as_slice(), b"* BYE\r\n");
}
