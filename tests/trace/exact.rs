//! Ranges, needs and hand-offs are exact wherever the input is cut.

use segue::{
    Buffer, DecodeExt, Exchange, Inlet, Need, Output, Progress, Ready, length, separator,
    trace::{Made, Recorder, Recording, What, Why},
};

use crate::protocol::{RANGES, SAID, assert_cover, assert_recorded, greeting, lines, records};

/// Reads `SAID` in pieces that end at `cuts`.
fn read(recorder: &Recorder, cuts: &[usize]) -> Recording {
    let mut ends = cuts.iter().copied().chain([SAID.len()]);
    let mut at = 0;
    let mut next = |buffer: &mut Buffer| {
        let end = ends.next().expect("everything was read, and it is not enough");
        buffer.extend(&SAID[at..end]);
        at = end;
    };
    let (mut buffer, mut output) = (Buffer::new(), Output::new());
    let mut exchange = greeting(recorder);
    loop {
        match exchange.advance(&mut buffer, false, &mut output).unwrap() {
            Progress::Done(()) => break,
            _ => next(&mut buffer),
        }
    }
    let mut inlet = Inlet::over(records(recorder), buffer);
    loop {
        match inlet.ready(&mut output).unwrap() {
            Ready::Record => drop(inlet.take().unwrap().unwrap()),
            Ready::Need(_) | Ready::Room => next(inlet.buffer_mut()),
            Ready::Done => break,
        }
    }
    let mut inlet = inlet.follow(|_| lines(recorder)).ok().unwrap();
    loop {
        match inlet.ready(&mut output).unwrap() {
            Ready::Record => drop(inlet.take().unwrap().unwrap()),
            Ready::Need(_) | Ready::Room => next(inlet.buffer_mut()),
            Ready::Done => break,
        }
    }
    recorder.recording()
}

/// The offset at which each lane followed another, and the number of bytes that crossed.
fn crossings(recording: &Recording) -> Vec<(u64, u64)> {
    let over = recording.events.iter().filter_map(|event| match event.what {
        What::Followed { at, carried, .. } => Some((at, carried)),
        _ => None,
    });
    over.collect()
}

#[test]
fn all_in_one_read() {
    let recording = read(&Recorder::new(), &[]);
    assert_recorded(&recording);
    let length = SAID.len() as u64;
    assert_eq!(crossings(&recording), [(3, length - 3), (15, length - 15)]);
}

#[test]
fn a_cut_at_each_byte() {
    for cut in 1..SAID.len() {
        let recording = read(&Recorder::new(), &[cut]);
        assert_recorded(&recording);
        // Exactly the bytes that had been read when a part ended crossed over.
        let cut = cut as u64;
        let length = SAID.len() as u64;
        // If the cut lies before a part's end, the second read has brought everything.
        let carried = |at| if cut >= at { cut - at } else { length - at };
        assert_eq!(crossings(&recording), [(3, carried(3)), (15, carried(15))], "cut at {cut}");
    }
}

#[test]
fn byte_by_byte_each_part_says_what_it_lacks() {
    let cuts: Vec<_> = (1..SAID.len()).collect();
    let recording = read(&Recorder::new(), &cuts);
    assert_recorded(&recording);
    assert_eq!(crossings(&recording), [(3, 0), (15, 0)]);
    for event in &recording.events {
        let What::Needs { from, end, need } = event.what else { continue };
        // The range that is taken next is the one that is not whole yet.
        let range = RANGES.iter().find(|range| range.start == from).expect("it begins there");
        assert!(end < range.end, "what is whole is not waited for");
        let lacks = range.end - end;
        let knows = event.lane == 1 && end > from;
        let expected = if knows { lacks } else { 1 };
        assert_eq!(need, Need::exactly(usize::try_from(expected).unwrap()), "at {end}");
    }
    // One need for each byte that is waited for, however often a part was asked.
    let needs: u64 = recording.lanes.iter().map(|lane| lane.needs).sum();
    assert_eq!(needs, SAID.len() as u64);
}

#[test]
fn what_is_made_of_bytes_and_why_they_are_queued() {
    let recorder = Recorder::new();
    let mut output = Output::new();
    output.try_encode(&mut recorder.trace("hello", length::u8()), "hello").unwrap();
    let mut refused = recorder.trace("refused", separator::line());
    output.try_encode(&mut refused, "two\nlines").unwrap_err();
    let queued: Vec<_> = recorder.recording().events;
    assert_eq!(queued.len(), 1, "a refused item queues nothing");
    assert_eq!(queued[0].what, What::Queued { bytes: 0..6, why: Why::Encoded });

    let recording = read(&Recorder::new(), &[]);
    let made = recording.events.iter().filter_map(|event| match &event.what {
        What::Took { made, .. } => Some(*made),
        _ => None,
    });
    let (item, nothing) = (Made::Item, Made::Nothing);
    assert_eq!(made.collect::<Vec<_>>(), [nothing, item, nothing, item, nothing, item, item]);
    let sums = |name| recording.lane("stream", name).unwrap().clone();
    assert_eq!((sums("greeting").took, sums("greeting").queued), (3, 6));
    assert_eq!((sums("records").took, sums("records").records), (12, 4));
    assert_eq!((sums("lines").took, sums("lines").queued), (9, 0));
}

#[test]
fn faults_are_told_at_their_offset() {
    let recorder = Recorder::new();
    let mut inlet = Inlet::new(recorder.trace("lines", separator::line().max(4)));
    inlet.extend(b"one\ntoo long\n");
    let mut output = Output::new();
    while let Ok(Ready::Record) = inlet.ready(&mut output) {
        inlet.take().unwrap().unwrap();
    }
    let recording = recorder.recording();
    let failed = recording.events.iter().find_map(|event| match event.what {
        What::Failed { at, cause, fatal } => Some((at, cause, fatal)),
        _ => None,
    });
    let (at, cause, fatal) = failed.expect("the second line is refused");
    assert_eq!((cause, fatal), ("too long", true));
    assert!((4..13).contains(&at), "at {at}");
    assert_eq!(recording.lanes[0].faults, 1);
}

#[test]
fn memory_is_bounded_and_sums_are_not() {
    let recorder = Recorder::new().with_events(3).with_payload(8);
    let recording = read(&recorder, &[]);
    let whole = read(&Recorder::new(), &[]);
    assert_eq!(recording.events.len(), 3);
    assert_eq!(recording.left_out, whole.events.len() as u64 - 3);
    assert_eq!(recording.lanes, whole.lanes);
    assert!(recording.events.iter().all(|event| event.payload.len() <= 8));

    let recorder = Recorder::new();
    for number in 0..1000 {
        let stream = recorder.on(&format!("stream {number}"));
        let mut writer = stream.trace(&"long ".repeat(100), length::u8());
        Output::new().try_encode(&mut writer, "").unwrap();
    }
    let recording = recorder.recording();
    assert!(recording.streams.len() <= 64 && recording.lanes.len() <= 64);
    assert!(recording.lanes.iter().all(|lane| lane.name.len() <= 64));
    assert_eq!(recording.lanes.iter().map(|lane| lane.queued).sum::<u64>(), 1000);
}

#[test]
fn a_part_that_never_says_that_it_is_over_is_followed_all_the_same() {
    // `Take` ends the stage, and the line in it knows nothing of that.
    let recorder = Recorder::new();
    let mut inlet = Inlet::new(recorder.trace("line", separator::line().max(8)).take(1));
    let mut output = Output::new();
    inlet.extend(b"HI\n\x03o");
    assert_eq!(inlet.ready(&mut output).unwrap(), Ready::Record);
    inlet.take().unwrap().unwrap();
    let mut inlet = inlet.follow(|_| recorder.trace("records", length::u8())).ok().unwrap();
    assert!(matches!(inlet.ready(&mut output).unwrap(), Ready::Need(_)));
    inlet.extend(b"ne");
    assert_eq!(inlet.ready(&mut output).unwrap(), Ready::Record);
    inlet.take().unwrap().unwrap();
    let recording = recorder.recording();
    assert_cover(recording.received("stream"), 7);
    assert_eq!(crossings(&recording), [(3, 2)]);
}

#[test]
fn a_recorder_that_is_off_records_nothing() {
    let recorder = Recorder::off();
    assert_eq!(read(&recorder, &[5]), Recording::default());
    assert!(!recorder.is_on() && Recorder::new().is_on());
}

#[test]
fn streams_count_by_themselves() {
    let recorder = Recorder::new();
    let (near, far) = (recorder.on("near"), recorder.on("far").starting_at(100));
    for handle in [&near, &far] {
        let mut inlet = Inlet::new(handle.trace("records", length::u8()));
        inlet.extend(b"\x01a\x00");
        while let Ok(Ready::Record) = inlet.ready(&mut Output::new()) {
            inlet.take().unwrap().unwrap();
        }
    }
    let recording = recorder.recording();
    assert_eq!(recording.streams.len(), 2);
    assert_cover(recording.received("near"), 3);
    assert_eq!(recording.received("far").collect::<Vec<_>>(), [100..102, 102..103]);
}
