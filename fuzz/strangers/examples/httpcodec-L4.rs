use bytecodec::{bytes::RemainingBytesDecoder, io::IoDecodeExt};
use httpcodec::{BodyDecoder, RequestDecoder};

fn main() {
    // A head that announces 40 terabytes.
    let request = b"POST / HTTP/1.1\r\nContent-Length: 40000000000000\r\n\r\nhello";
    let mut decoder = RequestDecoder::new(BodyDecoder::new(RemainingBytesDecoder::new()));
    println!("{:?}", decoder.decode_exact(&request[..]).map(|_| ()));
}
