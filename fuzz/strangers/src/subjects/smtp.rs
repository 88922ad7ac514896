//! SMTP: commands, replies, and the text of a message.

use segue_laws::Answer;
use smtp_proto::{
    Error,
    request::receiver::{DataReceiver, RequestReceiver},
    response::parser::ResponseReceiver,
};

use super::fed::{Fed, NOT_TOLD, fed};
use crate::{adapt, entry::Entry};

const FAMILY: &str = "SMTP";

pub fn entries() -> Vec<Entry> {
    let new = |parser, make, drive| {
        Entry::new(FAMILY, "smtp-proto", parser, make, drive).ends_anywhere(NOT_TOLD)
    };
    vec![
        new(
            "RequestReceiver",
            || Box::new(adapt::calling(requests())),
            |reads| fed(reads, requests()),
        )
        .accepts(COMMANDS),
        new(
            "ResponseReceiver",
            || Box::new(adapt::calling(replies())),
            |reads| fed(reads, replies()),
        )
        .accepts(REPLIES)
        .refuses([&b"2x0 no\r\n"[..], b"250?no\r\n"]),
        new("DataReceiver", || Box::new(adapt::calling(texts())), |reads| fed(reads, texts()))
            .accepts(TEXTS)
            .words([&b"\r\n.\r\n"[..], b"\r\n", b".", b"\n.\n", b"\r"]),
    ]
}

const COMMANDS: [&[u8]; 3] = [
    b"EHLO mx.example\r\nMAIL FROM:<a@b.example> SIZE=12\r\nRCPT TO:<c@d.example>\r\nDATA\r\n",
    b"HELO x\r\nNOOP\r\nVRFY who\r\nRSET\r\nQUIT\r\n",
    b"AUTH PLAIN dGVzdA==\r\nBDAT 3 LAST\r\nSTARTTLS\r\n",
];
const REPLIES: [&[u8]; 3] = [
    b"220 mx.example ready\r\n250-mx.example\r\n250-SIZE 1000\r\n250 PIPELINING\r\n",
    b"250 2.1.0 Ok\r\n550 5.1.1 unknown user\r\n",
    b"354 go on\r\n221-2.0.0 good\r\n221 2.0.0 bye\r\n",
];
const TEXTS: [&[u8]; 3] =
    [b"Subject: a\r\n\r\nhi\r\n.\r\n", b"a\r\n..\r\n.b\r\nc\r\n.\r\n", b"\r\n.\r\nb\rc\n\r\n.\r\n"];

/// A server's loop: it answers an error and reads on, but for a line that is too long.
fn requests() -> impl FnMut(Option<&[u8]>, &mut Vec<Answer>) -> Fed {
    let mut receiver = RequestReceiver::default();
    move |bytes, said| {
        let mut bytes = bytes.unwrap_or_default().iter();
        loop {
            match receiver.ingest(&mut bytes) {
                Ok(request) => said.push(Answer::Item(format!("{request:?}"))),
                Err(Error::NeedsMoreData { .. }) => return Ok(()),
                Err(Error::ResponseTooLong) => return Err("too long".into()),
                Err(error) => said.push(Answer::Item(format!("{error:?}"))),
            }
        }
    }
}

/// The loop of the crate's own tests.
fn replies() -> impl FnMut(Option<&[u8]>, &mut Vec<Answer>) -> Fed {
    let mut receiver = ResponseReceiver::default();
    move |bytes, said| {
        let mut bytes = bytes.unwrap_or_default().iter();
        loop {
            match receiver.parse(&mut bytes) {
                Ok(reply) => {
                    said.push(Answer::Item(format!("{reply:?}")));
                    receiver.reset();
                }
                Err(Error::NeedsMoreData { .. }) => return Ok(()),
                Err(error) => return Err(format!("{error:?}")),
            }
        }
    }
}

/// The text of one message after the other.
fn texts() -> impl FnMut(Option<&[u8]>, &mut Vec<Answer>) -> Fed {
    let (mut receiver, mut text) = (DataReceiver::new(), Vec::new());
    move |bytes, said| {
        let mut bytes = bytes.unwrap_or_default().iter();
        while !bytes.as_slice().is_empty() {
            if receiver.ingest(&mut bytes, &mut text) {
                said.push(Answer::Item(text.escape_ascii().to_string()));
                (receiver, text) = (DataReceiver::new(), Vec::new());
            }
        }
        Ok(())
    }
}
