//! Stages made of stages.

mod skip;

pub use skip::{Measured, Skim, Skimmed, SkipOversize, skip_oversize};
