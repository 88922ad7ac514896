//! The memory that a server's connection holds while it waits.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use rustls::ServerConfig;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::{
    configs::{Configs, NAME},
    servers::{self, Outcome},
};

/// Counts what this thread allocates and gives back while it polls a server.
struct Counting;

thread_local! {
    static IS_SERVER: Cell<bool> = const { Cell::new(false) };
    static HELD: Cell<isize> = const { Cell::new(0) };
    static CALLS: Cell<usize> = const { Cell::new(0) };
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn note(change: isize) {
    let _ = IS_SERVER.try_with(|is_server| {
        if is_server.get() {
            HELD.set(HELD.get() + change);
            CALLS.set(CALLS.get() + usize::from(change > 0));
        }
    });
}

// SAFETY: everything is the system's allocator, which is told what it is asked for.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size().cast_signed());
        // SAFETY: the caller keeps the contract of this function, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        note(-layout.size().cast_signed());
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// A future whose allocations are counted.
struct Counted<F>(Pin<Box<F>>);

impl<F: Future> Future for Counted<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        IS_SERVER.set(true);
        let polled = self.0.as_mut().poll(cx);
        IS_SERVER.set(false);
        polled
    }
}

/// Prints what a connection holds that has echoed a record of 16 KiB, and the allocations of one more.
/// Returns true if ours holds no more than its goal.
pub(crate) fn print(configs: &Configs) -> bool {
    const GOAL: isize = 10_000;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    println!("idle after 16 KiB{:>24}{:>26}", "held", "allocations of an echo");
    let row = |name: &str, (held, calls): (isize, usize)| {
        println!("  {name:<30}{held:>7} B{calls:>20}");
        held
    };
    // The first connection of a thread fills the pool that all share.
    let ours = [(); 2].map(|()| runtime.block_on(measure(configs, servers::ours)));
    let theirs = [(); 2].map(|()| runtime.block_on(measure(configs, servers::theirs)));
    let ours = row(servers::OURS, ours[1]);
    row(servers::PEER, theirs[1]);
    println!("    {}: at most {GOAL} bytes held", if ours <= GOAL { "met" } else { "MISSED" });
    ours <= GOAL
}

async fn measure<F: Future<Output = Outcome>>(
    configs: &Configs,
    server: impl Fn(TcpStream, Arc<ServerConfig>) -> F,
) -> (isize, usize) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let ours = TcpStream::connect(listener.local_addr().expect("an address")).await;
    let (ours, (theirs, _)) =
        (ours.expect("a client"), listener.accept().await.expect("a connection"));
    let mut server = Counted(Box::pin(server(theirs, configs.server.clone())));
    HELD.set(0);
    let client = async {
        let connector = tokio_rustls::TlsConnector::from(configs.client.clone());
        let name = NAME.try_into().expect("a name");
        let mut tls = connector.connect(name, ours).await.expect("a good server");
        let mut record = 16_380_u32.to_be_bytes().to_vec();
        record.resize(16_384, 7);
        let mut into = record.clone();
        let mut calls = 0;
        // The first ones are for what is kept from one to the next.
        for _ in 0..4 {
            calls = CALLS.get();
            tls.write_all(&record).await.expect("the server reads");
            tls.flush().await.expect("the server reads");
            tls.read_exact(&mut into).await.expect("an echo");
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        (HELD.get(), CALLS.get() - calls)
    };
    tokio::select! {
        biased;
        _ = &mut server => panic!("the server has gone"),
        found = client => found,
    }
}
