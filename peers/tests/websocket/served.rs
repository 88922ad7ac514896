//! The extractor for axum, and hyper over any transport.

use axum::{Router, response::Response, routing::get};
use hyper::{Request, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use segue_websocket::{
    ClientHandshake, CloseCode, Deflate, Limits, OwnedMessage, ResponseError, ServerHandshake,
    endpoint::{
        self, Error,
        axum::{WebSocket, WebSocketUpgrade},
    },
    tokio::WebSocket as Client,
};
use std::{convert::Infallible, sync::mpsc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const REQUEST: &str = "GET /ws?room=1 HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n\
    Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// The masked "Hello" of RFC 6455 §5.7, and a close frame.
const FRAMES: &[u8] = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x88\x80\0\0\0\0";

/// Serves a handler at `/ws`, and returns the address.
async fn serve<H, T>(handler: H) -> std::net::SocketAddr
where
    H: axum::handler::Handler<T, ()>,
    T: 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new().route("/ws", get(handler));
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

async fn echo(mut socket: WebSocket) {
    let run = async {
        while let Some(message) = socket.next().await? {
            socket.queue(message).await?;
        }
        socket.close(CloseCode::NORMAL).await
    };
    let _: Result<(), Error> = run.await;
}

/// What comes back for these bytes.
async fn exchanged(io: &mut (impl AsyncReadExt + AsyncWriteExt + Unpin), bytes: &[u8]) -> Vec<u8> {
    io.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    io.read_to_end(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn frames_glued_to_the_request_reach_the_handler() {
    let address = serve(|upgrade: WebSocketUpgrade| async move { upgrade.on_upgrade(echo) }).await;
    for cut in [0, REQUEST.len() - 2, REQUEST.len(), REQUEST.len() + 3] {
        let mut socket = TcpStream::connect(address).await.unwrap();
        let whole = [REQUEST.as_bytes(), FRAMES].concat();
        socket.write_all(&whole[..cut]).await.unwrap();
        tokio::task::yield_now().await;
        let answer = exchanged(&mut socket, &whole[cut..]).await;
        assert!(answer.starts_with(b"HTTP/1.1 101 "), "{}", answer.escape_ascii());
        assert!(answer.ends_with(b"\r\n\r\n\x81\x05Hello\x88\0"), "{}", answer.escape_ascii());
    }
}

#[tokio::test]
async fn terms_are_kept() {
    let (told, errors) = mpsc::channel();
    let address = serve(move |upgrade: WebSocketUpgrade| {
        let told = told.clone();
        async move {
            assert_eq!(upgrade.request().parameter("room").as_deref(), Some("1"));
            upgrade
                .protocols(["v2", "v1"])
                .origins(["https://example.org"])
                .limits(Limits::message(1000))
                .deflate(Deflate::new())
                .on_failed_upgrade(move |error| told.send(error.to_string()).unwrap())
                .on_upgrade(echo)
        }
    })
    .await;
    let open = |origin: Option<&'static str>| async move {
        let io = TcpStream::connect(address).await.unwrap();
        let mut handshake = ClientHandshake::new("localhost", "/ws?room=1")
            .protocols(["v1", "v3"])
            .deflate(Deflate::new());
        if let Some(origin) = origin {
            handshake = handshake.header("Origin", origin);
        }
        Client::connect_with(io, handshake).await
    };
    for origin in [None, Some("https://example.org")] {
        let (mut socket, opened) = open(origin).await.unwrap();
        assert_eq!(opened.protocol.as_deref(), Some("v1"));
        assert!(opened.deflate().is_some());
        socket.send("é".repeat(500)).await.unwrap();
        assert_eq!(socket.next().await.unwrap(), Some("é".repeat(500).into()));
        // One more than the limit, however well it is compressed.
        socket.send("x".repeat(1001)).await.unwrap();
        let last = socket.next().await.unwrap();
        assert!(matches!(last, Some(OwnedMessage::Close(Some((CloseCode::TOO_BIG, _))))));
        socket.close(None).await.unwrap();
    }
    let Err(Error::Response(fault)) = open(Some("https://evil.example")).await else {
        panic!("it is let in")
    };
    let Some(ResponseError::Status(answer)) = fault.error() else { panic!("{fault:?}") };
    assert_eq!(answer.status(), 403);
    assert_eq!(errors.recv().unwrap(), "at byte 0: refused with status 403");
}

#[tokio::test]
async fn what_asks_for_no_websocket_is_told_so_and_not_handled() {
    async fn handler(_: WebSocketUpgrade) -> Response {
        panic!("it is not handled")
    }
    let address = serve(handler).await;
    for (request, status) in [
        (REQUEST.replace("Connection: Upgrade\r\n", ""), "426"),
        (REQUEST.replace("Version: 13", "Version: 8"), "426"),
        (REQUEST.replace("dGhl", ""), "400"),
        (REQUEST.replace("HTTP/1.1", "HTTP/1.0"), "400"),
        (REQUEST.replace("Host", "Sec-WebSocket-Protocol: a, a\r\nHost"), "400"),
    ] {
        let mut socket = TcpStream::connect(address).await.unwrap();
        let answer = exchanged(&mut socket, request.as_bytes()).await;
        let expected = format!(" {status} ");
        let line = String::from_utf8(answer).unwrap();
        assert!(line[8..].starts_with(&expected), "{request}{line}");
    }
}

/// RFC 8441 is not supported yet, and says so.
#[tokio::test]
async fn http2_is_refused_by_name() {
    let request = Request::get("http://a/ws").version(http::Version::HTTP_2).body(()).unwrap();
    let (response, outcome) = ServerHandshake::new().respond_to(&request);
    assert_eq!(response.status(), 501);
    assert!(response.body().contains("RFC 8441"), "{}", response.body());
    assert_eq!(outcome.unwrap_err().status(), 501);
}

/// The transport is none that could be downcast to; what hyper has read is kept all the same.
#[tokio::test]
async fn frames_are_kept_over_any_transport_of_hyper() {
    let (there, mut here) = tokio::io::duplex(100_000);
    let service = service_fn(async |mut request: Request<hyper::body::Incoming>| {
        let (response, outcome) = endpoint::hyper::upgrade(&mut request, ServerHandshake::new());
        let upgrading = outcome.unwrap();
        tokio::spawn(async move {
            let (socket, accepted) = upgrading.open().await.unwrap();
            assert_eq!(accepted.path(), "/ws");
            echo(socket).await;
        });
        Ok::<_, Infallible>(response)
    });
    let hidden = Box::new(tokio::io::BufStream::new(there));
    tokio::spawn(
        http1::Builder::new().serve_connection(TokioIo::new(hidden), service).with_upgrades(),
    );
    let long = [&b"\x82\xfe\x4e\x20\0\0\0\0"[..], &[7; 20_000]].concat();
    let answer = exchanged(&mut here, &[REQUEST.as_bytes(), &long, FRAMES].concat()).await;
    assert!(answer.starts_with(b"HTTP/1.1 101 "), "{}", answer.escape_ascii());
    assert!(answer.ends_with(b"\x07\x07\x81\x05Hello\x88\0"));
}

#[tokio::test]
async fn a_connection_without_upgrades_is_an_error_of_opening() {
    let (there, mut here) = tokio::io::duplex(1000);
    let (told, errors) = mpsc::channel();
    let service = service_fn(move |mut request: Request<hyper::body::Incoming>| {
        let told = told.clone();
        async move {
            let (response, outcome) =
                endpoint::hyper::upgrade(&mut request, ServerHandshake::new());
            tokio::spawn(async move { told.send(outcome.unwrap().open().await.is_err()) });
            Ok::<_, Infallible>(response)
        }
    });
    tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(there), service));
    exchanged(&mut here, REQUEST.as_bytes()).await;
    let failed = tokio::task::spawn_blocking(move || errors.recv().unwrap()).await.unwrap();
    assert!(failed);
}
