//! Ten thousand connections: the memory that an idle one costs a process, socket and task included,
//! and the time of a message when all of them speak.
//!
//! Each server is this program once more, as its documentation has it: a task for each connection,
//! which accepts it and then loops. Ten thousand clients are let in over loopback, have two messages
//! echoed, of 5 and of 3000 bytes, and then say nothing. What the kernel counts as resident of the
//! server's process, less what it was with a hundred clients, is divided among the rest. Then each
//! client sends a message of 125 bytes and waits for its echo, a hundred of them at a time, in
//! several rounds; the time is what the server's process ran on a processor. `idle again` is the
//! resident memory behind that. With `--test` it is a few clients. The bench `idle` tells how much
//! of it is buffers.
//!
//! `cargo bench -p segue-benches --bench resident`; further arguments choose servers by a part of
//! their name. The exit code tells if the goals are met.

mod clients;
mod process;
mod servers;

use std::{env, io, process::ExitCode, time::Duration};

use clients::Client;
use process::Server;

/// The number of clients, and of those of them that come first and are not counted.
const CLIENTS: usize = 10_000;
const FIRST: usize = 100;

/// The rounds of messages, each of which is one message of every client. Two more come first and are
/// not counted.
const ROUNDS: usize = 10;

/// The resident memory of an idle connection to a server that answers by `next` and `queue`, in
/// bytes at most.
const GOAL: usize = 1600;

/// The figures of a server.
struct Row {
    name: &'static str,
    resident: usize,
    task: usize,
    /// The time of a message.
    message: Duration,
    resident_again: usize,
}

fn main() -> io::Result<ExitCode> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [first, name] = &arguments[..]
        && first == "--serve"
    {
        return servers::serve(name).map(|()| ExitCode::SUCCESS);
    }
    let smoke = arguments.iter().any(|argument| argument == "--test");
    let wanted: Vec<&String> = arguments.iter().filter(|word| !word.starts_with('-')).collect();
    // Each client is an open file here and in the server, which have some others.
    let most = process::open_files().saturating_sub(FIRST + 50);
    let clients = if smoke { FIRST } else { CLIENTS.min(most) };
    println!(
        "{clients} connections{:>26}{:>10}{:>14}{:>14}",
        "idle", "task", "message", "idle again"
    );
    let mut rows = Vec::new();
    for &(name, _) in servers::ALL {
        if wanted.is_empty() || wanted.iter().any(|part| name.contains(part.as_str())) {
            let row = measure(name, clients)?;
            let message = format!("{:.2} us", row.message.as_secs_f64() * 1e6);
            println!(
                "{name:<32}{:>8} B{:>8} B{message:>14}{:>12} B",
                row.resident, row.task, row.resident_again
            );
            rows.push(row);
        }
    }
    Ok(if smoke || judge(&rows) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints each goal with what was measured. Returns true if all are met.
fn judge(rows: &[Row]) -> bool {
    let find = |name| rows.iter().find(|row| row.name == name);
    let mut is_met = true;
    let mut say = |met: bool, goal: String| {
        println!("  {}: {goal}", if met { "met" } else { "MISSED" });
        is_met &= met;
    };
    let Some(ours) = find(servers::QUEUE) else { return true };
    say(ours.resident <= GOAL, format!("at most {GOAL} bytes resident while idle"));
    if let Some(peer) = find(servers::FASTWEBSOCKETS) {
        let ratio = ours.message.as_secs_f64() / peer.message.as_secs_f64();
        say(ratio <= 1.1, format!("at most 1.1 of a message of fastwebsockets: {ratio:.2}"));
    }
    is_met
}

fn measure(name: &'static str, count: usize) -> io::Result<Row> {
    let mut server = Server::start(name)?;
    let mut clients = Vec::with_capacity(FIRST + count);
    clients.push(Client::start(server.address)?);
    let task = server.hear()?.parse().map_err(io::Error::other)?;
    while clients.len() < FIRST {
        clients.push(Client::start(server.address)?);
    }
    let before = server.resident()?;
    for _ in 0..count {
        clients.push(Client::start(server.address)?);
    }
    let each = |resident: usize| resident.saturating_sub(before) / count;
    let resident = each(server.resident()?);

    let load = clients::Load::new();
    for _ in 0..2 {
        load.put_on(&mut clients)?;
    }
    let ran = server.ran()?;
    for _ in 0..ROUNDS {
        load.put_on(&mut clients)?;
    }
    let messages = u32::try_from(ROUNDS * clients.len()).map_err(io::Error::other)?;
    let message = (server.ran()? - ran) / messages;
    Ok(Row { name, resident, task, message, resident_again: each(server.resident()?) })
}
