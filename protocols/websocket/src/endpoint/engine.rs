//! The engine of all endpoints, whatever drives them: polled, with pending for would-block.

use bytes::Bytes;
use segue::{
    Cause, Fault, Output,
    driver::{self, Connection, Transport},
};
use std::{
    fmt, io,
    task::{Context, Poll, ready},
};

use super::{
    Error, OwnedMessage,
    parting::{Clock, Parting},
};
use crate::{Close, CloseCode, Message, Messages, Outgoing, Reply, Role, Writer, messages::Held};

/// The number of bytes from the peer that a close reads and drops: 64 MiB, four messages of the
/// default limit, which may well be on the
/// way when the two agree to stop. To wait for less time than that takes, drop the connection.
pub(super) const DRAIN: u64 = 64 << 20;

/// The number of bytes from the peer that are dropped after a failed handshake. The peer expects an
/// answer and has no reason to send more than a request.
pub(super) const DRAIN_REFUSED: u64 = 64 << 10;

/// A connection, with a writer that shares the state of its reader.
pub(super) struct Endpoint<T> {
    /// The last message, if it was long and has taken over its part of the buffer, until the next
    /// one is asked for. It is released before the connection, which gives the rest of the buffer
    /// back.
    held: Bytes,
    pub(super) connection: Connection<T, Messages>,
    pub(super) writer: Writer,
    /// The way to part from a peer that broke the rules, if the transport has a clock.
    parting: Option<Parting<T>>,
    state: State,
    answer: Answering,
}

/// The state of the answer to the peer's close frame. The endpoint answers when the caller asks for
/// the next message, and not the stage at once, so that messages that the caller still has, in the
/// other half or in a sink, go before it.
#[derive(Debug, Clone, Copy)]
enum Answering {
    /// The stage answers, or the caller.
    Others,
    /// The close frame has not come.
    Waits,
    /// The close frame has come, with this code, and was shown to the caller.
    Owed(Option<CloseCode>),
}

/// The progress of an endpoint, while it is taken apart.
#[derive(Debug)]
pub(super) struct Course {
    state: State,
    answer: Answering,
}

/// The progress of the connection. Errors are boxed to keep each endpoint small.
#[derive(Debug)]
enum State {
    Open,
    /// The peer broke the rules.
    Faulty(Box<Faulty>),
    /// The peer broke the rules; it was told, and so was the caller.
    Over,
    /// The connection is being closed, since this position in the stream.
    Closing(u64),
    /// Both close frames are through, or never will be; the error, if there was one.
    Ending(Option<Box<Error>>),
    Ended,
}

/// A rule that the peer broke.
#[derive(Debug)]
struct Faulty {
    fault: Fault<crate::Error>,
    /// The close frame for it is queued.
    said: bool,
    /// The caller knows.
    told: bool,
    /// The clock by which the endpoint parts from the peer.
    clock: Option<Clock>,
}

impl Faulty {
    fn state(fault: Fault<crate::Error>, told: bool) -> State {
        State::Faulty(Box::new(Self { fault, said: false, told, clock: None }))
    }
}

/// Both stages of a connection, with shared state.
pub(super) fn stages(role: Role) -> (Messages, Writer) {
    match role {
        Role::Server => crate::server(),
        Role::Client => crate::client(),
    }
}

/// A writer for the reading half. It sends close frames only, so that the two halves do not mix up
/// the fragments of a message.
pub(super) fn closer(mut writer: Writer) -> (Writer, Writer) {
    let mut closer = match writer.role() {
        Role::Server => Writer::server(),
        Role::Client => Writer::client(),
    };
    closer.closing = writer.closing.pair();
    (closer, writer)
}

impl<T> Endpoint<T> {
    /// Joins a connection and its writer, and makes them share their state.
    pub(super) fn new(mut connection: Connection<T, Messages>, mut writer: Writer) -> Self {
        let stage = connection.stage_mut();
        *stage = core::mem::replace(stage, Messages::server()).paired(&mut writer);
        let (state, answer) = (State::Open, Answering::Others);
        let parting = None;
        Self { connection, writer, parting, state, answer, held: Bytes::new() }.answering()
    }

    /// Takes the answer to the close frame over from the stage.
    fn answering(mut self) -> Self {
        let stage = self.connection.stage_mut();
        if stage.closing_reply() == Reply::Shown {
            *stage = core::mem::replace(stage, Messages::server()).closes(Reply::Manual);
            self.answer = Answering::Waits;
        }
        self
    }

    /// Changes the reader.
    pub(super) fn read_with(mut self, change: impl FnOnce(Messages) -> Messages) -> Self {
        let stage = self.connection.stage_mut();
        let messages = core::mem::replace(stage, Messages::server());
        let messages = match core::mem::replace(&mut self.answer, Answering::Others) {
            Answering::Others => change(messages),
            _ => change(messages.closes(Reply::Shown)),
        };
        *stage = messages.paired(&mut self.writer);
        self.answering()
    }

    /// Returns the stages, as they would be without the endpoint.
    pub(super) fn into_parts(mut self) -> (Connection<T, Messages>, Writer) {
        if !matches!(self.answer, Answering::Others) {
            let stage = self.connection.stage_mut();
            *stage = core::mem::replace(stage, Messages::server()).closes(Reply::Shown);
        }
        (self.connection, self.writer)
    }

    /// Takes it apart, to be put together over a share of the transport.
    pub(super) fn unmake(self) -> (Connection<T, Messages>, Writer, Course) {
        (self.connection, self.writer, Course { state: self.state, answer: self.answer })
    }

    pub(super) fn remake(
        connection: Connection<T, Messages>,
        writer: Writer,
        Course { state, answer }: Course,
        parting: Option<Parting<T>>,
    ) -> Self {
        Self { connection, writer, parting, state, answer, held: Bytes::new() }
    }

    /// Returns the way to part from a peer, if there is one.
    #[cfg(any(feature = "tokio", feature = "futures"))]
    pub(super) fn parting(&self) -> Option<Parting<T>> {
        self.parting
    }

    /// Sets the way to part from a peer that broke the rules.
    pub(super) fn parting_by(&mut self, parting: Parting<T>) {
        self.parting = Some(parting);
    }
}

impl<T: Transport> Endpoint<T> {
    /// Waits until a message is ready (true), or none will come and everything is sent (false).
    #[inline(always)]
    pub(super) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Error>> {
        let is_usual = matches!(self.state, State::Open)
            && !matches!(self.answer, Answering::Owed(_))
            && self.held.is_empty();
        if !is_usual {
            return self.poll_ready_any(cx);
        }
        match self.connection.poll_ready(cx) {
            Poll::Ready(Ok(is_ready)) => Poll::Ready(Ok(is_ready)),
            Poll::Ready(Err(error)) => self.poll_ready_behind(cx, error),
            Poll::Pending => Poll::Pending,
        }
    }

    /// Goes on behind what went wrong.
    #[cold]
    #[inline(never)]
    fn poll_ready_behind(
        &mut self,
        cx: &mut Context<'_>,
        error: driver::Error<crate::Error>,
    ) -> Poll<Result<bool, Error>> {
        match error {
            driver::Error::Fault(fault) => self.fail(fault),
            error => return Poll::Ready(Err(error.into())),
        }
        self.poll_ready_any(cx)
    }

    /// The same, whatever the endpoint has to see to before.
    #[inline(never)]
    fn poll_ready_any(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Error>> {
        if !self.held.is_empty() {
            self.held = Bytes::new();
        }
        self.answer_close()?;
        loop {
            match &self.state {
                State::Open => match ready!(self.connection.poll_ready(cx)) {
                    Ok(is_ready) => return Poll::Ready(Ok(is_ready)),
                    Err(driver::Error::Fault(fault)) => self.fail(fault),
                    Err(error) => return Poll::Ready(Err(error.into())),
                },
                State::Faulty(faulty) => {
                    let (fault, told) = (faulty.fault, faulty.told);
                    self.say();
                    self.state = ready!(self.poll_part(cx))?;
                    return Poll::Ready(if told { Ok(false) } else { Err(Error::Fault(fault)) });
                }
                State::Over | State::Closing(_) | State::Ending(_) | State::Ended => {
                    return Poll::Ready(Ok(false));
                }
            }
        }
    }

    /// Waits for the next message. A fault is returned once the peer has been told; then no message
    /// follows.
    #[inline]
    pub(super) fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<OwnedMessage>, Error>> {
        loop {
            if !ready!(self.poll_ready(cx))? {
                return Poll::Ready(Ok(None));
            }
            let Self { connection, held, answer, .. } = self;
            match take_held(connection, held) {
                Ok(Some(driver::Turn { item: (message, None), .. })) => {
                    answer.hear(&message);
                    return Poll::Ready(Ok(Some(message.into())));
                }
                Ok(Some(driver::Turn { item: (_, Some(_)), .. })) => {
                    let payload = core::mem::take(held);
                    return Poll::Ready(Ok(Some(OwnedMessage::Binary(payload))));
                }
                Ok(None) => {}
                Err(driver::Error::Fault(fault)) => self.fail(fault),
                Err(error) => return Poll::Ready(Err(error.into())),
            }
        }
    }

    /// Takes the message that is ready, lent.
    #[inline]
    pub(super) fn take_turn(&mut self) -> Result<Option<MessageTurn<'_, T>>, Error> {
        let Self { connection, writer, state, answer, held, .. } = self;
        match take_held(connection, held) {
            Ok(Some(driver::Turn { item: (message, held), output })) => {
                answer.hear(&message);
                Ok(Some(MessageTurn { message, answer: MessageOutput { output, writer, held } }))
            }
            Ok(None) => Ok(None),
            Err(error) => {
                if let driver::Error::Fault(fault) = error {
                    *state = Faulty::state(fault, true);
                }
                Err(error.into())
            }
        }
    }

    fn fail(&mut self, fault: Fault<crate::Error>) {
        self.state = Faulty::state(fault, false);
    }

    /// Sends the close frame for a fault, and parts from the peer if there is a clock for that.
    ///
    /// # Errors
    /// Only errors that ask to try again: the fault tells more than that the peer does not want to
    /// hear of it.
    fn poll_part(&mut self, cx: &mut Context<'_>) -> Poll<Result<State, Error>> {
        let State::Faulty(faulty) = &mut self.state else { return Poll::Ready(Ok(State::Over)) };
        // A peer that went away hears nothing.
        if let Some(parting) = self.parting.filter(|_| code(&faulty.fault).is_some())
            && ready!(parting.poll(&mut self.connection, cx, &mut faulty.clock))
        {
            return Poll::Ready(Ok(State::Ended));
        }
        match ready!(self.connection.poll_flush(cx)) {
            Err(error) if driver::is_again(&error) => Poll::Ready(Err(error.into())),
            _ => Poll::Ready(Ok(State::Over)),
        }
    }

    /// Returns the fault that the caller does not know of, and counts the connection as over: the
    /// error for a peer that is given up meanwhile.
    pub(super) fn take_untold(&mut self) -> Option<Error> {
        match core::mem::replace(&mut self.state, State::Over) {
            State::Faulty(faulty) => (!faulty.told).then_some(Error::Fault(faulty.fault)),
            other => {
                self.state = other;
                None
            }
        }
    }

    /// Queues the close frame for a fault, once.
    fn say(&mut self) {
        let State::Faulty(faulty) = &mut self.state else { return };
        if core::mem::replace(&mut faulty.said, true) {
            return;
        }
        let Some(code) = code(&faulty.fault) else { return };
        let reason = faulty.fault.cause.to_string();
        let most = reason.len().min(Close::MAX_REASON);
        let cut = (0..=most).rev().find(|&cut| reason.is_char_boundary(cut)).unwrap_or_default();
        let close = Close { code, reason: &reason[..cut] };
        // A transport that failed, or a close frame that was sent before, leave nothing to say.
        let _ = encode(&mut self.connection, &mut self.writer, Outgoing::Close(Some(close)));
    }

    /// Queues the answer to the peer's close frame, with its own code (RFC 6455 §5.5.1), if the
    /// caller has not answered it.
    #[inline]
    fn answer_close(&mut self) -> Result<(), Error> {
        let Answering::Owed(code) = self.answer else { return Ok(()) };
        self.answer = Answering::Waits;
        let close = code.map(|code| Close { code, reason: "" });
        self.encode(Outgoing::Close(close))
    }

    /// Queues a message, whether or not there is room.
    #[inline]
    pub(super) fn encode(&mut self, item: Outgoing<'_>) -> Result<(), Error> {
        encode(&mut self.connection, &mut self.writer, item)
    }

    /// Sends the close frame, reads up to the peer's, and ends the connection by `end`.
    pub(super) fn poll_close(
        &mut self,
        cx: &mut Context<'_>,
        close: Option<Close<'_>>,
        end: impl FnOnce(
            &mut Connection<T, Messages>,
            &mut Context<'_>,
            u64,
        ) -> Poll<std::io::Result<bool>>,
    ) -> Poll<Result<(), Error>> {
        self.answer_close()?;
        loop {
            match &mut self.state {
                State::Open => {
                    self.encode(Outgoing::Close(close))?;
                    self.state = State::Closing(self.connection.position());
                }
                State::Closing(since) => {
                    let since = *since;
                    if let Some(outcome) = ready!(self.poll_drop(cx, since))? {
                        self.state = State::Ending(outcome.map(Box::new));
                    }
                }
                State::Faulty(faulty) => {
                    let untold = (!faulty.told).then(|| Box::new(Error::Fault(faulty.fault)));
                    self.say();
                    self.state = State::Ending(untold);
                }
                State::Over => self.state = State::Ending(None),
                State::Ending(outcome) => {
                    let ended = match ready!(end(&mut self.connection, cx, DRAIN)) {
                        Err(error) if driver::is_again(&error) => {
                            return Poll::Ready(Err(error.into()));
                        }
                        ended => ended,
                    };
                    let outcome = outcome.take();
                    self.state = State::Ended;
                    return Poll::Ready(match (outcome, ended) {
                        (Some(error), _) => Err(*error),
                        // Both sides have said all they had to say: a TLS peer that leaves out
                        // its `close_notify` then cuts nothing off.
                        (None, Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                            Ok(())
                        }
                        (None, Err(error)) => Err(error.into()),
                        (None, Ok(_)) => Ok(()),
                    });
                }
                State::Ended => return Poll::Ready(Ok(())),
            }
        }
    }

    /// Gives up waiting for the end of a close. That is no error once both close frames have been
    /// exchanged.
    pub(super) fn give_up(&mut self) -> Result<(), Error> {
        match core::mem::replace(&mut self.state, State::Ended) {
            State::Ending(Some(error)) => Err(*error),
            State::Ending(None) | State::Ended => Ok(()),
            _ => Err(Error::Unanswered),
        }
    }

    /// Drops one message. Returns the outcome if it was the last one.
    ///
    /// # Errors
    /// Only errors that ask to try again.
    fn poll_drop(
        &mut self,
        cx: &mut Context<'_>,
        since: u64,
    ) -> Poll<Result<Option<Option<Error>>, Error>> {
        match ready!(self.connection.poll_ready(cx)) {
            Ok(true) => {}
            Ok(false) => return Poll::Ready(Ok(Some(None))),
            Err(error) if error.is_again() => return Poll::Ready(Err(error.into())),
            Err(error) => return Poll::Ready(Ok(Some(Some(error.into())))),
        }
        if let Some(Err(fault)) = self.connection.take() {
            return Poll::Ready(Ok(Some(Some(Error::Fault(fault)))));
        }
        let dropped = self.connection.position() - since;
        Poll::Ready(Ok((dropped > DRAIN).then_some(Some(Error::Unanswered))))
    }

    /// Returns the number of bytes received.
    pub(super) fn received(&self) -> u64 {
        self.connection.position() + self.connection.buffer().len() as u64
    }
}

impl Answering {
    #[inline]
    fn hear(&mut self, message: &Message<'_>) {
        if let (Message::Close(close), Self::Waits) = (message, *self) {
            *self = Self::Owed(close.map(|close| close.code));
        }
    }
}

/// A lent message, with the output for answers.
#[derive(Debug)]
pub struct MessageTurn<'a, T> {
    /// The message, which borrows the connection's buffer.
    pub message: Message<'a>,
    /// The output of the same connection.
    pub answer: MessageOutput<'a, T>,
}

/// The output of a connection while a message of it is held.
#[derive(Debug)]
pub struct MessageOutput<'a, T> {
    output: driver::TurnOutput<'a, T>,
    writer: &'a mut Writer,
    /// The bytes that the message is lent from, if they can be shared.
    held: Option<&'a Bytes>,
}

impl<'a, T: Transport> MessageOutput<'a, T> {
    /// Queues an answer without waiting. It is sent before the connection waits for the peer.
    ///
    /// A long binary message that is sent back, or a part of it, is not copied.
    ///
    /// # Errors
    /// [`Error::Closed`] after the close frame, [`Error::Write`] for an answer that cannot be sent,
    /// and those of the transport.
    #[inline]
    pub fn queue<'m>(&mut self, answer: impl Into<Outgoing<'m>>) -> Result<(), Error> {
        let mut item = answer.into();
        if is_repeated(&item, self.writer) {
            return Ok(());
        }
        if let (Some(held), Outgoing::Binary(payload)) = (self.held, &item)
            && is_part(payload, held)
        {
            item = Outgoing::Bytes(held.slice_ref(payload));
        }
        Ok(self.output.queue(self.writer, item)?)
    }

    /// Queues answers without waiting: see [`queue`](Self::queue).
    ///
    /// # Errors
    /// As for that method; the answers before the one that failed are queued.
    #[doc(alias = "feed_all")]
    pub fn queue_all<'m, M: Into<Outgoing<'m>>>(
        &mut self,
        answers: impl IntoIterator<Item = M>,
    ) -> Result<(), Error> {
        answers.into_iter().try_for_each(|answer| self.queue(answer))
    }

    /// Lends the queued bytes, to add whole frames by other means. For messages to many connections
    /// use [`Prepared`](crate::Prepared), which is checked.
    pub fn output(&mut self) -> &mut Output {
        self.output.output()
    }

    /// Returns the output as the driver has it: its `room` waits until less is queued than the
    /// high-water mark.
    pub fn driver(&mut self) -> &mut driver::TurnOutput<'a, T> {
        &mut self.output
    }
}

/// Takes the message that is ready. A long one takes its part of the buffer over, into `held`,
/// unless that would keep much more memory than it has bytes.
#[inline(always)]
fn take_held<'a, T: Transport>(
    connection: &'a mut Connection<T, Messages>,
    held: &'a mut Bytes,
) -> Result<Option<driver::Turn<'a, T, Held<'a>>>, driver::Error<crate::Error>> {
    let share_from = connection.buffer().capacity() / 4;
    connection.take_turn_with(|messages, record| messages.parse_held(record, share_from, held))
}

/// Returns true if `payload` lies within `held`.
fn is_part(payload: &[u8], held: &Bytes) -> bool {
    let (part, whole) = (payload.as_ptr_range(), held.as_ptr_range());
    whole.start <= part.start && part.end <= whole.end
}

/// Queues a message.
#[inline]
pub(super) fn encode<T: Transport, S>(
    connection: &mut Connection<T, S>,
    writer: &mut Writer,
    item: Outgoing<'_>,
) -> Result<(), Error> {
    if is_repeated(&item, writer) {
        return Ok(());
    }
    Ok(connection.encode(writer, item)?)
}

/// Returns true for a second close frame: an echo sends back the peer's, which was answered
/// already.
#[inline]
fn is_repeated(item: &Outgoing<'_>, writer: &Writer) -> bool {
    item.is_close() && writer.is_closed()
}

/// The close code for a fault; none if the peer went away without a close frame.
pub(super) fn code(fault: &Fault<crate::Error>) -> Option<CloseCode> {
    match &fault.cause {
        Cause::Stage(error) => Some(error.close_code()),
        Cause::Truncated => None,
        Cause::TooLong => Some(CloseCode::TOO_BIG),
        Cause::NoProgress => Some(CloseCode::POLICY),
        _ => Some(CloseCode::INTERNAL_ERROR),
    }
}

impl<T> fmt::Debug for Endpoint<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket")
            .field("role", &self.writer.role())
            .field("connection", &self.connection)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
