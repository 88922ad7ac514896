//! A recording as a page that needs no other file.

use std::fmt::{self, Write};

use super::{
    Recording,
    escape::Markup,
    svg::{self, Layout},
};

pub(super) fn page(recording: &Recording, title: &str) -> String {
    let mut page = String::new();
    // Writing to a string does not fail.
    let _ = write(&mut page, recording, title);
    page
}

fn write(out: &mut String, recording: &Recording, title: &str) -> fmt::Result {
    let (title, picture, style) = (Markup(title), svg::STYLE, include_str!("page.css"));
    // Nothing is fetched, whatever is in the recording.
    writeln!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>{picture}{style}</style>\n</head>\n<body>\n<h1>{title}</h1>"
    )?;
    timeline(out, recording)?;
    lanes(out, recording)?;
    events(out, recording)?;
    let script = include_str!("page.js");
    writeln!(out, "<script>{script}</script>\n</body>\n</html>")
}

/// The picture, whose names stay where they are while the events are scrolled.
fn timeline(out: &mut String, recording: &Recording) -> fmt::Result {
    let layout = Layout::new(recording);
    let (labels, width, height) = (layout.labels_width(), layout.width, layout.height);
    writeln!(
        out,
        "<svg class=\"trace\" width=\"660\" height=\"30\">{}</svg>\n<div class=\"picture\">\n\
         <svg class=\"trace\" width=\"{labels}\" height=\"{height}\">\n{}</svg>\n\
         <div><svg class=\"trace\" width=\"{width}\" height=\"{height}\">\n{}</svg></div>\n</div>",
        svg::legend(),
        layout.labels(),
        layout.timeline()
    )
}

/// The sums.
fn lanes(out: &mut String, recording: &Recording) -> fmt::Result {
    writeln!(out, "<h2>Lanes</h2>\n<table>\n<thead><tr><th>stream</th><th>lane</th>")?;
    let titles = [
        "bytes taken",
        "bytes queued",
        "records",
        "bytes opened",
        "bytes sealed",
        "needs",
        "faults",
    ];
    for title in titles {
        write!(out, "<th class=\"number\">{title}</th>")?;
    }
    writeln!(out, "</tr></thead>\n<tbody>")?;
    for lane in &recording.lanes {
        let stream = Markup(&recording.streams[lane.stream]);
        write!(out, "<tr><td>{stream}</td><td>{}</td>", Markup(&lane.name))?;
        let figures = [
            lane.took,
            lane.queued,
            lane.records,
            lane.opened,
            lane.sealed,
            lane.needs,
            lane.faults,
        ];
        for figure in figures {
            write!(out, "<td class=\"number\">{figure}</td>")?;
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</tbody>\n</table>")
}

/// All events.
fn events(out: &mut String, recording: &Recording) -> fmt::Result {
    writeln!(
        out,
        "<h2>Events</h2>\n<table>\n<thead><tr><th class=\"number\">ms</th><th>stream</th>\
         <th>lane</th><th>what</th><th></th></tr></thead>\n<tbody>"
    )?;
    for (at, event) in recording.events.iter().enumerate() {
        let lane = &recording.lanes[event.lane];
        writeln!(
            out,
            "<tr class=\"event\" data-event=\"{at}\"><td class=\"number\">{:.3}</td><td>{}</td>\
             <td>{}</td><td>{}</td><td class=\"payload\">{}</td></tr>",
            event.after.as_secs_f64() * 1e3,
            Markup(&recording.streams[lane.stream]),
            Markup(&lane.name),
            Markup(recording.words(&event.what)),
            Markup(event.payload.escape_ascii()),
        )?;
    }
    writeln!(out, "</tbody>\n</table>")?;
    match recording.left_out {
        0 => Ok(()),
        count => writeln!(out, "<p>And {count} more events, which are not kept.</p>"),
    }
}
