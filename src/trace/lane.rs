//! The place of a wrapped part in a recording.

use std::sync::Arc;

use super::{
    Made, What, Why,
    recorder::{Shared, State},
};
use crate::{Cause, Fault, Need, Output};

/// A lane of a recorder, or none where it is off.
pub(super) struct Place {
    shared: Option<Arc<Shared>>,
    lane: usize,
}

impl Place {
    pub(super) const fn new(shared: Option<Arc<Shared>>, lane: usize) -> Self {
        Self { shared, lane }
    }

    /// Returns the most bytes of payload that are kept of an event.
    pub(super) fn payload(&self) -> usize {
        self.shared.as_ref().map_or(0, |shared| shared.lock().payload())
    }

    /// A stage was shown `held` bytes behind all that was taken.
    pub(super) fn is_shown(&self, held: usize) {
        self.with(|shared, state| {
            let end = state.position(self.lane).saturating_add(held as u64);
            self.asked(shared, state, end);
        });
    }

    /// An exchange or a layer is asked, with `held` bytes in its buffer, the first of them at
    /// `position`.
    pub(super) fn is_shown_at(&self, position: u64, held: usize) {
        self.with(|shared, state| {
            state.set_position(self.lane, position);
            self.asked(shared, state, position.saturating_add(held as u64));
        });
    }

    fn asked(&self, shared: &Shared, state: &mut State, end: u64) {
        if let Some(over) = state.asked(self.lane, end) {
            shared.note(state, self.lane, over, &[]);
        }
    }

    /// It needs more than the `held` bytes that follow what was taken.
    pub(super) fn needs(&self, held: usize, need: Need) {
        self.with(|shared, state| {
            let from = state.position(self.lane);
            let end = from.saturating_add(held as u64);
            if state.needs(self.lane, from, end, need) {
                shared.note(state, self.lane, What::Needs { from, end, need }, &[]);
            }
        });
    }

    /// It is done, and leaves this many bytes, if that is known.
    pub(super) fn ends(&self, left: Option<usize>) {
        self.with(|shared, state| {
            let at = state.position(self.lane);
            if state.ends(self.lane, left) {
                shared.note(state, self.lane, What::Done { at, left }, &[]);
            }
        });
    }

    /// It takes the next `length` bytes. Returns where they begin.
    pub(super) fn takes(&self, length: usize, made: Made, payload: &[u8]) -> u64 {
        self.with(|shared, state| {
            if let Some(over) = state.follows(self.lane) {
                shared.note(state, self.lane, over, &[]);
            }
            let start = state.position(self.lane);
            let end = start.saturating_add(length as u64);
            state.set_position(self.lane, end);
            shared.note(state, self.lane, What::Took { bytes: start..end, made }, payload);
            start
        })
        .unwrap_or(0)
    }

    /// It queued everything behind `before` in `output`.
    pub(super) fn queued(&self, output: &Output, before: u64, why: Why) {
        let end = end_of(output).max(before);
        // A layer may keep what it seals to itself for a while.
        if end == before && !matches!(why, Why::Sealed(1..)) {
            return;
        }
        self.with(|shared, state| {
            let count = usize::try_from(end - before).unwrap_or(usize::MAX);
            let payload = last(output, count, state.payload());
            let bytes = state.sends(self.lane, before..end);
            shared.note(state, self.lane, What::Queued { bytes, why }, &payload);
        });
    }

    /// It is a layer, whose output of its own is followed by everything that was queued before.
    pub(super) fn queues_behind(&self, output: &Output) {
        self.with(|_, state| state.sends_behind(self.lane, end_of(output)));
    }

    /// It found a fault, whose offset counts from `front`; without one, from the first byte that
    /// was not taken.
    pub(super) fn failed<E>(&self, fault: &Fault<E>, front: Option<u64>) {
        let cause = match &fault.cause {
            Cause::Stage(_) => std::any::type_name::<E>(),
            Cause::Truncated => "truncated",
            Cause::TooLong => "too long",
            Cause::NoProgress => "no progress",
            Cause::Unsent => "unsent",
            Cause::Contract => "contract",
        };
        let (at, layer, fatal) = (fault.at, fault.layer, fault.fatal);
        self.with(|shared, state| {
            // That of a stage inside counts in the stream of that one.
            let front = match layer {
                0 => front.unwrap_or_else(|| state.position(self.lane)),
                _ => 0,
            };
            let at = front.saturating_add(at);
            shared.note(state, self.lane, What::Failed { at, cause, fatal }, &[]);
        });
    }

    fn with<R>(&self, what: impl FnOnce(&Shared, &mut State) -> R) -> Option<R> {
        let shared = self.shared.as_ref()?;
        Some(what(shared, &mut shared.lock()))
    }
}

/// The offset in the outgoing stream behind everything that waits.
pub(super) fn end_of(output: &Output) -> u64 {
    output.position().saturating_add(output.len() as u64)
}

/// Up to `most` of the last `count` bytes that wait, from their front.
fn last(output: &Output, count: usize, most: usize) -> Vec<u8> {
    let mut skip = output.len().saturating_sub(count);
    let mut bytes = Vec::new();
    if most == 0 {
        return bytes;
    }
    for chunk in output.chunks() {
        let passed = skip.min(chunk.len());
        skip -= passed;
        let rest = &chunk[passed..];
        bytes.extend_from_slice(&rest[..rest.len().min(most - bytes.len())]);
        if bytes.len() == most {
            break;
        }
    }
    bytes
}
