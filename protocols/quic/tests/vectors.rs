//! The samples of RFC 9001 appendix A and of RFC 9369 appendix A, byte by byte.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

use segue_quic::{
    Coalesced, Header, MIN_INITIAL_DATAGRAM, PacketBuilder, PacketKind, PacketNumber, Version,
    protect::{
        self, HeaderKey, Keys, PacketKey, RingKeys, RustlsKeys, Secret, Suite, retry_is_authentic,
        retry_tag,
    },
};

/// The sample in the appendix of a standard.
struct Sample {
    version: Version,
    /// Of the client, then of the server: the secret, the mask that the sample gives, the header
    /// before and after it was masked.
    initial_secrets: [&'static str; 2],
    masks: [&'static str; 2],
    headers: [&'static str; 2],
    client_initial: &'static [u8],
    server_initial: &'static [u8],
    retry: &'static [u8],
    /// Of the packet with a short header: key, IV, key for the header, the secret after an update,
    /// the packet, and the mask of its header.
    short_keys: [&'static str; 3],
    updated: &'static str,
    short: &'static str,
    short_mask: &'static str,
}

const SAMPLES: [Sample; 2] = [
    Sample {
        version: Version::V1,
        initial_secrets: [
            "c00cf151ca5be075ed0ebfb5c80323c42d6b7db67881289af4008f1f6c357aea",
            "3c199828fd139efd216c155ad844cc81fb82fa8d7446fa7d78be803acdda951b",
        ],
        masks: ["437b9aec36", "2ec0d8356a"],
        headers: [
            "c300000001088394c8f03e5157080000449e00000002",
            "c1000000010008f067a5502a4262b50040750001",
        ],
        client_initial: include_bytes!("data/rfc9001_client_initial.bin"),
        server_initial: include_bytes!("data/rfc9001_server_initial.bin"),
        retry: include_bytes!("data/rfc9001_retry.bin"),
        short_keys: [
            "c6d98ff3441c3fe1b2182094f69caa2ed4b716b65488960a7a984979fb23e1c8",
            "e0459b3474bdd0e44a41c144",
            "25a282b9e82f06f21f488917a4fc8f1b73573685608597d0efcb076b0ab7a7a4",
        ],
        updated: "1223504755036d556342ee9361d253421a826c9ecdf3c7148684b36b714881f9",
        short: "4cfe4189655e5cd55c41f69080575d7999c25a5bfb",
        short_mask: "aefefe7d03",
    },
    Sample {
        version: Version::V2,
        initial_secrets: [
            "14ec9d6eb9fd7af83bf5a668bc17a7e283766aade7ecd0891f70f9ff7f4bf47b",
            "0263db1782731bf4588e7e4d93b7463907cb8cd8200b5da55a8bd488eafc37c1",
        ],
        masks: ["94a0c95e80", "4dd92e91ea"],
        headers: [
            "d36b3343cf088394c8f03e5157080000449e00000002",
            "d16b3343cf0008f067a5502a4262b50040750001",
        ],
        client_initial: include_bytes!("data/rfc9369_client_initial.bin"),
        server_initial: include_bytes!("data/rfc9369_server_initial.bin"),
        retry: include_bytes!("data/rfc9369_retry.bin"),
        short_keys: [
            "3bfcddd72bcf02541d7fa0dd1f5f9eeea817e09a6963a0e6c7df0f9a1bab90f2",
            "a6b5bc6ab7dafce30ffff5dd",
            "d659760d2ba434a226fd37b35c69e2da8211d10c4f12538787d65645d5d1b8e2",
        ],
        updated: "c69374c49e3d2a9466fa689e49d476db5d0dfbc87d32ceeaa6343fd0ae4c7d88",
        short: "5558b1c60ae7b6b932bc27d786f4bc2bb20f2162ba",
        short_mask: "97580e32bf",
    },
];

/// The connection id that the client made up.
const ORIGINAL: &[u8] = &[0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08];

/// The one that the server chose.
const SERVER: &[u8] = &[0xf0, 0x67, 0xa5, 0x50, 0x2a, 0x42, 0x62, 0xb5];

/// The frames of the client, padded to a payload of 1162 bytes, and those of the server's answer.
const FRAMES: [&[u8]; 2] =
    [include_bytes!("data/client_frames.bin"), include_bytes!("data/server_frames.bin")];

/// The secret of the packet with a short header, by ChaCha20-Poly1305.
const SHORT_SECRET: &str = "9ac312a7f877468ebe69422748ad00a15443f18203a07d6060f688f30f21632b";

#[test]
fn initial_secrets() {
    for sample in SAMPLES {
        let secrets = protect::initial_secrets(sample.version, ORIGINAL).unwrap();
        for (secret, expected) in secrets.iter().zip(sample.initial_secrets) {
            assert_eq!(secret.as_slice(), hex(expected));
            assert_eq!(secret.suite(), Suite::Aes128Gcm);
        }
    }
}

/// The keys themselves are inside of the library: what they do with the samples shows them.
#[test]
fn header_masks() {
    for sample in SAMPLES {
        let keys = protect::initial(sample.version, ORIGINAL).unwrap();
        // The sample is where it would be if the number took four bytes, behind the Length field.
        let client: &[u8; 16] = sample.client_initial[18 + 4..][..16].try_into().unwrap();
        let server: &[u8; 16] = sample.server_initial[18 + 4..][..16].try_into().unwrap();
        for (keys, taken, expected) in
            [(&keys.client, client, sample.masks[0]), (&keys.server, server, sample.masks[1])]
        {
            assert_eq!(keys.header.mask(taken).unwrap().to_vec(), hex(expected));
        }
    }
}

#[test]
fn client_initial_is_unprotected() {
    for sample in SAMPLES {
        let keys = protect::initial(sample.version, ORIGINAL).unwrap();
        let mut datagram = sample.client_initial.to_vec();
        let packet = only_packet(&mut datagram, 0);
        assert_eq!((packet.kind(), packet.version()), (PacketKind::Initial, Some(sample.version)));
        packet.header().unwrap().check_for_server(sample.client_initial.len()).unwrap();
        let opened = packet.unprotect(&keys.client, None).unwrap();
        assert_eq!(opened.number(), 2);
        assert_eq!(opened.payload().len(), 1162);
        assert!(opened.payload().starts_with(FRAMES[0]));
        assert!(opened.payload()[FRAMES[0].len()..].iter().all(|&byte| byte == 0));
        let header = hex(sample.headers[0]);
        assert_eq!(datagram[..header.len()], header);
    }
}

#[test]
fn server_initial_is_unprotected() {
    for sample in SAMPLES {
        let keys = protect::initial(sample.version, ORIGINAL).unwrap();
        let mut datagram = sample.server_initial.to_vec();
        let packet = only_packet(&mut datagram, 0);
        packet.header().unwrap().check_for_client().unwrap();
        let opened = packet.unprotect(&keys.server, Some(0)).unwrap();
        assert_eq!((opened.number(), opened.payload()), (1, FRAMES[1]));
        assert_eq!(opened.header().unwrap().source(), SERVER);
        let header = hex(sample.headers[1]);
        assert_eq!(datagram[..header.len()], header);
    }
}

#[test]
fn both_initials_are_built() {
    for sample in SAMPLES {
        let version = sample.version;
        let keys = protect::initial(version, ORIGINAL).unwrap();
        let mut room = vec![0xff; 1500];

        let header = Header::Initial { version, destination: ORIGINAL, source: b"", token: b"" };
        let number = PacketNumber::sized(2, 4).unwrap();
        let mut packet = PacketBuilder::new(&mut room, &header, number).unwrap();
        packet.put(FRAMES[0]).unwrap();
        packet.pad_to(MIN_INITIAL_DATAGRAM);
        let length = packet.finish(&keys.client).unwrap();
        assert_eq!(room[..length], *sample.client_initial);

        let header = Header::Initial { version, destination: b"", source: SERVER, token: b"" };
        let number = PacketNumber::sized(1, 2).unwrap();
        let mut packet = PacketBuilder::sized(&mut room, &header, number, FRAMES[1].len()).unwrap();
        packet.put(FRAMES[1]).unwrap();
        let length = packet.finish(&keys.server).unwrap();
        assert_eq!(room[..length], *sample.server_initial);
    }
}

#[test]
fn retry() {
    for sample in SAMPLES {
        let version = sample.version;
        assert!(retry_is_authentic(version, ORIGINAL, sample.retry));
        assert!(!retry_is_authentic(version, SERVER, sample.retry));
        let (body, tag) = sample.retry.split_last_chunk::<16>().unwrap();
        assert_eq!(retry_tag(version, ORIGINAL, body).as_ref(), Some(tag));

        let (header, layout) = Header::read(sample.retry, 0).unwrap();
        let expected =
            Header::Retry { version, destination: b"", source: SERVER, token: b"token", tag: *tag };
        assert_eq!(header, expected);
        assert_eq!(&sample.retry[layout.token()], b"token");
        header.check_for_client().unwrap();
        // The four lowest bits mean nothing; the sample has them set.
        let mut room = [0; 64];
        let length = header.write(&mut room).unwrap();
        room[0] |= 0x0f;
        assert_eq!(room[..length], *sample.retry);
    }
}

#[test]
fn short_header_by_chacha20() {
    for sample in SAMPLES {
        let secret = Secret::new(Suite::ChaCha20Poly1305, &hex(SHORT_SECRET)).unwrap();
        let next = secret.next(sample.version).unwrap();
        assert_eq!(next.as_slice(), hex(sample.updated));
        let keys = secret.keys(sample.version).unwrap();
        short_header(&sample, &keys);
        short_header(&sample, &rustls_chacha20(sample.short_keys.map(hex)));
    }
}

fn short_header<H: HeaderKey, P: PacketKey>(sample: &Sample, keys: &Keys<H, P>) {
    let expected = hex(sample.short);
    let taken: &[u8; 16] = expected.last_chunk().unwrap();
    // Of the mask's first byte, three bits are never used.
    let mask = keys.header.mask(taken).unwrap();
    let first = hex(sample.short_mask)[0];
    assert_eq!(mask[0] & 0x1f, first & 0x1f);
    assert_eq!(mask[1..], hex(sample.short_mask)[1..]);

    let mut packet = expected.clone();
    let opened = only_packet(&mut packet, 0).unprotect(keys, Some(654_360_563)).unwrap();
    assert_eq!((opened.number(), opened.payload()), (654_360_564, &[1][..]));
    assert!(!opened.key_phase() && !opened.spin());
    assert_eq!(packet[..4], hex("4200bff4"));

    let mut room = [0xff; 21];
    let header = Header::OneRtt { destination: b"", spin: false };
    let number = PacketNumber::sized(654_360_564, 3).unwrap();
    let mut packet = PacketBuilder::new(&mut room, &header, number).unwrap();
    packet.put(&[1]).unwrap();
    assert_eq!(packet.finish(keys), Ok(21));
    assert_eq!(room[..], expected);
}

/// Keys of a version open nothing of the other.
#[test]
fn versions_are_kept_apart() {
    let [first, second] = &SAMPLES;
    let other: RingKeys = protect::initial(second.version, ORIGINAL).unwrap().client;
    let mut datagram = first.client_initial.to_vec();
    assert!(only_packet(&mut datagram, 0).unprotect(&other, None).is_err());
}

fn only_packet(datagram: &mut [u8], ids: usize) -> segue_quic::Packet<'_> {
    let mut packets = Coalesced::new(datagram, ids);
    let packet = packets.next().unwrap().unwrap();
    assert!(packets.next().is_none());
    packet
}

/// Keys as rustls makes them, of their bytes.
fn rustls_chacha20([key, iv, header]: [Vec<u8>; 3]) -> RustlsKeys {
    use rustls::crypto::{cipher::Iv, ring::cipher_suite::TLS13_CHACHA20_POLY1305_SHA256};
    let suite = TLS13_CHACHA20_POLY1305_SHA256.tls13().unwrap().quic.unwrap();
    let bytes = |key: Vec<u8>| <[u8; 32]>::try_from(key).unwrap();
    Keys {
        header: suite.header_protection_key(bytes(header).into()),
        packet: suite.packet_key(bytes(key).into(), Iv::from(<[u8; 12]>::try_from(iv).unwrap())),
    }
}

fn hex(digits: &str) -> Vec<u8> {
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.as_bytes().chunks_exact(2).map(byte).collect()
}
