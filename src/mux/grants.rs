//! Allowances beyond the windows of streams.

use alloc::vec::Vec;

use super::Window;

/// The grants of a connection's streams beyond their windows, for records that are longer. They are
/// bounded for each stream and for all, and given in turn to the streams that wait.
///
/// A carrier implements [`want`](super::Carrier::want) with it, whatever its frames look like. The
/// windows stay with the streams; this holds only the sum of their [excesses](Window::excess) and
/// the streams that wait.
///
/// ```
/// use segue::mux::{Grants, Wanted, Window};
///
/// // 3000 bytes beyond the window for a stream, 4000 for all.
/// let mut grants = Grants::new(3000, 4000);
/// let [mut one, mut other] = [Window::new(1000), Window::new(1000)];
/// one.reach(1000)?;
/// other.reach(1000)?;
/// assert_eq!(grants.want(1, &mut one, 1000, 3000), Wanted::Granted(3000));
/// assert_eq!(grants.want(2, &mut other, 1000, 2000), Wanted::Waits);
/// assert_eq!(grants.want(2, &mut other, 1000, 9000), Wanted::Never);
///
/// // The first has its record, and what it was granted is there for the second.
/// one.reach(4000)?;
/// let before = one.excess();
/// one.consume(4000);
/// grants.take_back(before - one.excess());
/// assert_eq!(grants.first(), Some(2));
/// assert_eq!(grants.serve(&mut other, 1000), Some(2000));
/// assert_eq!((grants.first(), other.limit()), (None, 3000));
/// # Ok::<(), segue::mux::Exceeded>(())
/// ```
#[derive(Debug)]
pub struct Grants<Id> {
    of_one: u64,
    of_all: u64,
    /// The sum of the excesses of all windows, at most `of_all`.
    excess: u64,
    /// The streams that wait, and the position up to which each wants a grant.
    waiting: Vec<(Id, u64)>,
}

/// The result of [`Grants::want`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// The peer may send as much already.
    Allowed,
    /// The limit of the window went up by this much: tell the peer.
    Granted(u64),
    /// Other grants must be used up first; [`serve`](Grants::serve) grants it then.
    Waits,
    /// More than a stream is ever granted.
    Never,
}

impl<Id: Copy + Eq> Grants<Id> {
    /// Grants up to `of_one` bytes beyond the window of a stream, and `of_all` beyond all windows
    /// together.
    #[must_use]
    pub const fn new(of_one: u64, of_all: u64) -> Self {
        let of_one = if of_one < of_all { of_one } else { of_all };
        Self { of_one, of_all, excess: 0, waiting: Vec::new() }
    }

    /// Grants what the consumer of a stream lacks: `at_least` bytes behind `arrived`, the position
    /// up to which everything has come. If the peer may not send as much, the window allows it
    /// within the limits. At least half a window is granted at once, since a search for a separator
    /// always lacks one byte, and a peer should not send byte by byte.
    pub fn want(&mut self, id: Id, window: &mut Window, arrived: u64, at_least: u64) -> Wanted {
        let to = arrived.saturating_add(at_least);
        if to <= window.limit() {
            return Wanted::Allowed;
        }
        let beyond = to.saturating_sub(window.consumed().saturating_add(window.size()));
        if beyond > self.of_one || to > Window::MAX_DATA {
            return Wanted::Never;
        }
        if let Some(more) = self.grant(window, arrived, to) {
            return Wanted::Granted(more);
        }
        match self.waiting.iter_mut().find(|(other, _)| *other == id) {
            Some((_, position)) => *position = to,
            None => self.waiting.push((id, to)),
        }
        Wanted::Waits
    }

    /// Returns the stream that has waited longest.
    #[must_use]
    pub fn first(&self) -> Option<Id> {
        self.waiting.first().map(|(id, _)| *id)
    }

    /// Grants the [first](Self::first) stream, whose window this is, what it waits for, and ends
    /// its wait. Returns how much more its peer may send; `None` if other grants must be used up
    /// first.
    pub fn serve(&mut self, window: &mut Window, arrived: u64) -> Option<u64> {
        let &(_, to) = self.waiting.first()?;
        let more = if to <= window.limit() { 0 } else { self.grant(window, arrived, to)? };
        self.waiting.remove(0);
        Some(more)
    }

    /// Ends the wait of a stream.
    pub fn forget(&mut self, id: Id) {
        self.waiting.retain(|(other, _)| *other != id);
    }

    /// Takes back this much of the excesses: a window has caught up with it, or its stream is no
    /// longer read. Streams that wait can then be [served](Self::serve).
    pub fn take_back(&mut self, excess: u64) {
        debug_assert!(excess <= self.excess);
        self.excess = self.excess.saturating_sub(excess);
    }

    /// Forgets everything, when there are no streams any more.
    pub fn clear(&mut self) {
        self.waiting.clear();
        self.excess = 0;
    }

    /// Returns the bytes of memory it holds.
    #[must_use]
    pub const fn held(&self) -> usize {
        self.waiting.capacity() * size_of::<(Id, u64)>()
    }

    /// Gives back memory that is not in use.
    pub fn release(&mut self) {
        self.waiting.shrink_to_fit();
    }

    /// Grants half a window if the limits allow it, and otherwise no more than is wanted.
    fn grant(&mut self, window: &mut Window, arrived: u64, to: u64) -> Option<u64> {
        let most = window.consumed().saturating_add(window.size()).saturating_add(self.of_one);
        let worthwhile = arrived.saturating_add(window.size() / 2).min(most).max(to);
        self.grant_just(window, worthwhile).or_else(|| self.grant_just(window, to))
    }

    fn grant_just(&mut self, window: &mut Window, to: u64) -> Option<u64> {
        let mut allowing = window.clone();
        let more = allowing.allow(to);
        let excess = self.excess - window.excess() + allowing.excess();
        if excess > self.of_all {
            return None;
        }
        self.excess = excess;
        *window = allowing;
        Some(more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Any sequence of operations keeps the sum and both limits.
    #[test]
    fn the_sum_is_that_of_the_windows() {
        let mut state = 1_u64;
        let mut random = move |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % below
        };
        for _ in 0..if cfg!(miri) { 3 } else { 200 } {
            let mut grants = Grants::new(3000, 5000);
            let mut windows: Vec<_> = (0..4).map(|_| Window::new(1000)).collect();
            for _ in 0..100 {
                let id = usize::try_from(random(4)).expect("it is small");
                let window = &mut windows[id];
                let arrived = window.reached();
                match random(4) {
                    0 | 1 => {
                        let at_least = 1 + random(4000);
                        let fits = arrived + at_least <= window.consumed() + 4000;
                        let wanted = grants.want(id, window, arrived, at_least);
                        assert_eq!(wanted == Wanted::Never, !fits && wanted != Wanted::Allowed);
                        if let Wanted::Allowed | Wanted::Granted(_) = wanted {
                            assert!(arrived + at_least <= window.limit());
                        }
                    }
                    2 => drop(window.reach(arrived + random(window.limit() - arrived + 1))),
                    _ => {
                        let before = window.excess();
                        window.consume(random(3000));
                        grants.take_back(before - window.excess());
                        while let Some(first) = grants.first() {
                            let window = &mut windows[first];
                            let arrived = window.reached();
                            if grants.serve(window, arrived).is_none() {
                                break;
                            }
                        }
                    }
                }
                assert_eq!(grants.excess, windows.iter().map(Window::excess).sum::<u64>());
                assert!(grants.excess <= 5000);
                assert!(windows.iter().all(|window| window.excess() <= 3000));
            }
        }
    }

    #[test]
    fn little_is_granted_as_half_a_window_where_that_fits() {
        let mut grants = Grants::new(300, 300);
        let mut window = Window::new(1000);
        window.reach(1000).expect("it is allowed");
        assert_eq!(
            grants.want(1, &mut window, 1000, 1),
            Wanted::Granted(300),
            "no more is allowed"
        );
        let mut other = Window::new(1000);
        other.reach(1000).expect("it is allowed");
        assert_eq!(grants.want(2, &mut other, 1000, 1), Wanted::Waits);
        grants.forget(2);
        assert_eq!((grants.first(), grants.serve(&mut other, 1000)), (None, None));
        grants.release();
        assert_eq!(grants.held(), 0);
        let mut grants = Grants::new(3000, 3000);
        assert_eq!(grants.want(2, &mut other, 1000, 1), Wanted::Granted(500));
        grants.clear();
        assert_eq!(grants.excess, 0);
    }
}
