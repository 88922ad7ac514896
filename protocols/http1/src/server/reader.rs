//! The reading half of a server.

use segue::{Cause, Decode, Fault, Framing, Need, Output, Record};

use super::Writer;
use crate::machine::{Answered, Event, Kind, Offered, Shared, State, Word};
use crate::named::Named;
use crate::{
    Body, BodyLength, BodyPart, Error, Limits, Relaxed, Request, RequestDecoder, RequestEvent,
    Version,
};

/// A stage that reads all requests of a connection: head, body, end, head, and so on.
///
/// - Complete input: a [`RequestEvent::Head`], a [`RequestEvent::Piece`] for each received part of
///   the body, trailers if there are any, and a [`RequestEvent::End`].
/// - Partial input: the stage needs the rest of a head or of the line in front of a chunk. Bodies
///   are lent as they come.
/// - End of the stream: the stage is done between two requests, and truncated within one.
///
/// The stage is also done behind the last request: one that asks to close, or whose answer closes.
/// And it is done where HTTP/1.1 ends: once a `101 Switching Protocols` or a 2xx to `CONNECT` has
/// been sent, the bytes that follow belong to another protocol and stay in the buffer, for the next
/// stage or for [`hand_off`](segue::Edge::Carry). The same holds for a client that speaks HTTP/2
/// from the beginning.
///
/// The stage and its [`Writer`] share their state: [`paired`](Self::paired) makes the writer, and
/// [`server()`](crate::server()) makes both. A request waits until the one before it has been
/// answered (RFC 9112 §9.3.2), unless more may run [`ahead`](Self::ahead).
///
/// ```
/// use segue::{Buffer, Encode, Output, Step};
/// use segue_http1::{RequestEvent, ResponseParts, Whole};
///
/// let (mut requests, mut writer) = segue_http1::server();
/// let mut output = Output::new();
/// let mut buffer = Buffer::from(&b"POST /a HTTP/1.1\r\nHost: b\r\nContent-Length: 4\r\n\r\nhi"[..]);
/// let Step::Item(RequestEvent::Head(head)) = buffer.step(&mut requests, false, &mut output)?
///     else { panic!() };
/// assert_eq!((head.method(), head.target()), ("POST", "/a"));
/// let item = buffer.step(&mut requests, false, &mut output)?;
/// assert_eq!(item, Step::Item(RequestEvent::Piece(b"hi")));
/// assert!(matches!(buffer.step(&mut requests, false, &mut output)?, Step::Need(_)));
///
/// buffer.extend(b"!!GET /b HTTP/1.1\r\nHost: b\r\n\r\n");
/// let item = buffer.step(&mut requests, false, &mut output)?;
/// assert_eq!(item, Step::Item(RequestEvent::Piece(b"!!")));
/// let item = buffer.step(&mut requests, false, &mut output)?;
/// assert_eq!(item, Step::Item(RequestEvent::End));
/// // The next one waits for the answer to this one.
/// let item = buffer.step(&mut requests, false, &mut output)?;
/// assert_eq!(item, Step::Item(RequestEvent::Paused));
/// writer.encode(Whole::new(ResponseParts::new(200, [("A", "b")]), &b"hello"[..]), &mut output)?;
/// assert_eq!(output.to_vec(), b"HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 5\r\n\r\nhello");
/// let Step::Item(RequestEvent::Head(head)) = buffer.step(&mut requests, false, &mut output)?
///     else { panic!() };
/// assert_eq!(head.target(), "/b");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Reader {
    head: RequestDecoder,
    phase: Phase,
    shared: Shared,
    ahead: u32,
    limits: Limits,
    /// Requests are taken as answered.
    listens: bool,
    /// The HTTP/2 preface may still come: nothing has been consumed yet.
    may_be_http2: bool,
    /// The number of bytes waiting at the last call of `frame`.
    waiting: usize,
    /// The state and the number of waiting bytes at the last pause, and the number of pauses in a
    /// row with both unchanged.
    paused: (Word, usize, u8),
}

#[derive(Debug)]
enum Phase {
    Head,
    Body(Body),
    /// The rest belongs to another protocol.
    Over,
}

impl Reader {
    /// The number of times in a row that [`RequestEvent::Paused`] is returned while nothing is
    /// answered and nothing more arrives. One more call returns [`Cause::NoProgress`], since the
    /// caller is in a loop that would spin for ever.
    pub const MAX_PAUSES: u8 = 64;

    /// Creates a stage with the [default limits](Limits::DEFAULT) that is strict in everything.
    #[must_use]
    pub fn new() -> Self {
        Self {
            head: RequestDecoder::new(),
            phase: Phase::Head,
            shared: Shared::NEW,
            ahead: 1,
            limits: Limits::DEFAULT,
            listens: false,
            may_be_http2: true,
            waiting: 0,
            paused: (Word::NEW, 0, 0),
        }
    }

    /// Sets the limits on heads and bodies.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.head = self.head.limits(limits);
        self.limits = limits;
        self
    }

    /// Accepts the departures from the standard that `relaxed` names.
    #[must_use]
    pub fn relaxed(mut self, relaxed: Relaxed) -> Self {
        self.head = self.head.relaxed(relaxed);
        self
    }

    /// Sets the number of requests that are read before the first of them is answered: at least 1,
    /// which is the default, and at most [`Limits::pipelined`]. Then reading
    /// [pauses](RequestEvent::Paused). Answers are always sent in the order of the requests.
    #[must_use]
    pub fn ahead(mut self, count: u32) -> Self {
        self.ahead = count.clamp(1, Word::MAX_OWED);
        self.shared.set_owed(self.ahead);
        self
    }

    /// Looks for the HTTP/2 connection preface in front of the first request, which is the default,
    /// or does not. While the input may still turn out to be the preface, its bytes are looked at
    /// and not consumed, so reading [exactly](segue::Need::claim) needs a transport that can be
    /// peeked.
    #[must_use]
    pub fn http2(mut self, looked_for: bool) -> Self {
        self.may_be_http2 = looked_for;
        self
    }

    /// Counts requests as answered once they have ended, for use without a writer: in a recorder,
    /// or a test. The stage is done behind a request that offers another protocol.
    #[must_use]
    pub fn listening(mut self) -> Self {
        self.listens = true;
        self
    }

    /// Returns the stage and the writer that answers its requests.
    #[must_use]
    pub fn paired(mut self) -> (Self, Writer) {
        self.ahead = self.ahead.min(self.limits.pipelined).clamp(1, Word::MAX_OWED);
        self.shared.set_owed(self.ahead);
        let writer = Writer::new(self.shared.pair());
        (self, writer)
    }

    /// Returns true if a change of protocol has been agreed on: the bytes that follow are of the
    /// other protocol.
    #[must_use]
    pub fn is_switched(&self) -> bool {
        self.shared.load().requests() == State::Switched
    }

    /// Returns a future that is ready once something has been answered since the last
    /// [`RequestEvent::Paused`], so that a reader waits for a writer in another task or thread.
    ///
    /// ```
    /// # #[cfg(feature = "std")] fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// use segue::{Buffer, Encode, Output, Step};
    /// use segue_http1::{RequestEvent, ResponseParts, Whole};
    /// use std::time::Duration;
    ///
    /// let two = b"GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /b HTTP/1.0\r\n\r\n";
    /// let (mut requests, mut writer) = segue_http1::server();
    /// let (mut buffer, mut output) = (Buffer::from(&two[..]), Output::new());
    /// while buffer.step(&mut requests, false, &mut output)? != Step::Item(RequestEvent::Paused) {}
    /// let answered = requests.answered();
    /// let writing = std::thread::spawn(move || {
    ///     writer.encode(Whole::new(ResponseParts::bare(204), &b""[..]), &mut Output::new())
    /// });
    /// assert!(answered.wait(Duration::from_secs(10))); // async tasks await it instead
    /// let next = buffer.step(&mut requests, false, &mut output)?;
    /// assert!(matches!(next, Step::Item(RequestEvent::Head(head)) if head.target() == "/b"));
    /// # writing.join().unwrap()?;
    /// # Ok(())
    /// # }
    /// # #[cfg(feature = "std")] run().unwrap();
    /// ```
    pub fn answered(&self) -> Answered {
        self.shared.answered(self.paused.0)
    }

    fn frame_head(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Error>> {
        let word = self.shared.load();
        self.waiting = input.len();
        match word.requests() {
            State::Ended | State::Switched => return Ok(Framing::Done),
            // The writer has refused whatever comes.
            State::Failed if word.responses() == State::Ended => return Ok(Framing::Done),
            State::Offered => return Ok(paused(input, eof, Need::LOOK)),
            _ if word.owed() >= self.ahead && word.requests() != State::Failed => {
                return Ok(paused(input, eof, Need::ONE));
            }
            _ => {}
        }
        if input.is_empty() && eof {
            return Ok(Framing::Done);
        }
        if self.may_be_http2 {
            let shown = &input[..input.len().min(PREFACE.len())];
            if shown == PREFACE {
                return Ok(Framing::Record(0));
            }
            if PREFACE.starts_with(shown) && !eof {
                return Ok(Framing::Need(Need::LOOK));
            }
        }
        self.head.frame(input, eof).inspect_err(|_| {
            self.shared.apply(Event::Fault);
        })
    }

    /// Reports that an answer is awaited, and fails if that is asked for on and on.
    fn pause(&mut self, word: Word) -> Result<RequestEvent<'static>, Fault<Error>> {
        let (before, waiting, times) = self.paused;
        let times = if (before, waiting) == (word, self.waiting) { times } else { 0 };
        if times == Self::MAX_PAUSES {
            return Err(Fault::from_cause(Cause::NoProgress));
        }
        self.paused = (word, self.waiting, times + 1);
        Ok(RequestEvent::Paused)
    }

    /// Ends the request that is being read.
    fn end(&mut self) -> RequestEvent<'static> {
        self.head.begin_again();
        self.phase = Phase::Head;
        self.shared.apply(Event::RequestEnd);
        if self.listens {
            let switches = self.shared.apply(Event::Switch);
            if !switches {
                self.shared.apply(Event::Response { closes: false, http10: false });
                self.shared.apply(Event::ResponseEnd);
            }
        }
        RequestEvent::End
    }
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl Decode for Reader {
    type Item<'a> = RequestEvent<'a>;
    type Error = Error;

    #[inline]
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Error>> {
        match &mut self.phase {
            Phase::Body(body) => match body.frame(input, eof) {
                Ok(Framing::Done) => Ok(Framing::Record(0)),
                Err(fault) => {
                    self.shared.apply(Event::Fault);
                    Err(fault)
                }
                frame => frame,
            },
            Phase::Head => self.frame_head(input, eof),
            Phase::Over => Ok(Framing::Done),
        }
    }

    #[inline]
    fn absorb(&mut self, record: Record<'_>, answers: &mut Output) -> Result<(), Fault<Error>> {
        let absorbed = match &mut self.phase {
            Phase::Body(body) => body.absorb(record, answers),
            // An empty line, as some clients put behind a body.
            Phase::Head | Phase::Over => {
                self.may_be_http2 = false;
                self.head.absorb(record, answers)
            }
        };
        absorbed.inspect_err(|_| {
            self.shared.apply(Event::Fault);
        })
    }

    #[inline]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<RequestEvent<'a>, Fault<Error>> {
        match &self.phase {
            // A body has no empty pieces: that is its end.
            Phase::Body(_) if record.is_empty() => return Ok(self.end()),
            Phase::Body(_) => {}
            Phase::Head | Phase::Over if record.is_empty() => {
                let word = self.shared.load();
                if word.owed() > 0 || word.requests() != State::Idle {
                    return self.pause(word);
                }
                self.phase = Phase::Over;
                return Ok(RequestEvent::Http2);
            }
            Phase::Head | Phase::Over => {
                self.may_be_http2 = false;
                let checked = self.head.parse_marked(record).and_then(|(head, named)| {
                    Ok((head, Checked::of(&head, &named, self.limits.body)?))
                });
                let (head, Checked { length, event }) = checked.inspect_err(|_| {
                    self.shared.apply(Event::Fault);
                })?;
                self.phase = Phase::Body(Body::new(length).limits(self.limits));
                if matches!(event, Event::Request { kind, .. } if kind.offers()) {
                    self.shared.offer(&offered(&head));
                }
                self.shared.apply(event);
                return Ok(RequestEvent::Head(head));
            }
        }
        let Phase::Body(body) = &mut self.phase else {
            return Err(Fault::from_cause(Cause::Contract));
        };
        if self.shared.load().expects() {
            self.shared.apply(Event::RequestPiece);
        }
        match body.parse(record) {
            Ok(BodyPart::Piece(piece)) => Ok(RequestEvent::Piece(piece.into_slice())),
            Ok(BodyPart::Trailers(trailers)) => Ok(RequestEvent::Trailers(trailers)),
            Err(fault) => {
                self.shared.apply(Event::Fault);
                Err(fault)
            }
        }
    }
}

/// The result of checking a head.
struct Checked {
    length: BodyLength,
    event: Event,
}

impl Checked {
    /// Makes the checks that a server must make before it believes a head.
    fn of(head: &Request<'_>, named: &Named, most: u64) -> Result<Self, Fault<Error>> {
        // A target that begins with a slash is of the form that all methods but CONNECT have.
        let is_connect = head.method_bytes() == b"CONNECT";
        if !head.target_bytes().starts_with(b"/") || is_connect {
            head.target_form()?;
        }
        head.check_host(named)?;
        let length = head.body_of(named)?;
        if let BodyLength::Known(length) = length
            && length > most
        {
            let at = named.length.first().map_or(0, |line| line.value_at() as u64);
            return Err(Fault::new(Error::BodyTooLarge).at(at));
        }
        let version = head.version();
        let has_body = !matches!(length, BodyLength::None | BodyLength::Known(0));
        if is_connect && has_body {
            let end = head.as_bytes().len() as u64;
            return Err(Fault::new(Error::ConnectBody).at(end));
        }
        let http10 = version == Version::Http10;
        let event = Event::Request {
            kind: Kind::of(head.method_bytes(), http10, named.offers_upgrade(version)),
            closes: !named.keep_alive(version),
            expects: has_body && named.expects_continue(version),
        };
        Ok(Self { length, event })
    }
}

impl Request<'_> {
    /// Returns true if the client waits for `100 Continue` before it sends the body (RFC 9110
    /// §10.1.1). Always false for HTTP/1.0, which does not have it.
    #[must_use]
    pub fn expects_continue(&self) -> bool {
        Named::of(self.headers()).expects_continue(self.version())
    }
}

/// The protocols that a request offers.
#[cold]
fn offered(head: &Request<'_>) -> Offered {
    let mut offered = Offered::default();
    head.headers().all("upgrade").for_each(|value| offered.add(value));
    offered
}

/// The framing while the next request has to wait for an answer. With no input, `need` asks for
/// enough to tell if it is of this protocol.
fn paused(input: &[u8], eof: bool, need: Need) -> Framing {
    match input {
        [] if eof => Framing::Done,
        [] => Framing::Need(need),
        _ => Framing::Record(0),
    }
}

/// The HTTP/2 connection preface (RFC 9113 §3.4), which no HTTP/1 server accepts as a request.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
