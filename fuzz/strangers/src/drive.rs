//! Runs a crate's own driver over a stream in given reads, and writes down what a caller sees.
//!
//! This is how a finding is reproduced: without the harness, by the `Framed`, reader or loop that
//! the crate itself offers or documents. What was seen while the stream was open is kept apart
//! from what was seen at its end, since an item that comes only then is one that came too late.

use bytes::BytesMut;
use futures::Stream;
use segue_laws::{Answer, Parser};
use std::{fmt, fmt::Debug};

use crate::{adapt, adapt::Pipe};

/// The answers that a caller of the crate's driver sees.
#[derive(Clone, Debug, Default)]
pub struct Transcript {
    /// While the stream was open and all of it had come.
    pub open: Vec<Answer>,
    /// Once it had ended. Ends with [`Answer::Need`] where the driver waits for ever.
    pub at_end: Vec<Answer>,
    /// The number of things it said since it last asked for more, pieces of nothing among them.
    heard: usize,
}

/// Into how many pieces a payload falls is no part of what is said.
impl PartialEq for Transcript {
    fn eq(&self, other: &Self) -> bool {
        (&self.open, &self.at_end) == (&other.open, &other.at_end)
    }
}

/// Far more than any of the short streams here holds: a driver that says so much never ends.
const TOO_MUCH: usize = 10_000 * PIECES_FOR_AN_ITEM;

/// Pieces that say something are that much less suspicious.
const PIECES_FOR_AN_ITEM: usize = 400;

impl Transcript {
    /// Writes down one answer, and tells whether to ask on.
    pub fn hears(&mut self, ended: bool, answer: Answer) -> bool {
        let goes_on = matches!(answer, Answer::Item(_) | Answer::Piece(_));
        self.heard = match &answer {
            _ if self.is_endless() => TOO_MUCH,
            // A long stream that is read byte by byte has as many pieces as that.
            Answer::Piece(piece) if !piece.is_empty() => self.heard + 1,
            Answer::Item(_) | Answer::Piece(_) => self.heard + PIECES_FOR_AN_ITEM,
            _ => 0,
        };
        let goes_on = goes_on && !self.is_endless();
        let said = if ended { &mut self.at_end } else { &mut self.open };
        match (said.last_mut(), answer) {
            (Some(Answer::Piece(payload)), Answer::Piece(piece)) => payload.extend(piece),
            (_, Answer::Piece(piece)) if piece.is_empty() => {}
            (_, Answer::Need(_)) if !ended => {}
            (_, answer) => said.push(answer),
        }
        goes_on
    }

    /// The stream has ended: properly only where all of it was `taken`.
    pub fn ends(mut self, taken: bool) -> Self {
        self.hears(true, if taken { Answer::End } else { Answer::error("bytes remaining") });
        self
    }

    /// Returns whether it stopped before the end of the stream was told.
    pub fn is_over(&self) -> bool {
        matches!(self.open.last(), Some(Answer::End | Answer::Error(_) | Answer::Stuck))
    }

    /// Returns whether it says more and more, and was stopped.
    pub fn is_endless(&self) -> bool {
        self.heard >= TOO_MUCH
    }

    /// Returns whether it waits for what is there, and nothing will wake it.
    pub fn is_stuck(&self) -> bool {
        matches!(self.at_end.last().or(self.open.last()), Some(Answer::Stuck))
    }

    /// Returns whether a caller was told that something is wrong, or is still waiting.
    pub fn complains(&self) -> bool {
        let last = self.at_end.last().or(self.open.last());
        matches!(last, Some(Answer::Error(_) | Answer::Need(_) | Answer::Stuck))
    }

    /// The same with all errors alike, for comparing what matters more than their words.
    pub fn without_words(mut self) -> Self {
        for answer in self.open.iter_mut().chain(&mut self.at_end) {
            if let Answer::Error(words) = answer {
                words.clear();
            }
        }
        self
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |answer: &Answer| match answer {
            Answer::Item(item) => item.clone(),
            Answer::Piece(piece) => format!("\"{}\"", piece.escape_ascii()),
            Answer::Need(_) => "waits for ever".into(),
            Answer::Stuck => "sleeps for ever, since nothing will wake it".into(),
            Answer::End => "end".into(),
            Answer::Error(error) => format!("error {error}"),
        };
        let words = |said: &[Answer]| said.iter().map(word).collect::<Vec<_>>().join(", ");
        match (self.open.is_empty(), self.at_end.is_empty()) {
            (_, true) => f.write_str(&words(&self.open)),
            (true, _) => write!(f, "at the end of the stream: {}", words(&self.at_end)),
            _ => write!(
                f,
                "{}; at the end of the stream: {}",
                words(&self.open),
                words(&self.at_end)
            ),
        }
    }
}

/// A driver that is a `Stream` of results: a `Framed` of whatever crate, an event stream. It is
/// polled as by an executor.
pub fn stream<S, T, E>(reads: &[&[u8]], make: impl FnOnce(Pipe) -> S) -> Transcript
where
    S: Stream<Item = Result<T, E>>,
    T: Debug + 'static,
    E: Debug,
{
    over(reads, adapt::stream(make))
}

/// A driver over the transport that `make` gets, which is asked again when it would have blocked.
pub fn stepping<F>(reads: &[&[u8]], make: impl FnOnce(Pipe) -> F) -> Transcript
where
    F: FnMut() -> Answer + 'static,
{
    over(reads, adapt::stepped(make))
}

/// An async function over the transport, which a caller awaits in a loop.
pub fn reading<R, T, E>(
    reads: &[&[u8]],
    make: impl FnOnce(Pipe) -> R,
    next: impl AsyncFnMut(&mut R) -> Result<Option<T>, E> + 'static,
) -> Transcript
where
    R: 'static,
    T: Debug + 'static,
    E: Debug + 'static,
{
    over(reads, adapt::reading(make, next))
}

/// Asks as often as there is something after each read, and at the end.
pub fn over(reads: &[&[u8]], mut driver: impl Parser) -> Transcript {
    let mut seen = Transcript::default();
    for read in reads {
        driver.push(read);
        while seen.hears(false, driver.step()) {}
        if seen.is_over() {
            return seen;
        }
    }
    while seen.hears(true, driver.end()) {}
    seen
}

/// A driver as a parser that runs when all of its reads have come: for how its work grows.
pub struct Whole {
    drive: fn(&[&[u8]]) -> Transcript,
    reads: Vec<Vec<u8>>,
}

impl Whole {
    /// One that has been given nothing.
    pub fn new(drive: fn(&[&[u8]]) -> Transcript) -> Self {
        Self { drive, reads: Vec::new() }
    }
}

impl Parser for Whole {
    fn push(&mut self, bytes: &[u8]) {
        self.reads.push(bytes.to_vec());
    }

    fn step(&mut self) -> Answer {
        Answer::Need(None)
    }

    fn end(&mut self) -> Answer {
        let reads: Vec<_> = self.reads.iter().map(Vec::as_slice).collect();
        let _ = (self.drive)(&reads);
        Answer::End
    }
}

/// A driver that blocks: it finds the whole stream in the given reads, and its end behind them.
/// `next` gives an item, or `None` at the end.
pub fn blocking<R, T, E>(
    reads: &[&[u8]],
    make: impl FnOnce(Pipe) -> R,
    mut next: impl FnMut(&mut R) -> Result<Option<T>, E>,
) -> Transcript
where
    T: Debug + 'static,
    E: Debug,
{
    let pipe = Pipe::default();
    reads.iter().for_each(|read| pipe.push(read));
    pipe.end();
    let (mut reader, mut seen) = (make(pipe), Transcript::default());
    while seen.hears(
        true,
        match next(&mut reader) {
            Ok(Some(item)) => Answer::item(item),
            Ok(None) => Answer::End,
            Err(error) => Answer::error(error),
        },
    ) {}
    seen
}

/// The loop of a caller who keeps a `BytesMut` that the parser takes from: read, and ask as often as
/// there is something. `None` has it read on.
pub fn bytes_mut<T, E>(
    reads: &[&[u8]],
    parse: impl FnMut(&mut BytesMut) -> Result<Option<T>, E>,
) -> Transcript
where
    T: Debug + 'static,
    E: Debug,
{
    taking(reads, BytesMut::extend_from_slice, parse)
}

/// The same with any other buffer, such as a `BytesMut` of an older version, that `extend` adds to.
pub fn taking<B, T, E>(
    reads: &[&[u8]],
    extend: impl Fn(&mut B, &[u8]),
    mut parse: impl FnMut(&mut B) -> Result<Option<T>, E>,
) -> Transcript
where
    B: Default + AsRef<[u8]>,
    T: Debug + 'static,
    E: Debug,
{
    let (mut buffer, mut seen) = (B::default(), Transcript::default());
    for read in reads {
        extend(&mut buffer, read);
        while seen.hears(false, Answer::from_result(parse(&mut buffer))) {}
        if seen.is_over() {
            return seen;
        }
    }
    seen.ends(buffer.as_ref().is_empty())
}

/// The loop of a caller who reads as much as the parser says it needs before asking again. Answers
/// of [`Answer::Need`] without a number have it read on.
pub fn needing(reads: &[&[u8]], mut parse: impl FnMut(&mut BytesMut) -> Answer) -> Transcript {
    let (mut buffer, mut seen, mut wanted) = (BytesMut::new(), Transcript::default(), 1);
    for read in reads {
        buffer.extend_from_slice(read);
        while buffer.len() >= wanted {
            wanted = match parse(&mut buffer) {
                Answer::Need(more) => buffer.len().saturating_add(more.unwrap_or(1).max(1)),
                answer => match seen.hears(false, answer) {
                    true => 1,
                    false => return seen,
                },
            };
        }
    }
    seen.ends(buffer.is_empty())
}

/// The loop that the documentation of a parser over a slice has its caller write: read, append,
/// parse as often as there is something, and take bytes that are left at the end for a stream that
/// was cut off. `parse` gives an item and how many bytes it was, or `None` where it needs more.
pub fn buffer<T, E>(
    reads: &[&[u8]],
    mut parse: impl FnMut(&[u8]) -> Result<Option<(T, usize)>, E>,
) -> Transcript
where
    T: Debug + 'static,
    E: Debug,
{
    let (mut buffer, mut seen) = (Vec::new(), Transcript::default());
    for read in reads {
        buffer.extend_from_slice(read);
        while !buffer.is_empty() {
            match parse(&buffer) {
                Ok(Some((item, length))) => {
                    buffer.drain(..length);
                    if !seen.hears(false, Answer::item(item)) {
                        return seen;
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    seen.hears(false, Answer::error(error));
                    return seen;
                }
            }
        }
    }
    seen.ends(buffer.is_empty())
}

/// All that `bytecodec` says of the bytes that are needed.
pub const REQUIRING: &str = "`requiring_bytes` is a lower bound of what the next item needs";

/// The loop of a caller of `bytecodec`: fill a buffer, decode from it, take what is finished. Each
/// of its versions has traits of its own.
macro_rules! over_bytecodec {
    ($name:ident, $krate:ident) => {
        /// The loop that decodes from a buffer of the framework, one item after the other.
        pub fn $name<D: $krate::Decode>(
            mut decoder: D,
            mut pipe: Pipe,
            say: impl Fn(D::Item) -> Answer,
        ) -> impl FnMut() -> Answer {
            use $krate::io::{IoDecodeExt, ReadBuf};
            let mut buffer = ReadBuf::new(vec![0; 4096]);
            // True if an item has begun.
            let mut within = false;
            // Its own word for what is needed, a lower bound.
            let need = |decoder: &D| {
                Answer::Need(match decoder.requiring_bytes() {
                    $krate::ByteCount::Finite(bytes) => usize::try_from(bytes).ok(),
                    _ => None,
                })
            };
            move || loop {
                within |= !buffer.is_empty();
                if within || !buffer.stream_state().is_eos() {
                    if let Err(error) = decoder.decode_from_read_buf(&mut buffer) {
                        return Answer::Error(error.to_string());
                    }
                    if decoder.is_idle() {
                        within = !buffer.is_empty();
                        return match decoder.finish_decoding() {
                            Ok(item) => say(item),
                            Err(error) => Answer::Error(error.to_string()),
                        };
                    }
                }
                if buffer.stream_state().is_eos() {
                    return if within { need(&decoder) } else { Answer::End };
                }
                let before = buffer.len();
                if let Err(error) = buffer.fill(&mut pipe) {
                    return Answer::Error(error.to_string());
                }
                if buffer.len() == before && buffer.stream_state().would_block() {
                    return need(&decoder);
                }
            }
        }
    };
}

over_bytecodec!(bytecodec, bytecodec);
over_bytecodec!(bytecodec_05, bytecodec_05);
