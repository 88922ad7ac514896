//! Scenes for blocking calls on threads.
//!
//! A blocking connection is half-duplex, and two that both wait to write stop. So what is played
//! is what does not: requests that are answered, halves of which one always reads, and deadlines.

use std::{io, sync::mpsc, thread, time::Duration};

use segue::{
    Edge, Handoff,
    driver::{
        Connection, Deadlines, Error, Late, Options, ReadPolicy, SendError, SocketTimer, Timeouts,
        Transport, Turn, is_again,
        sync::{self, Blocking},
    },
};

use crate::{
    chance::Chance,
    pipe::{Calls, Handle, Pipe, is_traced, pipe},
    scene,
    words::{Books, Lane, Odd, Say, Words, Writer},
};

/// Plays the scene of a seed.
///
/// # Panics
/// Fails if the scene stops, or if something is missing at its end.
pub(crate) fn play(seed: u64) {
    let (done, result) = mpsc::channel();
    let scene = thread::spawn(move || {
        let scene = Scene::new(&mut Chance::new(seed));
        scene.play();
        let _ = done.send(());
    });
    match result.recv_timeout(Duration::from_secs(20)) {
        Ok(()) => {}
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("the threads have stopped"),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            std::panic::resume_unwind(scene.join().unwrap_err())
        }
    }
}

type Whole = sync::Connection<Pipe, Words>;

#[derive(Debug, Clone, Copy)]
enum Plot {
    /// One asks, and the other answers each.
    Requests,
    /// Each reads by one half and says all by the other.
    Halves,
    /// Both say everything by deadlines, and read in between.
    Deadlines,
}

struct Scene {
    plot: Plot,
    chance: Chance,
    pipes: [Pipe; 2],
    handles: [Handle; 2],
    options: [Options; 2],
    books: [Books; 2],
    /// Something fails.
    has_faults: bool,
}

impl Scene {
    fn new(chance: &mut Chance) -> Self {
        let plot = chance.pick(&[Plot::Requests, Plot::Halves, Plot::Halves, Plot::Deadlines]);
        let has_faults = matches!(plot, Plot::Halves) && chance.one_in(4);
        let weather = [(); 2].map(|()| scene::weather(chance, has_faults));
        let pipes = pipe(Calls::Blocking, weather, chance);
        let options = [(); 2].map(|()| {
            let options = scene::options(chance);
            // Halves cannot be looked into.
            let policy = if matches!(plot, Plot::Halves) && options.policy == ReadPolicy::Peek {
                ReadPolicy::Exact
            } else {
                options.policy
            };
            options.policy(policy)
        });
        // Only one side has pings to answer: two readers that wait for room stop.
        let books = [0, 1].map(|side| {
            let answered = match plot {
                Plot::Halves if side == 0 => 100_000,
                _ => 0,
            };
            let mut says = scene::says(chance, options[side].high_water, answered);
            says.retain(|say| *say != Say::End);
            if matches!(plot, Plot::Deadlines) {
                // A blocking connection says everything before it reads, so only one of them talks.
                says.truncate(if side == 0 { 4 } else { 0 });
            }
            Books::new(says)
        });
        let handles = [pipes[0].handle(), pipes[1].handle()];
        Self { plot, chance: chance.fork(), pipes, handles, options, books, has_faults }
    }

    fn play(mut self) {
        if is_traced() {
            eprintln!("{:?} {:?} {:?} {:?}", self.plot, self.options, self.books, self.handles);
        }
        let chances = [self.chance.fork(), self.chance.fork()];
        let mut sides = self.pipes.into_iter().zip(chances).enumerate().map(|(side, rest)| {
            let (pipe, chance) = rest;
            let handle = self.handles[side].clone();
            let (own, others) = (self.books[side].clone(), self.books[1 - side].clone());
            Side { side, pipe, handle, options: self.options[side], own, others, chance }
        });
        let (first, second) = (sides.next().unwrap(), sides.next().unwrap());
        let plot = self.plot;
        let play = move |side: Side| match plot {
            Plot::Requests if side.side == 0 => side.asks(),
            Plot::Requests => side.answers(),
            Plot::Halves => side.in_halves(),
            Plot::Deadlines => side.by_deadlines(),
        };
        let told = thread::scope(|scope| {
            let second = scope.spawn(move || play(second));
            let mut told = play(first);
            match second.join() {
                Ok(more) => told.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
            told
        });
        for kind in &told {
            let is_known = [
                io::ErrorKind::BrokenPipe,
                io::ErrorKind::ConnectionReset,
                io::ErrorKind::HostUnreachable,
            ]
            .contains(kind);
            assert!(self.has_faults && is_known, "somebody was told {told:?}");
        }
        if told.is_empty() {
            for books in &self.books {
                let book = books.open();
                let accepted = [0, 1].map(|lane| book.accepted[lane].len());
                assert_eq!(book.received, accepted, "something has not arrived");
            }
        }
    }
}

struct Side {
    side: usize,
    pipe: Pipe,
    handle: Handle,
    options: Options,
    own: Books,
    others: Books,
    chance: Chance,
}

/// A side without its transport.
struct Peer {
    side: usize,
    handle: Handle,
    options: Options,
    own: Books,
    others: Books,
    chance: Chance,
}

/// Failures that were told.
type Told = Vec<io::ErrorKind>;

impl Side {
    fn begin(self) -> (Whole, Peer) {
        let Self { side, pipe, handle, options, own, others, chance } = self;
        let stage = Words::new(own.clone());
        let whole = sync::Connection::new(pipe, stage).with_options(options).peeking();
        (whole, Peer { side, handle, options, own, others, chance })
    }

    fn asks(self) -> Told {
        let (mut whole, mut peer) = self.begin();
        while !peer.own.is_all_said() {
            let before = peer.accepted(Lane::Whole);
            match again(|| whole.queue(&mut peer.writer(Lane::Whole), ())) {
                Ok(()) => again(|| whole.flush()).unwrap(),
                Err(SendError::Refused(Odd)) => continue,
                Err(error) => panic!("{error:?}"),
            }
            assert!(!whole.wants_write() && peer.handle.is_flushed(), "something is held back");
            assert_eq!(peer.handle.written(Lane::Whole), peer.accepted(Lane::Whole));
            if peer.accepted(Lane::Whole) > before {
                assert!(peer.hears(&mut whole).unwrap());
            }
            if peer.chance.one_in(6) {
                whole = peer.over_an_edge(whole);
            }
        }
        again(|| whole.close_write()).unwrap();
        while peer.hears(&mut whole).unwrap() {}
        Told::new()
    }

    /// Answers each item by one of its own, and by an item of no length when it has no more.
    fn answers(self) -> Told {
        let (mut whole, mut peer) = self.begin();
        while again(|| whole.ready()).unwrap() {
            let Ok(Some(Turn { item, mut output })) = whole.take_turn() else {
                panic!("what is ready cannot be had")
            };
            peer.others.hears(&item);
            let before = peer.accepted(Lane::Whole);
            while peer.accepted(Lane::Whole) == before {
                if peer.own.is_all_said() {
                    peer.own.open().says.push_back(Say::Item(0));
                }
                match output.queue(&mut peer.writer(Lane::Whole), ()) {
                    Ok(()) | Err(SendError::Refused(Odd)) => {}
                    Err(error) => panic!("{error:?}"),
                }
            }
            if peer.chance.one_in(3) {
                again(|| output.room()).unwrap();
            }
        }
        // Output that its callers never flushed is not sent.
        peer.own.open().says.clear();
        again(|| whole.close_write()).unwrap();
        Told::new()
    }

    /// Reads on one thread, and says everything on another. The first side ends by its writing half,
    /// the second when it has heard everything.
    fn in_halves(self) -> Told {
        let (whole, mut peer) = self.begin();
        peer.own.turns(true);
        let (mut reader, writer) = whole.split();
        let is_first = peer.side == 0;
        let drops_writer = peer.chance.one_in(3);
        let (own, handle) = (peer.own.clone(), peer.handle.clone());
        let mut told = Told::new();
        let (more, writer) = thread::scope(|scope| {
            let says = scope.spawn(move || {
                let (told, mut writer) = says_all(&own, &handle, writer);
                let closed = if is_first { again(|| writer.close_write()) } else { Ok(()) };
                let failure = closed.err().map(|error| error.kind());
                ([told, failure.into_iter().collect()].concat(), (!drops_writer).then_some(writer))
            });
            peer.hears_out(&mut reader, &mut told);
            match says.join() {
                Ok(joined) => joined,
                Err(panic) => std::panic::resume_unwind(panic),
            }
        });
        told.extend(more);
        let closed = match writer {
            Some(writer) => {
                let Ok(mut whole) = reader.unsplit(writer) else { panic!("of one connection") };
                again(|| whole.close_write())
            }
            None => again(|| reader.close_write()),
        };
        told.extend(closed.err().map(|error| error.kind()));
        told
    }

    /// Says and reads in turns, each for some milliseconds at most.
    fn by_deadlines(self) -> Told {
        let (mut whole, mut peer) = self.begin();
        let time = Duration::from_millis(3);
        *whole.deadlines_mut() = Deadlines::new().idle(time).record(time).send(time);
        let mut timer = SocketTimer::new(peer.handle.clone());
        let mut has_ended = false;
        loop {
            let is_all_said = peer.own.is_all_said() && whole.output().is_empty();
            if is_all_said && (has_ended || peer.side == 0) {
                break;
            }
            if !peer.own.is_all_said() {
                match again(|| whole.queue_by(&mut peer.writer(Lane::Whole), (), &mut timer)) {
                    Ok(()) | Err(SendError::Refused(Odd)) => {}
                    Err(error) => assert_eq!(error.late(), Some(Late::Send), "{error:?}"),
                }
            }
            if let Err(error) = again(|| whole.flush_by(&mut timer)) {
                assert_eq!(Late::of(&error), Some(Late::Send), "{error:?}");
            }
            if !has_ended {
                match again(|| whole.ready_by(&mut timer)) {
                    Ok(true) => peer.takes(&mut whole),
                    Ok(false) => has_ended = true,
                    Err(error) => assert!(error.late().is_some(), "{error:?}"),
                }
            }
        }
        let mut told = Told::new();
        again(|| whole.close_write()).unwrap();
        if !has_ended {
            peer.hears_out(&mut whole, &mut told);
        }
        assert_eq!(peer.handle.timeouts().unwrap(), (None, None), "the time-outs are as before");
        told
    }
}

/// Says everything by a writing half, or as much as can be said.
fn says_all<T: Transport>(
    own: &Books,
    handle: &Handle,
    mut writer: Connection<Blocking<T>, ()>,
) -> (Told, Connection<Blocking<T>, ()>) {
    let mut encoder = Writer { books: own.clone(), lane: Lane::Writer };
    while !own.is_all_said() {
        let sent = again(|| writer.queue(&mut encoder, ()));
        let sent = sent.and_then(|()| again(|| writer.flush()).map_err(SendError::Io));
        let _ = writer.held();
        match sent {
            Ok(()) => {
                let accepted = own.open().accepted[Lane::Writer as usize].len();
                assert_eq!(handle.written(Lane::Writer), accepted, "it has not left");
            }
            Err(SendError::Refused(Odd)) => {}
            Err(SendError::Io(error) | SendError::Queued(error)) => {
                return (vec![error.kind()], writer);
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    (Told::new(), writer)
}

impl Peer {
    fn writer(&self, lane: Lane) -> Writer {
        Writer { books: self.own.clone(), lane }
    }

    fn accepted(&self, lane: Lane) -> usize {
        self.own.open().accepted[lane as usize].len()
    }

    /// Waits for an item; false at the end.
    fn hears<T: Transport>(
        &mut self,
        link: &mut Connection<Blocking<T>, Words>,
    ) -> Result<bool, io::ErrorKind> {
        match again(|| link.ready()) {
            Ok(true) => {
                self.takes(link);
                Ok(true)
            }
            Ok(false) => Ok(false),
            Err(Error::Io(error)) => Err(error.kind()),
            Err(error) => panic!("side {} is told {error:?}", self.side),
        }
    }

    fn takes<T: Transport>(&mut self, link: &mut Connection<Blocking<T>, Words>) {
        if self.chance.one_in(8) {
            let _ = link.held();
        }
        match link.take() {
            Some(Ok(item)) => self.others.hears(&item),
            other => panic!("what is ready cannot be had: {other:?}"),
        }
    }

    fn hears_out<T: Transport>(
        &mut self,
        link: &mut Connection<Blocking<T>, Words>,
        told: &mut Told,
    ) {
        loop {
            match self.hears(link) {
                Ok(true) => {}
                Ok(false) => return,
                Err(kind) => {
                    told.push(kind);
                    if kind != io::ErrorKind::HostUnreachable {
                        return;
                    }
                }
            }
        }
    }

    fn over_an_edge(&mut self, mut whole: Whole) -> Whole {
        let stage = whole.stage_mut().moved();
        match whole.hand_off(Edge::MustBeEmpty) {
            Ok(handoff) => self.goes_on(handoff, stage),
            Err(refused) => {
                let handoff = refused.into_connection().hand_off(Edge::Carry).unwrap();
                self.goes_on(handoff, stage)
            }
        }
    }

    fn goes_on(&self, handoff: Handoff<Pipe>, stage: Words) -> Whole {
        sync::Connection::from_handoff(handoff, stage).with_options(self.options).peeking()
    }
}

/// Makes a call again for as long as it says that enough was done.
fn again<R, E: Again>(mut call: impl FnMut() -> Result<R, E>) -> Result<R, E> {
    loop {
        match call() {
            Err(error) if error.is_again() => {}
            result => return result,
        }
    }
}

trait Again {
    fn is_again(&self) -> bool;
}

impl Again for io::Error {
    fn is_again(&self) -> bool {
        is_again(self)
    }
}

impl Again for Error<Odd> {
    fn is_again(&self) -> bool {
        self.is_again()
    }
}

impl Again for SendError<Odd> {
    fn is_again(&self) -> bool {
        matches!(self, Self::Io(error) if is_again(error))
    }
}
