//! Clients that keep their sockets open when both close frames have been exchanged.

use segue::driver::Timer;
use segue_websocket::{
    CloseCode, KeepAlive, OwnedMessage, futures, sync, tokio::WebSocket as OverTokio,
};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use crate::{closing::Clock, raw};

const CLIENTS: usize = 50;
const LINGER: Duration = Duration::from_millis(300);

/// So many clients, each of which has said its last word and heard the server's.
fn clients(address: SocketAddr) -> Vec<TcpStream> {
    let open = |_| {
        let mut socket = TcpStream::connect(address).unwrap();
        socket.write_all(&[raw::REQUEST, raw::CLOSE].concat()).unwrap();
        socket
    };
    let mut sockets: Vec<_> = (0..CLIENTS).map(open).collect();
    for socket in &mut sockets {
        let head = raw::read_head(socket);
        assert!(head.starts_with(b"HTTP/1.1 101 "));
        let mut close = [0; 2];
        socket.read_exact(&mut close).unwrap();
        assert_eq!(&close, b"\x88\0");
    }
    sockets
}

/// Runs clients while `server` serves them, which must be done although they keep their sockets.
fn are_not_waited_for(server: impl FnOnce(TcpListener) + Send + 'static) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let began = Instant::now();
    let server = thread::spawn(move || server(listener));
    let mut clients = clients(address);
    while !server.is_finished() {
        assert!(began.elapsed() < Duration::from_secs(30), "the server holds its sockets");
        thread::sleep(Duration::from_millis(10));
    }
    server.join().unwrap();
    assert!(began.elapsed() >= LINGER, "it has lingered");
    // Nobody holds the other end by now: it is refused what is sent to it.
    for socket in &mut clients {
        let refused = (0..100).any(|_| {
            thread::sleep(Duration::from_millis(2));
            socket.write_all(b"late").is_err()
        });
        assert!(refused, "the server's socket is still open");
    }
}

#[test]
fn a_blocking_server_lets_go_of_clients_that_do_not_end() {
    are_not_waited_for(|listener| {
        let serve = |io: TcpStream| {
            let mut socket = sync::WebSocket::accept(io).unwrap();
            socket.connection_mut().options_mut().linger = LINGER;
            assert_eq!(socket.next().unwrap(), Some(OwnedMessage::Close(None)));
            socket.close(CloseCode::NORMAL).unwrap();
        };
        let accepted = (0..CLIENTS).map(|_| listener.accept().unwrap().0);
        let serving: Vec<_> = accepted.map(|io| thread::spawn(move || serve(io))).collect();
        serving.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn a_tokio_server_lets_go_of_clients_that_do_not_end() {
    are_not_waited_for(|listener| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            listener.set_nonblocking(true).unwrap();
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            let mut serving = tokio::task::JoinSet::new();
            for _ in 0..CLIENTS {
                let (io, _) = listener.accept().await.unwrap();
                serving.spawn(async move {
                    let mut socket = OverTokio::accept(io).await.unwrap();
                    socket.connection_mut().options_mut().linger = LINGER;
                    assert_eq!(socket.next().await.unwrap(), Some(OwnedMessage::Close(None)));
                    socket.close(CloseCode::NORMAL).await.unwrap();
                });
            }
            while let Some(served) = serving.join_next().await {
                served.unwrap();
            }
        });
    });
}

#[test]
fn a_smol_server_lets_go_of_clients_that_do_not_end() {
    are_not_waited_for(|listener| {
        smol::block_on(async {
            let listener = smol::net::TcpListener::try_from(listener).unwrap();
            let mut serving = Vec::new();
            for _ in 0..CLIENTS {
                let (io, _) = listener.accept().await.unwrap();
                serving.push(smol::spawn(async move {
                    let mut socket = futures::WebSocket::accept(io).await.unwrap();
                    assert_eq!(socket.next().await.unwrap(), Some(OwnedMessage::Close(None)));
                    let mut clock = Clock::new();
                    let mut keep_alive = KeepAlive::new(clock.now()).close_within(LINGER);
                    let closed = socket.close_by(CloseCode::NORMAL, &mut keep_alive, &mut clock);
                    closed.await.unwrap();
                }));
            }
            for task in serving {
                task.await;
            }
        });
    });
}
