//! Tables of the bytes of each layer and the credit of each stream, and a verdict on losses.

use comfy_table::{Attribute, Cell, CellAlignment, Table, presets::UTF8_FULL_CONDENSED};
use segue::driver::Late;

use crate::{
    Run, Visit,
    stack::Books,
    tap::{Grant, Seen, WINDOW, with},
    work::TALKS,
};

/// Prints an explanation.
pub fn explain() {
    println!(
        "A client sends lines and records on yamux streams, in deflate, in a WebSocket; a server\n\
         sends them back. The first table has the bytes that each layer took and gave, from the\n\
         first of the stream below up to the last; below HTTP and WebSocket is the socket. The second\n\
         has the credit that each end granted the other: how many bytes more of a stream, and when.\n"
    );
}

/// Prints a run. Returns true if everything arrived, and every client was treated as it should be.
pub fn print(run: &Run) -> bool {
    println!("Under {}, in {:.0?}:", run.driver.name(), run.time);
    let (mut wrong, mut talker) = (Vec::new(), None);
    for visit in &run.visits {
        match &visit.end {
            Ok(()) if talker.is_none() => talker = Some(&visit.books),
            Ok(()) => wrong.push("a client that sends nothing was served".to_owned()),
            Err(error) if Late::of(error).is_some() => println!("- a client was given up: {error}"),
            Err(error) => wrong.push(format!("the server failed: {error}")),
        }
    }
    let Some(server) = talker else {
        wrong.push("no client was served".to_owned());
        return verdict(&wrong);
    };
    if !run.visits.iter().any(Visit::is_late) {
        wrong.push("a client that sends nothing was not given up".to_owned());
    }
    println!("{}\n{}", layers(server, &run.client), credit(server, &run.client));
    for (name, books) in [("server", server), ("client", &run.client)] {
        wrong.extend(within(name, books));
    }
    wrong.extend(between("client", &run.client, "server", server));
    wrong.extend(between("server", server, "client", &run.client));
    verdict(&wrong)
}

impl Visit {
    fn is_late(&self) -> bool {
        self.end.as_ref().is_err_and(|error| Late::of(error).is_some())
    }
}

fn verdict(wrong: &[String]) -> bool {
    match wrong {
        [] => println!("Nothing was lost.\n"),
        _ => wrong.iter().for_each(|what| println!("WRONG: {what}")),
    }
    wrong.is_empty()
}

/// Compares what the layers of one end take from each other, and checks that the streams are whole.
fn within(name: &str, books: &Books) -> Vec<String> {
    let [_, tunnel, deflate, stage] = books.lanes();
    with(&books.yamux, |yamux| {
        let mut wrong: Vec<_> = yamux.wrong.iter().map(|what| format!("{name}: {what}")).collect();
        let (received, sent) = yamux.bytes;
        let (headers, data) = (yamux.headers(), yamux.data());
        for (what, one, other) in [
            ("opened by WebSocket, taken by deflate", tunnel.opened, deflate.took),
            ("made by deflate, sealed by WebSocket", deflate.queued, tunnel.sealed),
            ("opened by deflate, taken by yamux", deflate.opened, stage.took),
            ("made by yamux, sealed by deflate", stage.queued, deflate.sealed),
            ("taken by yamux, seen in between", stage.took, received),
            ("made by yamux, seen in between", stage.queued, sent),
            ("taken by yamux, in frames", received, headers.0 + data.0),
            ("made by yamux, in frames", sent, headers.1 + data.1),
        ] {
            if one != other {
                wrong.push(format!("{name}: {what}: {one} and {other} bytes"));
            }
        }
        // The client announces the content of a stream; everything else goes both ways.
        for (talk, (id, stream)) in TALKS.iter().zip(&yamux.streams) {
            let (short, long) = (talk.bytes(), talk.bytes() + talk.kind.name().len() as u64 + 1);
            let expected = if name == "client" { (short, long) } else { (long, short) };
            if (stream.received, stream.sent) != expected {
                wrong.push(format!("{name}: stream {id}: {stream:?}, and not {expected:?}"));
            }
        }
        if yamux.streams.len() != TALKS.len() {
            wrong.push(format!("{name}: {} streams", yamux.streams.len()));
        }
        wrong
    })
}

/// Compares what one end sent with what the other received, layer by layer.
fn between(from: &str, sender: &Books, to: &str, receiver: &Books) -> Vec<String> {
    let mut wrong = Vec::new();
    let [http, tunnel, deflate, yamux] = sender.lanes();
    let [http_in, tunnel_in, deflate_in, yamux_in] = receiver.lanes();
    for (layer, sent, received) in [
        ("HTTP/1.1", http.queued, http_in.took),
        // The close frame lies behind the end of the content, so it is not read.
        ("WebSocket", tunnel.queued - tunnel.closing, tunnel_in.took),
        ("deflate", deflate.queued, deflate_in.took),
        ("yamux", yamux.queued, yamux_in.took),
    ] {
        if sent != received {
            wrong.push(format!("{layer}: the {from} sent {sent} bytes, the {to} took {received}"));
        }
    }
    wrong
}

/// Makes the table of the bytes of each layer.
fn layers(server: &Books, client: &Books) -> Table {
    let mut table =
        titled(["end", "layer", "took from below", "gave above", "took from above", "gave below"]);
    for (end, books) in [("server", server), ("client", client)] {
        let [http, tunnel, deflate, _] = books.lanes();
        let (took, made) = (http.took + tunnel.took, http.queued + tunnel.queued);
        row(&mut table, end, "socket", (0, took), took, made, made);
        row(&mut table, "", "HTTP/1.1", (0, http.took), 0, 0, http.queued);
        for (lane, begins) in [(&tunnel, http.took), (&deflate, 0)] {
            let took = (begins, begins + lane.took);
            row(&mut table, "", &lane.name, took, lane.opened, lane.sealed, lane.queued);
        }
        with(&books.yamux, |yamux| {
            let (data, bytes) = (yamux.data(), yamux.bytes);
            row(&mut table, "", "yamux", (0, bytes.0), data.0, data.1, bytes.1);
            for (talk, (id, stream)) in TALKS.iter().zip(&yamux.streams) {
                let name = format!("  {id}: {}", talk.kind.name());
                row(&mut table, "", &name, (0, stream.received), 0, 0, stream.sent);
            }
        });
    }
    table
}

fn row(
    table: &mut Table,
    end: &str,
    layer: &str,
    took: (u64, u64),
    gave: u64,
    given: u64,
    made: u64,
) {
    // A stage at the end of the chain has items and no bytes.
    let bytes = |count: u64| if count > 0 { count.to_string() } else { String::new() };
    let mut cells = vec![Cell::new(end), Cell::new(layer)];
    let numbers = [format!("{}..{}", took.0, took.1), bytes(gave), bytes(given), bytes(made)];
    cells.extend(numbers.map(|text| Cell::new(text).set_alignment(CellAlignment::Right)));
    table.add_row(cells);
}

/// Makes the table of the credit granted.
fn credit(server: &Books, client: &Books) -> Table {
    let mut table = titled(["end", "stream", "at first", "granted", "when"]);
    for (end, books) in [("server", server), ("client", client)] {
        with(&books.yamux, |yamux: &mut Seen| {
            for (at, (talk, (id, stream))) in TALKS.iter().zip(&yamux.streams).enumerate() {
                let sum: u64 = stream.grants.iter().map(|grant| u64::from(grant.more)).sum();
                table.add_row([
                    Cell::new(if at == 0 { end } else { "" }),
                    Cell::new(format!("{id}: {}", talk.kind.name())),
                    Cell::new(format!("{WINDOW}")).set_alignment(CellAlignment::Right),
                    Cell::new(format!("+{sum}")).set_alignment(CellAlignment::Right),
                    Cell::new(grants(&stream.grants)),
                ]);
            }
        });
    }
    table
}

/// The first few grants, a line for each.
fn grants(grants: &[Grant]) -> String {
    const SHOWN: usize = 4;
    let line = |grant: &Grant| {
        let Grant { more, received, after } = grant;
        format!("+{more} after {received} had come, at {:.1} ms", after.as_secs_f64() * 1000.0)
    };
    let mut lines: Vec<_> = grants.iter().take(SHOWN).map(line).collect();
    if grants.len() > SHOWN {
        lines.push(format!("and {} more", grants.len() - SHOWN));
    }
    lines.join("\n")
}

fn titled<const N: usize>(titles: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_preset(UTF8_FULL_CONDENSED);
    table.set_header(titles.map(|title| Cell::new(title).add_attribute(Attribute::Bold)));
    table
}
