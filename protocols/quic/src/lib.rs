//! QUIC framing as segue stages: datagrams, packets, frames and streams, without a stack.
//!
//! The sockets, the clock and the state of a connection stay with the caller.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
