//! An allocator that counts what each thread holds.

#![allow(
    unsafe_code,
    reason = "an allocator is an unsafe trait; each request is passed on as it came"
)]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    hint::black_box,
};

/// An allocator that counts what each thread holds, and at its worst has held: what the law of
/// memory (L4) is judged by.
///
/// It stands in the test, the example or the fuzz target once, and is all there is to switch on:
///
/// ```
/// #[global_allocator]
/// static ALLOCATOR: segue_laws::Counting = segue_laws::Counting::new();
/// # fn main() { drop(vec![1]); }
/// ```
///
/// It counts what was asked for, and not what was touched: memory that an announced length sets
/// aside counts whole. Each thread has counts of its own, so tests that run beside each other do
/// not disturb one another. A parser that allocates on other threads hides that from it.
#[derive(Debug)]
pub struct Counting<A = System> {
    inner: A,
    largest: usize,
}

impl Counting {
    /// Counts, and has the system allocate.
    #[must_use]
    pub const fn new() -> Self {
        Self::over(System)
    }
}

impl Counting {
    /// Runs something, and returns what it returns with the most bytes that this thread held
    /// meanwhile beyond what it held before. Always 0 where the program has another allocator.
    ///
    /// ```
    /// #[global_allocator]
    /// static ALLOCATOR: segue_laws::Counting = segue_laws::Counting::new();
    ///
    /// # fn main() {
    /// let (length, peak) = segue_laws::Counting::peak(|| vec![0_u8; 1000].len());
    /// assert_eq!((length, peak), (1000, 1000));
    /// # }
    /// ```
    pub fn peak<T>(run: impl FnOnce() -> T) -> (T, usize) {
        let (before, around) = (held(), most());
        mark();
        let result = run();
        let peak = most();
        // Whoever counts around this sees its worst as well.
        MOST.set(around.max(peak));
        (result, usize::try_from(peak.wrapping_sub(before)).unwrap_or(0))
    }
}

impl Default for Counting {
    fn default() -> Self {
        Self::new()
    }
}

impl<A> Counting<A> {
    /// Counts, and has another allocator allocate.
    #[must_use]
    pub const fn over(inner: A) -> Self {
        Self { inner, largest: usize::MAX }
    }

    /// Refuses requests of more than this many bytes. A parser that makes one mostly has its
    /// process aborted by that, and not the machine.
    #[must_use]
    pub const fn refusing(self, more_than: usize) -> Self
    where
        A: Copy,
    {
        Self { inner: self.inner, largest: more_than }
    }
}

thread_local! {
    /// Bytes that this thread has allocated less those that it has freed, which others may have
    /// allocated: below zero then.
    static HELD: Cell<isize> = const { Cell::new(0) };
    /// The most of that since the mark.
    static MOST: Cell<isize> = const { Cell::new(0) };
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// Returns the bytes that this thread holds.
pub(crate) fn held() -> isize {
    HELD.get()
}

/// Returns the most bytes that this thread has held since [`mark`].
pub(crate) fn most() -> isize {
    MOST.get()
}

/// Begins to look for the most anew.
pub(crate) fn mark() {
    MOST.set(HELD.get());
}

/// Returns whether this program has a [`Counting`] allocator.
pub(crate) fn is_counting() -> bool {
    let before = ALLOCATIONS.get();
    drop(black_box(Box::new(0_u8)));
    ALLOCATIONS.get() != before
}

// A layout's size is at most `isize::MAX`.
fn takes(bytes: usize) {
    let held = HELD.get().wrapping_add_unsigned(bytes);
    HELD.set(held);
    MOST.set(MOST.get().max(held));
    ALLOCATIONS.set(ALLOCATIONS.get().wrapping_add(1));
}

fn gives(bytes: usize) {
    HELD.set(HELD.get().wrapping_sub_unsigned(bytes));
}

// SAFETY: every request is passed on to the inner allocator as it came, or refused by a null
// pointer, which the contract of `GlobalAlloc` allows. The counts are cells of the thread that need
// neither an allocation nor a destructor, so counting cannot call the allocator again.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Counting<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() > self.largest {
            return std::ptr::null_mut();
        }
        takes(layout.size());
        // SAFETY: the caller keeps the contract of `alloc`, which is the inner one's.
        unsafe { self.inner.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if layout.size() > self.largest {
            return std::ptr::null_mut();
        }
        takes(layout.size());
        // SAFETY: as for `alloc`.
        unsafe { self.inner.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        gives(layout.size());
        // SAFETY: the block came from the inner allocator, by way of the functions here, with this
        // layout.
        unsafe { self.inner.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if size > self.largest {
            return std::ptr::null_mut();
        }
        gives(layout.size());
        takes(size);
        // SAFETY: as for `dealloc`, and the caller keeps the contract of `realloc`.
        unsafe { self.inner.realloc(block, layout, size) }
    }
}
