use alloc::vec::Vec;
use core::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};

use super::wrong;
use crate::{ConnectionId, StatelessResetToken, TransportError};

/// The address at which a server would rather be reached, once the handshake is over (RFC 9000
/// §9.6, §18.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PreferredAddress {
    /// Its address of IPv4, if it has one.
    pub v4: Option<SocketAddrV4>,
    /// Its address of IPv6, if it has one.
    pub v6: Option<SocketAddrV6>,
    /// The connection id to send to there, which has the sequence number 1. Not empty.
    pub id: ConnectionId,
    /// The last bytes of a stateless reset from that address.
    pub reset_token: StatelessResetToken,
}

impl PreferredAddress {
    pub(super) fn read(value: &[u8]) -> Result<Self, TransportError> {
        let (&v4, rest) = value.split_first_chunk::<4>().ok_or(CUT_OFF)?;
        let (&v4_port, rest) = rest.split_first_chunk().ok_or(CUT_OFF)?;
        let (&v6, rest) = rest.split_first_chunk::<16>().ok_or(CUT_OFF)?;
        let (&v6_port, rest) = rest.split_first_chunk().ok_or(CUT_OFF)?;
        let (&length, rest) = rest.split_first().ok_or(CUT_OFF)?;
        let (id, token) = rest.split_at_checked(usize::from(length)).ok_or(CUT_OFF)?;
        let reset_token = StatelessResetToken(token.try_into().map_err(|_| CUT_OFF)?);
        let id = ConnectionId::new(id).ok_or(ID)?;
        let (v4_port, v6_port) = (u16::from_be_bytes(v4_port), u16::from_be_bytes(v6_port));
        let v4 = SocketAddrV4::new(Ipv4Addr::from(v4), v4_port);
        let v6 = SocketAddrV6::new(Ipv6Addr::from(v6), v6_port, 0, 0);
        Ok(Self {
            v4: Some(v4).filter(|v4| !v4.ip().is_unspecified() || v4.port() > 0),
            v6: Some(v6).filter(|v6| !v6.ip().is_unspecified() || v6.port() > 0),
            id,
            reset_token,
        })
    }

    /// Checks the rules that hold for it alone.
    pub(super) fn check(&self) -> Result<(), TransportError> {
        if self.id.is_empty() {
            return Err(ID);
        }
        let nowhere = self.v4.is_some_and(|v4| v4.ip().is_unspecified() && v4.port() == 0)
            || self.v6.is_some_and(|v6| v6.ip().is_unspecified() && v6.port() == 0);
        // It means that there is no such address.
        if nowhere { Err(NOWHERE) } else { Ok(()) }
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let v4 = self.v4.unwrap_or(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0));
        bytes.extend(v4.ip().octets());
        bytes.extend(v4.port().to_be_bytes());
        let v6 = self.v6.unwrap_or(SocketAddrV6::new(Ipv6Addr::UNSPECIFIED, 0, 0, 0));
        bytes.extend(v6.ip().octets());
        bytes.extend(v6.port().to_be_bytes());
        bytes.push(u8::try_from(self.id.len()).unwrap_or(u8::MAX));
        bytes.extend(self.id.iter());
        bytes.extend(self.reset_token.0);
        bytes
    }
}

const CUT_OFF: TransportError =
    wrong("preferred_address is not as long as it says", "RFC 9000 §18.2");
const ID: TransportError =
    wrong("the connection id of preferred_address does not have 1 to 20 bytes", "RFC 9000 §18.2");
const NOWHERE: TransportError =
    wrong("an address of preferred_address is all zeros, where none is meant", "RFC 9000 §18.2");
