//! The halves of a blocking connection.

use std::io::ErrorKind;

use segue::driver::{
    HalfConnection, Options, SendError, Turn,
    sync::{Connection, Std},
};
use shuttle::{
    sync::mpsc,
    thread::{self, JoinHandle},
};

use crate::{
    ALL, Heard, LENGTH, MESSAGES, PINGS, heard, pings,
    pipe::{End, pipe},
    search,
    talk::{Talk, record},
    text,
};

type Reader = HalfConnection<Std<End>, Talk>;
type Writer = HalfConnection<Std<End>, ()>;

/// Both halves over one end, and the other end.
fn open(writes_all: bool, high_water: usize) -> (Reader, Writer, End) {
    open_failing(writes_all, high_water, usize::MAX)
}

fn open_failing(writes_all: bool, high_water: usize, fails_after: usize) -> (Reader, Writer, End) {
    let (end, peer) = pipe(writes_all, fails_after);
    let options = Options::new().high_water(high_water).read_size(16);
    let connection = Connection::new(end, Talk::default()).with_options(options);
    let (reader, writer) = connection.split();
    (reader, writer, peer)
}

fn sends(writer: &mut Writer) {
    for number in 0..MESSAGES {
        writer.send(&mut Talk::default(), &text(number)[..]).unwrap();
    }
}

/// A thread that reads to the end. Its stage answers.
fn answers(mut reader: Reader) -> JoinHandle<Reader> {
    thread::spawn(move || {
        assert!(reader.turn().unwrap().is_none());
        reader
    })
}

/// A peer with a thread to speak, and one to hear so many bytes.
fn speaks_and_hears(peer: &End, count: usize) -> JoinHandle<Vec<u8>> {
    let (speaker, hearer) = (peer.clone(), peer.clone());
    thread::spawn(move || {
        speaker.say(&pings());
        speaker.end();
    });
    thread::spawn(move || hearer.hear(count))
}

fn unsplit(reader: Reader, writer: Writer) -> Connection<End, Talk> {
    let Ok(connection) = reader.unsplit(writer) else { panic!("they are of one") };
    assert!(!connection.wants_write(), "everything was flushed");
    connection
}

/// The answers that the reader owes are above the mark, and not above twice the mark.
#[test]
fn a_peer_may_write_everything_before_it_reads() {
    for writes_all in [true, false] {
        search(move || {
            let (reader, mut writer, peer) = open(writes_all, 8);
            let peer = thread::spawn(move || {
                peer.wait_until_stuck();
                peer.say(&pings());
                peer.end();
                heard(&peer.hear(LENGTH))
            });
            let reader = answers(reader);
            sends(&mut writer);
            unsplit(reader.join().unwrap(), writer);
            assert_eq!(peer.join().unwrap(), ALL);
        });
    }
}

/// The peer writes on as soon as it has read so much that the reader is below twice the mark,
/// while the writer still waits for it: the reader is told after each write.
#[test]
fn a_reader_at_the_mark_goes_on_while_the_writer_still_writes() {
    search(|| {
        let (mut reader, mut writer, peer) = open(false, 11);
        let long = |kind| record(kind, &[9; 8]);
        let (handed_over, go) = mpsc::channel();
        let peer = thread::spawn(move || {
            peer.wait_until_stuck();
            peer.say(&long(b'p').repeat(2));
            peer.say(&record(b'm', b""));
            go.recv().unwrap();
            peer.say(&long(b'p'));
            // The writer's message, and 6 bytes of the answers; 4 more are in the pipe.
            let mut bytes = peer.hear(8 + 6);
            peer.say(&long(b'p'));
            peer.end();
            bytes.extend(peer.hear(34));
            bytes
        });
        let reader = thread::spawn(move || {
            assert_eq!(reader.turn().unwrap().unwrap().item, b"");
            reader.flush().unwrap();
            handed_over.send(()).unwrap();
            assert!(reader.turn().unwrap().is_none());
            reader
        });
        writer.send(&mut Talk::default(), &text(0)[..]).unwrap();
        unsplit(reader.join().unwrap(), writer);
        assert_eq!(peer.join().unwrap(), [record(b'm', &text(0)), long(b'o').repeat(4)].concat());
    });
}

/// One answer is over twice the mark, and both halves are looked at all the time.
#[test]
fn halves_wait_for_room_and_for_each_other() {
    for writes_all in [true, false] {
        for high_water in [1, 4, 1000] {
            search(move || {
                let (mut reader, mut writer, peer) = open(writes_all, high_water);
                let peer = speaks_and_hears(&peer, LENGTH);
                let reader = thread::spawn(move || {
                    assert!(!reader.ready().unwrap());
                    assert!(reader.held() < 1 << 20);
                    reader
                });
                for number in 0..MESSAGES {
                    writer.queue(&mut Talk::default(), &text(number)[..]).unwrap();
                    assert!(writer.held() < 1 << 20);
                    if number != 1 {
                        writer.flush().unwrap();
                    }
                    assert!(writer.held() < 1 << 20);
                }
                unsplit(reader.join().unwrap(), writer);
                assert_eq!(heard(&peer.join().unwrap()), ALL);
            });
        }
    }
}

/// The writer does nothing but look.
#[test]
fn a_look_leaves_nothing_behind() {
    search(|| {
        let (reader, writer, peer) = open(true, 4);
        let reader = answers(reader);
        let looks = thread::spawn(move || {
            for _ in 0..5 {
                assert!(writer.held() < 1 << 20);
                let _ = writer.wants_write();
                thread::yield_now();
            }
            writer
        });
        for number in 0..PINGS {
            peer.say(&record(b'p', &[number]));
            assert_eq!(peer.hear(3), record(b'o', &[number]));
        }
        peer.end();
        unsplit(reader.join().unwrap(), looks.join().unwrap());
    });
}

#[test]
fn callers_of_the_reader_wait_for_room_to_answer() {
    search(|| {
        let (mut reader, mut writer, peer) = open(true, 4);
        let (speaker, hearer) = (peer.clone(), peer);
        thread::spawn(move || {
            for number in 0..PINGS {
                speaker.say(&record(b'm', &[number]));
            }
            speaker.end();
        });
        let hearer = thread::spawn(move || hearer.hear(LENGTH));
        let reader = thread::spawn(move || {
            while let Some(Turn { item, mut output }) = reader.turn().unwrap() {
                output.room().unwrap();
                assert!(output.has_room());
                output.output().put(&record(b'o', item));
            }
            reader
        });
        sends(&mut writer);
        unsplit(reader.join().unwrap(), writer);
        assert_eq!(heard(&hearer.join().unwrap()), ALL);
    });
}

/// The writer's items arrive before its end; answers that come later are for nobody.
#[test]
fn the_writer_may_close() {
    search(|| {
        let (reader, mut writer, peer) = open(true, 4);
        let (speaker, hearer) = (peer.clone(), peer);
        thread::spawn(move || {
            speaker.say(&pings());
            speaker.end();
        });
        let hearer = thread::spawn(move || heard(&hearer.hear_all()));
        let reader = answers(reader);
        sends(&mut writer);
        writer.close_write().unwrap();
        unsplit(reader.join().unwrap(), writer);
        let Heard { messages, answers, cut } = hearer.join().unwrap();
        assert!(messages == MESSAGES && answers <= PINGS && !cut);
    });
}

/// A message that the writer was told to be sent is before the end; others are refused.
#[test]
fn the_reader_may_close() {
    search(|| {
        let (mut reader, mut writer, peer) = open(true, 4);
        let hearer = thread::spawn(move || heard(&peer.hear_all()));
        let reader = thread::spawn(move || {
            reader.output_mut().put(&record(b'o', &[0]));
            reader.close_write().unwrap();
            reader
        });
        let mut sent = 0;
        for number in 0..MESSAGES {
            match writer.send(&mut Talk::default(), &text(number)[..]) {
                Ok(()) => sent += 1,
                Err(SendError::Closed) => break,
                Err(SendError::Io(error) | SendError::Queued(error))
                    if error.kind() == ErrorKind::BrokenPipe =>
                {
                    break;
                }
                Err(error) => panic!("{error:?}"),
            }
        }
        unsplit(reader.join().unwrap(), writer);
        assert_eq!(hearer.join().unwrap(), Heard { messages: sent, answers: 1, cut: false });
    });
}

#[test]
fn both_halves_may_close() {
    search(|| {
        let (mut reader, mut writer, peer) = open(false, 4);
        let hearer = thread::spawn(move || heard(&peer.hear_all()));
        let reader = thread::spawn(move || {
            reader.output_mut().put(&record(b'o', &[0]));
            let _ = reader.close_write();
        });
        let _ = writer.send(&mut Talk::default(), &text(0)[..]);
        let _ = writer.close_write();
        reader.join().unwrap();
        let heard = hearer.join().unwrap();
        assert!(heard.messages + heard.answers >= 1 && !heard.cut);
    });
}

/// The writer goes as soon as it has sent everything.
#[test]
fn the_writer_may_be_dropped() {
    for writes_all in [true, false] {
        search(move || {
            let (reader, mut writer, peer) = open(writes_all, 4);
            let peer = speaks_and_hears(&peer, LENGTH);
            let reader = answers(reader);
            sends(&mut writer);
            drop(writer);
            assert!(!reader.join().unwrap().wants_write());
            assert_eq!(heard(&peer.join().unwrap()), ALL);
        });
    }
}

/// The reader goes as soon as it has read everything: the writer sends what it has left.
#[test]
fn the_reader_may_be_dropped() {
    for writes_all in [true, false] {
        search(move || {
            let (reader, mut writer, peer) = open(writes_all, 4);
            let peer = speaks_and_hears(&peer, LENGTH);
            let reader = answers(reader);
            let reader = thread::spawn(move || drop(reader.join().unwrap()));
            sends(&mut writer);
            reader.join().unwrap();
            assert!(!writer.wants_write());
            assert_eq!(heard(&peer.join().unwrap()), ALL);
        });
    }
}

/// Nobody waits for ever, and whose bytes are missing is told.
#[test]
fn a_failed_write_is_told_to_those_whose_bytes_are_lost() {
    for fails_after in [0, 5, 20] {
        search(move || {
            let (mut reader, mut writer, peer) = open_failing(true, 4, fails_after);
            let (speaker, hearer) = (peer.clone(), peer);
            thread::spawn(move || {
                speaker.say(&pings());
                speaker.end();
            });
            let hearer = thread::spawn(move || heard(&hearer.hear(fails_after)));
            let reader = thread::spawn(move || {
                let ended = reader.turn().map(|turn| assert!(turn.is_none()));
                if ended.is_err() {
                    // It is told before a read that may wait for ever, and then it reads on.
                    let _ = reader.turn().map(|turn| assert!(turn.is_none()));
                }
                (ended, reader)
            });
            let mut sent = 0;
            let failed = loop {
                if sent == MESSAGES {
                    break false;
                }
                if writer.send(&mut Talk::default(), &text(sent)[..]).is_err() {
                    break true;
                }
                sent += 1;
            };
            let (ended, mut reader) = reader.join().unwrap();
            let told = ended.is_err() || reader.flush().is_err();
            let heard = hearer.join().unwrap();
            assert!(heard.messages >= sent);
            assert!(failed || heard.messages == MESSAGES);
            assert!(told || heard.answers == PINGS, "{heard:?}");
        });
    }
}
