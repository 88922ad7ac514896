//! Stages whose records announce their length.
//!
//! | stage | a record is | item |
//! |---|---|---|
//! | [`u8`]() to [`u64_le`](), [`leb128`], [`quic_varint`], [`ber`], [`decimal`] | a length, then that many bytes | [`Record`](crate::Record) |
//! | [`netstring`] | a length in digits, `:`, that many bytes, `,` | [`Record`](crate::Record) |
//! | [`fixed`] | of one size | [`Record`](crate::Record) |
//! | [`array()`] | of one size, known at compile time | `&[u8; N]` |
//! | [`payload`] | one payload, whole; then the stage is done | [`Record`](crate::Record) |
//! | [`pieces`] | one payload, in pieces as they come; then the stage is done | [`Record`](crate::Record) |
//! | [`rest`] | everything up to the end of the stream, in pieces | [`Record`](crate::Record) |
//!
//! These stages can make exact promises: as soon as a length is known, so is the number of bytes
//! that may be read without reading a byte too many ([`Need::claim`](crate::Need::claim)). An
//! announced length never allocates: buffers grow with what is received.
//!
//! A [`Prefix`] defines how a length is written; [`Prefixed`] makes a stage out of any of them.

mod ber;
mod decimal;
mod encode;
mod error;
mod fixed;
mod integer;
mod leb128;
mod netstring;
mod payload;
mod pieces;
mod prefix;
mod prefixed;
mod quic;
mod skim;

pub use ber::{Ber, Der};
pub use decimal::Decimal;
pub use encode::EncodeError;
pub use error::Error;
pub use fixed::{Array, Fixed, array, fixed};
pub use integer::{U8, U16Be, U16Le, U24Be, U24Le, U32Be, U32Le, U64Be, U64Le};
pub use leb128::{Leb128, Leb128Padded};
pub use netstring::{Netstring, netstring};
pub use payload::{Payload, payload};
pub use pieces::{Pieces, Rest, pieces, rest};
pub use prefix::{Prefix, PrefixBytes, Scan};
pub use prefixed::Prefixed;
pub use quic::QuicVarint;

/// Makes a stage of length-prefixed records, with the length written by `prefix`.
///
/// The short forms are [`u8`](u8()), [`u16_be`] and so on; use this one for a [`Prefix`] of your
/// own.
#[must_use]
pub fn prefixed<P: Prefix>(prefix: P) -> Prefixed<P> {
    Prefixed::new(prefix)
}

macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident: $prefix:ident;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name() -> Prefixed<$prefix> {
            Prefixed::new($prefix)
        }
    )*};
}

constructors! {
    /// Makes a stage of records with a length prefix of one byte.
    u8: U8;
    /// Makes a stage of records with a length prefix of two bytes, the most significant first.
    u16_be: U16Be;
    /// Makes a stage of records with a length prefix of two bytes, the least significant first.
    u16_le: U16Le;
    /// Makes a stage of records with a length prefix of three bytes, the most significant first.
    u24_be: U24Be;
    /// Makes a stage of records with a length prefix of three bytes, the least significant first.
    u24_le: U24Le;
    /// Makes a stage of records with a length prefix of four bytes, the most significant first.
    u32_be: U32Be;
    /// Makes a stage of records with a length prefix of four bytes, the least significant first.
    u32_le: U32Le;
    /// Makes a stage of records with a length prefix of eight bytes, the most significant first.
    u64_be: U64Be;
    /// Makes a stage of records with a length prefix of eight bytes, the least significant first.
    u64_le: U64Le;
    /// Makes a stage of records with a length prefix in LEB128 of the fewest bytes.
    leb128: Leb128;
    /// Makes a stage of records with a length prefix in LEB128 of any number of bytes up to ten.
    leb128_padded: Leb128Padded;
    /// Makes a stage of records with a length prefix in the variable-length integer of RFC 9000
    /// §16.
    quic_varint: QuicVarint;
    /// Makes a stage of records with a length prefix as in X.690 §8.1.3. Use
    /// [`offset`](Prefixed::offset) for the tag in front.
    ber: Ber;
    /// Makes a stage as [`ber`] does, whose length must take the fewest bytes (X.690 §10.1).
    der: Der;
    /// Makes a stage of records with a length prefix in decimal digits and a colon: the strings of
    /// bencode. With a comma behind the payload they are a [`netstring`].
    decimal: Decimal;
}
