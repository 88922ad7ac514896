//! The item of a line with its payload.

use core::{fmt, ops::Range};

use crate::Record;

/// A line and the payload that it announces: the item of [`WithPayload`](super::WithPayload).
pub struct Announced<'a> {
    pub(super) record: Record<'a>,
    pub(super) parts: &'a [Part],
}

impl<'a> Announced<'a> {
    /// Returns the line, the first one if there are several.
    #[must_use]
    pub fn line(&self) -> &[u8] {
        self.parts.first().map_or(&[], |part| &self.record[part.line.clone()])
    }

    /// Returns the payload that the line announces, the first one if there are several; `None` if
    /// the line announces none.
    #[must_use]
    pub fn payload(&self) -> Option<&[u8]> {
        self.parts.first().and_then(|part| part.payload.clone()).map(|place| &self.record[place])
    }

    /// Returns all lines of the record, each with the payload that it announces. There is one,
    /// unless records are [`continued`](super::WithPayload::continued).
    pub fn parts(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        self.parts.iter().map(|Part { line, payload }| {
            (&self.record[line.clone()], payload.clone().map(|place| &self.record[place]))
        })
    }

    /// Returns the first payload as a record: its [`Record::into_bytes`] shares the buffer's
    /// allocation if it is long.
    #[must_use]
    pub fn into_payload(self) -> Option<Record<'a>> {
        let Range { start, end } = self.parts.first()?.payload.clone()?;
        let mut record = self.record;
        record.truncate(end);
        record.advance(start);
        Some(record)
    }

    /// Returns the first line and the payload that it announces, for as long as the buffer is
    /// borrowed, for an item made of both. Nothing is copied.
    ///
    /// ```
    /// use segue::separator::{self, LineEnd, PayloadError, WithPayload};
    /// use segue::{Buffer, Decode, Fault, Framing, Output, Record, Step};
    /// use std::convert::Infallible;
    ///
    /// type Length = fn(&[u8]) -> Result<Option<usize>, &'static str>;
    ///
    /// /// Returns the length in `PUB <subject> <bytes>` of NATS, the last word.
    /// fn length(line: &[u8]) -> Result<Option<usize>, &'static str> {
    ///     let word = line.rsplit(|&byte| byte == b' ').next();
    ///     let length = word.and_then(|word| str::from_utf8(word).ok()?.parse().ok());
    ///     length.map(Some).ok_or("no length")
    /// }
    ///
    /// /// A message, lent from the buffer.
    /// #[derive(Debug, PartialEq)]
    /// struct Published<'a> {
    ///     subject: &'a [u8],
    ///     payload: &'a [u8],
    /// }
    ///
    /// struct Publications(WithPayload<LineEnd, Length>);
    ///
    /// impl Decode for Publications {
    ///     type Item<'a> = Published<'a>;
    ///     type Error = PayloadError<Infallible, &'static str>;
    ///
    ///     fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Self::Error>> {
    ///         self.0.frame(input, eof)
    ///     }
    ///
    ///     fn absorb(
    ///         &mut self,
    ///         record: Record<'_>,
    ///         answers: &mut Output,
    ///     ) -> Result<(), Fault<Self::Error>> {
    ///         self.0.absorb(record, answers)
    ///     }
    ///
    ///     fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Published<'a>, Fault<Self::Error>> {
    ///         let (line, payload) = self.0.parse(record)?.into_parts();
    ///         let subject = line.split(|&byte| byte == b' ').nth(1).unwrap_or_default();
    ///         Ok(Published { subject, payload: payload.unwrap_or_default() })
    ///     }
    /// }
    ///
    /// let records = separator::line().crlf().with_payload(length as Length);
    /// let mut publications = Publications(records.terminated_by(b"\r\n"));
    /// let mut buffer = Buffer::from(&b"PUB news 5\r\nhello\r\n"[..]);
    /// let step = buffer.step(&mut publications, false, &mut Output::new())?;
    /// assert_eq!(step, Step::Item(Published { subject: b"news", payload: b"hello" }));
    /// # Ok::<(), Fault<PayloadError<Infallible, &'static str>>>(())
    /// ```
    #[must_use]
    pub fn into_parts(self) -> (&'a [u8], Option<&'a [u8]>) {
        let Self { record, parts } = self;
        let bytes = record.into_slice();
        parts.first().map_or((&[], None), |Part { line, payload }| {
            (&bytes[line.clone()], payload.clone().map(|place| &bytes[place]))
        })
    }

    /// Returns the whole record, as it is on the wire.
    #[must_use]
    pub fn into_record(self) -> Record<'a> {
        self.record
    }
}

/// Shows lengths and not payload.
impl fmt::Debug for Announced<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Announced")
            .field("len", &self.record.len())
            .field("line", &self.line().len())
            .field("payload", &self.payload().map(<[u8]>::len))
            .finish()
    }
}

/// A line and its payload, as offsets in the record.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) line: Range<usize>,
    pub(super) payload: Option<Range<usize>>,
}

#[cfg(feature = "laws")]
impl crate::laws::Observe for Announced<'_> {
    fn observe(&self, log: &mut crate::laws::Log) {
        for (line, payload) in self.parts() {
            line.observe(log);
            payload.observe(log);
        }
    }
}
