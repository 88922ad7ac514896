//! The cost of an echo over loopback, per message: CPU time of the server, instructions in user
//! space, and system calls.
//!
//! Each server is this program once more, as a process that is bound to the first processor; the
//! load comes from the second. All servers wait while one of them is measured, they take turns,
//! and ratios are taken within a round. The time is that of the server's process, in user space and
//! in the kernel, so it does not matter who else is on the machine. Where there is `strace`, each
//! serves once more under it, and its system calls are counted; where there is valgrind, so are its
//! instructions in user space. The count of a short run is taken from that of a long one, which
//! leaves out how it starts.
//!
//! Connections begin behind the handshake, for all alike.
//!
//! Long messages are for those who can have something to say of them: our connection and our
//! endpoint, fastwebsockets and tokio-websockets. What a KiB costs is shown as well, which should
//! not depend on how long the message is that it is in.
//!
//! `cargo bench -p segue-benches --bench echo` measures all; further arguments choose servers by a
//! part of their name. With `--counts` nothing is timed, which is enough on a machine that is not
//! quiet. With `--test` each serves a few messages and no more.

mod load;
mod process;
mod raw;
mod servers;
mod table;

use std::{io, process::ExitCode};

use load::Load;
use process::{Counting, Server};
use table::{ByKib, Row};

/// The number of turns of each server: an odd one, so that one of them is the median.
const ROUNDS: usize = 9;

/// The loads: small messages, many under way or each alone, larger ones of which few are, and then
/// one at a time of those that are more than a read brings, up to 16 MiB.
const LOADS: [Load; 11] = [
    Load { payload: 125, in_flight: 64 },
    Load { payload: 125, in_flight: 1 },
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

/// The same where every system call or instruction is looked at, which takes a hundred times as
/// long.
const COUNTED: usize = 1 << 20;

fn main() -> io::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [first, name, connections] = &arguments[..]
        && ["--serve", "--counted"].contains(&first.as_str())
    {
        let connections = connections.parse().map_err(io::Error::other)?;
        return process::serve(name, connections, first == "--counted").map(|()| ExitCode::SUCCESS);
    }
    let has = |flag| arguments.iter().any(|argument| argument == flag);
    let (smoke, rounds) = (has("--test"), if has("--counts") { 0 } else { ROUNDS });
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
                Server::start(name, 1, None)?.turn(load, 2 * load.in_flight)?;
            }
            continue;
        }
        let rows = measure(load, rounds, &names)?;
        met &= table::print(load, &rows);
        by_kib.add(load, &rows);
    }
    met &= by_kib.print();
    Ok(if met { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Lets all servers take turns, then counts what each does.
fn measure<'n>(load: Load, rounds: usize, names: &[&'n str]) -> io::Result<Vec<Row<'n>>> {
    let mut rows: Vec<Row<'_>> = names.iter().map(|name| Row::new(name)).collect();
    if rounds > 0 {
        time(load, rounds, &mut rows)?;
    }
    for row in &mut rows {
        row.instructions = count(row.name, load, Counting::Instructions);
        row.calls = count(row.name, load, Counting::Calls);
    }
    Ok(rows)
}

fn time(load: Load, rounds: usize, rows: &mut [Row<'_>]) -> io::Result<()> {
    let volume = if load.is_long() { LONG_VOLUME } else { VOLUME };
    // Small ones that are alone take some times as long.
    let alone = !load.is_long() && load.in_flight == 1;
    let count = volume / (load.payload + 200) / if alone { 4 } else { 1 };
    let servers = rows.iter().map(|row| Server::start(row.name, rounds + 1, None));
    let mut servers = servers.collect::<io::Result<Vec<_>>>()?;
    for round in 0..=rounds {
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
    Ok(())
}

/// Returns the count of a server per message, if it can be counted.
fn count(name: &str, load: Load, counting: Counting) -> Option<f64> {
    // Some hundred short ones go by before all is as it stays.
    let short = if load.is_long() { 8 } else { 8 * load.in_flight.max(8) };
    let long = short + (COUNTED / load.payload).max(8) / load.in_flight * load.in_flight;
    let [few, many] = [short, long].map(|count| {
        let mut server = Server::start(name, 1, Some(counting)).ok()?;
        server.turn(load, count).ok()?;
        server.count()
    });
    #[expect(clippy::cast_precision_loss, reason = "some hundred millions at most")]
    Some((many?.saturating_sub(few?)) as f64 / (long - short) as f64)
}
