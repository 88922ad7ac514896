//! Violations of the rules of a length.

use core::fmt;

/// A violation of a stage's rules by the length that a peer sent.
///
/// A length over the stage's limit is [`Cause::TooLong`](crate::Cause::TooLong), and a stream that
/// ends inside a record is [`Cause::Truncated`](crate::Cause::Truncated).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Error {
    /// The length takes more bytes than it needs, and only the fewest are allowed.
    NotMinimal,
    /// The length does not fit 64 bits, or takes more bytes than any such length.
    Overflow,
    /// A byte that is neither a digit nor the colon.
    NotADigit(u8),
    /// The length has BER's indefinite form: the end of the content is marked and not announced.
    Indefinite,
    /// The length starts with 0xff, which X.690 §8.1.3.5 reserves.
    Reserved,
    /// The length is less than what it counts besides the payload, or than what is to be stripped.
    TooSmall,
    /// A netstring ends in this byte instead of a comma.
    NoComma(u8),
    /// A [`Prefix`](crate::length::Prefix) from outside this crate found its rules broken.
    Malformed,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotMinimal => f.write_str("the length is not written in the fewest bytes"),
            Self::Overflow => f.write_str("the length does not fit 64 bits"),
            Self::NotADigit(byte) => write!(f, "{byte:#04x} is neither a digit nor a colon"),
            Self::Indefinite => f.write_str("the length is indefinite"),
            Self::Reserved => f.write_str("the length starts with the reserved byte 0xff"),
            Self::TooSmall => f.write_str("the length is less than the bytes it always counts"),
            Self::NoComma(byte) => {
                write!(f, "{byte:#04x} in place of the comma that ends a record")
            }
            Self::Malformed => f.write_str("the length is malformed"),
        }
    }
}

impl core::error::Error for Error {}
