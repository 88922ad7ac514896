//! Incremental UTF-8 validation.
//!
//! Text messages are UTF-8 as a whole; a fragment may end inside a character (RFC 6455 §5.6). What
//! is cut off at the end of a piece, at most three bytes, is carried over to the next one, so every
//! byte is checked once and the first bad one is found in the piece that it came in.

use core::str::{Utf8Error, from_utf8};

/// The check, between two pieces.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Carry {
    /// The beginning of a character, of which `held` bytes are there.
    bytes: [u8; 4],
    held: u8,
}

impl Carry {
    /// Checks `piece` and shows `sink` all the characters that are whole with it, in order.
    ///
    /// # Errors
    /// The index in `piece` of the first byte that cannot be there in UTF-8.
    pub(crate) fn push(
        &mut self,
        mut piece: &[u8],
        mut sink: impl FnMut(&str),
    ) -> Result<(), usize> {
        let mut taken = 0;
        while self.held > 0 {
            let Some((&byte, rest)) = piece.split_first() else { return Ok(()) };
            self.bytes[usize::from(self.held)] = byte;
            self.held += 1;
            match from_utf8(&self.bytes[..usize::from(self.held)]) {
                Ok(character) => {
                    sink(character);
                    self.held = 0;
                }
                Err(error) if error.error_len().is_none() => {}
                Err(_) => return Err(taken),
            }
            piece = rest;
            taken += 1;
        }
        let (front, cut) = piece.split_at(piece.len() - cut_off(piece));
        sink(whole(front).map_err(|at| taken + at)?);
        if let Err(error) = from_utf8(cut)
            && error.error_len().is_some()
        {
            return Err(taken + front.len() + first_bad(cut, &error));
        }
        self.bytes[..cut.len()].copy_from_slice(cut);
        #[expect(clippy::cast_possible_truncation, reason = "at most 3")]
        {
            self.held = cut.len() as u8;
        }
        Ok(())
    }

    /// Returns the number of bytes carried over: the start of a character that is not whole.
    pub(crate) fn held(&self) -> usize {
        usize::from(self.held)
    }

    /// Returns true if the text may end here.
    pub(crate) fn is_whole(&self) -> bool {
        self.held == 0
    }
}

/// All of `bytes` as text.
///
/// # Errors
/// The index of the first byte that cannot be there in UTF-8: the length, if a character is cut
/// off.
#[inline]
pub(crate) fn whole(bytes: &[u8]) -> Result<&str, usize> {
    from_utf8(bytes).map_err(|error| first_bad(bytes, &error))
}

/// The index of the byte that breaks the encoding, which may lie behind the start of its character.
fn first_bad(bytes: &[u8], error: &Utf8Error) -> usize {
    let start = error.valid_up_to();
    match error.error_len() {
        None => bytes.len(),
        // 0xC2..=0xF4 begin characters of more than one byte; others cannot even begin one.
        Some(good) => start + if matches!(bytes[start], 0xC2..=0xF4) { good } else { 0 },
    }
}

/// The number of bytes at the end of `bytes` that begin a character and may go on.
fn cut_off(bytes: &[u8]) -> usize {
    for (before, &byte) in bytes.iter().rev().take(3).enumerate() {
        let width = match byte {
            0x80..=0xBF => continue,
            0xC2..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF4 => 4,
            _ => return 0,
        };
        let there = before + 1;
        return if there < width { there } else { 0 };
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{string::String, vec::Vec};

    /// One byte at a time, which is slow and plainly right.
    fn naive(bytes: &[u8]) -> Result<(), usize> {
        let mut pending = Vec::new();
        for (at, &byte) in bytes.iter().enumerate() {
            pending.push(byte);
            match from_utf8(&pending) {
                Ok(_) => pending.clear(),
                Err(error) if error.error_len().is_none() => {}
                Err(_) => return Err(at),
            }
        }
        if pending.is_empty() { Ok(()) } else { Err(bytes.len()) }
    }

    /// The same, in pieces that end at `cuts`.
    fn carried(bytes: &[u8], cuts: &[usize]) -> Result<String, usize> {
        let (mut carry, mut text, mut from) = (Carry::default(), String::new(), 0);
        for &to in cuts.iter().chain([&bytes.len()]) {
            carry.push(&bytes[from..to], |part| text.push_str(part)).map_err(|at| from + at)?;
            from = to;
        }
        if carry.is_whole() { Ok(text) } else { Err(bytes.len()) }
    }

    const SAMPLES: &[&[u8]] = &[
        b"",
        b"plain",
        "κόσμε, ﷽ and 🦀🦀".as_bytes(),
        b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",
        b"\xf4\x90\x80\x80",
        b"\xf0\x8f\x80\x80",
        b"ab\xff",
        b"ab\xc0\x80",
        b"\xe2\x28\xa1",
        b"\xf0\x9f\xa6",
        b"\xf0\x9f\xa6!",
        b"\x80",
        b"ok\xe2\x82",
        b"\xf5\x80\x80\x80",
        b"\xc2",
    ];

    #[test]
    fn agrees_with_one_byte_at_a_time_at_every_cut() {
        for bytes in SAMPLES {
            let expected = naive(bytes);
            assert_eq!(whole(bytes).map(drop), expected, "{bytes:x?}");
            for first in 0..=bytes.len() {
                for second in first..=bytes.len() {
                    let found = carried(bytes, &[first, second]);
                    assert_eq!(found.as_ref().map(drop), expected.as_ref().map(drop), "{bytes:x?}");
                    if let Ok(text) = found {
                        assert_eq!(text.as_bytes(), *bytes);
                    }
                }
            }
            let every: Vec<usize> = (0..bytes.len()).collect();
            assert_eq!(carried(bytes, &every).map(drop), expected);
        }
    }
}
