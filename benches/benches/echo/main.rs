//! What an echo costs over loopback: CPU time of the server and system calls, per message.
//!
//! Each server is this program once more, as a process that is bound to the first processor; the
//! load comes from the second. All servers wait while one of them is measured, they take turns,
//! and ratios are taken within a round. The time is that of the server's process, in user space and
//! in the kernel, so it does not matter who else is on the machine. Where there is `strace`, each
//! serves once more under it, and its calls are counted: those of a short run are taken from those
//! of a long one, which leaves out how it starts.
//!
//! Connections begin behind the handshake, for all alike.
//!
//! Long messages are for those who can have something to say of them: our connection and our
//! endpoint, fastwebsockets and tokio-websockets. What a KiB costs is shown as well, which should
//! not depend on how long the message is that it is in.
//!
//! `cargo bench -p segue-benches --bench echo` measures all; further arguments choose servers by a
//! part of their name. With `--test` each serves a few messages and no more.

mod load;
mod process;
mod raw;
mod servers;
mod table;

use std::{io, process::ExitCode};

use load::Load;
use process::Server;
use table::{ByKib, Row};

/// How many times each server has its turn. An odd number, so that one of them is the median.
const ROUNDS: usize = 9;

/// What is sent: small messages of which many are under way, larger ones of which few are, and then
/// one at a time of those that are more than a read brings, up to 16 MiB.
const LOADS: [Load; 10] = [
    Load { payload: 125, in_flight: 64 },
    Load { payload: 16 * 1024, in_flight: 16 },
    Load { payload: 17 * 1024, in_flight: 1 },
    Load { payload: 33 * 1024, in_flight: 1 },
    Load { payload: 60 * 1024, in_flight: 1 },
    Load { payload: 64 * 1024, in_flight: 1 },
    Load { payload: 256 * 1024, in_flight: 1 },
    Load { payload: 1 << 20, in_flight: 1 },
    Load { payload: 4 << 20, in_flight: 1 },
    Load { payload: 16 << 20, in_flight: 1 },
];

/// Bytes of payload that a connection echoes in its turn, about: some tenths of a second.
const VOLUME: usize = 12 << 20;

/// The same of long messages: some of the longest.
const LONG_VOLUME: usize = 128 << 20;

/// The same where every system call is looked at, which takes a hundred times as long.
const TRACED: usize = 1 << 20;

fn main() -> io::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [first, name, connections] = &arguments[..]
        && first == "--serve"
    {
        let connections = connections.parse().map_err(io::Error::other)?;
        return process::serve(name, connections).map(|()| ExitCode::SUCCESS);
    }
    let smoke = arguments.iter().any(|argument| argument == "--test");
    let wanted: Vec<&String> = arguments.iter().filter(|word| !word.starts_with('-')).collect();
    let names: Vec<&str> = servers::ALL
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| {
            let is_raw = [servers::RAW, servers::RAW_TOKIO, servers::RAW_SMOL].contains(name);
            is_raw || wanted.is_empty() || wanted.iter().any(|part| name.contains(part.as_str()))
        })
        .collect();
    process::bind_to(1);

    let mut met = true;
    let mut by_kib = ByKib::default();
    for load in LOADS {
        let names: Vec<&str> =
            names.iter().copied().filter(|name| servers::takes(name, load)).collect();
        if smoke {
            for name in &names {
                Server::start(name, 1, false)?.turn(load, 2 * load.in_flight)?;
            }
            continue;
        }
        let rows = measure(load, &names)?;
        met &= table::print(load, &rows);
        by_kib.add(load, &rows);
    }
    met &= by_kib.print();
    Ok(if met { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Lets all servers take turns, then counts their calls.
fn measure<'n>(load: Load, names: &[&'n str]) -> io::Result<Vec<Row<'n>>> {
    let volume = if load.is_long() { LONG_VOLUME } else { VOLUME };
    let count = volume / (load.payload + 200);
    let servers = names.iter().map(|name| Server::start(name, ROUNDS + 1, false));
    let mut servers = servers.collect::<io::Result<Vec<_>>>()?;
    let mut rows: Vec<Row<'_>> = names.iter().map(|name| Row::new(name)).collect();
    for round in 0..=ROUNDS {
        for turn in 0..servers.len() {
            // Nobody always comes behind the same one.
            let index = (turn + round) % servers.len();
            let nanoseconds = servers[index].turn(load, count)?;
            // The first round is for the allocator and the caches.
            if round > 0 {
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "figures of three digits are shown"
                )]
                rows[index].nanoseconds.push(nanoseconds as f64 / count as f64);
            }
        }
    }
    for row in &mut rows {
        row.calls = calls(row.name, load);
    }
    Ok(rows)
}

/// System calls of a server per message, if they can be counted.
fn calls(name: &str, load: Load) -> Option<f64> {
    let short = 8 * load.in_flight;
    let long = short + (TRACED / load.payload).max(8) / load.in_flight * load.in_flight;
    let [few, many] = [short, long].map(|count| {
        let mut server = Server::start(name, 1, true).ok()?;
        server.turn(load, count).ok()?;
        server.calls()
    });
    #[expect(clippy::cast_precision_loss, reason = "some ten thousand at most")]
    Some((many?.saturating_sub(few?)) as f64 / (long - short) as f64)
}
