//! What a peer may do that costs more than it brings, before it must calm down (RFC 9113 §10.5).

use core::time::Duration;

use crate::{Error, Excess, Limits};

/// Credits that are used up by what a peer does, and earned by what it finishes.
#[derive(Debug)]
pub(super) struct Budgets {
    resets: u32,
    control: u32,
    empty_data: u32,
    /// The bytes of data that have not made up for anything yet.
    bytes: u64,
    /// The time at which they were last full.
    full_at: Option<Duration>,
}

impl Budgets {
    pub(super) const fn new(limits: &Limits) -> Self {
        let Limits { resets, control, empty_data, .. } = *limits;
        Self { resets, control, empty_data, bytes: 0, full_at: None }
    }

    /// Makes all of them full.
    pub(super) const fn calm(&mut self, limits: &Limits) {
        *self = Self { full_at: self.full_at, ..Self::new(limits) };
    }

    /// Makes them full when it is time to.
    pub(super) fn tick(&mut self, now: Duration, limits: &Limits) {
        let last = *self.full_at.get_or_insert(now);
        if now.saturating_sub(last) >= limits.calm {
            self.full_at = Some(now);
            self.calm(limits);
        }
    }

    pub(super) fn spend(&mut self, excess: Excess) -> Result<(), Error> {
        let budget = match excess {
            Excess::Resets => &mut self.resets,
            Excess::Control => &mut self.control,
            Excess::EmptyData => &mut self.empty_data,
        };
        *budget = budget.checked_sub(1).ok_or(Error::Calm(excess))?;
        Ok(())
    }

    /// A stream has ended properly.
    pub(super) fn finished(&mut self, limits: &Limits) {
        self.resets = self.resets.saturating_add(1).min(limits.resets);
        self.control = self.control.saturating_add(10).min(limits.control);
        self.empty_data = self.empty_data.saturating_add(10).min(limits.empty_data);
    }

    /// A frame of data was sent: it takes a window update of its stream, and one of the connection.
    pub(super) fn sent(&mut self, limits: &Limits) {
        self.control = self.control.saturating_add(2).min(limits.control);
    }

    /// Data went one way or the other.
    pub(super) fn moved(&mut self, count: usize, limits: &Limits) {
        self.bytes += count as u64;
        if self.bytes >= WORTH {
            let earned = u32::try_from(self.bytes / WORTH).unwrap_or(u32::MAX);
            self.bytes %= WORTH;
            self.control = self.control.saturating_add(earned).min(limits.control);
            self.empty_data = self.empty_data.saturating_add(earned).min(limits.empty_data);
        }
    }
}

/// The bytes of data that make up for a frame.
const WORTH: u64 = 1024;
