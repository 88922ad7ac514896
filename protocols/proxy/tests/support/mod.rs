//! Headers for the tests.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test")]

use segue::{Encode, Output};
use segue_proxy::{
    Endpoints, Header, ProxyHeader, Ssl, SslTlv, Tlv, Transport, UnixAddress, WriteError,
};

pub(crate) const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// A header of version 2: command and version, family, and what follows the length.
pub(crate) fn v2(command: u8, family: u8, block: &[u8]) -> Vec<u8> {
    let length = u16::try_from(block.len()).expect("it is short").to_be_bytes();
    [SIGNATURE, &[command, family], &length, block].concat()
}

/// 192.0.2.1:56324 to 192.0.2.9:443.
pub(crate) const INET: &[u8] = b"\xc0\x00\x02\x01\xc0\x00\x02\x09\xdc\x04\x01\xbb";

/// The offset of the first TLV behind such addresses.
pub(crate) const TLVS: u64 = 16 + 12;

/// A header with those addresses and a TLV.
pub(crate) fn with_tlv(kind: u8, value: &[u8]) -> Vec<u8> {
    v2(0x21, 0x11, &[INET, &tlv(kind, value)].concat())
}

pub(crate) fn tlv(kind: u8, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).expect("it is short").to_be_bytes();
    [&[kind][..], &length, value].concat()
}

pub(crate) fn inet() -> Endpoints {
    ends("192.0.2.1:56324", "192.0.2.9:443")
}

pub(crate) fn ends(source: &str, destination: &str) -> Endpoints {
    Endpoints::tcp(source.parse().expect("an address"), destination.parse().expect("an address"))
}

pub(crate) fn unix() -> Endpoints {
    Endpoints::Unix {
        transport: Transport::Datagram,
        source: UnixAddress::of_abstract(b"client").expect("it is short"),
        destination: UnixAddress::of_path(&[b'p'; 108]).expect("it is of 108 bytes"),
    }
}

pub(crate) fn ssl() -> Ssl<'static> {
    let all = [
        SslTlv::Version("TLSv1.3"),
        SslTlv::CommonName("J\u{fc}rgen"),
        SslTlv::Cipher("TLS_AES_128_GCM_SHA256"),
        SslTlv::SigAlg("RSA-SHA256"),
        SslTlv::KeyAlg("RSA2048"),
        SslTlv::Group("secp256r1"),
        SslTlv::SigScheme("rsa_pss_rsae_sha256"),
        SslTlv::ClientCert(&[0x30, 0x03, 0x02, 0x01, 0x07]),
        SslTlv::Unknown { kind: 0x2f, value: b"later" },
    ];
    let empty = Ssl::new(Ssl::TLS | Ssl::CERTIFICATE_NOW, 0);
    all.into_iter().try_fold(empty, Ssl::with).expect("they are good")
}

/// A header with one TLV of each type.
pub(crate) fn full(endpoints: Endpoints) -> Header<'static> {
    let all = [
        Tlv::Alpn(b"h2"),
        Tlv::Authority("b\u{fc}cher.example"),
        Tlv::Noop(&[0; 5]),
        Tlv::Noop(b""),
        Tlv::Crc32c(0),
        Tlv::UniqueId(&[9; 128]),
        Tlv::Ssl(ssl()),
        Tlv::NetNs("blue"),
        Tlv::Unknown { kind: 0xE0, value: b"custom" },
        Tlv::Unknown { kind: 0xE0, value: b"again" },
        Tlv::Unknown { kind: 0xF7, value: b"" },
    ];
    all.into_iter().try_fold(Header::v2(endpoints), Header::with).expect("they are good")
}

/// One header of each kind.
pub(crate) fn headers() -> Vec<Header<'static>> {
    let v6 = ends("[2001:db8::7]:1", "[::1]:65535");
    let udp = Endpoints::udp(([0, 0, 0, 0], 0).into(), ([255; 4], 65_535).into());
    let mut all: Vec<_> =
        [inet(), v6, ends("192.0.2.1:7", "[2001:db8::1]:25")].map(Header::v1).into();
    all.push(Header::v1(Endpoints::Unspecified));
    for endpoints in [Endpoints::Local, Endpoints::Unspecified, inet(), v6, udp, unix()] {
        all.extend([Header::v2(endpoints), full(endpoints)]);
    }
    all
}

pub(crate) fn written(header: &Header<'_>) -> Result<Vec<u8>, WriteError> {
    let mut output = Output::new();
    ProxyHeader::new().encode(header, &mut output)?;
    Ok(output.to_vec())
}
