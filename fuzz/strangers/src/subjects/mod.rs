//! The parsers, by family. To add one see the README.

mod cbor;
mod csv;
mod dns;
mod encodings;
mod fed;
mod gdb;
mod http1;
mod imap;
mod irc;
mod json;
mod json_rpc;
mod ldap;
mod lines;
mod memcached;
mod mllp;
mod mqtt;
mod mysql;
mod nats;
mod postgres;
mod proxy;
mod redis;
mod rtsp;
mod serial;
mod smtp;
mod sse;
mod stomp;
mod stun;
mod terminal;
mod websocket;
mod yamux;

use crate::entry::Entry;

/// Every parser.
pub fn all() -> Vec<Entry> {
    [
        lines::entries,
        redis::entries,
        mqtt::entries,
        http1::entries,
        websocket::entries,
        sse::entries,
        json_rpc::entries,
        serial::entries,
        nats::entries,
        memcached::entries,
        stomp::entries,
        proxy::entries,
        smtp::entries,
        imap::entries,
        irc::entries,
        ldap::entries,
        stun::entries,
        dns::entries,
        postgres::entries,
        mysql::entries,
        yamux::entries,
        rtsp::entries,
        cbor::entries,
        json::entries,
        csv::entries,
        mllp::entries,
        gdb::entries,
        terminal::entries,
        encodings::entries,
    ]
    .into_iter()
    .flat_map(|entries| entries())
    .collect()
}
