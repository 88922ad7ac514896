//! The keys of a connection, as far as they are known.

use segue_quic::{
    Coalesced, KeyLog, KeyLogLabel, PacketKind, Role, UnprotectError, Version,
    protect::{KeyPhases, RingHeaderKey, RingPacketKey, Secret, Suite},
};

use crate::drafts::{Disguised, Salts};

/// A packet that is still protected.
pub(crate) struct Sealed<'p> {
    pub(crate) sender: Role,
    pub(crate) kind: PacketKind,
    /// Its version, which may be a draft that looks like version 1.
    pub(crate) version: Version,
    /// All its bytes, with the version that they look like.
    pub(crate) packet: &'p [u8],
    /// Its destination connection id.
    pub(crate) destination: &'p [u8],
    /// The highest number before it.
    pub(crate) largest: Option<u64>,
}

/// A packet without its protection.
pub(crate) struct Unprotected {
    pub(crate) number: u64,
    pub(crate) key_phase: bool,
    pub(crate) spin: bool,
    /// The Initial keys that opened it, by their number; 0 for other packets. Each have a handshake
    /// of their own: a client may begin again behind a Version Negotiation or a Retry.
    pub(crate) attempt: usize,
    /// The offset of the frames in the packet.
    pub(crate) payload_at: usize,
    pub(crate) payload: Vec<u8>,
}

/// The reason why a packet stays closed.
pub(crate) enum Closed {
    /// The key log does not have its keys, or what they are found by has not come.
    NoKeys,
    /// It does not open, or its sender broke a rule.
    Error(UnprotectError),
}

/// The keys of both ends.
#[derive(Debug)]
pub(crate) struct Keyring {
    /// The versions and connection ids that Initial keys are made of: the first one, and what a
    /// client sent to behind each Version Negotiation and Retry packet. One that waited too long
    /// sends to the first again.
    attempts: Vec<(Version, Vec<u8>)>,
    salts: Salts,
    /// Of the last long header of the server: the one that was agreed on.
    pub(crate) version: Version,
    pub(crate) random: Option<[u8; 32]>,
    pub(crate) suite: Option<Suite>,
    /// 1-RTT keys of the client and of the server.
    updated: [Option<Updated>; 2],
}

/// Keys that are updated (RFC 9001 §6).
#[derive(Debug)]
struct Updated {
    header: RingHeaderKey,
    phases: KeyPhases<RingPacketKey>,
    /// The secret that the last key of the phases was made of.
    last: Secret,
    version: Version,
}

impl Keyring {
    pub(crate) fn new(version: Version, initial_id: &[u8], salts: Salts) -> Self {
        let attempts = vec![(version, initial_id.to_vec())];
        Self { attempts, salts, version, random: None, suite: None, updated: [None, None] }
    }

    /// The connection id that the client's first packet was sent to.
    pub(crate) fn original_id(&self) -> &[u8] {
        self.attempts.first().map_or(&[], |(_, id)| &id[..])
    }

    /// Opens a copy of a packet.
    pub(crate) fn open(
        &mut self,
        log: &KeyLog,
        sealed: &Sealed<'_>,
    ) -> Result<Unprotected, Closed> {
        let Sealed { sender, kind, version, packet, destination, largest } = *sealed;
        let attempt = Attempt { packet, version, id: destination.len(), largest };
        match kind {
            PacketKind::Initial => {
                // The last one first. Behind a Retry, a client's first one has keys of its own (RFC
                // 9001 §5.2), and a server may answer in another version.
                let ids = self.attempts.iter().rev().map(|(_, id)| id.clone());
                let own = (sender == Role::Client).then(|| destination.to_vec());
                let mut closed = Closed::NoKeys;
                for id in ids.chain(own).collect::<Vec<_>>() {
                    let secret = self.salts.initial(version, sender, &id);
                    let opened = secret
                        .ok_or(Closed::NoKeys)
                        .and_then(|secret| attempt.with_secret(&secret, labels(version)));
                    match opened {
                        Ok(opened) => {
                            let key = (version, id);
                            let known = self.attempts.iter().position(|known| *known == key);
                            let attempt = known.unwrap_or_else(|| {
                                self.attempts.push(key);
                                self.attempts.len() - 1
                            });
                            return Ok(Unprotected { attempt, ..opened });
                        }
                        Err(error) => closed = error,
                    }
                }
                Err(closed)
            }
            PacketKind::ZeroRtt => {
                // The suite was agreed on in another connection.
                let secret = self.secret(log, KeyLogLabel::ClientEarly).ok_or(Closed::NoKeys)?;
                let suites = Suite::ALL.into_iter().filter_map(|suite| Secret::new(suite, secret));
                let attempts = suites.map(|secret| attempt.with_secret(&secret, labels(version)));
                let mut error = Closed::NoKeys;
                for opened in attempts {
                    match opened {
                        Ok(opened) => return Ok(opened),
                        Err(closed) => error = closed,
                    }
                }
                Err(error)
            }
            PacketKind::Handshake => {
                let label = match sender {
                    Role::Client => KeyLogLabel::ClientHandshake,
                    Role::Server => KeyLogLabel::ServerHandshake,
                };
                let secret = self.agreed(log, label).ok_or(Closed::NoKeys)?;
                attempt.with_secret(&secret, labels(version))
            }
            PacketKind::OneRtt => {
                let updated = self.updated(log, sender).ok_or(Closed::NoKeys)?;
                attempt.with_phases(updated)
            }
            _ => Err(Closed::NoKeys),
        }
    }

    fn secret<'l>(&self, log: &'l KeyLog, label: KeyLogLabel) -> Option<&'l [u8]> {
        log.secret(&self.random?, label)
    }

    /// A secret for the suite that was agreed on.
    fn agreed(&self, log: &KeyLog, label: KeyLogLabel) -> Option<Secret> {
        Secret::new(self.suite?, self.secret(log, label)?)
    }

    fn updated(&mut self, log: &KeyLog, sender: Role) -> Option<&mut Updated> {
        let label = match sender {
            Role::Client => KeyLogLabel::ClientTraffic,
            Role::Server => KeyLogLabel::ServerTraffic,
        };
        if self.updated[sender as usize].is_none() {
            let (secret, version) = (self.agreed(log, label)?, labels(self.version));
            let keys = secret.keys(version)?;
            let last = secret.next(version)?;
            let phases = KeyPhases::new(keys.packet, last.packet_key(version)?);
            let updated = Updated { header: keys.header, phases, last, version };
            self.updated[sender as usize] = Some(updated);
        }
        self.updated[sender as usize].as_mut()
    }
}

/// A packet that is to be opened.
struct Attempt<'p> {
    packet: &'p [u8],
    version: Version,
    /// Length of its destination connection id in bytes.
    id: usize,
    largest: Option<u64>,
}

impl Attempt<'_> {
    /// By a secret whose keys are made with the labels of `labels`.
    fn with_secret(&self, secret: &Secret, labels: Version) -> Result<Unprotected, Closed> {
        let keys = secret.keys(labels).ok_or(Closed::NoKeys)?;
        let key = Disguised { key: &keys.packet, version: self.version };
        self.with(|packet| packet.unmask(&keys.header)?.open(&key, self.largest))
    }

    fn with_phases(&self, updated: &mut Updated) -> Result<Unprotected, Closed> {
        let opened = self.with(|packet| {
            let unmasked = packet.unmask(&updated.header)?;
            updated.phases.open(unmasked, self.largest)
        });
        if updated.phases.wants_next()
            && let Some(next) = updated.last.next(updated.version)
            && let Some(key) = next.packet_key(updated.version)
        {
            updated.phases.provide_next(key);
            updated.last = next;
        }
        opened
    }

    /// On a copy, since an attempt that fails leaves nothing of use.
    fn with(
        &self,
        open: impl FnOnce(segue_quic::Packet<'_>) -> Result<segue_quic::Unprotected<'_>, UnprotectError>,
    ) -> Result<Unprotected, Closed> {
        let mut copy = self.packet.to_vec();
        let packet = Coalesced::new(&mut copy, self.id).greased_fixed_bit().next();
        let packet = packet.and_then(Result::ok).ok_or(Closed::NoKeys)?;
        let opened = open(packet).map_err(Closed::Error)?;
        Ok(Unprotected {
            number: opened.number(),
            attempt: 0,
            key_phase: opened.key_phase(),
            spin: opened.spin(),
            payload_at: opened.payload_range().start,
            payload: opened.payload().to_vec(),
        })
    }
}

/// The version whose labels a version has: drafts have those of version 1 (RFC 9001 §5.1).
fn labels(version: Version) -> Version {
    if version.is_known() { version } else { Version::V1 }
}
