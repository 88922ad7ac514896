//! Each rule of RFC 9113 that a frame can break: where the fault is, the code for the peer, and
//! whether the stream or the connection ends. And what is written is read as the same.

mod support;

use segue::{Buffer, Cause, Fault, Output, Step};
use segue_http2::{
    ErrorCode,
    frame::{
        Data, Dependency, Frame, FrameError, FrameErrorKind as Rule, FrameLimits, Frames, GoAway,
        Headers, Kind, Ping, Priority, PriorityUpdate, RstStream, Setting, Settings, StreamId,
        WindowUpdate,
    },
};
use support::*;

/// The first fault in `input`.
fn fault_in(limits: FrameLimits, input: &[u8]) -> Fault<FrameError> {
    let (mut buffer, mut frames, mut output) =
        (Buffer::from(input), Frames::new().limits(limits), Output::new());
    loop {
        match buffer.step(&mut frames, false, &mut output) {
            Ok(Step::Item(_)) => {}
            Ok(other) => panic!("{other:?}"),
            Err(fault) => return fault,
        }
    }
}

/// Checks that a frame ends its connection.
#[track_caller]
fn refused(input: &[u8], frame: u8, rule: Rule, code: ErrorCode, at: u64) {
    let fault = fault_in(FrameLimits::DEFAULT, input);
    let Cause::Stage(error) = fault.cause else { panic!("{fault:?}") };
    assert_eq!((error.kind, error.frame, error.stream), (rule, Kind(frame), StreamId(0)));
    assert_eq!((error.code(), fault.at, fault.fatal), (code, at, true));
    assert!(error.to_string().contains(error.section()));
}

/// Checks that a frame ends its stream.
#[track_caller]
fn ends_the_stream(input: &[u8], rule: Rule, code: ErrorCode, stream: u32) {
    let fault = fault_in(FrameLimits::DEFAULT, input);
    let Cause::Stage(error) = fault.cause else { panic!("{fault:?}") };
    assert_eq!((error.kind, error.code(), error.stream.0), (rule, code, stream));
    assert!(!fault.fatal);
}

/// RFC 9113 §4.2.
#[test]
fn lengths() {
    let code = ErrorCode::FRAME_SIZE_ERROR;
    for kind in [DATA, HEADERS, SETTINGS, PING, GOAWAY, 0xaa] {
        let rule = Rule::TooLong { length: 16_385, max: 16_384 };
        refused(&header(kind, 0, 1, 16_385), kind, rule, code, 0);
    }
    let continued = [frame(HEADERS, 0, 1, b"bl"), header(CONTINUATION, 0, 1, 16_385)].concat();
    refused(&continued, CONTINUATION, Rule::TooLong { length: 16_385, max: 16_384 }, code, 11);
    for (kind, flags, stream, length) in [
        (DATA, PADDED, 1, 0),
        (HEADERS, PADDED, 1, 0),
        (HEADERS, WITH_PRIORITY, 1, 4),
        (HEADERS, WITH_PRIORITY | PADDED, 1, 5),
        (RST_STREAM, 0, 1, 3),
        (RST_STREAM, 0, 1, 5),
        (SETTINGS, 0, 0, 5),
        (SETTINGS, ACK, 0, 6),
        (PUSH_PROMISE, 0, 1, 3),
        (PING, 0, 0, 7),
        (PING, ACK, 0, 9),
        (GOAWAY, 0, 0, 7),
        (WINDOW_UPDATE, 0, 0, 3),
        (WINDOW_UPDATE, 0, 1, 5),
        (PRIORITY_UPDATE, 0, 0, 3),
    ] {
        let length_read = u32::try_from(length).expect("it is short");
        refused(&header(kind, flags, stream, length), kind, Rule::Length(length_read), code, 0);
    }
    for length in [4, 6] {
        let read = u32::try_from(length).expect("it is short");
        ends_the_stream(&frame(PRIORITY, 0, 5, &vec![0; length]), Rule::Length(read), code, 5);
    }
}

/// RFC 9113 §6: stream 0 is the connection.
#[test]
fn streams() {
    let code = ErrorCode::PROTOCOL_ERROR;
    for kind in [DATA, HEADERS, PRIORITY, RST_STREAM, PUSH_PROMISE, CONTINUATION] {
        refused(&header(kind, 0, 0, 8), kind, Rule::NoStream, code, 5);
    }
    for kind in [SETTINGS, PING, GOAWAY, PRIORITY_UPDATE] {
        refused(&header(kind, 0, 1, 12), kind, Rule::OnStream, code, 5);
    }
}

/// RFC 9113 §6.1, §6.2.
#[test]
fn padding() {
    let code = ErrorCode::PROTOCOL_ERROR;
    refused(&frame(DATA, PADDED, 1, b"\x04123"), DATA, Rule::Padding, code, 9);
    refused(&frame(DATA, PADDED, 1, b"\x01"), DATA, Rule::Padding, code, 9);
    refused(&frame(HEADERS, PADDED | END_HEADERS, 1, b"\x04123"), HEADERS, Rule::Padding, code, 9);
    let with_priority = frame(HEADERS, PADDED | WITH_PRIORITY | END_HEADERS, 1, b"\x0112345");
    refused(&with_priority, HEADERS, Rule::Padding, code, 9);
    let promise = frame(PUSH_PROMISE, PADDED | END_HEADERS, 1, b"\x011234");
    refused(&promise, PUSH_PROMISE, Rule::Padding, code, 9);
    // As soon as it is read: neither the rest of the frame nor CONTINUATION is waited for.
    for (kind, flags, length) in
        [(HEADERS, 0, 4), (HEADERS, WITH_PRIORITY, 9), (PUSH_PROMISE, 0, 8)]
    {
        let head = header(kind, PADDED | flags, 1, length);
        refused(&[&head[..], b"\x04"].concat(), kind, Rule::Padding, code, 9);
    }
}

/// RFC 9113 §6.5.2.
#[test]
fn values_of_settings() {
    let protocol = ErrorCode::PROTOCOL_ERROR;
    for (id, value, code) in [
        (2, 2, protocol),
        (4, 0x8000_0000, ErrorCode::FLOW_CONTROL_ERROR),
        (5, 16_383, protocol),
        (5, 0x100_0000, protocol),
        (8, 2, protocol),
        (9, 2, protocol),
    ] {
        let rule = Rule::Setting { id, value };
        refused(&settings(&[(1, 7), (id, value)]), SETTINGS, rule, code, 9 + 6);
    }
}

/// RFC 9113 §6.3, §6.9.
#[test]
fn dependencies_and_increments() {
    let code = ErrorCode::PROTOCOL_ERROR;
    ends_the_stream(&frame(PRIORITY, 0, 5, b"\x80\0\0\x05\0"), Rule::SelfDependency, code, 5);
    ends_the_stream(&frame(WINDOW_UPDATE, 0, 5, b"\x80\0\0\0"), Rule::ZeroIncrement, code, 5);
    refused(&frame(WINDOW_UPDATE, 0, 0, &[0; 4]), WINDOW_UPDATE, Rule::ZeroIncrement, code, 9);
}

/// RFC 9113 §6.10, §10.5.1.
#[test]
fn continuations() {
    let code = ErrorCode::PROTOCOL_ERROR;
    let begun = frame(HEADERS, 0, 1, b"bl");
    refused(&header(CONTINUATION, 0, 1, 0), CONTINUATION, Rule::NothingToContinue, code, 3);
    for (kind, stream) in [(DATA, 1), (HEADERS, 1), (PING, 0), (0xee, 1), (CONTINUATION, 3)] {
        let input = [&begun[..], &header(kind, 0, stream, 8)].concat();
        refused(&input, kind, Rule::Interrupted, code, 11 + 3);
    }
    let calm = ErrorCode::ENHANCE_YOUR_CALM;
    let many = [&begun[..], &frame(CONTINUATION, 0, 1, b"").repeat(8)].concat();
    refused(&many, CONTINUATION, Rule::TooManyFrames(8), calm, 11 + 7 * 9);
    let limits = FrameLimits::DEFAULT.block(10);
    let long = [&begun[..], &header(CONTINUATION, 0, 1, 9)].concat();
    let fault = fault_in(limits, &long);
    let rule = Rule::BlockTooLong { length: 11, max: 10 };
    assert_eq!(fault.error().map(|error| (error.kind, error.code())), Some((rule, calm)));
}

/// Reads one frame of `bytes`, all of it.
fn with_frame<R>(bytes: &[u8], look: impl FnOnce(Frame<'_>) -> R) -> R {
    let (mut buffer, mut frames, mut output) = (Buffer::from(bytes), Frames::new(), Output::new());
    let Ok(Step::Item(frame)) = buffer.step(&mut frames, true, &mut output) else {
        panic!("it is a frame");
    };
    look(frame)
}

#[test]
fn what_is_written_is_read() {
    let stream = StreamId(7);
    let written = |write: &dyn Fn(&mut Output)| {
        let mut output = Output::new();
        write(&mut output);
        output.to_vec()
    };
    let dependency = Dependency { on: StreamId(3), exclusive: true, weight: 200 };
    let bytes = written(&|output| Priority { stream, dependency }.encode(output));
    with_frame(&bytes, |frame| {
        assert!(matches!(frame, Frame::Priority(it) if it == Priority { stream, dependency }));
    });
    let reset = RstStream { stream, code: ErrorCode::CANCEL };
    with_frame(&written(&|output| reset.encode(output)), |frame| {
        assert!(matches!(frame, Frame::RstStream(it) if it == reset));
    });
    let ping = Ping { ack: true, data: *b"12345678" };
    with_frame(&written(&|output| ping.encode(output)), |frame| {
        assert!(matches!(frame, Frame::Ping(it) if it == ping));
    });
    let away = GoAway { last: stream, code: ErrorCode::ENHANCE_YOUR_CALM };
    with_frame(&written(&|output| away.encode("a reason", output)), |frame| {
        assert!(matches!(frame, Frame::GoAway(it) if it == away));
    });
    let update = WindowUpdate { stream, increment: 0x7fff_ffff };
    with_frame(&written(&|output| update.encode(output)), |frame| {
        assert!(matches!(frame, Frame::WindowUpdate(it) if it == update));
    });
    let update = PriorityUpdate { prioritized: stream, value: b"u=1, i" };
    with_frame(&written(&|output| update.encode(output)), |frame| {
        assert!(matches!(frame, Frame::PriorityUpdate(it) if it == update));
    });
    let set =
        [Setting { id: Setting::MAX_FRAME_SIZE, value: 20_000 }, Setting { id: 99, value: 1 }];
    with_frame(&written(&|output| Settings::encode(&set, output)), |frame| {
        assert!(matches!(frame, Frame::Settings(it) if it.iter().eq(set)));
    });
    with_frame(&written(&Settings::encode_ack), |frame| {
        assert!(matches!(frame, Frame::Settings(Settings::Ack)));
    });
    let data = written(&|output| {
        Data::encode_header(stream, 4, true, output);
        output.put(b"data");
    });
    with_frame(&data, |frame| {
        let Frame::Data(Data { stream: of, payload, length, end_stream, .. }) = frame else {
            panic!("it is data");
        };
        assert_eq!((of, length, end_stream), (stream, Some(4), true));
        assert_eq!(payload, b"data");
    });
    let block = [7; 100];
    for max_frame in [7, 20, 99, 100, 101] {
        let headers = Headers { stream, block: &block, end_stream: true, dependency: None };
        let bytes = written(&|output| headers.encode(max_frame, output));
        let longest = frames(&bytes).iter().map(|(_, _, _, payload)| payload.len()).max();
        assert_eq!(longest, Some((max_frame as usize).min(100)));
        if frames(&bytes).len() <= 8 {
            with_frame(&bytes, |frame| {
                assert!(matches!(frame, Frame::Headers(it) if it == headers));
            });
        }
    }
}
