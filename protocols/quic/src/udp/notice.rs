use std::{fmt, io, net::SocketAddr};

/// An event of a single datagram, this one or an earlier one. None is fatal: datagrams get lost in
/// any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// A datagram was too large for the path (`EMSGSIZE`). A probe of the path's size has its
    /// answer by this (RFC 8899).
    TooLarge {
        /// Its length in bytes.
        length: usize,
        /// The receiver; none if the socket is connected.
        to: Option<SocketAddr>,
    },
    /// A datagram, this one or an earlier one, found no receiver (`ECONNREFUSED`, `EHOSTUNREACH`,
    /// ..). Anybody on the path may cause this: do not give up a connection for it (RFC 9000
    /// §21.1.1.4).
    Unreachable {
        /// The system's kind of error.
        kind: io::ErrorKind,
        /// The receiver that was told so; none if the socket is connected.
        to: Option<SocketAddr>,
    },
    /// A datagram was not sent, since the system has no room for it or a filter forbids it
    /// (`ENOBUFS`, `EPERM`).
    Dropped {
        /// The system's kind of error.
        kind: io::ErrorKind,
        /// The receiver; none if the socket is connected.
        to: Option<SocketAddr>,
    },
    /// A received datagram was longer than [`Options::max_datagram`](super::Options), and was
    /// dropped.
    Oversized {
        /// The sender, if the system told.
        from: Option<SocketAddr>,
    },
}

impl Notice {
    /// Translates an error of sending, unless it is one of the socket.
    pub(super) fn of_sending(
        error: &io::Error,
        length: usize,
        to: Option<SocketAddr>,
    ) -> Option<Self> {
        let kind = error.kind();
        match kind {
            _ if is(error, TOO_LARGE) => Some(Self::TooLarge { length, to }),
            _ if is(error, NO_ROOM) => Some(Self::Dropped { kind, to }),
            io::ErrorKind::PermissionDenied => Some(Self::Dropped { kind, to }),
            _ => unreachable_by(kind).then_some(Self::Unreachable { kind, to }),
        }
    }

    /// Translates an error of receiving, unless it is one of the socket.
    pub(super) fn of_receiving(error: &io::Error) -> Option<Self> {
        let kind = error.kind();
        if is(error, TOO_LARGE) {
            return Some(Self::Oversized { from: None });
        }
        unreachable_by(kind).then_some(Self::Unreachable { kind, to: None })
    }
}

/// Returns true if the system reports that a datagram found no receiver.
fn unreachable_by(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::NetworkDown
    )
}

fn is(error: &io::Error, codes: &[i32]) -> bool {
    error.raw_os_error().is_some_and(|code| codes.contains(&code))
}

/// `EMSGSIZE`, which has no kind: a datagram is too large for the path, or for the buffer.
const TOO_LARGE: &[i32] = match () {
    () if cfg!(any(target_os = "linux", target_os = "android")) => &[90],
    () if cfg!(windows) => &[10040],
    () => &[40],
};

/// `ENOBUFS`, which has no kind.
const NO_ROOM: &[i32] = match () {
    () if cfg!(any(target_os = "linux", target_os = "android")) => &[105],
    () if cfg!(windows) => &[10055],
    () => &[55],
};

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |f: &mut fmt::Formatter<'_>, address: &Option<SocketAddr>| match address {
            Some(address) => write!(f, " ({address})"),
            None => Ok(()),
        };
        match self {
            Self::TooLarge { length, to } => {
                write!(f, "a datagram of {length} bytes is too large to be sent")?;
                at(f, to)
            }
            Self::Unreachable { kind, to } => {
                write!(f, "a datagram found no receiver: {kind}")?;
                at(f, to)
            }
            Self::Dropped { kind, to } => {
                write!(f, "a datagram was not sent: {kind}")?;
                at(f, to)
            }
            Self::Oversized { from } => {
                f.write_str("a datagram is longer than accepted")?;
                at(f, from)
            }
        }
    }
}
