//! Instructions that each contender needs for a record, counted by valgrind.
//!
//! What a noisy machine blurs is exact here: the count of two passes is taken from that of ten,
//! so that what comes before the first record and the memory that the first pass makes are left
//! out. `cargo bench -p segue-benches --bench instructions`; further arguments choose groups by a
//! part of their name. The exit code tells whether all goals are met.

use std::{
    env,
    process::{Command, ExitCode},
};

use segue_benches::{
    Group,
    contenders::{self, names},
    corpus,
};

/// What is promised: so many instructions a record at most.
const GOALS: &[(&str, &str, u64)] = &[("nested/5", names::STEP, 160)];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [pass, group, contender, passes] = &arguments[..]
        && pass == "pass"
    {
        return pass_through(group, contender, passes.parse().unwrap_or(1));
    }
    let wanted: Vec<&String> = arguments.iter().filter(|word| !word.starts_with('-')).collect();
    let smoke = arguments.iter().any(|argument| argument == "--test");
    let mut failed = false;
    each_group(&mut |group| {
        if !wanted.is_empty() && !wanted.iter().any(|part| group.name.contains(part.as_str())) {
            return;
        }
        println!("{}", group.name);
        for contender in &mut group.contenders {
            if smoke {
                assert_eq!(contender.pass(), group.records);
                continue;
            }
            let named = (&*group.name, contender.name);
            let few = count(&group.name, contender.name, 2);
            let many = count(&group.name, contender.name, 10);
            match (few, many) {
                (Some(few), Some(many)) => {
                    let records = 8 * group.records as u64;
                    let each = (many - few + records / 2) / records;
                    let goal = GOALS.iter().find(|goal| (goal.0, goal.1) == named);
                    let verdict = match goal {
                        Some(goal) if each > goal.2 => {
                            failed = true;
                            format!(", and at most {} are promised", goal.2)
                        }
                        _ => String::new(),
                    };
                    println!("  {:<24}{each:>6} instructions a record{verdict}", contender.name);
                }
                _ => {
                    failed = true;
                    println!("  {:<24}was not counted: is valgrind installed?", contender.name);
                }
            }
        }
    });
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Calls `see` with each group, one after the other.
fn each_group(see: &mut dyn FnMut(&mut Group<'_>)) {
    see(&mut contenders::length(5, &corpus::length_prefixed(5)));
    for (name, piece) in [("5", 1024), ("5, each alone", 9)] {
        see(&mut contenders::nested(name, &corpus::carried(5, piece)));
    }
}

/// Lets one contender go through its group, as the process that is looked at.
fn pass_through(group: &str, contender: &str, passes: usize) -> ExitCode {
    let mut seen = 0;
    each_group(&mut |found| {
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

/// The instructions of a process that goes through a contender so many times.
fn count(group: &str, contender: &str, passes: usize) -> Option<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe().ok()?)
        .args(["pass", group, contender, &passes.to_string()])
        .output()
        .ok()?;
    if !output.status.success() {
        return None;
    }
    let told = String::from_utf8(output.stderr).ok()?;
    let line = told.lines().find(|line| line.contains("Collected :"))?;
    line.split_whitespace().last()?.parse().ok()
}
