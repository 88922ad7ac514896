//! Long streams of a short description: a part of a valid one, repeated.

use super::tokens;

/// A stream as long as is wanted: `unit` is repeated between `front` and `back`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stretched {
    pub(super) front: Vec<u8>,
    pub(super) unit: Vec<u8>,
    pub(super) back: Vec<u8>,
}

impl Stretched {
    /// The stream with about `length` bytes, at least one unit.
    pub(super) fn fill(&self, length: usize) -> Vec<u8> {
        let (around, unit) = (self.front.len() + self.back.len(), self.unit.len().max(1));
        let times = (length.saturating_sub(around) / unit).max(1);
        [&self.front[..], &self.unit.repeat(times), &self.back].concat()
    }
}

/// What a valid stream can be stretched to: the whole of it repeated, and each of its tokens, with
/// what follows and without. The shortest come first.
pub(super) fn stretches(seed: &[u8]) -> Vec<Stretched> {
    let tokens = tokens::split(seed);
    let mut all = Vec::new();
    let mut front = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let unit = token.to_vec();
        let back = tokens[at + 1..].concat();
        if !back.is_empty() {
            all.push(Stretched { front: front.clone(), unit: unit.clone(), back });
        }
        all.push(Stretched { front: front.clone(), unit, back: Vec::new() });
        front.extend_from_slice(token);
    }
    if tokens.len() > 1 {
        all.push(Stretched { front: Vec::new(), unit: seed.to_vec(), back: Vec::new() });
    }
    all.sort_by_key(|stretched| stretched.front.len() + stretched.unit.len());
    all
}
