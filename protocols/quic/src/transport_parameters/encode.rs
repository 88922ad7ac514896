//! Encoding of transport parameters.

use alloc::{collections::BTreeSet, vec::Vec};

use super::{
    ACK_DELAY_EXPONENT, ACTIVE_CONNECTION_ID_LIMIT, MAX_ACK_DELAY, MAX_UDP_PAYLOAD_SIZE,
    Parameters, TransportParameters, id, read::TWICE, wrong,
};
use crate::{Role, Sink, TransportError, VarInt};

impl TransportParameters {
    /// Appends the content of the TLS extension of `sender`: the parameters that do not have their
    /// default, in the order of their ids, then the unknown ones.
    ///
    /// # Errors
    /// The error with which the receiver would close the connection, or one that says what it would
    /// read as something else: what is written is read again to the same. Nothing is appended then.
    pub fn encode(&self, sender: Role, sink: &mut impl Sink) -> Result<(), TransportError> {
        self.check(sender)?;
        self.check_unknown()?;
        let mut bytes = Vec::new();
        self.write(&mut bytes);
        if bytes.len() > Parameters::MAX {
            return Err(TOO_LONG);
        }
        sink.put(&bytes);
        Ok(())
    }

    /// Checks that what counts as unknown is that, and is there once.
    fn check_unknown(&self) -> Result<(), TransportError> {
        let mut seen = BTreeSet::new();
        for (id, _) in &self.unknown {
            if Self::name(*id).is_some() {
                return Err(KNOWN);
            }
            if !seen.insert(*id) {
                return Err(TWICE);
            }
        }
        Ok(())
    }

    /// Appends the parameters.
    fn write(&self, sink: &mut Vec<u8>) {
        let ids = [&self.original_destination, &self.initial_source, &self.retry_source];
        let [original, initial, retry] =
            ids.map(|id| id.as_ref().map(crate::ConnectionId::as_slice));
        let mut writer = Writer(sink);
        writer.bytes(id::original_destination_connection_id, original);
        writer.integer(id::max_idle_timeout, self.max_idle_timeout, VarInt::ZERO);
        let token = self.stateless_reset_token.as_ref().map(|token| &token.0[..]);
        writer.bytes(id::stateless_reset_token, token);
        writer.integer(id::max_udp_payload_size, self.max_udp_payload_size, MAX_UDP_PAYLOAD_SIZE);
        let limits = [
            (id::initial_max_data, self.initial_max_data),
            (id::initial_max_stream_data_bidi_local, self.initial_max_stream_data_bidi_local),
            (id::initial_max_stream_data_bidi_remote, self.initial_max_stream_data_bidi_remote),
            (id::initial_max_stream_data_uni, self.initial_max_stream_data_uni),
            (id::initial_max_streams_bidi, self.initial_max_streams_bidi),
            (id::initial_max_streams_uni, self.initial_max_streams_uni),
        ];
        limits.iter().for_each(|&(id, limit)| writer.integer(id, limit, VarInt::ZERO));
        let exponent = [self.ack_delay_exponent, ACK_DELAY_EXPONENT].map(VarInt::from);
        writer.integer(id::ack_delay_exponent, exponent[0], exponent[1]);
        let delay = [self.max_ack_delay, MAX_ACK_DELAY].map(VarInt::from);
        writer.integer(id::max_ack_delay, delay[0], delay[1]);
        writer.flag(id::disable_active_migration, self.disable_active_migration);
        let address = self.preferred_address.as_ref().map(super::PreferredAddress::bytes);
        writer.bytes(id::preferred_address, address.as_deref());
        let limit = self.active_connection_id_limit;
        writer.integer(id::active_connection_id_limit, limit, ACTIVE_CONNECTION_ID_LIMIT);
        writer.bytes(id::initial_source_connection_id, initial);
        writer.bytes(id::retry_source_connection_id, retry);
        let versions = self.version_information.as_ref().map(super::VersionInformation::bytes);
        writer.bytes(id::version_information, versions.as_deref());
        writer.flag(id::reset_stream_at, self.reset_stream_at);
        writer.integer(id::max_datagram_frame_size, self.max_datagram_frame_size, VarInt::ZERO);
        writer.flag(id::grease_quic_bit, self.grease_quic_bit);
        let part = self.enable_timestamp.map(|part| VarInt::from(part).to_bytes());
        writer.bytes(id::enable_timestamp, part.as_deref());
        let delay = self.min_ack_delay.map(VarInt::to_bytes);
        writer.bytes(id::min_ack_delay, delay.as_deref());
        for (id, value) in &self.unknown {
            writer.bytes(id.value(), Some(value));
        }
    }

    /// Encodes as [`encode`](Self::encode) does, into a new `Vec`, as TLS libraries expect it.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    pub fn to_vec(&self, sender: Role) -> Result<Vec<u8>, TransportError> {
        let mut bytes = Vec::new();
        self.encode(sender, &mut bytes)?;
        Ok(bytes)
    }
}

const KNOWN: TransportError =
    wrong("a parameter that is known stands among the unknown ones", "RFC 9000 §7.4.2");
const TOO_LONG: TransportError =
    wrong("the transport parameters do not fit a TLS extension", "RFC 9001 §8.2");

struct Writer<'s, S>(&'s mut S);

impl<S: Sink> Writer<'_, S> {
    /// A value, if there is one.
    fn bytes(&mut self, id: u64, value: Option<&[u8]>) {
        if let Some(value) = value {
            VarInt::new(id).unwrap_or(VarInt::MAX).put(self.0);
            VarInt::try_from(value.len()).unwrap_or(VarInt::MAX).put(self.0);
            self.0.put(value);
        }
    }

    /// An integer, unless it is what is taken for granted.
    fn integer(&mut self, id: u64, value: VarInt, default: VarInt) {
        if value != default {
            self.bytes(id, Some(&value.to_bytes()));
        }
    }

    fn flag(&mut self, id: u64, set: bool) {
        self.bytes(id, set.then_some(&[]));
    }
}
