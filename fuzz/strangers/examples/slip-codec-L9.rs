use futures::{StreamExt, executor::block_on};
use slip_codec::tokio::SlipDecoder;
use tokio_util::codec::FramedRead;

fn main() {
    // A packet, and a second one that is cut off.
    let framed = FramedRead::new(&b"\x01\x02\xc0\x03"[..], SlipDecoder::default());
    println!("{:?}", block_on(framed.collect::<Vec<_>>()));
}
