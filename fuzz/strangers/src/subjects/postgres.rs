//! PostgreSQL's wire protocol: what servers and clients say.

use bytes::BytesMut;
use fallible_iterator::FallibleIterator;
use pgwire::{
    error::PgWireError,
    messages::{DecodeContext, PgWireBackendMessage, PgWireFrontendMessage},
};
use postgres_protocol::message::backend::{Header, Message};
use segue_laws::{Answer, Law};
use std::io;

use crate::{adapt, drive, entry::Entry};

const FAMILY: &str = "PostgreSQL";

pub fn entries() -> Vec<Entry> {
    let new = |dependency, parser, make, drive| Entry::new(FAMILY, dependency, parser, make, drive);
    vec![
        new(
            "postgres-protocol",
            "backend::Message::parse",
            || Box::new(adapt::bytes_mut(message)),
            |reads| drive::bytes_mut(reads, message),
        )
        .contract(
            Law::L4,
            "its driver, tokio-postgres, looks at the header first and asks when the message is there",
        )
        .accepts(BACKEND)
        .refuses([&b"Z\0\0\0\x03I"[..], b"?\0\0\0\x04"]),
        new(
            "postgres-protocol",
            "backend::Header::parse",
            || adapt::needing(adapt::front(headed)),
            |reads| drive::needing(reads, adapt::front(headed)),
        )
        .needs("the header has the length of the message, and its driver waits for that")
        .accepts(BACKEND)
        .refuses([&b"Z\0\0\0\x03I"[..]]),
        new(
            "pgwire",
            "PgWireBackendMessage::decode",
            || Box::new(adapt::bytes_mut(backend)),
            |reads| drive::bytes_mut(reads, backend),
        )
        .accepts(BACKEND)
        .refuses([&b"?\0\0\0\x04"[..]]),
        new(
            "pgwire",
            "PgWireFrontendMessage::decode",
            || Box::new(adapt::bytes_mut(frontend)),
            |reads| drive::bytes_mut(reads, frontend),
        )
        .accepts(FRONTEND)
        .refuses([&b"?\0\0\0\x04"[..]]),
    ]
}

const BACKEND: [&[u8]; 4] = [
    b"R\0\0\0\x08\0\0\0\0S\0\0\0\x09a\0bc\0K\0\0\0\x0c\0\0\0\x01\0\0\0\x02Z\0\0\0\x05I",
    b"T\0\0\0\x1a\0\x01c\0\0\0\0\0\0\0\0\0\0\x17\0\x04\xff\xff\xff\xff\0\0D\0\0\0\x0b\0\x01\0\0\0\x01x",
    b"C\0\0\0\x0dSELECT 1\0Z\0\0\0\x05T1\0\0\0\x042\0\0\0\x04n\0\0\0\x04",
    b"E\0\0\0\x13SERROR\0C42601\0\0A\0\0\0\x0c\0\0\0\x07ch\0\0",
];
const FRONTEND: [&[u8]; 3] = [
    b"Q\0\0\0\x0dSELECT 1\0X\0\0\0\x04",
    b"P\0\0\0\x0e\0select\0\0\0D\0\0\0\x06S\0S\0\0\0\x04",
    b"E\0\0\0\x09\0\0\0\0\0H\0\0\0\x04d\0\0\0\x06hic\0\0\0\x04",
];

/// Messages by their headers, which its driver has so to find where they end.
fn headed(input: &[u8]) -> (usize, Answer) {
    match Header::parse(input) {
        Ok(None) => (0, Answer::Need(None)),
        Ok(Some(header)) => {
            let length = 1 + header.len() as usize;
            match input.get(..length) {
                Some(message) => (length, Answer::Item(message.escape_ascii().to_string())),
                None => (0, Answer::Need(Some(length - input.len()))),
            }
        }
        Err(error) => (0, Answer::error(error)),
    }
}

fn message(input: &mut BytesMut) -> io::Result<Option<String>> {
    Message::parse(input)?.map(|message| said(&message)).transpose()
}

/// Returns all that a message says, since it cannot be shown itself.
fn said(message: &Message) -> io::Result<String> {
    Ok(match message {
        Message::BackendKeyData(body) => format!("key {} {}", body.process_id(), body.secret_key()),
        Message::CommandComplete(body) => format!("complete {}", body.tag()?),
        Message::CopyData(body) => format!("copy {:?}", body.data()),
        Message::DataRow(body) => {
            format!("row {:?} {:?}", all(body.ranges())?, body.buffer())
        }
        Message::ErrorResponse(body) => {
            let fields = body.fields();
            let fields = fields.map(|field| Ok((field.type_(), field.value_bytes().to_vec())));
            format!("error {:?}", all(fields)?)
        }
        Message::NotificationResponse(body) => {
            format!("notification {} {} {}", body.process_id(), body.channel()?, body.message()?)
        }
        Message::ParameterStatus(body) => format!("parameter {}={}", body.name()?, body.value()?),
        Message::ReadyForQuery(body) => format!("ready {}", body.status()),
        Message::RowDescription(body) => {
            let fields = body.fields();
            let fields = fields.map(|field| Ok((field.name().to_owned(), field.type_oid())));
            format!("columns {:?}", all(fields)?)
        }
        other => format!("{:?}", std::mem::discriminant(other)),
    })
}

/// All that an iterator gives, without room for what it only announces.
fn all<I: FallibleIterator<Error = io::Error>>(mut items: I) -> io::Result<Vec<I::Item>> {
    let mut all = Vec::new();
    while let Some(item) = items.next()? {
        all.push(item);
    }
    Ok(all)
}

fn backend(input: &mut BytesMut) -> Result<Option<String>, PgWireError> {
    let message = PgWireBackendMessage::decode(input, &ready())?;
    Ok(message.map(|message| format!("{message:?}")))
}

fn frontend(input: &mut BytesMut) -> Result<Option<String>, PgWireError> {
    let message = PgWireFrontendMessage::decode(input, &ready())?;
    Ok(message.map(|message| format!("{message:?}")))
}

/// A connection behind its start.
fn ready() -> DecodeContext {
    let mut context = DecodeContext::default();
    context.awaiting_frontend_ssl = false;
    context.awaiting_frontend_startup = false;
    context
}
