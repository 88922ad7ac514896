//! The laws of segue, stamped on the layer, the exchanges and the stage.
#![cfg(feature = "rustls")]

mod support;

use segue::{Layer, Output, laws};
use segue_tls::{Hello, Records, Tls};
use support::{Configs, Version};

#[test]
fn tls_1_3_is_a_layer() {
    let configs = Configs::new(Version::Tls13);
    let ask = |tls: &mut Tls, wire: &mut Output| {
        tls.update_keys().expect("TLS 1.3 can");
        tls.seal(&mut Output::new(), wire).expect("it is open");
    };
    laws::layers(|| configs.ready()).left_asks(ask).right_asks(ask).check();
}

#[test]
fn tls_1_2_is_a_layer() {
    let configs = Configs::new(Version::Tls12);
    laws::layers(|| configs.ready()).check();
}

#[test]
fn records_are_a_stage() {
    let alert = b"\x15\x03\x03\x00\x02\x02\x28";
    let empty = b"\x17\x03\x03\x00\x00";
    let longest = [&b"\x17\x03\x03\x41\x00"[..], &[7; 16_640]].concat();
    laws::stage(|| Records)
        .accepts([&b""[..], alert, empty, &longest, &[&alert[..], empty, alert].concat()])
        .refuses([
            &b"GET / HTTP/1.1\r\n\r\n"[..],
            b"\x16\x02\x00\x00\x01\x01",
            b"\x17\x03\x03\x41\x01",
            b"\x15\x03\x03\x00\x02\x02",
            b"\x15\x03",
        ])
        .check();
}

/// It consumes nothing, so the suite cannot say how a good stream ends: `tests/hello.rs` does.
#[test]
fn a_hello_is_an_exchange() {
    let cut = support::in_records(&support::hello(), 7);
    laws::exchange(Hello::new)
        .refuses([
            &b"GET / HTTP/1.1\r\n\r\n"[..],
            b"\x17\x03\x03\x00\x01\x01",
            b"\x16\x03\x01\x00\x00",
            &cut[..cut.len() - 1],
        ])
        .check();
}
