//! Any stage on a stream whose segments come shuffled, doubled and overlapping: it says what it
//! says of the same bytes in one read.

use proptest::{collection::vec, prelude::*};
use segue::{
    Buffer, Cause, Decode, Fault, Output, Step,
    laws::{Entry, Log, Observe},
    length, separator,
};
use segue_http1::RequestDecoder;
use segue_quic::stream::{ConnectionWindow, CryptoStream, ReadError, ReceiveStream};

/// The outcome of a stage: its items, its end, and the bytes that it left.
#[derive(Debug, PartialEq)]
struct Outcome {
    items: Vec<Vec<Entry>>,
    done: bool,
    fault: Option<(String, u64, bool)>,
    left: Vec<u8>,
}

impl Outcome {
    fn new() -> Self {
        Self { items: Vec::new(), done: false, fault: None, left: Vec::new() }
    }

    /// Takes what a step gave. False where the stage is not to be asked on.
    fn take<T: Observe, E: std::fmt::Debug>(&mut self, step: Result<Step<T>, Fault<E>>) -> bool {
        match step {
            Ok(Step::Item(item)) => {
                let mut log = Log::default();
                item.observe(&mut log);
                self.items.push(log.entries().to_vec());
            }
            Ok(Step::Need(_)) => return false,
            Ok(Step::Done) => {
                self.done = true;
                return false;
            }
            Err(fault) => {
                // The part of a truncated record that had arrived may differ.
                let at = if matches!(fault.cause, Cause::Truncated) { 0 } else { fault.at };
                self.fault = Some((format!("{:?}", fault.cause), at, fault.fatal));
                return !fault.fatal;
            }
        }
        true
    }

    fn is_done(&self) -> bool {
        self.done || self.fault.as_ref().is_some_and(|(_, _, fatal)| *fatal)
    }
}

fn in_one_read<D: Decode>(mut stage: D, bytes: &[u8]) -> Outcome
where
    D::Error: std::fmt::Debug,
    for<'a> D::Item<'a>: Observe,
{
    let (mut buffer, mut outcome) = (Buffer::from(bytes), Outcome::new());
    while outcome.take(buffer.step(&mut stage, true, &mut Output::new())) {}
    outcome.left = buffer.as_slice().to_vec();
    outcome
}

fn on_a_stream<D: Decode>(mut stage: D, bytes: &[u8], segments: &[(usize, usize)]) -> Outcome
where
    D::Error: std::fmt::Debug,
    for<'a> D::Item<'a>: Observe,
{
    // Only as large as the stream: credit that is announced must do.
    let mut connection = ConnectionWindow::new(bytes.len() as u64);
    let mut stream = ReceiveStream::new(bytes.len() as u64, &connection);
    let mut outcome = Outcome::new();
    let all = [(0, bytes.len())];
    for &(from, to) in segments.iter().chain(&all) {
        let fin = to == bytes.len();
        let taken = stream.receive(from as u64, &bytes[from..to], fin, &mut connection);
        taken.expect("it is within the window");
        while !outcome.is_done() {
            let step = stream.step(&mut stage, &mut Output::new());
            let step = step.map_err(|error| match error {
                ReadError::Fault(fault) => fault,
                error => panic!("nobody reset the stream, and yet {error:?}"),
            });
            if !outcome.take(step) {
                break;
            }
        }
        stream.settle(&mut connection);
    }
    assert!(stream.is_whole());
    outcome.left = stream.parts().0.as_slice().to_vec();
    assert_eq!(stream.is_done(), outcome.left.is_empty());
    outcome
}

/// The stream in segments of some lengths, shuffled, and some of them twice or longer than need be.
fn segments(length: usize) -> impl Strategy<Value = Vec<(usize, usize)>> {
    let most = length.max(1);
    vec((0..=length, 0..most.min(400)), 0..60).prop_map(move |segments| {
        segments.into_iter().map(|(from, long)| (from, (from + long).min(length))).collect()
    })
}

fn with_segments(
    bytes: impl Strategy<Value = Vec<u8>>,
) -> impl Strategy<Value = (Vec<u8>, Vec<(usize, usize)>)> {
    bytes.prop_flat_map(|bytes| {
        let length = bytes.len();
        (Just(bytes), segments(length))
    })
}

/// Records behind their length, and perhaps a part of one.
fn records() -> impl Strategy<Value = Vec<u8>> {
    (vec(0..300_usize, 0..12), 0..4_usize).prop_map(|(lengths, cut)| {
        let mut bytes = Vec::new();
        for (index, length) in lengths.into_iter().enumerate() {
            bytes.extend(u16::try_from(length).expect("it is short").to_be_bytes());
            bytes.resize(bytes.len() + length, b'a' + u8::try_from(index).expect("there are few"));
        }
        bytes.truncate(bytes.len().saturating_sub(cut));
        bytes
    })
}

fn lines() -> impl Strategy<Value = Vec<u8>> {
    vec(prop_oneof![6 => b'a'..b'e', 1 => Just(b'\n'), 1 => Just(b'\r')], 0..500)
}

fn heads() -> impl Strategy<Value = Vec<u8>> {
    (vec("[a-z]{1,9}", 0..20), prop_oneof!["", "body of some length"], any::<bool>()).prop_map(
        |(names, body, bad)| {
            let mut head = String::from("GET /a HTTP/1.1\r\nHost: example.org\r\n");
            names.iter().for_each(|name| head += &format!("X-{name}: {name}{name}\r\n"));
            head += if bad { "no header\r\n" } else { "" };
            (head + "\r\n" + &body).into_bytes()
        },
    )
}

proptest! {
    #[test]
    fn records_behind_their_length((bytes, segments) in with_segments(records())) {
        let stage = || length::u16_be().max(280);
        prop_assert_eq!(
            on_a_stream(stage(), &bytes, &segments), in_one_read(stage(), &bytes));
    }

    #[test]
    fn lines_up_to_the_end((bytes, segments) in with_segments(lines())) {
        let stage = || separator::line().max(60);
        prop_assert_eq!(
            on_a_stream(stage(), &bytes, &segments), in_one_read(stage(), &bytes));
    }

    #[test]
    fn all_that_comes((bytes, segments) in with_segments(vec(any::<u8>(), 0..3000))) {
        let stage = || length::quic_varint().max(900);
        prop_assert_eq!(
            on_a_stream(stage(), &bytes, &segments), in_one_read(stage(), &bytes));
    }

    /// A stage of a protocol of its own, which ends and leaves the rest to the next.
    #[test]
    fn a_request_and_what_is_behind_it((bytes, segments) in with_segments(heads())) {
        prop_assert_eq!(
            on_a_stream(RequestDecoder::new(), &bytes, &segments),
            in_one_read(RequestDecoder::new(), &bytes));
    }

    /// The messages of a handshake, which has no end.
    #[test]
    fn a_handshake((bytes, segments) in with_segments(records())) {
        let stage = || length::u16_be();
        let expected = in_one_read(stage(), &bytes).items;
        let (mut stream, mut stage) = (CryptoStream::with_max(bytes.len()), stage());
        let mut outcome = Outcome::new();
        for (from, to) in segments.into_iter().chain([(0, bytes.len())]) {
            prop_assert!(stream.receive(from as u64, &bytes[from..to]).is_ok());
            while outcome.take(stream.step(&mut stage, &mut Output::new())) {}
        }
        prop_assert_eq!(outcome.items, expected);
    }
}

/// The bound of RFC 9000 §7.5: what is buffered, in order or not.
#[test]
fn a_handshake_is_bounded() {
    let mut stream = CryptoStream::with_max(100);
    assert_eq!(stream.receive(50, &[7; 50]), Ok(false));
    let error = stream.receive(50, &[7; 51]).expect_err("it is too much");
    assert_eq!(error.code(), segue_quic::ErrorCode::CRYPTO_BUFFER_EXCEEDED);
    assert_eq!(stream.receive(0, &[7; 50]), Ok(true));
    assert_eq!((stream.buffer().len(), stream.out_of_order()), (100, 0));
    // Reading makes room; data that comes again takes none.
    stream.buffer_mut().consume(30);
    assert_eq!(stream.receive(100, &[7; 30]), Ok(true));
    assert_eq!(stream.receive(0, &[8; 130]), Ok(false));
    assert!(stream.receive(130, &[7; 1]).is_err());
    assert!(stream.receive((1 << 62) - 1, &[7; 1]).is_err());
}

/// The texts of an error and its sources, from the outside in. None may repeat another.
fn chain(error: &(dyn std::error::Error + 'static)) -> Vec<String> {
    let errors = std::iter::successors(Some(error), |&error| error.source());
    let said: Vec<_> = errors.map(ToString::to_string).collect();
    for (at, inner) in said.iter().enumerate() {
        let outer = said.iter().take(at).find(|outer| outer.contains(&**inner));
        assert_eq!(outer, None, "{inner:?} is said twice");
    }
    said
}

#[test]
fn an_error_says_nothing_twice() {
    use segue_quic::{Discard, ErrorCode, TransportError, UnprotectError};
    let fault = segue::Fault::new(Discard::Unauthentic).at(7);
    assert_eq!(chain(&ReadError::Fault(fault)).len(), 1);
    assert_eq!(chain(&ReadError::<Discard>::Reset(7)).len(), 1);
    let dropped = chain(&UnprotectError::Discard(Discard::Unauthentic));
    assert_eq!(dropped, ["the packet is to be dropped", &Discard::Unauthentic.to_string()]);
    let error = TransportError::new(ErrorCode::PROTOCOL_VIOLATION, "odd", "RFC 9000 §12.4");
    assert_eq!(chain(&UnprotectError::Close(error)).len(), 1);
}
