//! A recording as a table in text.

use std::fmt;

use super::{Recording, escape::Plain};

/// The streams, each with its lanes and their sums, then all events.
impl fmt::Display for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widest = |names: &mut dyn Iterator<Item = &str>, title: &str| {
            names.map(|name| Plain(name).to_string().chars().count()).fold(title.len(), usize::max)
        };
        let lanes = widest(&mut self.lanes.iter().map(|lane| lane.name.as_str()), "lane");
        let streams = widest(&mut self.streams.iter().map(String::as_str), "stream");

        writeln!(
            f,
            "{:streams$}  {:lanes$}  {:>11}  {:>11}  {:>9}  {:>7}  {:>6}",
            "stream", "lane", "bytes taken", "queued", "records", "needs", "faults"
        )?;
        for lane in &self.lanes {
            let stream = Plain(&self.streams[lane.stream]);
            writeln!(
                f,
                "{stream:streams$}  {:lanes$}  {:>11}  {:>11}  {:>9}  {:>7}  {:>6}",
                Plain(&lane.name),
                lane.took,
                lane.queued,
                lane.records,
                lane.needs,
                lane.faults
            )?;
        }
        writeln!(f)?;
        for event in &self.events {
            let lane = &self.lanes[event.lane];
            let milliseconds = event.after.as_secs_f64() * 1e3;
            write!(f, "{milliseconds:>10.3} ms  ")?;
            if self.streams.len() > 1 {
                write!(f, "{:streams$}  ", Plain(&self.streams[lane.stream]))?;
            }
            let words = self.words(&event.what).to_string();
            write!(f, "{:lanes$}  {}", Plain(&lane.name), Plain(&words))?;
            match &*event.payload {
                [] => writeln!(f)?,
                payload => writeln!(f, ": \"{}\"", payload.escape_ascii())?,
            }
        }
        match self.left_out {
            0 => Ok(()),
            count => writeln!(f, "and {count} more, which are not kept"),
        }
    }
}
