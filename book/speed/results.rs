//! The results that the bench has recorded.

/// All groups of one run.
#[derive(Debug, Default)]
pub(super) struct Results {
    /// When and where, as the file says it.
    pub(super) machine: String,
    groups: Vec<Group>,
}

/// Contenders that do the same job over the same input.
#[derive(Debug)]
pub(super) struct Group {
    /// The job and what it is done to: `length/64`.
    pub(super) name: String,
    /// The unit that a time is for: a record or a byte.
    pub(super) unit: String,
    pub(super) rows: Vec<Row>,
}

/// One contender of a group.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) nanoseconds: f64,
    /// The time as a multiple of that of segue's first contender; NaN where there is none.
    pub(super) ratio: f64,
}

/// The origin of a contender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Ours,
    /// Written for the job by hand, or a look at each byte.
    Floor,
    Peer,
}

impl Results {
    /// Reads the file: comments, then a line for each contender, its cells separated by tabs.
    pub(super) fn parse(text: &str) -> Self {
        let mut results = Self::default();
        let comments: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("# ")).collect();
        if let [_, date, machine, ..] = &comments[..] {
            let date = date.strip_prefix("on ").unwrap_or(date);
            results.machine = format!("Recorded on {date} on {machine}.");
        }
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let cells: Vec<_> = line.split('\t').collect();
            let [group, unit, name, nanoseconds, ratio] = &cells[..] else { continue };
            let (Ok(nanoseconds), Ok(ratio)) = (nanoseconds.parse(), ratio.parse()) else {
                continue;
            };
            if results.groups.last().is_none_or(|last| last.name != *group) {
                let (name, unit) = ((*group).to_owned(), (*unit).to_owned());
                results.groups.push(Group { name, unit, rows: Vec::new() });
            }
            if let Some(last) = results.groups.last_mut() {
                last.rows.push(Row { name: (*name).to_owned(), nanoseconds, ratio });
            }
        }
        results
    }

    /// The group of this name, and those whose names begin with it and a slash.
    pub(super) fn family(&self, family: &str) -> Vec<&Group> {
        let is_of = |group: &&Group| {
            let rest = group.name.strip_prefix(family);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.groups.iter().filter(is_of).collect()
    }
}

impl Group {
    /// The part of its name that sets it apart in its family.
    pub(super) fn variant(&self) -> &str {
        self.name.split_once('/').map_or(&self.name, |(_, variant)| variant)
    }
}

impl Row {
    pub(super) fn kind(&self) -> Kind {
        const FLOORS: [&str; 4] = ["by ", "memc", "flat copy", "search again"];
        match &self.name {
            name if name.starts_with("segue") => Kind::Ours,
            name if FLOORS.iter().any(|floor| name.starts_with(floor)) => Kind::Floor,
            _ => Kind::Peer,
        }
    }

    /// The time with three digits.
    pub(super) fn time(&self) -> String {
        match self.nanoseconds {
            time if time < 1.0 => format!("{time:.3}"),
            time if time < 10.0 => format!("{time:.2}"),
            time if time < 100.0 => format!("{time:.1}"),
            time => format!("{time:.0}"),
        }
    }

    /// The ratio with two or three digits; nothing where there is none.
    pub(super) fn times(&self) -> String {
        match self.ratio {
            ratio if ratio.is_nan() => String::new(),
            ratio if ratio < 10.0 => format!("× {ratio:.2}"),
            ratio => format!("× {ratio:.1}"),
        }
    }
}
