//! Where a stream is cut, and how a stage is asked in between.

use std::fmt;

/// How a stream is given to a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Schedule {
    /// Offsets at which the stream is cut, ascending. The same one twice is an empty read.
    pub(super) cuts: Vec<usize>,
    pub(super) eof: Eof,
    pub(super) manner: Manner,
    /// Read what the stage claims, byte by byte where it claims nothing; `cuts` is not used.
    pub(super) exact: bool,
}

/// When a stage is told that nothing follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Eof {
    /// Together with the last bytes.
    WithLast,
    /// After it was asked about the last bytes.
    After,
    /// Not at all.
    Never,
}

/// How a stage is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// Once after each read, as every driver does.
    Once,
    /// Twice with the same input each time.
    Twice,
    /// Once after each read, but what it answers is only acted upon after every second read:
    /// drivers do so when they read on while a write is pending.
    Hesitant,
    /// Once after each read, and let speak each time: law L11.
    Spoken,
}

/// Up to this length in bytes an input is cut at every place.
const EVERYWHERE: usize = 48;

/// Up to this length in bytes an input is given byte by byte.
const BYTE_BY_BYTE: usize = 16 * 1024;

impl Schedule {
    pub(super) fn at(cuts: impl Into<Vec<usize>>) -> Self {
        let (eof, manner) = (Eof::After, Manner::Once);
        Self { cuts: cuts.into(), eof, manner, exact: false }
    }

    /// The whole stream on one read, and its end with it: what the other runs are held against.
    pub(super) fn whole() -> Self {
        Self::at([]).told(Eof::WithLast)
    }

    pub(super) fn exact() -> Self {
        Self { exact: true, ..Self::at([]) }
    }

    /// Byte by byte, beginning with a read of nothing.
    pub(super) fn bytes(length: usize) -> Self {
        if length <= BYTE_BY_BYTE {
            return Self::at(Vec::from_iter(0..length));
        }
        // Most stages do their deciding at the ends.
        let ends = BYTE_BY_BYTE / 8;
        let mut cuts = Vec::from_iter(0..ends);
        let mut random = Random::new(length as u64);
        let mut at = ends;
        while at < length - ends {
            cuts.push(at);
            at += random.below(1460) + 1;
        }
        cuts.extend(length - ends..length);
        Self::at(cuts)
    }

    pub(super) fn told(mut self, eof: Eof) -> Self {
        self.eof = eof;
        self
    }

    pub(super) fn asked(mut self, manner: Manner) -> Self {
        self.manner = manner;
        self
    }
}

/// Every way in which a stream of `length` bytes is given to a stage, the simplest first, so that
/// what is reported is as simple as can be.
pub(super) fn schedules(length: usize) -> Vec<Schedule> {
    let mut all = vec![Schedule::at([])];
    all.push(Schedule::at([]).asked(Manner::Twice));
    all.push(Schedule::at([]).asked(Manner::Hesitant));
    let places = places(length);
    for manner in [Manner::Once, Manner::Twice, Manner::Hesitant] {
        for eof in [Eof::After, Eof::WithLast] {
            let singles = places.iter().map(|&at| Schedule::at([at]));
            all.extend(singles.map(|schedule| schedule.told(eof).asked(manner)));
        }
    }
    for manner in [Manner::Once, Manner::Twice, Manner::Hesitant] {
        for eof in [Eof::After, Eof::WithLast] {
            all.push(Schedule::bytes(length).told(eof).asked(manner));
        }
    }
    // Hesitation the other way round: a cut in front shifts which reads are acted upon.
    let mut shifted = Schedule::bytes(length);
    shifted.cuts.insert(0, 0);
    all.push(shifted.asked(Manner::Hesitant));
    all.push(Schedule::exact());
    all.push(Schedule::exact().asked(Manner::Twice));
    all.push(Schedule::at([]).asked(Manner::Spoken));
    all.push(Schedule::bytes(length).asked(Manner::Spoken));
    if length <= EVERYWHERE {
        // What is needed after a long first read, held against every byte that follows.
        all.extend((1..length).map(|at| Schedule::at(Vec::from_iter(at..length))));
    }
    for (seed, manner) in (0..6).zip([Manner::Once, Manner::Twice, Manner::Hesitant].repeat(2)) {
        all.push(random(length, seed).asked(manner));
    }
    all
}

/// Many cuts that depend on nothing but the two numbers.
pub(super) fn random(length: usize, seed: u64) -> Schedule {
    let mut random = Random::new(seed ^ (length as u64) << 8);
    let mean = [2, 7, 1 + length / 6][random.below(3)].max(1 + length / 4096);
    let mut cuts = Vec::new();
    let mut at = random.below(2 * mean);
    while at < length {
        cuts.push(at);
        // Now and then a read of nothing.
        at += random.below(2 * mean);
    }
    let eof = if random.below(2) == 0 { Eof::After } else { Eof::WithLast };
    Schedule::at(cuts).told(eof)
}

/// Where streams of this length are cut once, or truncated: everywhere, or at places that depend
/// on nothing but the length.
pub(super) fn places(length: usize) -> Vec<usize> {
    if length <= EVERYWHERE {
        return Vec::from_iter(0..length);
    }
    let ends = 8;
    let mut random = Random::new(length as u64);
    let between = if length <= BYTE_BY_BYTE { EVERYWHERE } else { 8 };
    let mut places = Vec::from_iter((0..ends).chain(length - ends..length));
    places.extend((0..between).map(|_| ends + random.below(length - 2 * ends)));
    places.sort_unstable();
    places.dedup();
    places
}

/// A stream of numbers that is the same in every run.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound`, which must not be 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        // SplitMix64, by Vigna (public domain).
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^= word >> 31;
        usize::try_from(word % bound as u64).unwrap_or(0)
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Enough for every input that is cut everywhere.
        const SHOWN: usize = EVERYWHERE;
        if self.exact {
            f.write_str("what is claimed, read exactly")?;
        } else if self.cuts.is_empty() {
            f.write_str("none")?;
        } else if self.cuts.len() > 3 && self.cuts.windows(2).all(|pair| pair[1] == pair[0] + 1) {
            write!(f, "byte by byte from {}", self.cuts[0])?;
        } else {
            write!(f, "at {:?}", &self.cuts[..self.cuts.len().min(SHOWN)])?;
            if self.cuts.len() > SHOWN {
                write!(f, " and {} more", self.cuts.len() - SHOWN)?;
            }
        }
        f.write_str(match self.eof {
            Eof::WithLast => ", end of the stream with the last bytes",
            Eof::After => ", end of the stream after the last bytes",
            Eof::Never => ", no end of the stream",
        })?;
        f.write_str(match self.manner {
            Manner::Once => "",
            Manner::Twice => ", asked twice each time",
            Manner::Hesitant => ", acted upon after every second read",
            Manner::Spoken => ", let speak each time",
        })
    }
}
