//! An end of the connection, written once and stamped on both drivers.

use segue::driver::{Error, SendError};
use segue_fuzz::layers::AnyLayer;
use segue_fuzz::pipe::Pipe;
use std::io;

/// All that an end may do, in halves as well.
#[derive(Debug, Clone, Copy)]
pub enum Act {
    /// Queues a record of so many bytes.
    Queue(usize),
    Flush,
    Turn {
        /// A record that comes is sent back.
        echoes: bool,
    },
    /// Looks whether there is a record, and takes it if so.
    Take,
    /// The topmost layer asks the peer's something.
    Ask,
}

/// All that an end has said and heard: what it queued by itself, and what it sent back.
#[derive(Debug, Default)]
pub struct Tale {
    pub said: [Vec<Vec<u8>>; 2],
    pub heard: [Vec<Vec<u8>>; 2],
    pub over: Option<Over>,
    /// It says no more.
    pub closes: bool,
    pub closed: bool,
}

/// The way in which the other side was over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Over {
    End,
    /// With what it says of that.
    Fault(String),
}

pub trait End {
    fn tale(&mut self) -> &mut Tale;
    fn tale_ref(&self) -> &Tale;
    fn pipe(&self) -> &Pipe;
    fn wants_write(&self) -> bool;
    fn act(&mut self, act: Act);
    fn in_halves(&mut self, acts: &[Act]);
    /// Ends its side, as far as that goes now.
    fn close(&mut self);
    fn reopen(&mut self);
    fn unlayer(&mut self);
    /// Says a record without the topmost layer, and hears one. Whether both are done.
    fn talk_below(&mut self) -> bool;
    /// Returns whether it could: not where the peer was gone in the middle of it.
    fn layer_again(&mut self, layer: AnyLayer) -> bool;
}

impl Tale {
    /// The next record of a lane, with so many bytes in it.
    fn record(&self, lane: usize, length: usize) -> Vec<u8> {
        let number = self.said[lane].len();
        let byte = |at: usize| (at * 7 + number * 31).to_le_bytes()[0];
        let mut record: Vec<u8> = (0..length + 2).map(byte).collect();
        record[0] = lane.to_le_bytes()[0];
        record
    }

    fn hears(&mut self, record: Vec<u8>) {
        // With a bit flipped, lanes are whatever they are.
        self.heard[usize::from(record.first().is_some_and(|lane| *lane == 1))].push(record);
    }

    /// Writes down what was said, if it was queued.
    fn says<E: std::fmt::Debug>(&mut self, record: Vec<u8>, queued: Result<(), SendError<E>>) {
        match queued {
            Ok(()) => self.said[0].push(record),
            Err(SendError::Io(error) | SendError::Queued(error)) => passing(&error),
            Err(SendError::Closed) => {}
            Err(error) => panic!("{error:?}"),
        }
    }

    fn fails<E: std::fmt::Debug>(&mut self, error: Error<E>) {
        match error {
            Error::Io(error) if is_layers(&error) => {
                self.over = Some(Over::Fault(format!("{error:?}")));
            }
            Error::Io(error) => passing(&error),
            // The record of the stage is cut.
            Error::Fault(fault) => self.over = Some(Over::Fault(format!("{fault:?}"))),
            error => panic!("{error:?}"),
        }
    }
}

/// Returns whether a layer has failed.
fn is_layers(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, NotConnected, UnexpectedEof};
    matches!(error.kind(), InvalidData | NotConnected | UnexpectedEof)
}

/// The script's failures, and no others.
#[track_caller]
pub fn passing(error: &io::Error) {
    use io::ErrorKind::{BrokenPipe, HostUnreachable, TimedOut, WouldBlock};
    let known = matches!(error.kind(), BrokenPipe | HostUnreachable | TimedOut | WouldBlock);
    // Nothing is sent behind an alert.
    let is_behind_fault = error.to_string() == "the layer has failed";
    assert!(known || is_behind_fault, "{error:?}");
}

macro_rules! ends {
    ($connection:ident, $bound:path, $leaf:ident, $io:ty, $wait:ident, $pipe:expr) => {
        use super::{Act, End, Over, Tale, is_layers, passing};
        use segue::combine::Take;
        use segue::driver::{Layered, Options, Turn};
        use segue::length::{self, Prefixed, U16Be};
        use segue::{Decode, DecodeExt};
        use segue_fuzz::layers::AnyLayer;
        use segue_fuzz::pipe::Pipe;
        use std::mem;

        type One = Layered<$leaf<$io>, AnyLayer>;
        type Two = Layered<One, AnyLayer>;
        type Records = Prefixed<U16Be>;

        pub struct Whole {
            /// It is gone while it changes.
            connection: Option<$connection<Two, Records>>,
            below: Option<$connection<One, Take<Records>>>,
            has_said_below: bool,
            has_heard_below: bool,
            tale: Tale,
            side: u8,
        }

        impl Whole {
            pub fn new(io: $io, layers: [AnyLayer; 2], options: Options, side: u8) -> Self {
                let [below, above] = layers;
                let connection = open(io).with_options(options).layered(below).layered(above);
                Self {
                    connection: Some(connection.begin(length::u16_be())),
                    below: None,
                    has_said_below: false,
                    has_heard_below: false,
                    tale: Tale::default(),
                    side,
                }
            }

            fn connection(&mut self) -> &mut $connection<Two, Records> {
                self.connection.as_mut().expect("it is there")
            }
        }

        fn queues<T: $bound, S: Decode>(
            connection: &mut $connection<T, S>,
            tale: &mut Tale,
            length: usize,
        ) {
            if tale.closes {
                return;
            }
            let record = tale.record(0, length);
            let queued = $wait!(connection.queue(&mut length::u16_be(), &record[..]));
            tale.says(record, queued);
        }

        fn turns<T: $bound>(
            connection: &mut $connection<T, Records>,
            tale: &mut Tale,
            echoes: bool,
        ) {
            if tale.over.is_some() {
                return;
            }
            match $wait!(connection.turn()) {
                Ok(Some(Turn { item, mut output })) => {
                    let item = item.to_vec();
                    if echoes && !tale.closes {
                        let record = tale.record(1, item.len() / 2);
                        let queued = output.output().try_encode(&mut length::u16_be(), &record[..]);
                        queued.expect("it is short");
                        tale.said[1].push(record);
                    }
                    tale.hears(item);
                }
                Ok(None) => tale.over = Some(Over::End),
                Err(error) => tale.fails(error),
            }
        }

        fn takes<T: $bound>(connection: &mut $connection<T, Records>, tale: &mut Tale) {
            if tale.over.is_some() {
                return;
            }
            match $wait!(connection.ready()) {
                Ok(true) => match connection.take() {
                    Some(Ok(item)) => {
                        let item = item.to_vec();
                        tale.hears(item);
                    }
                    other => panic!("what is ready cannot be had: {}", other.is_some()),
                },
                Ok(false) => tale.over = Some(Over::End),
                Err(error) => tale.fails(error),
            }
        }

        fn flushes<T: $bound, S: Decode>(connection: &mut $connection<T, S>) {
            if let Err(error) = $wait!(connection.flush()) {
                passing(&error);
            }
        }

        impl End for Whole {
            fn tale(&mut self) -> &mut Tale {
                &mut self.tale
            }

            fn tale_ref(&self) -> &Tale {
                &self.tale
            }

            fn pipe(&self) -> &Pipe {
                let io = match (&self.connection, &self.below) {
                    (Some(connection), _) => connection.io(),
                    (_, Some(below)) => below.io(),
                    _ => unreachable!("one of them is there"),
                };
                $pipe(io)
            }

            fn wants_write(&self) -> bool {
                self.connection.as_ref().is_some_and(|connection| connection.wants_write())
            }

            fn act(&mut self, act: Act) {
                let connection = self.connection.as_mut().expect("it is there");
                match act {
                    Act::Queue(length) => queues(connection, &mut self.tale, length),
                    Act::Flush if self.tale.closes => {}
                    Act::Flush => flushes(connection),
                    Act::Turn { echoes } => turns(connection, &mut self.tale, echoes),
                    Act::Take => takes(connection, &mut self.tale),
                    Act::Ask => connection.layer_mut().ask(),
                }
            }

            fn in_halves(&mut self, acts: &[Act]) {
                let connection = self.connection.take().expect("it is there");
                let (mut reader, mut writer) = connection.split();
                for act in acts {
                    match *act {
                        Act::Queue(length) => queues(&mut writer, &mut self.tale, length),
                        Act::Flush if self.tale.closes => {}
                        Act::Flush => flushes(&mut writer),
                        Act::Turn { echoes } => turns(&mut reader, &mut self.tale, echoes),
                        Act::Take => takes(&mut reader, &mut self.tale),
                        // The writer closes: not where that would lose what the reader has queued
                        // and not sent.
                        Act::Ask => {
                            flushes(&mut reader);
                            if !reader.output().is_empty() {
                                continue;
                            }
                            self.tale.closes = true;
                            match $wait!(writer.close_write()) {
                                Ok(()) => self.tale.closed = true,
                                Err(error) => passing(&error),
                            }
                        }
                    }
                }
                let Ok(connection) = reader.unsplit(writer) else { panic!("they are of one") };
                self.connection = Some(connection);
            }

            fn close(&mut self) {
                if self.tale.closed {
                    return;
                }
                self.tale.closes = true;
                match $wait!(self.connection().close_write()) {
                    Ok(()) => self.tale.closed = true,
                    Err(error) => {
                        passing(&error);
                        self.tale.closed = self.pipe().is_broken();
                    }
                }
            }

            fn reopen(&mut self) {
                let connection = self.connection.take().expect("it is there");
                self.connection = Some(match connection.unlayer() {
                    Ok((below, layer)) => below.layered(layer).begin(length::u16_be()),
                    Err(refused) => refused.into_connection(),
                });
            }

            fn unlayer(&mut self) {
                let connection = self.connection.take().expect("it is there");
                match connection.unlayer() {
                    Ok((below, _)) => self.below = Some(below.begin(length::u16_be().take(1))),
                    Err(refused) => panic!("nothing is left, and yet {refused:?}"),
                }
                (self.has_said_below, self.has_heard_below) = (false, false);
            }

            fn talk_below(&mut self) -> bool {
                let below = self.below.as_mut().expect("it is there");
                let below_says = [b'b', self.side];
                if !self.has_said_below {
                    match $wait!(below.queue(&mut length::u16_be(), &below_says[..])) {
                        Ok(()) => self.has_said_below = true,
                        Err(segue::driver::SendError::Io(error)) => passing(&error),
                        Err(error) => panic!("{error:?}"),
                    }
                }
                flushes(below);
                if !self.has_heard_below {
                    match $wait!(below.turn()) {
                        Ok(Some(turn)) => {
                            assert_eq!(turn.item[..], [b'b', 1 - self.side]);
                            self.has_heard_below = true;
                        }
                        Ok(None) => {}
                        // The peer is gone, and what it was saying is cut.
                        Err(segue::driver::Error::Io(error)) if is_layers(&error) => {}
                        Err(segue::driver::Error::Io(error)) => passing(&error),
                        // Chunks have no end of their own: what is cut is the stage's record.
                        Err(segue::driver::Error::Fault(fault))
                            if matches!(fault.cause, segue::Cause::Truncated) => {}
                        Err(error) => panic!("{error:?}"),
                    }
                }
                self.has_heard_below && self.has_said_below && !below.wants_write()
            }

            fn layer_again(&mut self, layer: AnyLayer) -> bool {
                let below = self.below.take().expect("it is there");
                match below.follow(mem::drop) {
                    Ok(below) => {
                        self.connection = Some(below.layered(layer).begin(length::u16_be()));
                        true
                    }
                    Err(_) => false,
                }
            }
        }
    };
}

/// A call of the blocking driver, over a transport that does not block.
macro_rules! called {
    ($call:expr) => {
        $call
    };
}

/// A call of a polled driver: polled once, and given up where it waits.
macro_rules! polled_once {
    ($call:expr) => {{
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        // All that the call borrows lives as long as it does.
        match std::pin::pin!($call) {
            call => match std::future::Future::poll(call, &mut context) {
                std::task::Poll::Ready(result) => result,
                std::task::Poll::Pending => Err(super::Waits::waits()),
            },
        }
    }};
}

/// Errors that say that a call would wait.
trait Waits {
    fn waits() -> Self;
}

impl Waits for io::Error {
    fn waits() -> Self {
        io::ErrorKind::WouldBlock.into()
    }
}

impl<E> Waits for Error<E> {
    fn waits() -> Self {
        Self::Io(Waits::waits())
    }
}

impl<E> Waits for SendError<E> {
    fn waits() -> Self {
        Self::Io(Waits::waits())
    }
}

fn plain_pipe(pipe: &Pipe) -> &Pipe {
    pipe
}

fn polled_pipe(polled: &polled::Polled) -> &Pipe {
    &polled.0
}

pub mod blocking {
    use super::plain_pipe;
    use segue::driver::{
        Connection, Transport,
        sync::{Blocking, Std},
    };

    type Blocked<T, S> = Connection<Blocking<T>, S>;

    fn open(io: Pipe) -> Blocked<Std<Pipe>, ()> {
        segue::driver::sync::Connection::new(io, ())
    }

    ends!(Blocked, Transport, Std, Pipe, called, plain_pipe);
}

pub mod polled {
    use super::polled_pipe;
    use segue::driver::{Connection, PollTransport, sync::CloseWrite, tokio::Tokio};
    use std::io::{self, ErrorKind, Read, Write};
    use std::pin::Pin;
    use std::task::{Context, Poll};
    use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

    /// A pipe that is polled.
    pub struct Polled(pub Pipe);

    fn open(io: Polled) -> Connection<Tokio<Polled>, ()> {
        segue::driver::tokio::Connection::new(io, ())
    }

    /// If it blocks or is interrupted, it is to be polled again.
    fn pending<T>(cx: &mut Context<'_>, result: io::Result<T>) -> Poll<io::Result<T>> {
        match result {
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) =>
            {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            result => Poll::Ready(result),
        }
    }

    impl AsyncRead for Polled {
        fn poll_read(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            into: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            let read = (&self.0).read(into.initialize_unfilled());
            pending(cx, read.map(|count| into.advance(count)))
        }
    }

    impl AsyncWrite for Polled {
        fn poll_write(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            pending(cx, (&self.0).write(bytes))
        }

        fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            pending(cx, (&self.0).flush())
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready((&self.0).close_write())
        }
    }

    ends!(Connection, PollTransport, Tokio, Polled, polled_once, polled_pipe);
}
