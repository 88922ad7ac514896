//! Stateless resets, which an endpoint sends that has lost its connections (RFC 9000 §10.3).

use core::{fmt, hint::black_box};

use super::kind::{FIXED, LONG};

/// The token that an endpoint gives its peer with a connection id: a datagram that ends with it
/// resets the connection.
///
/// A datagram that no key opens, or with an unknown connection id, is a stateless reset of a
/// connection if it ends with the connection's token: send no more packets of it (§10.3.1).
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
/// Comparing takes the same time for any bytes, so that nobody can find a token out byte by byte.
#[derive(Clone, Copy)]
pub struct StatelessResetToken(pub [u8; 16]);

impl StatelessResetToken {
    /// The least size of a stateless reset in bytes: fewer cannot be a packet (§10.3).
    pub const MIN_DATAGRAM: usize = 21;

    /// Returns true if `datagram`, all of it, is a stateless reset with this token.
    ///
    /// Only a datagram whose packets cannot be unprotected may be one. Check it against all tokens
    /// that peers gave for connection ids in use.
    #[must_use]
    pub fn is_at_the_end_of(&self, datagram: &[u8]) -> bool {
        match datagram.last_chunk::<16>() {
            Some(end) if datagram.len() >= Self::MIN_DATAGRAM => *self == Self(*end),
            _ => false,
        }
    }

    /// Turns `datagram`, which must hold unpredictable bytes, into a stateless reset: the token
    /// goes to its end, and the first byte becomes that of a short header.
    ///
    /// None if it has fewer than [`MIN_DATAGRAM`](Self::MIN_DATAGRAM) bytes. It should be at least
    /// 22 bytes longer than the shortest connection id in use, and must be shorter than the
    /// datagram that it answers, so that two endpoints do not reset each other for ever (§10.3.3).
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
