//! A close that does not wait for ever, and halves that are watched over.

use segue::{
    Handoff,
    driver::{SocketTimer, Timer, tokio::TokioTimer},
};
use segue_websocket::{
    CloseCode, KeepAlive, OwnedMessage, Role, WriteError, endpoint::Error, sync, tokio::WebSocket,
};
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    time::Duration,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A server, and a client that is bytes.
fn server() -> (WebSocket<DuplexStream>, DuplexStream) {
    let (server, client) = duplex(1000);
    (WebSocket::from_handoff(Handoff::new(server, &[][..]), Role::Server), client)
}

#[tokio::test(start_paused = true)]
async fn a_close_that_is_not_answered_is_given_up() {
    for (limit, seconds) in [(None, KeepAlive::PATIENCE.as_secs()), (Some(s(3)), 3)] {
        let (mut socket, mut peer) = server();
        let mut timer = TokioTimer::new();
        let mut keep_alive = KeepAlive::new(timer.now());
        if let Some(limit) = limit {
            keep_alive = keep_alive.close_within(limit);
        }
        // Later data of the peer is dropped, and counts as no answer.
        peer.write_all(crate::raw::HELLO).await.unwrap();
        let closed = socket.close_by(CloseCode::NORMAL, &mut keep_alive, &mut timer).await;
        assert!(matches!(closed, Err(Error::Unanswered)), "{closed:?}");
        assert_eq!(timer.now().as_secs(), seconds);
        let mut frame = [0; 4];
        peer.read_exact(&mut frame).await.unwrap();
        assert_eq!(&frame, b"\x88\x02\x03\xe8");
        // It is over.
        assert_eq!(socket.next().await.unwrap(), None);
        assert!(matches!(socket.send("late").await, Err(Error::Closed)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_trickles_is_given_up_all_the_same() {
    let (mut socket, mut peer) = server();
    let mut timer = TokioTimer::new();
    let mut keep_alive = KeepAlive::new(timer.now());
    let trickling = tokio::spawn(async move {
        while peer.write_all(crate::raw::HELLO).await.is_ok() {
            tokio::time::sleep(s(1)).await;
        }
    });
    let closed = socket.close_by(CloseCode::NORMAL, &mut keep_alive, &mut timer).await;
    assert!(matches!(closed, Err(Error::Unanswered)), "{closed:?}");
    assert_eq!(timer.now().as_secs(), 10);
    drop(socket);
    trickling.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_answers_and_does_not_end_is_done() {
    let (mut socket, mut peer) = server();
    let mut timer = TokioTimer::new();
    let mut keep_alive = KeepAlive::new(timer.now());
    peer.write_all(crate::raw::CLOSE).await.unwrap();
    socket.close_by(CloseCode::NORMAL, &mut keep_alive, &mut timer).await.unwrap();
    assert_eq!(timer.now().as_secs(), 10);
    socket.close(CloseCode::NORMAL).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_answers_in_time_is_not_waited_for() {
    let (mut socket, mut peer) = server();
    let mut timer = TokioTimer::new();
    let mut keep_alive = KeepAlive::new(timer.now());
    let answering = async {
        tokio::time::sleep(s(4)).await;
        peer.write_all(crate::raw::CLOSE).await.unwrap();
        peer.shutdown().await.unwrap();
    };
    let closing = socket.close_by(CloseCode::NORMAL, &mut keep_alive, &mut timer);
    let (closed, ()) = tokio::join!(closing, answering);
    closed.unwrap();
    assert_eq!(timer.now().as_secs(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_close_frame_that_cannot_be_sent_starts_no_clock() {
    let (mut socket, _peer) = server();
    let mut timer = TokioTimer::new();
    let mut keep_alive = KeepAlive::new(timer.now());
    let refused = socket.close_by(CloseCode::ABNORMAL, &mut keep_alive, &mut timer).await;
    assert!(matches!(refused, Err(Error::Write(WriteError::CloseCode(_)))));
    assert_eq!(keep_alive, KeepAlive::new(Duration::ZERO));
    socket.send("still there").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_half_that_reads_watches_while_the_other_sends() {
    let (server, client) = duplex(1000);
    let of = |io, role| WebSocket::from_handoff(Handoff::new(io, &[][..]), role);
    let (mut sender, mut reader) = of(server, Role::Server).split();
    let mut client = of(client, Role::Client);
    let watching = async {
        let mut timer = TokioTimer::new();
        let mut keep_alive =
            KeepAlive::new(timer.now()).ping_after(s(20)).answer_within(s(5)).idle_after(s(70));
        let mut pongs = 0;
        while !matches!(
            reader.next_by(&mut keep_alive, &mut timer).await.unwrap(),
            Some(OwnedMessage::Close(_))
        ) {
            pongs += 1;
        }
        assert_eq!((pongs, timer.now().as_secs()), (3, 70));
        // The peer has sent its close frame.
        reader.close_by(CloseCode::NORMAL, &mut keep_alive, &mut timer).await.unwrap();
    };
    let sending = async {
        let mut sent = 0;
        while sender.send("news").await.is_ok() {
            sent += 1;
            tokio::time::sleep(s(7)).await;
        }
        assert!(matches!(sender.send("late").await, Err(Error::Closed)));
        sent
    };
    let hearing = async {
        let mut heard = 0;
        while let Some(OwnedMessage::Text(_)) = client.next().await.unwrap() {
            heard += 1;
        }
        client.close(CloseCode::NORMAL).await.unwrap();
        heard
    };
    let ((), sent, heard) = tokio::join!(watching, sending, hearing);
    assert_eq!(sent, heard);
}

#[test]
fn a_blocking_socket_gives_up_by_its_time_outs() {
    for halves in [false, true] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let socket = listener.accept().unwrap().0;
        let mut timer = SocketTimer::new(socket.try_clone().unwrap());
        let socket = sync::WebSocket::from_handoff(Handoff::new(socket, &[][..]), Role::Server);
        let time = Duration::from_millis(50);
        let mut keep_alive = KeepAlive::new(timer.now()).close_within(time);
        peer.write_all(crate::raw::HELLO).unwrap();
        let closed = if halves {
            let (_sender, mut reader) = socket.split();
            reader.close_by(CloseCode::NORMAL, &mut keep_alive, &mut timer)
        } else {
            let mut socket = socket;
            socket.close_by(CloseCode::NORMAL, &mut keep_alive, &mut timer)
        };
        assert!(matches!(closed, Err(Error::Unanswered)), "{closed:?}");
        assert!(timer.now() >= time);
        let mut frame = [0; 4];
        peer.read_exact(&mut frame).unwrap();
        assert_eq!(&frame, b"\x88\x02\x03\xe8");
    }
}

/// A clock of the caller's, for a runtime that has none of its own here.
pub(crate) struct Clock {
    epoch: std::time::Instant,
    alarm: smol::Timer,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self { epoch: std::time::Instant::now(), alarm: smol::Timer::never() }
    }
}

impl Timer for Clock {
    fn now(&mut self) -> Duration {
        self.epoch.elapsed()
    }

    fn poll_at(&mut self, cx: &mut std::task::Context<'_>, at: Duration) -> std::task::Poll<()> {
        self.alarm.set_at(self.epoch + at);
        std::future::Future::poll(std::pin::Pin::new(&mut self.alarm), cx).map(drop)
    }
}

#[cfg(unix)]
#[test]
fn the_clock_is_the_callers() {
    smol::block_on(async {
        let (io, _peer) = smol::net::unix::UnixStream::pair().unwrap();
        let handoff = Handoff::new(io, &[][..]);
        let mut socket = segue_websocket::futures::WebSocket::from_handoff(handoff, Role::Client);
        let mut clock = Clock::new();
        let time = Duration::from_millis(50);
        let mut keep_alive = KeepAlive::new(clock.now()).close_within(time);
        let closed = socket.close_by(CloseCode::NORMAL, &mut keep_alive, &mut clock).await;
        assert!(matches!(closed, Err(Error::Unanswered)), "{closed:?}");
        assert!(clock.now() >= time);
    });
}
