use crate::{Field, Fields, Known, Tokens};

/// The length of a message's content as its head announces it, in the words of no version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Length {
    /// There is no content: the message ends with its head.
    None,
    /// There are that many bytes.
    Known(u64),
    /// There is content, and its end is marked: chunks (RFC 9112 §7.1), or the end of a stream.
    Open,
    /// All bytes up to the end of the connection: responses of HTTP/1 alone (RFC 9112 §6.3).
    UntilClose,
    /// The bytes behind the head are no content but those of a tunnel: `CONNECT` that succeeded, or
    /// another protocol (RFC 9110 §9.3.6, §7.8).
    Tunnel,
}

impl Length {
    /// Returns true if there may be bytes of content.
    #[must_use]
    pub const fn has_content(self) -> bool {
        !matches!(self, Self::None | Self::Known(0) | Self::Tunnel)
    }

    /// Returns the value of `Content-Length` to announce, if there is one.
    #[must_use]
    pub const fn known(self) -> Option<u64> {
        match self {
            Self::Known(length) => Some(length),
            _ => None,
        }
    }

    /// Returns true if a response of `status` to `method` has content, whatever its fields say: not
    /// after `HEAD`, nor with 1xx, 204, 304, or a 2xx to `CONNECT` (RFC 9110 §6.4.1).
    #[must_use]
    pub fn is_allowed(method: &[u8], status: u16) -> bool {
        !matches!(
            (method, status),
            (_, 100..=199 | 204 | 304) | (b"HEAD", _) | (b"CONNECT", 200..=299)
        )
    }
}

/// The reason why a `Content-Length` is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BadLength {
    /// It is not a plain decimal number that fits 64 bits.
    Number,
    /// It is a list, or there are several.
    Several,
}

/// Reads a `Content-Length`: digits and nothing else (RFC 9110 §8.6). The error has the offset of the
/// first byte that is wrong.
///
/// ```
/// use segue_http::{BadLength, content_length};
///
/// assert_eq!(content_length(b"42"), Ok(42));
/// assert_eq!(content_length(b"+42"), Err((BadLength::Number, 0)));
/// assert_eq!(content_length(b"42, 42"), Err((BadLength::Several, 2)));
/// ```
///
/// # Errors
/// [`BadLength`].
pub fn content_length(value: &[u8]) -> Result<u64, (BadLength, usize)> {
    let mut number = 0_u64;
    for (at, byte) in value.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if *byte == b',' && at > 0 {
            return Err((BadLength::Several, at));
        }
        let next = number.checked_mul(10).and_then(|tens| tens.checked_add(u64::from(digit)));
        number = next.filter(|_| digit <= 9).ok_or((BadLength::Number, at))?;
    }
    if value.is_empty() { Err((BadLength::Number, 0)) } else { Ok(number) }
}

impl Fields<'_> {
    /// Returns the number that all `Content-Length` fields and their elements are, if there is one
    /// (RFC 9110 §8.6): equal repeats count as one.
    ///
    /// # Errors
    /// [`BadLength`] if one is no number, or if they differ.
    pub fn content_length(&self) -> Result<Option<u64>, BadLength> {
        let mut all = None;
        for value in self.every(Known::ContentLength) {
            let mut any = false;
            for element in Tokens::of(value) {
                let number = content_length(element).map_err(|(bad, _)| bad)?;
                if all.is_some_and(|other| other != number) {
                    return Err(BadLength::Several);
                }
                all = Some(number);
                any = true;
            }
            if !any {
                return Err(BadLength::Number);
            }
        }
        Ok(all)
    }
}

/// Returns true if a field of that name may be among trailers. Those that frame or route a message,
/// authenticate, or say how content is to be handled come too late there, or are smuggled (RFC 9110
/// §6.5.1).
///
/// ```
/// assert!(segue_http::may_be_trailer(b"Server-Timing"));
/// assert!(!segue_http::may_be_trailer(b"Content-Length"));
/// ```
#[must_use]
pub fn may_be_trailer(name: &[u8]) -> bool {
    let Some(known) = Known::of(name) else { return true };
    !known.is_pseudo()
        && !known.is_hop_by_hop()
        && !matches!(
            known,
            // Framing and routing.
            Known::ContentLength
                | Known::Host
                | Known::Trailer
                // Modifiers and conditions of a request.
                | Known::CacheControl
                | Known::Expect
                | Known::MaxForwards
                | Known::Pragma
                | Known::Range
                | Known::IfMatch
                | Known::IfNoneMatch
                | Known::IfModifiedSince
                | Known::IfUnmodifiedSince
                | Known::IfRange
                // Authentication and state.
                | Known::Authorization
                | Known::ProxyAuthorization
                | Known::WwwAuthenticate
                | Known::ProxyAuthenticate
                | Known::Cookie
                | Known::SetCookie
                // The handling of the content, and of the response.
                | Known::ContentType
                | Known::ContentEncoding
                | Known::ContentRange
                | Known::Age
                | Known::Date
                | Known::Expires
                | Known::Location
                | Known::RetryAfter
                | Known::Vary
        )
}

impl<'a> Fields<'a> {
    /// Returns the fields that may be trailers: those that are not meant for one connection, and
    /// whose names [may be there](may_be_trailer).
    pub fn trailers(&self) -> impl Iterator<Item = Field<'a>> + Clone + use<'a> {
        self.iter().filter(|field| may_be_trailer(field.name))
    }

    /// Hands the pieces of all cookies joined by `; ` to `put`: HTTP/2 and HTTP/3 may have split
    /// them into several fields, which HTTP/1 must not have (RFC 9113 §8.2.3, RFC 9114 §4.2.1).
    /// Nothing is handed over if there are none.
    pub fn join_cookies(&self, mut put: impl FnMut(&[u8])) {
        for (at, value) in self.every(Known::Cookie).enumerate() {
            if at > 0 {
                put(b"; ");
            }
            put(value);
        }
    }

    /// Returns true if `TE` has nothing but `trailers`, which is all that HTTP/2 and HTTP/3 know
    /// (RFC 9113 §8.2.2), or is not there.
    #[must_use]
    pub fn te_is_trailers(&self) -> bool {
        self.every(Known::Te).all(|value| value.eq_ignore_ascii_case(b"trailers"))
    }
}
