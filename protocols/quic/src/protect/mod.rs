//! Packet protection (RFC 9001 §5, RFC 9369 §3.3).
//!
//! Two kinds of keys protect a packet, [`HeaderKey`] and [`PacketKey`]. A crypto library implements
//! them:
//!
//! - feature `ring`: a `Secret` makes them, from the connection id of a client's first packet
//!   (`initial`), from a key log ([`KeyLog`](crate::KeyLog)), or from wherever else there is one;
//! - feature `rustls`: the keys of rustls's `quic` connections, as they are.
//!
//! Packets are protected by [`PacketBuilder::finish`](crate::PacketBuilder::finish) and unprotected
//! by [`Packet::unprotect`](crate::Packet::unprotect), both in place and without allocating.

use alloc::boxed::Box;
use core::fmt;

#[cfg(feature = "ring")]
mod initial;
mod phases;
#[cfg(feature = "ring")]
mod retry;
#[cfg(feature = "ring")]
mod ring;
#[cfg(feature = "rustls")]
mod rustls;
#[cfg(feature = "ring")]
mod secret;
mod suite;

#[cfg(feature = "ring")]
pub use initial::{InitialKeys, initial, initial_secrets, initial_secrets_by};
pub use phases::{KeyPhases, Phase};
#[cfg(feature = "ring")]
pub use retry::{retry_is_authentic, retry_tag};
#[cfg(feature = "ring")]
pub use ring::{RingHeaderKey, RingKeys, RingPacketKey};
#[cfg(feature = "rustls")]
pub use rustls::RustlsKeys;
#[cfg(feature = "ring")]
pub use secret::Secret;
pub use suite::{Limits, Suite, UnknownSuite};

/// The number of bytes that an AEAD adds to a packet (RFC 9001 §5.3): the same for all that QUIC
/// may use.
pub const TAG: usize = 16;

/// The size of the sample that header protection takes from a protected packet, in bytes (RFC 9001
/// §5.4.2).
pub const SAMPLE: usize = 16;

/// A key that protects headers (RFC 9001 §5.4).
pub trait HeaderKey {
    /// Returns the mask for a packet with this `sample`: the low five bits of the first byte are
    /// used, the other bytes are for the packet number. None if the library refuses, which it has
    /// no reason to do.
    fn mask(&self, sample: &[u8; SAMPLE]) -> Option<[u8; 5]>;
}

/// A key that protects payloads, with the IV that belongs to it (RFC 9001 §5.3).
pub trait PacketKey {
    /// Removes the protection of `payload`, which has the tag at its end, in place. All but the
    /// last [`TAG`] bytes are the frames then.
    ///
    /// # Errors
    /// If `header`, `payload` and `number` were not protected by a peer with this key. The content
    /// of `payload` is of no use then.
    fn open(&self, number: u64, header: &[u8], payload: &mut [u8]) -> Result<(), Unauthentic>;

    /// Protects `payload` in place. Returns the tag to append to it.
    ///
    /// Never protect two packets with the same key and number.
    ///
    /// # Errors
    /// If the library refuses, as for a payload longer than any datagram.
    fn seal(
        &self,
        number: u64,
        header: &[u8],
        payload: &mut [u8],
    ) -> Result<[u8; TAG], SealRefused>;

    /// Returns the limits on the packets it may protect and may fail to open.
    fn limits(&self) -> Limits;
}

/// The keys for one kind of packet in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keys<H, P> {
    /// For headers. It stays when [keys are updated](KeyPhases).
    pub header: H,
    /// For payloads.
    pub packet: P,
}

/// The error for a packet that is not authentic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unauthentic;

impl fmt::Display for Unauthentic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the packet is not authentic (RFC 9001 §5.3)")
    }
}

impl core::error::Error for Unauthentic {}

/// The error of an AEAD that refuses to protect a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealRefused;

impl fmt::Display for SealRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the AEAD refuses to protect the packet (RFC 9001 §5.3)")
    }
}

impl core::error::Error for SealRefused {}

macro_rules! through_a_pointer {
    ($($Pointer:ty),*) => {$(
        impl<T: HeaderKey + ?Sized> HeaderKey for $Pointer {
            #[inline]
            fn mask(&self, sample: &[u8; SAMPLE]) -> Option<[u8; 5]> {
                (**self).mask(sample)
            }
        }

        impl<T: PacketKey + ?Sized> PacketKey for $Pointer {
            #[inline]
            fn open(
                &self,
                number: u64,
                header: &[u8],
                payload: &mut [u8],
            ) -> Result<(), Unauthentic> {
                (**self).open(number, header, payload)
            }

            #[inline]
            fn seal(
                &self,
                number: u64,
                header: &[u8],
                payload: &mut [u8],
            ) -> Result<[u8; TAG], SealRefused> {
                (**self).seal(number, header, payload)
            }

            fn limits(&self) -> Limits {
                (**self).limits()
            }
        }
    )*};
}

through_a_pointer!(&T, Box<T>);
