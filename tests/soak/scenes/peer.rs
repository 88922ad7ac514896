//! A side of a scene: what it does with its connection, as chance has it.

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    io,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use segue::{
    Cause, Edge, Handoff,
    driver::{Deadlines, Error, Options, ReadPolicy, SendError},
};

use crate::{
    chance::Chance,
    executor::{Joined, Spawner},
    link::{Driver, Link, Reads, Reply},
    pipe::{Calls, Pipe},
    words::{Heard, Lane, Odd, Words, Writer},
    world::{self, Patience, Waits, World},
};

/// The way in which a side ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leaves {
    /// Says all, closes its side and hears everything.
    Late,
    /// The same, and closes by a deadline then.
    ByDeadline,
    /// Says all and closes by a deadline, without hearing the rest.
    Early,
}

/// A side of a scene.
pub(crate) struct Side<D> {
    pub(crate) side: usize,
    pub(crate) world: Rc<World>,
    pub(crate) chance: RefCell<Chance>,
    pub(crate) spawner: Spawner,
    pub(crate) options: Options,
    pub(crate) leaves: Leaves,
    /// The bytes that may still be queued without waiting for room.
    pub(crate) on_top: Cell<usize>,
    /// The most bytes in all that do not wait for room.
    pub(crate) most_on_top: usize,
    /// True if calls are dropped while they are pending.
    pub(crate) drops_calls: bool,
    is_closed: Cell<bool>,
    /// The same, or it has begun to be.
    is_closing: Cell<bool>,
    /// Nothing can be sent any more.
    is_mute: Cell<bool>,
    /// Nothing can be heard any more: the end has come, or a failure.
    is_deaf: Cell<bool>,
    /// A deadline has passed, so the next call is made without.
    was_late: Cell<bool>,
    driver: std::marker::PhantomData<D>,
}

/// The two ways in which a connection is at hand.
enum Hand<D: Driver> {
    Whole(D::Whole),
    /// The other half was dropped.
    Reader(D::Reader),
}

impl<D: Driver> Side<D> {
    #[allow(clippy::too_many_arguments, reason = "these are the plan of a side")]
    pub(crate) fn new(
        side: usize,
        world: Rc<World>,
        chance: Chance,
        spawner: Spawner,
        options: Options,
        leaves: Leaves,
        on_top: usize,
        most_on_top: usize,
        drops_calls: bool,
    ) -> Rc<Self> {
        Rc::new(Self {
            side,
            world,
            chance: RefCell::new(chance),
            spawner,
            options,
            leaves,
            on_top: Cell::new(on_top),
            most_on_top,
            drops_calls,
            is_closed: Cell::new(false),
            is_closing: Cell::new(false),
            is_mute: Cell::new(false),
            is_deaf: Cell::new(false),
            was_late: Cell::new(false),
            driver: std::marker::PhantomData,
        })
    }

    fn one_in(&self, count: usize) -> bool {
        self.chance.borrow_mut().one_in(count)
    }

    fn below(&self, most: usize) -> usize {
        self.chance.borrow_mut().below(most)
    }

    fn writer(&self, lane: Lane) -> Writer {
        Writer { books: self.world.books[self.side].clone(), lane }
    }

    fn is_all_said(&self) -> bool {
        self.is_mute.get() || self.world.books[self.side].is_all_said()
    }

    fn patience(&self) -> Patience {
        if self.drops_calls && self.one_in(2) { Some(self.below(4)) } else { None }
    }

    fn is_by_deadline(&self) -> bool {
        self.one_in(4) && !self.was_late.take()
    }

    /// Plays its part.
    pub(crate) async fn play(self: Rc<Self>, pipe: Pipe) {
        let stage = Words::new(self.world.books[self.side].clone());
        let handoff = Handoff::new(pipe, &[][..]);
        let mut hand = Hand::<D>::Whole(self.open(handoff, stage));
        loop {
            hand = match hand {
                Hand::Whole(mut whole) => {
                    if self.is_over(&mut whole).await {
                        return;
                    }
                    match self.below(24) {
                        0..2 if self.may_split() => match self.in_halves(whole).await {
                            Some(hand) => hand,
                            None => return,
                        },
                        2 if !self.is_closing.get() => Hand::Whole(self.over_an_edge(whole)),
                        3 => {
                            let policy = self.chance.borrow_mut().pick(&POLICIES);
                            whole.options_mut().policy = policy;
                            Hand::Whole(whole)
                        }
                        _ => Hand::Whole(self.one(whole, true).await),
                    }
                }
                Hand::Reader(mut reader) => {
                    if self.is_over(&mut reader).await {
                        return;
                    }
                    Hand::Reader(self.one(reader, false).await)
                }
            };
        }
    }

    fn may_split(&self) -> bool {
        !self.is_closing.get() && !self.world.books[self.side].is_worn()
    }

    fn open(&self, handoff: Handoff<Pipe>, stage: Words) -> D::Whole {
        let mut whole = D::open(handoff, stage, self.options);
        let time = || Duration::from_millis(self.below(40) as u64);
        *whole.deadlines_mut() = Deadlines::new().idle(time()).record(time()).send(time());
        whole
    }

    /// Returns true if this side has nothing more to do. It sends its end here.
    async fn is_over<L: Reads>(&self, link: &mut L) -> bool {
        if self.is_all_said() && !self.is_closed.get() && !self.is_mute.get() {
            let is_early = self.leaves == Leaves::Early;
            if is_early {
                self.world.leaves_early[self.side].set(true);
                self.is_deaf.set(true);
                self.close_by(link).await;
                return true;
            }
            self.is_closing.set(true);
            let ended = self
                .attempt(link, Waits::ToSay, Lane::Whole, "close_write", None, async |link| {
                    link.close_write().await
                })
                .await;
            match ended {
                Some(Ok(())) => {
                    self.is_closed.set(true);
                    self.has_left(link, Lane::Whole);
                }
                Some(Err(error)) => self.cannot_send(&error),
                // Both may be here, with more than is read ahead; so it reads in between.
                None => {}
            }
        }
        let is_over = self.is_deaf.get() && (self.is_closed.get() || self.is_mute.get());
        if is_over && self.world.cuts_itself[self.side].get() && !self.is_mute.get() {
            // One half has closed what the other had queued something for: it is told.
            self.flush(link, Lane::Whole).await;
        }
        if is_over && self.leaves == Leaves::ByDeadline && !self.is_mute.get() {
            self.close_by(link).await;
        }
        is_over
    }

    async fn close_by<L: Reads>(&self, link: &mut L) {
        self.is_closing.set(true);
        let mut clock = self.world.time.clock();
        let limit = self.chance.borrow_mut().pick(&[0, 10, 1000, u64::MAX]);
        for _ in 0..4 {
            let closed = self
                .attempt(
                    link,
                    Waits::ForBoth,
                    Lane::Whole,
                    "close_by",
                    self.patience(),
                    async |link| link.close_by(limit, &mut clock).await,
                )
                .await;
            match closed {
                Some(Ok(_)) => {
                    self.has_left(link, Lane::Whole);
                    return;
                }
                Some(Err(error)) if error.kind() == io::ErrorKind::HostUnreachable => {
                    self.world.tell(self.side, &error);
                }
                Some(Err(error)) => {
                    self.world.tell(self.side, &error);
                    // The output has not left in time.
                    self.world.told[self.side].borrow_mut().push(error.kind());
                    return;
                }
                None => {}
            }
        }
        // It has lost its patience.
        self.world.told[self.side].borrow_mut().push(io::ErrorKind::TimedOut);
    }

    /// Does something with a connection, or with its reading half.
    async fn one<L: Reads>(&self, mut link: L, is_whole: bool) -> L {
        let may_say = !self.is_all_said() && !self.is_closing.get();
        let may_hear = !self.is_deaf.get();
        let says = may_say && (!may_hear || self.one_in(2));
        if says {
            self.say(&mut link, Lane::Whole).await;
        } else if may_hear {
            link = self.hear(link, |_| false).await;
        } else {
            self.flush(&mut link, Lane::Whole).await;
        }
        let look = world::look(&mut *link, Waits::ForBoth, is_whole, false);
        look.is_bounded(self.options.read_size, self.most_on_top);
        link
    }

    async fn attempt<L: Link, R>(
        &self,
        link: &mut L,
        waits: Waits,
        lane: Lane,
        what: &'static str,
        patience: Patience,
        call: impl AsyncFnOnce(&mut L) -> R,
    ) -> Option<R> {
        self.attempt_until(link, waits, lane, what, patience, |_| false, |_| false, call).await
    }

    #[allow(clippy::too_many_arguments, reason = "it is the one place with all of them")]
    async fn attempt_until<L: Link, R>(
        &self,
        link: &mut L,
        waits: Waits,
        lane: Lane,
        what: &'static str,
        patience: Patience,
        interrupted: impl FnMut(&mut Context<'_>) -> bool,
        is_over: impl FnOnce(&mut L) -> bool,
        call: impl AsyncFnOnce(&mut L) -> R,
    ) -> Option<R> {
        let is_whole = !self.world.books[self.side].open().is_split;
        self.world
            .attempt(link, (self.side, lane, waits, what), patience, interrupted, call, |link| {
                let is_over = is_over(link);
                ((self.side, lane), world::look(&mut **link, waits, is_whole, is_over))
            })
            .await
    }

    /// Says something, or sends what is queued.
    async fn say<L: Link>(&self, link: &mut L, lane: Lane) {
        let mut writer = self.writer(lane);
        let patience = self.patience();
        let mut clock = self.world.time.clock();
        let waits = Waits::ToSay;
        let verb = self.below(10);
        if self.one_in(8) {
            let _ = link.held();
        }
        let sent = match verb {
            0..2 => {
                self.attempt(link, waits, lane, "queue", patience, async |link| {
                    link.queue(&mut writer).await.map(|()| false)
                })
                .await
            }
            2..4 => {
                self.attempt(link, waits, lane, "send", patience, async |link| {
                    link.send(&mut writer).await.map(|()| true)
                })
                .await
            }
            4 if self.is_by_deadline() => {
                self.attempt(link, waits, lane, "queue_by", patience, async |link| {
                    link.queue_by(&mut writer, &mut clock).await.map(|()| false)
                })
                .await
            }
            5 if self.is_by_deadline() => {
                self.attempt(link, waits, lane, "send_by", patience, async |link| {
                    link.send_by(&mut writer, &mut clock).await.map(|()| true)
                })
                .await
            }
            6 if self.is_by_deadline() => {
                self.attempt(link, waits, lane, "flush_by", patience, async |link| {
                    link.flush_by(&mut clock).await.map(|()| true).map_err(SendError::Io)
                })
                .await
            }
            7 => {
                self.attempt(link, waits, lane, "room", patience, async |link| {
                    link.room().await;
                })
                .await;
                None
            }
            8 if self.may_add(self.has_room(link)) => {
                Some(link.encode(&mut writer, ()).map(|()| false))
            }
            9 if self.may_add(self.has_room(link)) && !self.world.has_faults => {
                // A refused item leaves nothing behind.
                let _ = link.output_mut().try_encode(&mut writer, ());
                None
            }
            _ => {
                self.flush(link, lane).await;
                return;
            }
        };
        match sent {
            Some(Ok(true)) => self.has_left(link, lane),
            Some(Err(error)) => self.not_said(error),
            Some(Ok(false)) | None => {}
        }
    }

    /// Returns true if there is room without waiting. A half does not say how much waits in the
    /// queue that it shares.
    fn has_room<L: Link>(&self, link: &L) -> bool {
        let is_whole = !self.world.books[self.side].open().is_split;
        link.output().has_room() && (is_whole || !link.wants_write())
    }

    /// Returns true if the next item may be queued at once.
    fn may_add(&self, has_room: bool) -> bool {
        let length = self.world.books[self.side].next_length();
        let may = has_room || length <= self.on_top.get();
        self.world.trace(|| {
            format!("{} may add {length}: room {has_room}, {}", self.side, self.on_top.get())
        });
        if may && !has_room {
            self.on_top.set(self.on_top.get() - length);
        }
        may
    }

    async fn flush<L: Link>(&self, link: &mut L, lane: Lane) {
        let flushed = self
            .attempt(link, Waits::ToSay, lane, "flush", self.patience(), async |link| {
                link.flush().await
            })
            .await;
        match flushed {
            Some(Ok(())) => self.has_left(link, lane),
            Some(Err(error)) => self.cannot_send(&error),
            None => {}
        }
    }

    /// A call has said that everything has left, so it has.
    fn has_left<L: Link>(&self, link: &mut L, lane: Lane) {
        let handle = &self.world.pipes[self.side];
        let books = &self.world.books[self.side];
        if self.is_mute.get() || handle.is_broken() {
            return;
        }
        let accepted = books.open().accepted[lane as usize].len();
        assert_eq!(handle.written(lane), accepted, "it said that everything has left");
        assert!(!books.open().is_split || link.output().is_empty());
        if !books.open().is_split {
            assert!(!link.wants_write() && handle.is_flushed(), "and something is held back");
        }
        books.has_left(lane);
    }

    fn not_said(&self, error: SendError<Odd>) {
        match error {
            SendError::Io(error) | SendError::Queued(error) => self.cannot_send(&error),
            SendError::Refused(Odd) => {}
            SendError::Closed if self.is_closing.get() => {}
            error => panic!("nobody has closed it: {error:?}"),
        }
    }

    fn cannot_send(&self, error: &io::Error) {
        match error.kind() {
            io::ErrorKind::TimedOut => self.was_late.set(true),
            _ => self.is_mute.set(true),
        }
        self.world.tell(self.side, error);
    }

    /// Waits for an item, and answers it, perhaps.
    async fn hear<L: Reads>(
        &self,
        mut link: L,
        interrupted: impl FnMut(&mut Context<'_>) -> bool,
    ) -> L {
        let mut clock = self.world.time.clock();
        let mut by = self.is_by_deadline().then_some(&mut clock);
        let takes = self.one_in(3);
        let then = |heard: Heard<'_>, reply: &mut dyn Reply| {
            self.world.books[1 - self.side].hears(&heard);
            let answers = self.one_in(3) && !self.is_closing.get() && !self.is_all_said();
            if answers && self.may_add(reply.has_room()) {
                match reply.say(&mut self.writer(Lane::Whole)) {
                    Ok(()) | Err(SendError::Refused(Odd)) => {}
                    Err(error) => self.not_said(error),
                }
            }
            // A reader that waits for room does not read, beyond its limit.
            self.one_in(6)
        };
        let is_over = |link: &mut L| link.stage().is_over;
        let waits = Waits::ToHear;
        let room = Cell::new(false);
        let heard = self
            .attempt_until(
                &mut link,
                waits,
                Lane::Whole,
                "hear",
                self.patience(),
                interrupted,
                |link| is_over(link) || room.get(),
                async |link| {
                    let mut then = |heard: Heard<'_>, reply: &mut dyn Reply| {
                        room.set(then(heard, reply));
                        room.get()
                    };
                    if !takes {
                        return link.turn(by, &mut then).await;
                    }
                    let is_ready = match &mut by {
                        Some(clock) => link.ready_by(clock).await?,
                        None => link.ready().await?,
                    };
                    if is_ready {
                        match link.taken(&mut then) {
                            Some(taken) => taken?,
                            None => panic!("what is ready cannot be had"),
                        }
                    }
                    Ok(is_ready)
                },
            )
            .await;
        match heard {
            Some(Ok(true)) => {}
            Some(Ok(false)) => {
                assert!(link.stage().is_over, "it says that a stage is over, and it is not");
                link = self.next_stage(link);
            }
            Some(Err(error)) => self.cannot_hear(error),
            // A stage may be over while its last answers wait to be sent.
            None if link.stage().is_over => link = self.next_stage(link),
            None => {}
        }
        link
    }

    fn next_stage<L: Reads>(&self, link: L) -> L {
        if link.stage().is_at_end {
            self.is_deaf.set(true);
            return link;
        }
        match link.follow() {
            Ok(link) => link,
            Err(_) => panic!("a stage that is over cannot be followed"),
        }
    }

    fn cannot_hear(&self, error: Error<Odd>) {
        match error {
            Error::Io(error) if error.kind() == io::ErrorKind::TimedOut => {
                self.was_late.set(true);
                self.world.tell(self.side, &error);
            }
            Error::Io(error) => {
                match error.kind() {
                    io::ErrorKind::HostUnreachable => {}
                    io::ErrorKind::BrokenPipe => self.is_mute.set(true),
                    _ => {
                        self.is_deaf.set(true);
                        self.is_mute.set(true);
                    }
                }
                self.world.tell(self.side, &error);
            }
            Error::Fault(fault) => {
                let other = 1 - self.side;
                // A peer that was told of a failure leaves in the middle of a record.
                let is_cut = fault.cause == Cause::Truncated
                    && self.world.pipes[other].is_inside()
                    && self.world.may_leave_inside(other);
                assert!(is_cut, "side {}: {fault:?} in {:?}", self.side, self.world);
                self.is_deaf.set(true);
                self.is_mute.set(true);
            }
            error => panic!("{error:?}"),
        }
    }

    /// Leaves the connection, and goes on with another.
    fn over_an_edge(&self, mut whole: D::Whole) -> D::Whole {
        let is_empty = whole.buffer().is_empty();
        let is_sent = whole.output().is_empty() && !whole.wants_write();
        let edge = match self.below(3) {
            0 if is_empty && is_sent => Edge::Discard,
            1 => Edge::MustBeEmpty,
            _ => Edge::Carry,
        };
        let position = whole.position();
        self.world.trace(|| format!("{} leaves by {edge:?}: {:?}", self.side, *whole));
        let stage = whole.stage_mut().moved();
        match D::hand_off(whole, edge) {
            Ok(handoff) => {
                assert_eq!(handoff.position(), position);
                let crosses = !is_empty || !handoff.unsent().is_empty();
                assert!(edge == Edge::Carry || !crosses, "bytes have crossed {edge:?}");
                self.open(handoff, stage)
            }
            Err((mut whole, failure)) => {
                *whole.stage_mut() = stage;
                match failure {
                    Some(kind @ io::ErrorKind::HostUnreachable) => {
                        self.world.tell(self.side, &kind.into());
                    }
                    Some(kind @ io::ErrorKind::BrokenPipe) => {
                        self.is_mute.set(true);
                        self.world.tell(self.side, &kind.into());
                    }
                    Some(kind) => {
                        self.is_mute.set(true);
                        self.is_deaf.set(true);
                        self.world.tell(self.side, &kind.into());
                    }
                    None => {
                        assert!(edge == Edge::MustBeEmpty, "{edge:?} is refused without a reason");
                    }
                }
                whole
            }
        }
    }

    /// Splits the connection for a while, with a task for each half. None is left where the reading
    /// half was dropped.
    async fn in_halves(self: &Rc<Self>, mut whole: D::Whole) -> Option<Hand<D>> {
        if D::CALLS == Calls::Nonblocking && whole.options().policy == ReadPolicy::Peek {
            // Its halves cannot be looked into.
            whole.options_mut().policy = ReadPolicy::Exact;
        }
        self.world.books[self.side].turns(true);
        self.world.trace(|| format!("{} splits", self.side));
        let (mut reader, writer) = D::split(whole);
        let this = Rc::clone(self);
        let joined = self.spawner.spawn(async move { this.write(writer).await });
        let rounds = self.below(40);
        for _ in 0..rounds {
            if self.is_deaf.get() {
                break;
            }
            reader = self.read(reader, &joined).await;
        }
        // One whose answers nobody reads does not go on reading for ever, nor do two that only send.
        let is_read = self.world.flooded != Some(1 - self.side) && self.side == 0;
        if self.leaves == Leaves::Early && is_read && self.one_in(2) {
            self.world.leaves_early[self.side].set(true);
            drop(reader);
            self.end_alone(joined.join().await).await;
            return None;
        }
        loop {
            let is_done = poll_fn(|cx| Poll::Ready(joined.is_done(cx))).await;
            if is_done || self.is_deaf.get() {
                break;
            }
            reader = self.read(reader, &joined).await;
        }
        Some(match joined.join().await {
            Some(writer) => {
                self.world.books[self.side].turns(false);
                self.world.trace(|| format!("{} is whole", self.side));
                Hand::Whole(D::unsplit(reader, writer))
            }
            None => Hand::Reader(reader),
        })
    }

    /// The reading half is gone; the other says the rest.
    async fn end_alone(&self, writer: Option<D::Writer>) {
        let Some(mut writer) = writer else {
            self.world.told[self.side].borrow_mut().push(io::ErrorKind::NotConnected);
            return;
        };
        let waits = Waits::ToSay;
        while !self.is_closed.get() && !self.is_mute.get() {
            if !self.is_all_said() {
                self.say(&mut writer, Lane::Writer).await;
                continue;
            }
            self.is_closing.set(true);
            let close = async |link: &mut D::Writer| link.close_write().await;
            match self
                .attempt(&mut writer, waits, Lane::Writer, "close", self.patience(), close)
                .await
            {
                Some(Ok(())) => self.is_closed.set(true),
                Some(Err(error)) => self.cannot_send(&error),
                None => {}
            }
        }
    }

    async fn read(&self, reader: D::Reader, joined: &Joined<Option<D::Writer>>) -> D::Reader {
        if self.one_in(8) {
            let _ = reader.held();
        }
        self.hear(reader, |cx| joined.is_done(cx)).await
    }

    /// Runs the task of the writing half, which gives the half back or drops it.
    async fn write(self: Rc<Self>, mut writer: D::Writer) -> Option<D::Writer> {
        for _ in 0..self.below(30) {
            if self.is_all_said() {
                break;
            }
            self.say(&mut writer, Lane::Writer).await;
        }
        if self.is_all_said()
            && !self.is_mute.get()
            && self.leaves != Leaves::Early
            && self.one_in(3)
        {
            self.is_closing.set(true);
            self.world.cuts_itself[self.side].set(true);
            let close = async |link: &mut D::Writer| link.close_write().await;
            let patience = self.patience();
            match self
                .attempt(&mut writer, Waits::ToSay, Lane::Writer, "close", patience, close)
                .await
            {
                Some(Ok(())) => {
                    self.is_closed.set(true);
                    self.has_left(&mut writer, Lane::Writer);
                }
                Some(Err(error)) => self.cannot_send(&error),
                None => {}
            }
        }
        if !self.one_in(6) {
            return Some(writer);
        }
        // Dropped with all sent, in the middle of a flush, or with something queued.
        if self.one_in(3) {
            self.flush(&mut writer, Lane::Writer).await;
        } else {
            self.say(&mut writer, Lane::Writer).await;
        }
        self.world.drops_writer[self.side].set(true);
        None
    }
}

const POLICIES: [ReadPolicy; 4] =
    [ReadPolicy::ReadAhead, ReadPolicy::ReadAhead, ReadPolicy::Exact, ReadPolicy::Peek];
