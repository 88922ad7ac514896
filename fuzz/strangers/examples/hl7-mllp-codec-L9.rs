use futures::{StreamExt, executor::block_on};
use hl7_mllp_codec::MllpCodec;
use tokio_util::codec::FramedRead;

fn main() {
    for stream in [&b"\x0bMSH|a\r\x1c\r"[..], b"\x0bMSH|a"] {
        let mut framed = FramedRead::new(stream, MllpCodec::new());
        print!("{:?}:", stream.escape_ascii().to_string());
        while let Some(item) = block_on(framed.next()) {
            print!(" {item:?}");
        }
        println!(" end");
    }
}
