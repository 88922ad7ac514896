//! The laws of segue, stamped on every stage and on both handshakes.

mod support;

use segue::laws;
use segue_websocket::{
    ClientHandshake, Frames, Limits, MaskKeys, Messages, Pieces, Refusal, Reply, Role,
    ServerHandshake, Tunnel, Writer,
};
use support::{KEY, frame, frames};

/// Well-formed streams: each ends with a close frame.
fn good(role: Role) -> Vec<Vec<u8>> {
    let close = (0x88, &b"\x03\xe8bye"[..]);
    let long = [b'x'; 126];
    vec![
        frames(role, &[(0x88, b"")]),
        frames(role, &[(0x81, "grüße".as_bytes()), (0x82, b"\xff\x00"), close]),
        frames(role, &[(0x81, b""), (0x89, b"?"), (0x8A, b""), close]),
        frames(
            role,
            &[
                (0x01, b"\xc3"),
                (0x89, b"in between"),
                (0x00, b""),
                (0x80, b"\xa9"),
                (0x02, b""),
                (0x80, b""),
                (0x81, b"next"),
                close,
            ],
        ),
        frames(role, &[(0x82, &long), close]),
        frames(role, &[(0x02, b"cut off"), close]),
    ]
}

/// Streams that break a rule of frames.
fn broken(role: Role) -> Vec<Vec<u8>> {
    let other = if role == Role::Server { Role::Client } else { Role::Server };
    let mask = if role == Role::Server { 0x80 } else { 0 };
    let begun = frames(role, &[(0x81, b"fine"), (0x01, b"a")]);
    vec![
        frame(role, 0xC1, b"reserved"),
        frame(role, 0x83, b"unknown"),
        frame(role, 0x09, b"ping in parts"),
        frame(role, 0x80, b"nothing before"),
        frame(other, 0x81, b"mask"),
        vec![0x89, mask | 126, 0, 126],
        vec![0x82, mask | 126, 0, 125],
        vec![0x82, mask | 127, 0x80, 0, 0, 0, 0, 0, 0, 0],
        vec![0x82, mask | 127, 0, 0, 0, 0, 0xFF, 0, 0, 0],
        [&begun[..], &frame(role, 0x82, b"too early")].concat(),
    ]
}

/// Streams whose frames are fine and whose content is not.
fn nonsense(role: Role) -> Vec<Vec<u8>> {
    vec![
        frame(role, 0x81, b"ab\xffcd"),
        frame(role, 0x81, b"ab\xe2\x82"),
        frames(role, &[(0x01, b"\xf4"), (0x89, b"!"), (0x00, b"\x90\x80\x80")]),
        frames(role, &[(0x01, b"\xf4"), (0x80, b"\x8f\xbf")]),
        frame(role, 0x88, b"\x03"),
        frame(role, 0x88, b"\x03\xed"),
        frame(role, 0x88, b"\x03\xe8\xff"),
    ]
}

/// One message of about that many bytes, and many.
fn one(length: usize) -> Vec<u8> {
    frame(Role::Server, 0x82, &vec![1; length])
}

fn one_text(length: usize) -> Vec<u8> {
    frame(Role::Server, 0x81, "é".repeat(length / 2).as_bytes())
}

fn many(length: usize) -> Vec<u8> {
    frame(Role::Server, 0x81, b"seven..").repeat(length / 13)
}

fn fragments(length: usize) -> Vec<u8> {
    let parts = frame(Role::Server, 0x00, b"\xc3\xa9.......").repeat(length / 15);
    [frame(Role::Server, 0x01, b""), parts, frame(Role::Server, 0x80, b"")].concat()
}

#[test]
fn frames_keep_the_laws() {
    for role in [Role::Server, Role::Client] {
        laws::stage(|| Frames::new(role))
            .accepts(good(role))
            .refuses(broken(role))
            .limit(14 + Limits::DEFAULT.message)
            .check();
    }
    let limited = || Frames::server().limits(Limits { frame: 126, ..Limits::DEFAULT });
    laws::stage(limited).accepts(good(Role::Server)).limit(8 + 126).check();
    let linear = laws::stage(Frames::server).linear(one);
    linear.linear(many).linear(fragments).check();
}

#[test]
fn messages_keep_the_laws() {
    for role in [Role::Server, Role::Client] {
        for reply in [Reply::Hidden, Reply::Shown, Reply::Manual] {
            let make = move || {
                let messages = match role {
                    Role::Server => Messages::server(),
                    Role::Client => Messages::client_with(MaskKeys::from_fn(|| KEY)),
                };
                messages.pings(reply).closes(reply)
            };
            laws::stage(make)
                .absorbs_records()
                .accepts(good(role))
                .refuses(broken(role))
                .refuses(nonsense(role))
                .limit(14 + Limits::DEFAULT.message)
                .check();
        }
    }
    let limited = || Messages::server().limits(Limits { message: 4, ..Limits::DEFAULT });
    let too_long = [(0x01, &b"abc"[..]), (0x89, b"longer"), (0x80, b"de")];
    laws::stage(limited).refuses([frames(Role::Server, &too_long)]).limit(14 + 125).check();
    let linear = laws::stage(Messages::server).linear(one).linear(one_text);
    linear.linear(many).linear(fragments).check();
}

#[test]
fn pieces_keep_the_laws() {
    for role in [Role::Server, Role::Client] {
        for reply in [Reply::Hidden, Reply::Shown, Reply::Manual] {
            let make = move || {
                let pieces = match role {
                    Role::Server => Pieces::server(),
                    Role::Client => Pieces::client_with(MaskKeys::from_fn(|| KEY)),
                };
                pieces.pings(reply).closes(reply)
            };
            // A header and a byte, or a control frame: nothing else is ever waited for.
            laws::stage(make)
                .absorbs_records()
                .accepts(good(role))
                .refuses(broken(role))
                .refuses(nonsense(role))
                .limit(6 + 125)
                .check();
        }
    }
    let limits = Limits { message: 4, frame: 3, ..Limits::PIECES };
    let limited = || Pieces::server().limits(limits);
    let too_long = [(0x01, &b"abc"[..]), (0x89, b"?"), (0x80, b"de")];
    let frame = frame(Role::Server, 0x82, b"four");
    laws::stage(limited).refuses([frames(Role::Server, &too_long), frame]).limit(6 + 4).check();
    let linear = laws::stage(Pieces::server).linear(one).linear(one_text);
    linear.linear(many).linear(fragments).check();
}

const REQUEST: &str = "GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\
    Connection: keep-alive, Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Protocol: soap, chat\r\nSec-WebSocket-Version: 13\r\n\r\n";

const RESPONSE: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\
    Sec-WebSocket-Protocol: chat\r\n\r\n";

#[test]
fn the_servers_handshake_keeps_the_laws() {
    let make = || {
        ServerHandshake::new().protocols(["chat"]).decide(|request, _| match request.target() {
            "/chat" => Ok(()),
            _ => Err(Refusal::new(404)),
        })
    };
    laws::exchange(make)
        .accepts([REQUEST.into(), format!("\r\n{REQUEST}")])
        .refuses([
            REQUEST.replace("GET", "POST"),
            REQUEST.replace("GET", "G@T"),
            REQUEST.replace("1.1", "1.0"),
            REQUEST.replace("/chat", "/other"),
            REQUEST.replace("Host: a", "Host : a"),
            REQUEST.replace("websocket", "h2c"),
            REQUEST.replace("Version: 13", "Version: 8"),
            REQUEST.replace("dGhl", ""),
            format!("\r\n{}", REQUEST.replace("Host: a", "Content-Length: 7\r\nHost: a")),
        ])
        .check();
}

#[test]
fn the_clients_handshake_keeps_the_laws() {
    let make = || {
        ClientHandshake::with_key("a", "/chat", *b"the sample nonce").protocols(["soap", "chat"])
    };
    laws::exchange(make)
        .accepts([
            RESPONSE.into(),
            format!("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n{RESPONSE}"),
        ])
        .refuses([
            RESPONSE.replace("101", "200"),
            RESPONSE.replace("HTTP/1.1", "HTTP/1.0"),
            RESPONSE.replace("HTTP/1.1", "SMTP"),
            RESPONSE.replace("websocket", "h2c"),
            RESPONSE.replace("s3pP", "S3pP"),
            RESPONSE.replace("chat", "xmpp"),
            format!("HTTP/1.1 103 Early Hints\r\n\r\n{}", RESPONSE.replace("Upgrade\r", "close\r")),
            "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(9),
        ])
        .check();
}

/// Law L12, for bytes over messages: of each end, with pings of the other.
#[test]
fn of_a_tunnel() {
    let make = |most| {
        let mut writers = (Writer::client(), Writer::server());
        let client = Pieces::client().paired(&mut writers.0);
        let server = Pieces::server().paired(&mut writers.1);
        let client = Tunnel::new(client, writers.0).max_message(most);
        (client, Tunnel::new(server, writers.1).max_message(most))
    };
    for most in [700, Tunnel::MAX_MESSAGE] {
        laws::layers(|| make(most))
            .left_asks(|_, wire| wire.put(&frame(Role::Server, 0x89, b"still there?")))
            .right_asks(|_, wire| wire.put(&frame(Role::Client, 0x89, b"")))
            .check();
    }
    for role in [Role::Server, Role::Client] {
        for data in good(role).into_iter().chain(broken(role)).chain(nonsense(role)) {
            laws::layers(|| make(1000)).fuzz(&data);
        }
    }
}
