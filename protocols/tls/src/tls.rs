//! The layer.

use std::fmt;

use rustls::{
    CommonState, Connection, HandshakeKind, ProtocolVersion, SupportedCipherSuite,
    pki_types::CertificateDer,
};
use segue::{Buffer, Fault, Layer, Output, Step};

use crate::{Error, Limits, RecordHeader, session::Session};

/// TLS between a transport and a stage: the output of a [`Handshake`](crate::Handshake), to be given
/// to a connection's `layered`.
///
/// - **Ends.** A `close_notify` of the peer is the end of the stream, and one is sent when this side
///   ends. A wire that ends without it is a fault, `UnexpectedEof`, since somebody may have cut it;
///   for peers that never say it see [`on_cut`](Self::on_cut). Either direction ends by itself.
/// - **Alerts.** A fatal one of the peer is a fault, and the fault says which. What breaks the rules
///   is answered by one before the fault is reported.
/// - **Data** is opened a record at a time, and sealed a record at a time, of up to 16 KiB.
/// - **While nothing comes** it holds what rustls holds: keys, certificates of the peer, and a small
///   buffer.
pub struct Tls {
    session: Session,
    limits: Limits,
    /// The bytes of data that were lent, and are forgotten at the next call.
    lent: usize,
    /// The records in a row without data.
    without_data: u32,
    on_cut: OnCut,
    is_cut: bool,
}

/// The meaning of a wire that ends between two records, without a `close_notify`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OnCut {
    /// A fault: anybody on the way may have ended it, so the data may be incomplete (RFC 8446 §6.1).
    #[default]
    Fault,
    /// The end of the stream, for protocols that say by themselves where their messages end, and
    /// peers that never say goodbye. [`Tls::is_cut`] tells it from a proper end. An end inside a
    /// record is a fault all the same.
    EndBetweenRecords,
}

impl Tls {
    pub(super) fn new(session: Session, limits: Limits) -> Self {
        Self { session, limits, lent: 0, without_data: 0, on_cut: OnCut::Fault, is_cut: false }
    }

    /// Sets the meaning of a wire that ends without a `close_notify`.
    #[must_use]
    pub fn on_cut(mut self, meaning: OnCut) -> Self {
        self.on_cut = meaning;
        self
    }

    /// Returns true if the wire has ended without a `close_notify`, which
    /// [`on_cut`](Self::on_cut) allows.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Returns the protocol that both ends have agreed on (RFC 7301), such as `h2`.
    #[must_use]
    pub fn alpn(&self) -> Option<&[u8]> {
        self.state().alpn_protocol()
    }

    /// Returns the certificates that the peer has shown and rustls has accepted, its own first. A
    /// server has them if it asks for them.
    #[must_use]
    pub fn peer_certificates(&self) -> Option<&[CertificateDer<'static>]> {
        self.state().peer_certificates()
    }

    /// Returns the name that the client wants to reach, at a server.
    #[must_use]
    pub fn server_name(&self) -> Option<&str> {
        match self.session.connection() {
            Connection::Server(connection) => connection.server_name(),
            Connection::Client(_) => None,
        }
    }

    /// Returns the version.
    #[must_use]
    pub fn version(&self) -> Option<ProtocolVersion> {
        self.state().protocol_version()
    }

    /// Returns the cipher suite.
    #[must_use]
    pub fn cipher_suite(&self) -> Option<SupportedCipherSuite> {
        self.state().negotiated_cipher_suite()
    }

    /// Returns true if the handshake resumed an earlier session, without certificates.
    #[must_use]
    pub fn is_resumed(&self) -> bool {
        self.state().handshake_kind() == Some(HandshakeKind::Resumed)
    }

    /// Derives keys for another protocol from those of this connection (RFC 5705, RFC 8446 §7.5).
    ///
    /// # Errors
    /// Those of rustls.
    pub fn export_keying_material<T: AsMut<[u8]>>(
        &self,
        output: T,
        label: &[u8],
        context: Option<&[u8]>,
    ) -> Result<T, rustls::Error> {
        self.session.connection().export_keying_material(output, label, context)
    }

    /// Changes the keys of this direction, and asks the peer to change its own (RFC 8446 §4.6.3).
    /// The message leaves with the next data. rustls does so by itself before a key is used up.
    ///
    /// # Errors
    /// Those of rustls: TLS 1.2 has no such message.
    pub fn update_keys(&mut self) -> Result<(), rustls::Error> {
        self.session.connection_mut().refresh_traffic_keys()
    }

    fn state(&self) -> &CommonState {
        self.session.connection()
    }
}

impl Layer for Tls {
    type Plain<'a> = &'a [u8];
    type Error = Error;

    fn open<'a>(
        &'a mut self,
        wire: &'a mut Buffer,
        eof: bool,
        answers: &mut Output,
    ) -> Result<Step<&'a [u8]>, Fault<Error>> {
        self.session.forget(std::mem::take(&mut self.lent));
        if self.session.data().is_empty() {
            if self.is_cut || self.session.has_ended() {
                return Ok(Step::Done);
            }
            let position = wire.position();
            match self.session.take_record(wire, answers)? {
                Err(need) if !eof => return Ok(Step::Need(need)),
                Err(_) if wire.is_empty() && self.on_cut == OnCut::EndBetweenRecords => {
                    self.is_cut = true;
                    return Ok(Step::Done);
                }
                Err(_) => return Err(Fault::truncated(position + wire.len() as u64)),
                Ok(0) if self.session.has_ended() => return Ok(Step::Done),
                Ok(0) if self.without_data >= self.limits.records_without_data => {
                    return Err(Fault::new(Error::NoData).at(position));
                }
                Ok(0) => self.without_data += 1,
                Ok(_) => self.without_data = 0,
            }
        }
        let data = self.session.data();
        self.lent = data.len();
        Ok(Step::Item(data))
    }

    fn seal(&mut self, plain: &mut Output, wire: &mut Output) -> Result<(), Error> {
        self.session.seal(plain)?;
        self.session.send(wire);
        Ok(())
    }

    fn close(&mut self, wire: &mut Output) {
        self.session.connection_mut().send_close_notify();
        self.session.send(wire);
    }

    fn lease(&self) -> usize {
        RecordHeader::LENGTH + RecordHeader::MAX
    }
}

/// Shows neither keys nor names.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("version", &self.version())
            .field("is_resumed", &self.is_resumed())
            .field("is_cut", &self.is_cut)
            .finish_non_exhaustive()
    }
}
