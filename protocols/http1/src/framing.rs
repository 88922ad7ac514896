//! The length of a body and the host of a request, as a head announces them. Request smuggling is
//! stopped here.

use segue::Fault;
use segue_http::{Authority, BadLength, Fields, Length, Target, content_length, is_token, trim};

use crate::named::Named;
use crate::spans::Span;
use crate::text::ascii;
use crate::{Error, Relaxed, Request, Response, Version};

/// The framing of a message body (RFC 9112 §6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BodyLength {
    /// No body: the next message or another protocol follows.
    None,
    /// This many bytes; 0 if the peer says so.
    Known(u64),
    /// Chunks (RFC 9112 §7.1).
    Chunked,
    /// All bytes up to the end of the connection. Only responses have that.
    UntilClose,
}

impl From<BodyLength> for Length {
    fn from(length: BodyLength) -> Self {
        match length {
            BodyLength::None => Self::None,
            BodyLength::Known(length) => Self::Known(length),
            BodyLength::Chunked => Self::Open,
            BodyLength::UntilClose => Self::UntilClose,
        }
    }
}

impl<'a> Request<'a> {
    /// Returns the framing of the body (RFC 9112 §6.3). Offsets of faults count from the front of
    /// the head.
    ///
    /// # Errors
    /// Any head from which two parsers might take different lengths, and so different next
    /// requests: see [`Error::ContentLength`], [`Error::SeveralContentLengths`],
    /// [`Error::LengthAndEncoding`], [`Error::TransferEncoding`], [`Error::EncodingInHttp10`];
    /// [`Error::UnknownEncoding`] for codings besides `chunked`.
    pub fn body(&self) -> Result<BodyLength, Fault<Error>> {
        self.body_of(&Named::of(self.headers()))
    }

    pub(crate) fn body_of(&self, named: &Named) -> Result<BodyLength, Fault<Error>> {
        match Announced::of(self.headers(), named, self.version(), Relaxed::NOTHING)? {
            Announced::Nothing => Ok(BodyLength::None),
            Announced::Length(length) => Ok(BodyLength::Known(length)),
            Announced::Chunked { .. } => Ok(BodyLength::Chunked),
            Announced::Unended { at } => Err(Fault::new(Error::TransferEncoding).at(at as u64)),
        }
    }

    /// Returns the host and port that the request is for, possibly empty: those of its target if that
    /// has any, which go before `Host` (RFC 9112 §3.2.2, §3.3), otherwise those of `Host`. `None`
    /// only in HTTP/1.0. `headers().find("host")` returns the header itself. Offsets of faults
    /// count from the front of the head.
    ///
    /// A `Host` is an [`Authority`], or empty, which a client sends for a target that has none
    /// (RFC 9112 §3.2); a port alone is refused (RFC 9110 §4.2.1).
    ///
    /// # Errors
    /// [`Error::MissingHost`], [`Error::SeveralHosts`], [`Error::Host`] and [`Error::TargetForm`]
    /// (RFC 9112 §3.2), each of which a server has to answer with 400.
    pub fn host(&self) -> Result<Option<&'a str>, Fault<Error>> {
        let host = self.check_host(&Named::of(self.headers()))?;
        Ok(match self.target_form()? {
            Target::Absolute { authority, .. } | Target::Authority(authority) => Some(authority),
            Target::Origin { .. } | Target::Asterisk => host.map(|host| ascii(host, 0..host.len())),
        })
    }

    /// Checks `Host`, and returns it as bytes, which are all ASCII.
    pub(crate) fn check_host(&self, named: &Named) -> Result<Option<&'a [u8]>, Fault<Error>> {
        let Some(host) = named.host.first() else {
            let end = self.as_bytes().len() as u64;
            return match self.version() {
                Version::Http10 => Ok(None),
                Version::Http11 => Err(Fault::new(Error::MissingHost).at(end)),
            };
        };
        if let Some(second) = named.host.second() {
            return Err(Fault::new(Error::SeveralHosts).at(second.value_at() as u64));
        }
        let value = host.value(self.as_bytes());
        match Authority::read(value) {
            Ok(_) => Ok(Some(value)),
            Err(_) if value.is_empty() => Ok(Some(value)),
            Err(bad) => Err(Fault::new(Error::Host).at((host.value_at() + bad.at) as u64)),
        }
    }

    /// Returns the form of the target, which its method must allow: `host:port` with `CONNECT`
    /// only, `*` with `OPTIONS` only. The offset of a fault counts from the front of the head.
    ///
    /// # Errors
    /// [`Error::TargetForm`] (RFC 9112 §3.2), also if the target has an authority that is not a host
    /// and an optional port.
    pub fn target_form(&self) -> Result<Target<'a>, Fault<Error>> {
        let method = self.method_bytes();
        let form = Target::read_for(method, self.target());
        form.ok_or_else(|| Fault::new(Error::TargetForm).at(method.len() as u64 + 1))
    }

    /// Returns true if the request offers to change to another protocol, so that 101 may answer it:
    /// `Upgrade` names some, `Connection` names `upgrade`, and the version is not HTTP/1.0 (RFC
    /// 9110 §7.8). A request that does it otherwise is an ordinary one.
    #[must_use]
    pub fn offers_upgrade(&self) -> bool {
        Named::of(self.headers()).offers_upgrade(self.version())
    }

    /// Returns true if the connection can be kept for another request (RFC 9112 §9.3).
    #[must_use]
    pub fn keep_alive(&self) -> bool {
        Named::of(self.headers()).keep_alive(self.version())
    }
}

impl Response<'_> {
    /// Returns the framing of the body (RFC 9112 §6.3) of a response to a request of `method`.
    /// Offsets of faults count from the front of the head.
    ///
    /// There is no body after `HEAD`, 1xx, 204, 304, or a 2xx to `CONNECT`, whatever the headers
    /// say.
    ///
    /// # Errors
    /// As [`Request::body`]. A `Transfer-Encoding` that does not end in `chunked` is refused for
    /// its unknown codings only, since such a body ends with the connection.
    pub fn body(&self, method: &str) -> Result<BodyLength, Fault<Error>> {
        self.body_relaxed(method, Relaxed::NOTHING)
    }

    /// Returns the framing as [`body`](Self::body) does, accepting the departures that `relaxed`
    /// names for lengths. Close the connection behind a body that [`Relaxed::length_beside_chunks`]
    /// has let through.
    ///
    /// # Errors
    /// As [`body`](Self::body).
    pub fn body_relaxed(&self, method: &str, relaxed: Relaxed) -> Result<BodyLength, Fault<Error>> {
        self.body_of(method, &Named::of(self.headers()), relaxed).map(|(length, _)| length)
    }

    /// Returns the framing of the body, and true if the connection must be closed behind it.
    pub(crate) fn body_of(
        &self,
        method: &str,
        named: &Named,
        relaxed: Relaxed,
    ) -> Result<(BodyLength, bool), Fault<Error>> {
        let status = self.status();
        let bodiless = matches!(status, 100..=199 | 204 | 304) || method == "HEAD";
        if bodiless || (method == "CONNECT" && matches!(status, 200..=299)) {
            return Ok((BodyLength::None, false));
        }
        match Announced::of(self.headers(), named, self.version(), relaxed)? {
            Announced::Nothing => Ok((BodyLength::UntilClose, true)),
            Announced::Length(length) => Ok((BodyLength::Known(length), false)),
            Announced::Chunked { beside_length } => Ok((BodyLength::Chunked, beside_length)),
            Announced::Unended { .. } if relaxed.encodings => Ok((BodyLength::UntilClose, true)),
            Announced::Unended { at } => Err(Fault::new(Error::UnknownEncoding).at(at as u64)),
        }
    }

    /// Returns true if the connection can be kept for another request (RFC 9112 §9.3). A body that
    /// only ends with the connection is not considered: the caller knows of it.
    #[must_use]
    pub fn keep_alive(&self) -> bool {
        Named::of(self.headers()).keep_alive(self.version())
    }
}

/// The framing that the headers announce.
enum Announced {
    Nothing,
    Length(u64),
    Chunked {
        /// There is a Content-Length as well, which does not count.
        beside_length: bool,
    },
    /// There is a Transfer-Encoding, in which `chunked` is not what comes last.
    Unended {
        at: usize,
    },
}

impl Announced {
    fn of(
        headers: Fields<'_>,
        named: &Named,
        version: Version,
        relaxed: Relaxed,
    ) -> Result<Self, Fault<Error>> {
        let fault = |error, at: usize| Err(Fault::new(error).at(at as u64));
        match (named.length.first(), named.encoding) {
            (None, None) => Ok(Self::Nothing),
            (_, Some(encoding)) if version == Version::Http10 => {
                fault(Error::EncodingInHttp10, encoding.value_at())
            }
            (Some(length), Some(encoding)) => match Self::of_encoding(headers, relaxed) {
                Ok(Self::Chunked { .. }) if relaxed.length_beside_chunks => {
                    Ok(Self::Chunked { beside_length: true })
                }
                _ => fault(Error::LengthAndEncoding, length.value_at().max(encoding.value_at())),
            },
            (None, Some(_)) => Self::of_encoding(headers, relaxed),
            (Some(_), None) if relaxed.equal_lengths => equal_lengths(headers).map(Self::Length),
            (Some(length), None) => match named.length.second() {
                Some(second) => fault(Error::SeveralContentLengths, second.value_at()),
                None => decimal(length.value(headers.bytes()))
                    .map(Self::Length)
                    .map_err(|(error, bad)| Fault::new(error).at((length.value_at() + bad) as u64)),
            },
        }
    }

    /// Goes through the codings of all lines: `chunked` may stand only at their end, and there
    /// must be one in each line.
    fn of_encoding(headers: Fields<'_>, relaxed: Relaxed) -> Result<Self, Fault<Error>> {
        let mut chunked = false;
        let mut unknown = None;
        let mut last = 0;
        for span in named(headers, b"transfer-encoding") {
            for (at, name) in elements(span.value(headers.bytes()), span.value_at()) {
                last = at;
                // Nothing may follow `chunked`, not even itself.
                let (token, parameters) = token_of(name);
                let is_chunked = token.eq_ignore_ascii_case(b"chunked");
                let ended = chunked && (is_chunked || !relaxed.encodings);
                if ended || !is_token(token) {
                    return Err(Fault::new(Error::TransferEncoding).at(last as u64));
                }
                if !is_chunked {
                    chunked = false;
                    unknown = unknown.or(Some(last));
                } else if parameters {
                    let behind = last + token.len();
                    return Err(Fault::new(Error::TransferEncoding).at(behind as u64));
                } else {
                    chunked = true;
                }
            }
        }
        match unknown {
            _ if !chunked => Ok(Self::Unended { at: last }),
            Some(at) if !relaxed.encodings => Err(Fault::new(Error::UnknownEncoding).at(at as u64)),
            _ => Ok(Self::Chunked { beside_length: false }),
        }
    }
}

/// The elements of a list that begins at `at`, empty ones as well, and where they are.
fn elements(list: &[u8], mut at: usize) -> impl Iterator<Item = (usize, &[u8])> {
    list.split(|&byte| byte == b',').map(move |element| {
        let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\t');
        let start = at + element.iter().take_while(is_blank).count();
        at += element.len() + 1;
        (start, trim(element))
    })
}

/// The places of the headers with that name.
fn named<'a>(headers: Fields<'a>, name: &'static [u8]) -> impl Iterator<Item = Span> + use<'a> {
    let places = headers.places().iter().copied();
    places.filter(move |span| span.name(headers.bytes()).eq_ignore_ascii_case(name))
}

/// The number that all lines and lists of Content-Length are (RFC 9112 §6.3).
#[cold]
fn equal_lengths(headers: Fields<'_>) -> Result<u64, Fault<Error>> {
    let mut all = None;
    for span in named(headers, b"content-length") {
        for (at, number) in elements(span.value(headers.bytes()), span.value_at()) {
            let number =
                decimal(number).map_err(|(error, bad)| Fault::new(error).at((at + bad) as u64))?;
            if all.is_some_and(|other| other != number) {
                return Err(Fault::new(Error::SeveralContentLengths).at(at as u64));
            }
            all = Some(number);
        }
    }
    all.ok_or(Fault::new(Error::ContentLength))
}

/// The name of a transfer coding, and whether parameters follow it.
fn token_of(coding: &[u8]) -> (&[u8], bool) {
    match coding.iter().position(|&byte| byte == b';') {
        Some(end) => (trim(&coding[..end]), true),
        None => (coding, false),
    }
}

/// A Content-Length: digits and nothing else. The error tells where it is something else.
pub(crate) fn decimal(value: &[u8]) -> Result<u64, (Error, usize)> {
    content_length(value).map_err(|(bad, at)| match bad {
        BadLength::Number => (Error::ContentLength, at),
        BadLength::Several => (Error::SeveralContentLengths, at),
    })
}
