//! The suite for endpoints, stamped on every driver. `$($wait)*` is `.await`, or nothing.

macro_rules! suite {
    ($driver:ident, $net:path, $both:ident, $joined:path, [$($wait:tt)*]) => {
        mod $driver {
            use crate::raw;
            use bytes::Bytes;
            use segue::{Cause, Handoff};
            use segue_websocket::{
                ClientHandshake, Close, CloseCode, CloseFrame, Deflate, Limits, Message, Outgoing, OwnedMessage, Prepared, Refusal, Reply,
                RequestError, ResponseError, Role, ServerHandshake, WriteError,
                $driver::WebSocket, endpoint::Error,
            };
            use std::{io::Write, thread};
            use $net as net;

            fn closed(code: u16, reason: &str) -> OwnedMessage {
                OwnedMessage::Close(Some((CloseCode(code), reason.into())))
            }

            #[test]
            fn messages_of_all_lengths_come_back() {
                $both!(listener: net => {
                    let io = listener.accept() $($wait)* .unwrap().0;
                    let mut socket = WebSocket::accept(io) $($wait)* .unwrap();
                    let mut count = 0;
                    while let Some(message) = socket.next() $($wait)* .unwrap() {
                        socket.send(&message) $($wait)* .unwrap();
                        count += 1;
                    }
                    assert_eq!(count, 10, "nine messages and the close frame");
                    socket.close_unbounded(CloseCode::NORMAL) $($wait)* .unwrap();
                }, address => {
                    let io = net::TcpStream::connect(address) $($wait)* .unwrap();
                    let mut socket = WebSocket::connect(io, "localhost", "/") $($wait)* .unwrap();
                    for size in [0, 1, 125, 126, 65535, 65536, 1 << 20] {
                        let message = OwnedMessage::from(Bytes::from(vec![7; size]));
                        socket.send(&message) $($wait)* .unwrap();
                        assert_eq!(socket.next() $($wait)* .unwrap(), Some(message));
                    }
                    socket.queue("first") $($wait)* .unwrap();
                    socket.queue("sécond") $($wait)* .unwrap();
                    socket.flush() $($wait)* .unwrap();
                    assert_eq!(socket.next() $($wait)* .unwrap(), Some("first".into()));
                    assert_eq!(socket.next() $($wait)* .unwrap(), Some("sécond".into()));
                    socket.close_unbounded((CloseCode::NORMAL, "bye")) $($wait)* .unwrap();
                    socket.close_unbounded((CloseCode::NORMAL, "again")) $($wait)* .unwrap();
                    assert_eq!(socket.next() $($wait)* .unwrap(), None);
                });
            }

            #[test]
            fn compressed_messages_come_back() {
                $both!(listener: net => {
                    let io = listener.accept() $($wait)* .unwrap().0;
                    let terms = ServerHandshake::new().deflate(Deflate::new());
                    let (mut socket, accepted) =
                        WebSocket::accept_with(io, terms) $($wait)* .unwrap();
                    assert!(accepted.deflate().is_some());
                    while let Some(message) = socket.next() $($wait)* .unwrap() {
                        socket.send(&message) $($wait)* .unwrap();
                    }
                    socket.close_unbounded(CloseCode::NORMAL) $($wait)* .unwrap();
                }, address => {
                    let io = net::TcpStream::connect(address) $($wait)* .unwrap();
                    let wish = ClientHandshake::new("localhost", "/").deflate(Deflate::new());
                    let mut socket = WebSocket::connect_with(io, wish) $($wait)* .unwrap().0;
                    for size in [0, 1, 125, 65536, 1 << 20] {
                        let message = OwnedMessage::from("é".repeat(size));
                        socket.send(&message) $($wait)* .unwrap();
                        assert_eq!(socket.next() $($wait)* .unwrap(), Some(message));
                    }
                    socket.close_unbounded(CloseCode::NORMAL) $($wait)* .unwrap();
                });
            }

            #[test]
            fn the_server_closes_and_drops_what_is_under_way() {
                $both!(listener: net => {
                    let io = listener.accept() $($wait)* .unwrap().0;
                    let mut socket = WebSocket::accept(io) $($wait)* .unwrap();
                    assert_eq!(socket.next() $($wait)* .unwrap(), Some("first".into()));
                    socket.close_unbounded((CloseCode::GOING_AWAY, "restart")) $($wait)* .unwrap();
                    assert_eq!(socket.next() $($wait)* .unwrap(), None);
                }, address => {
                    let io = net::TcpStream::connect(address) $($wait)* .unwrap();
                    let mut socket = WebSocket::connect(io, "localhost", "/") $($wait)* .unwrap();
                    for message in ["first", "second", "third"] {
                        socket.send(message) $($wait)* .unwrap();
                    }
                    let last = socket.next() $($wait)* .unwrap();
                    assert_eq!(last, Some(closed(1001, "restart")));
                    // The answer has not gone yet, and is sent behind what is sent until then.
                    socket.send("not late yet") $($wait)* .unwrap();
                    assert_eq!(socket.next() $($wait)* .unwrap(), None);
                    assert!(matches!(socket.send("late") $($wait)*, Err(Error::Closed)));
                    assert!(socket.is_closed());
                    socket.close_unbounded(CloseCode::NORMAL) $($wait)* .unwrap();
                });
            }

            #[test]
            fn both_close_at_once() {
                $both!(listener: net => {
                    let io = listener.accept() $($wait)* .unwrap().0;
                    let mut socket = WebSocket::accept(io) $($wait)* .unwrap();
                    socket.close_unbounded(CloseCode::NORMAL) $($wait)* .unwrap();
                }, address => {
                    let io = net::TcpStream::connect(address) $($wait)* .unwrap();
                    let mut socket = WebSocket::connect(io, "localhost", "/") $($wait)* .unwrap();
                    socket.close_unbounded(CloseCode::NORMAL) $($wait)* .unwrap();
                });
            }

            #[test]
            fn after_its_last_word_an_end_still_hears() {
                $both!(listener: net => {
                    let io = listener.accept() $($wait)* .unwrap().0;
                    let socket = WebSocket::accept(io) $($wait)* .unwrap();
                    let mut socket = socket.read_with(|messages| messages.closes(Reply::Manual));
                    let last = socket.next() $($wait)* .unwrap();
                    assert_eq!(last, Some(closed(1000, "that is all")));
                    assert_eq!(socket.next() $($wait)* .unwrap(), None);
                    for i in 0..100 {
                        socket.queue(&i.to_string()) $($wait)* .unwrap();
                    }
                    socket.close_unbounded((CloseCode(4000), "done")) $($wait)* .unwrap();
                }, address => {
                    let io = net::TcpStream::connect(address) $($wait)* .unwrap();
                    let mut socket = WebSocket::connect(io, "localhost", "/") $($wait)* .unwrap();
                    let close = Close { code: CloseCode::NORMAL, reason: "that is all" };
                    socket.send(Outgoing::Close(Some(close))) $($wait)* .unwrap();
                    for i in 0..100 {
                        let message = socket.next() $($wait)* .unwrap();
                        assert_eq!(message, Some(OwnedMessage::from(i.to_string())));
                    }
                    let last = socket.next() $($wait)* .unwrap();
                    assert_eq!(last, Some(closed(4000, "done")));
                    assert_eq!(socket.next() $($wait)* .unwrap(), None);
                    socket.close_unbounded(CloseCode::NORMAL) $($wait)* .unwrap();
                });
            }

            #[test]
            fn a_close_frame_that_cannot_be_sent_leaves_the_connection() {
                $both!(listener: net => {
                    let io = listener.accept() $($wait)* .unwrap().0;
                    let mut socket = WebSocket::accept(io) $($wait)* .unwrap();
                    let refused = socket.close_unbounded(CloseCode::ABNORMAL) $($wait)*;
                    assert!(matches!(refused, Err(Error::Write(WriteError::CloseCode(_)))));
                    let long = "x".repeat(Close::MAX_REASON + 1);
                    let refused = socket.close_unbounded((CloseCode::NORMAL, &long)) $($wait)*;
                    assert!(matches!(refused, Err(Error::Write(_))));
                    socket.send("still there") $($wait)* .unwrap();
                    assert_eq!(socket.next() $($wait)* .unwrap(), Some(closed(1000, "")));
                    socket.close_unbounded(CloseCode::NORMAL) $($wait)* .unwrap();
                }, address => {
                    let io = net::TcpStream::connect(address) $($wait)* .unwrap();
                    let mut socket = WebSocket::connect(io, "localhost", "/") $($wait)* .unwrap();
                    let message = socket.next() $($wait)* .unwrap();
                    assert_eq!(message, Some("still there".into()));
                    socket.close_unbounded(CloseCode::NORMAL) $($wait)* .unwrap();
                });
            }

            #[test]
            fn parts_of_long_messages_are_sent_back_as_they_were() {
                let sizes = [100, 16_383, 16_384, 17_000, 65_536, 300_000, 1 << 20, 40_000, 9];
                let payload = |size: usize| (0..=250).cycle().take(size).collect::<Vec<u8>>();
                $both!(listener: net => {
                    let io = listener.accept() $($wait)* .unwrap().0;
                    let mut socket = WebSocket::accept(io) $($wait)* .unwrap();
                    while let Some(mut turn) = socket.turn() $($wait)* .unwrap() {
                        let Message::Binary(payload) = turn.message else { continue };
                        let (front, back) = payload.split_at(payload.len() / 3);
                        let copy = back.to_vec();
                        turn.answer.queue(back).unwrap();
                        turn.answer.queue(&copy[..]).unwrap();
                        turn.answer.queue(&payload[payload.len()..]).unwrap();
                        turn.answer.queue(front).unwrap();
                    }
                    socket.close_unbounded(CloseCode::NORMAL) $($wait)* .unwrap();
                }, address => {
                    let io = net::TcpStream::connect(address) $($wait)* .unwrap();
                    let mut socket = WebSocket::connect(io, "localhost", "/") $($wait)* .unwrap();
                    for size in sizes {
                        let sent = payload(size);
                        socket.send(&sent[..]) $($wait)* .unwrap();
                        let (front, back) = sent.split_at(size / 3);
                        let mut kept = Vec::new();
                        for expected in [back, back, &[][..], front] {
                            let message = socket.next() $($wait)* .unwrap().unwrap();
                            assert!(message.as_bytes() == expected, "of {size} bytes");
                            // It stays what it was while others come.
                            kept.push((message, expected));
                        }
                        for (message, expected) in kept {
                            assert!(message.as_bytes() == expected, "of {size} bytes");
                        }
                    }
                    socket.close_unbounded(CloseCode::NORMAL) $($wait)* .unwrap();
                });
            }

            #[test]
            fn a_batch_is_answered_on_the_turns_output() {
                $both!(listener: net => {
                    let io = listener.accept() $($wait)* .unwrap().0;
                    let mut socket = WebSocket::accept(io) $($wait)* .unwrap();
                    while let Some(mut turn) = socket.turn() $($wait)* .unwrap() {
                        turn.answer.queue(turn.message).unwrap();
                        turn.answer.driver().room() $($wait)* .unwrap();
                    }
                    socket.close_unbounded(CloseCode::NORMAL) $($wait)* .unwrap();
                }, address => {
                    let frames = [raw::REQUEST, raw::HELLO, raw::HELLO, raw::CLOSE].concat();
                    let client = thread::spawn(move || raw::client(address, &frames, false));
                    let answer = $joined(client) $($wait)*;
                    assert_eq!(raw::frames(&answer), b"\x81\x05Hello\x81\x05Hello\x88\0");
                });
            }

            #[test]
            fn a_fault_is_told_to_both_ends() {
                // A frame that is not masked, text that is not UTF-8, and text that is too long.
                for (frame, code) in [
                    (&b"\x81\x01a"[..], 1002),
                    (b"\x81\x81\0\0\0\0\xff", 1007),
                    (b"\x82\xfe\x10\x01\0\0\0\0", 1009),
                ] {
                    for (lent, again) in [(false, true), (true, true), (true, false)] {
                        $both!(listener: net => {
                            let io = listener.accept() $($wait)* .unwrap().0;
                            let socket = WebSocket::accept(io) $($wait)* .unwrap();
                            let limits = Limits { message: 4096, ..Limits::DEFAULT };
                            let mut socket = socket.read_with(|messages| messages.limits(limits));
                            let fault = if lent {
                                socket.turn() $($wait)* .map(drop)
                            } else {
                                socket.next() $($wait)* .map(drop)
                            };
                            let Err(Error::Fault(fault)) = fault else { panic!("{fault:?}") };
                            assert_eq!(fault.error().unwrap().close_code().0, code);
                            if again {
                                assert!(socket.turn() $($wait)* .unwrap().is_none());
                                assert_eq!(socket.next() $($wait)* .unwrap(), None);
                            }
                            socket.close_unbounded(CloseCode::NORMAL) $($wait)* .unwrap();
                        }, address => {
                            let frames = [raw::REQUEST, frame].concat();
                            let client = thread::spawn(move || raw::client(address, &frames, false));
                            let answer = $joined(client) $($wait)*;
                            let frames = raw::frames(&answer);
                            assert_eq!((frames[0], &frames[2..4]), (0x88, &code.to_be_bytes()[..]));
                            assert_eq!(frames.len(), 2 + usize::from(frames[1]));
                        });
                    }
                }
            }

            #[test]
            fn a_fault_that_nobody_asked_for_is_told_by_close() {
                $both!(listener: net => {
                    let io = listener.accept() $($wait)* .unwrap().0;
                    let mut socket = WebSocket::accept(io) $($wait)* .unwrap();
                    let closed = socket.close_unbounded(CloseCode::NORMAL) $($wait)*;
                    assert!(matches!(closed, Err(Error::Fault(_))), "{closed:?}");
                    socket.close_unbounded(CloseCode::NORMAL) $($wait)* .unwrap();
                }, address => {
                    let frames = [raw::REQUEST, b"\x83\x80\0\0\0\0"].concat();
                    let client = thread::spawn(move || raw::client(address, &frames, false));
                    let answer = $joined(client) $($wait)*;
                    assert_eq!(raw::frames(&answer), b"\x88\x02\x03\xe8");
                });
            }

            #[test]
            fn a_peer_that_goes_without_a_word_is_a_fault() {
                $both!(listener: net => {
                    let io = listener.accept() $($wait)* .unwrap().0;
                    let mut socket = WebSocket::accept(io) $($wait)* .unwrap();
                    assert_eq!(socket.next() $($wait)* .unwrap(), Some("Hello".into()));
                    let fault = socket.next() $($wait)*;
                    let Err(Error::Fault(fault)) = fault else { panic!("{fault:?}") };
                    assert_eq!(fault.cause, Cause::Truncated);
                    assert_eq!(socket.next() $($wait)* .unwrap(), None);
                    socket.close_unbounded(CloseCode::NORMAL) $($wait)* .unwrap();
                }, address => {
                    let frames = [raw::REQUEST, raw::HELLO].concat();
                    let client = thread::spawn(move || raw::client(address, &frames, true));
                    let answer = $joined(client) $($wait)*;
                    assert_eq!(raw::frames(&answer), b"");
                });
            }

            #[test]
            fn a_refused_client_gets_its_answer() {
                $both!(listener: net => {
                    for _ in 0..2 {
                        let io = listener.accept() $($wait)* .unwrap().0;
                        let handshake = ServerHandshake::new().decide(|request, _| {
                            assert_eq!(request.target(), "/chat?room=1");
                            Err(Refusal::new(403))
                        });
                        let refused = WebSocket::accept_with(io, handshake) $($wait)*;
                        let Err(Error::Request(fault)) = refused else { panic!("{refused:?}") };
                        assert!(matches!(
                            fault.error(),
                            Some(RequestError::Refused(403) | RequestError::NotAnUpgrade)
                        ));
                    }
                }, address => {
                    let client = thread::spawn(move || {
                        // Behind the first are frames, which must not reset the connection.
                        let frames = [raw::REQUEST, &raw::HELLO.repeat(1000)].concat();
                        let plain = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
                        [raw::client(address, &frames, false), raw::client(address, plain, false)]
                    });
                    let [forbidden, upgrade] = $joined(client) $($wait)*;
                    assert!(forbidden.starts_with(b"HTTP/1.1 403 "));
                    assert!(upgrade.starts_with(b"HTTP/1.1 426 "));
                });
            }

            /// Everything that owns its payload may be sent, and a close frame is made of what
            /// there is to say.
            #[test]
            fn messages_are_sent_as_they_are_at_hand() {
                $both!(listener: net => {
                    let io = listener.accept() $($wait)* .unwrap().0;
                    let mut socket = WebSocket::accept(io) $($wait)* .unwrap();
                    assert!(socket.get_ref().peer_addr().unwrap().ip().is_loopback());
                    socket.get_mut();
                    while let Some(message) = socket.next() $($wait)* .unwrap() {
                        if message.is_data() {
                            socket.send(message) $($wait)* .unwrap(); // owned in, owned out
                        }
                    }
                    let rest = socket.into_inner().unwrap();
                    assert!(rest.read().is_empty() && rest.unsent().is_empty());
                }, address => {
                    let io = net::TcpStream::connect(address) $($wait)* .unwrap();
                    let mut socket = WebSocket::connect(io, "localhost", "/") $($wait)* .unwrap();
                    let long = vec![7; 100_000];
                    socket.send(String::from("text")) $($wait)* .unwrap();
                    socket.send(long.clone()) $($wait)* .unwrap();
                    socket.send(&long) $($wait)* .unwrap();
                    socket.send(OwnedMessage::from(long.clone())) $($wait)* .unwrap();
                    socket.ping("there?") $($wait)* .unwrap();
                    let text = socket.next() $($wait)* .unwrap().unwrap();
                    assert!(text.is_text());
                    assert_eq!(text.into_text().unwrap(), "text");
                    for _ in 0..3 {
                        let message = socket.next() $($wait)* .unwrap().unwrap();
                        assert!(message.is_binary() && message.into_bytes() == long);
                    }
                    let pong = socket.next() $($wait)* .unwrap().unwrap();
                    assert_eq!((pong.is_pong(), pong.to_text()), (true, Ok("there?")));
                    socket.close_unbounded(None) $($wait)* .unwrap();
                });
            }

            #[test]
            fn batches_leave_in_order_and_not_behind_a_close_frame() {
                let all = Prepared::from(vec![9; 5000]);
                let batch = || vec![Outgoing::from("one"), (&all).into(), String::from("three").into()];
                $both!(listener: net => {
                    let io = listener.accept() $($wait)* .unwrap().0;
                    let mut socket = WebSocket::accept(io) $($wait)* .unwrap();
                    socket.queue_all(batch()) $($wait)* .unwrap();
                    socket.send_all(["four", "five"]) $($wait)* .unwrap();
                    let mut turn = socket.turn() $($wait)* .unwrap().unwrap();
                    turn.answer.queue_all(batch()).unwrap();
                    let (mut sender, mut receiver) = socket.split();
                    sender.queue_all(batch()) $($wait)* .unwrap();
                    sender.send_all([CloseFrame::from(CloseCode(4000))]) $($wait)* .unwrap();
                    let late = sender.queue_all([&all]) $($wait)*;
                    assert!(matches!(late, Err(Error::Closed)), "{late:?}");
                    assert!(sender.output().is_empty());
                    while receiver.next() $($wait)* .unwrap().is_some() {}
                    receiver.close_unbounded(None) $($wait)* .unwrap();
                }, address => {
                    let io = net::TcpStream::connect(address) $($wait)* .unwrap();
                    let mut socket = WebSocket::connect(io, "localhost", "/") $($wait)* .unwrap();
                    let three = ["one".into(), vec![9; 5000].into(), "three".into()];
                    for expected in three.iter().chain(&["four".into(), "five".into()]) {
                        assert_eq!(socket.next() $($wait)* .unwrap().as_ref(), Some(expected));
                    }
                    socket.send("more") $($wait)* .unwrap();
                    for expected in three.iter().chain(&three) {
                        assert_eq!(socket.next() $($wait)* .unwrap().as_ref(), Some(expected));
                    }
                    assert_eq!(socket.next() $($wait)* .unwrap(), Some(closed(4000, "")));
                    assert_eq!(socket.next() $($wait)* .unwrap(), None);
                    socket.close_unbounded(None) $($wait)* .unwrap();
                });
            }

            /// RFC 6455 §7.1.1: a socket that is dropped while the peer sends would reset the
            /// connection, and the peer would see 1006 in place of the code.
            #[test]
            fn a_peer_that_breaks_a_rule_and_sends_on_gets_the_close_frame() {
                for lent in [false, true] {
                    $both!(listener: net => {
                        let io = listener.accept() $($wait)* .unwrap().0;
                        let socket = WebSocket::accept(io) $($wait)* .unwrap();
                        let mut socket =
                            socket.read_with(|messages| messages.limits(Limits::message(1000)));
                        let error = if lent {
                            socket.turn() $($wait)* .map(drop).unwrap_err()
                        } else {
                            socket.next() $($wait)* .unwrap_err()
                        };
                        assert!(matches!(error, Error::Fault(_)), "{error:?}");
                        assert_eq!(error.close_code(), Some(CloseCode::TOO_BIG));
                        // It is dropped, as by a `?`.
                    }, address => {
                        let client = thread::spawn(move || {
                            // In one frame as Node sends, and in many as Chromium does.
                            let frame = |first, length: usize| {
                                let size = (length as u64).to_be_bytes();
                                [&[first, 0xFF], &size[..], &[0; 4], &vec![0; length]].concat()
                            };
                            let frame = match lent {
                                true => frame(0x82, 8 << 20),
                                false => [frame(2, 128 << 10), frame(0, 128 << 10).repeat(63)].concat(),
                            };
                            raw::client(address, &[raw::REQUEST, &frame].concat(), false)
                        });
                        let answer = $joined(client) $($wait)*;
                        let answer = raw::frames(&answer);
                        assert_eq!((answer[0], usize::from(answer[1])), (0x88, answer.len() - 2));
                        assert_eq!(&answer[2..4], b"\x03\xf1");
                    });
                }
            }

            #[test]
            fn a_server_that_does_not_agree_is_an_error() {
                $both!(listener: net => {
                    let io = listener.accept() $($wait)* .unwrap().0;
                    let refused = WebSocket::connect(io, "localhost", "/") $($wait)*;
                    let Err(Error::Response(fault)) = refused else { panic!("{refused:?}") };
                    let Some(ResponseError::Status(answer)) = fault.error() else {
                        panic!("{fault:?}")
                    };
                    assert_eq!((answer.status(), answer.body()), (302, &b"gone"[..]));
                    assert_eq!(answer.location(), Some("ws://elsewhere/"));
                }, address => {
                    let server = thread::spawn(move || {
                        let mut socket = std::net::TcpStream::connect(address).unwrap();
                        raw::read_head(&mut socket);
                        let answer = b"HTTP/1.1 302 Found\r\nLocation: ws://elsewhere/\r\n\
                            Content-Length: 4\r\n\r\n";
                        socket.write_all(answer).unwrap();
                        socket.write_all(b"gone").unwrap();
                    });
                    $joined(server) $($wait)*;
                });
            }

            #[test]
            fn subprotocols_are_agreed_on() {
                $both!(listener: net => {
                    let io = listener.accept() $($wait)* .unwrap().0;
                    let handshake = ServerHandshake::new().protocols(["chat.v2", "chat"]);
                    let accepted = WebSocket::accept_with(io, handshake) $($wait)*;
                    let (mut socket, accepted) = accepted.unwrap();
                    assert_eq!(accepted.target, "/room?a=b");
                    assert_eq!(accepted.protocol.as_deref(), Some("chat"));
                    socket.close_unbounded(CloseCode::NORMAL) $($wait)* .unwrap();
                }, address => {
                    let io = net::TcpStream::connect(address) $($wait)* .unwrap();
                    let handshake =
                        ClientHandshake::new("localhost", "/room?a=b").protocols(["other", "chat"]);
                    let opened = WebSocket::connect_with(io, handshake) $($wait)*;
                    let (mut socket, opened) = opened.unwrap();
                    assert_eq!(opened.protocol.as_deref(), Some("chat"));
                    socket.close_unbounded(CloseCode::NORMAL) $($wait)* .unwrap();
                });
            }

            #[test]
            fn what_another_library_has_read_is_read_first() {
                let before = [raw::REQUEST, &raw::HELLO[..4]].concat();
                for cut in [0, 5, raw::REQUEST.len(), before.len()] {
                    $both!(listener: net => {
                        let io = listener.accept() $($wait)* .unwrap().0;
                        let handoff = Handoff::new(io, before[..cut].to_vec());
                        let accepted =
                            WebSocket::accept_handoff(handoff, ServerHandshake::new()) $($wait)*;
                        let mut socket = accepted.unwrap().0;
                        assert_eq!(socket.next() $($wait)* .unwrap(), Some("Hello".into()));
                        socket.close_unbounded(CloseCode::NORMAL) $($wait)* .unwrap();
                    }, address => {
                        let rest = [&before[cut..], &raw::HELLO[4..], raw::CLOSE].concat();
                        let client = thread::spawn(move || raw::client(address, &rest, false));
                        let answer = $joined(client) $($wait)*;
                        assert_eq!(raw::frames(&answer), b"\x88\x02\x03\xe8");
                    });
                }
            }

            #[test]
            fn a_handshake_done_elsewhere_is_taken_over() {
                $both!(listener: net => {
                    let io = listener.accept() $($wait)* .unwrap().0;
                    let handoff = Handoff::new(io, &raw::HELLO[..3]);
                    let mut socket = WebSocket::from_handoff(handoff, Role::Server);
                    assert_eq!(socket.role(), Role::Server);
                    assert_eq!(socket.next() $($wait)* .unwrap(), Some("Hello".into()));
                    assert_eq!(socket.next() $($wait)* .unwrap(), Some(OwnedMessage::Close(None)));
                    socket.close_unbounded(CloseCode::NORMAL) $($wait)* .unwrap();
                }, address => {
                    let rest = [&raw::HELLO[3..], raw::CLOSE].concat();
                    let client = thread::spawn(move || raw::client(address, &rest, false));
                    assert_eq!($joined(client) $($wait)*, b"\x88\0");
                });
            }

            #[test]
            fn the_close_frame_is_answered_behind_what_was_said_before() {
                for answers in [false, true] {
                    $both!(listener: net => {
                        let io = listener.accept() $($wait)* .unwrap().0;
                        let socket = WebSocket::accept(io) $($wait)* .unwrap();
                        let limits = Limits { frame: 1000, ..Limits::DEFAULT };
                        let mut socket = socket.read_with(|messages| messages.limits(limits));
                        let last = socket.next() $($wait)* .unwrap().unwrap();
                        assert_eq!(last, OwnedMessage::Close(None));
                        socket.queue("one more") $($wait)* .unwrap();
                        if answers {
                            socket.queue(&closed(4002, "mine")) $($wait)* .unwrap();
                            socket.queue(&closed(4003, "again")) $($wait)* .unwrap();
                        }
                        assert_eq!(socket.next() $($wait)* .unwrap(), None);
                        socket.close_unbounded(CloseCode::NORMAL) $($wait)* .unwrap();
                    }, address => {
                        let frames = [raw::REQUEST, raw::CLOSE].concat();
                        let client = thread::spawn(move || raw::client(address, &frames, false));
                        let answer = $joined(client) $($wait)*;
                        let close: &[u8] = if answers { b"\x88\x06\x0f\xa2mine" } else { b"\x88\0" };
                        assert_eq!(raw::frames(&answer), [b"\x81\x08one more", close].concat());
                    });
                }
            }

            #[test]
            fn pings_are_answered_and_pongs_are_seen() {
                $both!(listener: net => {
                    let io = listener.accept() $($wait)* .unwrap().0;
                    let mut socket = WebSocket::accept(io) $($wait)* .unwrap();
                    socket.send(Outgoing::Ping(b"there?")) $($wait)* .unwrap();
                    let pong = OwnedMessage::Pong(Bytes::from_static(b"there?"));
                    assert_eq!(socket.next() $($wait)* .unwrap(), Some(pong));
                    socket.close_unbounded(CloseCode::NORMAL) $($wait)* .unwrap();
                }, address => {
                    let io = net::TcpStream::connect(address) $($wait)* .unwrap();
                    let mut socket = WebSocket::connect(io, "localhost", "/") $($wait)* .unwrap();
                    assert_eq!(socket.next() $($wait)* .unwrap(), Some(closed(1000, "")));
                    assert_eq!(socket.next() $($wait)* .unwrap(), None);
                });
            }

            #[test]
            fn the_halves_become_one_again() {
                $both!(listener: net => {
                    let io = listener.accept() $($wait)* .unwrap().0;
                    let mut socket = WebSocket::accept(io) $($wait)* .unwrap();
                    socket.queue("from the whole") $($wait)* .unwrap();
                    let (mut sender, mut reader) = socket.split();
                    sender.send("from a half") $($wait)* .unwrap();
                    assert_eq!(reader.next() $($wait)* .unwrap(), Some("first".into()));
                    sender.queue("queued") $($wait)* .unwrap();
                    let mut socket = reader.unsplit(sender).unwrap();
                    assert_eq!(socket.next() $($wait)* .unwrap(), Some("second".into()));
                    assert_eq!(socket.next() $($wait)* .unwrap(), Some(closed(1000, "")));
                    socket.close_unbounded(CloseCode::NORMAL) $($wait)* .unwrap();
                }, address => {
                    let io = net::TcpStream::connect(address) $($wait)* .unwrap();
                    let mut socket = WebSocket::connect(io, "localhost", "/") $($wait)* .unwrap();
                    assert_eq!(socket.next() $($wait)* .unwrap(), Some("from the whole".into()));
                    assert_eq!(socket.next() $($wait)* .unwrap(), Some("from a half".into()));
                    socket.send("first") $($wait)* .unwrap();
                    socket.send("second") $($wait)* .unwrap();
                    assert_eq!(socket.next() $($wait)* .unwrap(), Some("queued".into()));
                    socket.close_unbounded(CloseCode::NORMAL) $($wait)* .unwrap();
                });
            }

            #[test]
            fn a_half_that_sends_hears_of_the_last_word() {
                $both!(listener: net => {
                    let io = listener.accept() $($wait)* .unwrap().0;
                    let (mut sender, mut reader) = WebSocket::accept(io) $($wait)* .unwrap().split();
                    sender.queue("never sent") $($wait)* .unwrap();
                    assert_eq!(reader.next() $($wait)* .unwrap(), Some(closed(1000, "bye")));
                    assert!(!sender.is_closed());
                    assert_eq!(reader.next() $($wait)* .unwrap(), None);
                    assert!(sender.is_closed());
                    assert!(matches!(sender.flush() $($wait)*, Err(Error::Closed)));
                    assert!(matches!(sender.send("late") $($wait)*, Err(Error::Closed)));
                    sender.close(CloseCode::NORMAL) $($wait)* .unwrap();
                    reader.close_unbounded(CloseCode::NORMAL) $($wait)* .unwrap();
                }, address => {
                    let io = net::TcpStream::connect(address) $($wait)* .unwrap();
                    let mut socket = WebSocket::connect(io, "localhost", "/") $($wait)* .unwrap();
                    socket.close_unbounded((CloseCode::NORMAL, "bye")) $($wait)* .unwrap();
                });
            }

            #[test]
            fn a_half_that_sends_closes_and_the_other_hears_the_answer() {
                $both!(listener: net => {
                    let io = listener.accept() $($wait)* .unwrap().0;
                    let (mut sender, mut reader) = WebSocket::accept(io) $($wait)* .unwrap().split();
                    sender.queue("first") $($wait)* .unwrap();
                    sender.close((CloseCode(4001), "enough")) $($wait)* .unwrap();
                    assert!(matches!(sender.send("late") $($wait)*, Err(Error::Closed)));
                    assert_eq!(reader.next() $($wait)* .unwrap(), Some(closed(4001, "")));
                    assert_eq!(reader.next() $($wait)* .unwrap(), None);
                    reader.close_unbounded(CloseCode::NORMAL) $($wait)* .unwrap();
                }, address => {
                    let io = net::TcpStream::connect(address) $($wait)* .unwrap();
                    let mut socket = WebSocket::connect(io, "localhost", "/") $($wait)* .unwrap();
                    assert_eq!(socket.next() $($wait)* .unwrap(), Some("first".into()));
                    assert_eq!(socket.next() $($wait)* .unwrap(), Some(closed(4001, "enough")));
                    socket.close_unbounded(CloseCode::NORMAL) $($wait)* .unwrap();
                });
            }

            #[test]
            fn a_fault_at_the_half_that_reads_is_told_to_the_peer() {
                $both!(listener: net => {
                    let io = listener.accept() $($wait)* .unwrap().0;
                    let (mut sender, mut reader) = WebSocket::accept(io) $($wait)* .unwrap().split();
                    assert!(matches!(reader.next() $($wait)*, Err(Error::Fault(_))));
                    assert!(matches!(sender.send("late") $($wait)*, Err(Error::Closed)));
                    reader.close_unbounded(CloseCode::NORMAL) $($wait)* .unwrap();
                }, address => {
                    let frames = [raw::REQUEST, b"\x81\x81\0\0\0\0\xff"].concat();
                    let client = thread::spawn(move || raw::client(address, &frames, false));
                    let answer = $joined(client) $($wait)*;
                    assert!(raw::frames(&answer).starts_with(b"\x88"));
                    assert_eq!(raw::frames(&answer)[2..4], 1007_u16.to_be_bytes());
                });
            }
        }
    };
}

macro_rules! on_threads {
    ($listener:ident: $net:ident => $server:block, $address:ident => $client:block) => {{
        let $listener = $net::TcpListener::bind("127.0.0.1:0").unwrap();
        let $address = $listener.local_addr().unwrap();
        thread::scope(|scope| {
            scope.spawn(|| $server);
            $client
        });
    }};
}

macro_rules! on_tokio {
    ($listener:ident: $net:ident => $server:block, $address:ident => $client:block) => {{
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let $listener = $net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let $address = $listener.local_addr().unwrap();
            tokio::join!(async { $server }, async { $client });
        });
    }};
}

macro_rules! on_smol {
    ($listener:ident: $net:ident => $server:block, $address:ident => $client:block) => {{
        smol::block_on(async {
            let $listener = $net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let $address = $listener.local_addr().unwrap();
            smol::future::zip(async { $server }, async { $client }).await;
        });
    }};
}

mod blocking {
    pub(super) fn joined<R>(thread: std::thread::JoinHandle<R>) -> R {
        thread.join().unwrap()
    }
}

mod asynchronous {
    /// Waits without blocking the thread that the other end runs on.
    pub(super) async fn joined<R>(thread: std::thread::JoinHandle<R>) -> R {
        while !thread.is_finished() {
            std::thread::yield_now();
            smol::future::yield_now().await;
        }
        thread.join().unwrap()
    }
}

suite!(sync, std::net, on_threads, crate::suite::blocking::joined, []);
suite!(tokio, tokio::net, on_tokio, crate::suite::asynchronous::joined, [.await]);
suite!(futures, smol::net, on_smol, crate::suite::asynchronous::joined, [.await]);
