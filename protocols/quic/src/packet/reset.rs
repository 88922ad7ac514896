//! Stateless resets: the last word of an endpoint that has lost its connections (RFC 9000 §10.3).

use core::{fmt, hint::black_box};

use super::kind::{FIXED, LONG};

/// What an endpoint gave its peer with a connection id, to be believed later when it says nothing
/// else any more.
///
/// A datagram that no key opens, or whose connection id nobody knows, and that ends with the token
/// of a connection, is a stateless reset of that connection: no packet of it is to be sent any more
/// (§10.3.1).
///
/// ```
/// use segue_quic::StatelessResetToken;
///
/// let token = StatelessResetToken([7; 16]);
/// let mut datagram = [0x5a; 40]; // random bytes
/// token.write(&mut datagram).unwrap();
/// assert!(token.is_at_the_end_of(&datagram));
/// assert!(!StatelessResetToken([8; 16]).is_at_the_end_of(&datagram));
/// assert!(!token.is_at_the_end_of(&datagram[20..])); // too short for a packet
/// ```
///
/// Comparing takes as long whatever the bytes are, so that nobody finds a token out byte by byte.
#[derive(Clone, Copy)]
pub struct StatelessResetToken(pub [u8; 16]);

impl StatelessResetToken {
    /// How many bytes a stateless reset has at least: less cannot be a packet (§10.3).
    pub const MIN_DATAGRAM: usize = 21;

    /// Whether `datagram`, all of it, is a stateless reset with this token.
    ///
    /// Only a datagram whose packets cannot be unprotected may be one. Ask this of all tokens that
    /// peers gave for connection ids in use, whichever is found first.
    #[must_use]
    pub fn is_at_the_end_of(&self, datagram: &[u8]) -> bool {
        match datagram.last_chunk::<16>() {
            Some(end) if datagram.len() >= Self::MIN_DATAGRAM => *self == Self(*end),
            _ => false,
        }
    }

    /// Makes a stateless reset of `datagram`, which is to hold bytes that nobody can foresee: the
    /// token goes to its end, and the first byte becomes that of a short header.
    ///
    /// None where it has fewer than [`MIN_DATAGRAM`](Self::MIN_DATAGRAM) bytes. It should be at
    /// least 22 bytes longer than the shortest connection id in use, and must be shorter than what
    /// it answers, so that two endpoints do not reset each other for ever (§10.3.3).
    pub fn write(&self, datagram: &mut [u8]) -> Option<()> {
        if datagram.len() < Self::MIN_DATAGRAM {
            return None;
        }
        let first = datagram.first_mut()?;
        *first = *first & !LONG | FIXED;
        *datagram.last_chunk_mut()? = self.0;
        Some(())
    }
}

impl PartialEq for StatelessResetToken {
    fn eq(&self, other: &Self) -> bool {
        // One word, which nothing is known of before all of both was looked at.
        let (a, b) = (u128::from_ne_bytes(self.0), u128::from_ne_bytes(other.0));
        black_box(a ^ b) == 0
    }
}

impl Eq for StatelessResetToken {}

/// Does not show it.
impl fmt::Debug for StatelessResetToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StatelessResetToken(..)")
    }
}
