/// An end of a connection. The two differ in who masks (RFC 6455 §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The end that accepted the connection: what it reads is masked, what it writes is not.
    Server,
    /// The end that opened the connection: what it reads is not masked, what it writes is.
    Client,
}

impl Role {
    /// The other end.
    #[must_use]
    pub const fn peer(self) -> Self {
        match self {
            Self::Server => Self::Client,
            Self::Client => Self::Server,
        }
    }
}
