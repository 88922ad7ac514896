//! Headers that are written: their bytes, and what is not written.

mod support;

use proptest::prelude::*;
use segue::{Buffer, Encode, Output, Step};
use segue_proxy::{
    Endpoints, Header, Limits, ProxyHeader, Ssl, SslTlv, Tlv, Tlvs, Transport, UnixAddress,
    WriteError,
};
use support::{ends, full, inet, unix, v2, written};

#[test]
fn the_bytes_of_the_specification() {
    let line = |endpoints| {
        let bytes = written(&Header::v1(endpoints)).expect("it can be written");
        String::from_utf8(bytes).expect("it is ASCII")
    };
    assert_eq!(line(inet()), "PROXY TCP4 192.0.2.1 192.0.2.9 56324 443\r\n");
    let longest = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
    let both = format!("[{longest}]:65535");
    assert_eq!(line(ends(&both, &both)), format!("PROXY TCP6 {longest} {longest} 65535 65535\r\n"));
    // No dots in an address of IPv6 (§2.1).
    let mixed = line(ends("192.0.2.1:7", "[::1]:25"));
    assert_eq!(mixed, "PROXY TCP6 ::ffff:c000:201 ::1 7 25\r\n");
    assert_eq!(line(Endpoints::Unspecified), "PROXY UNKNOWN\r\n");

    let bytes = |header| written(&header).expect("it can be written");
    assert_eq!(bytes(Header::v2(inet())), v2(0x21, 0x11, support::INET));
    assert_eq!(bytes(Header::v2(Endpoints::Local)), v2(0x20, 0x00, b""));
    assert_eq!(bytes(Header::v2(Endpoints::Unspecified)), v2(0x21, 0x00, b""));
    let udp = Endpoints::udp("[::1]:1".parse().unwrap(), "[::2]:3".parse().unwrap());
    let mut block = [0; 36];
    (block[15], block[31], block[33], block[35]) = (1, 2, 1, 3);
    assert_eq!(bytes(Header::v2(udp)), v2(0x21, 0x22, &block));
    let block = [b"\0client", &[0; 101][..], &[b'p'; 108]].concat();
    assert_eq!(bytes(Header::v2(unix())), v2(0x21, 0x32, &block));
    // The sum of `\r\n\r\n\0\r\nQUIT\n\x20\0\0\x07\x03\0\x04\0\0\0\0`, by another implementation.
    let sum = Header::v2(Endpoints::Local).with(Tlv::Crc32c(7)).expect("it is good");
    assert_eq!(bytes(sum), v2(0x20, 0x00, b"\x03\0\x04\xa9\xb8\x7e\x8f"));
}

#[test]
fn all_is_there_again() {
    let bytes = written(&full(inet())).expect("it can be written");
    let mut buffer = Buffer::from(&bytes[..]);
    let mut stage = ProxyHeader::new();
    let Ok(Step::Item(header)) = buffer.step(&mut stage, false, &mut Output::new()) else {
        panic!("it is whole");
    };
    let tlvs = header.tlvs();
    assert_eq!(tlvs.alpn(), Some(&b"h2"[..]));
    assert_eq!(tlvs.authority(), Some("b\u{fc}cher.example"));
    assert_eq!(tlvs.unique_id(), Some(&[9; 128][..]));
    assert_eq!(tlvs.value(0xE0), Some(&b"custom"[..]));
    assert_eq!(tlvs.iter().count(), 11);
    let ssl = tlvs.ssl().expect("it is there");
    assert_eq!((ssl.version(), ssl.cipher()), (Some("TLSv1.3"), Some("TLS_AES_128_GCM_SHA256")));
    assert_eq!(ssl.common_name(), Some("J\u{fc}rgen"));
    assert_eq!(ssl.client_cert(), Some(&[0x30, 3, 2, 1, 7][..]));
    assert!(ssl.is_tls() && ssl.is_verified());
    assert_eq!(ssl.iter().last(), Some(SslTlv::Unknown { kind: 0x2f, value: b"later" }));
    let owned = header.into_owned();
    drop(buffer);
    assert_eq!(written(&owned), Ok(bytes));
}

/// A proxy sends 0 for clients that have shown nothing, too.
#[test]
fn a_client_without_a_certificate_is_not_verified() {
    assert!(!Ssl::new(Ssl::TLS, 0).is_verified());
    assert!(!Ssl::new(Ssl::TLS | Ssl::CERTIFICATE_NOW, 10).is_verified());
    assert!(Ssl::new(Ssl::TLS | Ssl::CERTIFICATE_BEFORE, 0).is_verified());
}

#[test]
fn what_would_be_refused_is_not_written() {
    let udp = Endpoints::udp("1.2.3.4:5".parse().unwrap(), "1.2.3.4:5".parse().unwrap());
    for endpoints in [Endpoints::Local, udp, unix()] {
        assert_eq!(written(&Header::v1(endpoints)), Err(WriteError::NotInVersion1));
    }
    let line = Header::v1(inet()).with(Tlv::Noop(b""));
    assert_eq!(line, Err(WriteError::NotInVersion1));

    let refused = |tlv: Tlv<'_>| Header::v2(inet()).with(tlv).expect_err("it is refused");
    assert_eq!(refused(Tlv::UniqueId(&[0; 129])), WriteError::TlvValue(0x05));
    assert_eq!(refused(Tlv::NetNs("\u{fc}")), WriteError::TlvValue(0x30));
    // It would be read as something else.
    for kind in [0x01, 0x02, 0x03, 0x04, 0x05, 0x20, 0x30] {
        assert_eq!(refused(Tlv::Unknown { kind, value: b"abcd" }), WriteError::TlvValue(kind));
    }
    assert_eq!(refused(Tlv::Noop(&[0; 0x10000])), WriteError::TooLong);
    let twice =
        Header::v2(inet()).with(Tlv::Alpn(b"h2")).and_then(|header| header.with(Tlv::Alpn(b"h2")));
    assert_eq!(twice, Err(WriteError::TlvTwice(0x01)));

    let ssl = |tlv| Ssl::new(1, 0).with(tlv).expect_err("it is refused");
    assert_eq!(ssl(SslTlv::Cipher("\u{fc}")), WriteError::TlvValue(0x23));
    assert_eq!(ssl(SslTlv::Unknown { kind: 0x28, value: b"" }), WriteError::TlvValue(0x28));
    assert_eq!(support::ssl().with(SslTlv::Version("TLSv1.2")), Err(WriteError::TlvTwice(0x21)));

    let mut tlvs = Tlvs::new();
    tlvs.push(Tlv::Noop(&[0; 0xFFFF - 3])).expect("it fits");
    assert_eq!(tlvs.push(Tlv::Noop(b"")), Err(WriteError::TooLong));

    for (path, is_good) in
        [(&b""[..], false), (b"a\0b", false), (&[b'a'; 109], false), (b"/a", true)]
    {
        assert_eq!(UnixAddress::of_path(path).is_ok(), is_good);
    }
    assert!(UnixAddress::of_abstract(&[b'a'; 107]).is_ok_and(|address| address.path().is_none()));
    assert_eq!(UnixAddress::of_abstract(&[b'a'; 108]), Err(WriteError::UnixAddress));
    assert_eq!(UnixAddress::of_abstract(b""), Err(WriteError::UnixAddress));

    // Nothing is left of a header that is refused.
    let mut output = Output::new();
    let long = full(unix()).with(Tlv::Noop(&[0; 4000])).expect("a header may be so long");
    assert_eq!(ProxyHeader::new().encode(&long, &mut output), Err(WriteError::TooLong));
    let other = ProxyHeader::v2().encode(&Header::v1(inet()), &mut output);
    assert_eq!(other, Err(WriteError::OtherVersion));
    assert!(output.is_empty());
    let large = Limits { header: 0x1_0000 };
    assert_eq!(ProxyHeader::new().limits(large).encode(&long, &mut output), Ok(()));
}

fn endpoints() -> impl Strategy<Value = Endpoints> {
    let transport = prop_oneof![Just(Transport::Stream), Just(Transport::Datagram)];
    let ip = (any::<[std::net::SocketAddr; 2]>(), any::<bool>()).prop_map(|([a, b], is_udp)| {
        if is_udp { Endpoints::udp(a, b) } else { Endpoints::tcp(a, b) }
    });
    let bytes = prop::array::uniform32(any::<u8>());
    let unix = (transport, bytes, bytes).prop_map(|(transport, a, b)| {
        let address = |name: [u8; 32]| {
            let mut bytes = [0; UnixAddress::LENGTH];
            bytes[..32].copy_from_slice(&name);
            UnixAddress::of_bytes(bytes)
        };
        Endpoints::Unix { transport, source: address(a), destination: address(b) }
    });
    prop_oneof![Just(Endpoints::Local), Just(Endpoints::Unspecified), ip, unix]
}

proptest! {
    /// What can be made can be written or is refused by name, and what is written is read.
    #[test]
    fn any_header_comes_back(
        endpoints in endpoints(),
        is_line in any::<bool>(),
        tlvs in prop::collection::vec((any::<u8>(), prop::collection::vec(any::<u8>(), 0..40)), 0..6),
    ) {
        let mut header = if is_line { Header::v1(endpoints) } else { Header::v2(endpoints) };
        for (kind, value) in &tlvs {
            let tlv = match kind % 6 {
                0 => Tlv::Alpn(value),
                1 => Tlv::Noop(value),
                2 => Tlv::UniqueId(value),
                3 => Tlv::Crc32c(0),
                _ => Tlv::Unknown { kind: *kind, value },
            };
            if let Ok(more) = header.clone().with(tlv) {
                header = more;
            }
        }
        if let Ok(bytes) = written(&header) {
            let mut buffer = Buffer::from(&bytes[..]);
            let mut stage = ProxyHeader::new();
            match buffer.step(&mut stage, true, &mut Output::new()) {
                Ok(Step::Item(again)) => {
                    prop_assert_eq!(again.source(), unscoped(header.source()));
                    prop_assert_eq!(written(&again), Ok(bytes));
                }
                other => prop_assert!(false, "{:?}", other),
            }
        } else {
            prop_assert!(is_line);
        }
    }

    /// Any block behind any front keeps the laws.
    #[test]
    fn any_bytes_keep_the_laws(
        front in prop::sample::select(vec![&b"PROXY TCP4 "[..], b"PROXY TCP6 ", b"PROXY UNKNOWN", support::SIGNATURE]),
        command in any::<[u8; 2]>(),
        bytes in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let length = u8::try_from(bytes.len()).unwrap();
        let data = [front, &[0x20 | command[0] & 1, command[1] & 0x33, 0, length], &bytes].concat();
        segue::laws::stage(ProxyHeader::new).fuzz(&data);
    }
}

fn unscoped(address: Option<std::net::SocketAddr>) -> Option<std::net::SocketAddr> {
    address.map(|address| (address.ip(), address.port()).into())
}
