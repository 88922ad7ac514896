//! The arguments.

use std::path::PathBuf;

/// Looks into captures of QUIC: datagrams, packets, frames and streams, as a tree.
#[derive(clap::Parser)]
pub(crate) struct Arguments {
    /// A capture, pcap or pcapng; - for one that comes by standard input.
    pub(crate) capture: PathBuf,
    /// The secrets of the connections, as written by SSLKEYLOGFILE.
    #[arg(long)]
    pub(crate) keylog: Option<PathBuf>,
    /// One JSON object a line: each datagram, then each connection with its streams.
    #[arg(long)]
    pub(crate) json: bool,
}
