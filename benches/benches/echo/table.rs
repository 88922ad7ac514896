//! The measurements, beside the raw loops and the goals.

use crate::{load::Load, servers};

/// The resources that a server has used.
pub(crate) struct Row<'n> {
    pub(crate) name: &'n str,
    /// Of CPU time per message, by round.
    pub(crate) nanoseconds: Vec<f64>,
    /// Instructions in user space per message, where they could be counted.
    pub(crate) instructions: Option<f64>,
    /// System calls per message, where they could be counted.
    pub(crate) calls: Option<f64>,
}

impl<'n> Row<'n> {
    pub(crate) fn new(name: &'n str) -> Self {
        Self { name, nanoseconds: Vec::new(), instructions: None, calls: None }
    }

    /// Returns the CPU time as a multiple of that of `other`.
    fn ratio(&self, other: &Self) -> f64 {
        median(self.nanoseconds.iter().zip(&other.nanoseconds).map(|(this, other)| this / other))
    }
}

/// Prints all; whether the goals are met.
pub(crate) fn print(load: Load, rows: &[Row<'_>]) -> bool {
    let Load { payload, in_flight } = load;
    let find = |name| rows.iter().find(|row| row.name == name);
    let raws = [
        ("x raw", find(servers::RAW)),
        ("x raw tokio", find(servers::RAW_TOKIO)),
        ("x raw smol", find(servers::RAW_SMOL)),
    ];
    let title = format!("echo of {payload} bytes, {in_flight} in flight");
    print!("{title:<36}{:>14}{:>10}", "ns of CPU", "ns a KiB");
    let raws = raws.into_iter().filter_map(|(title, raw)| Some((title, raw?)));
    let raws: Vec<_> = raws.collect();
    raws.iter().for_each(|(title, _)| print!("{title:>13}"));
    println!("{:>14}{:>14}", "instructions", "system calls");
    for row in rows {
        let cost = median(row.nanoseconds.iter().copied());
        #[expect(clippy::cast_precision_loss, reason = "16 MiB at most")]
        let by_kib = cost / (payload as f64 / 1024.0);
        print!("  {:<34}{:>14}", row.name, shown(Some(cost), 0, "not timed"));
        print!("{:>10}", shown(Some(by_kib), 1, ""));
        for (_, raw) in &raws {
            print!("{:>13}", shown(Some(row.ratio(raw)), 2, ""));
        }
        print!("{:>14}", shown(row.instructions, 0, "not counted"));
        println!("{:>14}", shown(row.calls, 3, "not counted"));
    }
    let mut met = true;
    for goal in GOALS.iter().filter(|goal| goal.load == (payload, in_flight)) {
        met &= goal.is_met(find);
    }
    if load.is_long() {
        met &= long_goals(load, find);
    }
    println!();
    met
}

/// The goals of one long message at a time: no row of ours without one.
fn long_goals<'r, 'n: 'r>(load: Load, find: impl Fn(&'static str) -> Option<&'r Row<'n>>) -> bool {
    let goals = [
        (servers::TURN, servers::FASTWEBSOCKETS, 1.1),
        (servers::SEND, servers::FASTWEBSOCKETS, 1.1),
        (servers::CONNECTION, servers::FASTWEBSOCKETS, 1.1),
        (servers::CONNECTION_SYNC, servers::FASTWEBSOCKETS, 1.1),
        (servers::TURN, servers::TOKIO_WEBSOCKETS, if load.payload > 1 << 16 { 1.1 } else { 1.0 }),
    ];
    let mut met = true;
    for (ours, theirs, at_most) in goals {
        let (Some(row), Some(other)) = (find(ours), find(theirs)) else { continue };
        met &= tell(ours, row.ratio(other), at_most, &format!("times the CPU of {theirs}"));
    }
    met
}

/// Nanoseconds of a KiB in messages of several lengths.
#[derive(Default)]
pub(crate) struct ByKib {
    ours: Vec<f64>,
    theirs: Vec<f64>,
}

impl ByKib {
    /// Takes down what was measured of long messages.
    pub(crate) fn add(&mut self, load: Load, rows: &[Row<'_>]) {
        if !load.is_long() || load.payload < 64 * 1024 {
            return;
        }
        #[expect(clippy::cast_precision_loss, reason = "16 MiB at most")]
        let kib = load.payload as f64 / 1024.0;
        for row in rows {
            let cost = median(row.nanoseconds.iter().copied()) / kib;
            match row.name {
                servers::TURN => self.ours.push(cost),
                servers::FASTWEBSOCKETS => self.theirs.push(cost),
                _ => {}
            }
        }
    }

    /// Prints if a KiB of ours costs much the same from 64 KiB to 16 MiB. Memory beyond the caches
    /// costs more to anybody, so the same is shown of a peer. Returns true if it does.
    pub(crate) fn print(&self) -> bool {
        let slope = |costs: &[f64]| {
            let first = *costs.first()?;
            Some(costs.iter().copied().fold(first, f64::max) / first)
        };
        let Some(ours) = slope(&self.ours) else { return true };
        let theirs = slope(&self.theirs).unwrap_or(f64::NAN);
        let of_what = "times a KiB of 64 KiB, up to 16 MiB";
        let of_what = format!("{of_what} ({}: {theirs:.3})", servers::FASTWEBSOCKETS);
        tell(servers::TURN, ours, 1.5, &of_what)
    }
}

/// Prints what became of a goal.
fn tell(name: &str, figure: f64, at_most: f64, of_what: &str) -> bool {
    // Nothing was timed where there is no figure.
    if figure.is_nan() {
        return true;
    }
    let met = figure <= at_most;
    let word = if met { "met" } else { "MISSED" };
    println!("  {word}: {name} at most {at_most} {of_what}: {figure:.3}");
    met
}

/// The goals of a server.
struct Goal {
    /// Bytes of payload, and messages under way.
    load: (usize, usize),
    name: &'static str,
    figure: Figure,
    at_most: f64,
}

#[derive(Clone, Copy)]
enum Figure {
    /// CPU time beside another server's.
    Times(&'static str),
    Instructions,
    Calls,
}

const GOALS: &[Goal] = &[
    Goal::of((125, 64), servers::CONNECTION, Figure::Times(servers::RAW_TOKIO), 1.3),
    Goal::of((125, 64), servers::CONNECTION, Figure::Calls, 0.05),
    Goal::of((125, 64), servers::CONNECTION_FUTURES, Figure::Calls, 0.06),
    // The loop that everybody writes leaves its answers in one write, as turns do.
    Goal::of((125, 64), servers::QUEUE, Figure::Calls, 0.05),
    Goal::of((125, 1), servers::QUEUE, Figure::Instructions, 2000.0),
];

impl Goal {
    const fn of(load: (usize, usize), name: &'static str, figure: Figure, at_most: f64) -> Self {
        Self { load, name, figure, at_most }
    }

    /// Prints whether it is met, if it was measured.
    fn is_met<'r, 'n: 'r>(&self, find: impl Fn(&'static str) -> Option<&'r Row<'n>>) -> bool {
        let Some(row) = find(self.name) else { return true };
        let (figure, of_what) = match self.figure {
            Figure::Times(other) => {
                let Some(other) = find(other) else { return true };
                (Some(row.ratio(other)), format!("times the CPU of the {}", other.name))
            }
            Figure::Instructions => (row.instructions, "instructions a message".to_owned()),
            Figure::Calls => (row.calls, "system calls a message".to_owned()),
        };
        let Some(figure) = figure.filter(|figure| figure.is_finite()) else { return true };
        tell(self.name, figure, self.at_most, &of_what)
    }
}

/// A figure with so many decimals, or what is said where there is none.
fn shown(figure: Option<f64>, decimals: usize, otherwise: &str) -> String {
    match figure.filter(|figure| figure.is_finite()) {
        Some(figure) => format!("{figure:.decimals$}"),
        None => otherwise.to_owned(),
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
