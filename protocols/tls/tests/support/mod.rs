//! Certificates and configurations, and two ends in memory.
#![allow(dead_code, reason = "each test uses a part")]
#![allow(clippy::unwrap_used, reason = "this is for tests, though it may not be marked so")]

use std::sync::{Arc, LazyLock};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    version::{TLS12, TLS13},
};
use segue::{Buffer, Exchange, Layer, Output, Progress, Step};
use segue_tls::{Handshake, Tls, client, server};

pub(crate) const NAME: &str = "segue.test";

static KEY: LazyLock<CertifiedKey<rcgen::KeyPair>> =
    LazyLock::new(|| generate_simple_self_signed([NAME.to_owned()]).unwrap());

pub(crate) fn private_key() -> PrivateKeyDer<'static> {
    PrivatePkcs8KeyDer::from(KEY.signing_key.serialize_der()).into()
}

pub(crate) fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(KEY.cert.der().clone()).unwrap();
    roots
}

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Version {
    Tls12,
    Tls13,
}

impl Version {
    pub(crate) const ALL: [Self; 2] = [Self::Tls12, Self::Tls13];

    fn supported(self) -> &'static [&'static rustls::SupportedProtocolVersion] {
        static OLD: [&rustls::SupportedProtocolVersion; 1] = [&TLS12];
        static NEW: [&rustls::SupportedProtocolVersion; 1] = [&TLS13];
        match self {
            Self::Tls12 => &OLD,
            Self::Tls13 => &NEW,
        }
    }
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

pub(crate) fn server_config(version: Version) -> ServerConfig {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(version.supported())
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![KEY.cert.der().clone()], private_key())
        .unwrap();
    config.alpn_protocols = vec![b"lines".to_vec(), b"h2".to_vec()];
    config
}

pub(crate) fn client_config(version: Version) -> ClientConfig {
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(version.supported())
        .unwrap()
        .with_root_certificates(roots())
        .with_no_client_auth();
    config.alpn_protocols = vec![b"lines".to_vec()];
    config
}

/// Configurations that are made once: sessions are resumed with them.
pub(crate) struct Configs {
    pub(crate) client: Arc<ClientConfig>,
    pub(crate) server: Arc<ServerConfig>,
}

impl Configs {
    pub(crate) fn new(version: Version) -> Self {
        Self { client: client_config(version).into(), server: server_config(version).into() }
    }

    pub(crate) fn handshakes(&self) -> (Handshake, Handshake) {
        let name = NAME.try_into().unwrap();
        (client(self.client.clone(), name).unwrap(), server(self.server.clone()).unwrap())
    }

    /// Two layers that are ready, and what the client has received and not opened yet.
    pub(crate) fn layers(&self) -> (Tls, Tls, Buffer) {
        let (client, server) = self.handshakes();
        layers(client, server)
    }
}

impl Configs {
    /// Two layers of which both have opened all that the other has sent: a client of TLS 1.3 gets
    /// tickets behind the handshake.
    pub(crate) fn ready(&self) -> (Tls, Tls) {
        let (mut client, server, mut wire) = self.layers();
        let mut answers = Output::new();
        while !wire.is_empty() {
            let opened = client.open(&mut wire, false, &mut answers).expect("a ticket");
            assert_eq!(opened, Step::Item(&[][..]));
        }
        assert!(answers.is_empty());
        (client, server)
    }
}

/// Runs the handshake of two ends in memory.
pub(crate) fn layers(mut client: Handshake, mut server: Handshake) -> (Tls, Tls, Buffer) {
    let (mut to_client, mut to_server) = (Buffer::new(), Buffer::new());
    let (mut client_tls, mut server_tls) = (None, None);
    for _ in 0..10 {
        advance(&mut client, &mut client_tls, &mut to_client, &mut to_server);
        advance(&mut server, &mut server_tls, &mut to_server, &mut to_client);
        if let (Some(_), Some(_)) = (&client_tls, &server_tls) {
            break;
        }
    }
    assert!(to_server.is_empty());
    (client_tls.expect("the client"), server_tls.expect("the server"), to_client)
}

/// Goes on with one end.
fn advance(end: &mut Handshake, done: &mut Option<Tls>, input: &mut Buffer, other: &mut Buffer) {
    if done.is_some() {
        return;
    }
    let mut output = Output::new();
    if let Progress::Done(tls) = end.advance(input, false, &mut output).expect("a good peer") {
        *done = Some(tls);
    }
    other.extend(&output.to_vec());
}

/// A ClientHello as it comes from rustls, with the header of its message.
pub(crate) fn hello() -> Vec<u8> {
    let configs = Configs::new(Version::Tls13);
    let (mut client, _) = configs.handshakes();
    let mut output = Output::new();
    let _ = client.advance(&mut Buffer::new(), false, &mut output);
    let record = output.to_vec();
    record[5..].to_vec()
}

/// A handshake message in records of at most `most` bytes.
pub(crate) fn in_records(message: &[u8], most: usize) -> Vec<u8> {
    let mut wire = Vec::new();
    for piece in message.chunks(most) {
        let [high, low] = u16::try_from(piece.len()).unwrap().to_be_bytes();
        wire.extend([22, 3, 1, high, low]);
        wire.extend_from_slice(piece);
    }
    wire
}
