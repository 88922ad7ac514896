//! An allocator that counts, and that refuses what no stream here can call for.
//!
//! A parser that sets aside what a length announces would take the machine down with it. Requests
//! beyond [`LIMIT`] are refused instead: the process of that one parser is stopped by it, and its
//! runner says so.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

/// Streams here are of a few kilobytes, so this is far beyond what one may call for at once. Below
/// it memory that is set aside and never touched costs nothing.
pub const LIMIT: usize = 1 << 31;

/// Counts what is held now and what was held at most.
pub struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

/// The most bytes that were held at once since this was last asked; what is held now counts, or a
/// parser would hide what it sets aside by keeping it.
pub fn most() -> usize {
    MOST.swap(HELD.load(Relaxed), Relaxed)
}

fn takes(bytes: usize) {
    let held = HELD.fetch_add(bytes, Relaxed) + bytes;
    MOST.fetch_max(held, Relaxed);
}

#[allow(unsafe_code)]
// SAFETY: every request is passed on to `System` as it came, or refused by a null pointer, which
// the contract of `GlobalAlloc` allows; what is counted beside that touches no memory.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() > LIMIT {
            return std::ptr::null_mut();
        }
        takes(layout.size());
        // SAFETY: the caller keeps the contract of `alloc`, which is the same for `System`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if layout.size() > LIMIT {
            return std::ptr::null_mut();
        }
        takes(layout.size());
        // SAFETY: as for `alloc`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the block came from `System`, by way of the functions above, with this layout.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if size > LIMIT {
            return std::ptr::null_mut();
        }
        takes(size);
        HELD.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as for `dealloc`, and the caller keeps the contract of `realloc`.
        unsafe { System.realloc(block, layout, size) }
    }
}
