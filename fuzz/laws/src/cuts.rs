//! The places where a stream is cut.

/// Up to this length in bytes a stream is cut at every place.
const EVERYWHERE: usize = 48;

/// Returns every way in which a stream of `length` bytes is cut, the simplest first, so that what
/// is reported is as simple as can be.
pub(crate) fn schedules(length: usize) -> Vec<Vec<usize>> {
    let mut all = vec![vec![]];
    all.extend(places(length).into_iter().filter(|&at| at > 0).map(|at| vec![at]));
    all.push(Vec::from_iter(1..length));
    all.extend((0..4).map(|seed| many(length, seed)));
    all
}

/// Returns where a stream of this length is cut once, or truncated: everywhere, or at places that
/// depend on nothing but the length.
pub(crate) fn places(length: usize) -> Vec<usize> {
    if length <= EVERYWHERE {
        return Vec::from_iter(0..length);
    }
    let ends = 8;
    let mut random = Random::new(length as u64);
    let between = if length <= 16 * 1024 { EVERYWHERE } else { 8 };
    let mut places = Vec::from_iter((0..ends).chain(length - ends..length));
    places.extend((0..between).map(|_| ends + random.below(length - 2 * ends)));
    places.sort_unstable();
    places.dedup();
    places
}

/// Returns many cuts, which depend on nothing but the two numbers.
pub(crate) fn many(length: usize, seed: u64) -> Vec<usize> {
    let mut random = Random::new(seed ^ (length as u64) << 8);
    let mean = [2, 7, 1 + length / 6][random.below(3)].max(1 + length / 4096);
    let mut cuts = Vec::new();
    let mut at = 1 + random.below(2 * mean);
    while at < length {
        cuts.push(at);
        at += 1 + random.below(2 * mean);
    }
    cuts
}

/// Returns the cuts of a stream that comes in reads of `read` bytes, behind a first one of `first`.
pub(crate) fn reads(length: usize, first: usize, read: usize) -> Vec<usize> {
    (0..)
        .map(|count| first + count * read)
        .skip_while(|&at| at == 0)
        .take_while(|&at| at < length)
        .collect()
}

/// A stream of numbers that is the same in every run.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns a number below `bound`, which must not be 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        // SplitMix64, by Vigna (public domain).
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^= word >> 31;
        usize::try_from(word % bound as u64).unwrap_or(0)
    }
}

/// Returns a number that is the same for the same bytes, on every machine and with every release:
/// FNV-1a.
pub(crate) fn digest(bytes: &[u8]) -> u64 {
    let step = |hash: u64, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}
