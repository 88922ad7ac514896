//! Addresses of WebSockets (RFC 6455 §3).

use core::fmt;

/// The parts of `ws://host:port/path?query`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Url<'a> {
    /// Host and port as they stand in the URL, for the `Host` header.
    pub(super) authority: &'a str,
    /// The host, without the brackets of an IPv6 address.
    pub(super) host: &'a str,
    pub(super) port: u16,
    /// Path and query, if they are not empty.
    target: &'a str,
}

impl<'a> Url<'a> {
    /// # Errors
    /// The part that is wrong. The handshake checks the content of host and target.
    pub(super) fn parse(url: &'a str) -> Result<Self, UrlError> {
        let (scheme, rest) = url.split_once("://").ok_or(UrlError::Scheme)?;
        if scheme.eq_ignore_ascii_case("wss") {
            return Err(UrlError::Tls);
        }
        if !scheme.eq_ignore_ascii_case("ws") {
            return Err(UrlError::Scheme);
        }
        if rest.contains('#') {
            return Err(UrlError::Fragment);
        }
        let (authority, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err(UrlError::User);
        }
        let (host, port) = match authority.strip_prefix('[') {
            Some(bracketed) => bracketed.split_once(']').ok_or(UrlError::Host)?,
            None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
        };
        if host.is_empty() {
            return Err(UrlError::Host);
        }
        let port = match port.strip_prefix(':') {
            None if port.is_empty() => 80,
            Some("") => 80,
            Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                port.parse().map_err(|_| UrlError::Port)?
            }
            _ => return Err(UrlError::Port),
        };
        Ok(Self { authority, host, port, target })
    }

    /// Returns path and query as the request has them.
    pub(super) fn target(&self) -> String {
        let root = if self.target.starts_with('/') { "" } else { "/" };
        format!("{root}{}", self.target)
    }
}

/// The reason why the URL of a WebSocket is refused (RFC 6455 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlError {
    /// It does not begin with `ws://`.
    Scheme,
    /// `wss://` needs TLS, which the caller has to bring.
    Tls,
    /// The host is empty.
    Host,
    /// The port is no number from 0 to 65535.
    Port,
    /// It has a user or a password, which have no meaning here.
    User,
    /// It has a fragment, which is not allowed.
    Fragment,
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => "the URL does not begin with ws://",
            Self::Tls => {
                "wss needs TLS, which is not in here yet: make the TLS stream with a library of \
                 your choice, and give it to WebSocket::connect (a blocking one in an OverSocket)"
            }
            Self::Host => "the URL has no host",
            Self::Port => "the port of the URL is invalid",
            Self::User => "the URL has a user in it",
            Self::Fragment => "the URL has a fragment (RFC 6455 §3)",
        })
    }
}

impl core::error::Error for UrlError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        let parsed = |url| {
            let url = Url::parse(url).unwrap();
            (url.authority, url.host, url.port, url.target())
        };
        let of = |authority, host, port, target: &str| (authority, host, port, target.to_owned());
        assert_eq!(parsed("ws://a.b/c?d=e"), of("a.b", "a.b", 80, "/c?d=e"));
        assert_eq!(parsed("WS://a.b:8080"), of("a.b:8080", "a.b", 8080, "/"));
        assert_eq!(parsed("ws://a?b"), of("a", "a", 80, "/?b"));
        assert_eq!(parsed("ws://[::1]:9/x"), of("[::1]:9", "::1", 9, "/x"));
        assert_eq!(parsed("ws://[::1]/x"), of("[::1]", "::1", 80, "/x"));
        assert_eq!(parsed("ws://a:/"), of("a:", "a", 80, "/"));
    }

    #[test]
    fn other_urls_are_refused() {
        for (url, error) in [
            ("a.b/c", UrlError::Scheme),
            ("http://a.b/c", UrlError::Scheme),
            ("wss://a.b/c", UrlError::Tls),
            ("ws:///c", UrlError::Host),
            ("ws://:80/c", UrlError::Host),
            ("ws://[::1/c", UrlError::Host),
            ("ws://a:65536/c", UrlError::Port),
            ("ws://a:+80/c", UrlError::Port),
            ("ws://[::1]80/c", UrlError::Port),
            ("ws://me:secret@a/c", UrlError::User),
            ("ws://a/c#d", UrlError::Fragment),
        ] {
            assert_eq!(Url::parse(url), Err(error), "{url}");
        }
    }
}
