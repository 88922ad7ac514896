//! Decoding of transport parameters.

use alloc::collections::BTreeSet;

use super::{
    Parameter, Parameters, PreferredAddress, TransportParameters, VersionInformation, id, wrong,
};
use crate::{ConnectionId, Role, StatelessResetToken, TransportError, VarInt};

impl TransportParameters {
    /// Decodes `extension`, the content of the TLS extension (RFC 9001 §8.2) of `sender`. It may be
    /// empty: everything has a default.
    ///
    /// The connection ids are not checked: [`authenticate`](Self::authenticate) does that.
    ///
    /// # Errors
    /// `TRANSPORT_PARAMETER_ERROR` if a parameter is cut off, repeated, has a forbidden value, or
    /// must not be sent by `sender`.
    pub fn decode(extension: &[u8], sender: Role) -> Result<Self, TransportError> {
        let (mut read, mut seen) = (Self::new(), BTreeSet::new());
        for parameter in Parameters::iter(extension) {
            let parameter = parameter?;
            if !seen.insert(parameter.id) {
                return Err(TWICE);
            }
            read.set(parameter)?;
        }
        read.check(sender)?;
        Ok(read)
    }

    fn set(&mut self, Parameter { id, value }: Parameter<'_>) -> Result<(), TransportError> {
        match id.value() {
            id::original_destination_connection_id => {
                self.original_destination = Some(connection_id(value)?);
            }
            id::max_idle_timeout => self.max_idle_timeout = integer(value)?,
            id::stateless_reset_token => {
                let token = value.try_into().map_err(|_| TOKEN)?;
                self.stateless_reset_token = Some(StatelessResetToken(token));
            }
            id::max_udp_payload_size => self.max_udp_payload_size = integer(value)?,
            id::initial_max_data => self.initial_max_data = integer(value)?,
            id::initial_max_stream_data_bidi_local => {
                self.initial_max_stream_data_bidi_local = integer(value)?;
            }
            id::initial_max_stream_data_bidi_remote => {
                self.initial_max_stream_data_bidi_remote = integer(value)?;
            }
            id::initial_max_stream_data_uni => self.initial_max_stream_data_uni = integer(value)?,
            id::initial_max_streams_bidi => self.initial_max_streams_bidi = integer(value)?,
            id::initial_max_streams_uni => self.initial_max_streams_uni = integer(value)?,
            id::ack_delay_exponent => {
                let exponent = u8::try_from(integer(value)?.value());
                self.ack_delay_exponent = exponent.map_err(|_| EXPONENT)?;
            }
            id::max_ack_delay => {
                let delay = u16::try_from(integer(value)?.value());
                self.max_ack_delay = delay.map_err(|_| ACK_DELAY)?;
            }
            id::disable_active_migration => self.disable_active_migration = flag(value)?,
            id::preferred_address => {
                self.preferred_address = Some(PreferredAddress::read(value)?);
            }
            id::active_connection_id_limit => self.active_connection_id_limit = integer(value)?,
            id::initial_source_connection_id => self.initial_source = Some(connection_id(value)?),
            id::retry_source_connection_id => self.retry_source = Some(connection_id(value)?),
            id::version_information => {
                self.version_information = Some(VersionInformation::read(value)?);
            }
            id::max_datagram_frame_size => self.max_datagram_frame_size = integer(value)?,
            id::grease_quic_bit => self.grease_quic_bit = flag(value)?,
            id::reset_stream_at => self.reset_stream_at = flag(value)?,
            id::min_ack_delay => self.min_ack_delay = Some(integer(value)?),
            id::enable_timestamp => {
                let part = u8::try_from(integer(value)?.value());
                self.enable_timestamp = Some(part.map_err(|_| TIMESTAMP)?);
            }
            _ => self.unknown.push((id, value.to_vec())),
        }
        Ok(())
    }

    /// Checks all rules that hold for these values, sent by `sender`: what it refuses is neither
    /// read nor written.
    pub(super) fn check(&self, sender: Role) -> Result<(), TransportError> {
        let of_servers = self.original_destination.is_some()
            || self.stateless_reset_token.is_some()
            || self.preferred_address.is_some()
            || self.retry_source.is_some();
        let streams = [self.initial_max_streams_bidi, self.initial_max_streams_uni];
        let without_ids = self.initial_source.is_some_and(|id| id.is_empty());
        let most_delay = 1000 * u64::from(self.max_ack_delay);
        let rules = [
            (of_servers && sender == Role::Client, OF_SERVERS),
            (self.max_udp_payload_size < 1200, UDP_PAYLOAD),
            (streams.iter().any(|streams| *streams > 1 << 60), STREAMS),
            (self.ack_delay_exponent > 20, EXPONENT),
            (self.max_ack_delay >= 1 << 14, ACK_DELAY),
            (self.active_connection_id_limit < 2, ID_LIMIT),
            (self.preferred_address.is_some() && without_ids, WITHOUT_IDS),
            (self.min_ack_delay.is_some_and(|delay| delay > most_delay), MIN_ACK_DELAY),
            (self.enable_timestamp.is_some_and(|part| !(1..=3).contains(&part)), TIMESTAMP),
        ];
        if let Some((_, error)) = rules.into_iter().find(|(broken, _)| *broken) {
            return Err(error);
        }
        self.preferred_address.as_ref().map_or(Ok(()), PreferredAddress::check)?;
        self.version_information.as_ref().map_or(Ok(()), |versions| versions.check(sender))
    }
}

fn integer(value: &[u8]) -> Result<VarInt, TransportError> {
    match VarInt::decode(value) {
        Some((integer, size)) if size == value.len() => Ok(integer),
        _ => Err(INTEGER),
    }
}

fn flag(value: &[u8]) -> Result<bool, TransportError> {
    if value.is_empty() { Ok(true) } else { Err(FLAG) }
}

fn connection_id(value: &[u8]) -> Result<ConnectionId, TransportError> {
    ConnectionId::new(value).ok_or(ID)
}

pub(super) const TWICE: TransportError = wrong("a transport parameter came twice", "RFC 9000 §7.4");
const INTEGER: TransportError =
    wrong("the value of a transport parameter is not one integer", "RFC 9000 §18.2");
const FLAG: TransportError =
    wrong("a transport parameter that only is there or not has a value", "RFC 9000 §18.2");
const ID: TransportError =
    wrong("a connection id in the transport parameters has more than 20 bytes", "RFC 9000 §18.2");
const TOKEN: TransportError =
    wrong("the stateless reset token does not have 16 bytes", "RFC 9000 §18.2");
const OF_SERVERS: TransportError =
    wrong("a client sent a transport parameter that only servers may send", "RFC 9000 §18.2");
const UDP_PAYLOAD: TransportError =
    wrong("max_udp_payload_size is less than 1200", "RFC 9000 §18.2");
const STREAMS: TransportError = wrong("more than 2^60 streams are allowed", "RFC 9000 §4.6");
const EXPONENT: TransportError = wrong("ack_delay_exponent is more than 20", "RFC 9000 §18.2");
const ACK_DELAY: TransportError = wrong("max_ack_delay is 2^14 or more", "RFC 9000 §18.2");
const ID_LIMIT: TransportError =
    wrong("active_connection_id_limit is less than 2", "RFC 9000 §18.2");
const WITHOUT_IDS: TransportError =
    wrong("a server without connection ids has a preferred address", "RFC 9000 §18.2");
const MIN_ACK_DELAY: TransportError =
    wrong("min_ack_delay is more than max_ack_delay", "draft-ietf-quic-ack-frequency §3");
const TIMESTAMP: TransportError =
    wrong("enable_timestamp is none of 1, 2 and 3", "draft-huitema-quic-ts §2.1");
