//! Leaving, with all that is left.

use bytes::BytesMut;
use segue::{Handoff, Output};

fn output(bytes: &[u8]) -> Output {
    let mut output = Output::new();
    output.put(bytes);
    output
}

#[test]
fn a_transport_alone_is_had_only_where_nothing_else_is_left() {
    for (read, write, eof) in
        [("", "", false), ("r", "", false), ("", "w", false), ("", "", true), ("r", "w", true)]
    {
        let handoff = Handoff::from_parts("io", read.into(), output(write.as_bytes()), eof);
        let nothing_left = (read, write, eof) == ("", "", false);
        match handoff.into_io() {
            Ok(io) => assert!(nothing_left && io == "io"),
            Err(handoff) => {
                assert!(!nothing_left);
                assert_eq!((handoff.read(), handoff.is_eof()), (read.as_bytes(), eof));
                assert_eq!(handoff.unsent().to_vec(), write.as_bytes());
            }
        }
    }
}

#[test]
fn another_transport_goes_along_with_the_same_rest() {
    let handoff =
        Handoff::from_parts(4, "r".into(), output(b"w"), true).at_position(7).map_io(|io| io * 2);
    assert_eq!(handoff.position(), 7);
    let (io, read, write, eof) = handoff.into_parts();
    assert_eq!((io, &read[..], &write.to_vec()[..], eof), (8, &b"r"[..], &b"w"[..], true));
}

#[test]
fn what_another_library_has_read_is_taken_in_any_shape() {
    for handoff in [
        Handoff::new((), "rest"),
        Handoff::new((), b"rest".to_vec()),
        Handoff::new((), BytesMut::from("rest")),
        Handoff::new((), bytes::Bytes::from_static(b"rest")),
    ] {
        assert_eq!((handoff.read(), handoff.is_eof()), (&b"rest"[..], false));
        assert!(handoff.unsent().is_empty());
    }
}

#[test]
fn no_payload_is_shown() {
    let handoff = Handoff::from_parts((), "secret".into(), output(b"hidden"), false);
    let shown = format!("{handoff:?}");
    assert_eq!(shown, "Handoff { read: 6, unsent: 6, eof: false, .. }");
}
