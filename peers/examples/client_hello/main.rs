//! A handshake with a server of quinn's, made of stages: what is on the wire is all segue's, the
//! socket and the clock are the program's, and TLS is rustls's.
//!
//! ```text
//! cargo run -p segue-peers --example client_hello
//! ```
//!
//! The server runs in this process, on loopback. The program sends a ClientHello in an Initial
//! packet; takes the datagrams of the server's answer apart into packets, frames and handshake
//! messages; prints the ServerHello and the transport parameters; and ends the connection properly
//! once the server has confirmed the handshake.
#![allow(missing_docs, unreachable_pub, reason = "a program, not a library")]

mod client;
mod server;
mod space;

use std::{error::Error, net::UdpSocket, sync::Arc, time::Duration};

use client::Client;

fn main() -> Result<(), Box<dyn Error>> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    let server = runtime.block_on(async { server::start(&certificate) })?;

    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate.cert.der().clone())?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut client = Client::new(Arc::new(tls), "localhost")?;

    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.connect(server)?;
    // On loopback nothing is lost: there is no timer here, and nothing is sent twice.
    socket.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut datagram = vec![0; segue_quic::MAX_DATAGRAM];
    loop {
        while let Some(length) = client.send(&mut datagram)? {
            socket.send(&datagram[..length])?;
        }
        if client.is_done() {
            return Ok(());
        }
        let length = socket.recv(&mut datagram)?;
        println!("received a datagram of {length} bytes");
        client.receive(&mut datagram[..length])?;
    }
}
