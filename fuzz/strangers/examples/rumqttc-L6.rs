use bytes::BytesMut;
use rumqttc::v5::mqttbytes::v5::{Connect, Packet, PingReq};

fn main() {
    let connect =
        Connect { keep_alive: 60, client_id: "id".into(), clean_start: true, properties: None };
    let mut alone = BytesMut::new();
    Packet::Connect(connect.clone(), None, None).write(&mut alone, None).unwrap();
    println!("alone:            {}", alone.escape_ascii());

    let mut behind = BytesMut::new();
    Packet::PingReq(PingReq).write(&mut behind, None).unwrap();
    let before = behind.len();
    Packet::Connect(connect, None, None).write(&mut behind, None).unwrap();
    println!("behind a PINGREQ: {}", behind[before..].escape_ascii());
}
