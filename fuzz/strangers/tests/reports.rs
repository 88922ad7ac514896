//! Each confirmed defect has a report, each report shows the program that is in `examples/`, says
//! what is known and is in the index, and each program still prints what its report shows.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::Path,
    process::{Command, Stdio},
};

#[test]
fn reports_show_the_programs() {
    for name in reports() {
        assert_eq!(block(&report(&name), "rust"), read(&format!("examples/{name}.rs")), "{name}");
    }
    assert_eq!(reports(), names("examples", ".rs"), "a program without a report");
}

/// A maintainer can run the program without a search for its crates, and reads what was expected of it.
#[test]
fn reports_can_be_run_and_say_what_is_expected() {
    let manifest = read("Cargo.toml");
    for name in reports() {
        let report = report(&name);
        let dependencies = block(&report, "toml");
        let mut lines = dependencies.lines();
        assert_eq!(lines.next(), Some("[dependencies]"), "{name}");
        for line in lines {
            // As they are pinned here, without what is said of them.
            let pinned = manifest.lines().any(|pinned| pinned.split(" #").next() == Some(line));
            assert!(pinned, "{name}: another version than here: {line}");
        }
        for one in read(&format!("examples/{name}.rs")).lines() {
            let Some(path) = one.strip_prefix("use ") else { continue };
            let krate = path.split([':', ';', ' ']).next().unwrap_or_default();
            let listed = |line: &str| line.replace('-', "_").starts_with(&format!("{krate} = "));
            // The library of this one has another name.
            let known = ["std", "mqtt"].contains(&krate) || dependencies.lines().any(listed);
            assert!(known, "{name}: {krate} is used, and not listed");
        }
        let (_, expected) = report.split_once("## Expected\n\n").unwrap_or_default();
        assert!(!expected.is_empty() && !expected.starts_with('#'), "{name}: what was expected");
    }
}

/// Each report is about its crate: no sentence of some length stands in two of them.
#[test]
fn no_two_reports_are_of_one_mould() {
    const WORDS: usize = 6;
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    for name in reports() {
        let report = report(&name);
        // Every second part is code.
        let prose = report.split("```").step_by(2);
        let lines = prose.flat_map(str::lines).filter(|line| {
            !["#", "|", "Known: ", "With version "].iter().any(|start| line.starts_with(start))
        });
        for sentence in lines.flat_map(|line| line.split(['.', ':', ';'])).map(str::trim) {
            if sentence.split(' ').count() < WORDS {
                continue;
            }
            let other = known.insert(sentence.to_owned(), name.clone());
            let again = other.as_ref().is_some_and(|other| *other != name);
            assert!(!again, "{name} and {other:?}: {sentence}");
        }
    }
}

/// A report of what takes a peer or its memory down is no news to the maintainer: a thread or a
/// change tells of it in public.
#[test]
fn what_can_hurt_is_public_already() {
    for name in reports() {
        let report = report(&name);
        if !said(&report).iter().any(|defect| matches!(defect.law.as_str(), "L4" | "L5")) {
            continue;
        }
        let known = report.lines().find_map(|line| line.strip_prefix("Known: "));
        let known = known.unwrap_or_else(|| panic!("{name}: one line says what is known"));
        let untold = ["no thread", "nothing found", "not searched", "the endless"];
        let told = known.contains("](http") && !untold.iter().any(|word| known.starts_with(word));
        assert!(told, "{name}: its maintainer was not told");
    }
}

/// Whoever sends a report is spared a second search, and the maintainers a second report.
#[test]
fn reports_say_what_is_known() {
    for name in reports() {
        let report = report(&name);
        let known: Vec<_> =
            report.lines().filter_map(|line| line.strip_prefix("Known: ")).collect();
        let [known] = known[..] else { panic!("{name}: one line says what is known") };
        let told = known.contains("(looked 20") || known.starts_with("not searched: ");
        assert!(told, "{name}: when was it looked, or why not?");
    }
}

/// A row for each crate and law of each report, with the report's title.
#[test]
fn the_index_has_each_report() {
    let index = read("reports/README.md");
    let rows: BTreeSet<_> = index.lines().filter_map(|line| line.split_once(".md) | ")).collect();
    let rows: BTreeSet<_> = rows.into_iter().map(|(row, _)| format!("{row}.md)")).collect();
    let mut expected = BTreeSet::new();
    for name in reports() {
        let report = report(&name);
        let title = report.lines().next().and_then(|line| line.strip_prefix("# "));
        let title = title.unwrap_or_else(|| panic!("{name}: a title"));
        for Defect { krate, version, law } in said(&report) {
            expected.insert(format!("| {krate} | {version} | {law} | [{title}]({name}.md)"));
        }
    }
    assert_eq!(rows, expected);
}

/// Builds the programs and runs them all. What takes time prints other times each time: those have
/// to grow by more than work does that is linear.
#[test]
fn programs_print_what_is_shown() {
    let build = ["build", "--release", "--examples", "--quiet"];
    let built = Command::new(env!("CARGO")).args(build).current_dir(folder()).status();
    assert!(built.expect("cargo").success(), "the programs are built");
    let mut wrong = Vec::new();
    for name in reports() {
        let shown = block(&report(&name), "text");
        // Another process may take the processor away while one of the times is taken.
        let same = (0..3).any(|_| {
            let printed = run(&name);
            let grows =
                growth(&shown).is_none() || growth(&printed).is_some_and(|times| times > 7.0);
            without_times(&printed) == without_times(&shown) && grows
        });
        if !same {
            wrong.push(format!("{name} prints\n{}instead of\n{shown}", run(&name)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Defect {
    krate: String,
    version: String,
    law: String,
}

/// The rows `| [crate](link) | version | L1, what it says |` of a report.
fn said(report: &str) -> Vec<Defect> {
    let row = |line: &str| {
        let (krate, rest) = line.strip_prefix("| [")?.split_once("](https://crates.io/crates/")?;
        let (link, rest) = rest.split_once(") | ")?;
        let (version, rest) = rest.split_once(" | ")?;
        let (law, _) = rest.split_once(", ")?;
        assert_eq!(link, format!("{krate}/{version}"));
        Some(Defect { krate: krate.into(), version: version.into(), law: law.into() })
    };
    report.lines().filter_map(row).collect()
}

/// Returns a program's words: first of its panics, then what it prints.
fn run(name: &str) -> String {
    let test = env::current_exe().expect("the path of this test");
    let target = test.ancestors().nth(3).expect("the target folder");
    let mut program = Command::new(target.join("release/examples").join(name));
    program.env("RUST_BACKTRACE", "0").stdin(Stdio::null());
    let output = program.output().unwrap_or_else(|error| panic!("{name}: {error}"));
    // An empty line comes before each panic, depending on the version of Rust.
    let panics = String::from_utf8_lossy(&output.stderr).replace("\n\nthread '", "\nthread '");
    let mut said = String::new();
    for line in panics.trim_matches('\n').lines() {
        if line.starts_with("thread '") {
            let (_, place) = line.split_once(" panicked at ").expect("a place");
            let place = place.split_once("/registry/src/").map_or(place, |(_, place)| {
                place.split_once('/').expect("the folder of the registry").1
            });
            said.push_str(&format!("thread 'main' panicked at {place}\n"));
        } else if !line.starts_with("note: ") {
            said.push_str(&format!("{line}\n"));
        }
    }
    said + &String::from_utf8_lossy(&output.stdout)
}

/// Returns by what factor the longest stream's time is that of the shortest one, in the lines of
/// that kind where it grows most. None where nothing is timed.
fn growth(printed: &str) -> Option<f64> {
    let mut times: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for line in printed.lines() {
        if let Some(time) = line.split(' ').find_map(seconds) {
            let kind = without_times(line).replace(|byte: char| byte.is_ascii_digit(), "");
            times.entry(kind).or_default().push(time);
        }
    }
    let growths = times.values().map(|times| times[times.len() - 1] / times[0]);
    growths.reduce(f64::max)
}

fn without_times(printed: &str) -> String {
    let line = |line: &str| {
        let words = line.split(' ').map(|word| if seconds(word).is_some() { "…" } else { word });
        words.collect::<Vec<_>>().join(" ")
    };
    printed.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// A word that is a `Duration` as it is printed.
fn seconds(word: &str) -> Option<f64> {
    [("ns", 1e-9), ("µs", 1e-6), ("ms", 1e-3), ("s", 1.0)].into_iter().find_map(
        |(unit, seconds)| {
            let number: f64 = word.strip_suffix(unit)?.parse().ok()?;
            Some(number * seconds)
        },
    )
}

/// The first block of code in that language.
fn block(report: &str, language: &str) -> String {
    let (_, after) = report.split_once(&format!("```{language}\n")).expect("a block");
    let (shown, _) = after.split_once("```").expect("the end of the block");
    shown.to_owned()
}

fn report(name: &str) -> String {
    read(&format!("reports/{name}.md"))
}

fn reports() -> BTreeSet<String> {
    names("reports", ".md").into_iter().filter(|name| name != "README").collect()
}

fn names(of: &str, ending: &str) -> BTreeSet<String> {
    let files = fs::read_dir(folder().join(of)).expect("a folder");
    let names = files.filter_map(|file| file.ok()?.file_name().into_string().ok());
    names.filter_map(|name| name.strip_suffix(ending).map(str::to_owned)).collect()
}

fn read(path: &str) -> String {
    fs::read_to_string(folder().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
