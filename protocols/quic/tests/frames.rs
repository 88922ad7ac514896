//! Every frame: its bytes, its prefixes, its rules, where it may stand; the laws of the stage.

use std::ops::RangeInclusive;

use proptest::prelude::*;
use segue::{Buffer, Encode, Output, Step, laws};
use segue_quic::{
    ErrorCode, PacketKind, Role, VarInt,
    frame::{
        Ack, AckFrequency, Builder, CloseReason, ConnectionClose, Crypto, DataBlocked, Datagram,
        Drafts, EcnCounts, Extension, Frame, FrameType, Frames, HandshakeDone, ImmediateAck,
        MaxData, MaxStreamData, MaxStreams, NewConnectionId, NewToken, Padding, PathChallenge,
        PathResponse, Payload, Ping, Refused, ResetStream, ResetStreamAt, RetireConnectionId,
        StopSending, Stream, StreamDataBlocked, StreamsBlocked, Timestamp,
    },
    stream::Direction,
};

const PACKETS: [PacketKind; 4] =
    [PacketKind::Initial, PacketKind::Handshake, PacketKind::ZeroRtt, PacketKind::OneRtt];

fn number(value: u64) -> VarInt {
    VarInt::new(value).expect("at most 62 bits")
}

/// A frame of each type, its bytes written by hand, and the packets that may carry it (I, H, 0, 1).
fn samples() -> Vec<(Frame<'static>, &'static [u8], &'static str)> {
    let ecn = EcnCounts { ect0: number(7), ect1: number(0), ce: number(0x4000) };
    const RANGES: &[RangeInclusive<u64>] = &[995..=1000, 900..=990, 3..=3];
    let ack = |ecn| Ack::new(RANGES, number(70), ecn).expect("they descend").into();
    let stream = |offset, fin, length| {
        Stream {
            id: number(5),
            offset: number(offset),
            data: b"data",
            fin,
            length,
            zero_offset: false,
        }
        .into()
    };
    let reason = b"gone";
    let closed = CloseReason::Transport {
        code: ErrorCode::crypto(40),
        frame_type: FrameType::from(number(0x06)),
    };
    vec![
        (Padding { length: 3 }.into(), b"\x00\x00\x00", "IH01"),
        (Ping.into(), b"\x01", "IH01"),
        (ack(None), b"\x02\x43\xe8\x40\x46\x02\x05\x03\x40\x5a\x43\x7f\x00", "IH1"),
        (
            ack(Some(ecn)),
            b"\x03\x43\xe8\x40\x46\x02\x05\x03\x40\x5a\x43\x7f\x00\x07\x00\x80\x00\x40\x00",
            "IH1",
        ),
        (
            ResetStream { id: number(4), error: number(9), final_size: number(64) }.into(),
            b"\x04\x04\x09\x40\x40",
            "01",
        ),
        (StopSending { id: number(64), error: number(0) }.into(), b"\x05\x40\x40\x00", "01"),
        (Crypto { offset: number(64), data: b"hello" }.into(), b"\x06\x40\x40\x05hello", "IH1"),
        (NewToken { token: b"token" }.into(), b"\x07\x05token", "1"),
        (stream(0, false, false), b"\x08\x05data", "01"),
        (stream(0, true, false), b"\x09\x05data", "01"),
        (stream(0, false, true), b"\x0a\x05\x04data", "01"),
        (stream(0, true, true), b"\x0b\x05\x04data", "01"),
        (stream(64, false, false), b"\x0c\x05\x40\x40data", "01"),
        (stream(64, true, false), b"\x0d\x05\x40\x40data", "01"),
        (stream(64, false, true), b"\x0e\x05\x40\x40\x04data", "01"),
        (stream(64, true, true), b"\x0f\x05\x40\x40\x04data", "01"),
        (MaxData { maximum: number(1 << 30) }.into(), b"\x10\xc0\0\0\0\x40\0\0\0", "01"),
        (MaxStreamData { id: number(0), maximum: number(63) }.into(), b"\x11\x00\x3f", "01"),
        (
            MaxStreams { direction: Direction::Both, maximum: number(1 << 60) }.into(),
            b"\x12\xd0\0\0\0\0\0\0\0",
            "01",
        ),
        (
            MaxStreams { direction: Direction::Sending, maximum: number(3) }.into(),
            b"\x13\x03",
            "01",
        ),
        (DataBlocked { limit: number(100) }.into(), b"\x14\x40\x64", "01"),
        (StreamDataBlocked { id: number(2), limit: number(1) }.into(), b"\x15\x02\x01", "01"),
        (StreamsBlocked { direction: Direction::Both, limit: number(1) }.into(), b"\x16\x01", "01"),
        (
            StreamsBlocked { direction: Direction::Sending, limit: number(1 << 60) }.into(),
            b"\x17\xd0\0\0\0\0\0\0\0",
            "01",
        ),
        (
            NewConnectionId {
                sequence: number(2),
                retire_prior_to: number(1),
                id: b"cid",
                reset_token: b"0123456789abcdef",
            }
            .into(),
            b"\x18\x02\x01\x03cid0123456789abcdef",
            "01",
        ),
        (RetireConnectionId { sequence: number(1) }.into(), b"\x19\x01", "1"),
        (PathChallenge { data: *b"01234567" }.into(), b"\x1a01234567", "01"),
        (PathResponse { data: *b"76543210" }.into(), b"\x1b76543210", "1"),
        (ConnectionClose { error: closed, reason }.into(), b"\x1c\x41\x28\x06\x04gone", "IH01"),
        (
            ConnectionClose { error: CloseReason::Application(number(256)), reason }.into(),
            b"\x1d\x41\x00\x04gone",
            "01",
        ),
        (HandshakeDone.into(), b"\x1e", "1"),
        (Datagram { data: b"once", length: false }.into(), b"\x30once", "01"),
        (Datagram { data: b"once", length: true }.into(), b"\x31\x04once", "01"),
    ]
}

/// The frames of a payload, DATAGRAM frames of any size among them.
fn payload(bytes: &[u8], packet: PacketKind) -> Payload<'_> {
    Payload::new(bytes, packet).max_datagram_frame(VarInt::MAX)
}

/// The stage that reads the same.
fn frames(packet: PacketKind) -> Frames {
    Frames::new(packet).max_datagram_frame(VarInt::MAX)
}

fn encoded(frame: &Frame<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame.encode(&mut bytes).expect("it keeps the rules");
    bytes
}

/// Returns true if its data goes on to the end of the packet, so that no prefix is valid but its
/// header.
fn is_open(frame: &Frame<'_>) -> bool {
    match frame {
        Frame::Stream(stream) => !stream.length,
        Frame::Datagram(datagram) => !datagram.length,
        Frame::Padding(_) => true,
        _ => false,
    }
}

#[test]
fn each_frame_is_its_bytes_both_ways() {
    for (frame, bytes, _) in samples() {
        assert_eq!(encoded(&frame), bytes, "{frame:?}");
        assert_eq!(frame.size(), bytes.len());
        assert_eq!(Frame::decode(bytes), Ok((frame, bytes.len())));
        assert_eq!(VarInt::decode(bytes).unwrap().0, frame.frame_type().value());
        assert!(frame.frame_type().is_known());
    }
}

#[test]
fn what_follows_a_frame_is_not_of_it() {
    for (frame, bytes, _) in samples().into_iter().filter(|(frame, ..)| !is_open(frame)) {
        let longer = [bytes, b"\x01\xff"].concat();
        assert_eq!(Frame::decode(&longer), Ok((frame, bytes.len())));
    }
}

#[test]
fn every_prefix_is_refused() {
    for (frame, bytes, _) in samples() {
        // The data of an open frame may be any; what is in front of it may not be cut.
        let header = if is_open(&frame) { bytes.len() - 4.min(bytes.len()) } else { bytes.len() };
        for cut in 0..header {
            let error = Frame::decode(&bytes[..cut]).unwrap_err();
            assert_eq!(error.code, ErrorCode::FRAME_ENCODING_ERROR, "{frame:?} cut at {cut}");
            if cut > 0 {
                assert_eq!(error.frame_type, frame.frame_type().value());
                let mut payload = self::payload(&bytes[..cut], PacketKind::OneRtt);
                assert_eq!(payload.next(), Some(Err(error)));
                assert_eq!((payload.next(), payload.offset()), (None, 0));
            }
        }
    }
}

#[test]
fn each_frame_stands_where_it_may() {
    for (frame, bytes, allowed) in samples() {
        for (packet, letter) in PACKETS.into_iter().zip(['I', 'H', '0', '1']) {
            let first = payload(bytes, packet).next().unwrap();
            assert_eq!(frame.frame_type().is_allowed_in(packet), allowed.contains(letter));
            if allowed.contains(letter) {
                assert_eq!(first, Ok(frame));
            } else {
                let error = first.unwrap_err();
                assert_eq!(error.code, ErrorCode::PROTOCOL_VIOLATION, "{frame:?} in {packet}");
                assert_eq!(error.frame_type, frame.frame_type().value());
            }
        }
        for packet in [PacketKind::Retry, PacketKind::VersionNegotiation, PacketKind::Unknown] {
            assert!(payload(bytes, packet).next().unwrap().is_err());
        }
    }
}

/// RFC 9000 §19.4, §19.5, §19.7, §19.8, §19.10, §19.13, §19.20: who sends a frame, and on which
/// streams. The two low bits of an id tell who opened it, and if only that end sends (§2.1).
#[test]
fn each_frame_is_of_an_end_that_may_send_it() {
    let data = b"";
    let stream = |id| {
        Stream { id, offset: VarInt::ZERO, data, fin: true, length: true, zero_offset: false }
            .into()
    };
    let of_senders: [fn(VarInt) -> Frame<'static>; 2] = [
        |id| ResetStream { id, error: number(0), final_size: number(0) }.into(),
        |id| StreamDataBlocked { id, limit: number(0) }.into(),
    ];
    let of_receivers: [fn(VarInt) -> Frame<'static>; 2] = [
        |id| StopSending { id, error: number(0) }.into(),
        |id| MaxStreamData { id, maximum: number(0) }.into(),
    ];
    let mut cases: Vec<(Frame<'_>, Role, Option<ErrorCode>)> = Vec::new();
    for (sender, own, others) in [(Role::Client, 2, 3), (Role::Server, 3, 2)] {
        let wrong = Some(ErrorCode::STREAM_STATE_ERROR);
        for id in 0..8 {
            let sends = id % 4 != others;
            let receives = id % 4 != own;
            let id = number(id);
            cases.push((stream(id), sender, wrong.filter(|_| !sends)));
            cases.extend(of_senders.map(|of| (of(id), sender, wrong.filter(|_| !sends))));
            cases.extend(of_receivers.map(|of| (of(id), sender, wrong.filter(|_| !receives))));
        }
    }
    for frame in [NewToken { token: b"t" }.into(), HandshakeDone.into()] {
        cases.push((frame, Role::Client, Some(ErrorCode::PROTOCOL_VIOLATION)));
        cases.push((frame, Role::Server, None));
    }
    for (frame, sender, code) in cases {
        let expected = code.map_or(Ok(()), Err);
        let bytes = encoded(&frame);
        assert_eq!(frame.check_sender(sender).map_err(|error| error.code), expected, "{frame:?}");
        let mut read = payload(&bytes, PacketKind::OneRtt).sent_by(sender);
        let read = read.next().unwrap();
        assert_eq!(read.map(drop).map_err(|error| error.code), expected, "{frame:?}");
        if let Err(error) = read {
            assert_eq!(error.frame_type, frame.frame_type().value());
        }
        let mut buffer = Buffer::from(&bytes[..]);
        let mut stage = frames(PacketKind::OneRtt).sent_by(sender);
        assert_eq!(buffer.step(&mut stage, true, &mut Output::new()).is_ok(), code.is_none());
        assert_eq!(payload(&bytes, PacketKind::OneRtt).next(), Some(Ok(frame)));
    }
}

/// Frames of drafts, with their bytes, the packets that may carry them, and whether they ask for an
/// acknowledgement.
fn drafts() -> [(Frame<'static>, &'static [u8], &'static str, bool); 4] {
    let (id, error, final_size) = (number(4), number(9), number(64));
    [
        (ImmediateAck.into(), b"\x1f", "1", true),
        (
            AckFrequency {
                sequence: number(1),
                ack_eliciting_threshold: number(10),
                requested_max_ack_delay: number(1024),
                reordering_threshold: number(3),
            }
            .into(),
            b"\x40\xaf\x01\x0a\x44\x00\x03",
            "1",
            true,
        ),
        (
            ResetStreamAt { id, error, final_size, reliable_size: number(5) }.into(),
            b"\x24\x04\x09\x40\x40\x05",
            "01",
            true,
        ),
        (Timestamp { time: number(64) }.into(), b"\x42\xf5\x40\x40", "1", false),
    ]
}

#[test]
fn frames_of_drafts_are_known_where_they_were_agreed_on() {
    for (frame, bytes, allowed, asks) in drafts() {
        assert_eq!((encoded(&frame), frame.size()), (bytes.to_vec(), bytes.len()));
        assert_eq!(Frame::decode(&[bytes, b"\x01"].concat()), Ok((frame, bytes.len())));
        let kind = frame.frame_type();
        assert!(kind.is_draft() && !kind.is_known() && kind.name().is_some());
        assert_eq!((kind.is_ack_eliciting(), kind.is_congestion_controlled()), (asks, asks));
        for cut in 1..bytes.len() {
            let error = Frame::decode(&bytes[..cut]).unwrap_err();
            assert_eq!(error.code, ErrorCode::FRAME_ENCODING_ERROR);
        }
        for (packet, letter) in PACKETS.into_iter().zip(['I', 'H', '0', '1']) {
            // Nobody has agreed on it: it is unknown.
            let error = payload(bytes, packet).next().unwrap().unwrap_err();
            assert_eq!(
                (error.code, error.frame_type),
                (ErrorCode::FRAME_ENCODING_ERROR, kind.value())
            );
            let longer = [bytes, b"\x01"].concat();
            let mut agreed = payload(&longer, packet).drafts(Drafts::ALL);
            let read = agreed.next().unwrap();
            assert_eq!(kind.is_allowed_in(packet), allowed.contains(letter));
            let mut built = Vec::new();
            let mut builder = Builder::new(&mut built, packet, 100);
            if allowed.contains(letter) {
                assert_eq!((read, agreed.next()), (Ok(frame), Some(Ok(Ping.into()))));
                builder.push(frame).unwrap();
                assert_eq!(builder.is_ack_eliciting(), asks);
                assert_eq!(built, bytes);
            } else {
                assert_eq!(read.unwrap_err().code, ErrorCode::PROTOCOL_VIOLATION);
                assert!(matches!(builder.push(frame), Err(Refused::Misplaced { .. })));
            }
        }
        laws::stage(|| Frames::new(PacketKind::OneRtt).drafts(Drafts::ALL))
            .accepts([bytes.repeat(3)])
            .ends_anywhere()
            .check();
    }
    // A stream that keeps more than it has, and an acknowledgement that waits for ever.
    let mut wrong =
        payload(b"\x24\x04\x09\x40\x40\x40\x41", PacketKind::OneRtt).drafts(Drafts::ALL);
    assert_eq!(wrong.next().unwrap().unwrap_err().code, ErrorCode::FRAME_ENCODING_ERROR);
    let delay = number(16_384_000);
    let late = AckFrequency { requested_max_ack_delay: delay, ..ack_frequency() };
    assert!(Frame::from(late).encode(&mut Vec::new()).is_err());
    let late = [&b"\x40\xaf\x01\x0a"[..], &delay.to_bytes(), b"\x03"].concat();
    let error = payload(&late, PacketKind::OneRtt).drafts(Drafts::ALL).next().unwrap().unwrap_err();
    assert_eq!((error.code, error.frame_type), (ErrorCode::PROTOCOL_VIOLATION, number(0xaf)));
    // Of a stream that its sender does not send on.
    let reset = b"\x24\x03\x09\x00\x00";
    let agreed = payload(reset, PacketKind::OneRtt).drafts(Drafts::ALL).sent_by(Role::Client);
    assert_eq!({ agreed }.next().unwrap().unwrap_err().code, ErrorCode::STREAM_STATE_ERROR);
    // One draft is not another.
    let only = Drafts { timestamp: true, ..Drafts::NONE };
    let taken = drafts().map(|(_, bytes, ..)| {
        payload(bytes, PacketKind::OneRtt).drafts(only).next().is_some_and(|frame| frame.is_ok())
    });
    assert_eq!(taken, [false, false, false, true]);
}

fn ack_frequency() -> AckFrequency {
    match drafts()[1].0 {
        Frame::AckFrequency(frame) => frame,
        other => panic!("{other:?}"),
    }
}

/// RFC 9000 §12.4, §19.21: an unknown type ends the payload, unless somebody knows its length.
#[test]
fn extensions_are_known_to_their_caller() {
    fn length(kind: FrameType, content: &[u8]) -> Option<usize> {
        match kind.value().value() {
            0x21 | 0x1234 => Some(1 + usize::from(*content.first()?)),
            _ => None,
        }
    }
    let bytes = b"\x01\x21\x02hi\x52\x34\x00\x01";
    let extension =
        |kind, content| Frame::from(Extension { kind: FrameType::from(number(kind)), content });
    let expected: [Frame<'_>; 4] =
        [Ping.into(), extension(0x21, b"\x02hi"), extension(0x1234, b"\x00"), Ping.into()];
    for packet in [PacketKind::OneRtt, PacketKind::ZeroRtt] {
        let frames = payload(bytes, packet).extensions(length).map(Result::unwrap);
        assert!(frames.eq(expected));
        let mut built = Vec::new();
        let mut builder = Builder::new(&mut built, packet, 100);
        expected.iter().for_each(|frame| builder.push(*frame).unwrap());
        assert_eq!(built, bytes);
    }
    let mut buffer = Buffer::from(&bytes[..]);
    let mut stage = frames(PacketKind::OneRtt).extensions(length);
    for frame in expected {
        assert_eq!(buffer.step(&mut stage, true, &mut Output::new()), Ok(Step::Item(frame)));
    }
    // What is cut off, not known, or too early.
    for (bytes, packet) in [
        (&b"\x21\x03hi"[..], PacketKind::OneRtt),
        (b"\x21", PacketKind::OneRtt),
        (b"\x22\x00", PacketKind::OneRtt),
        (b"\x21\x00", PacketKind::Handshake),
        (b"\x40\x21\x00", PacketKind::OneRtt), // more bytes than necessary
    ] {
        let error = payload(bytes, packet).extensions(length).next().unwrap().unwrap_err();
        assert_eq!(error.section, "RFC 9000 §12.4");
    }
    // A frame with a meaning of its own cannot be sent as one.
    for kind in [0x01, 0x1f, 0xaf] {
        assert!(extension(kind, b"").encode(&mut Vec::new()).is_err());
    }
}

/// Frames are sent on as they were read, to the byte: the OFF bit of an offset of 0, and integers in
/// more bytes than necessary (RFC 9000 §16, §19.8).
#[test]
fn what_is_relayed_keeps_its_bytes() {
    // OFF and LEN bits in all combinations, with an offset of 0.
    for kind in 0x08..0x10_u8 {
        let offset: &[u8] = if kind & 4 != 0 { b"\x00" } else { b"" };
        let length: &[u8] = if kind & 2 != 0 { b"\x02" } else { b"" };
        let bytes = [&[kind, 0x05], offset, length, b"hi"].concat();
        let (frame, size) = Frame::decode(&bytes).unwrap();
        assert_eq!(
            (size, frame.size(), encoded(&frame)),
            (bytes.len(), bytes.len(), bytes.clone())
        );
        let mut buffer = Buffer::from(&bytes[..]);
        let mut stage = frames(PacketKind::OneRtt);
        assert_eq!(buffer.step(&mut stage, true, &mut Output::new()), Ok(Step::Item(frame)));
    }
    let sent = b"\x10\x40\x05\x02\x40\x09\x80\0\0\0\0\x40\x01\x00\x00\x0e\x40\x04\x00\x80\0\0\x02hi\x31\x40\x00\x01";
    let mut relayed = Vec::new();
    let mut builder = Builder::new(&mut relayed, PacketKind::OneRtt, 100);
    for frame in payload(sent, PacketKind::OneRtt).with_bytes() {
        let (frame, bytes) = frame.unwrap();
        assert_eq!(Frame::decode(bytes), Ok((frame, bytes.len())));
        builder.push_encoded(bytes).unwrap();
    }
    assert!(builder.is_ack_eliciting());
    assert_eq!(relayed, sent);
    let mut builder = Builder::new(&mut relayed, PacketKind::Initial, 5);
    assert!(matches!(builder.push_encoded(b"\x10\x05"), Err(Refused::Misplaced { .. })));
    for bytes in [&b"\x01\x01"[..], b"", b"\x06\x00\x02h", b"\x21"] {
        assert_eq!(builder.push_encoded(bytes), Err(Refused::NotOne));
    }
    let full = builder.push_encoded(b"\x06\x00\x40\x02hi");
    assert_eq!(full, Err(Refused::Full { size: 6, room: 5 }));
    assert!(builder.is_empty());
}

#[test]
fn what_frames_mean() {
    let of = |property: fn(FrameType) -> bool| {
        let kinds = (0..64_u32).map(|kind| FrameType::from(VarInt::from(kind)));
        let with = kinds.filter(|kind| kind.is_known() && property(*kind));
        with.map(|kind| kind.value().value()).collect::<Vec<_>>()
    };
    // RFC 9000 §12.4, table 3: N, C, P, F.
    assert_eq!(of(|kind| !kind.is_ack_eliciting()), [0x00, 0x02, 0x03, 0x1c, 0x1d]);
    assert_eq!(of(|kind| !kind.is_congestion_controlled()), [0x02, 0x03]);
    assert_eq!(of(FrameType::is_probing), [0x00, 0x18, 0x1a, 0x1b]);
    assert_eq!(of(FrameType::is_flow_controlled), Vec::from_iter(0x08..0x10));
    let all = of(|_| true);
    assert_eq!(all, (0x00..0x1f).chain(0x30..0x32).collect::<Vec<_>>());
    assert!(all.iter().all(|&kind| FrameType::from(number(kind)).name().is_some()));
    assert_eq!(of(|kind| kind.is_allowed_in(PacketKind::OneRtt)), all);
}

/// Payloads that break a rule, with what is to be answered and in which frame.
fn broken() -> Vec<(Vec<u8>, ErrorCode, u32)> {
    use ErrorCode as Code;
    let encoding = |bytes: &[u8], kind| (bytes.to_vec(), Code::FRAME_ENCODING_ERROR, kind);
    let violation = |bytes: &[u8], kind| (bytes.to_vec(), Code::PROTOCOL_VIOLATION, kind);
    vec![
        violation(b"", 0),
        encoding(b"\x1f", 0x1f),
        encoding(b"\x40\x40", 0x40),
        encoding(b"\x40", 0),
        violation(b"\x40\x01", 0x01),
        violation(b"\xc0\0\0\0\0\0\0\0", 0x00),
        // More is acknowledged than there can be.
        encoding(b"\x02\x05\x00\x00\x06", 0x02),
        encoding(b"\x02\x05\x00\x01\x02\x02\x00", 0x02),
        encoding(b"\x02\x05\x00\x01\x02\x00\x02", 0x02),
        // A count that nothing can hold.
        encoding(b"\x02\x05\x00\xff\xff\xff\xff\xff\xff\xff\xff\x00", 0x02),
        encoding(b"\x06\xff\xff\xff\xff\xff\xff\xff\xff\x01x", 0x06),
        encoding(b"\x06\x00\xff\xff\xff\xff\xff\xff\xff\xff", 0x06),
        encoding(b"\x07\x00", 0x07),
        encoding(b"\x0e\x00\xff\xff\xff\xff\xff\xff\xff\xfe\x02ab", 0x0e),
        encoding(b"\x0c\x00\xff\xff\xff\xff\xff\xff\xff\xffa", 0x0c),
        encoding(b"\x12\xd0\0\0\0\0\0\0\x01", 0x12),
        encoding(b"\x17\xd0\0\0\0\0\0\0\x01", 0x17),
        encoding(b"\x18\x02\x01\x000123456789abcdef", 0x18),
        encoding(&[b"\x18\x02\x01\x15", &[7; 21 + 16][..]].concat(), 0x18),
        encoding(b"\x18\x01\x02\x01c0123456789abcdef", 0x18),
        encoding(b"\x01\x01\x10", 0x10),
    ]
}

#[test]
fn what_is_broken_is_refused_with_the_right_code() {
    for (bytes, code, kind) in broken() {
        let mut payload = self::payload(&bytes, PacketKind::OneRtt);
        let error = payload.find_map(Result::err).expect("an error");
        assert_eq!((error.code, error.frame_type), (code, VarInt::from(kind)), "{bytes:02x?}");
        assert!(error.section.starts_with("RFC 9000 §"), "{error}");
        assert_eq!(payload.next(), None);
    }
}

#[test]
fn what_a_peer_would_refuse_is_not_sent() {
    let broken: [Frame<'_>; 7] = [
        NewToken { token: b"" }.into(),
        Crypto { offset: VarInt::MAX, data: b"x" }.into(),
        Stream {
            id: VarInt::ZERO,
            offset: VarInt::MAX,
            data: b"x",
            fin: false,
            length: true,
            zero_offset: false,
        }
        .into(),
        MaxStreams { direction: Direction::Both, maximum: VarInt::MAX }.into(),
        StreamsBlocked { direction: Direction::Sending, limit: number((1 << 60) + 1) }.into(),
        NewConnectionId {
            sequence: number(1),
            retire_prior_to: number(1),
            id: &[0; 21],
            reset_token: &[0; 16],
        }
        .into(),
        NewConnectionId {
            sequence: number(1),
            retire_prior_to: number(2),
            id: b"cid",
            reset_token: &[0; 16],
        }
        .into(),
    ];
    for frame in broken {
        let mut bytes = Vec::new();
        assert!(frame.encode(&mut bytes).is_err() && bytes.is_empty(), "{frame:?}");
        let mut payload = Builder::new(&mut bytes, PacketKind::OneRtt, 100);
        assert!(matches!(payload.push(frame), Err(Refused::Unsendable(_))));
        assert!(payload.is_empty());
    }
    for ranges in [&[][..], &[1..=2, 0..=0], &[1..=2, 4..=5], &[0..=1 << 62]] {
        assert!(Ack::new(ranges, VarInt::ZERO, None).is_none());
    }
    #[expect(clippy::reversed_empty_ranges, reason = "that is what must be refused")]
    let empty = [5..=4];
    assert!(Ack::new(&empty, VarInt::ZERO, None).is_none());
}

#[test]
fn datagrams_are_bound_by_what_was_announced() {
    let bytes = b"\x31\x04once";
    for (size, taken) in [(0, false), (5, false), (6, true)] {
        let payload = Payload::new(bytes, PacketKind::OneRtt).max_datagram_frame(number(size));
        let frame = { payload }.next().unwrap();
        assert_eq!(frame.is_ok(), taken);
        if let Err(error) = frame {
            assert_eq!(error.code, ErrorCode::PROTOCOL_VIOLATION);
        }
    }
    // None is taken by an end that has not sent the parameter.
    for bytes in [&bytes[..], b"\x30", b"\x31\x00"] {
        let error = Payload::new(bytes, PacketKind::OneRtt).next().unwrap().unwrap_err();
        assert_eq!((error.code, error.section), (ErrorCode::PROTOCOL_VIOLATION, "RFC 9221 §3"));
        let mut buffer = Buffer::from(bytes);
        let mut frames = Frames::new(PacketKind::OneRtt);
        assert!(buffer.step(&mut frames, true, &mut Output::new()).is_err());
    }
}

#[test]
fn padding_is_one_frame_however_long() {
    for length in [1, 15, 16, 17, 31, 32, 33, 1200] {
        let mut bytes = vec![0; length];
        bytes.push(0x01);
        let frames = self::payload(&bytes, PacketKind::Initial).map(Result::unwrap);
        assert!(frames.eq([Padding { length }.into(), Ping.into()]));
    }
}

#[test]
fn the_stage_keeps_the_laws() {
    let samples = samples();
    let of = |packet, letter| {
        let allowed = samples.iter().filter(|(_, _, allowed)| allowed.contains(letter));
        let inputs = allowed.clone().map(|(_, bytes, _)| bytes.to_vec());
        let closed = allowed.filter(|(frame, ..)| !is_open(frame));
        let all = closed.map(|(_, bytes, _)| *bytes).collect::<Vec<_>>().concat();
        // A payload that ends in a frame without length, or in padding, may end anywhere.
        let stage = laws::stage(move || frames(packet)).ends_anywhere();
        stage.accepts(inputs).accepts([all])
    };
    for (packet, letter) in PACKETS.into_iter().zip(['I', 'H', '0', '1']) {
        of(packet, letter).check();
    }
    let broken = broken().into_iter().map(|(bytes, ..)| bytes);
    let refusing = laws::stage(|| frames(PacketKind::OneRtt)).refuses(broken);
    refusing.linear(|length| b"\x0a\x05\x04data".repeat(length / 7)).check();
    laws::stage(|| frames(PacketKind::OneRtt))
        .linear(|length| {
            [&b"\x02\x80\x0f\xff\xff\x00\x80\x00\x40\x00\x00"[..], &[0; 0x8000], b"\x01"]
                .concat()
                .repeat(length / 0x8000)
        })
        .check();
}

#[test]
fn the_stage_reads_what_it_writes() {
    let samples = samples();
    let (mut frames, mut output) = (self::frames(PacketKind::OneRtt), Output::new());
    let closed = || samples.iter().filter(|(frame, ..)| !is_open(frame));
    for (frame, bytes, _) in closed() {
        let before = output.len();
        frames.encode(frame, &mut output).unwrap();
        assert_eq!(output.to_vec()[before..], **bytes);
    }
    let mut buffer = Buffer::from(&output.to_vec()[..]);
    for (frame, ..) in closed() {
        assert_eq!(buffer.step(&mut frames, true, &mut output), Ok(Step::Item(*frame)));
    }
    assert_eq!(buffer.step(&mut frames, true, &mut output), Ok(Step::Done));
}

fn any_number() -> impl Strategy<Value = VarInt> {
    (0..1_u64 << 62, 0..62).prop_map(|(value, shift)| number(value >> shift))
}

/// Descending, with gaps in between.
fn any_ranges() -> impl Strategy<Value = Vec<RangeInclusive<u64>>> {
    let steps = prop::collection::vec((0..70_u64, 0..20_000_u64), 1..100);
    (any_number(), steps).prop_map(|(largest, steps)| {
        let (mut ranges, mut next) = (Vec::new(), Some(largest.value()));
        for (length, gap) in steps {
            let Some(end) = next else { break };
            let start = end.saturating_sub(length);
            ranges.push(start..=end);
            next = start.checked_sub(gap + 2);
        }
        ranges
    })
}

proptest! {
    /// A decoded frame is encoded to the same bytes, if its integers were minimal.
    #[test]
    fn what_is_read_is_written_again(
        kind in prop::sample::select(Vec::from_iter((0..0x1f_u8).chain([0x30, 0x31]))),
        fields in prop::collection::vec(any_number(), 0..6),
        mut behind in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let mut bytes = vec![kind];
        fields.iter().for_each(|field| bytes.extend(&*field.to_bytes()));
        bytes.append(&mut behind);
        if let Ok((frame, length)) = Frame::decode(&bytes) {
            let again = encoded(&frame);
            prop_assert_eq!(again.len(), frame.size());
            prop_assert!(again.len() <= length);
            prop_assert!(again.len() < length || again == bytes[..length]);
            prop_assert_eq!(Frame::decode(&again), Ok((frame, again.len())));
        }
    }

    /// The iterator, the stage and `decode` tell the same of any payload.
    #[test]
    fn readers_agree(bytes in prop::collection::vec(prop_oneof![0..0x32_u8, any::<u8>()], 0..60)) {
        let mut payload = self::payload(&bytes, PacketKind::OneRtt);
        let mut frames = self::frames(PacketKind::OneRtt);
        let mut buffer = Buffer::from(&bytes[..]);
        loop {
            let offset = payload.offset();
            let ours = payload.next();
            match buffer.step(&mut frames, true, &mut Output::new()) {
                Ok(Step::Item(frame)) => {
                    prop_assert_eq!(ours, Some(Ok(frame)));
                    let (alone, length) = Frame::decode(&bytes[offset..]).unwrap();
                    prop_assert_eq!((alone, offset + length), (frame, payload.offset()));
                }
                Ok(_) => {
                    prop_assert_eq!(ours, None);
                    break;
                }
                Err(fault) => {
                    prop_assert_eq!(fault.at, offset as u64);
                    prop_assert_eq!(ours.and_then(Result::err), fault.error().copied());
                    break;
                }
            }
        }
    }

    #[test]
    fn acknowledgements_return(ranges in any_ranges(), delay in any_number(), ecn in any::<bool>()) {
        let ecn = ecn.then_some(EcnCounts { ect0: delay, ect1: VarInt::ZERO, ce: delay });
        let ack = Ack::new(&ranges, delay, ecn).expect("they descend");
        let bytes = encoded(&ack.into());
        let (frame, length) = Frame::decode(&bytes).unwrap();
        prop_assert_eq!(length, bytes.len());
        let Frame::Ack(read) = frame else { panic!("another frame") };
        prop_assert!(read.ranges().eq(ranges.iter().cloned()));
        prop_assert_eq!((read.largest().value(), read.delay, read.ecn), (*ranges[0].end(), delay, ecn));
        for room in 0..=bytes.len() {
            let fitting = read.fitting(room);
            prop_assert_eq!(fitting, ack.fitting(room));
            if let Some(fitting) = fitting {
                prop_assert!(fitting.size() <= room);
                let kept = fitting.ranges().count();
                prop_assert!(fitting.ranges().eq(ranges[..kept].iter().cloned()));
                let bytes = encoded(&fitting.into());
                prop_assert_eq!(bytes.len(), fitting.size());
                prop_assert_eq!(Frame::decode(&bytes).unwrap().0, fitting.into());
                // One more would not have fitted, but for a byte or three of the count.
                if let Some(more) = ranges.get(..=kept) {
                    let more = Ack::new(more, delay, ecn).expect("they descend");
                    prop_assert!(more.size() + 3 > room);
                }
            }
        }
        prop_assert_eq!(read.fitting(bytes.len()), Some(read));
    }

    /// A builder takes frames that fit, returns the others, and could not have taken more.
    #[test]
    fn a_builder_takes_what_fits(
        limit in prop_oneof![0..80_usize, 16_300..16_500_usize],
        before in 0..4_usize,
        length in prop_oneof![0..80_usize, 16_300..16_500_usize],
        offset in any_number(),
        fin in any::<bool>(),
        way in 0..4,
    ) {
        let offset = offset.min(number((1 << 62) - 20_000));
        let data = vec![7; length];
        let id = number(3);
        let mut bytes = b"header".to_vec();
        let mut payload = Builder::new(&mut bytes, PacketKind::OneRtt, limit);
        (0..before).for_each(|_| { let _ = payload.push(Ping); });
        let (there, room) = (payload.len(), payload.room());
        let taken = match way {
            0 => payload.stream(id, offset, &data, fin),
            1 => payload.last_stream(id, offset, &data, fin),
            2 => payload.crypto(offset, &data),
            _ => payload.datagram(&data).map(|fits| fits.then_some(length)),
        }.unwrap();
        prop_assert!(payload.len() <= limit);
        // With `size` bytes of data, the frame takes at least so many.
        let least = |size: usize| size + match way {
            0 | 1 => 1 + 1 + if offset > 0 { offset.size() } else { 0 },
            2 => 1 + offset.size() + number(size as u64).size(),
            _ => 1,
        };
        let Some(taken) = taken else {
            prop_assert_eq!(payload.len(), there);
            let smallest = if way == 3 { length } else { length.min(1) };
            prop_assert!(least(smallest) > room || (way == 2 && length == 0));
            return Ok(());
        };
        prop_assert!(payload.is_ack_eliciting() && payload.is_congestion_controlled() && !payload.is_probing());
        prop_assert!(taken == length || least(taken + 1) > room);
        let frame = Frame::decode(&bytes[6 + there..]);
        let (frame, size) = frame.unwrap();
        prop_assert_eq!(6 + there + size, bytes.len());
        match frame {
            Frame::Stream(stream) => {
                prop_assert_eq!((stream.id, stream.offset, stream.data), (id, offset, &data[..taken]));
                prop_assert_eq!(stream.fin, fin && taken == length);
            }
            Frame::Crypto(crypto) => prop_assert_eq!((crypto.offset, crypto.data), (offset, &data[..taken])),
            Frame::Datagram(datagram) => prop_assert_eq!(datagram.data, &data),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_builder_fills_a_datagram() {
    let mut bytes = Vec::new();
    let mut payload = Builder::new(&mut bytes, PacketKind::Initial, 1162);
    assert!(payload.is_empty() && !payload.is_probing());
    let refused = payload.push(HandshakeDone).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "HANDSHAKE_DONE cannot stand in a packet of the kind Initial (RFC 9000 §12.4)"
    );
    assert_eq!(payload.crypto(VarInt::ZERO, &[1; 300]), Ok(Some(300)));
    payload.pad_to(1162).unwrap();
    assert_eq!((payload.len(), payload.room()), (1162, 0));
    assert!(matches!(payload.push(Ping), Err(Refused::Full { size: 1, room: 0 })));
    assert!(matches!(payload.pad_to(1163), Err(Refused::Full { .. })));
    assert_eq!(payload.pad_to(0), Ok(()));
    let kinds = self::payload(&bytes, PacketKind::Initial).map(|frame| frame.unwrap().frame_type());
    assert!(kinds.eq([FrameType::CRYPTO, FrameType::PADDING]));

    // Nothing follows data without a length.
    let mut bytes = Vec::new();
    let mut payload = Builder::new(&mut bytes, PacketKind::OneRtt, 100);
    payload.push(PathChallenge { data: [1; 8] }).unwrap();
    assert!(payload.is_probing());
    assert_eq!(payload.last_stream(number(0), number(0), b"bye", true), Ok(Some(3)));
    assert!(!payload.is_probing());
    assert_eq!((payload.len(), payload.room()), (14, 0));
    assert!(payload.pad_to(20).is_err());
    assert_eq!(payload.stream(number(0), number(3), b"x", false), Ok(None));
    assert_eq!(payload.datagram(b""), Ok(false));
    assert_eq!(&bytes[9..], b"\x09\x00bye");
}
