use ppp::{HeaderResult, PartialResult};

fn main() {
    let header = b"PROXY TCP4 192.0.2.1 192.0.2.2 1234 443\r\n";
    for length in 30..=header.len() {
        let result = HeaderResult::parse(&header[..length]);
        let front = header[..length].escape_ascii();
        println!("{:5} {result:?} of {front}", result.is_complete());
    }
}
