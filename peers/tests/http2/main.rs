//! HTTP/2 with the crate h2 in both roles: messages with and without content, trailers, interim
//! responses, resets from either side, flow control with a slow reader, and graceful ends.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod client;
mod server;

use std::time::Duration;

/// Fails a test that hangs.
async fn in_time<T>(test: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), test).await.expect("it ends")
}

/// Content that shows when bytes are lost, doubled or swapped.
fn content(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 31 % 251).to_le_bytes()[0]).collect()
}
