//! How connections are made: the same for each driver, on a wrapper of its own.

/// Writes the constructors of a driver's `Connection`: how an `io` is wrapped, where the wrapper is
/// that has a field `peek`, the trait of those that can be peeked into, and what all are bound by.
macro_rules! constructors {
    ($wrap:expr, [$($leaf:tt)*], $Peek:ident::$peek:ident, $($bound:tt)+) => {
        impl<T: $($bound)+, S> Connection<T, S> {
            /// A connection whose first stage is `stage`.
            pub fn new(io: T, stage: S) -> Self {
                Self::from_handoff(crate::Handoff::new(io, &[][..]), stage)
            }

            /// A connection that goes on where another left off, or another library: what the
            /// hand-off carries is what the stage reads first.
            pub fn from_handoff(handoff: crate::Handoff<T>, stage: S) -> Self {
                Self::assemble(handoff.map_io($wrap), stage)
            }

            /// The same connection over a transport that can be peeked into: for
            /// [`ReadPolicy::Peek`](crate::driver::ReadPolicy::Peek), and for stages that look
            /// ahead under [`ReadPolicy::Exact`](crate::driver::ReadPolicy::Exact).
            #[must_use]
            pub fn peeking(mut self) -> Self
            where
                T: $Peek,
            {
                self.io $($leaf)* .peek = Some(T::$peek);
                self
            }
        }
    };
}

pub(super) use constructors;
