//! hyper as the client of our server and as the server of our client.

use std::{
    collections::VecDeque,
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::{Body, Frame, Incoming},
    header::HeaderValue,
    service::service_fn,
    upgrade,
};
use hyper_util::rt::TokioIo;
use segue::{
    Edge,
    driver::{Turn, tokio::Connection},
};
use segue_http1::{End, RequestEvent, RequestParts, ResponseEvent, ResponseParts, Trailers, Whole};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

/// A body of unknown length, in pieces.
struct Pieces(VecDeque<Frame<Bytes>>);

impl Pieces {
    fn new(pieces: &[&'static str], trailers: &[(&'static str, &'static str)]) -> Self {
        let mut frames = VecDeque::from_iter(
            pieces.iter().map(|piece| Frame::data(Bytes::from_static(piece.as_bytes()))),
        );
        let mut map = HeaderMap::new();
        for &(name, value) in trailers {
            map.insert(name, HeaderValue::from_static(value));
        }
        if !map.is_empty() {
            frames.push_back(Frame::trailers(map));
        }
        Self(frames)
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(Ok))
    }
}

/// Our server: sends bodies back, in chunks, with the trailers that came; switches if asked to,
/// and then sends back in capitals what comes.
async fn serve(io: DuplexStream) {
    let (requests, mut writer) = segue_http1::server();
    let mut connection = Connection::new(io, requests);
    let mut switches = false;
    let mut ended = false;
    while let Some(Turn { item, mut output }) = connection.turn().await.unwrap() {
        match item {
            RequestEvent::Head(head) => {
                switches = head.headers().contains_token("upgrade", "capitals");
                ended = false;
                if writer.is_awaited() {
                    output.queue(&mut writer, ResponseParts::new(100, [("", ""); 0])).unwrap();
                }
                if !switches {
                    let head = ResponseParts::new(200, [("Trailer", "sum")]);
                    output.queue(&mut writer, head).unwrap();
                }
            }
            RequestEvent::Piece(piece) => output.queue(&mut writer, piece).unwrap(),
            RequestEvent::Trailers(trailers) => {
                output.queue(&mut writer, Trailers(trailers.iter())).unwrap();
                ended = true;
            }
            RequestEvent::End if switches => {
                let head = ResponseParts::new(101, [("Upgrade", "capitals")]);
                output.queue(&mut writer, head).unwrap();
            }
            RequestEvent::End if ended => {}
            RequestEvent::End => output.queue(&mut writer, End).unwrap(),
            other => panic!("{other:?}"),
        }
    }
    if connection.stage().is_switched() {
        let (mut io, read, unsent, eof) = connection.hand_off(Edge::Carry).unwrap().into_parts();
        assert!(unsent.is_empty() && !eof);
        let mut heard = read.to_vec();
        while heard.len() < 5 {
            io.read_buf(&mut heard).await.unwrap();
        }
        io.write_all(&heard.to_ascii_uppercase()).await.unwrap();
    }
}

#[tokio::test]
async fn hyper_as_the_client() {
    // Small, so that reads and writes are cut.
    let (near, far) = duplex(64);
    let server = tokio::spawn(serve(near));
    let (mut sender, driver) =
        hyper::client::conn::http1::handshake(TokioIo::new(far)).await.unwrap();
    let driver = tokio::spawn(driver.with_upgrades());
    let request = |method: Method| Request::builder().method(method).uri("/").header("host", "a");

    let many = Pieces::new(&["hello", " ", "world"], &[("sum", "11")]);
    let post = request(Method::POST).header("trailer", "sum").header("te", "trailers");
    let answer = sender.send_request(post.body(many).unwrap()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let answer = answer.into_body().collect().await.unwrap();
    assert_eq!(answer.trailers().unwrap()["sum"], "11");
    assert_eq!(answer.to_bytes(), "hello world");

    for (method, expected) in [(Method::GET, ""), (Method::HEAD, ""), (Method::PUT, "put")] {
        let pieces = if expected.is_empty() { vec![] } else { vec![expected] };
        sender.ready().await.unwrap();
        let asked = request(method).body(Pieces::new(&pieces, &[])).unwrap();
        let answer = sender.send_request(asked).await.unwrap();
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), expected);
    }

    sender.ready().await.unwrap();
    let asked = request(Method::POST).header("expect", "100-continue");
    let answer = sender.send_request(asked.body(Pieces::new(&["went on"], &[])).unwrap()).await;
    assert_eq!(answer.unwrap().into_body().collect().await.unwrap().to_bytes(), "went on");

    sender.ready().await.unwrap();
    let asked = request(Method::GET).header("connection", "upgrade").header("upgrade", "capitals");
    let mut answer = sender.send_request(asked.body(Pieces::new(&[], &[])).unwrap()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::SWITCHING_PROTOCOLS);
    let mut upgraded = TokioIo::new(upgrade::on(&mut answer).await.unwrap());
    upgraded.write_all(b"hello").await.unwrap();
    let mut heard = [0; 5];
    upgraded.read_exact(&mut heard).await.unwrap();
    assert_eq!(&heard, b"HELLO");
    server.await.unwrap();
    driver.await.unwrap().unwrap();
}

async fn answer(request: Request<Incoming>) -> Result<Response<Answer>, Infallible> {
    let (parts, body) = request.into_parts();
    let came = body.collect().await.unwrap();
    let sum = came.trailers().map_or("none".to_owned(), |map| format!("{:?}", map["sum"]));
    let came = came.to_bytes();
    Ok(match parts.uri.path() {
        "/pieces" => {
            let pieces = Pieces::new(&["hyper", " says"], &[("sum", "9")]);
            Response::builder().header("trailer", "sum").body(Answer::Pieces(pieces)).unwrap()
        }
        "/close" => {
            let full = Answer::Full(Full::new(came));
            Response::builder().header("connection", "close").body(full).unwrap()
        }
        _ => Response::builder().header("sum", sum).body(Answer::Full(Full::new(came))).unwrap(),
    })
}

enum Answer {
    Full(Full<Bytes>),
    Pieces(Pieces),
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Full(full) => Pin::new(full).poll_frame(cx),
            Self::Pieces(pieces) => Pin::new(pieces).poll_frame(cx),
        }
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        match self {
            Self::Full(full) => full.size_hint(),
            Self::Pieces(pieces) => pieces.size_hint(),
        }
    }
}

#[tokio::test]
async fn hyper_as_the_server() {
    let (near, far) = duplex(64);
    let server = tokio::spawn(
        hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(near), service_fn(answer)),
    );
    let (responses, mut writer) = segue_http1::client();
    let mut connection = Connection::new(far, responses);
    let head = |method, target, headers: &[(&'static str, &'static str)]| {
        let headers = [&[("Host", "a")], headers].concat();
        RequestParts::new(method, target, headers)
    };
    // All at once: hyper answers one after the other.
    let whole = Whole::new(head("POST", "/", &[]), &b"known"[..]);
    connection.queue(&mut writer, whole).await.unwrap();
    let asked = head("POST", "/", &[("Transfer-Encoding", "chunked"), ("Expect", "100-continue")]);
    connection.queue(&mut writer, asked).await.unwrap();
    connection.queue(&mut writer, &b"in "[..]).await.unwrap();
    connection.queue(&mut writer, Bytes::from_static(b"chunks")).await.unwrap();
    connection.queue(&mut writer, Trailers([("Sum", "7")])).await.unwrap();
    let whole = Whole::new(head("HEAD", "/pieces", &[]), &b""[..]);
    connection.queue(&mut writer, whole).await.unwrap();
    let whole = Whole::new(head("GET", "/pieces", &[("TE", "trailers")]), &b""[..]);
    connection.queue(&mut writer, whole).await.unwrap();
    let whole = Whole::new(head("PUT", "/close", &[]), &b"last"[..]);
    connection.queue(&mut writer, whole).await.unwrap();

    let mut seen = Vec::new();
    let mut body = String::new();
    while let Some(Turn { item, .. }) = connection.turn().await.unwrap() {
        match item {
            ResponseEvent::Head(head) => {
                let sum = head.headers().find("sum").unwrap_or_default().escape_ascii();
                seen.push(format!("{} {sum}", head.status()));
            }
            ResponseEvent::Informational(_) => {}
            ResponseEvent::Piece(piece) => body += std::str::from_utf8(piece).unwrap(),
            ResponseEvent::Trailers(trailers) => {
                body += &format!(" {}", trailers.find("sum").unwrap().escape_ascii());
            }
            ResponseEvent::End => seen.push(std::mem::take(&mut body)),
            other => panic!("{other:?}"),
        }
    }
    let expected = [
        "200 none",
        "known",
        "200 \\\"7\\\"",
        "in chunks",
        "200 ",
        "",
        "200 ",
        "hyper says 9",
        "200 ",
        "last",
    ];
    assert_eq!(seen, expected);
    assert!(!writer.is_open() && writer.unanswered() == 0);
    server.await.unwrap().unwrap();
}
