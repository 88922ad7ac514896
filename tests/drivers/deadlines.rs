//! Deadlines by the clocks that come with the toolkit, over real sockets.

use std::{
    io::{Read, Write},
    net::TcpStream,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use segue::{
    driver::{
        Deadlines, Error, Late, SocketTimer, Timeouts,
        futures::{AsyncIoTimer, Connection as OverFutures},
        sync::{Connection as Blocking, SocketClock},
        tokio::{Connection as OverTokio, TokioTimer},
    },
    separator,
};

use crate::{
    sockets::{runtime, sockets},
    threads::in_time,
};

const MS: Duration = Duration::from_millis(1);

/// The time a test waits for, much shorter than the one that it must not wait for.
const RECORD: Duration = Duration::from_millis(400);
const IDLE: Duration = Duration::from_millis(300);
const SEND: Duration = Duration::from_millis(350);

fn deadlines() -> Deadlines {
    Deadlines::new().record(RECORD).idle(IDLE).send(SEND)
}

/// The behaviour of a peer that is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Peer {
    /// It sends a byte of its head per 60 milliseconds.
    Trickles,
    Sleeps,
    /// It asks, and does not read.
    DoesNotRead,
}

impl Peer {
    const ALL: [(Self, Late, Duration); 3] = [
        (Self::Trickles, Late::Record, RECORD),
        (Self::Sleeps, Late::Idle, IDLE),
        (Self::DoesNotRead, Late::Send, SEND),
    ];

    /// Does it until the other end is dropped, or has answered, which is returned.
    fn plays(self, mut socket: TcpStream) -> JoinHandle<String> {
        thread::spawn(move || {
            let mut heard = String::new();
            match self {
                Self::Trickles => {
                    socket.set_read_timeout(Some(60 * MS)).unwrap();
                    let mut byte = [0];
                    while socket.write_all(b"x").is_ok() {
                        if socket.read(&mut byte).is_ok_and(|count| count > 0) {
                            heard.push(char::from(byte[0]));
                            break;
                        }
                    }
                    socket.set_read_timeout(None).unwrap();
                    socket.read_to_string(&mut heard).unwrap();
                }
                Self::Sleeps => drop(socket.read_to_string(&mut heard)),
                Self::DoesNotRead => {
                    socket.write_all(b"give me much\n").unwrap();
                    thread::sleep(4 * SEND);
                }
            }
            heard
        })
    }
}

/// More than the kernel buffers.
fn much() -> bytes::Bytes {
    vec![b'x'; 32 << 20].into()
}

/// Checks that a peer was given up for the right reason at the right time.
fn given_up<E: std::fmt::Debug>(error: &Error<E>, began: Instant, late: Late, at: Duration) {
    let passed = began.elapsed();
    assert_eq!(error.late(), Some(late));
    assert!(passed >= at && passed < 5 * at, "{late:?} after {passed:?}");
}

#[test]
fn a_blocking_socket_gives_up_a_peer_that_trickles_sleeps_or_does_not_read() {
    for by_handle in [false, true] {
        for (peer, late, at) in Peer::ALL {
            in_time(move || {
                let (socket, other) = sockets();
                let own = (Some(40_000 * MS), Some(50_000 * MS));
                socket.set_timeouts(own.0, own.1).unwrap();
                let mut timer = SocketTimer::new(socket.try_clone().unwrap());
                let mut clock = SocketClock::new();
                let mut connection =
                    Blocking::new(socket, separator::line()).with_deadlines(deadlines());
                let playing = peer.plays(other);
                let mut began = Instant::now();
                if peer == Peer::DoesNotRead {
                    assert!(connection.turn_by(&mut clock).unwrap().is_some());
                    connection.output_mut().put_bytes(much());
                    began = Instant::now();
                    // It is all to be sent before the next line is waited for.
                }
                let turn = if by_handle {
                    connection.turn_by(&mut timer).map(drop)
                } else {
                    connection.turn_by(&mut clock).map(drop)
                };
                given_up(&turn.unwrap_err(), began, late, at);
                assert_eq!(connection.io().timeouts().unwrap(), own);
                if peer == Peer::DoesNotRead {
                    let began = Instant::now();
                    let flushed = connection.flush_by(&mut clock).unwrap_err();
                    given_up(&Error::<()>::Io(flushed), began, Late::Send, SEND);
                    assert_eq!(connection.io().timeouts().unwrap(), own);
                } else {
                    connection.send_by(&mut separator::line(), &b"408"[..], &mut clock).unwrap();
                    let _ = connection.close(1000).unwrap();
                    assert_eq!(connection.io().timeouts().unwrap(), own);
                }
                drop((connection, timer));
                let heard = playing.join().unwrap();
                assert_eq!(heard, if peer == Peer::DoesNotRead { "" } else { "408\n" });
            });
        }
    }
}

/// The same for both drivers that are polled.
macro_rules! polled {
    ($connection:ident, $timer:expr, $late:expr, $at:expr, $peer:expr) => {{
        let mut timer = $timer;
        let began = Instant::now();
        let error = if $peer == Peer::DoesNotRead {
            assert!($connection.turn_by(&mut timer).await.unwrap().is_some());
            $connection.output_mut().put_bytes(much());
            Error::Io($connection.flush_by(&mut timer).await.unwrap_err())
        } else {
            $connection.turn_by(&mut timer).await.map(drop).unwrap_err()
        };
        given_up(&error, began, $late, $at);
        if $peer != Peer::DoesNotRead {
            $connection.send_by(&mut separator::line(), &b"408"[..], &mut timer).await.unwrap();
        }
    }};
}

#[test]
fn a_tokio_socket_gives_up_a_peer_that_trickles_sleeps_or_does_not_read() {
    for (peer, late, at) in Peer::ALL {
        in_time(move || {
            let (socket, other) = sockets();
            let playing = peer.plays(other);
            runtime().block_on(async {
                socket.set_nonblocking(true).unwrap();
                let socket = tokio::net::TcpStream::from_std(socket).unwrap();
                let mut connection =
                    OverTokio::new(socket, separator::line()).with_deadlines(deadlines());
                polled!(connection, TokioTimer::new(), late, at, peer);
                connection.close_write().await.ok();
            });
            let heard = playing.join().unwrap();
            assert_eq!(heard, if peer == Peer::DoesNotRead { "" } else { "408\n" });
        });
    }
}

#[test]
fn an_async_io_socket_gives_up_a_peer_that_trickles_sleeps_or_does_not_read() {
    for (peer, late, at) in Peer::ALL {
        in_time(move || {
            let (socket, other) = sockets();
            let playing = peer.plays(other);
            smol::block_on(async {
                let socket = smol::Async::new(socket).unwrap();
                let mut connection =
                    OverFutures::new(socket, separator::line()).with_deadlines(deadlines());
                polled!(connection, AsyncIoTimer::new(), late, at, peer);
            });
            let heard = playing.join().unwrap();
            assert_eq!(heard, if peer == Peer::DoesNotRead { "" } else { "408\n" });
        });
    }
}

/// A loop over `select!` makes a new future each time, and the phase is the same.
#[tokio::test(start_paused = true)]
async fn a_phase_keeps_its_beginning_in_a_loop_over_select() {
    let (here, mut there) = tokio::io::duplex(64);
    let deadlines = Deadlines::new().idle(Duration::from_secs(10));
    let mut connection = OverTokio::new(here, separator::line()).with_deadlines(deadlines);
    let mut timer = TokioTimer::new();
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    let began = tokio::time::Instant::now();
    let mut count = 0;
    let error = loop {
        tokio::select! {
            turn = connection.turn_by(&mut timer) => break turn.map(drop).unwrap_err(),
            _ = ticks.tick() => count += 1,
        }
        connection.queue(&mut separator::line(), &b"tick"[..]).await.unwrap();
        connection.flush().await.unwrap();
        tokio::io::AsyncReadExt::read_exact(&mut there, &mut [0; 5]).await.unwrap();
        assert!(count < 100, "the phase begins anew");
    };
    assert_eq!(error.late(), Some(Late::Idle));
    assert_eq!(began.elapsed().as_secs(), 10);
}
