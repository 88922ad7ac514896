use bytes::BytesMut;
use irc_proto::IrcCodec;
use tokio_util::codec::{Decoder, Encoder};

fn main() {
    let mut codec = IrcCodec::new("utf-8").unwrap();
    let received = &b"PRIVMSG #a :one\rtwo\r\nPRIVMSG #b :three\r\n"[..];
    let (mut wire, mut again) = (BytesMut::from(received), BytesMut::new());
    while let Some(message) = codec.decode(&mut wire).unwrap() {
        println!("read    {:?}", message.command);
        codec.encode(message, &mut again).unwrap();
    }
    println!("written {again:?}");
    while let Some(message) = codec.decode(&mut again).unwrap() {
        println!("read    {:?}", message.command);
    }
}
