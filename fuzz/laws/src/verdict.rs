//! The verdicts of the harness.

use std::{fmt, ops::Range};

use crate::{Law, Symptom, escaped::escaped, run::Seen};

/// The finding about one law.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict<'v> {
    /// It was kept wherever it was looked for.
    Holds,
    /// It was kept within a limit that the parser is documented to have, in bytes (L4).
    HoldsWithin(usize),
    /// It is broken; the first defect that was found, on a valid stream if there is one.
    Violated(&'v Defect),
    /// It is not a law for this parser: the reason.
    NotApplicable(&'v str),
    /// The adapter cannot show whether it is kept: the reason.
    Vacuous(&'v str),
}

/// The kind of stream that a defect was found on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Origin {
    /// One that was said to be valid.
    Seed,
    /// One that was said to be refused.
    Refused,
    /// One made of others.
    Generated,
}

/// A broken law, with what it takes to see it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defect {
    pub(crate) law: Law,
    pub(crate) symptom: Symptom,
    pub(crate) what: String,
    pub(crate) origin: Origin,
    pub(crate) input: Vec<u8>,
    pub(crate) cuts: Vec<usize>,
    pub(crate) repeated: Option<Range<usize>>,
    pub(crate) seen: Vec<(&'static str, Seen)>,
    pub(crate) found_on: (Vec<u8>, Vec<usize>),
}

impl Defect {
    /// The law that is broken.
    #[must_use]
    pub fn law(&self) -> Law {
        self.law
    }

    /// In what it shows.
    #[must_use]
    pub fn symptom(&self) -> Symptom {
        self.symptom
    }

    /// The defect in words.
    #[must_use]
    pub fn what(&self) -> &str {
        &self.what
    }

    /// The kind of stream that it was found on.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// The shortest stream that was found to show it.
    #[must_use]
    pub fn input(&self) -> &[u8] {
        &self.input
    }

    /// Returns the places where that is cut: offsets in bytes. For L9 the stream ends at the last
    /// of them, for L2 the parser's part, or a broken record, does.
    #[must_use]
    pub fn cuts(&self) -> &[usize] {
        &self.cuts
    }

    /// Returns the bytes of the stream that are to be repeated for as long as it takes, where a
    /// short stream does not show it: L8, and L4 where a record goes on beyond its limit.
    #[must_use]
    pub fn repeated(&self) -> Option<Range<usize>> {
        self.repeated.clone()
    }

    /// Returns the runs that were seen, each with the words for it: on one read, with the cuts.
    #[must_use]
    pub fn seen(&self) -> &[(&'static str, Seen)] {
        &self.seen
    }

    /// The stream and the cuts that it was first seen on, before both were made smaller.
    #[must_use]
    pub fn found_on(&self) -> (&[u8], &[usize]) {
        (&self.found_on.0, &self.found_on.1)
    }
}

/// The findings about a parser, law by law.
#[derive(Debug, Clone)]
pub struct Verdicts {
    pub(crate) name: String,
    pub(crate) laws: Vec<(Law, Standing)>,
    pub(crate) defects: Vec<Defect>,
    pub(crate) runs: u64,
}

/// The standing of a law beside its defects.
#[derive(Debug, Clone)]
pub(crate) enum Standing {
    Looked,
    Within(usize),
    NotApplicable(String),
    Vacuous(String),
}

impl Verdicts {
    /// Those of a parser that is only looked at on given streams.
    pub(crate) fn of_replay(name: &str) -> Self {
        Self { name: name.into(), laws: Vec::new(), defects: Vec::new(), runs: 0 }
    }

    /// Adds what was found on another stream, unless a defect of this kind is known.
    pub(crate) fn adds(&mut self, found: Option<Defect>) {
        let Some(found) = found else { return };
        let is_known = |known: &Defect| (known.law, known.symptom) == (found.law, found.symptom);
        if self.defects.iter().any(is_known) {
            return;
        }
        if !self.laws.iter().any(|(law, _)| *law == found.law) {
            self.laws.push((found.law, Standing::Looked));
        }
        self.defects.push(found);
    }

    /// The parser's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The verdict on one law.
    #[must_use]
    pub fn of(&self, law: Law) -> Verdict<'_> {
        if let Some(defect) = self.violation(law) {
            return Verdict::Violated(defect);
        }
        match self.laws.iter().find(|(other, _)| *other == law) {
            Some((_, Standing::Looked)) => Verdict::Holds,
            Some((_, Standing::Within(limit))) => Verdict::HoldsWithin(*limit),
            Some((_, Standing::NotApplicable(why))) => Verdict::NotApplicable(why),
            Some((_, Standing::Vacuous(why))) => Verdict::Vacuous(why),
            None => Verdict::NotApplicable("it is not looked at"),
        }
    }

    /// Every law with its verdict.
    pub fn all(&self) -> impl Iterator<Item = (Law, Verdict<'_>)> {
        self.laws.iter().map(|(law, _)| (*law, self.of(*law)))
    }

    /// The first defect by which a law is broken, if it is.
    #[must_use]
    pub fn violation(&self, law: Law) -> Option<&Defect> {
        self.defects.iter().find(|defect| defect.law == law)
    }

    /// All defects: at most one for each law and symptom, those on valid streams first.
    #[must_use]
    pub fn defects(&self) -> &[Defect] {
        &self.defects
    }

    /// Returns the number of runs that it took, beside those that measured work.
    #[must_use]
    pub fn runs(&self) -> u64 {
        self.runs
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} is broken: {}", self.law, self.what)?;
        writeln!(f, "  input: {} ({} bytes)", escaped(&self.input), self.input.len())?;
        match &self.repeated {
            Some(repeated) => write!(f, "  with bytes {repeated:?} of it over and over")?,
            None => write!(f, "  cuts:  {}", places(&self.cuts))?,
        }
        let (input, cuts) = &self.found_on;
        if *input != self.input && input.len() <= 64 {
            write!(f, "\n  first: {}, cuts {}", escaped(input), places(cuts))?;
        }
        let width = self.seen.iter().map(|(when, _)| when.len()).max().unwrap_or(0);
        for (when, seen) in &self.seen {
            write!(f, "\n  {when:width$}: {seen}")?;
        }
        Ok(())
    }
}

/// Returns the places where a stream is cut, in words.
fn places(cuts: &[usize]) -> String {
    match cuts {
        [] => "none".into(),
        [first, .., last] if cuts.len() > 3 && last - first == cuts.len() - 1 => {
            format!("{first} to {last}, each byte by itself")
        }
        cuts => format!("{cuts:?}"),
    }
}

impl std::error::Error for Defect {}

impl fmt::Display for Verdict<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holds => f.write_str("holds"),
            Self::HoldsWithin(limit) => write!(f, "holds within its limit of {limit} bytes"),
            Self::Violated(defect) => write!(f, "violated: {}", defect.what),
            Self::NotApplicable(why) => write!(f, "not applicable: {why}"),
            Self::Vacuous(why) => write!(f, "vacuous: {why}"),
        }
    }
}

impl fmt::Display for Verdicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, after {} runs", self.name, self.runs)?;
        for (law, verdict) in self.all() {
            write!(f, "\n{:>8}  {verdict}", law.name())?;
        }
        for defect in &self.defects {
            write!(f, "\n\n{defect}")?;
        }
        Ok(())
    }
}
