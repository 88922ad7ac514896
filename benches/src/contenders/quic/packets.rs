//! Packets of QUIC (RFC 9000 §17): their headers read, their protection put on and taken off.
//!
//! quinn-proto shows how it reads headers, and no more; s2n-quic-core is given the same keys as
//! segue, so that what is compared is the way around the crypto library and not two of these.

use std::{hint::black_box, mem};

use bytes::{Bytes, BytesMut};
use quinn_proto::{FixedLengthConnectionIdParser, PartialDecode};
use s2n_codec::{DecoderBufferMut, encoder::scatter};
use s2n_quic_core::{
    connection::id::ConnectionInfo,
    crypto::{self, packet_protection, tls::CipherSuite},
    inet::SocketAddress,
    packet::{ProtectedPacket, number::PacketNumberSpace},
    varint::VarInt,
};
use segue_quic::{
    Coalesced, Header, PacketBuilder, PacketNumber, Version,
    protect::{HeaderKey, PacketKey, RingKeys, Secret, Suite, TAG},
};

use super::super::{names, note, see};
use crate::{Contender, Group};

/// The number of datagrams in a pass.
const DATAGRAMS: u32 = 64;

/// The length of a connection id in bytes.
const ID: usize = 8;

/// Datagrams, and how many packets are in all of them.
struct Received {
    datagrams: Vec<Vec<u8>>,
    packets: usize,
}

/// Those who read headers: of 1-RTT packets (`short`), of Initial packets (`long`), and of what
/// servers send first, three packets in one datagram (`coalesced`).
///
/// # Panics
/// If there is no such kind.
#[must_use]
pub fn headers(kind: &str) -> Group<'static> {
    let kinds: &[u8] = match kind {
        "short" => &[3],
        "long" => &[0],
        "coalesced" => &[0, 2, 3],
        _ => panic!("no packets are called {kind}"),
    };
    let payload = 1200 / kinds.len() - 60;
    let datagrams: Vec<_> = (0..DATAGRAMS).map(|number| datagram(kinds, number, payload)).collect();
    let packets = kinds.len() * datagrams.len();
    let received = || Received { datagrams: datagrams.clone(), packets };
    Group {
        name: format!("quic-header/{kind}"),
        bytes: datagrams.iter().map(Vec::len).sum(),
        records: packets,
        contenders: vec![
            over(names::FLOOR, received(), |datagram| headers_by_hand(datagram)),
            over(names::PACKETS, received(), |datagram| {
                for packet in Coalesced::new(datagram, ID) {
                    see(packet.as_ref().map_or(&[], |packet| packet.destination()));
                    black_box(&packet);
                }
            }),
            quinn(received()),
            s2n_headers(received()),
        ],
    }
}

/// Those who unprotect 1-RTT packets with `payload` bytes of frames.
#[must_use]
pub fn unprotect(payload: usize) -> Group<'static> {
    let datagrams: Vec<_> = (0..DATAGRAMS).map(|number| datagram(&[3], number, payload)).collect();
    let received = || Received { datagrams: datagrams.clone(), packets: datagrams.len() };
    let keys = keys();
    Group {
        name: format!("quic-unprotect/{payload}"),
        bytes: datagrams.iter().map(Vec::len).sum(),
        records: datagrams.len(),
        contenders: vec![
            refilled(names::FLOOR, received(), move |datagram, number| {
                let keys = &keys;
                see(open_by_hand(datagram, number, keys));
            }),
            {
                let keys = self::keys();
                refilled(names::PACKETS, received(), move |datagram, number| {
                    for packet in Coalesced::new(datagram, ID) {
                        let largest = number.checked_sub(1);
                        let opened = packet.ok().and_then(|p| p.unprotect(&keys, largest).ok());
                        see(opened.as_ref().map_or(&[], segue_quic::Unprotected::payload));
                    }
                })
            },
            s2n_unprotect(received()),
        ],
    }
}

/// Those who build and protect 1-RTT packets with `payload` bytes of frames.
#[must_use]
pub fn protect(payload: usize) -> Group<'static> {
    let frames = vec![1; payload];
    let size = datagram(&[3], 0, payload).len();
    let times = DATAGRAMS as usize;
    let (keys, by_hand) = (keys(), frames.clone());
    let pass = move |room: &mut [u8], number: u64| {
        let (frames, keys) = (&by_hand, &keys);
        seal_by_hand(room, number, frames, keys)
    };
    let keys = self::keys();
    let build = move |room: &mut [u8], number: u64| {
        let header = Header::OneRtt { destination: &[7; ID], spin: false };
        let number = PacketNumber::sized(number, 2)?;
        let mut packet = PacketBuilder::new(room, &header, number).ok()?;
        packet.put(&frames).ok()?;
        packet.finish(&keys).ok()
    };
    let contender = |name, mut pass: Box<dyn FnMut(&mut [u8], u64) -> Option<usize>>| {
        let mut room = vec![0; 2048];
        Contender::new(name, move || {
            let mut built = 0;
            for number in 0..u64::from(DATAGRAMS) {
                if let Some(length) = pass(black_box(&mut room), number) {
                    see(&room[..length]);
                    built += 1;
                }
            }
            built
        })
    };
    Group {
        name: format!("quic-protect/{payload}"),
        bytes: times * size,
        records: times,
        contenders: vec![
            contender(names::FLOOR, Box::new(pass)),
            contender(names::PACKETS, Box::new(build)),
        ],
    }
}

fn keys() -> RingKeys {
    let secret = Secret::new(Suite::Aes128Gcm, &[7; 32]);
    secret.and_then(|secret| secret.keys(Version::V1)).expect("32 bytes and a known version")
}

/// A datagram with one packet each of these kinds.
fn datagram(kinds: &[u8], number: u32, payload: usize) -> Vec<u8> {
    let keys = keys();
    let (version, destination, source) = (Version::V1, &[7; ID][..], &[8; ID][..]);
    let mut datagram = vec![0; 2048];
    let mut end = 0;
    for kind in kinds {
        let header = match kind {
            0 => Header::Initial { version, destination, source, token: &[] },
            2 => Header::Handshake { version, destination, source },
            _ => Header::OneRtt { destination, spin: false },
        };
        let number = PacketNumber::sized(number.into(), 2).expect("it is small");
        let packet = PacketBuilder::new(&mut datagram[end..], &header, number);
        let mut packet = packet.expect("there is room");
        packet.put(&vec![1; payload]).expect("there is room");
        end += packet.finish(&keys).expect("there is room");
    }
    datagram.truncate(end);
    datagram
}

/// A contender who leaves datagrams as they were.
fn over(
    name: &'static str,
    mut received: Received,
    mut pass: impl FnMut(&mut [u8]) + 'static,
) -> Contender<'static> {
    Contender::new(name, move || {
        received.datagrams.iter_mut().for_each(|datagram| pass(black_box(datagram)));
        received.packets
    })
}

/// A contender who unprotects datagrams in place.
fn refilled(
    name: &'static str,
    received: Received,
    mut pass: impl FnMut(&mut [u8], u64) + 'static,
) -> Contender<'static> {
    let state = received.datagrams.clone();
    Contender::refilled(
        name,
        state,
        move |state| {
            for (datagram, received) in state.iter_mut().zip(&received.datagrams) {
                datagram.copy_from_slice(received);
            }
        },
        move |state| {
            let packets = state.iter_mut().zip(0..);
            packets.map(|(datagram, number)| pass(black_box(datagram), number)).count()
        },
    )
}

/// Reads a header of version 1, with no check that can be left out.
fn headers_by_hand(mut rest: &[u8]) {
    while let [first, behind @ ..] = rest {
        if first & 0x80 == 0 {
            see(behind.get(..ID).unwrap_or_default());
            return;
        }
        let Some((destination, end)) = long_by_hand(*first, behind) else { return };
        see(destination);
        rest = behind.get(end..).unwrap_or_default();
    }
}

fn long_by_hand(first: u8, behind: &[u8]) -> Option<(&[u8], usize)> {
    if behind.first_chunk() != Some(&[0, 0, 0, 1]) {
        return None;
    }
    let destination = usize::from(*behind.get(4)?);
    let source = usize::from(*behind.get(5 + destination)?);
    if destination > 20 || source > 20 {
        return None;
    }
    let mut at = 6 + destination + source;
    if first & 0x30 == 0 {
        let (token, size) = integer_by_hand(behind.get(at..)?)?;
        at += size + token;
    }
    let (length, size) = integer_by_hand(behind.get(at..)?)?;
    Some((behind.get(5..5 + destination)?, at + size + length))
}

fn integer_by_hand(input: &[u8]) -> Option<(usize, usize)> {
    match *input {
        [a @ 0..0x40, ..] => Some((a.into(), 1)),
        [a @ 0x40..0x80, b, ..] => Some((u16::from_be_bytes([a & 0x3f, b]).into(), 2)),
        _ => None,
    }
}

/// Unmasks and opens a packet whose header is of a known length.
fn open_by_hand<'d>(datagram: &'d mut [u8], number: u64, keys: &RingKeys) -> &'d mut [u8] {
    let Some((header, behind)) = datagram.split_at_mut_checked(1 + ID + 4) else { return &mut [] };
    let mask = behind.first_chunk().and_then(|sample| keys.header.mask(sample));
    let Some(mask) = mask else { return &mut [] };
    header[0] ^= mask[0] & 0x1f;
    let size = usize::from(header[0] & 3) + 1;
    header[1 + ID..][..size].iter_mut().zip(&mask[1..]).for_each(|(byte, mask)| *byte ^= mask);
    let (header, payload) = datagram.split_at_mut(1 + ID + size);
    if keys.packet.open(number, header, payload).is_err() {
        return &mut [];
    }
    let length = payload.len() - TAG;
    &mut payload[..length]
}

fn seal_by_hand(room: &mut [u8], number: u64, frames: &[u8], keys: &RingKeys) -> Option<usize> {
    room[0] = 0x41;
    room[1..=ID].fill(7);
    let [.., a, b] = number.to_be_bytes();
    room[1 + ID..][..2].copy_from_slice(&[a, b]);
    let (header, behind) = room.split_at_mut(3 + ID);
    let (payload, behind) = behind.split_at_mut(frames.len());
    payload.copy_from_slice(frames);
    let tag = keys.packet.seal(number, header, payload).ok()?;
    behind[..TAG].copy_from_slice(&tag);
    let mask = keys.header.mask(room[5 + ID..].first_chunk()?)?;
    room[0] ^= mask[0] & 0x1f;
    room[1 + ID] ^= mask[1];
    room[2 + ID] ^= mask[2];
    Some(3 + ID + frames.len() + TAG)
}

/// quinn owns what it reads: it takes its part of what was received at once, as here.
fn quinn(received: Received) -> Contender<'static> {
    let Received { datagrams, packets } = received;
    let all = Bytes::from(datagrams.concat());
    let lengths: Vec<usize> = datagrams.iter().map(Vec::len).collect();
    let ids = FixedLengthConnectionIdParser::new(ID);
    Contender::refilled(
        names::QUINN,
        Vec::new(),
        move |state: &mut Vec<BytesMut>| {
            let mut all = BytesMut::from(&all[..]);
            *state = lengths.iter().map(|&length| all.split_to(length)).collect();
        },
        move |state| {
            let mut seen = 0;
            for datagram in mem::take(state) {
                let mut rest = Some(datagram);
                while let Some(datagram) = rest.take() {
                    let Ok((packet, behind)) = PartialDecode::new(datagram, &ids, &[1], false)
                    else {
                        break;
                    };
                    see(packet.dst_cid());
                    seen += 1;
                    rest = behind;
                }
            }
            debug_assert_eq!(seen, packets);
            seen
        },
    )
}

fn s2n_headers(received: Received) -> Contender<'static> {
    let address = SocketAddress::default();
    over(names::S2N, received, move |datagram| {
        let info = ConnectionInfo::new(&address);
        let mut buffer = DecoderBufferMut::new(datagram);
        while !buffer.is_empty() {
            let Ok((packet, rest)) = ProtectedPacket::decode(buffer, &info, &ID) else { return };
            see(packet.destination_connection_id());
            black_box(&packet);
            buffer = rest;
        }
    })
}

fn s2n_unprotect(received: Received) -> Contender<'static> {
    let (keys, address) = (keys(), SocketAddress::default());
    let (header, packet) = (S2nHeaderKey(keys.header), S2nKey(keys.packet));
    refilled(names::S2N, received, move |datagram, number| {
        let info = ConnectionInfo::new(&address);
        let buffer = DecoderBufferMut::new(datagram);
        let largest = VarInt::try_from(number.saturating_sub(1)).unwrap_or_default();
        let largest = PacketNumberSpace::ApplicationData.new_packet_number(largest);
        let Ok((ProtectedPacket::Short(short), _)) = ProtectedPacket::decode(buffer, &info, &ID)
        else {
            return;
        };
        let opened = short.unprotect(&header, largest).ok();
        match opened.and_then(|opened| opened.decrypt(&packet).ok()) {
            Some(opened) => see(opened.payload.into_less_safe_slice()),
            None => note(&[]),
        }
    })
}

/// The keys of segue, in the clothes of s2n-quic's.
struct S2nHeaderKey(segue_quic::protect::RingHeaderKey);

impl crypto::HeaderKey for S2nHeaderKey {
    fn opening_header_protection_mask(&self, sample: &[u8]) -> [u8; 5] {
        sample.first_chunk().and_then(|sample| self.0.mask(sample)).unwrap_or_default()
    }

    fn opening_sample_len(&self) -> usize {
        segue_quic::protect::SAMPLE
    }

    fn sealing_header_protection_mask(&self, sample: &[u8]) -> [u8; 5] {
        self.opening_header_protection_mask(sample)
    }

    fn sealing_sample_len(&self) -> usize {
        self.opening_sample_len()
    }
}

impl crypto::OneRttHeaderKey for S2nHeaderKey {}

/// See [`S2nHeaderKey`].
struct S2nKey(segue_quic::protect::RingPacketKey);

impl crypto::Key for S2nKey {
    fn decrypt(
        &self,
        number: u64,
        header: &[u8],
        payload: &mut [u8],
    ) -> Result<(), packet_protection::Error> {
        let opened = self.0.open(number, header, payload);
        opened.map_err(|_| packet_protection::Error::DECRYPT_ERROR)
    }

    /// Nothing is sent here.
    fn encrypt(
        &mut self,
        _: u64,
        _: &[u8],
        _: &mut scatter::Buffer<'_>,
    ) -> Result<(), packet_protection::Error> {
        Err(packet_protection::Error::INTERNAL_ERROR)
    }

    fn tag_len(&self) -> usize {
        TAG
    }

    fn aead_confidentiality_limit(&self) -> u64 {
        self.0.limits().confidentiality
    }

    fn aead_integrity_limit(&self) -> u64 {
        self.0.limits().integrity
    }

    fn cipher_suite(&self) -> CipherSuite {
        CipherSuite::TLS_AES_128_GCM_SHA256
    }
}

impl crypto::OneRttKey for S2nKey {
    /// No key is updated here.
    fn derive_next_key(&self) -> Self {
        Self(keys().packet)
    }
}
