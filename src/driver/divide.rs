//! Blocking transports that two threads can share.

use std::{
    error,
    io::{self, Read, Write},
};

use super::{
    layer_state::{LayerState, Outcome},
    layered::Layered,
    sync::Std,
    transport::Transport,
};
use crate::{Buffer, Layer, Output};

/// Blocking transports that can be [split](super::Connection::split) for two threads: a leaf that
/// both use at once, and the layers over it, which they use in turns.
///
/// `Std<T>` is one if `&T` reads and writes, as a socket does, and so is a layer over one. Only
/// this crate implements it.
///
/// A stream that needs `&mut` for both directions, such as a TLS stream of another library, cannot
/// be used by two threads at once:
///
/// ```compile_fail,E0277
/// use segue::{driver::sync::Connection, separator};
/// use std::{io::Cursor, net::TcpStream};
///
/// let (reader, writer) = Connection::new(Cursor::new(vec![]), separator::line()).split();
/// ```
///
/// ```no_run
/// use segue::{driver::sync::Connection, separator};
/// use std::net::TcpStream;
///
/// # fn over(socket: TcpStream) {
/// let (reader, writer) = Connection::new(socket, separator::line()).split();
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "a blocking connection over `{Self}` cannot be split for two threads",
    label = "both threads would have to use the transport at once",
    note = "a socket can be used so, since `&TcpStream` reads and writes: its connection, and one \
            with layers over it, can be split",
    note = "a TLS stream of another library cannot: put TLS over the socket as a layer (`segue-tls`), \
            or take the connection of tokio or futures-io, whose `split` takes any transport"
)]
pub trait Divide: Transport + sealed::Divide {
    /// The reader and writer that both threads use.
    type Io;
    /// The layers.
    type Stack: Stack;

    /// Takes the transport apart.
    fn divide(self) -> (Std<Self::Io>, Self::Stack);

    /// Puts the parts together again.
    fn unite(leaf: Std<Self::Io>, stack: Self::Stack) -> Self;
}

/// The layers of a transport without the leaf under them.
#[doc(hidden)]
pub trait Stack: sealed::Stack {}

impl<K: sealed::Stack> Stack for K {}

pub(super) mod sealed {
    use super::{Buffer, Outcome, Output, io};

    pub trait Divide {}

    pub trait Stack {
        /// True if there is no layer.
        const IS_EMPTY: bool;

        /// Opens what is in `raw` into `into`. Nothing follows `raw` if `eof`.
        fn open(
            &mut self,
            raw: &mut Buffer,
            eof: bool,
            into: &mut Buffer,
            most: usize,
        ) -> io::Result<Outcome>;

        /// Seals all of `plain` behind what was sealed before, and appends it to `wire`.
        fn seal(&mut self, plain: &mut Output, wire: &mut Output) -> io::Result<()>;

        /// Appends the end of each layer.
        fn close(&mut self, wire: &mut Output) -> io::Result<()>;

        /// Takes back what was received and not opened, and what was sealed and not sent, when the
        /// transport is put together again. What no layer takes stays.
        fn put_back(&mut self, raw: &mut Buffer, has_ended: bool, wire: &mut Output);

        /// Returns true if a part of a record was received.
        fn holds_part(&self) -> bool;

        /// Returns the bytes of memory that the layers hold.
        fn held(&self) -> usize;
    }
}

impl<T> Divide for Std<T>
where
    T: Read + Write,
    for<'a> &'a T: Read + Write,
{
    type Io = T;
    type Stack = ();

    fn divide(self) -> (Self, ()) {
        (self, ())
    }

    fn unite(leaf: Self, (): ()) -> Self {
        leaf
    }
}

impl<X: Divide, L: Layer> Divide for Layered<X, L>
where
    L::Error: error::Error + Send + Sync + 'static,
{
    type Io = X::Io;
    type Stack = Over<L, X::Stack>;

    fn divide(self) -> (Std<X::Io>, Self::Stack) {
        let (io, state, failure) = self.apart();
        let (leaf, below) = io.divide();
        (leaf, Over { state, below, failure })
    }

    fn unite(leaf: Std<X::Io>, stack: Self::Stack) -> Self {
        let Over { state, below, failure } = stack;
        Self::of(X::unite(leaf, below), state, failure)
    }
}

/// A layer over others.
#[doc(hidden)]
#[derive(Debug)]
pub struct Over<L, K> {
    state: LayerState<L>,
    below: K,
    /// The failure to send before the transport was taken apart, if there was one.
    failure: Option<io::Error>,
}

impl<T> sealed::Divide for Std<T> {}

impl<X, L> sealed::Divide for Layered<X, L> {}

impl sealed::Stack for () {
    const IS_EMPTY: bool = true;

    /// Passes bytes of the leaf on unchanged.
    fn open(
        &mut self,
        raw: &mut Buffer,
        eof: bool,
        into: &mut Buffer,
        _: usize,
    ) -> io::Result<Outcome> {
        let count = raw.len();
        if count == 0 {
            return Ok(if eof { Outcome::End } else { Outcome::Need(crate::Need::ONE) });
        }
        into.extend(raw.as_slice());
        raw.consume(count);
        Ok(Outcome::Some(count))
    }

    fn seal(&mut self, plain: &mut Output, wire: &mut Output) -> io::Result<()> {
        wire.append(plain);
        Ok(())
    }

    fn close(&mut self, _: &mut Output) -> io::Result<()> {
        Ok(())
    }

    fn put_back(&mut self, _: &mut Buffer, _: bool, _: &mut Output) {}

    fn holds_part(&self) -> bool {
        false
    }

    fn held(&self) -> usize {
        0
    }
}

impl<L: Layer, K: sealed::Stack> sealed::Stack for Over<L, K>
where
    L::Error: error::Error + Send + Sync + 'static,
{
    const IS_EMPTY: bool = false;

    fn open(
        &mut self,
        raw: &mut Buffer,
        eof: bool,
        into: &mut Buffer,
        most: usize,
    ) -> io::Result<Outcome> {
        loop {
            let opened = self.state.open(into, most)?;
            let Outcome::Need(_) = opened else { return Ok(opened) };
            match self.below.open(raw, eof, &mut self.state.wire, usize::MAX)? {
                Outcome::Some(_) => {}
                Outcome::End => self.state.wire_has_ended(),
                opened @ (Outcome::Need(_) | Outcome::Full | Outcome::Enough) => return Ok(opened),
            }
        }
    }

    fn seal(&mut self, plain: &mut Output, wire: &mut Output) -> io::Result<()> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        self.state.seal_all(plain)?;
        self.below.seal(&mut self.state.sealed, wire)?;
        self.state.release_sealed();
        Ok(())
    }

    fn close(&mut self, wire: &mut Output) -> io::Result<()> {
        self.state.close();
        self.below.seal(&mut self.state.sealed, wire)?;
        self.state.release_sealed();
        self.below.close(wire)
    }

    fn put_back(&mut self, raw: &mut Buffer, has_ended: bool, wire: &mut Output) {
        if !K::IS_EMPTY {
            return self.below.put_back(raw, has_ended, wire);
        }
        self.state.wire.extend(raw.as_slice());
        raw.consume(raw.len());
        if has_ended {
            self.state.wire_has_ended();
        }
        self.state.sealed.append(wire);
    }

    fn holds_part(&self) -> bool {
        !self.state.wire.is_empty() || self.below.holds_part()
    }

    fn held(&self) -> usize {
        self.state.held() + self.below.held()
    }
}
