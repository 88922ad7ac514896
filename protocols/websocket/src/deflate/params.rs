//! One offer of an extension, or the answer to it (RFC 6455 §9.1, RFC 7692 §7.1).

use super::WINDOW_BITS;

/// The parameters of permessage-deflate, as they are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Params {
    pub(super) server_no_context_takeover: bool,
    pub(super) client_no_context_takeover: bool,
    pub(super) server_max_window_bits: Option<u8>,
    /// A client may name it without a value, to say that it can be told one.
    pub(super) client_max_window_bits: Option<Option<u8>>,
}

impl Params {
    /// Reads an element of `Sec-WebSocket-Extensions`. `None` for another extension, and where a
    /// parameter is unknown, there twice, or has no value that it can have: such an offer is to be
    /// declined, such an answer to be failed (RFC 7692 §7.1).
    pub(super) fn read(element: &[u8]) -> Option<Self> {
        let mut parts = element.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
        if !parts.next()?.eq_ignore_ascii_case(NAME.as_bytes()) {
            return None;
        }
        let mut params = Self::default();
        for part in parts {
            let (name, value) = match part.iter().position(|&byte| byte == b'=') {
                Some(at) => (part[..at].trim_ascii_end(), Some(part[at + 1..].trim_ascii_start())),
                None => (part, None),
            };
            let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
            let twice = if is("server_no_context_takeover") && value.is_none() {
                core::mem::replace(&mut params.server_no_context_takeover, true)
            } else if is("client_no_context_takeover") && value.is_none() {
                core::mem::replace(&mut params.client_no_context_takeover, true)
            } else if is("server_max_window_bits") {
                params.server_max_window_bits.replace(bits(value?)?).is_some()
            } else if is("client_max_window_bits") {
                let value = match value {
                    Some(value) => Some(bits(value)?),
                    None => None,
                };
                params.client_max_window_bits.replace(value).is_some()
            } else {
                return None;
            };
            if twice {
                return None;
            }
        }
        Some(params)
    }
}

/// A number of window bits: decimal, without leading zeros, quoted or not.
fn bits(value: &[u8]) -> Option<u8> {
    let quoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
    let bits = match *quoted.unwrap_or(value) {
        [digit @ b'8'..=b'9'] => digit - b'0',
        [b'1', digit @ b'0'..=b'5'] => 10 + digit - b'0',
        _ => return None,
    };
    debug_assert!(WINDOW_BITS.contains(&bits));
    Some(bits)
}

/// The extension's name (RFC 7692 §7).
pub(super) const NAME: &str = "permessage-deflate";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_as_they_are_written() {
        let read = |text: &str| Params::read(text.as_bytes());
        assert_eq!(read("permessage-deflate"), Some(Params::default()));
        let all = "permessage-deflate ; server_no_context_takeover;client_no_context_takeover; \
            server_max_window_bits = 8; client_max_window_bits=\"15\"";
        let expected = Params {
            server_no_context_takeover: true,
            client_no_context_takeover: true,
            server_max_window_bits: Some(8),
            client_max_window_bits: Some(Some(15)),
        };
        assert_eq!(read(all), Some(expected));
        let open = read("permessage-deflate; client_max_window_bits").unwrap_or_default();
        assert_eq!(open.client_max_window_bits, Some(None));
    }

    #[test]
    fn what_is_wrong_is_declined() {
        for wrong in [
            "permessage-bzip2",
            "permessage-deflate;",
            "permessage-deflate; unknown",
            "permessage-deflate; server_no_context_takeover=1",
            "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
            "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
            "permessage-deflate; server_max_window_bits",
            "permessage-deflate; server_max_window_bits=7",
            "permessage-deflate; server_max_window_bits=16",
            "permessage-deflate; server_max_window_bits=010",
            "permessage-deflate; server_max_window_bits=\"9",
            "permessage-deflate; server_max_window_bits=",
            "permessage-deflate; server_max_window_bits=9; server_max_window_bits=9",
            "permessage-deflate; client_max_window_bits=1",
            "permessage-deflate; client_max_window_bits; client_max_window_bits=9",
        ] {
            assert_eq!(Params::read(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
