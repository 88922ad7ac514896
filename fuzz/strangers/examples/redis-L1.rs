use std::io::Read;

fn main() {
    // `a` is no type of a reply. What follows it is one.
    let whole = &b"a$2\r\nhi\r\n"[..];
    let cut = (&b"a"[..]).chain(&b"$2\r\nhi\r\n"[..]);
    println!("one read:  {:?}", redis::Parser::new().parse_value(whole));
    println!("two reads: {:?}", redis::Parser::new().parse_value(cut));
}
