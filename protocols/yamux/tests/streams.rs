//! The behaviour of streams, frame by frame.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod support;

use segue::mux::{Carrier, Direction, Ending, Event, Opens};
use segue_yamux::{Limits, Role};
use support::{ACK, DATA, End, FIN, GO_AWAY, PING, RST, SYN, WINDOW_UPDATE, data, header, talk};

#[test]
fn a_stream_is_announced_before_its_data() {
    let mut client = End::new(Role::Client);
    let (silent, speaking, ending) = (client.open(), client.open(), client.open());
    client.put(speaking, b"hello");
    client.put(ending, b"bye");
    client.session.finish(ending);
    assert_eq!((silent.value(), speaking.value(), ending.value()), (1, 3, 5));
    let said = client.said();
    let announced = [1, 3, 5].map(|id| (WINDOW_UPDATE, SYN, id, 0));
    assert_eq!(said[..3], announced);
    assert_eq!(said[3..], [(DATA, 0, 3, 5), (DATA, FIN, 5, 3)]);
    assert!(client.said().is_empty());
}

/// Whichever of them has data: the peer may know them by their order alone.
#[test]
fn streams_are_announced_in_the_order_in_which_they_were_opened() {
    for with_data in 0..8_u32 {
        let mut client = End::new(Role::Client);
        for at in 0..3 {
            let id = client.open();
            if with_data & 1 << at != 0 {
                client.put(id, b"data");
            }
        }
        // Until it says nothing more.
        let frames: Vec<_> =
            std::iter::from_fn(|| Some(client.said()).filter(|said| !said.is_empty()))
                .flatten()
                .collect();
        let greetings = frames.iter().filter(|(_, flags, ..)| flags & SYN != 0);
        let greeted: Vec<u32> = greetings.map(|(_, _, stream, _)| *stream).collect();
        assert_eq!(greeted, [1, 3, 5], "with data on {with_data:#05b}: {frames:?}");
    }
}

#[test]
fn a_stream_is_accepted_when_its_consumer_knows_of_it() {
    let mut server = End::new(Role::Server);
    server.input.extend(&data(SYN, 1, b"hi"));
    server.input.extend(&data(SYN | FIN, 3, b""));
    assert!(server.said().is_empty());
    assert!(matches!(server.next(), Some(Event::Opened(id)) if id.value() == 1));
    assert_eq!(server.said(), [(WINDOW_UPDATE, ACK, 1, 0)]);
    let events = server.events();
    let [Event::Readable(first), Event::Opened(second), Event::Readable(again)] = events[..] else {
        panic!("{events:?}")
    };
    assert_eq!((second, first.value()), (again, 1));
    // An answer carries the word.
    server.put(second, b"yes");
    assert_eq!(server.said(), [(DATA, ACK, 3, 3)]);
    assert_eq!(server.session.stream(second).unwrap().ending, Ending::Ended);
}

#[test]
fn credit_follows_the_consumer_and_not_the_arrival() {
    let mut server = End::new(Role::Server);
    let window = vec![7; 256 * 1024];
    let events = server.receive(&data(SYN, 1, &window));
    let Some(Event::Opened(id)) = events.first().copied() else { panic!("{events:?}") };
    assert_eq!(server.said(), [(WINDOW_UPDATE, ACK, 1, 0)]);
    assert_eq!(server.read(id).len(), window.len());
    assert!(server.said().is_empty(), "it was read, and not let go of");
    server.session.release_credit(id, 100_000);
    assert!(server.said().is_empty(), "too little to tell");
    server.session.release_credit(id, 100_000);
    assert_eq!(server.said(), [(WINDOW_UPDATE, 0, 1, 200_000)]);
    server.session.release_credit(id, usize::MAX);
    assert!(server.said().is_empty());
    server.receive(&data(0, 1, &window[..200_000]));
    assert_eq!(server.take(id).len(), 200_000);
    assert_eq!(server.said(), [(WINDOW_UPDATE, 0, 1, 262_144)]);
}

#[test]
fn a_record_longer_than_the_window_is_granted_what_it_lacks() {
    let mut server = End::new(Role::Server);
    let events = server.receive(&data(SYN, 1, &[7; 1000]));
    let Some(Event::Opened(id)) = events.first().copied() else { panic!("{events:?}") };
    server.said();
    assert!(server.session.want(id, 200_000), "the window has as much");
    assert!(server.said().is_empty());
    assert!(server.session.want(id, 300_000));
    assert!(server.session.want(id, 300_000), "it was granted before");
    assert_eq!(server.said(), [(WINDOW_UPDATE, 0, 1, 301_000 - 262_144)]);
    assert!(!server.session.want(id, 2 << 20), "beyond the limit");
    // A released stream pays the grant back before there is more.
    server.receive(&data(0, 1, &[7; 300_000]));
    assert_eq!(server.take(id).len(), 301_000);
    assert_eq!(server.said(), [(WINDOW_UPDATE, 0, 1, 262_144)]);
}

#[test]
fn who_lacks_a_byte_is_granted_half_a_window() {
    let mut server = End::new(Role::Server);
    let events = server.receive(&data(SYN, 1, &[7; 262_144]));
    let Some(Event::Opened(id)) = events.first().copied() else { panic!("{events:?}") };
    server.said();
    assert!(server.session.want(id, 1));
    assert_eq!(server.said(), [(WINDOW_UPDATE, 0, 1, 131_072)]);
    // Up to the limit, and then no more.
    server.receive(&data(0, 1, &[7; 131_072]));
    for _ in 3..=8 {
        assert!(server.session.want(id, 1));
        server.receive(&data(0, 1, &[7; 131_072]));
    }
    assert!(server.session.want(id, 131_072));
    server.receive(&data(0, 1, &[7; 131_072]));
    assert!(!server.session.want(id, 1));
}

#[test]
fn grants_beyond_windows_have_a_sum() {
    let mut server = End::with(
        Role::Server,
        Limits { excess: 100_000, excess_of_all: 150_000, ..Limits::default() },
    );
    let mut ids = Vec::new();
    for id in [1, 3, 5] {
        let events = server.receive(&data(SYN, id, &[7; 262_144]));
        ids.extend(events.iter().filter_map(Event::stream).next());
    }
    server.said();
    assert!(ids.iter().all(|id| server.session.want(*id, 100_000)));
    assert_eq!(server.said(), [(WINDOW_UPDATE, 0, 1, 100_000)]);
    // The second waits for the first. The third waits for the second, and then is no more.
    server.session.reset(ids[2], 0);
    assert_eq!(server.said(), [(WINDOW_UPDATE, RST, 5, 0)]);
    server.session.release_credit(ids[0], 50_000);
    assert_eq!(server.said(), [(WINDOW_UPDATE, 0, 3, 100_000)]);
    server.session.let_go(ids[1]);
    server.said();
    server.receive(&data(0, 1, &[7; 100_000]));
    server.session.release_credit(ids[0], 50_000);
    assert!(server.session.want(ids[0], 100_000));
    assert_eq!(server.said(), [(WINDOW_UPDATE, 0, 1, 100_000)]);
}

#[test]
fn a_half_close_delivers_what_was_queued() {
    let (mut client, mut server) = (End::new(Role::Client), End::new(Role::Server));
    let id = client.open();
    client.put(id, &vec![1; 1 << 20]);
    client.session.finish(id);
    assert!(client.session.stream(id).unwrap().output.is_none());
    client.session.let_go(id);
    let mut got = 0;
    loop {
        let [_, events] = talk([&mut client, &mut server]);
        if events.is_empty() {
            break;
        }
        got += server.take(id).len();
    }
    assert_eq!((got, server.session.stream(id).unwrap().ending), (1 << 20, Ending::Ended));
    server.session.let_go(id);
    let [events, _] = talk([&mut client, &mut server]);
    assert_eq!(events, [Event::Released(id)]);
    assert_eq!((client.session.streams(), server.session.streams()), (0, 0));
}

#[test]
fn who_sends_before_it_reads_is_let_send_though_nobody_reads() {
    // Both let go with more to be sent than windows hold, and neither reads.
    let (mut client, mut server) = (End::new(Role::Client), End::new(Role::Server));
    let id = client.open();
    client.put(id, &vec![1; 1 << 20]);
    talk([&mut client, &mut server]);
    server.put(id, &vec![2; 1 << 20]);
    server.session.let_go(id);
    client.session.let_go(id);
    talk([&mut client, &mut server]);
    assert_eq!((client.session.streams(), server.session.streams()), (0, 0));
}

#[test]
fn a_stream_that_lingers_is_reset_when_its_window_is_used_up() {
    let (mut client, mut server) = (End::new(Role::Client), End::new(Role::Server));
    let id = client.open();
    client.put(id, &vec![1; 1 << 20]);
    talk([&mut client, &mut server]);
    server.put(id, b"enough");
    assert_eq!(server.take(id).len(), 256 * 1024);
    server.session.let_go(id);
    let [events, released] = talk([&mut client, &mut server]);
    assert!(events.contains(&Event::Reset(id, 0)), "{events:?}");
    assert_eq!(released, [Event::Released(id)]);
    assert_eq!(client.take(id), b"enough");
    client.session.let_go(id);
    assert_eq!(client.events(), [Event::Released(id)]);
}

#[test]
fn a_stream_whose_window_is_used_up_when_it_begins_to_linger_does_not_stop() {
    let (mut client, mut server) = (End::new(Role::Client), End::new(Role::Server));
    let id = client.open();
    client.put(id, &vec![1; 1 << 20]);
    talk([&mut client, &mut server]);
    server.session.finish(id);
    talk([&mut client, &mut server]);
    server.session.let_go(id);
    client.session.let_go(id);
    talk([&mut client, &mut server]);
    assert_eq!((client.session.streams(), server.session.streams()), (0, 0));
}

#[test]
fn a_reset_drops_what_waits() {
    let (mut client, mut server) = (End::new(Role::Client), End::new(Role::Server));
    let (id, other) = (client.open(), client.open());
    client.put(id, b"never sent");
    client.put(other, b"sent");
    // Nobody was told of it.
    client.session.reset(id, 9);
    assert_eq!(client.said(), [(WINDOW_UPDATE, SYN, 3, 0), (DATA, 0, 3, 4)]);
    client.session.let_go(id);
    assert_eq!(client.events().last(), Some(&Event::Released(id)));

    let id = client.open();
    client.put(id, b"sent");
    talk([&mut client, &mut server]);
    client.put(id, b"never sent");
    client.session.reset(id, 9);
    assert_eq!(client.session.stream(id).unwrap().ending, Ending::Reset(0));
    let [_, events] = talk([&mut client, &mut server]);
    assert_eq!(events, [Event::Reset(id, 0)]);
    assert_eq!(server.take(id), b"sent");
    // Data that is still under way is no error.
    server.receive(&data(0, 5, b"late"));
    client.receive(&data(ACK, 5, b"late"));
    client.receive(&header(WINDOW_UPDATE, 0, 5, 1000));
    client.receive(&header(WINDOW_UPDATE, FIN, 5, 0));
    client.session.let_go(id);
    client.receive(&data(0, 5, b"later"));
}

#[test]
fn streams_beyond_the_limit_are_refused() {
    let limits = Limits { streams: 2, ..Limits::default() };
    let mut server = End::with(Role::Server, limits);
    for id in [1, 3, 5] {
        server.input.extend(&data(SYN, id, b"hi"));
    }
    let events = server.events();
    assert_eq!(events.iter().filter(|event| matches!(event, Event::Opened(_))).count(), 2);
    let said = server.said();
    assert_eq!(said[0], (WINDOW_UPDATE, RST, 5, 0));
    // They count until the consumer lets go, and not until the peer gives them up.
    server.receive(&header(WINDOW_UPDATE, RST, 1, 0));
    server.receive(&header(WINDOW_UPDATE, SYN, 7, 0));
    assert_eq!(server.said(), [(WINDOW_UPDATE, RST, 7, 0)]);
    let Some(Event::Opened(first)) = events.first().copied() else { panic!("{events:?}") };
    server.session.let_go(first);
    let events = server.receive(&header(WINDOW_UPDATE, SYN, 9, 0));
    assert!(matches!(events[..], [Event::Released(_), Event::Opened(_)]), "{events:?}");
}

#[test]
fn a_peer_that_grants_no_credit_has_nothing_pile_up() {
    let limits = Limits { streams: 2, ..Limits::default() };
    let mut server = End::with(Role::Server, limits);
    let mut opened = 0;
    for n in 0..10 {
        let events = server.receive(&data(SYN | FIN, 2 * n + 1, b"much, please"));
        let Some(Event::Opened(id)) = events.first().copied() else { continue };
        opened += 1;
        // More than the window, so that the rest waits.
        server.put(id, &vec![1; 300_000]);
        server.session.let_go(id);
        for _ in 0..20 {
            server.said();
        }
    }
    assert_eq!((opened, server.session.streams()), (2, 2));
    let held = server.session.held();
    assert!(held < 1 << 20, "{held} bytes");
}

#[test]
fn the_backlog_is_kept() {
    let limits = Limits { backlog: 2, ..Limits::default() };
    let mut client = End::with(Role::Client, limits);
    let (first, _) = (client.open(), client.open());
    assert_eq!(client.session.open(Direction::Both), None);
    client.said();
    assert_eq!(client.receive(&header(WINDOW_UPDATE, ACK, first.value(), 0)), [Event::May]);
    client.open();
    assert_eq!(client.session.open(Direction::Both), None);
    // A refusal makes room as well.
    let events = client.receive(&header(WINDOW_UPDATE, RST, 3, 0));
    assert!(matches!(events[..], [Event::Reset(..), Event::May]), "{events:?}");
}

#[test]
fn away_is_for_new_streams() {
    let (mut client, mut server) = (End::new(Role::Client), End::new(Role::Server));
    let id = client.open();
    talk([&mut client, &mut server]);
    server.session.away(0);
    assert_eq!(server.said(), [(GO_AWAY, 0, 0, 0)]);
    assert!(server.said().is_empty());
    // One that crossed it is refused.
    client.open();
    let [events, _] = talk([&mut client, &mut server]);
    assert!(matches!(events[..], [Event::Reset(..)]), "{events:?}");
    assert_eq!(client.receive(&header(GO_AWAY, 0, 0, 0)), [Event::Away(0)]);
    assert_eq!(client.session.open(Direction::Both), None);
    // Those that are open go on, and this end opens as it likes.
    client.put(id, b"still");
    talk([&mut client, &mut server]);
    assert_eq!(server.take(id), b"still");
    let back = server.open();
    let [events, _] = talk([&mut client, &mut server]);
    assert_eq!(events, [Event::Opened(back)]);
}

#[test]
fn close_says_why_and_nothing_else() {
    let mut server = End::new(Role::Server);
    let events = server.receive(&data(SYN, 1, b"hi"));
    let Some(Event::Opened(id)) = events.first().copied() else { panic!("{events:?}") };
    server.put(id, b"never sent");
    server.session.close(2, "out of memory");
    assert_eq!(server.said(), [(GO_AWAY, 0, 0, 2)]);
    assert!(server.said().is_empty());
    let stream = server.session.stream(id).unwrap();
    assert_eq!((stream.ending, stream.output.is_none()), (Ending::Reset(0), true));
    server.session.let_go(id);
    assert_eq!(server.events(), [Event::Released(id)]);
    server.input.extend(b"left alone");
    assert_eq!((server.next(), server.input.len()), (None, 10));
}

#[test]
fn pings_are_answered_and_those_that_pile_up_are_not() {
    let mut server = End::new(Role::Server);
    for value in 0..1000 {
        server.receive(&header(PING, SYN, 0, value));
    }
    let said = server.said();
    assert_eq!(said.len(), 16);
    assert_eq!(said.last(), Some(&(PING, ACK, 0, 999)));
    assert!(server.said().is_empty());
}

#[test]
fn data_goes_by_turns_and_behind_what_is_more_urgent() {
    use segue::mux::Priority;
    let mut client = End::new(Role::Client);
    let ids = [client.open(), client.open(), client.open()];
    for id in ids {
        client.put(id, &[1; 20_000]);
    }
    client.session.prioritise(ids[2], Priority { urgency: 1, incremental: false });
    client.output.set_high_water(1 << 20);
    let mut said = Vec::new();
    for _ in 0..3 {
        let data = client.said().into_iter().filter(|(kind, ..)| *kind == DATA);
        said.extend(data.map(|(_, _, id, length)| (id, length)));
    }
    let rest = 20_000 - 16_384;
    assert_eq!(said[..2], [(5, 16_384), (5, rest)]);
    let mut others = said[2..].to_vec();
    assert_eq!(others.iter().map(|(_, length)| *length).sum::<u32>(), 40_000);
    others.dedup_by_key(|(id, _)| *id);
    assert_eq!(others.iter().map(|(id, _)| *id).take(2).collect::<Vec<_>>(), [1, 3]);
}

#[test]
fn frames_stay_within_the_room() {
    let mut client = End::new(Role::Client);
    let id = client.open();
    client.put(id, &[1; 100_000]);
    client.speak();
    assert!(client.output.len() <= support::ROOM + 12 * 3);
    let before = client.output.len();
    client.speak();
    client.speak();
    assert_eq!(client.output.len(), before, "asked again without room, it adds nothing");
}
