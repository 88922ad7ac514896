use alloc::vec::Vec;

use super::wrong;
use crate::{TransportError, Version};

/// The versions that an end speaks (RFC 9368 §3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionInformation {
    /// The version of the connection, as the sender sees it.
    pub chosen: Version,
    /// The other versions that it could speak, a client's preferred one first.
    pub available: Vec<Version>,
}

impl VersionInformation {
    pub(super) fn read(value: &[u8]) -> Result<Self, TransportError> {
        let (versions, rest) = value.as_chunks::<4>();
        let mut versions = versions.iter().map(|bytes| Version(u32::from_be_bytes(*bytes)));
        let (Some(chosen), true) = (versions.next(), rest.is_empty()) else { return Err(LENGTH) };
        let read = Self { chosen, available: versions.collect() };
        if read.chosen == Version::NEGOTIATION || read.available.contains(&Version::NEGOTIATION) {
            return Err(ZERO);
        }
        Ok(read)
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let versions = core::iter::once(&self.chosen).chain(&self.available);
        versions.flat_map(|version| version.to_bytes()).collect()
    }
}

const LENGTH: TransportError = wrong("version_information is no list of versions", "RFC 9368 §3");
const ZERO: TransportError = wrong("version_information has a version 0", "RFC 9368 §4");
