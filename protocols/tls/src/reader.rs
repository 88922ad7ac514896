//! A cursor over the vectors that TLS messages are made of (RFC 8446 §3.4).

use core::ops::Range;

use crate::Error;

/// The bytes not yet read, and their offset in the message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, at: 0 }
    }

    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Takes `count` bytes.
    ///
    /// # Errors
    /// [`Malformed`] at the offset of the first byte that is missing.
    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let Some((taken, rest)) = self.rest.split_at_checked(count) else {
            return Err(Malformed { at: self.at + self.rest.len() });
        };
        self.rest = rest;
        self.at += count;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let at = self.at;
        self.take(N)?.try_into().map_err(|_| Malformed { at })
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Malformed> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_be_bytes)
    }

    /// Takes a vector whose length is in one byte.
    pub(crate) fn short(&mut self) -> Result<Self, Malformed> {
        let length = usize::from(self.u8()?);
        self.vector(length)
    }

    /// Takes a vector whose length is in two bytes.
    pub(crate) fn long(&mut self) -> Result<Self, Malformed> {
        let length = usize::from(self.u16()?);
        self.vector(length)
    }

    fn vector(&mut self, length: usize) -> Result<Self, Malformed> {
        let at = self.at;
        Ok(Self { rest: self.take(length)?, at })
    }

    /// Checks that everything has been read.
    pub(crate) fn end(&self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed { at: self.at }) }
    }

    /// Returns the range of the bytes that are left.
    pub(crate) fn range(&self) -> Range<usize> {
        self.at..self.at + self.rest.len()
    }

    /// Returns the bytes that are left.
    pub(crate) const fn all(&self) -> &'a [u8] {
        self.rest
    }
}

/// A field that is cut off, too long, or followed by bytes that do not belong there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed {
    /// The offset in the message.
    pub(crate) at: usize,
}

impl From<Malformed> for segue::Fault<Error> {
    fn from(Malformed { at }: Malformed) -> Self {
        Self::new(Error::ClientHello).at(at as u64)
    }
}
