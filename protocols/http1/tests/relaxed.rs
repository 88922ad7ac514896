//! The effect of each switch of [`Relaxed`], alone, beside the refusal without it.

#[allow(dead_code, reason = "each test file uses a part of it")]
mod support;

use segue::{Buffer, Cause, Encode, Fault, Output, Step, laws};
use segue_http1::{
    Body, BodyLength, ChunkedBody, End, Error, HeadEncoder, Limits, Relaxed, RequestDecoder,
    RequestParts, ResponseDecoder, ResponseEvent, client,
};
use support::{fault_of, with_response};

const NOTHING: Relaxed = Relaxed::NOTHING;

/// Each switch alone.
const SWITCHES: [Relaxed; 11] = [
    Relaxed { bare_lf: true, ..NOTHING },
    Relaxed { bare_status: true, ..NOTHING },
    Relaxed { status_spaces: true, ..NOTHING },
    Relaxed { folds: true, ..NOTHING },
    Relaxed { space_before_colon: true, ..NOTHING },
    Relaxed { controls: true, ..NOTHING },
    Relaxed { equal_lengths: true, ..NOTHING },
    Relaxed { length_beside_chunks: true, ..NOTHING },
    Relaxed { chunk_spaces: true, ..NOTHING },
    Relaxed { empty_lines: true, ..NOTHING },
    Relaxed { encodings: true, ..NOTHING },
];

const STATUS_SPACES: Relaxed = SWITCHES[2];
const FOLDS: Relaxed = SWITCHES[3];
const SPACE_BEFORE_COLON: Relaxed = SWITCHES[4];
const EQUAL_LENGTHS: Relaxed = SWITCHES[6];
const LENGTH_BESIDE_CHUNKS: Relaxed = SWITCHES[7];
const CHUNK_SPACES: Relaxed = SWITCHES[8];
const EMPTY_LINES: Relaxed = SWITCHES[9];
const ENCODINGS: Relaxed = SWITCHES[10];

/// Responses that one switch lets through: the switch, the bytes, what they are refused as without
/// it, at which byte and by which section.
const HEADS: &[(usize, &[u8], Error, u64, &str)] = &[
    (0, b"HTTP/1.1 200 OK\nA: b\n\n", Error::BareLf, 15, "RFC 9112 §2.2"),
    (0, b"HTTP/1.1 200 OK\r\nA: b\r\n\n", Error::BareLf, 23, "RFC 9112 §2.2"),
    (1, b"HTTP/1.1 200\r\nA: b\r\n\r\n", Error::StatusLine, 12, "RFC 9112 §4"),
    (2, b"HTTP/1.1  200 OK\r\n\r\n", Error::Status, 9, "RFC 9112 §4"),
    (2, b"HTTP/1.1 \t 200\t OK\r\n\r\n", Error::Status, 9, "RFC 9112 §4"),
    (2, b"HTTP/1.1\t200 OK\r\n\r\n", Error::StatusLine, 8, "RFC 9112 §4"),
    (3, b"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", Error::Fold, 23, "RFC 9112 §5.2"),
    (
        3,
        b"HTTP/1.1 200 OK\r\nA:\r\n\tb\r\n \t\r\n c \r\nD: e\r\n\r\n",
        Error::Fold,
        21,
        "RFC 9112 §5.2",
    ),
    (3, b"HTTP/1.1 200 OK\r\nA: b\t\r\n\tc\td\r\n\r\n", Error::Fold, 24, "RFC 9112 §5.2"),
    (4, b"HTTP/1.1 200 OK\r\nA : b\r\n\r\n", Error::SpaceBeforeColon, 18, "RFC 9112 §5.1"),
    (
        4,
        b"HTTP/1.1 200 OK\r\nA\t :b\r\nC \t:\r\n\r\n",
        Error::SpaceBeforeColon,
        18,
        "RFC 9112 §5.1",
    ),
    (5, b"HTTP/1.1 200 OK\r\nA: b\x01\x7f\r\n\r\n", Error::HeaderValue, 21, "RFC 9110 §5.5"),
    (5, b"HTTP/1.1 200 O\x08K\r\n\r\n", Error::Reason, 14, "RFC 9112 §4"),
    (9, b"\r\nHTTP/1.1 200 OK\r\n\r\n", Error::StatusLine, 0, "RFC 9112 §4"),
    (9, b"\r\n\r\n\r\nHTTP/1.0 200 OK\r\nA: b\r\n\r\n", Error::StatusLine, 0, "RFC 9112 §4"),
];

/// Input that no switch accepts.
const NEVER: &[&[u8]] = &[
    b"HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nA: b\0\r\n\r\n",
    b"HTTP/1.1 200 O\0K\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n A: b\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n : b\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nA b: c\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nA\x01: c\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nA: b\r\n \0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nA: b\r\n \rc\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nA\r\n\r\n",
    b"HTTP/1.1 200OK\r\n\r\n",
    b"HTTP/1.1200 OK\r\n\r\n",
    b"HTTP /1.1 200 OK\r\n\r\n",
    b"\r\rHTTP/1.1 200 OK\r\n\r\n",
    b"\r\n HTTP/1.1 200 OK\r\n\r\n",
    b" HTTP/1.1 200 OK\r\n\r\n",
];

fn accepts(relaxed: Relaxed, head: &[u8]) -> bool {
    let (mut buffer, mut output) = (Buffer::from(head), Output::new());
    let mut stage = ResponseDecoder::new().relaxed(relaxed);
    matches!(buffer.step(&mut stage, true, &mut output), Ok(Step::Item(_)))
}

#[test]
fn each_switch_lets_through_what_it_says_and_nothing_else_does() {
    for &(switch, head, error, at, section) in HEADS {
        let text = head.escape_ascii();
        for (number, &relaxed) in SWITCHES.iter().enumerate() {
            assert_eq!(accepts(relaxed, head), number == switch, "{text} by {relaxed:?}");
        }
        assert!(accepts(Relaxed::EVERYTHING, head), "{text}");
        let fault = fault_of(ResponseDecoder::new(), head);
        assert_eq!((fault.cause, fault.at), (Cause::Stage(error), at), "{text}");
        assert_eq!(error.section(), section);
    }
    for head in NEVER {
        assert!(!accepts(Relaxed::EVERYTHING, head), "{}", head.escape_ascii());
    }
}

/// In requests only line ends are put up with (RFC 9112 §5.1, §5.2).
#[test]
fn requests_are_read_strictly() {
    for (head, error) in [
        (&b"GET / HTTP/1.1\r\nA : b\r\n\r\n"[..], Error::SpaceBeforeColon),
        (b"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", Error::Fold),
        (b"GET / HTTP/1.1\r\nA: \x01\r\n\r\n", Error::HeaderValue),
        (b"GET  / HTTP/1.1\r\n\r\n", Error::Target),
    ] {
        let fault = fault_of(RequestDecoder::new().relaxed(Relaxed::EVERYTHING), head);
        assert_eq!(fault.cause, Cause::Stage(error), "{}", head.escape_ascii());
    }
}

/// The laws for each switch alone and for all together: cuts do not matter, each byte is looked at
/// once, nothing is lost.
#[test]
fn heads_under_the_laws() {
    let all = |accepted: &dyn Fn(usize) -> bool| {
        let chosen = HEADS.iter().filter(|(switch, ..)| accepted(*switch));
        chosen.map(|&(_, head, ..)| head).collect::<Vec<_>>()
    };
    for (number, &relaxed) in SWITCHES.iter().enumerate() {
        laws::stage(|| ResponseDecoder::new().relaxed(relaxed))
            .accepts(all(&|switch| switch == number))
            .refuses(all(&|switch| switch != number))
            .refuses(NEVER)
            .limit(Limits::DEFAULT.head)
            .check();
    }
    laws::stage(|| ResponseDecoder::new().relaxed(Relaxed::EVERYTHING))
        .accepts(all(&|_| true))
        .accepts([
            &b"HTTP/1.1  200\nA\t: b\n\tc\x01\n d\r\n\n"[..],
            b"HTTP/1.0\t\t200 \t\x02\nA :\n \n \n b\n\n",
        ])
        .refuses(NEVER)
        .limit(Limits::DEFAULT.head)
        .linear(|length| {
            let lines = length.min(Limits::DEFAULT.head - 64) / 5;
            [b"HTTP/1.1 200 OK\r\nA: b\r\n", &b"\t x\r\n".repeat(lines)[..], b"\r\n"].concat()
        })
        .linear(|length| {
            let blanks = length.min(Limits::DEFAULT.head - 64);
            [b"HTTP/1.1 200 OK\r\nA", &b" ".repeat(blanks)[..], b": b\r\n\r\n"].concat()
        })
        .check();
}

fn read(relaxed: Relaxed, head: &[u8], see: impl FnOnce(segue_http1::Response<'_>)) {
    let (mut buffer, mut output) = (Buffer::from(head), Output::new());
    let mut stage = ResponseDecoder::new().relaxed(relaxed);
    match buffer.step(&mut stage, true, &mut output) {
        Ok(Step::Item(response)) => see(response),
        other => panic!("{} is {other:?}", head.escape_ascii()),
    }
}

/// RFC 9112 §5.2: each fold is replaced by spaces before the value is interpreted.
#[test]
fn folds_become_spaces() {
    let head = b"HTTP/1.1 200 OK\r\nA: b \t\r\n\tc\td\r\n  e \r\nB:\r\n \r\n f\r\nC: g\r\n \t\r\nD:\r\n \r\n\r\n";
    read(FOLDS, head, |response| {
        let headers = response.headers();
        assert_eq!(headers.find("a"), Some(&b"b     c\td    e"[..]));
        assert_eq!(headers.find("b"), Some(&b"f"[..]));
        assert_eq!(headers.find("c"), Some(&b"g"[..]));
        assert_eq!(headers.find("d"), Some(&b""[..]));
        assert_eq!(headers.len(), 4);
        // A head that is sent on has no folds.
        let mut output = Output::new();
        HeadEncoder.encode(response, &mut output).expect("there is nothing odd in it any more");
        assert!(accepts(NOTHING, &output.to_vec()));
    });
    // More of them than a stage keeps without an allocation.
    let many = [b"HTTP/1.1 200 OK\r\n", &b"A: b\r\n c\r\n".repeat(60)[..], b"\r\n"].concat();
    read(FOLDS, &many, |response| {
        assert_eq!(response.headers().all("a").count(), 60);
        assert!(response.headers().all("a").all(|value| value == b"b   c"));
    });
    // A header is no less what it is for being folded.
    read(FOLDS, b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n 2\r\n\r\n", |response| {
        assert_eq!(
            response.body("GET").map_err(|f| f.cause),
            Err(Cause::Stage(Error::ContentLength))
        );
    });
}

#[test]
fn names_and_reasons_lose_their_whitespace() {
    read(SPACE_BEFORE_COLON, b"HTTP/1.1 200 OK\r\nContent-Length \t: 5\r\n\r\n", |response| {
        assert_eq!(
            response.headers().iter().next().map(|line| line.name_text()),
            Some("Content-Length")
        );
        assert_eq!(response.body("GET"), Ok(BodyLength::Known(5)));
    });
    read(STATUS_SPACES, b"HTTP/1.1 \t404\t  Not  Found\r\n\r\n", |response| {
        assert_eq!((response.status(), response.reason()), (404, &b"Not  Found"[..]));
    });
}

/// RFC 9112 §6.3, items 3 and 5.
#[test]
fn lengths_that_are_the_same() {
    let length = |lines: &str, relaxed| {
        with_response(format!("HTTP/1.1 200 OK\r\n{lines}\r\n"), |response| {
            response.body_relaxed("GET", relaxed).map_err(|fault| fault.cause)
        })
    };
    let refused = |error| Err(Cause::Stage(error));
    for lines in [
        "Content-Length: 5, 5\r\n",
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 5 ,\t05\r\nA: b\r\ncontent-length: 5\r\n",
    ] {
        assert_eq!(length(lines, EQUAL_LENGTHS), Ok(BodyLength::Known(5)), "{lines}");
        assert_eq!(length(lines, NOTHING), refused(Error::SeveralContentLengths), "{lines}");
    }
    for (lines, error) in [
        ("Content-Length: 5, 6\r\n", Error::SeveralContentLengths),
        ("Content-Length: 5\r\nContent-Length: 6\r\n", Error::SeveralContentLengths),
        ("Content-Length: 5,\r\n", Error::ContentLength),
        ("Content-Length: 5, +5\r\n", Error::ContentLength),
        ("Content-Length: 5\r\nContent-Length:\r\n", Error::ContentLength),
        ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", Error::LengthAndEncoding),
    ] {
        assert_eq!(length(lines, EQUAL_LENGTHS), refused(error), "{lines}");
    }
    let both = "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n";
    assert_eq!(length(both, LENGTH_BESIDE_CHUNKS), Ok(BodyLength::Chunked));
    assert_eq!(length(both, NOTHING), refused(Error::LengthAndEncoding));
    let unended = "Content-Length: 5\r\nTransfer-Encoding: chunked, gzip\r\n";
    assert_eq!(length(unended, Relaxed::EVERYTHING), refused(Error::LengthAndEncoding));
}

/// RFC 9112 §6.3, item 4: codings that nobody here undoes.
#[test]
fn other_codings() {
    let length = |value: &str, relaxed| {
        let head = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: {value}\r\n\r\n");
        with_response(head, |head| head.body_relaxed("GET", relaxed).map_err(|fault| fault.cause))
    };
    let refused = |error| Err(Cause::Stage(error));
    for (value, without, with) in [
        ("chunked", Ok(BodyLength::Chunked), Ok(BodyLength::Chunked)),
        ("gzip, chunked", refused(Error::UnknownEncoding), Ok(BodyLength::Chunked)),
        ("identity", refused(Error::UnknownEncoding), Ok(BodyLength::UntilClose)),
        ("chunked, gzip", refused(Error::TransferEncoding), Ok(BodyLength::UntilClose)),
        ("chunked, chunked", refused(Error::TransferEncoding), refused(Error::TransferEncoding)),
        ("gzip, ", refused(Error::TransferEncoding), refused(Error::TransferEncoding)),
        ("chunked;a=b", refused(Error::TransferEncoding), refused(Error::TransferEncoding)),
        ("chunkedchunked", refused(Error::UnknownEncoding), Ok(BodyLength::UntilClose)),
    ] {
        assert_eq!(length(value, NOTHING), without, "{value}");
        assert_eq!(length(value, ENCODINGS), with, "{value}");
    }
}

/// Empty lines are skipped also where nothing is waited for.
#[test]
fn empty_lines_between_responses() {
    let asked_twice = |relaxed| {
        let (client, mut writer) = client::Reader::new().relaxed(relaxed).paired();
        for _ in 0..2 {
            let mut output = Output::new();
            let head = RequestParts::new("GET", "/", [("Host", "a")]);
            writer.encode(head, &mut output).expect("a request");
            writer.encode(End, &mut output).expect("its end");
        }
        client
    };
    let one = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi\r\n";
    let input = one.repeat(2);
    laws::stage(|| asked_twice(EMPTY_LINES))
        .accepts([&input[..], &input[..input.len() - 2]])
        .check();
    laws::stage(|| asked_twice(NOTHING)).refuses([&input[..]]).check();
}

/// RFC 9112 §7.1: whitespace behind the size of a chunk; §5.2 for what is behind the last one.
#[test]
fn chunks_and_trailers() {
    let spaces: &[&[u8]] =
        &[b"2 \r\nhi\r\n0\r\n\r\n", b"2\t \r\nhi\r\n1;a=b\r\n!\r\n0  \r\nA: b\r\n\r\n"];
    let folded: &[&[u8]] = &[b"0\r\nA: b\r\n c\r\n\r\n"];
    let never: &[&[u8]] = &[
        b"2 \nhi\r\n0\r\n\r\n",
        b"2 3\r\nhi\r\n0\r\n\r\n",
        b" 2\r\nhi\r\n0\r\n\r\n",
        b"2 \r\rhi\r\n0\r\n\r\n",
        b"2;a \r\nhi\r\n0\r\n\r\n",
        b"2\x0c\r\nhi\r\n0\r\n\r\n",
        b"0\r\nA: b\n\r\n",
        b"0\r\n A: b\r\n\r\n",
    ];
    laws::stage(|| ChunkedBody::new().relaxed(CHUNK_SPACES))
        .accepts(spaces)
        .refuses(folded)
        .refuses(never)
        .check();
    laws::stage(|| ChunkedBody::new().relaxed(FOLDS))
        .accepts(folded)
        .refuses(spaces)
        .refuses(never)
        .check();
    laws::stage(|| Body::new(BodyLength::Chunked).relaxed(Relaxed::EVERYTHING))
        .accepts([spaces, folded].concat())
        .refuses(never)
        .check();
    laws::stage(ChunkedBody::new).refuses([spaces, folded, never].concat()).check();
}

/// A client that has asked once.
fn having_asked(relaxed: Relaxed) -> client::Reader {
    let (client, mut writer) = client::Reader::new().relaxed(relaxed).paired();
    let mut output = Output::new();
    writer.encode(RequestParts::new("GET", "/", [("Host", "a")]), &mut output).expect("a request");
    writer.encode(End, &mut output).expect("its end");
    client
}

const OLD_SERVER: &[u8] = b"HTTP/1.1 200\nA : b\n c\nContent-Length: 9\n\
    Transfer-Encoding: chunked\n\n2 \r\nhi\r\n0\r\nB: c\r\n d\r\n\r\n";

#[test]
fn a_client_of_an_old_server() {
    laws::stage(|| having_asked(Relaxed::EVERYTHING))
        .accepts([OLD_SERVER, b"HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nhi"])
        .check();
    laws::stage(|| having_asked(NOTHING)).refuses([OLD_SERVER]).check();
}

/// RFC 9112 §6.3: it ought to be handled as an error, so nothing more is asked there.
#[test]
fn a_length_beside_chunks_closes_the_connection() -> Result<(), Box<dyn std::error::Error>> {
    let (mut responses, mut writer) = client::Reader::new().relaxed(LENGTH_BESIDE_CHUNKS).paired();
    let mut output = Output::new();
    writer.encode(RequestParts::new("GET", "/", [("Host", "a")]), &mut output)?;
    writer.encode(End, &mut output)?;
    let answer =
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    let mut buffer = Buffer::from(&answer[..]);
    let head = buffer.step(&mut responses, false, &mut output)?;
    assert!(matches!(head, Step::Item(ResponseEvent::Head(_))));
    assert!(!writer.is_open());
    Ok(())
}

/// A fault of a stage is one of the stage's own.
#[test]
fn faults_are_told_where_they_are() {
    let head = b"HTTP/1.1 200 OK\r\nA: b\r\n c\0\r\n\r\n";
    let fault: Fault<Error> = fault_of(ResponseDecoder::new().relaxed(FOLDS), head);
    assert_eq!((fault.cause, fault.at), (Cause::Stage(Error::HeaderValue), 25));
}
