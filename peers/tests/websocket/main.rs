//! WebSockets under what others have written: axum, hyper over any transport, rustls.

#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod served;
mod tls;
