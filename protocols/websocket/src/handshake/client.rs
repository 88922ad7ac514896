//! The client's side of the opening handshake (RFC 6455 §4.1).

use alloc::{boxed::Box, string::String, vec::Vec};
use base64ct::{Base64, Encoding};
use core::fmt;
use segue::{Buffer, Cause, Exchange, Fault, Output, Progress, Step};
use segue_http1::{Limits, Relaxed, Response, ResponseDecoder, Target, Version, encode_request};

use crate::deflate::{Agreed, Deflate};

use super::{
    EXTENSIONS, PROTOCOL, ResponseError, VERSION, accept_key, answer::Reading, belonging, has,
    head::Head, is_taken, only, place, protocols_are_good,
};

/// The client's side of the opening handshake: it sends the request and checks the answer.
///
/// The answer must be a 101 that follows all rules of RFC 6455 §4.1. Informational answers before
/// it are skipped. Bytes behind the answer, possibly frames already, stay in the buffer.
///
/// ```
/// use segue::{Buffer, Exchange, Output, Progress};
/// use segue_websocket::ClientHandshake;
///
/// // The key of RFC 6455 §1.3; `ClientHandshake::new` takes a random one.
/// let mut handshake =
///     ClientHandshake::with_key("example.org", "/room", *b"the sample nonce").protocols(["chat"]);
/// let (mut input, mut output) = (Buffer::new(), Output::new());
/// assert!(matches!(handshake.advance(&mut input, false, &mut output)?, Progress::NeedRead(_)));
/// assert!(output.to_vec().starts_with(b"GET /room HTTP/1.1\r\nHost: example.org\r\n"));
///
/// input.extend(
///     b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
///       Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n\x81\x02hi",
/// );
/// let Progress::Done(opened) = handshake.advance(&mut input, false, &mut output)? else {
///     panic!()
/// };
/// assert_eq!(opened.protocol, None);
/// assert_eq!(input.as_slice(), b"\x81\x02hi"); // for the next stage
/// # Ok::<(), segue::Fault<segue_websocket::ResponseError>>(())
/// ```
#[derive(Debug)]
pub struct ClientHandshake {
    head: ResponseDecoder,
    host: String,
    target: String,
    key: String,
    protocols: Vec<String>,
    headers: Vec<(String, String)>,
    deflate: Option<Deflate>,
    inspect: Option<Inspect>,
    /// The answer of a server that does not agree, while its body is read, and the place of its
    /// status.
    refusing: Option<(Box<Reading>, u64)>,
    sent: bool,
    /// The number of informational answers passed over.
    informed: u8,
    /// The fault that ended the handshake, which is returned again.
    failed: Option<Fault<ResponseError>>,
}

/// The callback of [`ClientHandshake::inspect`].
struct Inspect(Box<dyn FnMut(&Response<'_>) + Send + Sync>);

impl fmt::Debug for Inspect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Inspect")
    }
}

/// The outcome of a client's handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Connected {
    /// The subprotocol that the server chose of those that were offered. `None` if it chose none: a
    /// client that needs one then closes the connection.
    pub protocol: Option<String>,
    pub(crate) deflate: Option<Agreed>,
    head: Head,
}

impl Connected {
    /// Returns the value of the first header of the answer with that name, if it is text:
    /// `Set-Cookie`.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }

    /// Returns all headers of the answer in their order, with names as they were written.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.head.headers()
    }
}

impl ClientHandshake {
    /// Creates a handshake with the server `host` (with a port unless it is the default one:
    /// `example.org:8080`) for `target` (path and query: `/chat?room=1`). The key comes from
    /// [`MaskKeys::random`].
    ///
    /// [`MaskKeys::random`]: crate::MaskKeys::random
    #[cfg(feature = "std")]
    #[must_use]
    pub fn new(host: impl Into<String>, target: impl Into<String>) -> Self {
        let mut keys = crate::MaskKeys::random();
        let mut key = [0; 16];
        for part in key.as_chunks_mut::<4>().0 {
            *part = keys.next_key();
        }
        Self::with_key(host, target, key)
    }

    /// Creates a handshake as [`new`](Self::new) does, with a key of your own, which should be
    /// random (RFC 6455 §4.1).
    #[must_use]
    pub fn with_key(host: impl Into<String>, target: impl Into<String>, key: [u8; 16]) -> Self {
        Self {
            head: ResponseDecoder::new().relaxed(tolerant(Relaxed::NOTHING)),
            host: host.into(),
            target: target.into(),
            key: Base64::encode_string(&key),
            protocols: Vec::new(),
            headers: Vec::new(),
            deflate: None,
            inspect: None,
            refusing: None,
            sent: false,
            informed: 0,
            failed: None,
        }
    }

    /// Offers these subprotocols, the most preferred first (RFC 6455 §1.9).
    #[must_use]
    pub fn protocols<P: Into<String>>(mut self, protocols: impl IntoIterator<Item = P>) -> Self {
        self.protocols = protocols.into_iter().map(Into::into).collect();
        self
    }

    /// Offers to compress messages (RFC 7692). An answer that the offer does not allow is refused;
    /// a server that ignores the offer leaves messages uncompressed.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn deflate(mut self, offer: Deflate) -> Self {
        self.deflate = Some(offer);
        self
    }

    /// Adds a header to the request: `Origin`, `Authorization`, a cookie.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Calls `inspect` with the head of the server's answer, even if it is a refusal: for its
    /// cookies, its login challenge, or the time to come again. Informational answers are not
    /// shown.
    ///
    /// ```
    /// use segue_websocket::ClientHandshake;
    /// use std::sync::{Arc, Mutex};
    ///
    /// let cookie = Arc::new(Mutex::new(None));
    /// let jar = Arc::clone(&cookie);
    /// let handshake = ClientHandshake::new("example.org", "/chat").inspect(move |response| {
    ///     *jar.lock().unwrap() = response.headers().find("set-cookie").map(<[u8]>::to_vec);
    /// });
    /// # let _ = handshake;
    /// ```
    #[must_use]
    pub fn inspect(mut self, inspect: impl FnMut(&Response<'_>) + Send + Sync + 'static) -> Self {
        self.inspect = Some(Inspect(Box::new(inspect)));
        self
    }

    /// Sets the limits on the head of the answer.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.head = self.head.limits(limits);
        self
    }

    /// Accepts the departures from strict HTTP/1.1 that `relaxed` names, for old servers. A status
    /// line that ends behind the status ([`Relaxed::bare_status`]) is accepted in any case.
    #[must_use]
    pub fn relaxed(mut self, relaxed: Relaxed) -> Self {
        self.head = self.head.relaxed(tolerant(relaxed));
        self
    }

    /// Queues the request.
    fn send(&self, output: &mut Output) -> Result<(), ResponseError> {
        if let Some((name, _)) = self.headers.iter().find(|(name, _)| is_taken(name)) {
            return Err(ResponseError::HeaderTaken(name.clone()));
        }
        protocols_are_good(self.protocols.iter().map(String::as_bytes))
            .map_err(|offer| ResponseError::Offered(String::from_utf8_lossy(offer).into_owned()))?;
        let is_path = self.target.starts_with('/')
            || matches!(Target::read(&self.target), Some(Target::Absolute { .. }));
        if !is_path {
            return Err(ResponseError::Target);
        }
        let own = [
            ("Host", &*self.host),
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Key", &self.key),
            ("Sec-WebSocket-Version", VERSION),
        ];
        let offers = self.protocols.join(", ");
        let offers = (!offers.is_empty()).then_some(("Sec-WebSocket-Protocol", &*offers));
        let added = self.headers.iter().map(|(name, value)| (&**name, &**value));
        let extension = self.deflate.map(Deflate::offer);
        let extension = extension.as_deref().map(|offer| ("Sec-WebSocket-Extensions", offer));
        let headers = own.into_iter().chain(offers).chain(extension).chain(added);
        encode_request(output, "GET", &self.target, headers).map_err(Into::into)
    }

    /// Reads one answer.
    fn answered(
        &mut self,
        input: &mut Buffer,
        eof: bool,
        output: &mut Output,
    ) -> Result<Progress<Answered>, Fault<ResponseError>> {
        match input.step(&mut self.head, eof, output) {
            Ok(Step::Item(response)) => {
                let length = response.as_bytes().len() as u64;
                let outcome = if matches!(response.status(), 100 | 102..=199) {
                    Ok(Answered::Informed)
                } else {
                    if let Some(Inspect(inspect)) = &mut self.inspect {
                        inspect(&response);
                    }
                    if response.status() == 101 {
                        check(&response, &self.key, &self.protocols, self.deflate)
                            .map(Answered::Agreed)
                    } else {
                        Ok(Answered::Refused(Box::new(Reading::new(&response))))
                    }
                };
                let front = input.position() - length;
                outcome.map(Progress::Done).map_err(|fault| fault.moved(front))
            }
            Ok(Step::Need(need)) => Ok(Progress::NeedRead(need)),
            Ok(Step::Done) => Err(Fault::from_cause(Cause::Contract).at(input.position())),
            Err(fault) => Err(fault.map(ResponseError::Http)),
        }
    }

    fn go_on(
        &mut self,
        input: &mut Buffer,
        eof: bool,
        output: &mut Output,
    ) -> Result<Progress<Connected>, Fault<ResponseError>> {
        if !self.sent {
            self.send(output).map_err(|error| Fault::new(error).at(input.position()))?;
            self.sent = true;
        }
        loop {
            if let Some((reading, at)) = &mut self.refusing {
                if let Some(need) = reading.read(input, eof, output) {
                    return Ok(Progress::NeedRead(need));
                }
                let error = ResponseError::Status(Box::new(reading.take()));
                return Err(Fault::new(error).at(*at));
            }
            let front = input.position();
            match self.answered(input, eof, output)? {
                Progress::Done(Answered::Agreed(opened)) => return Ok(Progress::Done(opened)),
                Progress::Done(Answered::Refused(reading)) => {
                    self.refusing = Some((reading, front + STATUS));
                }
                Progress::Done(Answered::Informed) if self.informed == INFORMATIONAL => {
                    return Err(Fault::new(ResponseError::Informational).at(input.position()));
                }
                Progress::Done(Answered::Informed) => {
                    self.informed += 1;
                    self.head.begin_again();
                }
                Progress::NeedRead(need) => return Ok(Progress::NeedRead(need)),
                Progress::NeedWrite => return Ok(Progress::NeedWrite),
            }
        }
    }
}

/// An answer whose head has been read.
enum Answered {
    /// Another one follows.
    Informed,
    Agreed(Connected),
    Refused(Box<Reading>),
}

impl Exchange for ClientHandshake {
    type Output = Connected;
    type Error = ResponseError;

    fn advance(
        &mut self,
        input: &mut Buffer,
        eof: bool,
        output: &mut Output,
    ) -> Result<Progress<Connected>, Fault<ResponseError>> {
        if let Some(fault) = &self.failed {
            return Err(fault.clone());
        }
        self.go_on(input, eof, output).inspect_err(|fault| self.failed = Some(fault.clone()))
    }

    fn belonging(&mut self, shown: &[u8]) -> usize {
        match &self.refusing {
            Some((reading, _)) => belonging(reading.stage(), shown),
            None => belonging(&self.head, shown),
        }
    }
}

/// Checks an answer with status 101 against RFC 6455 §4.1.
fn check(
    response: &Response<'_>,
    key: &str,
    offered: &[String],
    deflate: Option<Deflate>,
) -> Result<Connected, Fault<ResponseError>> {
    let (head, headers) = (response.as_bytes(), response.headers());
    let fault = |error: ResponseError, at: u64| Fault::new(error).at(at);
    if response.version() != Version::Http11 {
        return Err(fault(ResponseError::HttpVersion, 0));
    }
    let to_another = |at| fault(ResponseError::NotAnUpgrade, at);
    // A list would do in a request; an answer names what it upgrades to.
    let upgrade = only(headers, head, "upgrade").map_err(to_another)?;
    if !upgrade.eq_ignore_ascii_case(b"websocket") {
        return Err(to_another(place(head, upgrade)));
    }
    has(headers, head, "connection", "upgrade").map_err(to_another)?;
    let accept = only(headers, head, "sec-websocket-accept")
        .map_err(|at| fault(ResponseError::Accept, at))?;
    if accept != accept_key(key).as_bytes() {
        return Err(fault(ResponseError::Accept, place(head, accept)));
    }
    let mut extensions = headers.elements(EXTENSIONS);
    let deflate = match extensions.next() {
        None => None,
        Some(answer) => match deflate.and_then(|offer| offer.confirm(answer)) {
            None => return Err(fault(ResponseError::Extension, place(head, answer))),
            agreed => agreed,
        },
    };
    if let Some(another) = extensions.next() {
        return Err(fault(ResponseError::Extension, place(head, another)));
    }
    let connected = |protocol| Connected { protocol, deflate, head: Head::new(head) };
    if headers.find(PROTOCOL).is_none() {
        return Ok(connected(None));
    }
    let protocol =
        only(headers, head, PROTOCOL).map_err(|at| fault(ResponseError::Protocol, at))?;
    match offered.iter().find(|offer| offer.as_bytes() == protocol) {
        Some(protocol) => Ok(connected(Some(protocol.clone()))),
        None => Err(fault(ResponseError::Protocol, place(head, protocol))),
    }
}

/// Adds to what `relaxed` accepts a status line that ends behind the status. It can mean nothing
/// else, and servers that are written by hand answer "HTTP/1.1 101".
const fn tolerant(relaxed: Relaxed) -> Relaxed {
    Relaxed { bare_status: true, ..relaxed }
}

/// The offset of the status in a head.
const STATUS: u64 = "HTTP/1.1 ".len() as u64;

/// The most informational answers that are passed over. Servers send one or two; more would keep a
/// client waiting for ever.
const INFORMATIONAL: u8 = 8;
