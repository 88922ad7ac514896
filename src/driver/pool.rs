//! Read buffers that are leased while a connection has something to read.
//!
//! Pooled storage is zero: what a connection has used of it is written over when it is given back,
//! and no more than that, so that the cost follows the traffic. Transports are lent the memory that
//! they read into, anybody can write one, and the next connection is somebody else's.

use bytes::BytesMut;
use std::cell::RefCell;

use crate::{Buffer, Output};

thread_local! {
    /// Buffers that no connection of this thread uses now, initialised to their ends.
    static POOL: RefCell<Vec<BytesMut>> = const { RefCell::new(Vec::new()) };
    /// The same for what small writes are gathered in, with room for `OUTPUT_SIZE`.
    static OUTPUTS: RefCell<Vec<BytesMut>> = const { RefCell::new(Vec::new()) };
}

/// How many buffers a thread keeps. One connection is polled at a time, and few keep their lease
/// beyond that: those with a part of a record.
const KEPT: usize = 16;

/// Rests of a record that are shorter than this are held in at most twice as much memory while
/// their connection waits: they are moved to an allocation of their own, and back when more comes.
/// That costs 0.2 to 0.6 microseconds a wait, less than the wake-up that follows, and saves more
/// than half of the storage.
const SMALL: usize = 16 * 1024;

/// What a thread keeps of large storage, in bytes: enough for the few connections that move much
/// at a time, and nothing to speak of beside what they move.
const KEPT_LARGE: usize = 1 << 20;

/// Keeps `storage` for others, if there is not enough already. Its first `used` bytes were written
/// to.
fn keep(pool: &mut Vec<BytesMut>, mut storage: BytesMut, used: usize) {
    let large = || pool.iter().map(BytesMut::capacity).sum::<usize>() + storage.capacity();
    if pool.len() < KEPT && large() <= KEPT_LARGE {
        storage[..used].fill(0);
        pool.push(storage);
    }
}

/// Gives `buffer` storage of `size` bytes, or somewhat more, if it has less: none, the small rest
/// of a connection that has waited, or what it kept from before reads filled it. (One that blocks
/// never gives its lease back in between.) It is twice as large where a rest would leave less than
/// `room`, but no larger than `largest`.
pub(super) fn lease(buffer: &mut Buffer, size: usize, room: usize, largest: usize) {
    if buffer.capacity() >= size {
        return;
    }
    let twice = size.saturating_mul(2);
    let size = if buffer.len() + room > size && twice <= largest { twice } else { size };
    let most = size.saturating_mul(2).min(largest.saturating_add(1));
    let pooled = POOL.try_with(|pool| {
        let mut pool = pool.borrow_mut();
        let fits = |storage: &BytesMut| (size..most).contains(&storage.len());
        pool.iter().rposition(fits).map(|at| pool.swap_remove(at))
    });
    let storage = pooled.ok().flatten().unwrap_or_else(|| BytesMut::zeroed(size));
    drop(buffer.move_to(storage));
}

/// How many times its usual size a lease may have, where reads fill it.
pub(super) const LARGEST: u8 = 8;

/// Takes the storage of a waiting buffer back: all of it if it is empty, and all but an allocation
/// of the rest's own if that is [small](SMALL) and less than half of it.
pub(super) fn give_back(buffer: &mut Buffer, size: usize) {
    if buffer.len() >= SMALL || buffer.capacity() <= 2 * buffer.len() {
        return;
    }
    let (storage, used) = buffer.move_out();
    // Storage that was grown for one long record, or that lends a part to a record still alive, is
    // not what the next lease asks for.
    let most = size.saturating_mul(usize::from(LARGEST));
    if (size..=most).contains(&storage.len()) && storage.capacity() == storage.len() {
        let _ = POOL.try_with(|pool| keep(&mut pool.borrow_mut(), storage, used));
    }
}

/// Room for a batch of small answers. An output that needs more grows by itself.
const OUTPUT_SIZE: usize = 8 * 1024;

/// What an output grows to that is filled to its high-water mark and then gets one more answer.
const OUTPUT_LARGEST: usize = 4 * Output::HIGH_WATER;

/// Gives an empty output memory for small writes.
pub(super) fn lease_output(output: &mut Output) {
    let pooled = OUTPUTS.try_with(|pool| pool.borrow_mut().pop()).ok().flatten();
    output.swap_storage(pooled.unwrap_or_else(|| BytesMut::with_capacity(OUTPUT_SIZE)));
}

/// Takes the memory of an empty output back.
pub(super) fn give_output_back(output: &mut Output) {
    if output.capacity() == 0 {
        return;
    }
    let (storage, used) = output.swap_storage(BytesMut::new());
    output.release();
    if (OUTPUT_SIZE..=OUTPUT_LARGEST).contains(&storage.capacity()) {
        let _ = OUTPUTS.try_with(|pool| keep(&mut pool.borrow_mut(), storage, used));
    }
}
