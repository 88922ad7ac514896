use core::{fmt, num::NonZeroUsize, ops::Range};

use segue::Fault;

use super::kind::{LONG, PacketKind};
use crate::{Discard, VarInt, Version, Width};

/// The places of a packet's fields, in bytes from its first: for programs that show packets to
/// people.
///
/// Of a protected packet only the part before [`header_end`](Self::header_end) is known without
/// keys: behind it are the packet number, of unknown length, and the payload.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    // Two words, since a packet is handed from function to function: fields that are written one by
    // one and moved together are waited for each time.
    /// The version in the low 32 bits, then a byte each for the kind and the lengths of destination
    /// and source.
    ids: u64,
    /// The start and end of the token, the end of the header, and the end of the packet: 16 bits
    /// each, the first one lowest. No datagram has more bytes than that.
    positions: u64,
}

impl Layout {
    /// Returns the kind of packet.
    #[inline]
    #[must_use]
    pub const fn kind(&self) -> PacketKind {
        PacketKind::of_code(self.ids.to_le_bytes()[4])
    }

    /// Returns the version in a long header; none in a short one, and [`Version::NEGOTIATION`] in a
    /// Version Negotiation packet.
    #[inline]
    #[must_use]
    pub const fn version(&self) -> Option<Version> {
        let [a, b, c, d, ..] = self.ids.to_le_bytes();
        match self.kind() {
            PacketKind::OneRtt => None,
            _ => Some(Version(u32::from_le_bytes([a, b, c, d]))),
        }
    }

    /// Returns the destination connection id.
    #[inline]
    #[must_use]
    pub fn destination(&self) -> Range<usize> {
        let start = match self.kind() {
            PacketKind::OneRtt => 1,
            _ => IDS,
        };
        start..start + usize::from(self.ids.to_le_bytes()[5])
    }

    /// Returns the source connection id; empty in a short header, which has none.
    #[inline]
    #[must_use]
    pub fn source(&self) -> Range<usize> {
        let [.., destination, source, _] = self.ids.to_le_bytes();
        let start = match self.kind() {
            PacketKind::OneRtt => return 0..0,
            _ => IDS + usize::from(destination) + 1,
        };
        start..start + usize::from(source)
    }

    /// Returns the token of an Initial or Retry packet; empty elsewhere.
    #[inline]
    #[must_use]
    pub fn token(&self) -> Range<usize> {
        self.position(0)..self.position(1)
    }

    /// Returns the end of the header as far as it is known without keys: the offset of the packet
    /// number, of the list of versions or of the integrity tag.
    #[inline]
    #[must_use]
    pub const fn header_end(&self) -> usize {
        self.position(2)
    }

    /// Returns the end of the packet.
    #[inline]
    #[must_use]
    pub const fn end(&self) -> usize {
        self.position(3)
    }

    /// A packet with a short header and a destination connection id of `destination` bytes, which
    /// has `end` bytes.
    #[inline]
    pub(crate) fn short(destination: usize, end: usize) -> Option<Self> {
        let destination = u8::try_from(destination).ok()?;
        let (header_end, end) = (1 + u16::from(destination), u16::try_from(end).ok()?);
        let fields = Fields {
            version: Version::NEGOTIATION,
            kind: PacketKind::OneRtt,
            destination,
            source: 0,
            token_start: 0,
            token_end: 0,
            header_end,
            end,
        };
        (header_end <= end && end <= position(MAX_DATAGRAM)).then(|| fields.layout())
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "16 bits of it are wanted")]
    const fn position(&self, index: u32) -> usize {
        (self.positions >> (16 * index)) as usize & 0xffff
    }
}

impl fmt::Debug for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Layout")
            .field("kind", &self.kind())
            .field("version", &self.version())
            .field("destination", &self.destination())
            .field("source", &self.source())
            .field("token", &self.token())
            .field("header_end", &self.header_end())
            .field("end", &self.end())
            .finish()
    }
}

/// The fields that a [`Layout`] is made of.
#[derive(Clone, Copy)]
struct Fields {
    version: Version,
    kind: PacketKind,
    destination: u8,
    source: u8,
    token_start: u16,
    token_end: u16,
    header_end: u16,
    end: u16,
}

impl Fields {
    #[inline(always)]
    fn layout(self) -> Layout {
        let Self { version, kind, destination, source, .. } = self;
        let ids = u64::from(version.0)
            | u64::from(kind as u8) << 32
            | u64::from(destination) << 40
            | u64::from(source) << 48;
        let positions = u64::from(self.token_start)
            | u64::from(self.token_end) << 16
            | u64::from(self.header_end) << 32
            | u64::from(self.end) << 48;
        Layout { ids, positions }
    }
}

/// The length of the first packet, as the start of a datagram or of its rest tells it.
pub(crate) enum Extent {
    /// The fields of a long header, and that it says where the packet ends.
    Delimited(Layout),
    /// The fields of a long header, of a packet that ends with the datagram.
    ToTheEnd(Layout),
    /// A packet with a short header: it ends with the datagram.
    Short,
    /// The header is cut off: at least this many bytes are missing.
    Missing(NonZeroUsize),
}

/// Looks at the packet in front of `input`.
///
/// Of a packet that ends with the datagram the layout says that it ends with `input`.
#[inline(always)]
pub(crate) fn read(input: &[u8]) -> Result<Extent, Fault<Discard>> {
    let Some(&first) = input.first() else { return Ok(missing(1)) };
    if first & LONG == 0 {
        return Ok(Extent::Short);
    }
    if input.len() > MAX_DATAGRAM {
        return Err(Fault::too_long(MAX_DATAGRAM as u64));
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
    let ids_end = position(source_start + usize::from(source));
    let fields = Fields {
        kind,
        version,
        destination,
        source,
        token_start: ids_end,
        token_end: ids_end,
        header_end: ids_end,
        end: position(input.len()),
    };
    match kind {
        PacketKind::Initial => with_token(fields, behind),
        PacketKind::ZeroRtt | PacketKind::Handshake => with_length(fields, behind),
        PacketKind::Retry => match behind.len().checked_sub(RETRY_TAG) {
            Some(token) => {
                let token_end = ids_end + position(token);
                let fields = Fields { token_end, header_end: token_end, ..fields };
                Ok(Extent::ToTheEnd(fields.layout()))
            }
            None => Ok(missing(RETRY_TAG - behind.len())),
        },
        _ => Ok(Extent::ToTheEnd(fields.layout())),
    }
}

/// The rest of an Initial header: a token and its length, and what [`with_length`] reads.
#[inline(always)]
fn with_token(mut fields: Fields, behind: &[u8]) -> Result<Extent, Fault<Discard>> {
    let Some((length, size)) = VarInt::decode(behind) else { return Ok(cut_integer(behind)) };
    let behind = &behind[size..];
    fields.token_start += position(size);
    let Some(length) = within(length, fields.token_start) else {
        return Err(Fault::too_long(fields.token_start.into()));
    };
    fields.token_end = fields.token_start + length;
    fields.header_end = fields.token_end;
    match behind.get(usize::from(length)..) {
        Some(behind) => with_length(fields, behind),
        // The length of the packet takes a byte at least.
        None => Ok(missing(usize::from(length) - behind.len() + 1)),
    }
}

/// The end of a long header: the length of what follows it.
#[inline(always)]
fn with_length(mut fields: Fields, behind: &[u8]) -> Result<Extent, Fault<Discard>> {
    let Some((length, size)) = VarInt::decode(behind) else { return Ok(cut_integer(behind)) };
    fields.header_end += position(size);
    let Some(length) = within(length, fields.header_end) else {
        return Err(Fault::too_long(fields.header_end.into()));
    };
    fields.end = fields.header_end + length;
    Ok(Extent::Delimited(fields.layout()))
}

/// A length, if a datagram can hold as many bytes from `start` on.
#[inline]
fn within(length: VarInt, start: u16) -> Option<u16> {
    let length = u16::try_from(length.value()).ok()?;
    (length <= position(MAX_DATAGRAM).checked_sub(start)?).then_some(length)
}

/// A position in a datagram, or the length of something in it.
#[inline]
fn position(at: usize) -> u16 {
    debug_assert!(at <= MAX_DATAGRAM, "longer input is refused before it is read");
    #[expect(clippy::cast_possible_truncation, reason = "no datagram is as long")]
    let at = at as u16;
    at
}

#[cold]
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

/// The most bytes that a UDP datagram carries: the most that 16 bits can express, less the UDP
/// header (RFC 9000 §18.2, `max_udp_payload_size`).
pub const MAX_DATAGRAM: usize = 65_527;

/// The offset of the destination connection id in a long header: behind the first byte, the version
/// and its own length (RFC 8999 §5.1).
pub(crate) const IDS: usize = 6;

/// The integrity tag at the end of a Retry packet (RFC 9001 §5.8).
pub(crate) const RETRY_TAG: usize = 16;
