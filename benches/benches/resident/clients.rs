//! The clients.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
};

use segue::{Encode, Output};
use segue_websocket::{MaskKeys, Outgoing, Writer};

/// A client that was let in, and has had two messages echoed.
pub(crate) struct Client(TcpStream);

impl Client {
    pub(crate) fn start(address: SocketAddr) -> io::Result<Self> {
        let mut socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        socket.write_all(
            b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
              Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        )?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            socket.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
        assert!(head.starts_with(b"HTTP/1.1 101 "), "the request is proper");
        let messages = [Outgoing::Text("hello"), Outgoing::Binary(&[7; 3000])];
        socket.write_all(&frames(client(), &messages))?;
        let echoes = frames(Writer::server(), &messages);
        let mut into = vec![0; echoes.len()];
        socket.read_exact(&mut into)?;
        assert_eq!(into, echoes, "that is no echo");
        Ok(Self(socket))
    }
}

/// A message of every client, echoed.
pub(crate) struct Load {
    frame: Vec<u8>,
    echo: Vec<u8>,
}

/// The messages under way at a time.
const AT_A_TIME: usize = 100;

impl Load {
    pub(crate) fn new() -> Self {
        let message = [Outgoing::Binary(&[5; 125])];
        Self { frame: frames(client(), &message), echo: frames(Writer::server(), &message) }
    }

    pub(crate) fn put_on(&self, clients: &mut [Client]) -> io::Result<()> {
        let mut into = vec![0; self.echo.len()];
        for clients in clients.chunks_mut(AT_A_TIME) {
            for Client(socket) in &mut *clients {
                socket.write_all(&self.frame)?;
            }
            for Client(socket) in clients {
                socket.read_exact(&mut into)?;
                if into != self.echo {
                    return Err(io::Error::other("that is no echo"));
                }
            }
        }
        Ok(())
    }
}

fn client() -> Writer {
    Writer::client_with(MaskKeys::from_fn(|| [1, 2, 3, 4]))
}

fn frames(mut writer: Writer, messages: &[Outgoing<'_>]) -> Vec<u8> {
    let mut output = Output::new();
    for message in messages {
        writer.encode(message.clone(), &mut output).expect("a message");
    }
    output.to_vec()
}
