use core::{borrow::Borrow, fmt, ops::Deref};

/// A connection id of up to `MAX` bytes, stored inline (RFC 9000 §5.1).
///
/// Versions 1 and 2 have ids of 0 to 20 bytes (RFC 9000 §17.2). Other versions may have up to 255
/// (RFC 8999 §5.3): use [`AnyConnectionId`] for them.
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
    /// The length of the longest id in bytes.
    pub const MAX: usize = MAX;

    /// The empty id, which an endpoint chooses if it finds connections by their addresses.
    pub const EMPTY: Self = Self { bytes: [0; MAX], length: 0 };

    /// Returns the id with these bytes; none if there are too many.
    #[inline]
    #[must_use]
    pub fn new(id: &[u8]) -> Option<Self> {
        let length = u8::try_from(id.len()).ok()?;
        let mut bytes = [0; MAX];
        bytes.get_mut(..id.len())?.copy_from_slice(id);
        Some(Self { bytes, length })
    }

    /// Returns the bytes.
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

/// Lets a map with ids as keys be searched with a slice out of a packet.
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

/// Writes hexadecimal digits.
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

/// The length of the connection id in packets with a short header, which the packet does not carry
/// (RFC 9000 §17.3.1).
///
/// An endpoint knows the lengths of the ids that it gave out. If all have the same length, use that
/// number; otherwise a closure that looks at the bytes behind the first one:
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
    /// Returns the length in bytes of the connection id at the front of `behind`, the packet
    /// without its first byte; none if no id of this endpoint is there.
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
