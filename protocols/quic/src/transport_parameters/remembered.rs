//! What a client remembers of a server's parameters for early data (RFC 9000 §7.4.1).

use super::TransportParameters;
use crate::{ErrorCode, TransportError};

/// Checks that fields are no less than before. Each has an error that names it.
macro_rules! no_less {
    ($self:ident, $remembered:ident, $($field:ident $section:literal,)*) => {
        $(if $self.$field < $remembered.$field {
            return Err(reduced(
                concat!(stringify!($field), " is less than what the client remembers"),
                $section,
            ));
        })*
    };
}

impl TransportParameters {
    /// Returns what a client remembers of a server's parameters, to send early data with by the next
    /// connection: all but those that belong to one connection, which have their defaults (RFC 9000
    /// §7.4.1). Unknown parameters are not remembered.
    ///
    /// ```
    /// use segue_quic::{VarInt, transport_parameters::TransportParameters};
    ///
    /// let server = TransportParameters {
    ///     initial_max_data: VarInt::from(1000_u16),
    ///     max_ack_delay: 40,
    ///     ..TransportParameters::new()
    /// };
    /// let remembered = server.remembered();
    /// assert_eq!((remembered.initial_max_data.value(), remembered.max_ack_delay), (1000, 25));
    ///
    /// // The server takes early data by the next connection, and allows less than before.
    /// let server = TransportParameters { initial_max_data: VarInt::from(999_u16), ..server };
    /// let error = server.check_remembered(&remembered).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "initial_max_data is less than what the client remembers (RFC 9000 §7.4.1; PROTOCOL_VIOLATION)"
    /// );
    /// ```
    #[must_use]
    pub fn remembered(&self) -> Self {
        Self {
            max_idle_timeout: self.max_idle_timeout,
            max_udp_payload_size: self.max_udp_payload_size,
            initial_max_data: self.initial_max_data,
            initial_max_stream_data_bidi_local: self.initial_max_stream_data_bidi_local,
            initial_max_stream_data_bidi_remote: self.initial_max_stream_data_bidi_remote,
            initial_max_stream_data_uni: self.initial_max_stream_data_uni,
            initial_max_streams_bidi: self.initial_max_streams_bidi,
            initial_max_streams_uni: self.initial_max_streams_uni,
            disable_active_migration: self.disable_active_migration,
            active_connection_id_limit: self.active_connection_id_limit,
            max_datagram_frame_size: self.max_datagram_frame_size,
            reset_stream_at: self.reset_stream_at,
            ..Self::new()
        }
    }

    /// Checks the parameters of a server that has accepted early data against those that the client
    /// [remembered](Self::remembered): what the early data may have used must not have become less.
    ///
    /// A server calls it as well, with the parameters of its ticket, before it accepts early data.
    ///
    /// # Errors
    /// `PROTOCOL_VIOLATION`, which names the parameter.
    pub fn check_remembered(&self, remembered: &Self) -> Result<(), TransportError> {
        no_less!(self, remembered,
            active_connection_id_limit "RFC 9000 §7.4.1",
            initial_max_data "RFC 9000 §7.4.1",
            initial_max_stream_data_bidi_local "RFC 9000 §7.4.1",
            initial_max_stream_data_bidi_remote "RFC 9000 §7.4.1",
            initial_max_stream_data_uni "RFC 9000 §7.4.1",
            initial_max_streams_bidi "RFC 9000 §7.4.1",
            initial_max_streams_uni "RFC 9000 §7.4.1",
            max_datagram_frame_size "RFC 9221 §3",
            reset_stream_at "draft-ietf-quic-reliable-stream-reset §3",
        );
        Ok(())
    }
}

const fn reduced(reason: &'static str, section: &'static str) -> TransportError {
    TransportError::new(ErrorCode::PROTOCOL_VIOLATION, reason, section)
}
