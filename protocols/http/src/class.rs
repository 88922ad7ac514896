//! Classes of bytes: one table, one lookup a byte.

/// Returns true if `bytes` is a token: a method, or the name of a field (RFC 9110 §5.6.2).
#[inline]
#[must_use]
pub fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && run(bytes, TOKEN) == bytes.len()
}

/// Returns true if `bytes` is the name of a field as HTTP/2 and HTTP/3 have it: a token without
/// upper case (RFC 9113 §8.2.1, RFC 9114 §4.2). Pseudo-fields are not among them.
#[inline]
#[must_use]
pub fn is_name(bytes: &[u8]) -> bool {
    !bytes.is_empty() && run(bytes, NAME) == bytes.len()
}

/// Returns true if `bytes` can be the value of a field (RFC 9110 §5.5): no control but a tab, so
/// neither CR, LF nor NUL, and no blank at either end. Bytes from 0x80 on are let through.
#[inline]
#[must_use]
pub fn is_value(bytes: &[u8]) -> bool {
    is_plain_value(bytes) || is_any_value(bytes)
}

/// The same a byte at a time.
fn is_any_value(bytes: &[u8]) -> bool {
    let is_blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    !is_blank(bytes.first()) && !is_blank(bytes.last()) && run(bytes, VALUE) == bytes.len()
}

/// Returns true for a value of eight bytes or more without any control, tabs included: nearly all are
/// so, and eight bytes are looked at at once.
#[inline]
fn is_plain_value(value: &[u8]) -> bool {
    const ONES: u64 = u64::MAX / 0xff;
    let has_control = |word: &[u8; 8]| {
        let word = u64::from_le_bytes(*word);
        let delete = word ^ (ONES * 0x7f);
        let below = word.wrapping_sub(ONES * 0x20) & !word;
        (below | delete.wrapping_sub(ONES) & !delete) & (ONES * 0x80) != 0
    };
    let (Some(last), Some(b'!'..)) = (value.last_chunk::<8>(), value.first()) else { return false };
    let words = value.as_chunks::<8>().0;
    last[7] > b' ' && !has_control(last) && !words.iter().any(has_control)
}

/// Returns `bytes` without the blanks around it: optional whitespace is SP and HTAB only (RFC 9110
/// §5.6.3).
///
/// ```
/// assert_eq!(segue_http::trim(b" \ta b\t "), b"a b");
/// assert_eq!(segue_http::trim(b"\x0ca "), b"\x0ca");
/// ```
#[inline]
#[must_use]
pub fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = bytes {
        bytes = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

/// Bytes of a `token`: methods and names of fields (RFC 9110 §5.6.2).
pub const TOKEN: u8 = 1;
/// Visible ASCII: the bytes of a target (RFC 9112 §3.2).
pub const VISIBLE: u8 = 2;
/// Bytes of a value or reason phrase: visible ASCII, 0x80 to 0xff, space and tab (RFC 9110 §5.5,
/// RFC 9112 §4).
pub const VALUE: u8 = 4;
/// Bytes of a token without upper case.
pub const NAME: u8 = 8;
/// `unreserved` and `sub-delims` (RFC 3986 §2.2, §2.3): the bytes of a registered name but `%`.
pub const HOST: u8 = 16;
/// Control characters but CR, LF, NUL and the tab, which HTTP/1 can be told to let through.
pub const CONTROL: u8 = 32;

/// Returns true if `byte` belongs to one of the `classes`.
#[inline]
#[must_use]
pub const fn is(byte: u8, classes: u8) -> bool {
    CLASS[byte as usize] & classes != 0
}

/// Counts the leading bytes of `bytes` that belong to one of the `classes`.
///
/// Inlined wherever it is used, so that the class is a constant: words are short, and the call
/// would cost as much as the run.
#[inline(always)]
#[must_use]
pub fn run(bytes: &[u8], classes: u8) -> usize {
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
            if !b.is_ascii_uppercase() {
                table[byte] |= NAME;
            }
        }
        if b.is_ascii_graphic() {
            table[byte] |= VISIBLE;
        }
        if b.is_ascii_graphic() || b >= 0x80 || b == b' ' || b == b'\t' {
            table[byte] |= VALUE;
        }
        if alphanumeric || among(b, b"-._~!$&'()*+,;=") {
            table[byte] |= HOST;
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
        assert_eq!(count(NAME), 26 + 10 + 15);
        assert_eq!(count(VISIBLE), 0x7e - 0x20);
        assert_eq!(count(VALUE), 0x7e - 0x20 + 128 + 2);
        assert_eq!(count(HOST), 62 + 4 + 11);
        assert_eq!(count(CONTROL), 32 + 1 - 4);
        for delimiter in b"\"(),/:;<=>?@[\\]{} \t\r\n\0\x7f\x80" {
            assert!(!is(*delimiter, TOKEN | NAME), "{delimiter:#x}");
        }
        for control in (0..0x20).chain([0x7f]).filter(|&byte| byte != b'\t') {
            assert!(!is(control, TOKEN | VISIBLE | VALUE | HOST | NAME), "{control:#x}");
        }
        // RFC 3986 §3.2.2: neither delimiters of a URI, nor what RFC 3986 has no place for.
        for other in b"#/?@[]\\^`{|}\"<>%:" {
            assert!(!is(*other, HOST), "{other:#x}");
        }
    }

    #[test]
    fn plain_values_are_values() {
        for byte in 0..=255 {
            for place in 0..20 {
                let mut value = [b'v'; 20];
                value[place] = byte;
                let is_plain = is_plain_value(&value);
                assert!(!is_plain || is_any_value(&value), "{byte:#x} at {place}");
                let is_usual = (0x21..0x7f).contains(&byte) || byte >= 0x80;
                assert!(is_plain || !is_usual, "{byte:#x} at {place}");
            }
        }
        assert!(!is_plain_value(b"") && !is_plain_value(b"short"));
    }

    #[test]
    fn names_and_values() {
        assert!(is_token(b"Host") && !is_name(b"Host") && is_name(b"host"));
        assert!(!is_token(b"") && !is_name(b"") && is_value(b""));
        assert!(!is_name(b":path") && !is_token(b"a b"));
        for bad in [&b" a"[..], b"a\t", b"a\r\nb", b"a\0b", b"\x7f", b"\x0b"] {
            assert!(!is_value(bad), "{}", bad.escape_ascii());
        }
        assert!(is_value(b"a \t\xff b"));
        assert_eq!((trim(b""), trim(b" \t "), trim(b"\x0b")), (&b""[..], &b""[..], &b"\x0b"[..]));
    }
}
