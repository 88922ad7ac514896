//! The counts that are kept in the repository.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs, io,
    path::PathBuf,
};

use segue_benches::said;

/// The fraction by which a count may exceed the recorded one.
const TOLERANCE: f64 = 0.02;

/// The build that a count depends on beside our code.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Build(String);

impl Build {
    /// The compiler, the C library, and what code that is chosen at run time finds here.
    pub(crate) fn here() -> Self {
        let compiler = said("rustc", &["--version"]);
        let library = said("getconf", &["GNU_LIBC_VERSION"]);
        #[cfg(target_arch = "x86_64")]
        let has_avx2 = std::arch::is_x86_feature_detected!("avx2");
        #[cfg(not(target_arch = "x86_64"))]
        let has_avx2 = false;
        let simd = if has_avx2 { "avx2" } else { "no avx2" };
        Self(format!("{compiler}, {library}, {}, {simd}", std::env::consts::ARCH))
    }
}

impl fmt::Display for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Counts by group and contender.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) build: Build,
    counts: BTreeMap<(String, String), f64>,
}

impl Record {
    fn place() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("instructions.tsv")
    }

    /// The record that is kept, which is empty where there is no file.
    pub(crate) fn read() -> Self {
        let text = fs::read_to_string(Self::place()).unwrap_or_default();
        let mut record = Self::default();
        for line in text.lines() {
            if let Some(build) = line.strip_prefix("# with ") {
                record.build = Build(build.to_owned());
            }
            let mut cells = line.split('\t');
            if let (Some(group), Some(name), Some(count)) =
                (cells.next(), cells.next(), cells.next())
                && let Ok(count) = count.parse()
            {
                record.counts.insert((group.to_owned(), name.to_owned()), count);
            }
        }
        record
    }

    /// The file is written anew, with the date.
    pub(crate) fn write(&self) -> io::Result<()> {
        let mut text = String::from(
            "# Instructions a record, written by: \
             cargo bench -p segue-benches --bench instructions -- --record\n",
        );
        text += &format!("# on {}\n# with {}\n", said("date", &["+%F"]), self.build);
        for ((group, name), count) in &self.counts {
            text += &format!("{group}\t{name}\t{count:.1}\n");
        }
        fs::write(Self::place(), text)
    }

    /// The groups of which there are counts.
    pub(crate) fn groups(&self) -> BTreeSet<String> {
        self.counts.keys().map(|(group, _)| group.clone()).collect()
    }

    pub(crate) fn of(&self, group: &str, name: &str) -> Option<f64> {
        self.counts.get(&(group.to_owned(), name.to_owned())).copied()
    }

    pub(crate) fn set(&mut self, group: &str, name: &str, count: f64) {
        self.counts.insert((group.to_owned(), name.to_owned()), count);
    }

    /// The words for a count beside the recorded one; an error where it is more.
    pub(crate) fn verdict(&self, group: &str, name: &str, count: f64) -> Result<String, String> {
        let Some(recorded) = self.of(group, name) else { return Ok(String::new()) };
        let said = format!(", recorded {recorded:.1}");
        // A tenth is what the file rounds to.
        match count > recorded * (1.0 + TOLERANCE) + 0.1 {
            true => Err(format!("{said}: MORE")),
            false => Ok(said),
        }
    }
}
