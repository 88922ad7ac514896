//! The request of a browser, answered: what a server does for each connection before the first frame.

use std::task::Poll;

use segue::{Buffer, Exchange, Output, Progress, driver::sync::Connection};
use segue_websocket::{ServerHandshake, sync::WebSocket};

use super::{
    super::{names, see},
    memory::{Futures, Memory, now},
};
use crate::{Contender, Group};

/// Those who answer the request of a browser.
#[must_use]
pub fn handshake<'i>() -> Group<'i> {
    Group {
        name: "websocket-handshake".to_owned(),
        bytes: REQUEST.len(),
        records: 1,
        contenders: vec![stage(), endpoint(), tungstenite(), tokio_websockets(), soketto()],
    }
}

/// The result that all contenders have seen: there is a connection now.
const OPENED: &[u8] = b"opened";

/// The exchange, between a buffer and an output.
fn stage<'i>() -> Contender<'i> {
    let (mut buffer, mut output) = (Buffer::new(), Output::new());
    Contender::new(names::STAGE, move || {
        buffer.extend(REQUEST);
        let Ok(Progress::Done(accepted)) =
            ServerHandshake::new().advance(&mut buffer, false, &mut output)
        else {
            return 0;
        };
        let (messages, writer) = accepted.halves();
        std::hint::black_box((&messages, &writer, &output));
        output.clear();
        see(OPENED);
        1
    })
}

/// A transport, which is given to an endpoint.
fn endpoint<'i>() -> Contender<'i> {
    let memory = Memory::default();
    Contender::new(names::CONNECTION, move || {
        memory.fill(REQUEST);
        let mut connection = Connection::new(memory.clone(), ());
        let Ok(accepted) = connection.exchange(&mut ServerHandshake::new()) else { return 0 };
        let (messages, writer) = accepted.halves();
        let Ok(connection) = connection.follow(|()| messages) else { return 0 };
        let mut socket = WebSocket::new(connection, writer);
        if socket.flush().is_err() {
            return 0;
        }
        see(OPENED);
        1
    })
}

fn tungstenite<'i>() -> Contender<'i> {
    let memory = Memory::default();
    Contender::new(names::TUNGSTENITE, move || {
        memory.fill(REQUEST);
        let Ok(socket) = tungstenite::accept(memory.clone()) else { return 0 };
        std::hint::black_box(&socket);
        see(OPENED);
        1
    })
}

fn tokio_websockets<'i>() -> Contender<'i> {
    let memory = Memory::default();
    Contender::new(names::TOKIO_WEBSOCKETS, move || {
        memory.fill(REQUEST);
        let builder = tokio_websockets::ServerBuilder::new();
        let Poll::Ready(Ok((_, socket))) = now(builder.accept(memory.clone())) else { return 0 };
        std::hint::black_box(&socket);
        see(OPENED);
        1
    })
}

fn soketto<'i>() -> Contender<'i> {
    use soketto::handshake::{Server, server::Response};

    let memory = Memory::default();
    Contender::new(names::SOKETTO, move || {
        memory.fill(REQUEST);
        let accepted = now(async {
            let mut server = Server::new(Futures(memory.clone()));
            let key = server.receive_request().await?.key();
            server.send_response(&Response::Accept { key, protocol: None }).await?;
            Ok::<_, soketto::handshake::Error>(server.into_builder().finish())
        });
        let Poll::Ready(Ok(socket)) = accepted else { return 0 };
        std::hint::black_box(&socket);
        see(OPENED);
        1
    })
}

/// As a browser asks.
const REQUEST: &[u8] = b"GET /chat HTTP/1.1\r\n\
Host: server.example.com\r\n\
Connection: Upgrade\r\n\
Pragma: no-cache\r\n\
Cache-Control: no-cache\r\n\
User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36\r\n\
Upgrade: websocket\r\n\
Origin: https://example.com\r\n\
Sec-WebSocket-Version: 13\r\n\
Accept-Encoding: gzip, deflate, br, zstd\r\n\
Accept-Language: en-GB,en;q=0.9\r\n\
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n";
