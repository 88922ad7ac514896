//! A client that knows just enough to be let in.

use std::{error::Error, sync::Arc};

use rustls::quic::{ClientConnection, KeyChange, Version as TlsVersion};
use segue::{Buffer, Output, Step};
use segue_quic::{
    Coalesced, ConnectionId, Header, MIN_INITIAL_DATAGRAM, PacketKind, Role, UnprotectError,
    VarInt, Version,
    frame::{CloseReason, ConnectionClose, Frame, Payload},
    protect::{self, Keys, RingKeys, RustlsKeys},
    tls::{HandshakeMessage, Hello},
    transport_parameters::{ConnectionIds, Parameters, TransportParameters},
};

use crate::space::{AnyKeys, Space};

pub(crate) struct Client {
    tls: ClientConnection,
    /// Initial, Handshake and 1-RTT.
    spaces: [Space; 3],
    /// The space that TLS sends in.
    level: usize,
    /// The connection id that the client made up for the server, and the one that it has.
    original: ConnectionId,
    destination: ConnectionId,
    source: ConnectionId,
    confirmed: bool,
    over: bool,
}

impl Client {
    pub(crate) fn new(
        config: Arc<rustls::ClientConfig>,
        server: &'static str,
    ) -> Result<Self, Box<dyn Error>> {
        let mut random = [0; 16];
        config.crypto_provider().secure_random.fill(&mut random).map_err(|_| "no random bytes")?;
        let (destination, source) = random.split_at(8);
        let [destination, source] =
            [destination, source].map(|id| ConnectionId::new(id).unwrap_or_default());

        let mut ours = TransportParameters::new();
        ours.initial_source = Some(source);
        ours.grease_quic_bit = true;
        let mut parameters = Vec::new();
        ours.encode(Role::Client, &mut parameters)?;
        let tls = ClientConnection::new(config, TlsVersion::V1, server.try_into()?, parameters)?;

        let keys = protect::initial(Version::V1, &destination).ok_or("the version is known")?;
        let kinds = [PacketKind::Initial, PacketKind::Handshake, PacketKind::OneRtt];
        let mut spaces = kinds.map(Space::new);
        spaces[0].keys = Some((from_ring(keys.server), from_ring(keys.client)));
        let (level, confirmed, over) = (0, false, false);
        let original = destination;
        let mut client =
            Self { tls, spaces, level, original, destination, source, confirmed, over };
        client.take_from_tls();
        Ok(client)
    }

    /// Returns true if there is nothing more to do.
    pub(crate) fn is_done(&self) -> bool {
        self.over
    }

    /// Writes the next datagram, if there is one to be sent.
    pub(crate) fn send(&mut self, room: &mut [u8]) -> Result<Option<usize>, Box<dyn Error>> {
        let close = self.confirmed && !self.over;
        let Some(last) = self.spaces.iter().rposition(Space::has_to_send) else {
            return Ok(None);
        };
        let room = room.get_mut(..MIN_INITIAL_DATAGRAM).ok_or("there is no room")?;
        let (version, mut end, mut initial) = (Version::V1, 0, false);
        for index in 0..=last {
            let space = &mut self.spaces[index];
            if !space.has_to_send() {
                continue;
            }
            let (destination, source) = (&*self.destination, &*self.source);
            let header = match space.kind {
                PacketKind::Initial => {
                    initial = true;
                    Header::Initial { version, destination, source, token: &[] }
                }
                PacketKind::Handshake => Header::Handshake { version, destination, source },
                _ => Header::OneRtt { destination, spin: false },
            };
            // The last packet fills a datagram that has an Initial packet in it.
            let least = if initial && index == last { room.len() - end } else { 0 };
            let bye =
                ConnectionClose { error: CloseReason::Application(VarInt::ZERO), reason: b"" };
            let bye = (close && space.kind == PacketKind::OneRtt).then(|| Frame::from(bye));
            self.over |= bye.is_some();
            end += space.packet(&mut room[end..], &header, least, bye)?;
        }
        Ok(Some(end))
    }

    /// Takes a datagram apart.
    pub(crate) fn receive(&mut self, datagram: &mut [u8]) -> Result<(), Box<dyn Error>> {
        for packet in Coalesced::new(datagram, self.source.len()).greased_fixed_bit() {
            let packet = match packet {
                Ok(packet) => packet,
                dropped => {
                    println!("  dropped: {dropped:?}");
                    continue;
                }
            };
            let index = match packet.kind() {
                PacketKind::Initial => 0,
                PacketKind::Handshake => 1,
                PacketKind::OneRtt => 2,
                other => return Err(format!("no {other} packet was expected").into()),
            };
            if let Header::Initial { source, .. } = packet.header()? {
                // From now on the server is addressed by the id that it chose (§7.2).
                self.destination = ConnectionId::new(source).unwrap_or_default();
            }
            let space = &mut self.spaces[index];
            let Some((keys, _)) = &space.keys else {
                println!("  {}: there are no keys yet", packet.kind());
                continue;
            };
            match packet.unprotect(keys, space.received.largest()) {
                Ok(opened) if space.received.receive(opened.number()) => {
                    println!("  {} {}", opened.kind(), opened.number());
                    self.frames(index, opened.into_payload())?;
                }
                Ok(again) => println!("  {} {}: a duplicate", again.kind(), again.number()),
                Err(UnprotectError::Discard(why)) => println!("  dropped: {why}"),
                Err(UnprotectError::Close(error)) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn frames(&mut self, index: usize, payload: &[u8]) -> Result<(), Box<dyn Error>> {
        let Self { tls, spaces, original, destination, .. } = self;
        let ids = ConnectionIds {
            initial_source: destination,
            original_destination: original,
            retry_source: None,
        };
        let space = &mut spaces[index];
        for frame in Payload::new(payload, space.kind).sent_by(Role::Server) {
            let frame = frame?;
            println!("    {}", frame.frame_type());
            space.to_acknowledge |= frame.frame_type().is_ack_eliciting();
            match frame {
                Frame::Crypto(crypto) => {
                    space.crypto(crypto.offset, crypto.data, |message| {
                        handshake(tls, &ids, message)
                    })?;
                }
                Frame::HandshakeDone(_) => self.confirmed = true,
                Frame::ConnectionClose(close) => {
                    return Err(format!("the server closes: {close:?}").into());
                }
                _ => {}
            }
        }
        self.take_from_tls();
        Ok(())
    }

    /// Queues what TLS has to say, and takes the keys that it has made.
    fn take_from_tls(&mut self) {
        loop {
            let mut bytes = Vec::new();
            let change = self.tls.write_hs(&mut bytes);
            self.spaces[self.level].crypto.put(&bytes);
            let keys = match change {
                Some(KeyChange::Handshake { keys } | KeyChange::OneRtt { keys, .. }) => keys,
                None => return,
            };
            self.level += 1;
            self.spaces[self.level].keys =
                Some((from_rustls(keys.remote), from_rustls(keys.local)));
        }
    }
}

/// Prints a message, and hands it on to TLS.
fn handshake(
    tls: &mut ClientConnection,
    ids: &ConnectionIds<'_>,
    message: HandshakeMessage<'_>,
) -> Result<(), Box<dyn Error>> {
    let HandshakeMessage { kind, body } = message;
    println!("      {} of {} bytes", message.name().unwrap_or("a message"), body.len());
    match message.hello() {
        Some(Hello::Server(hello)) => {
            println!("        random {}", hex(hello.random));
            println!("        cipher suite {:?}", hello.suite()?);
            for (kind, content) in hello.extensions.iter() {
                println!("        extension {kind}: {}", hex(content));
            }
        }
        Some(Hello::Encrypted(extensions)) => {
            let parameters = extensions.transport_parameters();
            let parameters = parameters.ok_or("the server sends no transport parameters")?;
            print_parameters(parameters)?;
            // Nobody on the path has changed a connection id (RFC 9000 §7.3).
            TransportParameters::decode(parameters, Role::Server)?
                .authenticate(Role::Server, ids)?;
        }
        _ => {}
    }
    let [_, a, b, c] = u32::try_from(body.len())?.to_be_bytes();
    Ok(tls.read_hs(&[&[kind, a, b, c], body].concat())?)
}

fn print_parameters(parameters: &[u8]) -> Result<(), Box<dyn Error>> {
    let (mut stage, mut buffer) = (Parameters::new(), Buffer::from(parameters));
    while let Step::Item(parameter) = buffer.step(&mut stage, true, &mut Output::new())? {
        let name = match TransportParameters::name(parameter.id) {
            Some(name) => name.to_owned(),
            None => format!("{:#x}, which is not known", parameter.id),
        };
        println!("        {name}: {}", hex(parameter.value));
    }
    Ok(())
}

fn from_ring(keys: RingKeys) -> AnyKeys {
    Keys { header: Box::new(keys.header), packet: Box::new(keys.packet) }
}

fn from_rustls(keys: rustls::quic::DirectionalKeys) -> AnyKeys {
    let Keys { header, packet } = RustlsKeys::from(keys);
    Keys { header: Box::new(header), packet: Box::new(packet) }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
