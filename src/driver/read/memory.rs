//! The memory that a connection reads into.

use super::Input;
use crate::driver::{Options, pool};

impl Input {
    /// Makes the next lease larger if a read has filled all the room, with a part of a longer record
    /// or as the [last of several](FILLS): a peer that sends much fills it with several records.
    #[inline]
    pub(super) fn adapt(&mut self, count: usize, room: usize) {
        self.peak = self.peak.max(short(self.buffer.len()));
        if count < room {
            self.fills = 0;
            return;
        }
        self.fills = self.fills.saturating_add(1);
        if self.fills >= FILLS || self.buffer.len() - count >= room {
            let twice = self.lease_size().saturating_mul(2).min(self.longest_fresh());
            self.size = self.size.max(short(twice));
        }
    }

    /// Returns the size of the next lease in bytes: a power of two of reads. There are few of
    /// those, so the pool usually has one.
    #[inline]
    fn lease_size(&self) -> usize {
        let read_size = self.options.read_size.max(1);
        match self.size as usize {
            size if size <= read_size => read_size,
            size => {
                let reads = size.div_ceil(read_size).checked_next_power_of_two();
                reads.unwrap_or(usize::MAX).saturating_mul(read_size)
            }
        }
    }

    /// Returns the longest storage that is made for a lease before as much has come.
    #[inline]
    fn longest_fresh(&self) -> usize {
        self.options.read_size.max(1).saturating_mul(usize::from(pool::LARGEST))
    }

    /// Starts anew once nothing is held: the next lease has as much as was needed, and shrinks
    /// slowly if that was less than before.
    #[inline]
    fn remember(&mut self) {
        if self.peak > 0 && self.buffer.is_empty() {
            self.size = self.peak.max(self.size - self.size / 8);
            self.peak = 0;
        }
    }

    /// Makes room to read up to `most` bytes into, leased if there is no storage. A read that
    /// `waits` gets no large storage before as much has come, since it may wait for long.
    pub(super) fn make_spare(&mut self, most: usize, waits: bool, zeroed: bool) {
        if waits || !self.make_usual_spare(most, zeroed) {
            self.make_other_spare(most, waits, zeroed);
        }
    }

    /// The same where nothing is held, no more is needed than usual, and storage for that is at
    /// hand: here, or with the thread as what the last connection has used. Whether all that is so.
    #[inline(always)]
    pub(super) fn make_usual_spare(&mut self, most: usize, zeroed: bool) -> bool {
        self.remember();
        let read_size = self.options.read_size;
        if !self.buffer.is_empty() || self.size as usize > read_size {
            return false;
        }
        let has_lease = self.buffer.capacity() >= read_size.max(1);
        if !has_lease && !pool::lease_usual(&mut self.buffer, read_size) {
            return false;
        }
        self.buffer.start_over();
        if zeroed {
            self.buffer.open(read_size.min(most));
        }
        true
    }

    /// The same, whatever was needed last and is there.
    #[inline(never)]
    pub(super) fn make_other_spare(&mut self, most: usize, waits: bool, zeroed: bool) {
        self.remember();
        let fresh = self.longest_fresh();
        let mut size = self.lease_size();
        if waits && self.buffer.len() < fresh {
            size = size.min(fresh);
            if self.buffer.is_empty() && self.buffer.capacity() > fresh.saturating_mul(2) {
                self.release();
            }
        }
        let room = (size.min(fresh) / 4).min(most).max(1);
        let capacity = self.buffer.capacity();
        if self.buffer.tail() < room && capacity >= fresh && self.buffer.len() > capacity / 2 {
            // It is about to grow: large storage that exists already costs a copy and no page
            // faults.
            size = size.max(capacity.saturating_mul(2));
        }
        pool::lease(&mut self.buffer, size, room, fresh, usize::MAX);
        self.buffer.make_tail(room);
        if zeroed {
            self.buffer.open(size.min(fresh).min(most));
        }
    }

    /// Does the same to read ahead, in storage of no more than
    /// [`largest_ahead`](Self::largest_ahead). Returns whether there is room.
    pub(super) fn make_spare_ahead(&mut self, most: usize) -> bool {
        self.remember();
        let (fresh, largest) = (self.longest_fresh(), self.largest_ahead());
        let mut size = self.lease_size();
        while size > largest && size > self.options.read_size {
            size /= 2;
        }
        let room = (size.min(fresh) / 4).min(most).max(1);
        pool::lease(&mut self.buffer, size, room, fresh, largest);
        self.buffer.reserve_within(room, largest)
    }

    /// Returns the largest storage made to read ahead into: the limit, in whole reads.
    pub(super) fn largest_ahead(&self) -> usize {
        let Options { max_read_ahead, read_size, .. } = self.options;
        max_read_ahead.checked_next_multiple_of(read_size.max(1)).unwrap_or(usize::MAX)
    }

    /// Gives back as much memory as possible while the connection waits.
    pub(in crate::driver) fn release(&mut self) {
        let (size, needed) = (self.lease_size(), self.peak.max(self.size) as usize);
        pool::give_back(&mut self.buffer, size, needed);
    }
}

/// Gives the lease back when its connection ends: connections may be short.
impl Drop for Input {
    fn drop(&mut self) {
        self.buffer.consume(self.buffer.len());
        self.release();
    }
}

/// Converts a size to the form in which it is kept: 4 GiB and more are the same.
#[inline]
fn short(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

/// The reads in a row that must fill their room before there is more of it. Larger reads save calls,
/// but move more memory than a processor's first cache has. Grown at the first full read, a connection
/// that brings 64 KiB in records of 1 KiB took 44 ns a record, and 26 with this.
const FILLS: u8 = 4;
