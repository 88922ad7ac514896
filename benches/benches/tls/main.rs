//! The cost of TLS for a server: the processor's time of a length-prefixed record that is echoed, and of a
//! handshake.
//!
//! Each server has a thread and a connection over loopback of its own, and its time is that of this
//! thread, in user space and in the kernel. The client is the same for all: rustls by hand, in
//! another thread. Servers take turns and ratios are of medians. Handshakes run in memory, both ends
//! in one thread, since a client costs as much with every server. With `--test` each serves a few
//! records.

mod client;
mod configs;
mod memory;
mod servers;

use std::{
    io,
    net::{TcpListener, TcpStream},
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};

use client::Load;
use configs::Configs;
use rustix::time::{ClockId, clock_gettime};

const LOADS: [(Load, f64); 3] = [
    (Load { payload: 64, in_flight: 1 }, 1.0),
    (Load { payload: 64, in_flight: 100 }, 0.7),
    (Load { payload: 16 * 1024, in_flight: 8 }, 0.95),
];

/// An odd number, so that one of them is the median.
const ROUNDS: usize = 11;

fn main() -> io::Result<ExitCode> {
    let smoke = std::env::args().any(|argument| argument == "--test");
    let rounds = if smoke { 1 } else { ROUNDS };
    let configs = Configs::new();
    let mut is_met = true;
    for (load, goal) in LOADS {
        let count = if smoke { 2 * load.in_flight } else { load.count() };
        let mut times = vec![Vec::new(); servers::ALL.len()];
        for round in 0..rounds {
            for turn in 0..servers::ALL.len() {
                let index = (turn + round) % servers::ALL.len();
                times[index].push(serve(servers::ALL[index].1, &configs, load, count)?);
            }
        }
        let medians: Vec<_> = times.into_iter().map(median).collect();
        let peer =
            medians[servers::ALL.iter().position(|(name, _)| *name == servers::PEER).unwrap_or(0)];
        println!("{load}{:>26}{:>14}", "time", "x the peer");
        for ((name, _), time) in servers::ALL.iter().zip(&medians) {
            let ratio = time.as_secs_f64() / peer.as_secs_f64();
            println!("  {name:<30}{:>9.0} ns{ratio:>13.2}", time.as_secs_f64() * 1e9);
            if *name == servers::OURS && !smoke {
                let word = if ratio <= goal { "met" } else { "MISSED" };
                println!("    {word}: at most {goal} of {}", servers::PEER);
                is_met &= ratio <= goal;
            }
        }
    }
    is_met &= memory::print(&configs);
    is_met &= handshakes(&configs, if smoke { 2 } else { 200 });
    Ok(if is_met || smoke { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The time of the thread that serves, for each record.
fn serve(
    server: servers::Serve,
    configs: &Configs,
    load: Load,
    count: usize,
) -> io::Result<Duration> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let client = TcpStream::connect(listener.local_addr()?)?;
    let (socket, _) = listener.accept()?;
    for socket in [&client, &socket] {
        socket.set_nodelay(true)?;
    }
    let config = configs.server.clone();
    let serving = thread::spawn(move || {
        let before = clock_gettime(ClockId::ThreadCPUTime);
        server(socket, config).map_err(|error| io::Error::other(error.to_string()))?;
        let after = clock_gettime(ClockId::ThreadCPUTime);
        let nanoseconds =
            (after.tv_sec - before.tv_sec) * 1_000_000_000 + (after.tv_nsec - before.tv_nsec);
        io::Result::Ok(Duration::from_nanos(nanoseconds.unsigned_abs()))
    });
    load.put_on(client, &configs.client, count)?;
    let time = serving.join().map_err(|_| io::Error::other("the server has panicked"))??;
    Ok(time / u32::try_from(count).map_err(io::Error::other)?)
}

/// Both kinds of handshakes, by turns.
fn handshakes(configs: &Configs, count: usize) -> bool {
    let mut is_met = true;
    for (name, resumed) in
        [("full handshake, both ends", false), ("resumed handshake, both ends", true)]
    {
        let (mut ours, mut by_hand) = (Vec::new(), Vec::new());
        for _ in 0..count {
            // With fresh ones nothing can be resumed.
            let fresh = [Configs::new(), Configs::new()];
            let [for_ours, for_hand] = if resumed { [configs; 2] } else { fresh.each_ref() };
            let begun = Instant::now();
            configs::handshake_ours(for_ours);
            ours.push(begun.elapsed());
            let begun = Instant::now();
            configs::handshake_by_hand(for_hand);
            by_hand.push(begun.elapsed());
        }
        let (ours, by_hand) = (median(ours), median(by_hand));
        let ratio = ours.as_secs_f64() / by_hand.as_secs_f64();
        println!("{name}: {:.0} us, {ratio:.2} of rustls by hand", ours.as_secs_f64() * 1e6);
        is_met &= ratio <= 1.05;
    }
    is_met
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
