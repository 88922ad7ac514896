//! Configurations, and handshakes in memory.

use std::sync::Arc;

use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection};
use segue::{Buffer, Exchange, Output, Progress};

pub(crate) const NAME: &str = "segue.test";

pub(crate) struct Configs {
    pub(crate) client: Arc<ClientConfig>,
    pub(crate) server: Arc<ServerConfig>,
}

impl Configs {
    pub(crate) fn new() -> Self {
        let pair = rcgen::generate_simple_self_signed([NAME.to_owned()]).expect("a certificate");
        let key = rustls::pki_types::PrivatePkcs8KeyDer::from(pair.signing_key.serialize_der());
        let mut roots = RootCertStore::empty();
        roots.add(pair.cert.der().clone()).expect("a root");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let client = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![pair.cert.der().clone()], key.into())
            .expect("a key");
        Self { client: client.into(), server: server.into() }
    }
}

/// A handshake between two ends of segue.
pub(crate) fn handshake_ours(configs: &Configs) {
    let name = NAME.try_into().expect("a name");
    let mut client = segue_tls::client(configs.client.clone(), name).expect("a client");
    let mut server = segue_tls::server(configs.server.clone()).expect("a server");
    let (mut to_client, mut to_server, mut output) = (Buffer::new(), Buffer::new(), Output::new());
    let mut done = (None, None);
    while done.0.is_none() || done.1.is_none() {
        if done.0.is_none()
            && let Progress::Done(tls) =
                client.advance(&mut to_client, false, &mut output).expect("a good peer")
        {
            done.0 = Some(tls);
        }
        while let Some(bytes) = output.pop() {
            to_server.extend(&bytes);
        }
        if done.1.is_none()
            && let Progress::Done(tls) =
                server.advance(&mut to_server, false, &mut output).expect("a good peer")
        {
            done.1 = Some(tls);
        }
        while let Some(bytes) = output.pop() {
            to_client.extend(&bytes);
        }
    }
    // The tickets, so that the next one can be resumed.
    let Some(mut client) = done.0 else { return };
    while !to_client.is_empty() {
        use segue::Layer as _;
        client.open(&mut to_client, false, &mut output).expect("a ticket");
    }
}

/// The same between two of rustls, over two vectors.
pub(crate) fn handshake_by_hand(configs: &Configs) {
    let name = NAME.try_into().expect("a name");
    let mut client = ClientConnection::new(configs.client.clone(), name).expect("a client");
    let mut server = ServerConnection::new(configs.server.clone()).expect("a server");
    let mut wire = Vec::new();
    while client.is_handshaking() || server.is_handshaking() {
        while client.wants_write() {
            client.write_tls(&mut wire).expect("a vector takes all");
        }
        feed(&mut wire, |rest| {
            server.read_tls(rest).expect("a slice gives all");
            server.process_new_packets().map(drop)
        });
        while server.wants_write() {
            server.write_tls(&mut wire).expect("a vector takes all");
        }
        feed(&mut wire, |rest| {
            client.read_tls(rest).expect("a slice gives all");
            client.process_new_packets().map(drop)
        });
    }
}

fn feed(wire: &mut Vec<u8>, mut take: impl FnMut(&mut &[u8]) -> Result<(), rustls::Error>) {
    let mut rest = &wire[..];
    while !rest.is_empty() {
        take(&mut rest).expect("a good peer");
    }
    wire.clear();
}
