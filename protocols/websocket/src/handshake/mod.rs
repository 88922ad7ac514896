//! The opening handshake (RFC 6455 §4): an HTTP/1.1 upgrade.

mod answer;
mod client;
mod error;
mod head;
#[cfg(feature = "http")]
mod http_types;
mod refusal;
mod server;

pub use answer::Answer;
pub use client::{ClientHandshake, Connected};
pub use error::{RequestError, ResponseError};
pub use refusal::Refusal;
pub use server::{Acceptance, Accepted, ServerHandshake};

use alloc::{collections::BTreeSet, string::String};
use base64ct::{Base64, Encoding};
use segue::{Decode, Framing};
use segue_http1::Fields;
use sha1::{Digest, Sha1};

/// Returns the `Sec-WebSocket-Accept` for the key of a client, by which a server proves that it has
/// read the request as a WebSocket handshake (RFC 6455 §4.2.2).
///
/// Use it in servers that leave HTTP to another library; [`ServerHandshake`] includes it.
///
/// ```
/// // The example of RFC 6455 §1.3.
/// let accept = segue_websocket::accept_key("dGhlIHNhbXBsZSBub25jZQ==");
/// assert_eq!(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
/// ```
#[must_use]
pub fn accept_key(key: impl AsRef<[u8]>) -> String {
    let mut hash = Sha1::new();
    hash.update(key.as_ref());
    hash.update(GUID);
    Base64::encode_string(&hash.finalize())
}

/// The number of bytes in `shown` that certainly belong to the head that `stage` reads.
fn belonging<D: Decode + Clone>(stage: &D, shown: &[u8]) -> usize {
    // On a copy, since the stage itself is not shown all of this yet.
    match stage.clone().frame(shown, false) {
        Ok(Framing::Record(length)) => length,
        Ok(Framing::Absorb(length)) => length,
        // All of it is part of a head that goes on; or it is none, and nothing follows.
        Ok(Framing::Need(_)) | Err(_) => shown.len(),
        Ok(Framing::Done) => 0,
    }
}

/// The offset in `head` of `part`, which is lent from it.
fn place(head: &[u8], part: &[u8]) -> u64 {
    part.as_ptr().addr().saturating_sub(head.as_ptr().addr()) as u64
}

/// The only header of that name. The error is the offset of the second one, or the end of the head
/// if there is none.
fn only<'a>(headers: Fields<'a>, head: &[u8], name: &str) -> Result<&'a [u8], u64> {
    let mut values = headers.all(name);
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value),
        (_, Some(second)) => Err(place(head, second)),
        (None, _) => Err(head.len() as u64),
    }
}

/// Checks that the list contains `token`. The error is the offset of the value without it, or the
/// end of the head.
fn has(headers: Fields<'_>, head: &[u8], name: &str, token: &str) -> Result<(), u64> {
    if headers.contains_token(name, token) {
        return Ok(());
    }
    Err(headers.find(name).map_or(head.len() as u64, |value| place(head, value)))
}

/// Returns true if the handshake writes this header itself, so that a caller must not add it.
fn is_taken(name: &str) -> bool {
    const TAKEN: &[&str] = &[
        "host",
        "upgrade",
        "connection",
        "content-length",
        "transfer-encoding",
        "sec-websocket-accept",
        "sec-websocket-extensions",
        "sec-websocket-key",
        "sec-websocket-protocol",
        "sec-websocket-version",
    ];
    TAKEN.iter().any(|taken| taken.eq_ignore_ascii_case(name))
}

/// The header of offered and agreed extensions (RFC 6455 §9.1).
const EXTENSIONS: &str = "sec-websocket-extensions";

/// Checks that each offered subprotocol is a token, and that there is none twice (RFC 6455 §4.1).
/// The error is the first that breaks the rule.
fn protocols_are_good<'a>(offers: impl Iterator<Item = &'a [u8]>) -> Result<(), &'a [u8]> {
    // Most requests offer one or none. A set, since a head has room for thousands.
    let (mut first, mut others) = (None, BTreeSet::new());
    for offer in offers {
        let is_new = match first {
            None => {
                first = Some(offer);
                true
            }
            Some(first) => first != offer && others.insert(offer),
        };
        if !is_new || !is_token(offer) {
            return Err(offer);
        }
    }
    Ok(())
}

/// Returns true for a token: visible ASCII without separators (RFC 9110 §5.6.2).
fn is_token(bytes: &[u8]) -> bool {
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !bytes.is_empty() && bytes.iter().all(is_token)
}

/// The header of offered subprotocols, and of the chosen one (RFC 6455 §11.3.4).
const PROTOCOL: &str = "sec-websocket-protocol";

/// The constant that is hashed behind the key (RFC 6455 §1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The version of the protocol (RFC 6455 §4.1).
const VERSION: &str = "13";
