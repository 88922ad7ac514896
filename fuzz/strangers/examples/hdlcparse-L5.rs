use hdlcparse::type3::HdlcFrame;

fn main() {
    // A frame whose length field is smaller than the frame's own header.
    println!("{:?}", HdlcFrame::parse(b"\x7e\xa0\x01\x00\x00\x00\x1b\x46\xa9\x13\x2f\x2f\x7e"));
}
