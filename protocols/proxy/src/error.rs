//! The ways in which a header can be wrong, when it is read and when it is written.

use core::fmt;

/// The reason why a header is refused. Each is fatal.
///
/// The peer is told nothing: the specification has no answer to a header, good or bad. Close the
/// connection at once, so that the proxy notices (§2.1).
///
/// A header that is too long is [`Cause::TooLong`](segue::Cause::TooLong), and one that is cut off
/// [`Cause::Truncated`](segue::Cause::Truncated).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The first bytes are no header of a version that is read here: a client has connected past
    /// the proxy, or the proxy does not send headers.
    NoHeader,
    /// A header came from a source that is not trusted: see
    /// [`Presence::Forbidden`](crate::Presence::Forbidden).
    Untrusted,
    /// A line of version 1 has another form than §2.1 says.
    Line,
    /// The version in a header with the signature of version 2 is another (§2.2).
    Version,
    /// The command is neither LOCAL nor PROXY (§2.2).
    Command,
    /// The address family or the transport protocol is not assigned (§2.2).
    Family,
    /// The announced length has no room for the addresses (§2.2).
    AddressLength,
    /// A TLV is cut off by the end of what is around it (§2.2).
    Tlv,
    /// The value of a TLV of this type is not what its type demands (§2.2.1 to §2.2.7).
    TlvValue(u8),
    /// A TLV of this type is there twice, so that two readers could choose different ones.
    TlvTwice(u8),
    /// The checksum is another than that of the bytes (§2.2.3).
    Checksum,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoHeader => "no header of the PROXY protocol",
            Self::Untrusted => "a header of the PROXY protocol from a source that is not trusted",
            Self::Line => "a malformed line of the PROXY protocol",
            Self::Version => "a version of the PROXY protocol other than 1 and 2",
            Self::Command => "a command other than LOCAL and PROXY",
            Self::Family => "an address family or transport protocol that is not assigned",
            Self::AddressLength => "the announced length is shorter than the addresses",
            Self::Tlv => "a TLV that is cut off",
            Self::TlvValue(kind) => return write!(f, "a bad value in a TLV of type {kind:#04x}"),
            Self::TlvTwice(kind) => return write!(f, "two TLVs of type {kind:#04x}"),
            Self::Checksum => "the checksum does not match",
        })
    }
}

impl core::error::Error for Error {}

/// The reason why a header is not written: the reader of this crate would refuse it, or read
/// something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WriteError {
    /// The stage writes one version, and the header is of the other.
    OtherVersion,
    /// Version 1 has only TCP over IPv4 and IPv6, and unknown endpoints: no LOCAL, no UDP, no UNIX
    /// sockets and no TLVs.
    NotInVersion1,
    /// The header is longer than [`Limits::header`](crate::Limits::header), or a TLV or the header
    /// longer than the 65,535 bytes that its length field can say.
    TooLong,
    /// The value is not what a TLV of this type must have, or it is one of a known type that was
    /// given as [`Tlv::Unknown`](crate::Tlv::Unknown).
    TlvValue(u8),
    /// A TLV of this type is there already.
    TlvTwice(u8),
    /// The address of a UNIX socket is longer than 108 bytes, is empty, or is a path with a NUL in
    /// it.
    UnixAddress,
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OtherVersion => "the header is of another version than the stage writes",
            Self::NotInVersion1 => "version 1 cannot say this: use version 2",
            Self::TooLong => "the header is longer than the limit",
            Self::TlvValue(kind) => {
                return write!(f, "not the value of a TLV of type {kind:#04x}");
            }
            Self::TlvTwice(kind) => {
                return write!(f, "a TLV of type {kind:#04x} is there already");
            }
            Self::UnixAddress => "not the address of a UNIX socket of at most 108 bytes",
        })
    }
}

impl core::error::Error for WriteError {}
