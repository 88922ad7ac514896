//! Offers that are accepted, declined and failed (RFC 7692 §7.1).

use segue::{Buffer, Exchange, Fault, Output, Progress};
use segue_websocket::{
    Agreed, ClientHandshake, Deflate, ResponseError, Role, ServerHandshake, accept_key,
};

/// A server's answer to an offer, and the parameters it then uses.
fn answer(terms: Deflate, offer: &str) -> Option<(String, Agreed)> {
    let request = format!(
        "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Extensions: {offer}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Version: 13\r\n\r\n"
    );
    let (mut input, mut output) = (Buffer::from(request.as_bytes()), Output::new());
    let mut handshake = ServerHandshake::new().deflate(terms);
    let Progress::Done(accepted) = handshake.advance(&mut input, false, &mut output).unwrap()
    else {
        panic!("the request is whole")
    };
    let head = String::from_utf8(output.to_vec()).unwrap();
    let mut lines = head.lines().filter_map(|line| line.strip_prefix("Sec-WebSocket-Extensions: "));
    let line = lines.next().map(str::to_owned);
    assert_eq!(line.is_some(), accepted.deflate().is_some());
    Some((line?, *accepted.deflate()?))
}

/// The offer of a client.
fn offer(wish: Deflate) -> String {
    let mut output = Output::new();
    let mut handshake = ClientHandshake::with_key("a", "/", *b"the sample nonce").deflate(wish);
    handshake.advance(&mut Buffer::new(), false, &mut output).unwrap();
    let head = String::from_utf8(output.to_vec()).unwrap();
    let mut lines = head.lines().filter_map(|line| line.strip_prefix("Sec-WebSocket-Extensions: "));
    lines.next().unwrap().to_owned()
}

/// The parameters that a client takes from an answer; `None` if it fails the connection.
fn confirm(wish: Option<Deflate>, answer: &str) -> Option<Option<Agreed>> {
    let accept = accept_key("dGhlIHNhbXBsZSBub25jZQ==");
    let response = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         {answer}Sec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    let (mut input, mut output) = (Buffer::from(response.as_bytes()), Output::new());
    let mut handshake = ClientHandshake::with_key("a", "/", *b"the sample nonce");
    if let Some(wish) = wish {
        handshake = handshake.deflate(wish);
    }
    match handshake.advance(&mut input, false, &mut output) {
        Ok(Progress::Done(opened)) => Some(opened.deflate().copied()),
        Ok(other) => panic!("{other:?}"),
        Err(Fault { cause: segue::Cause::Stage(ResponseError::Extension), at, .. }) => {
            assert!(response[usize::try_from(at).unwrap()..].starts_with("permessage"));
            None
        }
        Err(fault) => panic!("{fault}"),
    }
}

/// Window bits and takeover of the server, then of the client.
fn sides(agreed: &Agreed) -> (u8, bool, u8, bool) {
    let (server, client) = (Role::Server, Role::Client);
    (
        agreed.window_bits(server),
        agreed.context_takeover(server),
        agreed.window_bits(client),
        agreed.context_takeover(client),
    )
}

#[test]
fn a_server_answers_each_parameter() {
    let plain = Deflate::new();
    let narrow = plain.server_max_window_bits(10).client_max_window_bits(11);
    let forgetful = plain.server_no_context_takeover().client_no_context_takeover();
    for (terms, offer, expected, agreed) in [
        (plain, "", "", (15, true, 15, true)),
        (plain, "; client_max_window_bits", "", (15, true, 15, true)),
        (
            plain,
            "; server_no_context_takeover",
            "; server_no_context_takeover",
            (15, false, 15, true),
        ),
        (
            plain,
            "; client_no_context_takeover",
            "; client_no_context_takeover",
            (15, true, 15, false),
        ),
        (plain, "; server_max_window_bits=8", "; server_max_window_bits=8", (8, true, 15, true)),
        (plain, "; server_max_window_bits=15", "; server_max_window_bits=15", (15, true, 15, true)),
        (
            plain,
            "; client_max_window_bits=\"9\"",
            "; client_max_window_bits=9",
            (15, true, 9, true),
        ),
        (
            narrow,
            "; server_max_window_bits=12; client_max_window_bits=12",
            "; server_max_window_bits=10; client_max_window_bits=11",
            (10, true, 11, true),
        ),
        (
            narrow,
            "; server_max_window_bits=9; client_max_window_bits=9",
            "; server_max_window_bits=9; client_max_window_bits=9",
            (9, true, 9, true),
        ),
        (
            narrow,
            "; client_max_window_bits",
            "; server_max_window_bits=10; client_max_window_bits=11",
            (10, true, 11, true),
        ),
        // A client that does not name its window is not told one.
        (narrow, "", "; server_max_window_bits=10", (10, true, 15, true)),
        (
            forgetful,
            "",
            "; server_no_context_takeover; client_no_context_takeover",
            (15, false, 15, false),
        ),
    ] {
        let (line, found) = answer(terms, &format!("permessage-deflate{offer}")).unwrap();
        assert_eq!(line, format!("permessage-deflate{expected}"), "{offer}");
        assert_eq!(sides(&found), agreed, "{offer}");
    }
}

#[test]
fn a_server_takes_the_first_offer_that_it_can() {
    let offers = "x-webkit-deflate-frame, permessage-deflate; server_max_window_bits=16, \
        permessage-deflate; server_max_window_bits=9, permessage-deflate";
    let (line, _) = answer(Deflate::new(), offers).unwrap();
    assert_eq!(line, "permessage-deflate; server_max_window_bits=9");
    for declined in
        ["other", "permessage-deflate; level=9", "permessage-deflate; client_max_window_bits=7"]
    {
        assert_eq!(answer(Deflate::new(), declined), None);
    }
}

#[test]
fn offers_may_be_quoted_and_come_in_several_lines() {
    let line = |offer: &str| answer(Deflate::new(), offer).map(|(line, _)| line);
    let two = "x; a=\"b, permessage-deflate\"; c\r\nSec-WebSocket-Extensions: \
        permessage-deflate; client_max_window_bits=\"10\"";
    assert_eq!(line(two).as_deref(), Some("permessage-deflate; client_max_window_bits=10"));
    // Within quotes there is no other offer.
    assert_eq!(line("x; a=\"b, permessage-deflate, c\""), None);
    assert_eq!(line("x; a=\"b\\\", permessage-deflate, c\""), None);
}

#[test]
fn a_client_offers_what_it_wishes() {
    let plain = Deflate::new();
    assert_eq!(offer(plain), "permessage-deflate; client_max_window_bits");
    let all = plain
        .server_no_context_takeover()
        .client_no_context_takeover()
        .server_max_window_bits(9)
        .client_max_window_bits(0);
    assert_eq!(
        offer(all),
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover; \
         server_max_window_bits=9; client_max_window_bits=8"
    );
}

#[test]
fn a_client_confirms_each_parameter() {
    let plain = Deflate::new();
    let narrow = plain.server_max_window_bits(10).client_max_window_bits(11);
    let asked = plain.server_no_context_takeover();
    for (wish, answer, expected) in [
        (plain, "", Some((15, true, 15, true))),
        (plain, "; server_no_context_takeover", Some((15, false, 15, true))),
        (plain, "; client_no_context_takeover", Some((15, true, 15, false))),
        (plain, "; server_max_window_bits=9", Some((9, true, 15, true))),
        (plain, "; client_max_window_bits=8", Some((15, true, 8, true))),
        (plain, "; client_max_window_bits", None),
        (plain, "; unknown", None),
        (plain, "; server_max_window_bits=16", None),
        // Everything that was asked for has to be agreed to, and no more than that.
        (narrow, "", None),
        (narrow, "; server_max_window_bits=11", None),
        (narrow, "; server_max_window_bits=10", Some((10, true, 11, true))),
        (narrow, "; server_max_window_bits=9; client_max_window_bits=9", Some((9, true, 9, true))),
        (narrow, "; server_max_window_bits=9; client_max_window_bits=12", None),
        (asked, "", None),
        (asked, "; server_no_context_takeover", Some((15, false, 15, true))),
    ] {
        let line = format!("Sec-WebSocket-Extensions: permessage-deflate{answer}\r\n");
        let found = confirm(Some(wish), &line);
        let expected = expected.map(Some);
        assert_eq!(found.map(|agreed| agreed.map(|agreed| sides(&agreed))), expected, "{answer}");
    }
}

#[test]
fn a_client_takes_no_answer_that_it_did_not_ask_for() {
    let line = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
    assert_eq!(confirm(None, line), None);
    assert_eq!(confirm(Some(Deflate::new()), &line.repeat(2)), None);
    assert_eq!(confirm(Some(Deflate::new()), &line.replace("deflate", "bzip2")), None);
    // None at all is a server that does not compress.
    assert_eq!(confirm(Some(Deflate::new()), ""), Some(None));
}
