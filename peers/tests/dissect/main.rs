//! The example `dissect`: on what quinn says, stored and live, and beside tshark.
//!
//! `peers/aioquic/run` has other peers talk, and lets the test of this name go through their captures
//! as well: `CAPTURES` names the folder.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

#[path = "../../examples/dissect/capture.rs"]
mod capture;
mod captures;
#[path = "../../examples/dissect/connection.rs"]
mod connection;
#[path = "../../examples/dissect/drafts.rs"]
mod drafts;
#[path = "../../examples/dissect/frames.rs"]
mod frames;
#[path = "../../examples/dissect/ip.rs"]
mod ip;
#[path = "../../examples/dissect/keyring.rs"]
mod keyring;
#[path = "../../examples/dissect/link.rs"]
mod link;
mod made;
#[path = "../../examples/record/pcapng.rs"]
mod pcapng;
#[path = "../support/rows.rs"]
mod rows;
#[path = "../../examples/dissect/skipped.rs"]
mod skipped;
#[path = "../../examples/dissect/streams.rs"]
mod streams;
#[path = "../../examples/record/talk.rs"]
mod talk;
#[path = "../../examples/dissect/tracker.rs"]
mod tracker;
#[path = "../../examples/dissect/tree.rs"]
mod tree;
#[path = "../../examples/record/variants.rs"]
mod variants;

use std::{
    collections::BTreeSet,
    fs,
    io::Cursor,
    net::{Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
};

use capture::{Capture, Datagram, Found};
use drafts::Salts;
use segue_quic::{KeyLog, frame::Frame};
use tracker::Tracker;
use tree::{Node, Style};

const STORED: &[u8] = include_bytes!("../data/quinn.pcapng");
const KEYS: &[u8] = include_bytes!("../data/quinn.keys");
const FIELDS: &str = include_str!("../data/tshark.fields");

fn datagrams(capture: Vec<u8>) -> Vec<Datagram> {
    let mut datagrams = Vec::new();
    let mut capture = Capture::new(Cursor::new(capture)).unwrap();
    capture
        .each(|found| {
            if let Found::Datagram(datagram) = found {
                datagrams.push(datagram);
            }
            Ok(())
        })
        .unwrap();
    datagrams
}

/// Each datagram, then each connection.
fn dissected(datagrams: &[Datagram], keys: &[u8]) -> (Vec<Node>, Vec<Node>) {
    let mut tracker = Tracker::new(KeyLog::read(keys), Salts::default());
    let nodes = datagrams.iter().map(|datagram| tracker.datagram(datagram)).collect();
    (nodes, tracker.connections())
}

/// A node and all that is in it.
fn all<'n>(nodes: &'n [Node]) -> Box<dyn Iterator<Item = &'n Node> + 'n> {
    Box::new(nodes.iter().flat_map(|node| std::iter::once(node).chain(all(&node.children))))
}

fn names<'n>(nodes: &'n [Node], kind: &'n str) -> BTreeSet<&'n str> {
    all(nodes).filter(|node| node.kind == kind).map(|node| &node.name[..]).collect()
}

/// Nothing is unknown, and what is in something lies in it, one behind the other.
fn sound(nodes: &[Node]) {
    for node in all(nodes) {
        assert_eq!(node.wrong, None, "{node:?}");
        let Some(range) = &node.range else { continue };
        let mut at = range.start;
        for inner in node.children.iter().filter_map(|inner| inner.range.as_ref()) {
            assert!(at <= inner.start && inner.start < inner.end && inner.end <= range.end);
            at = inner.end;
        }
        if node.kind == "datagram" {
            assert_eq!(at, range.end, "all of a datagram is packets");
        }
    }
}

/// Streams that were not given up came whole, both ways.
fn whole(connections: &[Node]) -> usize {
    let streams = all(connections).filter(|node| node.kind == "stream");
    let (reset, whole): (Vec<_>, Vec<_>) = streams.partition(|node| node.field("reset").is_some());
    assert!(whole.iter().all(|node| node.field("whole").unwrap() == true), "{whole:?}");
    reset.len() + whole.len()
}

#[test]
fn a_stored_capture_holds_nothing_unknown() {
    let datagrams = datagrams(STORED.to_vec());
    let (nodes, connections) = dissected(&datagrams, KEYS);
    sound(&nodes);
    sound(&connections);
    assert_eq!(connections.len(), 2);
    assert_eq!(whole(&connections), 15);
    let packets = ["0-RTT", "1-RTT", "Handshake", "Initial", "Retry"];
    assert!(names(&nodes, "packet").into_iter().eq(packets));
    for frame in ["ACK", "CONNECTION_CLOSE", "CRYPTO", "DATAGRAM", "HANDSHAKE_DONE"] {
        assert!(names(&nodes, "frame").contains(frame), "{frame}");
    }
    for frame in ["NEW_CONNECTION_ID", "PADDING", "RESET_STREAM", "RETIRE_CONNECTION_ID", "STREAM"]
    {
        assert!(names(&nodes, "frame").contains(frame), "{frame}");
    }
    // A key update.
    let phases = all(&nodes).filter_map(|node| node.field("key_phase")?.as_u64());
    assert_eq!(phases.collect::<BTreeSet<_>>(), [0, 1].into());
    let begins = |text: &str| {
        all(&connections).any(|node| node.field("begins").is_some_and(|begins| begins == text))
    };
    assert!(begins("with other keys") && begins("at once"));
}

#[test]
fn without_keys_only_initial_packets_are_read() {
    let (nodes, connections) = dissected(&datagrams(STORED.to_vec()), b"");
    for packet in all(&nodes).filter(|node| node.kind == "packet") {
        let open = matches!(&packet.name[..], "Initial" | "Retry");
        assert_eq!(packet.wrong.is_none(), open, "{packet:?}");
        assert_eq!(packet.children.is_empty(), packet.name != "Initial");
    }
    assert_eq!(whole(&connections), 0);
    assert!(connections.iter().all(|node| node.wrong.is_some()));
    // Keys of somebody else open nothing.
    let mut keys = String::from_utf8(KEYS.to_vec()).unwrap();
    keys = keys.lines().map(|line| format!("{}{:064x}\n", &line[..line.len() - 64], 7)).collect();
    let (nodes, _) = dissected(&datagrams(STORED.to_vec()), keys.as_bytes());
    assert!(all(&nodes).any(|node| node.wrong.as_deref() == Some("the keys do not open it")));
    assert_eq!(all(&nodes).filter(|node| node.name == "STREAM").count(), 0);
}

#[test]
fn a_stateless_reset_is_recognised() {
    let mut datagrams = datagrams(STORED.to_vec());
    let (nodes, _) = dissected(&datagrams, KEYS);
    let frame = all(&nodes).find(|node| node.name == "NEW_CONNECTION_ID").unwrap();
    let token = frame.field("reset_token").unwrap().as_str().unwrap();
    let token = (0..16).map(|at| u8::from_str_radix(&token[2 * at..2 * at + 2], 16).unwrap());
    let with =
        nodes.iter().position(|node| all(&node.children).any(|inner| std::ptr::eq(inner, frame)));
    let mut reset = datagrams[with.unwrap()].clone();
    reset.payload = [0x40].into_iter().chain([0xa5; 30]).chain(token).collect();
    // Right behind the packet that had the token: later ones may be of another connection.
    datagrams.truncate(with.unwrap() + 1);
    datagrams.push(reset);
    let (nodes, _) = dissected(&datagrams, KEYS);
    sound(&nodes);
    assert_eq!(nodes.last().unwrap().children[0].name, "Stateless Reset");
}

/// quinn sends these to its own kind when it probes for what was lost.
#[test]
fn frames_of_drafts_are_told_by_name() {
    let node = |bytes: &[u8]| frames::node(&Frame::decode(bytes).unwrap().0);
    assert_eq!(node(b"\x1f").name, "IMMEDIATE_ACK");
    let asks = node(b"\x40\xaf\x01\x0a\x44\x00\x03");
    assert_eq!(asks.name, "ACK_FREQUENCY");
    assert_eq!(asks.field("requested_max_ack_delay").unwrap(), 1024);
    assert_eq!(node(b"\x42\xf5\x07").field("time").unwrap(), 7);
    assert_eq!(node(b"\x24\x04\x09\x40\x40\x05").field("reliable_size").unwrap(), 5);
}

/// A client that waited too long sends its first packet again, and so does a server its Retry.
#[test]
fn what_is_sent_twice_is_read_twice() {
    let stored = datagrams(STORED.to_vec());
    let (once, connections) = dissected(&stored, KEYS);
    for beginning in 1..8 {
        let (beginning, rest) = stored.split_at(beginning);
        let (nodes, again) = dissected(&[beginning, beginning, rest].concat(), KEYS);
        sound(&nodes);
        assert_eq!(nodes.len(), once.len() + beginning.len());
        assert_eq!((again.len(), whole(&again)), (connections.len(), whole(&connections)));
    }
}

#[test]
fn captures_come_in_many_ways() {
    let stored = datagrams(STORED.to_vec());
    let (expected, _) = dissected(&stored, KEYS);
    let frames = |nodes: &[Node]| {
        let frames = all(nodes).filter(|node| node.kind == "frame");
        frames.map(|node| format!("{node:?}")).collect::<Vec<_>>()
    };
    // Under IPv6.
    let v6 = |address: SocketAddr| SocketAddr::from((Ipv6Addr::LOCALHOST, address.port()));
    let mut writer = pcapng::Writer::new();
    for datagram in &stored {
        writer
            .datagram(datagram.time, v6(datagram.from), v6(datagram.to), &datagram.payload)
            .unwrap();
    }
    let under_v6 = datagrams(writer.into_bytes());
    assert!(
        under_v6
            .iter()
            .zip(&stored)
            .all(|(one, other)| one.time == other.time && one.from.is_ipv6())
    );
    assert_eq!(frames(&dissected(&under_v6, KEYS).0), frames(&expected));
    // In the older format, with Ethernet around, and a packet that is none of UDP.
    let mut pcap = Vec::new();
    let header: [u32; 6] = [0xa1b2_c3d4, 0x0004_0002, 0, 0, 65_535, 1];
    header.iter().for_each(|word| pcap.extend(word.to_le_bytes()));
    let mut packet = |time: u32, bytes: &[u8]| {
        let length = u32::try_from(bytes.len()).unwrap();
        [time, 0, length, length].iter().for_each(|word| pcap.extend(word.to_le_bytes()));
        pcap.extend(bytes);
    };
    packet(0, &[0xff; 60]);
    for (time, datagram) in (1..).zip(&stored) {
        let ethernet = etherparse::PacketBuilder::ethernet2([1; 6], [2; 6]);
        let ip = ethernet.ipv4([127, 0, 0, 1], [127, 0, 0, 1], 64);
        let mut bytes = Vec::new();
        let udp = ip.udp(datagram.from.port(), datagram.to.port());
        udp.write(&mut bytes, &datagram.payload).unwrap();
        packet(time, &bytes);
    }
    let older = datagrams(pcap.clone());
    assert_eq!((older[0].number, older[0].time.as_secs()), (2, 1));
    assert_eq!(frames(&dissected(&older, KEYS).0), frames(&expected));
    // One that is cut off is told to be, behind what is whole.
    pcap.pop();
    let (mut seen, mut cut) = (0, Capture::new(Cursor::new(pcap)).unwrap());
    let error = cut.each(|_| {
        seen += 1;
        Ok(())
    });
    assert_eq!(
        (seen, error.unwrap_err().to_string().contains("inside a block")),
        (stored.len() - 1, true)
    );
}

#[test]
fn whatever_comes_is_told() {
    let stored = datagrams(STORED.to_vec());
    for step in [1, 7, 13] {
        let mut broken = stored.clone();
        for (index, datagram) in broken.iter_mut().enumerate() {
            let at = index * step % datagram.payload.len();
            datagram.payload[at] ^= 0x5a;
            datagram.payload.truncate(datagram.payload.len() - index % 3);
        }
        let (nodes, connections) = dissected(&broken, KEYS);
        assert_eq!(nodes.len(), stored.len());
        for node in nodes.iter().chain(&connections) {
            for style in [Style::Text, Style::Colours, Style::Json] {
                let mut out = Vec::new();
                node.write(&mut out, style).unwrap();
                assert!(out.ends_with(b"\n"));
                if style == Style::Json {
                    serde_json::from_slice::<serde_json::Value>(&out).unwrap();
                }
            }
        }
    }
}

#[tokio::test]
async fn what_quinn_says_live_holds_nothing_unknown() {
    let recorded = talk::record(None).await.unwrap();
    let mut writer = pcapng::Writer::new();
    for datagram in &recorded.datagrams {
        writer.datagram(datagram.time, datagram.from, datagram.to, &datagram.payload).unwrap();
    }
    let datagrams = datagrams(writer.into_bytes());
    assert_eq!(datagrams.len(), recorded.datagrams.len());
    let (nodes, connections) = dissected(&datagrams, recorded.keys.as_bytes());
    sound(&nodes);
    assert_eq!((connections.len(), whole(&connections)), (2, 15));
}

/// Frame by frame and field by field, on every capture that there is an answer of tshark to.
#[test]
fn agrees_with_tshark() {
    let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let folder = std::env::var_os("CAPTURES").map_or(stored, PathBuf::from);
    let mut captures = 0;
    for answer in fs::read_dir(&folder).unwrap() {
        let answer = answer.unwrap().path();
        if answer.extension().is_none_or(|extension| extension != "tshark") {
            continue;
        }
        let keys = fs::read(answer.with_extension("keys")).unwrap();
        let datagrams = datagrams(fs::read(answer.with_extension("pcapng")).unwrap());
        let (nodes, connections) = dissected(&datagrams, &keys);
        sound(&nodes);
        let answer = fs::read_to_string(answer).unwrap();
        let (mut lines, mut frames) = (answer.lines(), 0);
        for node in &nodes {
            let theirs = lines.next().expect("tshark has seen as many datagrams").split('\t');
            for (field, theirs) in FIELDS.lines().zip(theirs) {
                let ours = rows::value(node, field);
                assert_eq!(ours, theirs, "{field} of {node:#?}");
            }
            frames += node.children.iter().map(|packet| packet.children.len()).sum::<usize>();
        }
        assert_eq!(lines.next(), None);
        println!("{frames} frames of {} datagrams agree", nodes.len());
        assert!(frames > 50 && whole(&connections) > 0);
        captures += 1;
    }
    assert!(captures > 0);
}
