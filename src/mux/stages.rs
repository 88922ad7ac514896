//! Stages on the streams of a carrier.

use alloc::collections::{BinaryHeap, VecDeque};
use core::{cmp::Ordering, fmt, mem, time::Duration};

use super::{Carrier, Ending, Event, StreamMut, Table};
use crate::{Buffer, Cause, Decode, Fault, Framing, Moment, Output, Record, Say};

/// Stages on the streams of a carrier.
///
/// A stage is [attached](Self::attach) to a stream when that [opens](Event::Opened), or later. From
/// then on its items come with the events of the carrier, one at a time:
///
/// - A stage is asked when something happened on its stream, and only then: idle streams cost
///   nothing.
/// - The peer may send as much again as the stage has consumed. A stage whose
///   [output](StreamMut::output) is full is not asked, and so its peer is not let send. A record that
///   is longer than the window is [granted](Carrier::want) what it lacks.
/// - What the stage answers, and what it has to [say](Decode::speak), goes to the output of its
///   stream.
/// - A fault of a stage ends its stream, by a reset, and nothing else. Offsets are those in the
///   stream, one [layer](Fault::layer) deeper.
///
/// Where the carrier is a stage that reads a connection, so is this, and any driver drives it. Others
/// are driven by hand: [`next`](Self::next) gives items, [`speak_stages`](Self::speak_stages) lets
/// the stages speak.
///
/// ```
/// use segue::mux::{Carrier, Event, Item, Mux};
/// use segue::length;
///
/// /// Answers each record on a stream by one of the same length.
/// fn serve<C: Carrier>(mux: &mut Mux<C, length::Prefixed<length::U16Be>>) {
///     while let Some(item) = mux.next() {
///         let opened = match item {
///             Item::Event(Event::Opened(id), _) => id,
///             Item::Inner(id, Ok(record), carrier) => {
///                 if let Some(output) = carrier.stream(id).and_then(|stream| stream.output) {
///                     output.put(&record);
///                 }
///                 continue;
///             }
///             Item::End(id, fault, carrier) => {
///                 assert!(fault.is_none());
///                 carrier.let_go(id);
///                 continue;
///             }
///             _ => continue,
///         };
///         mux.attach(opened, length::u16_be());
///     }
/// }
/// ```
pub struct Mux<C: Carrier, I: Decode> {
    carrier: C,
    stages: Table<C::Id, Inner<I>>,
    /// Those on whose streams something happened since they were asked.
    touched: VecDeque<C::Id>,
    /// Those of which that is so since they were let speak.
    speakers: VecDeque<C::Id>,
    deadlines: BinaryHeap<Deadline<C::Id>>,
    /// What is to be told before anything else.
    told: VecDeque<Told<C::Id, I::Error>>,
    next: Next<C::Id>,
    /// The input that the last item is of.
    lent: Buffer,
    /// How many bytes `lent` had.
    held: usize,
    /// A stage that was told to have failed.
    failed: Option<C::Id>,
    /// What stages have consumed: it pays for their items.
    consumed: u64,
}

/// What happens on a carrier and its streams.
#[derive(Debug)]
pub enum Item<'a, C: Carrier, I: Decode + 'a> {
    /// Something happened to the connection, or to a stream without a stage.
    Event(Event<C::Id>, &'a mut C),
    /// An item of the stage on this stream, or a fault after which the stage goes on.
    Inner(C::Id, Result<I::Item<'a>, Fault<I::Error>>, &'a mut C),
    /// The stage on this stream is over and no longer attached.
    ///
    /// Without a fault the stream is yours: attach another stage, or
    /// [let go](Carrier::let_go) of it. With one it is reset with the code 0, unless you reset it
    /// with another, and let go of. A stream that broke off has its code in
    /// [`StreamMut::ending`].
    End(C::Id, Option<Fault<I::Error>>, &'a mut C),
}

/// A stage on a stream.
struct Inner<I> {
    stage: I,
    /// Whether it stands in the queue of those that are asked.
    touched: bool,
    /// Whether it stands in the queue of those that speak.
    speaks: bool,
    /// When it wants to speak again.
    wake_at: Option<Duration>,
}

enum Told<Id, E> {
    Event(Event<Id>),
    Fault(Id, Fault<E>),
    End(Id, Option<Fault<E>>),
}

/// What the last frame announced, or what came of it.
#[derive(Clone, Copy)]
enum Next<Id> {
    Nothing,
    /// The first that is to be told.
    Tell,
    /// A record of so many bytes of this stream.
    Inner(Id, usize),
    /// The item of this stream lies in `lent`.
    Lent(Id),
    /// An item of the carrier.
    Carrier,
    /// Something that the carrier keeps to itself.
    Absorb,
}

struct Deadline<Id> {
    at: Duration,
    id: Id,
}

impl<C: Carrier, I: Decode> Mux<C, I> {
    /// A carrier without stages on its streams.
    pub fn new(carrier: C) -> Self {
        Self {
            carrier,
            stages: Table::new(),
            touched: VecDeque::new(),
            speakers: VecDeque::new(),
            deadlines: BinaryHeap::new(),
            told: VecDeque::new(),
            next: Next::Nothing,
            lent: Buffer::new(),
            held: 0,
            failed: None,
            consumed: 0,
        }
    }

    /// The carrier.
    pub const fn carrier(&self) -> &C {
        &self.carrier
    }

    /// The carrier, to open streams, write to them, let go of them.
    pub const fn carrier_mut(&mut self) -> &mut C {
        &mut self.carrier
    }

    /// The carrier. Stages are dropped; what they have not consumed is in their streams.
    pub fn into_carrier(mut self) -> C {
        self.settle();
        self.carrier
    }

    /// How many streams have a stage.
    pub const fn len(&self) -> usize {
        self.stages.len()
    }

    /// Whether no stream has a stage.
    pub const fn is_empty(&self) -> bool {
        self.stages.is_empty()
    }

    /// Has `stage` read a stream, from what was not consumed of it on. Gives the stage that was
    /// there before.
    pub fn attach(&mut self, id: C::Id, stage: I) -> Option<I> {
        self.settle();
        let before = self.detach(id);
        let inner = Inner { stage, touched: false, speaks: false, wake_at: None };
        self.stages.insert(id, inner);
        self.touch(id);
        before
    }

    /// Takes the stage of a stream back. What it has not consumed stays in the stream.
    pub fn detach(&mut self, id: C::Id) -> Option<I> {
        self.settle();
        if matches!(self.next, Next::Inner(next, _) if next == id) {
            self.next = Next::Nothing;
        }
        self.stages.remove(&id).map(|inner| inner.stage)
    }

    /// The stage on a stream, which is asked and let speak again after that.
    pub fn stage_mut(&mut self, id: C::Id) -> Option<&mut I> {
        self.settle();
        self.touch(id);
        self.stages.get_mut(&id).map(|inner| &mut inner.stage)
    }

    /// The next item of what the carrier has. For carriers that are not stages; where the carrier is
    /// one, its driver gives the items.
    #[expect(clippy::should_implement_trait, reason = "items borrow; no Iterator can lend")]
    pub fn next(&mut self) -> Option<Item<'_, C, I>> {
        self.settle();
        while !self.find() {
            let event = self.carrier.next_event()?;
            self.hear(event);
        }
        self.make()
    }

    /// Lets the stages speak on whose streams something happened, or whose time has come. Their
    /// words go to the outputs of their streams. Gives the time at which one wants to speak next.
    ///
    /// `now` is the time since the epoch of the driver's timer, if it has one.
    pub fn speak_stages(&mut self, now: Option<Duration>) -> Option<Duration> {
        self.settle();
        while let (Some(now), Some(first)) = (now, self.deadlines.peek())
            && first.at <= now
            && let Some(Deadline { at, id }) = self.deadlines.pop()
        {
            if let Some(inner) = self.stages.get_mut(&id)
                && inner.wake_at == Some(at)
            {
                inner.wake_at = None;
                enqueue(&mut inner.speaks, &mut self.speakers, id);
            }
        }
        while let Some(id) = self.speakers.pop_front() {
            self.speak_on(id, now);
        }
        // Times that were moved.
        while let Some(first) = self.deadlines.peek()
            && self.stages.get(&first.id).is_none_or(|inner| inner.wake_at != Some(first.at))
        {
            self.deadlines.pop();
        }
        self.deadlines.peek().map(|first| first.at)
    }

    fn speak_on(&mut self, id: C::Id, now: Option<Duration>) {
        let Some(inner) = self.stages.get_mut(&id) else { return };
        inner.speaks = false;
        let Some(StreamMut { output: Some(output), .. }) = self.carrier.stream(id) else { return };
        // Once there is room again, an event tells of it.
        if !output.has_room() {
            return;
        }
        let room = (output.high_water() / 2).saturating_sub(output.len());
        let mut moment = now.map_or(Moment::unknown(), Moment::at);
        let said = inner.stage.speak(&mut Say::new(output, room, &mut moment));
        if let Some(at) = moment.wake_at()
            && inner.wake_at != Some(at)
        {
            inner.wake_at = Some(at);
            self.deadlines.push(Deadline { at, id });
            // Each stage has one that counts.
            if self.deadlines.len() > 2 * self.stages.len() + 16 {
                let stages = &self.stages;
                let counts = |deadline: &Deadline<C::Id>| {
                    let inner = stages.get(&deadline.id);
                    inner.is_some_and(|inner| inner.wake_at == Some(deadline.at))
                };
                self.deadlines.retain(counts);
            }
        }
        if let Err(fault) = said {
            self.end(id, Some(fault.nested()));
        }
    }

    /// Something happened on a stream with a stage. False where there is none.
    fn touch(&mut self, id: C::Id) -> bool {
        let Some(inner) = self.stages.get_mut(&id) else { return false };
        enqueue(&mut inner.touched, &mut self.touched, id);
        enqueue(&mut inner.speaks, &mut self.speakers, id);
        true
    }

    /// Acts upon an event, or has it told.
    fn hear(&mut self, event: Event<C::Id>) {
        let hidden = match event {
            // A stream that broke off ends its stage when that has read what came.
            Event::Readable(id)
            | Event::Writable(id)
            | Event::Reset(id, _)
            | Event::Sent(id, _) => self.touch(id),
            Event::Released(id) => {
                self.stages.remove(&id);
                false
            }
            Event::Opened(_) | Event::Stopped(..) | Event::May | Event::Away(_) => false,
        };
        if !hidden {
            self.told.push_back(Told::Event(event));
        }
    }

    /// Puts things in order behind the last item, which is gone.
    fn settle(&mut self) {
        if let Next::Lent(id) = self.next {
            let lent = mem::take(&mut self.lent);
            let consumed = self.held - lent.len();
            self.carrier.give_back(id, lent);
            if consumed > 0 {
                self.carrier.release_credit(id, consumed);
            }
            self.touch(id);
            self.next = Next::Nothing;
        }
        if let Some(id) = self.failed.take() {
            self.stages.remove(&id);
            self.carrier.reset(id, 0);
            self.carrier.let_go(id);
        }
    }

    /// Looks for something to tell, or an item of a stage.
    fn find(&mut self) -> bool {
        loop {
            match self.next {
                Next::Tell | Next::Inner(..) => return true,
                _ if !self.told.is_empty() => self.next = Next::Tell,
                _ => {
                    let Some(id) = self.touched.pop_front() else { return false };
                    self.ask(id);
                }
            }
        }
    }

    /// Asks a stage until it has an item or needs more.
    fn ask(&mut self, id: C::Id) {
        let Some(inner) = self.stages.get_mut(&id) else { return };
        inner.touched = false;
        loop {
            let Some(stream) = self.carrier.stream(id) else { return };
            let (Some(input), ending) = (stream.input, stream.ending) else { return };
            let mut nowhere = Output::new();
            let output = stream.output.unwrap_or(&mut nowhere);
            // Once there is room again, an event tells of it.
            if !output.has_room() {
                return;
            }
            let position = input.position();
            let place = |fault: Fault<I::Error>| fault.moved(position).nested();
            let ended = ending == Ending::Ended;
            let framing = inner.stage.frame(input.as_slice(), ended).map_err(Fault::fatal);
            let (length, item) = match framing {
                Ok(Framing::Record(length)) => (length, true),
                Ok(Framing::Absorb(length)) => (length, false),
                Ok(Framing::Need(need)) if ending == Ending::Open => {
                    if !self.carrier.want(id, need.at_least.get()) {
                        let missing = Fault::too_long(position).nested();
                        self.end(id, Some(missing));
                    }
                    return;
                }
                Ok(Framing::Need(_)) => {
                    let held = input.len() as u64;
                    return self.end(id, Some(place(Fault::truncated(held))));
                }
                Ok(Framing::Done) => return self.end(id, None),
                Err(fault) => return self.end(id, Some(place(fault))),
            };
            if length > input.len() {
                return self.end(id, Some(place(Fault::from_cause(Cause::Contract))));
            }
            if length == 0
                && let Err(fault) = input.pay(&inner.stage)
            {
                return self.end(id, Some(fault.nested()));
            }
            self.consumed = self.consumed.wrapping_add(length.max(1) as u64);
            if item {
                self.next = Next::Inner(id, length);
                return;
            }
            let absorbed = inner.stage.absorb(input.take(length), output).map_err(place);
            if length > 0 {
                self.carrier.release_credit(id, length);
            }
            match absorbed {
                Ok(()) => {}
                Err(fault) if fault.fatal => return self.end(id, Some(fault)),
                Err(fault) => {
                    enqueue(&mut inner.touched, &mut self.touched, id);
                    return self.told.push_back(Told::Fault(id, fault));
                }
            }
        }
    }

    /// Has it told that a stage is over.
    fn end(&mut self, id: C::Id, fault: Option<Fault<I::Error>>) {
        if self.stages.remove(&id).is_some() {
            self.told.push_back(Told::End(id, fault));
        }
    }

    /// Makes the item that was found.
    fn make(&mut self) -> Option<Item<'_, C, I>> {
        let Self { carrier, stages, told, next, lent, held, failed, .. } = self;
        let (id, length) = match *next {
            Next::Inner(id, length) => (id, length),
            Next::Tell => {
                *next = Next::Nothing;
                return Some(match told.pop_front()? {
                    Told::Event(event) => Item::Event(event, carrier),
                    Told::Fault(id, fault) => Item::Inner(id, Err(fault), carrier),
                    Told::End(id, fault) => {
                        if fault.is_some() {
                            *failed = Some(id);
                        }
                        Item::End(id, fault, carrier)
                    }
                });
            }
            _ => return None,
        };
        *next = Next::Nothing;
        let (Some(inner), Some(input)) = (stages.get_mut(&id), carrier.lend(id)) else {
            // Somebody has let go of the stream in between.
            *failed = Some(id);
            return Some(Item::End(id, None, carrier));
        };
        *lent = input;
        *held = lent.len();
        *next = Next::Lent(id);
        let stage = &mut inner.stage;
        let position = lent.position();
        Some(match stage.parse(lent.take(length)) {
            Ok(item) => Item::Inner(id, Ok(item), carrier),
            Err(fault) => {
                let fault = fault.moved(position).nested();
                if fault.fatal {
                    *failed = Some(id);
                    Item::End(id, Some(fault), carrier)
                } else {
                    Item::Inner(id, Err(fault), carrier)
                }
            }
        })
    }
}

/// Where the carrier reads a connection, so does this: give it to a driver.
impl<C, I> Decode for Mux<C, I>
where
    C: Carrier + for<'a> Decode<Item<'a> = Event<<C as Carrier>::Id>> + 'static,
    I: Decode,
{
    type Item<'a>
        = Item<'a, C, I>
    where
        Self: 'a;
    type Error = C::Error;

    /// Items come out of the streams.
    const WIRE: bool = false;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<C::Error>> {
        self.settle();
        if self.find() {
            return Ok(Framing::Record(0));
        }
        let framing = self.carrier.frame(input, eof)?;
        Ok(match framing {
            Framing::Record(length) => {
                self.next = Next::Carrier;
                Framing::Absorb(length)
            }
            Framing::Absorb(_) => {
                self.next = Next::Absorb;
                framing
            }
            Framing::Need(_) | Framing::Done => framing,
        })
    }

    fn absorb(&mut self, record: Record<'_>, answers: &mut Output) -> Result<(), Fault<C::Error>> {
        match mem::replace(&mut self.next, Next::Nothing) {
            Next::Carrier => {
                let event = self.carrier.parse(record)?;
                self.hear(event);
                Ok(())
            }
            _ => self.carrier.absorb(record, answers),
        }
    }

    fn parse<'a>(&'a mut self, _: Record<'a>) -> Result<Item<'a, C, I>, Fault<C::Error>> {
        self.make().ok_or(Fault::from_cause(Cause::Contract))
    }

    fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<C::Error>> {
        if let Some(at) = self.speak_stages(say.now()) {
            say.wake_at(at);
        }
        self.carrier.speak(say)
    }

    fn progress(&self) -> u64 {
        self.carrier.progress().wrapping_add(self.consumed)
    }

    fn residue(&self) -> (usize, usize) {
        let (unread, unsent) = self.carrier.residue();
        let lent = (unread + self.lent.len(), unsent);
        self.stages.iter().fold(lent, |(unread, unsent), (_, inner)| {
            let residue = inner.stage.residue();
            (unread + residue.0, unsent + residue.1)
        })
    }
}

/// Has one wait in a queue, unless it does.
fn enqueue<Id>(waits: &mut bool, queue: &mut VecDeque<Id>, id: Id) {
    if !mem::replace(waits, true) {
        queue.push_back(id);
    }
}

/// The earliest is the greatest.
impl<Id> Ord for Deadline<Id> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.at.cmp(&self.at)
    }
}

impl<Id> PartialOrd for Deadline<Id> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<Id> PartialEq for Deadline<Id> {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl<Id> Eq for Deadline<Id> {}

/// Shows the carrier, and how many stages there are.
impl<C: Carrier + fmt::Debug, I: Decode> fmt::Debug for Mux<C, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mux")
            .field("carrier", &self.carrier)
            .field("stages", &self.stages.len())
            .finish_non_exhaustive()
    }
}
