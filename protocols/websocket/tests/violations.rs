//! Each rule that a peer can break, by name: where the fault is, and what the peer is told.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod support;

use segue::{Cause, Decode, Fault};
use segue_websocket::{CloseCode, Error, Frames, Limits, MaskKeys, Messages, Reply, Role};
use support::{KEY, Owned, fault, feed, frame, frames};

const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const FIN: u8 = 0x80;
const BINARY_PART: u8 = 0x02;
const TEXT_PART: u8 = 0x01;
const PART: u8 = 0x00;

fn messages(role: Role) -> Messages {
    match role {
        Role::Server => Messages::server(),
        Role::Client => Messages::client_with(MaskKeys::from_fn(|| KEY)),
    }
}

/// Each violation stands behind a good frame, is cut everywhere, and is found by [`Frames`] too if
/// it concerns frames alone.
#[track_caller]
fn refused(role: Role, input: &[u8], error: Error, at: usize, code: CloseCode) {
    let before = frame(role, BINARY, b"fine");
    let stream = [&before[..], input].concat();
    let expected = Fault::new(error).at((before.len() + at) as u64);
    for cut in 0..=stream.len() {
        let (left, right) = stream.split_at(cut);
        let seen = feed(&mut messages(role), [left, right]);
        assert_eq!(seen.end, Err(expected), "cut at {cut}");
        assert_eq!(seen.messages.len(), 1);
    }
    assert_eq!(error.close_code(), code);
    let of_frames = fault(Frames::new(role), &stream);
    let by_content = matches!(error, Error::Utf8 | Error::CloseLength | Error::CloseCode(_));
    assert_eq!(of_frames, (!by_content).then_some(expected));
}

#[track_caller]
fn breaks_the_protocol(input: &[u8], error: Error, at: usize) {
    refused(Role::Client, input, error, at, CloseCode::PROTOCOL_ERROR);
}

#[test]
fn reserved_bits() {
    for bits in [0x40, 0x20, 0x10, 0x70] {
        breaks_the_protocol(&[TEXT | bits, 0], Error::ReservedBits(bits), 0);
        breaks_the_protocol(&[PING | bits, 0], Error::ReservedBits(bits), 0);
    }
}

#[test]
fn reserved_bits_of_an_extension_are_for_the_first_frame_of_a_message() {
    let stage = || Frames::client().reserved_bits(0x40);
    let stream = frames(Role::Client, &[(0x41, b"a"), (PART, b"b"), (FIN, b""), (0xC2, b"")]);
    assert_eq!(fault(stage(), &stream), None);
    for wrong in [0xC9, 0xE1, 0x91] {
        let found = fault(stage(), &[wrong, 0]).unwrap();
        assert_eq!(
            found.error(),
            Some(&Error::ReservedBits(wrong & if wrong == 0xC9 { 0x40 } else { 0x30 }))
        );
    }
    let stream = frames(Role::Client, &[(0x41, b"a"), (0xC0, b"b")]);
    assert_eq!(fault(stage(), &stream).unwrap().at, 3);
}

#[test]
fn unknown_opcodes() {
    for opcode in [3, 4, 5, 6, 7, 0xB, 0xC, 0xD, 0xE, 0xF] {
        breaks_the_protocol(&[FIN | opcode, 0], Error::UnknownOpcode(opcode), 0);
    }
}

#[test]
fn fragmented_control_frames() {
    for opcode in [0x8, 0x9, 0xA] {
        breaks_the_protocol(&[opcode, 0], Error::FragmentedControl, 0);
    }
}

#[test]
fn long_control_frames() {
    for first in [CLOSE, PING, 0x8A] {
        breaks_the_protocol(&[first, 126, 0, 126], Error::ControlTooLong, 1);
        breaks_the_protocol(&[first, 127], Error::ControlTooLong, 1);
    }
}

#[test]
fn a_continuation_of_nothing() {
    breaks_the_protocol(&[FIN, 0], Error::UnexpectedContinuation, 0);
    breaks_the_protocol(&[PART, 0], Error::UnexpectedContinuation, 0);
    let again = frames(Role::Client, &[(TEXT_PART, b"a"), (FIN, b"b"), (FIN, b"c")]);
    let stage = messages(Role::Client);
    let found = fault(stage, &again).unwrap();
    assert_eq!((found.error(), found.at), (Some(&Error::UnexpectedContinuation), 6));
}

#[test]
fn a_message_inside_a_fragmented_one() {
    let begun = frames(Role::Client, &[(TEXT_PART, b"a"), (PART, b""), (PING, b"?")]);
    for first in [TEXT, BINARY, TEXT_PART, BINARY_PART] {
        let input = [&begun[..], &[first, 0]].concat();
        breaks_the_protocol(&input, Error::UnfinishedMessage, begun.len());
    }
}

#[test]
fn masks() {
    let unmasked = frame(Role::Client, TEXT, b"hello");
    refused(Role::Server, &unmasked, Error::NotMasked, 1, CloseCode::PROTOCOL_ERROR);
    let masked = frame(Role::Server, TEXT, b"hello");
    refused(Role::Client, &masked, Error::Masked, 1, CloseCode::PROTOCOL_ERROR);
}

#[test]
fn lengths_that_are_not_minimal() {
    breaks_the_protocol(&[BINARY, 126, 0, 125], Error::LengthNotMinimal, 2);
    breaks_the_protocol(&[BINARY, 126, 0, 0], Error::LengthNotMinimal, 2);
    breaks_the_protocol(&[BINARY, 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], Error::LengthNotMinimal, 2);
}

#[test]
fn the_highest_bit_of_a_length() {
    let input = [BINARY, 127, 0x80, 0, 0, 0, 0, 0, 0, 0];
    breaks_the_protocol(&input, Error::LengthTopBit, 2);
    // Not even without a limit.
    let stage = Frames::client().limits(Limits::PIECES);
    assert_eq!(fault(stage, &input).unwrap().error(), Some(&Error::LengthTopBit));
    let stage = Frames::client().limits(Limits::PIECES);
    let input = [BINARY, 127, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];
    assert!(matches!(fault(stage, &input).unwrap().error(), Some(Error::FrameTooLong { .. })));
}

#[test]
fn frames_beyond_the_limit_are_refused_by_their_header() {
    let limit = Limits::DEFAULT.message;
    let length = limit as u64 + 1;
    let header = [&[BINARY, 127][..], &length.to_be_bytes()].concat();
    let error = Error::FrameTooLong { length, limit };
    assert_eq!(fault(Frames::client(), &header), Some(Fault::new(error).at(2)));
    let error = Error::MessageTooLong { length, limit };
    assert_eq!(fault(messages(Role::Client), &header), Some(Fault::new(error).at(2)));
    for (length, at) in [(5, 1), (125, 1), (126, 2)] {
        let input = frame(Role::Server, BINARY, &vec![0; length]);
        let header = &input[..if length < 126 { 2 } else { 4 }];
        let limited = |frame| Frames::server().limits(Limits { frame, ..Limits::DEFAULT });
        assert_eq!(fault(limited(length), &input), None);
        let error = Error::FrameTooLong { length: length as u64, limit: length - 1 };
        for shown in [header, &input] {
            let found = fault(limited(length - 1), shown).unwrap();
            assert_eq!((found.error(), found.at), (Some(&error), at));
        }
    }
}

/// Senders that fragment, as Chromium does, meet the limit where those meet it that do not, as Node:
/// also above what one record may have, and above the limit that a connection has for records.
#[test]
fn a_message_limit_is_met_alike_in_one_frame_and_in_many() {
    for limit in [1000, 70_000, 20 << 20] {
        for first in [TEXT_PART, BINARY_PART] {
            for (length, passes) in [(limit, true), (limit + 1, false)] {
                let payload = vec![b'a'; length];
                let whole = frame(Role::Client, first | FIN, &payload);
                let mut parts = frame(Role::Client, first, b"");
                for part in payload.chunks(128 << 10) {
                    parts.extend(frame(Role::Client, PART, part));
                }
                parts.extend(frame(Role::Client, FIN, b""));
                for stream in [whole, parts] {
                    let mut stage = messages(Role::Client).limits(Limits::message(limit));
                    let seen = feed(&mut stage, stream.chunks(1 << 20));
                    if passes {
                        let message = seen.messages.first().unwrap();
                        let (Owned::Text(_) | Owned::Binary(_)) = message else { panic!() };
                        assert_eq!((seen.messages.len(), seen.end), (1, Ok(false)));
                    } else {
                        let fault = seen.end.unwrap_err();
                        let error = Error::MessageTooLong { length: length as u64, limit };
                        assert_eq!(fault.error(), Some(&error));
                        assert_eq!(error.close_code(), CloseCode::TOO_BIG);
                    }
                }
            }
        }
    }
}

#[test]
fn a_limit_on_frames_is_one_more() {
    let limits = Limits { frame: 4, message: 10, ..Limits::DEFAULT };
    let stage = || messages(Role::Client).limits(limits);
    let parts = frames(Role::Client, &[(BINARY_PART, b"1234"), (PART, b"5678"), (FIN, b"90")]);
    assert_eq!(fault(stage(), &parts), None);
    for first in [BINARY, TEXT] {
        let error = Error::FrameTooLong { length: 5, limit: 4 };
        let whole = frame(Role::Client, first, b"12345");
        assert_eq!(fault(stage(), &whole), Some(Fault::new(error).at(1)));
    }
}

#[test]
fn of_messages_that_may_have_no_byte_texts_are_texts() {
    for role in [Role::Server, Role::Client] {
        let no_message = Limits { message: 0, ..Limits::DEFAULT };
        let no_frame = Limits { frame: 0, ..Limits::DEFAULT };
        let stages = [no_message, no_frame].map(|limits| messages(role).limits(limits));
        let stream = frames(role, &[(TEXT, b""), (BINARY, b""), (TEXT_PART, b""), (FIN, b"")]);
        for mut stage in stages {
            let seen = feed(&mut stage, [&stream[..]]);
            let (text, binary) = (Owned::Text(String::new()), Owned::Binary(vec![]));
            assert_eq!(seen.messages, [text.clone(), binary, text]);
            assert_eq!(seen.end, Ok(false));
        }
    }
}

#[test]
fn messages_beyond_the_limit_are_refused_by_the_header_that_passes_it() {
    let limits = Limits { message: 4, ..Limits::DEFAULT };
    let stage = || messages(Role::Client).limits(limits);
    let whole = frame(Role::Client, BINARY, b"12345");
    let error = Error::MessageTooLong { length: 5, limit: 4 };
    for shown in [&whole[..2], &whole] {
        assert_eq!(fault(stage(), shown), Some(Fault::new(error).at(1)));
    }
    assert_eq!(fault(stage(), &frame(Role::Client, BINARY, b"1234")), None);
    assert_eq!(error.close_code(), CloseCode::TOO_BIG);

    // Two bytes of a character are held back, and counted.
    for first in ["12".as_bytes(), b"\xf0\x9f"] {
        let begun = frames(Role::Client, &[(TEXT_PART, first), (PING, b"longer"), (PART, b"")]);
        let fits = [&begun[..], &[FIN, 2]].concat();
        assert_eq!(fault(stage(), &fits), None);
        let passes = [&begun[..], &[FIN, 3]].concat();
        assert_eq!(fault(stage(), &passes), Some(Fault::new(error).at(begun.len() as u64 + 1)));
    }
    // The next message counts from nothing.
    let twice = frames(Role::Client, &[(TEXT_PART, b"12"), (FIN, b"34"), (BINARY, b"1234")]);
    assert_eq!(fault(stage(), &twice), None);
}

#[test]
fn text_that_is_not_utf8() {
    let invalid = CloseCode::INVALID_DATA;
    for (text, bad) in [(&b"ab\xffcd"[..], 2), (b"\xce\xba\xed\xa0\x80", 3), (b"ab\xe2\x82", 4)] {
        let input = frame(Role::Server, TEXT, text);
        refused(Role::Server, &input, Error::Utf8, 6 + bad, invalid);
    }
    // Fragments: at once, not at the end of the message.
    let begun = frames(Role::Server, &[(TEXT_PART, b"\xce\xba\xf4"), (PART, b"")]);
    let input = [&begun[..], &frame(Role::Server, PART, b"\x90\x80\x80")].concat();
    refused_in_fragments(&input, begun.len() + 6);
    // A character that the message ends in.
    let begun = frame(Role::Server, TEXT_PART, b"\xf4\x80");
    let input = [&begun[..], &frame(Role::Server, FIN, b"\x80")].concat();
    refused_in_fragments(&input, begun.len() + 6 + 1);
}

#[test]
fn text_is_refused_at_its_first_bad_byte_before_the_frame_is_whole() {
    for role in [Role::Server, Role::Client] {
        let text = b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited";
        let whole = frame(role, TEXT, text);
        let parts = [(TEXT_PART, &text[..4]), (PING, b"!"), (PART, &text[4..9]), (FIN, &text[9..])];
        for (input, bad) in [
            (whole.clone(), whole.len() - text.len() + 12),
            (frames(role, &parts), frames(role, &parts).len() - (text.len() - 12)),
        ] {
            let good = feed(&mut messages(role), input[..bad].iter().map(std::slice::from_ref));
            assert_eq!((good.messages, good.end), (vec![], Ok(false)));
            let found = feed(&mut messages(role), input[..=bad].iter().map(std::slice::from_ref));
            assert_eq!(found.end, Err(Fault::new(Error::Utf8).at(bad as u64)));
        }
    }
}

#[test]
fn messages_in_too_many_fragments() {
    let limited = |fragments| Limits { fragments, ..Limits::DEFAULT };
    let stage = || messages(Role::Client).limits(limited(3));
    let three = frames(Role::Client, &[(BINARY_PART, b"a"), (PART, b""), (PING, b""), (FIN, b"")]);
    assert_eq!(fault(stage(), &three.repeat(2)), None);
    let four = frames(Role::Client, &[(BINARY_PART, b"a"), (PART, b""), (PART, b"")]);
    let error = Error::TooManyFragments { limit: 3 };
    let input = [&four[..], &[FIN]].concat();
    assert_eq!(fault(stage(), &input), Some(Fault::new(error).at(four.len() as u64)));
    assert_eq!(error.close_code(), CloseCode::POLICY);
    assert_eq!(fault(stage().limits(limited(0)), &frame(Role::Client, BINARY, b"whole")), None);
}

#[track_caller]
fn refused_in_fragments(input: &[u8], at: usize) {
    let found = fault(messages(Role::Server), input).unwrap();
    assert_eq!((found.error(), found.at, found.fatal), (Some(&Error::Utf8), at as u64, true));
}

#[test]
fn close_frames() {
    for reply in [Reply::Hidden, Reply::Shown, Reply::Manual] {
        let stage = || messages(Role::Client).closes(reply);
        let check = |payload: &[u8], error: Error, at: u64| {
            let found = fault(stage(), &frame(Role::Client, CLOSE, payload)).unwrap();
            assert_eq!((found.error(), found.at, found.fatal), (Some(&error), 2 + at, true));
        };
        check(b"\x03", Error::CloseLength, 0);
        for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535_u16] {
            check(&code.to_be_bytes(), Error::CloseCode(code), 0);
        }
        check(b"\x03\xe8bye\xc3!", Error::Utf8, 6);
        check(b"\x03\xe8bye\xc3", Error::Utf8, 6);
    }
    assert_eq!(Error::CloseLength.close_code(), CloseCode::PROTOCOL_ERROR);
    assert_eq!(Error::CloseCode(1005).close_code(), CloseCode::PROTOCOL_ERROR);
}

#[test]
fn a_refused_close_frame_is_not_answered() {
    let seen = feed(&mut messages(Role::Client), [&b"\x88\x02\x03\xed"[..]]);
    assert!(seen.end.is_err() && seen.answers.is_empty());
}

#[test]
fn a_stream_that_ends_without_a_close_frame_is_truncated() {
    let mut stage = messages(Role::Client);
    for input in [&b""[..], b"\x81", b"\x82\x03ab"] {
        assert!(matches!(stage.frame(input, true), Ok(segue::Framing::Need(_))));
    }
    for (whole, cut) in [(1, &b""[..]), (0, b"\x81\x03ab"), (1, b"\x81"), (0, b"\x01\x01a")] {
        let mut stage = messages(Role::Client);
        let stream = [&b"\x81\x01a"[..3 * whole], cut].concat();
        let mut buffer = segue::Buffer::from(&stream[..]);
        let mut answers = segue::Output::new();
        for _ in 0..whole {
            assert!(buffer.step(&mut stage, true, &mut answers).is_ok());
        }
        let found = buffer.step(&mut stage, true, &mut answers).unwrap_err();
        assert_eq!((found.cause, found.at), (Cause::Truncated, stream.len() as u64));
    }
}

#[test]
fn a_need_says_when_more_is_known_and_what_surely_follows() {
    use segue::Need;
    let need = |role, input: &[u8]| match Frames::new(role).frame(input, false) {
        Ok(segue::Framing::Need(Need { at_least, claim, .. })) => (at_least.get(), claim),
        other => panic!("{other:?}"),
    };
    // The second byte may be wrong; with it comes a masking key at least, if it is a client's.
    assert_eq!(need(Role::Server, b""), (2, 6));
    assert_eq!(need(Role::Server, b"\x81"), (1, 5));
    assert_eq!(need(Role::Client, b""), (2, 2));
    // A length may be wrong; if it is not, so much follows.
    assert_eq!(need(Role::Server, b"\x81\xfe"), (2, 6 + 126));
    assert_eq!(need(Role::Client, b"\x81\x7e\x01"), (1, 1 + 126));
    assert_eq!(need(Role::Server, b"\x81\xff\0"), (7, 7 + 4 + 0x1_0000));
    // All is known.
    assert_eq!(need(Role::Server, b"\x81\x82"), (6, 6));
    assert_eq!(need(Role::Client, b"\x81\x7e\x01\x00ab"), (254, 254));
}

#[test]
fn errors_say_what_and_by_which_rule() {
    let said = Error::MessageTooLong { length: 9, limit: 8 }.to_string();
    assert_eq!(said, "a message has 9 bytes where at most 8 are allowed (RFC 6455 §10.4)");
    assert_eq!(Error::Utf8.to_string(), "text is not UTF-8 (RFC 6455 §8.1)");
}
