//! Heads of HTTP messages that outlive the buffer they came in.

use alloc::{borrow::Cow, boxed::Box, string::String, vec::Vec};
use core::fmt;

/// An owned copy of the head of a request or a response that was read and checked.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Head(Box<[u8]>);

impl Head {
    pub(super) fn new(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    /// Returns all header lines in their order: names as they were written, values without the
    /// whitespace around them.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let lines = self.0.split(|&byte| byte == b'\n').skip(1);
        // The lines were checked when the head was read, so that none is left out.
        lines.filter_map(|line| {
            let colon = line.iter().position(|&byte| byte == b':')?;
            let name = str::from_utf8(line[..colon].trim_ascii_end()).ok()?;
            Some((name, line[colon + 1..].trim_ascii()))
        })
    }

    /// Returns the value of the first header with that name, if it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers();
        let (_, value) = headers.find(|(other, _)| other.eq_ignore_ascii_case(name))?;
        str::from_utf8(value).ok()
    }

    /// Returns the names and values of all `Cookie` headers, as they were written (RFC 6265 §4.2).
    pub(crate) fn cookies(&self) -> impl Iterator<Item = (&str, &str)> {
        let lines = self.headers().filter(|(name, _)| name.eq_ignore_ascii_case("cookie"));
        let lines = lines.filter_map(|(_, value)| str::from_utf8(value).ok());
        let pairs = lines.flat_map(|line| line.split(';'));
        pairs.filter_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            Some((name.trim_ascii(), value.trim_ascii()))
        })
    }
}

/// Shows the length, and no content: heads hold passwords and cookies.
impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Head({} bytes)", self.0.len())
    }
}

/// Splits a target into its path and its query. The scheme and the authority of an absolute one are
/// left out.
pub(super) fn path_and_query(target: &str) -> (&str, Option<&str>) {
    let origin = match target.split_once("://") {
        Some((scheme, rest)) if !scheme.contains(['/', '?']) => {
            rest.find(['/', '?']).map_or("/", |at| &rest[at..])
        }
        _ => target,
    };
    match origin.split_once('?') {
        Some(("", query)) => ("/", Some(query)),
        Some((path, query)) => (path, Some(query)),
        None => (origin, None),
    }
}

/// Splits a query into names and values, as forms write them: `+` is a space, `%41` a byte.
pub(super) fn parameters(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    })
}

/// Decodes a name or a value. A `%` without two digits stands for itself, and what is not UTF-8 is
/// replaced.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains(['+', '%']) {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        rest = behind;
        bytes.push(match (first, behind) {
            (b'+', _) => b' ',
            (b'%', [high, low, behind @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    rest = behind;
                    high << 4 | low
                }
                _ => b'%',
            },
            (other, _) => *other,
        });
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_taken_apart() {
        for (target, path, query) in [
            ("/chat?room=1", "/chat", Some("room=1")),
            ("/chat", "/chat", None),
            ("/?", "/", Some("")),
            ("ws://a.b/chat?a=b", "/chat", Some("a=b")),
            ("http://a.b", "/", None),
            ("http://a.b?c", "/", Some("c")),
            ("/go?to=http://a/b", "/go", Some("to=http://a/b")),
        ] {
            assert_eq!(path_and_query(target), (path, query), "{target}");
        }
    }

    #[test]
    fn queries_are_decoded() {
        let query = "room=1&name=J%C3%B6rg+M%c3%bcller&flag&a=b=c&&100%=%4&bad=%FF";
        let pairs: Vec<_> = parameters(query).collect();
        let expected = [
            ("room", "1"),
            ("name", "J\u{f6}rg M\u{fc}ller"),
            ("flag", ""),
            ("a", "b=c"),
            ("100%", "%4"),
            ("bad", "\u{fffd}"),
        ];
        assert_eq!(pairs, expected.map(|(name, value)| (name.into(), value.into())));
    }
}
