use hdlc::{FrameReader, SpecialChars};
use std::io::Read;

fn main() {
    println!("one read:  {:?}", frames(&mut &b"\x7e\x01\x02\x7e"[..]));
    println!("two reads: {:?}", frames(&mut (&b"\x7e\x01"[..]).chain(&b"\x02\x7e"[..])));
}

/// The loop of the documentation: frames until there is none.
fn frames(source: &mut dyn Read) -> Vec<Vec<u8>> {
    FrameReader::new(source, SpecialChars::default()).collect()
}
