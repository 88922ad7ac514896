//! The toolkit measured beside its peers.
//!
//! Each measurement is defined once, as a [`Contender`], and used twice: by the criterion benches,
//! for tracking one of them over time, and by the `ratios` bench, which lets them take turns and
//! compares each with the floor and with its peers. See `CONTRIBUTING.md` for the commands.
// Allowed where a peer is written in C, and where a floor is made of vectors.
#![deny(unsafe_code)]

mod contender;
pub mod contenders;
pub mod corpus;
mod criterion;

pub use contender::{Contender, Group};
pub use criterion::measure;

/// The first line of what a program prints, or nothing.
#[must_use]
pub fn said(program: &str, arguments: &[&str]) -> String {
    let output = std::process::Command::new(program).args(arguments).output();
    let text = output.ok().and_then(|output| String::from_utf8(output.stdout).ok());
    text.and_then(|text| text.lines().next().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
