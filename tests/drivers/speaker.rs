//! Stages that speak.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use segue::{Decode, Fault, Framing, Output, Record, Say};

use crate::talk::{Mistake, Talk};

/// Reads as [`Talk`] does, and has a story of so many bytes to tell. An absorbed record of padding is
/// a reset: the rest of the story is dropped.
#[derive(Debug)]
pub(crate) struct Story {
    talk: Talk,
    left: usize,
    /// The number of calls of `speak` so far, and the largest room.
    asked: Arc<AtomicUsize>,
    largest: Arc<AtomicUsize>,
    /// Each piece waits for a record of the peer.
    in_turns: Option<usize>,
    may_go_on: bool,
}

impl Story {
    pub(crate) fn of(bytes: usize) -> Self {
        Self {
            talk: Talk::default(),
            left: bytes,
            asked: Arc::default(),
            largest: Arc::default(),
            in_turns: None,
            may_go_on: true,
        }
    }

    /// The same in pieces of `size` bytes, each behind a record that was read.
    pub(crate) fn in_turns(self, size: usize) -> Self {
        Self { in_turns: Some(size), ..self }
    }

    /// Counts how often it is asked.
    pub(crate) fn asked(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.asked)
    }

    /// The largest room that it was given.
    pub(crate) fn largest(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.largest)
    }

    /// The number of bytes that are still to be told.
    pub(crate) fn left(&self) -> usize {
        self.left
    }
}

/// The letter of a story that has so many to go from its end.
fn letter(index: usize) -> u8 {
    b'a' + u8::try_from(index % 23).unwrap_or(0)
}

impl Decode for Story {
    type Item<'a> = &'a [u8];
    type Error = Mistake;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Mistake>> {
        self.talk.frame(input, eof)
    }

    fn absorb(&mut self, record: Record<'_>, answers: &mut Output) -> Result<(), Fault<Mistake>> {
        if record[0] == b'-' {
            self.left = 0;
        }
        self.talk.absorb(record, answers)
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<&'a [u8], Fault<Mistake>> {
        self.may_go_on = true;
        self.talk.parse(record)
    }

    fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<Mistake>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.largest.fetch_max(say.room(), Ordering::Relaxed);
        let most = if self.may_go_on { self.in_turns.unwrap_or(usize::MAX) } else { 0 };
        let count = self.left.min(say.room()).min(most);
        if count > 0 {
            let whole = self.left;
            self.left -= count;
            self.may_go_on = self.in_turns.is_none();
            let piece: Vec<u8> = (self.left..whole).rev().map(letter).collect();
            say.output().put(&piece);
        }
        Ok(())
    }
}

/// Returns the records of a story of this many bytes, in order.
pub(crate) fn told(bytes: usize) -> Vec<u8> {
    (0..bytes).rev().map(letter).collect()
}

/// Reads as [`Talk`] does and sends a dot after each `every` in which nothing was read; after
/// `limit` it says `bye` and gives the peer up.
#[derive(Debug)]
pub(crate) struct Dots {
    talk: Talk,
    every: Duration,
    limit: Duration,
    heard: Option<Duration>,
    dotted: Option<Duration>,
    leaves: Leaves,
}

impl Dots {
    pub(crate) fn new(every: Duration, limit: Duration) -> Self {
        Self {
            talk: Talk::default(),
            every,
            limit,
            heard: None,
            dotted: None,
            leaves: Leaves::default(),
        }
    }
}

impl Decode for Dots {
    type Item<'a> = &'a [u8];
    type Error = Mistake;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Mistake>> {
        self.talk.frame(input, eof)
    }

    fn absorb(&mut self, record: Record<'_>, answers: &mut Output) -> Result<(), Fault<Mistake>> {
        (self.heard, self.dotted) = (None, None);
        self.talk.absorb(record, answers)
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<&'a [u8], Fault<Mistake>> {
        (self.heard, self.dotted) = (None, None);
        self.talk.parse(record)
    }

    fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<Mistake>> {
        let Some(now) = say.now() else { return Ok(()) };
        let end = *self.heard.get_or_insert(now) + self.limit;
        if now >= end {
            return self.leaves.speak(say);
        }
        let dot = *self.dotted.get_or_insert(now) + self.every;
        if now >= dot {
            say.output().put(b".");
            self.dotted = Some(now);
        }
        say.wake_at((self.dotted.unwrap_or(now) + self.every).min(end));
        Ok(())
    }
}

/// Wants to be woken at a time that does not move.
#[derive(Debug)]
pub(crate) struct Restless(pub(crate) Duration, pub(crate) Arc<Mutex<usize>>);

impl Decode for Restless {
    type Item<'a> = &'a [u8];
    type Error = Mistake;

    fn frame(&mut self, _: &[u8], eof: bool) -> Result<Framing, Fault<Mistake>> {
        Ok(if eof { Framing::Done } else { Framing::need(1) })
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<&'a [u8], Fault<Mistake>> {
        Ok(record.into_slice())
    }

    fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<Mistake>> {
        *self.1.lock().unwrap() += 1;
        say.wake_at(self.0);
        Ok(())
    }
}

/// Says so many bytes, and behind the next record that it reads yields an item of no bytes for each.
#[derive(Debug)]
pub(crate) struct Sent {
    talk: Talk,
    left: usize,
    said: usize,
    owed: usize,
}

impl Sent {
    pub(crate) fn of(bytes: usize) -> Self {
        Self { talk: Talk::default(), left: bytes, said: 0, owed: 0 }
    }
}

impl Decode for Sent {
    type Item<'a> = &'a [u8];
    type Error = Mistake;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Mistake>> {
        if self.owed > 0 { Ok(Framing::Record(0)) } else { self.talk.frame(input, eof) }
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<&'a [u8], Fault<Mistake>> {
        if self.owed > 0 {
            self.owed -= 1;
            return Ok(b"");
        }
        self.owed = std::mem::take(&mut self.said);
        self.talk.parse(record)
    }

    fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<Mistake>> {
        let count = self.left.min(say.room());
        self.left -= count;
        self.said += count;
        say.output().put(&vec![b's'; count]);
        Ok(())
    }
}

/// Cannot go on: says goodbye once, and fails whenever it is let speak.
#[derive(Debug, Default)]
pub(crate) struct Leaves {
    has_said_bye: bool,
}

impl Decode for Leaves {
    type Item<'a> = &'a [u8];
    type Error = Mistake;

    fn frame(&mut self, _: &[u8], eof: bool) -> Result<Framing, Fault<Mistake>> {
        Ok(if eof { Framing::Done } else { Framing::need(1) })
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<&'a [u8], Fault<Mistake>> {
        Ok(record.into_slice())
    }

    fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<Mistake>> {
        if !self.has_said_bye {
            say.output().put(b"bye");
            self.has_said_bye = true;
        }
        Err(Fault::new(Mistake::Fatal))
    }
}
