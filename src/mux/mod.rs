//! Many streams over one connection.
//!
//! What each protocol with streams needs, whatever its frames look like:
//!
//! - [`Window`] is what this endpoint allows its peer, [`Credit`] what the peer allows it: for a
//!   stream, for all of a connection's, or for their number;
//! - [`Grants`] is what streams are allowed beyond their windows, for records that are longer;
//! - [`Table`] holds the streams by their ids, [`Scheduler`] says which of them sends next;
//! - [`Carrier`] is what a session of such a protocol is to those who use its streams, [`Opens`] and
//!   [`Datagrams`] what some of them can do besides;
//! - [`Mux`] runs stages on the streams of any carrier.

mod carrier;
mod credit;
mod ended;
mod grants;
mod scheduler;
mod stages;
mod table;
mod window;

pub use carrier::{Carrier, Datagrams, Direction, Ending, Event, Opens, StreamMut};
pub use credit::Credit;
pub use ended::Ended;
pub use grants::{Grants, Wanted};
pub use scheduler::{Priority, Scheduler};
pub use stages::{Item, Mux};
pub use table::Table;
pub use window::{Exceeded, Window};
