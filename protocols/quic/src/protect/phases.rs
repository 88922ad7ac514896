//! Key updates as the receiver sees them (RFC 9001 §6).

use core::mem;

use super::PacketKey;
use crate::{Discard, UnprotectError, Unprotected, packet::Unmasked};

/// The keys for payloads of 1-RTT packets that one end has sent, of the phases that are alive.
///
/// The key phase is one bit, so a packet of another phase than the current one is of the one before
/// it or of the one behind it; its number tells which (§6.5). A packet that opens with the next key
/// makes that the current one, and asks for the one behind it:
///
/// ```
/// # #[cfg(feature = "ring")] {
/// use segue_quic::{Version, protect::{KeyPhases, Secret, Suite}};
///
/// let mut secret = Secret::new(Suite::Aes128Gcm, &[1; 32]).unwrap();
/// let key = secret.packet_key(Version::V1).unwrap();
/// let mut next = || {
///     secret = secret.next(Version::V1)?;
///     secret.packet_key(Version::V1)
/// };
/// let mut phases = KeyPhases::new(key, next().unwrap());
///
/// // With each packet: phases.open(packet.unmask(&header_key)?, number)?, and then
/// if phases.wants_next() {
///     phases.provide_next(next().unwrap()); // and one's own key is to be updated
/// }
/// # }
/// ```
///
/// No key is made while a packet is opened, since the time that it takes would tell those on the path
/// that keys were updated (§6.3): keep the next one ready. When to let go of the one before is the
/// caller's to say, who has a clock: three probe timeouts after the update (§6.5).
#[derive(Debug)]
pub struct KeyPhases<P> {
    previous: Option<P>,
    current: P,
    next: Option<P>,
    /// The key phase bit of packets that are protected with the current key.
    bit: bool,
    /// The lowest number of a packet that was opened with the current key.
    lowest: u64,
    failed: u64,
}

/// Which of the keys a packet takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The one before the last update.
    Previous,
    /// The one of the last packet.
    Current,
    /// The one that nothing was opened with yet.
    Next,
}

impl<P: PacketKey> KeyPhases<P> {
    /// The first key, and the one behind it.
    #[must_use]
    pub fn new(current: P, next: P) -> Self {
        let (previous, next) = (None, Some(next));
        Self { previous, current, next, bit: false, lowest: u64::MAX, failed: 0 }
    }

    /// Which key a packet takes that has this key phase bit and this number (§6.5).
    #[must_use]
    pub fn phase(&self, key_phase: bool, number: u64) -> Phase {
        match key_phase == self.bit {
            true => Phase::Current,
            // Before anything of a phase was opened, there is nothing older to come.
            false if self.lowest != u64::MAX && number < self.lowest && self.previous.is_some() => {
                Phase::Previous
            }
            false => Phase::Next,
        }
    }

    /// Removes the protection of a packet of number `number` with the key that it takes.
    ///
    /// # Errors
    /// As [`Unmasked::open`]; [`Discard::NoKey`] where the next key has not been
    /// [provided](Self::provide_next).
    pub fn open<'a>(
        &mut self,
        packet: Unmasked<'a>,
        number: u64,
    ) -> Result<Unprotected<'a>, UnprotectError> {
        let phase = self.phase(packet.key_phase(), number);
        let key = match phase {
            Phase::Previous => self.previous.as_ref(),
            Phase::Current => Some(&self.current),
            Phase::Next => self.next.as_ref(),
        };
        let opened = packet.open(key.ok_or(Discard::NoKey)?, number);
        match opened {
            Err(UnprotectError::Discard(Discard::Unauthentic)) => self.failed += 1,
            Err(UnprotectError::Discard(_)) => {}
            Ok(_) | Err(UnprotectError::Close(_)) => self.note(phase, number),
        }
        opened
    }

    /// Whether a packet has come that was protected with the next key, so that the one behind it is
    /// to be provided; and the key for what is sent is to be updated before anything is acknowledged
    /// (§6.2).
    #[must_use]
    pub fn wants_next(&self) -> bool {
        self.next.is_none()
    }

    /// Takes the key behind the current one, if it [`wants_next`](Self::wants_next).
    pub fn provide_next(&mut self, next: P) {
        self.next.get_or_insert(next);
    }

    /// Lets go of the key before the last update: three probe timeouts after the first packet of the
    /// new phase came (§6.5).
    pub fn forget_previous(&mut self) {
        self.previous = None;
    }

    /// The key phase bit of the current key: what one's own packets are to have, too, once the keys
    /// were updated.
    #[must_use]
    pub fn bit(&self) -> bool {
        self.bit
    }

    /// How many packets were not authentic: of these, there is a limit over all keys of a connection
    /// (§6.6).
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.failed
    }

    /// A packet was opened.
    fn note(&mut self, phase: Phase, number: u64) {
        match phase {
            Phase::Previous => {}
            Phase::Current => self.lowest = self.lowest.min(number),
            Phase::Next => {
                if let Some(next) = self.next.take() {
                    self.previous = Some(mem::replace(&mut self.current, next));
                    self.bit = !self.bit;
                    self.lowest = number;
                }
            }
        }
    }
}
