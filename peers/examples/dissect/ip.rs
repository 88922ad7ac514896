//! IP packets, put together again if they were fragmented, and the UDP datagrams in them.

use std::{
    collections::VecDeque,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use segue::Buffer;
use segue_quic::stream::Reassembler;

use crate::skipped::Skip;

/// A UDP datagram.
#[derive(Debug)]
pub(crate) struct Udp {
    pub(crate) from: SocketAddr,
    pub(crate) to: SocketAddr,
    pub(crate) payload: Vec<u8>,
    /// The number of bytes that the capture has cut off.
    pub(crate) missing: usize,
}

/// What a packet was.
#[derive(Debug)]
pub(crate) enum Read {
    Udp(Udp),
    /// A fragment, which waits for the others.
    Fragment,
}

/// The fragments that wait for others.
#[derive(Debug, Default)]
pub(crate) struct Fragments(VecDeque<Waiting>);

/// A packet of which not all fragments have come.
#[derive(Debug)]
struct Waiting {
    key: Key,
    bytes: Reassembler,
    in_order: Buffer,
    /// Its length, once the last fragment has come.
    length: Option<u64>,
    /// The numbers of the capture's packets that it is made of.
    numbers: Vec<usize>,
}

/// What fragments of one packet have in common (RFC 791 §3.2, RFC 8200 §4.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    from: IpAddr,
    to: IpAddr,
    id: u32,
    protocol: u8,
}

/// The place of a fragment.
#[derive(Debug, Clone, Copy)]
struct Place {
    id: u32,
    offset: u64,
    more: bool,
}

/// The number of packets whose fragments are awaited at a time; the oldest is given up. A peer's
/// own limit is of the same kind, and 64 KiB each bounds the memory to 16 MiB.
const WAITING: usize = 256;

impl Fragments {
    /// Reads packet `number` of the capture. Packets that are given up for it are told to `give_up`.
    pub(crate) fn read(
        &mut self,
        packet: &[u8],
        number: usize,
        give_up: &mut impl FnMut(usize),
    ) -> Result<Read, Skip> {
        match packet.first().map(|first| first >> 4) {
            Some(4) => self.v4(packet, number, give_up),
            Some(6) => self.v6(packet, number, give_up),
            Some(_) => Err(Skip::NotIp),
            None => Err(Skip::CutOff),
        }
    }

    /// The numbers of the packets that wait for fragments in vain.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = usize> {
        self.0.iter().flat_map(|waiting| waiting.numbers.iter().copied())
    }

    fn v4(
        &mut self,
        packet: &[u8],
        number: usize,
        give_up: &mut impl FnMut(usize),
    ) -> Result<Read, Skip> {
        let header: &[u8; 20] = packet.first_chunk().ok_or(Skip::CutOff)?;
        let behind = usize::from(header[0] & 0x0f) * 4;
        let whole = usize::from(u16::from_be_bytes([header[2], header[3]]));
        // Cards that cut packets up themselves leave it to be filled in.
        let whole = if whole == 0 { packet.len() } else { whole };
        if behind < 20 || whole < behind {
            return Err(Skip::Malformed);
        }
        let payload = packet.get(behind..packet.len().min(whole)).ok_or(Skip::CutOff)?;
        let missing = whole.saturating_sub(packet.len());
        let [a, b] = [header[6], header[7]];
        let place = Place {
            id: u32::from(u16::from_be_bytes([header[4], header[5]])),
            offset: u64::from(u16::from_be_bytes([a & 0x1f, b])) * 8,
            more: a & 0x20 != 0,
        };
        let [from, to] = [12, 16].map(|at| {
            IpAddr::V4(Ipv4Addr::new(header[at], header[at + 1], header[at + 2], header[at + 3]))
        });
        let key = Key { from, to, id: place.id, protocol: header[9] };
        if place.more || place.offset > 0 {
            return self.fragment(key, place, payload, missing, number, give_up);
        }
        self.payload(key, payload, missing, number, give_up)
    }

    fn v6(
        &mut self,
        packet: &[u8],
        number: usize,
        give_up: &mut impl FnMut(usize),
    ) -> Result<Read, Skip> {
        let header: &[u8; 40] = packet.first_chunk().ok_or(Skip::CutOff)?;
        let length = usize::from(u16::from_be_bytes([header[4], header[5]]));
        // A jumbogram, or one that a card cuts up.
        let whole = if length == 0 { packet.len() } else { 40 + length };
        let missing = whole.saturating_sub(packet.len());
        let mut payload = packet.get(40..packet.len().min(whole)).ok_or(Skip::CutOff)?;
        let [from, to] = [8, 24].map(|at| {
            let mut address = [0; 16];
            address.copy_from_slice(&header[at..at + 16]);
            IpAddr::V6(Ipv6Addr::from(address))
        });
        let mut protocol = header[6];
        loop {
            // Extension headers (RFC 8200 §4).
            let length = match (protocol, payload) {
                (0 | 43 | 60 | 135 | 139 | 140, [_, length, ..]) => 8 + 8 * usize::from(*length),
                (51, [_, length, ..]) => 8 + 4 * usize::from(*length),
                (44, &[next, _, a, b, i, j, k, l, ref behind @ ..]) => {
                    let place = Place {
                        id: u32::from_be_bytes([i, j, k, l]),
                        offset: u64::from(u16::from_be_bytes([a, b & 0xf8])),
                        more: b & 1 != 0,
                    };
                    let key = Key { from, to, id: place.id, protocol: next };
                    if place.more || place.offset > 0 {
                        return self.fragment(key, place, behind, missing, number, give_up);
                    }
                    8
                }
                (0 | 43 | 44 | 51 | 60 | 135 | 139 | 140, _) => return Err(Skip::CutOff),
                _ => {
                    let key = Key { from, to, id: 0, protocol };
                    return self.payload(key, payload, missing, number, give_up);
                }
            };
            protocol = payload[0];
            payload = payload.get(length..).ok_or(Skip::CutOff)?;
        }
    }

    fn fragment(
        &mut self,
        key: Key,
        place: Place,
        payload: &[u8],
        missing: usize,
        number: usize,
        give_up: &mut impl FnMut(usize),
    ) -> Result<Read, Skip> {
        if missing > 0 {
            return Err(Skip::CutOff);
        }
        let end = place.offset + payload.len() as u64;
        if end > u64::from(u16::MAX) || (place.more && !payload.len().is_multiple_of(8)) {
            return Err(Skip::Malformed);
        }
        let index = self.0.iter().position(|waiting| waiting.key == key).unwrap_or_else(|| {
            if self.0.len() >= WAITING {
                self.0
                    .pop_front()
                    .into_iter()
                    .flat_map(|gone| gone.numbers)
                    .for_each(&mut *give_up);
            }
            let (bytes, in_order) = (Reassembler::new(), Buffer::new());
            self.0.push_back(Waiting { key, bytes, in_order, length: None, numbers: Vec::new() });
            self.0.len() - 1
        });
        let Some(waiting) = self.0.get_mut(index) else { return Err(Skip::Malformed) };
        waiting.numbers.push(number);
        waiting.bytes.write(place.offset, payload, &mut waiting.in_order);
        if !place.more {
            waiting.length = Some(end);
        }
        if waiting.length != Some(waiting.bytes.position()) {
            return Ok(Read::Fragment);
        }
        let Some(mut whole) = self.0.remove(index) else { return Err(Skip::Malformed) };
        let packet = whole.in_order.take_rest();
        self.payload(key, &packet, 0, number, give_up)
    }

    /// The datagram in a packet that is whole.
    fn payload(
        &mut self,
        key: Key,
        payload: &[u8],
        missing: usize,
        number: usize,
        give_up: &mut impl FnMut(usize),
    ) -> Result<Read, Skip> {
        match key.protocol {
            UDP => udp(key, payload, missing).map(Read::Udp),
            // Tunnels of IP in IP (RFC 2003, RFC 2473); each takes a header off.
            4 | 41 => self.read(payload, number, give_up),
            other => Err(Skip::Protocol(other)),
        }
    }
}

fn udp(key: Key, payload: &[u8], missing: usize) -> Result<Udp, Skip> {
    let (header, behind) = payload.split_first_chunk::<8>().ok_or(Skip::CutOff)?;
    let [a, b, c, d, e, f, _, _] = *header;
    let (from, to) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    // Jumbograms, and what a card will cut up, have no length.
    let length = match usize::from(u16::from_be_bytes([e, f])) {
        0 => behind.len() + missing,
        length => length.checked_sub(8).ok_or(Skip::Malformed)?,
    };
    if length > behind.len() + missing {
        return Err(Skip::Malformed);
    }
    Ok(Udp {
        from: SocketAddr::new(key.from, from),
        to: SocketAddr::new(key.to, to),
        payload: behind.get(..length).unwrap_or(behind).to_vec(),
        missing: length.saturating_sub(behind.len()),
    })
}

/// The number of UDP in IP.
const UDP: u8 = 17;
