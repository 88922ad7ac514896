//! A conversation as captures of many kinds: link types, tags, tunnels, fragments, secrets inside,
//! compression. Small, and made by hand, so that each is understood.

use std::{
    io::{self, Write},
    net::SocketAddr,
    time::Duration,
};

use etherparse::PacketBuilder;
use flate2::{Compression, write::GzEncoder};

use crate::pcapng;

/// A datagram of the conversation.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) time: Duration,
    pub(crate) from: SocketAddr,
    pub(crate) to: SocketAddr,
    pub(crate) payload: Vec<u8>,
}

/// A capture of it.
#[derive(Debug)]
pub(crate) struct Variant {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// The conversation in all kinds of captures.
pub(crate) fn all(sent: &[Sent], keys: &str) -> io::Result<Vec<Variant>> {
    let mut variants = Vec::new();
    for (name, link, around) in LINKS {
        let mut capture = Pcap::new(*link);
        for datagram in sent {
            let ip = packet(datagram)?;
            capture.packet(datagram.time, &around(&ip), None);
        }
        variants.push(Variant { name: (*name).to_owned(), bytes: capture.0 });
    }
    let mut add = |name: &str, bytes| variants.push(Variant { name: name.to_owned(), bytes });
    add("fragments-v4", fragmented(sent, false)?);
    add("fragments-v6", fragmented(&under_v6(sent), true)?);
    let plain = pcapng_of(sent, None)?;
    let mut compressed = GzEncoder::new(Vec::new(), Compression::fast());
    compressed.write_all(&plain)?;
    add("gzip", compressed.finish()?);
    add("secrets", pcapng_of(sent, Some(keys))?);
    Ok(variants)
}

/// The same between addresses of IPv6.
pub(crate) fn under_v6(sent: &[Sent]) -> Vec<Sent> {
    let v6 =
        |address: SocketAddr| SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, address.port()));
    let sent = sent.iter().cloned();
    sent.map(|sent| Sent { from: v6(sent.from), to: v6(sent.to), ..sent }).collect()
}

fn pcapng_of(sent: &[Sent], keys: Option<&str>) -> io::Result<Vec<u8>> {
    let mut writer = pcapng::Writer::new();
    if let Some(keys) = keys {
        writer.secrets(keys.as_bytes());
    }
    for Sent { time, from, to, payload } in sent {
        writer.datagram(*time, *from, *to, payload)?;
    }
    Ok(writer.into_bytes())
}

/// An IP packet.
pub(crate) fn packet(sent: &Sent) -> io::Result<Vec<u8>> {
    let builder = match (sent.from, sent.to) {
        (SocketAddr::V4(from), SocketAddr::V4(to)) => {
            PacketBuilder::ipv4(from.ip().octets(), to.ip().octets(), 64)
        }
        (SocketAddr::V6(from), SocketAddr::V6(to)) => {
            PacketBuilder::ipv6(from.ip().octets(), to.ip().octets(), 64)
        }
        _ => return Err(io::Error::other("the addresses are of two kinds")),
    };
    let mut packet = Vec::new();
    let udp = builder.udp(sent.from.port(), sent.to.port());
    udp.write(&mut packet, &sent.payload).map_err(io::Error::other)?;
    Ok(packet)
}

/// Cuts packets up, and sends the last fragment first.
fn fragmented(sent: &[Sent], v6: bool) -> io::Result<Vec<u8>> {
    let mut capture = Pcap::new(101);
    for (number, datagram) in sent.iter().enumerate() {
        let ip = packet(datagram)?;
        let number = u16::try_from(number).map_err(io::Error::other)?;
        let pieces = if v6 { fragments_v6(&ip, number) } else { fragments_v4(&ip, number) };
        for piece in pieces.iter().rev() {
            capture.packet(datagram.time, piece, None);
        }
    }
    Ok(capture.0)
}

/// The bytes of a fragment: a multiple of eight.
const FRAGMENT: usize = 512;

/// The fragments of a packet (RFC 791 §3.2).
pub(crate) fn fragments_v4(ip: &[u8], id: u16) -> Vec<Vec<u8>> {
    let (header, payload) = ip.split_at(20);
    let pieces = payload.chunks(FRAGMENT).enumerate();
    pieces
        .map(|(index, piece)| {
            let offset = index * FRAGMENT / 8;
            let more = (index + 1) * FRAGMENT < payload.len();
            let mut packet = [header, piece].concat();
            packet[2..4].copy_from_slice(&low(20 + piece.len()));
            packet[4..6].copy_from_slice(&id.to_be_bytes());
            packet[6..8].copy_from_slice(&low(offset | usize::from(more) << 13));
            packet[10..12].fill(0);
            let sum = checksum(&packet[..20]);
            packet[10..12].copy_from_slice(&sum);
            packet
        })
        .collect()
}

/// The fragments of a packet (RFC 8200 §4.5).
pub(crate) fn fragments_v6(ip: &[u8], id: u16) -> Vec<Vec<u8>> {
    let (header, payload) = ip.split_at(40);
    let pieces = payload.chunks(FRAGMENT).enumerate();
    pieces
        .map(|(index, piece)| {
            let more = (index + 1) * FRAGMENT < payload.len();
            let mut packet = header.to_vec();
            packet[4..6].copy_from_slice(&low(8 + piece.len()));
            packet[6] = 44;
            packet.extend([header[6], 0]);
            packet.extend(low((index * FRAGMENT) | usize::from(more)));
            packet.extend([0, 0]);
            packet.extend(id.to_be_bytes());
            packet.extend(piece);
            packet
        })
        .collect()
}

/// The low two bytes.
fn low(number: usize) -> [u8; 2] {
    let [.., a, b] = number.to_be_bytes();
    [a, b]
}

fn checksum(header: &[u8]) -> [u8; 2] {
    let words = header.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1]));
    let sum: u32 = words.sum();
    let sum = (sum & 0xffff) + (sum >> 16);
    low(!((sum & 0xffff) + (sum >> 16)) as usize)
}

/// A capture in the older format.
pub(crate) struct Pcap(pub(crate) Vec<u8>);

impl Pcap {
    pub(crate) fn new(link: u32) -> Self {
        let header: [u32; 6] = [0xa1b2_c3d4, 0x0004_0002, 0, 0, 1 << 18, link];
        Self(header.iter().flat_map(|word| word.to_le_bytes()).collect())
    }

    /// Adds a packet, of which `kept` bytes are kept if that is not all.
    pub(crate) fn packet(&mut self, time: Duration, bytes: &[u8], kept: Option<usize>) {
        let kept = &bytes[..kept.unwrap_or(bytes.len()).min(bytes.len())];
        let seconds = u32::try_from(time.as_secs()).unwrap_or(u32::MAX);
        let [length, whole] =
            [kept.len(), bytes.len()].map(|n| u32::try_from(n).unwrap_or(u32::MAX));
        for word in [seconds, time.subsec_micros(), length, whole] {
            self.0.extend(word.to_le_bytes());
        }
        self.0.extend(kept);
    }
}

/// The number of a link type, and the way in which it carries a packet of IPv4.
type Link = (&'static str, u32, fn(&[u8]) -> Vec<u8>);

/// Bytes in front of others.
fn behind(header: &[u8], ip: &[u8]) -> Vec<u8> {
    [header, ip].concat()
}

const MACS: [u8; 12] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
const SNAP: [u8; 8] = [0xaa, 0xaa, 0x03, 0, 0, 0, 8, 0];

fn ethernet(kind: &[u8], ip: &[u8]) -> Vec<u8> {
    [&MACS, kind, ip].concat()
}

/// A data frame of 802.11 with these first two bytes, from a station of a net to its base.
fn wifi(control: [u8; 2], more: &[u8], ip: &[u8]) -> Vec<u8> {
    let addresses = [[2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2], [2, 0, 0, 0, 0, 3]].concat();
    [&control[..], &[0, 0], &addresses, &[0, 0], more, &SNAP, ip].concat()
}

fn pppoe(ip: &[u8]) -> Vec<u8> {
    [&[0x11, 0, 0, 1][..], &low(2 + ip.len()), &[0, 0x21], ip].concat()
}

const LINKS: &[Link] = &[
    ("null", 0, |ip| behind(&[2, 0, 0, 0], ip)),
    ("ethernet", 1, |ip| ethernet(&[8, 0], ip)),
    ("vlan", 1, |ip| ethernet(&[0x81, 0, 0, 7, 8, 0], ip)),
    ("vlans", 1, |ip| ethernet(&[0x88, 0xa8, 0, 7, 0x81, 0, 0, 8, 8, 0], ip)),
    ("mpls", 1, |ip| ethernet(&[0x88, 0x47, 0, 1, 0x20, 64, 0, 1, 0x31, 64], ip)),
    ("pppoe", 1, |ip| ethernet(&[0x88, 0x64], &pppoe(ip))),
    ("ethernet-llc", 1, |ip| ethernet(&low(8 + ip.len()), &behind(&SNAP, ip))),
    ("token-ring", 6, |ip| [&[0x10, 0x40][..], &MACS, &SNAP, ip].concat()),
    ("ppp", 9, |ip| behind(&[0xff, 3, 0, 0x21], ip)),
    ("ppp-short", 9, |ip| behind(&[0x21], ip)),
    ("fddi", 10, |ip| [&[0x50][..], &MACS, &SNAP, ip].concat()),
    ("ppp-hdlc", 50, |ip| behind(&[0xff, 3, 0, 0x21], ip)),
    ("ppp-ether", 51, pppoe),
    ("atm", 100, |ip| behind(&SNAP, ip)),
    ("raw", 101, <[u8]>::to_vec),
    ("cisco-hdlc", 104, |ip| behind(&[0x0f, 0, 8, 0], ip)),
    ("wifi", 105, |ip| wifi([0x08, 0x01], &[], ip)),
    ("wifi-qos", 105, |ip| wifi([0x88, 0x01], &[0, 0], ip)),
    ("clip", 106, <[u8]>::to_vec),
    ("frame-relay", 107, |ip| behind(&[0x18, 0x41, 3, 0xcc], ip)),
    ("loop", 108, |ip| behind(&[0, 0, 0, 2], ip)),
    ("bsd-hdlc", 112, |ip| behind(&[0x0f, 0, 8, 0], ip)),
    ("enc", 109, |ip| behind(&[2, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0], ip)),
    ("cooked", 113, |ip| behind(&[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0], ip)),
    ("pf-log", 117, |ip| {
        let mut header = [0; 64];
        (header[0], header[1], header[60]) = (61, 2, 1);
        behind(&header, ip)
    }),
    ("prism", 119, |ip| {
        let mut header = [0; 144];
        (header[0], header[4], header[8]) = (0x44, 144, b'w');
        behind(&header, &wifi([0x08, 0x01], &[], ip))
    }),
    ("fibre-channel", 122, |ip| [&[0, 0], &MACS[..6], &[0, 0], &MACS[6..], &SNAP, ip].concat()),
    ("radiotap", 127, |ip| {
        // A time and flags, which say that the header of the frame is padded.
        let mut header = vec![0, 0, 17, 0, 3, 0, 0, 0];
        header.extend([0; 8]);
        header.push(0x20);
        behind(&header, &wifi([0x88, 0x01], &[0, 0, 0xee, 0xee], ip))
    }),
    ("firewire", 138, |ip| [&[2; 16][..], &[8, 0], ip].concat()),
    ("avs", 163, |ip| {
        let mut header = [0; 64];
        (header[0], header[1], header[2], header[3]) = (0x80, 0x21, 0x10, 0x01);
        header[7] = 64;
        behind(&header, &wifi([0x08, 0x01], &[], ip))
    }),
    ("ppi", 192, |ip| behind(&[0, 0, 8, 0, 1, 0, 0, 0], &ethernet(&[8, 0], ip))),
    ("ppp-direction", 204, |ip| behind(&[0, 0xff, 3, 0, 0x21], ip)),
    ("solaris", 226, |ip| {
        let mut header = [0; 24];
        // Version 1, IPv4, and the length of what follows.
        (header[0], header[1]) = (1, 2);
        header[6..8].copy_from_slice(&low(ip.len()));
        behind(&header, ip)
    }),
    ("ipv4", 228, <[u8]>::to_vec),
    ("nflog", 239, |ip| {
        let [b, a] = low(4 + ip.len());
        let mut packet =
            [&[2, 0, 0, 0][..], &[5, 0, 10, 0, b'x', 0, 0, 0], &[a, b, 9, 0], ip].concat();
        packet.resize(packet.len().next_multiple_of(4), 0);
        packet
    }),
    ("infiniband", 242, |ip| [&[0; 40][..], &[8, 0, 0, 0], ip].concat()),
    ("apple", 258, |ip| {
        let mut header = [0; 108];
        (header[0], header[4], header[8]) = (108, 1, 1);
        behind(&header, &ethernet(&[8, 0], ip))
    }),
    ("cooked-2", 276, |ip| {
        behind(&[8, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0], ip)
    }),
    ("tunnel", 101, |ip| {
        let mut outer = ip[..20].to_vec();
        outer[2..4].copy_from_slice(&low(20 + ip.len()));
        outer[9] = 4;
        outer[10..12].fill(0);
        let sum = checksum(&outer);
        outer[10..12].copy_from_slice(&sum);
        behind(&outer, ip)
    }),
];
