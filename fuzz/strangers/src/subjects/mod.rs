//! The parsers, by family. To add one see the README.

mod http1;
mod json_rpc;
mod lines;
mod memcached;
mod mqtt;
mod nats;
mod proxy;
mod redis;
mod serial;
mod sse;
mod stomp;
mod websocket;

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
    ]
    .into_iter()
    .flat_map(|entries| entries())
    .collect()
}
