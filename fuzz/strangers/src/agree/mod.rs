//! L7: whether the parsers of one protocol say the same of a stream.
//!
//! What they say is brought to one form, a normaliser for each protocol. Where they do not agree,
//! that is nobody's defect by itself, so it is a row of its own.

mod proxy;
mod resp;
mod sse;
mod websocket;

use bytes::BytesMut;
use futures::{Stream, StreamExt, task::noop_waker_ref};
use segue_laws::{Answer, Law, Parser};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::{Context, Poll},
};
use tokio_util::codec::Decoder;

use crate::{adapt::Pipe, entry};

/// Parsers of one protocol, and streams to hear them on.
pub struct Agreement {
    /// The protocol that they parse.
    pub protocol: &'static str,
    /// All that is compared, and what is left out because the parsers tell it in ways of their own.
    pub compared: &'static str,
    /// Valid streams.
    pub accepts: Vec<&'static [u8]>,
    /// Words of the protocol, of which more streams are made.
    pub words: Vec<&'static [u8]>,
    /// Streams that are left out: those on which a parser takes its process down.
    pub skips: fn(&[u8]) -> bool,
    /// The parsers.
    pub voices: Vec<Voice>,
    /// All that the specification says of a stream that they do not agree on, and where.
    pub ruling: fn(&[u8]) -> Option<&'static str>,
}

/// A parser: as the manifest calls it, which one, and what it makes of a whole stream.
pub type Voice = (&'static str, &'static str, fn(&[u8]) -> Heard);

/// All that a parser says of a whole stream.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Heard {
    /// Its items, in the form that is common to the protocol.
    pub said: Vec<String>,
    /// True if it takes the stream for a whole and valid one.
    pub whole: bool,
}

/// A stream that parsers do not agree on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Disagreement {
    /// The protocol that they parse.
    pub protocol: String,
    /// The part of it that is compared.
    pub compared: String,
    /// The shortest stream that was found, escaped as in a Rust byte string.
    pub input: String,
    /// All that they make of it, and who.
    pub heard: Vec<(String, Vec<String>)>,
    /// All that the specification says of it, and where, if it does.
    pub ruling: Option<String>,
}

/// Every protocol that has three parsers or more here, and a normaliser.
pub fn all() -> Vec<Agreement> {
    vec![resp::agreement(), websocket::agreement(), sse::agreement(), proxy::agreement()]
}

impl Agreement {
    /// Holds each two against each other, and tells each way in which the parsers fall apart once.
    pub fn disagreements(&self, generated: usize) -> Vec<Disagreement> {
        let mut found: BTreeMap<Vec<Vec<String>>, Disagreement> = BTreeMap::new();
        for (at, &(_, _, one)) in self.voices.iter().enumerate() {
            for &(_, name, other) in &self.voices[at + 1..] {
                let skips = self.skips;
                let subject = segue_laws::parser(self.protocol, move || Whole::of(one, skips))
                    .agrees_with(name, move || Whole::of(other, skips))
                    .normalise(|item| Some(item.into()))
                    .accepts(&self.accepts)
                    .words(&self.words)
                    .generated(generated)
                    .only([Law::L7]);
                for defect in subject.verdicts().defects() {
                    let one = self.on(defect.input());
                    let sides: Vec<_> = one.heard.iter().map(|(_, who)| who.clone()).collect();
                    let known = found.entry(sides).or_insert_with(|| one.clone());
                    if one.input.len() < known.input.len() {
                        *known = one;
                    }
                }
            }
        }
        found.into_values().collect()
    }

    /// Returns all that each makes of a stream.
    fn on(&self, input: &[u8]) -> Disagreement {
        let mut heard: Vec<(String, Vec<String>)> = Vec::new();
        for (dependency, parser, hear) in &self.voices {
            let said = match catch_unwind(AssertUnwindSafe(|| hear(input))) {
                Ok(heard) => heard.to_string(),
                Err(_) => "panics".into(),
            };
            let (krate, version) = entry::package(dependency);
            let name = format!("{krate} {version} {parser}");
            match heard.iter_mut().find(|(other, _)| *other == said) {
                Some((_, who)) => who.push(name),
                None => heard.push((said, vec![name])),
            }
        }
        Disagreement {
            protocol: self.protocol.into(),
            compared: self.compared.into(),
            input: input.escape_ascii().to_string(),
            heard,
            ruling: (self.ruling)(input).map(str::to_owned),
        }
    }
}

impl fmt::Display for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = self.said.join(", ");
        match (self.whole, said.is_empty()) {
            (true, true) => f.write_str("nothing"),
            (true, false) => f.write_str(&said),
            (false, true) => f.write_str("refused"),
            (false, false) => write!(f, "{said}, then refused"),
        }
    }
}

/// A parser that is given a stream whole.
struct Whole {
    hear: fn(&[u8]) -> Heard,
    skips: fn(&[u8]) -> bool,
    input: Vec<u8>,
    said: Option<(VecDeque<String>, bool)>,
}

impl Whole {
    fn of(hear: fn(&[u8]) -> Heard, skips: fn(&[u8]) -> bool) -> Self {
        Self { hear, skips, input: Vec::new(), said: None }
    }
}

impl Parser for Whole {
    fn push(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
    }

    fn step(&mut self) -> Answer {
        Answer::Need(None)
    }

    fn end(&mut self) -> Answer {
        let (said, whole) = self.said.get_or_insert_with(|| {
            let skipped = (self.skips)(&self.input);
            let heard = if skipped { Heard::default() } else { (self.hear)(&self.input) };
            (heard.said.into(), heard.whole)
        });
        match said.pop_front() {
            Some(item) => Answer::Item(item),
            None if *whole => Answer::End,
            None => Answer::Error("refused".into()),
        }
    }
}

/// Returns all that a `Decoder` says of a stream; `say` is `None` for what the protocol does not
/// have.
fn decoded<D: Decoder>(
    mut decoder: D,
    input: &[u8],
    mut say: impl FnMut(D::Item) -> Option<String>,
) -> Heard {
    let (mut input, mut heard) = (BytesMut::from(input), Heard::default());
    loop {
        match decoder.decode(&mut input) {
            Ok(Some(item)) => match say(item) {
                Some(item) => heard.said.push(item),
                None => return heard,
            },
            Ok(None) => {
                heard.whole = input.is_empty();
                return heard;
            }
            Err(_) => return heard,
        }
    }
}

/// Returns all that a stream of results says over a transport that holds the stream.
fn streamed<S: Stream<Item = Result<T, E>>, T, E>(
    make: impl FnOnce(Pipe) -> S,
    input: &[u8],
    mut say: impl FnMut(T) -> Option<String>,
) -> Heard {
    let (pipe, mut heard) = (Pipe::default(), Heard::default());
    pipe.push(input);
    pipe.end();
    let mut stream = pin!(make(pipe));
    let mut context = Context::from_waker(noop_waker_ref());
    loop {
        match stream.poll_next_unpin(&mut context) {
            Poll::Ready(Some(Ok(item))) => match say(item) {
                Some(item) => heard.said.push(item),
                None => return heard,
            },
            Poll::Ready(Some(Err(_))) | Poll::Pending => return heard,
            Poll::Ready(None) => {
                heard.whole = true;
                return heard;
            }
        }
    }
}
