//! Each rule that a peer can break, by name: where the fault is, and what the peer is told.

mod support;

use segue::{Fault, mux::Exceeded};
use segue_yamux::{Error, GoAway, Limits, Role};
use support::{ACK, DATA, End, FIN, GO_AWAY, PING, RST, SYN, WINDOW_UPDATE, data, frames, header};

/// Checks that input with the violation behind a good frame is refused, with any cuts.
#[track_caller]
fn refused_with(limits: Limits, input: &[u8], error: Error, at: usize) {
    let before = data(SYN, 1, b"fine");
    let stream = [&before[..], input].concat();
    let expected = Fault::new(error).at((before.len() + at) as u64);
    for cut in 0..stream.len() {
        let mut server = End::with(Role::Server, limits);
        let mut found = Ok(None);
        for piece in [&stream[..cut], &stream[cut..]] {
            server.input.extend(piece);
            while found.is_ok() {
                found = server.try_next();
                if found == Ok(None) {
                    break;
                }
            }
        }
        assert_eq!(found, Err(expected), "cut at {cut}");
        let told = frames(&server.sent());
        assert_eq!(told, [(GO_AWAY, 0, 0, error.go_away().0)], "cut at {cut}");
        // It is dead, and says nothing more.
        assert!(server.said().is_empty());
    }
    assert_eq!(error.go_away(), GoAway::PROTOCOL_ERROR);
    assert!(error.to_string().contains(error.section()));
}

#[track_caller]
fn refused(input: &[u8], error: Error, at: usize) {
    refused_with(Limits::default(), input, error, at);
}

#[test]
fn versions() {
    for version in [1, 2, 255] {
        let mut frame = header(PING, SYN, 0, 7);
        frame[0] = version;
        refused(&frame, Error::Version(version), 0);
    }
}

#[test]
fn unknown_types() {
    for kind in [4, 5, 255] {
        refused(&header(kind, 0, 1, 0), Error::UnknownKind(kind), 1);
    }
}

#[test]
fn frames_of_the_session_and_frames_of_streams() {
    refused(&header(PING, SYN, 1, 7), Error::SessionFrameOnStream(1), 4);
    refused(&header(GO_AWAY, 0, 2, 0), Error::SessionFrameOnStream(2), 4);
    refused(&header(WINDOW_UPDATE, SYN, 0, 0), Error::NoStream, 4);
    refused(&data(SYN, 0, b"zero"), Error::NoStream, 4);
}

#[test]
fn streams_of_the_other_side() {
    refused(&header(WINDOW_UPDATE, SYN, 2, 0), Error::WrongSide(2), 4);
    refused(&data(SYN | RST, 4, b""), Error::WrongSide(4), 4);
}

#[test]
fn streams_that_are_opened_twice() {
    refused(&data(SYN, 1, b"again"), Error::OpenedTwice(1), 4);
    let reset = header(WINDOW_UPDATE, RST, 1, 0);
    let stream = [&reset[..], &header(WINDOW_UPDATE, SYN, 1, 0)].concat();
    refused(&stream, Error::OpenedTwice(1), 12 + 4);
}

#[test]
fn streams_that_were_never_opened() {
    refused(&data(0, 3, b"data"), Error::NeverOpened(3), 4);
    refused(&data(FIN, 3, b"data"), Error::NeverOpened(3), 4);
    refused(&header(WINDOW_UPDATE, 0, 3, 1), Error::NeverOpened(3), 4);
    refused(&header(WINDOW_UPDATE, ACK, 2, 0), Error::NeverOpened(2), 4);
    refused(&header(WINDOW_UPDATE, RST, 2, 0), Error::NeverOpened(2), 4);
    // Ids may come in any order, but those in between were not opened by that.
    let stream = [&data(SYN, 7, b"")[..], &data(0, 5, b"data")].concat();
    refused(&stream, Error::NeverOpened(5), 12 + 4);
}

#[test]
fn data_behind_the_end() {
    for end in [data(FIN, 1, b"end"), header(WINDOW_UPDATE, FIN, 1, 0)] {
        let stream = [&end[..], &data(0, 1, b"more")].concat();
        refused(&stream, Error::DataAfterEnd(1), end.len() + 4);
        let stream = [&end[..], &data(FIN, 1, b"")].concat();
        refused(&stream, Error::DataAfterEnd(1), end.len() + 4);
    }
}

#[test]
fn windows() {
    let (limit, header) = (256 * 1024, |length| header(DATA, 0, 1, length));
    let exceeded = |reached| Error::Window(Exceeded { limit, reached });
    refused(&header(256 * 1024 - 3), exceeded(limit + 1), 8);
    refused(&header(u32::MAX), exceeded(4 + u64::from(u32::MAX)), 8);
    let filled = data(0, 1, &[7; 256 * 1024 - 4]);
    let mut server = End::new(Role::Server);
    server.receive(&data(SYN, 1, b"fine"));
    server.receive(&filled);
    server.input.extend(&header(1));
    let fault = server.try_next().expect_err("the window is full");
    assert_eq!(fault.error(), Some(&exceeded(limit + 1)));
}

#[test]
fn credit_beyond_all_measure() {
    let most = u32::MAX - 256 * 1024;
    refused(&header(WINDOW_UPDATE, 0, 1, most + 1), Error::TooMuchCredit(1), 8);
    let stream = [header(WINDOW_UPDATE, 0, 1, most), header(WINDOW_UPDATE, 0, 1, 1)].concat();
    refused(&stream, Error::TooMuchCredit(1), 12 + 8);
}

#[test]
fn openings_without_end() {
    let limits = Limits { streams: 1, refused: 3, ..Limits::default() };
    let stream: Vec<u8> = (1..=4).flat_map(|n| header(WINDOW_UPDATE, SYN, 2 * n + 1, 0)).collect();
    refused_with(limits, &stream, Error::TooManyRefused, 3 * 12 + 4);
}

#[test]
fn resets_without_end() {
    let limits = Limits { resets: 3, ..Limits::default() };
    let stream: Vec<u8> = (1..=4)
        .flat_map(|n| {
            [
                header(WINDOW_UPDATE, SYN | FIN, 2 * n + 1, 0),
                header(WINDOW_UPDATE, RST, 2 * n + 1, 0),
            ]
        })
        .flatten()
        .collect();
    refused_with(limits, &stream, Error::TooManyResets, 7 * 12 + 4);
    let stream: Vec<u8> =
        (1..=4).flat_map(|n| header(WINDOW_UPDATE, SYN | RST, 2 * n + 1, 0)).collect();
    refused_with(limits, &stream, Error::TooManyResets, 3 * 12 + 4);
}

#[test]
fn what_others_do_and_is_let_through() {
    let mut server = End::new(Role::Server);
    // Unknown flags, answers to pings that nobody sent, codes that nobody knows.
    server.receive(&header(PING, 0x100 | SYN, 0, 7));
    server.receive(&header(PING, ACK, 0, 8));
    assert_eq!(server.said(), [(PING, ACK, 0, 7)]);
    // The ends of streams that were dropped before they were announced.
    assert!(server.receive(&data(RST, 5, b"")).is_empty());
    assert!(server.receive(&data(FIN, 3, b"")).is_empty());
    assert_eq!(server.said(), [(WINDOW_UPDATE, RST, 3, 0)]);
    assert_eq!(server.receive(&header(GO_AWAY, 0, 0, 77)).len(), 1);
}
