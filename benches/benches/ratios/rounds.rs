//! Contenders that take turns.

use std::time::Duration;

use segue_benches::Group;

/// The number of rounds: an odd one, so that one of them is the median.
const ROUNDS: usize = 41;

/// The time a contender has in a round, about: less than a scheduler lets a process have at once,
/// so that a round in which another process came between is an outlier and not the rule.
const SLICE: Duration = Duration::from_millis(1);

/// The times of each contender of a group in each round.
pub(crate) struct Rounds {
    names: Vec<&'static str>,
    /// Nanoseconds of a pass, by round and then by contender.
    taken: Vec<Vec<f64>>,
}

impl Rounds {
    pub(crate) fn measure(group: &mut Group<'_>) -> Self {
        let contenders = &mut group.contenders;
        let passes: Vec<u64> = contenders
            .iter_mut()
            .map(|contender| {
                // The first pass allocates, and meets cold caches.
                contender.pass();
                let pass = contender.time(3) / 3;
                let passes = SLICE.as_nanos() / pass.as_nanos().max(1);
                u64::try_from(passes).map_or(u64::MAX, |passes| passes.max(1))
            })
            .collect();
        let mut taken = vec![vec![0.0; contenders.len()]; ROUNDS];
        for (round, taken) in taken.iter_mut().enumerate() {
            for turn in 0..contenders.len() {
                // Nobody always comes behind the same one.
                let index = (turn + round) % contenders.len();
                let time = contenders[index].time(passes[index]);
                #[expect(clippy::cast_precision_loss, reason = "some ten thousand at most")]
                let passes = passes[index] as f64;
                taken[index] = time.as_secs_f64() * 1e9 / passes;
            }
        }
        Self { names: contenders.iter().map(|contender| contender.name).collect(), taken }
    }

    /// The place of a contender in its group.
    pub(crate) fn index(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|&other| other == name)
    }

    /// Nanoseconds of a pass.
    pub(crate) fn median(&self, index: usize) -> f64 {
        median(self.taken.iter().map(|round| round[index]))
    }

    /// Returns the time of a contender as a multiple of that of `other`.
    pub(crate) fn ratio(&self, index: usize, other: usize) -> f64 {
        median(self.taken.iter().map(|round| round[index] / round[other]))
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
