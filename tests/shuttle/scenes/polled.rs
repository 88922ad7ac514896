//! The halves of a polled connection, each in a thread of its own that is woken.

use segue::driver::{Half, Options, futures};
use shuttle::{future::block_on, thread};

use crate::{
    ALL, Heard, LENGTH, MESSAGES, PINGS, heard, pings,
    pipe::{End, pipe},
    search,
    talk::Talk,
    text,
};

type Connection<S> = futures::Connection<End, S>;
type Reader = segue::driver::Connection<Half<futures::Futures<End>>, Talk>;
type Writer = segue::driver::Connection<Half<futures::Futures<End>>, ()>;

fn open(high_water: usize) -> (Reader, Writer, End) {
    let (end, peer) = pipe(false, usize::MAX);
    let options = Options::new().high_water(high_water).read_size(16);
    let connection = Connection::new(end, Talk::default()).with_options(options);
    let (reader, writer) = connection.split();
    (reader, writer, peer)
}

async fn sends(writer: &mut Writer) {
    for number in 0..MESSAGES {
        writer.queue(&mut Talk::default(), &text(number)[..]).await.unwrap();
        if number != 1 {
            writer.flush().await.unwrap();
        }
    }
}

fn speaks(peer: &End) {
    let speaker = peer.clone();
    thread::spawn(move || {
        speaker.say(&pings());
        speaker.end();
    });
}

#[test]
fn halves_wake_each_other() {
    for high_water in [1, 4, 1000] {
        search(move || {
            let (mut reader, mut writer, peer) = open(high_water);
            speaks(&peer);
            let hearer = thread::spawn(move || heard(&peer.hear(LENGTH)));
            let reader = thread::spawn(move || {
                assert!(block_on(reader.turn()).unwrap().is_none());
                reader
            });
            block_on(sends(&mut writer));
            let reader = reader.join().unwrap();
            let Ok(connection) = reader.unsplit(writer) else { panic!("they are of one") };
            assert!(!connection.wants_write());
            assert_eq!(hearer.join().unwrap(), ALL);
        });
    }
}

#[test]
fn the_writer_may_close_while_the_reader_answers() {
    search(|| {
        let (mut reader, mut writer, peer) = open(4);
        speaks(&peer);
        let hearer = thread::spawn(move || heard(&peer.hear_all()));
        let reader = thread::spawn(move || assert!(block_on(reader.turn()).unwrap().is_none()));
        block_on(async {
            sends(&mut writer).await;
            writer.close_write().await.unwrap();
        });
        reader.join().unwrap();
        let Heard { messages, answers, cut } = hearer.join().unwrap();
        assert!(messages == MESSAGES && answers <= PINGS && !cut);
    });
}

/// The writer goes in the middle of a flush, and the reader sends the rest while it waits.
#[test]
fn the_writer_may_be_dropped_in_the_middle_of_a_flush() {
    search(|| {
        let (mut reader, mut writer, peer) = open(1000);
        let (speaker, hearer) = (peer.clone(), peer);
        let reader = thread::spawn(move || assert!(block_on(reader.turn()).unwrap().is_none()));
        let writer = thread::spawn(move || {
            block_on(async {
                writer.encode(&mut Talk::default(), &text(0)[..]).unwrap();
                std::future::poll_fn(|cx| {
                    let _ = writer.poll_flush(cx);
                    std::task::Poll::Ready(())
                })
                .await;
            });
        });
        assert_eq!(heard(&hearer.hear(8)), Heard { messages: 1, answers: 0, cut: false });
        speaker.end();
        writer.join().unwrap();
        reader.join().unwrap();
    });
}
