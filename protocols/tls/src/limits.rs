/// Limits on what a peer may send.
///
/// ```
/// use segue_tls::Limits;
///
/// let limits = Limits { hello: 4096, ..Limits::DEFAULT };
/// # let _ = limits;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of a ClientHello that [`Hello`](crate::Hello) reads, without the headers of
    /// its records.
    pub hello: usize,
    /// The most bytes on the wire that [`Hello`](crate::Hello) looks through for it.
    pub hello_wire: usize,
    /// The most records in a row that carry no data, once the handshake is done: empty ones,
    /// tickets, key updates, warnings.
    pub records_without_data: u32,
}

impl Limits {
    /// 16 KiB for a ClientHello: browsers send 2 KiB with a post-quantum key share, and a list of
    /// several shares or a large ticket takes a few more. 64 KiB on the wire: records may be as
    /// short as a byte behind a header of five. 32 records without data: servers send up to four
    /// tickets, and a key update is due once in millions of records.
    pub const DEFAULT: Self =
        Self { hello: 16 * 1024, hello_wire: 64 * 1024, records_without_data: 32 };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
