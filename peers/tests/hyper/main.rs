//! hyper as a peer of our HTTP/1.1, and as a user of our transports.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

#[path = "../../../examples/tunnel/deflate.rs"]
mod deflate;
mod http1;
mod layers;
#[path = "../../../tests/layers/numbered.rs"]
#[allow(dead_code, reason = "the tests of layers look at what it has seen")]
mod numbered;
