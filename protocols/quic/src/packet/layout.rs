//! Where the fields of a packet are.

use core::{num::NonZeroUsize, ops::Range};

use segue::Fault;

use super::kind::{LONG, PacketKind};
use crate::{Discard, VarInt, Version, Width};

/// Where the fields of a packet are, in bytes from its first: for those who show packets to people.
///
/// Of a protected packet it is what can be told without keys: what follows
/// [`header_end`](Self::header_end) is the packet number, of a length that is not known yet, and the
/// payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    kind: PacketKind,
    version: Version,
    destination: u8,
    source: u8,
    token_start: usize,
    token_end: usize,
    header_end: usize,
    end: usize,
}

impl Layout {
    /// What kind of packet it is.
    #[inline]
    #[must_use]
    pub const fn kind(&self) -> PacketKind {
        self.kind
    }

    /// The version that a long header names; none in a short one, and
    /// [`Version::NEGOTIATION`] in a Version Negotiation packet.
    #[inline]
    #[must_use]
    pub const fn version(&self) -> Option<Version> {
        match self.kind {
            PacketKind::OneRtt => None,
            _ => Some(self.version),
        }
    }

    /// The destination connection id.
    #[inline]
    #[must_use]
    pub fn destination(&self) -> Range<usize> {
        let start = match self.kind {
            PacketKind::OneRtt => 1,
            _ => IDS,
        };
        start..start + usize::from(self.destination)
    }

    /// The source connection id; empty in a short header, which has none.
    #[inline]
    #[must_use]
    pub fn source(&self) -> Range<usize> {
        let start = match self.kind {
            PacketKind::OneRtt => return 0..0,
            _ => IDS + usize::from(self.destination) + 1,
        };
        start..start + usize::from(self.source)
    }

    /// The token of an Initial or Retry packet; empty elsewhere.
    #[inline]
    #[must_use]
    pub fn token(&self) -> Range<usize> {
        self.token_start..self.token_end
    }

    /// Where the header ends, as far as it can be told without keys: where the packet number, the
    /// list of versions or the integrity tag begins.
    #[inline]
    #[must_use]
    pub const fn header_end(&self) -> usize {
        self.header_end
    }

    /// Where the packet ends.
    #[inline]
    #[must_use]
    pub const fn end(&self) -> usize {
        self.end
    }

    /// A packet with a short header and a destination connection id of `destination` bytes, which
    /// has `end` bytes.
    #[inline]
    pub(crate) fn short(destination: usize, end: usize) -> Option<Self> {
        let header_end = 1 + destination;
        (header_end <= end).then_some(())?;
        Some(Self {
            kind: PacketKind::OneRtt,
            version: Version::NEGOTIATION,
            destination: u8::try_from(destination).ok()?,
            source: 0,
            token_start: 0,
            token_end: 0,
            header_end,
            end,
        })
    }
}

/// What the beginning of a datagram, or what is left of one, says about where its first packet ends.
pub(crate) enum Extent {
    /// The fields of a long header, and that it says where the packet ends.
    Delimited(Layout),
    /// The fields of a long header, of a packet that ends with the datagram.
    ToTheEnd(Layout),
    /// A packet with a short header: it ends with the datagram.
    Short,
    /// The header is cut off: at least so many more bytes are missing.
    Missing(NonZeroUsize),
}

/// Looks at the packet in front of `input`.
///
/// Of a packet that ends with the datagram the layout says that it ends with `input`.
#[inline]
pub(crate) fn read(input: &[u8]) -> Result<Extent, Fault<Discard>> {
    let Some(&first) = input.first() else { return Ok(missing(1)) };
    if first & LONG == 0 {
        return Ok(Extent::Short);
    }
    let &[_, a, b, c, d, ref behind @ ..] = input else { return Ok(missing(IDS - input.len())) };
    let version = Version::from([a, b, c, d]);
    let kind = match version {
        Version::NEGOTIATION => PacketKind::VersionNegotiation,
        Version::V1 | Version::V2 => PacketKind::of_long(first, version),
        _ => PacketKind::Unknown,
    };
    let most = if version.is_known() { 20 } else { u8::MAX };

    let Some((&destination, behind)) = behind.split_first() else { return Ok(missing(1)) };
    if destination > most {
        return Err(too_long(destination, IDS - 1));
    }
    // The length of the next id comes behind this one.
    let Some((&source, behind)) =
        behind.get(usize::from(destination)..).and_then(<[_]>::split_first)
    else {
        return Ok(missing(usize::from(destination) + 1 - behind.len()));
    };
    let source_start = IDS + usize::from(destination) + 1;
    if source > most {
        return Err(too_long(source, source_start - 1));
    }
    let Some(behind) = behind.get(usize::from(source)..) else {
        return Ok(missing(usize::from(source) - behind.len()));
    };
    let ids_end = source_start + usize::from(source);
    let layout = Layout {
        kind,
        version,
        destination,
        source,
        token_start: ids_end,
        token_end: ids_end,
        header_end: ids_end,
        end: input.len(),
    };
    match kind {
        PacketKind::Initial => with_token(layout, behind),
        PacketKind::ZeroRtt | PacketKind::Handshake => with_length(layout, behind),
        PacketKind::Retry => match behind.len().checked_sub(RETRY_TAG) {
            Some(token) => {
                let token_end = ids_end + token;
                Ok(Extent::ToTheEnd(Layout { token_end, header_end: token_end, ..layout }))
            }
            None => Ok(missing(RETRY_TAG - behind.len())),
        },
        _ => Ok(Extent::ToTheEnd(layout)),
    }
}

/// The rest of an Initial header: a token and its length, and what [`with_length`] reads.
#[inline]
fn with_token(mut layout: Layout, behind: &[u8]) -> Result<Extent, Fault<Discard>> {
    let Some((length, size)) = VarInt::decode(behind) else { return Ok(cut_integer(behind)) };
    let behind = &behind[size..];
    layout.token_start += size;
    let Some(length) = within(length, layout.token_start) else {
        return Err(Fault::too_long(layout.token_start as u64));
    };
    layout.token_end = layout.token_start + length;
    layout.header_end = layout.token_end;
    match behind.get(length..) {
        Some(behind) => with_length(layout, behind),
        // The length of the packet takes a byte at least.
        None => Ok(missing(length - behind.len() + 1)),
    }
}

/// The end of a long header: the length of what follows it.
#[inline]
fn with_length(mut layout: Layout, behind: &[u8]) -> Result<Extent, Fault<Discard>> {
    let Some((length, size)) = VarInt::decode(behind) else { return Ok(cut_integer(behind)) };
    layout.header_end += size;
    let Some(length) = within(length, layout.header_end) else {
        return Err(Fault::too_long(layout.header_end as u64));
    };
    layout.end = layout.header_end + length;
    Ok(Extent::Delimited(layout))
}

/// A length as one in memory, if a datagram can hold as many bytes from `start` on.
#[inline]
fn within(length: VarInt, start: usize) -> Option<usize> {
    let length = usize::try_from(length).ok()?;
    (length <= MAX_DATAGRAM.checked_sub(start)?).then_some(length)
}

fn cut_integer(behind: &[u8]) -> Extent {
    missing(behind.first().map_or(1, |&first| Width::of(first).size() - behind.len()))
}

fn missing(count: usize) -> Extent {
    Extent::Missing(NonZeroUsize::new(count).unwrap_or(NonZeroUsize::MIN))
}

#[cold]
fn too_long(length: u8, at: usize) -> Fault<Discard> {
    Fault::new(Discard::ConnectionIdTooLong(length)).at(at as u64)
}

/// The most bytes that a UDP datagram carries: what 16 bits say, less the header of UDP
/// (RFC 9000 §18.2, `max_udp_payload_size`).
pub const MAX_DATAGRAM: usize = 65_527;

/// Where the destination connection id of a long header begins: behind the first byte, the version
/// and its own length (RFC 8999 §5.1).
pub(crate) const IDS: usize = 6;

/// The integrity tag at the end of a Retry packet (RFC 9001 §5.8).
pub(crate) const RETRY_TAG: usize = 16;
