//! A program of parsers under test: what a CI job runs, with a folder of streams that it replays.
//!
//! It stands in `examples/laws.rs` of the parser's crate, or in a package of its own:
//!
//! ```no_run
//! use segue_laws::{adapt, command, parser};
//! # fn text(input: &[u8]) -> Result<Option<(u8, usize)>, ()> {
//! #     Ok(input.first().map(|byte| (*byte, 1)))
//! # }
//!
//! #[global_allocator]
//! static ALLOCATOR: segue_laws::Counting = segue_laws::Counting::new();
//!
//! fn main() -> std::process::ExitCode {
//!     command::main([parser("text", || adapt::slice(text)).accepts([b"\x03one"])])
//! }
//! ```
//!
//! | `cargo run --example laws --` | what it does |
//! |---|---|
//! | | looks at every law of every parser |
//! | `run DIR` | replays the streams of a folder, looks at every law, and keeps in the folder the shortest stream of each new defect |
//! | `replay DIR` | replays the streams of a folder |
//! | `--format json` | in this form: `text`, `json`, `junit`, `github` |
//! | `--only NAME` | only parsers whose name contains this |
//!
//! It fails if a law is broken. A file of the folder is a stream as it is; one of the same name and
//! `.cuts` says where it is cut, an offset on each line. Other streams are cut byte by byte, and at
//! places that are derived from them.

use std::{
    collections::BTreeSet,
    env, fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use crate::{Defect, Subject, Verdicts, cuts, report::Format};

/// Runs the program with the arguments of this process.
pub fn main(subjects: impl IntoIterator<Item = Subject>) -> ExitCode {
    match with(subjects, env::args().skip(1), &mut io::stdout().lock()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

/// Runs the program with these arguments, and returns whether all laws hold.
///
/// # Errors
/// If an argument is not known, or the folder or `out` cannot be read or written.
pub fn with(
    subjects: impl IntoIterator<Item = Subject>,
    arguments: impl IntoIterator<Item = String>,
    out: &mut impl Write,
) -> io::Result<bool> {
    let options = Options::parse(arguments)?;
    let is_meant = |name: &str| options.only.as_ref().is_none_or(|only| name.contains(only));
    let mut all = Vec::new();
    for subject in subjects.into_iter().filter(|subject| is_meant(subject.name())) {
        let mut verdicts = match options.mode {
            Mode::Replay => Verdicts::of_replay(subject.name()),
            Mode::Check | Mode::Run => subject.verdicts(),
        };
        if let Some(folder) = &options.folder {
            for stream in streams(folder)? {
                verdicts.adds(replay(&subject, &stream)?);
            }
            if options.mode == Mode::Run {
                for defect in verdicts.defects() {
                    keep(folder, subject.name(), defect)?;
                }
            }
        }
        all.push(verdicts);
    }
    out.write_all(options.format.of(&all).as_bytes())?;
    Ok(all.iter().all(|verdicts| verdicts.defects().is_empty()))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Check,
    Run,
    Replay,
}

struct Options {
    mode: Mode,
    folder: Option<PathBuf>,
    format: Format,
    only: Option<String>,
}

impl Options {
    fn parse(arguments: impl IntoIterator<Item = String>) -> io::Result<Self> {
        let mut options =
            Self { mode: Mode::Check, folder: None, format: Format::default(), only: None };
        let mut arguments = arguments.into_iter();
        let wrong = |what: String| io::Error::new(io::ErrorKind::InvalidInput, what);
        while let Some(argument) = arguments.next() {
            let mut value = || {
                arguments
                    .next()
                    .ok_or_else(|| wrong(format!("{argument} needs something behind it")))
            };
            match argument.as_str() {
                "run" => (options.mode, options.folder) = (Mode::Run, Some(value()?.into())),
                "replay" => (options.mode, options.folder) = (Mode::Replay, Some(value()?.into())),
                "--only" => options.only = Some(value()?),
                "--format" => {
                    let name = value()?;
                    options.format = Format::named(&name)
                        .ok_or_else(|| wrong(format!("there is no format {name}")))?;
                }
                _ => {
                    let usage =
                        "[run DIR | replay DIR] [--format text|json|junit|github] [--only NAME]";
                    return Err(wrong(format!("{argument} is not known: {usage}")));
                }
            }
        }
        Ok(options)
    }
}

/// The streams of a folder, by name.
fn streams(folder: &Path) -> io::Result<BTreeSet<PathBuf>> {
    let mut streams = BTreeSet::new();
    for file in fs::read_dir(folder)? {
        let file = file?;
        let path = file.path();
        if file.file_type()?.is_file() && path.extension().is_none_or(|kind| kind != "cuts") {
            streams.insert(path);
        }
    }
    Ok(streams)
}

/// Looks at one stream of a folder.
fn replay(subject: &Subject, stream: &Path) -> io::Result<Option<Defect>> {
    let input = fs::read(stream)?;
    let kept = match fs::read_to_string(cuts_of(stream)) {
        Ok(text) => Some(text.lines().filter_map(|line| line.trim().parse().ok()).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let ways = match kept {
        Some(cuts) => vec![cuts],
        None => vec![Vec::from_iter(1..input.len()), cuts::many(input.len(), cuts::digest(&input))],
    };
    Ok(ways.iter().find_map(|cuts| subject.on(&input, cuts).err()).map(|defect| *defect))
}

/// Writes the shortest stream of a defect into the folder. Its name is made of the parser's, the law
/// and a digest, so one that is there is written as it was.
fn keep(folder: &Path, parser: &str, defect: &Defect) -> io::Result<()> {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
    let parser: String = parser.chars().map(plain).collect();
    let digest = cuts::digest(defect.input());
    let stream = folder.join(format!("{parser}-{}-{digest:016x}", defect.law().name()));
    fs::write(&stream, defect.input())?;
    let cuts: String = defect.cuts().iter().map(|cut| format!("{cut}\n")).collect();
    fs::write(cuts_of(&stream), cuts)
}

fn cuts_of(stream: &Path) -> PathBuf {
    let mut name = stream.as_os_str().to_owned();
    name.push(".cuts");
    name.into()
}
