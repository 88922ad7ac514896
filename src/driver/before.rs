//! Connections before their first stage.

use super::{Connection, read::ReadSide};

/// The stage of a connection that has none yet: only `()` implements it.
///
/// Layers go under the first stage of a connection, and a [byte stream](super::ByteStream) takes
/// the place of all stages. So [`layered`](Connection::layered) and
/// [`into_byte_stream`](Connection::into_byte_stream) are for connections that are made with the
/// stage `()`, or [over](Connection::over) a transport. [`begin`](Connection::begin) gives them
/// their first stage. `follow(|_| ())` leaves a stage that is done without another.
///
/// ```compile_fail,E0277
/// use segue::{combine::Paired, driver::sync::Connection, length, separator};
///
/// # fn over(socket: std::net::TcpStream) {
/// // The stage is there before the layer that it is to read.
/// let connection = Connection::new(socket, separator::line());
/// let connection = connection.layered(Paired::new(length::u8(), length::u8(), 255));
/// # }
/// ```
///
/// ```compile_fail,E0277
/// # fn over(socket: std::net::TcpStream) {
/// # use segue::{driver::sync::Connection, separator};
/// let bytes = Connection::new(socket, separator::line()).into_byte_stream();
/// # }
/// ```
///
/// ```no_run
/// use segue::{combine::Paired, driver::sync::Connection, length, separator};
///
/// # fn over(socket: std::net::TcpStream) {
/// let connection = Connection::new(socket, ());
/// let connection = connection.layered(Paired::new(length::u8(), length::u8(), 255));
/// let lines = connection.begin(separator::line());
/// # let _ = lines;
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "the connection already has a stage: `{Self}`",
    label = "only a connection without a stage can do this",
    note = "make the connection with the stage `()`, as in `Connection::new(io, ())`, put the \
            layers over it, and give it its first stage by `begin`",
    note = "if the stage is done, `connection.follow(|_| ())` leaves it"
)]
pub trait BeforeFirst: sealed::Sealed {}

impl BeforeFirst for () {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for () {}
}

impl<T, S: BeforeFirst> Connection<T, S> {
    /// Returns the connection with `()` as its stage.
    pub(super) fn bare(self) -> Connection<T, ()> {
        let Self { io, read, write, tasks, waits } = self;
        let read = ReadSide::new((), read.input);
        Connection { io, read, write, tasks, waits }
    }
}
