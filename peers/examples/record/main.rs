//! Has a client of quinn's talk to a server, and records it: a capture, and the key log to it.
//!
//! ```sh
//! cargo run -p segue-peers --example record -- --out quinn.pcapng --keylog quinn.keys
//! cargo run -p segue-peers --example record -- --server 127.0.0.1:4433 --out other.pcapng --keylog other.keys
//! ```
//!
//! Everything goes over loopback and by way of a relay that writes it down, so nobody must be root.
//! A server of its own is started unless one is named; either has to send streams back.

mod pcapng;
mod talk;

use std::{error::Error, net::SocketAddr, path::PathBuf};

use clap::Parser;

/// Has a client of quinn's talk to a server, and records it.
#[derive(Parser)]
struct Arguments {
    /// The server; one of quinn's is started unless this is given.
    #[arg(long)]
    server: Option<SocketAddr>,
    /// The file for the capture, as pcapng.
    #[arg(long)]
    out: PathBuf,
    /// The file for the key log.
    #[arg(long)]
    keylog: PathBuf,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let recorded = talk::record(arguments.server).await?;
    let mut capture = pcapng::Writer::new();
    for datagram in &recorded.datagrams {
        capture.datagram(datagram.time, datagram.from, datagram.to, &datagram.payload)?;
    }
    std::fs::write(&arguments.out, capture.into_bytes())?;
    std::fs::write(&arguments.keylog, recorded.keys)?;
    println!("{} datagrams", recorded.datagrams.len());
    Ok(())
}
