//! A close ends in time, whatever the peer does, and leaves the socket as it was.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::TcpStream,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use segue::driver::{
    Late, Options, SocketTimer, Timeouts,
    futures::{AsyncIoTimer, Connection as OverFutures},
    sync::Connection as Blocking,
    tokio::{Connection as OverTokio, TokioTimer},
};

use crate::{
    sockets::{runtime, sockets},
    talk::{Talk, messages},
    threads::in_time,
};

const LINGER: Duration = Duration::from_millis(200);

fn lingering() -> Options {
    Options::new().linger(LINGER)
}

/// A peer that sends a byte now and then and never ends, until the other end is dropped.
fn trickles(mut peer: TcpStream) -> JoinHandle<()> {
    thread::spawn(move || {
        while peer.write_all(b"-").is_ok() {
            thread::sleep(Duration::from_millis(20));
        }
    })
}

/// Checks that `close` has waited for the linger, and not for much more.
fn in_linger(began: Instant, closed: io::Result<bool>) {
    let passed = began.elapsed();
    assert!(!closed.unwrap(), "the peer has not ended");
    assert!(passed >= LINGER && passed < LINGER * 10, "{passed:?}");
}

#[test]
fn a_close_gives_a_peer_up_that_does_not_end_and_one_that_trickles() {
    in_time(|| {
        for is_trickling in [false, true] {
            let (socket, peer) = sockets();
            let held = (!is_trickling).then(|| peer.try_clone().unwrap());
            let trickling = is_trickling.then(|| trickles(peer));
            let mut connection = Blocking::new(socket, Talk::default()).with_options(lingering());
            connection.queue(&mut Talk::default(), &b"bye"[..]).unwrap();
            let began = Instant::now();
            in_linger(began, connection.close(u64::MAX));
            // By another timer it is the same.
            let (socket, peer) = sockets();
            let second = is_trickling.then(|| trickles(peer.try_clone().unwrap()));
            let mut timer = SocketTimer::new(socket.try_clone().unwrap());
            let mut by_timer = Blocking::new(socket, Talk::default()).with_options(lingering());
            let began = Instant::now();
            in_linger(began, by_timer.close_by(u64::MAX, &mut timer));
            drop((connection, by_timer, timer, held, peer));
            trickling.into_iter().chain(second).for_each(|thread| thread.join().unwrap());
        }
    });
}

#[test]
fn a_close_over_tokio_gives_a_peer_up_that_does_not_end_and_one_that_trickles() {
    in_time(|| {
        for is_trickling in [false, true] {
            runtime().block_on(async {
                let (socket, peer) = sockets();
                let trickling = is_trickling.then(|| trickles(peer.try_clone().unwrap()));
                socket.set_nonblocking(true).unwrap();
                let socket = tokio::net::TcpStream::from_std(socket).unwrap();
                let mut connection =
                    OverTokio::new(socket, Talk::default()).with_options(lingering());
                connection.queue(&mut Talk::default(), &b"bye"[..]).await.unwrap();
                let began = Instant::now();
                in_linger(began, connection.close(u64::MAX).await);
                // The time counts from the first call.
                assert!(!connection.close(u64::MAX).await.unwrap());
                assert!(began.elapsed() < LINGER * 10);
                drop((connection, peer));
                trickling.into_iter().for_each(|thread| thread.join().unwrap());
            });
        }
    });
}

#[test]
fn a_close_over_async_io_gives_a_peer_up_that_does_not_end_and_one_that_trickles() {
    in_time(|| {
        for is_trickling in [false, true] {
            smol::block_on(async {
                let (socket, peer) = sockets();
                let trickling = is_trickling.then(|| trickles(peer.try_clone().unwrap()));
                let socket = smol::Async::new(socket).unwrap();
                let mut connection =
                    OverFutures::new(socket, Talk::default()).with_options(lingering());
                let began = Instant::now();
                in_linger(began, connection.close_by(u64::MAX, &mut AsyncIoTimer::new()).await);
                drop((connection, peer));
                trickling.into_iter().for_each(|thread| thread.join().unwrap());
            });
        }
    });
}

/// Time-outs that no close would set.
const OWN: (Option<Duration>, Option<Duration>) =
    (Some(Duration::from_secs(40)), Some(Duration::from_secs(50)));

#[test]
fn a_close_gives_the_socket_its_time_outs_back() {
    in_time(|| {
        for own in [OWN, (None, OWN.1), (OWN.0, None), (None, None)] {
            for ends in [true, false] {
                let (socket, peer) = sockets();
                socket.set_timeouts(own.0, own.1).unwrap();
                let peer = Some(peer).filter(|_| !ends);
                let options = Options::new().linger(Duration::from_millis(30));
                let mut connection = Blocking::new(socket, Talk::default()).with_options(options);
                assert_eq!(connection.close(1000).unwrap(), ends);
                assert_eq!(connection.io().timeouts().unwrap(), own);
                drop(peer);
            }
        }
    });
}

#[test]
fn a_close_to_a_peer_that_takes_nothing_is_late_and_gives_the_time_outs_back() {
    in_time(|| {
        let (socket, _peer) = sockets();
        socket.set_timeouts(OWN.0, OWN.1).unwrap();
        let mut connection = Blocking::new(socket, ()).with_options(lingering());
        connection.output_mut().put_bytes(vec![7; 32 << 20].into());
        let began = Instant::now();
        let error = connection.close(1000).unwrap_err();
        assert_eq!((error.kind(), Late::of(&error)), (ErrorKind::TimedOut, Some(Late::Send)));
        assert!(began.elapsed() < LINGER * 10);
        assert_eq!(connection.io().timeouts().unwrap(), OWN);
    });
}

#[test]
fn a_close_where_the_runtime_has_no_timers_is_an_error_and_no_panic() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    runtime.block_on(async {
        let (here, _there) = tokio::io::duplex(64);
        let mut connection = OverTokio::new(here, Talk::default());
        connection.queue(&mut Talk::default(), &b"bye"[..]).await.unwrap();
        let error = connection.close(1000).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        // It may be closed by other means.
        connection.close_write().await.unwrap();
    });
    // Outside of tokio it is the same.
    smol::block_on(async {
        let (here, _there) = tokio::io::duplex(64);
        let mut connection = OverTokio::new(here, Talk::default());
        let error = connection.close(1000).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert_eq!(TokioTimer::try_new().unwrap_err().kind(), ErrorKind::Unsupported);
    });
}

#[test]
fn an_async_io_socket_is_ended_by_the_callers_closure() {
    in_time(|| {
        smol::block_on(async {
            let (socket, mut peer) = sockets();
            let listening = thread::spawn(move || {
                let mut heard = Vec::new();
                // Up to the end of the stream, which a close of this socket alone never sends.
                peer.read_to_end(&mut heard).unwrap();
                (heard, peer)
            });
            let socket = smol::Async::new(socket).unwrap();
            let mut connection = OverFutures::new(socket, Talk::default());
            connection.queue(&mut Talk::default(), &b"bye"[..]).await.unwrap();
            let end = |socket: &mut smol::Async<TcpStream>| {
                socket.get_ref().shutdown(std::net::Shutdown::Write)
            };
            connection.close_write_with(end).await.unwrap();
            let (heard, mut peer) = listening.join().unwrap();
            assert_eq!(heard, messages(["bye"]));
            // The other direction goes on, and ends.
            peer.write_all(&messages(["late"])).unwrap();
            assert_eq!(connection.turn().await.unwrap().unwrap().item, b"late");
            drop(peer);
            let closed = connection.close_by(1000, &mut AsyncIoTimer::new()).await;
            assert!(closed.unwrap());
        });
    });
}
