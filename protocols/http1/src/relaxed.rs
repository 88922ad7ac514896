//! Tolerance of old habits, switch by switch.

/// Departures from the strict reading of RFC 9112 that are accepted, each by a switch of its own.
/// All are off by default.
///
/// They are for clients that must live with old servers. Only [`bare_lf`](Self::bare_lf) affects
/// requests: any other switch would let a client smuggle a request past an intermediary, and RFC
/// 9112 §5.1 forbids a server to accept whitespace before a colon. To forward a response that was
/// read with any of these, write its head anew, as [`HeadEncoder`](crate::HeadEncoder) does.
///
/// ```
/// use segue_http1::{Relaxed, ResponseDecoder};
///
/// let head = ResponseDecoder::new().relaxed(Relaxed { bare_lf: true, ..Relaxed::NOTHING });
/// # let _ = head;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "they are switches")]
pub struct Relaxed {
    /// Accepts a LF without a CR before it as the end of a line of a head.
    ///
    /// RFC 9112 §2.2 allows this. It is off by default because two parsers that differ in it see
    /// two different messages. Chunks and trailers always need the CR.
    pub bare_lf: bool,
    /// Accepts a status line that ends right behind the status.
    ///
    /// RFC 9112 §4 requires a space there even if no reason follows; many servers leave it out.
    /// Such a line can mean nothing else.
    pub bare_status: bool,
    /// Skips empty lines before a response.
    ///
    /// RFC 9112 §2.2 asks servers to do this and says nothing of clients. Some servers send an
    /// extra line end behind a body. It might also be the rest of a body whose length was wrong.
    pub empty_lines: bool,
    /// Accepts several spaces and tabs in a status line in place of one space.
    ///
    /// RFC 9112 §4 allows this. A parser that does not will see another status.
    pub status_spaces: bool,
    /// Accepts a line of a response that begins with whitespace as a continuation of the value
    /// before it, and writes spaces over the line end and the whitespace around it: in the buffer,
    /// so the head shows them as well.
    ///
    /// RFC 9112 §5.2 asks user agents to do this. It is off by default because headers can be
    /// hidden where one parser sees a header and another sees more of a value. In front of the
    /// first header such a line is always refused (RFC 9112 §2.2).
    pub folds: bool,
    /// Drops whitespace between the name of a header and its colon in a response.
    ///
    /// RFC 9112 §5.1 asks proxies to do this. Others take the whitespace as a part of the name, and
    /// so overlook a `Content-Length` or `Transfer-Encoding` that is written so.
    pub space_before_colon: bool,
    /// Accepts control characters except CR, LF and NUL in header values and in the reason of a
    /// response.
    ///
    /// RFC 9110 §5.5 allows to keep them where they do no harm: do not show them on a terminal.
    /// They cannot be sent on.
    pub controls: bool,
    /// Accepts a `Content-Length` that is repeated, or is a list, if all of its numbers are the
    /// same.
    ///
    /// RFC 9112 §6.3 allows this. It is off by default because it shows that an intermediary has
    /// joined two messages.
    pub equal_lengths: bool,
    /// Accepts a response with both a `Content-Length` and `Transfer-Encoding: chunked`, and reads
    /// its chunks. The connection closes behind it.
    ///
    /// RFC 9112 §6.3 lets the chunks count, and the message ought to be handled as an error: it may
    /// be an attempt to split a response.
    pub length_beside_chunks: bool,
    /// Accepts a response whose `Transfer-Encoding` names other codings than `chunked`, such as
    /// `identity` or `gzip`, and lends the body as it is coded. If `chunked` comes last, the body
    /// comes in chunks, otherwise it ends with the connection.
    ///
    /// That is its framing by RFC 9112 §6.3. It is off by default because nobody asked for such a
    /// coding, and a caller that does not decode it takes it for the content.
    pub encodings: bool,
    /// Accepts whitespace behind the size of a chunk if no extension follows.
    ///
    /// RFC 9112 §7.1 has no place for it; some servers pad sizes with it. Where two parsers differ
    /// in it, one of them misses the end of the body.
    pub chunk_spaces: bool,
}

impl Relaxed {
    /// Accepts nothing.
    pub const NOTHING: Self = Self {
        bare_lf: false,
        bare_status: false,
        empty_lines: false,
        status_spaces: false,
        folds: false,
        space_before_colon: false,
        controls: false,
        equal_lengths: false,
        length_beside_chunks: false,
        encodings: false,
        chunk_spaces: false,
    };

    /// Accepts everything.
    pub const EVERYTHING: Self = Self {
        bare_lf: true,
        bare_status: true,
        empty_lines: true,
        status_spaces: true,
        folds: true,
        space_before_colon: true,
        controls: true,
        equal_lengths: true,
        length_beside_chunks: true,
        encodings: true,
        chunk_spaces: true,
    };

    /// The switches that affect the heads of requests.
    pub(crate) const fn of_requests(self) -> Self {
        Self { bare_lf: self.bare_lf, ..Self::NOTHING }
    }

    /// The switches that affect trailers.
    pub(crate) const fn of_trailers(self) -> Self {
        Self { bare_lf: false, ..self }
    }
}
