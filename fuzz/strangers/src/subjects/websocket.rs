//! WebSocket: what a server makes of a client's frames.

use fastwebsockets::{FragmentCollector, OpCode, Role, WebSocket};
use futures::{Stream, stream};
use segue_laws::{Answer, Law};
use std::io::ErrorKind;
use tokio_util::codec::{Decoder, Encoder, FramedRead};

use crate::{
    adapt::{self, Pipe},
    drive,
    entry::{Entry, Way},
};

const FAMILY: &str = "WebSocket";

pub fn entries() -> Vec<Entry> {
    let new = |dependency, parser, make, drive| {
        Entry::new(FAMILY, dependency, parser, make, drive).accepts(MESSAGES).refuses(NO_MESSAGES)
    };
    vec![
        new(
            "actix-http",
            "ws::Codec",
            || Box::new(adapt::decoder(actix_http::ws::Codec::new())),
            |reads| {
                drive::stream(reads, |pipe| FramedRead::new(pipe, actix_http::ws::Codec::new()))
            },
        )
        .limit(64 << 10, "`max_size`: by default 64KiB")
        .encodes(|stream| {
            let mut server = actix_http::ws::Codec::new();
            let mut client = actix_http::ws::Codec::new().client_mode();
            adapt::each(
                stream,
                |input| server.decode(input),
                |frame, output| client.encode(actix_message(frame)?, output).ok(),
            )
        })
        .way(Way::Decoder),
        new(
            "fastwebsockets",
            "FragmentCollector",
            || Box::new(adapt::stream(fastwebsockets_messages)),
            |reads| drive::stream(reads, fastwebsockets_messages),
        )
        .limit(64 << 20, "`set_max_message_size`: the default is 64 MiB"),
        new(
            "soketto",
            "connection::Receiver",
            || Box::new(adapt::stream(soketto_messages)),
            |reads| drive::stream(reads, soketto_messages),
        ),
        new(
            "tokio-websockets",
            "WebSocketStream",
            || Box::new(adapt::stream(tokio_websockets_messages)),
            |reads| drive::stream(reads, tokio_websockets_messages),
        )
        .limit(64 << 20, "`Limits::max_payload_len`: the default is 64 MiB")
        .contract(
            Law::L9,
            "its documentation: an end of the transport without a close frame ends the stream",
        ),
        new(
            "tungstenite",
            "WebSocket::read",
            || adapt::stepped(tungstenite_messages),
            |reads| drive::stepping(reads, tungstenite_messages),
        )
        .limit(64 << 20, "`max_message_size`: the default value is 64 MiB"),
        new(
            "websocket-codec",
            "MessageCodec",
            || Box::new(adapt::decoder(websocket_codec::MessageCodec::server())),
            |reads| {
                drive::stream(reads, |pipe| {
                    FramedRead::new(pipe, websocket_codec::MessageCodec::server())
                })
            },
        )
        .encodes(|stream| {
            let (server, client) =
                (websocket_codec::MessageCodec::server(), websocket_codec::MessageCodec::client());
            adapt::again(server, client, stream)
        })
        .way(Way::Decoder),
        Entry::new(
            FAMILY,
            "soketto",
            "base::Codec::decode_header",
            || adapt::needing(adapt::front(soketto_frames())),
            |reads| drive::needing(reads, adapt::front(soketto_frames())),
        )
        .accepts(MESSAGES)
        .refuses(&NO_MESSAGES[..2])
        .needs("`Parsing::NeedMore` tells that it needs more data, and the number of bytes"),
    ]
}

/// Each ends with a close, as a proper connection does. The last is a text whose letters fall into
/// several frames, with a ping between them.
const MESSAGES: [&[u8]; 4] = [
    b"\x81\x82\x01\x02\x03\x04Ik\x82\x83\x00\x00\x00\x00\x00\xff\x01\x88\x82\x00\x00\x00\x00\x03\xe8",
    b"\x01\x81\x00\x00\x00\x00a\x89\x81\x00\x00\x00\x00p\x80\x81\x00\x00\x00\x00b\x88\x82\x00\x00\x00\x00\x03\xe9",
    b"\x82\x84\x00\x00\x00\x00abcd\x8a\x80\x00\x00\x00\x00\x88\x82\x00\x00\x00\x00\x03\xe8",
    b"\x01\x81\x00\x00\x00\x00\xc3\x89\x80\x00\x00\x00\x00\x80\x81\x00\x00\x00\x00\xa9\x88\x82\x00\x00\x00\x00\x03\xe8",
];
const NO_MESSAGES: [&[u8]; 3] = [
    b"\x83\x80\x00\x00\x00\x00\x82\x80\x00\x00\x00\x00",
    b"\x09\x80\x00\x00\x00\x00\x82\x80\x00\x00\x00\x00",
    b"\x80\x80\x00\x00\x00\x00\x82\x80\x00\x00\x00\x00",
];

/// A frame that was received, as one to be sent.
fn actix_message(frame: actix_http::ws::Frame) -> Option<actix_http::ws::Message> {
    use actix_http::ws::{Frame, Message};
    Some(match frame {
        Frame::Text(text) => Message::Text(text.try_into().ok()?),
        Frame::Binary(data) => Message::Binary(data),
        Frame::Continuation(item) => Message::Continuation(item),
        Frame::Ping(data) => Message::Ping(data),
        Frame::Pong(data) => Message::Pong(data),
        Frame::Close(reason) => Message::Close(reason),
    })
}

fn fastwebsockets_messages(pipe: Pipe) -> impl Stream<Item = Result<String, String>> {
    let socket = FragmentCollector::new(WebSocket::after_handshake(pipe, Role::Server));
    stream::unfold(Some(socket), |socket| async {
        let mut socket = socket?;
        match socket.read_frame().await {
            Ok(frame) => {
                let said = format!("{:?} {}", frame.opcode, frame.payload.escape_ascii());
                let close = frame.opcode == OpCode::Close;
                Some((Ok(said), (!close).then_some(socket)))
            }
            Err(error) => Some((Err(error.to_string()), None)),
        }
    })
}

fn soketto_messages(pipe: Pipe) -> impl Stream<Item = Result<String, String>> {
    let (_, receiver) = soketto::connection::Builder::new(pipe, soketto::Mode::Server).finish();
    stream::unfold(Some(receiver), |receiver| async {
        let mut receiver = receiver?;
        let mut message = Vec::new();
        match receiver.receive(&mut message).await {
            Ok(soketto::Incoming::Closed(reason)) => Some((Ok(format!("closed {reason:?}")), None)),
            Ok(incoming) => {
                let said = format!("{incoming:?} {}", message.escape_ascii());
                Some((Ok(said), Some(receiver)))
            }
            Err(error) => Some((Err(error.to_string()), None)),
        }
    })
}

/// Headers, each with the payload that it announces.
fn soketto_frames() -> impl FnMut(&[u8]) -> (usize, Answer) {
    use soketto::{Parsing, base::Codec};
    let mut codec = Codec::new();
    codec.set_max_data_size(64 * 1024);
    move |input| match codec.decode_header(input) {
        Ok(Parsing::Done { value: header, offset }) => {
            let length = offset + header.payload_len();
            let Some(payload) = input.get(offset..length) else {
                return (0, Answer::Need(Some(length - input.len())));
            };
            let mut payload = payload.to_vec();
            Codec::apply_mask(&header, &mut payload);
            (length, Answer::Item(format!("{header:?} {}", payload.escape_ascii())))
        }
        Ok(Parsing::NeedMore(more)) => (0, Answer::Need(Some(more))),
        Err(error) => (0, Answer::error(error)),
    }
}

fn tokio_websockets_messages(
    pipe: Pipe,
) -> impl Stream<Item = Result<tokio_websockets::Message, tokio_websockets::Error>> {
    tokio_websockets::ServerBuilder::new().serve(pipe)
}

fn tungstenite_messages(pipe: Pipe) -> impl FnMut() -> Answer {
    use tungstenite::{Error, protocol};
    let mut socket = protocol::WebSocket::from_raw_socket(pipe, protocol::Role::Server, None);
    let mut over = false;
    move || match socket.read() {
        _ if over => Answer::End,
        Ok(message) => Answer::item(message),
        Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => Answer::Need(None),
        Err(Error::ConnectionClosed) => {
            over = true;
            Answer::End
        }
        Err(error) => Answer::Error(error.to_string()),
    }
}
