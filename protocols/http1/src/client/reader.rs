//! The reading half of a client.

use segue::{Decode, Fault, Framing, Need, Output, Record};

use super::Writer;
use crate::machine::{Event, Offered, Shared, State};
use crate::named::Named;
use crate::{
    Body, BodyPart, Error, Limits, Relaxed, Response, ResponseDecoder, ResponseEvent, Version,
};

/// A stage that reads all responses of a connection, in the order of the requests.
///
/// - Complete input: a [`ResponseEvent::Head`], a [`ResponseEvent::Piece`] for each received part
///   of the body, trailers if there are any, and a [`ResponseEvent::End`]; informational responses
///   before it.
/// - Partial input: the stage needs the rest of a head or of the line in front of a chunk. Bodies
///   are lent as they come.
/// - End of the stream: the stage is done if no request waits for an answer, or if the body is one
///   that ends so; otherwise it is truncated.
///
/// The stage is also done behind the last response of a connection that closes, and where the
/// protocol changes: see [`ResponseEvent::Switched`]. It knows the requests from its [`Writer`]:
/// [`paired`](Self::paired) makes the writer, and [`client()`](crate::client()) makes both. A
/// response without a request is refused. Once anything is refused, or the stream has ended within
/// a response, the writer accepts no more requests either.
///
/// ```
/// use segue::{Buffer, Encode, Output, Step};
/// use segue_http1::{End, RequestParts, ResponseEvent};
///
/// let (mut responses, mut writer) = segue_http1::client();
/// let mut output = Output::new();
/// writer.encode(RequestParts::new("GET", "/", [("Host", "a")]), &mut output)?;
/// writer.encode(End, &mut output)?;
///
/// let mut buffer = Buffer::from(&b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nh"[..]);
/// let Step::Item(ResponseEvent::Head(head)) = buffer.step(&mut responses, false, &mut output)?
///     else { panic!() };
/// assert_eq!(head.status(), 200);
/// let item = buffer.step(&mut responses, false, &mut output)?;
/// assert_eq!(item, Step::Item(ResponseEvent::Piece(b"h")));
/// assert!(matches!(buffer.step(&mut responses, false, &mut output)?, Step::Need(_)));
///
/// buffer.extend(b"i\r\n0\r\n\r\n");
/// let item = buffer.step(&mut responses, false, &mut output)?;
/// assert_eq!(item, Step::Item(ResponseEvent::Piece(b"i")));
/// let item = buffer.step(&mut responses, false, &mut output)?;
/// assert_eq!(item, Step::Item(ResponseEvent::End));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Reader {
    head: ResponseDecoder,
    phase: Phase,
    shared: Shared,
    limits: Limits,
    relaxed: Relaxed,
    /// Informational responses since the last final one.
    informational: u32,
}

#[derive(Debug)]
enum Phase {
    Head,
    /// A head was lent, and another head follows.
    NextHead,
    Body(Body),
}

impl Reader {
    /// Creates a stage with the [default limits](Limits::DEFAULT) that is strict in everything.
    #[must_use]
    pub fn new() -> Self {
        Self {
            head: ResponseDecoder::new(),
            phase: Phase::Head,
            shared: Shared::NEW,
            limits: Limits::DEFAULT,
            relaxed: Relaxed::NOTHING,
            informational: 0,
        }
    }

    /// Sets the limits on heads and bodies, on informational responses, and on the requests that can
    /// be unanswered.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.head = self.head.limits(limits);
        self.limits = limits;
        self
    }

    /// Accepts the departures from the standard that `relaxed` names, in heads and bodies.
    #[must_use]
    pub fn relaxed(mut self, relaxed: Relaxed) -> Self {
        self.head = self.head.relaxed(relaxed);
        self.relaxed = relaxed;
        self
    }

    /// Returns the stage and the writer of the requests whose answers it reads.
    #[must_use]
    pub fn paired(mut self) -> (Self, Writer) {
        self.shared.set_owed(self.limits.pipelined);
        let writer = Writer::new(self.shared.pair());
        (self, writer)
    }

    /// Returns the number of requests that have not been answered to the end.
    #[must_use]
    pub fn unanswered(&self) -> u32 {
        self.shared.load().owed()
    }

    /// Returns true if the server has agreed to a change of protocol.
    #[must_use]
    pub fn is_switched(&self) -> bool {
        self.shared.load().responses() == State::Switched
    }

    #[cold]
    fn fail(&mut self) {
        self.shared.apply(Event::ResponseFault);
    }

    fn frame_head(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Error>> {
        let word = self.shared.load();
        match word.responses() {
            State::Owed => self.head.frame(input, eof),
            // It says again what it has said.
            State::Failed if word.owed() > 0 => self.head.frame(input, eof),
            State::Ended | State::Switched => Ok(Framing::Done),
            _ => match input {
                [] if eof => Ok(Framing::Done),
                [] => Ok(Framing::Need(Need::ONE)),
                [b'\r'] if self.relaxed.empty_lines && !eof => Ok(Framing::Need(Need::ONE)),
                [b'\r', b'\n', ..] if self.relaxed.empty_lines => Ok(Framing::Absorb(2)),
                _ => Err(Fault::new(Error::Unrequested)),
            },
        }
    }
}

/// Marks the connection as failed: no more answers are understood, and no more requests can be
/// sent.
#[cold]
fn failed(shared: &mut Shared, fault: Fault<Error>) -> Fault<Error> {
    shared.apply(Event::ResponseFault);
    fault
}

/// The kind of a response, as it follows from its status and from the request.
enum HeadKind {
    Informational,
    Final,
    Switch,
}

/// Returns the phase behind a head, and the kind of the response.
fn open(
    shared: &mut Shared,
    limits: Limits,
    relaxed: Relaxed,
    head: &Response<'_>,
    named: &Named,
) -> Result<(Phase, HeadKind), Fault<Error>> {
    let Some(kind) = shared.load().oldest() else {
        return Err(Fault::new(Error::Unrequested));
    };
    let status = head.status();
    let event = match status {
        101 if kind.is_connect() => return Err(unoffered()),
        101 => {
            names_offered(head, &shared.offered())?;
            Event::Switch
        }
        100..=199 => Event::Informational { status },
        200..=299 if kind.is_connect() => Event::Switch,
        _ => {
            let version = head.version();
            let (length, ends) = head.body_of(kind.method(), named, relaxed)?;
            let closes = ends || !named.keep_alive(version);
            shared.apply(Event::Response { closes, http10: version == Version::Http10 });
            let body = Body::new(length).limits(limits).relaxed(relaxed);
            return Ok((Phase::Body(body), HeadKind::Final));
        }
    };
    if !shared.apply(event) {
        return Err(unoffered());
    }
    let kind = if event == Event::Switch { HeadKind::Switch } else { HeadKind::Informational };
    Ok((Phase::NextHead, kind))
}

/// Checks that a 101 names protocols that were offered, and no other (RFC 9110 §7.8, §15.2.2).
fn names_offered(head: &Response<'_>, offered: &Offered) -> Result<(), Fault<Error>> {
    let mut named = Offered::default();
    head.headers().all("upgrade").for_each(|value| named.add(value));
    if named.is_among(offered) { Ok(()) } else { Err(unoffered()) }
}

/// The fault for the status, which is behind the version and a space.
fn unoffered() -> Fault<Error> {
    Fault::new(Error::UnofferedSwitch).at(9)
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl Decode for Reader {
    type Item<'a> = ResponseEvent<'a>;
    type Error = Error;

    #[inline]
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Error>> {
        let framed = match &mut self.phase {
            Phase::Body(body) => match body.frame(input, eof) {
                Ok(Framing::Done) => Ok(Framing::Record(0)),
                frame => frame,
            },
            Phase::Head => self.frame_head(input, eof),
            Phase::NextHead => {
                self.head.begin_again();
                self.phase = Phase::Head;
                self.frame_head(input, eof)
            }
        };
        match framed {
            // The missing bytes will not come.
            Err(_) => self.fail(),
            Ok(Framing::Need(_)) if eof => self.fail(),
            Ok(_) => {}
        }
        framed
    }

    #[inline]
    fn absorb(&mut self, record: Record<'_>, answers: &mut Output) -> Result<(), Fault<Error>> {
        let absorbed = match &mut self.phase {
            Phase::Body(body) => body.absorb(record, answers),
            Phase::Head | Phase::NextHead => self.head.absorb(record, answers),
        };
        absorbed.inspect_err(|_| self.fail())
    }

    #[inline]
    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<ResponseEvent<'a>, Fault<Error>> {
        let Self { head, phase, shared, limits, relaxed, informational } = self;
        match phase {
            // A body has no empty pieces: that is its end.
            Phase::Body(_) if record.is_empty() => {
                *phase = Phase::NextHead;
                shared.apply(Event::ResponseEnd);
                Ok(ResponseEvent::End)
            }
            Phase::Body(body) => match body.parse(record) {
                Ok(BodyPart::Piece(piece)) => Ok(ResponseEvent::Piece(piece.into_slice())),
                Ok(BodyPart::Trailers(trailers)) => Ok(ResponseEvent::Trailers(trailers)),
                Err(fault) => Err(failed(shared, fault)),
            },
            Phase::Head | Phase::NextHead => {
                let opened = head.parse_marked(record).and_then(|(head, named)| {
                    open(shared, *limits, *relaxed, &head, &named).map(|next| (head, next))
                });
                let (head, (next, kind)) = opened.map_err(|fault| failed(shared, fault))?;
                *informational = match kind {
                    HeadKind::Informational if *informational >= limits.informational => {
                        return Err(failed(shared, Fault::new(Error::TooManyInformational).at(9)));
                    }
                    HeadKind::Informational => *informational + 1,
                    HeadKind::Final | HeadKind::Switch => 0,
                };
                *phase = next;
                Ok(match kind {
                    HeadKind::Informational => ResponseEvent::Informational(head),
                    HeadKind::Final => ResponseEvent::Head(head),
                    HeadKind::Switch => ResponseEvent::Switched(head),
                })
            }
        }
    }
}
