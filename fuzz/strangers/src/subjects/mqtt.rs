//! MQTT 3.1.1 and 5: control packets.

use bytes::BytesMut;
use mqtt_protocol_core::mqtt::{
    self as core,
    connection::{Connection, Event},
};
use mqtt_v5::types::ProtocolVersion;
use segue_laws::{Answer, Parser};
use tokio_util_06::codec::{Decoder, Encoder, FramedRead};

use crate::{
    adapt,
    drive::{self, Transcript},
    entry::{Entry, Way},
};

const FAMILY: &str = "MQTT";
/// As a broker would set it; the streams here are far below.
const MOST: usize = 64 * 1024;

pub fn entries() -> Vec<Entry> {
    let new = |dependency, parser, make, drive| Entry::new(FAMILY, dependency, parser, make, drive);
    vec![
        new(
            "mqttbytes",
            "v4::read",
            || adapt::needing(mqttbytes_v4),
            |reads| drive::needing(reads, mqttbytes_v4),
        )
        .needs(INSUFFICIENT)
        .accepts(V4)
        .refuses(NO_MQTT),
        new(
            "mqttbytes",
            "v5::read",
            || adapt::needing(mqttbytes_v5),
            |reads| drive::needing(reads, mqttbytes_v5),
        )
        .needs(INSUFFICIENT)
        .accepts(V5)
        .refuses(NO_MQTT),
        new(
            "rumqttc",
            "v4 Packet::read",
            || adapt::needing(rumqttc_v4),
            |reads| drive::needing(reads, rumqttc_v4),
        )
        .encodes(|stream| {
            adapt::each(
                stream,
                |input| or_none(input, |input| rumqttc::Packet::read(input, MOST)),
                |packet, output| packet.write(output, MOST).ok().map(drop),
            )
        })
        .needs(INSUFFICIENT)
        .accepts(V4)
        .refuses(NO_MQTT),
        new(
            "rumqttc",
            "v5 Packet::read",
            || adapt::needing(rumqttc_v5),
            |reads| drive::needing(reads, rumqttc_v5),
        )
        .encodes(|stream| {
            adapt::each(
                stream,
                |input| or_none(input, |input| RumqttcV5::read(input, None)),
                |packet, output| packet.write(output, None).ok().map(drop),
            )
        })
        .needs(INSUFFICIENT)
        .accepts(V5)
        .refuses(NO_MQTT),
        new(
            "mqttrs",
            "clone_packet, decode_slice",
            || Box::new(adapt::slice(mqttrs_slice())),
            |reads| drive::buffer(reads, mqttrs_slice()),
        )
        .encodes(|mut stream| {
            let (mut again, mut room) = (Vec::new(), vec![0; MOST]);
            while !stream.is_empty() {
                let length = mqttrs::clone_packet(stream, &mut room).ok()?;
                let packet = mqttrs::decode_slice(&stream[..length]).ok()??;
                let written = mqttrs::encode_slice(&packet, &mut room).ok()?;
                again.extend_from_slice(&room[..written]);
                stream = &stream[length..];
            }
            Some(again)
        })
        .accepts(V4)
        .refuses(NO_MQTT),
        new(
            "mqtt-protocol",
            "MqttDecoder",
            || {
                Box::new(adapt::codec(
                    ::mqtt::packet::MqttDecoder::new(),
                    Decoder::decode,
                    Decoder::decode_eof,
                ))
            },
            |reads| {
                drive::stream(reads, |pipe| {
                    FramedRead::new(pipe, ::mqtt::packet::MqttDecoder::new())
                })
            },
        )
        .encodes(|stream| {
            let mut decoder = ::mqtt::packet::MqttDecoder::new();
            let mut encoder = ::mqtt::packet::MqttEncoder::new();
            adapt::each(
                stream,
                |input| decoder.decode(input),
                |packet, output| encoder.encode(packet, output).ok(),
            )
        })
        .way(Way::Decoder)
        .accepts(V4)
        .refuses(NO_MQTT),
        new(
            "mqtt-v5",
            "decode_mqtt, v3.1.1",
            || Box::new(mqtt_v5_machine(ProtocolVersion::V311)),
            |reads| mqtt_v5_loop(reads, ProtocolVersion::V311),
        )
        .encodes(|stream| mqtt_v5_again(stream, ProtocolVersion::V311))
        .accepts(V4)
        .refuses(NO_MQTT),
        new(
            "mqtt-v5",
            "decode_mqtt, v5",
            || Box::new(mqtt_v5_machine(ProtocolVersion::V500)),
            |reads| mqtt_v5_loop(reads, ProtocolVersion::V500),
        )
        .encodes(|stream| mqtt_v5_again(stream, ProtocolVersion::V500))
        .accepts(V5)
        .refuses(NO_MQTT),
        new(
            "mqtt-protocol-core",
            "Connection::recv, server",
            || Box::new(adapt::calling(server())),
            |reads| {
                let (mut feed, mut seen) = (server(), Transcript::default());
                for read in reads {
                    let mut said = Vec::new();
                    let error = feed(Some(read), &mut said).err();
                    said.extend(error.map(Answer::Error));
                    if !said.into_iter().all(|answer| seen.hears(false, answer)) {
                        return seen;
                    }
                }
                seen.hears(true, Answer::End);
                seen
            },
        )
        .accepts(SESSIONS)
        .way(Way::Given)
        .ends_anywhere("it is not told of the end of the stream"),
    ]
}

const V4: [&[u8]; 4] = [
    // CONNECT with a will and a login, CONNACK
    b"\x10\x21\x00\x04MQTT\x04\xc6\x00\x3c\x00\x02id\x00\x01w\x00\x02by\x00\x02me\x00\x06secret\x20\x02\x00\x00",
    // PUBLISH of each quality, and what answers them
    b"\x30\x05\x00\x01tHi\x32\x06\x00\x01t\x00\x07!\x40\x02\x00\x07\x50\x02\x00\x08\x62\x02\x00\x08\x70\x02\x00\x08",
    // SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK
    b"\x82\x08\x00\x0a\x00\x03a/b\x01\x90\x03\x00\x0a\x01\xa2\x07\x00\x0b\x00\x03a/b\xb0\x02\x00\x0b",
    // PINGREQ, PINGRESP, DISCONNECT
    b"\xc0\x00\xd0\x00\xe0\x00",
];
const V5: [&[u8]; 4] = [
    b"\x10\x0f\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x02id\x20\x03\x00\x00\x00",
    b"\x30\x06\x00\x01t\x00Hi\x32\x07\x00\x01t\x00\x07\x00!\x40\x02\x00\x07\x62\x02\x00\x08",
    b"\x82\x09\x00\x0a\x00\x00\x03a/b\x01\x90\x04\x00\x0a\x00\x01\xa2\x08\x00\x0b\x00\x00\x03a/b\xb0\x04\x00\x0b\x00\x00",
    b"\xc0\x00\xd0\x00",
];
const NO_MQTT: [&[u8]; 3] = [b"\x00\x00", b"\x30\xff\xff\xff\xff\x01", b"\x10\x06\x00\x04MQTX"];
const SESSIONS: [&[u8]; 2] = [
    b"\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02id\x30\x05\x00\x01tHi\xc0\x00",
    b"\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02id\x82\x08\x00\x0a\x00\x03a/b\x01\xe0\x00",
];

const INSUFFICIENT: &str =
    "`InsufficientBytes` tells how many additional bytes are necessary to proceed, at least";

fn mqttbytes_v4(input: &mut BytesMut) -> Answer {
    match mqttbytes::v4::read(input, MOST) {
        Err(mqttbytes::Error::InsufficientBytes(more)) => Answer::Need(Some(more)),
        result => Answer::from_result(result.map(Some)),
    }
}

fn mqttbytes_v5(input: &mut BytesMut) -> Answer {
    match mqttbytes::v5::read(input, MOST) {
        Err(mqttbytes::Error::InsufficientBytes(more)) => Answer::Need(Some(more)),
        result => Answer::from_result(result.map(Some)),
    }
}

fn rumqttc_v4(input: &mut BytesMut) -> Answer {
    match rumqttc::Packet::read(input, MOST) {
        Err(rumqttc::mqttbytes::Error::InsufficientBytes(more)) => Answer::Need(Some(more)),
        result => Answer::from_result(result.map(Some)),
    }
}

type RumqttcV5 = rumqttc::v5::mqttbytes::v5::Packet;

fn rumqttc_v5(input: &mut BytesMut) -> Answer {
    match RumqttcV5::read(input, Some(MOST as u32)) {
        Err(rumqttc::v5::mqttbytes::Error::InsufficientBytes(more)) => Answer::Need(Some(more)),
        result => Answer::from_result(result.map(Some)),
    }
}

/// Takes one packet out, which is how the crate tells its length, and decodes that.
fn mqttrs_slice() -> impl FnMut(&[u8]) -> Result<Option<(String, usize)>, mqttrs::Error> {
    let mut room = vec![0; 1 << 20];
    move |input| {
        let length = mqttrs::clone_packet(input, &mut room)?;
        let packet = mqttrs::decode_slice(&room[..length])?;
        Ok(packet.map(|packet| (format!("{packet:?}"), length)))
    }
}

/// Its buffer is of an older `bytes`.
fn mqtt_v5_machine(version: ProtocolVersion) -> impl Parser {
    adapt::machine(
        bytes_05::BytesMut::new(),
        |buffer, bytes| buffer.extend_from_slice(bytes),
        move |buffer| mqtt_v5::decoder::decode_mqtt(buffer, version),
    )
    .left(|buffer| buffer.to_vec())
}

fn mqtt_v5_again(stream: &[u8], version: ProtocolVersion) -> Option<Vec<u8>> {
    let mut input = bytes_05::BytesMut::from(stream);
    let mut output = bytes_05::BytesMut::new();
    while let Some(packet) = mqtt_v5::decoder::decode_mqtt(&mut input, version).ok()? {
        mqtt_v5::encoder::encode_mqtt(&packet, &mut output, version);
    }
    Some(output.to_vec())
}

/// A packet, if anything is left.
fn or_none<T, E>(
    input: &mut BytesMut,
    read: impl FnOnce(&mut BytesMut) -> Result<T, E>,
) -> Result<Option<T>, E> {
    if input.is_empty() { Ok(None) } else { read(input).map(Some) }
}

/// The loop of a caller: read, and decode as often as there is something.
fn mqtt_v5_loop(reads: &[&[u8]], version: ProtocolVersion) -> Transcript {
    drive::taking(reads, bytes_05::BytesMut::extend_from_slice, |buffer| {
        mqtt_v5::decoder::decode_mqtt(buffer, version)
    })
}

/// A server's connection, given what has come until nothing of it is left, as documented.
fn server() -> impl FnMut(Option<&[u8]>, &mut Vec<Answer>) -> Result<(), String> {
    let mut connection = Connection::<core::role::Server>::new(core::Version::V3_1_1);
    move |bytes, said| {
        let mut cursor = core::common::Cursor::new(bytes.unwrap_or_default());
        while (cursor.position() as usize) < bytes.unwrap_or_default().len() {
            for event in connection.recv(&mut cursor) {
                match event {
                    Event::NotifyPacketReceived(packet) => {
                        said.push(Answer::Item(format!("{packet:?}")));
                    }
                    Event::NotifyError(error) => return Err(format!("{error:?}")),
                    Event::RequestClose => return Err("close".into()),
                    _ => {}
                }
            }
        }
        Ok(())
    }
}
