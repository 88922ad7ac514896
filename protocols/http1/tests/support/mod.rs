//! Reading one message at a time, for tests.

use segue::{Buffer, Cause, Decode, Fault, Output, Step};
use segue_http1::{BodyLength, Error, RequestDecoder, ResponseDecoder};

/// The fault of `stage` in `input`, which nothing follows.
#[track_caller]
pub(crate) fn fault_of<D: Decode<Error = Error>>(mut stage: D, input: &[u8]) -> Fault<Error> {
    let (mut buffer, mut output) = (Buffer::from(input), Output::new());
    loop {
        match buffer.step(&mut stage, true, &mut output) {
            Ok(Step::Item(_)) => {}
            Ok(Step::Need(_)) => unreachable!("it was told that nothing follows"),
            Ok(Step::Done) => panic!("{} is accepted", input.escape_ascii()),
            Err(fault) => return fault,
        }
    }
}

/// Checks that `stage` refuses `input` as `error`, because of the byte at `at`, and what it says
/// to that.
#[track_caller]
pub(crate) fn refuses<D: Decode<Error = Error>>(
    stage: D,
    input: &[u8],
    (error, at): (Error, u64),
    (status, section): (u16, &str),
) {
    let fault = fault_of(stage, input);
    assert_eq!((fault.cause, fault.at), (Cause::Stage(error), at), "{}", input.escape_ascii());
    assert!(fault.fatal);
    assert_eq!((error.status(), error.section()), (status, section));
    assert!(error.to_string().ends_with(&format!("({section})")));
}

/// The framing of the body that the request in `head` announces.
#[track_caller]
pub(crate) fn request_body(head: impl AsRef<[u8]>) -> Result<BodyLength, Fault<Error>> {
    with_request(head, |request| request.body())
}

/// Calls `f` with the request in `head`.
#[track_caller]
pub(crate) fn with_request<T>(
    head: impl AsRef<[u8]>,
    f: impl FnOnce(segue_http1::Request<'_>) -> T,
) -> T {
    let (mut buffer, mut output) = (Buffer::from(head.as_ref()), Output::new());
    match buffer.step(&mut RequestDecoder::new(), true, &mut output) {
        Ok(Step::Item(request)) => f(request),
        other => panic!("{} is not accepted: {other:?}", head.as_ref().escape_ascii()),
    }
}

/// Calls `f` with the response in `head`.
#[track_caller]
pub(crate) fn with_response<T>(
    head: impl AsRef<[u8]>,
    f: impl FnOnce(segue_http1::Response<'_>) -> T,
) -> T {
    let (mut buffer, mut output) = (Buffer::from(head.as_ref()), Output::new());
    match buffer.step(&mut ResponseDecoder::new(), true, &mut output) {
        Ok(Step::Item(response)) => f(response),
        other => panic!("{} is not accepted: {other:?}", head.as_ref().escape_ascii()),
    }
}
