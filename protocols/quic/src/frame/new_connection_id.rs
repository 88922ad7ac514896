//! Connection ids handed out and given back (RFC 9000 §5.1, §19.15, §19.16).

use super::{
    FrameType,
    input::{Broken, Input, Rule},
    plain::integers,
};
use crate::{Sink, VarInt};

/// NEW_CONNECTION_ID: another connection id that the other end may send to (RFC 9000 §19.15).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewConnectionId<'a> {
    /// The number of the id, in the order in which this end hands them out.
    pub sequence: VarInt,
    /// Those before this one are to be retired. At most `sequence`.
    pub retire_prior_to: VarInt,
    /// The id, of 1 to 20 bytes.
    pub id: &'a [u8],
    /// The last bytes of a stateless reset of a connection with this id (§10.3).
    pub reset_token: &'a [u8; 16],
}

impl<'a> NewConnectionId<'a> {
    pub(super) fn read(input: &mut Input<'a>) -> Result<Self, Broken> {
        let (sequence, retire_prior_to) = (input.varint()?, input.varint()?);
        let [length] = *input.array()?;
        let id = input.bytes(usize::from(length))?;
        let frame = Self { sequence, retire_prior_to, id, reset_token: input.array()? };
        frame.check()?;
        Ok(frame)
    }

    pub(super) const fn frame_type(&self) -> FrameType {
        FrameType::NEW_CONNECTION_ID
    }

    pub(super) const fn size(&self) -> usize {
        1 + self.sequence.size() + self.retire_prior_to.size() + 1 + self.id.len() + 16
    }

    pub(super) fn put(&self, sink: &mut impl Sink) {
        sink.put(&[0x18]);
        self.sequence.put(sink);
        self.retire_prior_to.put(sink);
        sink.put(&[u8::try_from(self.id.len()).unwrap_or(u8::MAX)]);
        sink.put(self.id);
        sink.put(self.reset_token);
    }

    pub(super) const fn check(&self) -> Result<(), Broken> {
        if self.id.is_empty() || self.id.len() > 20 {
            return Err(LENGTH);
        }
        if self.retire_prior_to.value() > self.sequence.value() {
            return Err(RETIRES_ITSELF);
        }
        Ok(())
    }
}

integers! {
    /// RETIRE_CONNECTION_ID: the sender will not send to an id any more (RFC 9000 §19.16).
    RetireConnectionId = 0x19 {
        /// The number of the receiver's id.
        sequence,
    }
}

const LENGTH: Broken =
    &Rule::new("a new connection id does not have 1 to 20 bytes", "RFC 9000 §19.15");
const RETIRES_ITSELF: Broken =
    &Rule::new("a new connection id is to be retired at once", "RFC 9000 §19.15");
