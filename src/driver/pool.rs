//! Storage that is leased while a connection has something to read or to send.
//!
//! Transports are lent the memory that they read into, anybody can write a transport, and the next
//! connection belongs to another peer. So storage to read into is zero as far as it is initialised.
//! The part of short storage that a connection has used is overwritten when it is given back, and
//! no more, so that the cost follows the traffic. Of [long storage](large) nothing is initialised:
//! a buffer zeroes it a step ahead of what it receives, which costs next to nothing, since zeroed
//! memory is in the cache when it is read into. Storage of outputs is left as it is: an [`Output`]
//! takes bytes and shows none of its memory.

use bytes::BytesMut;
use std::cell::RefCell;

use crate::{Buffer, Output, core::reclaim};
use large::Large;

mod large;

/// Storage that no connection of a thread uses now.
struct Pools {
    /// Storage to read into.
    inputs: Vec<BytesMut>,
    /// Storage to gather small writes in, with room for `OUTPUT_SIZE`.
    outputs: Vec<BytesMut>,
    /// Longer storage, for either.
    large: Large,
}

thread_local! {
    static POOLS: RefCell<Pools> = const {
        RefCell::new(Pools { inputs: Vec::new(), outputs: Vec::new(), large: Large::new() })
    };
}

/// The most buffers that a thread keeps. One connection is polled at a time, and few keep their
/// lease beyond that: those with a part of a record.
const KEPT: usize = 16;

/// Rests of a record that are shorter than this are held in at most twice as much memory while
/// their connection waits: they are moved to an allocation of their own, and back when more comes.
/// That costs 0.2 to 0.6 microseconds a wait, less than the wake-up that follows, and saves more
/// than half of the storage.
const SMALL: usize = 16 * 1024;

/// The most storage that a thread keeps for either direction, in bytes, without large storage:
/// enough for the few connections that move much at a time, and little compared with what they
/// move.
const KEPT_BYTES: usize = 1 << 20;

/// The greatest multiple of its usual size that a lease may have without large storage.
pub(super) const LARGEST: u8 = 8;

/// Storage that is longer than this, in bytes, is [large](Large).
const LARGE: usize = LARGEST as usize * 16 * 1024;

/// Keeps `storage` for others, if there is not enough already.
fn keep(pool: &mut Vec<BytesMut>, storage: BytesMut) {
    let bytes = || pool.iter().map(BytesMut::capacity).sum::<usize>() + storage.capacity();
    if pool.len() < KEPT && bytes() <= KEPT_BYTES {
        pool.push(storage);
    }
}

/// Gives access to the pools of this thread, unless it is about to end.
fn with<R>(act: impl FnOnce(&mut Pools) -> R) -> Option<R> {
    POOLS.try_with(|pools| act(&mut pools.borrow_mut())).ok()
}

/// Gives `buffer` storage of `size` bytes, or somewhat more, if it has less: none, the small rest
/// of a connection that has waited, or its storage from before reads filled it. (A blocking
/// connection never gives its lease back in between.) It is twice as large if a rest would leave
/// less than `room`, but no larger than `largest`.
///
/// More than `fresh` bytes come from [large storage](Large) or not at all: then the buffer grows
/// with what it receives.
pub(super) fn lease(buffer: &mut Buffer, size: usize, room: usize, fresh: usize, largest: usize) {
    if buffer.capacity() < size {
        lease_more(buffer, size, room, fresh, largest);
    }
}

/// Gives a buffer without storage what was given back last, if that has `size` bytes, which are
/// not many, and not twice as many: what one connection of a thread has used, the next one does.
/// Returns true if there was some.
#[inline]
pub(super) fn lease_usual(buffer: &mut Buffer, size: usize) -> bool {
    if buffer.capacity() > 0 || size > LARGE {
        return false;
    }
    let storage = with(|Pools { inputs, large, .. }| {
        let fits = |storage: &mut BytesMut| (size..2 * size).contains(&storage.capacity());
        inputs.pop_if(fits).inspect(|_| large.pass())
    });
    storage.flatten().map(|storage| buffer.adopt(storage)).is_some()
}

fn lease_more(buffer: &mut Buffer, size: usize, room: usize, fresh: usize, largest: usize) {
    if buffer.is_empty() && largest == usize::MAX && buffer.reclaim(size) {
        return;
    }
    let below = largest.saturating_add(1);
    let is_large = size > LARGE;
    if is_large {
        // Buffered bytes are not moved while there is room.
        if buffer.tail() >= room && buffer.capacity() >= fresh {
            return;
        }
        if let Some(storage) = with(|pools| pools.large.take(size..below)).flatten() {
            exchange(buffer, storage);
            return;
        }
    }
    let size = size.min(fresh);
    if buffer.capacity() >= size {
        return;
    }
    let twice = size.saturating_mul(2);
    let size = if buffer.len() + room > size && twice <= largest { twice } else { size };
    let fits = size..size.saturating_mul(2).min(below);
    let pooled = with(|pools| {
        if !is_large {
            pools.large.pass();
        }
        let at = pools.inputs.iter().rposition(|storage| fits.contains(&storage.capacity()));
        let at = at.or_else(|| {
            // Others may have had a part of it and be done.
            let is_part = |storage: &BytesMut| storage.capacity() < size;
            let mut inputs = pools.inputs.iter_mut();
            inputs.rposition(|storage| is_part(storage) && storage.try_reclaim(size))
        });
        at.map(|at| pools.inputs.swap_remove(at))
    });
    exchange(buffer, pooled.flatten().unwrap_or_else(|| made(size)));
}

/// Makes new storage. It is zeroed while it is read into if that may pay.
fn made(size: usize) -> BytesMut {
    if size <= SMALL { BytesMut::zeroed(size) } else { BytesMut::with_capacity(size) }
}

/// Moves buffered bytes to other storage, and keeps the old one for others.
fn exchange(buffer: &mut Buffer, storage: BytesMut) {
    let (old, used) = buffer.move_to(storage);
    if old.capacity() >= SMALL {
        put_back(old, used, used);
    }
}

/// Takes the storage of a waiting buffer back: all of it if it is empty, and all except an
/// allocation of the rest's own if that is [small](SMALL) and less than half of it. It was a lease
/// of at least `size` bytes, to a connection that has last needed `needed`.
pub(super) fn give_back(buffer: &mut Buffer, size: usize, needed: usize) {
    if buffer.len() >= SMALL || buffer.capacity() <= 2 * buffer.len() {
        return;
    }
    let (mut storage, used) = if buffer.is_empty() { buffer.give_up() } else { buffer.move_out() };
    // Records that were split off may be gone. A short part of storage whose rest is in use does
    // not suit the next lease.
    if storage.capacity() < size
        && !reclaim(&mut storage, size)
        && storage.capacity() < size.min(SMALL)
    {
        return;
    }
    put_back(storage, used, needed.max(used));
}

/// Keeps storage that was read into. Its first `used` bytes were written to, and `needed` were held
/// at a time.
#[inline]
fn put_back(mut storage: BytesMut, used: usize, needed: usize) {
    if storage.capacity() > LARGE {
        storage.clear();
        with(|pools| pools.large.keep(storage, needed));
        return;
    }
    let used = used.min(storage.len());
    if used > SMALL && used == storage.len() {
        // Nothing of it would still be zero anyway.
        storage.clear();
    } else {
        storage[..used].fill(0);
    }
    with(|pools| {
        keep(&mut pools.inputs, storage);
    });
}

/// Room for a batch of small answers. An output that needs more grows by itself.
const OUTPUT_SIZE: usize = 8 * 1024;

/// The size to which an output grows that is filled to its high-water mark and then gets one more
/// answer.
const OUTPUT_LARGEST: usize = 4 * Output::HIGH_WATER;

/// Gives an empty output memory for small writes, of `size` bytes if there is as much.
pub(super) fn lease_output(output: &mut Output, size: usize) {
    let pooled = with(|Pools { outputs, large, .. }| {
        if size > OUTPUT_LARGEST {
            let storage = large.take(size..usize::MAX);
            return storage.or_else(|| outputs.pop());
        }
        large.pass();
        let usual = outputs.pop_if(|storage| storage.capacity() >= size);
        usual.or_else(|| {
            let at = outputs.iter().rposition(|storage| storage.capacity() >= size);
            at.map(|at| outputs.swap_remove(at)).or_else(|| outputs.pop())
        })
    });
    let storage = pooled.flatten();
    output.swap_storage(storage.unwrap_or_else(|| BytesMut::with_capacity(OUTPUT_SIZE)));
}

/// Takes the memory of an empty output back. Returns how much of it was needed at a time; `None` if
/// there was none.
#[inline]
pub(super) fn give_output_back(output: &mut Output) -> Option<usize> {
    if output.capacity() == 0 {
        return None;
    }
    let (mut storage, used) = output.swap_storage(BytesMut::new());
    output.release();
    with(|Pools { outputs, large, .. }| match storage.capacity() {
        ..OUTPUT_SIZE => {}
        OUTPUT_SIZE..=OUTPUT_LARGEST => keep(outputs, storage),
        _ => {
            storage.clear();
            large.keep(storage, used);
        }
    });
    Some(used)
}
