//! IMAP: responses and commands, with their literals.

use async_imap::Client;
use futures::task::noop_waker_ref;
use imap_codec::{
    CommandCodec, ResponseCodec,
    decode::{CommandDecodeError, Decoder, ResponseDecodeError},
    encode::Encoder,
};
use segue_laws::{Answer, Law};
use std::{
    pin::pin,
    task::{Context, Poll},
};

use crate::{
    adapt::{self, Pipe},
    drive,
    entry::{Entry, NOM, Way},
};

const FAMILY: &str = "IMAP";

pub fn entries() -> Vec<Entry> {
    let new = |dependency, parser, make, drive| Entry::new(FAMILY, dependency, parser, make, drive);
    vec![
        new(
            "async-imap",
            "Client::read_response",
            || adapt::stepped(client),
            |reads| drive::stepping(reads, client),
        )
        .way(Way::Reads)
        .accepts(RESPONSES)
        .accepts([UNKNOWN])
        .accepts(EXTENSIONS)
        .refuses(&NO_RESPONSES[..1]),
        new(
            "imap-proto",
            "Response::parse",
            || adapt::needing(adapt::front(proto)),
            |reads| drive::needing(reads, adapt::front(proto)),
        )
        .needs(NOM)
        .accepts([UNKNOWN])
        .accepts(EXTENSIONS)
        .over_slice()
        .accepts(RESPONSES)
        .refuses(&NO_RESPONSES[..1]),
        new(
            "imap-codec",
            "ResponseCodec",
            || Box::new(adapt::slice(response)),
            |reads| drive::buffer(reads, response),
        )
        .encodes(|mut stream| {
            let mut again = Vec::new();
            while !stream.is_empty() {
                let (rest, message) = ResponseCodec::default().decode(stream).ok()?;
                again.extend(ResponseCodec::default().encode(&message).dump());
                stream = rest;
            }
            Some(again)
        })
        .contract(Law::L8, "a function over a slice: its callers show it all of an item again")
        .accepts(RESPONSES)
        .refuses(NO_RESPONSES),
        new(
            "imap-codec",
            "CommandCodec",
            || Box::new(adapt::slice(command)),
            |reads| drive::buffer(reads, command),
        )
        .encodes(|mut stream| {
            let mut again = Vec::new();
            while !stream.is_empty() {
                let (rest, message) = CommandCodec::default().decode(stream).ok()?;
                again.extend(CommandCodec::default().encode(&message).dump());
                stream = rest;
            }
            Some(again)
        })
        .contract(Law::L8, "a function over a slice: its callers show it all of an item again")
        .accepts(COMMANDS)
        .refuses([&b"a1 WHAT\r\n"[..]]),
    ]
}

/// Responses of extensions, each of which imap-proto parses in a file of its own: RFC 2971, RFC 4314;
/// and the greeting of a server that says what it can do.
const EXTENSIONS: [&[u8]; 3] = [
    b"* ID (\"name\" \"x\")\r\n",
    b"* ACL INBOX me lr\r\n* MYRIGHTS INBOX lr\r\n",
    b"* OK [CAPABILITY IMAP4rev1 IDLE]\r\n",
];
const RESPONSES: [&[u8]; 4] = [
    b"* OK [UIDVALIDITY 3] ready\r\n* 2 EXISTS\r\n* FLAGS (\\Seen \\Deleted)\r\na1 OK done\r\n",
    b"* 12 FETCH (UID 7 BODY[TEXT] {5}\r\nhello)\r\na2 NO [ALERT] full\r\n",
    b"* LIST (\\HasNoChildren) \"/\" INBOX\r\n* SEARCH 2 3 6\r\n",
    b"* 1 FETCH (FLAGS (\\Seen) RFC822.SIZE 44)\r\n* 1 EXPUNGE\r\n+ idling\r\n",
];
/// With an attribute that no standard has, which `imap-proto` passes over.
const UNKNOWN: &[u8] = b"* 2 EXISTS\r\n* 1 FETCH (X-NEW abc )\r\n";
/// `imap-proto` keeps attributes that it does not know.
const NO_RESPONSES: [&[u8]; 2] = [b"*\r\n", b"* 1 FETCH (UID x)\r\n"];
const COMMANDS: [&[u8]; 3] = [
    b"a1 CAPABILITY\r\na2 SELECT INBOX\r\n",
    b"a3 LOGIN {2}\r\nme {3}\r\nkey\r\na4 NOOP\r\n",
    b"a5 UID FETCH 1:* (FLAGS BODY[])\r\na6 LOGOUT\r\n",
];

/// Asked again as a task is that was woken: what it has read is kept by the client.
fn client(pipe: Pipe) -> impl FnMut() -> Answer {
    let mut client = Client::new(pipe);
    move || match pin!(client.read_response()).poll(&mut Context::from_waker(noop_waker_ref())) {
        Poll::Ready(Ok(Some(response))) => Answer::Item(format!("{:?}", response.parsed())),
        Poll::Ready(Ok(None)) => Answer::End,
        Poll::Ready(Err(error)) => Answer::error(error),
        Poll::Pending => Answer::Need(None),
    }
}

fn proto(input: &[u8]) -> (usize, Answer) {
    match imap_proto::Response::parse(input) {
        Ok((rest, response)) => (input.len() - rest.len(), Answer::Item(format!("{response:?}"))),
        Err(nom::Err::Incomplete(nom::Needed::Size(more))) => (0, Answer::Need(Some(more.get()))),
        Err(nom::Err::Incomplete(nom::Needed::Unknown)) => (0, Answer::Need(None)),
        Err(_) => (0, Answer::Error("no response".into())),
    }
}

/// A literal is waited for, as the crate's example has it.
fn response(input: &[u8]) -> Result<Option<(String, usize)>, &'static str> {
    match ResponseCodec::default().decode(input) {
        Ok((rest, response)) => Ok(Some((format!("{response:?}"), input.len() - rest.len()))),
        Err(ResponseDecodeError::Incomplete | ResponseDecodeError::LiteralFound { .. }) => Ok(None),
        Err(ResponseDecodeError::Failed) => Err("failed"),
    }
}

/// The same for a server, which grants every literal.
fn command(input: &[u8]) -> Result<Option<(String, usize)>, &'static str> {
    match CommandCodec::default().decode(input) {
        Ok((rest, command)) => Ok(Some((format!("{command:?}"), input.len() - rest.len()))),
        Err(CommandDecodeError::Incomplete | CommandDecodeError::LiteralFound { .. }) => Ok(None),
        Err(CommandDecodeError::Failed) => Err("failed"),
    }
}
