//! The opening handshake: what a server answers, and what a client takes for an answer.

use segue::{Buffer, Exchange, Fault, Output, Progress, Step};
use segue_websocket::{
    Acceptance, Accepted, Answer, ClientHandshake, Connected, Refusal, RequestError, ResponseError,
    ServerHandshake,
    http1::{EncodeError, Error, Relaxed, RequestDecoder},
};

const REQUEST: &str = "GET /chat?room=1 HTTP/1.1\r\nHost: a\r\nUpgrade: WebSocket\r\n\
    Connection: keep-alive, Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

const RESPONSE: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// The outcome of a request, and the answer to it.
fn serve(
    handshake: &mut ServerHandshake,
    request: &str,
) -> (Result<Accepted, Fault<RequestError>>, String) {
    let (mut input, mut output) = (Buffer::from(request.as_bytes()), Output::new());
    let outcome = match handshake.advance(&mut input, false, &mut output) {
        Ok(Progress::Done(accepted)) => Ok(accepted),
        Ok(other) => panic!("{other:?}"),
        Err(fault) => {
            let queued = output.len();
            let again = handshake.advance(&mut input, false, &mut output);
            assert_eq!(again, Err(fault.clone()), "it keeps failing");
            assert_eq!(output.len(), queued, "and answers once");
            Err(fault)
        }
    };
    (outcome, String::from_utf8(output.to_vec()).expect("an answer in text"))
}

fn open(
    mut handshake: ClientHandshake,
    response: &str,
) -> (Result<Connected, Fault<ResponseError>>, String) {
    let (mut input, mut output) = (Buffer::from(response.as_bytes()), Output::new());
    let outcome = match handshake.advance(&mut input, false, &mut output) {
        Ok(Progress::Done(opened)) => Ok(opened),
        Ok(other) => panic!("{other:?}"),
        Err(fault) => Err(fault),
    };
    (outcome, String::from_utf8(output.to_vec()).expect("a request in text"))
}

fn client() -> ClientHandshake {
    ClientHandshake::with_key("a", "/chat", *b"the sample nonce")
}

#[test]
fn a_request_is_accepted_as_in_the_rfc() {
    let (accepted, answer) = serve(&mut ServerHandshake::new(), REQUEST);
    let accepted = accepted.unwrap();
    assert_eq!((&*accepted.target, accepted.protocol), ("/chat?room=1", None));
    assert_eq!(answer, RESPONSE);
}

#[test]
fn the_most_preferred_subprotocol_of_the_server_is_chosen() {
    let offer = |offer: &str| REQUEST.replace("Host", &format!("{offer}\r\nHost"));
    for (request, expected) in [
        (offer("Sec-WebSocket-Protocol: soap, chat, super"), Some("super")),
        (offer("Sec-WebSocket-Protocol: soap\r\nSec-WebSocket-Protocol: chat"), Some("chat")),
        (offer("Sec-WebSocket-Protocol: soap, Chat"), None),
        (offer("X-Protocol: chat"), None),
    ] {
        let mut handshake = ServerHandshake::new().protocols(["super", "chat"]);
        let (accepted, answer) = serve(&mut handshake, &request);
        assert_eq!(accepted.unwrap().protocol.as_deref(), expected);
        let line = expected.map(|protocol| format!("\r\nSec-WebSocket-Protocol: {protocol}\r\n"));
        assert_eq!(answer.contains("-Protocol"), line.is_some());
        assert!(line.is_none_or(|line| answer.contains(&line)), "{answer}");
    }
}

/// A request that breaks a rule: what is wrong, where in it, and the answer to it.
#[track_caller]
fn refused(request: &str, error: RequestError, at: &str, status: &str) {
    let (outcome, answer) = serve(&mut ServerHandshake::new(), request);
    let place = if at == "end" { request.len() } else { request.find(at).unwrap_or(usize::MAX) };
    assert_eq!(outcome, Err(Fault::new(error.clone()).at(place as u64)), "{request}");
    assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\nConnection: close")), "{answer}");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    assert!(head.contains(&format!("\r\nContent-Length: {}", body.len())), "{answer}");
    assert_eq!(body, format!("{error}\n"));
    assert!(status.starts_with(&error.status().to_string()));
}

#[test]
fn each_rule_for_requests() {
    let bad = "400 Bad Request";
    refused(&REQUEST.replace("GET", "PUT"), RequestError::Method, "PUT", "405 Method Not Allowed");
    refused(&REQUEST.replace("/1.1", "/1.0"), RequestError::HttpVersion, "HTTP/1.0", bad);
    refused(
        &REQUEST.replace("Host: a\r\n", ""),
        RequestError::Http(Error::MissingHost),
        "end",
        bad,
    );
    refused(&REQUEST.replace("Host: a", "Host: a b"), RequestError::Http(Error::Host), " b\r", bad);

    let upgrade = "426 Upgrade Required";
    let not = RequestError::NotAnUpgrade;
    refused(&REQUEST.replace("Upgrade: WebSocket\r\n", ""), not.clone(), "end", upgrade);
    refused(&REQUEST.replace("WebSocket\r", "h2c\r"), not.clone(), "h2c", upgrade);
    refused(&REQUEST.replace(", Upgrade", ""), not, "keep-alive", upgrade);

    let version = RequestError::Version;
    refused(&REQUEST.replace("Version: 13", "Version: 8"), version.clone(), "8\r", upgrade);
    refused(&REQUEST.replace("Sec-WebSocket-Version: 13\r\n", ""), version, "end", upgrade);

    let key = RequestError::Key;
    refused(&REQUEST.replace("-Key", "-Kay"), key.clone(), "end", bad);
    refused(&REQUEST.replace("dGhl", "dG"), key.clone(), "dGIH", bad);
    let twice = REQUEST.replace("Host", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ0==\r\nHost");
    refused(&twice, key, "dGhlIHNhbXBsZSBub25jZQ", bad);

    let body = |line: &str| REQUEST.replace("Host", &format!("{line}\r\nHost"));
    refused(&body("Content-Length: 5"), RequestError::Body, "5\r", bad);
    refused(&body("Transfer-Encoding: chunked"), RequestError::Body, "chunked", bad);
    let length = RequestError::Http(Error::ContentLength);
    refused(&body("Content-Length: five"), length, "five", bad);
    let (empty, _) = serve(&mut ServerHandshake::new(), &body("Content-Length: 0"));
    assert!(empty.is_ok());
}

/// RFC 9112 §3.2.4: `*` is for OPTIONS; §3.2.3: an authority alone is for CONNECT.
#[test]
fn a_request_names_a_path() {
    let form = RequestError::Http(Error::TargetForm);
    refused(&REQUEST.replace("/chat?room=1", "*"), form.clone(), "*", "400 Bad Request");
    refused(&REQUEST.replace("/chat?room=1", "a:80"), form, "a:80", "400 Bad Request");
    let absolute = REQUEST.replace("/chat?room=1", "ws://a/chat");
    assert!(serve(&mut ServerHandshake::new(), &absolute).0.is_ok());
    for target in ["*", "a:80", "", "chat", "?room=1"] {
        let (outcome, sent) = open(ClientHandshake::new("a", target), RESPONSE);
        assert_eq!(outcome, Err(Fault::new(ResponseError::Target)), "{target}");
        assert_eq!(sent, "");
    }
    let (_, sent) = open(ClientHandshake::new("a", "http://a/chat"), RESPONSE);
    assert!(sent.starts_with("GET http://a/chat HTTP/1.1"), "for a proxy: {sent}");
}

/// RFC 6455 §4.1, item 10: tokens, each offered once.
#[test]
fn offered_subprotocols_are_tokens_and_unique() {
    let offer =
        |offer: &str| REQUEST.replace("Host", &format!("Sec-WebSocket-Protocol: {offer}\r\nHost"));
    let bad = "400 Bad Request";
    let protocols = RequestError::Protocols;
    refused(&offer("v1, v 2"), protocols.clone(), "v 2", bad);
    refused(&offer("\"v1\""), protocols.clone(), "\"v1", bad);
    refused(&offer("a, b, B, c, b"), protocols.clone(), "b\r\nHost", bad);
    refused(&offer("v1, v1"), protocols.clone(), "v1\r\nHost", bad);
    let twice = offer("v1\r\nSec-WebSocket-Protocol: v1");
    refused(&twice, protocols, "v1\r\nHost", bad);
    assert!(serve(&mut ServerHandshake::new(), &offer("v1, V1, , graphql-ws")).0.is_ok());

    for offers in [&["a b"][..], &[""], &["a", "b", "a"], &["a,b"], &["a\r\nX: y"], &["k\u{e4}se"]]
    {
        let (outcome, sent) = open(client().protocols(offers.iter().copied()), RESPONSE);
        let fault = outcome.expect_err("it is refused");
        assert!(matches!(fault.error(), Some(ResponseError::Offered(_))), "{fault}");
        assert_eq!(sent, "");
    }
}

/// RFC 9112 §4 has a space behind the status even without a reason; servers leave out both.
#[test]
fn a_bare_101_is_accepted() {
    for line in ["HTTP/1.1 101 ", "HTTP/1.1 101"] {
        let response = RESPONSE.replace("HTTP/1.1 101 Switching Protocols", line);
        assert!(open(client(), &response).0.is_ok(), "{line:?}");
    }
}

#[test]
fn old_habits_are_accepted_if_asked_for() {
    let relaxed = Relaxed { bare_lf: true, ..Relaxed::NOTHING };
    let bare = REQUEST.replace("\r\n", "\n");
    let (strict, _) = serve(&mut ServerHandshake::new(), &bare);
    assert!(matches!(strict.unwrap_err().error(), Some(RequestError::Http(_))));
    assert!(serve(&mut ServerHandshake::new().relaxed(relaxed), &bare).0.is_ok());

    let bare = RESPONSE.replace("\r\n", "\n").replace(" Switching Protocols", "");
    let (strict, _) = open(client(), &bare);
    assert!(matches!(strict.unwrap_err().error(), Some(ResponseError::Http(_))));
    assert!(open(client().relaxed(relaxed), &bare).0.is_ok());
}

#[test]
fn refusals_tell_the_client_what_would_do() {
    let answer = |request: String| serve(&mut ServerHandshake::new(), &request).1;
    let upgrade = answer(REQUEST.replace("Version: 13", "Version: 8"));
    assert!(upgrade.contains("\r\nSec-WebSocket-Version: 13\r\n"), "{upgrade}");
    assert!(upgrade.contains("\r\nConnection: close, Upgrade\r\n"), "{upgrade}");
    assert!(upgrade.contains("\r\nUpgrade: websocket\r\n"), "{upgrade}");
    assert!(answer(REQUEST.replace("GET", "PUT")).contains("\r\nAllow: GET\r\n"));
    // A head and nothing else.
    assert!(answer(REQUEST.replace("GET", "HEAD")).ends_with("\r\n\r\n"));
}

#[test]
fn what_is_no_http_is_answered_as_http() {
    let (outcome, answer) = serve(&mut ServerHandshake::new(), "\x16\x03\x01");
    assert_eq!(outcome, Err(Fault::new(RequestError::Http(Error::Method))));
    assert!(answer.starts_with("HTTP/1.1 400 "));
    let long = REQUEST.replace("room=1", &"x".repeat(9000));
    let (_, answer) = serve(&mut ServerHandshake::new(), &long);
    assert!(answer.starts_with("HTTP/1.1 414 "));
}

#[test]
fn the_caller_may_refuse() {
    let mut handshake = ServerHandshake::new().decide(|request, _| {
        let allowed = request.headers().find("authorization").is_some();
        let login = Refusal::new(401).header("WWW-Authenticate", "Bearer").body("log in\n");
        if allowed { Ok(()) } else { Err(login) }
    });
    let (outcome, answer) = serve(&mut handshake, REQUEST);
    assert_eq!(outcome, Err(Fault::new(RequestError::Refused(401)).at(0)));
    let expected = "HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\
        Content-Type: text/plain; charset=utf-8\r\nContent-Length: 7\r\n\
        WWW-Authenticate: Bearer\r\n\r\nlog in\n";
    assert_eq!(answer, expected);

    let mut handshake = ServerHandshake::new().decide(|_, _| Err(Refusal::new(404)));
    assert!(serve(&mut handshake, REQUEST).1.ends_with("\r\n\r\n404 Not Found\n"));
}

#[test]
fn the_caller_may_add_to_the_answer() {
    let mut handshake = ServerHandshake::new().protocols(["chat"]).decide(|_, acceptance| {
        assert_eq!(acceptance.protocol(), Some("chat"));
        acceptance.choose(None);
        acceptance.header("Set-Cookie", "a=b");
        Ok(())
    });
    let request = REQUEST.replace("Host", "Sec-WebSocket-Protocol: chat\r\nHost");
    let (accepted, answer) = serve(&mut handshake, &request);
    assert_eq!(accepted.unwrap().protocol, None);
    assert!(answer.ends_with("xOo=\r\nSet-Cookie: a=b\r\n\r\n"), "{answer}");
}

#[test]
fn mistakes_of_the_caller_are_told_apart_and_do_not_reach_the_peer() {
    type Decide = fn(&mut Acceptance) -> Result<(), Refusal>;
    let cases: [(Decide, RequestError); 5] = [
        (
            |acceptance| {
                acceptance.choose(Some("chat"));
                Ok(())
            },
            RequestError::NotOffered,
        ),
        (
            |acceptance| {
                acceptance.header("upgrade", "x");
                Ok(())
            },
            RequestError::HeaderTaken("upgrade".into()),
        ),
        (
            |acceptance| {
                acceptance.header("X", "a\r\nb");
                Ok(())
            },
            RequestError::Unsendable(EncodeError::HeaderValue),
        ),
        (|_| Err(Refusal::new(200)), RequestError::Unsendable(EncodeError::Status)),
        (
            |_| Err(Refusal::new(403).header("Content-Length", "99")),
            RequestError::HeaderTaken("Content-Length".into()),
        ),
    ];
    for (decide, error) in cases {
        let mut handshake = ServerHandshake::new().decide(move |_, acceptance| decide(acceptance));
        let (outcome, answer) = serve(&mut handshake, REQUEST);
        assert_eq!(outcome, Err(Fault::new(error).at(0)));
        assert!(answer.starts_with("HTTP/1.1 500 Internal Server Error\r\n"), "{answer}");
        assert!(answer.ends_with("\r\n\r\n500 Internal Server Error\n"), "{answer}");
    }
}

#[test]
fn a_request_that_was_read_elsewhere_is_answered_too() {
    let (mut input, mut output) = (Buffer::from(REQUEST.as_bytes()), Output::new());
    let mut head = RequestDecoder::new();
    let Ok(Step::Item(request)) = input.step(&mut head, false, &mut Output::new()) else {
        panic!("no request")
    };
    let accepted = ServerHandshake::new().respond(&request, &mut output).unwrap();
    assert_eq!((&*accepted.target, output.to_vec()), ("/chat?room=1", RESPONSE.into()));
}

#[test]
fn what_surely_belongs_to_a_head_is_told() {
    let glued = format!("{REQUEST}\u{1}frames");
    let mut handshake = ServerHandshake::new();
    assert_eq!(handshake.belonging(glued.as_bytes()), REQUEST.len());
    assert_eq!(handshake.belonging(&glued.as_bytes()[..40]), 40);
    assert_eq!(handshake.belonging(b""), 0);
    // It was only a look.
    let (accepted, _) = serve(&mut handshake, &glued);
    assert!(accepted.is_ok());
    assert_eq!(handshake.belonging(b"frames"), 0);

    let glued = format!("{RESPONSE}frames");
    assert_eq!(client().belonging(glued.as_bytes()), RESPONSE.len());
}

#[test]
fn a_client_asks_as_in_the_rfc() {
    let handshake = client().protocols(["chat", "superchat"]).header("Origin", "http://b");
    let (opened, request) = open(handshake, RESPONSE);
    assert_eq!(opened.unwrap().protocol, None);
    let expected = "GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Protocol: chat, superchat\r\nOrigin: http://b\r\n\r\n";
    assert_eq!(request, expected);
    assert_ne!(
        open(ClientHandshake::new("a", "/"), "HTTP/1.1 200 \r\n\r\n").1,
        open(ClientHandshake::new("a", "/"), "HTTP/1.1 200 \r\n\r\n").1,
        "keys are random"
    );
}

/// An answer that breaks a rule: what is wrong, and where in it.
#[track_caller]
fn rejected(response: &str, error: ResponseError, at: &str) {
    let place = if at == "end" { response.len() } else { response.find(at).unwrap_or(usize::MAX) };
    let outcome = open(client().protocols(["chat"]), response).0;
    assert_eq!(outcome, Err(Fault::new(error).at(place as u64)), "{response}");
}

#[test]
fn each_rule_for_answers() {
    let not = ResponseError::NotAnUpgrade;
    rejected(&RESPONSE.replace("Upgrade: websocket\r\n", ""), not.clone(), "end");
    rejected(&RESPONSE.replace("websocket\r", "websocket, h2c\r"), not.clone(), "websocket,");
    rejected(&RESPONSE.replace("Connection: Upgrade", "Connection: close"), not, "close");
    rejected(&RESPONSE.replace("HTTP/1.1", "HTTP/1.0"), ResponseError::HttpVersion, "HTTP");

    let accept = ResponseError::Accept;
    rejected(&RESPONSE.replace("s3pP", "S3pP"), accept.clone(), "S3pP");
    rejected(&RESPONSE.replace("-Accept", "-Except"), accept.clone(), "end");
    let twice = RESPONSE.replace("Upgrade: w", "Sec-WebSocket-Accept: x\r\nUpgrade: w");
    rejected(&twice, accept, "s3pP");

    let added = |line: &str| RESPONSE.replace("Upgrade: w", &format!("{line}\r\nUpgrade: w"));
    let protocol = |line: &str| added(&format!("Sec-WebSocket-Protocol: {line}"));
    assert!(open(client().protocols(["chat"]), &protocol("chat")).0.is_ok());
    rejected(&protocol("soap"), ResponseError::Protocol, "soap");
    rejected(&protocol("chat, chat"), ResponseError::Protocol, "chat, chat");
    let twice = protocol("chat\r\nSec-WebSocket-Protocol:  chat");
    let second = twice.rfind("chat").unwrap();
    rejected(&twice, ResponseError::Protocol, &twice[second..]);
    let extension = added("Sec-WebSocket-Extensions: permessage-deflate; a=\"b,c\"");
    rejected(&extension, ResponseError::Extension, "permessage");
    rejected("SSH-2.0-x\r\n", ResponseError::Http(Error::Version), "SSH");
}

#[test]
fn other_answers_are_seen() {
    let answer = |response: &str| {
        let fault = open(client(), response).0.expect_err("it does not agree");
        assert_eq!(fault.at, "HTTP/1.1 ".len() as u64);
        match fault.error() {
            Some(ResponseError::Status(answer)) => (**answer).clone(),
            other => panic!("{other:?}"),
        }
    };
    let forbidden = answer("HTTP/1.1 403 No\r\nX-Why: you\r\nx-why: me\r\n\r\nbody");
    assert_eq!((forbidden.status(), forbidden.body()), (403, &b"body"[..]));
    assert_eq!((forbidden.header("x-why"), forbidden.location()), (Some("you"), None));
    let headers: Vec<_> = forbidden.headers().collect();
    assert_eq!(headers, [("X-Why", &b"you"[..]), ("x-why", b"me")]);
    let redirect = answer("HTTP/1.1 307 \r\nLocation: wss://b/\r\n\r\n");
    assert_eq!((redirect.status(), redirect.location()), (307, Some("wss://b/")));
}

/// RFC 9112 §6: an announced body is waited for, whole or up to the limit.
#[test]
fn the_body_of_a_refusal_is_read() {
    const MAX: usize = Answer::MAX_BODY;
    let long = format!("HTTP/1.1 500 No\r\nContent-Length: {}\r\n\r\n", MAX + 1);
    let parts = |rest: &[&str]| rest.iter().map(ToString::to_string).collect::<Vec<_>>();
    for (sent, eof, body) in [
        (
            parts(&["HTTP/1.1 401 No\r\nContent-Length: 9\r\n\r\n", "log", " in", " 1st"]),
            false,
            "log in 1s",
        ),
        (
            parts(&[
                "HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nl",
                "og\r\n0\r\n\r\n",
            ]),
            false,
            "log",
        ),
        (parts(&["HTTP/1.1 401 No\r\nContent-Length: 9\r\n\r\n", "log"]), true, "log"),
        (
            parts(&[
                "HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
                "wrong\r\n",
            ]),
            false,
            "ab",
        ),
        (parts(&["HTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\n"]), false, ""),
        (vec![long, "x".repeat(MAX)], false, &*"x".repeat(MAX)),
    ] {
        let mut handshake = client();
        let (mut input, mut output) = (Buffer::new(), Output::new());
        let last = sent.len() - 1;
        for (i, part) in sent.iter().enumerate() {
            input.extend(part.as_bytes());
            let progress = handshake.advance(&mut input, false, &mut output);
            if i < last || eof {
                assert!(matches!(progress, Ok(Progress::NeedRead(_))), "{progress:?}");
                continue;
            }
            let fault = progress.expect_err("it does not agree");
            let Some(ResponseError::Status(answer)) = fault.error() else { panic!("{fault}") };
            assert_eq!(str::from_utf8(answer.body()), Ok(body));
        }
        if eof {
            let fault = handshake.advance(&mut input, true, &mut output).unwrap_err();
            let Some(ResponseError::Status(answer)) = fault.error() else { panic!("{fault}") };
            assert_eq!(str::from_utf8(answer.body()), Ok(body));
        }
    }
}

#[test]
fn the_heads_of_both_are_there_afterwards() {
    let request = REQUEST.replace("room=1", "room=caf%C3%A9+1").replace(
        "Host: a",
        "Host: a\r\nCookie: a=b; session=31d4\r\nX: \t y \r\ncookie: c=d=e;f; g = h",
    );
    let accepted = serve(&mut ServerHandshake::new(), &request).0.unwrap();
    assert_eq!((accepted.path(), accepted.query()), ("/chat", Some("room=caf%C3%A9+1")));
    assert_eq!(accepted.parameter("room").as_deref(), Some("caf\u{e9} 1"));
    assert_eq!(accepted.parameter("rooms"), None);
    assert_eq!(accepted.header("x"), Some("y"));
    assert_eq!(accepted.header("sec-websocket-version"), Some("13"));
    assert_eq!(accepted.headers().count(), 8);
    let cookies: Vec<_> = accepted.cookies().collect();
    assert_eq!(cookies, [("a", "b"), ("session", "31d4"), ("c", "d=e"), ("g", "h")]);
    assert_eq!((accepted.cookie("session"), accepted.cookie("Session")), (Some("31d4"), None));
    assert!(!format!("{accepted:?}").contains("31d4"), "what is secret is not shown");

    let response = RESPONSE.replace("Upgrade: w", "Set-Cookie: k=v\r\nUpgrade: w");
    let opened = open(client(), &response).0.unwrap();
    assert_eq!((opened.header("set-cookie"), opened.headers().count()), (Some("k=v"), 4));
}

#[test]
fn the_caller_sees_the_head_of_an_answer_and_none_that_is_informational() {
    let hint = "HTTP/1.1 103 Early Hints\r\nSet-Cookie: no\r\n\r\n";
    let login = "HTTP/1.1 401 No\r\nWWW-Authenticate: Bearer\r\n\r\n";
    let agreed = RESPONSE.replace("Upgrade: w", "Set-Cookie: a=b\r\nUpgrade: w");
    for (response, name, value) in
        [(&*agreed, "set-cookie", "a=b"), (login, "www-authenticate", "Bearer")]
    {
        let (told, hears) = std::sync::mpsc::sync_channel(9);
        let handshake = client().inspect(move |response| {
            let value = response.headers().find(name).map(<[u8]>::to_vec);
            told.send((response.status(), value)).unwrap();
        });
        let (outcome, _) = open(handshake, &(hint.to_owned() + response));
        let status = if outcome.is_ok() { 101 } else { 401 };
        let seen: Vec<_> = hears.iter().collect();
        assert_eq!(seen, [(status, Some(value.into()))]);
    }
}

#[test]
fn lists_may_come_in_several_lines() {
    let several = REQUEST
        .replace("Connection: keep-alive, Upgrade", "Connection: keep-alive\r\nConnection: upgrade")
        .replace("Upgrade: WebSocket", "Upgrade: h2c\r\nUpgrade: websocket/13, WebSocket");
    assert!(serve(&mut ServerHandshake::new(), &several).0.is_ok());
    // Neither of these is a list (RFC 6455 §11.3): the second one is at fault.
    let versions = REQUEST.replace("Version: 13", "Version: 13\r\nSec-WebSocket-Version:  13");
    let (outcome, answer) = serve(&mut ServerHandshake::new(), &versions);
    let second = versions.rfind("13").unwrap() as u64;
    assert_eq!(outcome, Err(Fault::new(RequestError::Version).at(second)));
    assert!(answer.starts_with("HTTP/1.1 426 "));
}

#[test]
fn informational_answers_are_passed_over_up_to_a_number() {
    let hint = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    assert!(open(client(), &(hint.repeat(8) + RESPONSE)).0.is_ok());
    let endless = hint.repeat(9);
    rejected(&endless, ResponseError::Informational, "end");
}

#[test]
fn a_request_that_cannot_be_sent_is_a_mistake_of_the_caller() {
    let refused = |handshake: ClientHandshake, error: ResponseError| {
        let (outcome, request) = open(handshake, "");
        assert_eq!((outcome, &*request), (Err(Fault::new(error)), ""));
    };
    let unsendable = ResponseError::Unsendable;
    refused(client().header("A", "b\r\nc: d"), unsendable(EncodeError::HeaderValue));
    let target = ClientHandshake::with_key("a", "/a b", [0; 16]);
    refused(target, unsendable(EncodeError::Target));
    refused(client().header("Host", "b"), ResponseError::HeaderTaken("Host".into()));
}
