//! A packet as it was received, and how its protection is removed (RFC 9001 §5).

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

/// A packet as it was received, lent by the datagram that it came in.
///
/// Its protection is removed in place, in two steps, since the second needs what the first uncovers:
/// [`unmask`](Self::unmask) the header, which tells the packet number and the key phase, then
/// [`open`](Unmasked::open) the payload. [`unprotect`](Self::unprotect) is both.
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

    /// What kind of packet it is.
    #[inline]
    #[must_use]
    pub fn kind(&self) -> PacketKind {
        self.layout.kind()
    }

    /// The version that it names; none with a short header.
    #[inline]
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        self.layout.version()
    }

    /// The destination connection id.
    #[inline]
    #[must_use]
    pub fn destination(&self) -> &[u8] {
        self.bytes.get(self.layout.destination()).unwrap_or_default()
    }

    /// Whether the first packet of this datagram has another destination connection id: then this
    /// one is to be ignored (RFC 9000 §12.2).
    #[inline]
    #[must_use]
    pub fn follows_another(&self) -> bool {
        self.follows_another
    }

    /// The header, as far as it can be read without keys.
    ///
    /// # Errors
    /// [`Discard::VersionList`], of a Version Negotiation packet.
    #[inline]
    pub fn header(&self) -> Result<Header<'_>, Discard> {
        header(self.bytes, &self.layout)
    }

    /// Where the fields are.
    #[inline]
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// All of the packet, as it is now: still protected, unless it was unmasked.
    #[inline]
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        self.bytes
    }

    /// Removes the protection of the header (RFC 9001 §5.4).
    ///
    /// # Errors
    /// Where there is nothing to remove, or too little: the packet is then as it was.
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
        let Some(mask) = key.mask(sample) else { return Err(Discard::Unauthentic) };
        let Some(first) = header.first_mut() else { return Err(Discard::TooShort) };
        *first ^= mask[0] & masked(*first);
        let size = (*first & NUMBER_SIZE) + 1;
        let Some(number) = header.last_chunk_mut::<4>() else { return Err(Discard::TooShort) };
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
    /// `largest` is the highest packet number that was received in its space and was authentic
    /// (§A.3). Packets whose keys may have been updated are to be taken in two steps, since the
    /// header tells which of them it takes: see [`KeyPhases`](crate::protect::KeyPhases).
    ///
    /// # Errors
    /// As [`unmask`](Self::unmask) and [`Unmasked::open`].
    #[inline]
    pub fn unprotect<H: HeaderKey, P: PacketKey>(
        self,
        keys: &Keys<H, P>,
        largest: Option<u64>,
    ) -> Result<Unprotected<'a>, UnprotectError> {
        let unmasked = self.unmask(&keys.header)?;
        let number = unmasked.number(largest);
        unmasked.open(&keys.packet, number)
    }
}

/// A packet whose header can be read, and whose payload is still protected.
///
/// Nothing in the header is to be believed before the payload was [opened](Self::open).
pub struct Unmasked<'a> {
    bytes: &'a mut [u8],
    layout: Layout,
    low: u32,
    size: u8,
}

impl<'a> Unmasked<'a> {
    /// The full packet number, given the highest that was received in this space and was authentic
    /// (RFC 9000 §A.3).
    #[inline]
    #[must_use]
    pub fn number(&self, largest: Option<u64>) -> u64 {
        PacketNumber::recover(self.low, self.size, largest)
    }

    /// The key phase bit: which of the keys that 1-RTT packets had so far this one has (RFC 9001
    /// §6). False for all other kinds.
    #[inline]
    #[must_use]
    pub fn key_phase(&self) -> bool {
        self.layout.kind() == PacketKind::OneRtt && self.first() & KEY_PHASE != 0
    }

    /// What kind of packet it is.
    #[inline]
    #[must_use]
    pub fn kind(&self) -> PacketKind {
        self.layout.kind()
    }

    /// Removes the protection of the payload (RFC 9001 §5.3), and checks what can be checked only
    /// then.
    ///
    /// # Errors
    /// [`UnprotectError::Discard`] where it is not authentic; what is left of the packet is then of
    /// no use. [`UnprotectError::Close`] where the peer broke a rule.
    #[inline]
    pub fn open<P: PacketKey + ?Sized>(
        self,
        key: &P,
        number: u64,
    ) -> Result<Unprotected<'a>, UnprotectError> {
        let Self { bytes, layout, size, .. } = self;
        let payload_at = layout.header_end() + usize::from(size);
        let Some((header, payload)) = bytes.split_at_mut_checked(payload_at) else {
            return Err(Discard::TooShort.into());
        };
        let Some(length) = payload.len().checked_sub(TAG) else {
            return Err(Discard::TooShort.into());
        };
        key.open(number, header, payload).map_err(|_| Discard::Unauthentic)?;
        let first = header.first().copied().unwrap_or_default();
        if first & reserved(first) != 0 {
            return Err(UnprotectError::Close(reserved_bits()));
        }
        if length == 0 {
            return Err(UnprotectError::Close(no_frames()));
        }
        Ok(Unprotected { bytes, layout, number, payload_at })
    }

    fn first(&self) -> u8 {
        self.bytes.first().copied().unwrap_or_default()
    }
}

/// A packet that is authentic: the peer has sent it, and this is what it says.
pub struct Unprotected<'a> {
    bytes: &'a mut [u8],
    layout: Layout,
    number: u64,
    payload_at: usize,
}

impl<'a> Unprotected<'a> {
    /// What kind of packet it is.
    #[inline]
    #[must_use]
    pub fn kind(&self) -> PacketKind {
        self.layout.kind()
    }

    /// The header.
    #[inline]
    #[must_use]
    pub fn header(&self) -> Header<'_> {
        header(self.bytes, &self.layout).unwrap_or(Header::OneRtt { destination: &[], spin: false })
    }

    /// The packet number in full.
    #[inline]
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Where the packet number is in the packet: 1 to 4 bytes.
    #[must_use]
    pub fn number_range(&self) -> core::ops::Range<usize> {
        self.layout.header_end()..self.payload_at
    }

    /// The key phase bit of a 1-RTT packet; false for all other kinds.
    #[inline]
    #[must_use]
    pub fn key_phase(&self) -> bool {
        self.kind() == PacketKind::OneRtt && self.first() & KEY_PHASE != 0
    }

    /// The spin bit of a 1-RTT packet (RFC 9000 §17.4); false for all other kinds.
    #[inline]
    #[must_use]
    pub fn spin(&self) -> bool {
        self.kind() == PacketKind::OneRtt && self.first() & SPIN != 0
    }

    /// Where the header's fields are.
    #[inline]
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Where the frames are in the packet.
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

    /// The frames, for as long as the datagram is lent.
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

/// Why no frames come out of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnprotectError {
    /// The packet is to be dropped, and nothing else happens.
    Discard(Discard),
    /// The packet is authentic, and its sender broke a rule: the connection is to be closed.
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
        .map_err(|fault: Fault<Discard>| fault.error().copied().unwrap_or(Discard::TooShort))
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
        /// Shows the header, and the length alone of what is behind it.
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
