//! Parting from a peer that broke the rules takes a bounded time, whatever the peer does.

use segue::Handoff;
use segue_websocket::{
    CloseCode, Error as Violation, KeepAlive, Role, Timer, TokioTimer, endpoint::Error,
    tokio::WebSocket,
};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    time::Instant,
};

/// A masked frame with a reserved bit, which nothing was negotiated for.
const BROKEN: &[u8] = b"\xf2\x80\0\0\0\0";

fn server() -> (WebSocket<DuplexStream>, DuplexStream) {
    let (server, client) = duplex(1000);
    (WebSocket::from_handoff(Handoff::new(server, &[][..]), Role::Server), client)
}

fn is_broken(error: &Error) -> bool {
    matches!(error, Error::Fault(fault)
        if matches!(fault.error(), Some(Violation::ReservedBits(_))))
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_stays_is_left_after_a_while() {
    for trickles in [false, true] {
        let (mut socket, mut peer) = server();
        peer.write_all(BROKEN).await.unwrap();
        let (begun, peer) = (
            Instant::now(),
            tokio::spawn(async move {
                let mut close = [0; 4];
                peer.read_exact(&mut close).await.unwrap();
                assert_eq!((close[0], &close[2..]), (0x88, &b"\x03\xea"[..]));
                while trickles && peer.write_all(b"more").await.is_ok() {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                peer
            }),
        );
        let error = socket.next().await.unwrap_err();
        assert!(is_broken(&error), "{error:?}");
        assert_eq!(begun.elapsed().as_secs(), 10, "the linger of Options");
        // It is over, and takes no more time.
        assert_eq!(socket.next().await.unwrap(), None);
        socket.close(CloseCode::NORMAL).await.unwrap();
        drop(socket);
        peer.await.unwrap();
        assert!(begun.elapsed().as_secs() <= 11);
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_goes_is_not_waited_for() {
    let (mut socket, mut peer) = server();
    peer.write_all(BROKEN).await.unwrap();
    let begun = Instant::now();
    let peer = tokio::spawn(async move {
        let mut frames = Vec::new();
        // The end of the stream comes right behind the close frame.
        peer.read_to_end(&mut frames).await.unwrap();
        assert_eq!(frames[0], 0x88);
        tokio::time::sleep(Duration::from_secs(2)).await;
    });
    assert!(is_broken(&socket.next().await.unwrap_err()));
    assert_eq!(begun.elapsed().as_secs(), 2);
    peer.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_future_that_is_dropped_begins_no_new_wait() {
    let (mut socket, mut peer) = server();
    peer.write_all(BROKEN).await.unwrap();
    let begun = Instant::now();
    let error = loop {
        match tokio::time::timeout(Duration::from_secs(3), socket.next()).await {
            Ok(outcome) => break outcome.unwrap_err(),
            Err(_) => assert!(begun.elapsed().as_secs() < 10),
        }
    };
    assert!(is_broken(&error));
    assert_eq!(begun.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn halves_and_keep_alives_part_as_well() {
    let (socket, mut peer) = server();
    let (_sender, mut receiver) = socket.split();
    peer.write_all(BROKEN).await.unwrap();
    let begun = Instant::now();
    assert!(is_broken(&receiver.next().await.unwrap_err()));
    assert_eq!(begun.elapsed().as_secs(), 10);

    let (mut socket, mut peer) = server();
    peer.write_all(BROKEN).await.unwrap();
    let mut timer = TokioTimer::new();
    let mut keep_alive = KeepAlive::new(timer.now()).close_within(Duration::from_secs(4));
    let begun = Instant::now();
    let error = socket.next_by(&mut keep_alive, &mut timer).await.unwrap_err();
    assert!(is_broken(&error), "not only that it is silent: {error:?}");
    assert_eq!(begun.elapsed().as_secs(), 4, "the shorter of the two");
}

#[tokio::test(start_paused = true)]
async fn a_half_that_closes_gives_up_a_peer_that_takes_nothing() {
    let (socket, _peer) = server();
    let (mut sender, _receiver) = socket.split();
    sender.queue(vec![0; 5000]).await.unwrap();
    let begun = Instant::now();
    let closed = sender.close(CloseCode::NORMAL).await;
    assert!(
        matches!(&closed, Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::TimedOut)
    );
    assert_eq!(begun.elapsed().as_secs(), 30);
}
