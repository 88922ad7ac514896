//! All streams of a connection as a carrier, over a network that loses and reorders.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

use std::collections::HashMap;

use segue::{
    Encode, laws,
    length::{self, Prefixed, U16Be},
    mux::{Carrier, Direction, Ending, Event, Item, Mux, Opens},
};
use segue_quic::{
    ErrorCode, PacketKind, Role, VarInt,
    frame::{
        Builder, Frame, MaxData, MaxStreamData, MaxStreams, Payload, ResetStream, StopSending,
        Stream,
    },
    stream::{Carried, Limits, StreamError, StreamId, Streams},
    transport_parameters::TransportParameters,
};

/// Two ends, and what is under way.
struct Pair<E> {
    ends: [E; 2],
    /// Packets of each side, and what they carry.
    under_way: [Vec<(Vec<u8>, Vec<Carried>)>; 2],
    /// The number of packets lost of a hundred.
    loss: u64,
    random: u64,
}

trait End {
    fn streams(&mut self) -> &mut Streams;
}

impl End for Streams {
    fn streams(&mut self) -> &mut Streams {
        self
    }
}

impl End for Mux<Streams, Prefixed<U16Be>> {
    fn streams(&mut self) -> &mut Streams {
        self.carrier_mut()
    }
}

fn ends(limits: Limits) -> [Streams; 2] {
    let mut parameters = TransportParameters::new();
    limits.declare(&mut parameters).unwrap();
    [Role::Client, Role::Server].map(|role| {
        let mut streams = Streams::new(role, limits).unwrap();
        streams.set_peer(&parameters);
        streams
    })
}

impl<E: End> Pair<E> {
    fn new(ends: [E; 2], loss: u64) -> Self {
        Self { ends, under_way: [Vec::new(), Vec::new()], loss, random: 7 }
    }

    fn below(&mut self, most: u64) -> u64 {
        self.random = self.random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        (self.random >> 33) % most
    }

    /// Has both send what they have, and the network do something with each packet.
    fn exchange(&mut self) -> Result<bool, String> {
        let mut moved = false;
        for side in 0..2 {
            loop {
                let (mut packet, mut carried) = (Vec::new(), Vec::new());
                let mut payload = Builder::new(&mut packet, PacketKind::OneRtt, 1200);
                self.ends[side].streams().fill(&mut payload, &mut carried);
                if packet.is_empty() {
                    break;
                }
                assert!(packet.len() <= 1200 && !carried.is_empty());
                self.under_way[side].push((packet, carried));
            }
            while !self.under_way[side].is_empty() {
                moved = true;
                let some = usize::try_from(self.below(4)).unwrap();
                let at = some.min(self.under_way[side].len() - 1);
                let (packet, carried) = self.under_way[side].remove(at);
                // A packet may come and be taken for lost.
                let (lost, late) = (self.below(100) < self.loss, self.below(3) == 0);
                if !lost || late {
                    for frame in Payload::new(&packet, PacketKind::OneRtt) {
                        let frame = frame.map_err(|fault| format!("{fault:?}"))?;
                        let taken = self.ends[1 - side].streams().receive(&frame);
                        assert!(taken.map_err(|error| error.to_string())?);
                    }
                }
                for carried in carried {
                    match lost {
                        true => self.ends[side].streams().lost(carried),
                        false => self.ends[side].streams().acknowledged(carried),
                    }
                }
            }
        }
        Ok(moved)
    }
}

impl laws::Link for Pair<Streams> {
    type End = Streams;

    fn end(&mut self, side: usize) -> &mut Streams {
        &mut self.ends[side]
    }

    fn event(&mut self, side: usize) -> Option<Event<StreamId>> {
        self.ends[side].next_event()
    }

    fn talk(&mut self) -> Result<bool, String> {
        self.exchange()
    }
}

#[test]
fn the_law_of_carriers_holds() {
    for loss in [0, 20] {
        let limits = Limits { window: 128 * 1024, ..Limits::default() };
        laws::linked(|| Pair::new(ends(limits), loss)).window(128 * 1024).check();
    }
}

fn record(length: usize, seed: usize) -> Vec<u8> {
    (0..length).map(|at| (at.wrapping_mul(31) ^ seed ^ (at >> 8)).to_le_bytes()[0]).collect()
}

/// Echoes what the client sends on many streams, of both directions, in records that are longer than
/// the window.
#[test]
fn stages_echo_records_longer_than_the_window() {
    let limits = Limits { window: 4096, data: 100_000, streams: 10, ..Limits::default() };
    for (loss, lengths) in [(0, [65_535, 0, 30_000]), (25, [5000, 65_535, 1])] {
        let mut pair = Pair::new(ends(limits).map(Mux::<_, Prefixed<U16Be>>::new), loss);
        let (mut left, mut sent, mut back) = (40, HashMap::new(), HashMap::new());
        loop {
            while left > 0
                && let Some(id) = pair.ends[0].carrier_mut().open(Direction::Both)
            {
                left -= 1;
                pair.ends[0].attach(id, length::u16_be());
                let records = lengths.map(|length| record(length, left));
                let carrier = pair.ends[0].carrier_mut();
                let output = carrier.stream(id).unwrap().output.unwrap();
                for record in &records {
                    length::u16_be().encode(&record[..], output).unwrap();
                }
                carrier.finish(id);
                sent.insert(id, records.to_vec());
            }
            let mut moved = pair.exchange().unwrap();
            for side in 0..2 {
                while let Some(item) = pair.ends[side].next() {
                    moved = true;
                    let opened = match item {
                        Item::Event(Event::Opened(id), _) => id,
                        Item::Inner(id, Ok(record), carrier) if side == 1 => {
                            let output = carrier.stream(id).unwrap().output.unwrap();
                            length::u16_be().encode(&record, output).unwrap();
                            continue;
                        }
                        Item::Inner(id, Ok(record), _) => {
                            back.entry(id).or_insert_with(Vec::new).push(record.to_vec());
                            continue;
                        }
                        Item::End(id, fault, carrier) => {
                            assert!(fault.is_none(), "{fault:?}");
                            carrier.let_go(id);
                            continue;
                        }
                        Item::Event(..) => continue,
                        other @ Item::Inner(..) => panic!("{other:?}"),
                    };
                    pair.ends[side].attach(opened, length::u16_be());
                }
                pair.ends[side].speak_stages(None);
            }
            if !moved {
                break;
            }
        }
        assert_eq!((left, back.len()), (0, 40));
        assert!(back == sent);
        assert!(pair.ends.iter().all(|end| end.is_empty() && end.carrier().is_empty()));
    }
}

/// A record of 100 KB passes the window of 64 KiB, and one that is not to be granted is refused.
#[test]
fn what_is_wanted_is_granted_up_to_a_limit() {
    let mut pair = Pair::new(ends(Limits::default()), 0);
    let id = pair.ends[0].open(Direction::Sending).unwrap();
    pair.ends[0].stream(id).unwrap().output.unwrap().put(&[1; 100_000]);
    pair.ends[0].let_go(id);
    while pair.exchange().unwrap() {}
    let held = |pair: &mut Pair<Streams>| pair.ends[1].stream(id).unwrap().input.unwrap().len();
    assert_eq!(held(&mut pair), 64 * 1024);
    assert!(!pair.ends[1].want(id, 2 << 20));
    assert!(pair.ends[1].want(id, 100_000 - 64 * 1024));
    while pair.exchange().unwrap() {}
    assert_eq!(held(&mut pair), 100_000);
    assert_eq!(pair.ends[1].stream(id).unwrap().ending, Ending::Ended);
}

#[test]
fn resets_stops_and_the_close_have_codes() {
    let mut pair = Pair::new(ends(Limits::default()), 30);
    let [reset, stopped] = [(); 2].map(|()| pair.ends[0].open(Direction::Both).unwrap());
    for id in [reset, stopped] {
        pair.ends[0].stream(id).unwrap().output.unwrap().put(b"hello");
    }
    while pair.exchange().unwrap() {}
    while pair.ends[1].next_event().is_some() {}
    pair.ends[0].reset(reset, 7);
    pair.ends[1].stop(stopped, 8);
    while pair.exchange().unwrap() {}
    let told: Vec<_> = std::iter::from_fn(|| pair.ends[1].next_event()).collect();
    assert_eq!(told, [Event::Readable(reset), Event::Reset(reset, 7), Event::Stopped(reset, 7)]);
    let told: Vec<_> = std::iter::from_fn(|| pair.ends[0].next_event()).collect();
    assert!(told.contains(&Event::Stopped(stopped, 8)), "{told:?}");
    assert!(pair.ends[0].stream(stopped).unwrap().output.is_none());
    pair.ends[0].close(42, "enough");
    assert_eq!(pair.ends[0].closing(), Some((42, "enough")));
    assert_eq!(pair.ends[0].open(Direction::Both), None);
    for id in [reset, stopped] {
        pair.ends[0].let_go(id);
        assert_eq!(pair.ends[0].next_event(), Some(Event::Released(id)));
    }
}

/// What is sent and not acknowledged is bounded, and goes on once it is.
#[test]
fn no_more_is_under_way_than_allowed() {
    let [mut client, _] = ends(Limits { unacknowledged: 3000, ..Limits::default() });
    let id = client.open(Direction::Sending).unwrap();
    client.stream(id).unwrap().output.unwrap().put(&[1; 10_000]);
    let mut sent = 0;
    for _ in 0..3 {
        let (mut packet, mut carried) = (Vec::new(), Vec::new());
        client.fill(&mut Builder::new(&mut packet, PacketKind::OneRtt, 60_000), &mut carried);
        sent += 3000;
        assert!((3000..3050).contains(&packet.len()), "{}", packet.len());
        let mut more = Vec::new();
        client.fill(&mut Builder::new(&mut more, PacketKind::OneRtt, 60_000), &mut carried);
        assert_eq!(more, b"");
        carried.into_iter().for_each(|carried| client.acknowledged(carried));
    }
    assert_eq!(client.stream(id).unwrap().output.unwrap().len(), 10_000 - sent);
}

/// What cannot be told to a peer, or not be kept, is refused, and named.
#[test]
fn limits_can_be_met() {
    let wrong = [
        ("window", Limits { window: 1 << 62, ..Limits::DEFAULT }),
        ("data", Limits { data: 1 << 62, ..Limits::DEFAULT }),
        ("streams", Limits { streams: (1 << 60) + 1, ..Limits::DEFAULT }),
        ("excess", Limits { excess: 2, excess_of_all: 1, ..Limits::DEFAULT }),
        ("output", Limits { output: 0, ..Limits::DEFAULT }),
        ("unacknowledged", Limits { unacknowledged: 0, ..Limits::DEFAULT }),
    ];
    for (name, limits) in wrong {
        let mut parameters = TransportParameters::new();
        assert_eq!(limits.declare(&mut parameters).unwrap_err().limit, name);
        assert_eq!(parameters, TransportParameters::new());
        assert_eq!(Streams::new(Role::Client, limits).unwrap_err().limit, name);
    }
    let most = (1 << 62) - 1;
    let limits = Limits { window: most, data: most, streams: 1 << 60, ..Limits::DEFAULT };
    let mut parameters = TransportParameters::new();
    limits.declare(&mut parameters).unwrap();
    assert!(parameters.to_vec(Role::Client).is_ok() && Streams::new(Role::Client, limits).is_ok());
}

/// RFC 9000 §3.1, §3.2: the sides of a stream end each by itself, each with a code of its own.
#[test]
fn one_side_is_reset_and_the_other_goes_on() {
    let mut pair = Pair::new(ends(Limits::default()), 30);
    let id = pair.ends[0].open(Direction::Both).unwrap();
    pair.ends[0].stream(id).unwrap().output.unwrap().put(b"half a request");
    while pair.exchange().unwrap() {}
    pair.ends[0].reset_sending(id, 7);
    assert!(pair.ends[0].stream(id).unwrap().output.is_none());
    while pair.exchange().unwrap() {}
    let told: Vec<_> = std::iter::from_fn(|| pair.ends[1].next_event()).collect();
    assert!(told.contains(&Event::Reset(id, 7)) && !told.contains(&Event::Stopped(id, 7)));
    pair.ends[1].stream(id).unwrap().output.unwrap().put(b"no");
    pair.ends[1].finish(id);
    while pair.exchange().unwrap() {}
    let stream = pair.ends[0].stream(id).unwrap();
    assert_eq!((stream.input.unwrap().as_slice(), stream.ending), (&b"no"[..], Ending::Ended));
    for end in &mut pair.ends {
        end.let_go(id);
    }
    while pair.exchange().unwrap() {}
    for end in &mut pair.ends {
        while end.next_event().is_some() {}
        assert!(end.is_empty());
    }
}

/// Streams that 0-RTT packets open may be replayed (RFC 9001 §9.2).
#[test]
fn streams_of_early_data_are_told_apart() {
    let [_, mut server] = ends(Limits::default());
    let data = |id: u8| -> Frame<'static> {
        let (id, offset, data) = (VarInt::from(id), VarInt::ZERO, &b"x"[..]);
        Stream { id, offset, data, fin: true, length: true, zero_offset: false }.into()
    };
    server.set_early(true);
    server.receive(&data(4)).unwrap();
    server.set_early(false);
    server.receive(&data(8)).unwrap();
    let early = [0, 4, 8].map(|id| server.is_early(StreamId::new(id).unwrap()));
    assert_eq!(early, [true, true, false]);
}

#[test]
fn rules_of_streams_are_kept() {
    let limits = Limits { streams: 4, ..Limits::default() };
    let [_, mut server] = ends(limits);
    let id = |id: u8| VarInt::from(id);
    let data = |number| -> Frame<'static> {
        let offset = VarInt::ZERO;
        Stream { id: id(number), offset, data: b"x", fin: false, length: true, zero_offset: false }
            .into()
    };
    // The third of the client's: the others are opened by it.
    assert_eq!(server.receive(&data(8)), Ok(true));
    let told: Vec<_> = std::iter::from_fn(|| server.next_event()).collect();
    let ids = [0_u8, 4, 8].map(|id| StreamId::from(VarInt::from(id)));
    assert_eq!(told[..3], ids.map(Event::Opened)[..]);
    for (frame, code) in [
        (data(16), ErrorCode::STREAM_LIMIT_ERROR),
        (data(1), ErrorCode::STREAM_STATE_ERROR),
        (data(3), ErrorCode::STREAM_STATE_ERROR),
        (MaxStreamData { id: id(2), maximum: id(9) }.into(), ErrorCode::STREAM_STATE_ERROR),
    ] {
        assert_eq!(server.receive(&frame).as_ref().map_err(StreamError::code), Err(code));
    }
}

/// Frames of no plan and uses of no plan: nothing panics, what waits is bounded, and what is granted
/// beyond windows is taken back in the end.
#[test]
fn any_frames_and_uses_in_any_order_are_survived() {
    let limits = Limits {
        window: 1000,
        data: 5000,
        streams: 3,
        excess: 700,
        excess_of_all: 1000,
        output: 2000,
        unacknowledged: 3000,
    };
    for seed in 0..400 {
        let [mut client, _] = ends(limits);
        let mut random = Pair::new(ends(limits), 0);
        random.random = seed;
        let mut carried = Vec::new();
        let mut ids: Vec<StreamId> = (0..64).map(|id| StreamId::new(id).unwrap()).collect();
        for _ in 0..300 {
            let small = VarInt::from(u8::try_from(random.below(16)).unwrap());
            let large = VarInt::from(u16::try_from(random.below(1200)).unwrap());
            let length = usize::try_from(random.below(300)).unwrap();
            let id = ids[usize::try_from(random.below(16)).unwrap()];
            let some = usize::try_from(random.below(1500)).unwrap();
            let frame: Frame<'_> = match random.below(16) {
                0 => ResetStream { id: small, error: large, final_size: large }.into(),
                1 => StopSending { id: small, error: large }.into(),
                2 => MaxStreamData { id: small, maximum: large }.into(),
                3 => MaxData { maximum: large }.into(),
                4 => {
                    let direction = id.direction();
                    MaxStreams { direction, maximum: small }.into()
                }
                5..=8 => {
                    let (data, fin) = (&[7; 300][..length], random.below(5) == 0);
                    Stream { id: small, offset: large, data, fin, length: true, zero_offset: false }
                        .into()
                }
                other => {
                    match other {
                        9 => drop(client.open(Direction::Both)),
                        10 => drop(client.want(id, some)),
                        11 => client.release_credit(id, some),
                        12 if random.below(3) == 0 => client.let_go(id),
                        12 => client.reset(id, 5),
                        13 => drop(client.stop(id, 6)),
                        14 => client.finish(id),
                        _ => {
                            if let Some(stream) = client.stream(id) {
                                if let Some(input) = stream.input {
                                    input.consume(input.len().min(some));
                                }
                                if let Some(output) = stream.output.filter(|out| out.has_room()) {
                                    output.put(&vec![1; some]);
                                }
                            }
                        }
                    }
                    let mut packet = Vec::new();
                    let mut payload = Builder::new(&mut packet, PacketKind::OneRtt, some);
                    client.fill(&mut payload, &mut carried);
                    if carried.len() > 20 {
                        for carried in carried.drain(..) {
                            match random.below(2) {
                                0 => client.lost(carried),
                                _ => client.acknowledged(carried),
                            }
                        }
                    }
                    while client.next_event().is_some() {}
                    continue;
                }
            };
            // Errors would end the connection; here it goes on, with the same state.
            let _ = client.receive(&frame);
        }
        ids.retain(|id| client.stream(*id).is_some());
        let all = ids.iter().map(|id| {
            let stream = client.stream(*id).unwrap();
            stream.input.map_or(0, |input| input.len())
        });
        assert!(all.sum::<usize>() <= 6000, "seed {seed}");
        client.close(1, "");
        ids.iter().for_each(|id| client.let_go(*id));
        while client.next_event().is_some() {}
        assert!(client.is_empty(), "seed {seed}: {client:?}");
    }
}
