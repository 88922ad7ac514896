//! Frames (RFC 9113 §4, §6): a file for each type, and the stage that delimits them.
//!
//! [`Frames`] reads a connection behind its [preface](PREFACE). A header block comes as one record,
//! with its CONTINUATION frames joined; data comes in pieces as it arrives; frames of unknown types
//! are skipped in pieces.

mod data;
mod error;
mod go_away;
mod header;
mod headers;
mod parse;
mod ping;
mod priority;
mod push_promise;
mod reset;
mod settings;
mod stage;
mod window_update;

pub use data::Data;
pub use error::{FrameError, FrameErrorKind};
pub use go_away::GoAway;
pub use header::{Flags, Header, Kind, StreamId};
pub use headers::Headers;
pub use ping::Ping;
pub use priority::{Dependency, Priority, PriorityUpdate};
pub use push_promise::PushPromise;
pub use reset::RstStream;
pub use settings::{Setting, Settings};
pub use stage::{Frame, FrameLimits, Frames};
pub use window_update::WindowUpdate;

/// The first bytes of a connection, which its client sends (RFC 9113 §3.4). A SETTINGS frame follows.
pub const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
