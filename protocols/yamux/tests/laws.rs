//! The laws of segue, stamped on the session.

#[path = "support/reader.rs"]
mod reader;
mod support;

use reader::Reader;
use segue::laws;
use segue_yamux::{Role, Session};
use support::{ACK, FIN, GO_AWAY, PING, RST, SYN, WINDOW_UPDATE, data, header};

fn server() -> Reader {
    Reader::new(Role::Server)
}

fn client() -> Reader {
    Reader::new(Role::Client)
}

/// Well-formed streams; each leaves none of its streams open.
fn good(first: u32) -> Vec<Vec<u8>> {
    let (a, b, c) = (first, first + 2, first + 4);
    let all = |frames: &[Vec<u8>]| frames.concat();
    vec![
        vec![],
        all(&[data(SYN | FIN, a, b"hello")]),
        all(&[header(WINDOW_UPDATE, SYN, a, 1000), data(0, a, b"he"), data(FIN, a, b"llo")]),
        all(&[
            data(SYN, a, b"one"),
            data(SYN, b, b""),
            header(PING, SYN, 0, 7),
            data(0, b, b"two"),
            data(0, a, b"more"),
            header(WINDOW_UPDATE, FIN, b, 5),
            header(PING, ACK, 0, 9),
            data(FIN, a, b""),
        ]),
        // In another order than that of their ids, one of them refused before it began.
        all(&[
            data(SYN | FIN, c, b"third"),
            data(SYN | FIN, a, b"first"),
            header(WINDOW_UPDATE, RST, b, 0),
            header(GO_AWAY, 0, 0, 0),
            header(WINDOW_UPDATE, 0, a, 1),
            header(WINDOW_UPDATE, 0, c, 1),
        ]),
        all(&[data(SYN, a, b"cut off"), data(RST, a, b"late")]),
        all(&[data(SYN, a, &[7; 3000]), header(WINDOW_UPDATE, ACK | FIN, a, 0)]),
    ]
}

fn bad(first: u32) -> Vec<Vec<u8>> {
    let begun = data(SYN, first, b"fine");
    let mut wrong_version = header(PING, SYN, 0, 7);
    wrong_version[0] = 1;
    [
        wrong_version,
        header(4, 0, first, 0),
        header(PING, SYN, 2, 7),
        header(GO_AWAY, 0, 1, 0),
        data(SYN, 0, b"zero"),
        data(SYN, first + 1, b"the other side's"),
        data(SYN, first, b"twice"),
        data(0, first + 2, b"never"),
        header(WINDOW_UPDATE, 0, first, u32::MAX),
        header(0, 0, first, 256 * 1024),
        [data(FIN, first, b""), data(0, first, b"behind the end")].concat(),
        // The peer ends the session with a stream open.
        header(GO_AWAY, 0, 0, 0),
        header(GO_AWAY, 0, 0, 2),
        // Cut off by the end.
        b"\0".to_vec(),
        vec![],
    ]
    .into_iter()
    .map(|frame| [&begun[..], &frame].concat())
    .collect()
}

#[test]
fn sessions_keep_the_laws() {
    // A bare end is a proper one between two frames, if no stream is open.
    let suite = laws::stage(server).absorbs_records().ends_anywhere().speech_counts();
    suite.accepts(good(1)).refuses(bad(1)).limit(12).check();
    let suite = laws::stage(client).absorbs_records().ends_anywhere().speech_counts();
    suite.accepts(good(2)).refuses(bad(2)).limit(12).check();
}

#[test]
fn sessions_keep_the_law_of_carriers() {
    laws::carriers(Session::client, Session::server).window(256 * 1024).check();
}

#[test]
fn work_is_linear() {
    let one = |length| data(SYN | FIN, 1, &vec![1; length]);
    let many = |length| {
        let frames = (0..length / 24).map(|_| data(0, 1, b"seven bytes."));
        [data(SYN, 1, b"")]
            .into_iter()
            .chain(frames)
            .chain([data(FIN, 1, b"")])
            .collect::<Vec<_>>()
            .concat()
    };
    let streams = |length| {
        let ids = (1..).step_by(2).take(length / 24);
        ids.flat_map(|id| data(SYN | FIN, id, b"seven bytes.")).collect()
    };
    let pings = |length| header(PING, SYN, 0, 7).repeat(length / 12);
    let suite = laws::stage(server).absorbs_records().ends_anywhere();
    suite.linear(one).linear(many).linear(streams).linear(pings).check();
}
