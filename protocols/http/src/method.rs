//! Properties of methods (RFC 9110 §9). A method is a token whose case matters.

/// Returns true for methods that ask for nothing to be changed: GET, HEAD, OPTIONS, TRACE (RFC 9110
/// §9.2.1).
#[must_use]
pub fn is_safe(method: &[u8]) -> bool {
    matches!(method, b"GET" | b"HEAD" | b"OPTIONS" | b"TRACE")
}

/// Returns true for methods that may be sent again when no answer has come: the safe ones, PUT and
/// DELETE (RFC 9110 §9.2.2).
#[must_use]
pub fn is_idempotent(method: &[u8]) -> bool {
    is_safe(method) || matches!(method, b"PUT" | b"DELETE")
}

/// Returns true for methods whose requests are expected to have content, so that an empty one is
/// announced by `Content-Length: 0`: POST, PUT, PATCH (RFC 9110 §8.6).
#[must_use]
pub fn expects_content(method: &[u8]) -> bool {
    matches!(method, b"POST" | b"PUT" | b"PATCH")
}

/// Returns false for methods whose requests have no defined content: GET, HEAD, DELETE, CONNECT,
/// OPTIONS without a `Content-Type`, TRACE (RFC 9110 §9.3). Methods that are not known may have
/// some.
#[must_use]
pub fn defines_content(method: &[u8]) -> bool {
    !matches!(method, b"GET" | b"HEAD" | b"DELETE" | b"CONNECT" | b"OPTIONS" | b"TRACE")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of RFC 9110 §9.2.
    #[test]
    fn methods_are_what_the_registry_says() {
        for (method, safe, idempotent) in [
            (&b"GET"[..], true, true),
            (b"HEAD", true, true),
            (b"OPTIONS", true, true),
            (b"TRACE", true, true),
            (b"PUT", false, true),
            (b"DELETE", false, true),
            (b"POST", false, false),
            (b"PATCH", false, false),
            (b"CONNECT", false, false),
            (b"get", false, false),
        ] {
            assert_eq!((is_safe(method), is_idempotent(method)), (safe, idempotent));
        }
        assert!(defines_content(b"POST") && defines_content(b"QUERY") && !defines_content(b"GET"));
        assert!(expects_content(b"PUT") && !expects_content(b"QUERY"));
    }
}
