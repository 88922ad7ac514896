//! The link layers that carry IP, and the way through them (<https://www.tcpdump.org/linktypes.html>).

use crate::skipped::Skip;

/// The IP packet in a packet of a link.
pub(crate) fn ip(link: i32, data: &[u8]) -> Result<&[u8], Skip> {
    match link {
        // NULL and LOOP: an address family, which IP says itself.
        0 | 108 => skip(data, 4),
        1 => ethernet(data),
        // Token Ring and FDDI: addresses, and LLC behind them.
        6 => {
            // A bit of the source address says that a route follows, whose length is in it.
            let route = match data.get(8) {
                Some(source) if source & 0x80 != 0 => usize::from(at(data, 14)? & 0x1f),
                _ => 0,
            };
            llc(skip(data, 14 + route)?)
        }
        10 => llc(skip(data, 13)?),
        // PPP, also as HDLC has it; behind PPPoE; and behind a byte that says the direction.
        9 | 50 => ppp(data),
        51 => ppp(skip(data, 6)?),
        166 | 204 => ppp(skip(data, 1)?),
        // Raw IP, as it is called in many ways; some of them are classical IP over ATM.
        12 | 14 | 16 | 18 | 19 | 101 | 106 | 228 | 229 => Ok(data),
        // LLC over ATM, and the same behind four bytes.
        11 | 100 => llc(data),
        123 => llc(skip(data, 4)?),
        // Cisco's HDLC.
        104 | 112 => ether_type(word(data, 2)?, skip(data, 4)?),
        105 => wifi(data),
        // 802.11 behind Prism, AVS and Radiotap headers, and behind PPI.
        119 => wifi(skip(data, 144)?),
        163 => wifi(skip(data, long(data, 4, u32::from_be_bytes)?)?),
        127 => radiotap(data),
        192 => {
            let link = i32::try_from(long(data, 4, u32::from_le_bytes)?);
            let header = usize::from(u16::from_le_bytes([at(data, 2)?, at(data, 3)?]));
            inner(link.map_err(|_| Skip::Malformed)?, skip(data, header)?, header)
        }
        107 => frame_relay(data),
        // OpenBSD's encapsulating interface: a family, an index and flags.
        13 | 109 => skip(data, 12),
        // Linux cooked captures.
        113 => ether_type(word(data, 14)?, skip(data, 16)?),
        276 => ether_type(word(data, 0)?, skip(data, 20)?),
        // pf's log: a header that is padded to four bytes.
        117 => skip(data, usize::from(at(data, 0)?).next_multiple_of(4)),
        // IP over Fibre Channel and over FireWire.
        122 => llc(skip(data, 16)?),
        138 => ether_type(word(data, 16)?, skip(data, 18)?),
        239 => nflog(data),
        // netANALYZER: a header, and before Ethernet perhaps its preamble.
        240 => ethernet(skip(data, 4)?),
        241 => ethernet(skip(data, 12)?),
        258 => {
            let header = long(data, 0, u32::from_le_bytes)?;
            let link = i32::try_from(long(data, 8, u32::from_le_bytes)?);
            inner(link.map_err(|_| Skip::Malformed)?, skip(data, header)?, header)
        }
        // Solaris: a header with zones and interfaces.
        226 => skip(data, 24),
        // IP over InfiniBand: the global route, and an `EtherType`.
        242 => ether_type(word(data, 40)?, skip(data, 44)?),
        // Ethernet with a preamble.
        274 => ethernet(skip(data, 8)?),
        other => Err(Skip::Link(other)),
    }
}

/// The packet in one of a link that carries another one behind `header` bytes.
fn inner(link: i32, data: &[u8], header: usize) -> Result<&[u8], Skip> {
    // It cannot be without end: each takes bytes off.
    if header == 0 { Err(Skip::Malformed) } else { ip(link, data) }
}

fn ethernet(data: &[u8]) -> Result<&[u8], Skip> {
    ether_type(word(data, 12)?, skip(data, 14)?)
}

/// What is behind an `EtherType`, with VLAN tags, MPLS labels and PPPoE in front of IP.
fn ether_type(kind: u16, data: &[u8]) -> Result<&[u8], Skip> {
    match kind {
        0x0800 | 0x86dd => Ok(data),
        0x8100 | 0x88a8 | 0x9100 | 0x9200 => ether_type(word(data, 2)?, skip(data, 4)?),
        0x8847 | 0x8848 => {
            let mut labels = data;
            while at(labels, 2)? & 1 == 0 {
                labels = skip(labels, 4)?;
            }
            skip(labels, 4)
        }
        0x8864 => ppp(skip(data, 6)?),
        // A length, as 802.3 has it.
        ..=1500 => llc(data),
        _ => Err(Skip::NotIp),
    }
}

/// LLC, and SNAP within it.
fn llc(data: &[u8]) -> Result<&[u8], Skip> {
    match *data {
        [0xaa, 0xaa, 0x03, _, _, _, a, b, ref behind @ ..] => {
            ether_type(u16::from_be_bytes([a, b]), behind)
        }
        [0x06, 0x06, 0x03, ref behind @ ..] => Ok(behind),
        _ if data.len() < 8 => Err(Skip::CutOff),
        _ => Err(Skip::NotIp),
    }
}

fn ppp(data: &[u8]) -> Result<&[u8], Skip> {
    // Address and control, which may be left out.
    let data = data.strip_prefix(&[0xff, 0x03]).unwrap_or(data);
    match *data {
        [0x21 | 0x57, ref behind @ ..] | [0x00, 0x21 | 0x57, ref behind @ ..] => Ok(behind),
        [] | [0] => Err(Skip::CutOff),
        _ => Err(Skip::NotIp),
    }
}

fn frame_relay(data: &[u8]) -> Result<&[u8], Skip> {
    // An address of two bytes, the control byte, and the protocol: IP, or SNAP.
    match *data {
        [_, _, 0x03, 0xcc, ref behind @ ..] => Ok(behind),
        [_, _, 0x03, 0x8e, ref behind @ ..] => Ok(behind),
        [_, _, 0x03, 0x00, 0x80, _, _, _, a, b, ref behind @ ..] => {
            ether_type(u16::from_be_bytes([a, b]), behind)
        }
        // As Cisco has it.
        [_, _, a, b, ref behind @ ..] => ether_type(u16::from_be_bytes([a, b]), behind),
        _ => Err(Skip::CutOff),
    }
}

fn wifi(data: &[u8]) -> Result<&[u8], Skip> {
    wifi_padded(data, false)
}

/// A frame of 802.11, which is padded to four bytes behind its header if the card does that.
fn wifi_padded(data: &[u8], padded: bool) -> Result<&[u8], Skip> {
    let (kind, flags) = (at(data, 0)?, at(data, 1)?);
    // Of data frames, those that have data.
    if kind & 0x0c != 0x08 || kind & 0x40 != 0 {
        return Err(Skip::NotIp);
    }
    if flags & 0x40 != 0 {
        return Err(Skip::Encrypted);
    }
    let mut header = 24_usize;
    if flags & 0x03 == 0x03 {
        header += 6;
    }
    if kind & 0x80 != 0 {
        header += 2;
        if flags & 0x80 != 0 {
            header += 4;
        }
    }
    llc(skip(data, if padded { header.next_multiple_of(4) } else { header })?)
}

fn radiotap(data: &[u8]) -> Result<&[u8], Skip> {
    let length = usize::from(u16::from_le_bytes([at(data, 2)?, at(data, 3)?]));
    // Words of bits say which fields there are; the highest one says that another word follows.
    let (mut fields, first) = (4, long(data, 4, u32::from_le_bytes)?);
    while long(data, fields, u32::from_le_bytes)? & 1 << 31 != 0 {
        fields += 4;
    }
    fields += 4;
    // The first field is a time of eight bytes at a multiple of eight, the second one has flags.
    if first & 1 != 0 {
        fields = fields.next_multiple_of(8) + 8;
    }
    let padded = first & 2 != 0 && at(data, fields)? & 0x20 != 0;
    wifi_padded(skip(data, length)?, padded)
}

/// netfilter's log: a header of four bytes, and fields, one of which is the packet.
fn nflog(data: &[u8]) -> Result<&[u8], Skip> {
    let mut fields = skip(data, 4)?;
    while !fields.is_empty() {
        let length = usize::from(u16::from_le_bytes([at(fields, 0)?, at(fields, 1)?]));
        let kind = u16::from_le_bytes([at(fields, 2)?, at(fields, 3)?]);
        if kind == 9 {
            return Ok(fields.get(4..length).unwrap_or(&fields[4..]));
        }
        if length < 4 {
            return Err(Skip::Malformed);
        }
        fields = skip(fields, length.next_multiple_of(4))?;
    }
    Err(Skip::NotIp)
}

fn skip(data: &[u8], count: usize) -> Result<&[u8], Skip> {
    data.get(count..).ok_or(Skip::CutOff)
}

fn at(data: &[u8], index: usize) -> Result<u8, Skip> {
    data.get(index).copied().ok_or(Skip::CutOff)
}

/// A number of two bytes.
fn word(data: &[u8], index: usize) -> Result<u16, Skip> {
    Ok(u16::from_be_bytes([at(data, index)?, at(data, index + 1)?]))
}

/// A number of four bytes.
fn long(data: &[u8], index: usize, read: fn([u8; 4]) -> u32) -> Result<usize, Skip> {
    let bytes = skip(data, index)?.first_chunk().ok_or(Skip::CutOff)?;
    usize::try_from(read(*bytes)).map_err(|_| Skip::Malformed)
}
