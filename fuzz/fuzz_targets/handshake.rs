//! Both sides of the WebSocket handshake, as exchanges, against the laws and against each other.
//!
//! | byte | says |
//! |---|---|
//! | 0 | which side |
//! | 1 | the options, in bits |
#![no_main]

use libfuzzer_sys::fuzz_target;
use segue::{Buffer, Exchange, Output, Progress, laws};
use segue_websocket::{
    ClientHandshake, Deflate, Refusal, ServerHandshake,
    http1::{BodyLength, Limits, RequestDecoder, ResponseDecoder},
};

const SMALL: Limits =
    Limits { head: 250, headers: 8, target: 20, chunk_line: 16, ..Limits::DEFAULT };

/// The key of RFC 6455 §1.3.
const KEY: [u8; 16] = *b"the sample nonce";

fuzz_target!(|data: &[u8]| {
    let [pick, bits, data @ ..] = data else { return };
    let bits = *bits;
    match pick % 4 {
        0 => {
            laws::exchange(|| server(bits)).fuzz(data);
            served_is_http(bits, data);
        }
        1 => laws::exchange(|| client(bits)).fuzz(data),
        2 => asked_in_other_words(bits, data),
        _ => answered_in_other_words(bits, data),
    }
});

fn server(bits: u8) -> ServerHandshake {
    let handshake = ServerHandshake::new();
    let handshake = if bits & 1 == 0 { handshake } else { handshake.limits(SMALL) };
    let handshake =
        if bits & 2 == 0 { handshake } else { handshake.protocols(["chat.v2", "chat"]) };
    let handshake = if bits & 0x80 == 0 { handshake } else { handshake.deflate(Deflate::new()) };
    let refuses = bits >> 2;
    if bits & 4 == 0 {
        return handshake;
    }
    handshake.decide(move |request, acceptance| {
        match (request.target(), refuses & 0x1e) {
            ("/login", _) => {
                return Err(Refusal::new(401).header("WWW-Authenticate", "Bearer").body("log in"));
            }
            ("/chat", _) => acceptance.choose(Some("chat")),
            ("/none", _) => acceptance.choose(None),
            // Mistakes of the caller, which are nobody's business on the other side.
            (_, 2) => acceptance.header("Upgrade", "h2c"),
            (_, 4) => acceptance.header("X", "\r\n"),
            (_, 6) => return Err(Refusal::new(200)),
            (_, 8) => return Err(Refusal::new(403).header("Content-Length", "1")),
            (target, 10) => return Err(Refusal::new(307).header("Location", target)),
            (target, _) => acceptance.header("X-Target", target),
        }
        Ok(())
    })
}

fn client(bits: u8) -> ClientHandshake {
    let handshake = ClientHandshake::with_key("example.org", "/chat", KEY);
    let handshake = if bits & 1 == 0 { handshake } else { handshake.limits(SMALL) };
    let handshake =
        if bits & 2 == 0 { handshake } else { handshake.protocols(["chat", "chat.v2"]) };
    let handshake = if bits & 4 == 0 { handshake } else { handshake.header("Origin", "http://b") };
    let wish = Deflate::new().server_max_window_bits(9).client_no_context_takeover();
    if bits & 0x80 == 0 { handshake } else { handshake.deflate(wish) }
}

/// Whatever is asked, the answer is one well-formed response with the body that it announces.
fn served_is_http(bits: u8, data: &[u8]) {
    let (mut input, mut output) = (Buffer::from(data), Output::new());
    let accepted = server(bits).advance(&mut input, true, &mut output);
    let answer = output.to_vec();
    if answer.is_empty() {
        // Only a request that breaks off has none.
        assert!(accepted.is_err() || matches!(accepted, Ok(Progress::NeedRead(_))));
        return;
    }
    let mut answer = Buffer::from(&answer[..]);
    let mut head = ResponseDecoder::new();
    let response = answer.step(&mut head, true, &mut Output::new());
    let Ok(segue::Step::Item(response)) = response else { panic!("the answer is {response:?}") };
    assert_eq!(accepted.is_ok(), response.status() == 101);
    let announced = match response.body("GET").expect("its length is clear") {
        BodyLength::Known(length) => length,
        _ => 0,
    };
    let asked_for_none = data.windows(5).any(|word| word == b"HEAD ") && answer.is_empty();
    assert!(answer.len() as u64 == announced || asked_for_none, "{announced} bytes are announced");
}

/// The target and the subprotocols are those of the input: what a client sends, a server of ours
/// agrees to, and the client to its answer.
fn asked_in_other_words(bits: u8, data: &[u8]) {
    let mut words = data.splitn(4, |&byte| byte == b' ').map(String::from_utf8_lossy);
    let mut word = || words.next().unwrap_or_default().into_owned();
    let (target, offer, name, value) = (word(), word(), word(), word());
    let offers = if offer.is_empty() { vec![] } else { vec![offer.clone(), "chat".into()] };
    let mut client = ClientHandshake::with_key("example.org", target.clone(), KEY)
        .protocols(offers)
        .header(name, value);
    let (mut input, mut output) = (Buffer::new(), Output::new());
    if client.advance(&mut input, false, &mut output).is_err() {
        assert!(output.is_empty(), "a request that cannot be sent is in the output");
        return;
    }
    // All that may be sent is a request to be read, with this target; an upgrade if nothing that
    // was added speaks against it.
    let request = [&output.to_vec()[..], b"\x81\x80...."].concat();
    let mut head = RequestDecoder::new();
    let mut received = Buffer::from(&request[..]);
    match received.step(&mut head, false, &mut Output::new()) {
        Ok(segue::Step::Item(request)) => assert_eq!(request.target(), target),
        other if request.len() < Limits::DEFAULT.target => panic!("the request is {other:?}"),
        _ => return,
    }
    assert_eq!(received.as_slice(), b"\x81\x80....");
    let mut received = Buffer::from(&request[..]);
    let mut answer = Output::new();
    let mut server = server(bits & 2);
    let Ok(Progress::Done(accepted)) = server.advance(&mut received, false, &mut answer) else {
        return;
    };
    assert_eq!((&*accepted.target, received.as_slice()), (&*target, &b"\x81\x80...."[..]));
    input.extend(&answer.to_vec());
    match client.advance(&mut input, false, &mut output) {
        Ok(Progress::Done(opened)) => assert_eq!(opened.protocol, accepted.protocol),
        other => panic!("the client does not agree: {other:?}"),
    }
    assert!(input.is_empty());
}

/// Checks that a client reads the answers of a server that decides by the input: none splits a
/// response.
fn answered_in_other_words(bits: u8, data: &[u8]) {
    let status = 200 + u16::from(bits) * 2;
    let text = String::from_utf8_lossy(data).into_owned();
    let mut words = text.splitn(3, ' ').map(str::to_owned);
    let (name, value, body) =
        (words.next(), words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let name = name.unwrap_or_default();
    let refuses = bits & 1 == 0;
    let mut server = ServerHandshake::new().decide(move |_, acceptance| {
        if refuses {
            return Err(Refusal::new(status).header(&*name, &*value).body(&*body));
        }
        acceptance.header(&*name, &*value);
        Ok(())
    });
    let mut client = client(0);
    let (mut input, mut request, mut answer) = (Buffer::new(), Output::new(), Output::new());
    let asked = client.advance(&mut input, false, &mut request);
    assert!(matches!(asked, Ok(Progress::NeedRead(_))));
    let served = server.advance(&mut Buffer::from(&request.to_vec()[..]), false, &mut answer);
    input.extend(&answer.to_vec());
    let opened = client.advance(&mut input, true, &mut request);
    assert_eq!(served.is_ok(), opened.is_ok(), "{served:?} and {opened:?}");
    let fault = opened.err().and_then(|fault| fault.error().cloned());
    if let Some(fault) = fault {
        use segue_websocket::ResponseError::Status;
        assert!(matches!(fault, Status { .. }), "{fault:?}");
    }
}
