use alloc::vec::Vec;
use core::fmt;

use super::{Ack, Crypto, Datagram, Frame, FrameType, Padding, Stream, Unsendable};
use crate::{PacketKind, Sink, VarInt, Width};

/// A builder of payloads. It appends frames up to a limit: the rest of the datagram behind the
/// header of the packet, less the tag.
///
/// Frames are written in place into a packet, by [`PacketBuilder::frames`](crate::PacketBuilder::frames),
/// or appended to a `Vec`, which may start with the header. Data that does not fit is cut, and the
/// number of bytes taken is returned. If data fills the payload up to the limit, its frame has no
/// length.
///
/// ```
/// use segue_quic::{PacketKind, VarInt, frame::{Ack, Builder, MaxData}};
///
/// let mut packet = Vec::new();
/// let mut payload = Builder::new(&mut packet, PacketKind::OneRtt, 40);
/// let ack = Ack::new(&[10..=12], VarInt::ZERO, None).unwrap();
/// assert!(payload.ack(ack)?);
/// payload.push(MaxData { maximum: VarInt::from(1024_u16) })?;
/// let data = [b'x'; 100];
/// let taken = payload.stream(VarInt::from(4_u8), VarInt::ZERO, &data, true)?;
/// assert_eq!((taken, payload.room()), (Some(30), 0));
/// assert!(payload.is_ack_eliciting() && !payload.is_probing());
/// assert_eq!(packet.len(), 40);
/// # Ok::<(), segue_quic::frame::Refused>(())
/// ```
#[derive(Debug)]
pub struct Builder<'v> {
    target: Target<'v>,
    limit: usize,
    packet: PacketKind,
    /// The traits of all frames together.
    traits: Traits,
}

/// The place that frames are written to.
#[derive(Debug)]
enum Target<'v> {
    /// The end of a vector, behind the bytes in front of `start`.
    Vec { bytes: &'v mut Vec<u8>, start: usize, ended: bool },
    /// The payload of a packet.
    Packet(InPacket<'v>),
}

/// The payload of a packet that is being built.
pub(crate) struct InPacket<'v> {
    /// The room for frames, of which a part may be written.
    pub(crate) room: &'v mut [u8],
    /// The number of bytes written.
    pub(crate) written: usize,
    /// The end of what was written, in the packet.
    pub(crate) end: &'v mut usize,
    /// A frame goes on to the end of the packet, so nothing can follow.
    pub(crate) ended: &'v mut bool,
    /// The least payload that has its sample, in bytes.
    pub(crate) least: usize,
}

/// Shows no payload.
impl fmt::Debug for InPacket<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InPacket").field("written", &self.written).finish_non_exhaustive()
    }
}

impl Sink for InPacket<'_> {
    fn put(&mut self, bytes: &[u8]) {
        // The builder has seen to it that there is room.
        if let Some(room) = self.room.get_mut(self.written..self.written + bytes.len()) {
            room.copy_from_slice(bytes);
            self.written += bytes.len();
            *self.end += bytes.len();
        }
    }
}

impl Sink for Target<'_> {
    fn put(&mut self, bytes: &[u8]) {
        match self {
            Self::Vec { bytes: vec, .. } => vec.extend_from_slice(bytes),
            Self::Packet(packet) => packet.put(bytes),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Traits {
    ack_eliciting: bool,
    in_flight: bool,
    probing: bool,
}

impl Traits {
    /// Those of no frames.
    const NONE: Self = Self { ack_eliciting: false, in_flight: false, probing: true };
}

impl<'v> Builder<'v> {
    /// Creates a builder that appends at most `limit` bytes of frames to `bytes`, for
    #[must_use]
    pub fn new(bytes: &'v mut Vec<u8>, packet: PacketKind, limit: usize) -> Self {
        let start = bytes.len();
        let target = Target::Vec { bytes, start, ended: false };
        Self { target, limit, packet, traits: Traits::NONE }
    }

    /// A builder of the payload of a packet, in its place.
    pub(crate) fn in_packet(target: InPacket<'v>, packet: PacketKind) -> Self {
        let limit = target.room.len();
        Self { target: Target::Packet(target), limit, packet, traits: Traits::NONE }
    }

    /// Returns the length of the frames in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.target {
            Target::Vec { bytes, start, .. } => bytes.len() - start,
            Target::Packet(packet) => packet.written,
        }
    }

    /// Returns true if there is no frame yet. Such a packet must not be sent (RFC 9000 §12.4).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the number of bytes that are left for frames.
    #[must_use]
    pub fn room(&self) -> usize {
        let ended = match &self.target {
            Target::Vec { ended, .. } => *ended,
            Target::Packet(packet) => *packet.ended,
        };
        if ended { 0 } else { self.limit.saturating_sub(self.len()) }
    }

    /// Returns true if the packet asks to be acknowledged (RFC 9000 §13.2.1).
    #[must_use]
    pub const fn is_ack_eliciting(&self) -> bool {
        self.traits.ack_eliciting
    }

    /// Returns true if the packet counts for congestion control (RFC 9000 §12.4, table 3).
    #[must_use]
    pub const fn is_congestion_controlled(&self) -> bool {
        self.traits.in_flight
    }

    /// Returns true if the packet probes a path: it has probing frames only (RFC 9000 §9.1).
    #[must_use]
    pub fn is_probing(&self) -> bool {
        self.traits.probing && !self.is_empty()
    }

    /// Appends a frame as it is.
    ///
    /// # Errors
    /// If it does not fit, breaks a rule, or may not be in such a packet. Nothing is appended then.
    pub fn push<'f>(&mut self, frame: impl Into<Frame<'f>>) -> Result<(), Refused> {
        let frame = frame.into();
        frame.check().map_err(|broken| Refused::Unsendable(broken.into()))?;
        self.admit(&frame, frame.size())?;
        frame.put(&mut self.target);
        Ok(())
    }

    /// Appends one frame as it was encoded elsewhere, as [`Payload::with_bytes`](super::Payload::with_bytes)
    /// returns it.
    ///
    /// # Errors
    /// As [`push`](Self::push); [`Refused::NotOne`] if `bytes` are not one frame that is known.
    pub fn push_encoded(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        match Frame::decode(bytes) {
            Ok((frame, size)) if size == bytes.len() => {
                self.admit(&frame, size)?;
                self.target.put(bytes);
                Ok(())
            }
            _ => Err(Refused::NotOne),
        }
    }

    /// Checks that a frame of `size` bytes may be next, and counts its traits.
    fn admit(&mut self, frame: &Frame<'_>, size: usize) -> Result<(), Refused> {
        let kind = frame.frame_type();
        let allowed = match frame {
            Frame::Extension(_) => matches!(self.packet, PacketKind::ZeroRtt | PacketKind::OneRtt),
            _ => kind.is_allowed_in(self.packet),
        };
        if !allowed {
            return Err(Refused::Misplaced { kind, packet: self.packet });
        }
        let room = self.room();
        if size > room {
            return Err(Refused::Full { size, room });
        }
        let open = match frame {
            Frame::Stream(stream) => !stream.length,
            Frame::Datagram(datagram) => !datagram.length,
            _ => false,
        };
        if open {
            match &mut self.target {
                Target::Vec { ended, .. } => *ended = true,
                Target::Packet(packet) => {
                    // Padding that a short packet needs cannot follow.
                    let padding = packet.least.saturating_sub(packet.written + size);
                    Padding { length: padding.min(room - size) }.put(packet);
                    *packet.ended = true;
                }
            }
        }
        self.traits.ack_eliciting |= kind.is_ack_eliciting();
        self.traits.in_flight |= kind.is_congestion_controlled();
        self.traits.probing &= kind.is_probing();
        Ok(())
    }

    /// Appends an ACK with as many of its newest ranges as fit. Returns false if not even one does.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn ack(&mut self, ack: Ack<'_>) -> Result<bool, Refused> {
        match ack.fitting(self.room()) {
            Some(fitting) => self.push(fitting).map(|()| true),
            None => Ok(false),
        }
    }

    /// Appends as much of `data`, which begins at `offset` in the stream `id`, as fits. `fin` marks
    /// the end of the stream, and is sent only with all of the data. Returns the number of bytes
    /// taken; none if not even one fits, or, for empty `data`, not even the frame.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn stream(
        &mut self,
        id: VarInt,
        offset: VarInt,
        data: &[u8],
        fin: bool,
    ) -> Result<Option<usize>, Refused> {
        let Some(room) = self.room().checked_sub(Stream::size_in_front(id, offset)) else {
            return Ok(None);
        };
        let Some((taken, length)) = fit(data, room) else { return Ok(None) };
        let fin = fin && taken.len() == data.len();
        self.push(Stream { id, offset, data: taken, fin, length, zero_offset: false })?;
        Ok(Some(taken.len()))
    }

    /// Appends data as [`stream`](Self::stream) does, in the last frame of the payload: it has no
    /// length, and nothing can follow, not even padding.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn last_stream(
        &mut self,
        id: VarInt,
        offset: VarInt,
        data: &[u8],
        fin: bool,
    ) -> Result<Option<usize>, Refused> {
        let Some(room) = self.room().checked_sub(Stream::size_in_front(id, offset)) else {
            return Ok(None);
        };
        let taken = &data[..data.len().min(room)];
        if taken.is_empty() && !data.is_empty() {
            return Ok(None);
        }
        let fin = fin && taken.len() == data.len();
        let (length, zero_offset) = (false, false);
        self.push(Stream { id, offset, data: taken, fin, length, zero_offset })?;
        Ok(Some(taken.len()))
    }

    /// Appends as much of `data`, which begins at `offset` in the handshake, as fits. Returns the
    /// number of bytes taken; none if not even one fits.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn crypto(&mut self, offset: VarInt, data: &[u8]) -> Result<Option<usize>, Refused> {
        let Some(room) = self.room().checked_sub(1 + offset.size()) else { return Ok(None) };
        let taken = &data[..data.len().min(with_length(room))];
        if taken.is_empty() {
            return Ok(None);
        }
        self.push(Crypto { offset, data: taken })?;
        Ok(Some(taken.len()))
    }

    /// Appends `data` as a DATAGRAM. Returns false if it does not fit: data of this kind is never
    /// cut.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn datagram(&mut self, data: &[u8]) -> Result<bool, Refused> {
        let Some(room) = self.room().checked_sub(1) else { return Ok(false) };
        match fit(data, room) {
            Some((taken, length)) if taken.len() == data.len() => {
                self.push(Datagram { data, length }).map(|()| true)
            }
            _ => Ok(false),
        }
    }

    /// Appends padding up to `length` bytes of frames, if there are fewer.
    ///
    /// # Errors
    /// As [`push`](Self::push): beyond the limit, or after a frame that goes on to the end.
    pub fn pad_to(&mut self, length: usize) -> Result<(), Refused> {
        match length.checked_sub(self.len()) {
            None | Some(0) => Ok(()),
            Some(length) => self.push(Padding { length }),
        }
    }
}

/// The part of `data` that fits in `room` bytes, and true if its length is written in front of it.
/// Without room for the length, the data goes on to the end of the packet.
fn fit(data: &[u8], room: usize) -> Option<(&[u8], bool)> {
    if room > 0 && data.len() <= with_length(room) {
        return Some((data, true));
    }
    let taken = &data[..data.len().min(room)];
    (data.is_empty() || !taken.is_empty()).then_some((taken, false))
}

/// The number of bytes that fit in `room` behind their own length.
fn with_length(room: usize) -> usize {
    let fit = |width: Width| {
        let greatest = usize::try_from(width.greatest()).unwrap_or(usize::MAX);
        room.saturating_sub(width.size()).min(greatest)
    };
    fit(Width::One).max(fit(Width::Two)).max(fit(Width::Four)).max(fit(Width::Eight))
}

/// The reason why a frame was not appended to a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refused {
    /// The frame does not fit.
    Full {
        /// The size of the frame in bytes.
        size: usize,
        /// The number of bytes left in the payload.
        room: usize,
    },
    /// A packet of this kind cannot carry it (RFC 9000 §12.4).
    Misplaced {
        /// The type of the frame.
        kind: FrameType,
        /// The kind of the packet.
        packet: PacketKind,
    },
    /// The frame breaks a rule of its own.
    Unsendable(Unsendable),
    /// The bytes are not one frame that is known.
    NotOne,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full { size, room } => {
                write!(f, "a frame of {size} bytes does not fit the {room} that are left")
            }
            Self::Misplaced { kind, packet } => {
                write!(f, "{kind} cannot stand in a packet of the kind {packet} (RFC 9000 §12.4)")
            }
            Self::Unsendable(unsendable) => unsendable.fmt(f),
            Self::NotOne => f.write_str("the bytes are not one frame that is known"),
        }
    }
}

impl core::error::Error for Refused {}
