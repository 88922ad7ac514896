//! Heads and bodies against the laws, and what is said of them against the encoder.
#![no_main]

use libfuzzer_sys::fuzz_target;
use segue::{Buffer, Encode, Output, Step, laws};
use segue_http1::{
    Body, BodyLength, HeadEncoder, Limits, Relaxed, Request, RequestHead, Response, ResponseHead,
};

const RELAXED: Relaxed = Relaxed { bare_lf: true, bare_status: true };
const SMALL: Limits = Limits { head: 60, headers: 3, target: 12, chunk_line: 20 };

fuzz_target!(|data: &[u8]| {
    let Some((pick, data)) = data.split_first() else { return };
    match pick % 8 {
        0 => laws::fuzz(RequestHead::new, data),
        1 => laws::fuzz(|| RequestHead::new().limits(SMALL), data),
        2 => laws::fuzz(|| RequestHead::new().relaxed(RELAXED).limits(SMALL), data),
        3 => laws::fuzz(ResponseHead::new, data),
        4 => laws::fuzz(|| ResponseHead::new().relaxed(RELAXED).limits(SMALL), data),
        5 => laws::fuzz(|| Body::new(BodyLength::Chunked), data),
        6 => laws::fuzz(|| Body::new(BodyLength::Chunked).limits(SMALL), data),
        _ => return_heads(data),
    }
});

/// L6: a head that was accepted is written such that it says the same when it is read again.
fn return_heads(data: &[u8]) {
    let mut output = Output::new();
    let (mut stage, mut buffer) = (RequestHead::new().relaxed(RELAXED), Buffer::from(data));
    if let Ok(Step::Item(request)) = buffer.step(&mut stage, true, &mut Output::new()) {
        HeadEncoder.encode(request, &mut output).expect("what was read can be written");
        let (mut strict, mut written) = (RequestHead::new(), Buffer::from(&output.to_vec()[..]));
        match written.step(&mut strict, true, &mut Output::new()) {
            Ok(Step::Item(again)) => assert_eq!(said(&request), said(&again)),
            _ => panic!("what was written is refused"),
        }
    }
    output.clear();
    let (mut stage, mut buffer) = (ResponseHead::new().relaxed(RELAXED), Buffer::from(data));
    if let Ok(Step::Item(response)) = buffer.step(&mut stage, true, &mut Output::new()) {
        HeadEncoder.encode(response, &mut output).expect("what was read can be written");
        let (mut strict, mut written) = (ResponseHead::new(), Buffer::from(&output.to_vec()[..]));
        match written.step(&mut strict, true, &mut Output::new()) {
            Ok(Step::Item(again)) => assert_eq!(answered(&response), answered(&again)),
            _ => panic!("what was written is refused"),
        }
    }
}

/// All that a request says, with what its headers mean. Where a fault is depends on the whitespace.
fn said(request: &Request<'_>) -> String {
    let headers = request.headers();
    let lines = headers.iter().map(|line| (line.name, line.value)).collect::<Vec<_>>();
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
    let lines = headers.iter().map(|line| (line.name, line.value)).collect::<Vec<_>>();
    let bodies = ["GET", "HEAD", "CONNECT"].map(|method| response.body(method));
    let meaning = (bodies.map(|body| body.map_err(|fault| fault.cause)), response.keep_alive());
    format!("{:?} {} {lines:?} {meaning:?}", response.reason(), response.status())
}
