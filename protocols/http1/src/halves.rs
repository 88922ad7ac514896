//! Both halves of one end, made together.

/// Makes the two halves of a server's end of a connection, with the default limits.
#[must_use]
pub fn server() -> (crate::server::Reader, crate::server::Writer) {
    crate::server::Reader::new().paired()
}

/// Makes the two halves of a client's end of a connection, with the default limits.
#[must_use]
pub fn client() -> (crate::client::Reader, crate::client::Writer) {
    crate::client::Reader::new().paired()
}
