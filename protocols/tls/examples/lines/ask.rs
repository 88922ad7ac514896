//! The client.

use std::{
    io::{self, BufRead},
    net::{SocketAddr, TcpStream},
    path::PathBuf,
    time::Duration,
};

use clap::Args;
use segue::driver::sync::{Connection, SocketClock};
use segue_tls::OnCut;

use crate::{Failure, certificates, deadlines, lines};

#[derive(Args)]
pub(crate) struct Ask {
    /// The server's address.
    address: SocketAddr,
    /// The name in the server's certificate.
    #[arg(long, default_value = "localhost")]
    name: String,
    /// The roots that the server's certificate is checked against, in PEM.
    #[arg(long)]
    roots: PathBuf,
    /// This client's own certificates, in PEM.
    #[arg(long, requires = "key")]
    pub(crate) cert: Option<PathBuf>,
    /// The private key for them, in PEM.
    #[arg(long, requires = "cert")]
    pub(crate) key: Option<PathBuf>,
    /// Offers this protocol.
    #[arg(long)]
    pub(crate) alpn: Option<String>,
    /// Takes an end without a `close_notify` for a proper one.
    #[arg(long)]
    cut_is_end: bool,
}

impl Ask {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let config = certificates::client(self, &self.roots)?;
        let socket = TcpStream::connect_timeout(&self.address, Duration::from_secs(10))?;
        socket.set_nodelay(true)?;
        let mut clock = SocketClock::new();
        let mut connection = Connection::new(socket, ()).with_deadlines(deadlines());
        let mut handshake = segue_tls::client(config, self.name.clone().try_into()?)?;
        let tls = match connection.exchange_by(&mut handshake, &mut clock) {
            Ok(tls) => tls,
            Err(error) => {
                connection.close_by(0, &mut clock)?; // so that the alert arrives
                return Err(error.into());
            }
        };
        eprintln!(
            "{:?}, {:?}, {}",
            tls.version(),
            tls.alpn().map(String::from_utf8_lossy),
            if tls.is_resumed() { "resumed" } else { "full" }
        );
        let on_cut = if self.cut_is_end { OnCut::EndBetweenRecords } else { OnCut::Fault };
        let mut connection = connection.layered(tls.on_cut(on_cut)).begin(lines());
        for line in io::stdin().lock().lines() {
            connection.send_by(&mut lines(), line?.as_bytes(), &mut clock)?;
            match connection.turn_by(&mut clock)? {
                Some(turn) => println!("{}", String::from_utf8_lossy(&turn.item)),
                None => return Err("the server has ended".into()),
            }
        }
        connection.close_write()?;
        while let Some(turn) = connection.turn_by(&mut clock)? {
            println!("{}", String::from_utf8_lossy(&turn.item));
        }
        connection.close_by(0, &mut clock)?;
        Ok(())
    }
}
