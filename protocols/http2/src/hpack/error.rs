//! The ways in which a block breaks the rules of HPACK, and a head those of blocks.

use core::fmt;

/// A block that cannot be decoded. The two ends do not remember the same fields any more, so the
/// connection ends with COMPRESSION_ERROR (RFC 9113 §4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BlockError {
    /// The rule that was broken.
    pub kind: BlockErrorKind,
    /// The offset in the block, in bytes.
    pub at: usize,
}

/// The rule of HPACK that a block broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BlockErrorKind {
    /// The block ends inside a field.
    Truncated,
    /// An integer has more than four bytes behind its prefix (RFC 7541 §5.1).
    Integer,
    /// There is no field with this index (RFC 7541 §2.3.3, §6.1).
    Index(u32),
    /// A string has the Huffman code for the end (RFC 7541 §5.2).
    HuffmanEnd,
    /// A string in Huffman code ends in padding that is longer than seven bits, or not all ones (RFC
    /// 7541 §5.2).
    HuffmanPadding,
    /// The table is to be larger than was allowed (RFC 7541 §6.3).
    TableSize {
        /// The size asked for, in bytes.
        size: u32,
        /// The size allowed, in bytes.
        max: u32,
    },
    /// The size of the table changes behind a field (RFC 7541 §4.2).
    LateTableSize,
    /// The size of the table does not change at the beginning of a block, though a smaller one was
    /// told and acknowledged (RFC 7541 §4.2).
    MissingTableSize,
}

impl BlockErrorKind {
    pub(super) const fn at(self, at: usize) -> BlockError {
        BlockError { kind: self, at }
    }

    /// Returns the section of the standard with the rule.
    #[must_use]
    pub const fn section(&self) -> &'static str {
        match self {
            Self::Truncated => "RFC 7541 §6",
            Self::Integer => "RFC 7541 §5.1",
            Self::Index(_) => "RFC 7541 §2.3.3",
            Self::HuffmanEnd | Self::HuffmanPadding => "RFC 7541 §5.2",
            Self::TableSize { .. } => "RFC 7541 §6.3",
            Self::LateTableSize | Self::MissingTableSize => "RFC 7541 §4.2",
        }
    }
}

impl fmt::Display for BlockErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("a header block ends inside a field")?,
            Self::Integer => f.write_str("an integer of a header block has too many bytes")?,
            Self::Index(index) => write!(f, "no field has the index {index}")?,
            Self::HuffmanEnd => f.write_str("a string has the Huffman code for the end")?,
            Self::HuffmanPadding => f.write_str("a string in Huffman code is padded wrongly")?,
            Self::TableSize { size, max } => {
                write!(f, "a table of {size} bytes where at most {max} are allowed")?;
            }
            Self::LateTableSize => f.write_str("the size of the table changes behind a field")?,
            Self::MissingTableSize => {
                f.write_str("the table is not made smaller as was acknowledged")?;
            }
        }
        write!(f, " ({})", self.section())
    }
}

impl fmt::Display for BlockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {} of a header block: {}", self.at, self.kind)
    }
}

impl core::error::Error for BlockError {}

/// The reason why a head is not encoded. Nothing of it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodeError {
    /// The name of this field, counted from 0, is not one: it is empty, has upper case, or a byte
    /// that no name has (RFC 9113 §8.2.1).
    Name(usize),
    /// The value of this field, counted from 0, has a control character, or a blank at an end (RFC
    /// 9113 §8.2.1).
    Value(usize),
    /// The fields are larger than the other end takes, by SETTINGS_MAX_HEADER_LIST_SIZE (RFC 9113
    /// §10.5.1).
    Size {
        /// Their size, in bytes, with 32 more a field.
        size: usize,
        /// The largest that is taken.
        max: usize,
    },
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(line) => {
                write!(f, "the name of field {line} is not a token in lower case (RFC 9113 §8.2.1)")
            }
            Self::Value(line) => write!(
                f,
                "the value of field {line} has a control character, or a blank at an end (RFC 9113 \
                 §8.2.1)"
            ),
            Self::Size { size, max } => {
                write!(f, "fields of {size} bytes where the peer takes {max} (RFC 9113 §10.5.1)")
            }
        }
    }
}

impl core::error::Error for EncodeError {}
