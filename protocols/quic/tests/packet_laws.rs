//! The laws of segue, stamped on datagrams and on key logs.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

use segue::{Buffer, Cause, Output, Step, laws};
use segue_quic::{
    Coalesced, Datagram, Discard, Header, MAX_DATAGRAM, PacketKind, Version, Versions, key_log,
    tls::{HandshakeMessage, HandshakeMessages, Hello},
};

/// A long header up to its Length field, of version 1.
fn long(types: u8, destination: &[u8], token: Option<&[u8]>) -> Vec<u8> {
    long_of(Version::V1, types, destination, token)
}

fn long_of(version: Version, types: u8, destination: &[u8], token: Option<&[u8]>) -> Vec<u8> {
    let mut header = vec![0xc0 | types << 4];
    header.extend(version.to_bytes());
    header.extend([u8::try_from(destination.len()).unwrap()]);
    header.extend(destination);
    header.extend([2, 0xab, 0xcd]);
    if let Some(token) = token {
        header.extend([u8::try_from(token.len()).unwrap()]);
        header.extend(token);
    }
    header
}

fn with(mut header: Vec<u8>, rest: &[u8]) -> Vec<u8> {
    header.extend(rest);
    header
}

fn initial() -> Vec<u8> {
    with(long(0, b"12345678", Some(b"")), b"\x05.....")
}

fn handshake() -> Vec<u8> {
    with(long(2, b"12345678", None), b"\x40\x06......")
}

fn short() -> Vec<u8> {
    b"\x4012345678 and so on".to_vec()
}

fn retry() -> Vec<u8> {
    with(long(3, b"12345678", None), b"token and a tag of 16")
}

fn negotiation() -> Vec<u8> {
    let mut room = vec![0; 600];
    let header = Header::VersionNegotiation {
        destination: &[1; 255],
        source: &[2; 254],
        versions: Versions::new(b"\x00\x00\x00\x01\x1a\x2a\x3a\x4a").unwrap(),
    };
    let length = header.write(&mut room).unwrap();
    room.truncate(length);
    room
}

fn unknown() -> Vec<u8> {
    unknown_for(&[7; 200])
}

fn unknown_for(destination: &[u8]) -> Vec<u8> {
    with(long_of(Version::reserved(0), 1, destination, None), b"whatever")
}

/// A packet for another connection id than all others here.
fn stranger() -> Vec<u8> {
    with(long(2, b"another", None), b"\x01.")
}

/// Datagrams, each with all of its packets.
fn good() -> Vec<Vec<u8>> {
    vec![
        vec![],
        initial(),
        with(long(0, b"", Some(b"a token")), b"\x80\x00\x00\x03..."),
        with(long(1, b"", None), b"\x00"),
        [initial(), handshake(), short()].concat(),
        [handshake(), unknown_for(b"12345678")].concat(),
        [handshake(), retry()].concat(),
        with(long_of(Version::V2, 1, b"x", Some(b"y")), b"\x01z"),
        negotiation(),
        unknown(),
        short(),
        with(long(3, b"", None), &[0; 16]),
    ]
}

#[test]
fn datagrams_keep_the_laws() {
    let bad = [
        // Connection ids of 21 bytes.
        [&b"\xc0\x00\x00\x00\x01\x15"[..], &[0; 40]].concat(),
        [&b"\xc0\x00\x00\x00\x01\x00\x15"[..], &[0; 40]].concat(),
        with(initial(), b"\xd0\x6b\x33\x43\xcf\xff"),
        // For another connection id (RFC 9000 §12.2).
        [initial(), stranger(), handshake()].concat(),
        [handshake(), unknown()].concat(),
        // No connection id in front of a short header.
        with(initial(), b"\x40short"),
        // Fixed bits.
        [b"\x8f\x00\x00\x00\x01\x00\x00\x00\x02..".to_vec(), handshake()].concat(),
        b"\x0012345678".to_vec(),
        // More than the datagram has, or any has; a header that is cut off; no room for a tag.
        with(long(2, b"", None), b"\x05...."),
        with(initial(), b"\xe0\x00\x00"),
        with(long(3, b"", None), &[0; 15]),
    ];
    laws::stage(|| Datagram::new(8))
        .accepts(good())
        .refuses(bad)
        .too_long([
            with(long(2, b"", None), b"\x80\x01\x00\x00"),
            with(long(0, b"", None), b"\x80\x01\x00\x00"),
        ])
        .limit(65_527)
        .ends_anywhere()
        .check();
    laws::stage(|| Datagram::new(0)).linear(many).linear(one).ends_anywhere().check();
    laws::stage(|| {
        Datagram::new(|id: &[u8]| id.iter().position(|&byte| byte == b'8').map(|n| n + 1))
    })
    .accepts([short()])
    .refuses([b"\x4012345679"])
    .ends_anywhere()
    .check();
}

/// As many bytes of packets as a datagram can have, or fewer.
fn many(length: usize) -> Vec<u8> {
    handshake().repeat(length.min(65_000) / handshake().len())
}

fn one(length: usize) -> Vec<u8> {
    with(vec![0x40], &vec![7; length.min(65_000)])
}

/// L9, packet by packet: no prefix of one that says how long it is comes through.
#[test]
fn every_prefix_is_refused() {
    for packet in [initial(), handshake(), with(long(1, b"abc", None), b"\x02..")] {
        for length in 1..packet.len() {
            let mut cut = packet[..length].to_vec();
            let fault = Coalesced::new(&mut cut, 8).next().unwrap().unwrap_err();
            assert_eq!((fault.cause, fault.at), (Cause::Truncated, length as u64));
            let fault = Header::read(&packet[..length], 8).unwrap_err();
            assert_eq!((fault.cause, fault.at), (Cause::Truncated, length as u64));
        }
    }
}

/// The iterator and the stage are two ways to the same packets (L7).
#[test]
fn both_ways_to_split_agree() {
    let mut inputs = good();
    inputs.push([handshake(), b"\xc0\x00\x00".to_vec()].concat());
    inputs.push([b"\x8f\x00\x00\x00\x01\x00\x00\x00\x02..".to_vec(), handshake()].concat());
    for mut input in inputs {
        let mut seen = Vec::new();
        let (mut buffer, mut output) = (Buffer::from(&input[..]), Output::new());
        let mut stage = Datagram::new(8);
        loop {
            match buffer.step(&mut stage, true, &mut output) {
                Ok(Step::Item(packet)) => {
                    seen.push(Ok((packet.layout(), packet.as_slice().to_vec())));
                }
                Err(fault) => {
                    seen.push(Err(fault));
                    if fault.fatal {
                        break;
                    }
                }
                _ => break,
            }
        }
        let packets = Coalesced::new(&mut input, 8);
        let packets: Vec<_> = packets
            .map(|packet| packet.map(|packet| (packet.layout(), packet.as_slice().to_vec())))
            .collect();
        assert_eq!(packets, seen);
    }
}

/// RFC 9000 §12.2: a receiver ignores packets for another connection id than the first one's, and
/// reads the others.
#[test]
fn packets_for_others_are_errors_of_their_own() {
    let datagram = [initial(), stranger(), handshake(), short()].concat();
    let mut copy = datagram.clone();
    let packets: Vec<_> = Coalesced::new(&mut copy, 8)
        .map(|packet| packet.map(|packet| packet.kind()).map_err(|fault| (fault.cause, fault.at)))
        .collect();
    let another = (Cause::Stage(Discard::AnotherDestination), initial().len() as u64);
    assert_eq!(
        packets,
        [Ok(PacketKind::Initial), Err(another), Ok(PacketKind::Handshake), Ok(PacketKind::OneRtt)]
    );
    assert!(Discard::AnotherDestination.to_string().ends_with("(RFC 9000 §12.2)"));
    let mut copy = datagram;
    let packets = Coalesced::new(&mut copy, 8).any_destination();
    let follows: Vec<_> = packets.map(|packet| packet.unwrap().follows_another()).collect();
    assert_eq!(follows, [false, true, false, false]);
}

/// One stage reads datagram after datagram: nothing of the last one, not even its connection id,
/// is left once it is done.
#[test]
fn a_stage_serves_one_datagram_after_the_other() {
    let (mut stage, mut output) = (Datagram::new(8), Output::new());
    let other = with(long(2, b"87654321", None), b"\x01.");
    for datagram in [[initial(), short()].concat(), [other.clone(), other].concat(), initial()] {
        let (mut buffer, mut packets) = (Buffer::from(&datagram[..]), 0);
        while let Step::Item(packet) = buffer.step(&mut stage, true, &mut output).unwrap() {
            assert!(!packet.follows_another());
            packets += 1;
        }
        let mut datagram = datagram;
        assert_eq!(packets, Coalesced::new(&mut datagram, 8).count());
    }
}

#[test]
fn a_packet_that_is_dropped_leaves_the_others() {
    let mut unfixed = handshake();
    unfixed[0] &= !0x40;
    let datagram = [initial(), unfixed, short()].concat();
    let mut copy = datagram.clone();
    let mut packets = Coalesced::new(&mut copy, 8);
    assert!(packets.next().unwrap().is_ok());
    let fault = packets.next().unwrap().unwrap_err();
    assert_eq!((fault.cause, fault.at), (Cause::Stage(Discard::FixedBit), initial().len() as u64));
    assert!(packets.next().unwrap().is_ok());
    assert!(packets.next().is_none());
    let mut copy = datagram;
    assert_eq!(Coalesced::new(&mut copy, 8).greased_fixed_bit().filter(Result::is_ok).count(), 3);
}

#[test]
fn versions_are_listed_whole_or_not_at_all() {
    for list in [&b""[..], b"\x00", b"\x00\x00\x00\x01\x00"] {
        let mut datagram = [&b"\x80\x00\x00\x00\x00\x00\x00"[..], list].concat();
        let packet = Coalesced::new(&mut datagram, 0).next().unwrap().unwrap();
        assert_eq!(packet.header(), Err(Discard::VersionList));
    }
    let mut datagram = negotiation();
    let packet = Coalesced::new(&mut datagram, 0).next().unwrap().unwrap();
    let Ok(Header::VersionNegotiation { destination, source, versions }) = packet.header() else {
        panic!("not a list of versions")
    };
    assert_eq!((destination.len(), source.len()), (255, 254));
    assert!(versions.iter().eq([Version::V1, Version(0x1a2a_3a4a)]));
}

#[test]
fn key_logs_keep_the_laws() {
    let (random, secret, long) = ("0a".repeat(32), "fF".repeat(32), "07".repeat(48));
    let good = [
        String::new(),
        format!("CLIENT_EARLY_TRAFFIC_SECRET {random} {secret}\n"),
        format!("# comment\n\nCLIENT_HANDSHAKE_TRAFFIC_SECRET {random} {long}\r\n"),
        format!("EXPORTER_SECRET {random} {secret}\nCLIENT_RANDOM of TLS 1.2\n"),
        format!("SERVER_TRAFFIC_SECRET_0  {random}\t{secret} \n"),
    ];
    let bad = [
        format!("CLIENT_TRAFFIC_SECRET_0 {random}\n"),
        format!("CLIENT_TRAFFIC_SECRET_0 {random} {secret} {secret}\n"),
        format!("CLIENT_TRAFFIC_SECRET_0 {secret}00 {secret}\n"),
        format!("CLIENT_TRAFFIC_SECRET_0 {random} {secret}00\n"),
        format!("CLIENT_TRAFFIC_SECRET_0 {random} {secret}0\n"),
        format!("CLIENT_TRAFFIC_SECRET_0 {random} {}\n", "0x".repeat(32)),
    ];
    laws::stage(key_log)
        .accepts(good)
        .refuses(bad)
        .too_long([vec![b'x'; 600]])
        .limit(514)
        .linear(|length| {
            format!("CLIENT_TRAFFIC_SECRET_0 {random} {secret}\n").repeat(length / 154).into()
        })
        .check();
}

#[test]
fn handshake_messages_keep_the_laws() {
    let hello = &include_bytes!("data/client_frames.bin")[4..];
    laws::stage(HandshakeMessages::new)
        .accepts([
            hello,
            &include_bytes!("data/server_frames.bin")[9..],
            b"",
            b"\x14\0\0\0\x08\0\0\x02ab",
        ])
        .too_long([b"\x0b\x01\x00\x01"])
        .limit(4 + HandshakeMessages::MAX)
        .linear(|length| hello.repeat(length / hello.len()))
        .check();
    laws::stage(|| HandshakeMessages::new().max(2)).too_long([b"\0\0\0\x03"]).limit(6).check();
}

/// No prefix of a hello says anything, whatever its header says.
#[test]
fn hellos_are_whole() {
    let client = &include_bytes!("data/client_frames.bin")[8..];
    let server = &include_bytes!("data/server_frames.bin")[13..];
    for (kind, body) in [(1, client), (2, server), (8, &b"\0\x06\0\x39\0\x02\x01\x00"[..])] {
        assert!(HandshakeMessage { kind, body }.hello().is_some());
        for length in 0..body.len() {
            assert_eq!(HandshakeMessage { kind, body: &body[..length] }.hello(), None);
        }
    }
    let message = HandshakeMessage { kind: 1, body: client };
    let Some(Hello::Client(hello)) = message.hello() else { panic!("it is a ClientHello") };
    assert!(hello.random.starts_with(&[0xeb, 0xf8, 0xfa, 0x56]));
    let parameters = hello.extensions.transport_parameters().unwrap();
    assert_eq!((parameters.len(), parameters[0]), (50, 4));
}

/// Positions in a packet are of 16 bits, which the longest datagram just fits.
#[test]
fn as_long_as_can_be_and_longer() {
    let long = with(long(0, b"", Some(b"")), b"\x80\x00\xff\xe9");
    for front in [vec![0x40], long] {
        let mut longest = front.clone();
        longest.resize(MAX_DATAGRAM, 7);
        let packet = Coalesced::new(&mut longest, 8).next().unwrap().unwrap();
        assert_eq!((packet.layout().end(), packet.as_slice().len()), (MAX_DATAGRAM, MAX_DATAGRAM));
        let mut longer = front;
        longer.resize(MAX_DATAGRAM + 1, 7);
        assert!(Coalesced::new(&mut longer, 8).next().unwrap().is_err());
        assert!(Header::read(&longer, 8).is_err());
    }
    for token in MAX_DATAGRAM - 20..MAX_DATAGRAM + 20 {
        let mut input = b"\xc0\x00\x00\x00\x01\x00\x00\x80".to_vec();
        input.extend(&u32::try_from(token).unwrap().to_be_bytes()[1..]);
        input.resize(MAX_DATAGRAM, 0xff);
        let fault = Coalesced::new(&mut input, 8).next().unwrap().unwrap_err();
        assert!(matches!(fault.cause, Cause::TooLong | Cause::Truncated));
    }
}
