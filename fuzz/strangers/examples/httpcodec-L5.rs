use bytecodec::{bytes::RemainingBytesDecoder, io::IoDecodeExt};
use httpcodec::{BodyDecoder, RequestDecoder};

fn main() {
    // A chunk whose size has one digit too many.
    let request =
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n9223372036854775807\r\nhello";
    let mut decoder = RequestDecoder::new(BodyDecoder::new(RemainingBytesDecoder::new()));
    println!("{:?}", decoder.decode_exact(&request[..]).map(|_| ()));
}
