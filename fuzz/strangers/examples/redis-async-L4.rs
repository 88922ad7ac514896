use bytes::BytesMut;
use redis_async::resp::RespCodec;
use tokio_util::codec::Decoder;

fn main() {
    // Twelve bytes that announce a million elements and bring none.
    let mut input = BytesMut::from("*99999999\r\n");
    let before = resident();
    println!("{:?}", RespCodec.decode(&mut input).map(|item| item.is_some()));
    println!("address space asked for meanwhile: {} KiB", resident() - before);
    // With "*99999999999\r\n" the process aborts: memory allocation failed.
}

/// The most address space that this process had so far, as Linux tells it.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmPeak")).unwrap_or("");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).unwrap_or(0)
}
