//! A count of the instructions that this thread has run, where the machine counts them.
//!
//! The count is the same each time, whatever else runs meanwhile. Most virtual machines have no
//! such counter, and other systems than Linux another way to it: work is judged by time there.

/// A count of the instructions that this thread has run outside the kernel, if there is one.
pub fn count() -> Option<fn() -> u64> {
    // One that a hypervisor only pretends to have stands still.
    let before = counted();
    (counted() > before).then_some(counted)
}

#[cfg(target_os = "linux")]
fn counted() -> u64 {
    use perf_event::{Builder, Counter, events::Hardware};
    use std::cell::RefCell;

    fn begun() -> Option<Counter> {
        // Pinned: it counts all the time, or is none, and never takes turns with others.
        let mut counter = Builder::new(Hardware::INSTRUCTIONS).pinned(true).build().ok()?;
        counter.enable().ok()?;
        Some(counter)
    }
    thread_local!(static COUNTER: RefCell<Option<Counter>> = RefCell::new(begun()));
    COUNTER.with_borrow_mut(|counter| counter.as_mut()?.read().ok()).unwrap_or(0)
}

#[cfg(not(target_os = "linux"))]
fn counted() -> u64 {
    0
}
