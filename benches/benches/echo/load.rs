//! The client that sends the messages and reads their echoes.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::{Shutdown, TcpStream},
};

use rustix::event::{PollFd, PollFlags, poll};

/// Messages of one size, so many of them under way at a time.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    /// Bytes of payload of a message.
    pub(crate) payload: usize,
    pub(crate) in_flight: usize,
}

impl Load {
    /// Returns true if it is one long message at a time.
    pub(crate) const fn is_long(self) -> bool {
        self.in_flight == 1 && self.payload > 16 * 1024
    }

    /// Sends `count` messages and waits for their echoes: for each one that is back, another one
    /// goes. Each byte that comes is held against what should.
    pub(crate) fn put_on(self, mut socket: TcpStream, count: usize) -> io::Result<()> {
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        let payload: Vec<u8> = (b'a'..=b'z').cycle().take(self.payload).collect();
        let (frame, echo) =
            (frame(&payload, Some([0x37, 0xfa, 0x21, 0x3d])), frame(&payload, None));
        let (whole, back) = (frame.len() * count, echo.len() * count);
        // As much as is ever sent or received at once.
        let frames = frame.repeat(self.in_flight + 1);
        let echoes = echo.repeat(self.in_flight + 1);
        let mut into = vec![0; echo.len() * self.in_flight];

        let (mut sent, mut received) = (0, 0);
        while received < back {
            let window = (received / echo.len() + self.in_flight) * frame.len();
            let due = window.min(whole) - sent;
            let mut moved = false;
            if due > 0 {
                let from = sent % frame.len();
                if let Some(count) = now(socket.write(&frames[from..from + due]))? {
                    sent += count;
                    moved = true;
                }
            }
            if let Some(count) = now(socket.read(&mut into))? {
                let from = received % echo.len();
                if count == 0 {
                    return Err(ErrorKind::UnexpectedEof.into());
                }
                if into[..count] != echoes[from..from + count] {
                    return Err(io::Error::other("that is no echo"));
                }
                received += count;
                moved = true;
            }
            if !moved {
                let mut events = PollFlags::IN;
                events.set(PollFlags::OUT, due > 0);
                poll(&mut [PollFd::new(&socket, events)], None)?;
            }
        }
        // The server is over with it once it reads the end.
        socket.shutdown(Shutdown::Write)
    }
}

/// Converts would-block to `None`.
fn now(result: io::Result<usize>) -> io::Result<Option<usize>> {
    match result {
        Ok(count) => Ok(Some(count)),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}

/// A whole binary message (RFC 6455 §5.2).
fn frame(payload: &[u8], key: Option<[u8; 4]>) -> Vec<u8> {
    use segue::{Encode, Output};
    use segue_websocket::{MaskKeys, Outgoing, Writer};

    let mut writer = match key {
        Some(key) => Writer::client_with(MaskKeys::from_fn(move || key)),
        None => Writer::server(),
    };
    let mut output = Output::new();
    writer.encode(Outgoing::Binary(payload), &mut output).expect("a message may begin");
    output.to_vec()
}
