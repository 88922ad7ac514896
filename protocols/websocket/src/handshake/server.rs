//! The server's side of the opening handshake (RFC 6455 §4.2).

use alloc::{
    borrow::{Cow, ToOwned},
    boxed::Box,
    string::String,
    vec::Vec,
};
use core::fmt;
use segue::{Buffer, Cause, Exchange, Fault, Output, Progress, Step};
use segue_http1::{BodyLength, Limits, Relaxed, Request, RequestDecoder, Version, encode_response};

use crate::deflate::{Agreed, Deflate};

use super::{
    EXTENSIONS, PROTOCOL, Refusal, RequestError, VERSION, accept_key, belonging, has,
    head::{Head, parameters, path_and_query},
    is_taken, only, place, protocols_are_good,
};

/// The server's side of the opening handshake: it reads the request and answers it.
///
/// It accepts every request that RFC 6455 §4.2.1 allows, unless [`decide`](Self::decide) refuses
/// it. A request that breaks a rule gets a proper HTTP answer, which is in the output when the
/// fault is returned: send it, then close. Bytes behind the request, possibly frames already, stay
/// in the buffer. Of the extensions that a client may offer, permessage-deflate is accepted if
/// [`deflate`](Self::deflate) sets terms for it.
///
/// ```
/// use segue::{Buffer, Exchange, Output, Progress};
/// use segue_websocket::{Refusal, ServerHandshake};
///
/// let mut handshake = ServerHandshake::new().protocols(["chat.v2", "chat"]).decide(
///     |request, acceptance| {
///         if request.headers().find("origin") != Some(b"https://example.org") {
///             return Err(Refusal::new(403));
///         }
///         acceptance.header("Server", "segue");
///         Ok(())
///     },
/// );
/// let mut input = Buffer::from(
///     &b"GET /room HTTP/1.1\r\nHost: example.org\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
///        Origin: https://example.org\r\nSec-WebSocket-Protocol: chat, other\r\n\
///        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\
///        \x81\x82...."[..],
/// );
/// let mut output = Output::new();
/// let Progress::Done(accepted) = handshake.advance(&mut input, false, &mut output)? else {
///     panic!()
/// };
/// assert_eq!((&*accepted.target, accepted.protocol.as_deref()), ("/room", Some("chat")));
/// assert!(output.to_vec().starts_with(b"HTTP/1.1 101 "));
/// assert_eq!(input.as_slice(), b"\x81\x82...."); // for the next stage
/// # Ok::<(), segue::Fault<segue_websocket::RequestError>>(())
/// ```
#[derive(Debug)]
pub struct ServerHandshake {
    head: RequestDecoder,
    terms: Terms,
    /// The fault that ended the handshake. It is returned again; its answer is queued once.
    failed: Option<Fault<RequestError>>,
}

/// The outcome of a server's handshake: the agreement, and the request that it was about.
///
/// ```
/// # fn room(accepted: &segue_websocket::Accepted) -> Option<String> {
/// // Of GET /chat?room=caf%C3%A9 with "Cookie: session=31d4"
/// let session = accepted.cookie("session")?;
/// let room = accepted.parameter("room")?;
/// let agent = accepted.header("user-agent").unwrap_or_default();
/// println!("{session} comes to {room} of {} by {agent}", accepted.path());
/// # Some(room.into_owned()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Accepted {
    /// The target of the request as it was written: `/chat?room=1`.
    pub target: String,
    /// The subprotocol that was chosen of those that the client offered, if any.
    pub protocol: Option<String>,
    pub(crate) deflate: Option<Agreed>,
    head: Head,
}

impl Accepted {
    /// Returns the path of the target: `/chat` of `/chat?room=1`.
    #[must_use]
    pub fn path(&self) -> &str {
        path_and_query(&self.target).0
    }

    /// Returns the query of the target, as it was written: `room=1`.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        path_and_query(&self.target).1
    }

    /// Returns the names and values of the query, decoded as forms encode them: `+` is a space,
    /// `%C3%A9` an é. What is not UTF-8 is replaced by U+FFFD.
    pub fn parameters(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        parameters(self.query().unwrap_or_default())
    }

    /// Returns the first value of that name in the query, decoded.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        self.parameters().find_map(|(other, value)| (other == name).then_some(value))
    }

    /// Returns the value of the first header of the request with that name, if it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }

    /// Returns all headers of the request in their order, with names as they were written.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.head.headers()
    }

    /// Returns the names and values of all cookies, as they were written (RFC 6265 §4.2).
    pub fn cookies(&self) -> impl Iterator<Item = (&str, &str)> {
        self.head.cookies()
    }

    /// Returns the value of the first cookie with that name.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies().find_map(|(other, value)| (other == name).then_some(value))
    }
}

/// The answer to a request, as [`ServerHandshake::decide`] may change it.
#[derive(Debug)]
pub struct Acceptance {
    protocol: Option<String>,
    headers: Vec<(String, String)>,
}

impl Acceptance {
    /// Returns the subprotocol that is about to be chosen.
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        self.protocol.as_deref()
    }

    /// Chooses another subprotocol, which the client must have offered, or none.
    pub fn choose(&mut self, protocol: Option<&str>) {
        self.protocol = protocol.map(str::to_owned);
    }

    /// Adds a header to the answer: a cookie.
    pub fn header(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.headers.push((name.into(), value.into()));
    }
}

impl ServerHandshake {
    /// Creates a handshake that accepts every well-formed request, without a subprotocol.
    #[must_use]
    pub fn new() -> Self {
        let terms = Terms { protocols: Vec::new(), decide: None, deflate: None };
        Self { head: RequestDecoder::new(), terms, failed: None }
    }

    /// Sets the subprotocols of this server, the most preferred first (RFC 6455 §1.9). The first
    /// that the client offers is chosen. If it offers none of them the connection has none, and the
    /// client may close it.
    #[must_use]
    pub fn protocols<P: Into<String>>(mut self, protocols: impl IntoIterator<Item = P>) -> Self {
        self.terms.protocols = protocols.into_iter().map(Into::into).collect();
        self
    }

    /// Compresses messages with clients that offer it, on these terms (RFC 7692). The first
    /// acceptable offer is chosen.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn deflate(mut self, terms: Deflate) -> Self {
        self.terms.deflate = Some(terms);
        self
    }

    /// Calls `decide` for each well-formed request. It sees the request, may add to the answer, and
    /// may refuse: a wrong `Origin`, an unknown target, a missing login.
    #[must_use]
    pub fn decide(
        mut self,
        decide: impl FnMut(&Request<'_>, &mut Acceptance) -> Result<(), Refusal> + Send + Sync + 'static,
    ) -> Self {
        self.terms.decide = Some(Box::new(decide));
        self
    }

    /// Queues the answer to a request that cannot be accepted.
    #[cfg(feature = "http")]
    pub(super) fn refuse(error: &RequestError, output: &mut Output) {
        Terms::refuse(error, false, output);
    }

    /// The stage that reads requests, with its limits.
    #[cfg(feature = "http")]
    pub(super) fn head(&self) -> &RequestDecoder {
        &self.head
    }

    /// Sets the limits on the head of the request.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.head = self.head.limits(limits);
        self
    }

    /// Accepts the departures from strict HTTP/1.1 that `relaxed` names, as far as they concern
    /// requests: [`RequestDecoder::relaxed`].
    #[must_use]
    pub fn relaxed(mut self, relaxed: Relaxed) -> Self {
        self.head = self.head.relaxed(relaxed);
        self
    }

    /// Answers a request that was read already, for servers that also speak HTTP. Offsets of faults
    /// count from the front of its head.
    ///
    /// # Errors
    /// As [`advance`](Exchange::advance). The answer is in `output` in any case.
    pub fn respond(
        &mut self,
        request: &Request<'_>,
        output: &mut Output,
    ) -> Result<Accepted, Fault<RequestError>> {
        self.terms.respond(request, output)
    }
}

impl Default for ServerHandshake {
    fn default() -> Self {
        Self::new()
    }
}

impl Exchange for ServerHandshake {
    type Output = Accepted;
    type Error = RequestError;

    fn advance(
        &mut self,
        input: &mut Buffer,
        eof: bool,
        output: &mut Output,
    ) -> Result<Progress<Accepted>, Fault<RequestError>> {
        if let Some(fault) = &self.failed {
            return Err(fault.clone());
        }
        let outcome = match input.step(&mut self.head, eof, output) {
            Ok(Step::Item(request)) => {
                let length = request.as_bytes().len() as u64;
                let outcome = self.terms.respond(&request, output);
                let front = input.position() - length;
                outcome.map(Progress::Done).map_err(|fault| fault.moved(front))
            }
            Ok(Step::Need(need)) => Ok(Progress::NeedRead(need)),
            Ok(Step::Done) => Err(Fault::from_cause(Cause::Contract).at(input.position())),
            Err(fault) => {
                let fault = fault.map(RequestError::Http);
                if let Some(error) = fault.error() {
                    Terms::refuse(error, false, output);
                }
                Err(fault)
            }
        };
        outcome.inspect_err(|fault| self.failed = Some(fault.clone()))
    }

    fn belonging(&mut self, shown: &[u8]) -> usize {
        belonging(&self.head, shown)
    }
}

/// The callback of [`ServerHandshake::decide`].
type Decide = dyn FnMut(&Request<'_>, &mut Acceptance) -> Result<(), Refusal> + Send + Sync;

/// The terms on which requests are accepted.
struct Terms {
    protocols: Vec<String>,
    decide: Option<Box<Decide>>,
    deflate: Option<Deflate>,
}

impl Terms {
    /// Answers `request`: accepts or refuses it.
    fn respond(
        &mut self,
        request: &Request<'_>,
        output: &mut Output,
    ) -> Result<Accepted, Fault<RequestError>> {
        let bodiless = request.method() == "HEAD";
        let answered = check(request).and_then(|key| {
            self.accept(request, key, output).map_err(|refused| match refused {
                Ok(refusal) => {
                    let status = refusal.status;
                    let sent = match refusal.taken() {
                        Some(name) => Err(RequestError::HeaderTaken(name.to_owned())),
                        None => refusal.put(output, bodiless),
                    };
                    Fault::new(sent.err().unwrap_or(RequestError::Refused(status)))
                }
                Err(error) => Fault::new(error),
            })
        });
        answered.inspect_err(|fault| match fault.error() {
            // Its answer is the caller's, and queued.
            Some(RequestError::Refused(_)) | None => {}
            Some(error) => Self::refuse(error, bodiless, output),
        })
    }

    /// Queues the answer to a request that breaks a rule.
    fn refuse(error: &RequestError, bodiless: bool, output: &mut Output) {
        let sent = Refusal::of(error).put(output, bodiless);
        debug_assert!(sent.is_ok(), "{error:?} has an answer that cannot be sent");
    }

    /// Accepts a well-formed request, unless the caller refuses it.
    fn accept(
        &mut self,
        request: &Request<'_>,
        key: &[u8],
        output: &mut Output,
    ) -> Result<Accepted, Result<Refusal, RequestError>> {
        let offered = |protocol: &str| {
            let mut offers = request.headers().tokens(PROTOCOL);
            offers.any(|offer| offer == protocol.as_bytes())
        };
        let protocol = self.protocols.iter().find(|protocol| offered(protocol)).cloned();
        let mut acceptance = Acceptance { protocol, headers: Vec::new() };
        if let Some(decide) = &mut self.decide {
            decide(request, &mut acceptance).map_err(Ok)?;
        }
        let Acceptance { protocol, headers } = acceptance;
        if protocol.as_deref().is_some_and(|protocol| !offered(protocol)) {
            return Err(Err(RequestError::NotOffered));
        }
        if let Some((name, _)) = headers.iter().find(|(name, _)| is_taken(name)) {
            return Err(Err(RequestError::HeaderTaken(name.clone())));
        }
        let accept = accept_key(key);
        let own = [
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", &accept),
        ];
        let chosen = protocol.as_deref().map(|protocol| ("Sec-WebSocket-Protocol", protocol));
        let (deflate, answer) = self
            .deflate
            .and_then(|terms| terms.accept(request.headers().elements(EXTENSIONS)))
            .unzip();
        let extension = answer.as_deref().map(|answer| ("Sec-WebSocket-Extensions", answer));
        let added = headers.iter().map(|(name, value)| (&**name, &**value));
        let headers = own.into_iter().chain(chosen).chain(extension).chain(added);
        encode_response(output, 101, headers).map_err(|error| Err(error.into()))?;
        let head = Head::new(request.as_bytes());
        Ok(Accepted { target: request.target().to_owned(), protocol, deflate, head })
    }
}

impl fmt::Debug for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terms")
            .field("protocols", &self.protocols)
            .field("decide", &self.decide.is_some())
            .field("deflate", &self.deflate)
            .finish()
    }
}

/// Checks a request against RFC 6455 §4.2.1, and finds its key.
fn check<'a>(request: &Request<'a>) -> Result<&'a [u8], Fault<RequestError>> {
    let (head, headers) = (request.as_bytes(), request.headers());
    let fault = |error: RequestError, at: u64| Fault::new(error).at(at);
    if request.method() != "GET" {
        return Err(fault(RequestError::Method, 0));
    }
    if request.version() != Version::Http11 {
        let behind = request.target().len() as u64 + 1;
        let target = place(head, request.target().as_bytes());
        return Err(fault(RequestError::HttpVersion, target + behind));
    }
    // `*` is for OPTIONS, an authority alone for CONNECT (RFC 9112 §3.2).
    let form =
        if request.target().starts_with('/') { Ok(()) } else { request.target_form().map(drop) };
    form.map_err(|fault| fault.map(RequestError::Http))?;
    request.host().map_err(|fault| fault.map(RequestError::Http))?;
    has(headers, head, "upgrade", "websocket")
        .and_then(|()| has(headers, head, "connection", "upgrade"))
        .map_err(|at| fault(RequestError::NotAnUpgrade, at))?;
    match only(headers, head, "sec-websocket-version") {
        Ok(version) if version == VERSION.as_bytes() => {}
        Ok(other) => return Err(fault(RequestError::Version, place(head, other))),
        Err(at) => return Err(fault(RequestError::Version, at)),
    }
    let key =
        only(headers, head, "sec-websocket-key").map_err(|at| fault(RequestError::Key, at))?;
    if !is_key(key) {
        return Err(fault(RequestError::Key, place(head, key)));
    }
    if headers.find(PROTOCOL).is_some() {
        protocols_are_good(headers.tokens(PROTOCOL))
            .map_err(|offer| fault(RequestError::Protocols, place(head, offer)))?;
    }
    match request.body().map_err(|fault| fault.map(RequestError::Http))? {
        BodyLength::None | BodyLength::Known(0) => Ok(key),
        _ => {
            let mut announced = ["content-length", "transfer-encoding"].into_iter();
            let value = announced.find_map(|name| headers.find(name));
            let at = value.map_or(head.len() as u64, |value| place(head, value));
            Err(fault(RequestError::Body, at))
        }
    }
}

/// Returns true for 16 bytes in base64 (RFC 6455 §4.2.1). Unused bits of the last digit may be set,
/// as in the example of §4.1: only the text is hashed.
fn is_key(key: &[u8]) -> bool {
    let digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    matches!(key.split_last_chunk(), Some((digits, b"==")) if digits.len() == 22
        && digits.iter().all(digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_22_digits_and_two_signs() {
        assert!(is_key(b"dGhlIHNhbXBsZSBub25jZQ==") && is_key(b"AQIDBAUGBwgJCgsMDQ4PEC=="));
        let not: [&[u8]; 6] = [
            b"",
            b"==",
            b"dGhlIHNhbXBsZSBub25jZQ=",
            b"dGhlIHNhbXBsZSBub25jZ===",
            b"dGhlIHNhbXBsZSBub25jZQQ==",
            b"dGhlIHNhbXBsZSBub2-jZQ==",
        ];
        assert!(not.into_iter().all(|key| !is_key(key)));
    }
}
