//! The check that the connection ids of the handshake were not tampered with (RFC 9000 §7.3).

use super::{TransportParameters, wrong};
use crate::{Role, TransportError};

/// The connection ids that were seen in packets of the handshake.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionIds<'a> {
    /// The source of the first Initial of the end whose parameters are authenticated.
    pub initial_source: &'a [u8],
    /// The destination of the very first Initial of the client.
    pub original_destination: &'a [u8],
    /// The source of the Retry, if there was one.
    pub retry_source: Option<&'a [u8]>,
}

impl TransportParameters {
    /// Checks the connection ids that `sender` declares against those that were `seen` (RFC 9000
    /// §7.3), so that nobody on the path has changed them.
    ///
    /// # Errors
    /// `TRANSPORT_PARAMETER_ERROR` if one is missing, superfluous, or different.
    pub fn authenticate(
        &self,
        sender: Role,
        seen: &ConnectionIds<'_>,
    ) -> Result<(), TransportError> {
        if self.initial_source.as_deref() != Some(seen.initial_source) {
            return Err(INITIAL_SOURCE);
        }
        if sender == Role::Client {
            return Ok(());
        }
        if self.original_destination.as_deref() != Some(seen.original_destination) {
            return Err(ORIGINAL_DESTINATION);
        }
        if self.retry_source.as_deref() != seen.retry_source {
            return Err(RETRY_SOURCE);
        }
        Ok(())
    }
}

const INITIAL_SOURCE: TransportError = wrong(
    "initial_source_connection_id is not the source of the first Initial packet",
    "RFC 9000 §7.3",
);
const ORIGINAL_DESTINATION: TransportError = wrong(
    "original_destination_connection_id is not the destination of the first Initial packet",
    "RFC 9000 §7.3",
);
const RETRY_SOURCE: TransportError =
    wrong("retry_source_connection_id is not the source of the Retry packet", "RFC 9000 §7.3");
