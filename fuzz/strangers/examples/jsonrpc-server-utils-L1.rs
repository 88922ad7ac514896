use bytes::BytesMut;
use jsonrpc_server_utils::codecs::StreamCodec;
use tokio_util_06::codec::Decoder;

fn main() {
    // A message that is not UTF-8, which the codec skips, and a valid one behind it.
    let mut buffer = BytesMut::from(&b"{\"a\":\"\xff\"}{\"b\":1}"[..]);
    let mut codec = StreamCodec::stream_incoming();
    println!("{:?}", codec.decode(&mut buffer));
    println!("asked again, although nothing more has come: {:?}", codec.decode(&mut buffer));
}
