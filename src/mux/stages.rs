//! Stages on the streams of a carrier.

use alloc::collections::{BinaryHeap, VecDeque};
use core::{cmp::Ordering, fmt, mem, time::Duration};

use super::{Carrier, Ending, Event, StreamMut, Table};
use crate::{Buffer, Cause, Decode, Fault, Framing, Moment, Output, Record, Say};

/// A carrier with stages on its streams.
///
/// [Attach](Self::attach) a stage to a stream when that [opens](Event::Opened), or later. From then
/// on its items come with the events of the carrier, one at a time:
///
/// - A stage is asked only when something happened on its stream: idle streams cost nothing.
/// - The peer may send as much again as the stage has consumed. A stage whose
///   [output](StreamMut::output) is full is not asked, so its peer may not send. A record longer
///   than the window is [granted](Carrier::want) what it lacks.
/// - Answers of the stage, and what it [sends](Decode::speak) by itself, go to the output of its
///   stream.
/// - A fault of a stage resets its stream, and nothing else. Offsets are those in the stream, one
///   [layer](Fault::layer) deeper.
///
/// If the carrier is a stage that reads a connection, so is this, and any driver drives it. Drive
/// others by hand: [`next`](Self::next) returns items, [`speak_stages`](Self::speak_stages) lets
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
    /// Streams on which something happened since their stage was asked.
    touched: VecDeque<C::Id>,
    /// Streams on which something happened since their stage was let speak.
    speakers: VecDeque<C::Id>,
    deadlines: BinaryHeap<Deadline<C::Id>>,
    /// Items to be reported before anything else.
    told: VecDeque<Told<C::Id, I::Error>>,
    next: Next<C::Id>,
    /// The input that the last item borrows.
    lent: Buffer,
    /// The number of bytes in `lent` before.
    held: usize,
    /// A stage whose fault was reported.
    failed: Option<C::Id>,
    /// The number of bytes that stages have consumed, which pays for their items.
    consumed: u64,
}

/// An item of a carrier or of a stage on one of its streams.
#[derive(Debug)]
pub enum Item<'a, C: Carrier, I: Decode + 'a> {
    /// An event of the connection, or of a stream without a stage.
    Event(Event<C::Id>, &'a mut C),
    /// An item of the stage on this stream, or a fault after which the stage goes on.
    Inner(C::Id, Result<I::Item<'a>, Fault<I::Error>>, &'a mut C),
    /// The stage on this stream has ended and is no longer attached.
    ///
    /// Without a fault the stream is yours: attach another stage, or [let it go](Carrier::let_go).
    /// With a fault it is let go after a reset with the code 0, unless you reset it with another
    /// code. [`StreamMut::ending`] has the code of a stream that the peer reset.
    End(C::Id, Option<Fault<I::Error>>, &'a mut C),
}

/// A stage on a stream.
struct Inner<I> {
    stage: I,
    /// True if it is in the queue of stages to ask.
    touched: bool,
    /// True if it is in the queue of stages to let speak.
    speaks: bool,
    /// The time at which it asks to speak again.
    wake_at: Option<Duration>,
}

enum Told<Id, E> {
    Event(Event<Id>),
    Fault(Id, Fault<E>),
    End(Id, Option<Fault<E>>),
}

/// The meaning of the last frame.
#[derive(Clone, Copy)]
enum Next<Id> {
    Nothing,
    /// The first entry of `told`.
    Tell,
    /// A record of this many bytes of this stream.
    Inner(Id, usize),
    /// The item of this stream lies in `lent`.
    Lent(Id),
    /// An item of the carrier.
    Carrier,
    /// Bytes that the carrier absorbs.
    Absorb,
}

struct Deadline<Id> {
    at: Duration,
    id: Id,
}

impl<C: Carrier, I: Decode> Mux<C, I> {
    /// Wraps a carrier, without stages on its streams.
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

    /// Returns the carrier.
    pub const fn carrier(&self) -> &C {
        &self.carrier
    }

    /// Returns the carrier, to open streams, write to them, and let them go.
    pub const fn carrier_mut(&mut self) -> &mut C {
        &mut self.carrier
    }

    /// Returns the carrier as a value. Stages are dropped; what they have not consumed is in their
    /// streams.
    pub fn into_carrier(mut self) -> C {
        self.settle();
        self.carrier
    }

    /// Returns the number of streams that have a stage.
    pub const fn len(&self) -> usize {
        self.stages.len()
    }

    /// Returns true if no stream has a stage.
    pub const fn is_empty(&self) -> bool {
        self.stages.is_empty()
    }

    /// Attaches `stage` to a stream. It reads from the first byte that was not consumed. Returns
    /// the stage that was there before.
    pub fn attach(&mut self, id: C::Id, stage: I) -> Option<I> {
        self.settle();
        let before = self.detach(id);
        let inner = Inner { stage, touched: false, speaks: false, wake_at: None };
        self.stages.insert(id, inner);
        self.touch(id);
        before
    }

    /// Detaches the stage of a stream. What it has not consumed stays in the stream.
    pub fn detach(&mut self, id: C::Id) -> Option<I> {
        self.settle();
        if matches!(self.next, Next::Inner(next, _) if next == id) {
            self.next = Next::Nothing;
        }
        self.stages.remove(&id).map(|inner| inner.stage)
    }

    /// Returns the stage on a stream, which is asked and let speak again afterwards.
    pub fn stage_mut(&mut self, id: C::Id) -> Option<&mut I> {
        self.settle();
        self.touch(id);
        self.stages.get_mut(&id).map(|inner| &mut inner.stage)
    }

    /// Returns the next item. It is for carriers that are not stages; if the carrier is one, its
    /// driver returns the items.
    #[expect(clippy::should_implement_trait, reason = "items borrow; no Iterator can lend")]
    pub fn next(&mut self) -> Option<Item<'_, C, I>> {
        self.settle();
        while !self.find() {
            let event = self.carrier.next_event()?;
            self.hear(event);
        }
        self.make()
    }

    /// Lets those stages speak on whose streams something happened, or whose time has come. Their
    /// output goes to that of their streams. Returns the time at which one asks to speak next.
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
        // Skip times that were changed since.
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
        // An event reports when there is room again.
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
            // Each stage has one entry that counts.
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

    /// Notes that something happened on a stream with a stage. Returns false if it has none.
    fn touch(&mut self, id: C::Id) -> bool {
        let Some(inner) = self.stages.get_mut(&id) else { return false };
        enqueue(&mut inner.touched, &mut self.touched, id);
        enqueue(&mut inner.speaks, &mut self.speakers, id);
        true
    }

    /// Acts on an event, or passes it on to the caller.
    fn hear(&mut self, event: Event<C::Id>) {
        let hidden = match event {
            // A stream that the peer reset ends its stage when that has read what came.
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

    /// Cleans up after the last item.
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

    /// Looks for something to report, or for an item of a stage.
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
            // An event reports when there is room again.
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

    /// Queues the report that a stage has ended.
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
            // The stream was let go in between.
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

/// A stage if the carrier is one: give it to a driver.
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

/// Adds a stream to a queue, unless it is in.
fn enqueue<Id>(waits: &mut bool, queue: &mut VecDeque<Id>, id: Id) {
    if !mem::replace(waits, true) {
        queue.push_back(id);
    }
}

/// The earliest is the greatest, since the heap gives the greatest first.
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

/// Shows the carrier and the number of stages.
impl<C: Carrier + fmt::Debug, I: Decode> fmt::Debug for Mux<C, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mux")
            .field("carrier", &self.carrier)
            .field("stages", &self.stages.len())
            .finish_non_exhaustive()
    }
}
