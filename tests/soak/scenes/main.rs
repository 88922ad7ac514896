//! A soak: two peers that talk over a narrow pipe, in scenes made up at random.
//!
//! A scene has everything that a caller and a transport may do to a connection: calls that are
//! dropped while they are pending, connections that are split, made whole and handed off, halves
//! that are dropped, every read policy, marks of a few bytes, short and interrupted reads and
//! writes, failures, deadlines, and two sides that flood each other. What is checked is
//!
//! - that each side receives what the other has queued, whole and in order, and that nothing is
//!   missing unless somebody was told;
//! - that what a flush says to have sent is in the pipe, and not held back there;
//! - that each task that can go on was woken, and that a caller who asks for an item is served
//!   whatever else waits: see `World::judge`;
//! - that errors are the transport's, and memory is within the bounds of the options.
//!
//! A scene is made of a seed, which a failure names. `SOAK_SEED` plays one, and those after it if
//! `SOAK_SCENES` says how many. `tests/soak/run` plays others for some minutes. The scenes of
//! blocking threads come again with their seed, and their schedule does not. `SOAK_TRACE` writes down
//! what happens.
#![allow(clippy::unwrap_used, reason = "a scene is a test, though it may not be marked as one")]

mod chance;
mod clock;
mod executor;
mod link;
mod peer;
mod pipe;
mod scene;
mod threads;
mod words;
mod world;

use std::{
    panic::resume_unwind,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

/// Plays scenes of this seed and those after it, on two threads.
fn soak(name: &str, scene: impl Fn(u64) + Sync) {
    let number = |variable: &str| {
        let value = std::env::var(variable).ok()?;
        Some(value.parse::<u64>().unwrap_or_else(|_| panic!("{variable} is to be a number")))
    };
    let seed = number("SOAK_SEED");
    let scenes = number("SOAK_SCENES").unwrap_or(if seed.is_some() { 1 } else { 1000 });
    let first = seed.unwrap_or(1);
    let until = number("SOAK_SECONDS").map(|time| Instant::now() + Duration::from_secs(time));
    let next = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let count = next.fetch_add(1, Ordering::Relaxed);
                    if !until.map_or(count < scenes, |until| Instant::now() < until) {
                        break;
                    }
                    let seed = first.wrapping_add(count);
                    // Each on a thread of its own, whose pool of memory is empty.
                    let played = thread::scope(|scope| scope.spawn(|| scene(seed)).join());
                    if let Err(panic) = played {
                        eprintln!(
                            "a scene has failed; play it again by\n    \
                             SOAK_SEED={seed} cargo test -p segue-soak --test soak {name}"
                        );
                        resume_unwind(panic);
                    }
                }
            });
        }
    });
}

#[test]
fn tokio() {
    soak("tokio", scene::play::<link::OverTokio>);
}

#[test]
fn futures() {
    soak("futures", scene::play::<link::OverFutures>);
}

#[test]
fn readiness_loop() {
    soak("readiness_loop", scene::play::<link::InLoop>);
}

#[test]
fn blocking_threads() {
    soak("blocking_threads", threads::play);
}
