use bytes::BytesMut;
use nectar::{TelnetCodec, event::TelnetEvent};
use tokio_util::codec::Decoder;

fn main() {
    println!("one read:  {:?}", events(&[b"hello\r\n"]));
    println!("two reads: {:?}", events(&[b"hel", b"lo\r\n"]));
}

/// The loop of `Framed`: read, and decode as often as there is something.
fn events(reads: &[&[u8]]) -> Vec<TelnetEvent> {
    let (mut codec, mut buffer, mut events) = (TelnetCodec::new(1024), BytesMut::new(), vec![]);
    for read in reads {
        buffer.extend_from_slice(read);
        while let Some(event) = codec.decode(&mut buffer).expect("no error") {
            events.push(event);
        }
    }
    events
}
