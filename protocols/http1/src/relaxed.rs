//! Which old habits are put up with.

/// What is let through against the strict reading of RFC 9112, each by its own switch. All are off
/// by default.
///
/// They are for clients that must live with old servers. Only [`bare_lf`](Self::bare_lf) has an
/// effect on requests: whoever is let through a server with anything else may have smuggled a
/// request past whoever stands in front of it, and for whitespace before a colon the refusal is an
/// obligation (RFC 9112 §5.1). Whoever forwards a response that was read with any of these writes
/// its head anew, as [`HeadEncoder`](crate::HeadEncoder) does.
///
/// ```
/// use segue_http1::{Relaxed, ResponseHead};
///
/// let head = ResponseHead::new().relaxed(Relaxed { bare_lf: true, ..Relaxed::NOTHING });
/// # let _ = head;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "they are switches")]
pub struct Relaxed {
    /// Takes a LF without a CR before it for the end of a line of a head.
    ///
    /// RFC 9112 §2.2 allows that. It is off by default because two parsers on one way that differ
    /// in it see two different messages. Chunks and trailers always need the CR.
    pub bare_lf: bool,
    /// Takes a status line that ends right behind the status.
    ///
    /// RFC 9112 §4 wants a space there even where no reason follows; many a server leaves it out.
    /// Nothing else can be meant by such a line.
    pub bare_status: bool,
    /// Skips empty lines before a response.
    ///
    /// RFC 9112 §2.2 asks servers to do that and says nothing of clients. Some servers send a line
    /// end more than a body has. What is skipped might also be what is left of a body whose length
    /// was wrong.
    pub empty_lines: bool,
    /// Takes several spaces and tabs where a status line has one space.
    ///
    /// RFC 9112 §4 allows to go by words. A parser that does not will see another status.
    pub status_spaces: bool,
    /// Takes a line of a response that begins with whitespace for more of the value before it, and
    /// puts spaces in place of the line end and the whitespace around it: in the buffer, so the
    /// head shows them as well.
    ///
    /// RFC 9112 §5.2 asks user agents to do that. It is off by default because one that sees a
    /// header where another sees more of a value is how headers are hidden. In front of the first
    /// header such a line is refused all the same (RFC 9112 §2.2).
    pub folds: bool,
    /// Drops whitespace between the name of a header and its colon in a response.
    ///
    /// RFC 9112 §5.1 asks proxies to do that. Others take the whitespace for a part of the name,
    /// and so do not see a `Content-Length` or `Transfer-Encoding` that is written so.
    pub space_before_colon: bool,
    /// Takes control characters but CR, LF and NUL in header values and in the reason of a response.
    ///
    /// RFC 9110 §5.5 allows to keep them where they do no harm: they are not to be shown on a
    /// terminal, and cannot be sent on.
    pub controls: bool,
    /// Takes a `Content-Length` that is there several times, or is a list, if all of it says the
    /// same number.
    ///
    /// RFC 9112 §6.3 allows that. It is off by default because it shows that somebody on the way
    /// has joined two messages.
    pub equal_lengths: bool,
    /// Takes a response with both a `Content-Length` and `Transfer-Encoding: chunked` by its
    /// chunks. The connection closes behind it.
    ///
    /// RFC 9112 §6.3 wants the chunks to count, and the message to be handled as an error: it may be
    /// an attempt to split a response.
    pub length_beside_chunks: bool,
    /// Takes a response whose `Transfer-Encoding` names other codings than `chunked`, such as
    /// `identity` or `gzip`, and lends the body as it is coded. If `chunked` is what comes last, it
    /// comes in chunks, otherwise it ends with the connection.
    ///
    /// That is its length by RFC 9112 §6.3. It is off by default because nobody asked for such a
    /// coding, and whoever does not undo it takes it for the content.
    pub encodings: bool,
    /// Takes whitespace behind the size of a chunk where no extension follows.
    ///
    /// RFC 9112 §7.1 has no place for it; some servers fill sizes up with it. Where two parsers
    /// differ in it, one of them sees no end of the body.
    pub chunk_spaces: bool,
}

impl Relaxed {
    /// Nothing is let through.
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

    /// All of it is let through.
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

    /// What of it has an effect on the heads of requests.
    pub(crate) const fn of_requests(self) -> Self {
        Self { bare_lf: self.bare_lf, ..Self::NOTHING }
    }

    /// What of it has an effect on trailers.
    pub(crate) const fn of_trailers(self) -> Self {
        Self { bare_lf: false, ..self }
    }
}
