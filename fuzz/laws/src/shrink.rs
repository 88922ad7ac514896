//! Makes what was found smaller, by halves: a list of bytes, each with a cut behind it or not.

use std::ops::Range;

use crate::Symptom;

/// In what a find shows, and how its stream ends on one read: what stays the same while it is made
/// smaller, so that it remains the same defect.
pub(crate) type Kind = (Symptom, u8);

/// Returns the smallest stream and cuts that show the defect of this kind, as far as `budget` gets:
/// it is counted in bytes that are given to the parser, so a long stream is asked about less often.
/// `shows` says what kind of defect a stream shows, if any.
///
/// What is behind the defect goes first, then cuts, since a stream with one cut says most, then
/// bytes in ever smaller parts; and what is left is made plain.
pub(crate) fn shrink(
    input: &[u8],
    cuts: &[usize],
    budget: usize,
    kind: Kind,
    shows: &dyn Fn(&[u8], &[usize]) -> Option<Kind>,
) -> (Vec<u8>, Vec<usize>) {
    let mut best = Pairs::new(input, cuts);
    let asks = &mut Asks { budget, kind, shows };
    shorter(&mut best, asks);
    loop {
        let before = best.clone();
        fewer_cuts(&mut best, asks);
        let all = 0..best.0.len();
        plainer_bytes(&mut best, all, asks);
        fewer_bytes(&mut best, asks);
        if best == before || asks.is_spent(&best) {
            return best.parts();
        }
    }
}

/// The questions that are asked, within the budget.
struct Asks<'s> {
    /// In bytes.
    budget: usize,
    kind: Kind,
    shows: &'s dyn Fn(&[u8], &[usize]) -> Option<Kind>,
}

impl Asks<'_> {
    /// The cost of a question beside its bytes.
    const QUESTION: usize = 256;

    fn kind_of(&mut self, pairs: &Pairs) -> Option<Kind> {
        if self.is_spent(pairs) {
            return None;
        }
        self.budget -= Self::QUESTION + pairs.0.len();
        let (input, cuts) = pairs.parts();
        (self.shows)(&input, &cuts)
    }

    /// Returns whether it is the same defect.
    fn same(&mut self, pairs: &Pairs) -> bool {
        self.kind_of(pairs) == Some(self.kind)
    }

    /// Returns whether no more can be asked about streams that are as long.
    fn is_spent(&self, pairs: &Pairs) -> bool {
        self.budget < Self::QUESTION + pairs.0.len()
    }
}

/// Cuts the tail of a long stream off: by halves, down to where the defect is.
///
/// Most places are within a record, where a stream ends in another way. So the halves are asked for
/// the symptom alone, and the record is completed then.
fn shorter(best: &mut Pairs, asks: &mut Asks<'_>) {
    /// A shorter stream is soon made short in any way.
    const SHORT: usize = 256;
    /// Records that are completed are of at most so many bytes.
    const RECORD: usize = 64;
    if best.0.len() <= SHORT {
        return;
    }
    let front = |length: usize, best: &Pairs| Pairs(best.0[..length].to_vec());
    let (mut too_short, mut enough) = (0, best.0.len());
    while enough - too_short > 1 {
        let length = too_short + (enough - too_short) / 2;
        let kind = asks.kind_of(&front(length, best));
        let shows = kind.is_some_and(|(symptom, _)| symptom == asks.kind.0);
        *if shows { &mut enough } else { &mut too_short } = length;
    }
    let lengths = enough..best.0.len().min(enough + RECORD);
    if let Some(pairs) = lengths.map(|at| front(at, best)).find(|it| asks.same(it)) {
        *best = pairs;
    }
}

/// Leaves out cuts: all but a part of them, then all of a part, in ever smaller parts.
fn fewer_cuts(best: &mut Pairs, asks: &mut Asks<'_>) {
    let mut parts = 2;
    loop {
        let cuts: Vec<usize> = (0..best.0.len()).filter(|&at| best.0[at].1).collect();
        if cuts.is_empty() || asks.is_spent(best) {
            return;
        }
        let part = cuts.len().div_ceil(parts);
        let without = |gone: &dyn Fn(usize) -> bool, best: &Pairs| {
            let mut pairs = best.clone();
            cuts.iter().enumerate().filter(|(nth, _)| gone(*nth)).for_each(|(_, &at)| {
                pairs.0[at].1 = false;
            });
            pairs
        };
        let only = (0..cuts.len().div_ceil(part)).any(|nth| {
            let inside = nth * part..(nth + 1) * part;
            cuts.len() > 1 && best.improves(without(&|cut| !inside.contains(&cut), best), asks)
        });
        if only {
            parts = 2;
            continue;
        }
        let none = (0..cuts.len().div_ceil(part)).any(|nth| {
            let inside = nth * part..(nth + 1) * part;
            best.improves(without(&|cut| inside.contains(&cut), best), asks)
        });
        match none {
            true => parts = (parts - 1).max(2),
            false if part == 1 => return,
            false => parts *= 2,
        }
    }
}

fn fewer_bytes(best: &mut Pairs, asks: &mut Asks<'_>) {
    /// Up to this many bytes, parts of every length are tried at every place: what goes without
    /// the rest is a record, and those are of any length.
    const SHORT: usize = 64;
    let mut part = best.0.len();
    while part > 0 {
        let mut at = 0;
        while at + part <= best.0.len() && !asks.is_spent(best) {
            let mut pairs = best.clone();
            // A cut within what goes stays between what is around it.
            let cut = pairs.0.drain(at..at + part).any(|(_, cut)| cut);
            let before = at.checked_sub(1).and_then(|before| pairs.0.get_mut(before));
            let kept = before.map(|pair| pair.1 |= cut).is_some() || !cut;
            if !(kept && best.improves(pairs, asks)) {
                at += if best.0.len() <= SHORT { 1 } else { part.div_ceil(2) };
            }
        }
        part = if best.0.len() <= SHORT { part.min(best.0.len() + 1) - 1 } else { part / 2 };
    }
}

/// Letters that do not matter should not look as if they did: all of them at once, then by halves.
/// Other bytes are left as they are: one that is a length reads best as what it was.
fn plainer_bytes(best: &mut Pairs, range: Range<usize>, asks: &mut Asks<'_>) {
    if range.is_empty() || asks.is_spent(best) {
        return;
    }
    let mut pairs = best.clone();
    for (byte, _) in &mut pairs.0[range.clone()] {
        if byte.is_ascii_alphanumeric() {
            *byte = b'a';
        }
    }
    if pairs == *best || best.improves(pairs, asks) || range.len() == 1 {
        return;
    }
    let middle = range.start + range.len() / 2;
    plainer_bytes(best, range.start..middle, asks);
    plainer_bytes(best, middle..range.end, asks);
}

#[derive(Clone, PartialEq)]
struct Pairs(Vec<(u8, bool)>);

impl Pairs {
    /// `cuts` are ascending.
    fn new(input: &[u8], cuts: &[usize]) -> Self {
        let mut pairs: Vec<_> = input.iter().map(|&byte| (byte, false)).collect();
        for &cut in cuts {
            if let Some(pair) = cut.checked_sub(1).and_then(|before| pairs.get_mut(before)) {
                pair.1 = true;
            }
        }
        Self(pairs)
    }

    fn parts(&self) -> (Vec<u8>, Vec<usize>) {
        let input = self.0.iter().map(|(byte, _)| *byte).collect();
        // Behind the last byte there is nothing to cut.
        let cuts = (1..self.0.len()).filter(|at| self.0[at - 1].1).collect();
        (input, cuts)
    }

    /// Takes the other if it is as broken.
    fn improves(&mut self, other: Self, asks: &mut Asks<'_>) -> bool {
        let better = asks.same(&other);
        if better {
            *self = other;
        }
        better
    }
}
