//! Datagrams of QUIC and what is glued together in them, with and without protection; and the two
//! other things that a reader of captures meets, key logs and handshake messages.
//!
//! | byte | says |
//! |---|---|
//! | 0 | which stage, or that packets are to be read, or written and read again |
//! | 1 | how long connection ids are (5 bits), whether the fixed bit may be greased (1 bit) |
#![no_main]

use arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use segue::{Buffer, Output, Step, laws};
use segue_quic::{
    Coalesced, ConnectionId, Datagram, Header, KeyLog, PacketBuilder, PacketKind, PacketNumber,
    StatelessResetToken, UnprotectError, Version, key_log,
    protect::{self, InitialKeys},
    tls::HandshakeMessages,
};

fuzz_target!(|data: &[u8]| {
    let [pick, bits, data @ ..] = data else { return };
    let ids = usize::from(bits & 0x1f).min(ConnectionId::<20>::MAX);
    let greased = bits & 0x20 != 0;
    match pick % 6 {
        0 => {
            let make = || {
                let stage = Datagram::new(ids);
                if greased { stage.greased_fixed_bit() } else { stage }
            };
            laws::fuzz(make, data);
        }
        // The length of an id is what its first byte says.
        1 => laws::fuzz(|| Datagram::new(|id: &[u8]| Some(usize::from(*id.first()? % 22))), data),
        2 => received(ids, greased, data),
        3 => {
            let _ = what_is_sent_is_received(&mut Unstructured::new(data));
        }
        4 => laws::fuzz(|| HandshakeMessages::new().max(ids * 16), data),
        _ => {
            laws::fuzz(key_log, data);
            both_read_the_log(data);
        }
    }
});

/// Nobody panics over a datagram, the stage and the iterator agree, and headers return.
fn received(ids: usize, greased: bool, data: &[u8]) {
    let mut copy = data.to_vec();
    let (mut buffer, mut output) = (Buffer::from(data), Output::new());
    let (mut packets, mut stage) = (Coalesced::new(&mut copy, ids), Datagram::new(ids));
    if greased {
        (packets, stage) = (packets.greased_fixed_bit(), stage.greased_fixed_bit());
    }
    let mut keys: Option<InitialKeys> = None;
    for packet in packets {
        let step = buffer.step(&mut stage, true, &mut output);
        let packet = match (packet, step) {
            (Ok(packet), Ok(Step::Item(other))) => {
                assert_eq!(
                    (packet.layout(), packet.as_slice()),
                    (other.layout(), other.as_slice())
                );
                packet
            }
            (Err(fault), Err(other)) => {
                assert_eq!(fault, other);
                continue;
            }
            (packet, step) => panic!("{packet:?} and {step:?}"),
        };
        if let Ok(header) = packet.header() {
            returns(&header);
            let _ = (header.check_for_client(), header.check_for_server(data.len()));
        }
        if keys.is_none() {
            keys = packet
                .version()
                .and_then(|version| protect::initial(version, packet.destination()));
        }
        let (kind, whole) = (packet.kind(), packet.as_slice().to_vec());
        if let Some(keys) = &keys
            && let Err(UnprotectError::Close(_)) = packet.unprotect(&keys.server, Some(7))
        {
            // A fuzzer is not to guess a tag; a seed may hold one.
            assert!(kind.is_protected() && whole.len() > 20);
        }
    }
    let mut datagram = data.to_vec();
    let token = StatelessResetToken([bits(data); 16]);
    if token.write(&mut datagram).is_some() {
        assert!(token.is_at_the_end_of(&datagram));
        // It is nothing but a packet with a short header, to those who do not know the token.
        let packet = Coalesced::new(&mut datagram, 0).next();
        assert!(packet.is_some_and(|packet| packet.is_ok_and(|p| p.kind() == PacketKind::OneRtt)));
    }
}

fn bits(data: &[u8]) -> u8 {
    data.iter().fold(0, |bits, byte| bits ^ byte)
}

/// L6 of what is not protected in a header.
fn returns(header: &Header<'_>) {
    let mut room = vec![0; 70_000];
    let written = header.write(&mut room).expect("what was read can be written");
    if matches!(header, Header::ZeroRtt { .. } | Header::Handshake { .. } | Header::Initial { .. })
    {
        // A length of what follows, which is nothing.
        room[written] = 0;
    }
    let end = written + usize::from(header.kind().has_length());
    let (read, layout) = Header::read(&room[..end], header.destination().len())
        .expect("what was written can be read");
    assert_eq!((&read, layout.end()), (header, end));
}

/// L6 of whole datagrams: what was put in comes out, and nothing where a bit of it was changed.
fn what_is_sent_is_received(u: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let version = *u.choose(&Version::KNOWN)?;
    let destination = id(u)?;
    let keys = protect::initial(version, destination).expect("the version is known");
    let mut datagram = vec![0xff; 4096];
    let (mut end, mut sent) = (0, Vec::new());
    let mut used: Vec<(Header<'_>, u64)> = Vec::new();
    loop {
        let (source, size) = (id(u)?, u.int_in_range(1..=4)?);
        let number = PacketNumber::sized(u.arbitrary::<u64>()? >> 2, size).expect("it has 62 bits");
        let length = u.int_in_range(0..=600)?;
        let token = usize::from(u.arbitrary::<u8>()?);
        let token = u.bytes(token.min(u.len()))?;
        let header = match u.int_in_range(0..=4)? {
            0 => Header::Initial { version, destination, source, token },
            1 => Header::ZeroRtt { version, destination, source },
            2 => Header::Handshake { version, destination, source },
            _ => Header::OneRtt { destination, spin: u.arbitrary()? },
        };
        // Nobody uses a number twice, and here packets are told apart by it.
        if used.contains(&(header, number.full())) {
            break;
        }
        used.push((header, number.full()));
        let last = header.kind() == PacketKind::OneRtt;
        let payload = u.bytes(length.min(u.len()))?;
        let room = &mut datagram[end..];
        let packet = if u.arbitrary()? {
            PacketBuilder::new(room, &header, number)
        } else {
            PacketBuilder::sized(room, &header, number, payload.len())
        };
        let Ok(mut packet) = packet else { break };
        if packet.put(payload).is_err() {
            break;
        }
        let bit = last && u.arbitrary()?;
        end += packet.key_phase(bit).finish(&keys.client).expect("it fits");
        sent.push((header, number.full(), bit, payload));
        if last || u.is_empty() {
            break;
        }
    }
    datagram.truncate(end);
    let changed = (u.arbitrary::<bool>()? && end > 0).then(|| u.int_in_range(0..=end * 8 - 1));
    let changed = changed.transpose()?;
    if let Some(bit) = changed {
        datagram[bit / 8] ^= 1 << (bit % 8);
    }
    let mut sent = sent.into_iter();
    for packet in Coalesced::new(&mut datagram, destination.len()) {
        let Ok(packet) = packet else { continue };
        // Numbers are made out from the one before: they are random here, so each is told.
        let opened = sent.clone().find_map(|expected| {
            let largest = expected.1.checked_sub(1);
            Some((expected, largest)).filter(|_| packet.kind() == expected.0.kind())
        });
        let Some((_, largest)) = opened else { continue };
        let Ok(opened) = packet.unprotect(&keys.client, largest) else { continue };
        let (header, number, bit, payload) = sent
            .find(|(header, number, ..)| {
                (Ok(*header), *number) == (opened.header(), opened.number())
            })
            .expect("nobody sent this");
        assert_eq!(
            (opened.header(), opened.number(), opened.key_phase()),
            (Ok(header), number, bit)
        );
        assert!(opened.payload().starts_with(payload), "{:?}", opened.payload());
        assert!(opened.payload()[payload.len()..].iter().all(|&padding| padding == 0));
    }
    assert!(changed.is_some() || sent.next().is_none(), "one did not come through");
    Ok(())
}

fn id<'a>(u: &mut Unstructured<'a>) -> arbitrary::Result<&'a [u8]> {
    let length = u.int_in_range(0..=20)?;
    u.bytes(length.min(u.len()))
}

/// L7: the stage, and what reads a log that is there whole.
fn both_read_the_log(data: &[u8]) {
    let whole = KeyLog::read(data);
    let (mut lines, mut buffer, mut output) = (key_log(), Buffer::from(data), Output::new());
    let mut by_lines = KeyLog::new();
    let mut refused = 0;
    loop {
        match buffer.step(&mut lines, true, &mut output) {
            Ok(Step::Item(entry)) => entry.into_iter().for_each(|entry| by_lines.insert(entry)),
            Err(fault) if !fault.fatal => refused += 1,
            Ok(Step::Done) => break,
            // A line without its end, or one that is too long: the stage has a limit.
            _ => return,
        }
    }
    assert!(whole.connections().eq(by_lines.connections()));
    assert_eq!(whole.refused().len(), refused);
}
