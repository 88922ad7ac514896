//! The items of [`server::Reader`](crate::server::Reader) and of
//! [`client::Reader`](crate::client::Reader).

use core::fmt;

use segue_http::Fields;

use crate::{Request, Response};

/// An item of [`server::Reader`].
///
/// [`server::Reader`]: crate::server::Reader
#[derive(PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestEvent<'a> {
    /// The head of a request. Its host, its target and the length of its body have been checked.
    Head(Request<'a>),
    /// A piece of the body, never empty. The cuts between pieces depend on how the body was
    /// received.
    Piece(&'a [u8]),
    /// The trailers behind a chunked body, at least one: see
    /// [`BodyPart::Trailers`](crate::BodyPart::Trailers).
    Trailers(Fields<'a>),
    /// The end of the request. Every request has one.
    End,
    /// There is more input, but it has to wait for an answer: for the one to the last request,
    /// which may change the protocol, or for the oldest of as many as may be
    /// [ahead](crate::server::Reader::ahead). The event comes again until that answer is sent, so
    /// ask no more before. After [`MAX_PAUSES`](crate::server::Reader::MAX_PAUSES) in a row the
    /// stage fails with [`Cause::NoProgress`](segue::Cause::NoProgress).
    Paused,
    /// The client speaks HTTP/2 (RFC 9113 §3.4). The stage is done, and the connection preface is
    /// in front of the bytes that it leaves.
    Http2,
}

/// An item of [`client::Reader`].
///
/// [`client::Reader`]: crate::client::Reader
#[derive(PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseEvent<'a> {
    /// An informational response, which comes before the final one: `100 Continue`, `103 Early
    /// Hints` (RFC 9110 §15.2).
    Informational(Response<'a>),
    /// The head of a final response.
    Head(Response<'a>),
    /// The response that changes the protocol, `101 Switching Protocols` or a 2xx to `CONNECT`. The
    /// stage is done, and the bytes that follow belong to the other protocol.
    Switched(Response<'a>),
    /// A piece of the body, never empty. The cuts between pieces depend on how the body was
    /// received.
    Piece(&'a [u8]),
    /// The trailers behind a chunked body, at least one: see
    /// [`BodyPart::Trailers`](crate::BodyPart::Trailers).
    Trailers(Fields<'a>),
    /// The end of the response. Every final response has one.
    End,
}

/// Shows methods and the names of headers, but no payload.
impl fmt::Debug for RequestEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head(head) => f.debug_tuple("Head").field(head).finish(),
            Self::Piece(piece) => f.debug_tuple("Piece").field(&piece.len()).finish(),
            Self::Trailers(trailers) => f.debug_tuple("Trailers").field(trailers).finish(),
            Self::End => f.write_str("End"),
            Self::Paused => f.write_str("Paused"),
            Self::Http2 => f.write_str("Http2"),
        }
    }
}

/// Shows statuses and the names of headers, but no payload.
impl fmt::Debug for ResponseEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Informational(head) => f.debug_tuple("Informational").field(head).finish(),
            Self::Head(head) => f.debug_tuple("Head").field(head).finish(),
            Self::Switched(head) => f.debug_tuple("Switched").field(head).finish(),
            Self::Piece(piece) => f.debug_tuple("Piece").field(&piece.len()).finish(),
            Self::Trailers(trailers) => f.debug_tuple("Trailers").field(trailers).finish(),
            Self::End => f.write_str("End"),
        }
    }
}
