//! The ClientHello: fields, cuts, and what is refused.
#![cfg(feature = "rustls")]

mod support;

use segue::{Buffer, Cause, Exchange, Fault, Output, Progress};
use segue_tls::{ClientHello, Error, Hello, Limits, ReceivedHello};

/// Gives `wire` to `hello` in pieces of `piece` bytes. Returns the result and the alert.
fn read(
    mut hello: Hello,
    wire: &[u8],
    piece: usize,
) -> (Result<Option<ReceivedHello>, Fault<Error>>, Vec<u8>) {
    let (mut buffer, mut output) = (Buffer::new(), Output::new());
    for piece in wire.chunks(piece) {
        buffer.extend(piece);
        match hello.advance(&mut buffer, false, &mut output) {
            Ok(Progress::Done(found)) => {
                assert_eq!(buffer.position(), 0, "nothing is consumed");
                return (Ok(Some(found)), output.to_vec());
            }
            Ok(_) => assert!(output.is_empty()),
            Err(fault) => return (Err(fault), output.to_vec()),
        }
    }
    (Ok(None), output.to_vec())
}

#[test]
fn the_fields_are_those_that_rustls_has_sent() {
    let message = support::hello();
    for most in [1, 3, 100, 16_384] {
        let wire = [&support::in_records(&message, most)[..], b"\x14\x03\x03\x00\x01\x01"].concat();
        for piece in [1, 2, 5, 6, 7, wire.len()] {
            let (found, alert) = read(Hello::new(), &wire, piece);
            let found = found.expect("it is good").expect("it is whole");
            assert!(alert.is_empty());
            assert_eq!(found.as_bytes(), &message[4..]);
            let hello = found.client_hello();
            assert_eq!(hello.server_name(), Some(support::NAME));
            assert_eq!(hello.alpn().collect::<Vec<_>>(), [b"lines"]);
            assert_eq!(hello.versions().collect::<Vec<_>>(), [0x0304]);
            assert_eq!(hello.legacy_version(), 0x0303);
            assert!(hello.cipher_suites().any(|suite| suite == 0x1301));
            assert!(hello.groups().any(|group| group == 29));
            assert!(hello.signature_schemes().any(|scheme| scheme == 0x0403));
            assert!(hello.extension(51).is_some_and(|shares| shares.len() > 32));
            assert!(!hello.has_early_data());
            assert_eq!((hello.random().len(), hello.session_id().len()), (32, 32));
        }
    }
}

/// A body with these extensions, each with its length and content.
fn body(extensions: &[(u16, &[u8])]) -> Vec<u8> {
    let mut all = Vec::new();
    for (kind, content) in extensions {
        all.extend(kind.to_be_bytes());
        all.extend(u16::try_from(content.len()).expect("it is short").to_be_bytes());
        all.extend_from_slice(content);
    }
    let mut body = b"\x03\x03".to_vec();
    body.extend([9; 32]);
    body.extend(b"\x00\x00\x02\x13\x01\x01\x00");
    body.extend(u16::try_from(all.len()).expect("it is short").to_be_bytes());
    body.extend(all);
    body
}

/// The offset of the first extension's content in such a body.
const FIRST: u64 = 2 + 32 + 1 + 4 + 2 + 2 + 4;

#[test]
fn malformed_fields_are_refused_where_they_are() {
    let name = b"\x00\x06\x00\x00\x03a.b";
    let cases: &[(&[u8], u64)] = &[
        (b"\x03", 1),
        (&body(&[])[..20], 20),
        (&[&body(&[])[..], b"!"].concat(), FIRST - 4),
        // A session id of 33 bytes, an odd list of suites, no suites.
        (&[&[3, 3][..], &[9; 32], &[33], &[1; 33]].concat(), 35 + 32),
        (&[&[3, 3][..], &[9; 32], &[0, 0, 3, 1, 2, 3, 1, 0]].concat(), 37 + 3),
        (&[&[3, 3][..], &[9; 32], &[0, 0, 0, 1, 0]].concat(), 37),
        // The same extension twice, a known and an unknown one.
        (&body(&[(23, b""), (23, b"")]), FIRST),
        (&body(&[(0x0a0a, b""), (23, b""), (0x0a0a, b"")]), FIRST + 4),
        // Server names: another type, empty, a space, a NUL, two names.
        (&body(&[(0, b"\x00\x06\x01\x00\x03a.b")]), FIRST + 2),
        (&body(&[(0, b"\x00\x03\x00\x00\x00")]), FIRST + 5),
        (&body(&[(0, b"\x00\x06\x00\x00\x03a b")]), FIRST + 6),
        (&body(&[(0, b"\x00\x06\x00\x00\x03a\0b")]), FIRST + 6),
        (&body(&[(0, &[&[0, 12][..], &name[2..], &name[2..]].concat())]), FIRST + 8),
        // Protocols: an empty one, one that is cut off, bytes behind the list.
        (&body(&[(16, b"\x00\x01\x00")]), FIRST + 3),
        (&body(&[(16, b"\x00\x03\x03h2")]), FIRST + 5),
        (&body(&[(16, b"\x00\x03\x02h2!")]), FIRST + 5),
        // Versions and groups of an odd length.
        (&body(&[(43, b"\x03\x03\x04\x03")]), FIRST + 4),
        (&body(&[(10, b"\x00\x01\x00")]), FIRST + 3),
    ];
    for (body, at) in cases {
        let fault = ClientHello::read(body).expect_err("it is malformed");
        assert_eq!(fault, Fault::new(Error::ClientHello).at(*at), "{}", body.escape_ascii());
    }
    let hello = body(&[(0, name), (0x0a0a, b""), (16, b"\x00\x03\x02h2")]);
    let hello = ClientHello::read(&hello).expect("it is well formed");
    assert_eq!(hello.server_name(), Some("a.b"));
    assert_eq!(hello.versions().collect::<Vec<_>>(), [0x0303]);
    assert_eq!(
        format!("{hello:?}"),
        "ClientHello { server_name: Some(\"a.b\"), extensions: 3, .. }"
    );
}

/// A client of TLS 1.0 may send no extensions at all (RFC 5246 §7.4.1.2).
#[test]
fn a_hello_without_extensions_is_one() {
    let body = [&[3, 1][..], &[9; 32], &[0, 0, 2, 0, 47, 1, 0]].concat();
    let hello = ClientHello::read(&body).expect("it is well formed");
    assert_eq!((hello.server_name(), hello.alpn().count()), (None, 0));
    assert_eq!(hello.versions().collect::<Vec<_>>(), [0x0301]);
}

#[test]
fn bytes_that_are_no_hello_are_refused_at_once() {
    let refused = |wire: &[u8], limits| {
        let (found, alert) = read(Hello::new().limits(limits), wire, 1);
        (found.expect_err("it is refused"), alert)
    };
    let not_tls = refused(b"GET / HTTP/1.1\r\n", Limits::DEFAULT);
    assert_eq!(not_tls, (Fault::new(Error::NotTls), vec![]));
    let (fault, alert) = refused(b"\x16\x03\x01\x00\x05\x02\x00\x00\x01\x00", Limits::DEFAULT);
    assert_eq!(
        (fault.cause, &alert[..]),
        (Cause::Stage(Error::NoClientHello), &b"\x15\x03\x03\x00\x02\x02\x0a"[..])
    );
    let (fault, alert) = refused(b"\x16\x03\x01\x41\x01", Limits::DEFAULT);
    assert_eq!((fault.cause, alert.last()), (Cause::Stage(Error::RecordTooLong), Some(&22)));
    // A long one is refused by what it announces, before it has come.
    let announced = b"\x16\x03\x01\x00\x04\x01\x00\x40\x01";
    let (fault, alert) = refused(announced, Limits::DEFAULT);
    assert_eq!((fault.cause, alert.last()), (Cause::Stage(Error::HelloTooLong), Some(&50)));
    // And one that takes too much of the wire, in records of one byte.
    let wire = support::in_records(&[&[1, 0, 64, 0][..], &[0; 16_384]].concat(), 1);
    let (fault, _) = refused(&wire, Limits::DEFAULT);
    assert_eq!(fault.cause, Cause::Stage(Error::HelloTooLong));
    assert!(fault.at < 64 * 1024 + 10, "{}", fault.at);
}

#[test]
fn a_hello_that_is_cut_off_is_a_truncation() {
    let wire = support::in_records(&support::hello(), 50);
    for end in 0..wire.len() {
        let mut buffer = Buffer::from(&wire[..end]);
        let fault = Hello::new().advance(&mut buffer, true, &mut Output::new());
        assert_eq!(fault.expect_err("it is cut off"), Fault::truncated(end as u64));
    }
}
