use core::fmt;

/// A rule of HTTP/1.1 that a message breaks.
///
/// The [`Fault`](segue::Fault) around it has the place: the offset of the first byte that is wrong.
///
/// ```
/// use segue_http1::Error;
///
/// assert_eq!(Error::SpaceBeforeColon.section(), "RFC 9112 §5.1");
/// assert_eq!(Error::SpaceBeforeColon.status(), 400);
/// assert_eq!(Error::HeadTooLarge.status(), 431);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Error {
    /// The head, or the trailers behind a body, have not ended within
    /// [`Limits::head`](crate::Limits::head) bytes.
    HeadTooLarge,
    /// The head has more header lines than [`Limits::headers`](crate::Limits::headers).
    TooManyHeaders,
    /// The target is longer than [`Limits::target`](crate::Limits::target), or the request line alone does
    /// not end within the limit of the head.
    TargetTooLong,
    /// The method is empty or has a byte in it that no method has.
    Method,
    /// The method does not end within the limit of the head, so no server knows it.
    MethodTooLong,
    /// The target is empty, or has a control, a space or a byte beyond ASCII in it.
    Target,
    /// The request line is not a method, a target and a version with one space between: one is
    /// missing, or something follows.
    RequestLine,
    /// The status line is not a version, a status and a reason with one space between.
    StatusLine,
    /// The version is not `HTTP/`, a digit, a dot and a digit.
    Version,
    /// The version is well-formed, and not one of HTTP/1.
    UnsupportedVersion,
    /// The status is not three digits, or is less than 100.
    Status,
    /// The reason phrase has a control in it.
    Reason,
    /// A line ends in LF without CR before it. [`Relaxed::bare_lf`](crate::Relaxed::bare_lf) allows it.
    BareLf,
    /// A CR is not followed by LF. Other parsers may take it for a line end, so no switch allows
    /// it.
    BareCr,
    /// The first header line begins with whitespace.
    SpaceBeforeHeaders,
    /// A header name is empty or has a byte that no name may have; or a line has no colon.
    HeaderName,
    /// There is whitespace between a header name and its colon.
    SpaceBeforeColon,
    /// A header line begins with whitespace, which once continued the line before it.
    Fold,
    /// A header value has NUL or another control in it.
    HeaderValue,
    /// A request of HTTP/1.1 has no `Host`.
    MissingHost,
    /// A request has more than one `Host`.
    SeveralHosts,
    /// The `Host` is not a host and an optional port.
    Host,
    /// A `Content-Length` is not a plain decimal number that fits 64 bits.
    ContentLength,
    /// There is more than one `Content-Length`, or a list of them. Equal ones are refused as well:
    /// the next recipient may choose another one.
    SeveralContentLengths,
    /// There is a `Content-Length` beside a `Transfer-Encoding`: the mark of request smuggling.
    LengthAndEncoding,
    /// A `Transfer-Encoding` is no list of codings, has parameters on `chunked`, names it twice, or
    /// names it anywhere but last in a request.
    TransferEncoding,
    /// A `Transfer-Encoding` names a coding besides `chunked`, which this crate does not decode.
    UnknownEncoding,
    /// A message of HTTP/1.0 has a `Transfer-Encoding`, which its version does not know.
    EncodingInHttp10,
    /// The size of a chunk is not a plain hexadecimal number, or something else than an extension
    /// follows it.
    ChunkSize,
    /// The size of a chunk does not fit 64 bits.
    ChunkSizeOverflow,
    /// An extension of a chunk is not a name and an optional value.
    ChunkExtension,
    /// The line in front of a chunk is longer than [`Limits::chunk_line`](crate::Limits::chunk_line),
    /// or all extensions together are longer than [`Limits::head`](crate::Limits::head).
    ChunkLineTooLong,
    /// The data of a chunk is not followed by CRLF.
    ChunkEnd,
    /// The target is of none of the four forms, or of one that its method does not have.
    TargetForm,
    /// A `CONNECT` announces a body, which it cannot have.
    ConnectBody,
    /// A body is longer than [`Limits::body`](crate::Limits::body).
    BodyTooLarge,
    /// There are more informational responses than
    /// [`Limits::informational`](crate::Limits::informational) in front of a final one.
    TooManyInformational,
    /// A response, or other data, comes without a request.
    Unrequested,
    /// A response changes to another protocol, which the request has not offered, or does not name
    /// one.
    UnofferedSwitch,
}

impl Error {
    /// Returns the section of the standard with the rule: `RFC 9112 §5.1`.
    #[must_use]
    pub const fn section(&self) -> &'static str {
        match self {
            Self::HeadTooLarge | Self::TooManyHeaders => "RFC 6585 §5",
            Self::TargetTooLong | Self::RequestLine => "RFC 9112 §3",
            Self::Method => "RFC 9112 §3.1",
            Self::MethodTooLong => "RFC 9110 §15.6.2",
            Self::Target
            | Self::TargetForm
            | Self::MissingHost
            | Self::SeveralHosts
            | Self::Host => "RFC 9112 §3.2",
            Self::StatusLine | Self::Status | Self::Reason => "RFC 9112 §4",
            Self::Version => "RFC 9112 §2.3",
            Self::UnsupportedVersion => "RFC 9110 §15.6.6",
            Self::BareLf | Self::BareCr | Self::SpaceBeforeHeaders => "RFC 9112 §2.2",
            Self::HeaderName | Self::SpaceBeforeColon => "RFC 9112 §5.1",
            Self::Fold => "RFC 9112 §5.2",
            Self::HeaderValue => "RFC 9110 §5.5",
            Self::ContentLength | Self::SeveralContentLengths => "RFC 9112 §6.3",
            Self::LengthAndEncoding
            | Self::TransferEncoding
            | Self::UnknownEncoding
            | Self::EncodingInHttp10 => "RFC 9112 §6.1",
            Self::ChunkSize | Self::ChunkSizeOverflow | Self::ChunkEnd => "RFC 9112 §7.1",
            Self::ChunkExtension | Self::ChunkLineTooLong => "RFC 9112 §7.1.1",
            Self::ConnectBody => "RFC 9110 §9.3.6",
            Self::BodyTooLarge => "RFC 9110 §15.5.14",
            Self::TooManyInformational => "RFC 9110 §15.2",
            Self::Unrequested => "RFC 9112 §9.2",
            Self::UnofferedSwitch => "RFC 9110 §7.8",
        }
    }

    /// Returns the status of the answer that a server sends before it closes the connection.
    ///
    /// A client answers nobody. A gateway that finds one of these in a response answers 502 (RFC
    /// 9110 §15.6.3).
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::HeadTooLarge | Self::TooManyHeaders => 431,
            Self::TargetTooLong => 414,
            Self::BodyTooLarge => 413,
            Self::UnsupportedVersion => 505,
            Self::UnknownEncoding | Self::MethodTooLong => 501,
            _ => 400,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HeadTooLarge => "the head or the trailers are longer than the limit",
            Self::TooManyHeaders => "there are more headers than the limit",
            Self::TargetTooLong => "the request target is longer than the limit",
            Self::Method => "the method is not a token",
            Self::MethodTooLong => "the method is longer than the limit of the head",
            Self::Target => {
                "the request target is empty or has a control, a space or a byte beyond ASCII in it"
            }
            Self::RequestLine => {
                "the request line is not method, target and version with one space between"
            }
            Self::StatusLine => {
                "the status line is not version, status and reason with one space between"
            }
            Self::Version => "the version is not HTTP/ and two digits with a dot between",
            Self::UnsupportedVersion => "the version is not one of HTTP/1",
            Self::Status => "the status is not three digits from 100 to 999",
            Self::Reason => "the reason phrase has a control in it",
            Self::BareLf => "a line ends in LF without CR",
            Self::BareCr => "a CR is not followed by LF",
            Self::SpaceBeforeHeaders => {
                "there is whitespace between the start line and the first header"
            }
            Self::HeaderName => "a header name is empty or has a byte that no name may have",
            Self::SpaceBeforeColon => "there is whitespace between a header name and its colon",
            Self::Fold => "a header line begins with whitespace, as continued lines once did",
            Self::HeaderValue => "a header value has a control in it",
            Self::MissingHost => "an HTTP/1.1 request has no Host",
            Self::SeveralHosts => "a request has more than one Host",
            Self::Host => "the Host is not a host and an optional port",
            Self::ContentLength => "the Content-Length is not a decimal number",
            Self::SeveralContentLengths => "there is more than one Content-Length",
            Self::LengthAndEncoding => "there is a Content-Length beside a Transfer-Encoding",
            Self::TransferEncoding => {
                "the Transfer-Encoding is not a list that ends in one chunked"
            }
            Self::UnknownEncoding => "the Transfer-Encoding names a coding other than chunked",
            Self::EncodingInHttp10 => "an HTTP/1.0 message has a Transfer-Encoding",
            Self::ChunkSize => "the size of a chunk is not a hexadecimal number",
            Self::ChunkSizeOverflow => "the size of a chunk does not fit 64 bits",
            Self::ChunkExtension => "a chunk extension is not a name and an optional value",
            Self::ChunkLineTooLong => "the line of a chunk is longer than the limit",
            Self::ChunkEnd => "no CRLF follows the data of a chunk",
            Self::TargetForm => "the request target is not of the form that its method has",
            Self::ConnectBody => "a CONNECT announces a body",
            Self::BodyTooLarge => "the body is longer than the limit",
            Self::TooManyInformational => "there are more informational responses than the limit",
            Self::Unrequested => "there is a response that no request has asked for",
            Self::UnofferedSwitch => "a response changes to a protocol that was not offered",
        })?;
        write!(f, " ({})", self.section())
    }
}

impl core::error::Error for Error {}
