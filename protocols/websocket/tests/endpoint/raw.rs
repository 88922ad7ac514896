//! Peers that are bytes.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
};

/// A request, its answer left out of it.
pub(crate) const REQUEST: &[u8] = b"GET /chat?room=1 HTTP/1.1\r\nHost: localhost\r\n\
    Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// The masked "Hello" of RFC 6455 §5.7.
pub(crate) const HELLO: &[u8] = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";

/// A masked close frame that says nothing.
pub(crate) const CLOSE: &[u8] = b"\x88\x80\0\0\0\0";

/// A raw client: sends `bytes` and, if it `ends`, the end of the stream; gives all that comes back.
pub(crate) fn client(address: SocketAddr, bytes: &[u8], ends: bool) -> Vec<u8> {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.write_all(bytes).unwrap();
    if ends {
        socket.shutdown(Shutdown::Write).unwrap();
    }
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).unwrap();
    answer
}

/// The bytes behind the head of an answer that switches protocols.
pub(crate) fn frames(answer: &[u8]) -> &[u8] {
    assert!(answer.starts_with(b"HTTP/1.1 101 "), "{}", answer.escape_ascii());
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    &answer[head + 4..]
}

/// Reads a head.
pub(crate) fn read_head(socket: &mut TcpStream) -> Vec<u8> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        socket.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    head
}
