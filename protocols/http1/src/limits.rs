/// Limits on what is read, so that a peer cannot make us hold or do more.
///
/// ```
/// use segue_http1::{Limits, RequestDecoder};
///
/// let head = RequestDecoder::new().limits(Limits { head: 64 * 1024, ..Limits::DEFAULT });
/// # let _ = head;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of a head, including empty lines before it and the one that ends it; 4 GiB at
    /// most.
    pub head: usize,
    /// The most header lines.
    pub headers: usize,
    /// The most bytes of a request target.
    pub target: usize,
    /// The most bytes of the line in front of a chunk.
    pub chunk_line: usize,
    /// The most bytes of a body, without its framing. A request with a longer one is refused with
    /// 413, one that announces its length before any of the body has come.
    pub body: u64,
    /// The most informational responses in front of a final one.
    pub informational: u32,
    /// The most requests that are unanswered at a time: a client sends no more, and a server reads
    /// no more [ahead](crate::server::Reader::ahead); 126 at most.
    pub pipelined: u32,
}

impl Limits {
    /// 16 KiB for a head, as in Node.js and h11: browsers stop at 4 KiB for a cookie, and servers
    /// in front of ours usually at 8 KiB for a line, while ten thousand connections that dribble
    /// heads hold no more than 160 MiB. 100 headers, as in Apache: browsers send 25, proxies add a
    /// dozen. 8,000 bytes for a target, the least that RFC 9112 §3 recommends. 256 bytes for the
    /// line of a chunk: a size has 16 digits at most, and extensions are rare, except in attacks.
    /// Any body: its pieces are lent, so the longest holds no more memory than the shortest. 16
    /// informational responses: servers send one or two, and each costs a client work for nothing.
    /// 64 unanswered requests: each costs a byte, and a client that has sent as many gains
    /// nothing by more.
    pub const DEFAULT: Self = Self {
        head: 16 * 1024,
        headers: 100,
        target: 8000,
        chunk_line: 256,
        body: u64::MAX,
        informational: 16,
        pipelined: 64,
    };

    /// Longer heads are always refused: places in them are kept in 32 bits.
    pub(crate) const MAX_HEAD: usize = u32::MAX as usize;
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
