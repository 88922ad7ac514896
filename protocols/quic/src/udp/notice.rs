//! What happens to single datagrams.

use std::{fmt, io, net::SocketAddr};

/// What happened to a datagram, or to an earlier one. None of it ends anything: datagrams are lost
/// on their way in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// A datagram was too large to be sent as one (`EMSGSIZE`): the path takes less. A probe that
    /// finds this has its answer (RFC 8899).
    TooLarge {
        /// Its length in bytes.
        length: usize,
        /// Where it was to go; none where the socket is connected.
        to: Option<SocketAddr>,
    },
    /// A datagram that was sent, by now or before, found nobody (`ECONNREFUSED`, `EHOSTUNREACH`,
    /// ..). Whoever sends such answers need not be the peer: a connection is not to be given up for
    /// it (RFC 9000 §21.1.1.4).
    Unreachable {
        /// What the system called it.
        kind: io::ErrorKind,
        /// Where the datagram was to go that was told so; none where the socket is connected.
        to: Option<SocketAddr>,
    },
    /// A datagram was not sent since the system has no room for it, or a filter forbids it
    /// (`ENOBUFS`, `EPERM`).
    Dropped {
        /// What the system called it.
        kind: io::ErrorKind,
        /// Where it was to go; none where the socket is connected.
        to: Option<SocketAddr>,
    },
    /// A datagram that came was longer than [`Options::max_datagram`](super::Options), and was
    /// dropped.
    Oversized {
        /// Whom it came from, where the system told.
        from: Option<SocketAddr>,
    },
}

impl Notice {
    /// What an error of sending means, unless it is one of the socket's.
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

    /// What an error of receiving means, unless it is one of the socket's.
    pub(super) fn of_receiving(error: &io::Error) -> Option<Self> {
        let kind = error.kind();
        if is(error, TOO_LARGE) {
            return Some(Self::Oversized { from: None });
        }
        unreachable_by(kind).then_some(Self::Unreachable { kind, to: None })
    }
}

/// Whether this is what the system says when a datagram found nobody.
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
                write!(f, "a datagram found nobody: {kind}")?;
                at(f, to)
            }
            Self::Dropped { kind, to } => {
                write!(f, "a datagram was not sent: {kind}")?;
                at(f, to)
            }
            Self::Oversized { from } => {
                f.write_str("a datagram is longer than is taken in")?;
                at(f, from)
            }
        }
    }
}
