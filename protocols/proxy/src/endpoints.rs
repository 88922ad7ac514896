//! The two ends of the connection that a header speaks of.

use core::{
    fmt,
    net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6},
};

use crate::WriteError;

/// The two ends of the connection that the proxy has accepted, as it saw them.
///
/// The source is the client, the destination the address at the proxy that it has connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoints {
    /// The proxy speaks for itself, as in a health check: the ends are those of the connection that
    /// the header came on. LOCAL of version 2; what such a header says of addresses is ignored.
    Local,
    /// The proxy speaks for a client whose address it cannot say: `UNKNOWN` of version 1, and
    /// UNSPEC of version 2. Use the ends of the connection that the header came on, or refuse it.
    Unspecified,
    /// IPv4.
    Inet {
        /// The kind of the client's socket.
        transport: Transport,
        /// The client.
        source: SocketAddrV4,
        /// The proxy's address for clients.
        destination: SocketAddrV4,
    },
    /// IPv6. The wire has neither flow labels nor scopes: those of an address are not sent.
    Inet6 {
        /// The kind of the client's socket.
        transport: Transport,
        /// The client.
        source: SocketAddrV6,
        /// The proxy's address for clients.
        destination: SocketAddrV6,
    },
    /// UNIX sockets.
    Unix {
        /// The kind of the client's socket.
        transport: Transport,
        /// The client, which often has no name.
        source: UnixAddress,
        /// The proxy's address for clients.
        destination: UnixAddress,
    },
}

impl Endpoints {
    /// Makes the ends of a TCP connection. If one is IPv4 and the other IPv6, the first is sent as
    /// an address of IPv6 (`::ffff:192.0.2.1`), since a header has one family.
    ///
    /// ```
    /// use segue_proxy::Endpoints;
    ///
    /// let ends = Endpoints::tcp("192.0.2.1:7".parse()?, "[2001:db8::1]:443".parse()?);
    /// assert_eq!(ends.source(), Some("[::ffff:192.0.2.1]:7".parse()?));
    /// # Ok::<(), core::net::AddrParseError>(())
    /// ```
    #[must_use]
    pub fn tcp(source: SocketAddr, destination: SocketAddr) -> Self {
        Self::ip(Transport::Stream, source, destination)
    }

    /// Does the same as [`tcp`](Self::tcp) for datagrams of UDP.
    #[must_use]
    pub fn udp(source: SocketAddr, destination: SocketAddr) -> Self {
        Self::ip(Transport::Datagram, source, destination)
    }

    fn ip(transport: Transport, source: SocketAddr, destination: SocketAddr) -> Self {
        match (source, destination) {
            (SocketAddr::V4(source), SocketAddr::V4(destination)) => {
                Self::Inet { transport, source, destination }
            }
            _ => Self::Inet6 { transport, source: as_v6(source), destination: as_v6(destination) },
        }
    }

    /// Returns the client's address, if it is one of IP. `None` for [`Local`](Self::Local) and
    /// [`Unspecified`](Self::Unspecified) means the address of the connection's own peer.
    #[must_use]
    pub fn source(&self) -> Option<SocketAddr> {
        match *self {
            Self::Inet { source, .. } => Some(source.into()),
            Self::Inet6 { source, .. } => Some(source.into()),
            _ => None,
        }
    }

    /// Returns the address that the client has connected to, if it is one of IP.
    #[must_use]
    pub fn destination(&self) -> Option<SocketAddr> {
        match *self {
            Self::Inet { destination, .. } => Some(destination.into()),
            Self::Inet6 { destination, .. } => Some(destination.into()),
            _ => None,
        }
    }
}

/// The kind of the socket that a client is connected by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// A stream: TCP, or a UNIX socket of that kind.
    Stream,
    /// Datagrams: UDP, or a UNIX socket of that kind.
    Datagram,
}

/// The address of a UNIX socket: 108 bytes, filled up with NULs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct UnixAddress([u8; Self::LENGTH]);

impl UnixAddress {
    /// The bytes of an address on the wire.
    pub const LENGTH: usize = 108;

    /// The address of a socket that is bound to nothing, as that of most clients.
    pub const UNNAMED: Self = Self([0; Self::LENGTH]);

    /// Makes the address of a path in the file system.
    ///
    /// # Errors
    /// [`WriteError::UnixAddress`] for a path that is empty, longer than 108 bytes or has a NUL.
    pub fn of_path(path: &[u8]) -> Result<Self, WriteError> {
        if path.is_empty() || path.contains(&0) {
            return Err(WriteError::UnixAddress);
        }
        Self::filled(path, 0)
    }

    /// Makes the address of a name in Linux's abstract namespace, without the NUL in front of it.
    ///
    /// # Errors
    /// [`WriteError::UnixAddress`] for a name that is empty or longer than 107 bytes.
    pub fn of_abstract(name: &[u8]) -> Result<Self, WriteError> {
        if name.is_empty() {
            return Err(WriteError::UnixAddress);
        }
        Self::filled(name, 1)
    }

    /// Makes the address of its bytes on the wire.
    #[must_use]
    pub const fn of_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    fn filled(name: &[u8], at: usize) -> Result<Self, WriteError> {
        let mut address = Self::UNNAMED;
        let place = address.0.get_mut(at..at + name.len()).ok_or(WriteError::UnixAddress)?;
        place.copy_from_slice(name);
        Ok(address)
    }

    /// Returns the bytes on the wire.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    /// Returns the path, up to its first NUL. `None` for an abstract name and for no name.
    #[must_use]
    pub fn path(&self) -> Option<&[u8]> {
        self.0.split(|byte| *byte == 0).next().filter(|path| !path.is_empty())
    }
}

/// Shows the path, or the name without the NULs behind it.
impl fmt::Debug for UnixAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self.0.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let shown = self.path().unwrap_or(&self.0[..end]);
        write!(f, "UnixAddress({})", shown.escape_ascii())
    }
}

fn as_v6(address: SocketAddr) -> SocketAddrV6 {
    let ip: Ipv6Addr = match address.ip() {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    };
    SocketAddrV6::new(ip, address.port(), 0, 0)
}
