//! Scenes made up at random come to the same under each driver, and to what a loop over the whole
//! stream comes to.

use std::io::ErrorKind;

use proptest::{collection::vec, prelude::*, sample::select};
use segue::{
    Buffer, Output, Step,
    driver::{Error, Options, ReadPolicy},
};

use crate::{
    executor::Patience,
    futures::suite::playing as futures,
    log::Log,
    script::{Script, Stop},
    sync::suite::playing as sync,
    talk::{Talk, record},
    tokio::suite::playing as tokio,
};

/// A stream, how it comes, and how what is sent is taken.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    stream: Vec<u8>,
    /// The number of its bytes that another connection has read already.
    carried: usize,
    comes: Vec<Comes>,
    goes: Vec<Goes>,
    /// A read gives less than a look has shown.
    reads_at_most: Option<usize>,
    pub(crate) options: Options,
    pub(crate) patience: Patience,
    /// The number of times that the caller does something else as well.
    pub(crate) every: Option<usize>,
}

#[derive(Debug, Clone, Copy)]
enum Comes {
    Bytes(usize),
    Block,
    Error,
}

#[derive(Debug, Clone, Copy)]
enum Goes {
    AtMost(usize),
    Block,
    FlushBlocks,
    Error,
}

/// The things that a caller may do in between.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Does {
    Turn,
    TurnAndAnswer,
    Ready,
    Take,
    Send,
    Flush,
    Stall,
    GoOn,
    Read(ReadPolicy),
}

/// The result of a scene.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) log: Log,
    /// The bytes that belong to the next reader.
    pub(crate) rest: Vec<u8>,
    pub(crate) position: u64,
    pub(crate) written: Vec<u8>,
}

impl Scene {
    pub(crate) fn carried(&self) -> Vec<u8> {
        self.stream[..self.carried].to_vec()
    }

    pub(crate) fn script(&self) -> Script {
        let mut script = Script::new();
        let mut rest = &self.stream[self.carried..];
        for comes in &self.comes {
            script = match comes {
                Comes::Block => script.blocks(),
                Comes::Error => script.fails(ErrorKind::ConnectionReset),
                Comes::Bytes(_) if rest.is_empty() => script,
                Comes::Bytes(count) => {
                    let (front, behind) = rest.split_at(rest.len().min(*count));
                    rest = behind;
                    script.gives(front)
                }
            };
        }
        if !rest.is_empty() {
            script = script.gives(rest);
        }
        for goes in &self.goes {
            script = match goes {
                Goes::AtMost(count) => script.takes(*count),
                Goes::Block => script.write_blocks(),
                Goes::FlushBlocks => script.flush_is(Stop::Block),
                Goes::Error => script.write_fails(ErrorKind::BrokenPipe),
            };
        }
        let script = script.ends();
        match self.reads_at_most {
            Some(count) => script.reads_at_most(count),
            None => script,
        }
    }

    fn read_errors(&self) -> usize {
        self.comes.iter().filter(|comes| matches!(comes, Comes::Error)).count()
    }

    /// Returns the result of a loop over the whole stream.
    fn expected(&self) -> Heard {
        let mut buffer = Buffer::from(&self.stream[..]);
        let (mut stage, mut output, mut log) = (Talk::default(), Output::new(), Log::default());
        let mut writer = Talk::default();
        while !log.is_over() {
            match buffer.step(&mut stage, true, &mut output) {
                Ok(Step::Item(item)) => {
                    log.items.push(item.to_vec());
                    output.try_encode(&mut writer, item).unwrap();
                }
                Ok(Step::Done) => log.ended = true,
                Ok(Step::Need(_)) => unreachable!("nothing more comes"),
                Err(fault) => drop(log.error(Error::Fault(fault))),
            }
        }
        let position = buffer.position();
        let rest = buffer.take_rest().to_vec();
        Heard { log, rest, position, written: output.to_vec() }
    }
}

fn records() -> impl Strategy<Value = Vec<u8>> {
    let payload = || vec(any::<u8>(), 0..40);
    let one = prop_oneof![
        8 => payload().prop_map(|payload| record(b'm', &payload)),
        1 => vec(any::<u8>(), 200..256).prop_map(|payload| record(b'm', &payload)),
        3 => payload().prop_map(|payload| record(b'p', &payload)),
        1 => payload().prop_map(|payload| record(b'-', &payload)),
        1 => payload().prop_map(|payload| record(b'?', &payload)),
        1 => payload().prop_map(|payload| record(b'a', &payload)),
        1 => (0..4_u8).prop_map(|count| vec![b'z', count]),
    ];
    let end = prop_oneof![
        4 => Just(Vec::new()),
        2 => payload().prop_map(|payload| [record(b'e', &payload), b"and more".to_vec()].concat()),
        1 => Just(b"m".to_vec()),
        1 => Just(b"m\x05tru".to_vec()),
        1 => Just(b"!\x00behind".to_vec()),
        1 => Just(b"Xunknown".to_vec()),
    ];
    (vec(one, 0..20), end)
        .prop_map(|(records, end)| records.into_iter().chain([end]).flatten().collect())
}

fn options() -> impl Strategy<Value = Options> {
    let policy = select(vec![ReadPolicy::ReadAhead, ReadPolicy::Exact, ReadPolicy::Peek]);
    let read_size = select(vec![0, 1, 7, 64, 300, 16 * 1024]);
    let high_water = select(vec![1, 30, 64 * 1024]);
    let max_read_ahead = select(vec![0, 20, 256 * 1024]);
    (policy, read_size, high_water, max_read_ahead).prop_map(
        |(policy, read_size, high_water, max_read_ahead)| {
            Options::new()
                .policy(policy)
                .read_size(read_size)
                .high_water(high_water)
                .max_read_ahead(max_read_ahead)
        },
    )
}

/// Scenes in which nothing goes wrong but what the stream says.
fn scenes() -> impl Strategy<Value = Scene> {
    let comes = prop_oneof![
        3 => (1..50_usize).prop_map(Comes::Bytes),
        1 => (1..3_usize).prop_map(Comes::Bytes),
        2 => Just(Comes::Block),
    ];
    let goes = prop_oneof![
        2 => (1..20_usize).prop_map(Goes::AtMost),
        2 => Just(Goes::Block),
        1 => Just(Goes::FlushBlocks),
    ];
    (
        (records(), any::<prop::sample::Index>(), any::<bool>()),
        (vec(comes, 0..20), vec(goes, 0..20), prop::option::weighted(0.3, 1..4_usize)),
        (options(), any::<bool>(), prop::option::of(1..4_usize)),
    )
        .prop_map(|((stream, index, carries), (comes, goes, reads_at_most), rest)| {
            let (options, waits, every) = rest;
            let carried = if carries { index.index(stream.len() + 1) } else { 0 };
            let patience = if waits { Patience::Waits } else { Patience::Drops };
            Scene { stream, carried, comes, goes, reads_at_most, options, patience, every }
        })
}

fn does() -> impl Strategy<Value = Vec<Does>> {
    let one = prop_oneof![
        4 => Just(Does::Turn),
        3 => Just(Does::TurnAndAnswer),
        2 => Just(Does::Ready),
        2 => Just(Does::Take),
        3 => Just(Does::Send),
        2 => Just(Does::Flush),
        1 => Just(Does::Stall),
        2 => Just(Does::GoOn),
        1 => select(vec![ReadPolicy::ReadAhead, ReadPolicy::Exact, ReadPolicy::Peek])
            .prop_map(Does::Read),
    ];
    vec(one, 0..60)
}

/// Divides the bytes sent: returns the items of the caller, and the number of answers of the stage.
fn told_apart(mut written: &[u8]) -> (Vec<Vec<u8>>, usize) {
    let (mut sent, mut answers) = (Vec::new(), 0);
    while let [kind, length, rest @ ..] = written {
        let (payload, behind) = rest.split_at(usize::from(*length));
        match kind {
            b'm' => sent.push(payload.to_vec()),
            b'o' => answers += 1,
            other => panic!("{other} was not sent by anybody"),
        }
        written = behind;
    }
    assert!(written.is_empty(), "something was torn apart");
    (sent, answers)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_scene_comes_to_the_same_under_each_driver(scene in scenes()) {
        let expected = scene.expected();
        prop_assert_eq!(&sync::echoed(&scene), &expected);
        prop_assert_eq!(&tokio::echoed(&scene), &expected);
        prop_assert_eq!(&futures::echoed(&scene), &expected);
    }

    #[test]
    fn failed_reads_lose_nothing(mut scene in scenes(), places in vec(any::<prop::sample::Index>(), 1..3)) {
        for place in places {
            let at = place.index(scene.comes.len() + 1);
            scene.comes.insert(at, Comes::Error);
        }
        let mut expected = scene.expected();
        for heard in [sync::echoed(&scene), tokio::echoed(&scene), futures::echoed(&scene)] {
            // One behind the last read is never met.
            prop_assert!(heard.log.failures.len() <= scene.read_errors());
            expected.log.failures.clone_from(&heard.log.failures);
            prop_assert_eq!(&heard, &expected);
        }
    }

    #[test]
    fn failed_writes_hide_nothing(mut scene in scenes(), place in any::<prop::sample::Index>()) {
        let at = place.index(scene.goes.len() + 1);
        scene.goes.insert(at, Goes::Error);
        let expected = scene.expected();
        for heard in [sync::echoed(&scene), tokio::echoed(&scene), futures::echoed(&scene)] {
            prop_assert_eq!(&heard.log.items, &expected.log.items);
            prop_assert_eq!(&heard.log.faults, &expected.log.faults);
            prop_assert_eq!(&heard.rest, &expected.rest);
            prop_assert!(expected.written.starts_with(&heard.written));
            // The missing bytes were reported.
            prop_assert!(heard.written == expected.written || !heard.log.failures.is_empty());
        }
    }

    #[test]
    fn whatever_a_caller_does_nothing_is_lost_or_doubled(scene in scenes(), does in does()) {
        let expected = scene.expected();
        let (_, pings) = told_apart(&expected.written);
        for (heard, sent) in [
            sync::done(&scene, &does),
            tokio::done(&scene, &does),
            futures::done(&scene, &does),
        ] {
            prop_assert_eq!(&heard.log, &expected.log);
            prop_assert_eq!((&heard.rest, heard.position), (&expected.rest, expected.position));
            prop_assert_eq!(told_apart(&heard.written), (sent, pings));
        }
    }
}
