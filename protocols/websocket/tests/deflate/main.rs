//! permessage-deflate (RFC 7692): agreed on in the handshake, and done to messages.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

#[path = "../../../../tests/support/counting.rs"]
mod counting;
#[path = "../support/mod.rs"]
mod support;

mod laws;
mod limits;
mod messages;
mod negotiation;
mod prepared;
mod whole;
mod window;

use segue::{Buffer, Exchange, Output, Progress};
use segue_websocket::{
    Accepted, Agreed, ClientHandshake, Connected, Deflate, Role, ServerHandshake,
};

/// Both ends of a connection that was opened on these terms.
fn opened(server: Deflate, client: Deflate) -> (Accepted, Connected) {
    let mut asks = ClientHandshake::with_key("a", "/", *b"the sample nonce").deflate(client);
    let (mut input, mut output) = (Buffer::new(), Output::new());
    let waits = asks.advance(&mut input, false, &mut output).unwrap();
    assert!(matches!(waits, Progress::NeedRead(_)));
    let mut request = Buffer::from(&output.to_vec()[..]);
    let mut answer = Output::new();
    let mut answers = ServerHandshake::new().deflate(server);
    let Progress::Done(accepted) = answers.advance(&mut request, false, &mut answer).unwrap()
    else {
        panic!("the request is whole")
    };
    input.extend(&answer.to_vec());
    let Progress::Done(opened) = asks.advance(&mut input, false, &mut output).unwrap() else {
        panic!("the answer is whole")
    };
    let told = |agreed: Option<&Agreed>| {
        let agreed = agreed.unwrap();
        [Role::Server, Role::Client]
            .map(|role| (agreed.window_bits(role), agreed.context_takeover(role)))
    };
    assert_eq!(told(accepted.deflate()), told(opened.deflate()));
    (accepted, opened)
}
