use segue::Fault;

use crate::class::{HOST, run};
use crate::{Error, Request};

/// A request target, by its form (RFC 9112 §3.2).
///
/// ```
/// use segue_http1::Target;
///
/// assert_eq!(Target::read("/a?b=c"), Some(Target::Origin { path: "/a", query: Some("b=c") }));
/// assert_eq!(Target::read("example.org:443"), Some(Target::Authority("example.org:443")));
/// assert_eq!(Target::read("*"), Some(Target::Asterisk));
/// assert_eq!(
///     Target::read("http://a:8080/b"),
///     Some(Target::Absolute { scheme: "http", authority: "a:8080", rest: "/b" })
/// );
/// assert_eq!(Target::read("a/b"), None);
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
        /// The requested host and port.
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
    /// Returns the form of `target`; `None` if it has none of the four.
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
            let whole = is_scheme(scheme) && !authority.is_empty();
            return whole.then_some(Self::Absolute { scheme, authority, rest });
        }
        let (host, port) = target.rsplit_once(':')?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let name = bare.unwrap_or(host);
        let whole = !name.is_empty()
            && run(name.as_bytes(), HOST) == name.len()
            && (bare.is_some() || !name.contains(':'))
            && !port.is_empty()
            && port.bytes().all(|byte| byte.is_ascii_digit());
        whole.then_some(Self::Authority(target))
    }
}

impl<'a> Request<'a> {
    /// Returns the form of the target, which its method must allow: `host:port` with `CONNECT`
    /// only, `*` with `OPTIONS` only. The offset of a fault counts from the front of the head.
    ///
    /// # Errors
    /// [`Error::TargetForm`] (RFC 9112 §3.2).
    pub fn target_form(&self) -> Result<Target<'a>, Fault<Error>> {
        let form = Target::read(self.target());
        match (self.method(), form) {
            ("CONNECT", Some(form @ Target::Authority(_)))
            | ("OPTIONS", Some(form @ Target::Asterisk)) => Ok(form),
            (method, Some(form @ (Target::Origin { .. } | Target::Absolute { .. })))
                if method != "CONNECT" =>
            {
                Ok(form)
            }
            (method, _) => Err(Fault::new(Error::TargetForm).at(method.len() as u64 + 1)),
        }
    }

    /// Returns the value of `HTTP2-Settings` in an offer to upgrade to HTTP/2 (RFC 7540 §3.2),
    /// which a request that offers `h2c` has exactly once. A server that accepts answers 101 and
    /// leaves the connection to HTTP/2, in which this request is stream 1.
    #[must_use]
    pub fn h2c_settings(&self) -> Option<&'a [u8]> {
        let headers = self.headers();
        let mut settings = headers.all("http2-settings");
        let offered = headers.contains_token("upgrade", "h2c")
            && headers.contains_token("connection", "upgrade")
            && headers.contains_token("connection", "http2-settings");
        let first = settings.next().filter(|_| offered)?;
        settings.next().is_none().then_some(first)
    }
}

/// `ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )` (RFC 3986 §3.1).
fn is_scheme(scheme: &str) -> bool {
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_of_no_form() {
        for target in
            ["a", "a/b:1", "a:", ":1", "a:b", "1://a", "http://", "http:///", "::1:80", "**"]
        {
            assert_eq!(Target::read(target), None, "{target}");
        }
        for target in ["[::1]:443", "a.b:1"] {
            assert_eq!(Target::read(target), Some(Target::Authority(target)));
        }
    }
}
