//! Captures of many kinds, each small and made by a program.

use std::{io::Cursor, time::Duration};

use segue_quic::{Header, Role, Version, Versions, transport_parameters::TransportParameters};

use crate::{
    KEYS, STORED, all,
    capture::{Capture, Datagram, Found},
    datagrams, dissected,
    drafts::{Salt, Salts},
    made::{CLIENT, Maker, PREFERRED, SERVER, prefers_elsewhere},
    sound,
    tracker::Tracker,
    tree::Node,
    variants::{self, Pcap, Sent, Variant},
    whole,
};
use segue_quic::KeyLog;

fn sent() -> Vec<Sent> {
    let sent = datagrams(STORED.to_vec()).into_iter();
    sent.map(|Datagram { time, from, to, payload, .. }| Sent { time, from, to, payload }).collect()
}

/// All that is in a capture, by its own secrets and by those of a key log; and what was skipped.
fn read(capture: Vec<u8>, keys: &[u8]) -> (Vec<Node>, Vec<Node>, Vec<Node>) {
    let mut tracker = Tracker::new(KeyLog::read(keys), Salts::default());
    let (mut nodes, mut capture) = (Vec::new(), Capture::new(Cursor::new(capture)).unwrap());
    capture
        .each(|found| {
            match found {
                Found::Datagram(datagram) => nodes.push(tracker.datagram(&datagram)),
                Found::Secrets(secrets) => tracker.learn(&secrets),
            }
            Ok(())
        })
        .unwrap();
    (nodes, tracker.connections(), capture.skipped().nodes())
}

fn frames(nodes: &[Node]) -> Vec<String> {
    let frames = all(nodes).filter(|node| node.kind == "frame");
    frames.map(|node| format!("{node:?}")).collect()
}

/// The reasons for skipping, with their counts and first numbers.
fn reasons(skipped: &[Node]) -> Vec<(&str, u64, u64)> {
    let number = |node: &Node, field| node.field(field).unwrap().as_u64().unwrap();
    let reason = |node| (number(node, "packets"), number(node, "first"));
    skipped.iter().map(|node| (&node.name[..], reason(node).0, reason(node).1)).collect()
}

#[test]
fn all_kinds_of_captures_hold_the_same() {
    let expected = frames(&dissected(&datagrams(STORED.to_vec()), KEYS).0);
    let keys = String::from_utf8(KEYS.to_vec()).unwrap();
    let all = variants::all(&sent(), &keys).unwrap();
    assert!(all.len() > 40);
    for Variant { name, bytes } in all {
        // A Decryption Secrets Block is all the key log there is.
        let keys = if name == "secrets" { &b""[..] } else { KEYS };
        let (nodes, connections, skipped) = read(bytes, keys);
        sound(&nodes);
        sound(&connections);
        assert_eq!((whole(&connections), &skipped.len()), (15, &0), "{name}");
        assert_eq!(frames(&nodes), expected, "{name}");
    }
}

#[test]
fn what_is_skipped_is_counted_and_named() {
    let mut capture = Pcap::new(1);
    let ethernet = |kind: [u8; 2], behind: &[u8]| [&[2; 12], &kind[..], behind].concat();
    let mut add = |packet: &[u8]| capture.packet(Duration::ZERO, packet, None);
    let ip = variants::packet(&sent()[0]).unwrap();
    let fragments = variants::fragments_v4(&ip, 7);
    add(&ethernet([8, 6], &[0; 28])); // ARP
    add(&ethernet([0x88, 0xcc], &[0; 28])); // LLDP
    let mut tcp = ip.clone();
    tcp[9] = 6;
    add(&ethernet([8, 0], &tcp));
    add(&ethernet([8, 0], &ip[..12]));
    let mut short = ip.clone();
    short[0] = 0x44;
    add(&ethernet([8, 0], &short));
    add(&ethernet([8, 0], &fragments[1]));
    add(&ethernet([8, 0], &fragments[0]));
    add(&ethernet([8, 0], &ip));
    let (nodes, _, skipped) = read(capture.0, KEYS);
    assert_eq!((nodes.len(), nodes[0].field("number").unwrap().as_u64()), (1, Some(8)));
    assert_eq!(
        reasons(&skipped),
        [
            ("no IP", 2, 1),
            ("IP protocol 6, not UDP", 1, 3),
            ("headers cut off by the snap length", 1, 4),
            ("malformed headers", 1, 5),
            ("fragments of packets that are not whole", 2, 6),
        ]
    );
    let mut out = Vec::new();
    skipped[0].write(&mut out, crate::Style::Text).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "skipped: no IP packets=2 first=1\n");
    // A link type that nobody knows.
    let mut capture = Pcap::new(147);
    capture.packet(Duration::ZERO, &ip, None);
    let (nodes, _, skipped) = read(capture.0, KEYS);
    assert_eq!((nodes.len(), reasons(&skipped)), (0, vec![("link type 147 is not known", 1, 1)]));
}

/// Of what was cut off, the rest is said, and that it is not all.
#[test]
fn snap_lengths_are_told() {
    let sent = sent();
    for kept in [64, 96, 300, 1000] {
        let mut capture = Pcap::new(101);
        for datagram in &sent {
            capture.packet(datagram.time, &variants::packet(datagram).unwrap(), Some(kept));
        }
        let (nodes, _, skipped) = read(capture.0, KEYS);
        assert_eq!((nodes.len(), skipped.len()), (sent.len(), 0));
        for (node, datagram) in nodes.iter().zip(&sent) {
            let missing = datagram.payload.len().saturating_sub(kept - 28);
            let told = node.field("missing").and_then(serde_json::Value::as_u64).unwrap_or(0);
            assert_eq!(told, missing as u64);
            let last = node.children.last().unwrap();
            if missing > 0 && last.name != "Retry" {
                let wrong = last.wrong.as_deref();
                assert!(
                    matches!(wrong, Some("cut off by the snap length"))
                        || wrong.is_some_and(|wrong| wrong.contains("of no connection")),
                    "{node:?}"
                );
            }
        }
        // What was kept as a whole is read as ever.
        let read = all(&nodes).filter(|node| node.kind == "frame").count();
        assert!(kept < 1000 || read > 20, "{read}");
    }
}

/// A peer's conversation, in this version, up to data of both sides.
fn begun(maker: &mut Maker, parameters: &TransportParameters) {
    let initial = maker.initial.clone();
    let hello = maker.client_hello(&initial, b"");
    maker.send(Role::Client, hello);
    let answer = maker.server_hello(parameters);
    maker.send(Role::Server, answer);
    let data = maker.data(Role::Client, SERVER, 0);
    maker.send(Role::Client, data);
    let data = maker.data(Role::Server, CLIENT, 0);
    maker.send(Role::Server, data);
}

fn streams(nodes: &[Node]) -> usize {
    all(nodes).filter(|node| node.name == "STREAM").count()
}

/// RFC 9000 §9.6: a client that moves there sends to the id of the preferred address, from which
/// nobody else has told the path.
#[test]
fn preferred_addresses_are_learned() {
    let mut maker = Maker::new(Version::V1);
    begun(&mut maker, &prefers_elsewhere());
    let data = maker.data(Role::Client, PREFERRED, 0);
    maker.send_by(Role::Client, "127.0.0.2:3000".parse().unwrap(), data);
    // Its own stateless reset, too.
    let reset = [&[0x40][..], &[0xa5; 30], &[7; 16]].concat();
    maker.send_by(Role::Server, "127.0.0.2:3000".parse().unwrap(), reset);
    let (nodes, connections) = dissected(&maker.datagrams, maker.keys().as_bytes());
    sound(&nodes);
    assert_eq!((connections.len(), streams(&nodes)), (1, 3));
    assert_eq!(nodes.last().unwrap().children[0].name, "Stateless Reset");
}

/// A client that begins again does so with another ClientHello, in the same place of its handshake.
#[test]
fn a_second_client_hello_is_heard() {
    // RFC 9000 §6.2: in another version, to the same connection id.
    let mut maker = Maker::new(Version::V2);
    let hello = maker.client_hello(b"original", b"");
    maker.send(Role::Client, hello);
    let list = Version::V1.to_bytes();
    let versions = Versions::new(&list).unwrap();
    let list = Header::VersionNegotiation { destination: CLIENT, source: b"original", versions };
    let mut room = vec![0; 100];
    let length = list.write(&mut room).unwrap();
    maker.send(Role::Server, room[..length].to_vec());
    (maker.version, maker.random) = (Version::V1, [2; 32]);
    begun(&mut maker, &TransportParameters::new());
    let (nodes, connections) = dissected(&maker.datagrams, maker.keys().as_bytes());
    sound(&nodes);
    assert_eq!((connections.len(), streams(&nodes)), (1, 2));

    // RFC 9000 §17.2.5.2: behind a Retry, to the id that it gave.
    let mut maker = Maker::new(Version::V1);
    let hello = maker.client_hello(b"original", b"");
    maker.send(Role::Client, hello.clone());
    let retry = maker.retry(b"retried!");
    maker.send(Role::Server, retry);
    (maker.initial, maker.random) = (b"retried!".to_vec(), [2; 32]);
    let again = maker.client_hello(b"retried!", b"again");
    maker.send(Role::Client, again.clone());
    // The first one was sent twice, and comes late.
    maker.send(Role::Client, hello);
    maker.send(Role::Client, again);
    let answer = maker.server_hello(&TransportParameters::new());
    maker.send(Role::Server, answer);
    let data = maker.data(Role::Client, SERVER, 0);
    maker.send(Role::Client, data);
    let (nodes, connections) = dissected(&maker.datagrams, maker.keys().as_bytes());
    sound(&nodes);
    assert_eq!((connections.len(), streams(&nodes)), (1, 1));
}

/// UDP GSO: a sender's capture has several datagrams in one, all but the last of one size.
#[test]
fn super_datagrams_are_split() {
    for size in [60, 300, 1200, 1337] {
        let mut maker = Maker::new(Version::V1);
        begun(&mut maker, &TransportParameters::new());
        let mut segments = Vec::new();
        for _ in 0..3 {
            segments.extend(maker.data(Role::Server, CLIENT, size));
        }
        segments.extend(maker.data(Role::Server, CLIENT, size - 20));
        maker.send(Role::Server, segments);
        // Behind a packet that says how long it is, and as long as a whole segment.
        let (version, destination, source) = (Version::V1, CLIENT, SERVER);
        let header = Header::Handshake { version, destination, source };
        let mut mixed = maker.packet(Role::Server, &header, 30, |_| {});
        let rest = size.max(100) - mixed.len();
        mixed.extend(maker.data(Role::Server, CLIENT, rest));
        let segment = mixed.len();
        mixed.extend(maker.data(Role::Server, CLIENT, segment));
        mixed.extend(maker.data(Role::Server, CLIENT, 0));
        maker.send(Role::Server, mixed);
        let (nodes, _) = dissected(&maker.datagrams, maker.keys().as_bytes());
        sound(&nodes);
        assert_eq!(streams(&nodes), 2 + 4 + 3, "segments of {size}");
        let sizes = |node: &Node| {
            let sizes = node.children.iter().filter_map(|packet| packet.field("segment"));
            sizes.map(|size| usize::try_from(size.as_u64().unwrap()).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!((sizes(&nodes[4]), sizes(&nodes[5])), (vec![size; 3], vec![segment; 2]));
    }
    // What no size opens stays closed, and is counted once.
    let mut maker = Maker::new(Version::V1);
    begun(&mut maker, &TransportParameters::new());
    let mut broken = maker.data(Role::Server, CLIENT, 300);
    broken[200] ^= 1;
    maker.send(Role::Server, broken);
    let (nodes, connections) = dissected(&maker.datagrams, maker.keys().as_bytes());
    let wrong = nodes[4].children[0].wrong.as_deref();
    assert_eq!(wrong, Some("the keys do not open it"));
    assert_eq!(connections[0].field("closed").unwrap(), 1);
}

/// Drafts that look like version 1 are read by their salts, known ones and those of an argument.
#[test]
fn drafts_are_read_by_their_salts() {
    for draft in [0xff00_0017, 0xff00_001c, 0xff00_001d, 0xff00_0020, 0xff00_0022] {
        let mut maker = Maker::new(Version(draft));
        begun(&mut maker, &prefers_elsewhere());
        let (nodes, connections) = dissected(&maker.datagrams, maker.keys().as_bytes());
        sound(&nodes);
        assert_eq!((connections.len(), streams(&nodes)), (1, 2));
        let version = connections[0].field("version").unwrap();
        assert_eq!(version, &format!("{draft:#010x}"));
        let named = nodes[0].children[0].children[0].children[0].field("transport_parameters");
        assert!(named.is_some());
    }
    // Another salt for one of them.
    let mut maker = Maker::new(Version(0xff00_0021));
    let hello = maker.client_hello(b"original", b"");
    maker.send(Role::Client, hello);
    let mut datagram = maker.datagrams.remove(0);
    let salt: Salt = "0xff000021=0000000000000000000000000000000000000000".parse().unwrap();
    let mut salts = Salts::default();
    let opened = |salts: &Salts, datagram: &Datagram| {
        let mut tracker = Tracker::new(KeyLog::new(), salts.clone());
        tracker.datagram(datagram).children[0].wrong.is_none()
    };
    assert!(opened(&salts, &datagram));
    salts.insert(salt);
    assert!(!opened(&salts, &datagram));
    datagram.payload[1..5].copy_from_slice(&[0xfa, 0xce, 0xb0, 0x0c]);
    assert!(!opened(&Salts::default(), &datagram));
    for wrong in ["ff00001d", "ff00001d=00", "x=0000000000000000000000000000000000000000"] {
        assert!(wrong.parse::<Salt>().is_err());
    }
}
