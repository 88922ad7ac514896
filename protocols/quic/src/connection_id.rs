//! Connection ids (RFC 9000 §5.1, RFC 8999 §5.3).

use core::{borrow::Borrow, fmt, ops::Deref};

/// A connection id of up to `MAX` bytes, held in place.
///
/// Versions 1 and 2 have ids of 0 to 20 bytes (RFC 9000 §17.2); those of other versions may have up
/// to 255 (RFC 8999 §5.3), for which there is [`AnyConnectionId`].
///
/// ```
/// use segue_quic::{AnyConnectionId, ConnectionId};
///
/// let id: ConnectionId = ConnectionId::new(&[0x83, 0x94, 0xc8, 0xf0]).unwrap();
/// assert_eq!(id.to_string(), "8394c8f0");
/// assert_eq!(id.len(), 4); // a slice otherwise
/// assert!(<ConnectionId>::new(&[0; 21]).is_none());
/// assert!(AnyConnectionId::new(&[0; 21]).is_some());
/// ```
#[derive(Clone, Copy)]
pub struct ConnectionId<const MAX: usize = 20> {
    bytes: [u8; MAX],
    length: u8,
}

/// A connection id of any version (RFC 8999 §5.3).
pub type AnyConnectionId = ConnectionId<255>;

impl<const MAX: usize> ConnectionId<MAX> {
    /// The most bytes it takes.
    pub const MAX: usize = MAX;

    /// The id of no bytes: what an endpoint chooses that finds connections by their addresses.
    pub const EMPTY: Self = Self { bytes: [0; MAX], length: 0 };

    /// The id of these bytes, or none if there are too many.
    #[inline]
    #[must_use]
    pub fn new(id: &[u8]) -> Option<Self> {
        let length = u8::try_from(id.len()).ok()?;
        let mut bytes = [0; MAX];
        bytes.get_mut(..id.len())?.copy_from_slice(id);
        Some(Self { bytes, length })
    }

    /// Its bytes.
    #[inline]
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

impl<const MAX: usize> Deref for ConnectionId<MAX> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl<const MAX: usize> AsRef<[u8]> for ConnectionId<MAX> {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

/// So that a map by ids can be asked with the slice out of a packet.
impl<const MAX: usize> Borrow<[u8]> for ConnectionId<MAX> {
    fn borrow(&self) -> &[u8] {
        self
    }
}

impl<const MAX: usize> PartialEq for ConnectionId<MAX> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<const MAX: usize> Eq for ConnectionId<MAX> {}

impl<const MAX: usize> PartialEq<[u8]> for ConnectionId<MAX> {
    fn eq(&self, other: &[u8]) -> bool {
        **self == *other
    }
}

impl<const MAX: usize> core::hash::Hash for ConnectionId<MAX> {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl<const MAX: usize> Default for ConnectionId<MAX> {
    fn default() -> Self {
        Self::EMPTY
    }
}

/// In hexadecimal digits.
impl<const MAX: usize> fmt::Display for ConnectionId<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl<const MAX: usize> fmt::Debug for ConnectionId<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How long the connection id of a packet with a short header is, which the packet does not say
/// (RFC 9000 §17.3.1).
///
/// An endpoint knows it of the ids that it gave out. Where all are of one length, that number is
/// the answer; where they are not, a closure that looks at what follows the first byte:
///
/// ```
/// use segue_quic::DestinationLength;
///
/// assert_eq!(8.destination_length(b"12345678..."), Some(8));
/// let mut by_first_byte = |id: &[u8]| Some(usize::from(*id.first()? & 0x0f));
/// assert_eq!(by_first_byte.destination_length(&[0x54, 1, 2, 3]), Some(4));
/// assert_eq!(by_first_byte.destination_length(&[]), None);
/// ```
pub trait DestinationLength {
    /// The length in bytes of the connection id at the front of `behind`, which is all of the
    /// packet behind its first byte; none where no id of this endpoint is in front.
    fn destination_length(&mut self, behind: &[u8]) -> Option<usize>;
}

impl DestinationLength for usize {
    #[inline]
    fn destination_length(&mut self, behind: &[u8]) -> Option<usize> {
        (*self <= behind.len()).then_some(*self)
    }
}

impl<F: FnMut(&[u8]) -> Option<usize>> DestinationLength for F {
    #[inline]
    fn destination_length(&mut self, behind: &[u8]) -> Option<usize> {
        self(behind)
    }
}
