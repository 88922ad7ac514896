//! Both sides of streams over a network that loses, doubles and reorders.

#![expect(clippy::cast_possible_truncation, reason = "bytes of a pattern, and small counts")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use segue::mux::Credit;
use segue_quic::{
    RangeSet, ReceivedPackets, VarInt,
    stream::{ConnectionWindow, ReceiveStream, SendStream, Sent, StreamId},
};

/// The content of a packet.
#[derive(Clone)]
enum Frame {
    Stream { stream: usize, offset: u64, data: Vec<u8>, fin: bool },
    MaxData(u64),
    MaxStreamData(usize, u64),
    DataBlocked,
    StreamDataBlocked(usize),
    Reset { stream: usize, code: u64, size: u64 },
    Ack(Vec<std::ops::RangeInclusive<u64>>),
}

/// The record of a frame that a sender keeps until its packet is acknowledged or lost.
#[derive(Clone)]
enum Kept {
    Stream(Sent),
    MaxData,
    MaxStreamData(usize),
    DataBlocked,
    StreamDataBlocked(usize),
    Reset(usize),
}

/// A packet number space of one side: what is under way, and what has come.
#[derive(Default)]
struct Space {
    next: u64,
    under_way: BTreeMap<u64, Vec<Kept>>,
    received: ReceivedPackets,
    owes_ack: bool,
}

/// Random numbers, of Knuth's MMIX generator.
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (self.0 >> 33) % most
    }
}

#[derive(Debug, Clone)]
struct Plan {
    seed: u64,
    /// Of a hundred packets, how many are lost.
    lost: u64,
    doubled: u64,
    /// The distance by which packets are reordered.
    spread: u64,
    packet: usize,
    stream_window: u64,
    connection_window: u64,
    lengths: Vec<usize>,
    /// The stream that is reset, and the time.
    reset: Option<(usize, u64)>,
}

fn plan() -> impl Strategy<Value = Plan> {
    (
        any::<u64>(),
        0..40_u64,
        0..30_u64,
        1..40_u64,
        40..1500_usize,
        (50..20_000_u64, 50..40_000_u64),
        proptest::collection::vec(0..30_000_usize, 1..5),
        proptest::option::of((0..5_usize, 0..60_u64)),
    )
        .prop_map(|(seed, lost, doubled, spread, packet, windows, lengths, reset)| Plan {
            seed,
            lost,
            doubled,
            spread,
            packet,
            stream_window: windows.0,
            connection_window: windows.1,
            reset: reset.filter(|(stream, _)| *stream < lengths.len()),
            lengths,
        })
}

fn content(stream: usize, length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 31 + at / 253 + stream * 101) as u8).collect()
}

struct Network {
    random: Random,
    plan: Plan,
    /// By the time at which they arrive and a number of their own.
    flying: BTreeMap<(u64, u64), (bool, u64, Vec<Frame>)>,
    count: u64,
}

impl Network {
    fn send(&mut self, now: u64, to_receiver: bool, number: u64, frames: &[Frame]) {
        let copies = if self.random.below(100) < self.plan.doubled { 2 } else { 1 };
        for _ in 0..copies {
            if self.random.below(100) >= self.plan.lost {
                let at = now + 5 + self.random.below(self.plan.spread);
                self.flying.insert((at, self.count), (to_receiver, number, frames.to_vec()));
                self.count += 1;
            }
        }
    }
}

/// The sender of a frame.
fn index(sent: Sent) -> usize {
    sent.stream.index() as usize
}

/// Sends all streams over the network, and gives how much each gave to its reader.
fn run(plan: &Plan) -> Result<(), TestCaseError> {
    let mut network = Network {
        random: Random(plan.seed),
        plan: plan.clone(),
        flying: BTreeMap::new(),
        count: 0,
    };
    let mut credit = Credit::new(plan.connection_window);
    let mut senders: Vec<_> = (0..plan.lengths.len())
        .map(|index| {
            SendStream::new(StreamId::from(VarInt::from(index as u8 * 4)), plan.stream_window)
        })
        .collect();
    for (index, (sender, &length)) in senders.iter_mut().zip(&plan.lengths).enumerate() {
        sender.put(&content(index, length)).expect("it is open");
        sender.finish();
    }
    let mut window = ConnectionWindow::new(plan.connection_window);
    let mut receivers: Vec<_> =
        plan.lengths.iter().map(|_| ReceiveStream::new(plan.stream_window, &window)).collect();
    let mut read: Vec<Vec<u8>> = vec![Vec::new(); plan.lengths.len()];
    let (mut sending, mut receiving) = (Space::default(), Space::default());
    // The limits that the receiver has to tell, again if they were lost.
    let (mut tell_data, mut tell_streams, mut tell_blocked) =
        (false, vec![false; plan.lengths.len()], false);
    let mut tell_stream_blocked = vec![false; plan.lengths.len()];

    for now in 0..200_000_u64 {
        if let Some((stream, at)) = plan.reset
            && now == at
        {
            senders[stream].reset(77);
        }
        while network.flying.first_key_value().is_some_and(|((at, _), _)| *at <= now) {
            let Some((_, (to_receiver, number, frames))) = network.flying.pop_first() else {
                break;
            };
            let space = if to_receiver { &mut receiving } else { &mut sending };
            if !space.received.receive(number) {
                continue;
            }
            space.owes_ack |= frames.iter().any(|frame| !matches!(frame, Frame::Ack(_)));
            let mut acknowledged = RangeSet::new();
            for frame in frames {
                match frame {
                    Frame::Stream { stream, offset, data, fin } => {
                        let taken = receivers[stream].receive(offset, &data, fin, &mut window);
                        prop_assert!(taken.is_ok(), "{taken:?}");
                    }
                    Frame::Reset { stream, code, size } => {
                        let taken = receivers[stream].reset(code, size, &mut window);
                        prop_assert!(taken.is_ok(), "{taken:?}");
                    }
                    Frame::MaxData(limit) => drop(credit.raise_to(limit)),
                    Frame::MaxStreamData(stream, limit) => {
                        senders[stream].credit_mut().raise_to(limit);
                    }
                    Frame::DataBlocked => tell_data = true,
                    Frame::StreamDataBlocked(stream) => tell_streams[stream] = true,
                    Frame::Ack(ranges) => ranges.into_iter().for_each(|range| {
                        acknowledged.insert(*range.start()..range.end() + 1);
                    }),
                }
            }
            // A packet is lost once one that was sent three later is acknowledged (RFC 9002 §6.1.1).
            let largest = acknowledged.last().map_or(0, |range| range.end - 1);
            for (number, kept) in std::mem::take(&mut space.under_way) {
                let arrived = acknowledged.contains(number);
                if !arrived && number + 3 > largest {
                    space.under_way.insert(number, kept);
                    continue;
                }
                for kept in kept {
                    match (kept, arrived) {
                        (Kept::Stream(sent), true) => {
                            senders[index(sent)].acknowledged(sent).expect("it is of it");
                        }
                        (Kept::Stream(sent), false) => {
                            senders[index(sent)].lost(sent).expect("it is of it");
                        }
                        (Kept::Reset(stream), true) => senders[stream].reset_acknowledged(),
                        (Kept::Reset(stream), false) => senders[stream].reset_lost(),
                        (Kept::MaxData, false) => tell_data = true,
                        (Kept::MaxStreamData(stream), false) => tell_streams[stream] = true,
                        (Kept::DataBlocked, false) => tell_blocked = true,
                        (Kept::StreamDataBlocked(stream), false) => {
                            tell_stream_blocked[stream] = true;
                        }
                        (_, true) => {}
                    }
                }
            }
        }

        // The reader takes some of what there is.
        for (stream, receiver) in receivers.iter_mut().enumerate() {
            prop_assert!(receiver.unread() as u64 <= plan.stream_window);
            let (buffer, _) = receiver.parts();
            let take = buffer.len().min(network.random.below(3000) as usize);
            read[stream].extend_from_slice(&buffer.take(take));
            if receiver.settle(&mut window).is_some() {
                tell_streams[stream] = true;
            }
        }
        tell_data |= window.announce().is_some();
        let held: usize = receivers.iter().map(ReceiveStream::unread).sum();
        prop_assert!(held as u64 <= plan.connection_window);

        // A timer that stands for the probes of RFC 9002 §6.2: all counts as lost once nothing moves.
        if network.flying.is_empty() && now % 50 == 0 {
            for kept in std::mem::take(&mut sending.under_way).into_values().flatten() {
                match kept {
                    Kept::Stream(sent) => senders[index(sent)].lost(sent).expect("it is of it"),
                    Kept::Reset(stream) => senders[stream].reset_lost(),
                    Kept::DataBlocked => tell_blocked = true,
                    Kept::StreamDataBlocked(stream) => tell_stream_blocked[stream] = true,
                    _ => {}
                }
            }
            for kept in std::mem::take(&mut receiving.under_way).into_values().flatten() {
                match kept {
                    Kept::MaxData => tell_data = true,
                    Kept::MaxStreamData(stream) => tell_streams[stream] = true,
                    _ => {}
                }
            }
        }

        // A packet of the sender's.
        let (mut frames, mut kept, mut room) = (Vec::new(), Vec::new(), plan.packet);
        if std::mem::take(&mut sending.owes_ack) {
            frames.push(Frame::Ack(sending.received.ranges().collect()));
        }
        if std::mem::take(&mut tell_blocked) {
            credit.blocked_was_lost();
        }
        let first = network.random.below(senders.len() as u64) as usize;
        for turn in 0..senders.len() {
            let stream = (first + turn) % senders.len();
            let sender = &mut senders[stream];
            if std::mem::take(&mut tell_stream_blocked[stream]) {
                sender.credit_mut().blocked_was_lost();
            }
            if let Some((code, size)) = sender.next_reset() {
                frames.push(Frame::Reset { stream, code, size });
                kept.push(Kept::Reset(stream));
            }
            while let Some(piece) = sender.next(room, &mut credit) {
                room -= piece.data.len() + 2;
                kept.push(Kept::Stream(piece.sent()));
                let (data, fin) = (piece.data.to_vec(), piece.fin);
                frames.push(Frame::Stream { stream, offset: piece.offset, data, fin });
            }
            if sender.queue().has_more() && sender.credit_mut().blocked().is_some() {
                frames.push(Frame::StreamDataBlocked(stream));
                kept.push(Kept::StreamDataBlocked(stream));
            }
            if sender.queue().has_more() && credit.blocked().is_some() {
                frames.push(Frame::DataBlocked);
                kept.push(Kept::DataBlocked);
            }
        }
        if !frames.is_empty() {
            network.send(now, true, sending.next, &frames);
            if !kept.is_empty() {
                sending.under_way.insert(sending.next, kept);
            }
            sending.next += 1;
        }

        // And one of the receiver's.
        let (mut frames, mut kept) = (Vec::new(), Vec::new());
        if std::mem::take(&mut receiving.owes_ack) {
            frames.push(Frame::Ack(receiving.received.ranges().collect()));
        }
        if std::mem::take(&mut tell_data) {
            window.announce_all();
            frames.push(Frame::MaxData(window.limit()));
            kept.push(Kept::MaxData);
        }
        for (stream, tell) in tell_streams.iter_mut().enumerate() {
            if std::mem::take(tell) {
                frames.push(Frame::MaxStreamData(stream, receivers[stream].window().limit()));
                kept.push(Kept::MaxStreamData(stream));
            }
        }
        if !frames.is_empty() {
            network.send(now, false, receiving.next, &frames);
            if !kept.is_empty() {
                receiving.under_way.insert(receiving.next, kept);
            }
            receiving.next += 1;
        }

        let over =
            senders.iter().all(SendStream::is_done) && receivers.iter().all(ReceiveStream::is_done);
        if over {
            for (stream, (read, &length)) in read.iter().zip(&plan.lengths).enumerate() {
                let expected = content(stream, length);
                if receivers[stream].reset_code().is_some() {
                    prop_assert_eq!(plan.reset.map(|(stream, _)| stream), Some(stream));
                    prop_assert!(expected.starts_with(read));
                } else {
                    prop_assert_eq!(read, &expected);
                }
            }
            // Both sides agree on what was sent, and all of it is done with.
            prop_assert_eq!(credit.used(), window.reached());
            prop_assert_eq!(window.reached(), window.consumed());
            prop_assert!(senders.iter().all(|sender| sender.queue().unacknowledged() == 0));
            return Ok(());
        }
    }
    Err(TestCaseError::fail(format!("a standstill: {senders:?}, {receivers:?}, {credit:?}")))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn all_arrives(plan in plan()) {
        run(&plan)?;
    }
}
