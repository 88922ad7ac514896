//! Holds the laws against parsers from published crates.
//!
//! Each parser is examined in a process of its own, so that one that takes the process down, or
//! never ends, is a finding like any other. What is found is reproduced by the crate's own driver
//! before it is called a defect. See the README for what is printed and written, and for how to
//! add a parser.

#![deny(unsafe_code)]

mod adapt;
mod agree;
mod drive;
mod entry;
mod finding;
mod instructions;
mod judge;
mod matrix;
mod runner;
mod subjects;
mod trace;

use clap::Parser;
use segue_laws::Counting;
use std::{fs::File, io, path::PathBuf, process::ExitCode, time::Duration};

/// Streams here are of a few kilobytes, so this is far beyond what one may call for at once. A parser
/// that sets aside what a length announces would take the machine down with it; so its process is
/// taken down instead, and the runner says so.
const LARGEST: usize = 1 << 31;

#[global_allocator]
static ALLOCATOR: Counting = Counting::new().refusing(LARGEST);

/// Holds the laws for incremental parsers against parsers from published crates.
#[derive(Parser, Debug)]
#[command(version, about)]
struct Options {
    /// Only parsers whose family, crate or name contains this.
    filter: Option<String>,
    /// The time that the whole run may take, in seconds. Parsers that are not reached are named.
    #[arg(long, default_value_t = 300)]
    time: u64,
    /// The number of parsers that are examined at a time.
    #[arg(long, default_value_t = std::thread::available_parallelism().map_or(1, usize::from))]
    jobs: usize,
    /// The number of streams that are made for each parser beside those that are given.
    #[arg(long, default_value_t = 400)]
    generated: usize,
    /// The folder for MATRIX.md, with a folder `found` for what was found.
    #[arg(long, default_value = env!("CARGO_MANIFEST_DIR"))]
    out: PathBuf,
    /// Name the parsers and do nothing.
    #[arg(long)]
    list: bool,
    /// Show every finding in full.
    #[arg(long, short)]
    verbose: bool,
    /// Examine the parser of exactly this name in this process, and write what is found as JSON to
    /// the file of `--result`.
    #[arg(long, hide = true, requires = "result")]
    one: Option<String>,
    /// Run the driver of the parser of exactly this name over the reads in a file of `--trace`.
    #[arg(long, hide = true, requires = "trace")]
    drive: Option<String>,
    /// Hold the parsers of exactly this protocol against each other in this process.
    #[arg(long, hide = true, requires = "result")]
    agree: Option<String>,
    /// The file for the result: what a parser prints is its own affair.
    #[arg(long, hide = true)]
    result: Option<PathBuf>,
    /// Leave out the law of this name, which has taken a process down.
    #[arg(long, hide = true)]
    skip: Option<String>,
    /// Write down what the parser is given, so that it is known if it takes the process down.
    #[arg(long, hide = true)]
    trace: Option<PathBuf>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let mut entries = subjects::all();
    let mut agreements = agree::all();
    if let Some(protocol) = &options.agree {
        let Some(agreement) = agreements.iter().find(|one| one.protocol == protocol) else {
            eprintln!("there are no parsers of {protocol} to be held against each other");
            return ExitCode::FAILURE;
        };
        std::panic::set_hook(Box::new(|_| {}));
        return written(&options.result, &agreement.disagreements(options.generated));
    }
    if let Some(name) = options.one.as_ref().or(options.drive.as_ref()) {
        let Some(entry) = entries.iter().find(|entry| entry.name() == *name) else {
            eprintln!("no parser is called {name}");
            return ExitCode::FAILURE;
        };
        // A panic of a parser is a finding, and is told of as such.
        std::panic::set_hook(Box::new(|_| {}));
        if options.drive.is_some() {
            let reads = options.trace.as_deref().map(trace::reads).unwrap_or_default();
            let reads: Vec<_> = reads.iter().map(Vec::as_slice).collect();
            let _ = (entry.drive)(&reads);
            return ExitCode::SUCCESS;
        }
        let (generated, skip, trace) = (options.generated, options.skip, options.trace);
        let plan = judge::Plan { generated, skip, trace };
        let examined = judge::examine(entry, plan);
        return written(&options.result, &examined);
    }
    if let Some(filter) = &options.filter {
        entries.retain(|entry| {
            entry.family.contains(filter.as_str()) || entry.name().contains(filter.as_str())
        });
        agreements.retain(|agreement| agreement.protocol.contains(filter.as_str()));
    }
    if options.list {
        entries.iter().for_each(|entry| println!("{:20} {}", entry.family, entry.name()));
        return ExitCode::SUCCESS;
    }
    let plan = runner::Plan {
        time: Duration::from_secs(options.time),
        jobs: options.jobs.max(1),
        generated: options.generated,
    };
    let run = runner::run(&entries, &agreements, &plan);
    matrix::print(&run, options.verbose);
    // A part of the parsers would make a part of the files.
    if options.filter.is_some() {
        return ExitCode::SUCCESS;
    }
    match matrix::write(&run, &options.out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{} cannot be written to: {error}", options.out.display());
            ExitCode::FAILURE
        }
    }
}

/// Writes what was found to where the runner looks for it.
fn written(result: &Option<PathBuf>, found: &impl serde::Serialize) -> ExitCode {
    let file = result.as_deref().map(File::create).transpose();
    let written = file.and_then(|file| match file {
        Some(file) => serde_json::to_writer(file, found).map_err(io::Error::from),
        None => Err(io::ErrorKind::NotFound.into()),
    });
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("what was found cannot be written down: {error}");
            ExitCode::FAILURE
        }
    }
}
