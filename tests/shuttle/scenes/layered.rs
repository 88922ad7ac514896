//! The halves of a layered connection: what both seal goes into one stream of numbered records, so
//! a record that is torn, lost or out of order is a fault of the peer's layer.

use std::io::ErrorKind;

use segue::{
    Buffer, Layer, Output, Step,
    driver::{Half, HalfConnection, Layered, Options, SendError, futures, sync},
};
use shuttle::{
    future::block_on,
    thread::{self, JoinHandle},
};

use crate::{
    ALL, Heard, MESSAGES, PINGS, heard,
    numbered::{DATA, END, Numbered, QUESTION},
    pipe::{End, pipe},
    search,
    talk::{Talk, record},
    text,
};

type Blocking<S> = HalfConnection<Layered<sync::Std<End>, Numbered>, S>;
type Polled<S> = segue::driver::Connection<Half<Layered<futures::Futures<End>, Numbered>>, S>;

/// Both halves over one end, and the other end.
fn blocking(writes_all: bool, high_water: usize) -> (Blocking<Talk>, Blocking<()>, End) {
    let (end, peer) = pipe(writes_all, usize::MAX);
    let options = Options::new().high_water(high_water).read_size(16);
    let connection = sync::Connection::new(end, ()).with_options(options);
    let (reader, writer) = connection.layered(Numbered::default()).begin(Talk::default()).split();
    (reader, writer, peer)
}

fn polled(high_water: usize) -> (Polled<Talk>, Polled<()>, End) {
    let (end, peer) = pipe(false, usize::MAX);
    let options = Options::new().high_water(high_water).read_size(16);
    let connection = futures::Connection::new(end, ()).with_options(options);
    let (reader, writer) = connection.layered(Numbered::default()).begin(Talk::default()).split();
    (reader, writer, peer)
}

/// All pings, sealed, with questions of the layer between them, and its end.
fn asked() -> Vec<u8> {
    let (mut layer, mut wire) = (Numbered::default(), Output::new());
    for number in 0..PINGS {
        layer.put(DATA, &record(b'p', &[number]), &mut wire);
        if number % 2 == 0 {
            layer.put(QUESTION, b"", &mut wire);
        }
    }
    layer.put(END, b"", &mut wire);
    wire.to_vec()
}

/// A peer with a thread to speak, and one to hear up to the end.
fn speaks_and_hears(peer: &End) -> JoinHandle<Vec<u8>> {
    let (speaker, hearer) = (peer.clone(), peer.clone());
    thread::spawn(move || {
        speaker.say(&asked());
        speaker.end();
    });
    thread::spawn(move || hearer.hear_all())
}

/// Opens what was sealed. Its records must be whole and in order, and the layer's end the last.
fn opened(wire: &[u8]) -> Heard {
    let (mut layer, mut answers) = (Numbered::default(), Output::new());
    let (mut wire, mut plain) = (Buffer::from(wire), Vec::new());
    loop {
        match layer.open(&mut wire, true, &mut answers) {
            Ok(Step::Item(bytes)) => plain.extend_from_slice(bytes),
            Ok(Step::Done) => break,
            other => panic!("{other:?}"),
        }
    }
    assert!(wire.is_empty(), "{} bytes are behind the layer's end", wire.len());
    heard(&plain)
}

fn sends(writer: &mut Blocking<()>) {
    for number in 0..MESSAGES {
        writer.send(&mut Talk::default(), &text(number)[..]).unwrap();
    }
}

/// The reader's stage and its layer answer while the writer writes.
#[test]
fn what_both_halves_seal_is_not_torn() {
    for writes_all in [true, false] {
        for high_water in [4, 1000] {
            search(move || {
                let (mut reader, mut writer, peer) = blocking(writes_all, high_water);
                let hearer = speaks_and_hears(&peer);
                let reader = thread::spawn(move || {
                    assert!(reader.turn().unwrap().is_none());
                    reader
                });
                sends(&mut writer);
                let mut reader = reader.join().unwrap();
                reader.flush().unwrap();
                writer.close_write().unwrap();
                assert_eq!(opened(&hearer.join().unwrap()), ALL);
                assert!(reader.unsplit(writer).is_ok());
            });
        }
    }
}

/// The layer's end comes once, behind what the writer has sent, and no answer comes behind it.
#[test]
fn the_writer_may_close_while_the_layer_answers() {
    search(|| {
        let (mut reader, mut writer, peer) = blocking(true, 4);
        let hearer = speaks_and_hears(&peer);
        let reader = thread::spawn(move || {
            assert!(reader.turn().unwrap().is_none());
            reader
        });
        sends(&mut writer);
        writer.close_write().unwrap();
        let reader = reader.join().unwrap();
        let Ok(mut connection) = reader.unsplit(writer) else { panic!("they are of one") };
        connection.close_write().unwrap();
        let Heard { messages, answers, cut } = opened(&hearer.join().unwrap());
        assert!(messages == MESSAGES && answers <= PINGS && !cut);
    });
}

#[test]
fn the_reader_may_close_while_the_writer_seals() {
    search(|| {
        let (mut reader, mut writer, peer) = blocking(true, 4);
        let hearer = thread::spawn(move || opened(&peer.hear_all()));
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
        assert!(reader.join().unwrap().unsplit(writer).is_ok());
        assert_eq!(hearer.join().unwrap(), Heard { messages: sent, answers: 1, cut: false });
    });
}

#[test]
fn both_halves_may_close_and_the_layer_says_its_end_once() {
    search(|| {
        let (mut reader, mut writer, peer) = blocking(false, 4);
        let hearer = thread::spawn(move || opened(&peer.hear_all()));
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

#[test]
fn what_both_polled_halves_seal_is_not_torn() {
    for high_water in [4, 1000] {
        search(move || {
            let (mut reader, mut writer, peer) = polled(high_water);
            let hearer = speaks_and_hears(&peer);
            let reader = thread::spawn(move || {
                block_on(async {
                    assert!(reader.turn().await.unwrap().is_none());
                    reader.flush().await.unwrap();
                    reader
                })
            });
            block_on(async {
                for number in 0..MESSAGES {
                    writer.send(&mut Talk::default(), &text(number)[..]).await.unwrap();
                }
            });
            let reader = reader.join().unwrap();
            block_on(writer.close_write()).unwrap();
            assert_eq!(opened(&hearer.join().unwrap()), ALL);
            assert!(reader.unsplit(writer).is_ok());
        });
    }
}

#[test]
fn the_polled_writer_may_close_while_the_layer_answers() {
    search(|| {
        let (mut reader, mut writer, peer) = polled(4);
        let hearer = speaks_and_hears(&peer);
        let reader = thread::spawn(move || {
            assert!(block_on(reader.turn()).unwrap().is_none());
        });
        block_on(async {
            for number in 0..MESSAGES {
                writer.send(&mut Talk::default(), &text(number)[..]).await.unwrap();
            }
            writer.close_write().await.unwrap();
        });
        reader.join().unwrap();
        let Heard { messages, answers, cut } = opened(&hearer.join().unwrap());
        assert!(messages == MESSAGES && answers <= PINGS && !cut);
    });
}

#[test]
fn both_polled_halves_may_close_and_the_layer_says_its_end_once() {
    search(|| {
        let (mut reader, mut writer, peer) = polled(4);
        let hearer = thread::spawn(move || opened(&peer.hear_all()));
        let reader = thread::spawn(move || {
            reader.output_mut().put(&record(b'o', &[0]));
            let _ = block_on(reader.close_write());
        });
        block_on(async {
            let _ = writer.send(&mut Talk::default(), &text(0)[..]).await;
            let _ = writer.close_write().await;
        });
        reader.join().unwrap();
        let heard = hearer.join().unwrap();
        assert!(heard.messages + heard.answers >= 1 && !heard.cut);
    });
}
