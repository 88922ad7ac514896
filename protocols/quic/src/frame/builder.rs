//! Filling a packet with frames, up to a limit.

use alloc::vec::Vec;
use core::fmt;

use super::{Ack, Crypto, Datagram, Frame, FrameType, Padding, Stream, Unsendable};
use crate::{PacketKind, VarInt, Width};

/// Fills a payload with frames, up to a limit: what is left of the datagram behind the header of
/// the packet and the tag of its protection.
///
/// Frames are appended to a `Vec` that may have the header in it already. Data that does not fit is
/// cut: whoever owns a stream is told how much of it was taken. Where data fills the payload up to
/// the limit, its frame goes without a length.
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
    bytes: &'v mut Vec<u8>,
    /// Where the payload begins in `bytes`.
    start: usize,
    limit: usize,
    packet: PacketKind,
    /// A frame goes on to the end of the packet, so nothing can follow.
    ended: bool,
    /// What all frames come to.
    traits: Traits,
}

#[derive(Debug, Clone, Copy)]
struct Traits {
    ack_eliciting: bool,
    in_flight: bool,
    probing: bool,
}

impl<'v> Builder<'v> {
    /// Appends to `bytes` at most `limit` bytes of frames, for a packet of the kind `packet`.
    #[must_use]
    pub fn new(bytes: &'v mut Vec<u8>, packet: PacketKind, limit: usize) -> Self {
        let start = bytes.len();
        let traits = Traits { ack_eliciting: false, in_flight: false, probing: true };
        Self { bytes, start, limit, packet, ended: false, traits }
    }

    /// How many bytes of frames there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    /// Whether there is no frame yet. A packet must not be sent so (RFC 9000 §12.4).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many bytes more there may be.
    #[must_use]
    pub fn room(&self) -> usize {
        if self.ended { 0 } else { self.limit.saturating_sub(self.len()) }
    }

    /// Whether the packet asks to be acknowledged (RFC 9000 §13.2.1).
    #[must_use]
    pub const fn is_ack_eliciting(&self) -> bool {
        self.traits.ack_eliciting
    }

    /// Whether the packet counts for congestion control (RFC 9000 §12.4, table 3).
    #[must_use]
    pub const fn is_congestion_controlled(&self) -> bool {
        self.traits.in_flight
    }

    /// Whether the packet probes a path: it has no other frames than such (RFC 9000 §9.1).
    #[must_use]
    pub fn is_probing(&self) -> bool {
        self.traits.probing && !self.is_empty()
    }

    /// Appends a frame as it is.
    ///
    /// # Errors
    /// When it does not fit, breaks a rule, or may not stand in such a packet. Nothing is appended
    /// then.
    pub fn push<'f>(&mut self, frame: impl Into<Frame<'f>>) -> Result<(), Refused> {
        let frame = frame.into();
        let kind = frame.frame_type();
        if !kind.is_allowed_in(self.packet) {
            return Err(Refused::Misplaced { kind, packet: self.packet });
        }
        let (size, room) = (frame.size(), self.room());
        if size > room {
            return Err(Refused::Full { size, room });
        }
        frame.encode(self.bytes).map_err(Refused::Unsendable)?;
        let open = match &frame {
            Frame::Stream(stream) => !stream.length,
            Frame::Datagram(datagram) => !datagram.length,
            _ => false,
        };
        self.ended |= open;
        self.traits.ack_eliciting |= kind.is_ack_eliciting();
        self.traits.in_flight |= kind.is_congestion_controlled();
        self.traits.probing &= kind.is_probing();
        Ok(())
    }

    /// Appends an ACK with as many of its newest ranges as fit. False if not even one does.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn ack(&mut self, ack: Ack<'_>) -> Result<bool, Refused> {
        match ack.fitting(self.room()) {
            Some(fitting) => self.push(fitting).map(|()| true),
            None => Ok(false),
        }
    }

    /// Appends as much of `data`, which begins at `offset` in the stream `id`, as fits; `fin` says
    /// that the stream ends behind it, and is sent only with all of it. How many bytes were taken;
    /// none if not even one fits, or, where `data` is empty, not even the frame.
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
        self.push(Stream { id, offset, data: taken, fin, length })?;
        Ok(Some(taken.len()))
    }

    /// As [`stream`](Self::stream), with the last frame of the payload: it goes without a length,
    /// and nothing can follow, not even padding.
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
        self.push(Stream { id, offset, data: taken, fin, length: false })?;
        Ok(Some(taken.len()))
    }

    /// Appends as much of `data`, which begins at `offset` in the handshake, as fits. How many
    /// bytes were taken; none if not even one fits.
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

    /// Appends `data` as a DATAGRAM. Whether it fits: data of this kind is never cut.
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

    /// Appends padding until there are `length` bytes of frames. Does nothing where there are.
    ///
    /// # Errors
    /// As [`push`](Self::push): past the limit, or behind a frame that goes on to the end.
    pub fn pad_to(&mut self, length: usize) -> Result<(), Refused> {
        match length.checked_sub(self.len()) {
            None | Some(0) => Ok(()),
            Some(length) => self.push(Padding { length }),
        }
    }
}

/// How much of `data` fits `room` bytes, and whether its length goes in front: where it has no room
/// beside the data, the data goes on to the end of the packet.
fn fit(data: &[u8], room: usize) -> Option<(&[u8], bool)> {
    if room > 0 && data.len() <= with_length(room) {
        return Some((data, true));
    }
    let taken = &data[..data.len().min(room)];
    (data.is_empty() || !taken.is_empty()).then_some((taken, false))
}

/// How many bytes fit `room` behind their own length.
fn with_length(room: usize) -> usize {
    let fit = |width: Width| {
        let greatest = usize::try_from(width.greatest()).unwrap_or(usize::MAX);
        room.saturating_sub(width.size()).min(greatest)
    };
    fit(Width::One).max(fit(Width::Two)).max(fit(Width::Four)).max(fit(Width::Eight))
}

/// Why a frame was not appended to a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refused {
    /// It does not fit.
    Full {
        /// How many bytes it takes.
        size: usize,
        /// How many bytes there may be.
        room: usize,
    },
    /// A packet of this kind cannot carry it (RFC 9000 §12.4).
    Misplaced {
        /// The type of the frame.
        kind: FrameType,
        /// The kind of the packet.
        packet: PacketKind,
    },
    /// It breaks a rule of its own.
    Unsendable(Unsendable),
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
        }
    }
}

impl core::error::Error for Refused {}
