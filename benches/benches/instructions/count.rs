//! Counting by valgrind's callgrind.

use std::{env, process::Command};

/// The tool, with this program as what it looks at.
pub(crate) struct Callgrind;

impl Callgrind {
    /// The instructions that a contender needs for a record, where one pass goes through `records`.
    /// None if that could not be counted.
    #[expect(clippy::cast_precision_loss, reason = "far below what a float holds exactly")]
    pub(crate) fn each(group: &str, contender: &str, records: u64) -> Option<f64> {
        let (few, many) = (Self::count(group, contender, 2)?, Self::count(group, contender, 10)?);
        Some(many.saturating_sub(few) as f64 / (8 * records) as f64)
    }

    /// The instructions of a process that goes through a contender so many times.
    fn count(group: &str, contender: &str, passes: usize) -> Option<u64> {
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(env::current_exe().ok()?)
            .args(["pass", group, contender, &passes.to_string()])
            .output()
            .ok()?;
        if !output.status.success() {
            return None;
        }
        let told = String::from_utf8(output.stderr).ok()?;
        let line = told.lines().find(|line| line.contains("Collected :"))?;
        line.split_whitespace().last()?.parse().ok()
    }
}
