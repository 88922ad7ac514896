use smtp_proto::{Error, request::receiver::RequestReceiver};

fn main() {
    for reads in [&["RCPT TO\r\nNOOP\r\nQUIT\r\n"][..], &["RC", "PT TO\r\nNOOP\r\nQUIT\r\n"]] {
        let mut receiver = RequestReceiver::default();
        for read in reads {
            let mut bytes = read.as_bytes().iter();
            loop {
                match receiver.ingest(&mut bytes) {
                    Err(Error::NeedsMoreData { .. }) => break,
                    result => println!("{result:?}"),
                }
            }
        }
        println!("--");
    }
}
