//! Heads and bodies against the laws, and what is said of them against the encoder.
#![no_main]

use libfuzzer_sys::fuzz_target;
use segue::{Buffer, Encode, Output, Step, laws};
use segue_http1::{
    Body, BodyLength, ChunkedBody, Fields, HeadEncoder, Limits, Relaxed, Request, RequestDecoder,
    Response, ResponseDecoder, ResponseParts, encode_request,
};

const RELAXED: Relaxed = Relaxed::EVERYTHING;
/// All that is read with these can be written.
const TEXT_ALONE: Relaxed = Relaxed { controls: false, ..RELAXED };
const SMALL: Limits =
    Limits { head: 60, headers: 3, target: 12, chunk_line: 20, ..Limits::DEFAULT };

fuzz_target!(|data: &[u8]| {
    let Some((pick, data)) = data.split_first() else { return };
    match pick % 16 {
        0 => laws::fuzz(RequestDecoder::new, data),
        1 => laws::fuzz(|| RequestDecoder::new().limits(SMALL), data),
        2 => laws::fuzz(|| RequestDecoder::new().relaxed(RELAXED).limits(SMALL), data),
        3 => laws::fuzz(ResponseDecoder::new, data),
        4 => laws::fuzz(|| ResponseDecoder::new().relaxed(RELAXED).limits(SMALL), data),
        5 => laws::fuzz(|| Body::new(BodyLength::Chunked), data),
        6 => laws::fuzz(|| Body::new(BodyLength::Chunked).limits(SMALL), data),
        7 => return_heads(data),
        8 => laws::fuzz(|| Body::new(BodyLength::None), data),
        9 => laws::fuzz(|| Body::new(BodyLength::Known(9)), data),
        10 => laws::fuzz(|| Body::new(BodyLength::Known(u64::MAX)), data),
        11 => laws::fuzz(|| Body::new(BodyLength::UntilClose), data),
        12 => one_switch(data),
        13 => laws::fuzz(|| ChunkedBody::new().relaxed(RELAXED).limits(SMALL), data),
        14 => requests_in_a_row(data),
        _ => write_heads(data),
    }
});

/// Each relaxation alone, chosen by the first byte.
fn one_switch(data: &[u8]) {
    let Some((switch, data)) = data.split_first() else { return };
    let on = |number| *switch == number;
    let relaxed = Relaxed {
        bare_lf: on(b'0'),
        bare_status: on(b'1'),
        status_spaces: on(b'2'),
        folds: on(b'3'),
        space_before_colon: on(b'4'),
        controls: on(b'5'),
        empty_lines: on(b'6'),
        ..Relaxed::NOTHING
    };
    laws::fuzz(|| ResponseDecoder::new().relaxed(relaxed), data);
}

/// One stage reads one head after the other, as a stage of its own would read each.
fn requests_in_a_row(data: &[u8]) {
    let (mut one, mut other) = (Buffer::from(data), Buffer::from(data));
    let (mut stage, mut output) = (RequestDecoder::new(), Output::new());
    loop {
        let mut fresh = RequestDecoder::new();
        match (one.step(&mut stage, true, &mut output), other.step(&mut fresh, true, &mut output)) {
            (Ok(Step::Item(request)), Ok(Step::Item(same))) => assert_eq!(request, same),
            (Err(fault), Err(same)) => return assert_eq!(fault, same),
            _ => panic!("one goes on where the other does not"),
        }
        stage.begin_again();
    }
}

/// Whatever words a head is made of, if it is written it is one head with these words.
fn write_heads(data: &[u8]) {
    let words = data.split(|&byte| byte == b'|').collect::<Vec<_>>();
    let [first, second, words @ ..] = &words[..] else { return };
    let headers = words.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect::<Vec<_>>();
    let (method, target) = (String::from_utf8_lossy(first), String::from_utf8_lossy(second));
    let mut output = Output::new();
    if encode_request(&mut output, &method, &target, headers.iter().copied()).is_ok() {
        let mut written = Buffer::from(&[&output.to_vec()[..], b"rest"].concat()[..]);
        match written.step(&mut RequestDecoder::new(), true, &mut Output::new()) {
            Ok(Step::Item(request)) => {
                assert_eq!((request.method(), request.target()), (&*method, &*target));
                assert!(read(request.headers()).eq(headers.iter().copied()));
            }
            other => panic!("what was written is {other:?}"),
        }
        assert_eq!(written.as_slice(), b"rest");
    }
    output.clear();
    let status = 100 + u16::try_from(second.len()).unwrap_or(0);
    let parts = ResponseParts { reason: first, ..ResponseParts::new(status, headers.clone()) };
    if HeadEncoder.encode(parts, &mut output).is_ok() {
        let mut written = Buffer::from(&[&output.to_vec()[..], b"rest"].concat()[..]);
        match written.step(&mut ResponseDecoder::new(), true, &mut Output::new()) {
            Ok(Step::Item(response)) => {
                assert_eq!((response.status(), response.reason()), (status, *first));
                assert!(read(response.headers()).eq(headers.iter().copied()));
            }
            other => panic!("what was written is {other:?}"),
        }
        assert_eq!(written.as_slice(), b"rest");
    }
}

fn read<'a>(headers: Fields<'a>) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
    headers.lines().map(|line| (line.name, line.value))
}

/// L6: a head that was accepted is written such that it says the same when it is read again.
fn return_heads(data: &[u8]) {
    let mut output = Output::new();
    let (mut stage, mut buffer) = (RequestDecoder::new().relaxed(RELAXED), Buffer::from(data));
    if let Ok(Step::Item(request)) = buffer.step(&mut stage, true, &mut Output::new()) {
        HeadEncoder.encode(request, &mut output).expect("what was read can be written");
        let (mut strict, mut written) = (RequestDecoder::new(), Buffer::from(&output.to_vec()[..]));
        match written.step(&mut strict, true, &mut Output::new()) {
            Ok(Step::Item(again)) => assert_eq!(said(&request), said(&again)),
            _ => panic!("what was written is refused"),
        }
    }
    output.clear();
    let (mut stage, mut buffer) = (ResponseDecoder::new().relaxed(TEXT_ALONE), Buffer::from(data));
    if let Ok(Step::Item(response)) = buffer.step(&mut stage, true, &mut Output::new()) {
        HeadEncoder.encode(response, &mut output).expect("what was read can be written");
        let (mut strict, mut written) =
            (ResponseDecoder::new(), Buffer::from(&output.to_vec()[..]));
        match written.step(&mut strict, true, &mut Output::new()) {
            Ok(Step::Item(again)) => assert_eq!(answered(&response), answered(&again)),
            _ => panic!("what was written is refused"),
        }
    }
}

/// All that a request says, with what its headers mean. Where a fault is depends on the whitespace.
fn said(request: &Request<'_>) -> String {
    let headers = request.headers();
    let lines = headers.lines().map(|line| (line.name, line.value)).collect::<Vec<_>>();
    let meaning = (
        request.body().map_err(|fault| fault.cause),
        request.host().map_err(|fault| fault.cause),
        request.keep_alive(),
    );
    format!("{} {} {} {lines:?} {meaning:?}", request.method(), request.target(), request.version())
}

/// All that a response says, with what its headers mean.
fn answered(response: &Response<'_>) -> String {
    let headers = response.headers();
    let lines = headers.lines().map(|line| (line.name, line.value)).collect::<Vec<_>>();
    let bodies = ["GET", "HEAD", "CONNECT"]
        .map(|method| [response.body(method), response.body_relaxed(method, RELAXED)]);
    let bodies = bodies.map(|both| both.map(|body| body.map_err(|fault| fault.cause)));
    let meaning = (bodies, response.keep_alive());
    format!("{:?} {} {lines:?} {meaning:?}", response.reason(), response.status())
}
