//! The arguments.

use std::path::PathBuf;

use crate::drafts::Salt;

/// Looks into captures of QUIC: datagrams, packets, frames and streams, as a tree.
#[derive(clap::Parser)]
pub(crate) struct Arguments {
    /// A capture, pcap or pcapng, compressed by gzip or not; - for one that comes by standard input.
    pub(crate) capture: PathBuf,
    /// The secrets of the connections, as written by SSLKEYLOGFILE.
    #[arg(long)]
    pub(crate) keylog: Option<PathBuf>,
    /// The salt of a draft that looks like version 1 on the wire: ff00001d=afbfec..
    /// Those of draft-23 to draft-34 are known.
    #[arg(long, value_name = "VERSION=SALT")]
    pub(crate) salt: Vec<Salt>,
    /// One JSON object a line: each datagram, then each connection with its streams.
    #[arg(long)]
    pub(crate) json: bool,
}
