//! One endpoint in two tasks, by `StreamExt::split`: each is woken for what it waits for.

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use segue::{Handoff, driver::PollTransport};
use segue_websocket::{
    OwnedMessage, Role, endpoint::WebSocket, futures, tokio::WebSocket as OverTokio,
};
use std::{
    future::Future,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    thread,
    time::Duration,
};
use tokio_tungstenite::{WebSocketStream, tungstenite};

fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (client, listener.accept().unwrap().0)
}

/// Runs a scene, and fails where it stops for ever.
fn in_time(scene: impl FnOnce() + Send + 'static) {
    let (done, is_done) = mpsc::channel();
    let scene = thread::spawn(move || {
        scene();
        done.send(()).unwrap();
    });
    if is_done.recv_timeout(Duration::from_secs(120)) == Err(mpsc::RecvTimeoutError::Timeout) {
        panic!("a task sleeps for ever");
    }
    scene.join().unwrap();
}

fn over_tokio(io: TcpStream) -> OverTokio<tokio::net::TcpStream> {
    io.set_nonblocking(true).unwrap();
    let io = tokio::net::TcpStream::from_std(io).unwrap();
    OverTokio::from_handoff(Handoff::new(io, &[][..]), Role::Client)
}

fn over_smol(io: TcpStream) -> futures::WebSocket<smol::Async<TcpStream>> {
    let io = smol::Async::new(io).unwrap();
    futures::WebSocket::from_handoff(Handoff::new(io, &[][..]), Role::Client)
}

/// Runs two tasks of an endpoint on an executor of the name.
macro_rules! run {
    (current_thread, $io:ident, $tasks:expr) => {
        run!(@ tokio::runtime::Builder::new_current_thread(), $io, $tasks)
    };
    (multi_thread, $io:ident, $tasks:expr) => {
        run!(@ tokio::runtime::Builder::new_multi_thread().worker_threads(2), $io, $tasks)
    };
    (smol, $io:ident, $tasks:expr) => {
        smol::block_on(async {
            let (writer, reader) = $tasks(over_smol($io));
            let (writer, reader) = (smol::spawn(writer), smol::spawn(reader));
            writer.await;
            reader.await;
        })
    };
    (@ $builder:expr, $io:ident, $tasks:expr) => {
        $builder.enable_all().build().unwrap().block_on(async {
            let (writer, reader) = $tasks(over_tokio($io));
            let (writer, reader) = (tokio::spawn(writer), tokio::spawn(reader));
            writer.await.unwrap();
            reader.await.unwrap();
        })
    };
}

/// Two tasks: one sends 16 MiB, the other waits for an item and says that it came.
fn sends_much_and_awaits_one<T: PollTransport + Unpin>(
    socket: WebSocket<T>,
    came: mpsc::Sender<()>,
) -> (impl Future<Output = ()>, impl Future<Output = ()>) {
    let (mut sink, mut stream) = StreamExt::split(socket);
    let writer = async move {
        for _ in 0..16 {
            sink.send(OwnedMessage::from(Bytes::from(vec![7; 1 << 20]))).await.unwrap();
        }
    };
    let reader = async move {
        assert_eq!(stream.next().await.unwrap().unwrap(), "Hello".into());
        came.send(()).unwrap();
    };
    (writer, reader)
}

/// A peer that speaks once the other end waits to write, and reads once it knows that it was heard.
fn reads_late(mut peer: TcpStream, heard: &mpsc::Receiver<()>) {
    thread::sleep(Duration::from_millis(200));
    peer.write_all(b"\x81\x05Hello").unwrap();
    let heard = heard.recv_timeout(Duration::from_secs(20));
    assert!(heard.is_ok(), "the task that reads sleeps, with its item in the buffer");
    // Each has a head of 14 bytes.
    let mut rest = 16 * ((1 << 20) + 14);
    let mut into = vec![0; 1 << 20];
    while rest > 0 {
        let count = peer.read(&mut into).unwrap();
        assert!(count > 0);
        rest -= count;
    }
}

const COUNT: usize = 4000;
const SIZE: usize = 32 * 1024;

/// Two tasks: one sends messages, the other takes as many, to the end of the stream.
fn sends_and_receives_many<T: PollTransport + Unpin>(
    socket: WebSocket<T>,
) -> (impl Future<Output = ()>, impl Future<Output = ()>) {
    let (mut sink, mut stream) = StreamExt::split(socket);
    let writer = async move {
        let payload = Bytes::from(vec![7; SIZE]);
        for _ in 0..COUNT {
            sink.send(OwnedMessage::from(payload.clone())).await.unwrap();
        }
    };
    let reader = async move {
        for _ in 0..COUNT {
            let OwnedMessage::Binary(payload) = stream.next().await.unwrap().unwrap() else {
                panic!("it is no message")
            };
            assert_eq!(payload.len(), SIZE);
        }
    };
    (writer, reader)
}

/// The peer does the same, in two tasks too.
fn tungstenite_sends_and_receives_many(peer: TcpStream) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        peer.set_nonblocking(true).unwrap();
        let io = tokio::net::TcpStream::from_std(peer).unwrap();
        let role = tungstenite::protocol::Role::Server;
        let (mut sink, mut stream) = WebSocketStream::from_raw_socket(io, role, None).await.split();
        let writer = tokio::spawn(async move {
            let payload = Bytes::from(vec![7; SIZE]);
            for _ in 0..COUNT {
                sink.send(tungstenite::Message::Binary(payload.clone())).await.unwrap();
            }
        });
        for _ in 0..COUNT {
            let message = stream.next().await.unwrap().unwrap();
            assert_eq!(message.len(), SIZE);
        }
        writer.await.unwrap();
    });
}

macro_rules! stamped {
    ($($name:ident: $executor:ident)+) => { $(
        mod $name {
            use super::*;

            #[test]
            fn the_task_that_reads_is_woken_while_the_other_sends_to_a_peer_that_reads_late() {
                in_time(|| {
                    let (io, peer) = pair();
                    let (came, heard) = mpsc::channel();
                    let peer = thread::spawn(move || reads_late(peer, &heard));
                    run!($executor, io, |socket| sends_much_and_awaits_one(socket, came));
                    peer.join().unwrap();
                });
            }

            #[test]
            fn many_messages_each_way_arrive_with_a_peer_of_tungstenite() {
                in_time(|| {
                    let (io, peer) = pair();
                    let peer = thread::spawn(move || tungstenite_sends_and_receives_many(peer));
                    run!($executor, io, sends_and_receives_many);
                    peer.join().unwrap();
                });
            }
        }
    )+ };
}

stamped!(on_one_thread: current_thread on_threads: multi_thread on_smol: smol);
