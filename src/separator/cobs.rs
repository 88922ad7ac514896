//! COBS: consistent overhead byte stuffing.

use core::fmt;
use memchr::memchr;

use super::{Byte, EncodeError, Until, byte};
use crate::{Content, Decode, Encode, Fault, Framing, Output, Record};

/// Makes a stage of packets in consistent overhead byte stuffing (Cheshire and Baker, 1999): each
/// ends with a byte of 0 and contains none.
///
/// A packet is sent in groups. A group is a count and the bytes up to the next 0, which is left
/// out, or 254 bytes without one. So a packet grows by one byte in 254, and by one more at most.
/// The item is the packet, decoded in place, without its last 0. Empty packets are passed over. A
/// count greater than what is left is a fault at the count; the stage goes on with the next packet.
///
/// ```
/// use segue::{Buffer, Output, Step, separator};
///
/// let mut stage = separator::cobs();
/// let mut output = Output::new();
/// let mut buffer = Buffer::from(&b"\x03ab\x02c\0\x01\0\x04ab"[..]);
/// let mut packets = buffer.records(&mut stage, false, &mut output);
/// let mut seen = Vec::new();
/// while let Step::Item(packet) = packets.next()? {
///     seen.push(packet.to_vec());
/// }
/// assert_eq!(seen, [&b"ab\0c"[..], b""]);
/// # Ok::<_, segue::Fault<separator::CobsError>>(())
/// ```
pub const fn cobs() -> Cobs {
    Cobs { packets: byte(0).skip_empty() }
}

/// The stage of [`cobs()`].
#[derive(Debug, Clone)]
pub struct Cobs {
    packets: Until<Byte>,
}

/// A packet that does not consist of whole groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CobsError {
    /// A group has this count, and the packet ends before its end.
    Count(u8),
}

impl Cobs {
    /// Sets the longest packet in bytes as sent, counts included and the separator not. The default
    /// is 8 KiB, as for [`Until`].
    #[must_use]
    pub const fn max(mut self, bytes: usize) -> Self {
        self.packets = self.packets.max(bytes);
        self
    }
}

impl Decode for Cobs {
    type Item<'a> = Record<'a>;
    type Error = CobsError;

    #[inline]
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<CobsError>> {
        self.packets.frame(input, eof).map_err(Fault::widen)
    }

    #[inline]
    fn absorb(&mut self, record: Record<'_>, answers: &mut Output) -> Result<(), Fault<CobsError>> {
        self.packets.absorb(record, answers).map_err(Fault::widen)
    }

    #[inline]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Record<'a>, Fault<CobsError>> {
        match self.packets.parse(record) {
            Ok(packet) => unstuffed(packet),
            Err(fault) => Err(fault.widen()),
        }
    }
}

fn unstuffed(mut packet: Record<'_>) -> Result<Record<'_>, Fault<CobsError>> {
    let bytes = packet.as_mut();
    let (mut read, mut written) = (0, 0);
    while let Some(&count) = bytes.get(read) {
        let end = read + usize::from(count);
        if count == 0 || end > bytes.len() {
            return Err(Fault::new(CobsError::Count(count)).at(read as u64).recoverable());
        }
        bytes.copy_within(read + 1..end, written);
        written += end - read - 1;
        if count != FULL && end < bytes.len() {
            bytes[written] = 0;
            written += 1;
        }
        read = end;
    }
    packet.truncate(written);
    Ok(packet)
}

/// Writes the packet in groups, and a 0.
///
/// ```
/// use segue::separator::{self, EncodeError};
/// use segue::{Encode, Output};
///
/// let mut output = Output::new();
/// separator::cobs().encode(b"ab\0c", &mut output)?;
/// assert_eq!(output.to_vec(), b"\x03ab\x02c\0");
/// # Ok::<_, EncodeError>(())
/// ```
impl<C: Content> Encode<C> for Cobs {
    type Error = EncodeError;

    fn encode(&mut self, packet: C, output: &mut Output) -> Result<(), EncodeError> {
        let packet = packet.as_bytes();
        let length = groups(packet).map(|group| 1 + group.len()).sum();
        if length > self.packets.max {
            return Err(EncodeError::TooLong { length, max: self.packets.max });
        }
        for group in groups(packet) {
            // INVARIANT: a group has 254 bytes at most.
            output.put(&[u8::try_from(1 + group.len()).unwrap_or(FULL)]);
            output.put(group);
        }
        output.put(&[0]);
        Ok(())
    }
}

/// Returns the groups of a packet without their counts. A full group has no 0 left out behind it,
/// so no empty group follows if the packet ends with it.
fn groups(packet: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(packet);
    core::iter::from_fn(move || {
        let packet = rest?;
        let most = packet.len().min(usize::from(FULL) - 1);
        let (group, behind) = match memchr(0, &packet[..most]) {
            Some(zero) => (&packet[..zero], Some(&packet[zero + 1..])),
            None if most == usize::from(FULL) - 1 => {
                let behind = &packet[most..];
                (&packet[..most], (!behind.is_empty()).then_some(behind))
            }
            None => (packet, None),
        };
        rest = behind;
        Some(group)
    })
}

impl fmt::Display for CobsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "a group of {count} bytes is cut off"),
        }
    }
}

impl core::error::Error for CobsError {}

/// The count of a group that does not end at a 0.
const FULL: u8 = 0xff;
