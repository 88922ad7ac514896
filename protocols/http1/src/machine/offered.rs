//! The protocols that a request offers to change to.

use segue_http::Tokens;

/// Hashes of the names of protocols, 0 where there is none. Names are compared by them, so that the
/// halves of an end can share them without a lock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Offered {
    hashes: [u32; Self::MAX],
    count: usize,
}

impl Offered {
    /// The most protocols that are kept of a request. Further ones count as not offered.
    pub(crate) const MAX: usize = 4;

    /// Adds the protocols in a line of `Upgrade`.
    pub(crate) fn add(&mut self, value: &[u8]) {
        for protocol in Tokens::of(value) {
            if let Some(place) = self.hashes.get_mut(self.count) {
                *place = hash(protocol);
            }
            self.count += 1;
        }
    }

    pub(crate) fn hashes(&self) -> [u32; Self::MAX] {
        self.hashes
    }

    pub(crate) const fn from_hashes(hashes: [u32; Self::MAX]) -> Self {
        Self { hashes, count: Self::MAX }
    }

    /// Returns true if no protocol had to be left out.
    pub(crate) const fn is_whole(&self) -> bool {
        self.count <= Self::MAX
    }

    /// Returns true if there is a protocol in `self`, and each is among `others`.
    pub(crate) fn is_among(&self, others: &Self) -> bool {
        let own = &self.hashes[..self.count.min(Self::MAX)];
        !own.is_empty() && self.is_whole() && own.iter().all(|hash| others.hashes.contains(hash))
    }
}

/// The hash of a protocol's name, without regard to case (FNV-1a); never 0.
fn hash(name: &[u8]) -> u32 {
    let step = |hash: u32, byte: &u8| {
        (hash ^ u32::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0193)
    };
    name.iter().fold(0x811c_9dc5, step).max(1)
}
