//! Our server, and h2 as the client.

use bytes::Bytes;
use h2::{Reason, client, client::SendRequest};
use http::{HeaderMap, Request, Response};
use std::io::ErrorKind;

use segue::driver::{Error, Options, tokio::Connection};
use segue_http::{Arena, Fields, Length, ResponseHead};
use segue_http2::{ErrorCode, Event, Limits, Session, What};
use tokio::io::{DuplexStream, duplex};

use super::{content, in_time};

/// Answers as the path says.
fn answer(event: Event<'_>) {
    let Event { stream, what, streams, .. } = event;
    let head = |status, length| ResponseHead { status, fields: Fields::EMPTY, length };
    match what {
        What::Request(request) => match request.path {
            b"/none" => {
                streams.respond(stream, &head(204, Length::None)).unwrap();
                streams.let_go(stream);
            }
            b"/long" => {
                let early = Arena::new();
                let hints = ResponseHead { fields: early.fields(), ..head(103, Length::None) };
                streams.respond(stream, &hints).unwrap();
                streams.respond(stream, &head(200, Length::Open)).unwrap();
                streams.put_bytes(stream, content(1_000_000).into()).unwrap();
                let mut trailers = Arena::new();
                trailers.push(b"x-sum", b"42", 0).unwrap();
                streams.end(stream, trailers.fields()).unwrap();
                streams.let_go(stream);
            }
            b"/reset" => {
                streams.reset(stream, ErrorCode::ENHANCE_YOUR_CALM);
                streams.let_go(stream);
            }
            b"/last" => {
                streams.drain();
                streams.respond(stream, &head(200, Length::None)).unwrap();
                streams.let_go(stream);
            }
            _ => streams.respond(stream, &head(200, Length::Open)).unwrap(),
        },
        // Sent back, and credited when it has left.
        What::Data(data) => streams.put(stream, &data).unwrap(),
        What::Sent(count) => streams.release(stream, count),
        What::End(trailers) => {
            streams.end(stream, trailers).unwrap();
            streams.let_go(stream);
        }
        What::Reset(_) | What::Stopped(_) | What::Failed(_) => streams.let_go(stream),
        _ => {}
    }
}

/// Serves until the client has gone. Returns the number of streams that are left.
async fn serve(socket: DuplexStream) -> usize {
    let options = Options::new().max_record(70_000);
    let mut server =
        Connection::new(socket, Session::server(Limits::DEFAULT)).with_options(options);
    loop {
        match server.turn().await {
            Ok(Some(turn)) => answer(turn.item),
            Ok(None) => break,
            // The client may have gone before the last word reached it.
            Err(Error::Io(error)) if error.kind() == ErrorKind::BrokenPipe => break,
            Err(error) => panic!("{error}"),
        }
    }
    server.stage_mut().streams().len()
}

/// Runs `test` with a client, and checks that the server is left without a stream.
async fn with_client<F: Future<Output = ()>>(test: impl FnOnce(SendRequest<Bytes>) -> F) {
    in_time(async {
        let (ours, theirs) = duplex(20_000);
        let server = tokio::spawn(serve(ours));
        let (requests, connection) = client::handshake(theirs).await.unwrap();
        let driver = tokio::spawn(connection);
        test(requests).await;
        driver.await.unwrap().unwrap();
        assert_eq!(server.await.unwrap(), 0);
    })
    .await;
}

fn get(path: &str) -> Request<()> {
    Request::get(format!("http://example.org{path}")).header("x-some", "value").body(()).unwrap()
}

/// Reads a whole body, slowly if asked to.
async fn read(response: Response<h2::RecvStream>, slowly: bool) -> (Vec<u8>, Option<HeaderMap>) {
    let mut body = response.into_body();
    let mut all = vec![];
    while let Some(piece) = body.data().await {
        let piece = piece.unwrap();
        all.extend_from_slice(&piece);
        if slowly {
            tokio::task::yield_now().await;
        }
        body.flow_control().release_capacity(piece.len()).unwrap();
    }
    (all, body.trailers().await.unwrap())
}

#[tokio::test]
async fn requests_are_answered() {
    with_client(|requests| async move {
        let mut ready = requests.ready().await.unwrap();
        for _ in 0..3 {
            let (none, _) = ready.send_request(get("/none"), true).unwrap();
            let (long, _) = ready.send_request(get("/long"), true).unwrap();
            let none = none.await.unwrap();
            assert_eq!((none.status(), none.headers().len()), (204.try_into().unwrap(), 0));
            let (body, trailers) = read(long.await.unwrap(), true).await;
            assert!(body == content(1_000_000));
            assert_eq!(trailers.unwrap()["x-sum"], "42");
            ready = ready.ready().await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn content_comes_back() {
    with_client(|requests| async move {
        let mut ready = requests.ready().await.unwrap();
        let request = Request::post("http://example.org/echo").body(()).unwrap();
        let (response, mut body) = ready.send_request(request, false).unwrap();
        let sending = tokio::spawn(async move {
            let mut rest = Bytes::from(content(700_000));
            while !rest.is_empty() {
                body.reserve_capacity(rest.len());
                let may = std::future::poll_fn(|cx| body.poll_capacity(cx)).await.unwrap().unwrap();
                body.send_data(rest.split_to(may), false).unwrap();
            }
            let trailers = [("x-end".parse().unwrap(), "yes".parse().unwrap())];
            body.send_trailers(trailers.into_iter().collect()).unwrap();
        });
        let (body, trailers) = read(response.await.unwrap(), false).await;
        sending.await.unwrap();
        assert!(body == content(700_000));
        assert_eq!(trailers.unwrap()["x-end"], "yes");
    })
    .await;
}

#[tokio::test]
async fn resets_are_seen_from_both_sides() {
    with_client(|requests| async move {
        let mut ready = requests.ready().await.unwrap();
        let (refused, _) = ready.send_request(get("/reset"), true).unwrap();
        let error = refused.await.unwrap_err();
        assert_eq!(error.reason(), Some(Reason::ENHANCE_YOUR_CALM));
        // Cancelled by the client; others go on.
        let (cancelled, mut body) = ready.send_request(get("/echo"), false).unwrap();
        body.send_data(Bytes::from_static(b"some"), false).unwrap();
        cancelled.await.unwrap();
        body.send_reset(Reason::CANCEL);
        let (none, _) = ready.send_request(get("/none"), true).unwrap();
        assert_eq!(none.await.unwrap().status(), 204);
    })
    .await;
}

#[tokio::test]
async fn a_server_that_leaves_answers_first() {
    with_client(|requests| async move {
        let mut ready = requests.ready().await.unwrap();
        let (last, _) = ready.send_request(get("/last"), true).unwrap();
        assert_eq!(last.await.unwrap().status(), 200);
        let gone = ready.ready().await;
        assert!(gone.is_err() || gone.unwrap().send_request(get("/none"), true).is_err());
    })
    .await;
}
