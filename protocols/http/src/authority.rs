use core::{fmt, net::Ipv6Addr, str};

use crate::class::{HOST, run};

/// A host and an optional port: the value of `Host`, `:authority`, or the authority of a target
/// (RFC 9110 §7.2, RFC 3986 §3.2).
///
/// It is read strictly, since two readers that find different hosts in it are what routing attacks
/// are made of. Refused are: the name of a user before `@` (RFC 9110 §4.2.4), anything that RFC
/// 3986 has no place for (`#`, `\`, `/`), brackets that do not hold an IPv6 address, a `%` without
/// two hexadecimal digits, a port that is not a number up to 65,535, and an empty host. An empty
/// port, `a:`, counts as none (RFC 3986 §3.2.3).
///
/// ```
/// use segue_http::Authority;
///
/// let authority = Authority::read(b"[::1]:8080")?;
/// assert_eq!((authority.host(), authority.port()), ("[::1]", Some(8080)));
/// assert_eq!(Authority::read(b"a:")?.port(), None);
/// for bad in ["user@a", "a#b", "a\\b", "[::1", "a:99999", "[zz]", "%zz", "", ":80"] {
///     assert!(Authority::read(bad.as_bytes()).is_err(), "{bad}");
/// }
/// # Ok::<(), segue_http::NotAuthority>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Authority<'a> {
    host: &'a str,
    port: Option<u16>,
}

/// The refusal of an [`Authority`], with the offset of the first byte that is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NotAuthority {
    /// The offset in bytes; the length where something is missing at the end.
    pub at: usize,
}

impl<'a> Authority<'a> {
    /// Reads an authority.
    ///
    /// # Errors
    /// [`NotAuthority`] with the place.
    pub fn read(value: &'a [u8]) -> Result<Self, NotAuthority> {
        let refused = |at| Err(NotAuthority { at });
        let end = match value {
            [b'[', ..] => literal(value)?,
            _ => name(value)?,
        };
        if end == 0 {
            return refused(0);
        }
        let (host, rest) = value.split_at(end);
        let port = match rest {
            [] => None,
            [b':', digits @ ..] => port(digits).map_err(|at| NotAuthority { at: end + 1 + at })?,
            _ => return refused(end),
        };
        // It was read as ASCII.
        let host = str::from_utf8(host).map_err(|_| NotAuthority { at: 0 })?;
        Ok(Self { host, port })
    }

    /// Returns the host: a name, an IPv4 address, or an IPv6 address in brackets.
    #[must_use]
    pub const fn host(&self) -> &'a str {
        self.host
    }

    /// Returns the port, if one is given.
    #[must_use]
    pub const fn port(&self) -> Option<u16> {
        self.port
    }
}

/// Finds the end of `*( unreserved / pct-encoded / sub-delims )`.
fn name(value: &[u8]) -> Result<usize, NotAuthority> {
    let mut at = 0;
    loop {
        at += run(&value[at..], HOST);
        match &value[at..] {
            [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => at += 3,
            [b'%', ..] => return Err(NotAuthority { at }),
            _ => return Ok(at),
        }
    }
}

/// Finds the end of `"[" ( IPv6address / IPvFuture ) "]"`. Zones (RFC 6874) are for one machine only,
/// and refused.
fn literal(value: &[u8]) -> Result<usize, NotAuthority> {
    let Some(close) = value.iter().position(|&byte| byte == b']') else {
        return Err(NotAuthority { at: value.len() });
    };
    let inside = &value[1..close];
    let is_ipv6 = || str::from_utf8(inside).is_ok_and(|text| text.parse::<Ipv6Addr>().is_ok());
    if is_future(inside) || is_ipv6() { Ok(close + 1) } else { Err(NotAuthority { at: 1 }) }
}

/// `"v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )` (RFC 3986 §3.2.2).
fn is_future(inside: &[u8]) -> bool {
    let [b'v' | b'V', rest @ ..] = inside else { return false };
    let Some(dot) = rest.iter().position(|&byte| byte == b'.') else { return false };
    let (version, address) = (&rest[..dot], &rest[dot + 1..]);
    let fits = |byte: &u8| *byte == b':' || run(&[*byte], HOST) == 1;
    !version.is_empty()
        && version.iter().all(u8::is_ascii_hexdigit)
        && !address.is_empty()
        && address.iter().all(fits)
}

/// Reads the digits of a port; the error is the offset of what is wrong.
fn port(digits: &[u8]) -> Result<Option<u16>, usize> {
    let mut port = 0_u16;
    for (at, byte) in digits.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        let next = port.checked_mul(10).and_then(|tens| tens.checked_add(u16::from(digit)));
        port = next.filter(|_| digit <= 9).ok_or(at)?;
    }
    Ok((!digits.is_empty()).then_some(port))
}

impl fmt::Display for NotAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {} is not of a host and an optional port (RFC 9110 §7.2)", self.at)
    }
}

impl core::error::Error for NotAuthority {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_ports() {
        for (text, host, port) in [
            ("a", "a", None),
            ("example.org:443", "example.org", Some(443)),
            ("a:", "a", None),
            ("127.0.0.1:80", "127.0.0.1", Some(80)),
            ("[::1]", "[::1]", None),
            ("[2001:db8::7]:65535", "[2001:db8::7]", Some(65_535)),
            ("[v1.a:b]:1", "[v1.a:b]", Some(1)),
            ("a%C3%a4!$&'()*+,;=_~", "a%C3%a4!$&'()*+,;=_~", None),
            ("a:000080", "a", Some(80)),
        ] {
            assert_eq!(Authority::read(text.as_bytes()), Ok(Authority { host, port }), "{text}");
        }
    }

    /// Each with the offset of what is wrong in it.
    #[test]
    fn refused_ones() {
        for (text, at) in [
            ("", 0),
            (":80", 0),
            ("user@a", 4),
            ("user:pass@a", 5),
            ("a#b", 1),
            ("a\\b", 1),
            ("a/b", 1),
            ("a?b", 1),
            ("a b", 1),
            ("a,b c", 3),
            ("[::1", 4),
            ("[::1]a", 5),
            ("[zz]", 1),
            ("[]", 1),
            ("[fe80::1%25eth0]", 1),
            ("[v.a]", 1),
            ("[v1.]", 1),
            ("a]", 1),
            ("a[", 1),
            ("%zz", 0),
            ("a%4", 1),
            ("a:b", 2),
            ("a:8:8", 3),
            ("a:65536", 6),
            ("a:-1", 2),
            ("::1", 0),
            ("a\u{e4}", 1),
            ("a\0", 1),
        ] {
            assert_eq!(Authority::read(text.as_bytes()), Err(NotAuthority { at }), "{text}");
        }
    }
}
