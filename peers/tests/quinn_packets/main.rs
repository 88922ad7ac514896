//! All that quinn sends is unprotected, with the secrets of its key log, and protected again to the
//! same bytes.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod capture;

use std::{collections::HashMap, time::Duration};

use capture::{Capture, Sent, ask, echo};
use rustls::{SupportedCipherSuite, crypto::ring::cipher_suite};
use segue_quic::{
    Coalesced, Header, KeyLog, KeyLogLabel, Packet, PacketBuilder, PacketKind, PacketNumber,
    UnprotectError, Unprotected, Version,
    protect::{
        self, HeaderKey, InitialKeys, KeyPhases, Keys, PacketKey, RingKeys, RingPacketKey, Secret,
        Suite, retry_is_authentic,
    },
};

/// quinn's connection ids all have as many bytes.
const IDS: usize = 8;

const SUITES: [(SupportedCipherSuite, Suite); 3] = [
    (cipher_suite::TLS13_AES_128_GCM_SHA256, Suite::Aes128Gcm),
    (cipher_suite::TLS13_AES_256_GCM_SHA384, Suite::Aes256Gcm),
    (cipher_suite::TLS13_CHACHA20_POLY1305_SHA256, Suite::ChaCha20Poly1305),
];

/// One whose packets are read: all keys of both ends.
struct Reader {
    initial: InitialKeys,
    early: Option<RingKeys>,
    /// Of the client and of the server.
    ends: [End; 2],
    seen: HashMap<PacketKind, usize>,
    updates: usize,
}

/// The knowledge about one sending end.
struct End {
    handshake: Option<RingKeys>,
    header: Option<protect::RingHeaderKey>,
    /// Of all phases so far, and of the next.
    secrets: Vec<Secret>,
    phases: Option<KeyPhases<RingPacketKey>>,
    /// By space: Initial, Handshake, 0-RTT and 1-RTT.
    largest: [Option<u64>; 3],
}

impl Reader {
    /// With the keys of a connection whose first packet went to `destination`.
    fn new(destination: &[u8], log: &KeyLog, random: &[u8; 32], suite: Suite) -> Self {
        let secret = |label| Secret::new(suite, log.secret(random, label)?);
        let keys = |label| secret(label)?.keys(Version::V1);
        let end = |handshake, traffic| {
            let mut secrets: Vec<Secret> = secret(traffic).into_iter().collect();
            let (header, current) = keys(traffic).map(|keys| (keys.header, keys.packet)).unzip();
            let phases = current.map(|current| KeyPhases::new(current, step(&mut secrets)));
            End { handshake: keys(handshake), header, secrets, phases, largest: [None; 3] }
        };
        Self {
            initial: protect::initial(Version::V1, destination).unwrap(),
            early: keys(KeyLogLabel::ClientEarly),
            ends: [
                end(KeyLogLabel::ClientHandshake, KeyLogLabel::ClientTraffic),
                end(KeyLogLabel::ServerHandshake, KeyLogLabel::ServerTraffic),
            ],
            seen: HashMap::new(),
            updates: 0,
        }
    }

    /// Unprotects all packets of a datagram, and protects them again.
    fn read(&mut self, (from_client, datagram): &Sent) {
        let mut copy = datagram.clone();
        let mut at = 0;
        for packet in Coalesced::new(&mut copy, IDS).greased_fixed_bit() {
            let packet = packet.unwrap();
            assert!(!packet.follows_another());
            let header = packet.header().unwrap();
            let checked = match from_client {
                true => header.check_for_server(datagram.len()),
                false => header.check_for_client(),
            };
            checked.unwrap();
            let whole = &datagram[at..][..packet.layout().end()];
            at += whole.len();
            *self.seen.entry(packet.kind()).or_default() += 1;
            self.packet(packet, *from_client, whole);
        }
        assert_eq!(at, datagram.len());
    }

    fn packet(&mut self, packet: Packet<'_>, from_client: bool, whole: &[u8]) {
        let kind = packet.kind();
        let end = &mut self.ends[usize::from(!from_client)];
        let space = match kind {
            PacketKind::Initial => 0,
            PacketKind::Handshake => 1,
            _ => 2,
        };
        let largest = &mut end.largest[space];
        let keys = match kind {
            PacketKind::Initial if from_client => Some(&self.initial.client),
            PacketKind::Initial => Some(&self.initial.server),
            PacketKind::ZeroRtt => self.early.as_ref(),
            PacketKind::Handshake => end.handshake.as_ref(),
            PacketKind::OneRtt => None,
            other => panic!("{other} is not protected"),
        };
        if let Some(keys) = keys {
            let opened = packet.unprotect(keys, *largest).unwrap();
            *largest = (*largest).max(Some(opened.number()));
            assert_eq!(again(&opened, keys, whole), whole);
            return;
        }
        let (header, phases) = (end.header.as_ref().unwrap(), end.phases.as_mut().unwrap());
        let unmasked = packet.unmask(header).unwrap();
        let opened = phases.open(unmasked, *largest).unwrap();
        *largest = (*largest).max(Some(opened.number()));
        if phases.wants_next() {
            self.updates += 1;
            phases.provide_next(step(&mut end.secrets));
        }
        // Two phases have one bit.
        let mut secrets = end.secrets.iter().skip(usize::from(opened.key_phase())).step_by(2);
        assert!(secrets.any(|secret| {
            let packet = secret.packet_key(Version::V1).unwrap();
            again(&opened, &Keys { header, packet }, whole) == whole
        }));
    }
}

/// The key of the next phase, whose secret comes behind the last.
fn step(secrets: &mut Vec<Secret>) -> RingPacketKey {
    let next = secrets.last().unwrap().next(Version::V1).unwrap();
    secrets.push(next);
    next.packet_key(Version::V1).unwrap()
}

/// Builds a packet of the same header, number and payload: the result is the same packet (L6).
fn again<H: HeaderKey, P: PacketKey>(
    opened: &Unprotected<'_>,
    keys: &Keys<H, P>,
    whole: &[u8],
) -> Vec<u8> {
    let size = u8::try_from(opened.number_range().len()).unwrap();
    let number = PacketNumber::sized(opened.number(), size).unwrap();
    let mut room = vec![0; whole.len() + 16];
    let packet = PacketBuilder::new(&mut room, &opened.header().unwrap(), number).unwrap();
    let mut packet = packet.key_phase(opened.key_phase());
    if whole[0] & 0x40 == 0 {
        packet = packet.grease_fixed_bit();
    }
    packet.put(opened.payload()).unwrap();
    let length = packet.finish(keys).unwrap();
    room.truncate(length);
    room
}

#[tokio::test]
async fn a_connection_by_each_suite() {
    for (theirs, suite) in SUITES {
        let capture = Capture::new(theirs).await;
        let connection = capture.connect().await;
        ask(&connection, b"hello").await;
        ask(&connection, &vec![7; 100_000]).await;
        // Each update is confirmed by the answer to what follows it.
        for _ in 0..3 {
            connection.force_key_update();
            ask(&connection, b"and with another key").await;
        }
        connection.close(0_u32.into(), b"bye");
        capture.client.wait_idle().await;

        let sent = capture.sent();
        let log = KeyLog::read(capture.log.text().as_bytes());
        assert!(log.refused().is_empty());
        let random = *log.connections().next().unwrap();
        let (first, _) = Header::read(&sent[0].1, IDS).unwrap();
        let mut reader = Reader::new(first.destination(), &log, &random, suite);
        sent.iter().for_each(|datagram| reader.read(datagram));
        for kind in [PacketKind::Initial, PacketKind::Handshake, PacketKind::OneRtt] {
            assert!(reader.seen[&kind] >= 2, "{kind}");
        }
        assert!(reader.updates >= 2, "{} updates by {suite:?}", reader.updates);
    }
}

#[tokio::test]
async fn a_retry_and_what_follows_it() {
    let capture = Capture::new(SUITES[0].0).await;
    let server = capture.server.clone();
    tokio::spawn(async move {
        server.accept().await.unwrap().retry().unwrap();
        echo(server.accept().await.unwrap().await.unwrap()).await;
    });
    let connecting = capture.client.connect(capture.address, "localhost").unwrap();
    let connection = connecting.await.unwrap();
    ask(&connection, b"hello").await;
    connection.close(0_u32.into(), b"");
    capture.client.wait_idle().await;

    let sent = capture.sent();
    let (first, _) = Header::read(&sent[0].1, IDS).unwrap();
    let at = sent.iter().position(|(from_client, _)| !from_client).unwrap();
    let (_, retry) = &sent[at];
    let (Header::Retry { version, source, token, .. }, _) = Header::read(retry, IDS).unwrap()
    else {
        panic!("the first answer is no Retry packet")
    };
    assert!(retry_is_authentic(version, first.destination(), retry));
    assert!(!retry_is_authentic(version, source, retry));
    let mut damaged = retry.clone();
    damaged[30] ^= 1;
    assert!(!retry_is_authentic(version, first.destination(), &damaged));

    // From there on the keys are those of the connection id that the server chose, and the token
    // comes back.
    let log = KeyLog::read(capture.log.text().as_bytes());
    let random = *log.connections().next().unwrap();
    let mut reader = Reader::new(source, &log, &random, Suite::Aes128Gcm);
    let rest: Vec<_> = sent[at + 1..]
        .iter()
        // Datagrams that the client sent twice, before it heard of that, are not for these keys.
        .filter(|(from_client, datagram)| {
            let header = Header::read(datagram, IDS).unwrap().0;
            !from_client || header.destination() != first.destination()
        })
        .collect();
    let again = rest.iter().find(|(from_client, _)| *from_client).unwrap();
    let (Header::Initial { token: returned, .. }, _) = Header::read(&again.1, IDS).unwrap() else {
        panic!("the client does not go on")
    };
    assert_eq!(returned, token);
    rest.into_iter().for_each(|datagram| reader.read(datagram));
    assert!(reader.seen[&PacketKind::Handshake] >= 2);
}

#[tokio::test]
async fn early_data() {
    let capture = Capture::new(SUITES[1].0).await;
    let connection = capture.connect().await;
    // The ticket comes with, or before, the answer to this.
    ask(&connection, b"hello").await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    connection.close(0_u32.into(), b"");
    capture.client.wait_idle().await;
    let (before, known) = (capture.sent().len(), capture.log.text().len());

    let server = capture.server.clone();
    tokio::spawn(async move { echo(server.accept().await.unwrap().await.unwrap()).await });
    let connecting = capture.client.connect(capture.address, "localhost").unwrap();
    let (connection, accepted) = connecting.into_0rtt().expect("there is a ticket");
    ask(&connection, b"without waiting").await;
    assert!(accepted.await);
    connection.close(0_u32.into(), b"");
    capture.client.wait_idle().await;

    let sent = &capture.sent()[before..];
    let log = KeyLog::read(&capture.log.text().as_bytes()[known..]);
    let random = *log.connections().next().unwrap();
    let (first, _) = Header::read(&sent[0].1, IDS).unwrap();
    let mut reader = Reader::new(first.destination(), &log, &random, Suite::Aes256Gcm);
    sent.iter().for_each(|datagram| reader.read(datagram));
    assert!(reader.seen[&PacketKind::ZeroRtt] >= 1);
}

/// A client that names a version which nobody speaks is told what the server speaks.
#[tokio::test]
async fn a_version_that_quinn_does_not_speak() {
    let capture = Capture::new(SUITES[0].0).await;
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let version = Version::reserved(0x1234_5678);
    let header =
        Header::Unknown { version, destination: b"server..", source: b"client", rest: &[0; 1200] };
    let mut room = [0; 1500];
    let length = header.write(&mut room).unwrap();
    socket.send_to(&room[..length], capture.server.local_addr().unwrap()).await.unwrap();
    let mut answer = [0; 1500];
    let answered = socket.recv_from(&mut answer);
    let (length, _) =
        tokio::time::timeout(Duration::from_secs(5), answered).await.unwrap().unwrap();
    let (Header::VersionNegotiation { destination, source, versions }, _) =
        Header::read(&answer[..length], IDS).unwrap()
    else {
        panic!("not a list of versions")
    };
    assert_eq!((destination, source), (header.source(), header.destination()));
    assert!(versions.iter().any(|version| version == Version::V1));
    assert!(versions.iter().all(|listed| listed != version));
}

/// Packets opened with the keys of another connection are dropped, and nothing else happens.
#[tokio::test]
async fn the_keys_of_others_open_nothing() {
    let capture = Capture::new(SUITES[0].0).await;
    let connection = capture.connect().await;
    connection.close(0_u32.into(), b"");
    capture.client.wait_idle().await;
    let keys = protect::initial(Version::V1, b"another one").unwrap();
    for (_, mut datagram) in capture.sent() {
        for packet in Coalesced::new(&mut datagram, IDS).greased_fixed_bit() {
            let error = packet.unwrap().unprotect(&keys.client, None).unwrap_err();
            assert!(matches!(error, UnprotectError::Discard(_)));
        }
    }
}
