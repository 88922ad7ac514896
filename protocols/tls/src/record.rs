//! Records on the wire, as far as they can be seen without keys.

use segue::{Decode, Fault, Framing, Need, Record};

use crate::Error;

/// The type of a record's content (RFC 8446 §5.1). In TLS 1.3 an encrypted record always says
/// [`APPLICATION_DATA`](Self::APPLICATION_DATA).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentType(pub u8);

impl ContentType {
    /// A change of keys in TLS 1.2; in TLS 1.3 it is sent for the sake of devices in between.
    pub const CHANGE_CIPHER_SPEC: Self = Self(20);
    /// An alert.
    pub const ALERT: Self = Self(21);
    /// Handshake messages, or a part of one.
    pub const HANDSHAKE: Self = Self(22);
    /// Data, or anything that is encrypted by TLS 1.3.
    pub const APPLICATION_DATA: Self = Self(23);
}

/// The header in front of every record (RFC 8446 §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordHeader {
    /// The type of the content.
    pub content: ContentType,
    /// The version: 0x0303 since TLS 1.2, and 0x0301 in front of a first ClientHello.
    pub version: u16,
    /// The bytes that follow.
    pub length: usize,
}

impl RecordHeader {
    /// The bytes of a header.
    pub const LENGTH: usize = 5;

    /// The most bytes behind a header: 2^14 of content and 256 of encryption (RFC 8446 §5.2). TLS
    /// 1.2 allows more for ciphers that pad, which are refused here.
    pub const MAX: usize = (1 << 14) + 256;

    /// Reads the header in front of `wire`. `None` while fewer than five bytes are there and those
    /// may become one.
    ///
    /// # Errors
    /// [`Error::NotTls`] for an unknown type or version, [`Error::RecordTooLong`].
    ///
    /// ```
    /// use segue_tls::{ContentType, RecordHeader};
    ///
    /// let header = RecordHeader::read(b"\x16\x03\x01\x02\x00\x01")?.expect("it is whole");
    /// assert_eq!((header.content, header.length), (ContentType::HANDSHAKE, 512));
    /// assert!(RecordHeader::read(b"GET / HTTP/1.1").is_err());
    /// # Ok::<(), segue::Fault<segue_tls::Error>>(())
    /// ```
    pub fn read(wire: &[u8]) -> Result<Option<Self>, Fault<Error>> {
        if let Some(&first) = wire.first()
            && !(20..=23).contains(&first)
        {
            return Err(Fault::new(Error::NotTls));
        }
        if let Some(&major) = wire.get(1)
            && major != 3
        {
            return Err(Fault::new(Error::NotTls).at(1));
        }
        let &[content, major, minor, high, low, ..] = wire else { return Ok(None) };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if length > Self::MAX {
            return Err(Fault::new(Error::RecordTooLong).at(3));
        }
        let version = u16::from_be_bytes([major, minor]);
        Ok(Some(Self { content: ContentType(content), version, length }))
    }
}

/// Returns the length of the record in front of `wire`, header included, or what is missing of it.
pub(crate) fn whole(wire: &[u8]) -> Result<Result<usize, Need>, Fault<Error>> {
    let missing = match RecordHeader::read(wire)? {
        None => RecordHeader::LENGTH - wire.len(),
        Some(header) => {
            let length = RecordHeader::LENGTH + header.length;
            match length.checked_sub(wire.len()) {
                None | Some(0) => return Ok(Ok(length)),
                Some(missing) => missing,
            }
        }
    };
    Ok(Err(Need::exactly(missing)))
}

/// A record as it is on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WireRecord<'a> {
    /// The type of the content.
    pub content: ContentType,
    /// The version of the header.
    pub version: u16,
    /// The bytes behind the header, encrypted or not.
    pub payload: &'a [u8],
}

/// A stage that reads records without opening them, for tools that look at captures.
///
/// - Complete input: each record is an item.
/// - Partial input: the stage needs the header, then the rest of the record. Bytes that are not TLS
///   are refused at the first that shows it.
/// - At the end of the stream: done between two records, a truncation inside one.
///
/// ```
/// use segue::{Buffer, Output, Step};
/// use segue_tls::{ContentType, Records};
///
/// let mut wire = Buffer::from(&b"\x15\x03\x03\x00\x02\x02\x28"[..]);
/// let (mut records, mut answers) = (Records, Output::new());
/// let Step::Item(alert) = wire.step(&mut records, true, &mut answers)? else { panic!() };
/// assert_eq!((alert.content, alert.payload), (ContentType::ALERT, &[2, 40][..]));
/// # Ok::<(), segue::Fault<segue_tls::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Records;

impl Decode for Records {
    type Item<'a> = WireRecord<'a>;
    type Error = Error;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Error>> {
        Ok(match whole(input)? {
            Ok(length) => Framing::Record(length),
            Err(_) if eof && input.is_empty() => Framing::Done,
            Err(need) => Framing::Need(need),
        })
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<WireRecord<'a>, Fault<Error>> {
        let record: &[u8] = record.into_slice();
        let [content, major, minor, _, _, payload @ ..] = record else {
            return Err(Fault::from_cause(segue::Cause::Contract));
        };
        let version = u16::from_be_bytes([*major, *minor]);
        Ok(WireRecord { content: ContentType(*content), version, payload })
    }
}
