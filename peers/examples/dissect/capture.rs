//! UDP datagrams and secrets out of a capture, stored or live.

use std::{
    error::Error,
    io::{self, Cursor, Read},
    net::SocketAddr,
    time::Duration,
};

use flate2::read::MultiGzDecoder;
use pcap_parser::{
    Block, PcapBlockOwned, PcapError, SecretsType, create_reader, traits::PcapReaderIterator,
};

use crate::{
    ip::{self, Fragments},
    link,
    skipped::{Skip, Skipped},
};

/// A UDP datagram of a capture.
#[derive(Debug, Clone)]
pub(crate) struct Datagram {
    /// The number of the packet in the capture, from 1 on; of fragments, that of the one with which
    /// the others were whole.
    pub(crate) number: usize,
    /// The time of the capture since 1970.
    pub(crate) time: Duration,
    pub(crate) from: SocketAddr,
    pub(crate) to: SocketAddr,
    pub(crate) payload: Vec<u8>,
    /// The number of bytes behind the payload that the capture has cut off.
    pub(crate) missing: usize,
}

/// What is in a capture.
#[derive(Debug)]
pub(crate) enum Found {
    Datagram(Datagram),
    /// A key log, as a Decryption Secrets Block has it (draft-ietf-opsawg-pcapng §4.7).
    Secrets(Vec<u8>),
}

/// A capture that is being read.
pub(crate) struct Capture {
    reader: Box<dyn PcapReaderIterator + Send>,
    packets: Packets,
}

/// The state of reading packets.
#[derive(Debug, Default)]
struct Packets {
    interfaces: Vec<Interface>,
    number: usize,
    fragments: Fragments,
    skipped: Skipped,
}

/// The link layer of an interface, and the unit of its times.
#[derive(Debug, Clone, Copy)]
struct Interface {
    link: i32,
    /// Ticks of its clock in a second.
    ticks: u64,
    /// Seconds that are added.
    offset: i64,
}

/// The longest block of a capture that is read: a packet of 256 KiB, which is what tools capture
/// at most, and some room.
const BLOCK: usize = 1 << 19;

impl Capture {
    /// A capture in pcap or pcapng, whichever it begins as, compressed by gzip or not.
    pub(crate) fn new(mut source: impl Read + Send + 'static) -> Result<Self, Box<dyn Error>> {
        let mut magic = Vec::new();
        source.by_ref().take(2).read_to_end(&mut magic)?;
        let compressed = magic == [0x1f, 0x8b];
        let source = Cursor::new(magic).chain(source);
        let mut source: Box<dyn Read + Send> =
            if compressed { Box::new(MultiGzDecoder::new(source)) } else { Box::new(source) };
        // The parser wants all of the header at once, which a pipe may bring in pieces.
        let header = header(&mut source)?;
        let source = Cursor::new(header).chain(source);
        let reader = create_reader(BLOCK, source).map_err(described)?;
        Ok(Self { reader, packets: Packets::default() })
    }

    /// Gives all datagrams and secrets to `see`, each as soon as it is there.
    pub(crate) fn each(
        &mut self,
        mut see: impl FnMut(Found) -> io::Result<()>,
    ) -> Result<(), Box<dyn Error>> {
        loop {
            let exhausted = self.reader.reader_exhausted();
            match self.reader.next() {
                Ok((size, block)) => {
                    let found = self.packets.read(&block);
                    self.reader.consume(size);
                    found.map_or(Ok(()), &mut see)?;
                }
                Err(PcapError::Eof) => return Ok(()),
                Err(PcapError::Incomplete(_)) if !exhausted => {
                    self.reader.refill().map_err(described)?;
                }
                Err(PcapError::Incomplete(_) | PcapError::UnexpectedEof) => {
                    return Err("the capture ends inside a block".into());
                }
                Err(error) => return Err(described(error)),
            }
        }
    }

    /// The packets that were skipped, those among them whose other fragments did not come.
    pub(crate) fn skipped(mut self) -> Skipped {
        for number in self.packets.fragments.waiting() {
            self.packets.skipped.note(Skip::Fragment, number);
        }
        self.packets.skipped
    }
}

/// The header of a capture: 24 bytes, or a Section Header Block.
fn header(source: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut header = Vec::new();
    source.take(24).read_to_end(&mut header)?;
    if let [0x0a, 0x0d, 0x0d, 0x0a, a, b, c, d, magic, ..] = header[..] {
        // The order of bytes is that of 0x1a2b3c4d.
        let length = match magic {
            0x1a => u32::from_be_bytes([a, b, c, d]),
            _ => u32::from_le_bytes([a, b, c, d]),
        };
        let rest = u64::from(length).min(BLOCK as u64).saturating_sub(24);
        source.take(rest).read_to_end(&mut header)?;
    }
    Ok(header)
}

impl Packets {
    /// What a block holds, if anything.
    fn read(&mut self, block: &PcapBlockOwned<'_>) -> Option<Found> {
        let (interface, ticks, data) = match block {
            PcapBlockOwned::LegacyHeader(header) => {
                let ticks =
                    if header.is_nanosecond_precision() { 1_000_000_000 } else { 1_000_000 };
                // The upper bits are of the frame check sequence.
                let link = header.network.0 & 0xffff;
                self.interfaces.push(Interface { link, ticks, offset: 0 });
                return None;
            }
            PcapBlockOwned::Legacy(packet) => {
                let interface = self.interfaces.first().copied();
                let second = interface.map_or(0, |interface| interface.ticks);
                let ticks = u64::from(packet.ts_sec) * second + u64::from(packet.ts_usec);
                (interface, ticks, packet.data)
            }
            PcapBlockOwned::NG(Block::SectionHeader(_)) => {
                self.interfaces.clear();
                return None;
            }
            PcapBlockOwned::NG(Block::InterfaceDescription(description)) => {
                let ticks = description.ts_resolution().unwrap_or(1_000_000).max(1);
                let (link, offset) = (description.linktype.0, description.if_tsoffset);
                self.interfaces.push(Interface { link, ticks, offset });
                return None;
            }
            PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
                let interface = usize::try_from(packet.if_id).ok();
                let interface = interface.and_then(|id| self.interfaces.get(id)).copied();
                let ticks = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
                (interface, ticks, up_to(packet.data, packet.caplen))
            }
            // Without a time, and behind its data perhaps padding.
            PcapBlockOwned::NG(Block::SimplePacket(packet)) => {
                (self.interfaces.first().copied(), 0, up_to(packet.data, packet.origlen))
            }
            PcapBlockOwned::NG(Block::DecryptionSecrets(secrets))
                if secrets.secrets_type == SecretsType::TlsKeyLog =>
            {
                return Some(Found::Secrets(up_to(secrets.data, secrets.secrets_len).to_vec()));
            }
            PcapBlockOwned::NG(_) => return None,
        };
        self.number += 1;
        match self.packet(interface, data) {
            Ok(ip::Read::Udp(udp)) => {
                let ip::Udp { from, to, payload, missing } = udp;
                let time = interface.map_or(Duration::ZERO, |interface| interface.time(ticks));
                let number = self.number;
                Some(Found::Datagram(Datagram { number, time, from, to, payload, missing }))
            }
            Ok(ip::Read::Fragment) => None,
            Err(why) => {
                self.skipped.note(why, self.number);
                None
            }
        }
    }

    fn packet(&mut self, interface: Option<Interface>, data: &[u8]) -> Result<ip::Read, Skip> {
        let packet = link::ip(interface.ok_or(Skip::NoInterface)?.link, data)?;
        let skipped = &mut self.skipped;
        self.fragments.read(packet, self.number, &mut |number| skipped.note(Skip::Fragment, number))
    }
}

impl Interface {
    fn time(self, ticks: u64) -> Duration {
        let nanoseconds = u128::from(ticks % self.ticks) * 1_000_000_000 / u128::from(self.ticks);
        let seconds = (ticks / self.ticks).saturating_add_signed(self.offset);
        Duration::new(seconds, u32::try_from(nanoseconds).unwrap_or(0))
    }
}

fn up_to(data: &[u8], length: u32) -> &[u8] {
    usize::try_from(length).ok().and_then(|length| data.get(..length)).unwrap_or(data)
}

fn described(error: impl std::fmt::Debug) -> Box<dyn Error> {
    format!("the capture cannot be read: {error:?}").into()
}
