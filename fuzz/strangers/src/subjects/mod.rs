//! The parsers, by family. To add one see the README.

mod amqp;
mod archive;
mod cbor;
mod csv;
mod dns;
mod encodings;
mod fed;
mod gdb;
mod git;
mod grpc;
mod http1;
mod http2;
mod imap;
mod irc;
mod json;
mod json_rpc;
mod ldap;
mod lines;
mod lz4;
mod memcached;
mod mllp;
mod mqtt;
mod multipart;
mod mysql;
mod nats;
mod osc;
mod png;
mod postgres;
mod proxy;
mod redis;
mod rtmp;
mod rtsp;
mod serial;
mod sip;
mod smtp;
mod sse;
mod stomp;
mod stun;
mod telnet;
mod terminal;
mod websocket;
mod xml;
mod yamux;

use crate::entry::{Entry, Way};

/// Every parser, with how most of its family come by their bytes.
pub fn all() -> Vec<Entry> {
    type Entries = fn() -> Vec<Entry>;
    let families: [(Entries, Way); 42] = [
        (lines::entries, Way::Decoder),
        (redis::entries, Way::Decoder),
        (mqtt::entries, Way::Partial),
        (http1::entries, Way::Reads),
        (websocket::entries, Way::Reads),
        (sse::entries, Way::Reads),
        (json_rpc::entries, Way::Decoder),
        (serial::entries, Way::Given),
        (nats::entries, Way::Given),
        (memcached::entries, Way::Partial),
        (stomp::entries, Way::Decoder),
        (proxy::entries, Way::Partial),
        (smtp::entries, Way::Given),
        (imap::entries, Way::Partial),
        (irc::entries, Way::Decoder),
        (ldap::entries, Way::Decoder),
        (stun::entries, Way::Reads),
        (dns::entries, Way::Reads),
        (postgres::entries, Way::Partial),
        (mysql::entries, Way::Partial),
        (yamux::entries, Way::Reads),
        (rtsp::entries, Way::Partial),
        (cbor::entries, Way::Reads),
        (json::entries, Way::Reads),
        (csv::entries, Way::Reads),
        (mllp::entries, Way::Decoder),
        (gdb::entries, Way::Given),
        (terminal::entries, Way::Given),
        (encodings::entries, Way::Given),
        (telnet::entries, Way::Decoder),
        (lz4::entries, Way::Reads),
        (osc::entries, Way::Partial),
        (xml::entries, Way::Reads),
        (git::entries, Way::Reads),
        (multipart::entries, Way::Reads),
        (rtmp::entries, Way::Given),
        (png::entries, Way::Given),
        (archive::entries, Way::Reads),
        (grpc::entries, Way::Reads),
        (http2::entries, Way::Reads),
        (amqp::entries, Way::Partial),
        (sip::entries, Way::Decoder),
    ];
    let entries = families.into_iter().flat_map(|(entries, way)| {
        entries().into_iter().map(move |entry| Entry { way: entry.way.or(Some(way)), ..entry })
    });
    entries.collect()
}
