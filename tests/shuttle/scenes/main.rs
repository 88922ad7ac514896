//! The halves of a split connection, under many schedules of their threads.
//!
//! Each scene has a thread for each half and one or two for the peer, over a pipe of a few bytes.
//! shuttle runs it under schedules that are random, or random with few changes of priority (PCT),
//! and fails where all threads wait. What the peer has received is checked for what is missing,
//! torn, doubled or out of order.
#![cfg(shuttle)]
#![allow(clippy::unwrap_used, reason = "a scene is a test, though it may not be marked as one")]

mod blocking;
mod layered;
#[allow(dead_code, reason = "it is shared with tests that use more of it")]
#[path = "../../layers/numbered.rs"]
mod numbered;
mod pipe;
mod polled;
#[allow(dead_code, reason = "it is shared with tests that use more of it")]
#[path = "../../drivers/talk.rs"]
mod talk;

use talk::record;

/// The number of pings and messages in a scene: few, so that schedules are short.
const PINGS: u8 = 5;
const MESSAGES: u8 = 3;

/// Runs `scene` under many schedules.
fn search(scene: impl Fn() + Send + Sync + Copy + 'static) {
    let schedules = std::env::var("SCHEDULES").ok();
    let schedules = schedules.map_or(4000, |count| count.parse().unwrap());
    shuttle::check_random(scene, schedules);
    shuttle::check_pct(scene, schedules, 3);
}

/// All the pings of a scene, numbered.
fn pings() -> Vec<u8> {
    (0..PINGS).flat_map(|number| record(b'p', &[number])).collect()
}

/// Returns the message of this number, which is longer than the pipe holds.
fn text(number: u8) -> [u8; 6] {
    [number; 6]
}

/// The numbers of the messages and of the answers that a peer has received: each whole, in its
/// order and once. The end may be cut where the stream has been.
#[derive(Debug, PartialEq, Eq)]
struct Heard {
    messages: u8,
    answers: u8,
    cut: bool,
}

/// All that the halves have to say.
const ALL: Heard = Heard { messages: MESSAGES, answers: PINGS, cut: false };

/// The length of all messages and answers in bytes.
const LENGTH: usize = MESSAGES as usize * 8 + PINGS as usize * 3;

fn heard(mut bytes: &[u8]) -> Heard {
    let mut heard = Heard { messages: 0, answers: 0, cut: false };
    while let Some(kind) = bytes.first() {
        let whole = match kind {
            b'm' => record(b'm', &text(heard.messages)),
            b'o' => record(b'o', &[heard.answers]),
            _ => panic!("an item is torn: {bytes:?}"),
        };
        let Some((front, behind)) = bytes.split_at_checked(whole.len()) else {
            assert_eq!(bytes, &whole[..bytes.len()]);
            heard.cut = true;
            return heard;
        };
        assert_eq!(front, whole);
        match kind {
            b'm' => heard.messages += 1,
            _ => heard.answers += 1,
        }
        bytes = behind;
    }
    heard
}
