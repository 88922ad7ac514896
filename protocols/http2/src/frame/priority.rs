use segue::Output;

use super::{Flags, Header, Kind, StreamId};

/// The place of a stream in the tree of RFC 7540 §5.3, which RFC 9113 has abandoned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dependency {
    /// The stream that comes first; 0 for none.
    pub on: StreamId,
    /// True if no other stream shares its place.
    pub exclusive: bool,
    /// The weight, less one.
    pub weight: u8,
}

impl Dependency {
    /// The length in bytes.
    pub(super) const LENGTH: usize = 5;

    pub(super) const fn decode(bytes: &[u8; Self::LENGTH]) -> Self {
        let [a, b, c, d, weight] = *bytes;
        Self { on: StreamId::read([a, b, c, d]), exclusive: a & 0x80 != 0, weight }
    }

    fn encode(&self, output: &mut Output) {
        let exclusive = if self.exclusive { 1 << 31 } else { 0 };
        output.put(&(self.on.0 | exclusive).to_be_bytes());
        output.put(&[self.weight]);
    }
}

/// PRIORITY: it is read, checked and not used (RFC 9113 §6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Priority {
    /// The stream.
    pub stream: StreamId,
    /// Its place.
    pub dependency: Dependency,
}

impl Priority {
    pub(super) const LENGTH: usize = Dependency::LENGTH;

    /// Appends the frame to `output`.
    pub fn encode(&self, output: &mut Output) {
        Header { length: 5, kind: Kind::PRIORITY, flags: Flags::NONE, stream: self.stream }
            .encode(output);
        self.dependency.encode(output);
    }
}

/// `PRIORITY_UPDATE`: the priority of a stream as RFC 9218 §7.1 has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriorityUpdate<'a> {
    /// The stream.
    pub prioritized: StreamId,
    /// The priority as a structured field, such as `u=3, i`.
    pub value: &'a [u8],
}

impl PriorityUpdate<'_> {
    /// The longest value that is read, in bytes; longer ones are skipped like frames of unknown
    /// types. The two parameters of RFC 9218 take eight.
    pub const MAX_VALUE: usize = 256;

    /// Appends the frame to `output`. Of a value that is longer than [`MAX_VALUE`](Self::MAX_VALUE)
    /// the beginning is written.
    pub fn encode(&self, output: &mut Output) {
        let value = &self.value[..self.value.len().min(Self::MAX_VALUE)];
        let length = u32::try_from(4 + value.len()).unwrap_or(4);
        let (flags, stream) = (Flags::NONE, StreamId::CONNECTION);
        Header { length, kind: Kind::PRIORITY_UPDATE, flags, stream }.encode(output);
        output.put(&self.prioritized.0.to_be_bytes());
        output.put(value);
    }
}
