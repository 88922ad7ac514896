//! Many streams over one connection.
//!
//! The parts that every protocol with streams needs, whatever its frames look like:
//!
//! - [`Window`] limits the peer, and [`Credit`] is the limit the peer sets: on a stream, on all of
//!   a connection, or on the number of streams;
//! - [`Grants`] allows streams more than their windows, for records that are longer;
//! - [`Table`] holds the streams by their ids, and [`Scheduler`] picks the one that sends next;
//! - [`Carrier`] is the interface of a session to the users of its streams; [`Opens`] and
//!   [`Datagrams`] are further abilities of some carriers;
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
