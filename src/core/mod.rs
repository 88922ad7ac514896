//! The types everything else is made of. Nothing here knows a driver, a clock or a protocol.

mod ahead;
mod asking;
mod budget;
mod buffer;
mod content;
mod decode;
mod encode;
mod exchange;
mod fault;
mod framing;
mod handoff;
mod inlet;
mod layer;
mod output;
mod pull;
mod record;
mod records;
mod say;
mod step;

pub use ahead::Ahead;
#[cfg(feature = "std")]
pub(crate) use asking::{MAX_RECORD, is_too_long, shown};
pub(crate) use budget::Budget;
pub use buffer::Buffer;
#[cfg(feature = "std")]
pub(crate) use buffer::reclaim;
pub use content::Content;
pub use decode::Decode;
pub use encode::{Encode, EncodeWith, encode_with};
pub use exchange::{Exchange, Progress};
pub use fault::{Cause, Fault};
pub use framing::{Framing, Need, Step};
pub use handoff::{Edge, Handoff};
pub use inlet::{Inlet, Ready};
pub use layer::Layer;
pub use output::{Mark, Output, Tail};
pub use pull::{Pull, Pulled};
pub use record::Record;
pub use records::Records;
pub use say::{Moment, Say};
