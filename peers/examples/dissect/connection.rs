//! A connection, as somebody on the path knows it who has the keys.

use segue::{Output, Step};
use segue_quic::{
    ConnectionId, KeyLog, PacketKind, Role, StatelessResetToken, TransportError, VarInt, Version,
    frame::{Drafts, Frame, NewConnectionId, Payload},
    stream::CryptoStream,
    tls::{Extensions, HandshakeMessage, HandshakeMessages, Hello},
    transport_parameters::{Parameters, TransportParameters},
};
use serde_json::{Map, Value, json};

use crate::{
    drafts::Salts,
    frames,
    keyring::{Keyring, Unprotected},
    streams::Streams,
    tree::{Node, hex},
};

/// A connection.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) keys: Keyring,
    /// The highest packet number of each end, by [`space`].
    largest: [[Option<u64>; 3]; 2],
    /// The handshake data of each end: of its Initial packets, by the
    /// [attempt](Unprotected::attempt), then of Handshake and of 1-RTT packets.
    initials: [Vec<Handshake>; 2],
    handshakes: [[Handshake; 2]; 2],
    streams: Streams,
    /// The last bytes of the server's and the client's stateless resets.
    pub(crate) reset_tokens: Vec<(Role, StatelessResetToken)>,
    pub(crate) packets: u64,
    /// Packets that stayed closed.
    pub(crate) closed: u64,
}

/// The handshake data that one end sent at one encryption level.
#[derive(Debug, Default)]
struct Handshake {
    bytes: CryptoStream,
    messages: HandshakeMessages,
    /// Behind a message that could not be read, nothing can.
    lost: bool,
}

/// Connection ids that came to be known by a packet: whose they are.
pub(crate) type NewIds = Vec<(ConnectionId, Role)>;

impl Connection {
    pub(crate) fn new(version: Version, initial_id: &[u8], salts: Salts) -> Self {
        Self {
            keys: Keyring::new(version, initial_id, salts),
            largest: Default::default(),
            initials: Default::default(),
            handshakes: Default::default(),
            streams: Streams::default(),
            reset_tokens: Vec::new(),
            packets: 0,
            closed: 0,
        }
    }

    /// The highest number of a packet of this kind that `sender` sent.
    pub(crate) fn largest(&self, sender: Role, kind: PacketKind) -> Option<u64> {
        self.largest[sender as usize][space(kind)]
    }

    /// Reads what a packet carries; `at` is where its payload begins in the datagram.
    pub(crate) fn receive(
        &mut self,
        sender: Role,
        kind: PacketKind,
        packet: &Unprotected,
        at: usize,
        new_ids: &mut NewIds,
    ) -> (Vec<Node>, Option<TransportError>) {
        let largest = &mut self.largest[sender as usize][space(kind)];
        *largest = (*largest).max(Some(packet.number));
        let mut nodes = Vec::new();
        // What was agreed on may have been before the capture.
        let mut payload =
            Payload::new(&packet.payload, kind).max_datagram_frame(VarInt::MAX).drafts(Drafts::ALL);
        loop {
            let begin = payload.offset();
            let Some(next) = payload.next() else { return (nodes, None) };
            let frame = match next {
                Ok(frame) => frame,
                Err(error) => return (nodes, Some(error)),
            };
            let mut node = frames::node(&frame).at(at + begin..at + payload.offset());
            self.take(sender, kind, packet.attempt, &frame, &mut node, new_ids);
            nodes.push(node);
        }
    }

    fn take(
        &mut self,
        sender: Role,
        kind: PacketKind,
        attempt: usize,
        frame: &Frame<'_>,
        node: &mut Node,
        new_ids: &mut NewIds,
    ) {
        match frame {
            Frame::Crypto(crypto) => {
                let handshake = self.handshake(sender, kind, attempt);
                if let Err(error) = handshake.bytes.receive(crypto.offset.value(), crypto.data) {
                    node.wrong = Some(error.to_string());
                }
                self.messages(sender, kind, attempt, node, new_ids);
            }
            Frame::Stream(stream) => self.streams.data(sender, stream),
            Frame::ResetStream(reset) => self.streams.reset(sender, reset),
            Frame::NewConnectionId(NewConnectionId { id, reset_token, .. }) => {
                new_ids.extend(ConnectionId::new(id).map(|id| (id, sender)));
                self.reset_tokens.push((sender, StatelessResetToken(**reset_token)));
            }
            _ => {}
        }
    }

    /// The handshake data that packets of this kind carry.
    fn handshake(&mut self, sender: Role, kind: PacketKind, attempt: usize) -> &mut Handshake {
        let sender = sender as usize;
        match space(kind) {
            0 => {
                let initials = &mut self.initials[sender];
                let wanted = initials.len().max(attempt + 1);
                initials.resize_with(wanted, Handshake::default);
                &mut initials[attempt]
            }
            1 => &mut self.handshakes[sender][0],
            _ => &mut self.handshakes[sender][1],
        }
    }

    /// The handshake messages that are whole now.
    fn messages(
        &mut self,
        sender: Role,
        kind: PacketKind,
        attempt: usize,
        node: &mut Node,
        new_ids: &mut NewIds,
    ) {
        // Lent out, since what is heard goes elsewhere in the connection.
        let mut lent = std::mem::take(self.handshake(sender, kind, attempt));
        let handshake = &mut lent;
        while !handshake.lost {
            match handshake.bytes.step(&mut handshake.messages, &mut Output::new()) {
                Ok(Step::Item(message)) => {
                    node.children.push(self.heard(&message, sender, new_ids));
                }
                Ok(_) => break,
                Err(fault) => {
                    handshake.lost = true;
                    node.wrong = Some(fault.to_string());
                }
            }
        }
        *self.handshake(sender, kind, attempt) = lent;
    }

    /// The summary at the end.
    pub(crate) fn node(&self, index: usize, log: &KeyLog) -> Node {
        let mut node = Node::new("connection", format!("connection {index}"))
            .with("version", self.keys.version.to_string())
            .with("first_destination", hex(self.keys.original_id()))
            .with("packets", self.packets)
            .with("closed", self.closed);
        if let Some(suite) = self.keys.suite {
            node = node.with("suite", format!("{suite:?}"));
        }
        if let Some(random) = self.keys.random {
            node = node.with("client_random", hex(&random));
            if !log.connections().any(|known| *known == random) {
                node = node.wrong("the key log does not know it");
            }
        }
        node.children = self.streams.nodes();
        node
    }
}

impl Connection {
    /// Notes the facts of a handshake message that are of use here.
    fn heard(
        &mut self,
        message: &HandshakeMessage<'_>,
        sender: Role,
        new_ids: &mut NewIds,
    ) -> Node {
        let name = message.name().map_or(format!("message {}", message.kind), ToOwned::to_owned);
        let node = Node::new("message", name).with("length", 4 + message.body.len());
        let parameters = |extensions: &Extensions<'_>| {
            extensions
                .transport_parameters()
                .or_else(|| extensions.find(OF_DRAFTS))
                .map(<[u8]>::to_vec)
        };
        match message.hello() {
            Some(Hello::Client(hello)) => {
                self.keys.random = Some(*hello.random);
                let node = node.with("random", hex(hello.random));
                self.parameters(node, sender, parameters(&hello.extensions), new_ids)
            }
            Some(Hello::Server(hello)) => {
                self.keys.suite = hello.suite().ok();
                node.with("cipher_suite", format!("{:#06x}", hello.cipher_suite))
            }
            Some(Hello::Encrypted(extensions)) => {
                self.parameters(node, sender, parameters(&extensions), new_ids)
            }
            None => node,
        }
    }

    /// The transport parameters, by their names.
    fn parameters(
        &mut self,
        node: Node,
        sender: Role,
        extension: Option<Vec<u8>>,
        new_ids: &mut NewIds,
    ) -> Node {
        let Some(extension) = extension else { return node };
        let shown = Parameters::iter(&extension).filter_map(Result::ok).map(|parameter| {
            let id = parameter.id;
            let name = match TransportParameters::name(id) {
                Some(name) => name.to_owned(),
                None if TransportParameters::is_reserved(id) => format!("grease {id:#x}"),
                None => format!("{id:#x}"),
            };
            (name, json!(hex(parameter.value)))
        });
        let node = node.with("transport_parameters", Value::Object(shown.collect::<Map<_, _>>()));
        match TransportParameters::decode(&extension, sender) {
            Ok(parameters) => {
                let tokens = &mut self.reset_tokens;
                tokens.extend(parameters.stateless_reset_token.map(|token| (sender, token)));
                // A client that moves there sends to this id (RFC 9000 §9.6).
                if let Some(preferred) = parameters.preferred_address {
                    tokens.push((sender, preferred.reset_token));
                    new_ids.push((preferred.id, sender));
                }
                node
            }
            Err(error) => node.wrong(error),
        }
    }
}

/// The extension with the transport parameters, in drafts before -33.
const OF_DRAFTS: u16 = 0xffa5;

/// Packet numbers are counted by these: Initial, Handshake, and all others (RFC 9000 §12.3).
fn space(kind: PacketKind) -> usize {
    match kind {
        PacketKind::Initial => 0,
        PacketKind::Handshake => 1,
        _ => 2,
    }
}
