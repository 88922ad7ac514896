//! The law of carriers of many streams (L13).

use std::{any::type_name, collections::VecDeque, fmt};

use super::{Law, Violation};
use crate::{
    Buffer, Decode, Moment, Output, Say, Step,
    mux::{Carrier, Direction, Ending, Event, Opens},
};

/// Two ends of a connection that carries streams, and what is between them.
///
/// [`carriers`] makes one of ends that are stages. Carriers that are not, as those that take
/// datagrams, need an implementation of a few lines, for [`linked`].
pub trait Link {
    /// An end. Streams have the same [number](Carrier::number) at both.
    type End: Opens;

    /// The end of this side, 0 or 1.
    fn end(&mut self, side: usize) -> &mut Self::End;

    /// The next event at the end of this side.
    fn event(&mut self, side: usize) -> Option<Event<<Self::End as Carrier>::Id>>;

    /// Lets both ends speak, and gives each what the other has said. Whether either said anything.
    ///
    /// # Errors
    /// Where an end finds a fault in what the other one says.
    fn talk(&mut self) -> Result<bool, String>;
}

/// The law for carriers that are stages: an end that `left` makes, and one that `right` does.
///
/// ```no_run
/// # use segue::{Decode, mux::{Event, Opens}};
/// # fn check<C>(client: fn() -> C, server: fn() -> C)
/// # where C: Opens + for<'a> Decode<Item<'a> = Event<<C as segue::mux::Carrier>::Id>> + 'static,
/// #       C::Error: std::fmt::Debug,
/// # {
/// segue::laws::carriers(client, server).window(256 * 1024).check();
/// # }
/// ```
pub fn carriers<'m, C>(
    mut left: impl FnMut() -> C + 'm,
    mut right: impl FnMut() -> C + 'm,
) -> Carriers<'m, Wired<C>>
where
    C: Opens + for<'a> Decode<Item<'a> = Event<<C as Carrier>::Id>> + 'static,
    C::Error: fmt::Debug,
{
    linked(move || Wired::new(left(), right()))
}

/// The law for the carriers that `make` links.
pub fn linked<'m, L: Link>(make: impl FnMut() -> L + 'm) -> Carriers<'m, L> {
    Carriers { make: Box::new(make), window: None }
}

/// The law L13 for one kind of carrier, made by [`carriers`] and [`linked`].
///
/// - What a peer may send on a stream is never more than its window and what the consumer has let go
///   of, or than what it wanted and half a window.
/// - Every stream makes progress, and all that is written arrives, in order; so it does where its
///   writer lets go of the stream at once, and where the consumer of another one does not read.
/// - A stream that is reset leaves the others as they were.
/// - A stream that both ends have let go of is over, and each end is told so once.
#[must_use = "nothing is checked until `check` is called"]
pub struct Carriers<'m, L> {
    make: Box<dyn FnMut() -> L + 'm>,
    window: Option<u64>,
}

impl<L> fmt::Debug for Carriers<'_, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Carriers").field("window", &self.window).finish_non_exhaustive()
    }
}

impl<L: Link> Carriers<'_, L> {
    /// The window of each stream in bytes, before anything is let go of. Without it credit is not
    /// checked.
    pub fn window(mut self, bytes: u64) -> Self {
        self.window = Some(bytes);
        self
    }

    /// Checks the law.
    ///
    /// # Errors
    /// The violation, which is to be displayed.
    pub fn verdict(mut self) -> Result<(), Box<Violation>> {
        let scenes: [fn(&mut World<L>) -> Verdict; 5] =
            [World::credit, World::progress, World::resets, World::endings, World::lending];
        for scene in scenes {
            let mut world = World::new((self.make)(), self.window);
            scene(&mut world)
                .map_err(|what| Violation::new(Law::L13, type_name::<L::End>(), what))?;
        }
        Ok(())
    }

    /// Checks the law.
    ///
    /// # Panics
    /// If it is broken.
    #[track_caller]
    pub fn check(self) {
        if let Err(violation) = self.verdict() {
            panic!("{violation}");
        }
    }
}

type Verdict = Result<(), String>;

/// The streams between two ends, and how far each has come.
struct World<L: Link> {
    link: L,
    window: Option<u64>,
    flows: Vec<Flow<<L::End as Carrier>::Id>>,
}

/// What one side writes on a stream that it has opened.
struct Flow<Id> {
    writer: usize,
    id: Id,
    number: u64,
    /// The id at the other side, once that knows of it.
    reader: Option<Id>,
    total: u64,
    written: u64,
    read: u64,
    released: u64,
    /// The position that was wanted.
    wanted: u64,
    ending: Ending,
    /// Whether somebody reset it.
    reset: bool,
    let_go: [bool; 2],
    over: [bool; 2],
}

impl<L: Link> World<L> {
    fn new(link: L, window: Option<u64>) -> Self {
        Self { link, window, flows: Vec::new() }
    }

    /// Credit follows the consumer: here it reads at once, and lets go seldom.
    fn credit(&mut self) -> Verdict {
        let window = self.window.unwrap_or(64 * 1024);
        (0..4).try_for_each(|n| self.open(n % 2, 6 * window))?;
        let mut random = Random(13);
        for _ in 0..40 {
            self.rest(&|_| true)?;
            for flow in 0..self.flows.len() {
                let Flow { read, released, .. } = self.flows[flow];
                let held = read - released;
                match random.below(3) {
                    0 => self.release(flow, random.below(held + 1)),
                    1 => self.want(flow, 1 + random.below(window / 4)),
                    _ => {}
                }
            }
        }
        self.all_arrives(&|_| true)
    }

    /// Every stream makes progress, though one is not read.
    fn progress(&mut self) -> Verdict {
        let window = self.window.unwrap_or(64 * 1024);
        (0..9).try_for_each(|n| self.open(n % 2, 5 * window))?;
        // The last stands still until the others are done.
        let last = self.flows.len() - 1;
        while self.turn(&|flow| flow != last)? {
            self.release_all(|flow| flow != last);
            let others = &self.flows[..last];
            let ahead = [0, 1].map(|writer| {
                let flows = others.iter().filter(|flow| flow.writer == writer);
                flows.map(|flow| flow.read).max().unwrap_or(0)
            });
            let behind = others.iter().find(|flow| flow.read + 2 * window < ahead[flow.writer]);
            if let Some(Flow { number, read, writer, .. }) = behind {
                let ahead = ahead[*writer];
                return Err(format!("stream {number} starves: {read} bytes to another's {ahead}"));
            }
        }
        let stuck = self.flows.iter().take(last).find(|flow| flow.read < flow.total);
        if let Some(Flow { number, read, total, .. }) = stuck {
            return Err(format!(
                "stream {number} stands still at {read} of {total} bytes while another is not read"
            ));
        }
        self.all_arrives(&|_| true)
    }

    /// A reset ends its stream alone.
    fn resets(&mut self) -> Verdict {
        let window = self.window.unwrap_or(64 * 1024);
        (0..6).try_for_each(|n| self.open(n % 2, 3 * window))?;
        for _ in 0..3 {
            self.turn(&|_| true)?;
            self.release_all(|_| true);
        }
        // One by its writer, one by its reader.
        for (flow, by_reader) in [(1, false), (2, true)] {
            let Flow { writer, id, reader, number, .. } = self.flows[flow];
            self.flows[flow].reset = true;
            match (by_reader, reader) {
                (false, _) => self.link.end(writer).reset(id, 7),
                (true, Some(id)) => self.link.end(1 - writer).reset(id, 7),
                (true, None) => return Err(format!("stream {number} does not come about")),
            }
        }
        self.all_arrives(&|_| true)?;
        for flow in [1, 2] {
            let Flow { writer, id, reader, number, .. } = self.flows[flow];
            let ends = [(writer, Some(id)), (1 - writer, reader)];
            for (side, id) in ends {
                let stream = id.and_then(|id| self.link.end(side).stream(id));
                if stream.is_none_or(|stream| !matches!(stream.ending, Ending::Reset(_))) {
                    return Err(format!(
                        "side {side} does not know that stream {number} was reset"
                    ));
                }
            }
        }
        self.all_end()
    }

    /// What was written arrives, though its writer lets go at once; then all is over.
    fn endings(&mut self) -> Verdict {
        let window = self.window.unwrap_or(64 * 1024);
        for (n, total) in [0, 1, window / 2, 2 * window].into_iter().enumerate() {
            self.open(n % 2, total)?;
        }
        for flow in 0..self.flows.len() {
            let Flow { writer, id, total, number, .. } = self.flows[flow];
            let stream = self.link.end(writer).stream(id);
            let Some(output) = stream.and_then(|stream| stream.output) else {
                return Err(format!("stream {number} cannot be written to"));
            };
            let bytes: Vec<u8> = (0..total).map(|at| byte(number, at)).collect();
            output.put(&bytes);
            self.flows[flow].written = total;
            self.let_go(flow, writer);
        }
        self.all_arrives(&|_| true)?;
        self.all_end()
    }

    /// What comes while a buffer is lent is there when it was given back.
    fn lending(&mut self) -> Verdict {
        let window = self.window.unwrap_or(64 * 1024);
        self.open(0, 4 * window)?;
        self.turn(&|_| false)?;
        self.turn(&|_| false)?;
        let Some(id) = self.flows[0].reader else {
            return Err(format!("stream {} does not come about", self.flows[0].number));
        };
        for _ in 0..TURNS {
            let lent = self.link.end(1).lend(id);
            let moved = self.turn(&|_| false)?;
            if let Some(mut lent) = lent {
                let read = lent.len().div_ceil(2);
                self.read(0, &lent.as_slice()[..read])?;
                lent.consume(read);
                self.link.end(1).give_back(id, lent);
                self.release(0, read as u64);
            }
            if !moved && self.flows[0].read == self.flows[0].total {
                break;
            }
        }
        self.all_arrives(&|_| true)
    }

    /// Opens a stream on which a side is to write so much.
    fn open(&mut self, writer: usize, total: u64) -> Verdict {
        let end = self.link.end(writer);
        let Some(id) = end.open(Direction::Both) else {
            return Err("the first streams cannot be opened".into());
        };
        let number = end.number(id);
        self.flows.push(Flow {
            writer,
            id,
            number,
            reader: None,
            total,
            written: 0,
            read: 0,
            released: 0,
            wanted: 0,
            ending: Ending::Open,
            reset: false,
            let_go: [false; 2],
            over: [false; 2],
        });
        Ok(())
    }

    /// Writes what there is room for, has both talk, and reads those that are to be read. Whether
    /// anything moved.
    fn turn(&mut self, reads: &dyn Fn(usize) -> bool) -> Result<bool, String> {
        for flow in 0..self.flows.len() {
            self.write(flow);
        }
        let mut moved = self.link.talk()?;
        for side in 0..2 {
            while let Some(event) = self.link.event(side) {
                self.hear(side, event)?;
                moved = true;
            }
        }
        for flow in 0..self.flows.len() {
            moved |= self.look(flow, reads(flow))?;
        }
        Ok(moved)
    }

    /// Turns until nothing moves.
    fn rest(&mut self, reads: &dyn Fn(usize) -> bool) -> Verdict {
        for _ in 0..TURNS {
            if !self.turn(reads)? {
                return Ok(());
            }
        }
        Err("both talk without end".into())
    }

    /// Lets go of all that is read, until all streams that nobody has reset have arrived whole.
    fn all_arrives(&mut self, reads: &dyn Fn(usize) -> bool) -> Verdict {
        for _ in 0..TURNS {
            let moved = self.turn(reads)?;
            self.release_all(|_| true);
            if !moved && !self.turn(reads)? {
                break;
            }
        }
        for Flow { number, read, total, ending, reset, .. } in &self.flows {
            if !reset && (read, *ending) != (total, Ending::Ended) {
                return Err(format!(
                    "of stream {number}, {read} of {total} bytes arrived, and it is {ending:?}"
                ));
            }
        }
        Ok(())
    }

    /// Both let go of all, and are told that all is over.
    fn all_end(&mut self) -> Verdict {
        for flow in 0..self.flows.len() {
            for side in 0..2 {
                self.let_go(flow, side);
            }
        }
        self.rest(&|_| false)?;
        match self.flows.iter().find(|flow| flow.over != [true; 2]) {
            Some(flow) => Err(format!(
                "stream {} was let go of, and is not over: {:?}",
                flow.number, flow.over
            )),
            None => Ok(()),
        }
    }

    fn write(&mut self, flow: usize) {
        let flow = &mut self.flows[flow];
        if flow.let_go[flow.writer] || flow.reset {
            return;
        }
        let end = self.link.end(flow.writer);
        let Some(output) = end.stream(flow.id).and_then(|stream| stream.output) else { return };
        while flow.written < flow.total && output.has_room() {
            let to = flow.total.min(flow.written + 4096);
            let piece: Vec<u8> = (flow.written..to).map(|at| byte(flow.number, at)).collect();
            output.put(&piece);
            flow.written = to;
        }
        if flow.written == flow.total {
            end.finish(flow.id);
        }
    }

    /// Looks at what has arrived, and reads it if it is to be read. Whether anything was.
    fn look(&mut self, flow: usize, reads: bool) -> Result<bool, String> {
        let Flow { writer, reader: Some(id), released, wanted, number, let_go, .. } =
            self.flows[flow]
        else {
            return Ok(false);
        };
        if let_go[1 - writer] {
            return Ok(false);
        }
        let stream = self.link.end(1 - writer).stream(id);
        let Some(stream) = stream else {
            return Err(format!("stream {number} is gone before it was let go of"));
        };
        let ending = stream.ending;
        let Some(input) = stream.input else {
            return Err(format!("stream {number} cannot be read"));
        };
        let arrived = input.position() + input.len() as u64;
        if let Some(window) = self.window
            && arrived > (window + released).max(wanted + window / 2)
        {
            return Err(format!(
                "{arrived} bytes came on stream {number} where {released} were let go of, \
                 up to {wanted} wanted, and the window is {window}"
            ));
        }
        if !reads {
            return Ok(false);
        }
        let length = input.len();
        let bytes = input.take(length).to_vec();
        let news = !bytes.is_empty() || ending != self.flows[flow].ending;
        self.flows[flow].ending = ending;
        self.read(flow, &bytes)?;
        Ok(news)
    }

    /// What comes is what was written.
    fn read(&mut self, flow: usize, bytes: &[u8]) -> Verdict {
        let flow = &mut self.flows[flow];
        for got in bytes {
            if *got != byte(flow.number, flow.read) || flow.read >= flow.written {
                let (at, number) = (flow.read, flow.number);
                return Err(format!("byte {at} of stream {number} is not what was written"));
            }
            flow.read += 1;
        }
        Ok(())
    }

    fn release(&mut self, flow: usize, count: u64) {
        let flow = &mut self.flows[flow];
        if let Some(id) = flow.reader
            && !flow.let_go[1 - flow.writer]
        {
            flow.released += count;
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            self.link.end(1 - flow.writer).release_credit(id, count);
        }
    }

    fn release_all(&mut self, of: impl Fn(usize) -> bool) {
        for flow in (0..self.flows.len()).filter(|flow| of(*flow)) {
            let held = self.flows[flow].read - self.flows[flow].released;
            self.release(flow, held);
        }
    }

    /// The consumer can do nothing with less than so much more than has arrived.
    fn want(&mut self, flow: usize, count: u64) {
        let flow = &mut self.flows[flow];
        let Some(id) = flow.reader else { return };
        let end = self.link.end(1 - flow.writer);
        let Some(input) = end.stream(id).and_then(|stream| stream.input) else { return };
        let arrived = input.position() + input.len() as u64;
        if end.want(id, usize::try_from(count).unwrap_or(usize::MAX)) {
            flow.wanted = flow.wanted.max(arrived + count);
        }
    }

    fn let_go(&mut self, flow: usize, side: usize) {
        let flow = &mut self.flows[flow];
        let id = if side == flow.writer { Some(flow.id) } else { flow.reader };
        if let Some(id) = id
            && !flow.let_go[side]
        {
            flow.let_go[side] = true;
            self.link.end(side).let_go(id);
        }
    }

    fn hear(&mut self, side: usize, event: Event<<L::End as Carrier>::Id>) -> Verdict {
        let Some(id) = event.stream() else { return Ok(()) };
        let number = self.link.end(side).number(*id);
        let Some(flow) = self.flows.iter_mut().find(|flow| flow.number == number) else {
            return Err(format!("{event:?} is of a stream that nobody opened"));
        };
        match event {
            Event::Opened(id) if side == 1 - flow.writer && flow.reader.is_none() => {
                flow.reader = Some(id);
            }
            Event::Opened(_) => return Err(format!("stream {number} is opened twice")),
            Event::Reset(..) if !flow.reset => {
                return Err(format!("stream {number} broke off, and nobody has reset it"));
            }
            Event::Released(_) if !flow.let_go[side] || flow.over[side] => {
                return Err(format!("stream {number} is told to be over when it is not, or twice"));
            }
            Event::Released(_) => flow.over[side] = true,
            _ => {}
        }
        Ok(())
    }
}

/// Two ends that are stages, and what each has received and said.
pub struct Wired<C: Carrier> {
    ends: [C; 2],
    inputs: [Buffer; 2],
    outputs: [Output; 2],
    events: [VecDeque<Event<C::Id>>; 2],
}

impl<C: Carrier> fmt::Debug for Wired<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wired").field("inputs", &self.inputs).finish_non_exhaustive()
    }
}

impl<C: Carrier> Wired<C> {
    fn new(left: C, right: C) -> Self {
        Self {
            ends: [left, right],
            inputs: Default::default(),
            outputs: Default::default(),
            events: Default::default(),
        }
    }
}

impl<C> Wired<C>
where
    C: Opens + for<'a> Decode<Item<'a> = Event<<C as Carrier>::Id>> + 'static,
    C::Error: fmt::Debug,
{
    /// Takes in what has come.
    fn pull(&mut self, side: usize) -> Verdict {
        let (input, output) = (&mut self.inputs[side], &mut self.outputs[side]);
        loop {
            match input.step(&mut self.ends[side], false, output) {
                Ok(Step::Item(event)) => self.events[side].push_back(event),
                Ok(_) => return Ok(()),
                Err(fault) => return Err(format!("side {side} finds a fault: {fault:?}")),
            }
        }
    }
}

impl<C> Link for Wired<C>
where
    C: Opens + for<'a> Decode<Item<'a> = Event<<C as Carrier>::Id>> + 'static,
    C::Error: fmt::Debug,
{
    type End = C;

    fn end(&mut self, side: usize) -> &mut C {
        &mut self.ends[side]
    }

    fn event(&mut self, side: usize) -> Option<Event<C::Id>> {
        self.events[side].pop_front()
    }

    fn talk(&mut self) -> Result<bool, String> {
        let mut moved = false;
        for side in 0..2 {
            let output = &mut self.outputs[side];
            let room = output.high_water() / 2;
            self.ends[side]
                .speak(&mut Say::new(output, room, &mut Moment::unknown()))
                .map_err(|fault| format!("side {side} cannot speak: {fault:?}"))?;
            self.pull(side)?;
            let said = self.outputs[side].to_vec();
            self.outputs[side].advance(said.len());
            moved |= !said.is_empty();
            self.inputs[1 - side].extend(&said);
            self.pull(1 - side)?;
        }
        Ok(moved)
    }
}

/// The byte at an offset of a stream.
fn byte(stream: u64, at: u64) -> u8 {
    let at = at ^ (at >> 8) ^ (at >> 16);
    (at ^ stream.wrapping_mul(31)).to_le_bytes()[0]
}

/// A generator that says the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % most.max(1)
    }
}

/// After how many turns two ends that still talk never rest.
const TURNS: usize = 100_000;
