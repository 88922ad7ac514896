//! Heads that are refused: as what, at which byte, with which status, by which section.

#[allow(dead_code, reason = "each test file uses a part of it")]
mod support;

use segue_http1::{Error, Limits, RequestDecoder, ResponseDecoder};
use support::refuses;

/// Each line: name, stage, input, error and offset, status and section.
macro_rules! refused {
    ($($(#[$doc:meta])* $name:ident: $stage:expr, $input:expr, $error:ident @ $at:expr,
        $status:literal, $section:literal;)*) => {
        $($(#[$doc])* #[test]
        fn $name() {
            refuses($stage, $input, (Error::$error, $at), ($status, $section));
        })*
    };
}

fn request() -> RequestDecoder {
    RequestDecoder::new()
}

fn response() -> ResponseDecoder {
    ResponseDecoder::new()
}

/// Small enough to be written out.
const SMALL: Limits = Limits { head: 40, headers: 2, target: 8, ..Limits::DEFAULT };

refused! {
    // RFC 9112 §3: request lines.
    method_missing: request(), b" / HTTP/1.1\r\n\r\n", Method @ 0, 400, "RFC 9112 §3.1";
    method_with_delimiter: request(), b"GE(T / HTTP/1.1\r\n\r\n", Method @ 2, 400, "RFC 9112 §3.1";
    method_with_tab_behind: request(), b"GET\t/ HTTP/1.1\r\n\r\n", Method @ 3, 400, "RFC 9112 §3.1";
    method_with_nul: request(), b"G\0T / HTTP/1.1\r\n\r\n", Method @ 1, 400, "RFC 9112 §3.1";
    tls_client_hello: request(), b"\x16\x03\x01\x02\x00", Method @ 0, 400, "RFC 9112 §3.1";
    method_alone: request(), b"GET\r\n\r\n", RequestLine @ 3, 400, "RFC 9112 §3";
    http_0_9: request(), b"GET /\r\n\r\n", RequestLine @ 5, 400, "RFC 9112 §3";
    target_missing: request(), b"GET  HTTP/1.1\r\n\r\n", Target @ 4, 400, "RFC 9112 §3.2";
    two_spaces_before_target: request(), b"GET  / HTTP/1.1\r\n\r\n", Target @ 4, 400, "RFC 9112 §3.2";
    two_spaces_before_version: request(), b"GET /  HTTP/1.1\r\n\r\n", Version @ 6, 400, "RFC 9112 §2.3";
    target_with_space: request(), b"GET /a b HTTP/1.1\r\n\r\n", Version @ 7, 400, "RFC 9112 §2.3";
    target_with_tab: request(), b"GET /a\tb HTTP/1.1\r\n\r\n", Target @ 6, 400, "RFC 9112 §3.2";
    target_with_del: request(), b"GET /\x7f HTTP/1.1\r\n\r\n", Target @ 5, 400, "RFC 9112 §3.2";
    target_beyond_ascii: request(), b"GET /\xc3\xa9 HTTP/1.1\r\n\r\n", Target @ 5, 400, "RFC 9112 §3.2";
    target_too_long: request().limits(SMALL), b"GET /23456789 HTTP/1.1\r\n\r\n",
        TargetTooLong @ 12, 414, "RFC 9112 §3";
    method_longer_than_the_head_may_be: request().limits(SMALL), &[b'G'; 50],
        MethodTooLong @ 40, 501, "RFC 9110 §15.6.2";
    target_longer_than_the_head_may_be: request().limits(Limits { target: 90, ..SMALL }),
        &[b"GET /", &[b'a'; 50][..]].concat(), TargetTooLong @ 40, 414, "RFC 9112 §3";
    name_longer_than_places_tell: request().limits(Limits { head: 80_000, ..SMALL }),
        &[b"GET / HTTP/1.1\r\n", &[b'a'; 70_000][..], b": b\r\n\r\n"].concat(),
        HeadTooLarge @ 0, 431, "RFC 6585 §5";
    version_missing: request(), b"GET / \r\n\r\n", RequestLine @ 6, 400, "RFC 9112 §3";
    version_in_lower_case: request(), b"GET / http/1.1\r\n\r\n", Version @ 6, 400, "RFC 9112 §2.3";
    version_without_minor: request(), b"GET / HTTP/1\r\n\r\n", RequestLine @ 12, 400, "RFC 9112 §3";
    version_with_two_digits: request(), b"GET / HTTP/11.1\r\n\r\n", Version @ 12, 400, "RFC 9112 §2.3";
    version_with_letters: request(), b"GET / HTTP/1.x\r\n\r\n", Version @ 13, 400, "RFC 9112 §2.3";
    version_with_more_behind: request(), b"GET / HTTP/1.10\r\n\r\n", RequestLine @ 14, 400, "RFC 9112 §3";
    space_behind_version: request(), b"GET / HTTP/1.1 \r\n\r\n", RequestLine @ 14, 400, "RFC 9112 §3";
    version_3_0: request(), b"GET / HTTP/3.0\r\n\r\n", UnsupportedVersion @ 11, 505, "RFC 9110 §15.6.6";
    version_0_9: request(), b"GET / HTTP/0.9\r\n\r\n", UnsupportedVersion @ 11, 505, "RFC 9110 §15.6.6";
    http_2_preface: request(), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", UnsupportedVersion @ 11, 505, "RFC 9110 §15.6.6";

    // RFC 9112 §2.2: line ends.
    bare_lf_in_request_line: request(), b"GET / HTTP/1.1\nHost: a\r\n\r\n", BareLf @ 14, 400, "RFC 9112 §2.2";
    bare_lf_in_header: request(), b"GET / HTTP/1.1\r\nHost: a\nB: c\r\n\r\n", BareLf @ 23, 400, "RFC 9112 §2.2";
    bare_lf_at_the_end: request(), b"GET / HTTP/1.1\r\nHost: a\r\n\n", BareLf @ 25, 400, "RFC 9112 §2.2";
    bare_lf_before_the_head: request(), b"\nGET / HTTP/1.1\r\n\r\n", BareLf @ 0, 400, "RFC 9112 §2.2";
    /// The first error counts, even where a LF ends the search.
    bad_method_before_a_bare_lf: request(), b"G@T / HTTP/1.1\nHost: a\n\n", Method @ 1, 400, "RFC 9112 §3.1";
    bare_cr_in_method: request(), b"GE\rT / HTTP/1.1\r\n\r\n", BareCr @ 2, 400, "RFC 9112 §2.2";
    bare_cr_in_target: request(), b"GET /\r HTTP/1.1\r\n\r\n", BareCr @ 5, 400, "RFC 9112 §2.2";
    bare_cr_in_value: request(), b"GET / HTTP/1.1\r\nA: b\rc\r\n\r\n", BareCr @ 20, 400, "RFC 9112 §2.2";
    bare_cr_before_crlf: request(), b"GET / HTTP/1.1\r\nA: b\r\r\n\r\n", BareCr @ 20, 400, "RFC 9112 §2.2";
    bare_cr_for_a_line_end: request(), b"GET / HTTP/1.1\rA: b\r\n\r\n", BareCr @ 14, 400, "RFC 9112 §2.2";
    bare_cr_before_the_head: request(), b"\rGET / HTTP/1.1\r\n\r\n", BareCr @ 0, 400, "RFC 9112 §2.2";
    bare_cr_before_the_empty_line: request(), b"GET / HTTP/1.1\r\n\rA: b\r\n\r\n", BareCr @ 16, 400, "RFC 9112 §2.2";
    space_before_the_first_header: request(), b"GET / HTTP/1.1\r\n A: b\r\n\r\n",
        SpaceBeforeHeaders @ 16, 400, "RFC 9112 §2.2";
    tab_before_the_first_header: request(), b"GET / HTTP/1.1\r\n\tA: b\r\n\r\n",
        SpaceBeforeHeaders @ 16, 400, "RFC 9112 §2.2";

    // RFC 9112 §5: headers.
    space_before_colon: request(), b"GET / HTTP/1.1\r\nA : b\r\n\r\n", SpaceBeforeColon @ 17, 400, "RFC 9112 §5.1";
    tabs_before_colon: request(), b"GET / HTTP/1.1\r\nA\t\t: b\r\n\r\n", SpaceBeforeColon @ 17, 400, "RFC 9112 §5.1";
    space_in_name: request(), b"GET / HTTP/1.1\r\nA b: c\r\n\r\n", HeaderName @ 17, 400, "RFC 9112 §5.1";
    name_missing: request(), b"GET / HTTP/1.1\r\n: b\r\n\r\n", HeaderName @ 16, 400, "RFC 9112 §5.1";
    colon_missing: request(), b"GET / HTTP/1.1\r\nAbc\r\n\r\n", HeaderName @ 19, 400, "RFC 9112 §5.1";
    name_with_nul: request(), b"GET / HTTP/1.1\r\nA\0: b\r\n\r\n", HeaderName @ 17, 400, "RFC 9112 §5.1";
    name_with_bracket: request(), b"GET / HTTP/1.1\r\nA[]: b\r\n\r\n", HeaderName @ 17, 400, "RFC 9112 §5.1";
    name_beyond_ascii: request(), b"GET / HTTP/1.1\r\n\xc3\xa9: b\r\n\r\n", HeaderName @ 16, 400, "RFC 9112 §5.1";
    fold_with_space: request(), b"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", Fold @ 22, 400, "RFC 9112 §5.2";
    fold_with_tab: request(), b"GET / HTTP/1.1\r\nA: b\r\n\tc: d\r\n\r\n", Fold @ 22, 400, "RFC 9112 §5.2";
    fold_of_nothing: request(), b"GET / HTTP/1.1\r\nA: b\r\n \r\n\r\n", Fold @ 22, 400, "RFC 9112 §5.2";
    value_with_nul: request(), b"GET / HTTP/1.1\r\nA: b\0\r\n\r\n", HeaderValue @ 20, 400, "RFC 9110 §5.5";
    value_with_vertical_tab: request(), b"GET / HTTP/1.1\r\nA: \x0bb\r\n\r\n", HeaderValue @ 19, 400, "RFC 9110 §5.5";
    value_with_escape: request(), b"GET / HTTP/1.1\r\nA: \x1b[2J\r\n\r\n", HeaderValue @ 19, 400, "RFC 9110 §5.5";
    value_with_del: request(), b"GET / HTTP/1.1\r\nA: b\x7f\r\n\r\n", HeaderValue @ 20, 400, "RFC 9110 §5.5";
    too_many_headers: request().limits(SMALL), b"G / HTTP/1.1\r\nA: b\r\nC: d\r\nE: f\r\n\r\n",
        TooManyHeaders @ 26, 431, "RFC 6585 §5";
    head_too_large: request().limits(SMALL), b"GET / HTTP/1.1\r\nHost: example.org\r\nAccept: */*\r\n\r\n",
        HeadTooLarge @ 40, 431, "RFC 6585 §5";
    head_one_byte_too_large: request().limits(SMALL), b"GET / HTTP/1.1\r\nHost: 123456789012345\r\n\r\n",
        HeadTooLarge @ 40, 431, "RFC 6585 §5";
    empty_lines_without_end: request().limits(SMALL), &[*b"\r\n"; 30].concat(),
        TargetTooLong @ 40, 414, "RFC 9112 §3";
    empty_lines_count_for_the_head: request().limits(SMALL), b"\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: example.org\r\n\r\n",
        HeadTooLarge @ 40, 431, "RFC 6585 §5";

    // RFC 9112 §4: status lines.
    banner_of_another_protocol: response(), b"SSH-2.0-x\r\n", Version @ 0, 400, "RFC 9112 §2.3";
    empty_line_before_a_response: response(), b"\r\nHTTP/1.1 200 OK\r\n\r\n", StatusLine @ 0, 400, "RFC 9112 §4";
    response_version_in_lower_case: response(), b"http/1.1 200 OK\r\n\r\n", Version @ 0, 400, "RFC 9112 §2.3";
    response_of_http_2: response(), b"HTTP/2 200 OK\r\n\r\n", Version @ 6, 400, "RFC 9112 §2.3";
    response_of_http_3_0: response(), b"HTTP/3.0 200 OK\r\n\r\n", UnsupportedVersion @ 5, 505, "RFC 9110 §15.6.6";
    version_alone: response(), b"HTTP/1.1\r\n\r\n", StatusLine @ 8, 400, "RFC 9112 §4";
    two_spaces_before_status: response(), b"HTTP/1.1  200 OK\r\n\r\n", Status @ 9, 400, "RFC 9112 §4";
    status_with_two_digits: response(), b"HTTP/1.1 20 OK\r\n\r\n", Status @ 11, 400, "RFC 9112 §4";
    status_with_four_digits: response(), b"HTTP/1.1 2000 OK\r\n\r\n", StatusLine @ 12, 400, "RFC 9112 §4";
    status_below_100: response(), b"HTTP/1.1 099 No\r\n\r\n", Status @ 9, 400, "RFC 9112 §4";
    status_with_sign: response(), b"HTTP/1.1 +20 OK\r\n\r\n", Status @ 9, 400, "RFC 9112 §4";
    status_alone: response(), b"HTTP/1.1 200\r\n\r\n", StatusLine @ 12, 400, "RFC 9112 §4";
    reason_with_nul: response(), b"HTTP/1.1 200 O\0K\r\n\r\n", Reason @ 14, 400, "RFC 9112 §4";
    reason_with_bare_cr: response(), b"HTTP/1.1 200 O\rK\r\n\r\n", BareCr @ 14, 400, "RFC 9112 §2.2";
    response_with_bare_lf: response(), b"HTTP/1.1 200 OK\nA: b\n\n", BareLf @ 15, 400, "RFC 9112 §2.2";
    response_space_before_colon: response(), b"HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
        SpaceBeforeColon @ 18, 400, "RFC 9112 §5.1";
    response_fold: response(), b"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", Fold @ 23, 400, "RFC 9112 §5.2";
    response_line_too_long: response().limits(SMALL), b"HTTP/1.1 200 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        HeadTooLarge @ 40, 431, "RFC 6585 §5";
}
