//! Heads against a slow reading of the grammar, on what chance makes of good ones.

#[allow(dead_code, reason = "each test file uses a part of it")]
mod support;

use segue::{Buffer, Output, Step, laws};
use segue_http1::{Body, BodyLength, Relaxed, Request, RequestDecoder, Response, ResponseDecoder};

/// A head as lines of words: start line, then names and values.
type Words = (Vec<Vec<u8>>, Vec<(Vec<u8>, Vec<u8>)>);

const REQUESTS: &[&[u8]] = &[
    include_bytes!("data/upgrade_request.bin"),
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST /a?b HTTP/1.0\r\nA:b\r\nC: \td e \t\r\nContent-Length: 12\r\n\r\n",
];

const RESPONSES: &[&[u8]] = &[
    include_bytes!("data/upgrade_response.bin"),
    include_bytes!("data/utf8_response.bin"),
    b"HTTP/1.1 200 \r\nA:b\r\nC: \td e \t\r\n\r\n",
];

const CHUNKED: &[&[u8]] = &[
    b"5;a=b;c=\"d\"\r\nhello\r\n0\r\n\r\n",
    b"a\r\n0123456789\r\n0002\r\n\r\n\r\n0\r\nA: b\r\nC: d\r\n\r\n",
];

/// Replacements for parts of the input: bytes with a meaning somewhere, and some without.
const PATCHES: &[&[u8]] = &[
    b"",
    b"\r",
    b"\n",
    b"\r\n",
    b"\r\n\r\n",
    b" ",
    b"\t",
    b":",
    b",",
    b"\0",
    b"\x0b",
    b"\x7f",
    b"\x80",
    b"a",
    b"0",
    b"9",
    b"/",
    b"(",
    b"\"",
    b"\\",
    b";",
    b"=",
    b"HTTP/1.1",
    b"\n\n",
    b" \r\n",
    b"\r\n ",
];

#[test]
fn requests_as_the_grammar_says() {
    let seen = |request: Request<'_>| -> Words {
        let line = [request.method(), request.target(), request.version().as_str()];
        let lines = request.headers().iter().map(|h| (h.name.to_vec(), h.value.to_vec()));
        (line.map(|word| word.as_bytes().to_vec()).to_vec(), lines.collect())
    };
    let mut accepted = 0;
    mutations(REQUESTS, |input| {
        let (mut buffer, mut output) = (Buffer::from(input), Output::new());
        let read = match buffer.step(&mut RequestDecoder::new(), true, &mut output) {
            Ok(Step::Item(request)) => Some(seen(request)),
            _ => None,
        };
        let input = skip_empty_lines(input);
        assert_eq!(read, slowly(input, request_line), "{}", input.escape_ascii());
        accepted += u32::from(read.is_some());
    });
    assert!(accepted > 1000, "only {accepted} were still well-formed");
}

#[test]
fn responses_as_the_grammar_says() {
    let seen = |response: Response<'_>| -> Words {
        let status = response.status().to_string();
        let line = [response.version().as_str().as_bytes(), status.as_bytes(), response.reason()];
        let lines = response.headers().iter().map(|h| (h.name.to_vec(), h.value.to_vec()));
        (line.map(<[u8]>::to_vec).to_vec(), lines.collect())
    };
    let mut accepted = 0;
    mutations(RESPONSES, |input| {
        let (mut buffer, mut output) = (Buffer::from(input), Output::new());
        let read = match buffer.step(&mut ResponseDecoder::new(), true, &mut output) {
            Ok(Step::Item(response)) => Some(seen(response)),
            _ => None,
        };
        assert_eq!(read, slowly(input, status_line), "{}", input.escape_ascii());
        accepted += u32::from(read.is_some());
    });
    assert!(accepted > 1000, "only {accepted} were still well-formed");
}

/// The outcome for random input does not depend on how it was cut.
#[test]
fn the_laws_hold_for_chance() {
    let relaxed = Relaxed::EVERYTHING;
    let mut turn = 0;
    mutations(&[REQUESTS, RESPONSES, CHUNKED].concat(), |input| {
        turn += 1;
        // Each run takes a while, and there are many inputs.
        match turn % 40 {
            0 => laws::fuzz(RequestDecoder::new, input),
            8 => laws::fuzz(|| RequestDecoder::new().relaxed(relaxed), input),
            16 => laws::fuzz(ResponseDecoder::new, input),
            24 => laws::fuzz(|| ResponseDecoder::new().relaxed(relaxed), input),
            32 => laws::fuzz(|| Body::new(BodyLength::Chunked), input),
            36 => laws::fuzz(|| Body::new(BodyLength::Chunked).relaxed(relaxed), input),
            _ => {}
        }
    });
    mutations(CHUNKED, |input| {
        turn += 1;
        if turn % 4 == 0 {
            laws::fuzz(|| Body::new(BodyLength::Chunked), input);
        }
    });
}

/// Calls `check` with `seeds` in which something was replaced or inserted, at each place, and then
/// at several places.
fn mutations(seeds: &[&[u8]], mut check: impl FnMut(&[u8])) {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = |bound: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % bound as u64).unwrap_or(0)
    };
    for seed in seeds {
        check(seed);
        for at in 0..=seed.len() {
            for patch in PATCHES {
                for replaced in 0..=1.min(seed.len() - at) {
                    check(&[&seed[..at], patch, &seed[at + replaced..]].concat());
                }
            }
        }
        for _ in 0..2000 {
            let mut input = seed.to_vec();
            for _ in 0..=below(3) {
                let at = below(input.len());
                let end = (at + below(3)).min(input.len());
                input.splice(at..end, PATCHES[below(PATCHES.len())].iter().copied());
            }
            check(&input);
        }
    }
}

fn skip_empty_lines(mut input: &[u8]) -> &[u8] {
    while let Some(rest) = input.strip_prefix(b"\r\n") {
        input = rest;
    }
    input
}

/// RFC 9112 §2.1, word for word: lines, apart at CRLF, up to an empty one. There is no head where
/// a line has a CR or LF of its own.
fn slowly(input: &[u8], start: fn(&[u8]) -> Option<Vec<Vec<u8>>>) -> Option<Words> {
    let end = input.windows(4).position(|window| window == b"\r\n\r\n")?;
    let mut lines = Vec::new();
    let mut rest = &input[..end + 2];
    while let Some(at) = rest.windows(2).position(|window| window == b"\r\n") {
        lines.push(&rest[..at]);
        rest = &rest[at + 2..];
    }
    let clean = |line: &&[u8]| !line.contains(&b'\r') && !line.contains(&b'\n');
    if !rest.is_empty() || !lines.iter().all(clean) {
        return None;
    }
    let (first, lines) = lines.split_first()?;
    let headers = lines.iter().map(|line| header(line)).collect::<Option<Vec<_>>>()?;
    Some((start(first)?, headers))
}

fn request_line(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let words = line.split(|&byte| byte == b' ').collect::<Vec<_>>();
    let [method, target, version] = words[..] else { return None };
    let visible = !target.is_empty() && target.iter().all(u8::is_ascii_graphic);
    let words = [method, target, known(version)?];
    (token(method) && visible).then(|| words.map(<[u8]>::to_vec).to_vec())
}

fn status_line(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let words = line.splitn(3, |&byte| byte == b' ').collect::<Vec<_>>();
    let [version, status, reason] = words[..] else { return None };
    let digits = status.len() == 3 && status.iter().all(u8::is_ascii_digit) && status[0] != b'0';
    let words = [known(version)?, status, reason];
    (digits && text(reason)).then(|| words.map(<[u8]>::to_vec).to_vec())
}

/// RFC 9110 §2.5: the version as which a message is read.
fn known(version: &[u8]) -> Option<&'static [u8]> {
    match version.strip_prefix(b"HTTP/1.")? {
        b"0" => Some(b"HTTP/1.0"),
        [b'1'..=b'9'] => Some(b"HTTP/1.1"),
        _ => None,
    }
}

fn header(line: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    (token(name) && text(value)).then(|| (name.to_vec(), value.trim_ascii().to_vec()))
}

fn token(bytes: &[u8]) -> bool {
    let among = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !bytes.is_empty() && bytes.iter().all(among)
}

fn text(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f))
}
