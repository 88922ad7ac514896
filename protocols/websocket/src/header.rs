//! The header of a frame (RFC 6455 §5.2).
//!
//! ```text
//!  0               1               2 ..            2, 4 or 10 ..
//! +-+-+-+-+-------+-+-------------+---------------+-----------+
//! |F|R|R|R| opcode|M| length, or  | length of 2,  | 4 bytes   |
//! |I|S|S|S|       |A| 126 for 2,  | or of 8 bytes | of mask,  |
//! |N|V|V|V|       |S| 127 for 8   | (big endian)  | if M      |
//! |1|2|3| |       |K|             |               |           |
//! +-+-+-+-+-------+-+-------------+---------------+-----------+
//! ```

use segue::{Fault, Need, Output};

use crate::{Error, Limits, Opcode, Role, mask};

/// The fields of a header, all of them checked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Header {
    pub(crate) fin: bool,
    /// The reserved bits that are set, as they lie in the first byte.
    pub(crate) reserved: u8,
    pub(crate) opcode: Opcode,
    /// Length of the header itself, with the masking key.
    pub(crate) size: usize,
    /// Length of the payload.
    pub(crate) length: usize,
}

impl Header {
    /// Length of the whole frame.
    #[inline]
    pub(crate) fn whole(&self) -> usize {
        self.size + self.length
    }

    /// Checks the length of a frame that is not compressed against the limit on frames, and on its
    /// message, of which there are `before` bytes so far.
    #[inline]
    pub(crate) fn within(
        &self,
        max_frame: usize,
        before: usize,
        max_message: usize,
    ) -> Result<(), Fault<Error>> {
        let length = self.length as u64;
        let error = if self.length > max_frame {
            Error::FrameTooLong { length, limit: max_frame }
        } else if self.length > max_message.saturating_sub(before) {
            Error::MessageTooLong { length: before as u64 + length, limit: max_message }
        } else {
            return Ok(());
        };
        Err(refused(error, if length < 126 { 1 } else { 2 }))
    }
}

/// The start of the input.
pub(crate) enum Front {
    Header(Header),
    /// Too little to tell how long the frame is.
    Need(Need),
}

/// The rules and limits that a header is checked against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// The mask bit as it should be, in the second byte: which end reads.
    mask_bit: u8,
    /// Length of the shortest header, with the masking key.
    shortest: usize,
    /// Reserved bits that an extension was negotiated for, as they lie in the first byte.
    pub(crate) reserved: u8,
    /// The number of frames of the fragmented message under way; 0 if there is none.
    pub(crate) fragments: u32,
    /// In how many frames a message may come.
    pub(crate) max_fragments: u32,
    /// The longest payload that is taken.
    pub(crate) max_payload: usize,
}

impl Rules {
    pub(crate) fn new(role: Role) -> Self {
        let (mask_bit, shortest) = match role {
            Role::Server => (MASK, 6),
            Role::Client => (0, 2),
        };
        let (max_fragments, max_payload) = (Limits::DEFAULT.fragments, Limits::DEFAULT.message);
        Self { mask_bit, shortest, reserved: 0, fragments: 0, max_fragments, max_payload }
    }

    /// The length of the frame in front of `input` if it is simple: a whole message of less than 64
    /// KiB that has arrived and comes to at most `longest` bytes with its header. `None` says
    /// nothing about the frame, good or bad: [`read`](Self::read) decides.
    #[inline(always)]
    pub(crate) fn simple(&self, input: &[u8], longest: usize) -> Option<usize> {
        let &[first, second, a, b, ..] = input else { return None };
        // With the mask bit as it should be, this is the length.
        let whole = match second ^ self.mask_bit {
            short @ 0..=125 => self.shortest + usize::from(short),
            TWO_BYTES => match u16::from_be_bytes([a, b]) {
                length @ 126.. => self.shortest + 2 + usize::from(length),
                _ => return None,
            },
            _ => return None,
        };
        let is_whole_message = matches!(first, WHOLE_TEXT | WHOLE_BINARY);
        (is_whole_message && whole <= longest && whole <= input.len()).then_some(whole)
    }

    /// Counts a data frame, whose header has been checked.
    #[inline(always)]
    pub(crate) fn count(&mut self, fin: bool) {
        self.fragments = if fin { 0 } else { self.fragments.saturating_add(1) };
    }

    /// Reads the header in front of `input` as soon as it tells the length of the frame.
    ///
    /// # Errors
    /// Any rule of RFC 6455 §5 that a header can break, and the limit.
    #[inline(never)]
    pub(crate) fn read(&self, input: &[u8]) -> Result<Front, Fault<Error>> {
        let &[first, second, ..] = input else {
            return self.begun(input);
        };
        let opcode = self.first(first)?;
        let mask = self.second(second, opcode)?;
        let (size, length) = match second & LENGTH {
            short @ 0..=125 => (2, u64::from(short)),
            TWO_BYTES => match input.get(2..4) {
                Some(&[a, b]) => (4, u64::from(u16::from_be_bytes([a, b]))),
                _ => return Ok(Front::Need(missing(input, 4, 4 + mask + 126))),
            },
            _ => match input.get(2..10).and_then(|bytes| bytes.first_chunk()) {
                Some(&bytes) => (10, u64::from_be_bytes(bytes)),
                _ => return Ok(Front::Need(missing(input, 10, 10 + mask + 0x1_0000))),
            },
        };
        let length = self.length(length, size)?;
        let (fin, reserved) = (first & FIN != 0, first & RESERVED);
        Ok(Front::Header(Header { fin, reserved, opcode, size: size + mask, length }))
    }

    /// Returns the need of input that has not begun.
    #[inline(always)]
    pub(crate) const fn unbegun(&self) -> Need {
        Need::exactly(2).claiming(self.shortest)
    }

    /// Handles fewer than two bytes. A wrong first byte is refused before the second one has
    /// arrived.
    fn begun(&self, input: &[u8]) -> Result<Front, Fault<Error>> {
        if let Some(&first) = input.first() {
            self.first(first)?;
        }
        Ok(Front::Need(missing(input, 2, 2 + self.mask_size())))
    }

    /// Checks the flags and the opcode.
    #[inline]
    fn first(&self, first: u8) -> Result<Opcode, Fault<Error>> {
        let Some(opcode) = Opcode::from_bits(first & OPCODE) else {
            return Err(refused(Error::UnknownOpcode(first & OPCODE), 0));
        };
        let reserved = match opcode {
            // The extensions that there are mark the first frame of a message (RFC 7692 §6).
            Opcode::Text | Opcode::Binary => first & RESERVED & !self.reserved,
            _ => first & RESERVED,
        };
        if reserved != 0 {
            return Err(refused(Error::ReservedBits(reserved), 0));
        }
        let error = match opcode {
            Opcode::Continuation if self.fragments == 0 => Error::UnexpectedContinuation,
            Opcode::Continuation if self.fragments >= self.max_fragments => {
                Error::TooManyFragments { limit: self.max_fragments }
            }
            Opcode::Text | Opcode::Binary if self.fragments > 0 => Error::UnfinishedMessage,
            _ if opcode.is_control() && first & FIN == 0 => Error::FragmentedControl,
            _ => return Ok(opcode),
        };
        Err(refused(error, 0))
    }

    /// Checks the mask bit and the length of control frames, and says how long the key is.
    #[inline]
    fn second(&self, second: u8, opcode: Opcode) -> Result<usize, Fault<Error>> {
        let error = match self.role() {
            Role::Server if second & MASK == 0 => Error::NotMasked,
            Role::Client if second & MASK != 0 => Error::Masked,
            _ if opcode.is_control() && second & LENGTH > 125 => Error::ControlTooLong,
            _ => return Ok(self.mask_size()),
        };
        Err(refused(error, 1))
    }

    /// Checks a length that was read from a header of `size` bytes without the mask.
    #[inline]
    fn length(&self, length: u64, size: usize) -> Result<usize, Fault<Error>> {
        let (at, least) = match size {
            2 => (1, 0),
            4 => (2, 126),
            _ => (2, 0x1_0000),
        };
        let error = if length < least {
            Error::LengthNotMinimal
        } else if length > i64::MAX as u64 {
            Error::LengthTopBit
        } else if length > self.max_payload as u64 {
            Error::FrameTooLong { length, limit: self.max_payload }
        } else {
            #[expect(clippy::cast_possible_truncation, reason = "not above the limit, a usize")]
            return Ok(length as usize);
        };
        Err(refused(error, at))
    }

    /// Length of the masking key in bytes.
    #[inline(always)]
    fn mask_size(&self) -> usize {
        self.shortest - 2
    }

    /// Returns the end that reads.
    #[inline(always)]
    pub(crate) fn role(&self) -> Role {
        if self.mask_bit == 0 { Role::Client } else { Role::Server }
    }
}

/// A fault at byte `at` of a frame. It is made out of line, since where its fields are written in
/// a loop, items that share their place in a `Result` are moved about in memory.
#[cold]
#[inline(never)]
pub(crate) fn refused(error: Error, at: usize) -> Fault<Error> {
    Fault::new(error).at(at as u64)
}

/// Appends a header to `output`, in its shortest form. `first` holds the flags and the opcode.
#[inline]
pub(crate) fn put(output: &mut Output, first: u8, length: usize, key: Option<[u8; 4]>) {
    let masked = if key.is_some() { MASK } else { 0 };
    #[expect(clippy::cast_possible_truncation, reason = "each arm is bound to what fits")]
    match length {
        0..=125 => output.put(&[first, masked | length as u8]),
        126..=0xFFFF => {
            let [a, b] = (length as u16).to_be_bytes();
            output.put(&[first, masked | TWO_BYTES, a, b]);
        }
        _ => {
            let [a, b, c, d, e, f, g, h] = (length as u64).to_be_bytes();
            output.put(&[first, masked | EIGHT_BYTES, a, b, c, d, e, f, g, h]);
        }
    }
    if let Some(key) = key {
        output.put(&key);
    }
}

/// Appends a frame to `output`: the header, and a copy of `payload`, masked if there is a `key`.
#[inline]
pub(crate) fn put_frame(output: &mut Output, first: u8, payload: &[u8], key: Option<[u8; 4]>) {
    match key {
        None => put_bare(output, first, payload),
        Some(key) => put_masked(output, first, payload, key),
    }
}

/// Appends a frame to `output`: the header, and a copy of `payload`.
#[inline]
pub(crate) fn put_bare(output: &mut Output, first: u8, payload: &[u8]) {
    #[expect(clippy::cast_possible_truncation, reason = "each arm is bound to what fits")]
    match payload.len() {
        length @ 0..=125 => {
            output.put_with(2 + length, |tail| {
                tail.put([first, length as u8]);
                tail.put_slice(payload);
            });
        }
        length @ 126..=PIECE => {
            let [a, b] = (length as u16).to_be_bytes();
            output.put_with(4 + length, |tail| {
                tail.put([first, TWO_BYTES, a, b]);
                tail.put_slice(payload);
            });
        }
        _ => {
            put(output, first, payload.len(), None);
            output.put(payload);
        }
    }
}

/// Appends a frame to `output`: the header, and `payload` masked by `key`. The payload goes through
/// registers and not twice through memory: a processor that is to read at once what it has just
/// written in other pieces has to wait.
#[inline(never)]
pub(crate) fn put_masked(output: &mut Output, first: u8, payload: &[u8], key: [u8; 4]) {
    #[expect(clippy::cast_possible_truncation, reason = "each arm is bound to what fits")]
    match payload.len() {
        length @ 0..=125 => {
            output.put_with(6 + length, |tail| {
                tail.put([first, MASK | length as u8]);
                tail.put(key);
                mask::put_short(key, payload, tail);
            });
        }
        length @ 126..=PIECE => {
            let [a, b] = (length as u16).to_be_bytes();
            output.put_with(8 + length, |tail| {
                tail.put([first, MASK | TWO_BYTES, a, b]);
                tail.put(key);
                mask::put(key, payload, tail);
            });
        }
        _ => {
            put(output, first, payload.len(), Some(key));
            // Memory that was never written to is zeroed first: in pieces, it stays close by.
            output.reserve(payload.len());
            for piece in payload.chunks(PIECE) {
                output.put_with(piece.len(), |tail| mask::put(key, piece, tail));
            }
        }
    }
}

/// The need of `input` to be `known` bytes long, with a claim on the `least` bytes that are
/// certain.
#[inline]
fn missing(input: &[u8], known: usize, least: usize) -> Need {
    Need::exactly(known - input.len()).claiming(least - input.len())
}

pub(crate) const FIN: u8 = 0x80;
pub(crate) const RESERVED: u8 = 0x70;
pub(crate) const OPCODE: u8 = 0x0F;
pub(crate) const MASK: u8 = 0x80;
pub(crate) const LENGTH: u8 = 0x7F;
pub(crate) const WHOLE_TEXT: u8 = FIN | Opcode::Text as u8;
pub(crate) const WHOLE_BINARY: u8 = FIN | Opcode::Binary as u8;
/// In place of a short length: it follows in two bytes.
pub(crate) const TWO_BYTES: u8 = 126;
/// In place of a short length: it follows in eight bytes.
pub(crate) const EIGHT_BYTES: u8 = 127;
/// The longest header: flags, opcode, 64-bit length, key.
pub(crate) const MAX_SIZE: usize = 14;
/// The number of bytes masked at a time: whole keys, and small beside a first-level cache.
const PIECE: usize = 8 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{vec, vec::Vec};

    /// RFC 6455 §5.2, byte by byte.
    fn frame(first: u8, payload: &[u8], key: Option<[u8; 4]>) -> Vec<u8> {
        let masked = if key.is_some() { 0x80 } else { 0 };
        let length = payload.len() as u64;
        let mut frame = vec![first];
        match length {
            0..=125 => frame.push(masked | payload.len().to_le_bytes()[0]),
            126..=0xFFFF => {
                frame.push(masked | 126);
                frame.extend(&length.to_be_bytes()[6..]);
            }
            _ => {
                frame.push(masked | 127);
                frame.extend(length.to_be_bytes());
            }
        }
        frame.extend(key.iter().flatten());
        let mask = |(at, byte)| byte ^ key.map_or(0, |key| key[at % 4]);
        frame.extend(payload.iter().copied().enumerate().map(mask));
        frame
    }

    #[test]
    fn frames_of_every_length_are_the_same_in_fresh_and_in_used_memory() {
        let bytes: Vec<u8> = (0..=250).cycle().take(2 * 0x1_0000).collect();
        let lengths = (0..300).chain([511, 512, 4095, 4096, PIECE - 1, PIECE, PIECE + 1]);
        let mut used = Output::new();
        used.put(&[0xA5; 3 * 0x1_0000]);
        used.clear();
        for length in lengths.chain([3 * PIECE + 5, 0xFFFF, 0x1_0000, 0x1_0001]) {
            for key in [None, Some([0x37, 0xFA, 0x21, 0x3D])] {
                let payload = &bytes[length % 7..][..length];
                let expected = [&b"before"[..], &frame(WHOLE_TEXT, payload, key)].concat();
                for output in [&mut used, &mut Output::new()] {
                    output.put(b"before");
                    put_frame(output, WHOLE_TEXT, payload, key);
                    assert!(output.to_vec() == expected, "{length} bytes, key {key:?}");
                    output.clear();
                }
            }
        }
    }
}
