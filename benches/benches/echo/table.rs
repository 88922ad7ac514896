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
    print!("{title:<36}{:>14}", "ns of CPU");
    raws.iter().for_each(|(title, _)| print!("{title:>13}"));
    println!("{:>14}", "system calls");
    for row in rows {
        print!("  {:<34}{:>14.0}", row.name, median(row.nanoseconds.iter().copied()));
        for raw in raws.iter().filter_map(|(_, raw)| *raw) {
            print!("{:>13.2}", row.ratio(raw));
        }
        println!("{:>14}", row.calls.map_or("not counted".into(), |calls| format!("{calls:.3}")));
    }
    let met = payload != LOAD_OF_GOALS || goals(find);
    println!();
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
        let word = if figure <= at_most { "met" } else { "MISSED" };
        met &= figure <= at_most;
        println!("  {word}: {} at most {at_most} {of_what}: {figure:.3}", servers::CONNECTION);
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
