//! What was seen in one run over one stream.

use std::fmt;

use super::{Entry, Law, report::escaped};
use crate::{Cause, Fault};

/// What was seen in one run over one stream.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Trace {
    /// What the items said, and faults after which the stage went on, in their order.
    pub entries: Vec<Entry>,
    /// How the run ended.
    pub end: End,
    /// How many bytes were consumed.
    pub consumed: u64,
    /// What was left over of the stream.
    pub left: Vec<u8>,
    /// What was put into the output: answers of a stage, the words of an exchange.
    pub sent: Vec<u8>,
    /// Whether the stage was over before it was told that nothing follows.
    pub ended_by_itself: bool,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// The stage was over.
    Done,
    /// The stage asked for more, and the run had no more to give and did not say that it ended.
    Waiting,
    /// The stage refused the stream.
    Fault(FaultSeen),
    /// The stage broke a law during the run, and the run was stopped.
    Broke(Law, String),
}

/// A fault as far as it can be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FaultSeen {
    /// The cause by its `Debug`.
    pub cause: String,
    /// Offset in bytes, in the stream of its layer.
    pub at: u64,
    /// How deep the stage is nested that it comes from.
    pub layer: u8,
    /// Whether the stage is dead.
    pub fatal: bool,
    /// Whether the cause is [`Cause::TooLong`].
    pub too_long: bool,
}

impl FaultSeen {
    pub(super) fn new<E: fmt::Debug>(fault: &Fault<E>) -> Self {
        Self {
            cause: format!("{:?}", fault.cause),
            at: fault.at,
            layer: fault.layer,
            fatal: fault.fatal,
            too_long: matches!(fault.cause, Cause::TooLong),
        }
    }
}

impl Trace {
    /// The first fault of the run, fatal or not.
    #[must_use]
    pub fn fault(&self) -> Option<&FaultSeen> {
        let recovered = self.entries.iter().find_map(|entry| match entry {
            Entry::Fault(fault) => Some(fault),
            _ => None,
        });
        recovered.or(match &self.end {
            End::Fault(fault) => Some(fault),
            _ => None,
        })
    }

    /// What is different in `other`, a run over the same stream; `None` where nothing is.
    ///
    /// Two runs that end in the same fatal fault may differ in how much of an unfinished payload
    /// came in pieces before it: whether a piece that came with the violation was still delivered
    /// is a matter of reads, and its payload is lost in both. The same holds for how much of the
    /// outer stream was consumed, where the fault is that of an inner one; and, for a stage that
    /// `absorbs` records in pieces, to how much was consumed of the record that the fault is in.
    pub(super) fn difference(&self, other: &Self, absorbs: bool) -> Option<String> {
        if self.end != other.end {
            return Some("it ends otherwise".into());
        }
        let (mut ours, mut theirs) = (&self.entries[..], &other.entries[..]);
        let mut unfinished = false;
        if let End::Fault(fault) = &self.end {
            let our_pieces = last_pieces(&mut ours);
            let their_pieces = last_pieces(&mut theirs);
            unfinished = fault.layer > 0 || !our_pieces.is_empty() || !their_pieces.is_empty();
            unfinished |= absorbs && fault.at < self.consumed.min(other.consumed);
            if !our_pieces.starts_with(their_pieces) && !their_pieces.starts_with(our_pieces) {
                return Some("the pieces before the fault are others".into());
            }
        }
        if let Some(at) = first_difference(ours, theirs) {
            return Some(format!(
                "entry {at} differs: {} against {}",
                at_or(ours, at),
                at_or(theirs, at)
            ));
        }
        if self.sent != other.sent {
            return Some("what it sent differs".into());
        }
        (self.consumed != other.consumed && !unfinished).then(|| "what is left over differs".into())
    }

    /// Whether all that was seen here comes first in `whole`, a run over a longer stream; pieces
    /// at the end may be the beginning of a payload if `payload_may_end`.
    pub(super) fn begins(&self, whole: &Self, payload_may_end: bool) -> bool {
        let mut ours = &self.entries[..];
        if payload_may_end && let pieces @ [_, ..] = last_pieces(&mut ours) {
            return whole.entries.starts_with(ours)
                && matches!(&whole.entries[ours.len()..],
                    [Entry::Pieces(payload), ..] if payload.starts_with(pieces));
        }
        whole.entries.starts_with(&self.entries)
    }
}

/// Takes pieces off the end.
fn last_pieces<'a>(entries: &mut &'a [Entry]) -> &'a [u8] {
    match entries {
        [before @ .., Entry::Pieces(pieces)] => {
            *entries = before;
            pieces
        }
        _ => &[],
    }
}

fn first_difference(ours: &[Entry], theirs: &[Entry]) -> Option<usize> {
    let both = ours.len().max(theirs.len());
    (0..both).find(|&at| ours.get(at) != theirs.get(at))
}

fn at_or(entries: &[Entry], at: usize) -> String {
    entries.get(at).map_or_else(|| "nothing".into(), ToString::to_string)
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Enough to see what is going on.
        const SHOWN: usize = 24;
        for entry in self.entries.iter().take(SHOWN) {
            write!(f, "{entry}, ")?;
        }
        if self.entries.len() > SHOWN {
            write!(f, "… {} more, ", self.entries.len() - SHOWN)?;
        }
        write!(f, "{}; {} consumed, left over {}", self.end, self.consumed, escaped(&self.left))?;
        if !self.sent.is_empty() {
            write!(f, ", sent {}", escaped(&self.sent))?;
        }
        Ok(())
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Waiting => f.write_str("waiting for more"),
            Self::Fault(fault) => write!(f, "{fault}"),
            Self::Broke(..) => f.write_str("stopped"),
        }
    }
}

impl fmt::Display for FaultSeen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.fatal { "fatal" } else { "recoverable" };
        write!(f, "{kind} fault at {}", self.at)?;
        if self.layer > 0 {
            write!(f, " of layer {}", self.layer)?;
        }
        write!(f, ": {}", self.cause)
    }
}
