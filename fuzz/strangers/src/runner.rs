//! One process for each parser, a few at a time, within a budget of time.

use indicatif::{ProgressBar, ProgressStyle};
use std::{
    env, fs,
    io::{self, Read},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{
    entry::Entry,
    finding::{Examined, Finding, Status, Verdict},
    trace,
};

/// What a run may take.
pub struct Plan {
    /// All of it.
    pub time: Duration,
    /// How many processes at a time.
    pub jobs: usize,
    /// How many streams are made for each parser.
    pub generated: usize,
}

/// What came of a run.
pub struct Run {
    /// In the order of the parsers.
    pub examined: Vec<Examined>,
    /// Parsers that were not examined, and why.
    pub missing: Vec<(String, String)>,
    /// How long it took.
    pub took: Duration,
}

/// Examines every parser.
pub fn run(entries: &[Entry], plan: &Plan) -> Run {
    let began = Instant::now();
    let deadline = began + plan.time;
    let bar = ProgressBar::new(entries.len() as u64);
    let style = "{elapsed:>4} {bar:30} {pos}/{len} {msg}";
    bar.set_style(
        ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..plan.jobs {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Relaxed);
                    let Some(entry) = entries.get(at) else { return };
                    bar.set_message(entry.name());
                    let result = examine(entry, plan, deadline);
                    results
                        .lock()
                        .unwrap_or_else(|poisoned| poisoned.into_inner())
                        .push((at, result));
                    bar.inc(1);
                }
            });
        }
    });
    bar.finish_and_clear();
    let mut results = results.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    results.sort_by_key(|(at, _)| *at);
    let (mut examined, mut missing) = (Vec::new(), Vec::new());
    for (at, result) in results {
        match result {
            Ok(result) => examined.push(result),
            Err(why) => missing.push((entries[at].name(), why)),
        }
    }
    Run { examined, missing, took: began.elapsed() }
}

/// How long one parser may take: many times what the slowest of them does.
const EACH: Duration = Duration::from_secs(20);

fn examine(entry: &Entry, plan: &Plan, deadline: Instant) -> Result<Examined, String> {
    let first = child(&["--one", &entry.name()], plan.generated, None, deadline)?;
    if let Ok(examined) = serde_json::from_str(&first.output) {
        return Ok(examined);
    }
    // It took its process down. The same happens again, this time with a witness.
    let path = env::temp_dir().join(format!("segue-strangers-{}-{}", std::process::id(), unique()));
    let again = child(&["--one", &entry.name()], plan.generated, Some(&path), deadline)?;
    let down = taken_down(entry, &again, &path, plan, deadline);
    let _ = fs::remove_file(&path);
    // What it does with the streams that are given is known all the same, if it survives those.
    let given = child(&["--one", &entry.name()], 0, None, deadline)?;
    let mut examined = serde_json::from_str(&given.output).unwrap_or_else(|_| {
        let (krate, version) = entry.package();
        let (family, parser) = (entry.family.into(), entry.parser.into());
        Examined { family, krate, version, parser, ..Examined::default() }
    });
    let down = down?;
    match examined.verdicts.iter_mut().find(|(law, _)| *law == down.law) {
        Some((_, verdict)) => *verdict = Verdict::Violated,
        None => examined.verdicts.push((down.law.clone(), Verdict::Violated)),
    }
    examined.findings.push(down);
    Ok(examined)
}

fn unique() -> usize {
    static LAST: AtomicUsize = AtomicUsize::new(0);
    LAST.fetch_add(1, Relaxed)
}

/// What a parser was given when it took its process down, made shorter, and tried on its driver.
fn taken_down(
    entry: &Entry,
    seen: &Ended,
    path: &PathBuf,
    plan: &Plan,
    deadline: Instant,
) -> Result<Finding, String> {
    let reads = trace::reads(path);
    if reads.is_empty() {
        return Err(format!("its process {} without a word", seen.how));
    }
    let driven = child(&["--drive", &entry.name()], plan.generated, Some(path), deadline)?;
    let memory = seen.errors.contains("memory allocation of");
    let (krate, version) = entry.package();
    let input = reads.concat();
    let ends = reads.iter().scan(0, |end, read| {
        *end += read.len();
        Some(*end)
    });
    let cuts: Vec<_> = ends.take(reads.len() - 1).collect();
    let note = entry
        .notes
        .iter()
        .find(|note| format!("{:?}", note.law) == if memory { "L4" } else { "L5" });
    let status = match (note, driven.failed) {
        (Some(note), _) => match note.kind {
            crate::entry::Kind::Contract => Status::Contract,
            crate::entry::Kind::Adapter => Status::Adapter,
        },
        (None, true) => Status::Confirmed,
        (None, false) => Status::NotReproduced,
    };
    let reason = match (note, driven.failed) {
        (Some(note), _) => note.reason.to_owned(),
        (None, true) => "the crate's own driver takes the process down as well".into(),
        (None, false) => "the driver survives it".into(),
    };
    let last = |errors: &str| errors.lines().last().unwrap_or("no message").to_owned();
    Ok(Finding {
        krate,
        version,
        parser: entry.parser.into(),
        law: if memory { "L4" } else { "L5" }.into(),
        symptom: "breaks".into(),
        what: format!("the process {}: {}", seen.how, last(&seen.errors)),
        origin: "generated".into(),
        input: input.escape_ascii().to_string(),
        cuts,
        seen: vec![("the process".into(), seen.how.clone())],
        driver: vec![("the driver".into(), format!("{}: {}", driven.how, last(&driven.errors)))],
        status,
        reason,
    })
}

/// A process that is over.
struct Ended {
    output: String,
    errors: String,
    failed: bool,
    how: String,
}

fn child(
    arguments: &[&str],
    generated: usize,
    trace: Option<&PathBuf>,
    deadline: Instant,
) -> Result<Ended, String> {
    if Instant::now() >= deadline {
        return Err("the time was over".into());
    }
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command.args(arguments).args(["--generated", &generated.to_string()]);
    command.args(trace.iter().flat_map(|path| ["--trace".as_ref(), path.as_os_str()]));
    // A trace of calls in the text of an error would make it another each time.
    command.env("RUST_BACKTRACE", "0").env("RUST_LIB_BACKTRACE", "0");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().map_err(|error| format!("no process for it: {error}"))?;
    wait(child, deadline.min(Instant::now() + EACH)).map_err(|error| error.to_string())
}

/// Waits for a process, or stops it when its time is over.
fn wait(mut child: Child, until: Instant) -> io::Result<Ended> {
    let (mut output, mut errors) = (child.stdout.take(), child.stderr.take());
    thread::scope(|scope| {
        // Both are read while it runs, or a full pipe would stop it.
        let output = scope.spawn(move || text(output.as_mut()));
        let errors = scope.spawn(move || text(errors.as_mut()));
        let (failed, how) = loop {
            if let Some(status) = child.try_wait()? {
                break (!status.success(), format!("ended with {status}"));
            }
            if Instant::now() >= until {
                child.kill()?;
                child.wait()?;
                break (true, "did not end in time".into());
            }
            thread::sleep(Duration::from_millis(10));
        };
        let (output, errors) =
            (output.join().unwrap_or_default(), errors.join().unwrap_or_default());
        Ok(Ended { output, errors, failed, how })
    })
}

fn text(pipe: Option<&mut impl Read>) -> String {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        let _ = pipe.read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
