//! A connection that is left while its stage holds bytes itself.

use segue::{DecodeExt, Edge, driver::tokio::Connection, length};

use crate::{executor::block_on, script::Script};

#[test]
fn a_hand_off_is_refused_while_the_stage_holds_bytes_of_another_stream() {
    let input = b"\x06\x02hiXYZ";
    let left = || {
        let stage = length::u8().nested(length::u8().take(1));
        let mut connection = Connection::new(Script::new().gives(input), stage);
        block_on(async {
            assert_eq!(connection.turn().await.unwrap().unwrap().item, b"hi");
            assert!(connection.turn().await.unwrap().is_none());
        });
        connection
    };
    for edge in [Edge::MustBeEmpty, Edge::Carry] {
        let refused = left().hand_off(edge).unwrap_err();
        assert_eq!(refused.to_string(), "the stage holds unread bytes", "{edge:?}");

        // It comes back as it was, and what is inside can be had.
        let mut inside = Vec::new();
        let connection = refused.into_connection().follow(|nested| {
            inside.extend_from_slice(nested.into_parts().buffer.as_slice());
        });
        assert_eq!(inside, b"XYZ");
        assert!(connection.unwrap().hand_off(edge).unwrap().into_io().is_ok());
    }
    assert!(left().hand_off(Edge::Discard).unwrap().into_io().is_ok());
}

#[test]
fn a_hand_off_is_refused_while_an_answer_waits_inside_the_stage() {
    let stage = length::u8().nested(crate::talk::Talk::default()).keeping_answers();
    let script = Script::new().gives(b"\x08p\x01?m\x03one");
    let mut connection = Connection::new(script, stage);
    block_on(async {
        assert_eq!(connection.turn().await.unwrap().unwrap().item, b"one");
    });
    let refused = connection.hand_off(Edge::MustBeEmpty).unwrap_err();
    assert_eq!(refused.to_string(), "the stage holds unsent bytes");
    let mut connection = refused.into_connection();
    assert_eq!(connection.stage_mut().answers().to_vec(), b"o\x01?");
    connection.stage_mut().answers().clear();
    assert!(connection.hand_off(Edge::MustBeEmpty).unwrap().into_io().is_ok());
}
