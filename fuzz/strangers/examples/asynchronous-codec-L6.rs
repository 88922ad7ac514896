use asynchronous_codec::{Decoder, Encoder, JsonCodec};
use bytes::BytesMut;
use serde_json::{Value, json};

fn main() {
    let mut codec = JsonCodec::<Value, Value>::new();
    let mut wire = BytesMut::new();
    codec.encode(json!(2), &mut wire).unwrap();
    codec.encode(json!(4), &mut wire).unwrap();
    println!("2 and 4 are written as {wire:?}");
    println!("and read as {:?}", codec.decode(&mut wire));

    codec.encode(json!(1), &mut wire).unwrap();
    codec.encode(json!(null), &mut wire).unwrap();
    println!("1 and null are written as {wire:?}");
    println!("and read as {:?}", codec.decode(&mut wire).map_err(|error| error.to_string()));
}
