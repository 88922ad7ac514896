//! The server's side of the handshake over the types of the `http` crate, for servers that leave
//! HTTP to another library.

use alloc::{
    borrow::ToOwned,
    string::{String, ToString},
};
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, Version};
use segue::{Buffer, Output, Step};
use segue_http1::{EncodeError, ResponseDecoder, encode_request};

use super::{Accepted, RequestError, ServerHandshake};

impl ServerHandshake {
    /// Answers a request of the `http` crate, for servers that leave HTTP to hyper, axum or another
    /// library. The response is to be sent in any case: it has status 101 if the outcome is an
    /// agreement, and otherwise says what was wrong.
    ///
    /// After a 101 take the connection out of the library, with the bytes that it has read too far:
    /// see [`endpoint::hyper`](crate::endpoint) and
    /// [`WebSocket::from_handoff`](crate::sync::WebSocket::from_handoff).
    ///
    /// ```
    /// use segue_websocket::ServerHandshake;
    ///
    /// let request = http::Request::get("/chat?room=1")
    ///     .header("host", "example.org")
    ///     .header("connection", "Upgrade")
    ///     .header("upgrade", "websocket")
    ///     .header("sec-websocket-version", "13")
    ///     .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
    ///     .body(())?;
    /// let (response, outcome) = ServerHandshake::new().respond_to(&request);
    /// assert_eq!(response.status(), 101);
    /// assert_eq!(response.headers()["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    /// assert_eq!(outcome?.parameter("room").as_deref(), Some("1"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`advance`](segue::Exchange::advance), and [`RequestError::Http2`] for a request of
    /// another version than HTTP/1.
    pub fn respond_to<B>(
        &mut self,
        request: &Request<B>,
    ) -> (Response<String>, Result<Accepted, RequestError>) {
        let mut output = Output::new();
        let outcome = self.answer(request, &mut output);
        (response(&output).unwrap_or_else(internal_error), outcome)
    }

    /// The answer to a request that was refused for this reason.
    #[cfg(feature = "hyper")]
    pub(crate) fn refusal(error: &RequestError) -> Response<String> {
        let mut output = Output::new();
        Self::refuse(error, &mut output);
        response(&output).unwrap_or_else(internal_error)
    }

    fn answer<B>(
        &mut self,
        request: &Request<B>,
        output: &mut Output,
    ) -> Result<Accepted, RequestError> {
        let mut refused = |error: RequestError| {
            Self::refuse(&error, output);
            Err(error)
        };
        match request.version() {
            Version::HTTP_11 => {}
            Version::HTTP_09 | Version::HTTP_10 => return refused(RequestError::HttpVersion),
            _ => return refused(RequestError::Http2),
        }
        // As it was on the wire: all rules are those for requests that are read there.
        let mut head = Output::new();
        let headers = request.headers().iter();
        let headers = headers.map(|(name, value)| (name.as_str(), value.as_bytes()));
        let (method, target) = (request.method().as_str(), request.uri().to_string());
        if let Err(error) = encode_request(&mut head, method, &target, headers) {
            return refused(RequestError::Http(unfit(error)));
        }
        let mut stage = self.head().clone();
        match Buffer::from(&head.to_vec()[..]).step(&mut stage, true, &mut Output::new()) {
            Ok(Step::Item(request)) => self.respond(&request, output).map_err(of),
            Ok(_) => refused(RequestError::NotAnUpgrade),
            Err(fault) => refused(of(fault.map(RequestError::Http))),
        }
    }
}

/// The rule that a request breaks which cannot be written as HTTP/1.1.
fn unfit(error: EncodeError) -> segue_http1::Error {
    match error {
        EncodeError::Method => segue_http1::Error::Method,
        EncodeError::Target => segue_http1::Error::Target,
        EncodeError::HeaderValue => segue_http1::Error::HeaderValue,
        _ => segue_http1::Error::HeaderName,
    }
}

/// The error of a fault; none other can occur where all of a head is there.
fn of(fault: segue::Fault<RequestError>) -> RequestError {
    fault.error().cloned().unwrap_or(RequestError::NotAnUpgrade)
}

/// The answer in `output`.
fn response(output: &Output) -> Option<Response<String>> {
    let mut buffer = Buffer::from(&output.to_vec()[..]);
    let mut response = Response::new(String::new());
    {
        let mut stage = ResponseDecoder::new();
        let Ok(Step::Item(head)) = buffer.step(&mut stage, true, &mut Output::new()) else {
            return None;
        };
        *response.status_mut() = StatusCode::from_u16(head.status()).ok()?;
        for header in head.headers().iter() {
            let name = HeaderName::from_bytes(header.name).ok()?;
            response.headers_mut().append(name, HeaderValue::from_bytes(header.value).ok()?);
        }
    }
    *response.body_mut() = str::from_utf8(buffer.as_slice()).ok()?.to_owned();
    Some(response)
}

fn internal_error() -> Response<String> {
    let mut response = Response::new(String::new());
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}
