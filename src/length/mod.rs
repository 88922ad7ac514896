//! Stages whose records say how long they are.
//!
//! | stage | a record is | item |
//! |---|---|---|
//! | [`u8`]() to [`u64_le`](), [`leb128`], [`quic_varint`], [`ber`], [`decimal`] | a length, then that many bytes | [`Record`](crate::Record) |
//! | [`netstring`] | a length in digits, `:`, that many bytes, `,` | [`Record`](crate::Record) |
//! | [`fixed`] | always as long | [`Record`](crate::Record) |
//! | [`array()`] | always as long, known when compiling | `&[u8; N]` |
//! | [`payload`] | one payload, whole; then the stage is over | [`Record`](crate::Record) |
//! | [`pieces`] | one payload, in pieces as they come; then the stage is over | [`Record`](crate::Record) |
//! | [`rest`] | all up to the end of the stream, in pieces | [`Record`](crate::Record) |
//!
//! What sets these stages apart is what they can promise: as soon as a length is known, so is
//! how many bytes may be read without reading a byte too many ([`Need::claim`](crate::Need::claim)).
//! An announced length never allocates: buffers grow with what is received.
//!
//! How a length is written is a [`Prefix`]; [`Prefixed`] makes any of them a stage.

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

/// Records with their length in front, written by `prefix`.
///
/// The short forms are [`u8`](u8()), [`u16_be`] and so on; this one is for a [`Prefix`] of your
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
    /// Records with their length in front, in one byte.
    u8: U8;
    /// Records with their length in front, in two bytes, the most significant first.
    u16_be: U16Be;
    /// Records with their length in front, in two bytes, the least significant first.
    u16_le: U16Le;
    /// Records with their length in front, in three bytes, the most significant first.
    u24_be: U24Be;
    /// Records with their length in front, in three bytes, the least significant first.
    u24_le: U24Le;
    /// Records with their length in front, in four bytes, the most significant first.
    u32_be: U32Be;
    /// Records with their length in front, in four bytes, the least significant first.
    u32_le: U32Le;
    /// Records with their length in front, in eight bytes, the most significant first.
    u64_be: U64Be;
    /// Records with their length in front, in eight bytes, the least significant first.
    u64_le: U64Le;
    /// Records with their length in front, in LEB128 of the fewest bytes.
    leb128: Leb128;
    /// Records with their length in front, in LEB128 of any number of bytes up to ten.
    leb128_padded: Leb128Padded;
    /// Records with their length in front, in the variable-length integer of RFC 9000 §16.
    quic_varint: QuicVarint;
    /// Records with their length in front, as in X.690 §8.1.3; their tag goes by
    /// [`offset`](Prefixed::offset).
    ber: Ber;
    /// As [`ber`], and the length must take the fewest bytes (X.690 §10.1).
    der: Der;
    /// Records with their length in front, in decimal digits and a colon: the strings of
    /// bencode. With a comma behind the payload they are a [`netstring`].
    decimal: Decimal;
}
