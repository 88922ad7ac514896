//! Stages made of stages.
//!
//! Each combinator is a [`Decode`](crate::Decode) made of others, and most are methods of every
//! stage, by [`DecodeExt`]. None holds bytes, except [`Nested`] for its inner stream, so a
//! composition is cut, handed over and left as any stage is.
//!
//! | combinator | stage | items | errors |
//! |---|---|---|---|
//! | [`map`](Map), [`owned`](Owned) | items converted | the function's | the stage's |
//! | [`try_map`](TryMap) | items converted, or refused | the function's | the function's |
//! | [`map_err`](MapErr) | errors converted | the stage's | the function's |
//! | [`absorbing`](Absorbing) | some records yield no item | the stage's | the stage's |
//! | [`limit`](Limit) | records of at most a number of bytes | the stage's | the stage's |
//! | [`skip_oversize`](SkipOversize) | records that are too long passed over and reported | [`Measured`] | the stage's |
//! | [`take`](Take) | a number of records, then done | the stage's | the stage's |
//! | [`through`](Through) | records up to a last one, then done | the stage's | the stage's |
//! | [`repeat`](Repeat) | a stage that starts again when it is done | the stage's | the stage's |
//! | [`region`](Region) | a stage confined to a number of bytes | the stage's | the stage's |
//! | [`then`](Then) | a stage and the next, made out of it | [`Either`] | [`Either`] |
//! | [`nested`](Nested) | a stream inside the records of another | the inner stage's | [`Either`] |
//! | [`choice`](Choice), [`prefixes`] | a decision by the first bytes | the decision | none |
//! | [`switch`](Switch) | a decision, and the chosen stage | the chosen stage's | the chosen stage's |
//! | [`Either`], [`stages!`](crate::stages) | one of several stages, chosen at run time | one of several | one of several |
//! | [`boxed`](Erased) | any stage, behind a pointer | of one [`Family`] | of one type |
//!
//! Each file documents how its combinator acts on partial and on complete input. Each combinator
//! keeps the laws if the wrapped stages do.

mod absorbing;
mod choice;
mod either;
mod erased;
mod ext;
mod family;
pub(crate) mod forward;
mod limit;
mod map;
mod map_err;
pub mod nested;
mod owned;
mod paired;
mod prefixes;
mod region;
mod repeat;
mod skip;
mod stages;
mod switch;
mod take;
mod then;
mod through;
mod try_map;

pub use absorbing::Absorbing;
pub use choice::{Choice, Decision, Look, choice};
pub use either::Either;
pub use erased::{DynDecode, Erased, LocalErased};
pub use ext::DecodeExt;
pub use family::{Family, Lent, Own, Slice, Text};
pub use limit::Limit;
pub use map::{Lending, Map, MapItem};
pub use map_err::MapErr;
pub use nested::Nested;
pub use owned::Owned;
pub use paired::Paired;
pub use prefixes::{PrefixTable, Prefixes, prefixes};
pub use region::Region;
pub use repeat::{Repeat, repeat};
pub use skip::{Measured, Skim, Skimmed, SkipOversize, skip_oversize};
pub use switch::Switch;
pub use take::Take;
pub use then::Then;
pub use through::Through;
pub use try_map::{TryMap, TryMapItem};
