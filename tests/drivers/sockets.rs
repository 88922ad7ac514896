//! Real sockets: readiness loops, looks into the kernel's queue, and resets.

use std::{
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    thread,
};

use segue::{
    Edge, Handoff,
    driver::{Options, ReadPolicy, Turn, futures, sync, tokio as polled},
    length, separator,
};

use crate::talk::{Talk, messages, record};

pub(crate) fn sockets() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (client, listener.accept().unwrap().0)
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Servers hold many of them, most of which are idle.
#[test]
fn a_connection_is_small() {
    let size = size_of::<polled::Connection<tokio::net::TcpStream, ()>>();
    assert!(size <= 460 || usize::BITS < 64, "{size} bytes");
}

/// An echo over a non-blocking socket, as a mio loop drives it: until would-block, and then until
/// the socket is readable, or writable if that is asked for.
#[cfg(unix)]
#[test]
fn a_readiness_loop_echoes_more_than_the_kernel_buffers() {
    use std::os::unix::net::UnixStream;

    const COUNT: usize = 20_000;
    let (client, server) = UnixStream::pair().unwrap();
    for socket in [&client, &server] {
        socket.set_nonblocking(true).unwrap();
    }
    let mut client = sync::Connection::new(client, Talk::default());
    let mut server = sync::Connection::new(server, Talk::default());
    let text = [7; 200];
    let (mut sent, mut heard, mut echoed) = (0, 0, 0);
    let mut has_wanted_write = false;
    while heard < COUNT {
        // More under way than the kernel buffers, and less than both sides may read ahead.
        while sent < COUNT && sent - heard < 2000 {
            match client.queue(&mut Talk::default(), &text[..]) {
                Ok(()) => sent += 1,
                Err(error) if error.would_block() => break,
                Err(error) => panic!("{error:?}"),
            }
        }
        loop {
            match client.turn() {
                Ok(Some(turn)) => {
                    assert_eq!(turn.item, text);
                    heard += 1;
                }
                Ok(None) => panic!("the server ended"),
                Err(error) if error.would_block() => break,
                Err(error) => panic!("{error:?}"),
            }
        }
        loop {
            match server.turn() {
                Ok(Some(Turn { item, mut output })) => {
                    output.queue(&mut Talk::default(), item).unwrap();
                    echoed += 1;
                }
                Ok(None) => panic!("the client ended"),
                Err(error) if error.would_block() => break,
                Err(error) => panic!("{error:?}"),
            }
        }
        has_wanted_write |= server.wants_write() || client.wants_write();
    }
    assert_eq!((sent, echoed), (COUNT, COUNT));
    assert!(has_wanted_write, "nothing was ever in the way");
    for connection in [client, server] {
        assert_eq!(connection.held(), 0);
        assert!(connection.hand_off(Edge::MustBeEmpty).unwrap().into_io().is_ok());
    }
}

#[test]
fn a_blocking_socket_is_served() {
    let (client, server) = sockets();
    let echo = thread::spawn(move || {
        let mut connection = sync::Connection::new(server, Talk::default());
        let mut count = 0;
        while let Some(Turn { item, mut output }) = connection.turn().unwrap() {
            output.queue(&mut Talk::default(), item).unwrap();
            count += 1;
        }
        assert!(connection.close(1000).unwrap());
        count
    });
    let mut connection = sync::Connection::new(client, Talk::default());
    for count in 0..100 {
        connection.queue(&mut Talk::default(), &[7; 100][..count]).unwrap();
        if count % 10 == 9 {
            for expected in count - 9..=count {
                assert_eq!(connection.turn().unwrap().unwrap().item.len(), expected);
            }
        }
    }
    connection.close_write().unwrap();
    assert!(connection.turn().unwrap().is_none());
    assert_eq!(echo.join().unwrap(), 100);
}

/// A head, and then what belongs to somebody else.
const STREAM: &[u8] = b"GET / HTTP/1.1\r\nhost: here\r\n\r\n\x81\x02hi";

#[test]
fn a_socket_is_given_away_with_nothing_over_read() {
    for policy in [ReadPolicy::Exact, ReadPolicy::Peek] {
        let options = Options::new().policy(policy);
        let (mut client, server) = sockets();
        client.write_all(STREAM).unwrap();
        drop(client);
        let handoff = Handoff::new(server, &[][..]);
        let stage = separator::bytes(b"\r\n\r\n");
        let mut connection =
            sync::Connection::from_handoff(handoff, stage).with_options(options).peeking();
        let head = connection.turn().unwrap().unwrap().item.to_vec();
        assert_eq!(head, STREAM[..26]);
        let mut io = connection.hand_off(Edge::MustBeEmpty).unwrap().into_io().unwrap();
        let mut rest = Vec::new();
        io.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, b"\x81\x02hi");
    }
}

#[test]
fn a_tokio_socket_is_given_away_with_nothing_over_read() {
    use tokio::io::AsyncReadExt;

    for policy in [ReadPolicy::Exact, ReadPolicy::Peek] {
        let options = Options::new().policy(policy);
        let (mut client, server) = sockets();
        server.set_nonblocking(true).unwrap();
        runtime().block_on(async {
            let server = tokio::net::TcpStream::from_std(server).unwrap();
            let handoff = Handoff::new(server, &[][..]);
            let stage = separator::bytes(b"\r\n\r\n");
            let mut connection =
                polled::Connection::from_handoff(handoff, stage).with_options(options).peeking();
            // It waits for the first byte, and then for the others.
            let sender = thread::spawn(move || {
                for piece in [&STREAM[..10], &STREAM[10..]] {
                    thread::sleep(std::time::Duration::from_millis(10));
                    client.write_all(piece).unwrap();
                }
            });
            let head = connection.turn().await.unwrap().unwrap().item.to_vec();
            assert_eq!(head, STREAM[..26]);
            sender.join().unwrap();
            let mut io = connection.hand_off(Edge::MustBeEmpty).unwrap().into_io().unwrap();
            let mut rest = Vec::new();
            io.read_to_end(&mut rest).await.unwrap();
            assert_eq!(rest, b"\x81\x02hi");
        });
    }
}

#[test]
fn an_async_io_socket_is_given_away_with_nothing_over_read() {
    for policy in [ReadPolicy::Exact, ReadPolicy::Peek] {
        let options = Options::new().policy(policy);
        let (mut client, server) = sockets();
        smol::block_on(async {
            let handoff = Handoff::new(smol::Async::new(server).unwrap(), &[][..]);
            let stage = separator::bytes(b"\r\n\r\n");
            let mut connection =
                futures::Connection::from_handoff(handoff, stage).with_options(options).peeking();
            // It waits for the first byte, and then for the others.
            let sender = thread::spawn(move || {
                for piece in [&STREAM[..10], &STREAM[10..]] {
                    thread::sleep(std::time::Duration::from_millis(10));
                    client.write_all(piece).unwrap();
                }
            });
            let head = connection.turn().await.unwrap().unwrap().item.to_vec();
            assert_eq!(head, STREAM[..26]);
            sender.join().unwrap();
            let io = connection.hand_off(Edge::MustBeEmpty).unwrap().into_io().unwrap();
            let mut io = io.into_inner().unwrap();
            io.set_nonblocking(false).unwrap();
            let mut rest = Vec::new();
            io.read_to_end(&mut rest).unwrap();
            assert_eq!(rest, b"\x81\x02hi");
        });
    }
}

/// A tokio task has a budget of operations. A peek may use up the last of it, and then the read
/// behind it is pending although there is something to read.
#[test]
fn a_task_whose_budget_ends_between_a_peek_and_a_read_goes_on() {
    const COUNT: usize = 500;
    let (mut client, server) = sockets();
    server.set_nonblocking(true).unwrap();
    let records = messages(["one"]).repeat(COUNT);
    client.write_all(&records).unwrap();
    runtime().block_on(async {
        let server = tokio::net::TcpStream::from_std(server).unwrap();
        let options = Options::new().policy(ReadPolicy::Peek);
        let handoff = Handoff::new(server, &[][..]);
        let mut connection = polled::Connection::from_handoff(handoff, Talk::default())
            .with_options(options)
            .peeking();
        for _ in 0..COUNT {
            assert_eq!(connection.turn().await.unwrap().unwrap().item, b"one");
        }
    });
}

/// The peer is still sending when it is refused. Were the socket dropped with that unread, a reset
/// would destroy the refusal on its way.
#[test]
fn a_close_does_not_destroy_the_answer() {
    let (mut client, server) = sockets();
    let server = thread::spawn(move || {
        let mut connection = sync::Connection::new(server, length::u16_be().max(10));
        let error = connection.turn().unwrap_err();
        assert!(error.fault().is_some());
        connection.queue(&mut separator::line(), &b"too large"[..]).unwrap();
        connection.close(10 << 20).unwrap()
    });
    let chunk = [0xff; 64 * 1024];
    for _ in 0..32 {
        client.write_all(&chunk).unwrap();
    }
    client.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert_eq!(answer.trim_end(), "too large");
    assert!(server.join().unwrap(), "the peer's end has come");
}

#[test]
fn a_peer_that_has_gone_is_reported() {
    let (client, server) = sockets();
    let mut connection = sync::Connection::new(client, Talk::default());
    (&server).write_all(&record(b'm', b"bye")).unwrap();
    drop(server);
    // Sending to it works once, and then no more; what it said can be read all the same.
    for _ in 0..3 {
        thread::sleep(std::time::Duration::from_millis(20));
        let _ = connection.queue(&mut Talk::default(), &b"hello?"[..]);
        if connection.flush().is_err() {
            break;
        }
    }
    match connection.turn() {
        Ok(Some(turn)) => assert_eq!(turn.item, b"bye"),
        // A reset may have taken it away.
        Err(segue::driver::Error::Io(error)) => {
            assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        }
        other => panic!("{other:?}"),
    }
}
