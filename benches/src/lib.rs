//! The toolkit measured beside its peers.
