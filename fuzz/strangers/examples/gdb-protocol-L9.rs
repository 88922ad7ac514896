use gdb_protocol::io::GdbServer;

fn main() {
    // A packet, and the same without its checksum.
    for stream in [&b"$g#67"[..], b"$g"] {
        let packet = GdbServer::new(stream, std::io::sink()).next_packet();
        println!("{:?}: {packet:?}", String::from_utf8_lossy(stream));
    }
}
