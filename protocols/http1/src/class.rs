//! Classes of bytes: one table, one lookup a byte.

/// Bytes of a `token`: methods and header names (RFC 9110 §5.6.2).
pub(crate) const TOKEN: u8 = 1;
/// Bytes of a request target: visible ASCII. A proper URI is stricter; the router of the request
/// checks that (RFC 9112 §3.2).
pub(crate) const TARGET: u8 = 2;
/// Bytes of a header value or reason phrase: visible ASCII, 0x80 to 0xff, space and tab (RFC 9110
/// §5.5, RFC 9112 §4).
pub(crate) const VALUE: u8 = 4;
/// Control characters but CR, LF and NUL, which [`Relaxed::controls`](crate::Relaxed::controls)
/// lets through.
pub(crate) const CONTROL: u8 = 16;

/// Returns true if `byte` belongs to one of the `classes`.
#[inline]
pub(crate) const fn is(byte: u8, classes: u8) -> bool {
    CLASS[byte as usize] & classes != 0
}

/// Counts the leading bytes of `bytes` that belong to one of the `classes`.
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
        if b.is_ascii_control() && !among(b, b"\r\n\0\t") {
            table[byte] |= CONTROL;
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
    fn classes_hold_what_the_grammar_says() {
        let count = |class| (0..=255).filter(|&byte| is(byte, class)).count();
        assert_eq!(count(TOKEN), 26 + 26 + 10 + 15);
        assert_eq!(count(TARGET), 0x7e - 0x20);
        assert_eq!(count(VALUE), 0x7e - 0x20 + 128 + 2);
        assert_eq!(count(CONTROL), 32 + 1 - 4);
        for delimiter in b"\"(),/:;<=>?@[\\]{} \t\r\n\0\x7f\x80" {
            assert!(!is(*delimiter, TOKEN), "{delimiter:#x}");
        }
        for control in (0..0x20).chain([0x7f]).filter(|&byte| byte != b'\t') {
            assert!(!is(control, TOKEN | TARGET | VALUE), "{control:#x}");
        }
    }
}
