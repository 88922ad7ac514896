//! A conversation over QUIC, and all datagrams of it.

use std::{
    error::Error,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use quinn::{
    ClientConfig, Connection, Endpoint, EndpointConfig, ServerConfig, TransportConfig, VarInt,
    crypto::rustls::{QuicClientConfig, QuicServerConfig},
};
use rustls::{
    DigitallySignedStruct, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use tokio::net::UdpSocket;

/// All that was said.
pub(crate) struct Recorded {
    pub(crate) datagrams: Vec<Datagram>,
    /// The key log.
    pub(crate) keys: String,
}

/// A datagram, as if there had been no relay.
#[derive(Clone)]
pub(crate) struct Datagram {
    /// Since the recording began.
    pub(crate) time: Duration,
    pub(crate) from: SocketAddr,
    pub(crate) to: SocketAddr,
    pub(crate) payload: Vec<u8>,
}

type Datagrams = Arc<Mutex<Vec<Datagram>>>;

/// Talks to `server`, or to one of quinn's, which sends streams back.
pub(crate) async fn record(server: Option<SocketAddr>) -> Result<Recorded, Box<dyn Error>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let own = match server {
        Some(_) => None,
        None => Some(echoing(&provider)?),
    };
    let address = match (&own, server) {
        (Some(own), _) => own.local_addr()?,
        (None, Some(address)) => address,
        (None, None) => return Err("there is no server".into()),
    };
    let (relay, datagrams) = relay(address).await?;
    let keys = Arc::new(Keys::default());
    let client = client(&provider, Arc::clone(&keys))?;
    let connection = client.connect(relay, "localhost")?.await?;
    converse(&connection).await?;
    connection.close(VarInt::from_u32(7), b"all was said");
    client.wait_idle().await;
    // Once more, and by now the client may speak before it has heard anything.
    match client.connect(relay, "localhost")?.into_0rtt() {
        Ok((connection, _)) => ask(&connection, b"at once").await?,
        Err(connecting) => ask(&connecting.await?, b"not at once").await?,
    }
    client.close(VarInt::from_u32(0), b"");
    client.wait_idle().await;
    // The last datagrams are recorded, too.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let datagrams = datagrams.lock().map_err(|_| "the relay panicked")?.clone();
    let keys = keys.0.lock().map_err(|_| "a key log panicked")?.clone();
    Ok(Recorded { datagrams, keys })
}

/// Streams there and back, a key update in between, one that is given up, and a datagram.
async fn converse(connection: &Connection) -> Result<(), Box<dyn Error>> {
    ask(connection, b"hello").await?;
    ask(connection, &b"many words ".repeat(700)).await?;
    connection.force_key_update();
    ask(connection, b"with other keys").await?;
    let mut given_up = connection.open_uni().await?;
    given_up.write_all(b"this leads nowh").await?;
    tokio::time::sleep(Duration::from_millis(20)).await;
    given_up.reset(VarInt::from_u32(3))?;
    if connection.max_datagram_size().is_some() {
        connection.send_datagram((&b"not sent twice"[..]).into())?;
    }
    // Three at once.
    let (one, two, three) = tokio::join!(
        ask(connection, b"first"),
        ask(connection, b"second"),
        ask(connection, b"third")
    );
    one.and(two).and(three)
}

/// A stream there and back.
async fn ask(connection: &Connection, question: &[u8]) -> Result<(), Box<dyn Error>> {
    let (mut send, mut receive) = connection.open_bi().await?;
    send.write_all(question).await?;
    send.finish()?;
    let answer = receive.read_to_end(1 << 20).await?;
    if answer == question { Ok(()) } else { Err("the answer is another".into()) }
}

fn transport() -> Arc<TransportConfig> {
    let mut transport = TransportConfig::default();
    // Probes of the path are long, and nothing but padding.
    transport.mtu_discovery_config(None);
    transport.initial_mtu(1200);
    Arc::new(transport)
}

/// A server of quinn's.
fn echoing(provider: &Arc<CryptoProvider>) -> Result<Endpoint, Box<dyn Error>> {
    let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    let key = certificate.signing_key.serialize_der();
    let mut tls = rustls::ServerConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.cert.der().clone()], key.try_into()?)?;
    tls.alpn_protocols = vec![b"echo".to_vec()];
    tls.max_early_data_size = u32::MAX;
    let mut config = ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls)?));
    config.transport_config(transport());
    let endpoint = Endpoint::server(config, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let server = endpoint.clone();
    tokio::spawn(async move {
        while let Some(incoming) = server.accept().await {
            tokio::spawn(async move {
                // A client has to prove its address first.
                if !incoming.remote_address_validated() {
                    let _ = incoming.retry();
                    return;
                }
                let Ok(connection) = incoming.await else { return };
                while let Ok((mut send, mut receive)) = connection.accept_bi().await {
                    tokio::spawn(async move {
                        let Ok(all) = receive.read_to_end(1 << 20).await else { return };
                        // A client that is gone does not want an answer.
                        if send.write_all(&all).await.is_ok() {
                            let _ = send.finish();
                        }
                    });
                }
            });
        }
    });
    Ok(endpoint)
}

fn client(provider: &Arc<CryptoProvider>, keys: Arc<Keys>) -> Result<Endpoint, Box<dyn Error>> {
    let mut tls = rustls::ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyServer(Arc::clone(provider))))
        .with_no_client_auth();
    tls.key_log = keys;
    tls.enable_early_data = true;
    tls.alpn_protocols = vec![b"echo".to_vec()];
    let mut config = ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls)?));
    config.transport_config(transport());
    let socket = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    let runtime = Arc::new(quinn::TokioRuntime);
    let mut client = Endpoint::new(EndpointConfig::default(), None, socket, runtime)?;
    client.set_default_client_config(config);
    Ok(client)
}

/// Passes datagrams on to `server` and back, and writes them down.
async fn relay(server: SocketAddr) -> Result<(SocketAddr, Datagrams), Box<dyn Error>> {
    let datagrams = Datagrams::default();
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let (address, written, begun) = (socket.local_addr()?, Arc::clone(&datagrams), Instant::now());
    tokio::spawn(async move {
        let (mut client, mut datagram) = (server, vec![0; 65_536]);
        while let Ok((length, from)) = socket.recv_from(&mut datagram).await {
            if from != server {
                client = from;
            }
            let to = if from == server { client } else { server };
            let payload = datagram[..length].to_vec();
            let time = begun.elapsed();
            if let Ok(mut written) = written.lock() {
                written.push(Datagram { time, from, to, payload });
            }
            // One that is lost is sent again.
            let _ = socket.send_to(&datagram[..length], to).await;
        }
    });
    Ok((address, datagrams))
}

/// A key log in memory.
#[derive(Debug, Default)]
struct Keys(Mutex<String>);

impl rustls::KeyLog for Keys {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        if let Ok(mut log) = self.0.lock() {
            log.push_str(&format!("{label} {} {}\n", hex(client_random), hex(secret)));
        }
    }
}

/// Takes any server for the right one: it is on this machine, and its certificate is its own.
#[derive(Debug)]
struct AnyServer(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("QUIC takes TLS 1.3".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
