//! Two ends of quinn's, and all datagrams between them.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use quinn::{
    ClientConfig, Connection, Endpoint, ServerConfig,
    crypto::rustls::{QuicClientConfig, QuicServerConfig},
};
use rustls::{
    RootCertStore, SupportedCipherSuite, Tls13CipherSuite, crypto::CryptoProvider, quic::Suite,
};
use tokio::net::UdpSocket;

/// A datagram, and whether the client has sent it.
pub(crate) type Sent = (bool, Vec<u8>);

/// The datagrams on the wire, and the secrets of both ends.
pub(crate) struct Capture {
    pub(crate) datagrams: Arc<Mutex<Vec<Sent>>>,
    pub(crate) log: Arc<Log>,
    /// The address at which a client finds the server, by way of the recorder.
    pub(crate) address: SocketAddr,
    pub(crate) client: Endpoint,
    pub(crate) server: Endpoint,
}

impl Capture {
    /// Both ends, which agree on `suite`; nothing was sent yet.
    pub(crate) async fn new(suite: SupportedCipherSuite) -> Self {
        let mut provider = rustls::crypto::ring::default_provider();
        // Initial packets take AES-128-GCM, whatever is agreed on later.
        let initial = rustls::crypto::ring::cipher_suite::TLS13_AES_128_GCM_SHA256;
        let initial = initial.tls13().and_then(Tls13CipherSuite::quic_suite).expect("QUIC has it");
        provider.cipher_suites = vec![suite];
        let log = Arc::new(Log::default());
        let certificate =
            rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a name");
        let server = server(&certificate, provider.clone(), initial);
        let client = client(&certificate, provider, initial, Arc::clone(&log));
        let (address, datagrams) = in_between(server.local_addr().expect("it is bound")).await;
        Self { datagrams, log, address, client, server }
    }

    /// A client's end of a connection, whose server's end echoes each stream it is sent.
    pub(crate) async fn connect(&self) -> Connection {
        let server = self.server.clone();
        tokio::spawn(async move {
            let incoming = server.accept().await.expect("the server runs");
            let connection = incoming.await.expect("the handshake succeeds");
            echo(connection).await;
        });
        let connecting = self.client.connect(self.address, "localhost").expect("a name");
        connecting.await.expect("the handshake succeeds")
    }

    /// All that was sent so far.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.datagrams.lock().expect("nobody panics").clone()
    }
}

/// Sends each stream back, until the client closes.
pub(crate) async fn echo(connection: Connection) {
    while let Ok((mut send, mut receive)) = connection.accept_bi().await {
        let all = receive.read_to_end(1 << 20).await.expect("the client ends its stream");
        send.write_all(&all).await.expect("the client listens");
        send.finish().expect("it is open");
    }
}

/// A stream there and back.
pub(crate) async fn ask(connection: &Connection, question: &[u8]) {
    let (mut send, mut receive) = connection.open_bi().await.expect("there is room for streams");
    send.write_all(question).await.expect("the server listens");
    send.finish().expect("it is open");
    assert_eq!(receive.read_to_end(1 << 20).await.expect("the server answers"), question);
}

fn server(
    certificate: &rcgen::CertifiedKey<rcgen::KeyPair>,
    provider: CryptoProvider,
    initial: Suite,
) -> Endpoint {
    let key = certificate.signing_key.serialize_der();
    let mut tls = rustls::ServerConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("it is TLS 1.3")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.cert.der().clone()], key.try_into().expect("a key"))
        .expect("the key is the certificate's");
    tls.max_early_data_size = u32::MAX;
    let tls = QuicServerConfig::with_initial(Arc::new(tls), initial).expect("AES-128-GCM");
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Endpoint::server(ServerConfig::with_crypto(Arc::new(tls)), address).expect("a free port")
}

fn client(
    certificate: &rcgen::CertifiedKey<rcgen::KeyPair>,
    provider: CryptoProvider,
    initial: Suite,
    log: Arc<Log>,
) -> Endpoint {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.cert.der().clone()).expect("a certificate");
    let mut tls = rustls::ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("it is TLS 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.key_log = log;
    tls.enable_early_data = true;
    let tls = QuicClientConfig::with_initial(Arc::new(tls), initial).expect("AES-128-GCM");
    let mut client = Endpoint::client((Ipv4Addr::LOCALHOST, 0).into()).expect("a free port");
    client.set_default_client_config(ClientConfig::new(Arc::new(tls)));
    client
}

/// Passes datagrams on, and writes them down.
async fn in_between(server: SocketAddr) -> (SocketAddr, Arc<Mutex<Vec<Sent>>>) {
    let datagrams = Arc::new(Mutex::new(Vec::new()));
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    let address = socket.local_addr().expect("it is bound");
    let written = Arc::clone(&datagrams);
    tokio::spawn(async move {
        let (mut client, mut datagram) = (server, vec![0; 65_536]);
        while let Ok((length, from)) = socket.recv_from(&mut datagram).await {
            let (datagram, from_client) = (&datagram[..length], from != server);
            written.lock().expect("nobody panics").push((from_client, datagram.to_vec()));
            if from_client {
                client = from;
            }
            let to = if from_client { server } else { client };
            // One that is lost is sent again.
            let _ = socket.send_to(datagram, to).await;
        }
    });
    (address, datagrams)
}

/// A key log, as other libraries write it.
#[derive(Debug, Default)]
pub(crate) struct Log(Mutex<String>);

impl Log {
    pub(crate) fn text(&self) -> String {
        self.0.lock().expect("nobody panics").clone()
    }
}

impl rustls::KeyLog for Log {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        use std::fmt::Write;
        let mut log = self.0.lock().expect("nobody panics");
        let mut write = |word: &dyn std::fmt::Display| write!(log, "{word}").expect("a string");
        write(&label);
        for word in [client_random, secret] {
            write(&' ');
            word.iter().for_each(|byte| write(&format_args!("{byte:02x}")));
        }
        write(&'\n');
    }
}
