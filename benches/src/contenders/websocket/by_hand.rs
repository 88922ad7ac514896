//! The reference: a frame at a time, with the checks that keep a server alive.
//!
//! The flags and the opcode, the mask bit and the limit are looked at; shortest lengths, fragments
//! and control frames are not.

/// The payload of the frame in front of `input`, unmasked, and what follows it: a whole message of
/// binary data, masked and of at most `max` bytes, or nothing.
#[inline]
#[must_use]
pub fn first(input: &mut [u8], max: usize) -> Option<(&[u8], &mut [u8])> {
    let (&mut [first, second], behind) = input.split_first_chunk_mut()?;
    if first != 0x82 || second & 0x80 == 0 {
        return None;
    }
    let (length, behind) = match second & 0x7F {
        126 => {
            let (length, behind) = behind.split_first_chunk_mut()?;
            (usize::from(u16::from_be_bytes(*length)), behind)
        }
        127 => {
            let (length, behind) = behind.split_first_chunk_mut()?;
            (usize::try_from(u64::from_be_bytes(*length)).ok()?, behind)
        }
        short => (usize::from(short), behind),
    };
    if length > max {
        return None;
    }
    let (&mut key, behind) = behind.split_first_chunk_mut::<4>()?;
    let (payload, behind) = behind.split_at_mut_checked(length)?;
    let narrow = u32::from_ne_bytes(key);
    let wide = u64::from(narrow) << 32 | u64::from(narrow);
    let (words, rest) = payload.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (at, byte) in rest.iter_mut().enumerate() {
        *byte ^= key[at % 4];
    }
    Some((payload, behind))
}
