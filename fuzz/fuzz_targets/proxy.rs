//! Headers of the PROXY protocol: any bytes under the laws, and what is read is written.
//!
//! The first byte says who may send a header, and if the signature of version 2 is put in front of
//! the rest, which is seldom found by chance.
#![no_main]

use libfuzzer_sys::fuzz_target;
use segue::{Buffer, Encode, Output, Step, laws};
use segue_proxy::{Limits, OptionalHeader, Presence, ProxyHeader};

fuzz_target!(|data: &[u8]| {
    let [mode, data @ ..] = data else { return };
    let presence = match mode % 3 {
        0 => Presence::Required,
        1 => Presence::Optional,
        _ => Presence::Forbidden,
    };
    let front = if mode & 0x80 == 0 { &b""[..] } else { b"\r\n\r\n\0\r\nQUIT\n" };
    let data = [front, data].concat();
    laws::stage(|| OptionalHeader::new(presence)).limit(Limits::DEFAULT.header).fuzz(&data);

    // What was read is written, and says the same again.
    let (mut stage, mut buffer) = (ProxyHeader::new(), Buffer::from(&data[..]));
    if let Ok(Step::Item(header)) = buffer.step(&mut stage, true, &mut Output::new()) {
        let mut output = Output::new();
        ProxyHeader::new().encode(&header, &mut output).expect("it was read");
        let (mut stage, mut written) = (ProxyHeader::new(), Buffer::from(&output.to_vec()[..]));
        match written.step(&mut stage, true, &mut Output::new()) {
            Ok(Step::Item(again)) => assert_eq!(again.endpoints(), header.endpoints()),
            other => panic!("{other:?}"),
        }
        assert!(written.as_slice().is_empty());
    }
});
