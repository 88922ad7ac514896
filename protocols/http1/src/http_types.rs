//! Conversions of heads to and from the types of the `http` crate.

use alloc::{borrow::ToOwned, string::String};

use http::{Uri, header::HOST, request, response};
use segue::{Encode, Output};
use segue_http::{Fields, reason};

use crate::{
    Payload, Request, RequestParts, Response, ResponseParts, Version, Whole, WriteError, client,
    server,
};

/// Copies a received head. Its target must be one that [`http::Uri`] can hold, which is stricter
/// than this crate.
///
/// ```
/// use segue::{Buffer, Output, Step};
/// use segue_http1::{RequestEvent, RequestDecoder};
///
/// let mut buffer = Buffer::from(&b"GET /a?b HTTP/1.1\r\nHost: c\r\n\r\n"[..]);
/// let mut stage = RequestDecoder::new();
/// let Step::Item(head) = buffer.step(&mut stage, false, &mut Output::new())? else { panic!() };
/// let request = http::Request::try_from(head)?;
/// assert_eq!((request.method().as_str(), request.uri().path()), ("GET", "/a"));
/// assert_eq!(request.headers()["host"], "c");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl TryFrom<Request<'_>> for http::Request<()> {
    type Error = http::Error;

    fn try_from(head: Request<'_>) -> Result<Self, http::Error> {
        let mut request = Self::new(());
        *request.method_mut() = head.method().parse()?;
        *request.uri_mut() = head.target().parse()?;
        *request.version_mut() = head.version().into();
        copy(head.headers(), request.headers_mut())?;
        Ok(request)
    }
}

/// Copies a received head; the reason phrase is dropped.
impl TryFrom<Response<'_>> for http::Response<()> {
    type Error = http::Error;

    fn try_from(head: Response<'_>) -> Result<Self, http::Error> {
        let mut response = Self::new(());
        *response.status_mut() = http::StatusCode::from_u16(head.status())?;
        *response.version_mut() = head.version().into();
        copy(head.headers(), response.headers_mut())?;
        Ok(response)
    }
}

fn copy(headers: Fields<'_>, map: &mut http::HeaderMap) -> Result<(), http::Error> {
    for header in headers.lines() {
        let name = http::HeaderName::from_bytes(header.name)?;
        map.try_append(name, http::HeaderValue::from_bytes(header.value)?)?;
    }
    Ok(())
}

impl From<Version> for http::Version {
    fn from(version: Version) -> Self {
        match version {
            Version::Http10 => Self::HTTP_10,
            Version::Http11 => Self::HTTP_11,
        }
    }
}

/// Maps every version but 1.0 to 1.1: that is what a message is sent on as.
impl From<http::Version> for Version {
    fn from(version: http::Version) -> Self {
        if version == http::Version::HTTP_10 { Self::Http10 } else { Self::Http11 }
    }
}

/// Sends the head of a request. Its target is path and query, or, with `CONNECT`, the authority; a
/// `Host` is made from the authority if there is none.
///
/// ```
/// use segue::{Encode, Output};
/// use segue_http1::Whole;
///
/// let (_, mut writer) = segue_http1::client();
/// let mut output = Output::new();
/// let (head, body) = http::Request::post("http://a:8080/b?c").body(&b"hi"[..])?.into_parts();
/// writer.encode(Whole::new(&head, body), &mut output)?;
/// assert_eq!(
///     output.to_vec(),
///     b"POST /b?c HTTP/1.1\r\nhost: a:8080\r\nContent-Length: 2\r\n\r\nhi",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl Encode<&request::Parts> for client::Writer {
    type Error = WriteError;

    fn encode(&mut self, head: &request::Parts, output: &mut Output) -> Result<(), WriteError> {
        let target = target(head);
        self.encode(request_parts(head, &target), output)
    }
}

/// Sends a request: see `&http::request::Parts`.
impl<B: Payload> Encode<Whole<&request::Parts, B>> for client::Writer {
    type Error = WriteError;

    fn encode(
        &mut self,
        whole: Whole<&request::Parts, B>,
        output: &mut Output,
    ) -> Result<(), WriteError> {
        let target = target(whole.head);
        let head = request_parts(whole.head, &target);
        self.encode(Whole::new(head, whole.body), output)
    }
}

/// Sends the head of a response, with the standard reason phrase.
///
/// ```
/// use segue::{Buffer, Encode, Output, Step};
/// use segue_http1::Whole;
///
/// let (mut requests, mut writer) = segue_http1::server();
/// let (mut buffer, mut output) = (Buffer::from(&b"GET / HTTP/1.0\r\n\r\n"[..]), Output::new());
/// while let Step::Item(_) = buffer.step(&mut requests, false, &mut output)? {}
/// let (head, body) = http::Response::builder().status(404).body(&b"no"[..])?.into_parts();
/// writer.encode(Whole::new(&head, body), &mut output)?;
/// assert_eq!(
///     output.to_vec(),
///     b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl Encode<&response::Parts> for server::Writer {
    type Error = WriteError;

    fn encode(&mut self, head: &response::Parts, output: &mut Output) -> Result<(), WriteError> {
        self.encode(response_parts(head), output)
    }
}

/// Sends a response: see `&http::response::Parts`.
impl<B: Payload> Encode<Whole<&response::Parts, B>> for server::Writer {
    type Error = WriteError;

    fn encode(
        &mut self,
        whole: Whole<&response::Parts, B>,
        output: &mut Output,
    ) -> Result<(), WriteError> {
        self.encode(Whole::new(response_parts(whole.head), whole.body), output)
    }
}

type Line<'a> = (&'a [u8], &'a [u8]);

fn request_parts<'a>(
    head: &'a request::Parts,
    target: &'a str,
) -> RequestParts<'a, impl Iterator<Item = Line<'a>>> {
    let authority = head.uri.authority().filter(|_| !head.headers.contains_key(HOST));
    let host = authority.map(|authority| (&b"host"[..], without_user(authority.as_str())));
    let headers = host.into_iter().chain(lines(&head.headers));
    RequestParts { method: head.method.as_str(), target, version: head.version.into(), headers }
}

fn response_parts(
    head: &response::Parts,
) -> ResponseParts<'static, impl Iterator<Item = Line<'_>>> {
    let status = head.status.as_u16();
    ResponseParts {
        version: head.version.into(),
        status,
        reason: reason(status).as_bytes(),
        headers: lines(&head.headers),
    }
}

fn lines(headers: &http::HeaderMap) -> impl Iterator<Item = Line<'_>> {
    headers.iter().map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes()))
}

/// The target of a request to the server itself (RFC 9112 §3.2).
fn target(head: &request::Parts) -> String {
    let uri: &Uri = &head.uri;
    match (uri.authority(), uri.path_and_query()) {
        (Some(authority), _) if head.method == http::Method::CONNECT => {
            authority.as_str().to_owned()
        }
        (_, None) => "/".to_owned(),
        (_, Some(path)) => match path.as_str() {
            "" => "/".to_owned(),
            query if query.starts_with('?') => String::from("/") + query,
            path => path.to_owned(),
        },
    }
}

/// Removes the name of a user from the authority: a `Host` has none (RFC 9110 §4.2.4).
fn without_user(authority: &str) -> &[u8] {
    authority.rsplit_once('@').map_or(authority, |(_, host)| host).as_bytes()
}
