//! Version 2: a binary header (§2.2).

use alloc::vec::Vec;
use core::net::{SocketAddrV4, SocketAddrV6};

use segue::{Fault, Framing};

use crate::{Endpoints, Error, Header, Tlvs, Transport, UnixAddress, WriteError, crc32c::crc32c};

pub(crate) const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// The bytes in front of the addresses.
pub(crate) const FRONT: usize = 16;

/// Finds the end of the header. Its signature is there; what can be refused by the bytes that are
/// there is refused at once.
pub(crate) fn frame(input: &[u8], limit: usize) -> Result<Framing, Fault<Error>> {
    let mut is_local = false;
    if let Some(byte) = input.get(12) {
        is_local = match byte {
            0x20 => true,
            0x21 => false,
            0x22..=0x2F => return Err(Fault::new(Error::Command).at(12)),
            _ => return Err(Fault::new(Error::Version).at(12)),
        };
    }
    // The family of a LOCAL header is ignored.
    if let Some(byte) = input.get(13)
        && !is_local
        && (byte >> 4 > 3 || byte & 0x0F > 2)
    {
        return Err(Fault::new(Error::Family).at(13));
    }
    let Some(front) = input.first_chunk::<FRONT>() else {
        return Ok(Framing::need(FRONT - input.len()));
    };
    let announced = usize::from(u16::from_be_bytes([front[14], front[15]]));
    let whole = FRONT + announced;
    if whole > limit {
        return Err(Fault::too_long(limit.max(FRONT) as u64));
    }
    if !is_local && address_length(front[13]).is_some_and(|length| length > announced) {
        return Err(Fault::new(Error::AddressLength).at(14));
    }
    let missing = whole.saturating_sub(input.len());
    Ok(if missing > 0 { Framing::need(missing) } else { Framing::Record(whole) })
}

/// Reads a whole header.
pub(crate) fn parse(header: &[u8]) -> Result<Header<'_>, Fault<Error>> {
    let cut = || Fault::truncated(header.len() as u64); // `frame` has seen to it
    let (front, block) = header.split_first_chunk::<FRONT>().ok_or_else(cut)?;
    let family = front[13];
    let length = address_length(family);
    let mut reader = Reader(block);
    let endpoints = match (front[12] == 0x21, family) {
        (true, 0x11 | 0x12) => {
            let ([a, b], [c, d]) =
                (reader.pair::<4>().ok_or_else(cut)?, reader.ports().ok_or_else(cut)?);
            Endpoints::Inet {
                transport: transport(family),
                source: SocketAddrV4::new(a.into(), c),
                destination: SocketAddrV4::new(b.into(), d),
            }
        }
        (true, 0x21 | 0x22) => {
            let ([a, b], [c, d]) =
                (reader.pair::<16>().ok_or_else(cut)?, reader.ports().ok_or_else(cut)?);
            Endpoints::Inet6 {
                transport: transport(family),
                source: SocketAddrV6::new(a.into(), c, 0, 0),
                destination: SocketAddrV6::new(b.into(), d, 0, 0),
            }
        }
        (true, 0x31 | 0x32) => {
            let [a, b] = reader.pair::<{ UnixAddress::LENGTH }>().ok_or_else(cut)?;
            Endpoints::Unix {
                transport: transport(family),
                source: UnixAddress::of_bytes(a),
                destination: UnixAddress::of_bytes(b),
            }
        }
        (is_proxied, _) => {
            let endpoints = if is_proxied { Endpoints::Unspecified } else { Endpoints::Local };
            // Such a header is valid whatever is in it, so what are no TLVs is skipped.
            let begin = length.unwrap_or(block.len());
            let tlvs = block.get(begin..).and_then(|rest| Tlvs::read(rest).ok());
            let tlvs = tlvs.unwrap_or_default();
            check(header, FRONT + begin, &tlvs)?;
            return Ok(Header::received(endpoints, tlvs));
        }
    };
    let begin = header.len() - reader.0.len();
    let tlvs = Tlvs::read(reader.0).map_err(|fault| fault.moved(begin as u64))?;
    check(header, begin, &tlvs)?;
    Ok(Header::received(endpoints, tlvs))
}

/// Writes the header.
pub(crate) fn write(header: &Header<'_>, limit: usize) -> Result<Vec<u8>, WriteError> {
    let family = match header.endpoints() {
        Endpoints::Local | Endpoints::Unspecified => 0x00,
        Endpoints::Inet { transport, .. } => 0x10 | number(*transport),
        Endpoints::Inet6 { transport, .. } => 0x20 | number(*transport),
        Endpoints::Unix { transport, .. } => 0x30 | number(*transport),
    };
    let begin = FRONT + address_length(family).unwrap_or(0);
    let whole = begin + header.tlvs().as_bytes().len();
    if whole > limit {
        return Err(WriteError::TooLong);
    }
    let announced = u16::try_from(whole - FRONT).map_err(|_| WriteError::TooLong)?;

    let mut bytes = Vec::with_capacity(whole);
    bytes.extend_from_slice(SIGNATURE);
    bytes.push(if matches!(header.endpoints(), Endpoints::Local) { 0x20 } else { 0x21 });
    bytes.push(family);
    bytes.extend_from_slice(&announced.to_be_bytes());
    match header.endpoints() {
        Endpoints::Local | Endpoints::Unspecified => {}
        Endpoints::Inet { source, destination, .. } => {
            bytes.extend_from_slice(&source.ip().octets());
            bytes.extend_from_slice(&destination.ip().octets());
            bytes.extend_from_slice(&source.port().to_be_bytes());
            bytes.extend_from_slice(&destination.port().to_be_bytes());
        }
        Endpoints::Inet6 { source, destination, .. } => {
            bytes.extend_from_slice(&source.ip().octets());
            bytes.extend_from_slice(&destination.ip().octets());
            bytes.extend_from_slice(&source.port().to_be_bytes());
            bytes.extend_from_slice(&destination.port().to_be_bytes());
        }
        Endpoints::Unix { source, destination, .. } => {
            bytes.extend_from_slice(source.as_bytes());
            bytes.extend_from_slice(destination.as_bytes());
        }
    }
    bytes.extend_from_slice(header.tlvs().as_bytes());
    if let Some(at) = header.tlvs().checksum_at() {
        let at = begin + at;
        let sum = checksum(&bytes, at);
        if let Some(place) = bytes.get_mut(at..at + 4) {
            place.copy_from_slice(&sum.to_be_bytes());
        }
    }
    Ok(bytes)
}

/// Checks the checksum, if there is one in the TLVs that begin at `begin`.
fn check(header: &[u8], begin: usize, tlvs: &Tlvs<'_>) -> Result<(), Fault<Error>> {
    let Some(at) = tlvs.checksum_at() else { return Ok(()) };
    let at = begin + at;
    if header.get(at..at + 4) == Some(&checksum(header, at).to_be_bytes()) {
        Ok(())
    } else {
        Err(Fault::new(Error::Checksum).at(at as u64))
    }
}

/// Returns the checksum of a header whose four bytes at `at` count as zeros (§2.2.3).
fn checksum(header: &[u8], at: usize) -> u32 {
    let front = header.get(..at).unwrap_or_default();
    crc32c(&[front, &[0; 4], header.get(at + 4..).unwrap_or_default()])
}

/// Returns the bytes that addresses of this family and protocol take. `None` where the
/// specification does not say: a family without a protocol, and numbers that are not assigned.
const fn address_length(family: u8) -> Option<usize> {
    match family {
        0x00..=0x02 => Some(0),
        0x11 | 0x12 => Some(2 * 4 + 2 * 2),
        0x21 | 0x22 => Some(2 * 16 + 2 * 2),
        0x31 | 0x32 => Some(2 * UnixAddress::LENGTH),
        _ => None,
    }
}

const fn transport(family: u8) -> Transport {
    if family & 0x0F == number(Transport::Stream) { Transport::Stream } else { Transport::Datagram }
}

const fn number(transport: Transport) -> u8 {
    match transport {
        Transport::Stream => 1,
        Transport::Datagram => 2,
    }
}

/// The bytes of the block that were not read yet.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    fn pair<const N: usize>(&mut self) -> Option<[[u8; N]; 2]> {
        Some([self.array()?, self.array()?])
    }

    fn ports(&mut self) -> Option<[u16; 2]> {
        self.pair::<2>().map(|ports| ports.map(u16::from_be_bytes))
    }
}
