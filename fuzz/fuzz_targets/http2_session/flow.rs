//! The expected course of one way of a stream, and events held against it.

use std::collections::{BTreeMap, VecDeque};

use arbitrary::Unstructured;
use segue_http::{Arena, Fields, Length};
use segue_http2::{ErrorCode, Event, What, frame::StreamId};

use crate::CLIENT;

/// Names and values of fields.
pub(crate) type Head = Vec<(Vec<u8>, Vec<u8>)>;

/// One direction of a stream, as it must be.
#[derive(Default)]
pub(crate) struct Flow {
    /// The heads that are under way; the last one may be trailers.
    pub(crate) heads: VecDeque<Head>,
    pub(crate) method: &'static str,
    /// The final head was sent.
    pub(crate) speaks: bool,
    pub(crate) written: u64,
    pub(crate) read: u64,
    pub(crate) ended: bool,
    pub(crate) heard_end: bool,
    pub(crate) broken: bool,
}

/// An end that is told something.
pub(crate) struct Heard<'a> {
    pub(crate) end: usize,
    pub(crate) hostile: bool,
    pub(crate) flows: &'a mut [BTreeMap<StreamId, Flow>; 2],
    pub(crate) held: &'a mut Vec<StreamId>,
    pub(crate) unreleased: &'a mut BTreeMap<StreamId, u64>,
}

impl Heard<'_> {
    pub(crate) fn hear(&mut self, event: Event<'_>) {
        let Event { stream: id, what, .. } = event;
        let (hostile, from) = (self.hostile, 1 - self.end);
        let is_held = self.held.contains(&id);
        let flow = self.flows[from].entry(id).or_default();
        match what {
            What::Request(head) => {
                assert!(!is_held && self.end != CLIENT);
                self.held.push(id);
                let is_same = head.method == flow.method.as_bytes();
                assert!(hostile || is_same && flow.is_next(head.fields));
                flow.heard_end |= head.length == Length::None;
            }
            What::Informational(head) => {
                assert!(is_held && (hostile || flow.is_next(head.fields)));
            }
            What::Response(head) => {
                assert!(is_held && (hostile || flow.is_next(head.fields)));
                flow.heard_end |= head.length == Length::None;
            }
            What::Data(data) => {
                assert!(is_held);
                let good = data.iter().zip(flow.read..).all(|(got, at)| *got == byte(id, from, at));
                flow.read += data.len() as u64;
                assert!(hostile || (good && flow.read <= flow.written && !flow.heard_end), "{id}");
                *self.unreleased.entry(id).or_default() += data.len() as u64;
            }
            What::End(trailers) => {
                assert!(is_held && (hostile || flow.ended && flow.read == flow.written));
                assert!(hostile || !flow.heard_end && flow.is_next(trailers));
                flow.heard_end = true;
            }
            What::Reset(code) | What::Stopped(code) => {
                assert!(is_held && (hostile || flow.broken || code == ErrorCode::REFUSED_STREAM));
                flow.broken = true;
                self.flows[self.end].entry(id).or_default().broken = true;
            }
            What::Failed(error) => assert!(is_held && hostile, "{error}"),
            What::Sent(_) | What::Writable => assert!(is_held),
            What::Room | What::Away { .. } => assert_eq!(id, StreamId::CONNECTION),
            _ => unreachable!("there is no other event"),
        }
    }
}

impl Flow {
    /// Returns true if these are the fields that come next.
    fn is_next(&mut self, fields: Fields<'_>) -> bool {
        let expected = self.heads.pop_front().unwrap_or_default();
        let got = fields.lines().map(|field| (field.name.to_vec(), field.value.to_vec()));
        got.eq(expected)
    }
}

/// Some fields, which often repeat.
pub(crate) fn fields(u: &mut Unstructured<'_>) -> arbitrary::Result<Head> {
    let count = u.arbitrary::<u8>()? % 4;
    let field = |_| {
        let [name, length, value] = u.arbitrary::<[u8; 3]>()?;
        let name = [b"x-", &[b'a' + name % 4; 3][..usize::from(name >> 6)], b"y"].concat();
        Ok((name, vec![b'!' + value % 16; usize::from(length)]))
    };
    (0..count).map(field).collect()
}

pub(crate) fn arena(fields: &Head) -> Arena {
    let mut arena = Arena::new();
    for (name, value) in fields {
        arena.push(name, value, 0).expect("there are few");
    }
    arena
}

/// The byte at an offset of what an end sends on a stream.
pub(crate) fn byte(id: StreamId, end: usize, at: u64) -> u8 {
    let (stream, end) = (u64::from(id.0) * 31, end as u64 * 77);
    (at ^ (at >> 8) ^ stream ^ end).to_le_bytes()[0]
}
