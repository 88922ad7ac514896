use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use segue::Output;
use segue_http1::{EncodeError, encode_response, reason};

use super::{RequestError, VERSION, is_taken};

/// An HTTP answer that refuses to open a WebSocket. The connection is closed after it.
///
/// ```
/// use segue_websocket::Refusal;
///
/// let login = Refusal::new(401).header("WWW-Authenticate", "Bearer").body("log in first\n");
/// # let _ = login;
/// ```
#[derive(Debug, Clone)]
pub struct Refusal {
    pub(super) status: u16,
    headers: Vec<(String, String)>,
    body: Option<String>,
}

impl Refusal {
    /// Creates a refusal with this status, from 300 to 599, and its standard phrase as the body.
    #[must_use]
    pub fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: None }
    }

    /// Adds a header: `Location`, `WWW-Authenticate`, `Retry-After`. The headers for the connection
    /// and the body are always written.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body, a plain text.
    #[must_use]
    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// The answer to a request that breaks a rule.
    pub(super) fn of(error: &RequestError) -> Self {
        let refusal = Self::new(error.status());
        match error {
            RequestError::Method => refusal.header("Allow", "GET"),
            // RFC 9110 §15.5.22, RFC 6455 §4.4.
            RequestError::NotAnUpgrade | RequestError::Version => {
                refusal.header("Sec-WebSocket-Version", VERSION)
            }
            // Details of an internal error are not sent to the client.
            _ if refusal.status == 500 => return refusal,
            _ => refusal,
        }
        .body(format!("{error}\n"))
    }

    /// Queues the answer, without the body if the request was `HEAD`.
    pub(super) fn put(&self, output: &mut Output, bodiless: bool) -> Result<(), RequestError> {
        // 1xx would promise another answer, 2xx an upgrade or nothing of the kind.
        if !matches!(self.status, 300..=599) {
            return Err(EncodeError::Status.into());
        }
        let standard = || format!("{} {}\n", self.status, reason(self.status));
        let body = self.body.clone().unwrap_or_else(standard);
        let length = body.len().to_string();
        let upgrade = self.status == 426;
        let connection = if upgrade { "close, Upgrade" } else { "close" };
        let own = [
            ("Connection", connection),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", &*length),
            ("Upgrade", "websocket"),
        ];
        let own = own.into_iter().take(if upgrade { 4 } else { 3 });
        let added = self.headers.iter().map(|(name, value)| (&**name, &**value));
        encode_response(output, self.status, own.chain(added))?;
        if !bodiless {
            output.put(body.as_bytes());
        }
        Ok(())
    }

    /// The first header that the caller must not add.
    pub(super) fn taken(&self) -> Option<&str> {
        let mut names = self.headers.iter().map(|(name, _)| &**name);
        names.find(|name| is_taken(name) || name.eq_ignore_ascii_case("content-type"))
    }
}
