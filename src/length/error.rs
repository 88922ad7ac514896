//! How a length can break the rules.

use core::fmt;

/// How a peer's length breaks the rules of a stage.
///
/// A length that is merely over the stage's limit is [`Cause::TooLong`](crate::Cause::TooLong), a
/// stream that ends inside a record [`Cause::Truncated`](crate::Cause::Truncated).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Error {
    /// The length is written in more bytes than it takes, where only the fewest are allowed.
    NotMinimal,
    /// The length does not fit 64 bits, or takes more bytes than any that does.
    Overflow,
    /// A byte that is neither a digit nor the colon behind them.
    NotADigit(u8),
    /// The length is of BER's indefinite form: the end of the content is marked and not announced.
    Indefinite,
    /// The length starts with 0xff, which X.690 §8.1.3.5 keeps for later use.
    Reserved,
    /// The length is less than what it counts besides the payload, or than what is to be stripped.
    TooSmall,
    /// A netstring ends in this byte instead of a comma.
    NoComma(u8),
    /// The rules of a [`Prefix`](crate::length::Prefix) from outside this crate are broken.
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
            Self::TooSmall => f.write_str("the length is less than what it counts in any case"),
            Self::NoComma(byte) => write!(f, "{byte:#04x} where a comma ends the record"),
            Self::Malformed => f.write_str("the length is malformed"),
        }
    }
}

impl core::error::Error for Error {}
