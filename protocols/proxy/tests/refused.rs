//! Headers that are refused, each with its offset; and those that must not be.

mod support;

use segue::{Buffer, Cause, Fault, Output, Step};
use segue_proxy::{Endpoints, Error, Header, OptionalHeader, Presence, ProxyHeader, Tlv, Version};
use support::{INET, TLVS, tlv, v2, with_tlv};

fn read(bytes: &[u8]) -> Result<Header<'static>, Fault<Error>> {
    let mut buffer = Buffer::from(bytes);
    match buffer.step(&mut ProxyHeader::new(), true, &mut Output::new())? {
        Step::Item(header) => Ok(header.into_owned()),
        other => panic!("{other:?}"),
    }
}

fn refused(bytes: &[u8], error: Error, at: u64) {
    let fault = read(bytes).expect_err("it is refused");
    assert_eq!(fault, Fault::new(error).at(at), "{}", bytes.escape_ascii());
}

/// §2.1
#[test]
fn lines_of_another_form() {
    let cases: &[(&[u8], u64)] = &[
        // Protocols: unknown ones, another case, nothing, two spaces.
        (b"PROXY TCP 1.2.3.4 5.6.7.8 1 2\r\n", 6),
        (b"PROXY UDP4 1.2.3.4 5.6.7.8 1 2\r\n", 6),
        (b"PROXY tcp4 1.2.3.4 5.6.7.8 1 2\r\n", 6),
        (b"PROXY UNKNOWNS\r\n", 6),
        (b"PROXY  TCP4 1.2.3.4 5.6.7.8 1 2\r\n", 6),
        (b"PROXY \t\t\t\t\t\t\t\r\n", 6),
        // Addresses: leading zeros, too few or too large numbers, of the other family, a scope.
        (b"PROXY TCP4 01.2.3.4 5.6.7.8 1 2\r\n", 11),
        (b"PROXY TCP4 1.2.3.4 5.6.7.08 1 2\r\n", 19),
        (b"PROXY TCP4 1.2.3 5.6.7.8 1 2\r\n", 11),
        (b"PROXY TCP4 1.2.3.256 5.6.7.8 1 2\r\n", 11),
        (b"PROXY TCP4 ::1 5.6.7.8 1 2\r\n", 11),
        (b"PROXY TCP6 1.2.3.4 ::1 1 2\r\n", 11),
        (b"PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n", 11),
        (b"PROXY TCP6 1::2::3 ::1 1 2\r\n", 11),
        (b"PROXY TCP6 ::1 00001::1 1 2\r\n", 15),
        (b"PROXY TCP6 ::1 [::1] 1 2\r\n", 15),
        // Ports: leading zeros, a sign, too large, nothing.
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 01 2\r\n", 27),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 00 2\r\n", 27),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 +1 2\r\n", 27),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 1 65536\r\n", 29),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 1 \r\n", 29),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n", 28),
        (b"PROXY TCP4\r\n     ", 10),
        // Other spaces, and something behind the last field.
        (b"PROXY TCP4 1.2.3.4  5.6.7.8 1 2\r\n", 19),
        (b"PROXY TCP4 1.2.3.4\t5.6.7.8 1 2\r\n", 11),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2 \r\n", 30),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n", 30),
        // Ends of lines that are half of one.
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n", 30),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\rG", 31),
        (b"PROXY UNKNOWN\n\r\n", 13),
        (b"PROXY UNKNOWN a\rb\r\n", 16),
    ];
    for (bytes, at) in cases {
        refused(bytes, Error::Line, *at);
    }
}

/// §2.1: 107 bytes with the CRLF, and not one more.
#[test]
fn lines_are_bounded() {
    let line = |length: usize| {
        let rest = vec![b'x'; length - 2 - 14];
        [&b"PROXY UNKNOWN "[..], &rest, b"\r\n"].concat()
    };
    assert!(read(&line(107)).is_ok());
    assert_eq!(read(&line(108)), Err(Fault::too_long(107)));
    // It is refused as soon as that is certain.
    let mut buffer = Buffer::from(&line(200)[..106]);
    let mut stage = ProxyHeader::new();
    let fault = buffer.step(&mut stage, false, &mut Output::new());
    assert_eq!(fault, Err(Fault::too_long(107)));
}

#[test]
fn bytes_that_are_no_header() {
    refused(b"GET / HTTP/1.1\r\n\r\n", Error::NoHeader, 0);
    refused(b"POST / HTTP/1.1\r\n\r\n", Error::NoHeader, 1);
    refused(b"PROXYTCP4 1.2.3.4", Error::NoHeader, 5);
    refused(b"\x16\x03\x01\x02\x00", Error::NoHeader, 0);
    refused(b"\r\n\r\n\0\r\nQUIT\r\n", Error::NoHeader, 11);
    for bytes in [&b""[..], b"PROX", b"PROXY TCP4 1.2.3.4\r", &v2(0x21, 0x11, INET)[..27]] {
        assert_eq!(read(bytes), Err(Fault::truncated(bytes.len() as u64)));
    }
}

/// §2.2, each as soon as its byte is there.
#[test]
fn fields_of_version_2() {
    let front = |bytes: &[u8]| [support::SIGNATURE, bytes].concat();
    for byte in [0x00, 0x01, 0x10, 0x11, 0x31, 0xFF] {
        refused(&front(&[byte]), Error::Version, 12);
    }
    for byte in 0x22..=0x2F {
        refused(&front(&[byte]), Error::Command, 12);
    }
    for byte in [0x03, 0x13, 0x1F, 0x23, 0x33, 0x40, 0x41, 0xF1] {
        refused(&front(&[0x21, byte]), Error::Family, 13);
    }
    for (family, length) in [(0x11, 11), (0x12, 0), (0x21, 35), (0x22, 12), (0x31, 215), (0x32, 36)]
    {
        refused(&front(&[0x21, family, 0, length]), Error::AddressLength, 14);
    }
}

/// A header is refused by what it announces, before that has come.
#[test]
fn headers_are_bounded() {
    let announces = |length: u16| {
        let [high, low] = length.to_be_bytes();
        [support::SIGNATURE, &[0x21, 0x11, high, low]].concat()
    };
    assert_eq!(read(&announces(4096 - 16)), Err(Fault::truncated(16)));
    assert_eq!(read(&announces(4096 - 15)), Err(Fault::too_long(4096)));
    assert_eq!(read(&announces(0xFFFF)), Err(Fault::too_long(4096)));
}

/// §2.2 and §2.2.1 to §2.2.7
#[test]
fn tlvs() {
    let with = |tlvs: &[u8]| v2(0x21, 0x11, &[INET, tlvs].concat());
    // Cut off: a type alone, half a length, a value.
    refused(&with(&[0x04]), Error::Tlv, TLVS + 1);
    refused(&with(&[0x04, 0]), Error::Tlv, TLVS + 2);
    refused(&with(&[0x04, 0, 3, 1, 2]), Error::Tlv, TLVS + 5);
    refused(&with(&[&tlv(0x04, b"abc")[..], &[0xE0, 0xFF, 0xFF]].concat()), Error::Tlv, TLVS + 9);
    // Values.
    refused(&with_tlv(0x02, b"a\xff"), Error::TlvValue(0x02), TLVS + 4);
    refused(&with_tlv(0x03, b"abc"), Error::TlvValue(0x03), TLVS + 6);
    refused(&with_tlv(0x03, b"abcde"), Error::TlvValue(0x03), TLVS + 7);
    refused(&with_tlv(0x05, &[7; 129]), Error::TlvValue(0x05), TLVS + 3 + 128);
    refused(&with_tlv(0x20, b"\x01\0\0\0"), Error::TlvValue(0x20), TLVS + 7);
    refused(&with_tlv(0x30, "bl\u{fc}".as_bytes()), Error::TlvValue(0x30), TLVS + 5);
    // In a session of TLS: cut off, not ASCII, not UTF-8, twice.
    let ssl = |subs: &[u8]| with_tlv(0x20, &[&[1, 0, 0, 0, 0][..], subs].concat());
    let at = TLVS + 3 + 5;
    refused(&ssl(&[0x21, 0]), Error::Tlv, at + 2);
    refused(&ssl(&[0x21, 0, 9, 1]), Error::Tlv, at + 4);
    refused(&ssl(&tlv(0x21, b"TLS\xff")), Error::TlvValue(0x21), at + 6);
    refused(&ssl(&tlv(0x22, b"\xff")), Error::TlvValue(0x22), at + 3);
    let twice = [tlv(0x23, b"A"), tlv(0x23, b"B")].concat();
    refused(&ssl(&twice), Error::TlvTwice(0x23), at + 4);
    // Twice at all, but for padding and types of applications.
    for kind in [0x01, 0x02, 0x05, 0x30] {
        let twice = [tlv(kind, b"x"), tlv(0x04, b""), tlv(kind, b"x")].concat();
        refused(&with(&twice), Error::TlvTwice(kind), TLVS + 4 + 3);
    }
    for kind in [0x04, 0x06, 0xE0, 0xF0, 0xFF] {
        let twice = [tlv(kind, b"x"), tlv(kind, b"y")].concat();
        assert_eq!(read(&with(&twice)).expect("it is good").tlvs().iter().count(), 2);
    }
}

/// §2.2.3: any bit that is another breaks the checksum, unless it breaks the header before.
#[test]
fn a_checksum_is_checked() {
    let whole = support::written(&support::full(support::inet())).expect("it can be written");
    assert!(read(&whole).is_ok());
    let mut found = 0;
    for at in 16..whole.len() {
        for bit in 0..8 {
            let mut broken = whole.clone();
            broken[at] ^= 1 << bit;
            match read(&broken) {
                Err(fault) => found += usize::from(fault.cause == Cause::Stage(Error::Checksum)),
                // The only ones are those that turn it into a TLV of another type.
                Ok(header) => assert!(header.tlvs().value(0x03).is_none(), "bit {bit} of {at}"),
            }
        }
    }
    assert!(found > 8 * 250, "{found}");
}

/// §2.2: a LOCAL header is valid whatever it says of addresses, and its length always counts. Of a
/// header without addresses the same holds.
#[test]
fn what_is_to_be_ignored_is() {
    let blocks: [&[u8]; 5] = [b"", b"x", INET, &[0xFF; 300], &tlv(0x02, b"\xff")];
    for block in blocks {
        for family in [0x00, 0x11, 0x21, 0x32, 0x01, 0x10, 0x44, 0xFF] {
            let header = read(&v2(0x20, family, block)).expect("it is valid");
            assert_eq!(header.endpoints(), &Endpoints::Local);
            assert_eq!((header.source(), header.destination()), (None, None));
            assert!(header.tlvs().is_empty());
        }
        for family in [0x00, 0x01, 0x02, 0x10, 0x20, 0x30] {
            let header = read(&v2(0x21, family, block)).expect("it is valid");
            assert_eq!(header.endpoints(), &Endpoints::Unspecified);
            assert!(header.tlvs().is_empty());
        }
    }
    // TLVs and a checksum in it count: HAProxy's health checks have them.
    for family in [0x00, 0x11] {
        let addresses = if family == 0 { &[][..] } else { INET };
        let header = read(&v2(0x20, family, &[addresses, &tlv(0x05, b"id")].concat()));
        assert_eq!(header.expect("it is valid").tlvs().unique_id(), Some(&b"id"[..]));
        let at = 16 + addresses.len() as u64 + 3;
        refused(&v2(0x20, family, &[addresses, &tlv(0x03, b"abcd")].concat()), Error::Checksum, at);
    }
}

#[test]
fn the_rule_of_presence() {
    let take = |presence, bytes: &[u8]| {
        let mut buffer = Buffer::from(bytes);
        let (mut stage, mut output) = (OptionalHeader::new(presence), Output::new());
        let found = match buffer.step(&mut stage, true, &mut output)? {
            Step::Item(header) => header.map(|header| header.version()),
            other => panic!("{other:?}"),
        };
        assert_eq!(buffer.step(&mut stage, true, &mut output), Ok(Step::Done));
        Ok((found, buffer.as_slice().to_vec()))
    };
    let line = &b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nrest"[..];
    let binary = &[v2(0x21, 0x11, INET), b"rest".to_vec()].concat()[..];
    for presence in [Presence::Required, Presence::Optional] {
        assert_eq!(take(presence, line), Ok((Some(Version::V1), b"rest".to_vec())));
        assert_eq!(take(presence, binary), Ok((Some(Version::V2), b"rest".to_vec())));
        // A header that is there must be good.
        let fault = take(presence, b"PROXY nonsense\r\n").expect_err("it is malformed");
        assert_eq!(fault, Fault::new(Error::Line).at(6));
    }
    // A header of one that is not trusted is refused by its signature.
    for bytes in [line, binary, &line[..6], &binary[..12]] {
        assert_eq!(take(Presence::Forbidden, bytes), Err(Fault::new(Error::Untrusted)));
    }
    for bytes in [&b""[..], b"GET / HTTP/1.1\r\n\r\n", b"PROXYISH", b"PROX", b"\r\n\r\n\0\r\nQUIT"]
    {
        for presence in [Presence::Optional, Presence::Forbidden] {
            assert_eq!(take(presence, bytes), Ok((None, bytes.to_vec())));
        }
        assert!(take(Presence::Required, bytes).is_err());
    }
    // Of a version that is not read here: it is a header, and no other protocol.
    let mut stage = OptionalHeader::new(Presence::Optional).header(ProxyHeader::v2());
    let mut buffer = Buffer::from(line);
    let fault = buffer.step(&mut stage, true, &mut Output::new());
    assert_eq!(fault, Err(Fault::new(Error::NoHeader)));
}

#[test]
fn errors_say_what_is_wrong() {
    let fault = read(&with_tlv(0x05, &[7; 129])).expect_err("it is too long");
    assert_eq!(fault.to_string(), "at byte 159: a bad value in a TLV of type 0x05");
    let header = read(&with_tlv(0xE3, b"secret")).expect("it is good");
    assert_eq!(header.tlvs().iter().next(), Some(Tlv::Unknown { kind: 0xE3, value: b"secret" }));
    assert!(!format!("{header:?}").contains("secret"));
}
