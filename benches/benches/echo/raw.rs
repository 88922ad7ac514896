//! The least there can be: everything that is there is read at once, unmasked in place, and what
//! comes of it is written at once. Once blocking, once on tokio, and once on smol.

use std::{
    hint::black_box,
    io::{self, Read, Write},
    net::TcpStream,
};

use segue_benches::contenders::websocket::by_hand;

/// Room for all messages that are under way.
const ROOM: usize = 512 * 1024;

/// The bytes received, and those to be sent.
struct Batch {
    input: Vec<u8>,
    held: usize,
    output: Vec<u8>,
}

pub(crate) fn blocking(mut socket: TcpStream) -> io::Result<()> {
    let mut batch = Batch::new();
    loop {
        let count = socket.read(batch.spare())?;
        if count == 0 {
            return Ok(());
        }
        socket.write_all(batch.echo(count))?;
    }
}

pub(crate) async fn on_tokio(mut socket: tokio::net::TcpStream) -> io::Result<()> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let mut batch = Batch::new();
    loop {
        let count = socket.read(batch.spare()).await?;
        if count == 0 {
            return Ok(());
        }
        socket.write_all(batch.echo(count)).await?;
    }
}

pub(crate) async fn on_smol(mut socket: smol::net::TcpStream) -> io::Result<()> {
    use smol::io::{AsyncReadExt, AsyncWriteExt};

    let mut batch = Batch::new();
    loop {
        let count = socket.read(batch.spare()).await?;
        if count == 0 {
            return Ok(());
        }
        socket.write_all(batch.echo(count)).await?;
    }
}

impl Batch {
    fn new() -> Self {
        Self { input: vec![0; ROOM], held: 0, output: Vec::new() }
    }

    fn spare(&mut self) -> &mut [u8] {
        &mut self.input[self.held..]
    }

    /// Returns the bytes to be sent for the `count` bytes that came.
    fn echo(&mut self, count: usize) -> &[u8] {
        let Self { input, held, output } = self;
        output.clear();
        let whole = *held + count;
        let mut rest = &mut input[..whole];
        loop {
            // A frame that is not whole is left as it is.
            let left = rest.len();
            let Some((payload, behind)) = by_hand::first(rest, black_box(ROOM)) else {
                *held = left;
                break;
            };
            output.push(0x82);
            match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
                (Ok(short @ 0..=125), _) => output.push(short),
                (_, Ok(length)) => {
                    output.push(126);
                    output.extend(length.to_be_bytes());
                }
                _ => {
                    output.push(127);
                    output.extend((payload.len() as u64).to_be_bytes());
                }
            }
            output.extend_from_slice(payload);
            rest = behind;
        }
        self.input.copy_within(whole - self.held..whole, 0);
        &self.output
    }
}
