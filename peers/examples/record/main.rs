//! Has a client of quinn's talk to a server, and records it: a capture, and the key log to it.
//!
//! ```sh
//! cargo run -p segue-peers --example record -- --out quinn.pcapng --keylog quinn.keys
//! cargo run -p segue-peers --example record -- --out quinn.pcapng --keylog quinn.keys --variants kinds
//! cargo run -p segue-peers --example record -- --server 127.0.0.1:4433 --out other.pcapng --keylog other.keys
//! ```
//!
//! Everything goes over loopback and by way of a relay that writes it down, so nobody must be root.
//! A server of its own is started unless one is named; either has to send streams back.

mod pcapng;
mod talk;
mod variants;

use std::{error::Error, net::SocketAddr, path::PathBuf};

use clap::Parser;
use variants::{Sent, Variant};

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
    /// A folder for captures of the same in many kinds: link types, fragments, secrets inside.
    #[arg(long)]
    variants: Option<PathBuf>,
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
    std::fs::write(&arguments.keylog, &recorded.keys)?;
    if let Some(folder) = &arguments.variants {
        std::fs::create_dir_all(folder)?;
        let sent = recorded.datagrams.iter().cloned();
        let sent =
            sent.map(|talk::Datagram { time, from, to, payload }| Sent { time, from, to, payload });
        for Variant { name, bytes } in variants::all(&sent.collect::<Vec<_>>(), &recorded.keys)? {
            std::fs::write(folder.join(format!("{name}.pcapng")), bytes)?;
            std::fs::write(folder.join(format!("{name}.keys")), &recorded.keys)?;
        }
    }
    println!("{} datagrams", recorded.datagrams.len());
    Ok(())
}
