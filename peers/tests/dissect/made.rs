//! Conversations made by hand, packet by packet, for what real peers do not do on demand.

use std::{net::SocketAddr, time::Duration};

use segue_quic::{
    Header, PacketBuilder, PacketNumber, Role, VarInt, Version,
    frame::Builder,
    protect::{
        Keys, Limits, PacketKey, RingKeys, RingPacketKey, SealRefused, Secret, Suite, TAG,
        Unauthentic, retry_tag,
    },
    transport_parameters::{PreferredAddress, TransportParameters},
};

use crate::{capture::Datagram, drafts::Salts};

/// Who speaks, and in which version.
pub(crate) struct Maker {
    pub(crate) version: Version,
    /// The connection id that Initial keys are made of.
    pub(crate) initial: Vec<u8>,
    pub(crate) random: [u8; 32],
    pub(crate) datagrams: Vec<Datagram>,
    number: u64,
}

pub(crate) const CLIENT: &[u8] = b"client";
pub(crate) const SERVER: &[u8] = b"server";
pub(crate) const PREFERRED: &[u8] = b"elsewhere";

impl Maker {
    pub(crate) fn new(version: Version) -> Self {
        let (initial, random) = (b"original".to_vec(), [1; 32]);
        Self { version, initial, random, datagrams: Vec::new(), number: 0 }
    }

    /// Sends a datagram from the client, or to it.
    pub(crate) fn send(&mut self, from: Role, payload: Vec<u8>) {
        self.send_by(from, address(2000), payload);
    }

    /// Does the same by this address of the server.
    pub(crate) fn send_by(&mut self, from: Role, server: SocketAddr, payload: Vec<u8>) {
        let (from, to) = match from {
            Role::Client => (address(1000), server),
            Role::Server => (server, address(1000)),
        };
        let number = self.datagrams.len() + 1;
        let time = Duration::from_secs(number as u64);
        self.datagrams.push(Datagram { number, time, from, to, payload, missing: 0 });
    }

    /// A packet with the frames that `fill` puts in, of `size` bytes if that is more than it needs.
    pub(crate) fn packet(
        &mut self,
        sender: Role,
        header: &Header<'_>,
        size: usize,
        fill: impl FnOnce(&mut Builder<'_>),
    ) -> Vec<u8> {
        let secret = match header {
            Header::Initial { .. } => {
                Salts::default().initial(self.version, sender, &self.initial).unwrap()
            }
            Header::Handshake { .. } => secret(sender, 1),
            _ => secret(sender, 2),
        };
        let labels = if self.version.is_known() { self.version } else { Version::V1 };
        let RingKeys { header: mask, packet: key } = secret.keys(labels).unwrap();
        let keys = Keys { header: mask, packet: Real(&key, self.version) };
        let mut room = vec![0; 2000];
        let number = PacketNumber::sized(self.number, 2).unwrap();
        self.number += 1;
        let mut packet = PacketBuilder::new(&mut room, header, number).unwrap();
        fill(&mut packet.frames());
        packet.pad_to(size);
        let length = match header {
            Header::OneRtt { .. } => packet.finish(&Keys { header: keys.header, packet: &key }),
            _ => packet.finish(&keys),
        };
        room.truncate(length.unwrap());
        if !matches!(header, Header::OneRtt { .. }) {
            room[1..5].copy_from_slice(&self.version.to_bytes());
        }
        room
    }

    /// The version that headers are built with.
    fn wire(&self) -> Version {
        if self.version.is_known() { self.version } else { Version::V1 }
    }

    /// A ClientHello in an Initial packet to `destination`.
    pub(crate) fn client_hello(&mut self, destination: &[u8], token: &[u8]) -> Vec<u8> {
        let parameters = TransportParameters::new().to_vec(Role::Client).unwrap();
        let mut hello = [&[3, 3][..], &self.random, &[0, 0, 2, 0x13, 1, 1, 0]].concat();
        hello.extend(extensions(&parameters, self.version));
        let version = self.wire();
        let header = Header::Initial { version, destination, source: CLIENT, token };
        self.packet(Role::Client, &header, 1200, |frames| crypto(frames, 1, &hello))
    }

    /// The server's Initial and Handshake packets, up to its transport parameters.
    pub(crate) fn server_hello(&mut self, parameters: &TransportParameters) -> Vec<u8> {
        let hello = [&[3, 3][..], &[9; 32], &[0, 0x13, 1, 0, 0, 0]].concat();
        let (version, destination, source) = (self.wire(), CLIENT, SERVER);
        let header = Header::Initial { version, destination, source, token: b"" };
        let mut packets = self.packet(Role::Server, &header, 0, |frames| crypto(frames, 2, &hello));
        let parameters = parameters.to_vec(Role::Server).unwrap();
        let encrypted = extensions(&parameters, self.version);
        let header = Header::Handshake { version, destination, source };
        packets
            .extend(self.packet(Role::Server, &header, 0, |frames| crypto(frames, 8, &encrypted)));
        packets
    }

    /// A 1-RTT packet of `size` bytes with data on a stream.
    pub(crate) fn data(&mut self, sender: Role, destination: &[u8], size: usize) -> Vec<u8> {
        let header = Header::OneRtt { destination, spin: false };
        let number = VarInt::from(u8::try_from(self.number).unwrap());
        self.packet(sender, &header, size, |frames| {
            frames.stream(VarInt::ZERO, number, b"data", false).unwrap();
        })
    }

    /// A Retry packet that sends the client to `source`.
    pub(crate) fn retry(&mut self, source: &[u8]) -> Vec<u8> {
        let (version, destination) = (self.version, CLIENT);
        let token = b"again";
        let header = Header::Retry { version, destination, source, token, tag: [0; 16] };
        let mut room = vec![0; 200];
        let length = header.write(&mut room).unwrap();
        let tag = retry_tag(version, &self.initial, &room[..length - 16]).unwrap();
        room[length - 16..length].copy_from_slice(&tag);
        room.truncate(length);
        room
    }

    /// The key log of the connection with this random.
    pub(crate) fn keys(&self) -> String {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let labels = [
            ("CLIENT_HANDSHAKE_TRAFFIC_SECRET", secret(Role::Client, 1)),
            ("SERVER_HANDSHAKE_TRAFFIC_SECRET", secret(Role::Server, 1)),
            ("CLIENT_TRAFFIC_SECRET_0", secret(Role::Client, 2)),
            ("SERVER_TRAFFIC_SECRET_0", secret(Role::Server, 2)),
        ];
        let line = |(label, secret): &(&str, Secret)| {
            format!("{label} {} {}\n", hex(&self.random), hex(secret.as_slice()))
        };
        labels.iter().map(line).collect()
    }
}

/// A key that protects packets with another version in their headers than they are built with.
struct Real<'k>(&'k RingPacketKey, Version);

impl PacketKey for Real<'_> {
    fn open(&self, _: u64, _: &[u8], _: &mut [u8]) -> Result<(), Unauthentic> {
        Err(Unauthentic)
    }

    fn seal(
        &self,
        number: u64,
        header: &[u8],
        payload: &mut [u8],
    ) -> Result<[u8; TAG], SealRefused> {
        let header = [&header[..1], &self.1.to_bytes(), &header[5..]].concat();
        self.0.seal(number, &header, payload)
    }

    fn limits(&self) -> Limits {
        self.0.limits()
    }
}

/// The parameters of a server that would rather be reached elsewhere.
pub(crate) fn prefers_elsewhere() -> TransportParameters {
    TransportParameters {
        preferred_address: Some(PreferredAddress {
            v4: Some("127.0.0.2:3000".parse().unwrap()),
            v6: None,
            id: segue_quic::ConnectionId::new(PREFERRED).unwrap(),
            reset_token: segue_quic::StatelessResetToken([7; 16]),
        }),
        ..TransportParameters::new()
    }
}

fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

fn secret(sender: Role, level: u8) -> Secret {
    let byte = level * 2 + u8::from(sender == Role::Server);
    Secret::new(Suite::Aes128Gcm, &[byte; 32]).unwrap()
}

/// A list of extensions with the transport parameters only.
fn extensions(parameters: &[u8], version: Version) -> Vec<u8> {
    // Drafts before -33 had another type.
    let kind: [u8; 2] = match version.0 {
        0xff00_0000..=0xff00_0020 => [0xff, 0xa5],
        _ => [0, 0x39],
    };
    let [a, b] = u16::try_from(parameters.len()).unwrap().to_be_bytes();
    let [c, d] = u16::try_from(parameters.len() + 4).unwrap().to_be_bytes();
    [&[c, d], &kind[..], &[a, b], parameters].concat()
}

/// A handshake message at the beginning of its level.
fn crypto(frames: &mut Builder<'_>, kind: u8, body: &[u8]) {
    let [.., a, b] = body.len().to_be_bytes();
    let message = [&[kind, 0, a, b], body].concat();
    assert_eq!(frames.crypto(VarInt::ZERO, &message), Ok(Some(message.len())));
}
