fn main() {
    println!("{:?}", imap_proto::Response::parse(b"* OK [UIDVALIDITY 3]\xff\r\n"));
}
