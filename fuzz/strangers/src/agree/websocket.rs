//! WebSocket: what servers make of a client's messages.

use fastwebsockets::{FragmentCollector, OpCode, Role, WebSocket};
use futures::{Stream, stream};

use super::{Agreement, Heard, decoded, streamed};
use segue_laws::adapt::Pipe;

/// A connection is whole when a close frame ends it; what follows that is not looked at.
pub fn agreement() -> Agreement {
    Agreement {
        protocol: "WebSocket",
        compared: "messages up to the close frame; not pings and pongs, which some answer without a word, nor what the close says",
        accepts: vec![
            b"\x81\x82\x01\x02\x03\x04Ik\x82\x83\x00\x00\x00\x00\x00\xff\x01\x88\x82\x00\x00\x00\x00\x03\xe8",
            b"\x01\x81\x00\x00\x00\x00a\x89\x81\x00\x00\x00\x00p\x80\x81\x00\x00\x00\x00b\x88\x82\x00\x00\x00\x00\x03\xe9",
            b"\x01\x81\x00\x00\x00\x00\xc3\x80\x81\x00\x00\x00\x00\xa9\x88\x80\x00\x00\x00\x00",
        ],
        words: vec![
            b"\x88\x82\x00\x00\x00\x00\x03\xe8",
            b"\x89\x80\x00\x00\x00\x00",
            b"\x81\x81\x00\x00\x00\x00a",
            b"\x00\x00\x00\x00",
        ],
        skips: |_| false,
        ruling,
        voices: vec![
            ("fastwebsockets", "FragmentCollector", |input| {
                closed(streamed(fastwebsockets_said, input, Some))
            }),
            ("soketto", "connection::Receiver", |input| {
                closed(streamed(soketto_said, input, Some))
            }),
            ("tokio-websockets", "WebSocketStream", |input| {
                let serve = |pipe| tokio_websockets::ServerBuilder::new().serve(pipe);
                closed(streamed(serve, input, |message| Some(tokio_websockets_said(&message))))
            }),
            ("tungstenite", "WebSocket::read", tungstenite_said),
            ("websocket-codec", "MessageCodec", |input| {
                closed(decoded(websocket_codec::MessageCodec::server(), input, codec_said))
            }),
        ],
    }
}

fn ruling(input: &[u8]) -> Option<&'static str> {
    let frame = input.first_chunk::<2>()?;
    match frame {
        [_, length] if length & 0x80 == 0 => Some(
            "a server must close the connection upon a frame that is not masked: RFC 6455 §5.1",
        ),
        [0x88, 0x80] => Some("a close frame may have no body: RFC 6455 §5.5.1"),
        [0x88, 0x82] => {
            Some("a code that may not be sent: RFC 6455 §7.4.2, which leaves open what is done")
        }
        [first, _] if first & 0x0f == 1 => {
            Some("a text that is not UTF-8 fails the connection: RFC 6455 §8.1")
        }
        _ => None,
    }
}

const CLOSE: &str = "close";

/// Messages up to the close. Pings and pongs come as nothing.
fn closed(mut heard: Heard) -> Heard {
    heard.said.retain(|said| !said.is_empty());
    let close = heard.said.iter().position(|said| said == CLOSE);
    heard.said.truncate(close.unwrap_or(heard.said.len()));
    heard.whole = close.is_some();
    heard
}

fn message(text: bool, data: &[u8]) -> String {
    format!("{} \"{}\"", if text { "text" } else { "binary" }, data.escape_ascii())
}

fn fastwebsockets_said(pipe: Pipe) -> impl Stream<Item = Result<String, String>> + Unpin {
    let socket = FragmentCollector::new(WebSocket::after_handshake(pipe, Role::Server));
    Box::pin(stream::unfold(Some(socket), |socket| async {
        let mut socket = socket?;
        match socket.read_frame().await {
            Ok(frame) => {
                let said = match frame.opcode {
                    OpCode::Text => message(true, &frame.payload),
                    OpCode::Binary => message(false, &frame.payload),
                    OpCode::Close => CLOSE.into(),
                    _ => String::new(),
                };
                drop(frame);
                let more = (said != CLOSE).then_some(socket);
                Some((Ok(said), more))
            }
            Err(error) => Some((Err(error.to_string()), None)),
        }
    }))
}

fn soketto_said(pipe: Pipe) -> impl Stream<Item = Result<String, String>> + Unpin {
    let (_, receiver) = soketto::connection::Builder::new(pipe, soketto::Mode::Server).finish();
    Box::pin(stream::unfold(Some(receiver), |receiver| async {
        let mut receiver = receiver?;
        let mut data = Vec::new();
        match receiver.receive(&mut data).await {
            Ok(soketto::Incoming::Closed(_)) => Some((Ok(CLOSE.into()), None)),
            Ok(soketto::Incoming::Pong(_)) => Some((Ok(String::new()), Some(receiver))),
            Ok(soketto::Incoming::Data(kind)) => {
                Some((Ok(message(kind.is_text(), &data)), Some(receiver)))
            }
            Err(error) => Some((Err(error.to_string()), None)),
        }
    }))
}

fn tokio_websockets_said(said: &tokio_websockets::Message) -> String {
    match said {
        said if said.is_close() => CLOSE.into(),
        said if said.is_text() || said.is_binary() => message(said.is_text(), said.as_payload()),
        _ => String::new(),
    }
}

fn codec_said(said: websocket_codec::Message) -> Option<String> {
    use websocket_codec::Opcode;
    Some(match said.opcode() {
        Opcode::Text => message(true, said.data()),
        Opcode::Binary => message(false, said.data()),
        Opcode::Close => CLOSE.into(),
        Opcode::Ping | Opcode::Pong => String::new(),
    })
}

fn tungstenite_said(input: &[u8]) -> Heard {
    use tungstenite::{Message, protocol};
    let pipe = Pipe::default();
    pipe.push(input);
    pipe.end();
    let mut socket = protocol::WebSocket::from_raw_socket(pipe, protocol::Role::Server, None);
    let mut heard = Heard::default();
    while let Ok(said) = socket.read() {
        heard.said.push(match said {
            Message::Text(text) => message(true, text.as_bytes()),
            Message::Binary(data) => message(false, &data),
            Message::Close(_) => CLOSE.into(),
            _ => String::new(),
        });
    }
    closed(heard)
}
