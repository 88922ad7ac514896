//! Stages on the streams, by a `Mux`.

use std::collections::HashMap;

use quinn_proto::StreamId;
use segue::{
    Cause, Decode, Encode, Output,
    length::{self, Prefixed, U16Be},
    mux::{Carrier, Direction, Ending, Event, Item, Mux, Opens, StreamMut},
    separator,
};
use segue_quic::quinn::{Limits, Streams};

use super::pair::{Pair, Setting};

type Lengths = Prefixed<U16Be>;

/// Small windows, so that records are longer.
fn narrow() -> Setting {
    let limits = Limits { window: 4096, ..Limits::default() };
    Setting { window: 4096, limits, ..Setting::default() }
}

/// Takes all items at both ends until nothing happens any more. `on` may give a stage for a stream.
fn drive<I: Decode>(
    pair: &mut Pair<Mux<Streams, I>>,
    mut on: impl FnMut(usize, Item<'_, Streams, I>) -> Option<(StreamId, I)>,
) {
    loop {
        let mut moved = false;
        for side in 0..2 {
            while let Some(attach) = pair.end(side).next().map(|item| on(side, item)) {
                moved = true;
                if let Some((id, stage)) = attach {
                    pair.end(side).attach(id, stage);
                }
            }
            pair.end(side).speak_stages(None);
        }
        if !pair.settle() && !moved {
            return;
        }
    }
}

fn record(length: usize, seed: usize) -> Vec<u8> {
    (0..length).map(|at| (at.wrapping_mul(31) ^ seed ^ (at >> 8)).to_le_bytes()[0]).collect()
}

fn put_record(carrier: &mut Streams, id: StreamId, record: &[u8]) {
    let output = carrier.stream(id).unwrap().output.unwrap();
    length::u16_be().encode(record, output).unwrap();
}

/// Echoes records on each stream that the client opens, and gives what came back on each.
fn echoes(pair: &mut Pair<Mux<Streams, Lengths>>) -> HashMap<StreamId, Vec<Vec<u8>>> {
    let mut back: HashMap<StreamId, Vec<Vec<u8>>> = HashMap::new();
    drive(pair, |side, item| {
        match item {
            Item::Event(Event::Opened(id), _) => return Some((id, length::u16_be())),
            Item::Inner(id, Ok(record), carrier) if side == 1 => put_record(carrier, id, &record),
            Item::Inner(id, Ok(record), _) => back.entry(id).or_default().push(record.to_vec()),
            Item::End(id, fault, carrier) => {
                assert!(fault.is_none(), "{fault:?}");
                carrier.let_go(id);
            }
            Item::Event(Event::Sent(..) | Event::Released(_) | Event::Readable(_), _) => {}
            other => panic!("{other:?} at {side}"),
        }
        None
    });
    back
}

#[test]
fn records_longer_than_the_window_are_echoed() {
    let mut pair = Pair::new(&narrow()).map(Mux::new);
    pair.loss = Some(50);
    let id = pair.end(0).carrier_mut().open(Direction::Both).unwrap();
    pair.end(0).attach(id, length::u16_be());
    let records: Vec<_> = [0, 1, 4096, 65_535, 5, 30_000, 65_535]
        .into_iter()
        .enumerate()
        .map(|(seed, length)| record(length, seed))
        .collect();
    for record in &records {
        put_record(pair.end(0).carrier_mut(), id, record);
    }
    pair.end(0).carrier_mut().finish(id);
    assert_eq!(echoes(&mut pair).remove(&id).unwrap(), records);
    assert!((0..2).all(|side| pair.end(side).is_empty() && pair.end(side).carrier().is_empty()));
}

#[test]
fn a_record_that_may_not_be_granted_ends_its_stream_alone() {
    let mut setting = narrow();
    setting.limits.excess = 10_000;
    let mut pair = Pair::new(&setting).map(Mux::new);
    let ids = [30_000, 14_000].map(|length| {
        let carrier = pair.end(0).carrier_mut();
        let id = carrier.open(Direction::Sending).unwrap();
        put_record(carrier, id, &record(length, 1));
        carrier.finish(id);
        id
    });
    let (mut ended, mut lengths) = (Vec::new(), Vec::new());
    drive(&mut pair, |side, item| {
        match item {
            Item::Event(Event::Opened(id), _) => return Some((id, length::u16_be())),
            Item::Inner(id, Ok(record), _) => lengths.push((id, record.len())),
            Item::End(id, fault, _) => ended.push((side, id, fault.map(|fault| fault.cause))),
            _ => {}
        }
        None
    });
    assert_eq!(lengths, [(ids[1], 14_000)]);
    ended.sort_unstable_by_key(|(_, id, _)| *id);
    assert!(
        matches!(&ended[..], [(1, first, Some(Cause::TooLong)), (1, second, None)]
        if (*first, *second) == (ids[0], ids[1])),
        "{ended:?}"
    );
}

#[test]
fn sixty_four_streams_at_once_echo() {
    let mut pair = Pair::new(&narrow()).map(Mux::new);
    let mut sent = HashMap::new();
    for seed in 0..64 {
        let id = pair.end(0).carrier_mut().open(Direction::Both).unwrap();
        pair.end(0).attach(id, length::u16_be());
        let records: Vec<_> =
            (0..8).map(|at| record(at * 997 + seed * 13, seed * 100 + at)).collect();
        for record in &records {
            put_record(pair.end(0).carrier_mut(), id, record);
        }
        pair.end(0).carrier_mut().finish(id);
        sent.insert(id, records);
    }
    assert_eq!(echoes(&mut pair), sent);
    assert!((0..2).all(|side| pair.end(side).is_empty() && pair.end(side).carrier().is_empty()));
}

#[test]
fn lines_come_on_streams_of_one_side() {
    let mut pair = Pair::new(&Setting::default()).map(Mux::new);
    let mut sent = HashMap::new();
    for (side, n) in (0..64).map(|n| (n % 2, n)) {
        let carrier = pair.end(side).carrier_mut();
        let id = carrier.open(Direction::Sending).unwrap();
        let lines: Vec<String> = (0..n).map(|line| format!("line {line} of {n}")).collect();
        let output = carrier.stream(id).unwrap().output.unwrap();
        lines.iter().for_each(|line| output.put(format!("{line}\n").as_bytes()));
        carrier.let_go(id);
        sent.insert(id, lines);
    }
    let mut came: HashMap<_, Vec<_>> = HashMap::new();
    drive(&mut pair, |_, item| {
        match item {
            Item::Event(Event::Opened(id), _) => {
                came.insert(id, Vec::new());
                return Some((id, separator::line()));
            }
            Item::Inner(id, Ok(line), _) => {
                came.get_mut(&id).unwrap().push(String::from_utf8(line.to_vec()).unwrap());
            }
            Item::End(id, None, carrier) => carrier.let_go(id),
            Item::Event(Event::Released(_) | Event::Sent(..), _) => {}
            other => panic!("{other:?}"),
        }
        None
    });
    assert_eq!(came, sent);
    assert!((0..2).all(|side| pair.end(side).carrier().is_empty()));
}

#[test]
fn a_fault_ends_its_stream_alone() {
    let mut pair = Pair::new(&Setting::default()).map(Mux::new);
    let [good, cut] = [(); 2].map(|()| pair.end(0).carrier_mut().open(Direction::Both).unwrap());
    for id in [good, cut] {
        put_record(pair.end(0).carrier_mut(), id, b"whole");
    }
    let carrier = pair.end(0).carrier_mut();
    carrier.stream(cut).unwrap().output.unwrap().put(b"\0\x09cut");
    carrier.finish(cut);
    let mut ended = Vec::new();
    let mut records = 0;
    drive(&mut pair, |side, item| {
        match item {
            Item::Event(Event::Opened(id), _) => return Some((id, length::u16_be())),
            Item::Inner(..) => records += 1,
            Item::End(id, fault, _) => ended.push((side, id, fault.unwrap().at)),
            _ => {}
        }
        None
    });
    assert_eq!((records, ended), (2, vec![(1, cut, 12)]));
    // The other end knows of the reset, and the other stream goes on.
    let StreamMut { ending, .. } = pair.end(0).carrier_mut().stream(cut).unwrap();
    assert_eq!(ending, Ending::Reset(0));
    put_record(pair.end(0).carrier_mut(), good, b"more");
    drive(&mut pair, |_, item| {
        records += usize::from(matches!(item, Item::Inner(id, Ok(_), _) if id == good));
        None
    });
    assert_eq!(records, 3);
}

/// Each end writes 4 MiB on each of two streams, and reads only when nothing moves any more.
#[test]
fn pressure_from_both_sides_ends_well() {
    const TOTAL: usize = 4 << 20;
    let mut pair = Pair::new(&Setting::default()).map(Mux::<_, Lengths>::new);
    let mut ids = Vec::new();
    for side in 0..2 {
        for direction in [Direction::Both, Direction::Sending] {
            ids.push((side, pair.end(side).carrier_mut().open(direction).unwrap()));
        }
    }
    let piece = record(32_768, 9);
    let mut written: HashMap<_, usize> = HashMap::new();
    let mut read: HashMap<_, usize> = HashMap::new();
    let mut largest = 0;
    for round in 0.. {
        assert!(round < 10_000, "it does not end: {written:?} written, {read:?} read");
        // Writers go on as long as anything moves.
        loop {
            for (side, id) in &ids {
                let written = written.entry(*id).or_default();
                let carrier = pair.end(*side).carrier_mut();
                while *written < TOTAL {
                    let Some(StreamMut { output: Some(output), .. }) = carrier.stream(*id) else {
                        break;
                    };
                    if !output.has_room() {
                        break;
                    }
                    output.put(&[0x80, 0]);
                    output.put(&piece);
                    *written += piece.len();
                }
                if *written == TOTAL {
                    carrier.finish(*id);
                }
            }
            if !pair.settle() {
                break;
            }
        }
        // Readers take what there is once.
        let mut any = false;
        for side in 0..2 {
            while let Some(item) = pair.end(side).next() {
                any = true;
                let opened = match item {
                    Item::Event(Event::Opened(id), _) => id,
                    Item::Inner(id, Ok(record), carrier) => {
                        assert_eq!(record, &piece[..]);
                        *read.entry(id).or_default() += record.len();
                        let input = carrier.stream(id).and_then(|stream| stream.input);
                        largest = largest.max(input.map_or(0, |input| input.len()));
                        continue;
                    }
                    Item::End(_, fault, _) => {
                        assert!(fault.is_none(), "{fault:?}");
                        continue;
                    }
                    _ => continue,
                };
                pair.end(side).attach(opened, length::u16_be());
            }
        }
        if !any && read.values().filter(|read| **read == TOTAL).count() == ids.len() {
            break;
        }
    }
    assert!(largest <= 128 * 1024, "{largest} bytes waited on a stream");
}

/// Stages' answers leave by the output of their stream.
#[test]
fn an_output_is_what_any_encoder_writes_to() {
    let mut pair = Pair::new(&Setting::default()).map(Mux::new);
    let id = pair.end(0).carrier_mut().open(Direction::Both).unwrap();
    let mut encoded = Output::new();
    length::u16_be().encode(b"a record", &mut encoded).unwrap();
    let stream = pair.end(0).carrier_mut().stream(id).unwrap();
    stream.output.unwrap().append(&mut encoded);
    let mut records = Vec::new();
    drive(&mut pair, |_, item| {
        match item {
            Item::Event(Event::Opened(id), _) => return Some((id, length::u16_be())),
            Item::Inner(id, Ok(record), _) => records.push((id, record.to_vec())),
            _ => {}
        }
        None
    });
    assert_eq!(records, [(id, b"a record".to_vec())]);
}
