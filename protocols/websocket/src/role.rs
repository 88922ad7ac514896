//! Which end of the connection a stage serves.

/// Which end of the connection a stage serves: the two differ in who masks (RFC 6455 §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The end that accepted the connection: what it reads is masked, what it writes is not.
    Server,
    /// The end that opened the connection: what it reads is not masked, what it writes is.
    Client,
}
