//! Sessions in memory.
#![allow(dead_code, reason = "each test file uses its part of it")]

use std::time::Duration;

use segue::{Buffer, Decode, Fault, Moment, Output, Say, Step};
use segue_http::{Arena, Fields, Length, RequestHead, ResponseHead};
use segue_http2::{
    Error, Event, Limits, Role, Session, Streams, What,
    frame::{PREFACE, StreamId},
};

/// The room that a connection gives a stage by default.
pub(crate) const ROOM: usize = 32 * 1024;

/// A session with the buffers of its connection.
pub(crate) struct End {
    pub(crate) session: Session,
    pub(crate) input: Buffer,
    pub(crate) output: Output,
    pub(crate) now: Option<Duration>,
}

impl End {
    pub(crate) fn new(role: Role) -> Self {
        Self::with(role, Limits::DEFAULT)
    }

    pub(crate) fn with(role: Role, limits: Limits) -> Self {
        Self {
            session: Session::new(role, limits),
            input: Buffer::new(),
            output: Output::new(),
            now: None,
        }
    }

    /// A server that has read the preface and empty settings of its client, and has said its own.
    pub(crate) fn begun(limits: Limits) -> Self {
        let mut server = Self::with(Role::Server, limits);
        server.receive(PREFACE);
        server.receive(&super::settings(&[]));
        server.said();
        server
    }

    pub(crate) fn streams(&mut self) -> &mut Streams {
        self.session.streams()
    }

    /// Handles all events of what came.
    pub(crate) fn handle(&mut self, mut handle: impl FnMut(Event<'_>)) -> Result<(), Fault<Error>> {
        while let Step::Item(event) = self.input.step(&mut self.session, false, &mut self.output)? {
            handle(event);
        }
        Ok(())
    }

    /// Receives bytes, and tells the events in words. Content is released.
    pub(crate) fn try_receive(&mut self, bytes: &[u8]) -> Result<Vec<String>, Fault<Error>> {
        self.input.extend(bytes);
        let mut told = vec![];
        self.handle(|event| told.extend(in_words(event))).map(|()| told)
    }

    pub(crate) fn receive(&mut self, bytes: &[u8]) -> Vec<String> {
        self.try_receive(bytes).expect("the peer keeps the rules")
    }

    pub(crate) fn try_speak(&mut self) -> Result<Option<Duration>, Fault<Error>> {
        let mut moment = self.now.map_or(Moment::unknown(), Moment::at);
        let room = ROOM.saturating_sub(self.output.len());
        self.session.speak(&mut Say::new(&mut self.output, room, &mut moment))?;
        Ok(moment.wake_at())
    }

    /// The bytes that are sent.
    pub(crate) fn sent(&mut self) -> Vec<u8> {
        self.try_speak().expect("the session goes on");
        let sent = self.output.to_vec();
        self.output.advance(sent.len());
        sent
    }

    /// The frames that are sent.
    pub(crate) fn said(&mut self) -> Vec<(u8, u8, u32, Vec<u8>)> {
        super::frames(&self.sent())
    }
}

/// An event in words. Content is released.
pub(crate) fn in_words(event: Event<'_>) -> Option<String> {
    let Event { stream, what, streams, .. } = event;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let fields = |fields: Fields<'_>| {
        let lines = fields.iter().map(|it| format!(" {}={}", text(it.name), text(it.value)));
        lines.collect::<String>()
    };
    let words = match what {
        What::Request(head) => format!(
            "{} {}{}{}{}{} {:?}",
            text(head.method),
            text(head.scheme),
            if head.scheme.is_empty() { "" } else { "://" },
            text(head.authority),
            text(head.path),
            fields(head.fields),
            head.length
        ),
        What::Informational(head) => format!("{}{}", head.status, fields(head.fields)),
        What::Response(head) => {
            format!("{}{} {:?}", head.status, fields(head.fields), head.length)
        }
        What::Data(data) => {
            streams.release(stream, data.len());
            if data.len() > 40 { format!("{} bytes", data.len()) } else { text(&data) }
        }
        What::End(trailers) => format!("end{}", fields(trailers)),
        What::Sent(_) => return None,
        other => format!("{other:?}"),
    };
    Some(format!("{stream}: {words}"))
}

/// Lets two ends talk until neither says anything, in pieces of `cut` bytes, and returns what each
/// was told.
pub(crate) fn talk(ends: [&mut End; 2], cut: usize, mut on: impl FnMut(usize, Event<'_>)) {
    loop {
        let mut silent = true;
        for to in [1, 0] {
            let sent = ends[1 - to].sent();
            silent &= sent.is_empty();
            for piece in sent.chunks(cut) {
                ends[to].input.extend(piece);
                ends[to].handle(|event| on(to, event)).expect("both keep the rules");
            }
            // What has been sent is told as well.
            ends[1 - to].handle(|event| on(1 - to, event)).expect("both keep the rules");
        }
        if silent {
            return;
        }
    }
}

/// A request of `method` with these fields.
pub(crate) fn request<'a>(method: &'a str, length: Length, fields: Fields<'a>) -> RequestHead<'a> {
    RequestHead {
        method: method.as_bytes(),
        scheme: b"https",
        authority: b"example.org",
        path: b"/",
        protocol: None,
        fields,
        length,
        expects: false,
        early_data: false,
    }
}

/// A response.
pub(crate) fn response(status: u16, length: Length, fields: Fields<'_>) -> ResponseHead<'_> {
    ResponseHead { status, fields, length }
}

/// Fields.
pub(crate) fn arena(fields: &[(&str, &str)]) -> Arena {
    let mut arena = Arena::new();
    for (name, value) in fields {
        arena.push(name.as_bytes(), value.as_bytes(), 0).expect("there are few");
    }
    arena
}

/// A header block that changes no table.
pub(crate) fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = vec![];
    let fields = fields.iter().map(|(name, value)| {
        let (name, value) = (name.as_bytes(), value.as_bytes());
        let mut field = vec![0x10];
        for text in [name, value] {
            assert!(text.len() < 127 || text.len() < 16_000);
            if text.len() < 127 {
                field.push(u8::try_from(text.len()).expect("it is short"));
            } else {
                let rest = text.len() - 127;
                field.push(0x7f);
                field.push(u8::try_from(rest & 0x7f).expect("7 bits") | 0x80);
                field.push(u8::try_from(rest >> 7).expect("7 bits"));
            }
            field.extend(text);
        }
        field
    });
    block.extend(fields.flatten());
    block
}

pub(crate) const GET: &[(&str, &str)] =
    &[(":method", "GET"), (":scheme", "https"), (":authority", "a"), (":path", "/")];
pub(crate) const POST: &[(&str, &str)] =
    &[(":method", "POST"), (":scheme", "https"), (":authority", "a"), (":path", "/")];

/// The stream with this number.
pub(crate) const fn id(number: u32) -> StreamId {
    StreamId(number)
}
