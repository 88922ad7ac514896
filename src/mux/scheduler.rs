//! The order in which streams send.

use core::{fmt, hash::Hash};

use super::{Table, table::NONE};

/// The urgency of a stream, and whether it shares its place with others (RFC 9218 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Priority {
    /// From 0, the most urgent, to 7. Larger numbers count as 7.
    pub urgency: u8,
    /// True if the receiver can use parts: such streams of one urgency alternate. Others send
    /// everything they have before the next one is picked.
    pub incremental: bool,
}

impl Priority {
    /// The priority of streams without a declared one that must all make progress: the middle
    /// urgency, alternating.
    pub const SHARED: Self = Self { urgency: 3, incremental: true };
}

/// The priority of an HTTP request without one (RFC 9218 §4.1, §4.2): urgency 3, not incremental.
impl Default for Priority {
    fn default() -> Self {
        Self { urgency: 3, incremental: false }
    }
}

/// The streams that have something to send, in the order in which they send.
///
/// The most urgent go first. Of one urgency, [incremental](Priority::incremental) streams
/// alternate, and one that is not stays in front until it has nothing to send. A stream that waits
/// for credit must [leave](Self::served), or others wait with it.
///
/// Idle streams are not in it and cost nothing. It holds no memory when it is empty and was
/// [released](Self::release). Every operation takes constant time.
///
/// ```
/// use segue::mux::{Priority, Scheduler};
///
/// let mut turns = Scheduler::new();
/// turns.enqueue(1, Priority::SHARED);
/// turns.enqueue(2, Priority::SHARED);
/// turns.enqueue(1, Priority::SHARED); // it is in there already
/// turns.enqueue(9, Priority { urgency: 0, ..Priority::default() });
///
/// let mut order = Vec::new();
/// for more in [true, false, true, true, false, false] {
///     order.extend(turns.next());
///     turns.served(more);
/// }
/// assert_eq!(order, [9, 9, 1, 2, 1, 2]);
/// assert_eq!(turns.next(), None);
/// ```
pub struct Scheduler<Id> {
    /// A ring of links for each urgency.
    links: Table<Id, Link>,
    /// The slot in `links` of the last stream of each ring; the one behind it is next.
    last: [u32; 8],
}

struct Link {
    before: u32,
    next: u32,
    priority: Priority,
}

impl<Id> Scheduler<Id> {
    /// Makes a scheduler without streams.
    #[must_use]
    pub const fn new() -> Self {
        Self { links: Table::new(), last: [NONE; 8] }
    }

    /// Returns the number of streams that have something to send.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.links.len()
    }

    /// Returns true if no stream has anything to send.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.links.is_empty()
    }

    /// Returns the bytes of memory it holds.
    #[must_use]
    pub fn held(&self) -> usize {
        self.links.held()
    }

    /// Gives the memory back if there are no streams in it.
    pub fn release(&mut self) {
        self.links.release();
    }
}

impl<Id: Copy + Eq + Hash> Scheduler<Id> {
    /// Adds a stream behind the others of its urgency. Does nothing, and returns false, if it is in
    /// already.
    pub fn enqueue(&mut self, id: Id, priority: Priority) -> bool {
        if self.links.contains(&id) {
            return false;
        }
        let slot = self.links.add(id, Link { before: NONE, next: NONE, priority });
        let ring = ring(priority);
        let last = self.last[ring];
        let (before, next) = if last == NONE { (slot, slot) } else { (last, self.link(last).next) };
        *self.link_mut(slot) = Link { before, next, priority };
        self.link_mut(before).next = slot;
        self.link_mut(next).before = slot;
        self.last[ring] = slot;
        true
    }

    /// Changes the priority of a stream, which goes behind the others of its new urgency. Does
    /// nothing if the stream is not in.
    pub fn prioritise(&mut self, id: Id, priority: Priority) {
        if let Some(slot) = self.links.slot_of(&id)
            && self.link(slot).priority != priority
        {
            self.remove(id);
            self.enqueue(id, priority);
        }
    }

    /// Returns the stream that sends next. It stays in front until [`served`](Self::served) is
    /// called.
    #[must_use]
    pub fn next(&self) -> Option<Id> {
        let last = *self.last.iter().find(|last| **last != NONE)?;
        self.links.slot(self.link(last).next).map(|(id, _)| *id)
    }

    /// Notes that the stream in front has sent. If there is `more` to send it stays in, and
    /// otherwise it leaves.
    pub fn served(&mut self, more: bool) {
        let Some(last) = self.last.iter_mut().find(|last| **last != NONE) else { return };
        let first = self.links.slot(*last).map_or(NONE, |(_, link)| link.next);
        let Some((id, link)) = self.links.slot(first) else { return };
        if more && link.priority.incremental {
            *last = first;
        } else if !more {
            let id = *id;
            self.remove(id);
        }
    }

    /// Takes a stream out. Returns false if it was not in.
    pub fn remove(&mut self, id: Id) -> bool {
        let Some((slot, Link { before, next, priority })) = self.links.take(&id) else {
            return false;
        };
        let alone = before == slot;
        if !alone {
            self.link_mut(before).next = next;
            self.link_mut(next).before = before;
        }
        let last = &mut self.last[ring(priority)];
        if *last == slot {
            *last = if alone { NONE } else { before };
        }
        true
    }

    fn link(&self, slot: u32) -> &Link {
        self.links.slot(slot).expect("rings are made of slots that are taken").1
    }

    fn link_mut(&mut self, slot: u32) -> &mut Link {
        self.links.slot_mut(slot).expect("rings are made of slots that are taken")
    }
}

fn ring(priority: Priority) -> usize {
    usize::from(priority.urgency.min(7))
}

impl<Id> Default for Scheduler<Id> {
    fn default() -> Self {
        Self::new()
    }
}

impl<Id> fmt::Debug for Scheduler<Id> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scheduler").field("len", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{collections::VecDeque, vec::Vec};

    /// Any sequence of operations has the same effect as on eight queues.
    #[test]
    fn it_is_eight_queues() {
        let mut state = 1_u64;
        let mut random = move |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % below
        };
        let mut turns = Scheduler::new();
        let mut queues: [VecDeque<(u64, bool)>; 8] = Default::default();
        for _ in 0..if cfg!(miri) { 500 } else { 20_000 } {
            let id = random(30);
            let urgency = u8::try_from(random(8)).expect("it is small");
            let priority = Priority { urgency, incremental: random(2) == 0 };
            let waits = queues.iter().flatten().any(|(other, _)| *other == id);
            match random(4) {
                0 => {
                    assert_eq!(turns.enqueue(id, priority), !waits);
                    if !waits {
                        queues[usize::from(urgency)].push_back((id, priority.incremental));
                    }
                }
                1 if random(4) == 0 => {
                    assert_eq!(turns.remove(id), waits);
                    queues.iter_mut().for_each(|queue| queue.retain(|(other, _)| *other != id));
                }
                2 if random(4) == 0 => {
                    let entry = (id, priority.incremental);
                    if waits && !queues[usize::from(urgency)].contains(&entry) {
                        queues.iter_mut().for_each(|queue| queue.retain(|(other, _)| *other != id));
                        queues[usize::from(urgency)].push_back(entry);
                    }
                    turns.prioritise(id, priority);
                }
                _ => {
                    let more = random(3) > 0;
                    if let Some(queue) = queues.iter_mut().find(|queue| !queue.is_empty()) {
                        let (id, incremental) = queue.pop_front().expect("it is not empty");
                        match (more, incremental) {
                            (true, true) => queue.push_back((id, true)),
                            (true, false) => queue.push_front((id, false)),
                            (false, _) => {}
                        }
                    }
                    turns.served(more);
                }
            }
            let first = queues.iter().find_map(VecDeque::front).map(|(id, _)| *id);
            assert_eq!(turns.next(), first);
            assert_eq!(turns.len(), queues.iter().map(VecDeque::len).sum::<usize>());
        }
        let left: Vec<_> = queues.iter().flatten().map(|(id, _)| *id).collect();
        left.into_iter().for_each(|id| assert!(turns.remove(id)));
        turns.release();
        assert_eq!(turns.held(), 0);
    }
}
