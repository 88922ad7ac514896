//! The names that lookups meet, each with a number.

macro_rules! known {
    ($($name:ident $text:literal)*) => {
        /// A field name that has a number, so that finding it compares one byte and not a text.
        ///
        /// The names are those of the static tables of HPACK and QPACK, and those that the rules of
        /// HTTP look at. Pseudo-fields (RFC 9113 §8.3) are among them.
        ///
        /// ```
        /// use segue_http::Known;
        ///
        /// assert_eq!(Known::of(b"Content-Length"), Some(Known::ContentLength));
        /// assert_eq!(Known::ContentLength.as_str(), "content-length");
        /// assert_eq!(Known::of(b"x-mine"), None);
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        #[repr(u8)]
        pub enum Known {
            $(
                #[doc = concat!("`", $text, "`")]
                $name,
            )*
        }

        const ALL: &[Known] = &[$(Known::$name),*];
        const TEXTS: &[&str] = &[$($text),*];
    };
}

known! {
    Accept "accept"
    AcceptCharset "accept-charset"
    AcceptEncoding "accept-encoding"
    AcceptLanguage "accept-language"
    AcceptRanges "accept-ranges"
    AccessControlAllowCredentials "access-control-allow-credentials"
    AccessControlAllowHeaders "access-control-allow-headers"
    AccessControlAllowMethods "access-control-allow-methods"
    AccessControlAllowOrigin "access-control-allow-origin"
    AccessControlExposeHeaders "access-control-expose-headers"
    AccessControlMaxAge "access-control-max-age"
    AccessControlRequestHeaders "access-control-request-headers"
    AccessControlRequestMethod "access-control-request-method"
    Age "age"
    Allow "allow"
    AltSvc "alt-svc"
    Authorization "authorization"
    CacheControl "cache-control"
    CapsuleProtocol "capsule-protocol"
    Connection "connection"
    ContentDisposition "content-disposition"
    ContentEncoding "content-encoding"
    ContentLanguage "content-language"
    ContentLength "content-length"
    ContentLocation "content-location"
    ContentRange "content-range"
    ContentSecurityPolicy "content-security-policy"
    ContentType "content-type"
    Cookie "cookie"
    Date "date"
    EarlyData "early-data"
    Etag "etag"
    Expect "expect"
    Expires "expires"
    Forwarded "forwarded"
    From "from"
    Host "host"
    Http2Settings "http2-settings"
    IfMatch "if-match"
    IfModifiedSince "if-modified-since"
    IfNoneMatch "if-none-match"
    IfRange "if-range"
    IfUnmodifiedSince "if-unmodified-since"
    KeepAlive "keep-alive"
    LastModified "last-modified"
    Link "link"
    Location "location"
    MaxForwards "max-forwards"
    Origin "origin"
    Pragma "pragma"
    Priority "priority"
    ProxyAuthenticate "proxy-authenticate"
    ProxyAuthenticationInfo "proxy-authentication-info"
    ProxyAuthorization "proxy-authorization"
    ProxyConnection "proxy-connection"
    Purpose "purpose"
    Range "range"
    Referer "referer"
    Refresh "refresh"
    RetryAfter "retry-after"
    SecWebsocketAccept "sec-websocket-accept"
    SecWebsocketExtensions "sec-websocket-extensions"
    SecWebsocketKey "sec-websocket-key"
    SecWebsocketProtocol "sec-websocket-protocol"
    SecWebsocketVersion "sec-websocket-version"
    Server "server"
    SetCookie "set-cookie"
    StrictTransportSecurity "strict-transport-security"
    Te "te"
    TimingAllowOrigin "timing-allow-origin"
    Trailer "trailer"
    TransferEncoding "transfer-encoding"
    Upgrade "upgrade"
    UpgradeInsecureRequests "upgrade-insecure-requests"
    UserAgent "user-agent"
    Vary "vary"
    Via "via"
    WwwAuthenticate "www-authenticate"
    XContentTypeOptions "x-content-type-options"
    XForwardedFor "x-forwarded-for"
    XForwardedHost "x-forwarded-host"
    XForwardedProto "x-forwarded-proto"
    XFrameOptions "x-frame-options"
    XXssProtection "x-xss-protection"
    PseudoMethod ":method"
    PseudoScheme ":scheme"
    PseudoAuthority ":authority"
    PseudoPath ":path"
    PseudoProtocol ":protocol"
    PseudoStatus ":status"
}

impl Known {
    /// Returns the known name that `name` is, compared without regard to case.
    #[inline]
    #[must_use]
    pub fn of(name: &[u8]) -> Option<Self> {
        let slot = slot(name)?;
        let known = Self::from_id(SLOTS[slot])?;
        name.eq_ignore_ascii_case(known.as_str().as_bytes()).then_some(known)
    }

    /// Returns the same as [`of`](Self::of), in a constant as well, where it takes longer.
    #[must_use]
    pub const fn of_text(name: &str) -> Option<Self> {
        let name = name.as_bytes();
        let Some(slot) = slot(name) else { return None };
        let Some(at) = (SLOTS[slot] as usize).checked_sub(1) else { return None };
        let known = TEXTS[at].as_bytes();
        if known.len() != name.len() {
            return None;
        }
        let mut i = 0;
        while i < name.len() {
            if !name[i].eq_ignore_ascii_case(&known[i]) {
                return None;
            }
            i += 1;
        }
        Some(ALL[at])
    }

    /// Returns the name as it is written in HTTP/2 and HTTP/3: in lower case.
    #[inline]
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        TEXTS[self as usize]
    }

    /// Returns true for the fields that are about one connection and that an intermediary removes,
    /// whether or not `Connection` names them (RFC 9110 §7.6.1). HTTP/2 and HTTP/3 refuse them,
    /// except `TE: trailers` (RFC 9113 §8.2.2, RFC 9114 §4.2).
    #[inline]
    #[must_use]
    pub const fn is_hop_by_hop(self) -> bool {
        matches!(
            self,
            Self::Connection
                | Self::KeepAlive
                | Self::ProxyConnection
                | Self::Te
                | Self::TransferEncoding
                | Self::Upgrade
                | Self::Http2Settings
        )
    }

    /// Returns true for the pseudo-fields of HTTP/2 and HTTP/3 (RFC 9113 §8.3).
    #[inline]
    #[must_use]
    pub const fn is_pseudo(self) -> bool {
        self as u8 >= Self::PseudoMethod as u8
    }

    /// The number of the name in a line: 0 is left for all others.
    #[inline]
    pub(crate) const fn id(self) -> u8 {
        self as u8 + 1
    }

    #[inline]
    pub(crate) fn from_id(id: u8) -> Option<Self> {
        ALL.get(usize::from(id).wrapping_sub(1)).copied()
    }

    /// The bit of the name in a set of names. Some share one.
    #[inline]
    pub(crate) const fn bit(self) -> u64 {
        1 << (self as u8 & 63)
    }
}

/// The slot of a name: its length and three of its bytes, multiplied by numbers that were searched
/// for, tell all known names apart.
#[inline]
const fn slot(name: &[u8]) -> Option<usize> {
    let length = name.len();
    if length == 0 || length > LONGEST {
        return None;
    }
    let first = (name[0] | 0x20) as usize;
    let late = (name[length * 3 / 4] | 0x20) as usize;
    let last = (name[length - 1] | 0x20) as usize;
    Some((length * 29 + first * 327 + last * 47 + late * 469) % SIZE)
}

/// The length of the longest known name.
const LONGEST: usize = 32;

const SIZE: usize = 512;

/// The number of the name in each slot. That no two names share one is checked when this is
/// compiled.
const SLOTS: &[u8; SIZE] = &{
    let mut slots = [0; SIZE];
    let mut at = 0;
    while at < ALL.len() {
        let Some(slot) = slot(TEXTS[at].as_bytes()) else { panic!("a longer name") };
        assert!(slots[slot] == 0, "two names share a slot");
        slots[slot] = ALL[at].id();
        at += 1;
    }
    slots
};

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};

    #[test]
    fn every_name_is_found_in_any_case_and_no_other() {
        for (known, text) in ALL.iter().zip(TEXTS) {
            assert_eq!(Known::of(text.as_bytes()), Some(*known));
            assert_eq!(Known::of(text.to_uppercase().as_bytes()), Some(*known));
            assert_eq!(Known::of_text(text), Some(*known));
            assert_eq!(Known::from_id(known.id()), Some(*known));
            assert_eq!(known.as_str(), *text);
            assert_eq!(known.is_pseudo(), text.starts_with(':'));
            for at in 0..text.len() {
                let mut other = text.to_string().into_bytes();
                other[at] = b'_';
                assert_eq!(Known::of(&other), None, "{text} at {at}");
                let other = String::from_utf8(other).unwrap();
                assert_eq!(Known::of_text(&other), None, "{text} at {at}");
            }
        }
        assert_eq!((Known::of(b""), Known::of(&[b'a'; 33]), Known::from_id(0)), (None, None, None));
        assert_eq!(Known::from_id(u8::MAX), None);
    }
}
