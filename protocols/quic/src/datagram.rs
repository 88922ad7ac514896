//! Datagrams, split into their packets (RFC 9000 §12.2).

use core::mem;

use segue::{Cause, Decode, Fault, Framing, Need, Record};

use crate::{
    ConnectionId, DestinationLength, Discard,
    packet::{self, Extent, FIXED, LONG, Layout, MAX_DATAGRAM, Packet, PacketKind},
};

/// A stage that splits one datagram into its packets. The datagram is all of its input, and the end
/// of the datagram is the end of the stream.
///
/// - Complete input: each packet is an item. A packet without a Length field ends with the
///   datagram, so it is an item once that has ended.
/// - Partial input: the stage needs the rest of the header or of the packet, and claims all there
///   is.
/// - End of the datagram: done behind a packet, a truncation inside one.
///
/// With the whole datagram at hand, as every receiver has it, [`Coalesced`] is simpler.
///
/// ```
/// use segue::{Buffer, Output, Step};
/// use segue_quic::{Datagram, PacketKind};
///
/// // A Handshake packet of 14 bytes, and a 1-RTT packet up to the end.
/// let glued = b"\xe0\x00\x00\x00\x01\x01a\x01b\x04....\x40ashort";
/// let (mut buffer, mut output) = (Buffer::from(&glued[..]), Output::new());
/// let mut stage = Datagram::new(1);
/// let mut kinds = Vec::new();
/// while let Step::Item(packet) = buffer.step(&mut stage, true, &mut output)? {
///     kinds.push((packet.kind(), packet.as_slice().len()));
/// }
/// assert_eq!(kinds, [(PacketKind::Handshake, 14), (PacketKind::OneRtt, 7)]);
///
/// let mut buffer = Buffer::from(&glued[..9]);
/// let Step::Need(need) = buffer.step(&mut stage, false, &mut output)? else { panic!() };
/// assert_eq!((need.at_least.get(), need.claim), (1, usize::MAX));
/// # Ok::<(), segue::Fault<segue_quic::Discard>>(())
/// ```
///
/// Once it is done, the stage stands in front of the next datagram, so one serves a socket.
///
/// # Errors
/// A wrong header, as a [`Discard`]. The rest of the datagram is of no use then, unless the fault
/// is recoverable, as a wrong [fixed bit](Discard::FixedBit) or [another
/// destination](Discard::AnotherDestination) is. Tell the peer nothing of it.
#[derive(Debug, Clone)]
pub struct Datagram<I> {
    ids: I,
    accepts: Accepts,
    /// The destination connection id of the first packet.
    first: Option<ConnectionId>,
    /// The fields of the packet in front, if `frame` has said that it is whole.
    front: Option<Layout>,
}

impl<I: DestinationLength> Datagram<I> {
    /// Creates a stage for a datagram; `ids` tells the length of the connection id in a short
    /// header.
    #[must_use]
    pub fn new(ids: I) -> Self {
        Self { ids, accepts: Accepts::default(), first: None, front: None }
    }

    /// Accepts packets whose fixed bit is 0, too: for an endpoint that has sent the transport
    /// parameter `grease_quic_bit` (RFC 9287 §3.1).
    #[must_use]
    pub fn greased_fixed_bit(mut self) -> Self {
        self.accepts.greased = true;
        self
    }

    /// Accepts packets for another connection id than that of the first packet, too, which an
    /// endpoint ignores (RFC 9000 §12.2): for tools. [`Packet::follows_another`] tells them apart.
    #[must_use]
    pub fn any_destination(mut self) -> Self {
        self.accepts.any_destination = true;
        self
    }
}

/// The packets that are accepted beyond those that every endpoint accepts.
#[derive(Debug, Clone, Copy, Default)]
struct Accepts {
    /// Those whose fixed bit is 0.
    greased: bool,
    /// Those for another connection id than the first.
    any_destination: bool,
}

impl Accepts {
    /// Checks a packet of the kind `kind` whose first byte is `first`.
    #[inline]
    fn check(
        self,
        kind: PacketKind,
        first: u8,
        follows_another: bool,
    ) -> Result<(), Fault<Discard>> {
        if follows_another && !self.any_destination {
            return Err(dropped(Discard::AnotherDestination));
        }
        let unfixed = first & FIXED == 0
            && !self.greased
            && !matches!(kind, PacketKind::VersionNegotiation | PacketKind::Unknown);
        if unfixed { Err(dropped(Discard::FixedBit)) } else { Ok(()) }
    }
}

impl<I: DestinationLength> Decode for Datagram<I> {
    type Item<'a>
        = Packet<'a>
    where
        Self: 'a;
    type Error = Discard;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Discard>> {
        self.front = None;
        if input.is_empty() {
            if !eof {
                return Ok(Framing::Need(Need::to_the_end(1)));
            }
            // What comes is another datagram.
            self.first = None;
            return Ok(Framing::Done);
        }
        if input.len() > MAX_DATAGRAM {
            return Err(Fault::too_long(MAX_DATAGRAM as u64));
        }
        let end = match packet::read(input)? {
            Extent::Delimited(layout) if layout.end() <= input.len() => {
                self.front = Some(layout);
                layout.end()
            }
            Extent::Delimited(layout) => {
                return Ok(Framing::Need(Need::to_the_end(layout.end() - input.len())));
            }
            Extent::Missing(missing) => return Ok(Framing::Need(Need::to_the_end(missing.get()))),
            Extent::ToTheEnd(_) | Extent::Short if !eof => {
                return Ok(Framing::Need(Need::to_the_end(1)));
            }
            Extent::ToTheEnd(layout) => {
                self.front = Some(layout);
                input.len()
            }
            Extent::Short => input.len(),
        };
        Ok(Framing::Record(end))
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Packet<'a>, Fault<Discard>> {
        let bytes = record.into_mut();
        let layout = match self.front.take() {
            Some(layout) if layout.end() == bytes.len() => layout,
            _ => match packet::read(bytes)? {
                Extent::Short => packet::short(bytes, &mut self.ids)
                    .ok_or_else(|| packet::no_destination(bytes))?,
                _ => return Err(Fault::from_cause(Cause::Contract)),
            },
        };
        let destination = bytes.get(layout.destination()).unwrap_or_default();
        let follows_another = match &self.first {
            Some(first) => **first != *destination,
            None => {
                // One that is too long for these is of a version of which nothing follows.
                self.first = ConnectionId::new(destination);
                false
            }
        };
        // A packet that was delimited has at least one byte.
        let Some(&first) = bytes.first() else { return Err(Fault::new(Discard::Unreachable)) };
        self.accepts.check(layout.kind(), first, follows_another)?;
        Ok(Packet::new(bytes, layout, follows_another))
    }
}

/// An iterator over the packets of a datagram, each lent in place.
///
/// A receiver goes through all of them: dropping one does not affect the others (RFC 9000 §12.2).
/// Only the packets behind an unreadable header are lost, since their start is unknown. A packet for
/// another connection id than that of the first is an error of its own.
///
/// ```
/// # #[cfg(feature = "ring")]
/// # fn received(datagram: &mut [u8], keys: &segue_quic::protect::RingKeys) {
/// use segue_quic::{Coalesced, PacketKind, UnprotectError};
///
/// for packet in Coalesced::new(datagram, 8) {
///     let Ok(packet) = packet else { continue };
///     if packet.kind() != PacketKind::Handshake {
///         continue;
///     }
///     match packet.unprotect(keys, None) {
///         Ok(opened) => println!("{}: {} bytes of frames", opened.number(), opened.payload().len()),
///         Err(UnprotectError::Discard(_)) => {}
///         Err(UnprotectError::Close(error)) => println!("to be told: {error}"),
///     }
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct Coalesced<'a, I> {
    rest: &'a mut [u8],
    ids: I,
    accepts: Accepts,
    first: Option<ConnectionId>,
    at: u64,
}

impl<'a, I: DestinationLength> Coalesced<'a, I> {
    /// Iterates over the packets of `datagram`; `ids` tells the length of the connection id in a
    /// short header.
    #[must_use]
    pub fn new(datagram: &'a mut [u8], ids: I) -> Self {
        Self { rest: datagram, ids, accepts: Accepts::default(), first: None, at: 0 }
    }

    /// Accepts packets whose fixed bit is 0, too: for an endpoint that has sent the transport
    /// parameter `grease_quic_bit` (RFC 9287 §3.1).
    #[must_use]
    pub fn greased_fixed_bit(mut self) -> Self {
        self.accepts.greased = true;
        self
    }

    /// Accepts packets for another connection id than that of the first packet, too, which an
    /// endpoint ignores (RFC 9000 §12.2): for tools. [`Packet::follows_another`] tells them apart.
    #[must_use]
    pub fn any_destination(mut self) -> Self {
        self.accepts.any_destination = true;
        self
    }

    /// The layout of the packet in front of `rest`.
    #[inline(always)]
    fn layout(&mut self, rest: &[u8], first: u8) -> Result<Layout, Fault<Discard>> {
        if first & LONG == 0 {
            return match packet::short(rest, &mut self.ids) {
                Some(layout) => Ok(layout),
                None => Err(packet::no_destination(rest)),
            };
        }
        match packet::read(rest) {
            Ok(Extent::Delimited(layout) | Extent::ToTheEnd(layout))
                if layout.end() <= rest.len() =>
            {
                Ok(layout)
            }
            Ok(_) => Err(Fault::truncated(rest.len() as u64)),
            Err(fault) => Err(fault),
        }
    }
}

impl<'a, I: DestinationLength> Iterator for Coalesced<'a, I> {
    type Item = Result<Packet<'a>, Fault<Discard>>;

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        let rest = mem::take(&mut self.rest);
        let first = *rest.first()?;
        let at = self.at;
        let layout = match self.layout(rest, first) {
            Ok(layout) => layout,
            Err(fault) => return Some(Err(moved(fault, at))),
        };
        let (bytes, rest) = rest.split_at_mut(layout.end());
        self.at += bytes.len() as u64;
        let destination = bytes.get(layout.destination()).unwrap_or_default();
        let follows_another = match &self.first {
            Some(first) => **first != *destination,
            None => {
                if !rest.is_empty() {
                    self.first = ConnectionId::new(destination);
                }
                false
            }
        };
        self.rest = rest;
        Some(match self.accepts.check(layout.kind(), first, follows_another) {
            Ok(()) => Ok(Packet::new(bytes, layout, follows_another)),
            Err(fault) => Err(moved(fault, at)),
        })
    }
}

/// The fault of one packet, which leaves the others. Made out of line, as faults are that are made
/// where packets are lent.
#[cold]
fn dropped(why: Discard) -> Fault<Discard> {
    Fault::new(why).recoverable()
}

#[cold]
fn moved(fault: Fault<Discard>, by: u64) -> Fault<Discard> {
    fault.moved(by)
}
