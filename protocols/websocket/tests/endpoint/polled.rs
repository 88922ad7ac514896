//! More about polled endpoints: streams and sinks, futures that are dropped, halves in tasks.

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use segue::{Handoff, driver::PollTransport};
use segue_websocket::{
    ClientHandshake, CloseCode, Deflate, Outgoing, OwnedMessage, Role, ServerHandshake,
    endpoint::{Error, WebSocket},
};
use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Stamps tests over a server and a client, with little room between them, on both drivers.
macro_rules! stamped {
    ($($name:ident,)*) => {
        mod tokio_io {
            $(
                #[test]
                fn $name() {
                    let (server, client) = tokio::io::duplex(100);
                    smol::block_on(super::$name(
                        segue_websocket::tokio::WebSocket::from_handoff(
                            segue::Handoff::new(server, &[][..]),
                            segue_websocket::Role::Server,
                        ),
                        segue_websocket::tokio::WebSocket::from_handoff(
                            segue::Handoff::new(client, &[][..]),
                            segue_websocket::Role::Client,
                        ),
                    ));
                }
            )*
        }
        #[cfg(unix)]
        mod futures_io {
            $(
                #[test]
                fn $name() {
                    let (server, client) = smol::net::unix::UnixStream::pair().unwrap();
                    smol::block_on(super::$name(
                        segue_websocket::futures::WebSocket::from_handoff(
                            segue::Handoff::new(server, &[][..]),
                            segue_websocket::Role::Server,
                        ),
                        segue_websocket::futures::WebSocket::from_handoff(
                            segue::Handoff::new(client, &[][..]),
                            segue_websocket::Role::Client,
                        ),
                    ));
                }
            )*
        }
    };
}

stamped! {
    an_echo_is_a_stream_forwarded_to_a_sink,
    halves_are_a_stream_and_a_sink,
    a_stream_ends_behind_its_error,
    dropped_futures_neither_lose_nor_double,
    a_message_whose_sending_was_dropped_goes_once,
    one_that_waits_holds_no_buffer,
}

/// Polls a future once and drops it, and another one when woken, until one is ready: what a
/// `select!` in a loop does.
macro_rules! impatiently {
    ($future:expr) => {
        loop {
            match poll_fn(|cx| Poll::Ready(pin!($future).poll(cx))).await {
                Poll::Ready(result) => break result,
                Poll::Pending => woken().await,
            }
        }
    };
}

/// Pending until the task is woken, by whomever it was promised to.
async fn woken() {
    let mut is_woken = false;
    poll_fn(
        |_| {
            if std::mem::replace(&mut is_woken, true) { Poll::Ready(()) } else { Poll::Pending }
        },
    )
    .await;
}

/// Messages of both kinds and of many lengths.
fn messages() -> Vec<OwnedMessage> {
    (0..200)
        .map(|i| match i % 3 {
            0 => OwnedMessage::from("é".repeat(i * 7)),
            1 => OwnedMessage::from(Bytes::from(vec![7; i * 50])),
            _ => OwnedMessage::from(i.to_string()),
        })
        .collect()
}

fn closed(code: u16) -> OwnedMessage {
    OwnedMessage::Close(Some((CloseCode(code), String::new())))
}

/// The answers of an echo, up to the close frame.
async fn answers<S: StreamExt<Item = Result<OwnedMessage, Error>> + Unpin>(
    stream: &mut S,
) -> Vec<OwnedMessage> {
    let mut answers = Vec::new();
    while let Some(message) = stream.next().await {
        answers.push(message.unwrap());
    }
    answers
}

async fn an_echo_is_a_stream_forwarded_to_a_sink<T: PollTransport + Unpin>(
    server: WebSocket<T>,
    client: WebSocket<T>,
) {
    let (sink, stream) = StreamExt::split(server);
    let (mut to_server, mut from_server) = StreamExt::split(client);
    let sending = async {
        for message in messages() {
            to_server.send(message).await.unwrap();
        }
        to_server.close().await.unwrap();
        assert!(matches!(to_server.send("late".into()).await, Err(Error::Closed)));
    };
    let (echoed, (), mut answers) =
        tokio::join!(stream.forward(sink), sending, answers(&mut from_server));
    echoed.unwrap();
    assert_eq!(answers.pop(), Some(closed(1000)));
    assert_eq!(answers, messages());
    assert!(from_server.next().await.is_none());
}

async fn halves_are_a_stream_and_a_sink<T: PollTransport + Unpin>(
    server: WebSocket<T>,
    client: WebSocket<T>,
) {
    let (sender, reader) = server.split();
    let (mut to_server, mut from_server) = client.split();
    let sending = async {
        for message in messages() {
            SinkExt::feed(&mut to_server, message).await.unwrap();
        }
        SinkExt::close(&mut to_server).await.unwrap();
    };
    let (echoed, (), mut answers) =
        tokio::join!(reader.forward(sender), sending, answers(&mut from_server));
    echoed.unwrap();
    assert_eq!(answers.pop(), Some(closed(1000)));
    assert_eq!(answers, messages());
}

async fn a_stream_ends_behind_its_error<T: PollTransport + Unpin>(
    mut server: WebSocket<T>,
    mut client: WebSocket<T>,
) {
    // A frame that no server takes.
    client.output().put(b"\x82\x00");
    client.flush().await.unwrap();
    let serving = async {
        assert!(matches!(StreamExt::next(&mut server).await, Some(Err(Error::Fault(_)))));
        assert!(StreamExt::next(&mut server).await.is_none());
    };
    let hearing = async {
        let told = StreamExt::next(&mut client).await;
        let Some(Ok(OwnedMessage::Close(Some((code, _))))) = told else {
            panic!("the client is not told")
        };
        assert_eq!(code, CloseCode::PROTOCOL_ERROR);
        assert!(StreamExt::next(&mut client).await.is_none());
        drop(client); // which the server waits for, if there is a clock
    };
    smol::future::zip(serving, hearing).await;
}

async fn dropped_futures_neither_lose_nor_double<T: PollTransport + Unpin>(
    mut server: WebSocket<T>,
    client: WebSocket<T>,
) {
    let echo = async {
        while let Some(message) = impatiently!(server.next()).unwrap() {
            impatiently!(server.queue(&message)).unwrap();
        }
        impatiently!(server.close_unbounded(CloseCode::NORMAL)).unwrap();
    };
    let (mut to_server, mut from_server) = client.split();
    let sending = async {
        for message in messages() {
            impatiently!(to_server.queue(&message)).unwrap();
            impatiently!(to_server.flush()).unwrap();
        }
    };
    let receiving = async {
        let mut answers = Vec::new();
        while answers.len() < messages().len() {
            answers.push(impatiently!(from_server.next()).unwrap().unwrap());
        }
        impatiently!(from_server.close_unbounded(CloseCode::NORMAL)).unwrap();
        answers
    };
    let ((), (), answers) = tokio::join!(echo, sending, receiving);
    assert_eq!(answers, messages());
}

async fn a_message_whose_sending_was_dropped_goes_once<T: PollTransport + Unpin>(
    mut server: WebSocket<T>,
    mut client: WebSocket<T>,
) {
    let large = OwnedMessage::from(Bytes::from(vec![7; 1 << 20]));
    let sent = poll_fn(|cx| Poll::Ready(pin!(server.send(&large)).poll(cx))).await;
    assert!(sent.is_pending(), "a megabyte found room");
    let closing = async { server.close_unbounded(CloseCode::NORMAL).await.unwrap() };
    let receiving = async {
        let answers = answers(&mut client).await;
        client.close_unbounded(CloseCode::NORMAL).await.unwrap();
        answers
    };
    let ((), answers) = tokio::join!(closing, receiving);
    assert_eq!(answers, [large, closed(1000)]);
}

async fn one_that_waits_holds_no_buffer<T: PollTransport + Unpin>(
    mut server: WebSocket<T>,
    mut client: WebSocket<T>,
) {
    for message in messages().iter().take(20) {
        let (sent, received) = tokio::join!(client.send(message), server.next());
        sent.unwrap();
        assert_eq!(received.unwrap().as_ref(), Some(message));
        assert!(poll_fn(|cx| Poll::Ready(pin!(server.next()).poll(cx))).await.is_pending());
        assert_eq!((server.connection_mut().held(), client.connection_mut().held()), (0, 0));
    }
}

#[test]
fn a_peer_that_never_stops_is_left() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let (io, mut peer) = tokio::io::duplex(1 << 20);
        let mut socket = segue_websocket::tokio::WebSocket::from_handoff(
            Handoff::new(io, &[][..]),
            Role::Client,
        );
        let endless = tokio::spawn(async move {
            let frame = [&b"\x82\x7f\0\0\0\0\0\x01\0\0"[..], &[0; 1 << 16]].concat();
            while peer.write_all(&frame).await.is_ok() {}
        });
        let closed = socket.close(CloseCode::NORMAL).await;
        assert!(matches!(closed, Err(Error::Unanswered)), "{closed:?}");
        drop(socket);
        endless.await.unwrap();
    });
}

#[test]
fn a_sink_that_is_closed_last_ends_the_stream_of_bytes() {
    smol::block_on(async {
        let (io, mut peer) = tokio::io::duplex(1000);
        let handoff = Handoff::new(io, crate::raw::CLOSE);
        let mut socket = segue_websocket::tokio::WebSocket::from_handoff(handoff, Role::Server);
        let last = StreamExt::next(&mut socket).await.unwrap().unwrap();
        assert_eq!(last, OwnedMessage::Close(None));
        SinkExt::close(&mut socket).await.unwrap();
        let mut sent = Vec::new();
        let read = smol::future::poll_once(peer.read_to_end(&mut sent)).await;
        assert!(read.is_some(), "no end is sent");
        assert_eq!(sent, b"\x88\x02\x03\xe8");
    });
}

#[test]
fn each_half_has_a_task_of_its_own() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let (server, client) = tokio::io::duplex(1000);
        let of = |io, role| {
            segue_websocket::tokio::WebSocket::from_handoff(Handoff::new(io, &[][..]), role)
        };
        let (mut sender, mut reader) = of(server, Role::Server).split();
        let (forward, mut backlog) = tokio::sync::mpsc::channel(4);
        tokio::spawn(async move {
            while let Some(message) = reader.next().await.unwrap() {
                if message.is_data() {
                    forward.send(message).await.unwrap();
                }
            }
        });
        tokio::spawn(async move {
            while let Some(message) = backlog.recv().await {
                sender.send(&message).await.unwrap();
            }
        });
        let (mut to_server, mut from_server) = of(client, Role::Client).split();
        let sending = tokio::spawn(async move {
            for message in messages() {
                to_server.send(Outgoing::Ping(b"?")).await.unwrap();
                to_server.send(&message).await.unwrap();
            }
            to_server
        });
        let mut answers = Vec::new();
        while answers.len() < messages().len() {
            match from_server.next().await.unwrap().unwrap() {
                OwnedMessage::Pong(payload) => assert_eq!(payload, "?"),
                message => answers.push(message),
            }
        }
        assert_eq!(answers, messages());
        let mut client = from_server.unsplit(sending.await.unwrap()).unwrap();
        client.close(CloseCode::NORMAL).await.unwrap();
    });
}

#[test]
fn wss_is_refused_with_a_word_on_what_to_do() {
    let refused = smol::block_on(segue_websocket::tokio::WebSocket::connect_to("wss://a/"));
    let refused = refused.unwrap_err();
    assert!(matches!(refused, Error::Url(_)));
    assert!(refused.to_string().contains("WebSocket::connect"), "{refused}");
    assert!(segue_websocket::sync::WebSocket::connect_to("wss://a/").is_err());
}

#[test]
fn a_url_leads_to_a_request_with_terms() {
    let terms = |handshake: ClientHandshake| {
        handshake.protocols(["chat"]).deflate(Deflate::new()).header("Origin", "https://a")
    };
    let of_server = || {
        ServerHandshake::new().protocols(["chat"]).deflate(Deflate::new()).decide(|request, _| {
            assert_eq!(request.target(), "/room?x=1");
            assert_eq!(request.headers().find("origin"), Some(&b"https://a"[..]));
            Ok(())
        })
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/room?x=1", listener.local_addr().unwrap());
        let serving = async {
            let io = listener.accept().await.unwrap().0;
            segue_websocket::tokio::WebSocket::accept_with(io, of_server()).await.unwrap()
        };
        let asking = segue_websocket::tokio::WebSocket::connect_to_with(&url, terms);
        let (_, opened) = tokio::join!(serving, asking);
        let (_, opened) = opened.unwrap();
        assert_eq!(opened.protocol.as_deref(), Some("chat"));
        assert!(opened.deflate().is_some());
    });
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/room?x=1", listener.local_addr().unwrap());
    let serving = std::thread::spawn(move || {
        let io = listener.accept().unwrap().0;
        segue_websocket::sync::WebSocket::accept_with(io, of_server()).unwrap().1
    });
    let (_, opened) = segue_websocket::sync::WebSocket::connect_to_with(&url, terms).unwrap();
    assert_eq!(opened.protocol, serving.join().unwrap().protocol);
}
