//! Both ends write far more than anything holds, and read late.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

#[path = "../../../tests/support/counting.rs"]
mod counting;
mod support;

use segue::{
    Buffer, Output,
    mux::{Carrier, Event},
};
use segue_yamux::{Role, StreamId};
use support::End;

/// The number of bytes that a socket holds.
const PIPE: usize = 64 * 1024;

/// One end: it writes on a stream and reads another, or the same.
struct Side {
    end: End,
    writes: StreamId,
    reads: Option<StreamId>,
    /// The number of bytes to write.
    total: usize,
    written: usize,
    read: usize,
    /// The bytes on their way to it.
    pipe: Buffer,
}

impl Side {
    fn new(role: Role, total: usize) -> Self {
        let mut end = End::new(role);
        let writes = end.open();
        Self { end, writes, reads: None, total, written: 0, read: 0, pipe: Buffer::new() }
    }

    /// Writes as long as there is room, as a task would.
    fn write(&mut self) {
        while self.written < self.total {
            let Some(output) = self.end.session.stream(self.writes).unwrap().output else { return };
            if !output.has_room() {
                return;
            }
            let piece: Vec<u8> = (0..4096).map(|n| byte(self.written + n)).collect();
            output.put(&piece);
            self.written += piece.len();
        }
        self.end.session.finish(self.writes);
    }

    /// Reads up to `most` bytes, as another task would.
    fn read(&mut self, most: usize) {
        let Some(id) = self.reads else { return };
        let input = self.end.session.stream(id).unwrap().input.unwrap();
        let length = input.len().min(most);
        let piece = input.take(length);
        let expected = piece.iter().zip(self.read..).all(|(got, at)| *got == byte(at));
        assert!(expected, "bytes {} to {}", self.read, self.read + length);
        self.read += length;
        self.end.session.release_credit(id, length);
    }

    /// Takes in what came, unless so much waits to be sent that a connection would not.
    fn receive(&mut self) {
        if self.end.output.len() < 2 * self.end.output.high_water() {
            let length = self.pipe.len();
            self.end.input.extend(self.pipe.take(length).as_slice());
        }
        for event in self.end.events() {
            match event {
                Event::Opened(id) => self.reads = Some(id),
                Event::Readable(_) | Event::Writable(_) | Event::Sent(..) => {}
                event => panic!("{event:?}"),
            }
        }
    }
}

fn byte(at: usize) -> u8 {
    at.to_le_bytes()[0] ^ at.to_le_bytes()[1] ^ at.to_le_bytes()[2]
}

fn send(output: &mut Output, pipe: &mut Buffer) {
    let mut room = PIPE - pipe.len();
    while room > 0 && !output.is_empty() {
        let length = output.chunks().next().map_or(0, |chunk| {
            let length = chunk.len().min(room);
            pipe.extend(&chunk[..length]);
            length
        });
        output.advance(length);
        room -= length;
    }
}

/// Runs both until all was read; the most that was held.
fn run(total: usize, late: usize, most: usize) -> isize {
    counting::peak(|| {
        let mut sides = [Side::new(Role::Client, total), Side::new(Role::Server, total)];
        for round in 0..400_000 {
            for side in &mut sides {
                side.receive();
                side.write();
                if round >= late {
                    side.read(most);
                }
                side.end.speak();
            }
            let [left, right] = &mut sides;
            send(&mut left.end.output, &mut right.pipe);
            send(&mut right.end.output, &mut left.pipe);
            if sides.iter().all(|side| side.read == total) {
                return;
            }
        }
        let read = sides.each_ref().map(|side| (side.written, side.read));
        panic!("it stands still at {read:?}");
    })
}

#[test]
fn symmetric_pressure_ends_well_in_bounded_memory() {
    let all = usize::MAX;
    for (mebibytes, late, most) in
        [(4, 0, all), (4, 1000, all), (64, 1000, 10_000), (4, 0, 1 << 17)]
    {
        let peak = run(mebibytes << 20, late, most);
        // On each side: a window that is full, a stream's output and the connection's, and what is
        // on its way; buffers are twice as large as what they hold, at most.
        let bound = 2 * 2 * (256 + 64 + 64 + 64 + 64) * 1024;
        assert!(peak < bound, "{peak} bytes held, {bound} allowed");
    }
}
