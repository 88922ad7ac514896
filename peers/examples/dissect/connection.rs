//! A connection, as somebody on the path knows it who has the keys.

use segue::{Output, Step};
use segue_quic::{
    ConnectionId, KeyLog, PacketKind, Role, StatelessResetToken, TransportError, VarInt, Version,
    frame::{Frame, NewConnectionId, Payload},
    stream::CryptoStream,
    tls::{HandshakeMessage, HandshakeMessages, Hello},
    transport_parameters::{Parameters, TransportParameters},
};
use serde_json::{Map, Value, json};

use crate::{
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
    handshakes: [[Handshake; 3]; 2],
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
    pub(crate) fn new(version: Version, initial_id: &[u8]) -> Self {
        Self {
            keys: Keyring::new(version, initial_id),
            largest: Default::default(),
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
        let (mut payload, mut done) = (frames_of(&packet.payload, kind), 0);
        loop {
            let begin = done + payload.offset();
            let next = payload.next();
            let end = done + payload.offset();
            match next {
                Some(Ok(frame)) => {
                    let mut node = frames::node(&frame).at(at + begin..at + end);
                    self.take(sender, kind, &frame, &mut node, new_ids);
                    nodes.push(node);
                }
                Some(Err(error)) => match frames::extension(&packet.payload[begin..]) {
                    Some((node, size)) => {
                        done = begin + size;
                        nodes.push(node.at(at + begin..at + done));
                        if done == packet.payload.len() {
                            return (nodes, None);
                        }
                        payload = frames_of(&packet.payload[done..], kind);
                    }
                    None => return (nodes, Some(error)),
                },
                None => return (nodes, None),
            }
        }
    }

    fn take(
        &mut self,
        sender: Role,
        kind: PacketKind,
        frame: &Frame<'_>,
        node: &mut Node,
        new_ids: &mut NewIds,
    ) {
        match frame {
            Frame::Crypto(crypto) => {
                let handshake = &mut self.handshakes[sender as usize][space(kind)];
                if let Err(error) = handshake.bytes.receive(crypto.offset.value(), crypto.data) {
                    node.wrong = Some(error.to_string());
                }
                self.messages(sender, kind, node);
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

    /// The handshake messages that are whole now.
    fn messages(&mut self, sender: Role, kind: PacketKind, node: &mut Node) {
        let handshake = &mut self.handshakes[sender as usize][space(kind)];
        while !handshake.lost {
            match handshake.bytes.step(&mut handshake.messages, &mut Output::new()) {
                Ok(Step::Item(message)) => {
                    let (keys, tokens) = (&mut self.keys, &mut self.reset_tokens);
                    node.children.push(heard(&message, sender, keys, tokens));
                }
                Ok(_) => return,
                Err(fault) => {
                    handshake.lost = true;
                    node.wrong = Some(fault.to_string());
                }
            }
        }
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

/// The frames of a payload. The parameters that allow for some may have come before the capture.
fn frames_of(payload: &[u8], kind: PacketKind) -> Payload<'_> {
    Payload::new(payload, kind).max_datagram_frame(VarInt::MAX)
}

/// Notes the facts of a handshake message that are of use here.
fn heard(
    message: &HandshakeMessage<'_>,
    sender: Role,
    keys: &mut Keyring,
    tokens: &mut Vec<(Role, StatelessResetToken)>,
) -> Node {
    let name = message.name().map_or(format!("message {}", message.kind), ToOwned::to_owned);
    let node = Node::new("message", name).with("length", 4 + message.body.len());
    match message.hello() {
        Some(Hello::Client(hello)) => {
            keys.random = Some(*hello.random);
            let node = node.with("random", hex(hello.random));
            parameters(node, sender, hello.extensions.transport_parameters(), tokens)
        }
        Some(Hello::Server(hello)) => {
            keys.suite = hello.suite().ok();
            node.with("cipher_suite", format!("{:#06x}", hello.cipher_suite))
        }
        Some(Hello::Encrypted(extensions)) => {
            parameters(node, sender, extensions.transport_parameters(), tokens)
        }
        None => node,
    }
}

/// The transport parameters, by their names.
fn parameters(
    node: Node,
    sender: Role,
    extension: Option<&[u8]>,
    tokens: &mut Vec<(Role, StatelessResetToken)>,
) -> Node {
    let Some(extension) = extension else { return node };
    let shown = Parameters::iter(extension).filter_map(Result::ok).map(|parameter| {
        let id = parameter.id;
        let name = match TransportParameters::name(id) {
            Some(name) => name.to_owned(),
            None if TransportParameters::is_reserved(id) => format!("grease {id:#x}"),
            None => format!("{id:#x}"),
        };
        (name, json!(hex(parameter.value)))
    });
    let node = node.with("transport_parameters", Value::Object(shown.collect::<Map<_, _>>()));
    match TransportParameters::decode(extension, sender) {
        Ok(parameters) => {
            tokens.extend(parameters.stateless_reset_token.map(|token| (sender, token)));
            node
        }
        Err(error) => node.wrong(error),
    }
}

/// Packet numbers are counted by these: Initial, Handshake, and all others (RFC 9000 §12.3).
fn space(kind: PacketKind) -> usize {
    match kind {
        PacketKind::Initial => 0,
        PacketKind::Handshake => 1,
        _ => 2,
    }
}
