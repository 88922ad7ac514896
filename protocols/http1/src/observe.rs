//! Observations of the items of these stages, for the law suite.

use segue::laws::{Log, Observe};

use crate::{
    BodyPart, HeaderLine, Request, RequestEvent, RequestParts, Response, ResponseEvent,
    ResponseParts,
};

impl Observe for Request<'_> {
    fn observe(&self, log: &mut Log) {
        log.event((self.method(), self.target(), self.version()));
        lines(self.headers().lines(), log);
    }
}

impl Observe for Response<'_> {
    fn observe(&self, log: &mut Log) {
        log.event((self.version(), self.status()));
        log.bytes(self.reason());
        lines(self.headers().lines(), log);
    }
}

impl Observe for BodyPart<'_> {
    fn observe(&self, log: &mut Log) {
        match self {
            Self::Piece(piece) => log.piece(piece),
            Self::Trailers(trailers) => lines(trailers.lines(), log),
        }
    }
}

impl Observe for RequestEvent<'_> {
    fn observe(&self, log: &mut Log) {
        match self {
            Self::Head(head) => head.observe(log),
            Self::Piece(piece) => log.piece(piece),
            Self::Trailers(trailers) => lines(trailers.lines(), log),
            Self::End | Self::Paused | Self::Http2 => log.event(self),
        }
    }
}

impl Observe for ResponseEvent<'_> {
    fn observe(&self, log: &mut Log) {
        match self {
            Self::Informational(head) | Self::Head(head) => head.observe(log),
            Self::Switched(head) => {
                log.event("switched");
                head.observe(log);
            }
            Self::Piece(piece) => log.piece(piece),
            Self::Trailers(trailers) => lines(trailers.lines(), log),
            Self::End => log.event(self),
        }
    }
}

impl<H: IntoIterator<Item: HeaderLine> + Clone> Observe for RequestParts<'_, H> {
    fn observe(&self, log: &mut Log) {
        log.event((self.method, self.target, self.version));
        lines(self.headers.clone(), log);
    }
}

impl<H: IntoIterator<Item: HeaderLine> + Clone> Observe for ResponseParts<'_, H> {
    fn observe(&self, log: &mut Log) {
        log.event((self.version, self.status));
        log.bytes(self.reason);
        lines(self.headers.clone(), log);
    }
}

fn lines<H: IntoIterator<Item: HeaderLine>>(headers: H, log: &mut Log) {
    for line in headers {
        log.bytes(line.name());
        log.bytes(line.value());
    }
    log.event("end of headers");
}
