//! Constructors of connections, the same for each driver.

/// Writes the constructors of a driver's `Connection`: the wrapper of an `io`, the wrapper that has
/// a field `peek`, the trait for transports that can be peeked into, and the bounds of all.
macro_rules! constructors {
    ($wrap:expr, [$($leaf:tt)*], $Peek:ident::$peek:ident, $($bound:tt)+) => {
        impl<T: $($bound)+, S> Connection<T, S> {
            /// Makes a connection with `stage` as its first stage.
            pub fn new(io: T, stage: S) -> Self {
                Self::from_handoff(crate::Handoff::new(io, &[][..]), stage)
            }

            /// Makes a connection that goes on where another one, or another library, left off: the
            /// stage first reads what the hand-off carries.
            pub fn from_handoff(handoff: crate::Handoff<T>, stage: S) -> Self {
                Self::assemble(handoff.map_io($wrap), stage)
            }

            /// Uses the transport's ability to be peeked into: for
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
