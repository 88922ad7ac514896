//! Our client, and h2 as the server.

use bytes::Bytes;
use h2::{Reason, server};
use http::{HeaderMap, Response};
use segue::driver::{Options, tokio::Connection};
use segue_http::{Arena, Fields, Length, RequestHead};
use segue_http2::{ErrorCode, Limits, Session, What, frame::StreamId};
use tokio::io::{DuplexStream, duplex};

use super::{content, in_time};

/// Answers as the path says, until the client has gone.
async fn serve(socket: DuplexStream) {
    let mut connection = server::handshake(socket).await.unwrap();
    while let Some(request) = connection.accept().await {
        let (request, mut respond) = request.unwrap();
        tokio::spawn(async move {
            let ok = Response::builder().status(200).header("x-peer", "h2").body(()).unwrap();
            match request.uri().path() {
                "/none" => drop(respond.send_response(ok, true).unwrap()),
                "/reset" => respond.send_reset(Reason::HTTP_1_1_REQUIRED),
                _ => {
                    let mut sending = respond.send_response(ok, false).unwrap();
                    let mut body = request.into_body();
                    while let Some(piece) = body.data().await {
                        let Ok(mut piece) = piece else { return };
                        body.flow_control().release_capacity(piece.len()).unwrap();
                        while !piece.is_empty() {
                            sending.reserve_capacity(piece.len());
                            let may = std::future::poll_fn(|cx| sending.poll_capacity(cx)).await;
                            let may = may.unwrap().unwrap();
                            sending.send_data(piece.split_to(may), false).unwrap();
                        }
                    }
                    let trailers = body.trailers().await.unwrap().unwrap_or_default();
                    let mut both = HeaderMap::new();
                    both.extend(trailers);
                    both.insert("x-done", "yes".parse().unwrap());
                    sending.send_trailers(both).unwrap();
                }
            }
        });
    }
}

fn request(path: &'static str, length: Length) -> RequestHead<'static> {
    RequestHead {
        method: if length == Length::None { b"GET" } else { b"POST" },
        scheme: b"http",
        authority: b"example.org",
        path: path.as_bytes(),
        protocol: None,
        fields: Fields::EMPTY,
        length,
        expects: false,
        early_data: false,
    }
}

#[tokio::test]
async fn all_kinds_of_messages() {
    in_time(async {
        let (ours, theirs) = duplex(20_000);
        let server = tokio::spawn(serve(theirs));
        let options = Options::new().max_record(70_000);
        let mut client =
            Connection::new(ours, Session::client(Limits::DEFAULT)).with_options(options);
        let streams = client.stage_mut().streams();
        let none = streams.open(&request("/none", Length::None)).unwrap();
        let reset = streams.open(&request("/reset", Length::None)).unwrap();
        let echo = streams.open(&request("/echo", Length::Open)).unwrap();
        streams.put_bytes(echo, Bytes::from(content(700_000))).unwrap();
        let mut trailers = Arena::new();
        trailers.push(b"x-sum", b"7", 0).unwrap();
        streams.end(echo, trailers.fields()).unwrap();
        let cancelled = streams.open(&request("/echo", Length::Open)).unwrap();
        streams.put(cancelled, b"some").unwrap();

        let (mut over, mut came, mut sent) = (vec![], vec![], 0);
        while over.len() < 4
            && let Some(turn) = client.turn().await.unwrap()
        {
            let event = turn.item;
            let (stream, streams): (StreamId, _) = (event.stream, event.streams);
            let is_over = match event.what {
                What::Response(head) => {
                    assert_eq!((head.status, head.fields.find("x-peer")), (200, Some(&b"h2"[..])));
                    if stream == cancelled {
                        streams.reset(stream, ErrorCode::CANCEL);
                    }
                    stream == none || stream == cancelled
                }
                What::Data(data) => {
                    assert_eq!(stream, echo);
                    came.extend_from_slice(&data);
                    streams.release(stream, data.len());
                    false
                }
                What::End(trailers) => {
                    assert_eq!(stream, echo);
                    assert_eq!(trailers.find("x-sum"), Some(&b"7"[..]));
                    assert_eq!(trailers.find("x-done"), Some(&b"yes"[..]));
                    true
                }
                What::Reset(code) => {
                    assert_eq!((stream, code), (reset, ErrorCode::HTTP_1_1_REQUIRED));
                    true
                }
                What::Sent(count) => {
                    sent += count;
                    false
                }
                other => panic!("{other:?}"),
            };
            if is_over {
                streams.let_go(stream);
                over.push(stream);
            }
        }
        over.sort_unstable();
        assert_eq!(over, [none, reset, echo, cancelled]);
        assert!(came == content(700_000));
        // That of the cancelled stream may not have been told.
        assert!(sent == 700_004 || sent == 700_000, "{sent}");
        assert!(client.stage_mut().streams().is_empty());
        client.stage_mut().streams().drain();
        client.flush().await.unwrap();
        drop(client);
        server.await.unwrap();
    })
    .await;
}
