//! Two endpoints of quinn-proto in memory, with a clock of their own.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use quinn_proto::{
    ClientConfig, ConnectionHandle, DatagramEvent, Endpoint, EndpointConfig, ServerConfig,
    TransportConfig, VarInt,
};
use rustls::{RootCertStore, crypto::CryptoProvider};
use segue::{
    laws::Link,
    mux::{Carrier, Event},
};
use segue_quic::quinn::{Limits, Streams};

/// A connection, both ends.
pub(crate) struct Pair<E = Streams> {
    sides: [Side<E>; 2],
    pub(crate) now: Instant,
    /// Every how manieth datagram is lost.
    pub(crate) loss: Option<usize>,
    sent: usize,
}

struct Side<E> {
    endpoint: Endpoint,
    handle: ConnectionHandle,
    end: E,
    inbound: VecDeque<(Instant, BytesMut)>,
}

/// An end that has a carrier.
pub(crate) trait End {
    fn streams(&mut self) -> &mut Streams;
}

impl End for Streams {
    fn streams(&mut self) -> &mut Streams {
        self
    }
}

impl<I: segue::Decode> End for segue::mux::Mux<Streams, I> {
    fn streams(&mut self) -> &mut Streams {
        self.carrier_mut()
    }
}

/// The settings of both ends.
pub(crate) struct Setting {
    pub(crate) window: u32,
    pub(crate) streams: u32,
    pub(crate) limits: Limits,
}

impl Default for Setting {
    fn default() -> Self {
        Self { window: 64 * 1024, streams: 100, limits: Limits::default() }
    }
}

const LATENCY: Duration = Duration::from_millis(5);

fn address(side: usize) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], [4000, 4433][side]))
}

impl Pair {
    /// Two ends that are connected.
    pub(crate) fn new(setting: &Setting) -> Self {
        let configs = Configs::new(setting);
        Self::connect(&configs.server(), &configs.client(), setting.limits, |_| {})
    }

    /// The same, with early data of the client's.
    pub(crate) fn connect(
        server: &ServerConfig,
        client: &ClientConfig,
        limits: Limits,
        early: impl FnOnce(&mut Streams),
    ) -> Self {
        let (server, client) = (server.clone(), client.clone());
        let config = Arc::new(EndpointConfig::default());
        let mut endpoints = [
            Endpoint::new(Arc::clone(&config), None, true, None),
            Endpoint::new(config, Some(Arc::new(server)), true, None),
        ];
        let now = Instant::now();
        let (handle, connection) =
            endpoints[0].connect(now, client, address(1), "localhost").unwrap();
        let mut connection = Streams::new(connection, limits);
        early(&mut connection);
        // The first datagram makes the server's end.
        let mut datagram = Vec::new();
        let first = connection.poll_transmit(now, 1, &mut datagram);
        assert!(first.is_some());
        let mut answer = Vec::new();
        let first = BytesMut::from(&datagram[..]);
        let event = endpoints[1].handle(now, address(0), None, None, first, &mut answer);
        let Some(DatagramEvent::NewConnection(incoming)) = event else { panic!("it is new") };
        let accepted = endpoints[1].accept(incoming, now, &mut answer, None);
        let Ok((server_handle, accepted)) = accepted else { panic!("it is accepted") };
        let [client, server] = endpoints;
        let accepted = Streams::new(accepted, limits);
        let side = |endpoint, handle, end| Side { endpoint, handle, end, inbound: VecDeque::new() };
        let sides = [side(client, handle, connection), side(server, server_handle, accepted)];
        let mut pair = Self { sides, now, loss: None, sent: 0 };
        pair.settle();
        assert!(pair.sides.iter().all(|side| side.end.is_connected()));
        pair
    }
}

impl<E: End> Pair<E> {
    /// The same connection with other ends.
    pub(crate) fn map<F>(self, mut make: impl FnMut(E) -> F) -> Pair<F> {
        let sides = self.sides.map(|side| {
            let Side { endpoint, handle, end, inbound } = side;
            Side { endpoint, handle, end: make(end), inbound }
        });
        Pair { sides, now: self.now, loss: self.loss, sent: self.sent }
    }

    pub(crate) fn end(&mut self, side: usize) -> &mut E {
        &mut self.sides[side].end
    }

    /// Has both send and receive until nothing is under way. Whether anything was.
    pub(crate) fn settle(&mut self) -> bool {
        let mut moved = false;
        while self.step() {
            moved = true;
        }
        moved
    }

    /// Sends what there is; or else goes on to the next time that something happens.
    pub(crate) fn step(&mut self) -> bool {
        if self.exchange() {
            return true;
        }
        let arrives = self.sides.iter().filter_map(|side| Some(side.inbound.front()?.0)).min();
        let timeouts = self.sides.iter_mut().filter_map(|side| side.end.streams().poll_timeout());
        // Later ones are of keys and ids, and not of what was sent.
        let soon = self.now + Duration::from_secs(20);
        let Some(at) = timeouts.chain(arrives).min().filter(|at| *at < soon) else { return false };
        self.now = self.now.max(at);
        for side in &mut self.sides {
            let streams = side.end.streams();
            if streams.poll_timeout().is_some_and(|at| at <= self.now) {
                streams.handle_timeout(self.now);
            }
        }
        self.exchange();
        true
    }

    fn exchange(&mut self) -> bool {
        let (mut moved, now) = (false, self.now);
        for from in 0..2 {
            let [left, right] = &mut self.sides;
            let (side, other) = if from == 0 { (left, right) } else { (right, left) };
            while side.inbound.front().is_some_and(|(at, _)| *at <= now)
                && let Some((_, datagram)) = side.inbound.pop_front()
            {
                let mut answer = Vec::new();
                let peer = address(1 - from);
                let event = side.endpoint.handle(now, peer, None, None, datagram, &mut answer);
                if let Some(DatagramEvent::ConnectionEvent(_, event)) = event {
                    side.end.streams().handle_event(event);
                }
                moved = true;
            }
            let mut datagram = Vec::new();
            while side.end.streams().poll_transmit(now, 1, &mut datagram).is_some() {
                self.sent += 1;
                if self.loss.is_none_or(|every| !self.sent.is_multiple_of(every)) {
                    other.inbound.push_back((now + LATENCY, datagram[..].into()));
                }
                datagram.clear();
                moved = true;
            }
            while let Some(event) = side.end.streams().poll_endpoint_events() {
                if let Some(event) = side.endpoint.handle_event(side.handle, event) {
                    side.end.streams().handle_event(event);
                }
            }
        }
        moved
    }
}

impl Link for Pair {
    type End = Streams;

    fn end(&mut self, side: usize) -> &mut Streams {
        &mut self.sides[side].end
    }

    fn event(&mut self, side: usize) -> Option<Event<quinn_proto::StreamId>> {
        self.sides[side].end.next_event()
    }

    fn talk(&mut self) -> Result<bool, String> {
        let moved = self.settle();
        let lost = self.sides.iter().find_map(|side| side.end.lost());
        lost.map_or(Ok(moved), |error| Err(error.to_string()))
    }
}

/// Configurations for servers with one certificate, and for clients that know it.
pub(crate) struct Configs {
    certificate: rcgen::CertifiedKey<rcgen::KeyPair>,
    provider: Arc<CryptoProvider>,
    transport: Arc<TransportConfig>,
}

impl Configs {
    pub(crate) fn new(setting: &Setting) -> Self {
        let mut transport = TransportConfig::default();
        transport
            .stream_receive_window(VarInt::from_u32(setting.window))
            .max_concurrent_bidi_streams(VarInt::from_u32(setting.streams))
            .max_concurrent_uni_streams(VarInt::from_u32(setting.streams))
            .max_idle_timeout(None)
            .mtu_discovery_config(None);
        let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let provider = rustls::crypto::ring::default_provider().into();
        Self { certificate, provider, transport: Arc::new(transport) }
    }

    pub(crate) fn server(&self) -> ServerConfig {
        let key = self.certificate.signing_key.serialize_der();
        let chain = vec![self.certificate.cert.der().clone()];
        let mut tls = rustls::ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key.try_into().unwrap())
            .unwrap();
        tls.max_early_data_size = u32::MAX;
        let tls = quinn_proto::crypto::rustls::QuicServerConfig::try_from(tls).unwrap();
        let mut server = ServerConfig::with_crypto(Arc::new(tls));
        server.transport_config(Arc::clone(&self.transport));
        server
    }

    pub(crate) fn client(&self) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.cert.der().clone()).unwrap();
        let mut tls = rustls::ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        tls.enable_early_data = true;
        let tls = quinn_proto::crypto::rustls::QuicClientConfig::try_from(tls).unwrap();
        let mut client = ClientConfig::new(Arc::new(tls));
        client.transport_config(Arc::clone(&self.transport));
        client
    }
}
