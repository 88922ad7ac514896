use futures::{StreamExt, executor::block_on};
use mqtt::packet::MqttDecoder;
use tokio_util_06::codec::FramedRead;

fn main() {
    // A PUBACK of two bytes, whole, and cut off behind its fixed header and one byte later.
    for end in [4, 2, 3] {
        let framed = FramedRead::new(&b"\x40\x02\x00\x0a"[..end], MqttDecoder::new());
        let seen: Vec<_> = block_on(framed.map(|item| format!("{item:?}")).collect());
        println!("{end} bytes: {seen:?}");
    }
}
