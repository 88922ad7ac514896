//! A stage as the codec of a tokio-util `Framed`.

use bytes::{Bytes, BytesMut};
use futures_util::{SinkExt, StreamExt};
use segue::{
    Buffer, Cause, Decode, Edge, Encode, Fault, Framing, Handoff, Output, Record, Step,
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
pub(crate) struct OwnedTalk(Talk);

impl Decode for OwnedTalk {
    type Item<'a> = Vec<u8>;
    type Error = Mistake;

    fn frame(&mut self, input: &[u8], eof: bool) -> Result<Framing, Fault<Mistake>> {
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

/// A message, the end of the stage, and what follows.
fn with_a_rest() -> Vec<u8> {
    [messages(["one"]), record(b'e', b""), b"the rest".to_vec()].concat()
}

#[test]
fn a_stage_that_is_done_ends_a_framed_by_none_and_leaves_the_rest() {
    block_on(async {
        let stream = with_a_rest();
        for size in [1, 7, stream.len()] {
            // The peer sends no end, and waits.
            let script = Script::new().gives_in_pieces(&stream, size);
            let mut framed = codec().over(script);
            assert_eq!(framed.next().await.unwrap().unwrap(), b"one");
            assert!(!framed.codec().is_done());
            for _ in 0..3 {
                assert!(framed.next().await.is_none());
            }
            assert!(framed.codec().is_done());

            // The bytes behind it go along.
            let (handoff, _) = Handoff::from_framed_parts(framed.into_parts());
            assert_eq!(handoff.position(), 7);
            let handoff = handoff.unbound();
            assert_eq!((handoff.position(), handoff.is_eof()), (7, false));
            let read = handoff.read().to_vec();
            let rest = [&read[..], &handoff.into_parts().0.unread()].concat();
            assert_eq!(rest, b"the rest");
        }
    });
}

#[test]
fn what_follows_a_framed_that_has_ended_is_read_from_the_same_transport() {
    block_on(async {
        let script = Script::new().gives_in_pieces([with_a_rest(), messages(["two"])].concat(), 1);
        let mut framed = codec().over(script);
        assert!(framed.next().await.unwrap().is_ok());
        assert!(framed.next().await.is_none());
        // Also where nobody has taken the transport out of what made it end.
        let (handoff, _) = Handoff::from_framed_parts(framed.into_parts());
        let mut connection = Connection::from_handoff(handoff, length::array::<8>().take(1));
        assert_eq!(connection.turn().await.unwrap().unwrap().item, b"the rest");
        assert!(connection.turn().await.unwrap().is_none());
        let mut connection = connection.follow(|_| Talk::default()).unwrap();
        assert_eq!(connection.turn().await.unwrap().unwrap().item, b"two");
    });
}

#[test]
fn over_any_other_transport_a_stage_that_is_done_is_told_and_not_waited_for() {
    block_on(async {
        let stream = with_a_rest();
        for size in [1, stream.len()] {
            let script = Script::new().gives_in_pieces(&stream, size);
            let mut framed = Framed::new(script, codec());
            assert_eq!(framed.next().await.unwrap().unwrap(), b"one");
            let end = framed.next().await.unwrap().unwrap_err();
            assert!(matches!(end, CodecError::Done));
            assert!(framed.next().await.is_none());
            assert!(framed.codec().is_done());

            let (handoff, _) = Handoff::from_framed_parts(framed.into_parts());
            let read = handoff.read().to_vec();
            let rest = [&read[..], &handoff.into_parts().0.unread()].concat();
            assert_eq!(rest, b"the rest");
        }
        // Nor does a codec wait that has lost the transport that ends for it.
        let (mut bytes, framed) = (BytesMut::from(&with_a_rest()[..]), codec().over(Script::new()));
        let mut codec = framed.into_parts().codec;
        assert!(codec.decode(&mut bytes).unwrap().is_some());
        assert!(matches!(codec.decode(&mut bytes), Err(CodecError::Done)));
        assert_eq!(bytes, "the rest");
    });
}

#[test]
fn at_the_end_of_the_stream_a_stage_that_is_done_is_none_with_or_without_a_rest() {
    let (mut codec, mut bytes) = (codec(), BytesMut::from(&with_a_rest()[..]));
    assert!(codec.decode_eof(&mut bytes).unwrap().is_some());
    assert!(codec.decode_eof(&mut bytes).unwrap().is_none());
    assert_eq!((codec.is_done(), &bytes[..]), (true, &b"the rest"[..]));

    block_on(async {
        let mut framed = Framed::new(Script::new().gives(messages(["one"])).ends(), self::codec());
        assert!(framed.next().await.unwrap().is_ok());
        assert!(framed.next().await.is_none());
        assert!(framed.codec().is_done());
    });
}

#[test]
fn the_end_of_the_peers_stream_goes_along_both_ways() {
    block_on(async {
        // The transport itself would say no second time that it has ended.
        let rest = BytesMut::from(&messages(["two"])[..]);
        let handoff = Handoff::from_parts(Script::new(), rest, Output::new(), true);
        let mut framed = Framed::from_parts(handoff.into_framed_parts(codec()));
        assert_eq!(framed.next().await.unwrap().unwrap(), b"two");
        assert!(framed.next().await.is_none());
        let (handoff, _) = Handoff::from_framed_parts(framed.into_parts());
        assert!(handoff.unbound().is_eof());

        let handoff = Handoff::from_parts(Script::new(), BytesMut::new(), Output::new(), true);
        let mut lines = Framed::from_parts(handoff.into_foreign_framed_parts(LinesCodec::new()));
        assert!(lines.next().await.is_none());
        assert!(Handoff::from_foreign_framed_parts(lines.into_parts()).0.unbound().is_eof());

        // And an end that the `Framed` has seen.
        let mut framed = codec().over(Script::new().gives(messages(["one"])).ends());
        assert!(framed.next().await.unwrap().is_ok());
        assert!(framed.next().await.is_none());
        let (handoff, _) = Handoff::from_framed_parts(framed.into_parts());
        assert!(handoff.unbound().is_eof());
    });
}

#[test]
fn answers_that_wait_in_a_codec_are_in_the_hand_off_behind_what_the_framed_was_to_write() {
    block_on(async {
        let ping = [record(b'p', b"?"), messages(["one"])].concat();
        let script = Script::new().gives(&ping);
        let mut framed = codec().over(script.clone());
        framed.feed(b"fed".to_vec()).await.unwrap();
        assert!(framed.next().await.unwrap().is_ok());

        let (handoff, mut codec) = Handoff::from_framed_parts(framed.into_parts());
        let expected = [messages(["fed"]), record(b'o', b"?")].concat();
        assert_eq!(handoff.unsent().to_vec(), expected);
        assert!(codec.answers().is_empty(), "they would be sent twice");
        let mut connection = Connection::from_handoff(handoff, Talk::default());
        connection.flush().await.unwrap();
        assert_eq!(script.written(), expected);

        // Nobody else sends them.
        let script = Script::new().gives(&ping);
        let mut framed = Framed::new(script.clone(), self::codec());
        assert!(framed.next().await.unwrap().is_ok());
        SinkExt::<Vec<u8>>::flush(&mut framed).await.unwrap();
        assert!(script.written().is_empty());
        let (_, _, answers) = framed.into_parts().codec.into_parts();
        assert_eq!(answers.to_vec(), record(b'o', b"?"));
    });
}

#[test]
fn offsets_are_those_in_the_whole_stream_across_a_framed() {
    block_on(async {
        let stream = [messages(["one", "two"]), record(b'?', b"")].concat();
        let mut connection = Connection::new(Script::new().gives(&stream), Talk::default());
        assert!(connection.turn().await.unwrap().is_some());
        let handoff = connection.hand_off(Edge::Carry).unwrap();
        let mut framed = Framed::from_parts(handoff.into_framed_parts(codec()));
        assert!(framed.next().await.unwrap().is_ok());
        match framed.next().await.unwrap().unwrap_err() {
            CodecError::Fault(fault) => assert_eq!(fault.at, 11),
            other => panic!("{other:?}"),
        }
        assert_eq!(Handoff::from_framed_parts(framed.into_parts()).0.position(), 12);
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
fn answers_that_pile_up_end_a_framed_that_only_reads() {
    block_on(async {
        // Four mebibytes of pings, each of which is answered by as much, and a message.
        let pings = record(b'p', &[7; 254]).repeat(16 << 10);
        let stream = [pings, messages(["one"])].concat();
        let mut framed = Framed::new(Script::new().gives(&stream).ends(), codec());
        let error = framed.next().await.unwrap().unwrap_err();
        assert!(matches!(error, CodecError::Unsent));
        let waiting = framed.codec_mut().answers().len();
        // The bound, and what came of one read behind it.
        assert!((128 << 10..192 << 10).contains(&waiting), "{waiting} bytes");
        assert!(framed.next().await.is_none());

        // An item takes them along, and reading goes on where it was.
        let mut floods = 1;
        loop {
            framed.send(b"two".to_vec()).await.unwrap();
            assert!(framed.codec_mut().answers().is_empty());
            match framed.next().await {
                Some(Ok(item)) => break assert_eq!(item, b"one"),
                Some(Err(CodecError::Unsent)) => floods += 1,
                None => {} // behind each error
                other => panic!("{other:?}"),
            }
        }
        assert!(floods > 16, "{floods}");
    });
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
        let records = Codec::new(length::u16_be().owned(), length::u16_be());
        let mut framed = Framed::from_parts(handoff.into_framed_parts(records));
        assert_eq!(framed.next().await.unwrap().unwrap(), "two");
        framed.feed(Bytes::from_static(b"2")).await.unwrap();

        let (handoff, codec) = Handoff::from_framed_parts(framed.into_parts());
        let (_, mut writer, _) = codec.into_parts();
        let mut connection = Connection::from_handoff(handoff.unbound(), length::u16_be());
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
