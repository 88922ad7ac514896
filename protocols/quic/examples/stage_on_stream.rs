//! Stages on a QUIC stream whose segments come shuffled: an HTTP/1.1 request, then lines.
//!
//! `cargo run -p segue-quic --example stage_on_stream` tells what is in order and what is held.

use segue::{DecodeExt, Output, Step, separator};
use segue_http1::RequestDecoder;
use segue_quic::stream::{ConnectionWindow, ReceiveStream};

const SENT: &[u8] =
    b"POST /log HTTP/1.1\r\nHost: example.org\r\n\r\nfirst line\nsecond line\nthird line\n";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut connection = ConnectionWindow::new(1 << 20);
    let mut stream = ReceiveStream::new(64 * 1024, &connection);
    let mut answers = Output::new();
    // One stage behind the other: what the first one has not taken is the next one's.
    let mut head = Some(RequestDecoder::new().take(1));
    let mut lines = separator::line();
    let mut count = 0;

    // Frames of STREAM as a network might bring them: late, early, twice, and overlapping.
    for (from, to) in [(57, SENT.len()), (20, 48), (0, 20), (10, 30), (40, 70)] {
        stream.receive(from as u64, &SENT[from..to], to == SENT.len(), &mut connection)?;
        let in_order = stream.parts().0.len();
        let early = stream.unread() - in_order;
        println!(
            "{from:>3}..{to:<3} in order and not read: {in_order:>3}, before their turn: {early}"
        );

        if let Some(stage) = &mut head {
            if let Step::Item(request) = stream.step(stage, &mut answers)? {
                println!("            {} {}", request.method(), request.target());
            } else {
                continue;
            }
            head = None;
        }
        while let Step::Item(line) = stream.step(&mut lines, &mut answers)? {
            println!("            {}", String::from_utf8_lossy(&line));
            count += 1;
        }
        stream.settle(&mut connection);
    }
    if count != 3 || !stream.is_done() {
        return Err("the stream did not come to its end".into());
    }
    println!("all {} bytes were read, in order", connection.consumed());
    Ok(())
}
