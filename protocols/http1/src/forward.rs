//! Heads in the words of no version, made of those that were read and sent as those of HTTP/1.1.

use alloc::vec::Vec;

use segue::{Encode, Fault, Output};
use segue_http::{Field, Fields, Known, Length, RequestHead, ResponseHead, Target, Tokens, reason};

use crate::{
    Error, Request, RequestParts, Response, ResponseParts, Version, WriteError, client, server,
};

impl<'a> Request<'a> {
    /// Returns the head in the words of no version, to be sent on: with its effective host, and
    /// without what its fields say of this connection, as a [`server::Reader`] marks it. `scheme` is
    /// that of the connection, `http` or `https`; one in the target goes before it.
    ///
    /// A path that is empty behind an authority is `/`, or `*` with `OPTIONS` (RFC 9112 §3.2.4); a
    /// query there is returned without a path before it.
    ///
    /// ```
    /// use segue::{Buffer, Encode, Output, Step};
    /// use segue_http1::RequestEvent;
    ///
    /// let input = b"GET http://a/x HTTP/1.1\r\nHost: b\r\nConnection: keep-alive, X\r\nX: 1\r\nY: 2\r\n\r\n";
    /// let (mut requests, _) = segue_http1::server();
    /// let (mut buffer, mut output) = (Buffer::from(&input[..]), Output::new());
    /// let Step::Item(RequestEvent::Head(head)) = buffer.step(&mut requests, false, &mut output)?
    ///     else { panic!() };
    /// let (_, mut writer) = segue_http1::client();
    /// writer.encode(&head.to_head(b"http")?, &mut output)?;
    /// assert_eq!(output.to_vec(), b"GET /x HTTP/1.1\r\nHost: a\r\nY: 2\r\n\r\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`host`](Self::host) and [`body`](Self::body).
    pub fn to_head(&self, scheme: &'a [u8]) -> Result<RequestHead<'a>, Fault<Error>> {
        let host = self.host()?.unwrap_or_default().as_bytes();
        let length = self.body()?;
        let method = self.method_bytes();
        let (scheme, path) = match self.target_form()? {
            Target::Origin { .. } => (scheme, self.target_bytes()),
            Target::Asterisk => (scheme, &b"*"[..]),
            Target::Authority(_) => (&b""[..], &b""[..]),
            Target::Absolute { scheme, rest: "", .. } if method == b"OPTIONS" => {
                (scheme.as_bytes(), &b"*"[..])
            }
            Target::Absolute { scheme, rest: "", .. } => (scheme.as_bytes(), &b"/"[..]),
            Target::Absolute { scheme, rest, .. } => (scheme.as_bytes(), rest.as_bytes()),
        };
        let fields = self.headers();
        let is_connect = method == b"CONNECT";
        let offers = !is_connect && self.offers_upgrade();
        let upgrade = if offers { fields.get(Known::Upgrade) } else { None };
        let length = if is_connect { Length::Tunnel } else { length.into() };
        Ok(RequestHead {
            method,
            scheme,
            authority: host,
            path,
            protocol: upgrade.and_then(|value| Tokens::of(value).next()),
            fields,
            length,
            expects: length.has_content() && self.expects_continue(),
            early_data: fields.get(Known::EarlyData) == Some(b"1"),
        })
    }
}

impl<'a> Response<'a> {
    /// Returns the head in the words of no version, to be sent on: without what its fields say of
    /// this connection, as a [`client::Reader`] marks it. `method` is that of the request.
    ///
    /// # Errors
    /// As [`body`](Self::body).
    pub fn to_head(&self, method: &str) -> Result<ResponseHead<'a>, Fault<Error>> {
        self.to_head_relaxed(method, crate::Relaxed::NOTHING)
    }

    /// Returns the head as [`to_head`](Self::to_head) does, accepting the departures that `relaxed`
    /// names for lengths.
    ///
    /// # Errors
    /// As [`body_relaxed`](Self::body_relaxed).
    pub fn to_head_relaxed(
        &self,
        method: &str,
        relaxed: crate::Relaxed,
    ) -> Result<ResponseHead<'a>, Fault<Error>> {
        let status = self.status();
        let switches = status == 101 || (method == "CONNECT" && matches!(status, 200..=299));
        let length = match switches {
            true => Length::Tunnel,
            false => self.body_relaxed(method, relaxed)?.into(),
        };
        Ok(ResponseHead { status, fields: self.headers(), length })
    }
}

/// Sends a request on: its effective host as `Host`, its length as it is, its cookies in one line
/// (RFC 9113 §8.2.3), an `Expect` only in front of content, and nothing that was meant for the
/// connection it came over.
impl Encode<&RequestHead<'_>> for client::Writer {
    type Error = WriteError;

    fn encode(&mut self, head: &RequestHead<'_>, output: &mut Output) -> Result<(), WriteError> {
        let text = |bytes| core::str::from_utf8(bytes).map_err(|_| WriteError::TargetForm);
        let is_connect = head.method == b"CONNECT";
        if is_connect && head.protocol.is_some() {
            return Err(WriteError::Protocol);
        }
        // A query without a path: see `Request::to_head`.
        let mut rooted = Vec::new();
        let target = match head.path {
            _ if is_connect => head.authority,
            query @ [b'?', ..] => {
                rooted.extend([&b"/"[..], query].concat());
                &rooted
            }
            path => path,
        };
        let mut cookies = Vec::new();
        let several = head.fields.every(Known::Cookie).nth(1).is_some();
        if several {
            head.fields.join_cookies(|part| cookies.extend_from_slice(part));
        }
        let te = head.fields.lines().any(|line| is_open_te(&line));
        let connection = match (te, head.protocol) {
            (true, Some(_)) => Some("TE, Upgrade"),
            (true, None) => Some("TE"),
            (false, Some(_)) => Some("Upgrade"),
            (false, None) => None,
        };
        let sent = |field: &Field<'_>| match Known::of(field.name) {
            Some(Known::Host | Known::ContentLength) => false,
            Some(Known::Expect) => head.expects,
            Some(Known::Cookie) => !several,
            Some(Known::Te) => is_open_te(field),
            Some(known) => !known.is_hop_by_hop(),
            None => true,
        };
        let digits = digits(head.length);
        let added = [
            several.then_some((&b"Cookie"[..], &cookies[..])),
            framing(head.length, &digits, None),
            head.protocol.map(|protocol| (&b"Upgrade"[..], protocol)),
            connection.map(|options| (&b"Connection"[..], options.as_bytes())),
        ];
        let host = core::iter::once((&b"Host"[..], head.authority));
        let fields = head.fields.iter().filter(sent).map(|field| (field.name, field.value));
        self.encode(
            RequestParts {
                method: text(head.method)?,
                target: text(target)?,
                version: Version::Http11,
                headers: host.chain(fields).chain(added.into_iter().flatten()),
            },
            output,
        )
    }
}

/// Sends a response on: its length as it is, and nothing that was meant for the connection it came
/// over. Content of a 205 is dropped (RFC 9110 §15.3.6). Codings in front of `chunked`, which
/// [`Relaxed::encodings`](crate::Relaxed::encodings) has let through, are kept.
impl Encode<&ResponseHead<'_>> for server::Writer {
    type Error = WriteError;

    fn encode(&mut self, head: &ResponseHead<'_>, output: &mut Output) -> Result<(), WriteError> {
        let ResponseHead { status, fields, length } = *head;
        let digits = digits(length);
        let codings = codings(fields);
        let keeps_length = length == Length::None;
        let sent = |field: &Field<'_>| match Known::of(field.name) {
            // It says what content would have followed.
            Some(Known::ContentLength) => keeps_length,
            Some(known) => !known.is_hop_by_hop(),
            None => true,
        };
        let upgrade = fields.get(Known::Upgrade).filter(|_| status == 101);
        let framing = match (status, length) {
            (205, _) | (_, Length::None) => None,
            (_, length) => framing(length, &digits, codings.as_deref()),
        };
        let added = [framing, upgrade.map(|protocol| (&b"Upgrade"[..], protocol))];
        let lines = fields.iter().filter(sent).map(|field| (field.name, field.value));
        let parts = ResponseParts {
            version: Version::Http11,
            status,
            reason: reason(status).as_bytes(),
            headers: lines.chain(added.into_iter().flatten()),
        };
        self.encode(parts, output)?;
        if status == 205 && length.has_content() {
            self.drop_body();
        }
        Ok(())
    }
}

/// A `TE` that was not meant for one connection: HTTP/2 and HTTP/3 have no `Connection` to say so.
fn is_open_te(field: &Field<'_>) -> bool {
    let open = field.flags & segue_http::Line::HOP == 0;
    open && field.name.eq_ignore_ascii_case(b"te") && field.value.eq_ignore_ascii_case(b"trailers")
}

/// The codings of a message that has others than `chunked`, with that at their end.
fn codings(fields: Fields<'_>) -> Option<Vec<u8>> {
    let all = || fields.tokens("transfer-encoding");
    let others = || all().filter(|coding| !coding.eq_ignore_ascii_case(b"chunked"));
    others().next()?;
    let mut value = Vec::new();
    for coding in others() {
        value.extend_from_slice(coding);
        value.extend_from_slice(b", ");
    }
    value.extend_from_slice(b"chunked");
    Some(value)
}

/// A length in decimal digits, if it is known.
fn digits(length: Length) -> Vec<u8> {
    use alloc::string::ToString;
    length.known().map(|length| length.to_string().into_bytes()).unwrap_or_default()
}

/// The line that announces a length.
fn framing<'a>(
    length: Length,
    digits: &'a [u8],
    codings: Option<&'a [u8]>,
) -> Option<(&'a [u8], &'a [u8])> {
    match length {
        Length::Known(_) => Some((b"Content-Length", digits)),
        Length::Open => Some((b"Transfer-Encoding", codings.unwrap_or(b"chunked"))),
        Length::UntilClose => codings.map(|codings| (&b"Transfer-Encoding"[..], codings)),
        Length::None | Length::Tunnel => None,
    }
}
