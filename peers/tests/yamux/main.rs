//! Sessions of others, live, in both roles: each end opens streams that the other echoes.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod crates;
mod ours;

use std::{future::Future, time::Duration};

use segue_yamux::Role;
use tokio::{
    io::DuplexStream,
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use ours::Ends;

/// The lengths of the payloads of one end's streams: nothing, a little, more than a window.
const SIZES: [usize; 8] = [0, 1, 5000, 70_000, 262_144, 262_145, 600_000, 1_500_000];

/// The payload of a stream.
fn payload(size: usize, salt: usize) -> Vec<u8> {
    (0..size).map(|at| (at ^ at >> 7 ^ salt).to_le_bytes()[0]).collect()
}

/// Both ends talk over a pipe of 64 KiB and over a socket.
async fn meet<F, G>(
    role: Role,
    ends: Ends,
    peer: impl Fn(DuplexStream) -> F,
    over_tcp: impl Fn(TcpStream) -> G,
) where
    F: Future<Output = JoinHandle<()>>,
    G: Future<Output = JoinHandle<()>>,
{
    let meeting = async {
        let (near, far) = tokio::io::duplex(64 * 1024);
        let peer = peer(far).await;
        ours::talk(near, role, ends, &SIZES, peer).await;

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (near, far) = tokio::join!(TcpStream::connect(address), listener.accept());
        let peer = over_tcp(far.unwrap().0).await;
        ours::talk(near.unwrap(), role, ends, &SIZES, peer).await;
    };
    tokio::time::timeout(Duration::from_secs(60), meeting).await.expect("they stand still");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_yamux_crate_as_a_server() {
    use yamux::Mode::Server;
    let peer = |io| crates::yamux(io, Server, &SIZES);
    meet(Role::Client, Ends::AtOnce, peer, |io| crates::yamux(io, Server, &SIZES)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_yamux_crate_as_a_client() {
    use yamux::Mode::Client;
    let peer = |io| crates::yamux(io, Client, &SIZES);
    meet(Role::Server, Ends::AtOnce, peer, |io| crates::yamux(io, Client, &SIZES)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokio_yamux_as_a_server() {
    let peer = |io| crates::tokio_yamux(io, false, &SIZES);
    meet(Role::Client, Ends::OnceGranted, peer, |io| crates::tokio_yamux(io, false, &SIZES)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokio_yamux_as_a_client() {
    let peer = |io| crates::tokio_yamux(io, true, &SIZES);
    meet(Role::Server, Ends::OnceGranted, peer, |io| crates::tokio_yamux(io, true, &SIZES)).await;
}
