//! The two modes of a connection.

use super::{poll::PollTransport, sync::Blocking, transport::Transport};

/// Transports as connections have them: a polled one as it is, and one whose calls block inside a
/// [`Blocking`], which marks the mode. It is what layers are put over, in either mode.
///
/// Only this crate implements it.
pub trait Mode: Transport + sealed::Sealed {
    /// The transport without the mark.
    type Bare: Transport;

    /// Another transport with the same mark.
    type Marked<U: Transport>: Transport;

    /// Returns the transport without the mark.
    fn bare(&self) -> &Self::Bare;

    /// Returns the transport without the mark, to be changed.
    fn bare_mut(&mut self) -> &mut Self::Bare;

    /// Returns the transport without the mark, as a value.
    fn into_bare(self) -> Self::Bare;

    /// Marks another transport with the same mode.
    fn mark<U: Transport>(transport: U) -> Self::Marked<U>;
}

impl<T: PollTransport> Mode for T {
    type Bare = T;
    type Marked<U: Transport> = U;

    fn bare(&self) -> &T {
        self
    }

    fn bare_mut(&mut self) -> &mut T {
        self
    }

    fn into_bare(self) -> T {
        self
    }

    fn mark<U: Transport>(transport: U) -> U {
        transport
    }
}

impl<X: Transport> Mode for Blocking<X> {
    type Bare = X;
    type Marked<U: Transport> = Blocking<U>;

    fn bare(&self) -> &X {
        &self.0
    }

    fn bare_mut(&mut self) -> &mut X {
        &mut self.0
    }

    fn into_bare(self) -> X {
        self.0
    }

    fn mark<U: Transport>(transport: U) -> Blocking<U> {
        Blocking(transport)
    }
}

mod sealed {
    use super::{Blocking, PollTransport, Transport};

    pub trait Sealed {}

    impl<T: PollTransport> Sealed for T {}

    impl<X: Transport> Sealed for Blocking<X> {}
}
