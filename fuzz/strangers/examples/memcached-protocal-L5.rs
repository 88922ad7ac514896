use std::{
    io::{BufReader, Read},
    process::exit,
    thread,
    time::Duration,
};

fn main() {
    thread::spawn(|| {
        thread::sleep(Duration::from_secs(1));
        println!("two reads: no answer within a second");
        exit(0);
    });
    println!("one read:  {:?}", memcached_protocal::parse(&mut &b"get key\r\n"[..]).is_ok());
    // A buffered reader gives what is there, which is no whole line yet.
    let mut cut = BufReader::new((&b"get"[..]).chain(&b" key\r\n"[..]));
    println!("two reads: {:?}", memcached_protocal::parse(&mut cut).is_ok());
}
