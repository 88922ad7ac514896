//! The bounds on what a peer can make a layered connection hold, and on the time.

use segue::{
    Buffer, Decode, Fault, Framing, Layer, Need, Output, Record, Say, Step,
    driver::{Deadlines, Late, Options, sync, tokio as polled},
    length, separator,
};
use std::{
    io::{self, Read, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};
use tokio::io::AsyncWriteExt;

use crate::numbered::{DATA, Numbered, QUESTION};

/// A peer that asks and asks, and reads no answer, is not read on above twice the high-water mark.
#[test]
fn a_flood_of_questions_is_answered_in_bounded_memory() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (mut peer, io) = tokio::io::duplex(1024);
        let options = Options::new().high_water(8 * 1024);
        let server = polled::Connection::new(io, ()).with_options(options);
        let mut server = server.layered(Numbered::default()).begin(separator::line());
        let asking = tokio::time::timeout(Duration::from_millis(300), async {
            let (mut layer, mut wire) = (Numbered::default(), Output::new());
            loop {
                layer.put(QUESTION, b"", &mut wire);
                if wire.len() > 512 {
                    peer.write_all(&wire.to_vec()).await.unwrap();
                    wire.clear();
                }
            }
        });
        let waiting = tokio::time::timeout(Duration::from_millis(300), server.turn());
        let (asked, waited) = tokio::join!(asking, waiting);
        assert!(asked.is_err() && waited.is_err(), "both have stopped");
        let answered = server.layer().answered * 7;
        assert!((16 * 1024..20 * 1024).contains(&answered), "{answered} bytes of answers");
        assert!(server.held() < 64 * 1024, "{} bytes held", server.held());
    });
}

/// Nothing is held while nothing comes, and twice what is there where a part of a record is.
#[test]
fn an_idle_layer_holds_nothing() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (mut peer, io) = tokio::io::duplex(1024);
        let server = polled::Connection::new(io, ()).layered(Numbered::default());
        let mut server = server.begin(separator::line());
        let (mut layer, mut wire) = (Numbered::default(), Output::new());
        layer.put(DATA, b"a line\r\n", &mut wire);
        layer.put(DATA, b"the beginning of a record", &mut wire);
        let bytes = wire.to_vec();
        for (from, to, held) in [(0, 15, 0..=0), (15, 30, 15..=30)] {
            peer.write_all(&bytes[from..to]).await.unwrap();
            if from == 0 {
                assert_eq!(server.turn().await.unwrap().unwrap().item, "a line");
            }
            let waited = tokio::time::timeout(Duration::from_millis(50), server.turn()).await;
            assert!(waited.is_err());
            assert!(held.contains(&server.held()), "{} bytes held", server.held());
        }
    });
}

/// Counts how often it is written to.
struct Counting(usize);

impl std::io::Read for Counting {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Ok(0)
    }
}

impl Write for Counting {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += 1;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl sync::CloseWrite for Counting {
    fn close_write(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A peer that has read the end of the topmost layer may be gone when those below end.
#[test]
fn the_ends_of_all_layers_leave_in_one_write() {
    let connection = sync::Connection::new(Counting(0), ()).layered(Numbered::default());
    let connection = connection.layered(Numbered::default()).layered(Numbered::default());
    let mut connection = connection.begin(separator::line());
    connection.close_write().unwrap();
    assert_eq!(connection.io().0, 1);
    connection.close_write().unwrap();
    assert_eq!(connection.io().0, 1);
}

/// A byte of a wire record now and then moves no deadline, blocking or polled.
#[test]
fn a_wire_that_trickles_is_late() {
    let deadlines = Deadlines::new().record(Duration::from_millis(300));
    let (mut layer, mut wire) = (Numbered::default(), Output::new());
    layer.put(DATA, &[b'x'; 200], &mut wire);
    let bytes = wire.to_vec();
    let trickle = move |mut peer: std::net::TcpStream| {
        for byte in bytes {
            if peer.write_all(&[byte]).is_err() {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
    };

    let (peer, io) = crate::sockets();
    let drip = trickle.clone();
    let peer = thread::spawn(move || drip(peer));
    let connection = sync::Connection::new(io, ()).with_deadlines(deadlines);
    let mut server = connection.layered(Numbered::default()).begin(separator::line());
    let began = std::time::Instant::now();
    let error = server.turn_by(&mut sync::SocketClock::new()).map(drop).unwrap_err();
    assert_eq!(error.late(), Some(Late::Record), "{error:?}");
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    drop(server);
    peer.join().unwrap();

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (peer, io) = crate::sockets();
    let peer = thread::spawn(move || trickle(peer));
    runtime.block_on(async {
        io.set_nonblocking(true).unwrap();
        let io = tokio::net::TcpStream::from_std(io).unwrap();
        let connection = polled::Connection::new(io, ()).with_deadlines(deadlines);
        let mut server = connection.layered(Numbered::default()).begin(separator::line());
        let error = server.turn_by(&mut polled::TokioTimer::new()).await.map(drop).unwrap_err();
        assert_eq!(error.late(), Some(Late::Record), "{error:?}");
    });
    peer.join().unwrap();
}

/// A transport whose writes would block until they fail, and whose reads have all at once.
struct Stuck {
    reads: io::Cursor<Vec<u8>>,
    fails: Arc<AtomicBool>,
}

impl Read for Stuck {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.reads.read(into)? {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            count => Ok(count),
        }
    }
}

impl Write for Stuck {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        let fails = self.fails.load(Ordering::SeqCst);
        Err(if fails { io::ErrorKind::BrokenPipe } else { io::ErrorKind::WouldBlock }.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A layer holds more answers than the mark, and then nothing can be sent any more: a turn reads on
/// or fails, and does not go round for ever.
#[test]
fn a_turn_ends_where_a_full_layer_cannot_send() {
    let (mut layer, mut wire) = (Numbered::default(), Output::new());
    for _ in 0..5000 {
        layer.put(QUESTION, b"", &mut wire);
    }
    let fails = Arc::new(AtomicBool::new(false));
    let io = Stuck { reads: io::Cursor::new(wire.to_vec()), fails: Arc::clone(&fails) };
    let options = Options::new().nonblocking(true).high_water(1000);
    let connection = sync::Connection::new(io, ()).with_options(options);
    let mut server = connection.layered(Numbered::default()).begin(separator::line());
    let (done, is_done) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let before = server.turn().map(drop).unwrap_err();
        fails.store(true, Ordering::SeqCst);
        let flushed = server.flush().unwrap_err();
        let mut turns = 0;
        let after = loop {
            turns += 1;
            match server.turn() {
                Err(error) if error.is_again() && turns < 1000 => {}
                turn => break turn.map(drop),
            }
        };
        done.send((before.would_block(), flushed.kind(), after.is_err())).unwrap();
    });
    let told = is_done.recv_timeout(Duration::from_secs(20)).expect("it goes round for ever");
    assert_eq!(told, (true, io::ErrorKind::BrokenPipe, true));
}

/// Two ends that each have queued much and then ask for an item are both served, whatever the layer
/// makes of it: one record of all, or one longer than the mark.
#[test]
fn two_ends_that_have_queued_much_are_both_served_over_a_layer() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        for (pipe, high_water, size) in [(64 * 1024, 64 * 1024, 5_000_000), (64, 2, 300)] {
            let (near, far) = tokio::io::duplex(pipe);
            let options = Options::new().high_water(high_water);
            let end = |io| {
                let connection = polled::Connection::new(io, ()).with_options(options);
                let layered = connection.layered(Whole).layered(Numbered::default());
                layered.begin(length::u32_be().max(8 << 20))
            };
            let (mut near, mut far) = (end(near), end(far));
            let record = vec![1; size];
            near.queue(&mut length::u32_be(), &record[..]).await.unwrap();
            far.queue(&mut length::u32_be(), &record[..]).await.unwrap();
            let record = &record;
            let both = async {
                tokio::join!(
                    async {
                        assert_eq!(near.turn().await.unwrap().unwrap().item, record[..]);
                        near.flush().await.unwrap();
                    },
                    async {
                        assert_eq!(far.turn().await.unwrap().unwrap().item, record[..]);
                        far.flush().await.unwrap();
                    }
                )
            };
            tokio::time::timeout(crate::PATIENCE, both).await.expect("they have stopped");
        }
    });
}

/// A layer that seals all that waits in one go.
struct Whole;

impl Layer for Whole {
    type Plain<'a> = &'a [u8];
    type Error = std::convert::Infallible;
    const ENDS: bool = false;

    fn open<'a>(
        &'a mut self,
        wire: &'a mut Buffer,
        _: bool,
        _: &mut Output,
    ) -> Result<Step<&'a [u8]>, Fault<Self::Error>> {
        Ok(match wire.len() {
            0 => Step::Need(Need::ONE),
            length => Step::Item(wire.take(length).into_slice()),
        })
    }

    fn seal(&mut self, plain: &mut Output, wire: &mut Output) -> Result<(), Self::Error> {
        wire.append(plain);
        Ok(())
    }

    fn close(&mut self, _: &mut Output) {}
}

/// A half of a blocking connection is closed after both sides have ended: nothing is left to do.
#[test]
fn a_half_closes_after_a_clean_end() {
    let (near, mut far) = crate::sockets();
    let (mut reader, mut writer) = sync::Connection::new(near, separator::line()).split();
    writer.send(&mut separator::line(), &b"hello"[..]).unwrap();
    writer.close_write().unwrap();
    drop(writer);
    let mut heard = String::new();
    far.read_to_string(&mut heard).unwrap();
    drop(far);
    assert!(reader.turn().unwrap().is_none());
    assert!(reader.close(10).unwrap());
}

/// Keep-alives do not move the deadline of a peer that reads nothing, over a layer either.
#[test]
fn a_peer_that_reads_nothing_is_late_though_a_stage_speaks() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        for layers in [false, true] {
            let (_peer, io) = tokio::io::duplex(4);
            let deadlines = Deadlines::new().send(Duration::from_millis(400));
            let connection = polled::Connection::new(io, ()).with_deadlines(deadlines);
            let mut timer = polled::TokioTimer::new();
            let late = if layers {
                let mut connection = connection.layered(Numbered::default()).begin(Dots(None));
                let turn = connection.turn_by(&mut timer);
                let turn = tokio::time::timeout(Duration::from_secs(5), turn).await;
                turn.expect("it is never late").map(drop).unwrap_err().late()
            } else {
                let mut connection = connection.begin(Dots(None));
                let turn = connection.turn_by(&mut timer);
                let turn = tokio::time::timeout(Duration::from_secs(5), turn).await;
                turn.expect("it is never late").map(drop).unwrap_err().late()
            };
            assert_eq!(late, Some(Late::Send), "layers: {layers}");
        }
    });
}

/// Sends dots, every 50 milliseconds.
struct Dots(Option<Duration>);

impl Decode for Dots {
    type Item<'a> = Record<'a>;
    type Error = std::convert::Infallible;

    fn frame(&mut self, input: &[u8], _: bool) -> Result<Framing, Fault<Self::Error>> {
        Ok(if input.is_empty() { Framing::need(1) } else { Framing::Record(1) })
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Record<'a>, Fault<Self::Error>> {
        Ok(record)
    }

    fn speak(&mut self, say: &mut Say<'_>) -> Result<(), Fault<Self::Error>> {
        let Some(now) = say.now() else { return Ok(()) };
        if self.0.is_none_or(|next| now >= next) {
            say.output().put(b".....");
            self.0 = Some(now + Duration::from_millis(50));
        }
        self.0.into_iter().for_each(|next| say.wake_at(next));
        Ok(())
    }
}

/// Queued bytes count as sent once they have left the lowest layer: a peer that asks once a second
/// and never reads is given up, though two layers take what it is answered; and one that reads what
/// it is sent, if slowly, is not.
#[test]
fn a_deadline_to_send_looks_through_layers() {
    use tokio::io::AsyncReadExt;

    const ANSWER: &str = "an answer that is not short";
    let turns = |reads| async move {
        let (peer, io) = tokio::io::duplex(64);
        let (mut input, mut output) = tokio::io::split(peer);
        let deadlines = Deadlines::new().send(Duration::from_secs(20));
        let server = polled::Connection::new(io, ()).with_deadlines(deadlines);
        let server = server.layered(Numbered::default()).layered(Numbered::default());
        let mut server = server.begin(separator::line());
        let asking = async move {
            let (mut lower, mut upper) = (Numbered::default(), Numbered::default());
            let mut taken = [0; 64];
            for _ in 0..100 {
                let (mut middle, mut wire) = (Output::new(), Output::new());
                upper.put(DATA, b"?\r\n", &mut middle);
                lower.put(DATA, &middle.to_vec(), &mut wire);
                output.write_all(&wire.to_vec()).await.unwrap();
                tokio::time::sleep(Duration::from_secs(1)).await;
                if reads {
                    // A little more than an answer comes to.
                    assert!(input.read(&mut taken).await.unwrap() > 0);
                }
            }
        };
        let answering = async move {
            let mut timer = polled::TokioTimer::new();
            // So that something always waits.
            server.output_mut().put(&[b'x'; 500]);
            for turns in 0.. {
                match server.turn_by(&mut timer).await {
                    Ok(Some(mut turn)) => {
                        let queued = turn.output.queue(&mut separator::line(), ANSWER);
                        queued.unwrap();
                    }
                    Ok(None) => panic!("the peer has ended"),
                    Err(error) => return (error.late(), turns),
                }
            }
            unreachable!("it ends with an error")
        };
        tokio::select! {
            () = asking => (None, 100),
            late = answering => late,
        }
    };
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().start_paused(true).build().unwrap();
    let (late, turns_taken) = runtime.block_on(turns(false));
    assert_eq!(late, Some(Late::Send));
    assert!((20..25).contains(&turns_taken), "after {turns_taken} turns");
    assert_eq!(runtime.block_on(turns(true)), (None, 100));
}
