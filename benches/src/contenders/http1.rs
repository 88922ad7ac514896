//! The head of a request that is there whole: who reads it fastest.

use std::{hint::black_box, mem::MaybeUninit};

use segue::{Buffer, Decode, Framing, Output, Record, Step};
use segue_http1::{Request, RequestHead};

#[cfg(target_arch = "x86_64")]
use super::http1_pico::{self, Pico};
use super::{http1_nom, names, note, ours::receive_again, see};
use crate::{Contender, Group};

/// How often a head is read in one pass, so that a pass is not over in a few nanoseconds.
const TIMES: usize = 16;

/// The most headers that anybody takes.
pub(super) const HEADERS: usize = 32;

/// Those who read `head` and show that they have: where the words are is known then, and has not
/// been asked for yet.
#[must_use]
pub fn http1_head<'i>(name: &str, head: &'i [u8]) -> Group<'i> {
    group(format!("http1-head/{name}"), head, false)
}

/// Those who read `head` and look at each header of it.
#[must_use]
pub fn http1_headers<'i>(name: &str, head: &'i [u8]) -> Group<'i> {
    group(format!("http1-headers/{name}"), head, true)
}

fn group(name: String, head: &[u8], each: bool) -> Group<'_> {
    let mut contenders = vec![
        httparse(head, each),
        #[cfg(target_arch = "x86_64")]
        pico(head, each),
        nom(head, each),
        stage(names::STAGE, head, move |request| see_request(request, each)),
        step(head, each),
    ];
    if each {
        contenders.push(stage(names::STAGE_BYTES, head, see_bytes));
    }
    Group { name, bytes: TIMES * head.len(), records: TIMES, contenders }
}

fn httparse(head: &[u8], each: bool) -> Contender<'_> {
    repeated(names::HTTPARSE, move || with_httparse(black_box(head), each))
}

/// Reads `head` by httparse, into headers that are not cleared before.
#[inline]
pub(super) fn with_httparse(head: &[u8], each: bool) -> bool {
    let mut headers = [const { MaybeUninit::uninit() }; HEADERS];
    let mut request = httparse::Request::new(&mut []);
    let read = request.parse_with_uninit_headers(head, &mut headers);
    let is_whole = matches!(read, Ok(httparse::Status::Complete(_)));
    let line = (request.method.unwrap_or_default(), request.path.unwrap_or_default());
    let headers = request.headers.iter().map(|header| (header.name.as_bytes(), header.value));
    see_head(&line, headers, each);
    is_whole
}

#[cfg(target_arch = "x86_64")]
fn pico(head: &[u8], each: bool) -> Contender<'_> {
    repeated(names::PICO, move || {
        let mut headers = [const { MaybeUninit::uninit() }; HEADERS];
        let Some(Pico { method, target, headers }) =
            http1_pico::read(black_box(head), &mut headers)
        else {
            return false;
        };
        see_head(&(method, target), headers.iter().map(http1_pico::header), each);
        true
    })
}

fn nom(head: &[u8], each: bool) -> Contender<'_> {
    repeated(names::NOM, move || {
        let mut headers = [(&b""[..], &b""[..]); HEADERS];
        let Ok((_, (line, count))) = http1_nom::request(black_box(head), &mut headers) else {
            return false;
        };
        see_head(&line, headers[..count].iter().copied(), each);
        true
    })
}

/// The stage without a buffer.
fn stage<'i>(
    name: &'static str,
    head: &[u8],
    see: impl Fn(&Request<'_>) -> bool + 'i,
) -> Contender<'i> {
    let (mut bytes, mut stage) = (head.to_vec(), RequestHead::new());
    repeated(name, move || {
        stage.begin_again();
        let input = black_box(&mut bytes[..]);
        let Ok(Framing::Record(length)) = stage.frame(input, false) else { return false };
        match stage.parse(Record::from(&mut input[..length])) {
            Ok(request) => see(&request),
            Err(_) => false,
        }
    })
}

/// As a connection does it.
fn step(head: &[u8], each: bool) -> Contender<'_> {
    let (mut buffer, mut output) = (Buffer::from(head), Output::new());
    let mut stage = RequestHead::new();
    repeated(names::STEP, move || {
        stage.begin_again();
        receive_again(black_box(&mut buffer), head.len());
        match buffer.step(&mut stage, false, &mut output) {
            Ok(Step::Item(request)) => see_request(&request, each),
            _ => false,
        }
    })
}

#[inline]
pub(super) fn see_request(request: &Request<'_>, each: bool) -> bool {
    black_box(request);
    let headers = request.headers();
    let headers = headers.iter().map(|header| (header.name.as_bytes(), header.value));
    if each {
        see_head(&(request.method(), request.target()), headers, true);
    } else if cfg!(test) {
        see_head(&(request.method(), request.target()), headers, false);
    }
    true
}

/// As peers that leave it to the caller to check that names are text.
fn see_bytes(request: &Request<'_>) -> bool {
    see_head(&(request.method(), request.target()), request.headers().pairs(), true);
    true
}

/// Shows what the head was found to be, and each header if wanted; tests see all of it anyway.
#[inline]
fn see_head<'h, W: AsRef<[u8]>>(
    line: &(W, W),
    headers: impl Iterator<Item = (&'h [u8], &'h [u8])>,
    each: bool,
) {
    black_box((line, &headers));
    note(line.0.as_ref());
    note(line.1.as_ref());
    if each || cfg!(test) {
        for (name, value) in headers {
            see(name);
            see(value);
        }
    }
}

fn repeated<'i>(name: &'static str, mut read: impl FnMut() -> bool + 'i) -> Contender<'i> {
    Contender::new(name, move || (0..TIMES).filter(|_| read()).count())
}
