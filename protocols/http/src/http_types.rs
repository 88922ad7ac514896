//! Conversions of fields to and from the types of the `http` crate.

use http::{HeaderMap, HeaderName, HeaderValue};

use alloc::string::ToString;

use crate::{Arena, Fields, Full, Length, Line, RequestBuf, RequestHead, ResponseHead};

/// Copies the fields that are not marked as meant for one connection. Values that no table may hold
/// become [sensitive](HeaderValue::is_sensitive). Pseudo-fields are no names of the `http` crate:
/// [split](Fields::split_pseudo) them off before.
///
/// ```
/// use http::HeaderMap;
/// use segue_http::Arena;
///
/// let mut map = HeaderMap::new();
/// map.insert("host", "a".parse()?);
/// let arena = Arena::try_from(&map)?;
/// assert_eq!(arena.fields().find("host"), Some(&b"a"[..]));
/// assert_eq!(HeaderMap::try_from(arena.fields())?, map);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl TryFrom<Fields<'_>> for HeaderMap {
    type Error = http::Error;

    fn try_from(fields: Fields<'_>) -> Result<Self, http::Error> {
        let mut map = Self::new();
        for field in fields.iter() {
            let name = HeaderName::from_bytes(field.name)?;
            let mut value = HeaderValue::from_bytes(field.value)?;
            value.set_sensitive(field.flags & Line::NEVER_INDEXED != 0);
            map.try_append(name, value)?;
        }
        Ok(map)
    }
}

/// Copies all fields, within the [default limits](crate::Limits::DEFAULT). Sensitive values are
/// marked by [`Line::NEVER_INDEXED`].
impl TryFrom<&HeaderMap> for Arena {
    type Error = Full;

    fn try_from(map: &HeaderMap) -> Result<Self, Full> {
        let mut arena = Self::new();
        arena.extend_map(map)?;
        Ok(arena)
    }
}

impl Arena {
    /// Adds all fields of `map`. Sensitive values are marked by [`Line::NEVER_INDEXED`].
    ///
    /// # Errors
    /// As [`fits`](Self::fits); the arena has the fields up to the one that does not fit.
    pub fn extend_map(&mut self, map: &HeaderMap) -> Result<(), Full> {
        map.iter().try_for_each(|(name, value)| {
            let flags = if value.is_sensitive() { Line::NEVER_INDEXED } else { 0 };
            self.push(name.as_str().as_bytes(), value.as_bytes(), flags)
        })
    }
}

/// Copies a head; its version is left at HTTP/1.1. Protocol and length stay behind: the length is
/// that of the body.
impl TryFrom<&RequestHead<'_>> for http::request::Parts {
    type Error = http::Error;

    fn try_from(head: &RequestHead<'_>) -> Result<Self, http::Error> {
        let mut uri = http::uri::Parts::default();
        if !head.scheme.is_empty() {
            uri.scheme = Some(http::uri::Scheme::try_from(head.scheme)?);
        }
        if !head.authority.is_empty() {
            uri.authority = Some(http::uri::Authority::try_from(head.authority)?);
        }
        if !head.path.is_empty() {
            uri.path_and_query = Some(http::uri::PathAndQuery::try_from(head.path)?);
        }
        // A URI with a scheme has an authority; a request may have none.
        if uri.authority.is_none() {
            uri.scheme = None;
        }
        let (mut parts, ()) = http::Request::new(()).into_parts();
        parts.method = http::Method::from_bytes(head.method)?;
        parts.uri = http::Uri::from_parts(uri)?;
        parts.headers = head.fields.try_into()?;
        Ok(parts)
    }
}

/// Copies a head; its version is left at HTTP/1.1.
impl TryFrom<&ResponseHead<'_>> for http::response::Parts {
    type Error = http::Error;

    fn try_from(head: &ResponseHead<'_>) -> Result<Self, http::Error> {
        let (mut parts, ()) = http::Response::new(()).into_parts();
        parts.status = http::StatusCode::from_u16(head.status)?;
        parts.headers = head.fields.try_into()?;
        Ok(parts)
    }
}

impl RequestBuf {
    /// Copies a head of the `http` crate for content of `length`. A `Host` gives way to the authority
    /// of the URI (RFC 9112 §3.2.2); a URI without a scheme counts as `http`.
    ///
    /// ```
    /// use segue_http::{Length, RequestBuf};
    ///
    /// let (parts, ()) = http::Request::get("https://a:1/b?c").body(())?.into_parts();
    /// let kept = RequestBuf::from_parts(&parts, Length::None)?;
    /// let head = kept.head();
    /// assert_eq!((head.scheme, head.authority, head.path), (&b"https"[..], &b"a:1"[..], &b"/b?c"[..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`copy`](Self::copy).
    pub fn from_parts(parts: &http::request::Parts, length: Length) -> Result<Self, Full> {
        let mut fields = Arena::new();
        fields.extend_map(&parts.headers)?;
        fields.mark_hop_by_hop();
        let is_connect = parts.method == http::Method::CONNECT;
        let host = fields.fields().find("host").unwrap_or_default();
        let authority = parts.uri.authority().map(ToString::to_string);
        let authority = authority.as_deref().map_or(host, without_user);
        let path = parts.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let path = if path.is_empty() { "/" } else { path };
        let scheme = parts.uri.scheme_str().unwrap_or("http");
        Self::copy(&RequestHead {
            method: parts.method.as_str().as_bytes(),
            scheme: if is_connect { b"" } else { scheme.as_bytes() },
            authority,
            path: if is_connect { b"" } else { path.as_bytes() },
            protocol: None,
            fields: fields.fields(),
            length,
            expects: fields.fields().contains_token("expect", "100-continue"),
            early_data: false,
        })
    }
}

/// Removes the name of a user from the authority (RFC 9110 §4.2.4).
fn without_user(authority: &str) -> &[u8] {
    authority.rsplit_once('@').map_or(authority, |(_, host)| host).as_bytes()
}
