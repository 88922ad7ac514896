//! Our end: a session driven by hand over any transport of tokio's.

use std::collections::BTreeMap;

use segue::{
    Buffer, Decode, Moment, Output, Say, Step,
    mux::{Carrier, Direction, Ending, Event, Opens},
};
use segue_yamux::{Role, Session, StreamId};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    task::JoinHandle,
};

use super::payload;

/// The time at which this end ends its side of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ends {
    /// Right after the last byte.
    AtOnce,
    /// After the peer has been granted enough credit to echo the rest.
    ///
    /// A stream of tokio-yamux ignores all credit that comes after the end of the other side: seen
    /// in 0.3.20, in which `StreamHandle::recv_frames` takes no frames in the state `RemoteClosing`.
    /// One that is left with less credit than it has to echo waits for ever.
    OnceGranted,
}

/// The work of this end on its streams.
struct Doer {
    session: Session,
    ends: Ends,
    /// The data to send on a stream of ours, the part that was sent, and the data that came back.
    ours: BTreeMap<StreamId, (Vec<u8>, usize, Vec<u8>)>,
}

impl Doer {
    fn open(&mut self, sizes: &[usize]) {
        for size in sizes {
            let id = self.session.open(Direction::Both).expect("there are few");
            self.ours.insert(id, (payload(*size, 1), 0, Vec::new()));
            self.go_on(id);
        }
    }

    fn hear(&mut self, event: Event<StreamId>) {
        match event {
            Event::Opened(id) | Event::Readable(id) | Event::Writable(id) => self.go_on(id),
            Event::Sent(..) | Event::Released(_) => {}
            // Peers go away when they are done.
            Event::Away(0) => {}
            event => panic!("{event:?}"),
        }
    }

    /// Does on a stream what can be done.
    fn go_on(&mut self, id: StreamId) {
        let Some(stream) = self.session.stream(id) else { return };
        let (input, ending) = (stream.input.unwrap(), stream.ending);
        let mut consumed = 0;
        if let Some((payload, sent, echoed)) = self.ours.get_mut(&id) {
            consumed = input.len();
            echoed.extend_from_slice(input.take(consumed).as_slice());
            if let Some(output) = stream.output {
                while output.has_room() && *sent < payload.len() {
                    let piece = &payload[*sent..payload.len().min(*sent + 10_000)];
                    output.put(piece);
                    *sent += piece.len();
                }
            }
            // Credit is granted by half windows, so what was granted reaches at least half a window
            // beyond what came back.
            let granted = self.ends == Ends::AtOnce || echoed.len() + WINDOW / 2 >= payload.len();
            if *sent == payload.len() && granted {
                self.session.finish(id);
            }
            if ending == Ending::Ended {
                assert!(echoed == payload, "stream {id}: {} of {}", echoed.len(), payload.len());
                self.ours.remove(&id);
                self.session.let_go(id);
            }
        } else {
            if let Some(output) = stream.output {
                while output.has_room() && !input.is_empty() {
                    let length = input.len().min(10_000);
                    output.put(&input.take(length));
                    consumed += length;
                }
            }
            if input.is_empty() && ending == Ending::Ended {
                self.session.let_go(id);
            }
        }
        assert!(!matches!(ending, Ending::Reset(_)), "stream {id} broke off");
        self.session.release_credit(id, consumed);
    }

    fn speak(&mut self, output: &mut Output) {
        if output.has_room() {
            let room = 32 * 1024_usize;
            let room = room.saturating_sub(output.len());
            self.session.speak(&mut Say::new(output, room, &mut Moment::unknown())).unwrap();
        }
    }
}

/// The number of bytes that each end of a stream may send at first.
const WINDOW: usize = 256 * 1024;

/// Opens a stream for each of `sizes` and has it echoed; echoes what the peer opens, until that is
/// done.
pub(crate) async fn talk<T: AsyncRead + AsyncWrite>(
    io: T,
    role: Role,
    ends: Ends,
    sizes: &[usize],
    mut peer: JoinHandle<()>,
) {
    let (mut reader, mut writer) = tokio::io::split(io);
    let mut doer = Doer { session: Session::new(role), ends, ours: BTreeMap::new() };
    doer.open(sizes);
    let (mut input, mut output) = (Buffer::new(), Output::new());
    let mut peer_done = false;
    loop {
        // Speaking brings about events, and handling those gives more to say.
        loop {
            let mut quiet = true;
            while let Step::Item(event) = input.step(&mut doer.session, false, &mut output).unwrap()
            {
                doer.hear(event);
                quiet = false;
            }
            doer.speak(&mut output);
            if quiet {
                break;
            }
        }
        if peer_done && doer.ours.is_empty() && output.is_empty() {
            return;
        }
        input.reserve(16 * 1024);
        let reads = output.len() < 2 * output.high_water();
        let chunk = output.chunks().next().unwrap_or_default();
        tokio::select! {
            read = reader.read(input.spare_mut()), if reads => {
                let count = read.unwrap();
                assert!(count > 0 || peer_done, "the peer is gone");
                input.commit(count);
                if count == 0 {
                    return;
                }
            }
            written = writer.write(chunk), if !output.is_empty() => {
                let count = written.unwrap();
                output.advance(count);
            }
            done = &mut peer, if !peer_done => {
                done.unwrap();
                peer_done = true;
            }
        }
    }
}
