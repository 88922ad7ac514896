//! The content of QUIC packets: integers, frames, transport parameters.
//!
//! | byte | says |
//! |---|---|
//! | 0 | what is read |
//! | 1 | the kind of packet (2 bits), or who sends (1 bit); frames of drafts (1 bit), and who sends them (2 bits); how much room there is |
#![no_main]

use libfuzzer_sys::fuzz_target;
use segue::{Buffer, Output, Step, laws};
use segue_quic::{
    PacketKind, Role, VarInt, VarInts,
    frame::{Builder, Drafts, Frame, FrameType, Frames, Payload},
    transport_parameters::{Parameters, TransportParameters},
};

fuzz_target!(|data: &[u8]| {
    let [pick, bits, data @ ..] = data else { return };
    let packet = match bits & 3 {
        0 => PacketKind::Initial,
        1 => PacketKind::ZeroRtt,
        2 => PacketKind::Handshake,
        _ => PacketKind::OneRtt,
    };
    match pick % 5 {
        0 => {
            laws::fuzz(|| VarInts, data);
            integers(data);
        }
        1 => {
            // Padding and what has no length go on to the end, wherever that is.
            laws::stage(move || stage(packet, *bits)).ends_anywhere().fuzz(data);
            frames(packet, *bits, data);
        }
        2 => filled(packet, usize::from(*bits) * 4, data),
        3 => laws::fuzz(Parameters::new, data),
        _ => parameters(if bits & 1 == 0 { Role::Client } else { Role::Server }, data),
    }
});

/// The frames of a payload, DATAGRAM frames of any size among them.
fn payload(bytes: &[u8], packet: PacketKind, bits: u8) -> Payload<'_> {
    let frames = Payload::new(bytes, packet).max_datagram_frame(VarInt::MAX);
    let frames = frames.extensions(length).drafts(drafts(bits));
    sender(bits).map_or(frames.clone(), |sender| frames.sent_by(sender))
}

/// The stage that reads the same.
fn stage(packet: PacketKind, bits: u8) -> Frames {
    let frames = Frames::new(packet).max_datagram_frame(VarInt::MAX);
    let frames = frames.extensions(length).drafts(drafts(bits));
    sender(bits).map_or(frames.clone(), |sender| frames.sent_by(sender))
}

fn drafts(bits: u8) -> Drafts {
    if bits & 4 != 0 { Drafts::ALL } else { Drafts::NONE }
}

fn sender(bits: u8) -> Option<Role> {
    match bits >> 3 & 3 {
        0 => Some(Role::Client),
        1 => Some(Role::Server),
        _ => None,
    }
}

/// Of an extension: as many bytes as the first one says.
fn length(kind: FrameType, content: &[u8]) -> Option<usize> {
    (kind.value().value() == 0x21).then_some(1 + usize::from(*content.first()?))
}

/// Three ways to read integers say the same, and what is written is read.
fn integers(data: &[u8]) {
    let (mut rest, mut all) = (data, VarInt::all(data));
    while let Some(value) = VarInt::take(&mut rest) {
        assert_eq!(all.next(), Some(value));
        let bytes = value.to_bytes();
        assert_eq!(VarInt::decode(&bytes), Some((value, bytes.len())));
    }
    assert_eq!((all.next(), all.rest()), (None, rest));
    let mut count = 0;
    VarInt::all(data).for_each(|_| count += 1);
    assert_eq!(count, VarInt::all(data).count());
}

/// The iterator and the stage say the same, and what is read is written again to the same.
fn frames(packet: PacketKind, bits: u8, data: &[u8]) {
    let (mut payload, mut stage) = (self::payload(data, packet, bits), self::stage(packet, bits));
    let mut with_bytes = self::payload(data, packet, bits).with_bytes();
    let (mut buffer, mut output) = (Buffer::from(data), Output::new());
    loop {
        let at = payload.offset();
        match (payload.next(), buffer.step(&mut stage, true, &mut output)) {
            (Some(Ok(frame)), Ok(Step::Item(same))) => {
                assert_eq!(frame, same);
                let of_extension = matches!(frame, Frame::Extension(_));
                assert!(of_extension || frame.frame_type().is_allowed_in(packet));
                assert!(sender(bits).is_none_or(|sender| frame.check_sender(sender).is_ok()));
                let mut again = Vec::new();
                frame.encode(&mut again).expect("what was read keeps the rules");
                let read = &data[at..payload.offset()];
                assert_eq!(with_bytes.next(), Some(Ok((frame, read))));
                assert!(again.len() == frame.size() && again.len() <= read.len());
                assert!(again.len() < read.len() || again == read);
                if !of_extension {
                    assert_eq!(Frame::decode(&again), Ok((frame, again.len())));
                    let mut sent = Vec::new();
                    let mut builder = Builder::new(&mut sent, packet, read.len());
                    builder.push_encoded(read).expect("what was read is sent on");
                    assert_eq!(sent, read);
                }
            }
            (Some(Err(error)), Err(fault)) => {
                assert_eq!((Some(&error), fault.at), (fault.error(), at as u64));
                return;
            }
            (None, Ok(Step::Done)) => return,
            (ours, theirs) => panic!("one says {ours:?}, the other {theirs:?}"),
        }
    }
}

/// The frames of a payload fill another one, up to its limit.
fn filled(packet: PacketKind, limit: usize, data: &[u8]) {
    let mut bytes = Vec::new();
    let mut builder = Builder::new(&mut bytes, packet, limit);
    let mut taken = Vec::new();
    for frame in payload(data, PacketKind::OneRtt, 0xff) {
        let Ok(frame) = frame else { break };
        let (room, before) = (builder.room(), builder.len());
        match frame {
            Frame::Ack(ack) => {
                let _ = builder.ack(ack);
            }
            Frame::Stream(stream) => {
                let _ = builder.stream(stream.id, stream.offset, stream.data, stream.fin);
            }
            Frame::Crypto(crypto) => {
                let _ = builder.crypto(crypto.offset, crypto.data);
            }
            Frame::Datagram(datagram) => {
                let _ = builder.datagram(datagram.data);
            }
            other => {
                let fits = builder.push(other).is_ok();
                assert!(!fits || other.size() <= room);
            }
        }
        if builder.len() > before {
            taken.push(frame.frame_type().name());
        }
    }
    assert!(builder.len() <= limit);
    if bytes.is_empty() {
        return;
    }
    let mut read = Vec::new();
    for frame in payload(&bytes, packet, 0xff) {
        read.push(frame.expect("what was built is read").frame_type().name());
    }
    // Padding that follows padding is one.
    read.dedup();
    taken.dedup();
    assert_eq!(read, taken);
}

/// Checks that what is read is written again to the same.
fn parameters(sender: Role, data: &[u8]) {
    if let Ok(read) = TransportParameters::decode(data, sender) {
        let again = read.to_vec(sender).expect("what was read keeps the rules");
        assert_eq!(TransportParameters::decode(&again, sender), Ok(read));
    }
}
