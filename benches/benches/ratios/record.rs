//! The times that are kept in the repository, which the book's tables and plots are made of.

use std::{env, fmt::Write, fs, io, path::PathBuf, thread};

use segue_benches::{Group, said};

use crate::{rounds::Rounds, unit};

/// All groups that one run has measured.
#[derive(Debug)]
pub(crate) struct Record {
    text: String,
}

impl Record {
    /// A record with nothing but where and when it is made.
    pub(crate) fn begun() -> Self {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load = load.split(' ').next().unwrap_or_default();
        let text = format!(
            "# Times, written by: cargo bench -p segue-benches --bench ratios -- --record\n\
             # on {}\n# {}, {} processors, {}, {}, load {load} when it began\n\
             # group\tunit\tcontender\tns\ttimes as long as the first of segue's, in the same round\n",
            said("date", &["+%F"]),
            processor(),
            processors,
            said("uname", &["-sr"]),
            said("rustc", &["--version"]),
        );
        Self { text }
    }

    /// Adds a group. Ratios are taken within a round; a group without a contender of ours has none.
    pub(crate) fn add(&mut self, group: &Group<'_>, rounds: &Rounds) {
        let (per, unit) = unit(group);
        let ours = group.contenders.iter().position(|it| it.name.starts_with("segue"));
        for (index, contender) in group.contenders.iter().enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "figures of three digits are shown")]
            let each = rounds.median(index) / per as f64;
            let ratio = ours.map_or(f64::NAN, |ours| rounds.ratio(index, ours));
            // Writing to a string does not fail.
            let _ = writeln!(
                self.text,
                "{}\t{unit}\t{}\t{each:.3}\t{ratio:.3}",
                group.name, contender.name
            );
        }
    }

    /// Writes the file anew.
    pub(crate) fn write(&self) -> io::Result<()> {
        let place = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("results.tsv");
        fs::write(place, &self.text)
    }
}

/// The model of the processor.
fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.and_then(|line| line.split_once(':')).map(|(_, model)| model.trim());
    model.unwrap_or(env::consts::ARCH).to_owned()
}
