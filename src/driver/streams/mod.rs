//! The streams of a carrier, for async tasks.
//!
//! [`Connection::into_streams`](super::Connection::into_streams) makes an [`Endpoint`] and a
//! [`Driver`] of a connection whose stage is a [`Carrier`]: a session of yamux, for one. The driver
//! is a future that does the I/O; spawn it, or join it with the tasks that use the streams. The
//! endpoint [opens](Endpoint::open) and [accepts](Endpoint::accept) streams, and may be cloned. A
//! [`Stream`] is a [`Transport`](super::Transport): a [`Connection`](super::Connection) of any
//! stage runs on it, so code for a socket works on a stream.
//!
//! The carrier is behind one lock, which is held no longer than a poll. A task is woken when
//! something happened on its own stream, so the cost of a message does not grow with the number of
//! idle streams.
//!
//! With blocking threads a session is one loop: the stage of a blocking connection is the carrier,
//! or a [`Mux`](crate::mux::Mux) of stages on its streams.

mod driver;
mod endpoint;
mod shared;
mod stream;
mod why;

pub use driver::Driver;
pub use endpoint::Endpoint;
pub use stream::{Stream, reset_code};
pub use why::{away_code, session_end};

use crate::mux::Carrier;
