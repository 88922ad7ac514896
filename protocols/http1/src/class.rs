//! Which bytes may stand where: one table, one lookup for each byte.

/// Bytes of a `token`: methods and header names (RFC 9110 §5.6.2).
pub(crate) const TOKEN: u8 = 1;
/// Bytes of a request target: all that is visible in ASCII. Which of them make a proper URI is
/// for whoever routes the request (RFC 9112 §3.2).
pub(crate) const TARGET: u8 = 2;
/// Bytes of a header value or reason phrase: visible ASCII, 0x80 to 0xff, space and tab (RFC 9110
/// §5.5, RFC 9112 §4).
pub(crate) const VALUE: u8 = 4;
/// Bytes of the host and port in a `Host` header (RFC 9110 §7.2, RFC 3986 §3.2.2).
pub(crate) const HOST: u8 = 8;

/// Whether `byte` is of one of the `classes`.
#[inline]
pub(crate) const fn is(byte: u8, classes: u8) -> bool {
    CLASS[byte as usize] & classes != 0
}

/// How many bytes in front of `bytes` are of one of the `classes`.
///
/// Inlined wherever it is used, so that the class is a constant: words are short, and the call
/// would cost as much as the run.
#[inline(always)]
pub(crate) fn run(bytes: &[u8], classes: u8) -> usize {
    let mut at = 0;
    while let Some(block) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        for (i, &byte) in block.iter().enumerate() {
            if !is(byte, classes) {
                return at + i;
            }
        }
        at += 8;
    }
    at + bytes[at..].iter().position(|&byte| !is(byte, classes)).unwrap_or(bytes.len() - at)
}

/// How many bytes in front of `bytes` are of the class [`VALUE`]: what `run(bytes, VALUE)` says, in
/// a third of the time.
///
/// Values are most of a head. Blocks are looked at in which there is nothing odd; where there is,
/// eight bytes at once tell the place.
#[inline]
pub(crate) fn text(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(block) = bytes.get(at..).and_then(<[u8]>::first_chunk::<BLOCK>) {
        let odd = block.iter().fold(false, |odd, &byte| odd | (byte < b' ') | (byte == 0x7f));
        if odd {
            break;
        }
        at += BLOCK;
    }
    while let Some(word) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let odd = odd_bytes(u64::from_le_bytes(*word));
        if odd == 0 {
            at += 8;
            continue;
        }
        at += odd.trailing_zeros() as usize / 8;
        if bytes[at] != b'\t' {
            return at;
        }
        at += 1;
    }
    at + run(&bytes[at..], VALUE)
}

/// What the compiler looks at with one instruction on every machine with vectors.
const BLOCK: usize = 16;

/// Has the high bit of the first byte set that is a control, counted from the lowest one; those
/// behind it may be wrong.
#[inline]
const fn odd_bytes(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    let below_space = word.wrapping_sub(ONES * 0x20) & !word;
    let del = (word ^ (ONES * 0x7f)).wrapping_sub(ONES) & !(word ^ (ONES * 0x7f));
    (below_space | del) & (ONES * 0x80)
}

/// Whether `bytes` is a token: at least one byte, and all of them token bytes.
pub(crate) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && run(bytes, TOKEN) == bytes.len()
}

static CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "the loop ends at 256")]
        let b = byte as u8;
        let alphanumeric = b.is_ascii_alphanumeric();
        if alphanumeric || among(b, b"!#$%&'*+-.^_`|~") {
            table[byte] |= TOKEN;
        }
        if b.is_ascii_graphic() {
            table[byte] |= TARGET;
        }
        if b.is_ascii_graphic() || b >= 0x80 || b == b' ' || b == b'\t' {
            table[byte] |= VALUE;
        }
        if alphanumeric || among(b, b"-._~%!$&'()*+,;=:") {
            table[byte] |= HOST;
        }
        byte += 1;
    }
    table
};

const fn among(byte: u8, set: &[u8]) -> bool {
    let mut i = 0;
    while i < set.len() {
        if set[i] == byte {
            return true;
        }
        i += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_a_run_of_values() {
        for length in 0..2 * BLOCK + 10 {
            let mut bytes = alloc::vec![b'~'; length];
            assert_eq!(text(&bytes), length);
            for at in 0..length {
                for byte in 0..=255 {
                    bytes[at] = byte;
                    // What lies behind must not be taken for what comes first.
                    for (behind, other) in [b'\r', b'\t', 0x7f, 0x80, 0xff].into_iter().enumerate()
                    {
                        let behind = at + 1 + 3 * behind;
                        let kept = bytes.get(behind).copied();
                        bytes.get_mut(behind).into_iter().for_each(|place| *place = other);
                        assert_eq!(text(&bytes), run(&bytes, VALUE), "{bytes:x?}");
                        bytes
                            .get_mut(behind)
                            .into_iter()
                            .zip(kept)
                            .for_each(|(place, kept)| *place = kept);
                    }
                }
                bytes[at] = b'~';
            }
        }
    }

    #[test]
    fn classes_hold_what_the_grammar_says() {
        let count = |class| (0..=255).filter(|&byte| is(byte, class)).count();
        assert_eq!(count(TOKEN), 26 + 26 + 10 + 15);
        assert_eq!(count(TARGET), 0x7e - 0x20);
        assert_eq!(count(VALUE), 0x7e - 0x20 + 128 + 2);
        for delimiter in b"\"(),/:;<=>?@[\\]{} \t\r\n\0\x7f\x80" {
            assert!(!is(*delimiter, TOKEN), "{delimiter:#x}");
        }
        for control in (0..0x20).chain([0x7f]).filter(|&byte| byte != b'\t') {
            assert!(!is(control, TOKEN | TARGET | VALUE | HOST), "{control:#x}");
        }
    }
}
