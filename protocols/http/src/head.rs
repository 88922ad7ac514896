use core::fmt;

use crate::{
    Authority, Field, Fields, Known, Length, Malformed, Rule, is_name, is_path, is_scheme,
    is_token, is_value,
};

/// The head of a request in the words of no version, lent. A reader of one version makes it, and a
/// writer of any version sends it.
///
/// It says what the request means: the authority is the one that counts, however it was written.
///
/// ```
/// use segue_http::{Arena, Known, Length, RequestHead};
///
/// let mut arena = Arena::new();
/// arena.push_known(Known::PseudoMethod, b"PUT", 0)?;
/// arena.push_known(Known::PseudoScheme, b"https", 0)?;
/// arena.push_known(Known::PseudoPath, b"/a", 0)?;
/// arena.push_known(Known::Host, b"example.org", 0)?;
/// arena.push_known(Known::ContentLength, b"5", 0)?;
/// let head = RequestHead::read(arena.fields(), false).unwrap();
/// assert_eq!((head.method, head.authority, head.length), (&b"PUT"[..], &b"example.org"[..], Length::Known(5)));
/// # Ok::<(), segue_http::Full>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RequestHead<'a> {
    /// The method: a token.
    pub method: &'a [u8],
    /// The scheme; empty with a plain `CONNECT`.
    pub scheme: &'a [u8],
    /// The requested host and port; empty if the request names none.
    pub authority: &'a [u8],
    /// Path and query, or `*`; empty with a plain `CONNECT`.
    pub path: &'a [u8],
    /// The protocol that an extended `CONNECT` (RFC 8441 §4) or an `Upgrade` asks for.
    pub protocol: Option<&'a [u8]>,
    /// The fields, without pseudo-fields. Those for one connection are marked.
    pub fields: Fields<'a>,
    /// The length of the content.
    pub length: Length,
    /// The client waits for `100 Continue` before it sends content (RFC 9110 §10.1.1).
    pub expects: bool,
    /// The request may have been sent in early data (RFC 8470 §5.1).
    pub early_data: bool,
}

/// The head of a response in the words of no version, lent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ResponseHead<'a> {
    /// The status, from 100 to 999.
    pub status: u16,
    /// The fields, without pseudo-fields. Those for one connection are marked.
    pub fields: Fields<'a>,
    /// The length of the content.
    pub length: Length,
}

impl<'a> RequestHead<'a> {
    /// Reads the head of a request as HTTP/2 and HTTP/3 have it: pseudo-fields, then fields. `ended`
    /// says that no content follows.
    ///
    /// # Errors
    /// [`Malformed`] (RFC 9113 §8.3.1, RFC 9114 §4.3.1).
    #[inline]
    pub fn read(all: Fields<'a>, ended: bool) -> Result<Self, Malformed> {
        Self::read_places(all, ended).map(|(head, _)| head)
    }

    /// Reads a head, and the places of method, scheme, authority, path and protocol.
    pub(crate) fn read_places(
        all: Fields<'a>,
        ended: bool,
    ) -> Result<(Self, [Option<usize>; 5]), Malformed> {
        let (pseudo, fields) = all.split_pseudo();
        let mut head = Self {
            method: b"",
            scheme: b"",
            authority: b"",
            path: b"",
            protocol: None,
            fields,
            length: Length::None,
            expects: false,
            early_data: false,
        };
        let mut places = [None; 5];
        for (at, (known, field)) in pseudo.known().enumerate() {
            if !is_lower(known, field) {
                return Err(Malformed::line(Rule::Pseudo, at));
            }
            let (place, value, fits) = match known {
                Some(Known::PseudoMethod) => (0, &mut head.method, Rule::Method),
                Some(Known::PseudoScheme) => (1, &mut head.scheme, Rule::Scheme),
                Some(Known::PseudoAuthority) => (2, &mut head.authority, Rule::Authority),
                Some(Known::PseudoPath) => (3, &mut head.path, Rule::Path),
                Some(Known::PseudoProtocol) => {
                    (4, head.protocol.get_or_insert_default(), Rule::Protocol)
                }
                _ => return Err(Malformed::line(Rule::Pseudo, at)),
            };
            if places[place].replace(at).is_some() {
                return Err(Malformed::line(Rule::Pseudo, at));
            }
            *value = field.value;
            if field.value.is_empty() && fits != Rule::Authority {
                return Err(Malformed::line(fits, at));
            }
        }
        head.check_pseudo(places)?;
        check_fields(fields, pseudo.len())?;
        head.check_authority(places[2], pseudo.len())?;
        head.length = length(fields, ended)?;
        if head.method == b"CONNECT" {
            head.length = if ended { Length::None } else { Length::Tunnel };
        }
        head.expects = head.length.has_content()
            && fields.every(Known::Expect).any(|it| it.eq_ignore_ascii_case(b"100-continue"));
        head.early_data = fields.get(Known::EarlyData) == Some(b"1");
        Ok((head, places))
    }

    /// Returns true if the request asks for a tunnel: `CONNECT`, or another protocol.
    #[must_use]
    pub fn is_tunnel(&self) -> bool {
        self.method == b"CONNECT" || self.protocol.is_some()
    }

    /// Checks each pseudo-field, whose places are those of method, scheme, authority, path and
    /// protocol.
    fn check_pseudo(&self, places: [Option<usize>; 5]) -> Result<(), Malformed> {
        let [method, scheme, authority, path, protocol] = places;
        let check = |holds: bool, rule, place: Option<usize>| match place {
            Some(at) if !holds => Err(Malformed::line(rule, at)),
            _ => Ok(()),
        };
        check(is_token(self.method), Rule::Method, method)?;
        let is_connect = self.method == b"CONNECT";
        check(is_connect && self.protocol.is_some_and(is_token), Rule::Protocol, protocol)?;
        let plain_connect = is_connect && protocol.is_none();
        let complete = match plain_connect {
            true => scheme.is_none() && path.is_none() && authority.is_some(),
            false => method.is_some() && scheme.is_some() && path.is_some(),
        };
        if !complete {
            return Err(Malformed::head(Rule::MissingPseudo));
        }
        let text = core::str::from_utf8(self.scheme).unwrap_or_default();
        check(is_scheme(text), Rule::Scheme, scheme)?;
        check(is_path(self.method, self.path), Rule::Path, path)
    }

    /// Checks the authority, puts `Host` in its place if there is none, and compares the two.
    fn check_authority(&mut self, place: Option<usize>, behind: usize) -> Result<(), Malformed> {
        let fields = self.fields;
        let host_at = || {
            let place = fields.known().position(|(known, _)| known == Some(Known::Host));
            place.map(|at| behind + at)
        };
        let mut hosts = self.fields.every(Known::Host);
        let (value, second) = (hosts.next(), hosts.next());
        let wrong = |at: Option<usize>| match at {
            Some(at) => Malformed::line(Rule::Authority, at),
            None => Malformed::head(Rule::Authority),
        };
        if second.is_some() {
            return Err(wrong(host_at()));
        }
        if place.is_none() {
            self.authority = value.unwrap_or_default();
        }
        let named = !self.authority.is_empty();
        let web = [&b"http"[..], b"https"].iter().any(|it| it.eq_ignore_ascii_case(self.scheme));
        let read = Authority::read(self.authority);
        let plain_connect = self.method == b"CONNECT" && self.protocol.is_none();
        let right = match read {
            Ok(authority) => !plain_connect || authority.port().is_some(),
            Err(_) => !named && !web && !plain_connect,
        };
        if !right {
            return Err(wrong(place.or_else(host_at)));
        }
        match value {
            Some(value) if !value.eq_ignore_ascii_case(self.authority) => Err(wrong(host_at())),
            _ => Ok(()),
        }
    }
}

impl<'a> ResponseHead<'a> {
    /// Reads the head of a response as HTTP/2 and HTTP/3 have it: `:status`, then fields, in answer to
    /// a request of `method`. `ended` says that no content follows.
    ///
    /// # Errors
    /// [`Malformed`] (RFC 9113 §8.3.2, RFC 9114 §4.3.2).
    pub fn read(all: Fields<'a>, method: &[u8], ended: bool) -> Result<Self, Malformed> {
        let (pseudo, fields) = all.split_pseudo();
        let mut status = None;
        for (at, (known, field)) in pseudo.known().enumerate() {
            let is_status = known == Some(Known::PseudoStatus) && is_lower(known, field);
            if !is_status || status.is_some() {
                return Err(Malformed::line(Rule::Pseudo, at));
            }
            status = match field.value {
                [b'1'..=b'9', b'0'..=b'9', b'0'..=b'9'] => {
                    Some(field.value.iter().fold(0, |all, byte| all * 10 + u16::from(byte - b'0')))
                }
                _ => return Err(Malformed::line(Rule::Status, at)),
            };
        }
        let status = status.ok_or(Malformed::head(Rule::MissingPseudo))?;
        // RFC 9113 §8.6: there is no other protocol to change to.
        if status == 101 {
            return Err(Malformed::line(Rule::Status, 0));
        }
        check_fields(fields, pseudo.len())?;
        let length = match Length::is_allowed(method, status) {
            true => length(fields, ended)?,
            false if method == b"CONNECT" && matches!(status, 200..=299) => Length::Tunnel,
            // A length stays a field, and says nothing of what follows (RFC 9110 §8.6).
            false => fields.content_length().map(|_| Length::None).map_err(|_| bad_length())?,
        };
        Ok(Self { status, fields, length })
    }

    /// Returns true for responses in front of the final one (RFC 9110 §15.2).
    #[must_use]
    pub const fn is_informational(&self) -> bool {
        matches!(self.status, 100..=199)
    }
}

/// Checks the trailers of HTTP/2 and HTTP/3: none is a pseudo-field, and each is a field as heads have
/// them (RFC 9113 §8.1). Which of them count is another matter: see
/// [`Fields::trailers`].
///
/// # Errors
/// [`Malformed`].
pub fn check_trailers(fields: Fields<'_>) -> Result<(), Malformed> {
    let pseudo = fields.lines().position(|field| field.name.first() == Some(&b':'));
    match pseudo {
        Some(at) => Err(Malformed::line(Rule::TrailerPseudo, at)),
        None => check_fields(fields, 0),
    }
}

/// Checks names and values, and that no field is meant for one connection; there are `behind` lines
/// in front of them.
fn check_fields(fields: Fields<'_>, behind: usize) -> Result<(), Malformed> {
    for (at, (known, field)) in fields.known().enumerate() {
        let wrong = |rule| Err(Malformed::line(rule, behind + at));
        if field.name.first() == Some(&b':') {
            return wrong(Rule::Pseudo);
        }
        if !is_lower(known, field) {
            return wrong(Rule::Name);
        }
        if !is_value(field.value) {
            return wrong(Rule::Value);
        }
        match known {
            Some(Known::Te) if field.value.eq_ignore_ascii_case(b"trailers") => {}
            // RFC 7540 had it for HTTP/1 only; nobody minds it.
            Some(Known::Http2Settings) => {}
            Some(known) if known.is_hop_by_hop() => return wrong(Rule::Connection),
            _ => {}
        }
    }
    Ok(())
}

/// Returns true if the name of a field is one in lower case (RFC 9113 §8.2.1). One that is known is
/// compared at once.
#[inline]
fn is_lower(known: Option<Known>, field: Field<'_>) -> bool {
    match known {
        Some(known) => field.name == known.as_str().as_bytes(),
        None => is_name(field.name),
    }
}

/// The length of content that ends with its head, or with its stream.
fn length(fields: Fields<'_>, ended: bool) -> Result<Length, Malformed> {
    match fields.content_length().map_err(|_| bad_length())? {
        Some(1..) if ended => Err(bad_length()),
        _ if ended => Ok(Length::None),
        Some(length) => Ok(Length::Known(length)),
        None => Ok(Length::Open),
    }
}

const fn bad_length() -> Malformed {
    Malformed::head(Rule::ContentLength)
}

/// Shows the method and the names of fields: targets and values may hold secrets.
impl fmt::Debug for RequestHead<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestHead")
            .field("method", &format_args!("{}", self.method.escape_ascii()))
            .field("fields", &self.fields)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

/// Shows the status and the names of fields.
impl fmt::Debug for ResponseHead<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseHead")
            .field("status", &self.status)
            .field("fields", &self.fields)
            .field("length", &self.length)
            .finish()
    }
}
