//! The mapping of packets to connections.

use std::{
    collections::{HashMap, HashSet},
    net::SocketAddr,
};

use segue_quic::{
    Coalesced, ConnectionId, Discard, Header, KeyLog, KeyLogEntry, Packet, PacketKind, Role,
    UnprotectError, Version, protect::retry_is_authentic,
};
use serde_json::Value;

use crate::{
    capture::Datagram,
    connection::{Connection, NewIds},
    drafts::Salts,
    keyring::{Closed, Sealed},
    tree::{Node, hex},
};

/// All connections of a capture, found by connection ids, and where these are empty by addresses.
#[derive(Debug)]
pub(crate) struct Tracker {
    log: KeyLog,
    salts: Salts,
    connections: Vec<Connection>,
    /// Connection ids, with their connection and who receives by them.
    ids: HashMap<ConnectionId, Place>,
    /// Those who have chosen an empty connection id.
    without_ids: HashSet<Place>,
    /// Addresses from which and to which packets go, with their connection and who sends them.
    paths: HashMap<Path, Place>,
    /// The size of the segments in the last datagram of a path that was several in one.
    segments: HashMap<Path, usize>,
}

/// The addresses that a datagram goes from and to.
type Path = (SocketAddr, SocketAddr);

/// A packet's part of its datagram.
#[derive(Clone, Copy)]
struct Part<'d> {
    /// The offset of the packet.
    at: usize,
    path: Path,
    /// Its version, if it is a draft that looks like version 1.
    draft: Option<Version>,
    /// The whole datagram.
    datagram: &'d [u8],
    /// The capture has cut its end off.
    cut_off: bool,
}

/// The least size of a segment that can be a packet, in bytes (RFC 9000 §10.3).
const MIN_SEGMENT: usize = 21;

/// The greatest size that is tried, in bytes: that of jumbo frames.
const MAX_SEGMENT: usize = 9216;

const UNAUTHENTIC: &str = "the keys do not open it";
const CUT_OFF: &str = "cut off by the snap length";

/// An end of a connection.
type Place = (usize, Role);

impl Tracker {
    pub(crate) fn new(log: KeyLog, salts: Salts) -> Self {
        let (ids, paths, without_ids) = (HashMap::new(), HashMap::new(), HashSet::new());
        let (connections, segments) = (Vec::new(), HashMap::new());
        Self { log, salts, connections, ids, without_ids, paths, segments }
    }

    /// Adds the lines of another key log.
    pub(crate) fn learn(&mut self, log: &[u8]) {
        for line in log.split(|byte| *byte == b'\n') {
            // What is no secret of TLS 1.3 is of no use here.
            if let Ok(Some(entry)) = KeyLogEntry::parse(line.strip_suffix(b"\r").unwrap_or(line)) {
                self.log.insert(entry);
            }
        }
    }

    /// All connections and their streams, once everything was seen.
    pub(crate) fn connections(&self) -> Vec<Node> {
        let connections = self.connections.iter().enumerate();
        connections.map(|(index, connection)| connection.node(index, &self.log)).collect()
    }

    /// Reads a datagram.
    pub(crate) fn datagram(&mut self, datagram: &Datagram) -> Node {
        let Datagram { number, time, from, to, payload, missing } = datagram;
        let mut node = Node::new("datagram", format!("#{number} {from} > {to}"))
            .at(0..payload.len())
            .with("number", *number)
            .with("time", format!("{}.{:06}", time.as_secs(), time.subsec_micros()));
        if *missing > 0 {
            node = node.with("missing", *missing);
        }
        let (mut bytes, mut at, path) = (payload.clone(), 0, (*from, *to));
        while at < bytes.len() {
            if at > 0 && bytes[at..].iter().all(|byte| *byte == 0) {
                // Not as the standard has it, but peers drop it without harm.
                node.children.push(Node::new("padding", "behind all packets").at(at..bytes.len()));
                break;
            }
            let draft = self.salts.disguise(&mut bytes[at..]);
            let ids = |behind: &[u8]| self.id_length(path, behind);
            // Ids that a packet brings are of use for the next, so each is split off anew.
            let packets = Coalesced::new(&mut bytes[at..], ids).greased_fixed_bit();
            match { packets }.next() {
                Some(Ok(packet)) => {
                    let mut end = at + packet.layout().end();
                    let cut_off = *missing > 0 && packet.kind() == PacketKind::OneRtt;
                    let whole = Part { at, path, draft, datagram: payload, cut_off };
                    let mut read = self.packet(&packet, whole);
                    // Where a sender leaves it to its card to cut packets up, they come in one.
                    if read.wrong.as_deref() == Some(UNAUTHENTIC)
                        && packet.kind() == PacketKind::OneRtt
                        && let Some((segment, first)) = self.segment(&bytes, whole)
                    {
                        (end, read) = (segment, first);
                    }
                    node.children.push(read.at(at..end));
                    at = end;
                }
                Some(Err(fault)) => {
                    let rest = at..payload.len();
                    let not_read = Node::new("packet", "not read").at(rest.clone());
                    node.children.push(match self.reset(path, payload) {
                        Some(reset) => reset.at(rest),
                        None if *missing > 0 => not_read.wrong(CUT_OFF),
                        None => not_read.wrong(fault),
                    });
                    break;
                }
                None => break,
            }
        }
        node
    }

    /// Reads the packet with a short header in `part`, which the keys do not open up to the end of
    /// its datagram, up to the end of a segment (UDP GSO, of any size). Returns where that is.
    fn segment(&mut self, bytes: &[u8], part: Part<'_>) -> Option<(usize, Node)> {
        let Part { at, path, .. } = part;
        let last = self.segments.get(&path).copied();
        // The usual ones first; then all that a link may carry.
        let usual = [1200, 1252, 1280, 1350, 1392, 1400, 1440, 1452, 1472].into_iter();
        let all = (MIN_SEGMENT..=MAX_SEGMENT.min(bytes.len() - 1)).rev();
        for size in last.into_iter().chain(usual).chain(all) {
            let end = (at / size + 1) * size;
            if end >= bytes.len() || end < at + MIN_SEGMENT {
                continue;
            }
            let mut copy = bytes[at..end].to_vec();
            let ids = |behind: &[u8]| self.id_length(path, behind);
            let packet = Coalesced::new(&mut copy, ids).greased_fixed_bit().next()?.ok()?;
            if !self.opens(&packet, path) {
                continue;
            }
            self.segments.insert(path, size);
            if let Some(connection) =
                self.place(&packet, path).and_then(|(index, _)| self.connections.get_mut(index))
            {
                // It was counted as one that stays closed.
                connection.packets -= 1;
                connection.closed -= 1;
            }
            return Some((end, self.packet(&packet, part).with("segment", size)));
        }
        None
    }

    /// Returns true if the keys of its connection open a packet with a short header.
    fn opens(&mut self, packet: &Packet<'_>, path: Path) -> bool {
        let Some((index, sender)) = self.place(packet, path) else { return false };
        let Some(connection) = self.connections.get_mut(index) else { return false };
        let sealed = Sealed {
            sender,
            kind: packet.kind(),
            version: connection.keys.version,
            packet: packet.as_slice(),
            destination: packet.destination(),
            largest: connection.largest(sender, packet.kind()),
        };
        connection.keys.open(&self.log, &sealed).is_ok()
    }

    /// The length of the connection id in front of `behind`, in a packet with a short header: the
    /// longest that is known.
    fn id_length(&self, path: Path, behind: &[u8]) -> Option<usize> {
        let known =
            |length: &usize| behind.get(..*length).is_some_and(|id| self.ids.contains_key(id));
        if let Some(length) = (1..=ConnectionId::<20>::MAX).rev().find(known) {
            return Some(length);
        }
        let (connection, sender) = *self.paths.get(&path)?;
        self.without_ids.contains(&(connection, other(sender))).then_some(0)
    }

    /// Finds the connection of a packet, and its sender.
    fn place(&mut self, packet: &Packet<'_>, path: Path) -> Option<Place> {
        self.place_of(packet, path, None)
    }

    /// Does the same for a packet of this draft, if it is of one.
    fn place_of(
        &mut self,
        packet: &Packet<'_>,
        path: Path,
        draft: Option<Version>,
    ) -> Option<Place> {
        let destination = packet.destination();
        if let Some(&(connection, receiver)) = self.ids.get(destination)
            && !destination.is_empty()
        {
            return Some((connection, other(receiver)));
        }
        match packet.kind() {
            // An answer to a client with empty ids is found by the addresses; an unknown one begins
            // a connection.
            PacketKind::Initial | PacketKind::ZeroRtt if !destination.is_empty() => {
                let (version, id) = (packet.version()?, ConnectionId::new(destination)?);
                let version = draft.unwrap_or(version);
                let connection = Connection::new(version, destination, self.salts.clone());
                self.connections.push(connection);
                let connection = self.connections.len() - 1;
                self.ids.insert(id, (connection, Role::Server));
                Some((connection, Role::Client))
            }
            _ => self.paths.get(&path).copied(),
        }
    }

    fn packet(&mut self, packet: &Packet<'_>, part: Part<'_>) -> Node {
        let Part { at, path, draft, datagram, cut_off } = part;
        let kind = packet.kind();
        let node = Node::new("packet", kind.to_string());
        let header = match packet.header() {
            Ok(header) => header,
            Err(discard) => return node.wrong(discard),
        };
        let node = described(node, &header, draft);
        let Some((index, sender)) = self.place_of(packet, path, draft) else {
            return node.wrong("of no connection that began in this capture");
        };
        self.paths.insert(path, (index, sender));
        self.paths.insert((path.1, path.0), (index, other(sender)));
        let node = node
            .with("connection", index)
            .with("from", if sender == Role::Client { "client" } else { "server" });
        if !matches!(kind, PacketKind::OneRtt | PacketKind::VersionNegotiation)
            && let Some(source) = ConnectionId::new(header.source())
        {
            if source.is_empty() {
                self.without_ids.insert((index, sender));
            } else {
                self.ids.insert(source, (index, sender));
            }
        }
        let Some(connection) = self.connections.get_mut(index) else { return node };
        connection.packets += 1;
        let version = draft.or(packet.version()).unwrap_or(connection.keys.version);
        if kind == PacketKind::Retry && draft.is_some() {
            return node.with("integrity", "not checked");
        }
        if kind == PacketKind::Retry {
            let id = connection.keys.original_id();
            let authentic = retry_is_authentic(version, id, packet.as_slice());
            return if authentic { node } else { node.wrong("its integrity tag is another") };
        }
        if !kind.is_protected() {
            return node;
        }
        if sender == Role::Server {
            connection.keys.version = version;
        }
        if cut_off {
            connection.closed += 1;
            return node.wrong(CUT_OFF);
        }
        let sealed = Sealed {
            sender,
            kind,
            version,
            packet: packet.as_slice(),
            destination: packet.destination(),
            largest: connection.largest(sender, kind),
        };
        let opened = connection.keys.open(&self.log, &sealed);
        let unprotected = match opened {
            Ok(unprotected) => unprotected,
            Err(closed) => {
                connection.closed += 1;
                let reset =
                    if kind == PacketKind::OneRtt { self.reset(path, datagram) } else { None };
                return reset.unwrap_or_else(|| node.wrong(why(&closed)));
            }
        };
        let mut new_ids = NewIds::new();
        let payload_at = at + unprotected.payload_at;
        let (frames, error) =
            connection.receive(sender, kind, &unprotected, payload_at, &mut new_ids);
        self.ids.extend(new_ids.into_iter().map(|(id, owner)| (id, (index, owner))));
        let mut node = node.with("number", unprotected.number);
        if kind == PacketKind::OneRtt {
            node = node.with("key_phase", u8::from(unprotected.key_phase));
            node = node.with("spin", u8::from(unprotected.spin));
        }
        node.children = frames;
        match error {
            Some(error) => node.wrong(error),
            None => node,
        }
    }

    /// The datagram as a stateless reset, if it ends as one of this path does (RFC 9000 §10.3).
    fn reset(&self, path: Path, datagram: &[u8]) -> Option<Node> {
        let &(index, _) = self.paths.get(&path)?;
        let tokens = &self.connections.get(index)?.reset_tokens;
        let (sender, _) = tokens.iter().find(|(_, token)| token.is_at_the_end_of(datagram))?;
        let sender = if *sender == Role::Client { "client" } else { "server" };
        Some(Node::new("packet", "Stateless Reset").with("connection", index).with("from", sender))
    }
}

/// Describes the part of a header that needs no keys.
fn described(node: Node, header: &Header<'_>, draft: Option<Version>) -> Node {
    let node = match draft.or(header.version()) {
        Some(version) => node.with("version", version.to_string()),
        None => node,
    };
    let node = node.with("destination", hex(header.destination()));
    let node = match header {
        Header::OneRtt { .. } => node,
        _ => node.with("source", hex(header.source())),
    };
    match header {
        Header::Initial { token, .. } | Header::Retry { token, .. } if !token.is_empty() => {
            node.with("token", hex(token))
        }
        Header::VersionNegotiation { versions, .. } => {
            let versions = versions.iter().map(|version: Version| Value::from(version.to_string()));
            node.with("versions", versions.collect::<Vec<_>>())
        }
        _ => node,
    }
}

fn why(closed: &Closed) -> String {
    match closed {
        Closed::NoKeys => "there are no keys for it".to_owned(),
        Closed::Error(UnprotectError::Discard(Discard::Unauthentic)) => UNAUTHENTIC.to_owned(),
        Closed::Error(error) => error.to_string(),
    }
}

fn other(side: Role) -> Role {
    match side {
        Role::Client => Role::Server,
        Role::Server => Role::Client,
    }
}
