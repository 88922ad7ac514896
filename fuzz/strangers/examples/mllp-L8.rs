use std::time::Instant;

fn main() {
    for length in [10_000, 20_000, 40_000] {
        let block = mllp::frame("a".repeat(length).as_bytes());
        let began = Instant::now();
        let mut decoder = mllp::Decoder::new();
        let mut blocks = 0;
        for byte in block {
            decoder.push(&[byte]);
            while let Some(Ok(_)) = decoder.next_frame() {
                blocks += 1;
            }
        }
        println!("{length} bytes, one by one: {blocks} block, {:?}", began.elapsed());
    }
}
