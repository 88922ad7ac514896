//! The head of a request that is there whole: who reads it fastest.

use std::{hint::black_box, mem::MaybeUninit};

use segue::{Buffer, Decode, Framing, Output, Record, Step};
use segue_http1::{Request, RequestDecoder};

#[cfg(target_arch = "x86_64")]
use super::{
    http1_mask::{self, Masked},
    http1_pico::{self, Pico},
};
use super::{http1_nom, names, note, ours::receive_again, see};
use crate::{Contender, Group, corpus::Heads};

/// The fewest heads in one pass, so that it is not over in a few nanoseconds.
const TIMES: usize = 16;

/// The most headers that anybody takes.
pub(super) const HEADERS: usize = 128;

/// Those who read heads and show that they have: where the words are is known then, and has not
/// been asked for yet.
#[must_use]
pub fn http1_head(heads: &Heads) -> Group<'_> {
    group(format!("http1-head/{}", heads.name), &heads.heads, false)
}

/// Those who read heads and look at each header of them.
#[must_use]
pub fn http1_headers(heads: &Heads) -> Group<'_> {
    group(format!("http1-headers/{}", heads.name), &heads.heads, true)
}

fn group(name: String, heads: &[Vec<u8>], each: bool) -> Group<'_> {
    let mut contenders = Vec::new();
    #[cfg(target_arch = "x86_64")]
    if http1_mask::is_there() {
        contenders.push(masks(heads, each));
    }
    contenders.extend([
        httparse(heads, each),
        #[cfg(target_arch = "x86_64")]
        pico(heads, each),
        nom(heads, each),
        stage(names::STAGE, heads, move |request| see_request(request, each)),
        step(heads, each),
    ]);
    if each {
        contenders.push(stage(names::STAGE_BYTES, heads, see_bytes));
    }
    let times = times(heads.len());
    let bytes = heads.iter().map(Vec::len).sum::<usize>();
    Group { name, bytes: times * bytes, records: times * heads.len(), contenders }
}

#[cfg(target_arch = "x86_64")]
fn masks(heads: &[Vec<u8>], each: bool) -> Contender<'_> {
    repeated(names::MASKS, heads.iter(), move |head| {
        let mut headers = [const { MaybeUninit::uninit() }; HEADERS];
        let Some(Masked { method, target, headers }) =
            http1_mask::read(black_box(head), &mut headers)
        else {
            return false;
        };
        see_head(&(method, target), headers.iter().copied(), each);
        true
    })
}

fn httparse(heads: &[Vec<u8>], each: bool) -> Contender<'_> {
    repeated(names::HTTPARSE, heads.iter(), move |head| with_httparse(black_box(head), each))
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
fn pico(heads: &[Vec<u8>], each: bool) -> Contender<'_> {
    repeated(names::PICO, heads.iter(), move |head| {
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

fn nom(heads: &[Vec<u8>], each: bool) -> Contender<'_> {
    let mut headers = [(&b""[..], &b""[..]); HEADERS];
    repeated(names::NOM, heads.iter(), move |head| {
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
    heads: &[Vec<u8>],
    see: impl Fn(&Request<'_>) -> bool + 'i,
) -> Contender<'i> {
    let mut stage = RequestDecoder::new();
    repeated(name, heads.to_vec(), move |head| {
        stage.begin_again();
        let input = black_box(&mut head[..]);
        let Ok(Framing::Record(length)) = stage.frame(input, false) else { return false };
        match stage.parse(Record::from(&mut input[..length])) {
            Ok(request) => see(&request),
            Err(_) => false,
        }
    })
}

/// As a connection does it.
fn step(heads: &[Vec<u8>], each: bool) -> Contender<'_> {
    let (mut stage, mut output) = (RequestDecoder::new(), Output::new());
    let buffers = heads.iter().map(|head| (Buffer::from(&head[..]), head.len()));
    repeated(names::STEP, buffers.collect::<Vec<_>>(), move |(buffer, length)| {
        stage.begin_again();
        receive_again(black_box(buffer), *length);
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
    let headers = headers.lines().map(|header| (header.name, header.value));
    if each {
        see_head(&(request.method(), request.target()), headers, true);
    } else if cfg!(test) {
        see_head(&(request.method(), request.target()), headers, false);
    }
    true
}

/// As peers that leave it to the caller to check that names are text.
fn see_bytes(request: &Request<'_>) -> bool {
    see_head(
        &(request.method(), request.target()),
        request.headers().lines().map(|header| (header.name, header.value)),
        true,
    );
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

/// Goes through all heads, and through few of them several times.
fn repeated<'i, H: 'i>(
    name: &'static str,
    heads: impl IntoIterator<Item = H>,
    mut read: impl FnMut(&mut H) -> bool + 'i,
) -> Contender<'i> {
    let mut heads: Vec<H> = heads.into_iter().collect();
    let times = times(heads.len());
    Contender::new(name, move || {
        let mut count = 0;
        for _ in 0..times {
            count += heads.iter_mut().filter_map(|head| read(head).then_some(())).count();
        }
        count
    })
}

/// Returns the number of times that the heads are read in one pass.
fn times(heads: usize) -> usize {
    TIMES.div_ceil(heads)
}
