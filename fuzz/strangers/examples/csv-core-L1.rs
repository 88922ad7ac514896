use std::io::Read;

fn main() {
    let file = b"\xef\xbb\xbfname,age\nann,30\n";
    for length in [1, 2, 3, 4] {
        let (first, rest) = file.split_at(length);
        let reader = csv::ReaderBuilder::new().has_headers(false).from_reader(first.chain(rest));
        let records: Vec<_> = reader.into_records().map(|record| record.unwrap()).collect();
        println!("first read of {length} bytes: {records:?}");
    }
}
