//! Payloads of 1-RTT packets, frame by frame.

use std::{hint::black_box, ops::RangeInclusive};

use std::fmt;

use s2n_codec::DecoderBufferMut;
use s2n_quic_core::frame::{Frame as S2nFrame, FrameMut, ack::AckRanges};
use segue::{Buffer, Output, Step};
use segue_quic::{
    PacketKind, VarInt,
    frame::{Ack, Builder, Frame, Frames, MaxStreamData, Payload},
};

use super::super::{names, note, ours::receive_again, see};
use crate::{Contender, Group};

/// Payloads of 1157 bytes: an ACK of three ranges, a MAX_STREAM_DATA, and five STREAM frames.
pub struct Payloads(Vec<Vec<u8>>);

impl fmt::Debug for Payloads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Payloads").field(&self.0.len()).finish()
    }
}

/// Length of each payload: what a datagram of 1200 bytes has room for, if its connection id has
/// 20 bytes and more is left over.
const LENGTH: usize = 1157;

/// The number of frames in each payload.
const FRAMES: usize = 7;

impl Payloads {
    /// One payload, over and over: whatever its fields are, a processor knows them.
    #[must_use]
    pub fn one() -> Self {
        Self(vec![payload(&mut |bits| 1 << (bits - 1))])
    }

    /// Many, whose fields take any number of bytes that they may take.
    #[must_use]
    pub fn varied() -> Self {
        let mut random = crate::corpus::random();
        let mut any = move |bits: u32| {
            let random = random.next().unwrap_or(1);
            // As many of one length as of another.
            let bits = u32::try_from(random >> 60).map_or(1, |part| 1 + part * bits / 16);
            (random >> 2) & ((1 << bits) - 1) | 1 << (bits - 1)
        };
        Self((0..512).map(|_| payload(&mut any)).collect())
    }
}

/// A payload with numbers of up to so many bits.
fn payload(number: &mut impl FnMut(u32) -> u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut frames = Builder::new(&mut bytes, PacketKind::OneRtt, LENGTH);
    let newest = number(20) + 2_000_000;
    let ranges =
        [newest - number(6)..=newest, newest - 1000..=newest - 900, 100_000..=newest - 500_000];
    let varint = |value| VarInt::new(value).expect("at most 62 bits");
    let ack = Ack::new(&ranges, varint(number(12)), None).expect("they descend");
    frames.push(ack).expect("there is room");
    let (id, maximum) = (varint(number(14)), varint(number(30)));
    frames.push(MaxStreamData { id, maximum }).expect("there is room");
    let data: Vec<u8> = (0..=255).cycle().take(LENGTH).collect();
    for left in (1..=5).rev() {
        let (id, offset) = (varint(number(14)), varint(number(30)));
        let share = frames.room() / left - 8;
        let fin = number(1) > 0;
        let data = if left > 1 { &data[..share] } else { &data };
        frames.stream(id, offset, data, fin).expect("it keeps the rules");
    }
    assert_eq!(bytes.len(), LENGTH);
    bytes
}

/// Those who read all frames of `payloads`, which are as `name` says.
#[must_use]
pub fn frames<'p>(name: &str, payloads: &'p Payloads) -> Group<'p> {
    let payloads = &payloads.0[..];
    Group {
        name: format!("quic-frames/{name}"),
        bytes: payloads.len() * LENGTH,
        records: payloads.len() * FRAMES,
        contenders: vec![by_hand(payloads), iterator(payloads), stage(payloads), s2n(payloads)],
    }
}

/// Uses a number of a frame, the same for all contenders.
#[inline]
fn see_number(number: u64) {
    note(&number.to_be_bytes());
    black_box(number);
}

/// Uses the ranges of an ACK, the same for all contenders.
#[inline(always)]
fn see_ranges(ranges: impl Iterator<Item = RangeInclusive<u64>>) {
    for range in ranges {
        see_number(*range.start());
        see_number(*range.end());
    }
}

fn by_hand(payloads: &[Vec<u8>]) -> Contender<'_> {
    Contender::new(names::FLOOR, move || {
        payloads.iter().map(|payload| read_by_hand(payload).unwrap_or(0)).sum()
    })
}

/// The three kinds of frames that there are here, lent. How many.
#[inline]
fn read_by_hand(mut input: &[u8]) -> Option<usize> {
    let mut count = 0;
    while let Some((&kind, behind)) = input.split_first() {
        input = behind;
        match kind {
            0x02 => {
                let largest = varint(&mut input)?;
                see_number(varint(&mut input)?);
                let further = varint(&mut input)?;
                let mut smallest = largest.checked_sub(varint(&mut input)?)?;
                see_number(smallest);
                see_number(largest);
                for _ in 0..further {
                    let end = smallest.checked_sub(varint(&mut input)? + 2)?;
                    smallest = end.checked_sub(varint(&mut input)?)?;
                    see_number(smallest);
                    see_number(end);
                }
            }
            0x11 => {
                see_number(varint(&mut input)?);
                see_number(varint(&mut input)?);
            }
            0x08..=0x0f => {
                see_number(varint(&mut input)?);
                let offset = if kind & 0x04 != 0 { varint(&mut input)? } else { 0 };
                see_number(offset);
                let length = match kind & 0x02 {
                    0 => input.len(),
                    _ => usize::try_from(varint(&mut input)?).ok()?,
                };
                let (data, behind) = input.split_at_checked(length)?;
                if offset + length as u64 >= 1 << 62 {
                    return None;
                }
                see_number(u64::from(kind & 0x01));
                see(data);
                input = behind;
            }
            _ => return None,
        }
        count += 1;
    }
    Some(count)
}

#[inline]
fn varint(input: &mut &[u8]) -> Option<u64> {
    let (value, behind) = match **input {
        [a @ 0..0x40, ref behind @ ..] => (u64::from(a), behind),
        [a @ 0x40..0x80, b, ref behind @ ..] => {
            (u64::from(u16::from_be_bytes([a & 0x3f, b])), behind)
        }
        [a @ 0x80..0xc0, b, c, d, ref behind @ ..] => {
            (u64::from(u32::from_be_bytes([a & 0x3f, b, c, d])), behind)
        }
        [a @ 0xc0..=0xff, b, c, d, e, f, g, h, ref behind @ ..] => {
            (u64::from_be_bytes([a & 0x3f, b, c, d, e, f, g, h]), behind)
        }
        _ => return None,
    };
    *input = behind;
    Some(value)
}

/// Uses a frame of ours; in line, as in the others.
#[inline(always)]
fn see_ours(frame: &Frame<'_>) {
    match frame {
        Frame::Ack(ack) => {
            see_number(ack.delay.value());
            see_ranges(ack.ranges());
        }
        Frame::MaxStreamData(max) => {
            see_number(max.id.value());
            see_number(max.maximum.value());
        }
        Frame::Stream(stream) => {
            see_number(stream.id.value());
            see_number(stream.offset.value());
            see_number(u64::from(stream.fin));
            see(stream.data);
        }
        _ => {}
    }
}

fn iterator(payloads: &[Vec<u8>]) -> Contender<'_> {
    Contender::new(names::PAYLOAD, move || {
        let mut count = 0;
        for payload in payloads {
            for frame in Payload::new(payload, PacketKind::OneRtt) {
                let Ok(frame) = frame else { return 0 };
                see_ours(&frame);
                count += 1;
            }
        }
        count
    })
}

fn stage(payloads: &[Vec<u8>]) -> Contender<'_> {
    let mut buffers: Vec<Buffer> =
        payloads.iter().map(|payload| Buffer::from(&payload[..])).collect();
    let mut output = Output::new();
    Contender::new(names::RECORDS, move || {
        let mut count = 0;
        for buffer in &mut buffers {
            receive_again(buffer, LENGTH);
            let mut stage = Frames::new(PacketKind::OneRtt);
            let mut records = buffer.records(&mut stage, true, &mut output);
            while let Ok(Step::Item(frame)) = records.next() {
                see_ours(&frame);
                count += 1;
            }
        }
        count
    })
}

fn s2n(payloads: &[Vec<u8>]) -> Contender<'_> {
    let mut payloads = payloads.to_vec();
    Contender::new(names::S2N, move || {
        let mut count = 0;
        for payload in &mut payloads {
            let mut rest = DecoderBufferMut::new(payload);
            while !rest.is_empty() {
                let Ok((frame, behind)) = rest.decode::<FrameMut<'_>>() else { return 0 };
                match frame {
                    S2nFrame::Ack(ack) => {
                        see_number(ack.ack_delay.as_u64());
                        let ranges = ack.ack_ranges.ack_ranges();
                        see_ranges(
                            ranges.map(|range| range.start().as_u64()..=range.end().as_u64()),
                        );
                    }
                    S2nFrame::MaxStreamData(max) => {
                        see_number(max.stream_id.as_u64());
                        see_number(max.maximum_stream_data.as_u64());
                    }
                    S2nFrame::Stream(stream) => {
                        see_number(stream.stream_id.as_u64());
                        see_number(stream.offset.as_u64());
                        see_number(u64::from(stream.is_fin));
                        see(stream.data.as_less_safe_slice());
                    }
                    _ => {}
                }
                rest = behind;
                count += 1;
            }
        }
        count
    })
}
