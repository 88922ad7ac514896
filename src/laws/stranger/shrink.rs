//! Makes what was found smaller: a list of bytes, each with a cut behind it or not.

/// The smallest stream and cuts that `broken` still holds of, as far as `budget` questions get.
///
/// Cuts go first, since a stream with one cut says most; then bytes, in ever smaller parts; and
/// what is left is made plain.
pub(super) fn shrink(
    input: &[u8],
    cuts: &[usize],
    budget: &mut usize,
    broken: &mut dyn FnMut(&[u8], &[usize]) -> bool,
) -> (Vec<u8>, Vec<usize>) {
    let mut best = Pairs::new(input, cuts);
    let mut asks = |pairs: &Pairs| {
        *budget = budget.saturating_sub(1);
        let (input, cuts) = pairs.parts();
        *budget > 0 && broken(&input, &cuts)
    };
    loop {
        let before = best.clone();
        one_cut(&mut best, &mut asks);
        fewer_cuts(&mut best, &mut asks);
        fewer_bytes(&mut best, &mut asks);
        plainer_bytes(&mut best, &mut asks);
        if best == before {
            return best.parts();
        }
    }
}

type Asks<'a> = &'a mut dyn FnMut(&Pairs) -> bool;

/// One of the cuts may do.
fn one_cut(best: &mut Pairs, asks: Asks<'_>) {
    let cuts: Vec<usize> = (0..best.0.len()).filter(|&at| best.0[at].1).collect();
    if cuts.len() < 2 {
        return;
    }
    for at in cuts {
        let mut pairs = best.clone();
        pairs.0.iter_mut().enumerate().for_each(|(other, pair)| pair.1 = other == at);
        if best.improves(pairs, asks) {
            return;
        }
    }
}

fn fewer_cuts(best: &mut Pairs, asks: Asks<'_>) {
    for at in 0..best.0.len() {
        if best.0[at].1 {
            let mut pairs = best.clone();
            pairs.0[at].1 = false;
            best.improves(pairs, asks);
        }
    }
}

fn fewer_bytes(best: &mut Pairs, asks: Asks<'_>) {
    /// Up to this many bytes, parts of every length are tried at every place: what goes without
    /// the rest is a record, and those are of any length.
    const SHORT: usize = 64;
    let mut part = best.0.len();
    while part > 0 {
        let mut at = 0;
        while at + part <= best.0.len() {
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

/// Letters that do not matter should not look as if they did. Other bytes are left as they are:
/// one that is a length reads best as what it was.
fn plainer_bytes(best: &mut Pairs, asks: Asks<'_>) {
    for at in 0..best.0.len() {
        if best.0[at].0.is_ascii_alphanumeric() && best.0[at].0 != b'a' {
            let mut pairs = best.clone();
            pairs.0[at].0 = b'a';
            best.improves(pairs, asks);
        }
    }
}

#[derive(Clone, PartialEq)]
struct Pairs(Vec<(u8, bool)>);

impl Pairs {
    fn new(input: &[u8], cuts: &[usize]) -> Self {
        let pairs = input.iter().enumerate().map(|(at, &byte)| (byte, cuts.contains(&(at + 1))));
        Self(pairs.collect())
    }

    fn parts(&self) -> (Vec<u8>, Vec<usize>) {
        let input = self.0.iter().map(|(byte, _)| *byte).collect();
        // Behind the last byte there is nothing to cut.
        let cuts = (1..self.0.len()).filter(|at| self.0[at - 1].1).collect();
        (input, cuts)
    }

    /// Takes the other if it is as broken.
    fn improves(&mut self, other: Self, asks: Asks<'_>) -> bool {
        let better = asks(&other);
        if better {
            *self = other;
        }
        better
    }
}
