//! HTTP/1: heads, bodies, chunks.

use bytecodec::bytes::RemainingBytesDecoder;
use futures::{AsyncReadExt, Stream, stream};
use hyper::{
    Request, Response,
    body::{Body, Incoming},
    server::conn::http1,
    service::service_fn,
};
use segue_laws::{Answer, Law};
use std::{
    collections::VecDeque,
    convert::Infallible,
    future::{Future, poll_fn},
    io::Read,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};
use ureq_proto::server::{RecvRequestResult, Reply, state};

use crate::{
    adapt::{self, Pipe},
    drive::{self, Transcript},
    entry::{Entry, Way},
};

const FAMILY: &str = "HTTP/1";

pub fn entries() -> Vec<Entry> {
    let new = |dependency, parser, make, drive| Entry::new(FAMILY, dependency, parser, make, drive);
    vec![
        new(
            "httparse",
            "Request::parse",
            || Box::new(adapt::slice(httparse_request)),
            |reads| drive::buffer(reads, httparse_request),
        )
        .way(Way::Partial)
        .over_slice()
        .accepts(HEADS)
        .refuses(NO_HEADS),
        new(
            "httparse",
            "Response::parse",
            || Box::new(adapt::slice(httparse_response)),
            |reads| drive::buffer(reads, httparse_response),
        )
        .way(Way::Partial)
        .over_slice()
        .accepts([&b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\nHTTP/1.0 404 Not Found\r\n\r\n"[..]])
        .refuses([&b"HTTP/1.x 200 OK\r\n\r\n"[..]]),
        new(
            "httparse",
            "parse_chunk_size",
            || Box::new(adapt::slice(httparse_chunk_size)),
            |reads| drive::buffer(reads, httparse_chunk_size),
        )
        .way(Way::Partial)
        .over_slice()
        .accepts([&b"5\r\n1f;name=value\r\n0\r\n"[..]])
        .refuses([&b"xyz\r\n"[..], b"fffffffffffffffff\r\n"]),
        new(
            "chunked_transfer",
            "Decoder",
            || {
                let decoder = adapt::blocking(chunked_transfer::Decoder::new, |decoder| {
                    piece(decoder)
                });
                Box::new(decoder.left(|_| Vec::new()))
            },
            |reads| drive::blocking(reads, chunked_transfer::Decoder::new, piece),
        )
        .accepts(CHUNKED)
        .refuses(NO_CHUNKED),
        new(
            "async-h1",
            "client::decode",
            || Box::new(adapt::stream(async_h1_client)),
            |reads| drive::stream(reads, async_h1_client),
        )
        .accepts([
            &b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"[..],
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n",
        ])
        .refuses([&b"HTTP/1.1 2x0 OK\r\n\r\n"[..]]),
        new(
            "async-h1",
            "server::decode",
            || Box::new(adapt::stream(async_h1_server)),
            |reads| drive::stream(reads, async_h1_server),
        )
        .accepts([
            &b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"[..],
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n",
        ])
        .refuses([&b"GET / HTTP/1.1\r\n\r\n"[..]]),
        new(
            "httpcodec",
            "RequestDecoder",
            || adapt::exact(httpcodec_requests),
            |reads| drive::stepping(reads, httpcodec_requests),
        )
        .needs(drive::REQUIRING)
        .accepts(REQUESTS)
        .refuses(NO_HEADS)
        .contract(
            Law::L9,
            "the body decoder that it is given here takes what remains, where no length is told",
        ),
        new(
            "hyper",
            "server::conn::http1",
            || adapt::stepped(hyper_server),
            |reads| drive::stepping(reads, hyper_server),
        )
        .contract(Law::L8, "a head is parsed again with each read, up to `max_buf_size`")
        .accepts(REQUESTS)
        .refuses(NO_HEADS),
        new(
            "ureq-proto",
            "server::Reply",
            || Box::new(adapt::consuming(ureq_server())),
            |reads| consumed(reads, ureq_server()),
        )
        .way(Way::Partial)
        .over_slice()
        .accepts(REQUESTS)
        .refuses(NO_HEADS),
    ]
}

const HEADS: [&[u8]; 3] = [
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /a?b HTTP/1.0\r\n\r\nPUT * HTTP/1.1\r\nHost: b\r\nX-Y:  z \r\n\r\n",
    b"\r\nGET / HTTP/1.1\nHost: a\n\n",
];
const REQUESTS: [&[u8]; 3] = [
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA\r\n, world!!!\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
];
const NO_HEADS: [&[u8]; 2] = [b"GET / HTTP/1.1\r\nHo st: a\r\n\r\n", b"GET / HTTQ/1.1\r\n\r\n"];
const CHUNKED: [&[u8]; 3] = [
    b"5\r\nhello\r\nb\r\n, worlds!!!\r\n0\r\n\r\n",
    b"1;x=y\r\na\r\n2\r\nbc\r\n0\r\n\r\n",
    b"0\r\n\r\n",
];
const NO_CHUNKED: [&[u8]; 3] = [b"5\r\nhelloX\r\n0\r\n\r\n", b"x\r\n\r\n", b"2\r\nab0\r\n\r\n"];

fn httparse_request(input: &[u8]) -> Result<Option<(String, usize)>, httparse::Error> {
    let mut headers = [httparse::EMPTY_HEADER; 16];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(input)? {
        httparse::Status::Complete(length) => Ok(Some((format!("{request:?}"), length))),
        httparse::Status::Partial => Ok(None),
    }
}

fn httparse_response(input: &[u8]) -> Result<Option<(String, usize)>, httparse::Error> {
    let mut headers = [httparse::EMPTY_HEADER; 16];
    let mut response = httparse::Response::new(&mut headers);
    match response.parse(input)? {
        httparse::Status::Complete(length) => Ok(Some((format!("{response:?}"), length))),
        httparse::Status::Partial => Ok(None),
    }
}

fn httparse_chunk_size(input: &[u8]) -> Result<Option<(u64, usize)>, httparse::InvalidChunkSize> {
    Ok(match httparse::parse_chunk_size(input)? {
        httparse::Status::Complete((length, size)) => Some((size, length)),
        httparse::Status::Partial => None,
    })
}

fn piece(source: &mut impl Read) -> std::io::Result<Option<Answer>> {
    let mut room = [0; 64];
    let length = source.read(&mut room)?;
    Ok((length > 0).then(|| Answer::Piece(room[..length].to_vec())))
}

/// The place within a message.
enum At {
    Head(Pipe),
    Body(Box<dyn futures::AsyncRead + Unpin>),
    End,
}

async fn of_body(
    mut body: Box<dyn futures::AsyncRead + Unpin>,
) -> Option<(Result<Answer, String>, At)> {
    let mut room = [0; 64];
    match body.read(&mut room).await {
        Ok(0) => None,
        Ok(length) => Some((Ok(Answer::Piece(room[..length].to_vec())), At::Body(body))),
        Err(error) => Some((Err(error.to_string()), At::End)),
    }
}

/// In words, but for the date that the crate puts in by itself.
fn header(name: &str, values: impl std::fmt::Display) -> Option<String> {
    (name != "date").then(|| format!("{name}: {values}"))
}

/// One response, and its body to the end.
fn async_h1_client(pipe: Pipe) -> impl Stream<Item = Result<Answer, String>> {
    stream::unfold(At::Head(pipe), |at| async {
        match at {
            At::Head(pipe) => Some(match async_h1::client::decode(pipe).await {
                Ok(response) => {
                    let mut headers: Vec<_> = response
                        .iter()
                        .filter_map(|(name, values)| header(name.as_str(), values))
                        .collect();
                    headers.sort();
                    let head = format!("{} {headers:?}", response.status());
                    (Ok(Answer::Item(head)), At::Body(Box::new(response)))
                }
                Err(error) => (Err(error.to_string()), At::End),
            }),
            At::Body(body) => of_body(body).await,
            At::End => None,
        }
    })
}

/// One request, and its body to the end.
fn async_h1_server(pipe: Pipe) -> impl Stream<Item = Result<Answer, String>> {
    stream::unfold(At::Head(pipe), |at| async {
        match at {
            At::Head(pipe) => match async_h1::server::decode(pipe).await {
                Ok(Some((request, _))) => {
                    let mut headers: Vec<_> = request
                        .iter()
                        .filter_map(|(name, values)| header(name.as_str(), values))
                        .collect();
                    headers.sort();
                    let head = format!("{} {} {headers:?}", request.method(), request.url());
                    Some((Ok(Answer::Item(head)), At::Body(Box::new(request))))
                }
                Ok(None) => None,
                Err(error) => Some((Err(error.to_string()), At::End)),
            },
            At::Body(body) => of_body(body).await,
            At::End => None,
        }
    })
}

/// The crate's decoder, driven as its framework has it.
fn httpcodec_requests(pipe: Pipe) -> impl FnMut() -> Answer {
    let body = httpcodec::BodyDecoder::new(RemainingBytesDecoder::new());
    let decoder = httpcodec::RequestDecoder::new(body);
    drive::bytecodec(decoder, pipe, |request| Answer::Item(format!("{request:?}")))
}

/// A connection with a service that writes down each request and its body.
fn hyper_server(pipe: Pipe) -> impl FnMut() -> Answer {
    let said = Arc::new(Mutex::new(VecDeque::new()));
    let heard = Arc::clone(&said);
    let say = move |answer| heard.lock().unwrap_or_else(|e| e.into_inner()).push_back(answer);
    let service = service_fn(move |request: Request<Incoming>| {
        let say = say.clone();
        async move {
            let (head, mut body) = request.into_parts();
            say(Answer::Item(format!("{} {} {:?}", head.method, head.uri, head.headers)));
            while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
                match frame {
                    Ok(frame) => {
                        let piece = frame.into_data().map(|data| data.to_vec());
                        say(piece.map_or_else(|_| Answer::Item("trailers".into()), Answer::Piece));
                    }
                    Err(error) => {
                        say(Answer::Error(error.to_string()));
                        break;
                    }
                }
            }
            say(Answer::Item("end of body".into()));
            Ok::<_, Infallible>(Response::new(String::new()))
        }
    });
    let mut connection = Box::pin(http1::Builder::new().serve_connection(HyperPipe(pipe), service));
    let mut over = None;
    move || {
        if over.is_none() {
            let mut context = Context::from_waker(futures::task::noop_waker_ref());
            // Answers that it could give at once it may leave for the next turn.
            for _ in 0..4 {
                if let Poll::Ready(result) = connection.as_mut().poll(&mut context) {
                    over =
                        Some(result.map_or_else(
                            |error| Answer::Error(error.to_string()),
                            |()| Answer::End,
                        ));
                    break;
                }
            }
        }
        let next = said.lock().unwrap_or_else(|e| e.into_inner()).pop_front();
        next.or_else(|| over.clone()).unwrap_or(Answer::Need(None))
    }
}

struct HyperPipe(Pipe);

impl hyper::rt::Read for HyperPipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut room: hyper::rt::ReadBufCursor<'_>,
    ) -> Poll<std::io::Result<()>> {
        let mut bytes = vec![0; room.remaining().min(1024)];
        futures::io::AsyncRead::poll_read(Pin::new(&mut self.0), cx, &mut bytes)
            .map_ok(|length| room.put_slice(&bytes[..length]))
    }
}

impl hyper::rt::Write for HyperPipe {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Requests and their bodies, one after the other, each with a reply of its own.
fn ureq_server() -> impl FnMut(&[u8], bool) -> (usize, Answer) {
    enum At {
        Head,
        Body(Box<Reply<state::RecvBody>>),
    }
    let mut at = At::Head;
    move |input, eof| match &mut at {
        At::Head if eof && input.is_empty() => (0, Answer::End),
        At::Head => {
            let mut reply = match Reply::new() {
                Ok(reply) => reply,
                Err(error) => return (0, Answer::error(error)),
            };
            match reply.try_request(input) {
                Ok((length, Some(request))) => {
                    let head =
                        format!("{} {} {:?}", request.method(), request.uri(), request.headers());
                    if let Some(RecvRequestResult::RecvBody(body)) = reply.proceed() {
                        at = At::Body(Box::new(body));
                    }
                    (length, Answer::Item(head))
                }
                Ok((length, None)) => (length, Answer::Need(None)),
                Err(error) => (0, Answer::error(error)),
            }
        }
        At::Body(body) => {
            let mut room = [0; 256];
            match body.read(input, &mut room) {
                Ok((length, written)) => {
                    let ended = body.is_ended();
                    let answer = match written {
                        0 if ended => Answer::Item("end of body".into()),
                        0 => Answer::Need(None),
                        _ => Answer::Piece(room[..written].to_vec()),
                    };
                    if ended && written == 0 {
                        at = At::Head;
                    }
                    (length, answer)
                }
                Err(error) => (0, Answer::error(error)),
            }
        }
    }
}

/// The loop of a caller who keeps the buffer: give what is there until nothing is taken of it.
fn consumed(reads: &[&[u8]], mut parse: impl FnMut(&[u8], bool) -> (usize, Answer)) -> Transcript {
    let (mut buffer, mut seen) = (Vec::new(), Transcript::default());
    for read in reads {
        buffer.extend_from_slice(read);
        loop {
            let (length, answer) = parse(&buffer, false);
            buffer.drain(..length);
            if !seen.hears(false, answer) && length == 0 {
                break;
            }
        }
        if seen.is_over() {
            return seen;
        }
    }
    loop {
        let (length, answer) = parse(&buffer, true);
        buffer.drain(..length);
        if !seen.hears(true, answer) {
            return seen;
        }
    }
}
