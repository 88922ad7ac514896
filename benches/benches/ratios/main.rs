//! All contenders in turns, and each beside the floor, its peer and its goal.
//!
//! Criterion measures one contender after the other, so on a machine that does other things as
//! well its figures drift apart. Here each round gives every contender of a group a slice of a
//! millisecond; ratios are taken within a round, and the median over the rounds is told.
//!
//! `cargo bench -p segue-benches --bench ratios` measures all; further arguments choose groups by
//! a part of their name. With `--test` it only goes through everything once. The exit code tells
//! whether all goals are met, unless `--test` is given. With `--record` what was measured is written
//! to `benches/results.tsv`, and nothing else is kept there: ratios of two runs would not compare.

mod goal;
mod record;
mod rounds;

use std::process::ExitCode;

use goal::Goal;
use record::Record;
use rounds::Rounds;
use segue_benches::{Group, contenders, contenders::names, corpus};
use segue_websocket::Role;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let smoke = arguments.iter().any(|argument| argument == "--test");
    let wanted: Vec<&String> = arguments.iter().filter(|word| !word.starts_with('-')).collect();
    let is_wanted =
        |name: &str| wanted.is_empty() || wanted.iter().any(|part| name.contains(part.as_str()));

    let mut record = arguments.iter().any(|argument| argument == "--record").then(Record::begun);
    let mut missed = 0;
    let mut compare = |mut group: Group<'_>| {
        if !is_wanted(&group.name) {
            return;
        }
        if smoke {
            group
                .contenders
                .iter_mut()
                .for_each(|contender| assert_eq!(contender.pass(), group.records));
            return;
        }
        let goals = goal::of(&group.name);
        let rounds = Rounds::measure(&mut group);
        table(&group, &rounds);
        if let Some(record) = &mut record {
            record.add(&group, &rounds);
        }
        missed += goals.iter().filter(|goal| !verdict(goal, &rounds)).count();
        println!();
    };

    for payload in [5, 64, 1024, 16 * 1024] {
        compare(contenders::length(payload, &corpus::length_prefixed(payload)));
    }
    for content in [16, 80, 1024] {
        compare(contenders::lines(content, &corpus::lines(content)));
    }
    compare(contenders::lines("varied", &corpus::varied_lines()));
    let line = corpus::line(64 * 1024);
    for piece in [1, 16, 1460] {
        compare(contenders::dribble(piece, &line));
    }
    compare(contenders::growth(&line, &corpus::line(256 * 1024)));

    for heads in corpus::heads() {
        compare(contenders::http1_head(&heads));
        compare(contenders::http1_headers(&heads));
    }
    for (name, head) in corpus::HEADS {
        for piece in [1, 16, 64] {
            compare(contenders::http1_dribble(name, piece, head));
        }
    }
    for chunk in [64, 1024, 16 * 1024] {
        compare(contenders::http1_chunked(chunk, &corpus::chunked(chunk)));
    }
    compare(contenders::websocket::handshake());
    compare(contenders::websocket::mask(64 * 1024));
    for payload in [5, 125, 1024, 64 * 1024] {
        compare(contenders::websocket::decode(payload, &corpus::masked_frames(payload)));
    }
    for role in [Role::Server, Role::Client] {
        for payload in [5, 125, 1024, 64 * 1024] {
            compare(contenders::websocket::encode(role, payload));
        }
    }

    compare(contenders::quic::frames("one", &contenders::quic::Payloads::one()));
    compare(contenders::quic::frames("varied", &contenders::quic::Payloads::varied()));
    for (name, sizes) in corpus::VARINTS {
        compare(contenders::quic::varints(name, &corpus::varints(sizes)));
    }
    for kind in ["short", "long", "coalesced"] {
        compare(contenders::quic::headers(kind));
    }
    for payload in [64, 1200] {
        compare(contenders::quic::unprotect(payload));
        compare(contenders::quic::protect(payload));
    }

    let stream = contenders::quic::stream(64 * 1024);
    for order in contenders::quic::ORDERS {
        compare(contenders::quic::reassembly(order, &stream));
    }

    if let Some(record) = record
        && let Err(error) = record.write()
    {
        eprintln!("nothing was recorded: {error}");
        return ExitCode::FAILURE;
    }
    match missed {
        0 => ExitCode::SUCCESS,
        _ => {
            println!("{missed} goals missed");
            ExitCode::FAILURE
        }
    }
}

/// Returns the number of units that a time is divided by, and their name.
fn unit(group: &Group<'_>) -> (usize, &'static str) {
    if group.records == 1 { (group.bytes, "byte") } else { (group.records, "record") }
}

fn table(group: &Group<'_>, rounds: &Rounds) {
    let (per, unit) = unit(group);
    let unit = format!("ns a {unit}");
    // One column for the floor, one for the peer that is named in the goals.
    let others = [&[names::FLOOR][..], names::PEERS].map(|names| {
        names.iter().find_map(|name| Some((format!("x {name}"), rounds.index(name)?)))
    });
    print!("{:<28}{unit:>12}{:>10}", group.name, "GB/s");
    others.iter().flatten().for_each(|(title, _)| print!("{title:>14}"));
    println!();
    for (index, contender) in group.contenders.iter().enumerate() {
        let nanoseconds = rounds.median(index);
        #[expect(clippy::cast_precision_loss, reason = "figures of three digits are shown")]
        let (each, rate) = (nanoseconds / per as f64, group.bytes as f64 / nanoseconds);
        print!("  {:<26}{each:>12.2}{rate:>10.2}", contender.name);
        for (_, other) in others.iter().flatten() {
            print!("{:>14.2}", rounds.ratio(index, *other));
        }
        println!();
    }
}

/// Tells how a goal was met, and what a loop written by hand comes to. False where it was not.
fn verdict(goal: &Goal, rounds: &Rounds) -> bool {
    let (Some(of), Some(against)) = (rounds.index(goal.of), rounds.index(goal.against)) else {
        println!("  goal: there is no {} or no {}", goal.of, goal.against);
        return false;
    };
    let ratio = rounds.ratio(of, against);
    let is_met = ratio <= goal.at_most;
    let verdict = if is_met { "met" } else { "MISSED" };
    print!(
        "  {verdict}: {} at most {:.3} times {}: {ratio:.3}",
        goal.of, goal.at_most, goal.against
    );
    match rounds.index(names::FLOOR).filter(|&floor| floor != against) {
        Some(floor) => println!(", by hand {:.3}", rounds.ratio(floor, against)),
        None => println!(),
    }
    is_met
}
