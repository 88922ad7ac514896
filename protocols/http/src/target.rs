use crate::Authority;
use crate::class::{VISIBLE, run};

/// A request target, by its form (RFC 9112 §3.2). HTTP/2 and HTTP/3 have its parts as pseudo-fields
/// (RFC 9113 §8.3.1).
///
/// ```
/// use segue_http::Target;
///
/// assert_eq!(Target::read("/a?b=c"), Some(Target::Origin { path: "/a", query: Some("b=c") }));
/// assert_eq!(Target::read("example.org:443"), Some(Target::Authority("example.org:443")));
/// assert_eq!(Target::read("*"), Some(Target::Asterisk));
/// assert_eq!(
///     Target::read("http://a:8080/b"),
///     Some(Target::Absolute { scheme: "http", authority: "a:8080", rest: "/b" })
/// );
/// assert_eq!(Target::read("a/b"), None);
/// assert_eq!(Target::read("http://user@a/"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// `/path?query`: the form of most requests (RFC 9112 §3.2.1).
    Origin {
        /// The path; it begins with a slash.
        path: &'a str,
        /// The query without its question mark, if there is one.
        query: Option<&'a str>,
    },
    /// `scheme://authority/path?query`: for proxies. It takes precedence over `Host` (RFC 9112
    /// §3.2.2).
    Absolute {
        /// The scheme: `http` or another.
        scheme: &'a str,
        /// The requested host and port: an [`Authority`].
        authority: &'a str,
        /// Path and query, possibly empty.
        rest: &'a str,
    },
    /// `host:port`: for `CONNECT` (RFC 9112 §3.2.3).
    Authority(&'a str),
    /// `*`: for `OPTIONS` of the server itself (RFC 9112 §3.2.4).
    Asterisk,
}

impl<'a> Target<'a> {
    /// Returns the form of `target`; `None` if it has none of the four, or an authority that is
    /// none.
    #[must_use]
    pub fn read(target: &'a str) -> Option<Self> {
        if target.starts_with('/') {
            let (path, query) = match target.split_once('?') {
                Some((path, query)) => (path, Some(query)),
                None => (target, None),
            };
            return Some(Self::Origin { path, query });
        }
        if target == "*" {
            return Some(Self::Asterisk);
        }
        if let Some((scheme, rest)) = target.split_once("://") {
            let end = rest.find(['/', '?']).unwrap_or(rest.len());
            let (authority, rest) = rest.split_at(end);
            let whole = is_scheme(scheme) && Authority::read(authority.as_bytes()).is_ok();
            return whole.then_some(Self::Absolute { scheme, authority, rest });
        }
        let port = Authority::read(target.as_bytes()).ok()?.port();
        port.is_some().then_some(Self::Authority(target))
    }

    /// Returns the form of `target` if its method allows that form: `host:port` with `CONNECT` only,
    /// `*` with `OPTIONS` only, and the others with any method but `CONNECT`.
    #[must_use]
    pub fn read_for(method: &[u8], target: &'a str) -> Option<Self> {
        let form = Self::read(target)?;
        let fits = match form {
            Self::Authority(_) => method == b"CONNECT",
            Self::Asterisk => method == b"OPTIONS",
            Self::Origin { .. } | Self::Absolute { .. } => method != b"CONNECT",
        };
        fits.then_some(form)
    }
}

/// Returns true if `path` can be the path and query of a request of `method`: visible ASCII that
/// begins with a slash, or `*` with `OPTIONS` (RFC 9113 §8.3.1).
#[must_use]
pub fn is_path(method: &[u8], path: &[u8]) -> bool {
    match path {
        [b'/', ..] => run(path, VISIBLE) == path.len(),
        b"*" => method == b"OPTIONS",
        _ => false,
    }
}

/// Returns true if `scheme` is one: `ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )` (RFC 3986 §3.1).
#[must_use]
pub fn is_scheme(scheme: &str) -> bool {
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_of_no_form() {
        for target in [
            "a",
            "a/b:1",
            "a:",
            ":1",
            "a:b",
            "1://a",
            "http://",
            "http:///",
            "::1:80",
            "**",
            "http://u@a/",
            "http://a#b",
            "http://a\\b/",
            "http://[::1/",
            "http://a:b/",
            "u@a:1",
            "[zz]:1",
            "a:65536",
            "http://%zz/",
            "http://:80/",
        ] {
            assert_eq!(Target::read(target), None, "{target}");
        }
        for target in ["[::1]:443", "a.b:1"] {
            assert_eq!(Target::read(target), Some(Target::Authority(target)));
        }
    }

    #[test]
    fn forms_fit_their_methods() {
        for (method, target, fits) in [
            ("GET", "/", true),
            ("GET", "http://a", true),
            ("GET", "*", false),
            ("GET", "a:1", false),
            ("OPTIONS", "*", true),
            ("OPTIONS", "/", true),
            ("CONNECT", "a:1", true),
            ("CONNECT", "/", false),
            ("CONNECT", "http://a/", false),
        ] {
            let form = Target::read_for(method.as_bytes(), target);
            assert_eq!(form.is_some(), fits, "{method} {target}");
        }
        assert!(is_path(b"GET", b"/a?b") && is_path(b"OPTIONS", b"*"));
        for path in [&b""[..], b"*", b"a", b"/ ", b"/\x01", b"/\xff"] {
            assert!(!is_path(b"GET", path), "{}", path.escape_ascii());
        }
    }
}
