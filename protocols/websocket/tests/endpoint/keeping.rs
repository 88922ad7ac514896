//! Endpoints that are watched over.

use segue::{
    Handoff,
    driver::{Late, SocketTimer, Timer, sync::SocketClock, tokio::TokioTimer},
};
use segue_websocket::{
    CloseCode, KeepAlive, OwnedMessage, Role, endpoint::Error, sync, tokio::WebSocket,
};
use std::{
    net::{TcpListener, TcpStream},
    time::Duration,
};
use tokio::io::{AsyncReadExt, DuplexStream, duplex};

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn pair() -> (WebSocket<DuplexStream>, WebSocket<DuplexStream>) {
    let (server, client) = duplex(1000);
    (
        WebSocket::from_handoff(Handoff::new(server, &[][..]), Role::Server),
        WebSocket::from_handoff(Handoff::new(client, &[][..]), Role::Client),
    )
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_is_silent_is_given_up() {
    let (mut server, mut client) = pair();
    let mut timer = TokioTimer::new();
    let mut keep_alive = KeepAlive::new(timer.now()).ping_after(s(20)).answer_within(s(5));
    client.send("hello").await.unwrap();
    let message = server.next_by(&mut keep_alive, &mut timer).await.unwrap();
    assert_eq!(message, Some("hello".into()));
    let given_up = server.next_by(&mut keep_alive, &mut timer).await;
    assert!(matches!(given_up, Err(Error::Silent)));
    assert_eq!(timer.now().as_secs(), 25);
    let mut ping = [0; 2];
    client.connection_mut().io_mut().read_exact(&mut ping).await.unwrap();
    assert_eq!(&ping, b"\x89\0");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_answers_is_kept_until_it_is_idle() {
    let (mut server, mut client) = pair();
    let watched = async {
        let mut timer = TokioTimer::new();
        let mut keep_alive =
            KeepAlive::new(timer.now()).ping_after(s(20)).answer_within(s(5)).idle_after(s(90));
        let mut pongs = 0;
        loop {
            match server.next_by(&mut keep_alive, &mut timer).await.unwrap() {
                Some(OwnedMessage::Pong(_)) => pongs += 1,
                Some(OwnedMessage::Close(_)) => break,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((pongs, timer.now().as_secs()), (4, 90));
        assert_eq!(server.next_by(&mut keep_alive, &mut timer).await.unwrap(), None);
    };
    let answering = async {
        let last = client.next().await.unwrap();
        assert_eq!(last, Some(OwnedMessage::Close(Some((CloseCode::GOING_AWAY, "idle".into())))));
        assert_eq!(client.next().await.unwrap(), None);
    };
    tokio::join!(watched, answering);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_answer_the_close_frame_is_given_up() {
    let (mut server, _client) = pair();
    let mut timer = TokioTimer::new();
    let mut keep_alive = KeepAlive::new(timer.now()).idle_after(s(30)).close_within(s(3));
    let given_up = server.next_by(&mut keep_alive, &mut timer).await;
    assert!(matches!(given_up, Err(Error::Silent)));
    assert_eq!(timer.now().as_secs(), 33);
}

#[test]
fn a_blocking_socket_is_watched_by_its_time_outs() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let socket = listener.accept().unwrap().0;
    let mut timer = SocketTimer::new(socket.try_clone().unwrap());
    let mut socket = sync::WebSocket::from_handoff(Handoff::new(socket, &[][..]), Role::Server);
    let time = Duration::from_millis(30);
    let mut keep_alive = KeepAlive::new(timer.now()).ping_after(time).answer_within(time);
    let given_up = socket.next_by(&mut keep_alive, &mut timer);
    assert!(matches!(given_up, Err(Error::Silent)), "{given_up:?}");
    assert!(timer.now() >= 2 * time);
    let mut ping = [0; 2];
    std::io::Read::read_exact(&mut &peer, &mut ping).unwrap();
    assert_eq!(&ping, b"\x89\0");
}

#[test]
fn a_blocking_socket_with_a_time_out_goes_on_after_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let socket = listener.accept().unwrap().0;
    socket.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
    let mut socket = sync::WebSocket::from_handoff(Handoff::new(socket, &[][..]), Role::Server);
    for part in crate::raw::HELLO.chunks(4) {
        assert!(socket.next().unwrap_err().would_block());
        std::io::Write::write_all(&mut &peer, part).unwrap();
    }
    assert_eq!(socket.next().unwrap(), Some("Hello".into()));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_ask_for_a_socket_is_given_up() {
    let (server, _client) = duplex(1000);
    let mut timer = TokioTimer::new();
    let error = WebSocket::accept(server).await.map(drop).unwrap_err();
    assert!(matches!(error, Error::Io(error) if Late::of(&error) == Some(Late::Record)));
    assert_eq!(timer.now().as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_nothing_is_given_up() {
    let (mut server, _client) = pair();
    let mut timer = TokioTimer::new();
    server.connection_mut().deadlines_mut().send = s(3);
    let error = server.send_by(&*vec![0; 5000], &mut timer).await.unwrap_err();
    assert!(matches!(error, Error::Io(error) if Late::of(&error) == Some(Late::Send)));
    assert_eq!(timer.now().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_nothing_is_given_up_through_the_half_that_sends() {
    let (mut server, _client) = pair();
    server.connection_mut().deadlines_mut().send = s(3);
    let (mut sender, _reader) = server.split();
    let mut timer = TokioTimer::new();
    let error = sender.send_by(&*vec![0; 100_000], &mut timer).await.unwrap_err();
    assert!(matches!(error, Error::Io(error) if Late::of(&error) == Some(Late::Send)));
    assert_eq!(timer.now().as_secs(), 3);

    let (server, _client) = pair();
    let (mut sender, _reader) = server.split();
    sender.deadlines_mut().send = s(5);
    let mut timer = TokioTimer::new();
    sender.queue_by(&*vec![0; 100_000], &mut timer).await.unwrap();
    let error = sender.queue_by("more", &mut timer).await.unwrap_err();
    assert!(matches!(error, Error::Io(error) if Late::of(&error) == Some(Late::Send)));
    assert_eq!(timer.now().as_secs(), 5);
    let error = sender.flush_by(&mut timer).await.unwrap_err();
    assert!(matches!(error, Error::Io(error) if Late::of(&error) == Some(Late::Send)));
}

#[test]
fn a_peer_that_takes_nothing_is_given_up_through_the_blocking_half_that_sends() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let handoff = Handoff::new(listener.accept().unwrap().0, &[][..]);
    let mut server = sync::WebSocket::from_handoff(handoff, Role::Server);
    server.connection_mut().deadlines_mut().send = Duration::from_millis(200);
    let (mut sender, _reader) = server.split();
    let mut clock = SocketClock::new();
    let payload = vec![0; 1 << 20];
    // The kernel buffers only so much for a peer that reads nothing.
    let error = (0..100).find_map(|_| sender.send_by(&*payload, &mut clock).err()).unwrap();
    assert!(matches!(error, Error::Io(error) if Late::of(&error) == Some(Late::Send)));
    sender.deadlines_mut().send = Duration::from_millis(100);
    let error = sender.queue_by("more", &mut clock).unwrap_err();
    assert!(matches!(error, Error::Io(error) if Late::of(&error) == Some(Late::Send)));
    let error = sender.flush_by(&mut clock).unwrap_err();
    assert!(matches!(error, Error::Io(error) if Late::of(&error) == Some(Late::Send)));
}
