//! Constructors of polled endpoints, the same for each driver.
//!
//! The futures of handshakes are boxed. They take several kilobytes, and a task that awaits one
//! directly keeps room for it as long as the connection lives.

/// Writes the constructors of a driver's `WebSocket`, for transports with the given bounds.
/// `$exchange` runs a handshake, `$end` ends a connection whose handshake failed, and `$clock` makes
/// a timer, if there is a clock.
macro_rules! constructors {
    ($Connection:ident, $exchange:expr, $end:expr, $clock:expr, $($bound:tt)+) => {
        impl<T: $($bound)+> WebSocket<T> {
            /// Accepts a client: reads its request for a WebSocket, any that RFC 6455 §4.2.1
            /// allows, and agrees.
            ///
            /// Dropping the future drops the transport. With the features `tokio-time` and
            /// `async-io`, which bring a clock, the whole handshake may take 30 seconds; without
            /// them the caller sets a limit.
            ///
            /// # Errors
            /// Errors of the transport, or [`Error::Request`]: the client was sent a proper HTTP
            /// answer, and the connection is closed.
            pub async fn accept(io: T) -> Result<Self, Error> {
                Ok(Self::accept_with(io, ServerHandshake::new()).await?.0)
            }

            /// Accepts a client with a handshake of your own, for subprotocols and other terms.
            ///
            /// # Errors
            /// As [`accept`](Self::accept).
            pub fn accept_with(
                io: T,
                handshake: ServerHandshake,
            ) -> impl Future<Output = Result<(Self, Accepted), Error>> {
                Self::accept_handoff(Handoff::new(io, &[][..]), handshake)
            }

            /// Accepts a client on a connection that another library or stage has read from: the
            /// request is in the hand-off, or begins there.
            ///
            /// # Errors
            /// As [`accept`](Self::accept).
            pub fn accept_handoff(
                handoff: Handoff<T>,
                handshake: ServerHandshake,
            ) -> impl Future<Output = Result<(Self, Accepted), Error>> {
                let connection = $Connection::from_handoff(handoff, ());
                Box::pin(Self::open_as_server(connection, handshake, $exchange, $end, $clock))
            }

            /// Connects to `target` (path and query) at the server `host` (with a port unless it is
            /// the default one), over a transport that leads there.
            ///
            /// Dropping the future drops the transport. The handshake may take as long as that of
            /// [`accept`](Self::accept).
            ///
            /// # Errors
            /// Errors of the transport, or [`Error::Response`] if the server does not agree.
            pub async fn connect(io: T, host: &str, target: &str) -> Result<Self, Error> {
                Ok(Self::connect_with(io, ClientHandshake::new(host, target)).await?.0)
            }

            /// Connects with a handshake of your own, for subprotocols and further headers.
            ///
            /// # Errors
            /// As [`connect`](Self::connect).
            pub fn connect_with(
                io: T,
                handshake: ClientHandshake,
            ) -> impl Future<Output = Result<(Self, Connected), Error>> {
                let connection = $Connection::new(io, ());
                Box::pin(Self::open_as_client(connection, handshake, $exchange, $end, $clock))
            }

            /// Makes a WebSocket after a handshake done elsewhere, by hyper or axum for instance.
            /// Bytes that the peer sent behind its HTTP head are in the hand-off, and are read
            /// first.
            pub fn from_handoff(handoff: Handoff<T>, role: Role) -> Self {
                let (messages, writer) = stages(role);
                Self::new($Connection::from_handoff(handoff, messages), writer).parting_by($clock)
            }
        }
    };
}

pub(super) use constructors;
