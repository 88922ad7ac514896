use anstream::adapter::StripBytes;

fn main() {
    let whole: Vec<u8> = StripBytes::new().strip_next(b"\x1b\nabc").flatten().copied().collect();
    let mut strip = StripBytes::new();
    let mut cut: Vec<u8> = strip.strip_next(b"\x1b\n").flatten().copied().collect();
    cut.extend(strip.strip_next(b"abc").flatten());
    println!(
        "whole {:?}, cut {:?}",
        whole.escape_ascii().to_string(),
        cut.escape_ascii().to_string()
    );
}
