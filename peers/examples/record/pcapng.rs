//! Captures as pcapng, of UDP datagrams under IP headers that were made up for them.

use std::{io, net::SocketAddr, time::Duration};

use etherparse::PacketBuilder;

/// A capture that is being written (draft-ietf-opsawg-pcapng §4).
pub(crate) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// A capture of one interface whose packets begin with their IP header.
    pub(crate) fn new() -> Self {
        let mut writer = Self { bytes: Vec::new() };
        // A section of version 1.0 and of a length that is not told.
        let magic = 0x1a2b_3c4d_u32.to_le_bytes();
        writer.block(0x0a0d_0d0a, &[&magic[..], &[1, 0, 0, 0], &[0xff; 8]].concat());
        // An interface of link type RAW, which cuts nothing off.
        writer.block(1, &[101, 0, 0, 0, 0, 0, 0, 0]);
        writer
    }

    /// Adds a datagram, `time` after 1970.
    pub(crate) fn datagram(
        &mut self,
        time: Duration,
        from: SocketAddr,
        to: SocketAddr,
        payload: &[u8],
    ) -> io::Result<()> {
        let builder = match (from, to) {
            (SocketAddr::V4(from), SocketAddr::V4(to)) => {
                PacketBuilder::ipv4(from.ip().octets(), to.ip().octets(), 64)
            }
            (SocketAddr::V6(from), SocketAddr::V6(to)) => {
                PacketBuilder::ipv6(from.ip().octets(), to.ip().octets(), 64)
            }
            _ => return Err(io::Error::other("the addresses are of two kinds")),
        };
        let mut packet = Vec::new();
        let udp = builder.udp(from.port(), to.port());
        udp.write(&mut packet, payload).map_err(io::Error::other)?;
        let ticks = u64::try_from(time.as_micros()).map_err(io::Error::other)?;
        let length = u32::try_from(packet.len()).map_err(io::Error::other)?;
        let mut body = vec![0; 4];
        for word in [(ticks >> 32) as u32, (ticks & 0xffff_ffff) as u32, length, length] {
            body.extend(word.to_le_bytes());
        }
        body.append(&mut packet);
        self.block(6, &body);
        Ok(())
    }

    /// Adds a key log, for the datagrams that follow: a Decryption Secrets Block (§4.7).
    #[allow(dead_code, reason = "not all who write captures have one")]
    pub(crate) fn secrets(&mut self, keys: &[u8]) {
        let length = u32::try_from(keys.len()).expect("key logs are short");
        self.block(10, &[&0x544c_534b_u32.to_le_bytes()[..], &length.to_le_bytes(), keys].concat());
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// A block: its type and its length, which stands behind it as well.
    fn block(&mut self, kind: u32, body: &[u8]) {
        let padded = body.len().next_multiple_of(4);
        let length = u32::try_from(12 + padded).expect("blocks are short").to_le_bytes();
        self.bytes.extend(kind.to_le_bytes());
        self.bytes.extend(length);
        self.bytes.extend(body);
        self.bytes.resize(self.bytes.len() + padded - body.len(), 0);
        self.bytes.extend(length);
    }
}
