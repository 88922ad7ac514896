//! A recording as JSON.

use std::fmt::{self, Write};

use super::{
    Event, Lane, Made, Recording, What, Why,
    escape::{Hex, Quoted},
};

/// The version of the fields: it grows when one changes its meaning or goes.
const VERSION: u32 = 1;

pub(super) fn write(recording: &Recording) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = whole(&mut text, recording);
    text
}

fn whole(out: &mut String, recording: &Recording) -> fmt::Result {
    write!(out, "{{\"version\":{VERSION},\n\"streams\":[")?;
    separated(out, &recording.streams, |out, stream| write!(out, "{}", Quoted(stream)))?;
    write!(out, "],\n\"lanes\":[")?;
    separated(out, &recording.lanes, lane)?;
    write!(out, "],\n\"events\":[")?;
    separated(out, &recording.events, event)?;
    writeln!(out, "],\n\"left_out\":{}}}", recording.left_out)
}

fn lane(out: &mut String, lane: &Lane) -> fmt::Result {
    let Lane { name, stream, took, records, queued, opened, sealed, closing, needs, faults } = lane;
    write!(out, "\n{{\"name\":{},\"stream\":{stream},\"took\":{took}", Quoted(name))?;
    write!(out, ",\"records\":{records},\"queued\":{queued},\"opened\":{opened}")?;
    write!(out, ",\"sealed\":{sealed},\"closing\":{closing}")?;
    write!(out, ",\"needs\":{needs},\"faults\":{faults}}}")
}

fn event(out: &mut String, event: &Event) -> fmt::Result {
    let Event { lane, after, what, payload } = event;
    write!(out, "\n{{\"lane\":{lane},\"micros\":{},", after.as_micros())?;
    match what {
        What::Took { bytes, made } => {
            write!(out, "\"what\":\"took\",\"from\":{},\"to\":{}", bytes.start, bytes.end)?;
            match made {
                Made::Item => write!(out, ",\"item\":true")?,
                Made::Nothing => write!(out, ",\"item\":false")?,
                Made::Plain(plain) => write!(out, ",\"opened\":{plain}")?,
            }
        }
        What::Queued { bytes, why } => {
            write!(out, "\"what\":\"queued\",\"from\":{},\"to\":{}", bytes.start, bytes.end)?;
            match why {
                Why::Answer => write!(out, ",\"why\":\"answer\"")?,
                Why::Spoken => write!(out, ",\"why\":\"unasked\"")?,
                Why::Encoded => write!(out, ",\"why\":\"item\"")?,
                Why::Sealed(plain) => write!(out, ",\"why\":\"sealed\",\"sealed\":{plain}")?,
                Why::Closed => write!(out, ",\"why\":\"end\"")?,
            }
        }
        What::Needs { from, end, need } => {
            write!(out, "\"what\":\"needs\",\"from\":{from},\"shown_to\":{end}")?;
            write!(out, ",\"at_least\":{},\"claim\":{}", need.at_least, need.claim)?;
        }
        What::Followed { from, at, carried } => {
            write!(out, "\"what\":\"followed\",\"from_lane\":{from},\"at\":{at}")?;
            write!(out, ",\"carried\":{carried}")?;
        }
        What::Done { at, left } => {
            write!(out, "\"what\":\"done\",\"at\":{at}")?;
            if let Some(left) = left {
                write!(out, ",\"left\":{left}")?;
            }
        }
        What::Failed { at, cause, fatal } => {
            write!(out, "\"what\":\"failed\",\"at\":{at},\"fatal\":{fatal}")?;
            write!(out, ",\"cause\":{}", Quoted(cause))?;
        }
    }
    if !payload.is_empty() {
        write!(out, ",\"payload\":\"{}\"", Hex(payload))?;
    }
    write!(out, "}}")
}

/// Writes each of `all`, with commas in between.
fn separated<T>(
    out: &mut String,
    all: &[T],
    mut each: impl FnMut(&mut String, &T) -> fmt::Result,
) -> fmt::Result {
    for (at, one) in all.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        each(out, one)?;
    }
    Ok(())
}
