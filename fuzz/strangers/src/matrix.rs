//! The output: the matrix of parsers by laws, and the findings.

use comfy_table::{Table, presets};
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs, io,
    path::Path,
};

use crate::{
    agree::Disagreement,
    finding::{Examined, Finding, LAWS, Measure, Status, Verdict},
    runner::Run,
};

/// Prints the matrix, what was found, and the counts.
pub fn print(run: &Run, verbose: bool) {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_BORDERS_ONLY);
    table.set_header(["parser"].into_iter().chain(LAWS));
    for examined in &run.examined {
        table.add_row(row(examined));
    }
    println!("{table}");
    println!("{LEGEND}\n{}\n", judged(run));
    for finding in findings(run) {
        println!(
            "{} {} {}: {} [{}]",
            finding.krate,
            finding.parser,
            finding.law,
            finding.what,
            status(finding.status)
        );
        if verbose {
            print!("{}", details(finding));
        }
    }
    for one in &run.disagreements {
        println!("{} b\"{}\": {}", one.protocol, one.input, sides(one));
    }
    println!();
    for (name, why) in &run.missing {
        println!("not examined: {name}: {why}");
    }
    println!("{}", summary(run));
}

/// Writes `MATRIX.md`, the summary by law, into the folder, and what was found into `found` below it:
/// streams that take others down are not for the tree.
pub fn write(run: &Run, folder: &Path) -> io::Result<()> {
    #[derive(Serialize)]
    struct File<'r> {
        findings: Vec<&'r Finding>,
        disagreements: &'r [Disagreement],
        examined: Vec<Examined>,
    }
    // Each finding stands once, beside the verdicts.
    let examined = run.examined.iter().map(|one| Examined { findings: Vec::new(), ..one.clone() });
    let file = File {
        findings: findings(run).collect(),
        disagreements: &run.disagreements,
        examined: examined.collect(),
    };
    let found = folder.join("found");
    fs::create_dir_all(&found)?;
    fs::write(found.join("findings.json"), serde_json::to_string_pretty(&file)? + "\n")?;
    fs::write(found.join("FINDINGS.md"), listed(run))?;
    fs::write(folder.join("MATRIX.md"), markdown(run))
}

const LEGEND: &str = "✓ holds   ✗ defect   c documented contract   a adapter mistake   ? not reproduced   · not applicable   o cannot be shown   l holds within the documented limit   r holds on the given streams, and its process died of others   † not looked at, since its process died";

/// By what L8 was judged.
fn judged(run: &Run) -> &'static str {
    let looked = |examined: &&Examined| examined.verdicts.iter().any(|(law, _)| law == "L8");
    let by: BTreeSet<_> = run.examined.iter().filter(looked).map(|one| one.work).collect();
    match (by.contains(&Measure::Instructions), by.contains(&Measure::Time)) {
        (true, false) => "L8 by a count of instructions.",
        (false, _) => "L8 by the time that the thread ran: the machine counts no instructions.",
        (true, true) => "L8 by a count of instructions, or by time: see found/findings.json.",
    }
}

fn row(examined: &Examined) -> Vec<String> {
    let name = format!("{} {} {}", examined.krate, examined.version, examined.parser);
    let marks = LAWS.iter().map(|law| mark(examined, law).to_owned());
    [name].into_iter().chain(marks).collect()
}

fn mark(examined: &Examined, law: &str) -> &'static str {
    let worst = examined.findings.iter().filter(|finding| finding.law == law);
    let worst = worst.map(|finding| finding.status).min_by_key(|status| match status {
        Status::Confirmed => 0,
        Status::NotReproduced => 1,
        Status::Adapter => 2,
        Status::Contract => 3,
    });
    match worst {
        Some(Status::Confirmed) => return "✗",
        Some(Status::NotReproduced) => return "?",
        Some(Status::Adapter) => return "a",
        Some(Status::Contract) => return "c",
        None => {}
    }
    match examined.verdicts.iter().find(|(other, _)| other == law) {
        Some((_, Verdict::Holds)) => "✓",
        Some((_, Verdict::HoldsWithin(_))) => "l",
        Some((_, Verdict::Reduced(_))) => "r",
        Some((_, Verdict::Violated)) => "✗",
        Some((_, Verdict::Vacuous(_))) => "o",
        Some((_, Verdict::NotApplicable(_))) => "·",
        Some((_, Verdict::NotLookedAt(_))) | None => "†",
    }
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Confirmed => "confirmed defect",
        Status::Contract => "documented contract",
        Status::Adapter => "adapter mistake",
        Status::NotReproduced => "not reproduced",
    }
}

fn findings(run: &Run) -> impl Iterator<Item = &Finding> {
    run.examined.iter().flat_map(|examined| &examined.findings)
}

fn details(finding: &Finding) -> String {
    let mut text = format!("    b\"{}\" cut at {}\n", finding.input, places(finding));
    for (when, seen) in finding.seen.iter().chain(&finding.driver) {
        let _ = writeln!(text, "    {when}: {seen}");
    }
    let _ = writeln!(text, "    {}", finding.reason);
    text
}

/// Returns the places where the stream is cut, or the part of it that is repeated.
fn places(finding: &Finding) -> String {
    match finding.repeated {
        Some([begin, end]) => format!("each byte, with {begin}..{end} over and over"),
        None => format!("{:?}", finding.cuts),
    }
}

/// The counts that the run is judged by.
fn summary(run: &Run) -> String {
    let crates: BTreeSet<_> = run.examined.iter().map(|examined| &examined.krate).collect();
    let all = findings(run).count();
    let with = |wanted| findings(run).filter(|finding| finding.status == wanted).count();
    // Symptoms of one law in one parser mostly have one cause.
    let defects: BTreeSet<_> = findings(run)
        .filter(|finding| finding.status == Status::Confirmed)
        .map(|finding| (&finding.krate, &finding.parser, &finding.law))
        .collect();
    let ours = with(Status::Adapter) + with(Status::NotReproduced);
    let runs: u64 = run.examined.iter().map(|examined| examined.runs).sum();
    format!(
        "{} parsers of {} crates, {runs} runs, {} s. {all} flags: {} confirmed ({} of a parser and a law), \
         {} documented, {ours} our own ({:.0} %).",
        run.examined.len(),
        crates.len(),
        run.took.as_secs(),
        with(Status::Confirmed),
        defects.len(),
        with(Status::Contract),
        100.0 * ours as f64 / (all.max(1)) as f64,
    )
}

fn markdown(run: &Run) -> String {
    let mut text = String::from(
        "# Parsers by laws\n\nWritten by `cargo run --release -p segue-strangers`; do not edit.\n\n",
    );
    // The time that it took is left out, so that two runs write the same.
    let counted = Run {
        examined: run.examined.clone(),
        missing: Vec::new(),
        disagreements: Vec::new(),
        took: Default::default(),
    };
    let _ = writeln!(text, "{}\n", summary(&counted).replace(", 0 s", ""));
    let _ = writeln!(text, "{LEGEND}\n\n{}\n", judged(run));
    let mut families: BTreeMap<&str, Vec<&Examined>> = BTreeMap::new();
    for examined in &run.examined {
        families.entry(&examined.family).or_default().push(examined);
    }
    let _ = writeln!(text, "| parser | {} |\n|---|{}", LAWS.join(" | "), ":-:|".repeat(LAWS.len()));
    for (family, members) in &families {
        let _ = writeln!(text, "| **{family}** |{}", " |".repeat(LAWS.len()));
        for examined in members {
            let _ = writeln!(text, "| {} |", row(examined).join(" | "));
        }
    }
    text += &limits(run);
    text += &agreement(run);
    text
}

/// L4 where a limit is documented: by that, and not by what has come, is memory judged there.
fn limits(run: &Run) -> String {
    let mut text = String::from(
        "\n## Limits on memory that are documented (L4)\n\n\
         Elsewhere a parser may hold what it has received, and no more than it holds of valid streams \
         beside that.\n\n| parser | bytes | where |\n|---|--:|---|\n",
    );
    for examined in &run.examined {
        if let Some((bytes, documented)) = &examined.limit {
            let name = [&*examined.krate, &examined.version, &examined.parser].join(" ");
            let _ = writeln!(text, "| {name} | {bytes} | {} |", cell(documented));
        }
    }
    text
}

/// Each finding in a row.
fn listed(run: &Run) -> String {
    let mut text = String::from("# Findings\n");
    let _ = writeln!(
        text,
        "\n| crate | parser | law | stream, and its cuts | what happens | status | reason |\n|---|---|---|---|---|---|---|"
    );
    for finding in findings(run) {
        let _ = writeln!(
            text,
            "| {} {} | {} | {} | `{}` {} | {} | {} | {} |",
            finding.krate,
            finding.version,
            finding.parser,
            finding.law,
            cell(&finding.input),
            places(finding),
            cell(&finding.what),
            status(finding.status),
            cell(&finding.reason),
        );
    }
    text
}

/// L7 in rows of its own.
fn agreement(run: &Run) -> String {
    let mut text = String::from(
        "\n## Where parsers of one protocol do not agree (L7)\n\n\
         Nobody's defect by itself; the last column has what the specification says, where it does.\n",
    );
    let mut compared = BTreeMap::new();
    for one in &run.disagreements {
        compared.insert(&one.protocol, &one.compared);
    }
    for (protocol, what) in compared {
        let _ = writeln!(text, "\n{protocol}: what is compared is {what}.");
    }
    let _ = writeln!(
        text,
        "\n| protocol | stream | what they make of it | what is written of it |\n|---|---|---|---|"
    );
    for one in &run.disagreements {
        let input = cell(&one.input);
        let ruling = one.ruling.as_deref().unwrap_or("");
        let _ = writeln!(text, "| {} | `{input}` | {} | {ruling} |", one.protocol, sides(one));
    }
    text
}

/// Returns what is said of a stream, and by whom.
fn sides(one: &Disagreement) -> String {
    let sides = one.heard.iter().map(|(said, who)| format!("{}: {}", cell(said), who.join(", ")));
    sides.collect::<Vec<_>>().join("; ")
}

/// Returns the words as a cell of a table can hold them.
fn cell(words: &str) -> String {
    let words = words.replace('|', "\\|").replace('\n', " ");
    match words.char_indices().nth(240) {
        Some((at, _)) => format!("{}…", &words[..at]),
        None => words,
    }
}
