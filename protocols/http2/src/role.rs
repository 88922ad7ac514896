/// An end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// It makes requests.
    Client,
    /// It answers them.
    Server,
}
