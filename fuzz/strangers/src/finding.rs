//! The record of a parser: the verdict on each law, and each finding with its status.

use serde::{Deserialize, Serialize};

use crate::entry::Entry;

/// By what work is judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Measure {
    /// The instructions that the thread ran, as the processor counted them.
    #[serde(rename = "instructions")]
    Instructions,
    /// The time that the thread ran, since the machine counts no instructions.
    #[default]
    #[serde(rename = "time")]
    Time,
}

/// All that one process found out about its parser.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Examined {
    /// The kind of protocol.
    pub family: String,
    /// The crate, as crates.io has it.
    #[serde(rename = "crate")]
    pub krate: String,
    /// The version that was examined.
    pub version: String,
    /// The name of the parser within the crate.
    pub parser: String,
    /// Every law that was looked at, with its verdict in a word and the reason for it.
    pub verdicts: Vec<(String, Verdict)>,
    /// All that was found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// The most bytes that it is documented to hold, and where that is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<(usize, String)>,
    /// By what L8 was judged.
    pub work: Measure,
    /// The number of runs that it took.
    pub runs: u64,
}

impl Examined {
    /// A parser of which nothing could be looked at, since its process died of whatever it was
    /// given.
    pub fn not_looked_at(entry: &Entry, died: &str) -> Self {
        let (krate, version) = entry.package();
        let why = || Verdict::NotLookedAt(died.into());
        let verdicts = LAWS.iter().map(|law| ((*law).into(), why())).collect();
        let (family, parser) = (entry.family.into(), entry.parser.into());
        Self { family, krate, version, parser, verdicts, ..Self::default() }
    }

    /// The same, where only the given streams were looked at.
    pub fn reduced(mut self, died: &str) -> Self {
        for (_, verdict) in &mut self.verdicts {
            if matches!(verdict, Verdict::Holds | Verdict::HoldsWithin(_)) {
                *verdict = Verdict::Reduced(died.into());
            }
        }
        self
    }

    /// Adds what took its process down.
    pub fn breaks(&mut self, by: Finding) {
        match self.verdicts.iter_mut().find(|(law, _)| *law == by.law) {
            Some((_, verdict)) => *verdict = Verdict::Violated,
            None => self.verdicts.push((by.law.clone(), Verdict::Violated)),
        }
        self.findings.push(by);
    }
}

/// The laws that have a column, in their order. Whether parsers agree, L7, has rows of its own.
pub const LAWS: [&str; 9] = ["L1", "L2", "L3", "L4", "L5", "L6", "L8", "L9", "L10"];

/// The verdict on one law.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// It was kept wherever it was looked for.
    Holds,
    /// It was kept within the limit that is documented, in bytes (L4).
    HoldsWithin(usize),
    /// It was kept on the streams that are given; its process did not live to look at more, for this
    /// reason.
    Reduced(String),
    /// It was not looked at, for this reason.
    NotLookedAt(String),
    /// It is broken; see the findings.
    Violated,
    /// It is not a law for this parser, for this reason.
    NotApplicable(String),
    /// The adapter cannot show it, for this reason.
    Vacuous(String),
}

/// One broken law.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Finding {
    /// The crate, as crates.io has it.
    #[serde(rename = "crate")]
    pub krate: String,
    /// The version that was examined.
    pub version: String,
    /// The name of the parser within the crate.
    pub parser: String,
    /// The law, by its short name.
    pub law: String,
    /// In what it shows.
    pub symptom: String,
    /// The defect in words.
    pub what: String,
    /// The kind of stream that it was seen on: a valid one, one to be refused, or one that was
    /// made.
    pub origin: String,
    /// The shortest stream that was found, escaped as in a Rust byte string.
    pub input: String,
    /// The places where that is cut, in bytes from its beginning.
    pub cuts: Vec<usize>,
    /// The range of its bytes that is to be repeated for as long as it takes: of what only shows on
    /// a long stream, which comes byte by byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeated: Option<[usize; 2]>,
    /// All that the harness saw, each run with the words for it.
    pub seen: Vec<(String, String)>,
    /// All that a caller of the crate's own driver sees: on one read, and with the cuts.
    pub driver: Vec<(String, String)>,
    /// The outcome.
    pub status: Status,
    /// The reason why it is no defect, or the way in which the driver shows that it is one.
    pub reason: String,
}

/// The outcome of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// The crate's own driver shows it.
    #[serde(rename = "confirmed defect")]
    Confirmed,
    /// The crate's documentation says that it is so.
    #[serde(rename = "documented contract")]
    Contract,
    /// The adapter or a stream given to it is at fault.
    #[serde(rename = "adapter mistake")]
    Adapter,
    /// The crate's own driver does not show it.
    #[serde(rename = "not reproduced")]
    NotReproduced,
}
