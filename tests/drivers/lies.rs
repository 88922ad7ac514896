//! Failures of real sockets are told as what they are, and no call waits behind one.

use std::{
    io::{ErrorKind, Read, Write},
    net::Shutdown,
    os::unix::net::UnixStream,
    thread,
    time::Duration,
};

use segue::driver::{Error, futures, sync, tokio as polled};

use crate::{
    sockets::runtime,
    talk::{Mistake, Talk, messages, record},
    threads::in_time,
};

/// A peer that reads no more, so that every write fails, and does not end: a read waits for it.
/// It has sent a ping.
fn deaf() -> (UnixStream, UnixStream) {
    let (client, peer) = UnixStream::pair().unwrap();
    (&peer).write_all(&record(b'p', b"?")).unwrap();
    peer.shutdown(Shutdown::Read).unwrap();
    (client, peer)
}

fn is_broken<T>(turn: Result<T, Error<Mistake>>) -> bool {
    matches!(turn, Err(Error::Io(error)) if error.kind() == ErrorKind::BrokenPipe)
}

#[test]
fn a_blocking_turn_whose_answer_fails_says_so_and_does_not_wait_for_the_peer() {
    in_time(|| {
        let (client, peer) = deaf();
        let mut connection = sync::Connection::new(client, Talk::default());
        assert!(is_broken(connection.turn()));
        // Later bytes of the peer come with the next call, and the failure is not reported again.
        let later = thread::spawn(move || {
            thread::sleep(Duration::from_millis(50));
            (&peer).write_all(&messages(["one"])).unwrap();
            peer
        });
        assert_eq!(connection.turn().unwrap().unwrap().item, b"one");
        drop(later.join().unwrap());
        assert!(connection.turn().unwrap().is_none());
    });
}

#[test]
fn a_blocking_turn_with_a_timer_whose_answer_fails_says_so() {
    in_time(|| {
        let (client, _peer) = deaf();
        let mut connection = sync::Connection::new(client, Talk::default());
        assert!(is_broken(connection.turn_by(&mut sync::SocketClock::new())));
        assert_eq!(connection.io().read_timeout().unwrap(), None);
    });
}

#[test]
fn a_polled_turn_whose_answer_fails_says_so_and_does_not_wait_for_the_peer() {
    in_time(|| {
        runtime().block_on(async {
            let (client, peer) = deaf();
            client.set_nonblocking(true).unwrap();
            let client = tokio::net::UnixStream::from_std(client).unwrap();
            let mut connection = polled::Connection::new(client, Talk::default());
            assert!(is_broken(connection.turn().await));
            (&peer).write_all(&messages(["one"])).unwrap();
            assert_eq!(connection.turn().await.unwrap().unwrap().item, b"one");
        });
        smol::block_on(async {
            let (client, peer) = deaf();
            let client = smol::Async::new(client).unwrap();
            let mut connection = futures::Connection::new(client, Talk::default());
            assert!(is_broken(connection.turn().await));
            (&peer).write_all(&messages(["one"])).unwrap();
            assert_eq!(connection.turn().await.unwrap().unwrap().item, b"one");
        });
    });
}

/// A socket that is dropped with something unread resets its peer.
#[cfg(target_os = "linux")]
#[test]
fn a_reset_within_a_record_is_told_and_not_called_a_truncation() {
    in_time(|| {
        let (client, mut peer) = crate::sockets::sockets();
        let mut connection = sync::Connection::new(client, Talk::default());
        connection.send(&mut Talk::default(), &b"request"[..]).unwrap();
        peer.read_exact(&mut [0; 3]).unwrap();
        peer.write_all(&messages(["one"])[..3]).unwrap();
        drop(peer);
        thread::sleep(Duration::from_millis(50));
        connection.queue(&mut Talk::default(), &b"more"[..]).unwrap();
        let told = connection.turn().map(drop).unwrap_err();
        let Error::Io(error) = told else { panic!("{told:?}") };
        assert!([ErrorKind::ConnectionReset, ErrorKind::BrokenPipe].contains(&error.kind()));
    });
}
