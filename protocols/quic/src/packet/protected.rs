//! Received packets, and the removal of their protection (RFC 9001 §5).

use alloc::vec::Vec;
use core::fmt;

use segue::Fault;

use super::{
    header::Header,
    kind::{KEY_PHASE, NUMBER_SIZE, PacketKind, SPIN, masked, reserved},
    layout::Layout,
    number::PacketNumber,
};
use crate::{
    Discard, ErrorCode, TransportError, Version,
    protect::{HeaderKey, Keys, PacketKey, SAMPLE, TAG},
};

/// A received packet, borrowed from its datagram.
///
/// Its protection is removed in place, in two steps, since the second needs the result of the
/// first: [`unmask`](Self::unmask) the header, which has the packet number and the key phase, then
/// [`open`](Unmasked::open) the payload. [`unprotect`](Self::unprotect) does both.
pub struct Packet<'a> {
    bytes: &'a mut [u8],
    layout: Layout,
    follows_another: bool,
}

impl<'a> Packet<'a> {
    #[inline(always)]
    pub(crate) fn new(bytes: &'a mut [u8], layout: Layout, follows_another: bool) -> Self {
        Self { bytes, layout, follows_another }
    }

    /// Returns the kind of packet.
    #[inline]
    #[must_use]
    pub fn kind(&self) -> PacketKind {
        self.layout.kind()
    }

    /// Returns the version in the header; none in a short header.
    #[inline]
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        self.layout.version()
    }

    /// Returns the destination connection id.
    #[inline]
    #[must_use]
    pub fn destination(&self) -> &[u8] {
        self.bytes.get(self.layout.destination()).unwrap_or_default()
    }

    /// Returns true if the first packet of this datagram has another destination connection id
    /// (RFC 9000 §12.2). Such packets are errors, unless [any
    /// destination](crate::Coalesced::any_destination) is accepted.
    #[inline]
    #[must_use]
    pub fn follows_another(&self) -> bool {
        self.follows_another
    }

    /// Returns the part of the header that can be read without keys.
    ///
    /// # Errors
    /// [`Discard::VersionList`], of a Version Negotiation packet.
    #[inline]
    pub fn header(&self) -> Result<Header<'_>, Discard> {
        header(self.bytes, &self.layout)
    }

    /// Returns the places of the fields.
    #[inline]
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Returns the bytes of the packet as they are now: still protected, unless it was unmasked.
    #[inline]
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        self.bytes
    }

    /// Removes the protection of the header (RFC 9001 §5.4).
    ///
    /// # Errors
    /// If there is nothing to remove, or the packet is too short. The packet is unchanged then.
    #[inline(always)]
    pub fn unmask<H: HeaderKey + ?Sized>(self, key: &H) -> Result<Unmasked<'a>, Discard> {
        if !self.kind().is_protected() {
            return Err(Discard::NotProtected);
        }
        let number_at = self.layout.header_end();
        // The sample is where it would be if the number took four bytes (§5.4.2).
        let Some((header, behind)) = self.bytes.split_at_mut_checked(number_at + 4) else {
            return Err(Discard::TooShort);
        };
        let Some(sample) = behind.first_chunk::<SAMPLE>() else { return Err(Discard::TooShort) };
        // A library takes any sample of this length, and the header has four bytes at least.
        let Some(mask) = key.mask(sample) else { return Err(Discard::Unreachable) };
        let Some(first) = header.first_mut() else { return Err(Discard::Unreachable) };
        *first ^= mask[0] & masked(*first);
        let size = (*first & NUMBER_SIZE) + 1;
        let Some(number) = header.last_chunk_mut::<4>() else { return Err(Discard::Unreachable) };
        // As one word, of which the number's bytes are the upper ones.
        let unused = 8 * (4 - u32::from(size));
        let [_, mask @ ..] = mask;
        let word = u32::from_be_bytes(*number)
            ^ (u32::from_be_bytes(mask) & u32::MAX.wrapping_shl(unused));
        *number = word.to_be_bytes();
        Ok(Unmasked { bytes: self.bytes, layout: self.layout, low: word >> unused, size })
    }

    /// Removes the protection of header and payload, with keys for its kind and sender.
    ///
    /// `largest` is the highest authentic packet number received in its space (§A.3). If keys may
    /// have been updated, take the two steps separately, since the header tells which key the
    /// packet takes: see [`KeyPhases`](crate::protect::KeyPhases).
    ///
    /// # Errors
    /// As [`unmask`](Self::unmask) and [`Unmasked::open`].
    #[inline]
    pub fn unprotect<H: HeaderKey, P: PacketKey>(
        self,
        keys: &Keys<H, P>,
        largest: Option<u64>,
    ) -> Result<Unprotected<'a>, UnprotectError> {
        self.unmask(&keys.header)?.open(&keys.packet, largest)
    }
}

/// A packet with its header readable and its payload still protected.
///
/// Trust nothing in the header before the payload was [opened](Self::open).
pub struct Unmasked<'a> {
    bytes: &'a mut [u8],
    layout: Layout,
    low: u32,
    size: u8,
}

impl<'a> Unmasked<'a> {
    /// Returns the full packet number, given the highest authentic one received in this space (RFC
    /// 9000 §A.3).
    #[inline]
    #[must_use]
    pub fn number(&self, largest: Option<u64>) -> u64 {
        PacketNumber::nearest(self.low, self.size, largest)
    }

    /// Returns the key phase bit of a 1-RTT packet, which tells its key (RFC 9001 §6). False for
    /// all other kinds.
    #[inline]
    #[must_use]
    pub fn key_phase(&self) -> bool {
        self.layout.kind() == PacketKind::OneRtt && self.first() & KEY_PHASE != 0
    }

    /// Returns the kind of packet.
    #[inline]
    #[must_use]
    pub fn kind(&self) -> PacketKind {
        self.layout.kind()
    }

    /// Removes the protection of the payload (RFC 9001 §5.3), and checks what can be checked only
    /// then. `largest` is the highest authentic packet number received in this space: the number of
    /// this one is made out by it (RFC 9000 §A.3).
    ///
    /// # Errors
    /// [`UnprotectError::Discard`] if it is not authentic; the packet is of no use then.
    /// [`UnprotectError::Close`] if the peer broke a rule.
    #[inline]
    pub fn open<P: PacketKey + ?Sized>(
        self,
        key: &P,
        largest: Option<u64>,
    ) -> Result<Unprotected<'a>, UnprotectError> {
        let number = self.number(largest);
        let Self { bytes, layout, size, .. } = self;
        let payload_at = layout.header_end() + usize::from(size);
        let Some((header, payload)) = bytes.split_at_mut_checked(payload_at) else {
            return Err(Discard::TooShort.into());
        };
        let Some(length) = payload.len().checked_sub(TAG) else {
            return Err(Discard::TooShort.into());
        };
        key.open(number, header, payload).map_err(|_| Discard::Unauthentic)?;
        // The number is a part of the header, so that is not empty.
        let Some(&first) = header.first() else { return Err(Discard::Unreachable.into()) };
        if first & reserved(first) != 0 {
            return Err(UnprotectError::Close(reserved_bits()));
        }
        if length == 0 {
            return Err(UnprotectError::Close(no_frames()));
        }
        Ok(Unprotected { bytes, layout, number, payload_at })
    }

    /// The header with the number, and a copy of the protected payload; none if the packet is too
    /// short.
    pub(crate) fn sealed(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        let payload_at = self.layout.header_end() + usize::from(self.size);
        let (header, payload) = self.bytes.split_at_checked(payload_at)?;
        (payload.len() >= TAG).then(|| (header.to_vec(), payload.to_vec()))
    }

    fn first(&self) -> u8 {
        self.bytes.first().copied().unwrap_or_default()
    }
}

/// An authentic packet with its frames readable.
pub struct Unprotected<'a> {
    bytes: &'a mut [u8],
    layout: Layout,
    number: u64,
    payload_at: usize,
}

impl<'a> Unprotected<'a> {
    /// Returns the kind of packet.
    #[inline]
    #[must_use]
    pub fn kind(&self) -> PacketKind {
        self.layout.kind()
    }

    /// Returns the header.
    ///
    /// # Errors
    /// [`Discard::Unreachable`] only: the header was read before.
    #[inline]
    pub fn header(&self) -> Result<Header<'_>, Discard> {
        header(self.bytes, &self.layout)
    }

    /// Returns the full packet number.
    #[inline]
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Returns the range of the packet number in the packet: 1 to 4 bytes.
    #[must_use]
    pub fn number_range(&self) -> core::ops::Range<usize> {
        self.layout.header_end()..self.payload_at
    }

    /// Returns the key phase bit of a 1-RTT packet; false
    #[inline]
    #[must_use]
    pub fn key_phase(&self) -> bool {
        self.kind() == PacketKind::OneRtt && self.first() & KEY_PHASE != 0
    }

    /// Returns the spin bit of a 1-RTT packet (RFC 9000 §17.4); false
    #[inline]
    #[must_use]
    pub fn spin(&self) -> bool {
        self.kind() == PacketKind::OneRtt && self.first() & SPIN != 0
    }

    /// Returns the places of the header's fields.
    #[inline]
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Returns the range of the frames in the packet.
    #[inline]
    #[must_use]
    pub fn payload_range(&self) -> core::ops::Range<usize> {
        self.payload_at..self.bytes.len().saturating_sub(TAG)
    }

    /// The frames.
    #[inline]
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        self.bytes.get(self.payload_range()).unwrap_or_default()
    }

    /// Returns the frames, borrowed for as long as the datagram is.
    #[inline]
    #[must_use]
    pub fn into_payload(self) -> &'a mut [u8] {
        let range = self.payload_range();
        self.bytes.get_mut(range).unwrap_or_default()
    }

    fn first(&self) -> u8 {
        self.bytes.first().copied().unwrap_or_default()
    }
}

/// The reason why a packet cannot be unprotected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnprotectError {
    /// Drop the packet, and do nothing else.
    Discard(Discard),
    /// The packet is authentic, and its sender broke a rule: close the connection.
    Close(TransportError),
}

impl From<Discard> for UnprotectError {
    #[inline]
    fn from(discard: Discard) -> Self {
        Self::Discard(discard)
    }
}

impl fmt::Display for UnprotectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Discard(_) => f.write_str("the packet is to be dropped"),
            Self::Close(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl core::error::Error for UnprotectError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Discard(discard) => Some(discard),
            Self::Close(error) => error.source(),
        }
    }
}

#[inline]
fn header<'p>(bytes: &'p [u8], layout: &Layout) -> Result<Header<'p>, Discard> {
    Header::of(bytes, layout)
        .map_err(|fault: Fault<Discard>| fault.error().copied().unwrap_or(Discard::Unreachable))
}

#[cold]
fn reserved_bits() -> TransportError {
    TransportError::new(
        ErrorCode::PROTOCOL_VIOLATION,
        "reserved bits of a packet are not 0",
        "RFC 9000 §17.2",
    )
}

#[cold]
fn no_frames() -> TransportError {
    TransportError::new(
        ErrorCode::PROTOCOL_VIOLATION,
        "a packet carries no frames",
        "RFC 9000 §12.4",
    )
}

macro_rules! debug_without_payload {
    ($($Type:ident),*) => {$(
        /// Shows the header, and only the length of the rest.
        impl fmt::Debug for $Type<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($Type))
                    .field("layout", &self.layout)
                    .field("len", &self.bytes.len())
                    .finish_non_exhaustive()
            }
        }
    )*};
}

debug_without_payload!(Packet, Unmasked, Unprotected);
