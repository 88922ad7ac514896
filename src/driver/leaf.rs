//! The parts of a driver that are the same for each: the wrapper around its transports, and the
//! constructors of its connections.

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

/// Writes the type that wraps a transport of a driver, for the bounds that such a transport has,
/// with a function to peek into it that [`constructors`] sets.
macro_rules! leaf {
    ($(#[$doc:meta])* $Leaf:ident<T>, $Peek:ty, $($bound:tt)+) => {
        $(#[$doc])*
        pub struct $Leaf<T> {
            pub(in crate::driver) io: T,
            pub(in crate::driver) peek: Option<$Peek>,
        }

        impl<T> $Leaf<T> {
            /// Wraps `io`.
            pub fn new(io: T) -> Self {
                Self { io, peek: None }
            }
        }

        impl<T> crate::driver::Leaf for $Leaf<T> {
            type Io = T;

            fn io(&self) -> &T {
                &self.io
            }

            fn io_mut(&mut self) -> &mut T {
                &mut self.io
            }
        }

        impl<T: $($bound)+> crate::driver::IntoIo for $Leaf<T> {
            type Io = T;

            fn into_io(self) -> T {
                self.io
            }
        }

        impl<T: $($bound)+> crate::driver::HasLeaf for $Leaf<T> {
            fn leaf(&self) -> &Self {
                self
            }

            fn leaf_mut(&mut self) -> &mut Self {
                self
            }
        }

        impl<T: std::fmt::Debug> std::fmt::Debug for $Leaf<T> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_tuple(stringify!($Leaf)).field(&self.io).finish()
            }
        }
    };
}

/// Writes the methods of a [`Transport`](crate::driver::Transport) that are the same over tokio and
/// over futures-io, whose writers have the same methods.
#[cfg(any(feature = "tokio", feature = "futures"))]
macro_rules! polled_leaf {
    () => {
        fn poll_send(
            &mut self,
            cx: &mut std::task::Context<'_>,
            output: &mut crate::Output,
        ) -> std::task::Poll<std::io::Result<()>> {
            let mut io = std::pin::Pin::new(&mut self.io);
            std::task::ready!(crate::driver::calls::send(output, |chunks| match chunks {
                [one] => io.as_mut().poll_write(cx, one),
                many => io.as_mut().poll_write_vectored(cx, many),
            }))?;
            crate::driver::calls::uninterrupted(|| io.as_mut().poll_flush(cx))
        }

        fn poll_peek(
            &mut self,
            cx: &mut std::task::Context<'_>,
            into: &mut [u8],
        ) -> std::task::Poll<std::io::Result<usize>> {
            match self.peek {
                Some(peek) => peek(&mut self.io, cx, into),
                None => std::task::Poll::Ready(Err(std::io::ErrorKind::Unsupported.into())),
            }
        }

        crate::driver::leaf::ends_itself!();
    };
}

/// Writes the methods of a [`Transport`](crate::driver::Transport) that every leaf has: there is
/// nothing below it to be ended first.
macro_rules! ends_itself {
    () => {
        fn can_peek(&self) -> bool {
            self.peek.is_some()
        }

        fn poll_end(
            &mut self,
            cx: &mut std::task::Context<'_>,
            end: &mut crate::driver::EndOf<'_, Self>,
        ) -> std::task::Poll<std::io::Result<()>> {
            end.poll(self, cx)
        }
    };
}

/// A function that peeks into a polled transport.
#[cfg(any(feature = "tokio", feature = "futures"))]
pub(super) type PollPeekFn<T> =
    fn(&mut T, &mut std::task::Context<'_>, &mut [u8]) -> std::task::Poll<std::io::Result<usize>>;

#[cfg(any(feature = "tokio", feature = "futures"))]
pub(super) use polled_leaf;
pub(super) use {constructors, ends_itself, leaf};
