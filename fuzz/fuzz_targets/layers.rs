//! Two ends of a connection with two layers each, and what both do on it, in any order: one of them
//! non-blocking or polled, over transports that block, cut, fail and break as they like. What one
//! says the other hears, once and in order; the end is an end, and a cut is a fault.
//!
//! | bytes | say |
//! |---|---|
//! | 0 | which layers there are, and the driver of each end |
//! | 1 to 5 | the bytes of a record of each layer, the sizes of reads, the high-water mark, the most that a read brings |
//!
//! Then come, for each end, what its transport does, and what both do: lists, each entry a byte or
//! two.
#![no_main]

#[path = "layers/ends.rs"]
mod ends;

use arbitrary::{Arbitrary, Unstructured};
use ends::{Act, End, Over, blocking, polled};
use libfuzzer_sys::fuzz_target;
use segue::driver::Options;
use segue_fuzz::layers::AnyLayer;
use segue_fuzz::pipe::{Arrival, Pipe, Taken};
use segue_fuzz::plan;

/// All that happens, and to which end.
#[derive(Debug, Clone, Copy)]
enum Event {
    Act(Act),
    /// For so many events this end is in two halves.
    Split(u8),
    /// This many written bytes arrive at the other end.
    Carry(u8),
    /// This end says no more.
    Close,
    /// The topmost layer is taken off and put back.
    Reopen,
    /// Both come to rest, talk without the topmost layer, and put a new one on.
    Change,
    /// Nothing of what this end writes arrives any more.
    Cut,
    /// A bit of what this end has written is flipped.
    Flip(u8),
}

/// An event at an end.
#[derive(Debug, Clone, Copy)]
struct At(usize, Event);

impl<'a> Arbitrary<'a> for At {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let byte = u.arbitrary::<u8>()?;
        let event = match byte >> 1 {
            0..=7 => Event::Act(Act::Queue(u.arbitrary::<u8>()?.into())),
            8..=11 => Event::Act(Act::Queue(usize::from(u.arbitrary::<u8>()?) * 16)),
            12..=23 => Event::Act(Act::Flush),
            24..=39 => Event::Act(Act::Turn { echoes: false }),
            40..=47 => Event::Act(Act::Turn { echoes: true }),
            48..=55 => Event::Act(Act::Take),
            56..=61 => Event::Act(Act::Ask),
            62..=73 => Event::Carry(u.arbitrary()?),
            74..=89 => Event::Carry(u8::MAX),
            90..=105 => Event::Split((byte >> 1) - 90),
            106..=109 => Event::Close,
            110..=117 => Event::Reopen,
            118..=123 => Event::Change,
            124 | 125 => Event::Cut,
            _ => Event::Flip(u.arbitrary()?),
        };
        Ok(Self(usize::from(byte & 1), event))
    }
}

/// Both ends, and what was done to what is between them.
struct World {
    ends: [Box<dyn End>; 2],
    kinds: u8,
    most: [u8; 2],
    /// All that this end writes does not arrive any more, or not as it was.
    cut: [bool; 2],
    flipped: [bool; 2],
    /// The end of what it writes has arrived.
    ended: [bool; 2],
    /// A peer was gone while the layer was changed.
    is_given_up: bool,
}

fuzz_target!(|data: &[u8]| {
    let Ok((mut world, events)) = read(&mut Unstructured::new(data)) else { return };
    let mut events = events.into_iter();
    while let Some(At(side, event)) = events.next() {
        world.happens(side, event, &mut events);
        if world.is_given_up {
            return;
        }
    }
    world.finish();
});

fn read(u: &mut Unstructured<'_>) -> arbitrary::Result<(World, Vec<At>)> {
    let kinds = u.arbitrary::<u8>()?;
    let most = [u.arbitrary()?, u.arbitrary()?];
    let options = Options::new()
        .read_size(usize::from(u.arbitrary::<u8>()?) + 1)
        .high_water((usize::from(u.arbitrary::<u8>()?) + 1) * 4);
    let at_once = usize::from(u.arbitrary::<u8>()?);
    let mut pipe = || -> arbitrary::Result<Pipe> {
        let arrivals: Vec<Arrival> = plan::list(u, 60)?;
        let writes: Vec<Taken> = plan::list(u, 60)?;
        Ok(Pipe::scripted(arrivals, writes, at_once))
    };
    let pipes = [pipe()?, pipe()?];
    let events = plan::list(u, u8::MAX)?;
    let layers = || [AnyLayer::new(kinds, most[0]), AnyLayer::new(kinds >> 1, most[1])];
    let mut side = 0;
    let ends = pipes.map(|pipe| -> Box<dyn End> {
        side += 1;
        if kinds >> (1 + side) & 1 == 0 {
            Box::new(blocking::Whole::new(pipe, layers(), options, side - 1))
        } else {
            Box::new(polled::Whole::new(polled::Polled(pipe), layers(), options, side - 1))
        }
    });
    let (cut, flipped, ended) = Default::default();
    Ok((World { ends, kinds, most, cut, flipped, ended, is_given_up: false }, events))
}

impl World {
    fn happens(&mut self, side: usize, event: Event, events: &mut impl Iterator<Item = At>) {
        let end = &mut self.ends[side];
        match event {
            Event::Act(act) => end.act(act),
            Event::Close => {
                end.close();
            }
            Event::Reopen if end.tale().over.is_none() && !end.tale().closes => end.reopen(),
            Event::Split(count) => {
                let acts = events.by_ref().take(count.into());
                let acts: Vec<_> = acts
                    .filter_map(|At(_, event)| match event {
                        Event::Act(act) => Some(act),
                        _ => None,
                    })
                    .collect();
                end.in_halves(&acts);
            }
            Event::Carry(count) => {
                let count = if count == u8::MAX { usize::MAX } else { count.into() };
                self.carry(side, count);
            }
            Event::Change => self.change(),
            Event::Cut => {
                self.cut[side] = true;
                self.carry(side, 0);
            }
            Event::Flip(bit) => {
                let mut bytes = end.pipe().take_written(usize::MAX);
                if let Some(byte) = bytes.get_mut(usize::from(bit >> 3)) {
                    *byte ^= 1 << (bit & 7);
                    self.flipped[side] = true;
                }
                self.give(side, &bytes);
            }
            Event::Reopen => {}
        }
    }

    /// Carries up to `most` bytes from an end to the other, and then the end.
    fn carry(&mut self, side: usize, most: usize) -> bool {
        let bytes = self.ends[side].pipe().take_written(most);
        self.give(side, &bytes);
        let pipe = self.ends[side].pipe();
        let is_over = (pipe.has_ended() || pipe.is_broken()) && pipe.written().is_empty();
        if is_over && pipe.is_broken() && !pipe.has_ended() {
            self.cut[side] = true;
        }
        if !self.ended[side] && (is_over || self.cut[side]) {
            self.ended[side] = true;
            self.ends[1 - side].pipe().end();
        }
        !bytes.is_empty()
    }

    fn give(&self, side: usize, bytes: &[u8]) {
        if !self.cut[side] {
            self.ends[1 - side].pipe().give(bytes);
        }
    }

    fn is_harmed(&self) -> bool {
        let harm = |side: usize| {
            self.cut[side] || self.flipped[side] || self.ends[side].pipe().is_broken()
        };
        harm(0) || harm(1)
    }

    /// Both send, read and carry, until nothing moves any more.
    fn rest(&mut self) {
        let mut idle = 0;
        for _ in 0..PATIENCE {
            let mut moves = false;
            for side in 0..2 {
                let end = &mut self.ends[side];
                let before = end.tale().heard.clone().map(|lane| lane.len());
                end.act(Act::Flush);
                end.act(Act::Turn { echoes: false });
                moves |= before != end.tale().heard.clone().map(|lane| lane.len());
                moves |= end.wants_write();
                moves |= self.carry(side, usize::MAX);
                let pipe = self.ends[1 - side].pipe();
                let reads = self.ends[1 - side].tale_ref().over.is_none();
                moves |= reads && !pipe.unread().is_empty();
            }
            // A call may give up before all that it has received is opened.
            idle = if moves { 0 } else { idle + 1 };
            if idle == IDLE || self.is_harmed() {
                return;
            }
        }
        let state = self.ends.each_ref().map(|end| {
            let pipe = end.pipe();
            let left = (pipe.unread().len(), pipe.written().len());
            (end.tale_ref().over.clone(), end.wants_write(), left)
        });
        panic!("they do not come to rest: {state:?}");
    }

    /// Both talk without the topmost layer, and put a new one on.
    fn change(&mut self) {
        let quiet = |end: &dyn End| end.tale_ref().over.is_none() && !end.tale_ref().closes;
        if !self.ends.iter().all(|end| quiet(&**end)) || self.is_harmed() {
            return;
        }
        self.rest();
        if self.is_harmed() {
            return;
        }
        self.ends.iter_mut().for_each(|end| end.unlayer());
        for _ in 0..PATIENCE {
            let mut both = true;
            for side in 0..2 {
                both &= self.ends[side].talk_below();
                self.carry(side, usize::MAX);
            }
            if both || self.is_harmed() {
                break;
            }
        }
        // Nobody else may be gone, so then both have heard it.
        for end in &mut self.ends {
            let layer = AnyLayer::new(self.kinds >> 1, self.most[1]);
            self.is_given_up |= !end.layer_again(layer);
        }
    }

    /// All that was said arrives, and then both end.
    fn finish(&mut self) {
        let closes = self.ends.each_ref().map(|end| end.tale_ref().closes);
        if closes == [false; 2] {
            self.rest();
            if !self.is_harmed() {
                self.all_is_heard();
            }
        }
        for _ in 0..PATIENCE {
            for side in 0..2 {
                self.ends[side].close();
                self.carry(side, usize::MAX);
                self.ends[side].act(Act::Turn { echoes: false });
            }
            if self.ends.iter().all(|end| end.tale_ref().over.is_some()) {
                break;
            }
        }
        for side in 0..2 {
            let (speaker, hearer) = (self.ends[side].tale_ref(), self.ends[1 - side].tale_ref());
            assert!(hearer.over.is_some(), "it does not come to an end");
            if self.flipped[side] || self.flipped[1 - side] {
                continue;
            }
            for (said, heard) in speaker.said.iter().zip(&hearer.heard) {
                assert!(said.starts_with(heard), "not {said:?} but {heard:?}");
            }
            let is_whole = speaker.said == hearer.heard;
            if !self.cut[side] && !self.is_harmed() {
                assert!(is_whole, "not {:?} but {:?}", speaker.said, hearer.heard);
                assert_eq!(hearer.over, Some(Over::End));
            }
            // Chunks alone end between two of them.
            let is_cut = self.cut[side] && !is_whole && self.kinds & 3 != 3;
            assert!(
                !is_cut || matches!(hearer.over, Some(Over::Fault(_))),
                "a cut is taken for an end"
            );
        }
    }

    fn all_is_heard(&self) {
        for side in 0..2 {
            let (said, heard) =
                (&self.ends[side].tale_ref().said, &self.ends[1 - side].tale_ref().heard);
            assert!(said == heard, "not {said:?} but {heard:?}");
        }
    }
}

/// After how many rounds in which nothing is seen to move both are at rest.
const IDLE: usize = 30;

/// More than enough attempts for any script.
const PATIENCE: usize = 20_000;
