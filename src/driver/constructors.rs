//! How connections are made: the same for each driver, on a wrapper of its own.

/// Writes the constructors of a driver's `Connection`, for a wrapper with the fields `io` and
/// `peek`: what its transports are bound by, and the trait of those that can be peeked into.
macro_rules! constructors {
    ($Wrapper:ident, $Peek:ident::$peek:ident, $($bound:tt)+) => {
        impl<T: $($bound)+, S> Connection<T, S> {
            /// A connection whose first stage is `stage`.
            pub fn new(io: T, stage: S) -> Self {
                Self::from_handoff(crate::Handoff::new(io, &[][..]), stage)
            }

            /// A connection that goes on where another left off, or another library: what the
            /// hand-off carries is what the stage reads first.
            pub fn from_handoff(handoff: crate::Handoff<T>, stage: S) -> Self {
                Self::assemble(handoff.map_io(|io| $Wrapper { io, peek: None }), stage)
            }

            /// The same connection over a transport that can be peeked into: for
            /// [`ReadPolicy::Peek`](crate::driver::ReadPolicy::Peek), and for stages that look
            /// ahead under [`ReadPolicy::Exact`](crate::driver::ReadPolicy::Exact).
            #[must_use]
            pub fn peeking(mut self) -> Self
            where
                T: $Peek,
            {
                self.io.peek = Some(T::$peek);
                self
            }

            /// The transport. What is read from it or written to it past the connection is missing
            /// there.
            pub fn io(&self) -> &T {
                &self.io.io
            }

            /// The transport, to be changed.
            pub fn io_mut(&mut self) -> &mut T {
                &mut self.io.io
            }
        }
    };
}

pub(super) use constructors;
