//! How sessions come to their end: by both ends' word, by the clock, and by nobody's; and what they
//! hold when nothing happens.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod support;

use std::time::Duration;

use segue::{Buffer, Output, Step};
use segue_http::{Fields, Length};
use segue_http2::{Error, ErrorCode, Event, Limits, Role, What};
use support::{end::*, *};

fn kinds(frames: &[(u8, u8, u32, Vec<u8>)]) -> Vec<(u8, u8)> {
    frames.iter().map(|(kind, flags, ..)| (*kind, *flags)).collect()
}

fn get(stream: u32) -> Vec<u8> {
    frame(HEADERS, END_HEADERS | END_STREAM, stream, &block(GET))
}

/// RFC 9113 §6.8: in two steps, so that no request that is under way is lost.
#[test]
fn servers_leave_in_two_steps() {
    let mut server = End::begun(Limits::DEFAULT);
    server.receive(&get(1));
    server.streams().drain();
    let said = server.said();
    assert_eq!(kinds(&said), [(GOAWAY, 0), (PING, 0)]);
    assert_eq!(said[0].3, [0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
    // One was under way.
    assert_eq!(server.receive(&get(3)).len(), 1);
    server.receive(&frame(PING, ACK, 0, b"another!"));
    assert!(server.said().is_empty());
    server.receive(&frame(PING, ACK, 0, &said[1].3));
    assert_eq!(server.said()[0].3, [0, 0, 0, 3, 0, 0, 0, 0]);
    // The peer knows: these are dropped without a word, with all that belongs to them.
    assert!(server.receive(&get(5)).is_empty());
    let post = frame(HEADERS, END_HEADERS, 7, &block(POST));
    for dropped in [post, frame(DATA, 0, 7, b"data"), frame(WINDOW_UPDATE, 0, 7, &[0, 0, 0, 1])] {
        assert!(server.receive(&dropped).is_empty());
    }
    assert!(server.receive(&frame(RST_STREAM, 0, 7, &[0, 0, 0, 8])).is_empty());
    for stream in [1, 3] {
        server.streams().respond(id(stream), &response(204, Length::None, Fields::EMPTY)).unwrap();
        server.streams().let_go(id(stream));
    }
    assert_eq!(kinds(&server.said()), [(HEADERS, END_HEADERS | END_STREAM); 2]);
    let step =
        Buffer::new().step(&mut server.session, false, &mut Output::new()).map(|it| match it {
            Step::Done => true,
            Step::Item(_) | Step::Need(_) => false,
        });
    assert_eq!(step, Ok(true));
}

#[test]
fn closing_ends_it_at_once() {
    let mut server = End::begun(Limits::DEFAULT);
    server.receive(&get(1));
    server.streams().close(ErrorCode::INTERNAL_ERROR);
    let said = server.said();
    assert_eq!(said[0].3, [0, 0, 0, 1, 0, 0, 0, 2]);
    assert!(server.receive(&get(3)).is_empty());
    assert!(server.said().is_empty());
}

/// RFC 9113 §6.5.3, by the clock of the caller.
#[test]
fn settings_are_acknowledged_in_time() {
    let seconds = Duration::from_secs;
    let mut client = End::new(Role::Client);
    client.now = Some(seconds(100));
    assert_eq!(client.try_speak().unwrap(), Some(seconds(130)));
    client.receive(&settings(&[]));
    client.now = Some(seconds(129));
    assert_eq!(client.try_speak().unwrap(), Some(seconds(130)));
    let mut patient = End::new(Role::Client);
    patient.now = Some(seconds(100));
    patient.try_speak().unwrap();
    patient.receive(&[settings(&[]), frame(SETTINGS, ACK, 0, b"")].concat());
    for (end, ends) in [(&mut client, true), (&mut patient, false)] {
        end.output.clear();
        end.now = Some(seconds(130));
        let found = end.try_speak();
        if ends {
            assert_eq!(found.unwrap_err().error(), Some(&Error::SettingsTimeout));
            let sent = end.output.to_vec();
            assert_eq!(sent[sent.len() - 4..], ErrorCode::SETTINGS_TIMEOUT.0.to_be_bytes());
        } else {
            assert_eq!(found, Ok(None));
        }
    }
}

/// RFC 9113 §8.1: a server that has answered needs no more of the request.
#[test]
fn an_early_answer_is_whole_before_the_request_is_stopped() {
    let mut server = End::begun(Limits::DEFAULT);
    server.receive(&frame(HEADERS, END_HEADERS, 1, &block(POST)));
    let streams = server.streams();
    streams.respond(id(1), &response(413, Length::Open, Fields::EMPTY)).unwrap();
    streams.put(id(1), &[7; 100_000]).unwrap();
    streams.end(id(1), Fields::EMPTY).unwrap();
    streams.let_go(id(1));
    let mut said = vec![];
    for _ in 0..10 {
        said.extend(server.said());
        server.receive(&frame(WINDOW_UPDATE, 0, 0, &[0, 0, 0x40, 0]));
        if !server.streams().is_empty() {
            server.receive(&frame(WINDOW_UPDATE, 0, 1, &[0, 0, 0x40, 0]));
        }
    }
    let last = said.pop().unwrap();
    assert_eq!((last.0, last.3), (RST_STREAM, vec![0; 4]));
    assert_eq!(said.pop().map(|it| (it.0, it.1)), Some((DATA, END_STREAM)));
    assert!(server.streams().is_empty());
}

/// What the peer sends to a consumer that is not there is no loss for the others.
#[test]
fn dropped_streams_are_credited_at_once() {
    let (mut client, mut server) = (End::new(Role::Client), End::new(Role::Server));
    let post = request("POST", Length::Open, Fields::EMPTY);
    for _ in 0..20 {
        let stream = client.streams().open(&post).unwrap();
        client.streams().put(stream, &[7; 200_000]).unwrap();
        client.streams().end(stream, Fields::EMPTY).unwrap();
    }
    let mut answered = 0;
    talk([&mut client, &mut server], 10_000, |to, event| {
        let Event { stream, what, streams, .. } = event;
        match what {
            // The first nineteen are let go of with their windows full.
            What::Data(_) if to == 1 && stream.0 < 39 => streams.let_go(stream),
            What::Data(data) => streams.release(stream, data.len()),
            What::End(_) if to == 1 => {
                streams.respond(stream, &response(204, Length::None, Fields::EMPTY)).unwrap();
                streams.let_go(stream);
            }
            What::Response(_) => {
                answered += 1;
                streams.let_go(stream);
            }
            What::Reset(_) | What::Stopped(_) => streams.let_go(stream),
            _ => {}
        }
    });
    assert_eq!(answered, 1);
    assert!(client.streams().is_empty() && server.streams().is_empty());
}

/// RFC 9113 §6.9.1: the end of one message needs no window, while others wait for that of the
/// connection; and waiting takes no memory, however often the peer touches a stream.
#[test]
fn streams_wait_for_the_connection() {
    let mut server = End::begun(Limits { control: 100_000, ..Limits::DEFAULT });
    server.receive(&[get(1), get(3)].concat());
    let streams = server.streams();
    for stream in [1, 3] {
        streams.respond(id(stream), &response(200, Length::Open, Fields::EMPTY)).unwrap();
    }
    streams.put(id(1), &[7; 100_000]).unwrap();
    let mut sent = 0;
    for _ in 0..9 {
        sent += server.said().iter().filter(|it| it.0 == DATA).map(|it| it.3.len()).sum::<usize>();
    }
    assert_eq!(sent, 65_535);
    let held = server.session.held();
    for _ in 0..5000 {
        server.receive(&frame(WINDOW_UPDATE, 0, 1, &[0, 0, 0, 1]));
        assert!(server.said().is_empty());
    }
    assert!(server.session.held() <= held + 128, "{} and {held} bytes", server.session.held());
    server.streams().end(id(3), Fields::EMPTY).unwrap();
    assert_eq!(server.said(), [(DATA, END_STREAM, 3, vec![])]);
    server.receive(&frame(WINDOW_UPDATE, 0, 0, &[0, 0, 0xff, 0]));
    assert!(!server.said().is_empty());
}

/// An idle session holds the tables of compression, and an idle stream little.
#[test]
fn idle_ends_hold_little() {
    let (mut client, mut server) = (End::new(Role::Client), End::new(Role::Server));
    let fields = arena(&[("x-some", "value"), ("accept", "*/*")]);
    for round in 0..3 {
        for _ in 0..100 {
            client.streams().open(&request("POST", Length::Open, fields.fields())).unwrap();
        }
        talk([&mut client, &mut server], usize::MAX, |_, _| {});
        for end in [&mut client, &mut server] {
            let each = end.session.held() / 100;
            assert!(each <= 128 + 10, "{each} bytes a stream, with the tables, in round {round}");
        }
        for nth in 0..100 {
            let stream = id(200 * round + 2 * nth + 1);
            server.streams().respond(stream, &response(204, Length::None, Fields::EMPTY)).unwrap();
            server.streams().let_go(stream);
            client.streams().let_go(stream);
        }
        talk([&mut client, &mut server], usize::MAX, |_, _| {});
        for end in [&mut client, &mut server] {
            end.try_speak().unwrap();
            assert!(end.session.held() <= 1024, "{} bytes", end.session.held());
        }
    }
}
