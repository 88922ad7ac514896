//! Encoding of heads, and the checks that a receiver reads them as they are meant.

use core::fmt;

use segue::{Encode, Output};
use segue_http::{Field, is_token, is_value, reason};

use crate::{Request, Response, Version};
use segue_http::class::{VALUE, VISIBLE, run};

/// The head of a request to send. `headers` is any collection of [`HeaderLine`]s: an array of
/// pairs, a map, the [`Fields`](crate::Fields) of another head.
#[derive(Debug, Clone, Copy)]
pub struct RequestParts<'a, H> {
    /// The method: a token.
    pub method: &'a str,
    /// The target, in the form that the receiver needs: visible ASCII.
    pub target: &'a str,
    /// The version to announce.
    pub version: Version,
    /// The header lines, in the order in which they are sent.
    pub headers: H,
}

impl<'a, H> RequestParts<'a, H> {
    /// Creates the head of an HTTP/1.1 request.
    pub const fn new(method: &'a str, target: &'a str, headers: H) -> Self {
        Self { method, target, version: Version::Http11, headers }
    }
}

/// The head of a response to send; for `headers` see [`RequestParts`].
#[derive(Debug, Clone, Copy)]
pub struct ResponseParts<'a, H> {
    /// The version to announce.
    pub version: Version,
    /// The status, from 100 to 999.
    pub status: u16,
    /// The reason phrase; it may be empty.
    pub reason: &'a [u8],
    /// The header lines, in the order in which they are sent.
    pub headers: H,
}

/// The headers of a head that has none.
pub const NO_HEADERS: [(&str, &str); 0] = [];

impl ResponseParts<'static, [(&'static str, &'static str); 0]> {
    /// Creates the head of an HTTP/1.1 response with the standard reason phrase and without headers.
    pub const fn bare(status: u16) -> Self {
        Self::new(status, NO_HEADERS)
    }
}

impl<H> ResponseParts<'static, H> {
    /// Creates the head of an HTTP/1.1 response with the standard reason phrase.
    pub const fn new(status: u16, headers: H) -> Self {
        Self { version: Version::Http11, status, reason: reason(status).as_bytes(), headers }
    }
}

/// An encoder of heads (RFC 9112 §3, §4, §5).
///
/// It checks the syntax only: the caller makes sure that the headers describe the body. A head that
/// could be read as another one, such as a value with a line end in it (response splitting), is
/// refused, and none of it is in the output.
///
/// ```
/// use segue::{Encode, Output};
/// use segue_http1::{EncodeError, HeadEncoder, RequestParts, ResponseParts};
///
/// let mut output = Output::new();
/// let host = [("Host", "example.org")];
/// HeadEncoder.encode(RequestParts::new("GET", "/", host), &mut output).unwrap();
/// assert_eq!(output.to_vec(), b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n");
///
/// output.clear();
/// let split = [("Location", "/\r\nSet-Cookie: a=b")];
/// let refused = HeadEncoder.encode(ResponseParts::new(302, split), &mut output);
/// assert_eq!(refused, Err(EncodeError::HeaderValue));
/// assert!(output.is_empty());
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct HeadEncoder;

/// Appends the head of an HTTP/1.1 request to `output`: [`HeadEncoder`] in one call.
///
/// # Errors
/// As [`HeadEncoder`].
pub fn encode_request<H>(
    output: &mut Output,
    method: &str,
    target: &str,
    headers: H,
) -> Result<(), EncodeError>
where
    H: IntoIterator<Item: HeaderLine>,
{
    HeadEncoder.encode(RequestParts::new(method, target, headers), output)
}

/// Appends the head of an HTTP/1.1 response to `output`, with the standard reason phrase:
/// [`HeadEncoder`] in one call.
///
/// # Errors
/// As [`HeadEncoder`].
pub fn encode_response<H>(output: &mut Output, status: u16, headers: H) -> Result<(), EncodeError>
where
    H: IntoIterator<Item: HeaderLine>,
{
    HeadEncoder.encode(ResponseParts::new(status, headers), output)
}

/// The reason why a head cannot be sent: a mistake of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EncodeError {
    /// The method is not a token (RFC 9110 §9.1).
    Method,
    /// The target is empty, or has something else in it than visible ASCII (RFC 9112 §3.2).
    Target,
    /// The status is not from 100 to 999 (RFC 9110 §15).
    Status,
    /// The reason phrase has a control in it (RFC 9112 §4).
    Reason,
    /// The name of a header is not a token (RFC 9110 §5.1).
    HeaderName,
    /// The value of a header has a control in it, or whitespace around it, which the receiver
    /// would drop (RFC 9110 §5.5).
    HeaderValue,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Method => "the method is not a token (RFC 9110 §9.1)",
            Self::Target => "the request target is not visible ASCII (RFC 9112 §3.2)",
            Self::Status => "the status is not from 100 to 999 (RFC 9110 §15)",
            Self::Reason => "the reason phrase has a control in it (RFC 9112 §4)",
            Self::HeaderName => "a header name is not a token (RFC 9110 §5.1)",
            Self::HeaderValue => {
                "a header value has a control in it or whitespace around it (RFC 9110 §5.5)"
            }
        })
    }
}

impl core::error::Error for EncodeError {}

/// A header line to send: a pair of name and value, or a [`Field`].
pub trait HeaderLine {
    /// The name.
    fn name(&self) -> &[u8];
    /// The value.
    fn value(&self) -> &[u8];
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>> HeaderLine for (N, V) {
    fn name(&self) -> &[u8] {
        self.0.as_ref()
    }

    fn value(&self) -> &[u8] {
        self.1.as_ref()
    }
}

impl HeaderLine for Field<'_> {
    fn name(&self) -> &[u8] {
        self.name
    }

    fn value(&self) -> &[u8] {
        self.value
    }
}

impl<L: HeaderLine> HeaderLine for &L {
    fn name(&self) -> &[u8] {
        (**self).name()
    }

    fn value(&self) -> &[u8] {
        (**self).value()
    }
}

impl<H> Encode<RequestParts<'_, H>> for HeadEncoder
where
    H: IntoIterator<Item: HeaderLine>,
{
    type Error = EncodeError;

    fn encode(
        &mut self,
        parts: RequestParts<'_, H>,
        output: &mut Output,
    ) -> Result<(), EncodeError> {
        let RequestParts { method, target, version, headers } = parts;
        whole(output, |output| {
            put_request_line(method, target, version, output)?;
            put_headers(headers, output)
        })
    }
}

impl<H> Encode<ResponseParts<'_, H>> for HeadEncoder
where
    H: IntoIterator<Item: HeaderLine>,
{
    type Error = EncodeError;

    fn encode(
        &mut self,
        parts: ResponseParts<'_, H>,
        output: &mut Output,
    ) -> Result<(), EncodeError> {
        let ResponseParts { version, status, reason, headers } = parts;
        whole(output, |output| {
            put_status_line(version, status, reason, output)?;
            put_headers(headers, output)
        })
    }
}

/// A head that was read, sent on with the same words.
impl Encode<Request<'_>> for HeadEncoder {
    type Error = EncodeError;

    fn encode(&mut self, head: Request<'_>, output: &mut Output) -> Result<(), EncodeError> {
        let parts = RequestParts {
            method: head.method(),
            target: head.target(),
            version: head.version(),
            headers: head.headers().lines(),
        };
        self.encode(parts, output)
    }
}

/// A head that was read, sent on with the same words.
impl Encode<Response<'_>> for HeadEncoder {
    type Error = EncodeError;

    fn encode(&mut self, head: Response<'_>, output: &mut Output) -> Result<(), EncodeError> {
        let parts = ResponseParts {
            version: head.version(),
            status: head.status(),
            reason: head.reason(),
            headers: head.headers().lines(),
        };
        self.encode(parts, output)
    }
}

/// Appends a request line.
pub(crate) fn put_request_line(
    method: &str,
    target: &str,
    version: Version,
    output: &mut Output,
) -> Result<(), EncodeError> {
    check(is_token(method.as_bytes()), EncodeError::Method)?;
    let visible = !target.is_empty() && run(target.as_bytes(), VISIBLE) == target.len();
    check(visible, EncodeError::Target)?;
    output.put(method.as_bytes());
    output.put(b" ");
    output.put(target.as_bytes());
    output.put(match version {
        Version::Http10 => b" HTTP/1.0\r\n",
        Version::Http11 => b" HTTP/1.1\r\n",
    });
    Ok(())
}

/// Appends a status line.
#[inline]
pub(crate) fn put_status_line(
    version: Version,
    status: u16,
    reason: &[u8],
    output: &mut Output,
) -> Result<(), EncodeError> {
    check(matches!(status, 100..=999), EncodeError::Status)?;
    check(run(reason, VALUE) == reason.len(), EncodeError::Reason)?;
    let mut front = match version {
        Version::Http10 => *b"HTTP/1.0 000 ",
        Version::Http11 => *b"HTTP/1.1 000 ",
    };
    front[9..12].copy_from_slice(&[digit(status / 100), digit(status / 10), digit(status)]);
    output.put(&front);
    output.put(reason);
    output.put(b"\r\n");
    Ok(())
}

pub(crate) fn put_headers<H>(headers: H, output: &mut Output) -> Result<(), EncodeError>
where
    H: IntoIterator<Item: HeaderLine>,
{
    for line in headers {
        put_header(&line, output)?;
    }
    output.put(b"\r\n");
    Ok(())
}

/// Appends a header line if it is a valid one.
#[inline]
pub(crate) fn put_header(line: &impl HeaderLine, output: &mut Output) -> Result<(), EncodeError> {
    let (name, value) = (line.name(), line.value());
    check(is_token(name), EncodeError::HeaderName)?;
    check(is_value(value), EncodeError::HeaderValue)?;
    output.put(name);
    output.put(b": ");
    output.put(value);
    output.put(b"\r\n");
    Ok(())
}

/// Runs `write`. If it fails, its output is removed.
#[inline]
pub(crate) fn whole<E>(
    output: &mut Output,
    write: impl FnOnce(&mut Output) -> Result<(), E>,
) -> Result<(), E> {
    let mark = output.mark();
    write(output).inspect_err(|_| output.rollback(mark))
}

#[inline]
fn check(holds: bool, otherwise: EncodeError) -> Result<(), EncodeError> {
    if holds { Ok(()) } else { Err(otherwise) }
}

/// The last decimal digit of `number`.
fn digit(number: u16) -> u8 {
    b'0' + u8::try_from(number % 10).unwrap_or(0)
}
