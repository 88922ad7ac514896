//! Lines over TLS: a server that sends each one back, and a client that sends those of its input.
//!
//! ```text
//! cargo run --release -p segue-tls --example lines -- serve --listen 127.0.0.1:7000 --save-cert c.pem
//! printf 'one\ntwo\n' | cargo run --release -p segue-tls --example lines -- \
//!     ask 127.0.0.1:7000 --roots c.pem --name localhost
//! ```
//!
//! The server runs under `--driver sync`, `tokio` or `futures`: the handshake, the layer and the lines
//! are the same. It gives peers up that dawdle, bounds their number and the time of a close, and
//! survives failures of `accept`. `openssl s_client -connect 127.0.0.1:7000` is a client as well.

#![allow(missing_docs, reason = "a program, not a library")]

mod ask;
mod certificates;
mod polled;
mod sync;

use std::{error::Error, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use clap::{Args, Parser, ValueEnum};
use segue::{driver::Deadlines, separator::Line};

#[derive(Parser)]
enum Command {
    /// Sends each line back.
    Serve(Serve),
    /// Sends the lines of the standard input, and prints the answers.
    Ask(ask::Ask),
}

#[derive(Args)]
struct Serve {
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The certificates, in PEM; made anew for `localhost` if there are none.
    #[arg(long, requires = "key")]
    cert: Option<PathBuf>,
    /// The private key, in PEM.
    #[arg(long, requires = "cert")]
    key: Option<PathBuf>,
    /// Writes the certificate here, in PEM, for clients.
    #[arg(long)]
    save_cert: Option<PathBuf>,
    /// The roots of the certificates that clients must show, in PEM.
    #[arg(long)]
    clients: Option<PathBuf>,
    #[arg(long, default_value = "tokio")]
    driver: Driver,
}

#[derive(Clone, Copy, ValueEnum)]
enum Driver {
    Sync,
    Tokio,
    Futures,
}

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    match Command::parse() {
        Command::Ask(ask) => ask.run(),
        Command::Serve(serve) => {
            let config = Arc::new(certificates::server(&serve)?);
            match serve.driver {
                Driver::Sync => sync::run(serve.listen, &config),
                Driver::Tokio => polled::on_tokio(serve.listen, config),
                Driver::Futures => polled::on_futures(serve.listen, config),
            }
        }
    }
}

/// A peer that is silent for a minute, or takes ten seconds for a handshake or a line, is given up.
fn deadlines() -> Deadlines {
    Deadlines::new().idle(Duration::from_secs(60)).record(Duration::from_secs(10))
}

/// Lines of at most 8 KiB.
fn lines() -> Line {
    segue::separator::line()
}

/// Connections at a time; further ones wait to be accepted.
const MOST: usize = 200;

/// The most bytes of a peer that are dropped while a connection is closed.
const DRAINED: u64 = 64 * 1024;

/// A failed `accept` may be one of the peer, or a lack of files that lasts.
const PAUSE: Duration = Duration::from_millis(50);
