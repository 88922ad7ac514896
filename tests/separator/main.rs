//! The stages of `segue::separator`, on every cut.

mod ahead;
mod escaped;
mod laws;
mod plain;
mod properties;
mod reference;
mod with_payload;
