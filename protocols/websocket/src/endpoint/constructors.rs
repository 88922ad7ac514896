//! How endpoints are made that are polled: the same for each driver.
//!
//! The futures of handshakes are boxed. They take some kilobytes, and a task that awaits one in
//! line has room for that as long as it lives, which is as long as the connection.

/// Writes the functions that make a driver's `WebSocket`, for transports bound as is said;
/// `$exchange` runs a handshake, and `$end` ends a connection whose handshake failed.
macro_rules! constructors {
    ($Connection:ident, $exchange:expr, $end:expr, $($bound:tt)+) => {
        impl<T: $($bound)+> WebSocket<T> {
            /// Serves a client: reads its request for a WebSocket, any that RFC 6455 §4.2.1
            /// allows, and agrees.
            ///
            /// The transport is dropped with the future. Where it comes with a clock, which the
            /// features `tokio-time` and `async-io` bring, the whole handshake has 30 seconds;
            /// elsewhere the caller bounds it.
            ///
            /// # Errors
            /// Of the transport, or [`Error::Request`]: then the client was sent a proper HTTP
            /// answer, and the connection is closed.
            pub async fn accept(io: T) -> Result<Self, Error> {
                Ok(Self::accept_with(io, ServerHandshake::new()).await?.0)
            }

            /// The same, on terms: subprotocols, and what else the handshake decides.
            ///
            /// # Errors
            /// As [`accept`](Self::accept).
            pub fn accept_with(
                io: T,
                handshake: ServerHandshake,
            ) -> impl Future<Output = Result<(Self, Accepted), Error>> {
                Self::accept_handoff(Handoff::new(io, &[][..]), handshake)
            }

            /// The same, on a connection that another library, or another stage, has read from:
            /// the request is in what the hand-off carries, or begins there.
            ///
            /// # Errors
            /// As [`accept`](Self::accept).
            pub fn accept_handoff(
                handoff: Handoff<T>,
                handshake: ServerHandshake,
            ) -> impl Future<Output = Result<(Self, Accepted), Error>> {
                let connection = $Connection::from_handoff(handoff, ());
                Box::pin(Self::open_as_server(connection, handshake, $exchange, $end))
            }

            /// Asks the server `host` (with a port unless it is the default one) for a WebSocket at
            /// `target` (path and query), over a transport that leads there.
            ///
            /// The transport is dropped with the future. The handshake has as long as that of
            /// [`accept`](Self::accept).
            ///
            /// # Errors
            /// Of the transport, or [`Error::Response`] where the server does not agree.
            pub async fn connect(io: T, host: &str, target: &str) -> Result<Self, Error> {
                Ok(Self::connect_with(io, ClientHandshake::new(host, target)).await?.0)
            }

            /// The same, with a request of the caller's making: subprotocols, further headers.
            ///
            /// # Errors
            /// As [`connect`](Self::connect).
            pub fn connect_with(
                io: T,
                handshake: ClientHandshake,
            ) -> impl Future<Output = Result<(Self, Connected), Error>> {
                let connection = $Connection::new(io, ());
                Box::pin(Self::open_as_client(connection, handshake, $exchange, $end))
            }

            /// A WebSocket whose handshake was done elsewhere: by hyper or axum, whose upgraded
            /// connection this is. What the peer sent behind its last word of HTTP is in the
            /// hand-off, and is read first.
            pub fn from_handoff(handoff: Handoff<T>, role: Role) -> Self {
                let (messages, writer) = stages(role);
                Self::new($Connection::from_handoff(handoff, messages), writer)
            }
        }
    };
}

pub(super) use constructors;
