use segue::Fault;

use super::{
    error::BuildError,
    kind::{FIXED, LONG, PacketKind, SPIN},
    layout::{self, Extent, Layout, MAX_DATAGRAM, RETRY_TAG},
    versions::Versions,
};
use crate::{DestinationLength, Discard, VarInt, Version};

/// The header of a packet: the part that can be read without keys, and with which a sent packet
/// begins.
///
/// ```
/// use segue_quic::{Header, Version};
///
/// let packet = b"\xc0\x00\x00\x00\x01\x04\x83\x94\xc8\xf0\x00\x00\x02\xff\xff";
/// let (header, layout) = Header::read(packet, 0)?;
/// let Header::Initial { version, destination, source, token } = header else { panic!() };
/// assert_eq!((version, destination), (Version::V1, &[0x83, 0x94, 0xc8, 0xf0][..]));
/// assert!(source.is_empty() && token.is_empty());
/// assert_eq!((layout.header_end(), layout.end()), (13, 15));
/// # Ok::<(), segue::Fault<segue_quic::Discard>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Header<'a> {
    /// An Initial packet (RFC 9000 §17.2.2).
    Initial {
        /// A version that is known.
        version: Version,
        /// Up to 20 bytes.
        destination: &'a [u8],
        /// Up to 20 bytes.
        source: &'a [u8],
        /// The token that a Retry packet or a NEW_TOKEN frame gave the client, or nothing.
        token: &'a [u8],
    },
    /// A 0-RTT packet (RFC 9000 §17.2.3).
    ZeroRtt {
        /// A version that is known.
        version: Version,
        /// Up to 20 bytes.
        destination: &'a [u8],
        /// Up to 20 bytes.
        source: &'a [u8],
    },
    /// A Handshake packet (RFC 9000 §17.2.4).
    Handshake {
        /// A version that is known.
        version: Version,
        /// Up to 20 bytes.
        destination: &'a [u8],
        /// Up to 20 bytes.
        source: &'a [u8],
    },
    /// A Retry packet (RFC 9000 §17.2.5).
    Retry {
        /// A version that is known.
        version: Version,
        /// Up to 20 bytes.
        destination: &'a [u8],
        /// The id to which the client sends its next Initial packet: up to 20 bytes.
        source: &'a [u8],
        /// The token that the client sends back.
        token: &'a [u8],
        /// The integrity tag over the packet and the first connection id (RFC 9001 §5.8).
        tag: [u8; RETRY_TAG],
    },
    /// The short header (RFC 9000 §17.3.1), without the protected bits.
    OneRtt {
        /// Up to 20 bytes.
        destination: &'a [u8],
        /// The spin bit, for those on the path who measure round trips (§17.4).
        spin: bool,
    },
    /// A Version Negotiation packet (RFC 9000 §17.2.1, RFC 8999 §6).
    VersionNegotiation {
        /// The source connection id of the packet that it answers: up to 255 bytes.
        destination: &'a [u8],
        /// The destination connection id of the packet that it answers: up to 255 bytes.
        source: &'a [u8],
        /// The versions that the server speaks.
        versions: Versions<'a>,
    },
    /// A long header of an unknown version (RFC 8999 §5.1).
    Unknown {
        /// The version.
        version: Version,
        /// Up to 255 bytes.
        destination: &'a [u8],
        /// Up to 255 bytes.
        source: &'a [u8],
        /// The rest, which only that version defines.
        rest: &'a [u8],
    },
}

impl<'a> Header<'a> {
    /// Reads the header in front of a datagram, or of the rest of one. Returns it with the places
    /// of its fields.
    ///
    /// Use it only to look at packets. To unprotect them, split the datagram by
    /// [`Coalesced`](crate::Coalesced).
    ///
    /// # Errors
    /// As the stage [`Datagram`](crate::Datagram): drop the packet.
    pub fn read(
        input: &'a [u8],
        mut ids: impl DestinationLength,
    ) -> Result<(Self, Layout), Fault<Discard>> {
        let layout = match layout::read(input)? {
            Extent::Delimited(layout) | Extent::ToTheEnd(layout) if layout.end() <= input.len() => {
                layout
            }
            Extent::Short => short(input, &mut ids).ok_or_else(|| no_destination(input))?,
            _ => return Err(Fault::truncated(input.len() as u64)),
        };
        Ok((Self::of(&input[..layout.end()], &layout)?, layout))
    }

    /// Reads the header of a packet with this layout.
    ///
    /// # Errors
    /// [`Discard::VersionList`]; [`Discard::Unreachable`] if the layout is of another packet.
    #[inline]
    pub(crate) fn of(packet: &'a [u8], layout: &Layout) -> Result<Self, Fault<Discard>> {
        // The layout was read off this packet, so all of its fields are there.
        let part = |range| packet.get(range).ok_or_else(unreachable);
        let (destination, source) = (part(layout.destination())?, part(layout.source())?);
        if layout.kind() == PacketKind::OneRtt {
            let spin = packet.first().ok_or_else(unreachable)? & SPIN != 0;
            return Ok(Self::OneRtt { destination, spin });
        }
        // All other kinds have a long header, which names a version.
        let version = layout.version().ok_or_else(unreachable)?;
        Ok(match layout.kind() {
            PacketKind::Initial => {
                Self::Initial { version, destination, source, token: part(layout.token())? }
            }
            PacketKind::ZeroRtt => Self::ZeroRtt { version, destination, source },
            PacketKind::Handshake => Self::Handshake { version, destination, source },
            PacketKind::Retry => {
                let Some(&tag) = packet.last_chunk() else { return Err(unreachable()) };
                Self::Retry { version, destination, source, token: part(layout.token())?, tag }
            }
            PacketKind::OneRtt => return Err(unreachable()),
            PacketKind::VersionNegotiation => {
                let list = packet.get(layout.header_end()..).ok_or_else(unreachable)?;
                let Some(versions) = Versions::new(list) else {
                    return Err(Fault::new(Discard::VersionList).at(layout.header_end() as u64));
                };
                Self::VersionNegotiation { destination, source, versions }
            }
            PacketKind::Unknown => {
                let rest = packet.get(layout.header_end()..).ok_or_else(unreachable)?;
                Self::Unknown { version, destination, source, rest }
            }
        })
    }

    /// Returns the kind of packet.
    #[must_use]
    pub const fn kind(&self) -> PacketKind {
        match self {
            Self::Initial { .. } => PacketKind::Initial,
            Self::ZeroRtt { .. } => PacketKind::ZeroRtt,
            Self::Handshake { .. } => PacketKind::Handshake,
            Self::Retry { .. } => PacketKind::Retry,
            Self::OneRtt { .. } => PacketKind::OneRtt,
            Self::VersionNegotiation { .. } => PacketKind::VersionNegotiation,
            Self::Unknown { .. } => PacketKind::Unknown,
        }
    }

    /// Returns the version in the header; none in a short header.
    #[must_use]
    pub const fn version(&self) -> Option<Version> {
        match *self {
            Self::Initial { version, .. }
            | Self::ZeroRtt { version, .. }
            | Self::Handshake { version, .. }
            | Self::Retry { version, .. }
            | Self::Unknown { version, .. } => Some(version),
            Self::VersionNegotiation { .. } => Some(Version::NEGOTIATION),
            Self::OneRtt { .. } => None,
        }
    }

    /// Returns the destination connection id.
    #[must_use]
    pub const fn destination(&self) -> &'a [u8] {
        match *self {
            Self::Initial { destination, .. }
            | Self::ZeroRtt { destination, .. }
            | Self::Handshake { destination, .. }
            | Self::Retry { destination, .. }
            | Self::OneRtt { destination, .. }
            | Self::VersionNegotiation { destination, .. }
            | Self::Unknown { destination, .. } => destination,
        }
    }

    /// Returns the source connection id; empty in a short header, which has none.
    #[must_use]
    pub const fn source(&self) -> &'a [u8] {
        match *self {
            Self::Initial { source, .. }
            | Self::ZeroRtt { source, .. }
            | Self::Handshake { source, .. }
            | Self::Retry { source, .. }
            | Self::VersionNegotiation { source, .. }
            | Self::Unknown { source, .. } => source,
            Self::OneRtt { .. } => &[],
        }
    }

    /// Writes the header to the front of `room`, up to the Length field of Initial, 0-RTT and
    /// Handshake packets, or to the packet number of 1-RTT. Returns the number of bytes.
    ///
    /// Packets that are not protected need nothing else; for the others use
    /// [`PacketBuilder`](crate::PacketBuilder).
    ///
    /// ```
    /// use segue_quic::{Header, Version, Versions};
    ///
    /// let header = Header::VersionNegotiation {
    ///     destination: b"client",
    ///     source: b"server",
    ///     versions: Versions::new(b"\x00\x00\x00\x01\x1a\x2a\x3a\x4a").unwrap(),
    /// };
    /// let mut room = [0; 64];
    /// let length = header.write(&mut room)?;
    /// assert_eq!(Header::read(&room[..length], 0).unwrap().0, header);
    /// # Ok::<(), segue_quic::BuildError>(())
    /// ```
    ///
    /// # Errors
    /// If the room is too small, if a connection id is too long for the version, or if the version
    /// is unknown, has to be 0, or must not be.
    #[inline(always)]
    pub fn write(&self, room: &mut [u8]) -> Result<usize, BuildError> {
        let Self::OneRtt { destination, spin } = *self else { return self.write_long(room) };
        id_length(destination, 20)?;
        let (first, behind) = room.split_first_mut().ok_or(BuildError::NoRoom)?;
        let behind = behind.get_mut(..destination.len()).ok_or(BuildError::NoRoom)?;
        *first = FIXED | if spin { SPIN } else { 0 };
        behind.copy_from_slice(destination);
        Ok(1 + destination.len())
    }

    fn write_long(&self, room: &mut [u8]) -> Result<usize, BuildError> {
        let mut at = 0;
        let mut put = |bytes: &[u8]| {
            room.get_mut(at..at + bytes.len()).ok_or(BuildError::NoRoom)?.copy_from_slice(bytes);
            at += bytes.len();
            Ok(())
        };
        // Only short headers name no version.
        let version = self.version().ok_or(BuildError::Unreachable)?;
        let (first, most) = match self.kind() {
            // All bits but the first are free (RFC 8999 §6); this one lets it look like any other.
            PacketKind::VersionNegotiation => (FIXED, u8::MAX),
            PacketKind::Unknown if version.is_known() || version == Version::NEGOTIATION => {
                return Err(BuildError::Version(version));
            }
            PacketKind::Unknown => (FIXED, u8::MAX),
            kind => match kind.type_bits(version) {
                Some(bits) => (FIXED | bits, 20),
                None => return Err(BuildError::Version(version)),
            },
        };
        put(&[LONG | first])?;
        put(&version.to_bytes())?;
        for id in [self.destination(), self.source()] {
            put(&[id_length(id, most)?])?;
            put(id)?;
        }
        match *self {
            Self::Initial { token, .. } => {
                let length = VarInt::try_from(token.len()).map_err(|_| BuildError::NoRoom)?;
                put(&length.to_bytes())?;
                put(token)?;
            }
            Self::Retry { token, tag, .. } => {
                put(token)?;
                put(&tag)?;
            }
            Self::VersionNegotiation { versions, .. } => put(versions.as_slice())?,
            Self::Unknown { rest, .. } => put(rest)?,
            _ => {}
        }
        Ok(at)
    }
}

/// The layout of `input`, a packet with a short header.
#[inline(always)]
pub(crate) fn short(input: &[u8], ids: &mut impl DestinationLength) -> Option<Layout> {
    let destination = ids.destination_length(input.get(1..)?)?;
    Layout::short(destination, input.len())
}

/// The fault for a packet that does not have the fields of its layout.
#[cold]
#[inline(never)]
fn unreachable() -> Fault<Discard> {
    Fault::new(Discard::Unreachable)
}

/// The fault for a packet with a short header that has no layout. Nothing follows such a packet, so
/// not recognising it affects nothing else.
#[cold]
pub(crate) fn no_destination(input: &[u8]) -> Fault<Discard> {
    if input.len() > MAX_DATAGRAM {
        return Fault::too_long(MAX_DATAGRAM as u64);
    }
    Fault::new(Discard::UnknownDestination).at(1).recoverable()
}

#[inline]
fn id_length(id: &[u8], most: u8) -> Result<u8, BuildError> {
    match u8::try_from(id.len()) {
        Ok(length) if length <= most => Ok(length),
        _ => Err(BuildError::ConnectionIdTooLong(id.len())),
    }
}
