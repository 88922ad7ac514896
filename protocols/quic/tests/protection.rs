//! Protection put on and taken off, by both libraries; and all that must not come through.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

use proptest::prelude::*;
use rustls::{crypto::ring::cipher_suite, quic};
use segue_quic::{
    BuildError, Coalesced, Discard, ErrorCode, Header, Packet, PacketBuilder, PacketKind,
    PacketNumber, UnprotectError, Unprotected, VarInt, Version, Versions,
    frame::{HandshakeDone, Ping, Refused},
    protect::{
        self, HeaderKey, KeyPhases, Keys, PacketKey, Phase, RingKeys, RustlsKeys, Secret, Suite,
    },
};

fn ring(suite: Suite, version: Version) -> RingKeys {
    Secret::new(suite, &[7; 48][..suite.secret_size()]).unwrap().keys(version).unwrap()
}

fn header(kind: PacketKind, version: Version) -> Header<'static> {
    let (destination, source): (&[u8], &[u8]) = (b"someone", b"and me");
    match kind {
        PacketKind::Initial => Header::Initial { version, destination, source, token: b"a token" },
        PacketKind::ZeroRtt => Header::ZeroRtt { version, destination, source },
        PacketKind::Handshake => Header::Handshake { version, destination, source },
        _ => Header::OneRtt { destination, spin: true },
    }
}

const PROTECTED: [PacketKind; 4] =
    [PacketKind::Initial, PacketKind::ZeroRtt, PacketKind::Handshake, PacketKind::OneRtt];

fn build<H: HeaderKey, P: PacketKey>(
    header: &Header<'_>,
    number: PacketNumber,
    payload: &[u8],
    keys: &Keys<H, P>,
) -> Vec<u8> {
    let mut room = vec![0xff; 2000];
    let mut packet = PacketBuilder::new(&mut room, header, number).unwrap();
    packet.put(payload).unwrap();
    let length = packet.finish(keys).unwrap();
    room.truncate(length);
    room
}

fn only(datagram: &mut [u8]) -> Packet<'_> {
    let mut packets = Coalesced::new(datagram, 7);
    let packet = packets.next().unwrap().unwrap();
    assert!(packets.next().is_none());
    packet
}

proptest! {
    /// L6, for all kinds, versions, suites and sizes of numbers.
    #[test]
    fn what_is_protected_is_unprotected(
        kind in 0..4_usize,
        version in 0..2_usize,
        suite in 0..3_usize,
        full in 0..=PacketNumber::MAX,
        size in 1..=4_u8,
        payload in proptest::collection::vec(any::<u8>(), 0..1500),
        sized in any::<bool>(),
    ) {
        let (kind, version) = (PROTECTED[kind], Version::KNOWN[version]);
        let keys = ring(Suite::ALL[suite], version);
        let header = header(kind, version);
        let number = PacketNumber::sized(full, size).unwrap();
        let mut room = vec![0xff; 2000];
        let packet = match sized {
            true => PacketBuilder::sized(&mut room, &header, number, payload.len()),
            false => PacketBuilder::new(&mut room, &header, number),
        };
        let mut packet = packet.unwrap();
        packet.put(&payload).unwrap();
        let length = packet.finish(&keys).unwrap();
        prop_assert!(room[length..].iter().all(|&byte| byte == 0xff), "written past its end");

        let opened = only(&mut room[..length]).unprotect(&keys, full.checked_sub(1)).unwrap();
        prop_assert_eq!(opened.header(), Ok(header));
        prop_assert_eq!((opened.kind(), opened.number()), (kind, full));
        prop_assert_eq!(opened.spin(), kind == PacketKind::OneRtt);
        prop_assert!(opened.payload().starts_with(&payload));
        prop_assert!(opened.payload()[payload.len()..].iter().all(|&padding| padding == 0));
        let padding = opened.payload().len() - payload.len();
        prop_assert!(padding < 4 && (padding == 0 || opened.payload().len() + usize::from(size) <= 5));
    }

    /// A number is made out as long as it is in the window that it was cut for (RFC 9000 §A.3).
    #[test]
    fn numbers_are_recovered(
        acknowledged in 0..PacketNumber::MAX - (1 << 31),
        ahead in 1..=1_u64 << 31,
        received in 0..1_u64 << 31,
    ) {
        let full = acknowledged + ahead;
        let number = PacketNumber::new(full, Some(acknowledged)).unwrap();
        #[expect(clippy::cast_possible_truncation, reason = "at most 4")]
        let size = number.size() as u8;
        // The peer has received what it acknowledged, and maybe later ones.
        let largest = acknowledged + received % ahead;
        prop_assert_eq!(PacketNumber::recover(number.low(), size, Some(largest)), Some(full));
    }

    /// Of any number nearby, and of none, something comes out that has the low bytes.
    #[test]
    fn any_low_bytes_are_a_number(low in any::<u32>(), size in 1..=4_u8, largest in any::<Option<u64>>()) {
        let low = low & (u32::MAX >> (32 - 8 * u32::from(size)));
        let full = PacketNumber::recover(low, size, largest).unwrap();
        prop_assert!(full <= PacketNumber::MAX);
        let mask = u64::from(u32::MAX >> (32 - 8 * u32::from(size)));
        prop_assert_eq!(full & mask, u64::from(low) & mask);
    }
}

#[test]
fn numbers_at_the_ends() {
    assert_eq!(PacketNumber::new(0, None).unwrap().size(), 1);
    assert_eq!(PacketNumber::new(127, None).unwrap().size(), 1);
    assert_eq!(PacketNumber::new(128, None).unwrap().size(), 2);
    assert_eq!(PacketNumber::new(5, Some(5)), None);
    assert_eq!(PacketNumber::new(4, Some(5)), None);
    assert_eq!(PacketNumber::new(1 << 32, Some(0)), None);
    assert_eq!(PacketNumber::new(PacketNumber::MAX + 1, Some(PacketNumber::MAX)), None);
    assert_eq!(PacketNumber::sized(0, 0).or(PacketNumber::sized(0, 5)), None);
    let last = PacketNumber::MAX;
    assert_eq!(PacketNumber::recover(0xff, 1, Some(last)), Some(last));
    assert_eq!(PacketNumber::recover(0, 1, Some(last)), Some(last - 0xff));
    assert_eq!(PacketNumber::recover(0xff, 1, None), Some(0xff));
    assert_eq!(PacketNumber::recover(0x00, 1, Some(0xfe)), Some(0x100));
    // A number takes one to four bytes (RFC 9000 §17.1).
    for (low, size) in [(0, 0), (0, 5), (0x100, 1), (0x1_0000, 2), (0x100_0000, 3)] {
        assert_eq!(PacketNumber::recover(low, size, Some(7)), None);
    }
    assert!(PacketNumber::recover(u32::MAX, 4, None).is_some());
}

/// Nothing of a packet may change on its way but the bits that nobody protects, of which there are
/// none: all of the header is authenticated.
#[test]
fn every_bit_is_held() {
    for suite in Suite::ALL {
        for kind in PROTECTED {
            let keys = ring(suite, Version::V1);
            let number = PacketNumber::sized(0x1234, 2).unwrap();
            let packet = build(&header(kind, Version::V1), number, b"\x01\x01\x01", &keys);
            for bit in 0..packet.len() * 8 {
                let mut changed = packet.clone();
                changed[bit / 8] ^= 1 << (bit % 8);
                for packet in Coalesced::new(&mut changed, 7).flatten() {
                    let Err(UnprotectError::Discard(_)) = packet.unprotect(&keys, Some(0x1233))
                    else {
                        panic!("bit {bit} of {kind} by {suite:?} is not held")
                    };
                }
            }
        }
    }
}

#[test]
fn too_short_for_a_sample() {
    let keys = ring(Suite::Aes128Gcm, Version::V1);
    for length in 8..8 + 4 + 16 {
        let mut packet = vec![0x41; length];
        let error = only(&mut packet).unprotect(&keys, None).unwrap_err();
        assert_eq!(error, UnprotectError::Discard(Discard::TooShort));
        assert_eq!(packet, vec![0x41; length], "it is as it was");
    }
    let mut packet = vec![0x41; 8 + 4 + 16];
    let error = only(&mut packet).unprotect(&keys, None).unwrap_err();
    assert_eq!(error, UnprotectError::Discard(Discard::Unauthentic));
}

/// Only who has the keys can set them, so these close the connection (RFC 9000 §17.2, §17.3.1).
#[test]
fn reserved_bits_and_empty_payloads() {
    let keys = ring(Suite::Aes256Gcm, Version::V2);
    for kind in PROTECTED {
        let reserved = if kind == PacketKind::OneRtt { [0x08, 0x10] } else { [0x04, 0x08] };
        for bit in reserved {
            let mut packet = by_hand(kind, bit, b"\x01", &keys);
            let Err(UnprotectError::Close(error)) = only(&mut packet).unprotect(&keys, None) else {
                panic!("a reserved bit of {kind} goes unseen")
            };
            assert_eq!(error.code, ErrorCode::PROTOCOL_VIOLATION);
        }
        assert!(only(&mut by_hand(kind, 0, b"\x01", &keys)).unprotect(&keys, None).is_ok());
        let error = only(&mut by_hand(kind, 0, b"", &keys)).unprotect(&keys, None).unwrap_err();
        assert!(matches!(error, UnprotectError::Close(error)
            if error.code == ErrorCode::PROTOCOL_VIOLATION && error.section == "RFC 9000 §12.4"));
    }
}

/// A packet as no builder makes it: with these bits in its first byte, and this payload.
fn by_hand(kind: PacketKind, bits: u8, payload: &[u8], keys: &RingKeys) -> Vec<u8> {
    let header = header(kind, Version::V2);
    let mut packet = vec![0; 100];
    let length = header.write(&mut packet).unwrap();
    packet.truncate(length);
    if kind != PacketKind::OneRtt {
        packet.push(u8::try_from(4 + payload.len() + 16).unwrap());
    }
    let number_at = packet.len();
    packet.extend([0, 0, 0, 1]);
    packet[0] |= 3 | bits;
    let mut payload = payload.to_vec();
    let tag = keys.packet.seal(1, &packet, &mut payload).unwrap();
    packet.extend(payload);
    packet.extend(tag);
    let mask = keys.header.mask(packet[number_at + 4..].first_chunk().unwrap()).unwrap();
    packet[0] ^= mask[0] & if kind == PacketKind::OneRtt { 0x1f } else { 0x0f };
    packet[number_at..].iter_mut().zip(&mask[1..]).for_each(|(byte, mask)| *byte ^= mask);
    packet
}

/// Both libraries protect a packet to the same bytes.
#[test]
fn both_libraries_agree() {
    let suites = [
        (cipher_suite::TLS13_AES_128_GCM_SHA256, Suite::Aes128Gcm),
        (cipher_suite::TLS13_AES_256_GCM_SHA384, Suite::Aes256Gcm),
        (cipher_suite::TLS13_CHACHA20_POLY1305_SHA256, Suite::ChaCha20Poly1305),
    ];
    for (suite, ours) in suites {
        assert_eq!(ours.code(), u16::from(suite.suite()));
        let algorithm = suite.tls13().unwrap().quic.unwrap();
        assert_eq!(ours.key_size(), algorithm.aead_key_len());
        if algorithm.aead_key_len() == 32 {
            let key = algorithm.packet_key([1; 32].into(), [2; 12].into());
            assert_eq!(ours.limits(), PacketKey::limits(&*key));
        }
    }
    for (version, theirs) in [(Version::V1, quic::Version::V1), (Version::V2, quic::Version::V2)] {
        let suite = cipher_suite::TLS13_AES_128_GCM_SHA256.tls13().unwrap().quic_suite().unwrap();
        let theirs = suite.keys(b"an id of the client", rustls::Side::Client, theirs);
        let (client, server) = (RustlsKeys::from(theirs.local), RustlsKeys::from(theirs.remote));
        let ours = protect::initial(version, b"an id of the client").unwrap();
        assert_eq!(ours.client.packet.limits(), client.packet.limits());
        for kind in PROTECTED {
            let number = PacketNumber::new(3, None).unwrap();
            let header = header(kind, version);
            for (ours, theirs) in [(&ours.client, &client), (&ours.server, &server)] {
                let mut packet = build(&header, number, b"\x01\x1e", ours);
                assert_eq!(packet, build(&header, number, b"\x01\x1e", theirs));
                let opened = only(&mut packet).unprotect(theirs, Some(2)).unwrap();
                assert_eq!(opened.payload()[..2], *b"\x01\x1e");
            }
        }
    }
}

#[test]
fn keys_are_updated() {
    let mut secrets = vec![Secret::new(Suite::Aes128Gcm, &[9; 32]).unwrap()];
    secrets.extend_from_within(..);
    secrets[1] = secrets[0].next(Version::V1).unwrap();
    secrets.push(secrets[1].next(Version::V1).unwrap());
    secrets.push(secrets[2].next(Version::V1).unwrap());
    let key = |phase: usize| secrets[phase].packet_key(Version::V1).unwrap();
    let headers = secrets[0].keys(Version::V1).unwrap().header;
    let sent = |phase: usize, number: u64| {
        let keys = Keys { header: &headers, packet: key(phase) };
        let number = PacketNumber::sized(number, 2).unwrap();
        let mut room = vec![0; 100];
        let header = Header::OneRtt { destination: b"someone", spin: false };
        let packet = PacketBuilder::new(&mut room, &header, number).unwrap();
        let length = packet.key_phase(phase % 2 == 1).finish(&keys).unwrap();
        room.truncate(length);
        room
    };
    let mut phases = KeyPhases::new(key(0), key(1));
    let open = |phases: &mut KeyPhases<_>, mut packet: Vec<u8>, number: u64| {
        let unmasked = only(&mut packet).unmask(&headers).unwrap();
        phases.open(unmasked, Some(number - 1)).map(|opened: Unprotected<'_>| opened.number())
    };

    assert_eq!(open(&mut phases, sent(0, 10), 10), Ok(10));
    assert_eq!((phases.wants_next(), phases.bit()), (false, false));
    // The peer updates; a packet of the phase before comes late, and one of the new overtakes.
    assert_eq!(open(&mut phases, sent(1, 20), 20), Ok(20));
    assert_eq!((phases.wants_next(), phases.bit()), (true, true));
    assert_eq!(open(&mut phases, sent(0, 15), 15), Ok(15));
    assert_eq!(open(&mut phases, sent(1, 19), 19), Ok(19));
    assert_eq!((phases.phase(false, 18), phases.phase(false, 19)), (Phase::Previous, Phase::Next));
    // Not without the key.
    let missing = Err(UnprotectError::Discard(Discard::NoKey));
    assert_eq!(open(&mut phases, sent(2, 30), 30), missing);
    phases.provide_next(key(2));
    let unauthentic = Err(UnprotectError::Discard(Discard::Unauthentic));
    assert_eq!(open(&mut phases, sent(0, 16).into_iter().rev().collect(), 16), unauthentic);
    assert_eq!((phases.failed(), phases.bit()), (1, true));
    assert_eq!(open(&mut phases, sent(2, 30), 30), Ok(30));
    phases.provide_next(key(3));
    assert_eq!(open(&mut phases, sent(1, 21), 21), Ok(21));
    phases.forget_previous();
    assert_eq!(open(&mut phases, sent(1, 22), 22), unauthentic);
    assert_eq!(open(&mut phases, sent(3, 40), 40), Ok(40));
}

/// RFC 9001 §6.4: old keys on newer numbers, in any order in which the packets may come.
#[test]
fn nobody_goes_back_to_an_older_key() {
    let mut secrets = vec![Secret::new(Suite::Aes128Gcm, &[9; 32]).unwrap()];
    for phase in 0..3 {
        secrets.push(secrets[phase].next(Version::V1).unwrap());
    }
    let key = |phase: usize| secrets[phase].packet_key(Version::V1).unwrap();
    let headers = secrets[0].keys(Version::V1).unwrap().header;
    // Opens packets of these phases and numbers, in that order. Returns the code of each.
    let codes = |packets: &[(usize, u64)], provided: bool| {
        let (mut phases, mut later) = (KeyPhases::new(key(0), key(1)), 2);
        let mut codes = Vec::new();
        for &(phase, number) in packets {
            let keys = Keys { header: &headers, packet: key(phase) };
            let header = Header::OneRtt { destination: b"someone", spin: false };
            let full = PacketNumber::sized(number, 2).unwrap();
            let mut room = [0; 100];
            let packet = PacketBuilder::new(&mut room, &header, full).unwrap();
            let length = packet.key_phase(phase % 2 == 1).finish(&keys).unwrap();
            let unmasked = only(&mut room[..length]).unmask(&headers).unwrap();
            codes.push(match phases.open(unmasked, Some(number - 1)) {
                Ok(_) => None,
                Err(UnprotectError::Close(error)) => Some(error.code),
                Err(UnprotectError::Discard(discard)) => panic!("{discard}"),
            });
            if provided && phases.wants_next() {
                phases.provide_next(key(later));
                later += 1;
            }
        }
        codes
    };
    let wrong = Some(ErrorCode::KEY_UPDATE_ERROR);
    for provided in [false, true] {
        // The old key behind an update, and an update in front of what the old key has protected.
        assert_eq!(codes(&[(0, 10), (1, 20), (0, 25)], provided), [None, None, wrong]);
        assert_eq!(codes(&[(0, 30), (1, 25)], provided), [None, wrong]);
        assert_eq!(
            codes(&[(0, 10), (1, 20), (0, 15), (1, 14)], provided),
            [None, None, None, wrong]
        );
        // Late and overtaking packets are in order.
        assert_eq!(codes(&[(0, 10), (1, 20), (0, 19), (1, 21)], provided), [None; 4]);
    }
    assert_eq!(codes(&[(0, 10), (1, 20), (2, 30), (1, 35)], true), [None, None, None, wrong]);
}

/// Frames are written where they will be sent, and nothing follows one that goes on to the end.
#[test]
fn frames_are_built_in_their_packet() {
    let keys = ring(Suite::Aes128Gcm, Version::V1);
    let number = PacketNumber::new(0, None).unwrap();
    let header = header(PacketKind::OneRtt, Version::V1);
    let mut room = [0xff; 100];
    let mut packet = PacketBuilder::new(&mut room, &header, number).unwrap();
    packet.frames().push(Ping).unwrap();
    let mut frames = packet.frames();
    assert_eq!((frames.len(), frames.room()), (1, 100 - 16 - 8 - 1 - 1));
    // The end of the packet is the end of the data.
    let (id, zero) = (VarInt::from(4_u8), VarInt::ZERO);
    assert_eq!(frames.last_stream(id, zero, b"hi", true), Ok(Some(2)));
    assert!(matches!(frames.push(Ping), Err(Refused::Full { room: 0, .. })));
    assert!(matches!(packet.frames().push(Ping), Err(Refused::Full { room: 0, .. })));
    assert_eq!((packet.put(b"\x01"), packet.payload_room().len()), (Err(BuildError::NoRoom), 0));
    packet.pad_to(90);
    let length = packet.finish(&keys).unwrap();
    let opened = only(&mut room[..length]).unprotect(&keys, None).unwrap();
    assert_eq!(opened.payload(), b"\x01\x09\x04hi");
    // Padding that a short packet needs for its sample stands in front (RFC 9001 §5.4.2).
    let mut packet = PacketBuilder::new(&mut room, &header, number).unwrap();
    assert_eq!(packet.frames().last_stream(id, zero, b"", true), Ok(Some(0)));
    let length = packet.finish(&keys).unwrap();
    let opened = only(&mut room[..length]).unprotect(&keys, None).unwrap();
    assert_eq!(opened.payload(), b"\x00\x09\x04");
    // More cannot be counted as written than there is room for.
    let mut packet = PacketBuilder::new(&mut room, &header, number).unwrap();
    let all = packet.payload_room().len();
    assert_eq!(packet.advance(all + 1), Err(BuildError::NoRoom));
    assert_eq!((packet.written(), packet.advance(all), packet.written()), (9, Ok(()), 84));
    // The rules are those of the packet.
    let header = self::header(PacketKind::Handshake, Version::V1);
    let mut packet = PacketBuilder::new(&mut room, &header, number).unwrap();
    assert!(matches!(packet.frames().push(HandshakeDone), Err(Refused::Misplaced { .. })));
}

#[test]
fn mistakes_in_building() {
    let (number, version) = (PacketNumber::new(0, None).unwrap(), Version::V1);
    let mut room = [0; 60];
    let new = |header: Header<'_>, room: &mut [u8]| {
        PacketBuilder::new(room, &header, number).map(|packet| packet.written())
    };
    let long = |destination| Header::Handshake { version, destination, source: b"" };
    assert_eq!(new(long(&[0; 21]), &mut room), Err(BuildError::ConnectionIdTooLong(21)));
    assert_eq!(new(long(&[0; 20]), &mut room), Ok(1 + 4 + 1 + 20 + 1 + 2 + 1));
    let short = Header::OneRtt { destination: &[0; 21], spin: false };
    assert_eq!(new(short, &mut room), Err(BuildError::ConnectionIdTooLong(21)));
    let other = Header::ZeroRtt { version: Version(7), destination: b"", source: b"" };
    assert_eq!(new(other, &mut room), Err(BuildError::Version(Version(7))));
    let known = Header::Unknown { version, destination: b"", source: b"", rest: b"" };
    assert_eq!(known.write(&mut room), Err(BuildError::Version(version)));
    let versions = Versions::new(&[0; 4]).unwrap();
    let list = Header::VersionNegotiation { destination: b"", source: b"", versions };
    assert_eq!(new(list, &mut room), Err(BuildError::NotProtected));
    for length in 0..30 {
        let fits = new(long(b""), &mut room[..length]).is_ok();
        assert_eq!(fits, length >= 7 + 2 + 1 + 3 + 16, "{length}");
    }
    // More than was announced.
    let header = long(b"");
    let keys = ring(Suite::Aes128Gcm, version);
    let mut packet = PacketBuilder::sized(&mut room, &header, number, 3).unwrap();
    packet.put(&[1; 32]).unwrap();
    assert_eq!(packet.put(&[1; 32]), Err(BuildError::NoRoom));
    assert_eq!(packet.finish(&keys).map(|_| ()), Ok(()));
    let mut large = [0; 200];
    let mut packet = PacketBuilder::sized(&mut large, &header, number, 3).unwrap();
    packet.put(&[1; 100]).unwrap();
    assert_eq!(packet.finish(&keys), Err(BuildError::LengthTooSmall));
}

#[test]
fn packets_are_for_one_end() {
    let v1 = Version::V1;
    let initial = |token| Header::Initial { version: v1, destination: b"", source: b"", token };
    assert_eq!(initial(b"").check_for_server(1200), Ok(()));
    assert_eq!(initial(b"").check_for_server(1199), Err(Discard::DatagramTooSmall));
    assert_eq!(initial(b"").check_for_client(), Ok(()));
    assert_eq!(initial(b"t").check_for_client(), Err(Discard::ServerToken));
    assert_eq!(header(PacketKind::ZeroRtt, v1).check_for_client(), Err(Discard::WrongDirection));
    let retry =
        |token| Header::Retry { version: v1, destination: b"", source: b"", token, tag: [0; 16] };
    assert_eq!(retry(b"").check_for_client(), Err(Discard::NoToken));
    assert_eq!(retry(b"t").check_for_client(), Ok(()));
    assert_eq!(retry(b"t").check_for_server(1200), Err(Discard::WrongDirection));
    // RFC 9000 §7.2: the first id of a client is hard to guess; that of a Retry is the server's.
    let to = |destination| Header::Initial { version: v1, destination, source: b"", token: b"" };
    assert_eq!(to(b"12345678").check_first_for_server(1200), Ok(()));
    assert_eq!(to(b"1234567").check_first_for_server(1200), Err(Discard::ShortDestination(7)));
    assert_eq!(to(b"1234567").check_for_server(1200), Ok(()));
    assert_eq!(to(b"12345678").check_first_for_server(1199), Err(Discard::DatagramTooSmall));
    assert_eq!(header(PacketKind::ZeroRtt, v1).check_first_for_server(50), Ok(()));
}

/// A greased packet is one where the peer agreed to it (RFC 9287).
#[test]
fn greased_fixed_bit() {
    let keys = ring(Suite::Aes128Gcm, Version::V1);
    let header = header(PacketKind::OneRtt, Version::V1);
    let number = PacketNumber::new(0, None).unwrap();
    let mut room = [0; 100];
    let packet = PacketBuilder::new(&mut room, &header, number).unwrap().grease_fixed_bit();
    let length = packet.finish(&keys).unwrap();
    let fault = Coalesced::new(&mut room[..length], 7).next().unwrap().unwrap_err();
    assert_eq!(fault.error(), Some(&Discard::FixedBit));
    let packet = Coalesced::new(&mut room[..length], 7).greased_fixed_bit().next().unwrap();
    assert!(packet.unwrap().unprotect(&keys, None).is_ok());
}
