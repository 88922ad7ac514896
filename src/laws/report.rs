//! What is told of a broken law.

use std::fmt;

use super::{Law, Trace, cuts::Schedule};

/// A law that was broken: by what, on which input, under which cuts, and what was seen.
///
/// Its `Display` is meant to be read by the author of the stage.
#[derive(Debug, Clone)]
pub struct Violation {
    pub(super) law: Law,
    /// Type name of the stage.
    pub(super) subject: &'static str,
    pub(super) what: String,
    pub(super) input: Vec<u8>,
    pub(super) cuts: String,
    /// What was seen, each with the words for when.
    pub(super) seen: Vec<(&'static str, Trace)>,
}

impl Violation {
    pub(super) fn new(law: Law, subject: &'static str, what: impl Into<String>) -> Box<Self> {
        let (input, cuts, seen) = (Vec::new(), String::new(), Vec::new());
        Box::new(Self { law, subject, what: what.into(), input, cuts, seen })
    }

    pub(super) fn on(mut self: Box<Self>, input: &[u8], schedule: &Schedule) -> Box<Self> {
        self.input = input.to_vec();
        self.cuts = schedule.to_string();
        self
    }

    pub(super) fn seen(mut self: Box<Self>, when: &'static str, trace: Trace) -> Box<Self> {
        self.seen.push((when, trace));
        self
    }

    /// The law that was broken.
    #[must_use]
    pub fn law(&self) -> Law {
        self.law
    }

    /// The stream that it was broken on.
    #[must_use]
    pub fn input(&self) -> &[u8] {
        &self.input
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} is broken by {}", self.law, self.subject)?;
        write!(f, "  what:  {}", self.what)?;
        // Carriers talk to each other, and nobody has written their input.
        if !self.cuts.is_empty() {
            writeln!(f, "\n  input: {} ({} bytes)", escaped(&self.input), self.input.len())?;
            write!(f, "  cuts:  {}", self.cuts)?;
        }
        for (when, trace) in &self.seen {
            write!(f, "\n  {when}: {trace}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Violation {}

/// The bytes as they would stand in a byte string literal; of long ones the ends.
pub(super) fn escaped(bytes: &[u8]) -> String {
    /// Longer than every input that is cut everywhere, so those can be copied from the report.
    const SHOWN: usize = 256;
    if bytes.len() <= SHOWN {
        format!("b\"{}\"", bytes.escape_ascii())
    } else {
        let (front, back) = (&bytes[..SHOWN / 2], &bytes[bytes.len() - SHOWN / 2..]);
        let between = bytes.len() - SHOWN;
        format!("b\"{}\" … {between} bytes … b\"{}\"", front.escape_ascii(), back.escape_ascii())
    }
}
