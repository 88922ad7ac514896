//! The verbs of a connection and of its halves, the same over each driver.

use std::{
    future::poll_fn,
    io,
    ops::DerefMut,
    task::{Context, Poll, Waker},
};

use segue::{
    Decode, Edge, Fault, Handoff,
    driver::{
        Connection, Error, Half, HalfConnection, Leaf, Options, PollTransport, SendError,
        Transport, Turn, TurnOutput, futures, is_again, sync, tokio,
    },
};

use crate::{
    clock::Clock,
    pipe::{Calls, Handle, Pipe},
    words::{Heard, Odd, Words, Writer},
};

/// The operations of a connection, and of a half that only sends.
pub(crate) trait Link:
    DerefMut<Target = Connection<Self::Transport, Self::Stage>> + Sized
{
    type Transport: Transport;
    type Stage;
    async fn queue(&mut self, writer: &mut Writer) -> Result<(), SendError<Odd>>;
    async fn send(&mut self, writer: &mut Writer) -> Result<(), SendError<Odd>>;
    async fn flush(&mut self) -> io::Result<()>;
    async fn room(&mut self);
    async fn queue_by(
        &mut self,
        writer: &mut Writer,
        clock: &mut Clock,
    ) -> Result<(), SendError<Odd>>;
    async fn send_by(
        &mut self,
        writer: &mut Writer,
        clock: &mut Clock,
    ) -> Result<(), SendError<Odd>>;
    async fn flush_by(&mut self, clock: &mut Clock) -> io::Result<()>;
    async fn close_write(&mut self) -> io::Result<()>;
    async fn close_by(&mut self, limit: u64, clock: &mut Clock) -> io::Result<bool>;
}

/// The use of an item, and if room is waited for while it is held.
pub(crate) type Then<'a> = &'a mut dyn FnMut(Heard<'_>, &mut dyn Reply) -> bool;

/// The operations of a connection, and of a half that reads.
pub(crate) trait Reads: Link<Stage = Words> {
    async fn ready(&mut self) -> Result<bool, Error<Odd>>;
    async fn ready_by(&mut self, clock: &mut Clock) -> Result<bool, Error<Odd>>;
    async fn turn(&mut self, clock: Option<&mut Clock>, then: Then<'_>)
    -> Result<bool, Error<Odd>>;
    /// On to the next stage, if this one is over.
    fn follow(self) -> Result<Self, Self>;
    /// Takes the item that is ready.
    fn taken(&mut self, then: Then<'_>) -> Option<Result<(), Fault<Odd>>> {
        match self.take_turn() {
            Ok(Some(Turn { item, mut output })) => {
                then(item, &mut output);
                Some(Ok(()))
            }
            Ok(None) => None,
            Err(Error::Fault(fault)) => Some(Err(fault)),
            Err(error) => panic!("nothing is read: {error:?}"),
        }
    }
}

/// The output that comes with an item.
pub(crate) trait Reply {
    fn has_room(&self) -> bool;
    fn say(&mut self, writer: &mut Writer) -> Result<(), SendError<Odd>>;
}

impl<T: Transport> Reply for TurnOutput<'_, T> {
    fn has_room(&self) -> bool {
        self.has_room()
    }

    fn say(&mut self, writer: &mut Writer) -> Result<(), SendError<Odd>> {
        self.queue(writer, ())
    }
}

/// A driver: how it makes a connection, splits it and leaves it.
pub(crate) trait Driver: 'static {
    const CALLS: Calls;
    type Whole: Reads + 'static;
    type Reader: Reads + 'static;
    type Writer: Link + 'static;
    fn open(handoff: Handoff<Pipe>, stage: Words, options: Options) -> Self::Whole;
    fn split(whole: Self::Whole) -> (Self::Reader, Self::Writer);
    fn unsplit(reader: Self::Reader, writer: Self::Writer) -> Self::Whole;
    fn hand_off(
        whole: Self::Whole,
        edge: Edge,
    ) -> Result<Handoff<Pipe>, (Self::Whole, Option<io::ErrorKind>)>;
}

/// A connection that polls.
pub(crate) struct Polled<C>(C);

/// A connection of the blocking driver in a readiness loop.
pub(crate) struct Ready<C> {
    connection: C,
    handle: Handle,
    is_half: bool,
}

impl<C> std::ops::Deref for Polled<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.0
    }
}

impl<C> DerefMut for Polled<C> {
    fn deref_mut(&mut self) -> &mut C {
        &mut self.0
    }
}

impl<C> std::ops::Deref for Ready<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.connection
    }
}

impl<C> DerefMut for Ready<C> {
    fn deref_mut(&mut self) -> &mut C {
        &mut self.connection
    }
}

impl<T: PollTransport, S: Decode> Link for Polled<Connection<T, S>> {
    type Transport = T;
    type Stage = S;

    async fn queue(&mut self, writer: &mut Writer) -> Result<(), SendError<Odd>> {
        self.0.queue(writer, ()).await
    }

    async fn send(&mut self, writer: &mut Writer) -> Result<(), SendError<Odd>> {
        self.0.send(writer, ()).await
    }

    async fn flush(&mut self) -> io::Result<()> {
        self.0.flush().await
    }

    async fn room(&mut self) {
        poll_fn(|cx| self.0.poll_room(cx)).await;
    }

    async fn queue_by(
        &mut self,
        writer: &mut Writer,
        clock: &mut Clock,
    ) -> Result<(), SendError<Odd>> {
        self.0.queue_by(writer, (), clock).await
    }

    async fn send_by(
        &mut self,
        writer: &mut Writer,
        clock: &mut Clock,
    ) -> Result<(), SendError<Odd>> {
        self.0.send_by(writer, (), clock).await
    }

    async fn flush_by(&mut self, clock: &mut Clock) -> io::Result<()> {
        self.0.flush_by(clock).await
    }

    async fn close_write(&mut self) -> io::Result<()> {
        self.0.close_write().await
    }

    async fn close_by(&mut self, limit: u64, clock: &mut Clock) -> io::Result<bool> {
        self.0.close_by(limit, clock).await
    }
}

impl<T: PollTransport> Reads for Polled<Connection<T, Words>> {
    async fn ready(&mut self) -> Result<bool, Error<Odd>> {
        self.0.ready().await
    }

    async fn ready_by(&mut self, clock: &mut Clock) -> Result<bool, Error<Odd>> {
        self.0.ready_by(clock).await
    }

    async fn turn(
        &mut self,
        clock: Option<&mut Clock>,
        then: Then<'_>,
    ) -> Result<bool, Error<Odd>> {
        let turn = match clock {
            Some(clock) => self.0.turn_by(clock).await?,
            None => self.0.turn().await?,
        };
        let Some(Turn { item, mut output }) = turn else { return Ok(false) };
        if then(item, &mut output) {
            output.room().await?;
        }
        Ok(true)
    }

    fn follow(self) -> Result<Self, Self> {
        match self.0.follow(Words::next) {
            Ok(connection) => Ok(Self(connection)),
            Err(refused) => Err(Self(refused.into_connection())),
        }
    }
}

/// Errors that say to try again.
trait Stops {
    fn stops(&self) -> Option<Stop>;
}

enum Stop {
    WouldBlock,
    Again,
}

impl Stops for io::Error {
    fn stops(&self) -> Option<Stop> {
        match self.kind() {
            io::ErrorKind::WouldBlock => Some(Stop::WouldBlock),
            _ => is_again(self).then_some(Stop::Again),
        }
    }
}

impl Stops for Error<Odd> {
    fn stops(&self) -> Option<Stop> {
        if let Self::Io(error) = self { error.stops() } else { None }
    }
}

impl Stops for SendError<Odd> {
    fn stops(&self) -> Option<Stop> {
        if let Self::Io(error) = self { error.stops() } else { None }
    }
}

impl<T: Transport, S: Decode> Ready<Connection<sync::Blocking<T>, S>> {
    /// Makes a call again with each event, until it does not say would-block.
    async fn events<R, E: Stops>(
        &mut self,
        mut clock: Option<&mut Clock>,
        mut call: impl FnMut(&mut Connection<sync::Blocking<T>, S>, Option<&mut Clock>) -> Result<R, E>,
    ) -> Result<R, E> {
        poll_fn(|cx| {
            let result = call(&mut self.connection, clock.as_deref_mut());
            match result.as_ref().err().and_then(Stops::stops) {
                Some(Stop::WouldBlock) => {
                    self.register(cx);
                    if let Some(clock) = &mut clock {
                        clock.register(cx);
                    }
                    Poll::Pending
                }
                Some(Stop::Again) => {
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
                None => Poll::Ready(result),
            }
        })
        .await
    }

    fn register(&self, cx: &mut Context<'_>) {
        self.handle.register(cx, self.connection.wants_write(), self.is_half);
    }
}

impl<T: Transport<Leaf: Leaf<Io: sync::CloseWrite>>, S: Decode> Link
    for Ready<Connection<sync::Blocking<T>, S>>
{
    type Transport = sync::Blocking<T>;
    type Stage = S;

    async fn queue(&mut self, writer: &mut Writer) -> Result<(), SendError<Odd>> {
        self.events(None, |connection, _| connection.queue(writer, ())).await
    }

    async fn send(&mut self, writer: &mut Writer) -> Result<(), SendError<Odd>> {
        Link::queue(self, writer).await?;
        Ok(Link::flush(self).await?)
    }

    async fn flush(&mut self) -> io::Result<()> {
        self.events(None, |connection, _| connection.flush()).await
    }

    async fn room(&mut self) {
        poll_fn(|cx| {
            let polled = self.connection.poll_room(&mut Context::from_waker(Waker::noop()));
            if polled.is_pending() {
                self.register(cx);
            }
            polled
        })
        .await;
    }

    async fn queue_by(
        &mut self,
        writer: &mut Writer,
        clock: &mut Clock,
    ) -> Result<(), SendError<Odd>> {
        self.events(Some(clock), |connection, clock| {
            connection.queue_by(writer, (), clock.unwrap())
        })
        .await
    }

    async fn send_by(
        &mut self,
        writer: &mut Writer,
        clock: &mut Clock,
    ) -> Result<(), SendError<Odd>> {
        Link::queue_by(self, writer, clock).await?;
        Ok(Link::flush_by(self, clock).await?)
    }

    async fn flush_by(&mut self, clock: &mut Clock) -> io::Result<()> {
        self.events(Some(clock), |connection, clock| connection.flush_by(clock.unwrap())).await
    }

    async fn close_write(&mut self) -> io::Result<()> {
        self.events(None, |connection, _| connection.close_write()).await
    }

    async fn close_by(&mut self, limit: u64, clock: &mut Clock) -> io::Result<bool> {
        self.events(Some(clock), |connection, clock| connection.close_by(limit, clock.unwrap()))
            .await
    }
}

impl<T: Transport<Leaf: Leaf<Io: sync::CloseWrite>>> Reads
    for Ready<Connection<sync::Blocking<T>, Words>>
{
    async fn ready(&mut self) -> Result<bool, Error<Odd>> {
        self.events(None, |connection, _| connection.ready()).await
    }

    async fn ready_by(&mut self, clock: &mut Clock) -> Result<bool, Error<Odd>> {
        self.events(Some(clock), |connection, clock| connection.ready_by(clock.unwrap())).await
    }

    async fn turn(
        &mut self,
        clock: Option<&mut Clock>,
        then: Then<'_>,
    ) -> Result<bool, Error<Odd>> {
        let is_ready = match clock {
            Some(clock) => Reads::ready_by(self, clock).await?,
            None => Reads::ready(self).await?,
        };
        if !is_ready {
            return Ok(false);
        }
        let Self { connection, handle, is_half } = self;
        let Some(Turn { item, mut output }) = connection.turn()? else {
            panic!("what was ready is not")
        };
        if then(item, &mut output) {
            poll_fn(|cx| match output.room() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    handle.register(cx, true, *is_half);
                    Poll::Pending
                }
                room => Poll::Ready(room),
            })
            .await?;
        }
        Ok(true)
    }

    fn follow(self) -> Result<Self, Self> {
        let Self { connection, handle, is_half } = self;
        match connection.follow(Words::next) {
            Ok(connection) => Ok(Self { connection, handle, is_half }),
            Err(refused) => Err(Self { connection: refused.into_connection(), handle, is_half }),
        }
    }
}

/// Stamps a polled driver.
macro_rules! polled {
    ($Driver:ident, $module:ident, $Transport:ident) => {
        pub(crate) struct $Driver;

        impl Driver for $Driver {
            const CALLS: Calls = Calls::Polled;
            type Whole = Polled<$module::Connection<Pipe, Words>>;
            type Reader = Polled<Connection<Half<$module::$Transport<Pipe>>, Words>>;
            type Writer = Polled<Connection<Half<$module::$Transport<Pipe>>, ()>>;

            fn open(handoff: Handoff<Pipe>, stage: Words, options: Options) -> Self::Whole {
                let connection = $module::Connection::from_handoff(handoff, stage);
                Polled(connection.with_options(options).peeking())
            }

            fn split(whole: Self::Whole) -> (Self::Reader, Self::Writer) {
                let (reader, writer) = whole.0.split();
                (Polled(reader), Polled(writer))
            }

            fn unsplit(reader: Self::Reader, writer: Self::Writer) -> Self::Whole {
                let Ok(whole) = reader.0.unsplit(writer.0) else { panic!("of one connection") };
                Polled(whole)
            }

            fn hand_off(
                whole: Self::Whole,
                edge: Edge,
            ) -> Result<Handoff<Pipe>, (Self::Whole, Option<io::ErrorKind>)> {
                whole.0.hand_off(edge).map_err(|refused| {
                    let failure = refused.failure().map(io::Error::kind);
                    (Polled(refused.into_connection()), failure)
                })
            }
        }
    };
}

polled!(OverTokio, tokio, Tokio);
polled!(OverFutures, futures, Futures);

/// `std::io` without blocking.
pub(crate) struct InLoop;

impl Driver for InLoop {
    const CALLS: Calls = Calls::Nonblocking;
    type Whole = Ready<sync::Connection<Pipe, Words>>;
    type Reader = Ready<HalfConnection<sync::Std<Pipe>, Words>>;
    type Writer = Ready<HalfConnection<sync::Std<Pipe>, ()>>;

    fn open(handoff: Handoff<Pipe>, stage: Words, options: Options) -> Self::Whole {
        let connection = sync::Connection::from_handoff(handoff, stage);
        let connection = connection.with_options(options.nonblocking(true)).peeking();
        let handle = connection.io().handle();
        Ready { connection, handle, is_half: false }
    }

    fn split(whole: Self::Whole) -> (Self::Reader, Self::Writer) {
        let Ready { connection, handle, .. } = whole;
        let (reader, writer) = connection.split();
        let reader = Ready { connection: reader, handle: handle.clone(), is_half: true };
        (reader, Ready { connection: writer, handle, is_half: true })
    }

    fn unsplit(reader: Self::Reader, writer: Self::Writer) -> Self::Whole {
        let Ok(connection) = reader.connection.unsplit(writer.connection) else {
            panic!("of one connection")
        };
        Ready { connection, handle: reader.handle, is_half: false }
    }

    fn hand_off(
        whole: Self::Whole,
        edge: Edge,
    ) -> Result<Handoff<Pipe>, (Self::Whole, Option<io::ErrorKind>)> {
        let Ready { connection, handle, is_half } = whole;
        connection.hand_off(edge).map_err(|refused| {
            let failure = refused.failure().map(io::Error::kind);
            (Ready { connection: refused.into_connection(), handle, is_half }, failure)
        })
    }
}
