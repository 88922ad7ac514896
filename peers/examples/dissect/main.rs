//! Looks into captures of QUIC: datagrams, packets, frames and streams, as a tree.
//!
//! ```sh
//! cargo run --release -p segue-peers --example dissect -- capture.pcapng --keylog keys.log
//! cargo run --release -p segue-peers --example dissect -- with-secrets.pcapng.gz
//! tcpdump -i lo -U -w - udp | cargo run --release -p segue-peers --example dissect -- - --keylog keys.log
//! ```
//!
//! Ranges are in bytes from the beginning of the datagram. Initial packets need no key log, and
//! captures may have secrets in them (`editcap --inject-secrets`). Packets that are no UDP, or cannot
//! be read, are counted at the end, by the reason.

mod arguments;
mod capture;
mod connection;
mod drafts;
mod frames;
mod ip;
mod keyring;
mod link;
mod skipped;
mod streams;
mod tracker;
mod tree;

use std::{
    error::Error,
    fs::File,
    io::{self, IsTerminal, Read, Write},
};

use arguments::Arguments;
use capture::{Capture, Found};
use clap::Parser;
use drafts::Salts;
use segue_quic::KeyLog;
use tracker::Tracker;
use tree::{Node, Style};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let keys = match &arguments.keylog {
        Some(path) => KeyLog::read(&std::fs::read(path)?),
        None => KeyLog::new(),
    };
    for (line, error) in keys.refused() {
        eprintln!("key log, line {line}: {error}");
    }
    let source: Box<dyn Read + Send> = match arguments.capture.as_os_str() {
        path if path == "-" => Box::new(io::stdin()),
        path => Box::new(File::open(path)?),
    };
    let mut out = io::stdout().lock();
    let style = match (arguments.json, out.is_terminal()) {
        (true, _) => Style::Json,
        (false, true) => Style::Colours,
        (false, false) => Style::Text,
    };
    let mut salts = Salts::default();
    arguments.salt.iter().for_each(|salt| salts.insert(*salt));
    let mut tracker = Tracker::new(keys, salts);
    let mut show = |node: &Node| match node.write(&mut out, style) {
        // The reader has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        // A live capture is shown as it comes.
        shown => shown.and_then(|()| out.flush()),
    };
    let mut capture = Capture::new(source)?;
    let read = capture.each(|found| match found {
        Found::Datagram(datagram) => show(&tracker.datagram(&datagram)),
        Found::Secrets(secrets) => {
            tracker.learn(&secrets);
            Ok(())
        }
    });
    // Of a capture that ends in the middle, too.
    tracker.connections().iter().try_for_each(&mut show)?;
    capture.skipped().nodes().iter().try_for_each(show)?;
    read
}
