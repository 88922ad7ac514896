//! Chains of stages: one ends and the next begins where it ended.

use arbitrary::{Arbitrary, Unstructured};
use segue::combine::{Either, prefixes};
use segue::laws::{Entry, Observe};
use segue::{Buffer, Decode, DecodeExt, Exchange, Fault, Output, Progress, Record, Step};
use segue::{length, separator};
use segue_http1::{ChunkedBody, RequestDecoder, ResponseDecoder};
use segue_websocket::{ClientHandshake, Frames, MaskKeys, Messages, Reply, ServerHandshake};
use std::fmt::Debug;

use crate::heard::{Heard, payload, piece, said};

pub use crate::any_stage::Stage;

/// A stage in a chain, in two bytes: which, and its one setting.
#[derive(Debug, Clone, Copy)]
pub struct Link {
    kind: u8,
    setting: u8,
    /// It is one stage with the next, by `then`.
    pub joined: bool,
}

impl<'a> Arbitrary<'a> for Link {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let kind = u.arbitrary::<u8>()?;
        Ok(Self { kind: kind & 0x7f, setting: u.arbitrary()?, joined: kind & 0x80 != 0 })
    }
}

impl Link {
    const KINDS: u8 = 23;

    /// Returns whether the stage claims less than it has to see, so that what is read exactly is
    /// too much.
    pub fn looks_ahead(self) -> bool {
        matches!(self.kind % Self::KINDS, 14 | 15)
    }

    pub fn stage(self) -> Stage {
        let (size, few) = (usize::from(self.setting), u64::from(self.setting % 4));
        match self.kind % Self::KINDS {
            0 => stage(separator::line().max(size).take(few)),
            1 => stage(length::u8().take(few)),
            2 => stage(length::leb128().max(size).take(few)),
            3 => stage(length::payload(size % 32)),
            4 => in_pieces(length::pieces(size as u64).max_piece(7)),
            5 => stage(separator::head().take(1)),
            6 => stage(RequestDecoder::new()),
            7 => stage(ResponseDecoder::new()),
            8 => stage(ChunkedBody::new()),
            9 => stage(separator::dot_stuffed().max(size)),
            10 => stage(separator::dot_stuffed_lines().max(size)),
            11 => stage(Frames::client()),
            // With answers.
            12 => stage(Messages::client_with(keys())),
            13 => stage(Messages::server().pings(Reply::Shown)),
            14 => stage(prefixes([(b"GET", 1_u8), (b"\x16\x03", 2)]).otherwise(0)),
            15 => stage(segue::nom::streaming(digits).max(size).take(few)),
            16 => stage(length::u8().region(size as u64)),
            17 => stage(length::u8().take(few).nested(length::u16_be().take(1)).draining()),
            18 => stage(length::u16_be().skip_oversize(size % 16).take(few)),
            19 => stage(separator::byte(b';').skip_oversize(5).take(few)),
            20 => in_pieces(length::rest().max_piece(size)),
            21 => stage(separator::slip().take(few)),
            _ => over(),
        }
    }
}

/// A number, up to a byte that is none of it and stays; how many digits it has.
fn digits(input: &[u8]) -> nom::IResult<&[u8], u64> {
    let (rest, digits) = nom::character::streaming::digit1(input)?;
    Ok((rest, digits.len() as u64))
}

fn keys() -> MaskKeys {
    MaskKeys::from_fn(|| [0x37, 0xfa, 0x21, 0x3d])
}

/// The stage that is over before it begins.
pub fn over() -> Stage {
    stage(())
}

fn stage<D>(stage: D) -> Stage
where
    D: Decode + Send + 'static,
    for<'a> D::Item<'a>: Observe,
    D::Error: Debug,
{
    Stage::new(stage.map_err(debug), |item| said(&item))
}

fn in_pieces<D>(stage: D) -> Stage
where
    D: for<'a> Decode<Item<'a> = Record<'a>> + Send + 'static,
    D::Error: Debug,
{
    Stage::new(stage.map_err(debug), |record| piece(&record))
}

fn debug(error: impl Debug) -> String {
    format!("{error:?}")
}

/// The stages of `links`, those that are joined made one by `then`.
pub fn stages(links: &[Link]) -> Vec<Stage> {
    let mut stages = Vec::new();
    let mut before: Option<Stage> = None;
    for link in links {
        let stage = match before.take() {
            Some(first) => then(first, link.stage()),
            None => link.stage(),
        };
        if link.joined {
            before = Some(stage);
        } else {
            stages.push(stage);
        }
    }
    stages.extend(before);
    stages
}

fn then(first: Stage, second: Stage) -> Stage {
    let both = first.then(|_| Ok(second)).map_err(Either::into_inner);
    Stage::new(both, Either::into_inner)
}

/// A phase in front of all stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    None,
    Server,
    Client,
}

impl<'a> Arbitrary<'a> for Opening {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        Ok(match u.arbitrary::<u8>()? % 3 {
            0 => Self::None,
            1 => Self::Server,
            _ => Self::Client,
        })
    }
}

impl Opening {
    pub fn handshake(self) -> Option<Handshake> {
        match self {
            Self::None => None,
            Self::Server => Some(Handshake::Server(ServerHandshake::new().protocols(["chat"]))),
            Self::Client => Some(Handshake::Client(
                ClientHandshake::with_key("a", "/", *b"the sample nonce").protocols(["chat"]),
            )),
        }
    }
}

/// Either handshake of a WebSocket; what comes of it is an item like any other.
pub enum Handshake {
    Server(ServerHandshake),
    Client(ClientHandshake),
}

impl Exchange for Handshake {
    type Output = Vec<Entry>;
    type Error = String;

    fn advance(
        &mut self,
        input: &mut Buffer,
        eof: bool,
        output: &mut Output,
    ) -> Result<Progress<Vec<Entry>>, Fault<String>> {
        fn seen<T: Observe>(progress: Progress<T>) -> Progress<Vec<Entry>> {
            match progress {
                Progress::Done(value) => Progress::Done(said(&value)),
                Progress::NeedRead(need) => Progress::NeedRead(need),
                Progress::NeedWrite => Progress::NeedWrite,
            }
        }
        match self {
            Self::Server(server) => {
                server.advance(input, eof, output).map(seen).map_err(|fault| fault.map(debug))
            }
            Self::Client(client) => {
                client.advance(input, eof, output).map(seen).map_err(|fault| fault.map(debug))
            }
        }
    }

    fn belonging(&mut self, shown: &[u8]) -> usize {
        match self {
            Self::Server(server) => server.belonging(shown),
            Self::Client(client) => client.belonging(shown),
        }
    }
}

/// All that came of a chain over one stream.
#[derive(Debug, Default)]
pub struct Run {
    pub heard: Heard,
    /// All that was sent: answers of the stages, and the payload of each item if it was to be
    /// echoed.
    pub sent: Vec<u8>,
    /// The place where each stage left the stream that came to its end.
    pub ends: Vec<u64>,
    /// The number of bytes that were consumed.
    pub consumed: u64,
}

/// The uncut run: all of the stream is there at once, and its end with it.
pub fn uncut(opening: Opening, links: &[Link], stream: &[u8], echoes: bool) -> Run {
    let (mut run, mut output) = (Run::default(), Output::new());
    let mut buffer = Buffer::from(stream);
    if let Some(mut handshake) = opening.handshake() {
        match handshake.advance(&mut buffer, true, &mut output) {
            Ok(Progress::Done(value)) => run.heard.item(value),
            Ok(_) => run.heard.fault(Fault::truncated(stream.len() as u64)),
            // A driver gives up on any fault of an exchange.
            Err(fault) => run.heard.fault(fault.fatal()),
        }
    }
    run.go(&mut buffer, links, &mut output, echoes);
    run.sent = output.to_vec();
    run.consumed = buffer.position();
    run
}

impl Run {
    fn go(&mut self, buffer: &mut Buffer, links: &[Link], output: &mut Output, echoes: bool) {
        for link in links {
            let mut stage = link.stage();
            while !self.heard.is_over() {
                match buffer.step(&mut stage, true, output) {
                    Ok(Step::Item(said)) => {
                        if echoes {
                            output.put(&payload(&said));
                        }
                        self.heard.item(said);
                    }
                    Ok(Step::Need(_)) => unreachable!("it was told that nothing follows"),
                    Ok(Step::Done) => {
                        self.ends.push(buffer.position());
                        break;
                    }
                    Err(fault) => self.heard.fault(fault),
                }
            }
        }
    }
}
