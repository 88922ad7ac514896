//! One packet number space (RFC 9000 §12.3): its keys, what came in it and what waits to be sent.

use std::error::Error;

use segue::{Output, Step};
use segue_quic::{
    BuildError, Header, PacketBuilder, PacketKind, PacketNumber, ReceivedPackets, VarInt,
    frame::{Ack, Builder, Frame},
    protect::{HeaderKey, Keys, PacketKey},
    stream::{CryptoStream, SendQueue},
    tls::{HandshakeMessage, HandshakeMessages},
};

/// Keys of whichever library.
pub(crate) type AnyKeys = Keys<Box<dyn HeaderKey>, Box<dyn PacketKey>>;

pub(crate) struct Space {
    pub(crate) kind: PacketKind,
    /// To unprotect what comes and to protect what goes, once they are there.
    pub(crate) keys: Option<(AnyKeys, AnyKeys)>,
    /// The handshake's bytes that wait to be sent.
    pub(crate) crypto: SendQueue,
    pub(crate) received: ReceivedPackets,
    pub(crate) to_acknowledge: bool,
    stream: CryptoStream,
    messages: HandshakeMessages,
    next: u64,
}

impl Space {
    pub(crate) fn new(kind: PacketKind) -> Self {
        Self {
            kind,
            keys: None,
            crypto: SendQueue::new(),
            received: ReceivedPackets::new(),
            to_acknowledge: false,
            stream: CryptoStream::new(),
            messages: HandshakeMessages::new(),
            next: 0,
        }
    }

    /// Takes the data of a CRYPTO frame, and hands on what messages it makes whole.
    pub(crate) fn crypto(
        &mut self,
        offset: VarInt,
        data: &[u8],
        mut message: impl FnMut(HandshakeMessage<'_>) -> Result<(), Box<dyn Error>>,
    ) -> Result<(), Box<dyn Error>> {
        self.stream.receive(offset.value(), data)?;
        while let Step::Item(item) = self.stream.step(&mut self.messages, &mut Output::new())? {
            message(item)?;
        }
        Ok(())
    }

    pub(crate) fn has_to_send(&self) -> bool {
        self.keys.is_some() && (self.to_acknowledge || self.crypto.has_more())
    }

    /// Writes a packet to the front of `room`, padded to `least` bytes, and says how long it is.
    pub(crate) fn packet(
        &mut self,
        room: &mut [u8],
        header: &Header<'_>,
        least: usize,
        last: Option<Frame<'_>>,
    ) -> Result<usize, Box<dyn Error>> {
        let (_, keys) = self.keys.as_ref().ok_or("there are no keys")?;
        // Nothing was acknowledged yet, or that was not looked at: the number takes what it must.
        let number = PacketNumber::new(self.next, None).ok_or(BuildError::NoRoom)?;
        self.next += 1;
        let mut packet = PacketBuilder::new(room, header, number)?;
        let mut frames = Vec::new();
        let mut payload = Builder::new(&mut frames, self.kind, packet.payload_room().len());
        let ranges: Vec<_> = self.received.ranges().collect();
        if let Some(ack) = Ack::new(&ranges, VarInt::ZERO, None)
            && self.to_acknowledge
        {
            payload.ack(ack)?;
            self.to_acknowledge = false;
        }
        // Of the room, type, offset and length of a frame take up to 13 bytes.
        while let Some(piece) = self.crypto.next(payload.room().saturating_sub(13), u64::MAX) {
            payload.crypto(VarInt::try_from(piece.offset)?, piece.data)?;
        }
        if let Some(frame) = last {
            payload.push(frame)?;
        }
        println!("sends {} {}: {} bytes of frames", self.kind, number.full(), frames.len());
        packet.put(&frames)?;
        packet.pad_to(least);
        Ok(packet.finish(keys)?)
    }
}
