use bytes::BytesMut;
use lsp_codec::LspCodec;
use tokio_util_06::codec::Decoder;

fn main() {
    println!("{:?}", LspCodec::default().decode(&mut BytesMut::from(&b"\xff\r\n\r\n"[..])));
}
