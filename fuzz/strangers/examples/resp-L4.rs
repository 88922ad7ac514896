use std::io::BufReader;

fn main() {
    // A dozen bytes that announce 500 million elements, and bring none.
    let mut decoder = resp::Decoder::new(BufReader::new(&b"*500000000\r\n"[..]));
    let before = peak();
    println!("{:?}", decoder.decode());
    println!("address space asked for meanwhile: {} KiB", peak() - before);
}

/// The most address space that this process had so far, as Linux tells it.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmPeak")).unwrap_or("");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).unwrap_or(0)
}
