//! The writer of length-prefixed records.

use core::fmt;

use super::{Netstring, Prefix, PrefixBytes, Prefixed, prefixed::Strip};
use crate::{Content, Decode, Encode, Framing, Output};

/// The reason that a record cannot be written: a mistake of the sender, not of the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodeError {
    /// The record is longer than the stage's own limit.
    TooLong {
        /// The length in bytes of the record.
        length: usize,
        /// The limit in bytes.
        max: usize,
    },
    /// The prefix cannot express this length.
    Unrepresentable {
        /// The length in bytes of the record.
        length: usize,
    },
    /// The bytes in front of the length field are missing, or their number is wrong.
    Header,
    /// A record given with its header does not have the length that the header announces.
    Mismatch,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { length, max } => {
                write!(f, "a record of {length} bytes is over the limit of {max}")
            }
            Self::Unrepresentable { length } => {
                write!(f, "the prefix cannot express a length of {length} bytes")
            }
            Self::Header => {
                f.write_str("the number of bytes in front of the length field is wrong")
            }
            Self::Mismatch => {
                f.write_str("the header announces another length than the record has")
            }
        }
    }
}

impl core::error::Error for EncodeError {}

impl<P: Prefix> Prefixed<P> {
    /// Returns the length field for `length` bytes behind the header.
    pub(super) fn announce(&self, length: usize) -> Result<PrefixBytes, EncodeError> {
        if length > self.max {
            return Err(EncodeError::TooLong { length, max: self.max });
        }
        // A field that counts itself may grow by what it counts, so the size is the one that stays
        // the same when it is counted.
        (P::MIN_SIZE..=P::MAX_SIZE)
            .find_map(|size| {
                let value = (length as u64).checked_add_signed(-self.extra(size))?;
                self.prefix.write(value).filter(|written| written.len() == size)
            })
            .ok_or(EncodeError::Unrepresentable { length })
    }

    /// Writes everything in front of `item`: the header, or nothing, as the stage is set.
    fn put_header(&mut self, item: &[u8], output: &mut Output) -> Result<(), EncodeError> {
        match self.strip {
            Strip::Header if self.offset == 0 => output.put(&self.announce(item.len())?),
            Strip::Bytes(0) => match self.frame(item, true) {
                Ok(Framing::Record(length)) if length == item.len() => {}
                _ => return Err(EncodeError::Mismatch),
            },
            Strip::Header | Strip::Bytes(_) => return Err(EncodeError::Header),
        }
        Ok(())
    }

    /// Writes `before` and the length field.
    fn put_pair(&self, before: &[u8], rest: usize, out: &mut Output) -> Result<(), EncodeError> {
        if before.len() != self.offset || self.strip != Strip::Header {
            return Err(EncodeError::Header);
        }
        let field = self.announce(rest)?;
        out.put(before);
        out.put(&field);
        Ok(())
    }
}

impl<P: Prefix, C: Content> Encode<C> for Prefixed<P> {
    type Error = EncodeError;

    #[inline]
    fn encode(&mut self, item: C, output: &mut Output) -> Result<(), EncodeError> {
        self.put_header(item.as_bytes(), output)?;
        item.put(output);
        Ok(())
    }
}

/// The bytes in front of the length field, as many as [`Prefixed::offset`] says, and the rest.
impl<P: Prefix, B: Content, C: Content> Encode<(B, C)> for Prefixed<P> {
    type Error = EncodeError;

    fn encode(&mut self, (before, rest): (B, C), output: &mut Output) -> Result<(), EncodeError> {
        self.put_pair(before.as_bytes(), rest.as_bytes().len(), output)?;
        rest.put(output);
        Ok(())
    }
}

impl<C: Content> Encode<C> for Netstring {
    type Error = EncodeError;

    fn encode(&mut self, item: C, output: &mut Output) -> Result<(), EncodeError> {
        output.put(&self.prefixed.announce(item.as_bytes().len())?);
        item.put(output);
        output.put(b",");
        Ok(())
    }
}
