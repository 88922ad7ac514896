//! A stage as the codec of a tokio-util `Framed`.

use bytes::{Bytes, BytesMut};
use futures_util::{SinkExt, StreamExt};
use segue::{
    Buffer, Cause, Decode, Edge, Encode, Fault, Frame, Handoff, Output, Record, Step,
    combine::DecodeExt,
    driver::{
        SendError, Turn,
        codec::{Codec, CodecError, FromTokio},
        tokio::Connection,
    },
    length,
};
use tokio_util::codec::{Decoder, Encoder, Framed, LengthDelimitedCodec, LinesCodec};

use crate::{
    executor::block_on,
    script::Script,
    talk::{Mistake, Talk, messages, record},
};

/// [`Talk`] with items of its own.
#[derive(Debug, Default)]
struct OwnedTalk(Talk);

impl Decode for OwnedTalk {
    type Item<'a> = Vec<u8>;
    type Error = Mistake;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Frame, Fault<Mistake>> {
        self.0.frame(input, eof)
    }

    fn absorb(&mut self, record: Record<'_>, answers: &mut Output) -> Result<(), Fault<Mistake>> {
        self.0.absorb(record, answers)
    }

    fn parse<'a>(&'a mut self, record: Record<'a>) -> Result<Vec<u8>, Fault<Mistake>> {
        self.0.parse(record).map(<[u8]>::to_vec)
    }
}

impl Encode<Vec<u8>> for OwnedTalk {
    type Error = Mistake;

    fn encode(&mut self, payload: Vec<u8>, output: &mut Output) -> Result<(), Mistake> {
        self.0.encode(&payload[..], output)
    }
}

type Talking = Codec<OwnedTalk, OwnedTalk>;

fn codec() -> Talking {
    Codec::new(OwnedTalk::default(), OwnedTalk::default())
}

#[test]
fn a_framed_echoes_under_every_cut() {
    block_on(async {
        let stream = messages(["one", "", "three"]);
        for size in 1..=stream.len() {
            let script = Script::new().gives_in_pieces(&stream, size).ends().takes(1);
            let mut framed = Framed::new(script.clone(), codec());
            let mut count = 0;
            while let Some(item) = framed.next().await {
                framed.send(item.unwrap()).await.unwrap();
                count += 1;
            }
            assert_eq!((count, script.written()), (3, stream.clone()));
        }
    });
}

#[test]
fn a_stage_that_is_done_ends_the_stream_and_leaves_the_rest() {
    block_on(async {
        let stream = [messages(["one"]), record(b'e', b""), b"the rest".to_vec()].concat();
        for size in [1, stream.len()] {
            let script = Script::new().gives_in_pieces(&stream, size);
            let mut framed = Framed::new(script, codec());
            assert_eq!(framed.next().await.unwrap().unwrap(), b"one");
            let end = framed.next().await.unwrap().unwrap_err();
            assert!(matches!(end, CodecError::Done));
            assert!(framed.next().await.is_none());

            // What followed goes along, to a connection.
            let (handoff, _) = Handoff::from_framed_parts(framed.into_parts());
            let read = handoff.read().to_vec();
            let rest = [&read[..], &handoff.into_parts().0.unread()].concat();
            assert_eq!(rest, b"the rest");
        }
    });
}

#[test]
fn an_end_inside_a_record_is_a_fault() {
    block_on(async {
        let script = Script::new().gives(b"m\x03onem\x03t").ends();
        let mut framed = Framed::new(script, codec());
        assert!(framed.next().await.unwrap().is_ok());
        match framed.next().await.unwrap().unwrap_err() {
            CodecError::Fault(fault) => {
                assert_eq!((fault.cause, fault.at, fault.fatal), (Cause::Truncated, 8, true));
            }
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn faults_are_where_they_are_in_the_stream() {
    let mut codec = codec();
    let stream = [messages(["one"]), record(b'?', b"odd"), messages(["two"])].concat();
    let mut bytes = BytesMut::from(&stream[..]);
    assert_eq!(codec.decode(&mut bytes).unwrap().unwrap(), b"one");
    match codec.decode(&mut bytes).unwrap_err() {
        CodecError::Fault(fault) => assert_eq!((fault.at, fault.fatal), (6, false)),
        other => panic!("{other:?}"),
    }
    // It can go on behind that one, and not behind this one.
    assert_eq!(codec.decode(&mut bytes).unwrap().unwrap(), b"two");
    bytes.extend_from_slice(b"X");
    for cause in [Cause::Stage(Mistake::Unknown), Cause::Contract] {
        match codec.decode(&mut bytes).unwrap_err() {
            CodecError::Fault(fault) => assert_eq!(fault.cause, cause),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_stage_that_yields_without_end_is_stopped_in_a_codec() {
    let mut codec = codec();
    let mut bytes = BytesMut::from(&b"z\xff"[..]);
    let mut count = 0;
    let fault = loop {
        match codec.decode(&mut bytes) {
            Ok(Some(_)) => count += 1,
            Err(CodecError::Fault(fault)) => break fault,
            other => panic!("{other:?}"),
        }
    };
    // The record of two bytes, what it pays for, and what is free.
    assert_eq!((fault.cause, count), (Cause::NoProgress, 1 + 2 + 64));
    match codec.decode(&mut bytes) {
        Err(CodecError::Fault(fault)) => assert_eq!(fault.cause, Cause::Contract),
        other => panic!("{other:?}"),
    }
}

#[test]
fn answers_go_in_front_of_the_next_item() {
    let mut codec = codec();
    let mut bytes = BytesMut::from(&[record(b'p', b"?"), messages(["one"])].concat()[..]);
    let item = codec.decode(&mut bytes).unwrap().unwrap();
    assert_eq!(codec.answers().to_vec(), record(b'o', b"?"));
    let mut sent = BytesMut::new();
    codec.encode(item, &mut sent).unwrap();
    assert_eq!(sent, [record(b'o', b"?"), messages(["one"])].concat());
    // An item that is refused takes nothing along and leaves nothing behind.
    let refused = codec.encode(vec![0; 256], &mut sent).unwrap_err();
    assert!(matches!(refused, SendError::Refused(Mistake::Unwelcome)));
    assert_eq!(sent.len(), 8);
}

#[test]
fn a_connection_goes_on_as_a_framed_and_back() {
    block_on(async {
        let stream = [messages(["one"]), b"\x00\x03two\x00\x05three".to_vec()].concat();
        let script = Script::new().gives(&stream).ends();
        let mut connection = Connection::new(script.clone(), Talk::default());
        {
            let Turn { item, mut output } = connection.turn().await.unwrap().unwrap();
            output.queue(&mut Talk::default(), item).unwrap();
        }
        let handoff = connection.hand_off(Edge::Carry).unwrap();
        let parts = handoff
            .into_framed_parts::<Bytes, _>(Codec::new(length::u16_be().owned(), length::u16_be()));
        let mut framed = Framed::from_parts(parts);
        assert_eq!(framed.next().await.unwrap().unwrap(), "two");
        framed.feed(Bytes::from_static(b"2")).await.unwrap();

        let (handoff, codec) = Handoff::from_framed_parts(framed.into_parts());
        let (_, mut writer) = codec.into_parts();
        let mut connection = Connection::from_handoff(handoff, length::u16_be());
        assert_eq!(connection.turn().await.unwrap().unwrap().item.as_slice(), b"three");
        connection.queue(&mut writer, &b"3"[..]).await.unwrap();
        connection.flush().await.unwrap();
        let expected = [messages(["one"]), b"\x00\x012\x00\x013".to_vec()].concat();
        assert_eq!(script.written(), expected);
    });
}

#[test]
fn a_decoder_is_a_stage_that_keeps_the_laws() {
    let records =
        || FromTokio::new(LengthDelimitedCodec::builder().max_frame_length(64).new_codec());
    segue::laws::stage(records)
        .accepts([&b"\0\0\0\x03one\0\0\0\0\0\0\0\x05three"[..], b""])
        .refuses([&b"\0\0\0\x41"[..]])
        .limit(4 + 64)
        .check();
    // A line may end with the stream, so a truncated one cannot be told.
    let mut lines = FromTokio::new(LinesCodec::new());
    let (mut buffer, mut output) = (Buffer::new(), Output::new());
    let mut seen = Vec::new();
    for byte in b"one\n\r\n\ntwo" {
        buffer.extend(&[*byte]);
        while let Step::Item(line) = buffer.step(&mut lines, false, &mut output).unwrap() {
            seen.push((line, buffer.position()));
        }
    }
    assert_eq!(seen, [("one", 4), ("", 6), ("", 7)].map(|(line, at)| (line.to_owned(), at)));
    assert!(matches!(buffer.step(&mut lines, true, &mut output), Ok(Step::Item(l)) if l == "two"));
    assert!(matches!(buffer.step(&mut lines, true, &mut output), Ok(Step::Done)));
    assert!(buffer.is_empty());
}
