//! Length-prefixed records.

use super::{Error, Prefix, Scan, skim::Passing};
use crate::{Cause, Decode, Fault, Framing, Record};

/// A stage of length-prefixed records, and the encoder of such records.
///
/// On the wire a record is
///
/// ```text
/// | offset bytes | length field | the rest, of the announced length |
/// '-------- the header --------'
/// ```
///
/// and the item is the rest, lent as a [`Record`]. The builder methods are for protocols that count
/// differently. The stage is done if the stream ends between two records. A record with an empty
/// rest is a record like any other.
///
/// As an [`Encode`](crate::Encode) it takes the rest in any form that is
/// [`Content`](crate::Content): slices, strings, arrays, [`Bytes`](bytes::Bytes), a [`Record`]. It
/// puts the header in front. It cannot know bytes before the length field: with an
/// [`offset`](Self::offset) it takes pairs, the first of which is those bytes. With
/// [`keep_header`](Self::keep_header) it takes whole records and refuses one whose header announces
/// another length.
///
/// # Errors
/// All are fatal, since the start of the next record is not known. All are found as soon as the
/// header is there, before any of the rest:
/// - those of the [`Prefix`], at the byte that breaks its rules;
/// - [`Error::TooSmall`], at the length field, if the length is less than what it counts besides
///   the rest;
/// - [`Cause::TooLong`](crate::Cause::TooLong), at the length field, if the rest is longer than
///   [`max`](Self::max).
///
/// # Example
/// ```
/// use segue::{Buffer, Cause, Output, Step, length};
///
/// let mut stage = length::u16_be().max(0x100);
/// let mut output = Output::new();
/// let mut buffer = Buffer::from(&b"\x00\x02hi\x00\x05th"[..]);
///
/// // Complete: the length is taken off.
/// let Step::Item(record) = buffer.step(&mut stage, false, &mut output).unwrap() else { panic!() };
/// assert_eq!(record, b"hi");
/// // Partial: the missing bytes are known exactly.
/// let Step::Need(need) = buffer.step(&mut stage, false, &mut output).unwrap() else { panic!() };
/// assert_eq!((need.at_least.get(), need.claim), (3, 3));
/// // Too long: refused by its announcement.
/// buffer.extend(b"ere\x01\x01");
/// let Step::Item(record) = buffer.step(&mut stage, false, &mut output).unwrap() else { panic!() };
/// assert_eq!(record, b"there");
/// let fault = buffer.step(&mut stage, false, &mut output).unwrap_err();
/// assert_eq!((fault.cause, fault.at), (Cause::TooLong, 11));
/// ```
#[derive(Debug, Clone)]
pub struct Prefixed<P> {
    pub(super) prefix: P,
    /// The number of bytes in front of the length field.
    pub(super) offset: usize,
    /// The most bytes behind the header.
    pub(super) max: usize,
    counts: Counts,
    adjust: i32,
    pub(super) strip: Strip,
    /// The number to add to a length to get the bytes behind the header, as far as it is the same
    /// for all records. `settled` computes it from the fields above.
    extra: i64,
    /// The number to add to a length, wrapping, to get the length of the whole record. It is valid
    /// if headers have one size.
    beyond: u64,
    /// The number of bytes to take off the record in front. `frame` sets it if headers differ.
    front: usize,
    pub(super) passing: Passing,
}

/// The bytes that a length counts besides those behind the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counts {
    Nothing,
    Itself,
    Header,
}

/// The part of a record that is taken off before it is lent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strip {
    Header,
    Bytes(usize),
}

impl<P: Prefix> Prefixed<P> {
    /// The default of [`max`](Self::max): 8 MiB, in bytes. It is that of tokio-util's codec as
    /// well, so that one can replace the other. Few messages of few protocols are longer; a server
    /// should set a limit of its own.
    pub const MAX: usize = 8 * 1024 * 1024;

    /// The greatest limit; a greater one counts as this, so that no sum of a header and the rest
    /// overflows. Memory holds less.
    pub(super) const CEILING: usize = usize::MAX / 4;

    pub(super) fn new(prefix: P) -> Self {
        Self {
            prefix,
            offset: 0,
            max: Self::MAX,
            counts: Counts::Nothing,
            adjust: 0,
            strip: Strip::Header,
            extra: 0,
            beyond: 0,
            front: 0,
            passing: Passing::default(),
        }
        .settled()
    }

    /// Refuses records with more than `bytes` bytes behind the header. The default is
    /// [`MAX`](Self::MAX).
    #[must_use]
    pub fn max(self, bytes: usize) -> Self {
        Self { max: bytes.min(Self::CEILING), ..self }
    }

    /// Counts the bytes of the length field in the length as well, as PostgreSQL does, but not
    /// those in front of it.
    #[must_use]
    pub fn counts_itself(self) -> Self {
        Self { counts: Counts::Itself, ..self }.settled()
    }

    /// Counts the whole record in the length, from its first byte, as in TPKT (RFC 1006 §6) and
    /// Diameter.
    #[must_use]
    pub fn counts_header(self) -> Self {
        Self { counts: Counts::Header, ..self }.settled()
    }

    /// Puts the length field behind this many other bytes: a type, a tag, a version.
    ///
    /// ```
    /// use segue::{Buffer, Output, Step, length};
    ///
    /// // A record of TLS: type, version, length (RFC 8446 §5.1).
    /// let mut stage = length::u16_be().offset(3).keep_header().max(0x4100);
    /// let mut buffer = Buffer::from(&b"\x15\x03\x03\x00\x02\x01\x00"[..]);
    /// let step = buffer.step(&mut stage, false, &mut Output::new()).unwrap();
    /// assert!(matches!(step, Step::Item(record) if record == b"\x15\x03\x03\x00\x02\x01\x00"));
    /// ```
    #[must_use]
    pub fn offset(self, bytes: u16) -> Self {
        Self { offset: usize::from(bytes), ..self }.settled()
    }

    /// Adds this to each length before it is used: above 0 if more follows the length field than it
    /// counts (a trailing checksum), below 0 if it counts more than what follows.
    #[must_use]
    pub fn adjust(self, bytes: i32) -> Self {
        Self { adjust: bytes, ..self }.settled()
    }

    /// Lends the whole record with its header as the item.
    #[must_use]
    pub fn keep_header(self) -> Self {
        self.strip(0)
    }

    /// Takes this many bytes off the front of each record, instead of its whole header.
    ///
    /// A shorter record is [`Error::TooSmall`]. Since its end is known, the stage can go on behind
    /// it.
    #[must_use]
    pub fn strip(self, bytes: usize) -> Self {
        Self { strip: Strip::Bytes(bytes), ..self }.settled()
    }

    /// True if all prefixes, and so all headers, have one size.
    const ONE_SIZE: bool = P::MIN_SIZE == P::MAX_SIZE;

    /// Computes what `frame` would otherwise compute for each record.
    fn settled(mut self) -> Self {
        let counted = match self.counts {
            Counts::Nothing => 0,
            Counts::Itself => P::MIN_SIZE,
            Counts::Header => self.offset + P::MIN_SIZE,
        };
        // INVARIANT: an offset of 16 bits and a prefix of 24 bytes fit.
        self.extra = i64::from(self.adjust) - i64::try_from(counted).unwrap_or(i64::MAX);
        let header = self.offset + P::MIN_SIZE;
        self.beyond = (header as u64).wrapping_add_signed(self.extra);
        self.front = match self.strip {
            Strip::Header => header,
            Strip::Bytes(bytes) => bytes,
        };
        self
    }

    /// Returns the number to add to a length whose field has `size` bytes to get the bytes behind
    /// the header.
    #[inline]
    pub(super) fn extra(&self, size: usize) -> i64 {
        if Self::ONE_SIZE || self.counts == Counts::Nothing {
            self.extra
        } else {
            #[expect(clippy::cast_possible_wrap, reason = "a prefix has a few bytes")]
            let larger = size.saturating_sub(P::MIN_SIZE) as i64;
            self.extra - larger
        }
    }

    /// Returns the length of the header and of the whole record whose length field starts `field`.
    /// `None` if the field is not complete.
    #[inline]
    fn measure(&self, field: &[u8], max: usize) -> Result<Option<(usize, usize)>, Fault<Error>> {
        let (value, size) = match self.prefix.read(field) {
            Ok(Scan::Whole { value, size }) => (value, size),
            Ok(Scan::Short { .. }) => return Ok(None),
            Err(fault) => return Err(fault.moved(self.offset as u64)),
        };
        // The next record cannot be looked at before this sum is known, so it is one addition.
        let header = self.offset + size;
        let whole = value.wrapping_add(if Self::ONE_SIZE {
            self.beyond
        } else {
            (header as u64).wrapping_add_signed(self.extra(size))
        });
        // The number added has at most 34 bits. So for a length up to i64::MAX a rest below 0 wraps
        // to one above any limit, and a greater length is over any limit whatever is added.
        let rest = value.wrapping_add_signed(self.extra(size));
        if rest > max as u64 || (P::MAX_VALUE > i64::MAX as u64 && value > i64::MAX as u64) {
            return Err(self.refused(value, size));
        }
        #[expect(clippy::cast_possible_truncation, reason = "not above a limit and a header")]
        Ok(Some((header, whole as usize)))
    }

    /// Returns the fault of a length that is refused.
    #[cold]
    #[inline(never)]
    fn refused(&self, value: u64, size: usize) -> Fault<Error> {
        match i64::try_from(value) {
            Ok(value) if value.saturating_add(self.extra(size)) < 0 => {
                Fault::new(Error::TooSmall).at(self.offset as u64)
            }
            _ => Fault::too_long(self.offset as u64),
        }
    }

    /// Returns the fault of a whole record that is refused. Out of line, as all faults in a loop
    /// over records are: otherwise their parts would be kept in registers beside the item.
    #[cold]
    #[inline(never)]
    fn stripped_short(&self) -> Fault<Error> {
        Fault::new(Error::TooSmall).at(self.offset as u64).recoverable()
    }

    /// Does what `Decode::frame` does, for up to `max` bytes behind the header and `trailer` more
    /// behind them.
    #[inline]
    pub(super) fn frame_with(
        &mut self,
        input: &[u8],
        eof: bool,
        max: usize,
        trailer: usize,
    ) -> Result<Framing, Fault<Error>> {
        let Some(field) = input.get(self.offset..) else {
            return self.incomplete(input, eof);
        };
        let Some((header, whole)) = self.measure(field, max)? else {
            return self.incomplete(input, eof);
        };
        if !Self::ONE_SIZE && self.strip == Strip::Header {
            self.front = header;
        }
        let whole = whole + trailer;
        Ok(if whole <= input.len() {
            Framing::Record(whole)
        } else {
            Framing::need(whole - input.len())
        })
    }

    /// Returns the need of an incomplete header. In line: an answer of a called function comes
    /// through memory, and then all answers do.
    #[cold]
    fn incomplete(&self, input: &[u8], eof: bool) -> Result<Framing, Fault<Error>> {
        if eof && input.is_empty() {
            return Ok(Framing::Done);
        }
        let (field, before) = match input.get(self.offset..) {
            Some(field) => (field, 0),
            None => (&[][..], self.offset - input.len()),
        };
        match self.prefix.read(field)? {
            Scan::Short { missing } => Ok(Framing::need(before + missing.get())),
            // A prefix of no bytes.
            Scan::Whole { .. } => Err(Fault::from_cause(Cause::Contract)),
        }
    }
}

impl<P: Prefix> Decode for Prefixed<P> {
    type Item<'a>
        = Record<'a>
    where
        Self: 'a;
    type Error = Error;

    #[inline]
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Error>> {
        self.frame_with(input, eof, self.max, 0)
    }

    #[inline]
    fn parse<'a>(&'a mut self, mut record: Record<'a>) -> Result<Record<'a>, Fault<Error>> {
        if self.front > record.len() {
            return Err(self.stripped_short());
        }
        record.advance(self.front);
        Ok(record)
    }
}
