//! A tokio-util decoder as a stage of a connection, under each driver.

use bytes::BytesMut;
use segue::{
    Cause, Edge, Handoff,
    driver::{Error, Options, ReadPolicy, codec::FromTokio},
};
use tokio_util::codec::{Decoder, LengthDelimitedCodec, LinesCodec};

use super::Connection;
use crate::script::Script;

#[test]
fn a_decoder_reads_the_same_under_every_cut() {
    play!({
        let stream = b"one\n\ntwo\r\nthree";
        for cut in 1..stream.len() {
            for read_size in [1, 5, 100] {
                let script = Script::new().gives(&stream[..cut]).blocks().gives(&stream[cut..]);
                let options = Options::new().read_size(read_size);
                let handoff = Handoff::new(script.ends(), &[][..]);
                let stage = FromTokio::new(LinesCodec::new());
                let mut connection = Connection::from_handoff(handoff, stage).with_options(options);
                for expected in ["one", "", "two", "three"] {
                    assert_eq!(wait!(connection.turn()).unwrap().unwrap().item, expected);
                }
                assert!(wait!(connection.turn()).unwrap().is_none());
            }
        }
    });
}

#[test]
fn what_a_decoder_has_not_consumed_crosses_the_edge() {
    play!({
        let script = Script::new().gives(b"STARTTLS\r\nMAIL FROM:<evil>\r\nDA");
        let mut connection = Connection::new(script, FromTokio::new(LinesCodec::new()));
        assert_eq!(wait!(connection.turn()).unwrap().unwrap().item, "STARTTLS");
        let refused = connection.hand_off(Edge::MustBeEmpty).unwrap_err();
        let mut connection = refused.into_connection();
        assert_eq!(wait!(connection.turn()).unwrap().unwrap().item, "MAIL FROM:<evil>");
        assert!(once!(connection.turn()).is_pending());
        let handoff = connection.hand_off(Edge::Carry).unwrap();
        assert_eq!(handoff.read(), b"DA");
    });
}

#[test]
fn what_a_decoder_consumed_without_an_item_is_absorbed() {
    play!({
        let script = Script::new().gives(b"\x00\x00\x00\x03one\x00\x00\x00\x05th");
        let stage = FromTokio::new(LengthDelimitedCodec::new());
        let mut connection = Connection::new(script.clone(), stage);
        assert_eq!(wait!(connection.turn()).unwrap().unwrap().item, &b"one"[..]);
        assert!(once!(connection.turn()).is_pending());
        // The header of the second record is in the decoder, and the payload is not.
        assert_eq!((connection.buffer().as_slice(), connection.position()), (&b"th"[..], 11));
        let none = FromTokio::new(LengthDelimitedCodec::new());
        let decoder = std::mem::replace(connection.stage_mut(), none).into_inner();
        let mut connection = {
            let handoff = connection.hand_off(Edge::Carry).unwrap();
            Connection::from_handoff(handoff, FromTokio::new(decoder))
        };
        let _ = script.gives(b"ree").ends();
        assert_eq!(wait!(connection.turn()).unwrap().unwrap().item, &b"three"[..]);
        assert!(wait!(connection.turn()).unwrap().is_none());
    });
}

#[test]
fn a_decoder_may_be_shown_more_than_is_taken_out() {
    play!({
        for policy in [ReadPolicy::Peek, ReadPolicy::Exact] {
            let script = Script::new().gives(b"one\ntwo\nthr").blocks().gives(b"ee\nfour").ends();
            let options = Options::new().policy(policy);
            let handoff = Handoff::new(script, &[][..]);
            let stage = FromTokio::new(LinesCodec::new());
            let mut connection =
                Connection::from_handoff(handoff, stage).with_options(options).peeking();
            for expected in ["one", "two", "three", "four"] {
                assert_eq!(wait!(connection.turn()).unwrap().unwrap().item, expected);
            }
            assert!(wait!(connection.turn()).unwrap().is_none());
        }
    });
}

#[test]
fn a_decoders_error_is_a_fault() {
    play!({
        let script = Script::new().gives(b"too long a line\n");
        let stage = FromTokio::new(LinesCodec::new_with_max_length(5));
        let mut connection = Connection::new(script, stage);
        match wait!(connection.turn()) {
            Err(Error::Fault(fault)) => assert!(matches!(fault.cause, Cause::Stage(_))),
            other => panic!("{other:?}"),
        }
    });
}

/// Gives the same item over and over.
struct Endless;

impl Decoder for Endless {
    type Item = ();
    type Error = std::io::Error;

    fn decode(&mut self, _: &mut BytesMut) -> Result<Option<()>, std::io::Error> {
        Ok(Some(()))
    }
}

#[test]
fn a_decoder_that_never_reads_is_stopped() {
    play!({
        let mut connection =
            Connection::new(Script::new().gives(b"abc").ends(), FromTokio::new(Endless));
        let mut count = 0;
        let fault = loop {
            match wait!(connection.turn()) {
                Ok(Some(_)) => count += 1,
                Err(Error::Fault(fault)) => break fault,
                other => panic!("{other:?}"),
            }
        };
        assert!(matches!(fault.cause, Cause::NoProgress));
        assert_eq!(count, 64);
    });
}
