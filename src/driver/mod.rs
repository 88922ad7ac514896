//! Connections: one engine, driven by blocking I/O, tokio and futures-io.
