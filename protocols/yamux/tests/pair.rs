//! Two sessions against each other and against a model, in any order of operations.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod support;

use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};
use segue::mux::{Carrier, Direction, Ending, Event, Opens, Priority};
use segue_yamux::{Limits, Role, StreamId};
use support::End;

#[derive(Debug, Clone)]
enum Operation {
    Open(u8),
    /// The end, which of its streams, and how many bytes.
    Write(u8, u8, u16),
    WriteLarge(u8, u8, u16),
    Finish(u8, u8),
    Reset(u8, u8),
    LetGo(u8, u8),
    Read(u8, u8, u16),
    Want(u8, u8, u32),
    Prioritise(u8, u8, u8),
    Ping(u8),
    Speak(u8),
    /// So many bytes get through.
    Deliver(u8, u16),
    Lend(u8, u8),
}

fn operation() -> impl Strategy<Value = Operation> {
    let (end, which) = (0..2_u8, 0..6_u8);
    let at = (end.clone(), which);
    prop_oneof![
        1 => end.clone().prop_map(Operation::Open),
        4 => (at.clone(), any::<u16>()).prop_map(|((e, w), n)| Operation::Write(e, w, n)),
        2 => (at.clone(), any::<u16>()).prop_map(|((e, w), n)| Operation::WriteLarge(e, w, n)),
        1 => at.clone().prop_map(|(e, w)| Operation::Finish(e, w)),
        1 => at.clone().prop_map(|(e, w)| Operation::Reset(e, w)),
        1 => at.clone().prop_map(|(e, w)| Operation::LetGo(e, w)),
        4 => (at.clone(), any::<u16>()).prop_map(|((e, w), n)| Operation::Read(e, w, n)),
        1 => (at.clone(), 0..500_000_u32).prop_map(|((e, w), n)| Operation::Want(e, w, n)),
        1 => (at.clone(), any::<u8>()).prop_map(|((e, w), n)| Operation::Prioritise(e, w, n)),
        1 => end.clone().prop_map(Operation::Ping),
        5 => end.clone().prop_map(Operation::Speak),
        6 => (end, any::<u16>()).prop_map(|(e, n)| Operation::Deliver(e, n)),
        1 => at.prop_map(|(e, w)| Operation::Lend(e, w)),
    ]
}

/// One direction of a stream, as it must be.
#[derive(Debug, Default)]
struct Flow {
    written: u64,
    read: u64,
    /// The number of bytes released, and the position that the reader has asked for.
    released: u64,
    wanted: u64,
    finished: bool,
    /// Either end has reset the stream, or its reader has let go of it.
    broken: bool,
}

/// The model of both ends and their streams, with its invariants.
struct World {
    ends: [End; 2],
    /// The streams of each end that it has not let go of, and all that happened to each stream.
    held: [Vec<StreamId>; 2],
    flows: [BTreeMap<StreamId, Flow>; 2],
    wire: [Vec<u8>; 2],
    released: [Vec<StreamId>; 2],
    opened: [Vec<StreamId>; 2],
}

/// The byte at a position of a stream, by who sends it.
fn byte(id: StreamId, end: usize, at: u64) -> u8 {
    let (stream, end) = (u64::from(id.value()) * 31, end as u64 * 77);
    (at ^ (at >> 8) ^ stream ^ end).to_le_bytes()[0]
}

impl World {
    fn new() -> Self {
        let limits = Limits { resets: u32::MAX, keep_alive: None, ..Limits::default() };
        Self {
            ends: [End::with(Role::Client, limits), End::with(Role::Server, limits)],
            held: Default::default(),
            flows: Default::default(),
            wire: Default::default(),
            released: Default::default(),
            opened: Default::default(),
        }
    }

    fn pick(&self, end: u8, which: u8) -> Option<(usize, StreamId)> {
        let end = usize::from(end);
        let held = &self.held[end];
        (!held.is_empty()).then(|| (end, held[usize::from(which) % held.len()]))
    }

    /// The data that `end` sends on a stream.
    fn flow(&mut self, end: usize, id: StreamId) -> &mut Flow {
        self.flows[end].entry(id).or_default()
    }

    fn apply(&mut self, operation: Operation) {
        use Operation::*;
        match operation {
            Open(end) => {
                let end = usize::from(end);
                if self.held[end].len() < 20 {
                    let id = self.ends[end].session.open(Direction::Both).unwrap();
                    self.held[end].push(id);
                    self.opened[end].push(id);
                }
            }
            Write(end, which, n) => self.write(end, which, n, false),
            WriteLarge(end, which, n) => self.write(end, which, n, true),
            Finish(end, which) => {
                let Some((end, id)) = self.pick(end, which) else { return };
                self.ends[end].session.finish(id);
                self.flow(end, id).finished = true;
            }
            Reset(end, which) => {
                let Some((end, id)) = self.pick(end, which) else { return };
                self.ends[end].session.reset(id, 0);
                self.flow(end, id).broken = true;
                self.flow(1 - end, id).broken = true;
            }
            LetGo(end, which) => {
                let Some((end, id)) = self.pick(end, which) else { return };
                self.ends[end].session.let_go(id);
                self.held[end].retain(|held| *held != id);
                self.flow(end, id).finished = true;
                self.flow(1 - end, id).broken = true;
            }
            Read(end, which, n) => {
                if let Some((end, id)) = self.pick(end, which) {
                    self.read(end, id, usize::from(n) * 4);
                }
            }
            Want(end, which, n) => {
                let Some((end, id)) = self.pick(end, which) else { return };
                assert!(self.ends[end].session.want(id, n as usize));
                let arrived = {
                    let stream = self.ends[end].session.stream(id).unwrap();
                    let input = stream.input.unwrap();
                    input.position() + input.len() as u64
                };
                let flow = self.flow(1 - end, id);
                flow.wanted = flow.wanted.max(arrived + u64::from(n));
            }
            Prioritise(end, which, n) => {
                let Some((end, id)) = self.pick(end, which) else { return };
                let priority = Priority { urgency: n % 8, incremental: n & 8 == 0 };
                self.ends[end].session.prioritise(id, priority);
            }
            Ping(end) => self.ends[usize::from(end)].session.ping(),
            Speak(end) => {
                self.ends[usize::from(end)].speak();
            }
            Deliver(end, n) => self.deliver(usize::from(end), usize::from(n)),
            Lend(end, which) => {
                let Some((end, id)) = self.pick(end, which) else { return };
                let Some(mut lent) = self.ends[end].session.lend(id) else { return };
                self.deliver(1 - end, 5000);
                let consumed = lent.len() / 2;
                self.check(end, id, &lent.as_slice()[..consumed]);
                lent.consume(consumed);
                self.ends[end].session.give_back(id, lent);
                self.release(end, id, consumed);
            }
        }
    }

    fn write(&mut self, end: u8, which: u8, n: u16, large: bool) {
        let Some((end, id)) = self.pick(end, which) else { return };
        let flow = self.flows[end].entry(id).or_default();
        let stream = self.ends[end].session.stream(id).unwrap();
        let Some(output) = stream.output else { return };
        let length = u64::from(n) * if large { 8 } else { 1 };
        let bytes: Vec<u8> =
            (flow.written..flow.written + length).map(|at| byte(id, end, at)).collect();
        if large {
            output.put_bytes(bytes.into());
        } else {
            output.put(&bytes);
        }
        flow.written += length;
    }

    fn read(&mut self, end: usize, id: StreamId, most: usize) {
        let input = self.ends[end].session.stream(id).unwrap().input.unwrap();
        let length = input.len().min(most);
        let bytes = input.take(length).to_vec();
        self.check(end, id, &bytes);
        self.release(end, id, length);
    }

    /// Checks that received data is the written data, in order.
    fn check(&mut self, end: usize, id: StreamId, bytes: &[u8]) {
        let flow = self.flow(1 - end, id);
        for (got, at) in bytes.iter().zip(flow.read..) {
            assert_eq!(*got, byte(id, 1 - end, at), "byte {at} of stream {id}");
        }
        flow.read += bytes.len() as u64;
        assert!(flow.read <= flow.written);
    }

    fn release(&mut self, end: usize, id: StreamId, count: usize) {
        self.ends[end].session.release_credit(id, count);
        self.flow(1 - end, id).released += count as u64;
    }

    /// Moves bytes from an end's wire to the other, cut anywhere.
    fn deliver(&mut self, from: usize, most: usize) {
        let sent = self.ends[from].sent();
        self.wire[from].extend(sent);
        let length = self.wire[from].len().min(most);
        let piece: Vec<u8> = self.wire[from].drain(..length).collect();
        let to = 1 - from;
        self.ends[to].input.extend(&piece);
        while let Some(event) = self.ends[to].next() {
            self.hear(to, event);
        }
        while let Some(event) = self.ends[from].next() {
            self.hear(from, event);
        }
    }

    fn hear(&mut self, end: usize, event: Event<StreamId>) {
        match event {
            Event::Opened(id) => {
                assert!(!self.opened[end].contains(&id), "{id} is opened twice");
                self.opened[end].push(id);
                self.held[end].push(id);
            }
            Event::Readable(id) => {
                // Credit follows the consumer: never more came than the window and what was let go
                // of, or than what was wanted and half a window.
                let stream = self.ends[end].session.stream(id).unwrap();
                let input = stream.input.unwrap();
                let arrived = input.position() + input.len() as u64;
                let flow = self.flow(1 - end, id);
                let granted = (flow.released + 256 * 1024).max(flow.wanted + 128 * 1024);
                assert!(arrived <= granted, "{arrived} of {granted} came on {id}");
            }
            Event::Reset(id, code) => {
                assert!(self.held[end].contains(&id) && code == 0);
                assert!(self.flow(end, id).broken || self.flow(1 - end, id).broken);
            }
            Event::Writable(id) => assert!(self.held[end].contains(&id)),
            Event::Sent(id, count) => {
                assert!(self.held[end].contains(&id) && count > 0);
            }
            Event::Released(id) => {
                assert!(!self.held[end].contains(&id));
                assert!(!self.released[end].contains(&id), "{id} is released twice");
                self.released[end].push(id);
            }
            Event::Stopped(..) | Event::May | Event::Away(_) => panic!("{event:?}"),
        }
    }

    /// Goes on until nothing moves.
    fn settle(&mut self, reads: bool) {
        let mut quiet = 0;
        while quiet < 3 {
            quiet += 1;
            for end in 0..2 {
                self.ends[end].speak();
                if !self.ends[end].output.is_empty() || !self.wire[end].is_empty() {
                    quiet = 0;
                }
                self.deliver(end, usize::MAX);
                for id in self.held[end].clone().into_iter().filter(|_| reads) {
                    self.read(end, id, usize::MAX);
                }
            }
        }
    }

    /// Everything gets through and is read, and both let go of all.
    fn finish(mut self) {
        self.settle(true);
        for end in 0..2 {
            assert!(self.wire[end].is_empty() && self.ends[end].output.is_empty());
            for id in self.held[end].clone() {
                let ending = self.ends[end].session.stream(id).unwrap().ending;
                let other = self.opened[1 - end].contains(&id);
                assert!(other || self.flows[end].get(&id).is_some_and(|flow| flow.broken), "{id}");
                let broken = self.flow(end, id).broken;
                let flow = self.flow(1 - end, id);
                if !flow.broken && !broken {
                    assert_eq!(flow.read, flow.written, "stream {id}: all was read");
                    let expected = if flow.finished { Ending::Ended } else { Ending::Open };
                    assert_eq!(ending, expected, "stream {id}");
                }
            }
        }
        for end in 0..2 {
            for id in core::mem::take(&mut self.held[end]) {
                self.ends[end].session.let_go(id);
            }
        }
        self.settle(false);
        for end in 0..2 {
            assert_eq!(self.ends[end].session.streams(), 0, "all streams are over");
            self.released[end].sort_unstable();
            self.opened[end].sort_unstable();
            assert_eq!(self.released[end], self.opened[end], "each was told to be over");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(if cfg!(debug_assertions) { 96 } else { 1000 })
    })]

    #[test]
    fn any_order_of_operations_loses_nothing(operations in vec(operation(), 1..400)) {
        let mut world = World::new();
        operations.into_iter().for_each(|operation| world.apply(operation));
        world.finish();
    }
}
