//! Puts TLS under a conversation that has begun without it: SMTP, IMAP, PostgreSQL and LDAP.
//!
//! ```text
//! cargo run --release -p segue-tls --example starttls -- imap 127.0.0.1:143 --roots root.pem
//! ```
//!
//! Each protocol asks in its own way and each answer is a stage of its own. Then the edge is the same:
//! whatever has come in the clear behind the last answer is refused, since somebody on the way may have
//! put it there (RFC 3207 §6). Behind the handshake the conversation starts over and prints what the
//! server says.

#![allow(missing_docs, reason = "a program, not a library")]

mod imap;
mod ldap;
mod postgres;
mod replies;
mod smtp;

use std::{
    error::Error,
    net::{SocketAddr, TcpStream},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use clap::{Parser, ValueEnum};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use segue::{
    Decode, Edge,
    driver::{
        self, Deadlines, Layered,
        sync::{Blocking, SocketClock, Std},
    },
};
use segue_tls::{OnCut, Tls};

#[derive(Parser)]
struct Arguments {
    protocol: Protocol,
    address: SocketAddr,
    /// The name in the server's certificate.
    #[arg(long, default_value = "localhost")]
    name: String,
    /// The roots that the server's certificate is checked against, in PEM.
    #[arg(long)]
    roots: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum Protocol {
    /// `STARTTLS` (RFC 3207).
    Smtp,
    /// `STARTTLS` (RFC 9051 §6.2.1).
    Imap,
    /// `SSLRequest` (PostgreSQL, "Message Flow").
    Postgres,
    /// The extended operation (RFC 4511 §4.14).
    Ldap,
}

type Failure = Box<dyn Error + Send + Sync>;

/// A connection in the clear, with this stage.
type Clear<S> = driver::Connection<Blocking<Std<TcpStream>>, S>;

/// A connection over TLS.
type Secret<S> = driver::Connection<Blocking<Layered<Std<TcpStream>, Tls>>, S>;

/// The TLS that a client wants, and its clock.
struct Client {
    config: Arc<ClientConfig>,
    name: String,
    clock: SocketClock,
}

fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(&arguments.roots)? {
        roots.add(certificate?)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut client =
        Client { config: config.into(), name: arguments.name, clock: SocketClock::new() };

    let socket = TcpStream::connect_timeout(&arguments.address, Duration::from_secs(10))?;
    socket.set_nodelay(true)?;
    let deadlines = Deadlines::new().idle(Duration::from_secs(20)).record(Duration::from_secs(20));
    let connection = driver::sync::Connection::new(socket, ()).with_deadlines(deadlines);
    match arguments.protocol {
        Protocol::Smtp => smtp::run(connection, &mut client),
        Protocol::Imap => imap::run(connection, &mut client),
        Protocol::Postgres => postgres::run(connection, &mut client),
        Protocol::Ldap => ldap::run(connection, &mut client),
    }
}

impl Client {
    /// Runs the handshake of TLS behind the last answer in the clear.
    fn start_tls<S: Decode>(&mut self, connection: Clear<S>) -> Result<Secret<()>, Failure> {
        let mut connection =
            connection.follow_at(Edge::MustBeEmpty, |_| ()).map_err(|refused| {
                format!("something came in the clear behind the answer: {refused}")
            })?;
        let mut handshake = segue_tls::client(self.config.clone(), self.name.clone().try_into()?)?;
        let tls = match connection.exchange_by(&mut handshake, &mut self.clock) {
            Ok(tls) => tls,
            Err(error) => {
                connection.close_by(0, &mut self.clock)?; // so that the alert arrives
                return Err(error.into());
            }
        };
        println!("TLS: {:?}", tls.version());
        // All four say by themselves where their messages end, and some servers just go away.
        Ok(connection.layered(tls.on_cut(OnCut::EndBetweenRecords)))
    }
}
