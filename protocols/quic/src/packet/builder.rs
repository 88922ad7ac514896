use core::fmt;

use super::{
    error::BuildError,
    header::Header,
    kind::{FIXED, KEY_PHASE, PacketKind, masked},
    number::PacketNumber,
};
use crate::{
    VarInt, Width,
    frame::{Builder, InPacket},
    protect::{HeaderKey, Keys, PacketKey, SAMPLE, TAG},
};

/// A builder of packets. It writes a packet in place in its datagram, and protects it there.
///
/// ```
/// # #[cfg(feature = "ring")] {
/// use segue_quic::{Coalesced, Header, MIN_INITIAL_DATAGRAM, PacketBuilder, PacketNumber, Version, protect};
/// use segue_quic::frame::Ping;
///
/// let keys = protect::initial(Version::V1, b"8 or so.").unwrap();
/// let header = Header::Initial {
///     version: Version::V1,
///     destination: b"8 or so.",
///     source: b"me",
///     token: b"",
/// };
/// let mut datagram = [0; MIN_INITIAL_DATAGRAM];
/// let number = PacketNumber::new(0, None).unwrap();
/// let mut packet = PacketBuilder::new(&mut datagram, &header, number)?;
/// packet.frames().push(Ping).expect("there is room");
/// packet.pad_to(MIN_INITIAL_DATAGRAM);
/// let length = packet.finish(&keys.client)?;
///
/// let packet = Coalesced::new(&mut datagram[..length], 0).next().unwrap().unwrap();
/// let opened = packet.unprotect(&keys.client, None).unwrap();
/// assert_eq!((opened.header(), opened.number()), (Ok(header), 0));
/// assert_eq!(opened.payload()[..2], [0x01, 0x00]);
/// # }
/// # Ok::<(), segue_quic::BuildError>(())
/// ```
pub struct PacketBuilder<'b> {
    room: &'b mut [u8],
    /// The offset and width of the Length field; none in a short header.
    length: Option<(usize, Width)>,
    kind: PacketKind,
    number: PacketNumber,
    number_at: usize,
    /// The end of what was written.
    end: usize,
    /// A frame goes on to the end of the packet.
    ended: bool,
}

impl<'b> PacketBuilder<'b> {
    /// Begins a packet with this header and number at the front of `room`, all of which it may
    /// take.
    ///
    /// The Length field is wide enough for any packet in that room, and [`finish`](Self::finish)
    /// fills it in.
    ///
    /// # Errors
    /// As [`Header::write`]; [`BuildError::NotProtected`] if the header is of a packet that carries
    /// no frames.
    #[inline(always)]
    pub fn new(
        room: &'b mut [u8],
        header: &Header<'_>,
        number: PacketNumber,
    ) -> Result<Self, BuildError> {
        let most = VarInt::try_from(room.len()).map_err(|_| BuildError::NoRoom)?;
        Self::begin(room, header, number, most.width().max(Width::Two))
    }

    /// Begins a packet whose frames will take `payload` bytes: its Length field is as short as
    /// possible. If more is written, [`finish`](Self::finish) may fail.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn sized(
        room: &'b mut [u8],
        header: &Header<'_>,
        number: PacketNumber,
        payload: usize,
    ) -> Result<Self, BuildError> {
        let payload = payload.max(least_payload(number));
        let length = payload.checked_add(number.size() + TAG).ok_or(BuildError::NoRoom)?;
        let length = VarInt::try_from(length).map_err(|_| BuildError::NoRoom)?;
        Self::begin(room, header, number, length.width())
    }

    #[inline(always)]
    fn begin(
        room: &'b mut [u8],
        header: &Header<'_>,
        number: PacketNumber,
        width: Width,
    ) -> Result<Self, BuildError> {
        let kind = header.kind();
        if !kind.is_protected() {
            return Err(BuildError::NotProtected);
        }
        let length_at = header.write(room)?;
        let length = kind.has_length().then_some((length_at, width));
        let number_at = length_at + length.map_or(0, |(_, width)| width.size());
        let low = room.get_mut(number_at..).and_then(<[_]>::first_chunk_mut);
        // Frames overwrite the bytes behind the number.
        *low.ok_or(BuildError::NoRoom)? = number.to_bytes();
        if let Some(first) = room.first_mut() {
            #[expect(clippy::cast_possible_truncation, reason = "at most 4")]
            let size = number.size() as u8;
            *first |= size - 1;
        }
        let end = number_at + number.size();
        // Room for the shortest payload there is, and the tag behind it.
        if room.len() < end + least_payload(number) + TAG {
            return Err(BuildError::NoRoom);
        }
        Ok(Self { room, length, kind, number, number_at, end, ended: false })
    }

    /// Sets the key phase bit of a 1-RTT packet (RFC 9001 §6); does nothing to others.
    #[must_use]
    #[inline]
    pub fn key_phase(self, bit: bool) -> Self {
        if self.length.is_none()
            && let Some(first) = self.room.first_mut()
        {
            *first = *first & !KEY_PHASE | if bit { KEY_PHASE } else { 0 };
        }
        self
    }

    /// Sets the fixed bit to 0: allowed if the peer has sent the transport parameter
    /// `grease_quic_bit` (RFC 9287 §3).
    #[must_use]
    pub fn grease_fixed_bit(self) -> Self {
        if let Some(first) = self.room.first_mut() {
            *first &= !FIXED;
        }
        self
    }

    /// Returns a builder of frames, which writes them in place behind those that are there, with the
    /// rules for this kind of packet.
    ///
    /// Once it has written a frame without a length, which goes on to the end, nothing can follow.
    ///
    /// ```
    /// use segue_quic::{Header, PacketBuilder, PacketNumber, VarInt, frame::Ping};
    ///
    /// let mut room = [0; 100];
    /// let header = Header::OneRtt { destination: b"8 random", spin: false };
    /// let number = PacketNumber::new(0, None).expect("0 is a number");
    /// let mut packet = PacketBuilder::new(&mut room, &header, number)?;
    /// let mut frames = packet.frames();
    /// frames.push(Ping)?;
    /// let data = [b'x'; 100];
    /// assert_eq!(frames.stream(VarInt::ZERO, VarInt::ZERO, &data, true)?, Some(71));
    /// assert_eq!(packet.written(), 100 - 16); // all but the tag
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn frames(&mut self) -> Builder<'_> {
        let start = self.number_at + self.number.size();
        let behind = self.room.len() - TAG;
        let packet = InPacket {
            written: self.end - start,
            room: &mut self.room[start..behind],
            end: &mut self.end,
            ended: &mut self.ended,
            least: least_payload(self.number),
        };
        Builder::in_packet(packet, self.kind)
    }

    /// Returns the room that is left for frames. Write into it, then call
    /// [`advance`](Self::advance).
    #[must_use]
    pub fn payload_room(&mut self) -> &mut [u8] {
        let end = if self.ended { self.end } else { self.room.len() - TAG };
        &mut self.room[self.end..end]
    }

    /// Counts the first `count` bytes of [`payload_room`](Self::payload_room) as written.
    ///
    /// # Errors
    /// [`BuildError::NoRoom`] if there are fewer. Nothing is counted then.
    pub fn advance(&mut self, count: usize) -> Result<(), BuildError> {
        if count > self.payload_room().len() {
            return Err(BuildError::NoRoom);
        }
        self.end += count;
        Ok(())
    }

    /// Appends frames.
    ///
    /// # Errors
    /// [`BuildError::NoRoom`], and nothing is appended.
    #[inline(always)]
    pub fn put(&mut self, frames: &[u8]) -> Result<(), BuildError> {
        let room = self.payload_room().get_mut(..frames.len()).ok_or(BuildError::NoRoom)?;
        room.copy_from_slice(frames);
        self.end += frames.len();
        Ok(())
    }

    /// Appends PADDING frames up to a packet of `length` bytes, tag included, or to the end of its
    /// room. Does nothing if the packet is longer already, or if its last [frame](Self::frames) goes
    /// on to the end.
    ///
    /// A datagram with an Initial packet has at least
    /// [`MIN_INITIAL_DATAGRAM`](crate::MIN_INITIAL_DATAGRAM) bytes (RFC 9000 §14.1).
    #[inline]
    pub fn pad_to(&mut self, length: usize) {
        let end = length.saturating_sub(TAG).min(self.room.len() - TAG);
        if !self.ended
            && let Some(padding) = self.room.get_mut(self.end..end)
        {
            padding.fill(0);
            self.end = end;
        }
    }

    /// Returns the length of the packet so far, without the tag, in bytes.
    #[must_use]
    pub fn written(&self) -> usize {
        self.end
    }

    /// Fills in the length and protects payload and header. Returns the length of the packet.
    ///
    /// A packet that is too short is padded: it has at least one frame, and four bytes of number
    /// and frames, for the sample (RFC 9001 §5.4.2).
    ///
    /// # Errors
    /// If the length does not fit the field of [`sized`](Self::sized), or the keys refuse.
    #[inline(always)]
    pub fn finish<H: HeaderKey, P: PacketKey>(
        mut self,
        keys: &Keys<H, P>,
    ) -> Result<usize, BuildError> {
        let payload_at = self.number_at + self.number.size();
        self.pad_to(payload_at + least_payload(self.number) + TAG);
        let Self { room, length, number, number_at, end, .. } = self;
        if let Some((at, width)) = length {
            let length = VarInt::try_from(end + TAG - number_at).ok();
            let length = length.and_then(|length| length.to_bytes_in(width));
            let length = length.ok_or(BuildError::LengthTooSmall)?;
            room[at..number_at].copy_from_slice(&length);
        }
        let (header, behind) = room.split_at_mut(payload_at);
        let (payload, behind) = behind.split_at_mut(end - payload_at);
        let tag = keys.packet.seal(number.full(), header, payload);
        behind[..TAG].copy_from_slice(&tag.map_err(|_| BuildError::Refused)?);

        let (header, behind) = room.split_at_mut(number_at + 4);
        let sample = behind.first_chunk::<SAMPLE>().ok_or(BuildError::NoRoom)?;
        let mask = keys.header.mask(sample).ok_or(BuildError::Refused)?;
        let low = header.last_chunk_mut::<4>().ok_or(BuildError::NoRoom)?;
        // As one word, of which the number's bytes are the upper ones.
        let [first, mask @ ..] = mask;
        let unused = 8 * (4 - number.size());
        let mask = u32::from_be_bytes(mask) >> unused << unused;
        *low = (u32::from_be_bytes(*low) ^ mask).to_be_bytes();
        header[0] ^= first & masked(header[0]);
        Ok(end + TAG)
    }
}

/// The least number of bytes of frames in a packet.
fn least_payload(number: PacketNumber) -> usize {
    (4 - number.size()).max(1)
}

/// Shows no payload.
impl fmt::Debug for PacketBuilder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PacketBuilder")
            .field("number", &self.number)
            .field("written", &self.end)
            .finish_non_exhaustive()
    }
}
