//! The throughput of the echo over the upgraded connection.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use comfy_table::{Attribute, Cell, CellAlignment, Table, presets::UTF8_FULL_CONDENSED};
use segue::{
    Output,
    trace::{Recorder, Traced},
};
use segue_websocket::{Close, CloseCode, Outgoing, Writer};

use crate::{
    Driver, GLUED, GREETING,
    cut::{Place, RESPONSE},
    opening::Opening,
    pair, serve,
};

/// An echo of messages of one size under one driver.
pub struct Figure {
    driver: Driver,
    size: usize,
    messages: u64,
    time: Duration,
}

/// The sizes of messages, in bytes.
const SIZES: [usize; 2] = [125, 16 * 1024];
/// The number of messages that the load writes at once.
const BATCH: usize = 64;
/// The time for which each is measured.
const TIME: Duration = Duration::from_millis(600);

/// Measures each load under `driver`.
pub fn measure(driver: Driver) -> io::Result<Vec<Figure>> {
    SIZES.into_iter().map(|size| load(driver, size)).collect()
}

/// The load is a plain socket that only counts bytes, so that the server is measured; earlier runs
/// have compared the contents.
fn load(driver: Driver, size: usize) -> io::Result<Figure> {
    let (near, mut far) = pair()?;
    let server = thread::spawn(move || serve(driver, near, Place::Nowhere, &Recorder::off()));
    let start = Instant::now();
    let mut writing = far.try_clone()?;
    let writer = thread::spawn(move || write_for(TIME, &mut writing, size));

    let mut received = 0;
    let mut into = vec![0; 256 * 1024];
    loop {
        match far.read(&mut into)? {
            0 => break,
            count => received += count as u64,
        }
    }
    let time = start.elapsed();
    let messages = writer.join().map_err(|_| io::Error::other("the load panicked"))??;
    // The server waits for the client's end before it drops the connection.
    drop(far);
    server.join().map_err(|_| io::Error::other("the server panicked"))??;

    let glued = GLUED.iter().map(|message| match message {
        Outgoing::Text(text) => unmasked(text.len()),
        Outgoing::Binary(bytes) => unmasked(bytes.len()),
        _ => 0,
    });
    let expected = RESPONSE as u64
        + unmasked(GREETING.len())
        + glued.sum::<u64>()
        + messages * unmasked(size)
        + unmasked(2);
    if received != expected {
        let lost = format!("{received} bytes came back where {expected} were expected");
        return Err(io::Error::other(lost));
    }
    Ok(Figure { driver, size, messages, time })
}

/// Upgrades, then writes batches of messages for some time, then closes. Returns the number
/// written.
fn write_for(time: Duration, socket: &mut TcpStream, size: usize) -> io::Result<u64> {
    let mut opening = Opening::new(&Recorder::off())?;
    let (_, _, said, _) = opening.on(()).into_parts();
    socket.write_all(&said.to_vec())?;
    let payload = vec![0; size];
    let batch = encoded(&mut opening.writer, (0..BATCH).map(|_| Outgoing::Binary(&payload)))?;
    let start = Instant::now();
    let mut messages = 0;
    while start.elapsed() < time {
        socket.write_all(&batch)?;
        messages += BATCH as u64;
    }
    let close = Outgoing::Close(Some(Close { code: CloseCode::NORMAL, reason: "" }));
    socket.write_all(&encoded(&mut opening.writer, [close])?)?;
    Ok(messages)
}

fn encoded<'a>(
    writer: &mut Traced<Writer>,
    messages: impl IntoIterator<Item = Outgoing<'a>>,
) -> io::Result<Vec<u8>> {
    let mut output = Output::new();
    for message in messages {
        output.try_encode(writer, message).map_err(io::Error::other)?;
    }
    Ok(output.to_vec())
}

/// Returns the length of a server's frame with this much payload.
fn unmasked(payload: usize) -> u64 {
    let header = match payload {
        0..=125 => 2,
        126..=0xffff => 4,
        _ => 10,
    };
    header + payload as u64
}

/// Prints a row a driver.
pub fn print(figures: &[Vec<Figure>]) {
    let mut table = Table::new();
    table.load_preset(UTF8_FULL_CONDENSED);
    table.set_header(
        ["echo over loopback", "message", "messages/s", "MB/s each way"]
            .map(|title| Cell::new(title).add_attribute(Attribute::Bold)),
    );
    for figure in figures.iter().flatten() {
        let rate = figure.messages as f64 / figure.time.as_secs_f64();
        let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
        table.add_row([
            Cell::new(if figure.size == SIZES[0] { figure.driver.name() } else { "" }),
            right(format!("{} B", figure.size)),
            right(format!("{rate:.0}")),
            right(format!("{:.0}", rate * figure.size as f64 / 1e6)),
        ]);
    }
    println!("{table}");
    println!("The load shares the machine with the server: these are not the server's limits.");
}
