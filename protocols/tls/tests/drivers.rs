//! TLS under the three drivers: whole conversations, ends, cuts and alerts.
#![cfg(feature = "rustls")]
#![allow(clippy::unwrap_used, reason = "a scene is a test, though it may not be marked as one")]

mod support;

use std::{
    convert::Infallible,
    io::{self, Write as _},
    net::{TcpListener, TcpStream},
    thread,
    time::Duration,
};

use segue::{
    driver::{
        Error as DriverError,
        sync::{Connection, SocketClock},
    },
    length, separator,
};
use segue_tls::{Error, Hello, OnCut, Tls};
use support::{Configs, NAME, Version};

fn sockets() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let server = listener.accept().unwrap().0;
    for socket in [&client, &server] {
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    }
    (client, server)
}

/// Sizes of records around those of TLS.
const SIZES: [usize; 9] = [0, 1, 100, 16_383, 16_384, 16_385, 40_000, 65_535, 5];

fn payload(size: usize) -> Vec<u8> {
    (0..=250).cycle().take(size).collect()
}

#[test]
fn records_are_echoed_by_blocking_ends() {
    for version in Version::ALL {
        let configs = Configs::new(version);
        let (ours, theirs) = configs.handshakes();
        let (client, server) = sockets();
        let serving = thread::spawn(move || {
            let mut handshake = theirs;
            let mut connection = Connection::new(server, ());
            let tls = connection.exchange_by(&mut handshake, &mut SocketClock::new()).unwrap();
            assert_eq!(tls.server_name(), Some(NAME));
            let mut connection = connection.layered(tls).begin(length::u32_be());
            while let Some(mut turn) = connection.turn().unwrap() {
                turn.output.queue(&mut length::u32_be(), &turn.item[..]).unwrap();
            }
            assert!(connection.close(0).unwrap());
        });
        let mut handshake = ours;
        let mut connection = Connection::new(client, ());
        let tls = connection.exchange(&mut handshake).unwrap();
        assert_eq!(tls.alpn(), Some(&b"lines"[..]));
        assert_eq!(tls.peer_certificates().unwrap().len(), 1);
        let mut connection = connection.layered(tls).begin(length::u32_be());
        for size in SIZES {
            connection.send(&mut length::u32_be(), &payload(size)[..]).unwrap();
            assert_eq!(connection.turn().unwrap().unwrap().item[..], payload(size)[..]);
        }
        connection.close_write().unwrap();
        assert!(connection.turn().unwrap().is_none(), "the end is a proper one");
        drop(connection);
        serving.join().unwrap();
    }
}

#[test]
fn halves_in_threads_speak_at_the_same_time() {
    let configs = Configs::new(Version::Tls13);
    let (mut ours, mut theirs) = configs.handshakes();
    let (client, server) = sockets();
    let ends = [
        thread::spawn(move || {
            let mut connection = Connection::new(client, ());
            let tls = connection.exchange(&mut ours).unwrap();
            pump(connection.layered(tls).begin(length::u32_be()));
        }),
        thread::spawn(move || {
            let mut connection = Connection::new(server, ());
            let tls = connection.exchange(&mut theirs).unwrap();
            pump(connection.layered(tls).begin(length::u32_be()));
        }),
    ];
    for end in ends {
        end.join().unwrap();
    }
}

type Records = length::Prefixed<length::U32Be>;
type OverTls = segue::driver::Connection<
    segue::driver::sync::Blocking<segue::driver::Layered<segue::driver::sync::Std<TcpStream>, Tls>>,
    Records,
>;

/// Sends 8 MiB in one thread while another reads as much.
fn pump(connection: OverTls) {
    const COUNT: usize = 400;
    let (mut reader, mut writer) = connection.split();
    let writing = thread::spawn(move || {
        for _ in 0..COUNT {
            writer.send(&mut length::u32_be(), &payload(20_000)[..]).unwrap();
        }
        writer.close_write().unwrap();
    });
    let mut count = 0;
    while let Some(turn) = reader.turn().unwrap() {
        assert_eq!(turn.item[..], payload(20_000)[..]);
        count += 1;
    }
    assert_eq!(count, COUNT);
    writing.join().unwrap();
}

#[test]
fn records_are_echoed_under_tokio() {
    use segue::driver::tokio::Connection;

    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let configs = Configs::new(Version::Tls13);
        let (mut ours, mut theirs) = configs.handshakes();
        let (client, server) = tokio::io::duplex(1000);
        let serving = tokio::spawn(async move {
            let mut connection = Connection::new(server, ());
            let tls = connection.exchange(&mut theirs).await.unwrap();
            let mut connection = connection.layered(tls).begin(length::u32_be());
            while let Some(mut turn) = connection.turn().await.unwrap() {
                turn.output.queue(&mut length::u32_be(), &turn.item[..]).unwrap();
            }
            connection.close(0).await.unwrap();
        });
        let mut connection = Connection::new(client, ());
        let tls = connection.exchange(&mut ours).await.unwrap();
        let mut connection = connection.layered(tls).begin(length::u32_be());
        for size in SIZES {
            connection.send(&mut length::u32_be(), &payload(size)[..]).await.unwrap();
            assert_eq!(connection.turn().await.unwrap().unwrap().item[..], payload(size)[..]);
        }
        connection.close_write().await.unwrap();
        assert!(connection.turn().await.unwrap().is_none());
        serving.await.unwrap();
    });
}

#[test]
fn records_are_echoed_under_futures_io() {
    use segue::driver::futures::Connection;

    smol::block_on(async {
        let configs = Configs::new(Version::Tls12);
        let (mut ours, mut theirs) = configs.handshakes();
        let (client, server) = sockets();
        let server = smol::net::TcpStream::try_from(server).unwrap();
        let serving = smol::spawn(async move {
            let mut connection = Connection::new(server, ());
            let tls = connection.exchange(&mut theirs).await.unwrap();
            let mut connection = connection.layered(tls).begin(length::u32_be());
            while let Some(mut turn) = connection.turn().await.unwrap() {
                turn.output.queue(&mut length::u32_be(), &turn.item[..]).unwrap();
            }
            connection.close_unbounded(0).await.unwrap();
        });
        let mut connection = Connection::new(smol::net::TcpStream::try_from(client).unwrap(), ());
        let tls = connection.exchange(&mut ours).await.unwrap();
        let mut connection = connection.layered(tls).begin(length::u32_be());
        for size in SIZES {
            connection.send(&mut length::u32_be(), &payload(size)[..]).await.unwrap();
            assert_eq!(connection.turn().await.unwrap().unwrap().item[..], payload(size)[..]);
        }
        connection.close_write().await.unwrap();
        assert!(connection.turn().await.unwrap().is_none());
        serving.await;
    });
}

/// A second connection with the same configuration resumes the first (RFC 8446 §2.2).
#[test]
fn sessions_are_resumed() {
    for version in Version::ALL {
        let configs = Configs::new(version);
        for resumed in [false, true] {
            let (mut client, server, mut wire) = configs.layers();
            assert_eq!((client.is_resumed(), server.is_resumed()), (resumed, resumed));
            while !wire.is_empty() {
                use segue::Layer as _;
                client.open(&mut wire, false, &mut segue::Output::new()).unwrap();
            }
        }
    }
}

/// A server that goes away in the middle of a line, with nothing said.
fn cut(on_cut: OnCut, tail: &[u8]) -> Result<(Vec<Vec<u8>>, bool), DriverError<Infallible>> {
    let configs = Configs::new(Version::Tls13);
    let (mut ours, mut theirs) = configs.handshakes();
    let (client, server) = sockets();
    let tail = tail.to_vec();
    let serving = thread::spawn(move || {
        let mut below = server.try_clone().unwrap();
        let mut connection = Connection::new(server, ());
        let tls = connection.exchange(&mut theirs).unwrap();
        let mut connection = connection.layered(tls).begin(separator::line());
        connection.send(&mut separator::line(), &b"hello"[..]).unwrap();
        below.write_all(&tail).unwrap();
        below.shutdown(std::net::Shutdown::Write).unwrap();
        // The client's last words.
        let _ = connection.turn();
    });
    let mut connection = Connection::new(client, ());
    let tls = connection.exchange(&mut ours).unwrap().on_cut(on_cut);
    let mut connection = connection.layered(tls).begin(separator::line());
    let mut lines = Vec::new();
    let found = loop {
        match connection.turn() {
            Ok(Some(turn)) => lines.push(turn.item.to_vec()),
            Ok(None) => break Ok((lines, connection.layer().is_cut())),
            Err(error) => break Err(error),
        }
    };
    drop(connection);
    serving.join().unwrap();
    found
}

#[test]
fn a_wire_that_ends_without_a_goodbye_is_a_fault() {
    let Err(DriverError::Io(error)) = cut(OnCut::Fault, b"") else { panic!("it is no end") };
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
}

#[test]
fn the_same_is_an_end_for_those_who_say_so() {
    let (lines, is_cut) = cut(OnCut::EndBetweenRecords, b"").unwrap();
    assert_eq!((lines, is_cut), (vec![b"hello".to_vec()], true));
    // But not inside a record.
    let Err(DriverError::Io(error)) = cut(OnCut::EndBetweenRecords, b"\x17\x03\x03\x00\x20!")
    else {
        panic!("it is no end")
    };
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
}

/// The client does not trust the certificate: both ends are told, each in its own way.
#[test]
fn the_alert_of_a_failed_handshake_reaches_the_peer() {
    let (client, server) = sockets();
    let serving = thread::spawn(move || {
        let mut handshake = Configs::new(Version::Tls13).handshakes().1;
        let mut connection = Connection::new(server, ());
        match connection.exchange(&mut handshake) {
            Err(DriverError::Fault(fault)) => fault.error().cloned(),
            _ => None,
        }
    });
    let name = "other.test".try_into().unwrap();
    let config = support::client_config(Version::Tls13);
    let mut handshake = segue_tls::client(config, name).unwrap();
    let mut connection = Connection::new(client, ());
    let Err(DriverError::Fault(fault)) = connection.exchange(&mut handshake) else {
        panic!("it is another's certificate")
    };
    assert!(matches!(fault.error(), Some(Error::Rustls(rustls::Error::InvalidCertificate(_)))));
    // The alert has left by now.
    let told = serving.join().unwrap();
    drop(connection);
    let bad = rustls::Error::AlertReceived(rustls::AlertDescription::BadCertificate);
    assert_eq!(told, Some(Error::Rustls(bad)));
}

#[test]
fn http_on_a_port_for_tls_is_refused_by_name() {
    let (mut client, server) = sockets();
    client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    let mut handshake = Configs::new(Version::Tls13).handshakes().1;
    let mut connection = Connection::new(server, ());
    let Err(DriverError::Fault(fault)) = connection.exchange(&mut handshake) else {
        panic!("it is no TLS")
    };
    assert_eq!(fault.error(), Some(&Error::NotTls));
    assert_eq!(connection.buffer().as_slice()[..3], *b"GET", "it is there for another stage");
}

/// A router looks at the name, and a server behind it goes on from the same bytes.
#[test]
fn a_hello_is_looked_at_and_then_served() {
    let configs = Configs::new(Version::Tls13);
    let (mut ours, mut theirs) = configs.handshakes();
    let (client, server) = sockets();
    let serving = thread::spawn(move || {
        let mut connection = Connection::new(server, ());
        let hello = connection.exchange(&mut Hello::new()).unwrap();
        assert_eq!(hello.client_hello().server_name(), Some(NAME));
        let tls = connection.exchange(&mut theirs).unwrap();
        let mut connection = connection.layered(tls).begin(separator::line());
        connection.send(&mut separator::line(), &b"hello"[..]).unwrap();
        connection.close(1000).unwrap();
    });
    let mut connection = Connection::new(client, ());
    let tls = connection.exchange(&mut ours).unwrap();
    let mut connection = connection.layered(tls).begin(separator::line());
    assert_eq!(connection.turn().unwrap().unwrap().item[..], *b"hello");
    assert!(connection.turn().unwrap().is_none());
    assert!(connection.close(0).unwrap());
    serving.join().unwrap();
}
