//! Long streams of a short description: a part of a valid one, repeated.

use std::ops::Range;

use crate::{number::Number, tokens};

/// A stream as long as is wanted: `unit` is repeated between `front` and `back`, and a number in
/// front says how much there is, where a format has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stretched {
    pub(crate) front: Vec<u8>,
    pub(crate) unit: Vec<u8>,
    pub(crate) back: Vec<u8>,
    pub(crate) number: Option<Number>,
}

impl Stretched {
    pub(crate) fn new(front: &[u8], unit: &[u8], back: &[u8]) -> Self {
        Self { front: front.into(), unit: unit.into(), back: back.into(), number: None }
    }

    /// A valid stream over and over.
    pub(crate) fn repeated(stream: &[u8]) -> Self {
        Self::new(&[], stream, &[])
    }

    /// The stream with about `length` bytes, at least one unit, or as many as its number allows.
    pub(crate) fn fill(&self, length: usize) -> Vec<u8> {
        let (around, unit) = (self.front.len() + self.back.len(), self.unit.len().max(1));
        let times = (length.saturating_sub(around) / unit).max(1);
        let Some(number) = &self.number else {
            return [&self.front[..], &self.unit.repeat(times), &self.back].concat();
        };
        let times = number.room().min(times);
        let front = number.raised(&self.front, times * unit);
        [&front[..], &self.unit.repeat(times), &self.back].concat()
    }

    /// The stream with one unit, and which of its bytes that is.
    pub(crate) fn shortest(&self) -> (Vec<u8>, Range<usize>) {
        let stream = self.fill(0);
        let end = stream.len() - self.back.len();
        (stream, end - self.unit.len()..end)
    }
}

/// Returns what a valid stream can be stretched to: the whole of it repeated, and each of its
/// tokens, with what follows and without. The shortest come first.
pub(crate) fn stretches(seed: &[u8]) -> Vec<Stretched> {
    /// A longer stream is stretched as a whole.
    const TOKENS: usize = 256;
    let tokens = tokens::split(seed);
    let mut all = Vec::new();
    let mut front = Vec::new();
    for (at, token) in tokens.iter().enumerate().take(TOKENS) {
        let back = tokens[at + 1..].concat();
        if !back.is_empty() {
            all.push(Stretched::new(&front, token, &back));
        }
        all.push(Stretched::new(&front, token, &[]));
        front.extend_from_slice(token);
    }
    if tokens.len() > 1 {
        all.push(Stretched::repeated(seed));
    }
    all.sort_by_key(|stretched| stretched.front.len() + stretched.unit.len());
    all
}
