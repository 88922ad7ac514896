//! The stages of `segue::length`: against the laws, against a slow reference, against bad input.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod encoding;
mod laws;
mod prefixes;
mod properties;
mod reference;
mod refusals;
mod skipping;

use segue::length::{self, Prefix};

/// Every prefix of the module, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    U8,
    U16Be,
    U16Le,
    U24Be,
    U24Le,
    U32Be,
    U32Le,
    U64Be,
    U64Le,
    Leb128,
    Leb128Padded,
    QuicVarint,
    Decimal,
    Ber,
    Der,
}

/// `$body` with `$prefix` being the prefix of kind `$kind`.
macro_rules! with_prefix {
    ($kind:expr, $prefix:ident => $body:expr) => {
        crate::with_prefix!(@ $kind, $prefix => $body;
            U8 U16Be U16Le U24Be U24Le U32Be U32Le U64Be U64Le
            Leb128 Leb128Padded QuicVarint Decimal Ber Der)
    };
    (@ $kind:expr, $prefix:ident => $body:expr; $($name:ident)*) => {
        match $kind {
            $(crate::Kind::$name => {
                let $prefix = segue::length::$name;
                $body
            })*
        }
    };
}
pub(crate) use with_prefix;

impl Kind {
    const ALL: [Self; 15] = [
        Self::U8,
        Self::U16Be,
        Self::U16Le,
        Self::U24Be,
        Self::U24Le,
        Self::U32Be,
        Self::U32Le,
        Self::U64Be,
        Self::U64Le,
        Self::Leb128,
        Self::Leb128Padded,
        Self::QuicVarint,
        Self::Decimal,
        Self::Ber,
        Self::Der,
    ];

    /// The prefix that says `value`, if one can.
    fn write(self, value: u64) -> Option<Vec<u8>> {
        with_prefix!(self, prefix => prefix.write(value)).map(|written| written.to_vec())
    }

    fn read(self, bytes: &[u8]) -> Result<length::Scan, segue::Fault<length::Error>> {
        with_prefix!(self, prefix => prefix.read(bytes))
    }
}
