//! What was measured, beside the raw loops and the goals.

use crate::{load::Load, servers};

/// What a server has used.
pub(crate) struct Row<'n> {
    pub(crate) name: &'n str,
    /// Of CPU time per message, by round.
    pub(crate) nanoseconds: Vec<f64>,
    /// System calls per message, where they could be counted.
    pub(crate) calls: Option<f64>,
}

impl<'n> Row<'n> {
    pub(crate) fn new(name: &'n str) -> Self {
        Self { name, nanoseconds: Vec::new(), calls: None }
    }

    /// How many times the CPU time of `other` it takes.
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
    println!("{:>14}", "system calls");
    for row in rows {
        let cost = median(row.nanoseconds.iter().copied());
        #[expect(clippy::cast_precision_loss, reason = "16 MiB at most")]
        let by_kib = cost / (payload as f64 / 1024.0);
        print!("  {:<34}{cost:>14.0}{by_kib:>10.1}", row.name);
        for (_, raw) in &raws {
            print!("{:>13.2}", row.ratio(raw));
        }
        println!("{:>14}", row.calls.map_or("not counted".into(), |calls| format!("{calls:.3}")));
    }
    let met = if load.is_long() {
        long_goals(load, find)
    } else {
        payload != LOAD_OF_GOALS || goals(find)
    };
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

    /// Whether a KiB of ours costs much the same from 64 KiB to 16 MiB. What passes the caches costs
    /// more to anybody, so the same is shown of a peer.
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
    let met = figure <= at_most;
    let word = if met { "met" } else { "MISSED" };
    println!("  {word}: {name} at most {at_most} {of_what}: {figure:.3}");
    met
}

fn goals<'r, 'n: 'r>(find: impl Fn(&'static str) -> Option<&'r Row<'n>>) -> bool {
    let (Some(raw), Some(ours)) = (find(servers::RAW_TOKIO), find(servers::CONNECTION)) else {
        return true;
    };
    let ratio = (ours.ratio(raw), 1.3, "times the CPU of the raw loop on tokio");
    let calls = ours.calls.map(|calls| (calls, 0.05, "system calls a message"));
    let mut met = true;
    for (figure, at_most, of_what) in std::iter::once(ratio).chain(calls) {
        met &= tell(servers::CONNECTION, figure, at_most, of_what);
    }
    met
}

/// Bytes of payload of the messages that goals are set for.
const LOAD_OF_GOALS: usize = 125;

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
