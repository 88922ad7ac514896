//! UDP datagrams out of a capture, stored or live.

use std::{
    error::Error,
    io::{self, Read},
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use etherparse::{NetSlice, SlicedPacket, TransportSlice};
use pcap_parser::{
    Block, Linktype, PcapBlockOwned, PcapError, create_reader, traits::PcapReaderIterator,
};

/// A UDP datagram of a capture.
#[derive(Debug, Clone)]
pub(crate) struct Datagram {
    /// The number of the packet in the capture, from 1 on.
    pub(crate) number: usize,
    /// The time of the capture since 1970.
    pub(crate) time: Duration,
    pub(crate) from: SocketAddr,
    pub(crate) to: SocketAddr,
    pub(crate) payload: Vec<u8>,
}

/// A capture that is being read.
pub(crate) struct Capture {
    reader: Box<dyn PcapReaderIterator + Send>,
    interfaces: Vec<Interface>,
    number: usize,
}

/// The link layer of an interface, and the unit of its times.
#[derive(Debug, Clone, Copy)]
struct Interface {
    link: Linktype,
    /// Ticks of its clock in a second.
    ticks: u64,
    /// Seconds that are added.
    offset: i64,
}

/// The longest block of a capture that is read: a packet of 256 KiB, which is what tools capture
/// at most, and some room.
const BLOCK: usize = 1 << 19;

impl Capture {
    /// A capture in pcap or pcapng, whichever it begins as.
    pub(crate) fn new(source: impl Read + Send + 'static) -> Result<Self, Box<dyn Error>> {
        let reader = create_reader(BLOCK, source).map_err(described)?;
        Ok(Self { reader, interfaces: Vec::new(), number: 0 })
    }

    /// Gives all UDP datagrams to `see`, each as soon as it is there.
    pub(crate) fn each_datagram(
        mut self,
        mut see: impl FnMut(&Datagram) -> io::Result<()>,
    ) -> Result<(), Box<dyn Error>> {
        loop {
            let exhausted = self.reader.reader_exhausted();
            match self.reader.next() {
                Ok((size, block)) => {
                    let datagram = read(&block, &mut self.interfaces, &mut self.number);
                    self.reader.consume(size);
                    datagram.map_or(Ok(()), |datagram| see(&datagram))?;
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
}

/// The UDP datagram in a block, if there is one.
fn read(
    block: &PcapBlockOwned<'_>,
    interfaces: &mut Vec<Interface>,
    number: &mut usize,
) -> Option<Datagram> {
    let (interface, ticks, data) = match block {
        PcapBlockOwned::LegacyHeader(header) => {
            let ticks = if header.is_nanosecond_precision() { 1_000_000_000 } else { 1_000_000 };
            interfaces.push(Interface { link: header.network, ticks, offset: 0 });
            return None;
        }
        PcapBlockOwned::Legacy(packet) => {
            let interface = *interfaces.first()?;
            let ticks = u64::from(packet.ts_sec) * interface.ticks + u64::from(packet.ts_usec);
            (interface, ticks, packet.data)
        }
        PcapBlockOwned::NG(Block::SectionHeader(_)) => {
            interfaces.clear();
            return None;
        }
        PcapBlockOwned::NG(Block::InterfaceDescription(description)) => {
            let ticks = description.ts_resolution().unwrap_or(1_000_000).max(1);
            let offset = description.if_tsoffset;
            interfaces.push(Interface { link: description.linktype, ticks, offset });
            return None;
        }
        PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
            let interface = *interfaces.get(usize::try_from(packet.if_id).ok()?)?;
            let ticks = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
            (interface, ticks, packet.data.get(..usize::try_from(packet.caplen).ok()?)?)
        }
        PcapBlockOwned::NG(Block::SimplePacket(packet)) => (*interfaces.first()?, 0, packet.data),
        PcapBlockOwned::NG(_) => return None,
    };
    *number += 1;
    let (from, to, payload) = udp(interface.link, data)?;
    let time = interface.time(ticks);
    Some(Datagram { number: *number, time, from, to, payload: payload.to_vec() })
}

impl Interface {
    fn time(self, ticks: u64) -> Duration {
        let nanoseconds = u128::from(ticks % self.ticks) * 1_000_000_000 / u128::from(self.ticks);
        let seconds = (ticks / self.ticks).saturating_add_signed(self.offset);
        Duration::new(seconds, u32::try_from(nanoseconds).unwrap_or(0))
    }
}

/// The ends and the payload of a packet, if it is one of UDP that is no fragment.
fn udp(link: Linktype, data: &[u8]) -> Option<(SocketAddr, SocketAddr, &[u8])> {
    let packet = match link {
        Linktype::ETHERNET => SlicedPacket::from_ethernet(data),
        Linktype::RAW | Linktype::IPV4 | Linktype::IPV6 | Linktype(12 | 14) => {
            SlicedPacket::from_ip(data)
        }
        // Four bytes that say which IP it is, as IP does itself.
        Linktype::NULL | Linktype::LOOP => SlicedPacket::from_ip(data.get(4..)?),
        Linktype::LINUX_SLL => SlicedPacket::from_ip(data.get(16..)?),
        Linktype::LINUX_SLL2 => SlicedPacket::from_ip(data.get(20..)?),
        _ => return None,
    };
    let packet = packet.ok()?;
    let (from, to) = match &packet.net {
        Some(NetSlice::Ipv4(ip)) => {
            let header = ip.header();
            (IpAddr::V4(header.source_addr()), IpAddr::V4(header.destination_addr()))
        }
        Some(NetSlice::Ipv6(ip)) => {
            let header = ip.header();
            (IpAddr::V6(header.source_addr()), IpAddr::V6(header.destination_addr()))
        }
        _ => return None,
    };
    let Some(TransportSlice::Udp(udp)) = &packet.transport else { return None };
    let from = SocketAddr::new(from, udp.source_port());
    let to = SocketAddr::new(to, udp.destination_port());
    Some((from, to, udp.payload()))
}

fn described(error: impl std::fmt::Debug) -> Box<dyn Error> {
    format!("the capture cannot be read: {error:?}").into()
}
