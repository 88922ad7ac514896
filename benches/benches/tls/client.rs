//! The client, which is the same for every server.

use std::{
    fmt,
    io::{self, Read, Write},
    net::TcpStream,
    sync::Arc,
};

use rustls::{ClientConfig, ClientConnection, StreamOwned};

use crate::configs::NAME;

/// Records of one size, and how many of them are under way at a time.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    /// Bytes of payload.
    pub(crate) payload: usize,
    pub(crate) in_flight: usize,
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes, {} in flight", self.payload, self.in_flight)
    }
}

impl Load {
    /// The records of a round: some tenths of a second.
    pub(crate) fn count(self) -> usize {
        match self.in_flight {
            1 => 5_000,
            _ if self.payload < 1000 => 100_000,
            _ => 5_000,
        }
    }

    /// Sends `count` records, and looks at each echo.
    pub(crate) fn put_on(
        self,
        socket: TcpStream,
        config: &Arc<ClientConfig>,
        count: usize,
    ) -> io::Result<()> {
        let name = NAME.try_into().map_err(io::Error::other)?;
        let connection = ClientConnection::new(config.clone(), name).map_err(io::Error::other)?;
        let mut tls = StreamOwned::new(connection, socket);
        let mut record =
            u32::try_from(self.payload).map_err(io::Error::other)?.to_be_bytes().to_vec();
        record.extend((b'a'..=b'z').cycle().take(self.payload));
        let window = record.repeat(self.in_flight);
        let echoes = record.repeat(self.in_flight + 1);
        let mut into = vec![0; window.len()];
        tls.write_all(&window)?;
        tls.flush()?;
        let (mut sent, mut received) = (self.in_flight, 0);
        while received < count * record.len() {
            let read = tls.read(&mut into)?;
            let from = received % record.len();
            if read == 0 || into[..read] != echoes[from..from + read] {
                return Err(io::Error::other("that is no echo"));
            }
            received += read;
            let due = (received / record.len() + self.in_flight).min(count).saturating_sub(sent);
            if due > 0 {
                tls.write_all(&window[..due * record.len()])?;
                tls.flush()?;
                sent += due;
            }
        }
        tls.conn.send_close_notify();
        tls.flush()?;
        while tls.read(&mut into)? > 0 {}
        Ok(())
    }
}
