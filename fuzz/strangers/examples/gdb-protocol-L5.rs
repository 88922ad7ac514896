use gdb_protocol::parser::Parser;
use std::panic::catch_unwind;

fn main() {
    let _ = catch_unwind(|| {
        let mut parser = Parser::default();
        println!("{:?}", parser.feed(b"$hello#1"));
        println!("{:?}", parser.feed(b"4"));
    });
    let _ = catch_unwind(|| println!("{:?}", Parser::default().feed(b"$* #00")));
}
