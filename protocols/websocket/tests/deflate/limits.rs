//! A bomb, and what a connection holds.

use segue::{Buffer, Encode, Fault, Output, Step};
use segue_websocket::{
    CloseCode, Deflate, Error, Fragment, Limits, Message, Opcode, Outgoing, Piece, Pieces,
};

use super::{
    counting::{held, peak},
    opened,
};

/// A message that inflates to a thousand times its length, compressed.
fn bomb(length: usize) -> Vec<u8> {
    let (_, mut writer) = opened(Deflate::new(), Deflate::new().level(9)).1.halves();
    let mut output = Output::new();
    writer.encode(Outgoing::Binary(&vec![0; length]), &mut output).unwrap();
    output.to_vec()
}

#[test]
fn a_bomb_is_stopped_at_the_limit() {
    const LIMIT: usize = 1 << 20;
    let bomb = bomb(64 << 20);
    assert!(bomb.len() < 1 << 17, "{} bytes", bomb.len());
    for piece in [bomb.len(), 1460, 1] {
        let limits = Limits { message: LIMIT, ..Limits::DEFAULT };
        let mut messages = opened(Deflate::new(), Deflate::new()).0.halves().0.limits(limits);
        let mut end = None;
        let most = peak(|| {
            let (mut buffer, mut answers) = (Buffer::new(), Output::new());
            for bytes in bomb.chunks(piece) {
                buffer.extend(bytes);
                match buffer.step(&mut messages, false, &mut answers) {
                    Ok(Step::Need(_)) => {}
                    Ok(_) => panic!("it came through"),
                    Err(fault) => {
                        end = Some(fault);
                        break;
                    }
                }
            }
        });
        let error = Error::InflatedTooLong { limit: LIMIT };
        assert_eq!(end, Some(Fault::new(error).at(LIMIT as u64).nested()));
        assert_eq!(error.close_code(), CloseCode::TOO_BIG);
        // The message up to the limit, once more while it grows, the stream, and what was received.
        let allowed = 2 * LIMIT + (64 << 10) + 2 * bomb.len().next_power_of_two();
        assert!(most <= allowed.cast_signed(), "{most} bytes in pieces of {piece}");
    }
}

#[test]
fn a_bomb_in_pieces_takes_no_more_memory_than_the_docs_say() {
    let bomb = bomb(64 << 20);
    let agreed = *opened(Deflate::new(), Deflate::new()).0.deflate().unwrap();
    let mut pieces = Pieces::server().deflate(&agreed);
    let (mut length, mut ended) = (0, false);
    let most = peak(|| {
        let (mut buffer, mut answers) = (Buffer::new(), Output::new());
        for bytes in bomb.chunks(4096) {
            buffer.extend(bytes);
            while let Step::Item(piece) = buffer.step(&mut pieces, false, &mut answers).unwrap() {
                let Piece::Part(part) = piece else { panic!("{piece:?}") };
                assert_eq!((part.first, part.text), (length == 0, false));
                length += part.payload.len();
                ended |= part.last;
            }
        }
    });
    assert_eq!((length, ended), (64 << 20, true));
    // The output of a piece, half of that while it grows, the stream, and the received bytes.
    assert!(most < (128 + 64 + 48 + 12) << 10, "{most} bytes");
    assert_eq!(fault_of(&bomb, 1000), Some(Error::InflatedTooLong { limit: 1000 }));
}

/// The error of a message read in pieces, with a limit on all of it.
fn fault_of(stream: &[u8], limit: usize) -> Option<Error> {
    let agreed = *opened(Deflate::new(), Deflate::new()).0.deflate().unwrap();
    let limits = Limits { message: limit, ..Limits::PIECES };
    let mut pieces = Pieces::server().deflate(&agreed).limits(limits);
    let (mut buffer, mut answers) = (Buffer::from(stream), Output::new());
    loop {
        match buffer.step(&mut pieces, false, &mut answers) {
            Ok(Step::Item(_)) => {}
            Ok(_) => return None,
            Err(fault) => return fault.error().copied(),
        }
    }
}

#[test]
fn a_message_of_just_the_limit_comes_through() {
    let stream = bomb(1 << 20);
    for (limit, passes) in [(1 << 20, true), ((1 << 20) - 1, false)] {
        let limits = Limits { message: limit, ..Limits::DEFAULT };
        let mut messages = opened(Deflate::new(), Deflate::new()).0.halves().0.limits(limits);
        let (mut buffer, mut answers) = (Buffer::from(&stream[..]), Output::new());
        let item = buffer.step(&mut messages, false, &mut answers);
        assert_eq!(matches!(item, Ok(Step::Item(Message::Binary(_)))), passes);
    }
}

/// Compressed frames count by what they inflate to. Noise gets longer by compression, and is
/// accepted up to the limit all the same, in one frame and in many.
#[test]
fn compressed_frames_are_measured_by_what_they_inflate_to() {
    let mut noise = 1_u32;
    let mut noise = |length: usize| -> Vec<u8> {
        let some = (0..length).map(|_| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            noise.to_be_bytes()[0]
        });
        some.collect()
    };
    for limit in [1000, 300_000] {
        for (length, passes) in [(limit, true), (limit + 1, false)] {
            let payload = noise(length);
            let whole = vec![Outgoing::Binary(&payload)];
            let count = payload.chunks(limit / 3).count();
            let parts = payload.chunks(limit / 3).enumerate().map(|(i, payload)| {
                let opcode = if i == 0 { Opcode::Binary } else { Opcode::Continuation };
                Outgoing::Fragment(Fragment { opcode, fin: i + 1 == count, payload })
            });
            for items in [whole, parts.collect()] {
                let (accepted, connected) = opened(Deflate::new(), Deflate::new());
                let (mut writer, mut output) = (connected.halves().1, Output::new());
                for item in items {
                    writer.encode(item, &mut output).unwrap();
                }
                let sent = output.to_vec();
                assert!(sent.len() > length, "noise does not get shorter");
                // The limit on frames is one on what is held whole, which these are not.
                let limits = Limits { frame: limit, ..Limits::message(limit) };
                let mut messages = accepted.halves().0.limits(limits);
                let (mut buffer, mut answers) = (Buffer::from(&sent[..]), Output::new());
                match buffer.step(&mut messages, false, &mut answers) {
                    Ok(Step::Item(Message::Binary(message))) => {
                        assert!(passes && message == payload);
                    }
                    Ok(other) => panic!("{other:?}"),
                    Err(fault) => {
                        let error = Error::InflatedTooLong { limit };
                        assert_eq!((fault.error(), passes), (Some(&error), false));
                    }
                }
                let mut pieces = accepted.pieces().0.limits(limits);
                let mut buffer = Buffer::from(&sent[..]);
                let mut got = 0;
                let ended = loop {
                    match buffer.step(&mut pieces, false, &mut answers) {
                        Ok(Step::Item(Piece::Part(part))) => got += part.payload.len(),
                        Ok(_) => break Ok(got),
                        Err(fault) => break Err(fault.error().copied()),
                    }
                };
                let error = Some(Error::InflatedTooLong { limit });
                assert_eq!(ended, if passes { Ok(length) } else { Err(error) });
            }
        }
    }
}

/// The memory that a server's halves hold after a message was echoed, while they wait for the next.
fn idle(terms: Deflate) -> isize {
    let (accepted, opened) = opened(terms, Deflate::new());
    let mut request = Output::new();
    let text = "segue ".repeat(1000);
    opened.halves().1.encode(Outgoing::Text(&text), &mut request).unwrap();
    let request = request.to_vec();

    let before = held();
    let (mut messages, mut writer) = accepted.halves();
    let (mut buffer, mut answers) = (Buffer::from(&request[..]), Output::new());
    match buffer.step(&mut messages, false, &mut answers) {
        Ok(Step::Item(message)) => writer.encode(message, &mut Output::new()).unwrap(),
        other => panic!("{other:?}"),
    }
    let Ok(Step::Need(_)) = buffer.step(&mut messages, false, &mut answers) else {
        panic!("more than was sent")
    };
    drop((buffer, answers));
    held() - before
}

#[test]
fn an_idle_connection_holds_what_the_docs_say() {
    let plain = Deflate::new();
    let whole = idle(plain);
    let small = idle(plain.server_max_window_bits(9).client_max_window_bits(9));
    let none = idle(plain.server_no_context_takeover().client_no_context_takeover());
    let sent = idle(plain.server_max_window_bits(12));
    let received = idle(plain.client_max_window_bits(8));
    let near = |found: isize, kib: isize| (found - (kib << 10)).abs() < 4 << 10;
    assert!(near(whole, 372 + 47), "{whole}");
    assert!(near(small, 246 + 47), "{small}");
    assert!(none < 1024, "{none}");
    assert!(near(sent, 244 + 16 + 47), "{sent}");
    // The decompressor is as large for any window.
    assert!(near(received, 372 + 47), "{received}");
}
