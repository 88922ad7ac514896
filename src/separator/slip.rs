//! SLIP (RFC 1055).

use core::fmt;
use memchr::{memchr, memchr2, memchr2_iter};

use super::{Byte, EncodeError, Until, byte};
use crate::{Content, Decode, Encode, Fault, Framing, Output, Record};

/// Makes a stage of packets of the Serial Line Internet Protocol (RFC 1055): each ends with END,
/// and END and ESC in it are escaped.
///
/// The item is the packet, unescaped in place. Empty packets, which come from an END in front of a
/// packet as well as behind it, are passed over. An ESC in front of anything but an escaped byte is
/// a fault at the ESC; the stage goes on with the next packet.
///
/// ```
/// use segue::{Buffer, Output, Step, separator};
///
/// let mut stage = separator::slip();
/// let mut output = Output::new();
/// let mut buffer = Buffer::from(&b"\xc0one\xc0\xc0\xdb\xdc\xdb\xdd!\xc0tw"[..]);
/// let mut packets = buffer.records(&mut stage, false, &mut output);
/// let mut seen = Vec::new();
/// while let Step::Item(packet) = packets.next()? {
///     seen.push(packet.to_vec());
/// }
/// assert_eq!(seen, [&b"one"[..], b"\xc0\xdb!"]);
/// # Ok::<_, segue::Fault<separator::SlipError>>(())
/// ```
pub const fn slip() -> Slip {
    Slip { packets: byte(END).skip_empty(), leading_end: true }
}

/// The stage of [`slip()`].
#[derive(Debug, Clone)]
pub struct Slip {
    packets: Until<Byte>,
    leading_end: bool,
}

/// An ESC that escapes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SlipError {
    /// An ESC in front of this byte, or at the end of a packet.
    Escape(Option<u8>),
}

impl Slip {
    /// Sets the longest packet in bytes as sent, escapes included and END not. The default of 8 KiB
    /// is enough for packets of 4 KiB of any bytes; RFC 1055 itself names 1006 bytes as the maximum
    /// of a packet.
    #[must_use]
    pub const fn max(mut self, bytes: usize) -> Self {
        self.packets = self.packets.max(bytes);
        self
    }

    /// Writes no END in front of a packet. Such an END lets a reader drop noise before it, which
    /// helps on serial lines only.
    #[must_use]
    pub const fn no_leading_end(mut self) -> Self {
        self.leading_end = false;
        self
    }
}

impl Decode for Slip {
    type Item<'a> = Record<'a>;
    type Error = SlipError;

    #[inline]
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<SlipError>> {
        self.packets.frame(input, eof).map_err(Fault::widen)
    }

    #[inline]
    fn absorb(&mut self, record: Record<'_>, answers: &mut Output) -> Result<(), Fault<SlipError>> {
        self.packets.absorb(record, answers).map_err(Fault::widen)
    }

    #[inline]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Record<'a>, Fault<SlipError>> {
        match self.packets.parse(record) {
            Ok(packet) => unescaped(packet),
            Err(fault) => Err(fault.widen()),
        }
    }
}

fn unescaped(mut packet: Record<'_>) -> Result<Record<'_>, Fault<SlipError>> {
    let bytes = packet.as_mut();
    let (mut read, mut written) = (0, 0);
    while let Some(plain) = memchr(ESC, &bytes[read..]) {
        let esc = read + plain;
        let byte = match bytes.get(esc + 1) {
            Some(&ESC_END) => END,
            Some(&ESC_ESC) => ESC,
            other => {
                let error = SlipError::Escape(other.copied());
                return Err(Fault::new(error).at(esc as u64).recoverable());
            }
        };
        bytes.copy_within(read..esc, written);
        written += plain;
        bytes[written] = byte;
        written += 1;
        read = esc + 2;
    }
    let rest = bytes.len() - read;
    bytes.copy_within(read.., written);
    packet.truncate(written + rest);
    Ok(packet)
}

/// Writes END, the packet with END and ESC in it escaped, and END; an empty packet is refused.
///
/// ```
/// use segue::separator::{self, EncodeError};
/// use segue::{Encode, Output};
///
/// let mut output = Output::new();
/// separator::slip().encode(b"\xc0\xdb!", &mut output)?;
/// assert_eq!(output.to_vec(), b"\xc0\xdb\xdc\xdb\xdd!\xc0");
/// # Ok::<_, EncodeError>(())
/// ```
impl<C: Content> Encode<C> for Slip {
    type Error = EncodeError;

    fn encode(&mut self, packet: C, output: &mut Output) -> Result<(), EncodeError> {
        let mut rest = packet.as_bytes();
        if rest.is_empty() {
            return Err(EncodeError::Empty);
        }
        let length = rest.len() + memchr2_iter(END, ESC, rest).count();
        if length > self.packets.max {
            return Err(EncodeError::TooLong { length, max: self.packets.max });
        }
        if self.leading_end {
            output.put(&[END]);
        }
        while let Some(plain) = memchr2(END, ESC, rest) {
            output.put(&rest[..plain]);
            output.put(&[ESC, if rest[plain] == END { ESC_END } else { ESC_ESC }]);
            rest = &rest[plain + 1..];
        }
        output.put(rest);
        output.put(&[END]);
        Ok(())
    }
}

impl fmt::Display for SlipError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Escape(Some(byte)) => write!(f, "an ESC in front of {byte:#04x}"),
            Self::Escape(None) => f.write_str("an ESC at the end of a packet"),
        }
    }
}

impl core::error::Error for SlipError {}

const END: u8 = 0xc0;
const ESC: u8 = 0xdb;
/// The byte behind an ESC that stands for END.
const ESC_END: u8 = 0xdc;
/// The byte behind an ESC that stands for ESC.
const ESC_ESC: u8 = 0xdd;
