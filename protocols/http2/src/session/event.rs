//! What a session tells its consumer.

use core::fmt;

use segue::Record;
use segue_http::{Fields, RequestHead, ResponseHead};

use super::{stream::Flags, streams::Streams};
use crate::{ErrorCode, StreamError, frame::StreamId};

/// Something that happened, lent together with the streams, on which it can be answered at once.
#[derive(Debug)]
pub struct Event<'a> {
    /// The stream; 0 if it happened to all of them.
    pub stream: StreamId,
    /// What happened.
    pub what: What<'a>,
    /// The streams, for what is to be sent, released, reset or let go of.
    pub streams: &'a mut Streams,
}

/// What happened on a stream, or on the connection.
#[non_exhaustive]
pub enum What<'a> {
    /// A request: the peer has opened the stream. If its length is
    /// [`None`](segue_http::Length::None), it has ended.
    Request(RequestHead<'a>),
    /// An interim response (RFC 9110 §15.2).
    Informational(ResponseHead<'a>),
    /// The final head of a response. If its length is [`None`](segue_http::Length::None), it has
    /// ended.
    Response(ResponseHead<'a>),
    /// A piece of the content. [Release](Streams::release) it once it is dealt with: only that lets
    /// the peer send more.
    Data(Record<'a>),
    /// The end of the message, with its trailers.
    End(Fields<'a>),
    /// The peer reset the stream: both sides are over. With
    /// [`REFUSED_STREAM`](ErrorCode::REFUSED_STREAM) it has not acted on the request, which can be
    /// sent again (RFC 9113 §8.7).
    Reset(ErrorCode),
    /// The peer, whose message has ended, wants no more of what is sent to it.
    Stopped(ErrorCode),
    /// The peer broke a rule, and this end has reset the stream.
    Failed(StreamError),
    /// This many bytes of what was put on the stream went into frames since the last event of that.
    Sent(usize),
    /// The output of the stream was full and has room again.
    Writable,
    /// A stream can be opened again, after that was [refused](crate::OpenError::Full).
    Room,
    /// The peer takes no new streams, and acts on none above `last`. Those are told as
    /// [reset](Self::Reset).
    Away {
        /// The last stream that it acts on.
        last: StreamId,
        /// The reason.
        code: ErrorCode,
    },
}

/// Shows lengths and names, but no content.
impl fmt::Debug for What<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(head) => f.debug_tuple("Request").field(head).finish(),
            Self::Informational(head) => f.debug_tuple("Informational").field(head).finish(),
            Self::Response(head) => f.debug_tuple("Response").field(head).finish(),
            Self::Data(data) => f.debug_tuple("Data").field(&data.len()).finish(),
            Self::End(trailers) => f.debug_tuple("End").field(trailers).finish(),
            Self::Reset(code) => f.debug_tuple("Reset").field(code).finish(),
            Self::Stopped(code) => f.debug_tuple("Stopped").field(code).finish(),
            Self::Failed(error) => f.debug_tuple("Failed").field(error).finish(),
            Self::Sent(count) => f.debug_tuple("Sent").field(count).finish(),
            Self::Writable => f.write_str("Writable"),
            Self::Room => f.write_str("Room"),
            Self::Away { last, code } => {
                f.debug_struct("Away").field("last", last).field("code", code).finish()
            }
        }
    }
}

impl Streams {
    /// Takes the next event of those that have no frame.
    pub(super) fn event(&mut self) -> Option<(StreamId, What<'static>)> {
        while let Some(&id) = self.events.front() {
            let Some(stream) = self.table.get_mut(&id) else {
                self.events.pop_front();
                continue;
            };
            let what = if stream.sent > 0 {
                let sent = core::mem::take(&mut stream.sent);
                Some(What::Sent(usize::try_from(sent).unwrap_or(usize::MAX)))
            } else if stream.flags.clear(Flags::WRITABLE) {
                Some(What::Writable)
            } else if stream.flags.clear(Flags::REFUSED) {
                Some(What::Reset(ErrorCode::REFUSED_STREAM))
            } else {
                None
            };
            let has_more = stream.sent > 0
                || stream.flags.has(Flags::WRITABLE)
                || stream.flags.has(Flags::REFUSED);
            if !has_more {
                stream.flags.clear(Flags::QUEUED);
                self.events.pop_front();
            }
            if let Some(what) = what {
                return Some((id, what));
            }
        }
        core::mem::take(&mut self.room).then_some((StreamId::CONNECTION, What::Room))
    }
}
