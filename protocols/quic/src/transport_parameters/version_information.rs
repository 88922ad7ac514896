use alloc::vec::Vec;

use super::{TransportParameters, wrong};
use crate::{ErrorCode, Role, TransportError, Version};

/// The versions that an end speaks (RFC 9368 §3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionInformation {
    /// The version of the connection, as the sender sees it.
    pub chosen: Version,
    /// All versions that it could speak, a client's preferred one first. A client lists the chosen
    /// one as well.
    pub available: Vec<Version>,
}

impl VersionInformation {
    pub(super) fn read(value: &[u8]) -> Result<Self, TransportError> {
        let (versions, rest) = value.as_chunks::<4>();
        let mut versions = versions.iter().map(|bytes| Version(u32::from_be_bytes(*bytes)));
        let (Some(chosen), true) = (versions.next(), rest.is_empty()) else { return Err(LENGTH) };
        Ok(Self { chosen, available: versions.collect() })
    }

    /// Checks the rules that hold for it alone (RFC 9368 §4).
    pub(super) fn check(&self, sender: Role) -> Result<(), TransportError> {
        if self.chosen == Version::NEGOTIATION || self.available.contains(&Version::NEGOTIATION) {
            return Err(ZERO);
        }
        if sender == Role::Client && !self.available.contains(&self.chosen) {
            return Err(NOT_AVAILABLE);
        }
        Ok(())
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let versions = core::iter::once(&self.chosen).chain(&self.available);
        versions.flat_map(|version| version.to_bytes()).collect()
    }
}

/// The versions as a client has seen them, to be compared with what the server says (RFC 9368 §4).
#[derive(Debug, Clone, Copy)]
pub struct ClientVersions<'a> {
    /// All versions that the client speaks, the preferred one first, as it sent them.
    pub available: &'a [Version],
    /// The version of the client's first packets in this attempt.
    pub attempted: Version,
    /// The version that is in use, by the long headers of the server.
    pub negotiated: Version,
    /// The attempt was made because of a Version Negotiation packet.
    pub after_negotiation: bool,
}

impl TransportParameters {
    /// Checks, at a server, that the client means the version that it speaks: `used` is the one of
    /// its first packet (RFC 9368 §4). A client may send no version information.
    ///
    /// # Errors
    /// `VERSION_NEGOTIATION_ERROR` if the client chose another.
    pub fn check_client_version(&self, used: Version) -> Result<(), TransportError> {
        match &self.version_information {
            Some(information) if information.chosen != used => Err(CHOSEN_BY_CLIENT),
            _ => Ok(()),
        }
    }

    /// Checks, at a client, that nobody on the path has made both ends speak a version that they
    /// would not have agreed on (RFC 9368 §4).
    ///
    /// A client also ignores Version Negotiation packets that list the version it has attempted,
    /// and those that answer an attempt `after_negotiation` (§2.1).
    ///
    /// ```
    /// use segue_quic::{ErrorCode, Version};
    /// use segue_quic::transport_parameters::{ClientVersions, TransportParameters, VersionInformation};
    ///
    /// let server = TransportParameters {
    ///     version_information: Some(VersionInformation {
    ///         chosen: Version::V1,
    ///         available: vec![Version::V2, Version::V1],
    ///     }),
    ///     ..TransportParameters::new()
    /// };
    /// let seen = ClientVersions {
    ///     available: &[Version::V1, Version::V2],
    ///     attempted: Version::V1,
    ///     negotiated: Version::V1,
    ///     after_negotiation: true,
    /// };
    /// assert_eq!(server.check_server_version(&seen), Ok(()));
    /// // A client that likes version 2 better was told by somebody that the server has it not.
    /// let seen = ClientVersions { available: &[Version::V2, Version::V1], ..seen };
    /// let error = server.check_server_version(&seen).unwrap_err();
    /// assert_eq!(error.code, ErrorCode::VERSION_NEGOTIATION_ERROR);
    /// ```
    ///
    /// # Errors
    /// `VERSION_NEGOTIATION_ERROR`, with the rule that is broken.
    pub fn check_server_version(&self, seen: &ClientVersions<'_>) -> Result<(), TransportError> {
        let v1 = VersionInformation { chosen: Version::V1, available: [Version::V1].into() };
        let information = match &self.version_information {
            Some(information) => information,
            // Servers of version 1 that know nothing of this (§8).
            None if seen.after_negotiation && seen.negotiated == Version::V1 => &v1,
            None if seen.after_negotiation => return Err(MISSING),
            None if seen.negotiated != seen.attempted => return Err(CHANGED),
            None => return Ok(()),
        };
        let chosen = information.chosen;
        if !seen.available.contains(&chosen) {
            return Err(NOT_OFFERED);
        }
        if chosen != seen.negotiated {
            return Err(CHOSEN_BY_SERVER);
        }
        if !seen.after_negotiation {
            return Ok(());
        }
        if information.available.is_empty() {
            return Err(NONE_AVAILABLE);
        }
        let listed = |version: &&Version| {
            !version.is_reserved()
                && (information.available.contains(version) || **version == chosen)
        };
        match seen.available.iter().find(listed) {
            Some(best) if *best == seen.attempted => Ok(()),
            _ => Err(DOWNGRADE),
        }
    }
}

const fn negotiation(reason: &'static str, section: &'static str) -> TransportError {
    TransportError::new(ErrorCode::VERSION_NEGOTIATION_ERROR, reason, section)
}

const LENGTH: TransportError = wrong("version_information is no list of versions", "RFC 9368 §3");
const ZERO: TransportError = wrong("version_information has a version 0", "RFC 9368 §4");
const NOT_AVAILABLE: TransportError =
    wrong("the version that the client chose is not among its available ones", "RFC 9368 §4");
const CHOSEN_BY_CLIENT: TransportError =
    negotiation("the client chose another version than it speaks", "RFC 9368 §4");
const CHOSEN_BY_SERVER: TransportError =
    negotiation("the server chose another version than it speaks", "RFC 9368 §4");
const MISSING: TransportError =
    negotiation("version_information is missing behind a Version Negotiation", "RFC 9368 §4");
const CHANGED: TransportError = negotiation(
    "the server speaks another version and sends no version_information",
    "RFC 9368 §4",
);
const NOT_OFFERED: TransportError =
    negotiation("the server chose a version that the client did not offer", "RFC 9368 §4");
const NONE_AVAILABLE: TransportError =
    negotiation("the server lists no versions behind a Version Negotiation", "RFC 9368 §4");
const DOWNGRADE: TransportError =
    negotiation("the server speaks a version that the client would have chosen", "RFC 9368 §4");
