//! One process for each parser, a few at a time, within a budget of time.

use indicatif::{ProgressBar, ProgressStyle};
use std::{
    env, fs,
    io::{self, Read},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{
    agree::{Agreement, Disagreement},
    entry::Entry,
    finding::{Examined, Finding},
    judge, trace,
};

/// The resources that a run may take.
pub struct Plan {
    /// All of it.
    pub time: Duration,
    /// The number of processes at a time.
    pub jobs: usize,
    /// The number of streams that are made for each parser.
    pub generated: usize,
}

/// The results of a run.
pub struct Run {
    /// In the order of the parsers.
    pub examined: Vec<Examined>,
    /// Parsers that were not examined, and why.
    pub missing: Vec<(String, String)>,
    /// Streams that parsers of one protocol do not agree on.
    pub disagreements: Vec<Disagreement>,
    /// The time that it took.
    pub took: Duration,
}

/// Examines every parser, and holds those of one protocol against each other.
pub fn run(entries: &[Entry], agreements: &[Agreement], plan: &Plan) -> Run {
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
    let mut disagreements = Vec::new();
    for agreement in agreements {
        match disagree(agreement, plan, deadline) {
            Ok(found) => disagreements.extend(found),
            Err(why) => missing.push((format!("{}, agreement", agreement.protocol), why)),
        }
    }
    Run { examined, missing, disagreements, took: began.elapsed() }
}

/// Holds the parsers of one protocol against each other.
fn disagree(
    agreement: &Agreement,
    plan: &Plan,
    deadline: Instant,
) -> Result<Vec<Disagreement>, String> {
    let path = env::temp_dir().join(format!("segue-strangers-{}-{}", std::process::id(), unique()));
    let ended = child(&["--agree", agreement.protocol], plan.generated, &path, EACH, deadline)?;
    serde_json::from_str(&ended.output).map_err(|_| format!("its process {}", ended.how))
}

/// The time that one parser may compute: many times what the slowest of them does.
const EACH: Duration = Duration::from_secs(20);

/// The time that a driver may compute over one stream: a line takes a few milliseconds for the
/// longest.
const DRIVER: Duration = Duration::from_secs(2);

/// Streams of so many bytes are only given to see how work grows.
const LONG: usize = 1024;

fn examine(entry: &Entry, plan: &Plan, deadline: Instant) -> Result<Examined, String> {
    let path = env::temp_dir().join(format!("segue-strangers-{}-{}", std::process::id(), unique()));
    let examined = with_trace(entry, plan, &path, deadline);
    let _ = fs::remove_file(&path);
    examined
}

fn with_trace(
    entry: &Entry,
    plan: &Plan,
    path: &Path,
    deadline: Instant,
) -> Result<Examined, String> {
    let name = entry.name();
    let child = |more: &[&str], generated| {
        child(&[&["--one", &name], more].concat(), generated, path, EACH, deadline)
    };
    let first = child(&[], plan.generated)?;
    if let Ok(examined) = serde_json::from_str(&first.output) {
        return Ok(examined);
    }
    if Instant::now() >= deadline {
        return Err("the time was over".into());
    }
    // It took its process down.
    let reads = trace::reads(path);
    let slow = first.late && reads.iter().map(Vec::len).sum::<usize>() >= LONG;
    if slow {
        // Streams of this length are only given to see how work grows, byte by byte.
        let input = reads.concat();
        let cuts: Vec<_> = (1..input.len()).collect();
        let rewritten = trace::Trace::new(path).and_then(|mut trace| trace.write(&input, &cuts));
        rewritten.map_err(|error| error.to_string())?;
    }
    let down = taken_down(entry, &first, &reads, path, deadline)?;
    let died = format!("its process {}", first.how);
    // The rest is looked at all the same: without the law that it died of, or, if that is not
    // enough, with the streams alone that are given.
    let skip = ["--skip", &down.law];
    let without = |generated| -> Result<Option<Examined>, String> {
        Ok(serde_json::from_str(&child(&skip, generated)?.output).ok())
    };
    // Of a stream that it does not survive, it dies whatever is asked of it.
    let all = if down.law == "L5" { None } else { without(plan.generated)? };
    let examined = match all {
        Some(all) => Some(all),
        None => without(0)?.map(|given| given.reduced(&died)),
    };
    let mut examined = examined.unwrap_or_else(|| Examined::not_looked_at(entry, &died));
    examined.breaks(down);
    Ok(examined)
}

fn unique() -> usize {
    static LAST: AtomicUsize = AtomicUsize::new(0);
    LAST.fetch_add(1, Relaxed)
}

/// Returns the finding about the stream that took a process down, tried on the parser's driver.
fn taken_down(
    entry: &Entry,
    seen: &Ended,
    reads: &[Vec<u8>],
    path: &Path,
    deadline: Instant,
) -> Result<Finding, String> {
    if reads.is_empty() {
        return Err(format!("its process {} without a word", seen.how));
    }
    let driven = child(&["--drive", &entry.name()], 0, path, DRIVER, deadline)?;
    let memory = seen.errors.contains("memory allocation of");
    let (krate, version) = entry.package();
    let input = reads.concat();
    let shown = &input[..input.len().min(LONG)];
    let ends = reads.iter().scan(0, |end, read| {
        *end += read.len();
        Some(*end)
    });
    let cuts: Vec<_> = ends.take(reads.len() - 1).collect();
    let law = match (memory, seen.late && input.len() >= LONG) {
        (true, _) => "L4",
        (false, true) => "L8",
        (false, false) => "L5",
    };
    let shows = match (driven.failed, driven.late) {
        (true, true) => Ok("the crate's own driver does not end in time either"),
        (true, false) => Ok("the crate's own driver takes the process down as well"),
        (false, _) => Err("the driver survives it"),
    };
    let (status, reason) = judge::status(entry, law, shows);
    let last = |errors: &str| {
        let told = errors.lines().find(|line| line.contains("memory allocation of"));
        told.or(errors.lines().last()).unwrap_or("no message").to_owned()
    };
    Ok(Finding {
        krate,
        version,
        parser: entry.parser.into(),
        law: law.into(),
        symptom: if law == "L8" { "lies" } else { "breaks" }.into(),
        what: format!("the process {}: {}", seen.how, last(&seen.errors)),
        origin: "generated".into(),
        input: shown.escape_ascii().to_string(),
        cuts: if law == "L8" { Vec::new() } else { cuts },
        repeated: None,
        seen: vec![("the process".into(), seen.how.clone())],
        driver: vec![("the driver".into(), format!("{}: {}", driven.how, last(&driven.errors)))],
        status,
        reason,
    })
}

/// A process that is over.
struct Ended {
    /// Its findings as JSON; empty where it was taken down.
    output: String,
    errors: String,
    failed: bool,
    /// It was stopped.
    late: bool,
    how: String,
}

fn child(
    arguments: &[&str],
    generated: usize,
    trace: &Path,
    time: Duration,
    deadline: Instant,
) -> Result<Ended, String> {
    if Instant::now() >= deadline {
        return Err("the time was over".into());
    }
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command.args(arguments).args(["--generated", &generated.to_string()]);
    let result = trace.with_extension("json");
    command.arg("--trace").arg(trace).arg("--result").arg(&result);
    // A trace of calls in the text of an error would make it another each time.
    command.env("RUST_BACKTRACE", "0").env("RUST_LIB_BACKTRACE", "0");
    // Some parsers print: what is found comes in a file.
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let child = command.spawn().map_err(|error| format!("no process for it: {error}"))?;
    let mut ended = wait(child, time, deadline).map_err(|error| error.to_string())?;
    ended.output = fs::read_to_string(&result).unwrap_or_default();
    let _ = fs::remove_file(&result);
    Ok(ended)
}

/// Waits for a process, or stops it when its time is over: what it computes, and what passes.
fn wait(mut child: Child, time: Duration, deadline: Instant) -> io::Result<Ended> {
    let began = Instant::now();
    let mut errors = child.stderr.take();
    thread::scope(|scope| {
        // They are read while it runs, or a full pipe would stop it.
        let errors = scope.spawn(move || text(errors.as_mut()));
        let (failed, late, how) = loop {
            if let Some(status) = child.try_wait()? {
                break (!status.success(), false, format!("ended with {status}"));
            }
            let computed = computed(child.id()).unwrap_or_else(|| began.elapsed());
            if computed >= time || Instant::now() >= deadline {
                child.kill()?;
                child.wait()?;
                break (true, true, "did not end in time".into());
            }
            thread::sleep(Duration::from_millis(10));
        };
        let errors = errors.join().unwrap_or_default();
        Ok(Ended { output: String::new(), errors, failed, late, how })
    })
}

/// Returns the time that a process has computed so far, where the system tells.
fn computed(process: u32) -> Option<Duration> {
    let told = fs::read_to_string(format!("/proc/{process}/schedstat")).ok()?;
    told.split(' ').next()?.parse().map(Duration::from_nanos).ok()
}

fn text(pipe: Option<&mut impl Read>) -> String {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        let _ = pipe.read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
