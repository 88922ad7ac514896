//! The ways in which a peer can break the rules, and what it is told.

use core::fmt;

/// The reason why a handshake, a layer or a parser failed. Each is fatal.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// The bytes are not TLS: the type or the version of a record is unknown. An HTTP request to a
    /// port for TLS looks like this.
    NotTls,
    /// A record is longer than 2^14 + 256 bytes (RFC 8446 §5.2).
    RecordTooLong,
    /// The first record does not hold a handshake message, or that is no ClientHello.
    NoClientHello,
    /// The ClientHello is malformed (RFC 8446 §4.1.2).
    ClientHello,
    /// The ClientHello is longer than [`Limits::hello`](crate::Limits::hello), or takes more of the
    /// wire than [`Limits::hello_wire`](crate::Limits::hello_wire).
    HelloTooLong,
    /// More records in a row had no data than
    /// [`Limits::records_without_data`](crate::Limits::records_without_data).
    NoData,
    /// rustls has refused the peer, or the peer has refused us by an alert.
    #[cfg(feature = "rustls")]
    Rustls(rustls::Error),
    /// A case that cannot happen: a bug in this crate or in rustls.
    Unreachable,
}

impl Error {
    /// Returns the alert that the peer is told (RFC 8446 §6), by its number. `None` where it has
    /// been told by rustls, and where it would not understand.
    #[must_use]
    pub const fn alert(&self) -> Option<u8> {
        match self {
            Self::RecordTooLong => Some(22),                // record_overflow
            Self::NoClientHello | Self::NoData => Some(10), // unexpected_message
            Self::ClientHello | Self::HelloTooLong => Some(50), // decode_error
            Self::Unreachable => Some(80),                  // internal_error
            Self::NotTls => None,
            #[cfg(feature = "rustls")]
            Self::Rustls(_) => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotTls => "not TLS: the type or version of a record is unknown",
            Self::RecordTooLong => "a record longer than 16,640 bytes",
            Self::NoClientHello => "the first message is no ClientHello",
            Self::ClientHello => "a malformed ClientHello",
            Self::HelloTooLong => "a ClientHello longer than the limit",
            Self::NoData => "too many records in a row without data",
            #[cfg(feature = "rustls")]
            Self::Rustls(error) => return error.fmt(f),
            Self::Unreachable => "a case that cannot happen: please report it",
        })
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            #[cfg(feature = "rustls")]
            Self::Rustls(error) => Some(error),
            _ => None,
        }
    }
}
