//! Chunked bodies that are refused: as what, at which byte, by which section.

#[allow(dead_code, reason = "each test file uses a part of it")]
mod support;

use segue::Cause;
use segue_http1::{ChunkedBody, Error, Limits};
use support::{fault_of, refuses};

macro_rules! refused {
    ($($name:ident: $input:expr, $error:ident @ $at:expr, $section:literal;)*) => {
        $(#[test]
        fn $name() {
            let body = ChunkedBody::new();
            refuses(body, $input, (Error::$error, $at), (400, $section));
        })*
    };
}

refused! {
    size_missing: b"\r\n", ChunkSize @ 0, "RFC 9112 §7.1";
    size_only_extension: b";a=b\r\n", ChunkSize @ 0, "RFC 9112 §7.1";
    size_with_plus: b"+5\r\nhello\r\n0\r\n\r\n", ChunkSize @ 0, "RFC 9112 §7.1";
    size_with_minus: b"-5\r\nhello\r\n0\r\n\r\n", ChunkSize @ 0, "RFC 9112 §7.1";
    size_with_prefix: b"0x5\r\nhello\r\n0\r\n\r\n", ChunkSize @ 1, "RFC 9112 §7.1";
    size_with_underscore: b"1_0\r\n", ChunkSize @ 1, "RFC 9112 §7.1";
    size_with_space_before: b" 5\r\nhello\r\n", ChunkSize @ 0, "RFC 9112 §7.1";
    size_with_space_behind: b"5 \r\nhello\r\n", ChunkSize @ 2, "RFC 9112 §7.1";
    size_with_junk_behind: b"5 6\r\nhello\r\n", ChunkSize @ 2, "RFC 9112 §7.1";
    size_with_letter_behind: b"5g\r\nhello\r\n", ChunkSize @ 1, "RFC 9112 §7.1";
    size_with_nul_behind: b"5\0\r\nhello\r\n", ChunkSize @ 1, "RFC 9112 §7.1";
    size_beyond_64_bits: b"10000000000000000\r\n", ChunkSizeOverflow @ 16, "RFC 9112 §7.1";
    size_that_wraps_to_five: b"10000000000000005\r\nhello\r\n", ChunkSizeOverflow @ 16, "RFC 9112 §7.1";
    size_with_bare_lf: b"5\nhello\r\n", BareLf @ 1, "RFC 9112 §2.2";
    size_with_bare_cr: b"5\rhello\r\n", BareCr @ 1, "RFC 9112 §2.2";
    second_size_missing: b"1\r\na\r\n\r\n", ChunkSize @ 6, "RFC 9112 §7.1";
    data_too_long: b"5\r\nhello!\r\n0\r\n\r\n", ChunkEnd @ 8, "RFC 9112 §7.1";
    data_too_short: b"5\r\nhell\r\n0\r\n\r\n", ChunkEnd @ 8, "RFC 9112 §7.1";
    data_ends_in_bare_lf: b"5\r\nhello\n0\r\n\r\n", ChunkEnd @ 8, "RFC 9112 §7.1";
    data_ends_in_bare_cr: b"5\r\nhello\r0\r\n\r\n", ChunkEnd @ 9, "RFC 9112 §7.1";
    extension_without_name: b"5;\r\n", ChunkExtension @ 2, "RFC 9112 §7.1.1";
    extension_with_two_semicolons: b"5;;a\r\n", ChunkExtension @ 2, "RFC 9112 §7.1.1";
    extension_without_value: b"5;a=\r\n", ChunkExtension @ 4, "RFC 9112 §7.1.1";
    extension_with_junk: b"5;a b\r\n", ChunkExtension @ 4, "RFC 9112 §7.1.1";
    extension_with_control: b"5;a=b\x01\r\n", ChunkExtension @ 5, "RFC 9112 §7.1.1";
    extension_with_bare_lf: b"5;a\nhello\r\n", BareLf @ 3, "RFC 9112 §2.2";
    extension_with_bare_cr: b"5;a\rb\r\n", BareCr @ 3, "RFC 9112 §2.2";
    extension_with_bare_lf_in_quotes: b"5;a=\"\n\"\r\n", BareLf @ 5, "RFC 9112 §2.2";
    extension_with_open_quotes: b"5;a=\"b\r\n", ChunkExtension @ 6, "RFC 9112 §7.1.1";
    extension_with_escaped_end: b"5;a=\"b\\\r\n", ChunkExtension @ 7, "RFC 9112 §7.1.1";
    extension_ends_in_space: b"5;a=b \r\n", ChunkExtension @ 6, "RFC 9112 §7.1.1";
    trailer_with_bare_lf: b"0\r\nA: b\n\r\n", BareLf @ 7, "RFC 9112 §2.2";
    trailer_bad_before_bare_lf: b"0\r\nA b\n\r\n", HeaderName @ 4, "RFC 9112 §5.1";
    trailer_space_before_colon: b"0\r\nA : b\r\n\r\n", SpaceBeforeColon @ 4, "RFC 9112 §5.1";
    trailer_with_fold: b"0\r\nA: b\r\n c\r\n\r\n", Fold @ 9, "RFC 9112 §5.2";
    trailer_with_nul: b"0\r\nA: \0\r\n\r\n", HeaderValue @ 6, "RFC 9110 §5.5";
    no_crlf_behind_the_last_chunk: b"0\r\n\n", BareLf @ 3, "RFC 9112 §2.2";
}

#[test]
fn lines_beyond_their_limit() {
    let limits = Limits { chunk_line: 8, ..Limits::DEFAULT };
    let refused = |input: &[u8]| {
        let fault = fault_of(ChunkedBody::new().limits(limits), input);
        (fault.cause, fault.at)
    };
    let too_long = Cause::Stage(Error::ChunkLineTooLong);
    assert_eq!(refused(b"5;a=bcdefg\r\n"), (too_long, 8));
    assert_eq!(refused(b"00000000000000000005\r\n"), (too_long, 8));
    assert_eq!(refused(b"1;a=bc\r\nx\r\n1;a=bcd\r\nx\r\n"), (too_long, 19));
    assert_eq!(Error::ChunkLineTooLong.section(), "RFC 9112 §7.1.1");
}

/// Many small extensions are held against the limit together.
#[test]
fn extensions_beyond_their_limit() {
    let limits = Limits { head: 10, ..Limits::DEFAULT };
    let input = b"1;abc\r\nx\r\n1;abc\r\nx\r\n1;abc\r\nx\r\n0\r\n\r\n";
    let fault = fault_of(ChunkedBody::new().limits(limits), input);
    assert_eq!((fault.cause, fault.at), (Cause::Stage(Error::ChunkLineTooLong), 23));
}

#[test]
fn trailers_beyond_their_limit() {
    let limits = Limits { head: 16, headers: 2, ..Limits::DEFAULT };
    let refused = |input: &[u8]| {
        let fault = fault_of(ChunkedBody::new().limits(limits), input);
        (fault.cause, fault.at)
    };
    let large = Cause::Stage(Error::HeadTooLarge);
    assert_eq!(refused(b"0\r\nA: 234567890123\r\n\r\n"), (large, 19));
    let many = Cause::Stage(Error::TooManyHeaders);
    assert_eq!(refused(b"0\r\nA:\r\nB:\r\nC:\r\n\r\n"), (many, 11));
}
