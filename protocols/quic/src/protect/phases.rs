//! Key updates as the receiver sees them (RFC 9001 §6).

use core::mem;

use super::PacketKey;
use crate::{Discard, ErrorCode, TransportError, UnprotectError, Unprotected, packet::Unmasked};

/// The payload keys for the 1-RTT packets of one sender, of the live key phases.
///
/// The key phase is one bit, so a packet of another phase than the current one belongs to the
/// previous or to the next; its number tells which (§6.5). A packet that opens with the next key
/// makes that key the current one, and another next key is wanted:
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
/// // With each packet: phases.open(packet.unmask(&header_key)?, largest)?, and then
/// if phases.wants_next() {
///     phases.provide_next(next().unwrap()); // and one's own key is to be updated
/// }
/// # }
/// ```
///
/// No key is derived while a packet is opened, since the time it takes would tell observers of the
/// key update (§6.3): keep the next one ready. The caller, who has a clock, decides when to drop
/// the previous key: three probe timeouts after the update (§6.5).
///
/// A peer that protects a packet with an older key than one with a lower number is told
/// `KEY_UPDATE_ERROR` (§6.4). To see that, a packet that the next key does not open is tried with the
/// previous one, on a copy: the one case in which opening allocates.
#[derive(Debug)]
pub struct KeyPhases<P> {
    previous: Option<P>,
    current: P,
    next: Option<P>,
    /// The key phase bit of packets that are protected with the current key.
    bit: bool,
    /// The lowest number of a packet that was opened with the current key.
    lowest: u64,
    /// The highest number of a packet that was opened with the current key.
    highest: Option<u64>,
    /// The highest number of a packet that was opened with an older key.
    highest_before: Option<u64>,
    failed: u64,
}

/// The key that a packet takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The key before the last update.
    Previous,
    /// The current key.
    Current,
    /// The next key, with which nothing was opened yet.
    Next,
}

impl<P: PacketKey> KeyPhases<P> {
    /// Creates phases with the first key and the next one.
    #[must_use]
    pub fn new(current: P, next: P) -> Self {
        let (previous, next) = (None, Some(next));
        let (highest, highest_before) = (None, None);
        let lowest = u64::MAX;
        Self { previous, current, next, bit: false, lowest, highest, highest_before, failed: 0 }
    }

    /// Returns the key for a packet with this key phase bit and this number (§6.5).
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

    /// Removes the protection of a packet with the key that it takes; `largest` is the highest
    /// authentic number received in its space.
    ///
    /// # Errors
    /// As [`Unmasked::open`]; [`Discard::NoKey`] if the next key has not been
    /// [provided](Self::provide_next), and then the packet is as it was; `KEY_UPDATE_ERROR` if the
    /// peer went back to an older key (§6.4).
    pub fn open<'a>(
        &mut self,
        packet: Unmasked<'a>,
        largest: Option<u64>,
    ) -> Result<Unprotected<'a>, UnprotectError> {
        let number = packet.number(largest);
        let phase = self.phase(packet.key_phase(), number);
        let sealed = match (phase, &self.previous) {
            (Phase::Next, Some(_)) => packet.sealed(),
            _ => None,
        };
        let key = match phase {
            Phase::Previous => self.previous.as_ref(),
            Phase::Current => Some(&self.current),
            Phase::Next => self.next.as_ref(),
        };
        let opened = match key {
            Some(key) => packet.open(key, largest),
            None => Err(Discard::NoKey.into()),
        };
        match &opened {
            Err(UnprotectError::Discard(why @ (Discard::Unauthentic | Discard::NoKey))) => {
                if let (Some((header, mut payload)), Some(previous)) = (sealed, &self.previous)
                    && previous.open(number, &header, &mut payload).is_ok()
                {
                    return Err(UnprotectError::Close(went_back()));
                }
                self.failed += u64::from(*why == Discard::Unauthentic);
            }
            Err(UnprotectError::Discard(_)) => {}
            Ok(_) | Err(UnprotectError::Close(_)) if self.note(phase, number) => {}
            Ok(_) | Err(UnprotectError::Close(_)) => {
                return Err(UnprotectError::Close(went_back()));
            }
        }
        opened
    }

    /// Returns true once a packet protected with the next key has come: provide the key behind it,
    /// and update the key for sending before anything is acknowledged (§6.2).
    #[must_use]
    pub fn wants_next(&self) -> bool {
        self.next.is_none()
    }

    /// Sets the next key, if it
    pub fn provide_next(&mut self, next: P) {
        self.next.get_or_insert(next);
    }

    /// Drops the key before the last update: three probe timeouts after the first packet of the new
    /// phase came (§6.5).
    pub fn forget_previous(&mut self) {
        self.previous = None;
    }

    /// Returns the key phase bit of the current key, which your own packets carry, too, once the
    /// keys were updated.
    #[must_use]
    pub fn bit(&self) -> bool {
        self.bit
    }

    /// Returns the number of packets that were not authentic. A limit holds over all keys of a
    /// connection (§6.6).
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.failed
    }

    /// Notes that a packet was opened. Returns false if a packet with a higher number was protected
    /// with an older key, or one with a lower number with a newer key (§6.4).
    fn note(&mut self, phase: Phase, number: u64) -> bool {
        match phase {
            Phase::Previous => {
                self.highest_before = self.highest_before.max(Some(number));
                return true;
            }
            Phase::Current => {
                self.lowest = self.lowest.min(number);
                self.highest = self.highest.max(Some(number));
            }
            Phase::Next => {
                if let Some(next) = self.next.take() {
                    self.previous = Some(mem::replace(&mut self.current, next));
                    self.bit = !self.bit;
                    self.lowest = number;
                    self.highest_before = self.highest_before.max(self.highest);
                    self.highest = Some(number);
                }
            }
        }
        self.highest_before < Some(number)
    }
}

#[cold]
fn went_back() -> TransportError {
    TransportError::new(
        ErrorCode::KEY_UPDATE_ERROR,
        "a packet is protected with an older key than one with a lower number",
        "RFC 9001 §6.4",
    )
}
