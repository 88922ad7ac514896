//! Instructions that each contender needs for a record, counted by valgrind.
//!
//! Counts are exact where times are blurred: the count of two passes is taken from that of ten,
//! so that what comes before the first record and the memory that the first pass makes are left
//! out. `cargo bench -p segue-benches --bench instructions`; further arguments choose groups by a
//! part of their name. The exit code tells whether all goals are met.
//!
//! `benches/instructions.tsv` keeps the counts. With `--record` those that were counted are written
//! there; with `--check` each of our own is held against it, and one that is more than 2 % above is
//! a failure. Another compiler, C library or processor counts otherwise: where they are not
//! those of the file nothing is compared, and that is told.

mod count;
mod record;

use std::{env, process::ExitCode};

use count::Callgrind;
use record::{Build, Record};
use segue_benches::{
    Group,
    contenders::{self, names},
    corpus,
};

/// The goals: the most instructions for a record.
const GOALS: &[(&str, &str, u64)] = &[("nested/5", names::STEP, 160)];

/// Calls `see` with each group whose name is `wanted`, one after the other. The others are not even
/// put together, which takes long where each instruction is counted.
fn each_group(wanted: &dyn Fn(&str) -> bool, see: &mut dyn FnMut(&mut Group<'_>)) {
    for payload in [5, 1024] {
        if wanted(&format!("length/{payload}")) {
            see(&mut contenders::length(payload, &corpus::length_prefixed(payload)));
        }
    }
    for (name, piece) in [("5", 1024), ("5, each alone", 9)] {
        if wanted(&format!("nested/{name}")) {
            see(&mut contenders::nested(name, &corpus::carried(5, piece)));
        }
    }
    for content in [16, 80] {
        if wanted(&format!("lines/{content}")) {
            see(&mut contenders::lines(content, &corpus::lines(content)));
        }
    }
    for heads in corpus::heads() {
        if wanted(&format!("http1-head/{}", heads.name)) {
            see(&mut contenders::http1_head(&heads));
        }
        if wanted(&format!("http1-headers/{}", heads.name)) {
            see(&mut contenders::http1_headers(&heads));
        }
    }
    for chunk in [64, 1024] {
        if wanted(&format!("http1-chunked/{chunk}")) {
            see(&mut contenders::http1_chunked(chunk, &corpus::chunked(chunk)));
        }
    }
    for payload in [5, 125] {
        if wanted(&format!("websocket-decode/{payload}")) {
            see(&mut contenders::websocket::decode(payload, &corpus::masked_frames(payload)));
        }
        if wanted(&format!("websocket-encode/bare/{payload}")) {
            see(&mut contenders::websocket::encode(segue_websocket::Role::Server, payload));
        }
    }
    if wanted("websocket-handshake") {
        see(&mut contenders::websocket::handshake());
    }
    if wanted("quic-frames/varied") {
        see(&mut contenders::quic::frames("varied", &contenders::quic::Payloads::varied()));
    }
}

/// The uses of the counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Show,
    /// Each contender goes through its group once.
    Smoke,
    Record,
    Check,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [pass, group, contender, passes] = &arguments[..]
        && pass == "pass"
    {
        return pass_through(group, contender, passes.parse().unwrap_or(1));
    }
    let wanted: Vec<&String> = arguments.iter().filter(|word| !word.starts_with('-')).collect();
    let is_wanted =
        |name: &str| wanted.is_empty() || wanted.iter().any(|part| name.contains(part.as_str()));
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let mode = match () {
        () if has("--test") => Mode::Smoke,
        () if has("--record") => Mode::Record,
        () if has("--check") => Mode::Check,
        () => Mode::Show,
    };
    let (build, mut record) = (Build::here(), Record::read());
    if mode == Mode::Check && record.build != build {
        println!("not compared: recorded with {}, and this is {build}", record.build);
        return ExitCode::SUCCESS;
    }

    let mut failed = false;
    let recorded = record.groups();
    let is_compared = |name: &str| mode != Mode::Check || recorded.contains(name);
    each_group(&|name| is_wanted(name) && is_compared(name), &mut |group| {
        if mode == Mode::Smoke {
            group
                .contenders
                .iter_mut()
                .for_each(|contender| assert_eq!(contender.pass(), group.records));
            return;
        }
        println!("{}", group.name);
        for contender in &group.contenders {
            let name = contender.name;
            let is_compared = is_ours(name) && record.of(&group.name, name).is_some();
            if mode == Mode::Check && !is_compared {
                continue;
            }
            let Some(each) = Callgrind::each(&group.name, name, group.records as u64) else {
                // A peer may have instructions that valgrind does not know.
                failed |= is_ours(name);
                println!("  {name:<24}was not counted: is valgrind installed?");
                continue;
            };
            let verdict = match mode {
                Mode::Check => record.verdict(&group.name, name, each),
                _ => promise(&group.name, name, each),
            };
            failed |= verdict.is_err();
            let (Ok(said) | Err(said)) = verdict;
            println!("  {name:<24}{each:>8.1} instructions a record{said}");
            if mode == Mode::Record {
                record.set(&group.name, name, each);
            }
        }
    });
    if mode == Mode::Record {
        record.build = build;
        if let Err(error) = record.write() {
            println!("the record was not written: {error}");
            return ExitCode::FAILURE;
        }
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// True for our own code, false for a peer's.
fn is_ours(contender: &str) -> bool {
    contender.starts_with("segue")
}

/// The words for a count beside the promised one; an error where it is more.
fn promise(group: &str, contender: &str, each: f64) -> Result<String, String> {
    let Some(&(.., most)) = GOALS.iter().find(|goal| (goal.0, goal.1) == (group, contender)) else {
        return Ok(String::new());
    };
    #[expect(clippy::cast_precision_loss, reason = "some hundreds")]
    if each > most as f64 { Err(format!(", MISSED: at most {most}")) } else { Ok(String::new()) }
}

/// Lets one contender go through its group, as the process that is looked at.
fn pass_through(group: &str, contender: &str, passes: usize) -> ExitCode {
    let mut seen = 0;
    each_group(&|name| name == group, &mut |found| {
        if found.name == group {
            for found in found.contenders.iter_mut().filter(|found| found.name == contender) {
                for _ in 0..passes {
                    seen += found.pass();
                }
            }
        }
    });
    if seen > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
