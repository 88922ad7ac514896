//! Lists separated by commas, of which there are two kinds: with quotes and without.

use crate::trim;

/// The elements of a list of tokens in one line: split at every comma, without the blanks around
/// them and without empty ones (RFC 9110 §5.6.1).
///
/// Quotes mean nothing in such a list, so `", close` has the elements `"` and `close`.
#[derive(Debug, Clone)]
pub struct Tokens<'a>(&'a [u8]);

/// The elements of a list in one line whose elements may hold quoted strings (RFC 9110 §5.6.4,
/// §5.6.6): a comma within quotes does not separate.
#[derive(Debug, Clone)]
pub struct Elements<'a>(&'a [u8]);

impl<'a> Tokens<'a> {
    /// Splits `value`.
    ///
    /// ```
    /// use segue_http::Tokens;
    ///
    /// let tokens: Vec<_> = Tokens::of(b" keep-alive,,\t\", close").collect();
    /// assert_eq!(tokens, [&b"keep-alive"[..], b"\"", b"close"]);
    /// ```
    #[inline]
    #[must_use]
    pub const fn of(value: &'a [u8]) -> Self {
        Self(value)
    }
}

impl<'a> Elements<'a> {
    /// Splits `value`.
    ///
    /// ```
    /// use segue_http::Elements;
    ///
    /// let elements: Vec<_> = Elements::of(b"a;b=\"x, y\", c").collect();
    /// assert_eq!(elements, [&b"a;b=\"x, y\""[..], b"c"]);
    /// ```
    #[inline]
    #[must_use]
    pub const fn of(value: &'a [u8]) -> Self {
        Self(value)
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        let end = |list: &[u8]| list.iter().position(|&byte| byte == b',').unwrap_or(list.len());
        next(&mut self.0, end)
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        next(&mut self.0, element_end)
    }
}

/// Takes the next element that is not empty, each of which `end` finds the end of.
#[inline]
fn next<'a>(list: &mut &'a [u8], end: impl Fn(&[u8]) -> usize) -> Option<&'a [u8]> {
    while !list.is_empty() {
        let end = end(list);
        let element = trim(&list[..end]);
        *list = list.get(end + 1..).unwrap_or_default();
        if !element.is_empty() {
            return Some(element);
        }
    }
    None
}

/// Finds the first comma outside of quotes, or the end.
fn element_end(list: &[u8]) -> usize {
    let (mut quoted, mut at) = (false, 0);
    while let Some(&byte) = list.get(at) {
        match byte {
            b'"' => quoted = !quoted,
            b'\\' if quoted => at += 1,
            b',' if !quoted => return at,
            _ => {}
        }
        at += 1;
    }
    list.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn blanks_are_two_bytes_and_empty_elements_none() {
        let tokens: Vec<_> = Tokens::of(b",a\x0c , \t,b ,").collect();
        assert_eq!(tokens, [&b"a\x0c"[..], b"b"]);
        assert_eq!(Tokens::of(b" ,\t, ").count(), 0);
    }

    #[test]
    fn quotes_that_do_not_end_and_escapes() {
        let elements = |value| Elements::of(value).collect::<Vec<_>>();
        assert_eq!(elements(b"a=\"\\\", b\", c"), [&b"a=\"\\\", b\""[..], b"c"]);
        assert_eq!(elements(b"\"a, b"), [&b"\"a, b"[..]]);
        assert_eq!(elements(b"\"a\\"), [&b"\"a\\"[..]]);
    }
}
