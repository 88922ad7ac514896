mod budget;
mod event;
mod heads;
mod message;
mod peer;
mod read;
mod speak;
mod state;
mod stream;
mod streams;

use core::fmt;

use segue::{Decode, Fault, Framing, Need, Output, Record, Say};
use segue_http::{Arena, RequestShape, ResponseShape};

pub use self::{
    event::{Event, What},
    streams::Streams,
};
use self::{stream::Flags, streams::Leaving};
use crate::{
    Error, ErrorCode, Excess, Limits, Role, StreamError,
    frame::{Flags as FrameFlags, Frame, Frames, GoAway, Header, Kind, PREFACE, StreamId},
    hpack::Decoder,
};

/// One end of an HTTP/2 connection (RFC 9113): a stage whose items are [events](Event), each lent
/// with the [`Streams`] on which it can be answered.
///
/// # How to drive it
/// A segue connection does all this. By hand:
///
/// 1. Give received bytes to [`Buffer::step`](segue::Buffer::step) and handle each event. Content is
///    lent where it was received; [release](Streams::release) its credit once it is dealt with.
/// 2. Let the session [speak](Decode::speak) before each wait, and after something was put on a
///    stream. It queues control frames and heads first, and then data by turns, as far as there is
///    room.
/// 3. Step again before you wait: speaking causes events of its own, such as
///    [`Sent`](What::Sent).
///
/// Requests are made by [`Streams::open`], out of an event or of [`streams`](Self::streams), and
/// answered by [`Streams::respond`]. [Let go](Streams::let_go) of each stream once.
///
/// # What it refuses
/// Pushed responses, and a stream that breaks a rule, by a reset; everything that a head of HTTP/2
/// must not have (RFC 9113 §8.2, §8.3). Violations that concern the connection end it by a GOAWAY
/// frame with the code of the [`Error`]. Floods end it by
/// [`ENHANCE_YOUR_CALM`](ErrorCode::ENHANCE_YOUR_CALM): see [`Limits`].
///
/// # Memory
/// Received content is not kept. An announced length allocates nothing. An idle session holds the
/// tables of compression, and an idle stream at most 128 bytes.
pub struct Session {
    frames: Frames,
    core: Core,
}

/// All of a session but the stage that delimits its frames, which lends them.
struct Core {
    streams: Streams,
    decoder: Decoder,
    /// The fields of the head or trailers that are to be told.
    arena: Arena,
    /// What is to be told of the last frame.
    told: Option<Told>,
    /// The preface of the client is still to come.
    awaits_preface: bool,
    /// This end's settings were sent.
    has_greeted: bool,
    /// What was found is a frame, and not the rest of one that is skipped.
    is_frame: bool,
    is_dead: bool,
    /// The violation in front, which was not reported yet.
    fault: Option<Fault<Error>>,
    /// What came too late, if that has ended the session.
    late: Option<Error>,
}

/// What is to be told of a frame that has no bytes to lend any more.
#[derive(Debug, Clone, Copy)]
enum Told {
    /// A request, which is in the arena.
    Request {
        id: StreamId,
        shape: RequestShape,
    },
    /// A response, which is in the arena.
    Response {
        id: StreamId,
        shape: ResponseShape,
    },
    /// The end, with trailers if those are in the arena.
    End {
        id: StreamId,
        trailers: bool,
    },
    Reset {
        id: StreamId,
        code: ErrorCode,
    },
    Stopped {
        id: StreamId,
        code: ErrorCode,
    },
    Failed {
        id: StreamId,
        error: StreamError,
    },
    Away {
        last: StreamId,
        code: ErrorCode,
    },
}

impl Told {
    const fn stream(&self) -> Option<StreamId> {
        match *self {
            Self::Request { id, .. }
            | Self::Response { id, .. }
            | Self::End { id, .. }
            | Self::Reset { id, .. }
            | Self::Stopped { id, .. }
            | Self::Failed { id, .. } => Some(id),
            Self::Away { .. } => None,
        }
    }
}

impl Session {
    /// Makes the end that makes requests.
    #[must_use]
    pub fn client(limits: Limits) -> Self {
        Self::new(Role::Client, limits)
    }

    /// Makes the end that answers them. It expects the preface of the client.
    #[must_use]
    pub fn server(limits: Limits) -> Self {
        Self::new(Role::Server, limits)
    }

    /// Makes the end `role`.
    #[must_use]
    pub fn new(role: Role, limits: Limits) -> Self {
        Self {
            frames: Frames::new().limits(limits.frames),
            core: Core {
                streams: Streams::new(role, limits),
                decoder: Decoder::new(4096),
                arena: Arena::with_limits(limits.fields),
                told: None,
                awaits_preface: role == Role::Server,
                has_greeted: false,
                is_frame: false,
                is_dead: false,
                fault: None,
                late: None,
            },
        }
    }

    /// Returns the end that the session is.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.core.streams.role
    }

    /// Lends the streams, to make requests and to send what an event did not cause.
    pub fn streams(&mut self) -> &mut Streams {
        &mut self.core.streams
    }

    /// Returns the memory that the session holds, used or not, in bytes, without long
    /// [`Bytes`](bytes::Bytes) that wait to be sent.
    #[must_use]
    pub fn held(&self) -> usize {
        self.core.streams.held() + self.core.decoder.held() + self.core.arena.held()
    }
}

impl Core {
    /// Returns true if there is something to tell.
    fn has_events(&mut self) -> bool {
        let streams = &mut self.streams;
        // Nobody is told of a stream that was let go of meanwhile.
        let is_gone =
            |id| streams.table.get(&id).is_none_or(|stream| stream.flags.has(Flags::GONE));
        if self.told.and_then(|told| told.stream()).is_some_and(is_gone) {
            self.told = None;
        }
        while let Some(id) = streams.events.front() {
            match streams.table.get_mut(id) {
                Some(stream) if !stream.flags.has(Flags::GONE) => break,
                Some(stream) => {
                    stream.flags.clear(Flags::QUEUED);
                    streams.events.pop_front();
                }
                None => {
                    streams.events.pop_front();
                }
            }
        }
        self.told.is_some() || !streams.events.is_empty() || streams.room
    }

    /// Takes the next event that lends no content.
    fn event(&mut self) -> Option<Event<'_>> {
        let Self { streams, arena, told, .. } = self;
        let Some(told) = told.take() else {
            let (stream, what) = streams.event()?;
            return Some(Event { stream, what, streams });
        };
        let (stream, what) = match told {
            Told::Request { id, shape } => (id, What::Request(shape.head(arena.fields()))),
            Told::Response { id, shape } => {
                let head = shape.head(arena.fields());
                let is_final = !head.is_informational();
                (id, if is_final { What::Response(head) } else { What::Informational(head) })
            }
            Told::End { id, trailers } => (id, What::End(heads::trailers(arena, trailers))),
            Told::Reset { id, code } => (id, What::Reset(code)),
            Told::Stopped { id, code } => (id, What::Stopped(code)),
            Told::Failed { id, error } => (id, What::Failed(error)),
            Told::Away { last, code } => (StreamId::CONNECTION, What::Away { last, code }),
        };
        Some(Event { stream, what, streams })
    }

    /// Ends the session, and tells the peer why.
    fn die(&mut self, code: ErrorCode, output: &mut Output) {
        self.is_dead = true;
        GoAway { last: self.streams.last, code }.encode("", output);
    }

    /// Returns true if the end of the connection cuts nothing off.
    fn may_end(&self) -> bool {
        let is_over = |stream: &stream::Stream| {
            stream.state == state::State::Closed || stream.flags.has(Flags::GONE)
        };
        self.streams.table.iter().all(|(_, stream)| is_over(stream))
    }

    /// Returns true if this end has left, and nothing is left to do.
    fn has_left(&self) -> bool {
        match self.streams.leaving {
            Leaving::Closed => true,
            Leaving::Gone => self.streams.is_empty(),
            _ => self.is_dead,
        }
    }
}

impl Session {
    /// Delimits what is in front.
    fn found(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Error>> {
        let Self { frames, core } = self;
        if core.awaits_preface {
            let length = input.len().min(PREFACE.len());
            let same = input.iter().zip(PREFACE).take_while(|(one, other)| one == other).count();
            return match length {
                0 if eof => Ok(Framing::Done),
                _ if same < length => Err(Fault::new(Error::Preface).at(same as u64)),
                // The next byte may be a wrong one.
                _ if length < PREFACE.len() => {
                    Ok(Framing::Need(Need::ONE.claiming(PREFACE.len() - length)))
                }
                _ => Ok(Framing::Absorb(PREFACE.len())),
            };
        }
        let is_first = !core.streams.peer.has_settings;
        if is_first
            && let Some(header) = frames.peek(input)
            && (header.kind != Kind::SETTINGS || header.flags.has(FrameFlags::ACK))
        {
            return Err(Fault::new(Error::FirstFrame(header.kind)).at(3));
        }
        core.is_frame = false;
        Ok(match frames.frame(input, eof).map_err(|fault| fault.map(Error::Frame))? {
            Framing::Record(length) => {
                core.is_frame = true;
                match frames.data_in_front(input) {
                    Some((id, first)) if core.wants(id, first) => Framing::Record(length),
                    _ => Framing::Absorb(length),
                }
            }
            Framing::Done if !core.may_end() => Framing::need(Header::LENGTH),
            other => other,
        })
    }
}

impl Decode for Session {
    type Item<'a> = Event<'a>;
    type Error = Error;

    /// Most events are records of no bytes.
    const WIRE: bool = false;

    /// The end of the connection between two frames is proper if it cuts off no stream.
    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Error>> {
        if self.core.has_events() {
            return Ok(Framing::Record(0));
        }
        if self.core.has_left() {
            return Ok(Framing::Done);
        }
        // A violation is reported where the peer can be told of it.
        self.found(input, eof).or_else(|fault| {
            self.core.fault = Some(fault);
            Ok(Framing::Absorb(0))
        })
    }

    fn absorb(&mut self, record: Record<'_>, answers: &mut Output) -> Result<(), Fault<Error>> {
        let Self { frames, core } = self;
        core.streams.progress += record.len() as u64;
        core.greet(answers);
        if let Some(fault) = core.fault.take() {
            core.die(fault.error().map_or(ErrorCode::INTERNAL_ERROR, Error::code), answers);
            return Err(fault);
        }
        if core.awaits_preface {
            core.awaits_preface = false;
            return Ok(());
        }
        let read = if !core.is_frame {
            let is_header = frames.peek(&record).is_some();
            let budget =
                if is_header { core.streams.budgets.spend(Excess::Control) } else { Ok(()) };
            let skipped = frames.absorb(record, answers).map_err(|fault| fault.map(Error::Frame));
            skipped.and(budget.map_err(Fault::new))
        } else {
            match frames.parse(record) {
                Ok(frame) => core.read(frame, answers).map_err(Fault::new),
                Err(fault) => core.read_broken(fault),
            }
        };
        read.inspect_err(|fault| {
            let code = fault.error().map_or(ErrorCode::INTERNAL_ERROR, Error::code);
            core.die(code, answers);
        })
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Event<'a>, Fault<Error>> {
        let Self { frames, core } = self;
        if record.is_empty() {
            return core.event().ok_or(Fault::from_cause(segue::Cause::Contract));
        }
        core.streams.progress += record.len() as u64;
        match frames.parse(record).map_err(|fault| fault.map(Error::Frame))? {
            Frame::Data(data) => {
                core.read_data(&data).map_err(Fault::new)?;
                let what = What::Data(data.payload);
                Ok(Event { stream: data.stream, what, streams: &mut core.streams })
            }
            _ => Err(Fault::from_cause(segue::Cause::Contract)),
        }
    }

    fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<Error>> {
        self.core.speak(say)
    }

    fn progress(&self) -> u64 {
        self.core.streams.progress
    }

    fn residue(&self) -> (usize, usize) {
        let streams = &self.core.streams;
        let unsent: usize = streams.table.iter().map(|(_, stream)| stream.unsent()).sum();
        (0, unsent + streams.control.len())
    }
}

/// The ping behind the word that this end leaves.
const LEAVING: [u8; 8] = *b"leaving?";

/// Shows the number of streams, but not their content.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("streams", &self.core.streams).finish_non_exhaustive()
    }
}
